//! Makes one HTTP call to Torn and decodes the response into JSON or an [`ApiError`].

use std::io::Read;
use std::time::Duration;

use chrono::DateTime;
use serde_json::Value;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use crate::api::agent::{self, TransportFault};
use crate::api::error::{ApiError, response_error};
use crate::api::request::Request;
use crate::api::wire::words::describe_body;
use crate::model::key::ApiKey;
use crate::model::proxy::Proxy;

/// The maximum size of a body after decompression. The largest real one, a page of 500 tiles, has about 50 kB.
const MAX_BODY: u64 = 8 << 20;

/// An HTTP client for one base URL. All threads share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    base_url: String,
    timeout: Duration,
    proxy: Option<Proxy>,
}

/// The result of one call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallResult {
    /// The server's time in unix seconds (the `Date` header). Errors have it too; `None` if there was no response.
    pub(crate) date: Option<i64>,
    /// The HTTP status; `None` if there was no response.
    pub(crate) status: Option<u16>,
    pub(crate) body: Result<Value, ApiError>,
}

impl Client {
    /// Creates a client for `connections` concurrent calls.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`](crate::error::Exit::Config) if the URL of the proxy cannot be used.
    pub(crate) fn new(
        base_url: &str,
        timeout: Duration,
        connections: usize,
        proxy: Option<Proxy>,
    ) -> crate::error::Result<Self> {
        let agent = agent::builder(timeout, proxy.as_ref())?
            .accept("application/json")
            // Keep twice as many, because a connection is not reused if its body was not read to the end.
            .max_idle_connections(2 * connections)
            .max_idle_connections_per_host(2 * connections)
            .build()
            .new_agent();
        Ok(Self {
            agent,
            base_url: base_url.to_owned(),
            timeout,
            proxy,
        })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The base URL and the proxy, for messages.
    pub(crate) fn route(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("{} through the proxy {proxy}", self.base_url),
            None => self.base_url.clone(),
        }
    }

    /// Aborts the calls in progress and all later ones.
    pub(crate) fn shut_down(&self) {
        self.agent.clone().shutdown();
    }

    /// Makes one call. An error of Torn in the body takes precedence over the HTTP status.
    pub(crate) fn get(&self, request: &Request, key: &ApiKey) -> CallResult {
        let separator = if request.target.contains('?') {
            '&'
        } else {
            '?'
        };
        let url = format!(
            "{}{}{separator}comment=tornsnap",
            self.base_url, request.target
        );
        let result = self
            .agent
            .get(&url)
            .header("Authorization", format!("ApiKey {}", key.expose()))
            .call();
        match result {
            Ok(response) => CallResult {
                date: server_time(response.headers()),
                status: Some(response.status().as_u16()),
                body: self.body(response, key),
            },
            Err(error) => CallResult {
                date: None,
                status: None,
                body: Err(self.error(&error)),
            },
        }
    }

    /// Reads and decodes the body of a response with any status.
    fn body(&self, mut response: Response<Body>, key: &ApiKey) -> Result<Value, ApiError> {
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let mut body = Vec::new();
        response
            .body_mut()
            .as_reader()
            .take(MAX_BODY + 1)
            .read_to_end(&mut body)
            .map_err(|error| match error.downcast::<ureq::Error>() {
                Ok(error) => self.error(&error),
                Err(error) => self.error(&ureq::Error::Io(error)),
            })?;
        if (300..400).contains(&status) {
            return Err(ApiError::Redirect(status));
        }
        if body.len() as u64 > MAX_BODY {
            return Err(ApiError::TooLarge(MAX_BODY));
        }
        decode_body(&AnswerText::read(key, body), status, retry_after)
    }

    fn error(&self, error: &ureq::Error) -> ApiError {
        match (agent::classify(error), &self.proxy) {
            (TransportFault::Timeout, None) => ApiError::Timeout(self.timeout),
            (TransportFault::Timeout, Some(proxy)) => ApiError::Unreachable(format!(
                "{} through the proxy {proxy}",
                ApiError::Timeout(self.timeout)
            )),
            (TransportFault::Untrusted(why), _) => {
                ApiError::UntrustedCertificate(format!("{}: {why}", self.route()))
            }
            (TransportFault::ProxyRefuses(status), Some(proxy)) => ApiError::ProxyRefuses {
                proxy: proxy.clone(),
                status,
            },
            (TransportFault::ProxyRefuses(status), None) => {
                ApiError::Unreachable(format!("no connection: HTTP status {status}"))
            }
            (TransportFault::Broken(why), None) => {
                ApiError::Unreachable(format!("no connection: {why}"))
            }
            (TransportFault::Broken(why), Some(proxy)) => {
                ApiError::Unreachable(format!("no connection through the proxy {proxy}: {why}"))
            }
        }
    }
}

/// The body of an answer as text.
struct AnswerText {
    text: String,
    is_utf8: bool,
}

impl AnswerText {
    /// Bytes that are not UTF-8 must not cost the whole answer, so they become `\u{FFFD}`. A key in the body is redacted,
    /// because bodies and errors are stored.
    fn read(key: &ApiKey, body: Vec<u8>) -> Self {
        let (mut text, is_utf8) = match String::from_utf8(body) {
            Ok(text) => (text, true),
            Err(error) => {
                let repaired = String::from_utf8_lossy(error.as_bytes());
                (repaired.into_owned(), false)
            }
        };
        if text.contains(key.expose()) {
            text = text.replace(key.expose(), "(redacted)");
        }
        Self { text, is_utf8 }
    }
}

/// Parses JSON. Half of a surrogate pair in one name must not cost the whole answer, so each becomes `\u{FFFD}`.
fn parse(body: &str) -> serde_json::Result<Value> {
    serde_json::from_str(body).or_else(|error| match replace_lone_surrogates(body) {
        Some(repaired) => serde_json::from_str(&repaired),
        None => Err(error),
    })
}

/// Replaces each escape for half of a surrogate pair whose other half is missing. Returns `None` if there is none.
fn replace_lone_surrogates(json: &str) -> Option<String> {
    /// The code unit of an escape such as `\ud83d` at the start of a text.
    fn unit(text: &str) -> Option<u16> {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    }
    const ESCAPE: usize = "\\ud83d".len();
    let (mut repaired, mut rest, mut is_changed) = (String::new(), json, false);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        repaired.push_str(before);
        let low = escape.get(ESCAPE..).and_then(unit);
        let length = match (unit(escape), low) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE,
            (Some(0xD800..=0xDFFF), _) => {
                is_changed = true;
                repaired.push('\u{FFFD}');
                rest = &escape[ESCAPE..];
                continue;
            }
            // Two characters, so that the second backslash of an escaped one begins no escape.
            _ => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        repaired.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    repaired.push_str(rest);
    is_changed.then_some(repaired)
}

/// Decodes the body. An error of Torn in it takes precedence over the status.
fn decode_body(
    body: &AnswerText,
    status: u16,
    retry_after: Option<Duration>,
) -> Result<Value, ApiError> {
    let parsed = parse(&body.text).map_err(|error| match body {
        AnswerText { is_utf8: false, .. } => "not JSON (it is not UTF-8)".to_owned(),
        AnswerText { text, .. } if text.is_empty() => "not JSON (it is empty)".to_owned(),
        AnswerText { text, .. } => describe_body(text, &error),
    });
    if let Ok(value) = &parsed
        && let Some(error) = value.get("error").and_then(response_error)
    {
        return Err(error);
    }
    if !(200..300).contains(&status) {
        return Err(ApiError::Status {
            status,
            retry_after,
        });
    }
    match parsed {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(ApiError::Unreadable("JSON, but no object".to_owned())),
        Err(why) => Err(ApiError::Unreadable(why)),
    }
}

/// The `Date` header in unix seconds.
fn server_time(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get("date")?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text.trim())
        .ok()
        .map(|date| date.timestamp())
}

/// The `Retry-After` header, if it is a number of seconds. A date is ignored, because the server's clock may differ from
/// ours.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get("retry-after")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &[u8], status: u16) -> Result<Value, ApiError> {
        let key = ApiKey::new("AbCdEfGh12345678").unwrap();
        decode_body(&AnswerText::read(&key, body.to_vec()), status, None)
    }

    #[test]
    fn a_key_in_the_body_is_redacted() {
        let value = decode(br#"{"you sent":"AbCdEfGh12345678"}"#, 200).unwrap();
        assert_eq!(value["you sent"], "(redacted)");

        let value = decode(b"{\"you sent\":\"\xffAbCdEfGh12345678\xff\"}", 200).unwrap();
        assert_eq!(value["you sent"], "\u{FFFD}(redacted)\u{FFFD}");
    }

    #[test]
    fn bytes_that_are_not_utf8_cost_nothing_but_themselves() {
        for (json, name) in [
            (&b"{\"name\":\"\xff\"}"[..], "\u{FFFD}"),
            (b"{\"name\":\"caf\xe9\"}", "caf\u{FFFD}"),
            (b"{\"name\":\"a\x80\xfeb\"}", "a\u{FFFD}\u{FFFD}b"),
            (b"{\"name\":\"\xff\\ud83d\"}", "\u{FFFD}\u{FFFD}"),
        ] {
            assert_eq!(decode(json, 200).unwrap()["name"], name, "{json:?}");
        }
        let cut = b"{\"name\":\"\xf0\x9f";
        for broken in [&b"\x1f\x8b\x08"[..], b"{\xff}", b"\xff\xfe{\0}\0", cut] {
            let error = ApiError::Unreadable("not JSON (it is not UTF-8)".to_owned());
            assert_eq!(decode(broken, 200), Err(error), "{broken:?}");
        }
        assert!(matches!(
            decode(b"<html>caf\xe9", 503),
            Err(ApiError::Status { status: 503, .. })
        ));
        assert!(matches!(
            decode(b"{\"error\":{\"code\":5,\"error\":\"\xff\"}}", 200),
            Err(ApiError::Torn { code: 5, .. })
        ));
    }

    #[test]
    fn half_of_a_surrogate_pair_does_not_cost_the_answer() {
        for (json, name) in [
            (r#"{"name":"\ud83d"}"#, "\u{FFFD}"),
            (r#"{"name":"a\ude00b"}"#, "a\u{FFFD}b"),
            (r#"{"name":"\ud83d\ud83d\ude00\n"}"#, "\u{FFFD}\u{1F600}\n"),
            (r#"{"name":"\\ud83d\ud83d"}"#, "\\ud83d\u{FFFD}"),
            (r#"{"name":"\ud83d\u0041ü"}"#, "\u{FFFD}Aü"),
            (
                r#"{"name":"\ud83dud83d\"\ud83d"}"#,
                "\u{FFFD}ud83d\"\u{FFFD}",
            ),
        ] {
            assert_eq!(parse(json).unwrap()["name"], name, "{json}");
        }
        for broken in [
            r#"{"name":"\ud83"}"#,
            r#"{"name":"\ud83d"#,
            "\\",
            r#"{"a":"\q\ud83d"}"#,
            "\\ü",
        ] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn the_date_of_an_answer_is_read_as_unix_seconds() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("date", text.parse().unwrap());
            server_time(&headers)
        };

        assert_eq!(read("Thu, 26 Nov 2026 12:00:00 GMT"), Some(1_795_694_400));
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        for wrong in [
            "",
            "yesterday",
            "1795694400",
            "Thu, 99 Nov 2026 12:00:00 GMT",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(server_time(&HeaderMap::new()), None);
    }

    #[test]
    fn an_error_of_torn_takes_precedence_over_the_status() {
        let body = br#"{"error":{"code":"5","error":"Too many requests"}}"#;

        for status in [200, 429, 500] {
            assert!(matches!(
                decode(body, status),
                Err(ApiError::Torn { code: 5, .. })
            ));
        }
        assert_eq!(
            decode(b"<html>", 503),
            Err(ApiError::Status {
                status: 503,
                retry_after: None
            })
        );
        assert!(matches!(
            decode(b"<html>", 200),
            Err(ApiError::Unreadable(_))
        ));
        assert!(matches!(decode(b"[]", 200), Err(ApiError::Unreadable(_))));
        assert!(matches!(decode(b"", 200), Err(ApiError::Unreadable(_))));
    }
}
