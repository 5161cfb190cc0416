//! Responses with a fault.

use std::io::{self, Write as _};
use std::sync::atomic::Ordering;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};

use crate::sim::answer::error_body;
use crate::sim::chaos::InjectedFault;
use crate::sim::fault::{self, FaultKind};
use crate::sim::serve::http::{JSON, Reply};
use crate::sim::serve::{ParsedRequest, Shared, lock};

impl Shared {
    /// Draws the random fault for this request, if it gets one, and records it.
    pub(super) fn draw_fault(
        &self,
        request: &ParsedRequest<'_>,
        body: &Value,
    ) -> Option<FaultKind> {
        if request.path.split('/').find(|part| !part.is_empty()) == Some("key") {
            return None;
        }
        let number = 1 + self.numbered_requests.fetch_add(1, Ordering::SeqCst);
        let chaos = (*lock(&self.chaos)).filter(|chaos| chaos.affects(number))?;
        let fault = chaos.draw_fault(number, body);
        lock(&self.injected_faults).push(InjectedFault {
            number,
            path: request.path.to_owned(),
            query: request.query.to_owned(),
            fault: fault.clone(),
        });
        Some(fault)
    }

    /// The response with a fault. `body` makes the right answer and is called only by faults that use it.
    pub(super) fn faulty_reply(
        &self,
        request: &ParsedRequest<'_>,
        kind: FaultKind,
        body: impl FnOnce() -> Value,
    ) -> Reply {
        let bytes = |body: Value| body.to_string().into_bytes();
        match kind {
            FaultKind::Code(code, message) => Reply::json(&error_body(code, &message)),
            FaultKind::CodeWithStatus(code, message, status) => {
                Reply::new(status, JSON, bytes(error_body(code, &message)))
            }
            FaultKind::Status(status, body, content_type, headers) => Reply::Complete {
                status,
                content_type,
                headers,
                body: body.into_bytes(),
            },
            FaultKind::Bytes(status, headers, body) => Reply::Complete {
                status,
                content_type: JSON.to_owned(),
                headers,
                body,
            },
            FaultKind::Html503 => cloudflare_page(),
            FaultKind::Broken => {
                let mut body = bytes(body());
                body.truncate(body.len() / 2);
                Reply::new(200, JSON, body)
            }
            FaultKind::Cut => Reply::Truncated(bytes(body())),
            FaultKind::Empty => Reply::new(200, JSON, Vec::new()),
            FaultKind::NotJson => Reply::new(200, JSON, b"Backend error, API going crazy".to_vec()),
            FaultKind::Hang(time) => {
                self.wait(time);
                Reply::Close
            }
            FaultKind::Slow(time) => {
                self.wait(time);
                Reply::json(&body())
            }
            FaultKind::Reset => Reply::Close,
            FaultKind::PageLoop => Reply::json(&self.looping_page(request)),
            FaultKind::Redirect(address) => redirect(address),
            FaultKind::HugeBody(length) => Reply::Huge(length),
            FaultKind::GzipBomb(length) => gzip_bomb(length),
            kind => {
                let mut body = body();
                change_body(&mut body, kind, request);
                Reply::json(&body)
            }
        }
    }

    /// The first page of a list, with links to the requested page.
    fn looping_page(&self, request: &ParsedRequest<'_>) -> Value {
        let first_page: Vec<&str> = request
            .query
            .split('&')
            .filter(|part| !part.starts_with("offset=") && !part.starts_with("to="))
            .collect();
        let mut body = self.body(&ParsedRequest {
            query: &first_page.join("&"),
            ..*request
        });
        let requested = format!("{}{}?{}", request.base, request.path, request.query);
        set_links(&mut body, &requested);
        body
    }
}

/// Applies a fault that changes the right body.
fn change_body(body: &mut Value, kind: FaultKind, request: &ParsedRequest<'_>) {
    match kind {
        FaultKind::WrongId => fault::change_id(body),
        FaultKind::ForeignLink => {
            let page = format!("https://evil.example/v2{}?{}", request.path, request.query);
            set_links(body, &page);
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
    Reply::new(503, "text/html; charset=UTF-8", page.as_bytes().to_vec())
}

fn redirect(address: String) -> Reply {
    Reply::Complete {
        status: 302,
        content_type: "text/html".to_owned(),
        headers: vec![("Location".to_owned(), address)],
        body: Vec::new(),
    }
}

fn gzip_bomb(length: usize) -> Reply {
    // Writing into memory does not fail.
    gzip_bomb_body(length).map_or(Reply::Close, |bomb| Reply::Complete {
        status: 200,
        content_type: JSON.to_owned(),
        headers: vec![("Content-Encoding".to_owned(), "gzip".to_owned())],
        body: bomb,
    })
}

/// Sets both links of a page to one address, so that it does not matter which one a client follows.
fn set_links(body: &mut Value, address: &str) {
    for step in ["/_metadata", "/_metadata/links"] {
        if body.pointer(step).is_none() {
            fault::patch(body, step, Value::Object(Map::new()));
        }
    }
    for link in ["/_metadata/links/next", "/_metadata/links/prev"] {
        fault::patch(body, link, Value::from(address));
    }
}

/// The inflated size of the repeated gzip member, in bytes.
const GZIP_CHUNK: usize = 1 << 20;

/// A gzip file that inflates to `{"pad":"xxx…"}` with `length` times `x`.
///
/// A gzip file may consist of several members, so one compressed chunk is repeated. In a debug build, compressing
/// 200 MiB takes longer than the timeout of the tests.
fn gzip_bomb_body(length: usize) -> io::Result<Vec<u8>> {
    let chunk = gzip_member(&vec![b'x'; GZIP_CHUNK])?;
    let mut file = gzip_member(b"{\"pad\":\"")?;
    for _ in 0..length / GZIP_CHUNK {
        file.extend_from_slice(&chunk);
    }
    file.extend(gzip_member(&vec![b'x'; length % GZIP_CHUNK])?);
    file.extend(gzip_member(b"\"}")?);
    Ok(file)
}

fn gzip_member(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}
