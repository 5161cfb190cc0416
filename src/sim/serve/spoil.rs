//! Replies that a fault has spoilt.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value};

use super::http::{JSON, Reply};
use super::{Asked, Shared, lock};
use crate::sim::answer::error_body;
use crate::sim::chaos::Spoilt;
use crate::sim::fault::{self, FaultKind};
use crate::sim::gzip;

impl Shared {
    /// The fault that chance has for this request, if any.
    pub(super) fn draw_fault(&self, asked: &Asked<'_>, body: &Value) -> Option<FaultKind> {
        if asked.path.split('/').find(|part| !part.is_empty()) == Some("key") {
            return None;
        }
        let number = 1 + self.numbered.fetch_add(1, Ordering::SeqCst);
        let chaos = (*lock(&self.chaos)).filter(|chaos| chaos.strikes(number))?;
        let fault = chaos.fault(number, body);
        lock(&self.spoilt).push(Spoilt {
            number,
            path: asked.path.to_owned(),
            query: asked.query.to_owned(),
            fault: fault.clone(),
        });
        Some(fault)
    }

    /// Answers wrongly, in the way that a fault says.
    pub(super) fn spoil(
        &self,
        asked: &Asked<'_>,
        kind: FaultKind,
        body: impl FnOnce() -> Value,
    ) -> Reply {
        let bytes = |body: Value| body.to_string().into_bytes();
        match kind {
            FaultKind::Code(code, words) => Reply::json(&error_body(code, &words)),
            FaultKind::CodeWithStatus(code, words, status) => {
                Reply::of(status, JSON, bytes(error_body(code, &words)))
            }
            FaultKind::Status(status, body, content_type, headers) => Reply::Whole {
                status,
                content_type,
                headers,
                body: body.into_bytes(),
            },
            FaultKind::Html503 => cloudflare_page(),
            FaultKind::Broken => {
                let mut body = bytes(body());
                body.truncate(body.len() / 2);
                Reply::of(200, JSON, body)
            }
            FaultKind::Cut => Reply::Cut(bytes(body())),
            FaultKind::Empty => Reply::of(200, JSON, Vec::new()),
            FaultKind::NotJson => Reply::of(200, JSON, b"Backend error, API going crazy".to_vec()),
            FaultKind::Hang(time) => {
                self.wait(time);
                Reply::Close
            }
            FaultKind::Slow(time) => {
                self.wait(time);
                Reply::json(&body())
            }
            FaultKind::Reset => Reply::Close,
            FaultKind::PageLoop => Reply::json(&self.page_in_a_circle(asked)),
            FaultKind::Redirect(address) => redirect(address),
            FaultKind::HugeBody(length) => Reply::Huge(length),
            FaultKind::GzipBomb(length) => gzip_bomb(length),
            kind => {
                let mut body = body();
                alter(&mut body, kind, asked);
                Reply::json(&body)
            }
        }
    }

    /// The first page of a list, with links that lead to the page that was asked for.
    fn page_in_a_circle(&self, asked: &Asked<'_>) -> Value {
        let first: Vec<&str> = asked
            .query
            .split('&')
            .filter(|part| !part.starts_with("offset=") && !part.starts_with("to="))
            .collect();
        let mut body = self.body(&Asked {
            query: &first.join("&"),
            ..*asked
        });
        let here = format!("{}{}?{}", asked.base, asked.path, asked.query);
        link_on(&mut body, &here);
        body
    }
}

/// Changes the right body, for the faults that do that; the others leave it as it is.
fn alter(body: &mut Value, kind: FaultKind, asked: &Asked<'_>) {
    match kind {
        FaultKind::WrongId => fault::change_id(body),
        FaultKind::ForeignLink => {
            let page = format!("https://evil.example/v2{}?{}", asked.path, asked.query);
            link_on(body, &page);
        }
        FaultKind::Patch(pointer, value) => fault::patch(body, &pointer, value),
        FaultKind::Remove(pointer) => fault::remove(body, &pointer),
        FaultKind::Duplicate(pointer) => fault::duplicate(body, &pointer),
        _ => {}
    }
}

fn cloudflare_page() -> Reply {
    let page = "<!DOCTYPE html><html><head><title>www.torn.com | 503: Service unavailable</title></head>\
        <body><h1>Error 503</h1><p>Cloudflare Ray ID: 8a1b2c3d4e5f</p></body></html>";
    Reply::of(503, "text/html; charset=UTF-8", page.as_bytes().to_vec())
}

fn redirect(address: String) -> Reply {
    Reply::Whole {
        status: 302,
        content_type: "text/html".to_owned(),
        headers: vec![("Location".to_owned(), address)],
        body: Vec::new(),
    }
}

fn gzip_bomb(length: usize) -> Reply {
    Reply::Whole {
        status: 200,
        content_type: JSON.to_owned(),
        headers: vec![("Content-Encoding".to_owned(), "gzip".to_owned())],
        body: gzip::bomb(length),
    }
}

/// Makes both links of a page lead to one address, so that it does not matter which one is followed.
fn link_on(body: &mut Value, address: &str) {
    for step in ["/_metadata", "/_metadata/links"] {
        if body.pointer(step).is_none() {
            fault::patch(body, step, Value::Object(Map::new()));
        }
    }
    for link in ["/_metadata/links/next", "/_metadata/links/prev"] {
        fault::patch(body, link, Value::from(address));
    }
}
