//! One call: the key in a header, a bounded body, Torn's own error before the status.

use std::io::Read;
use std::time::Duration;

use chrono::DateTime;
use serde_json::Value;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use crate::api::agent::{self, Fault};
use crate::api::error::{ApiError, whole_error};
use crate::api::request::Request;
use crate::model::key::ApiKey;
use crate::model::proxy::Proxy;

/// The largest body that is read, after decompression. The largest real one, a page of 500 tiles, has some 50 kB.
const MAX_BODY: u64 = 8 << 20;

/// Talks to one address; connections are kept and shared by all threads.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    base_url: String,
    timeout: Duration,
    proxy: Option<Proxy>,
}

/// The result of one call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// The server's clock in unix seconds (`Date`), also beside an error; `None` where there was no answer.
    pub(crate) date: Option<i64>,
    /// The JSON object, or why there is none.
    pub(crate) body: Result<Value, ApiError>,
}

impl Client {
    /// A client for `connections` callers at once, through a proxy where there is one.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`](crate::error::Exit::Config) when the proxy's address cannot be used.
    pub(crate) fn new(
        base_url: &str,
        timeout: Duration,
        connections: usize,
        proxy: Option<Proxy>,
    ) -> crate::error::Result<Self> {
        let agent = agent::builder(timeout, proxy.as_ref())?
            .accept("application/json")
            // A connection whose body was not read is lost: twice as many leave room for that.
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

    /// The address that is asked.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address that is asked, and the proxy on the way.
    pub(crate) fn route(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("{} through the proxy {proxy}", self.base_url),
            None => self.base_url.clone(),
        }
    }

    /// Ends the calls that are under way, and every later one.
    pub(crate) fn shut_down(&self) {
        self.agent.clone().shutdown();
    }

    /// Makes one call; the body of the answer is the JSON object that came back.
    ///
    /// Torn's own error counts first if there is one in the body, whatever the status.
    pub(crate) fn get(&self, request: &Request, key: &ApiKey) -> Answer {
        let separator = if request.target.contains('?') {
            '&'
        } else {
            '?'
        };
        let url = format!(
            "{}{}{separator}comment=tornsnap",
            self.base_url, request.target
        );
        let called = self
            .agent
            .get(&url)
            .header("Authorization", format!("ApiKey {}", key.expose()))
            .call();
        match called {
            Ok(response) => Answer {
                date: date(response.headers()),
                body: self.body(response, key),
            },
            Err(error) => Answer {
                date: None,
                body: Err(self.error(&error)),
            },
        }
    }

    /// Reads the body of an answer, whatever its status.
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
        read(without(key, body).as_deref(), status, retry_after)
    }

    fn error(&self, error: &ureq::Error) -> ApiError {
        match (agent::fault(error), &self.proxy) {
            (Fault::Timeout, None) => ApiError::Timeout(self.timeout),
            (Fault::Timeout, Some(proxy)) => ApiError::Unreachable(format!(
                "{} through the proxy {proxy}",
                ApiError::Timeout(self.timeout)
            )),
            (Fault::Untrusted(why), _) => {
                ApiError::UntrustedCertificate(format!("{}: {why}", self.route()))
            }
            (Fault::ProxyRefuses(status), Some(proxy)) => ApiError::ProxyRefuses {
                proxy: proxy.clone(),
                status,
            },
            (Fault::ProxyRefuses(status), None) => {
                ApiError::Unreachable(format!("no connection: HTTP status {status}"))
            }
            (Fault::Broken(why), None) => ApiError::Unreachable(format!("no connection: {why}")),
            (Fault::Broken(why), Some(proxy)) => {
                ApiError::Unreachable(format!("no connection through the proxy {proxy}: {why}"))
            }
        }
    }
}

/// The body as text, without the key, should a server ever send it back: bodies and errors are kept.
fn without(key: &ApiKey, body: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(body).ok()?;
    if text.contains(key.expose()) {
        return Some(text.replace(key.expose(), "(redacted)"));
    }
    Some(text)
}

/// The body first, then the status; `None`: it is no text.
fn read(body: Option<&str>, status: u16, retry_after: Option<Duration>) -> Result<Value, ApiError> {
    let parsed = body.map_or_else(
        || Err("it is not UTF-8".to_owned()),
        |body| match serde_json::from_str::<Value>(body) {
            Ok(value) => Ok(value),
            Err(_) if body.is_empty() => Err("it is empty".to_owned()),
            Err(error) => Err(error.to_string()),
        },
    );
    if let Ok(value) = &parsed
        && let Some(error) = value.get("error").and_then(whole_error)
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
        Ok(_) => Err(ApiError::Unreadable("it is no object".to_owned())),
        Err(why) => Err(ApiError::Unreadable(why)),
    }
}

/// When the server says it answered, in unix seconds.
fn date(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get("date")?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text.trim())
        .ok()
        .map(|date| date.timestamp())
}

/// `Retry-After` in seconds; a date in it is left alone, since no clock but our own is trusted here.
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

    #[test]
    fn a_key_that_a_server_sends_back_is_blotted_out() {
        let key = ApiKey::new("AbCdEfGh12345678").unwrap();

        let body = without(&key, br#"{"you sent":"AbCdEfGh12345678"}"#.to_vec());

        assert_eq!(body.as_deref(), Some(r#"{"you sent":"(redacted)"}"#));
        assert_eq!(without(&key, vec![0xff]), None);
    }

    #[test]
    fn the_date_of_an_answer_is_read_as_unix_seconds() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("date", text.parse().unwrap());
            date(&headers)
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
        assert_eq!(date(&HeaderMap::new()), None);
    }

    #[test]
    fn torns_own_error_counts_before_the_status() {
        let body = Some(r#"{"error":{"code":"5","error":"Too many requests"}}"#);

        for status in [200, 429, 500] {
            assert!(matches!(
                read(body, status, None),
                Err(ApiError::Torn { code: 5, .. })
            ));
        }
        assert_eq!(
            read(Some("<html>"), 503, None),
            Err(ApiError::Status {
                status: 503,
                retry_after: None
            })
        );
        assert!(matches!(
            read(Some("<html>"), 200, None),
            Err(ApiError::Unreadable(_))
        ));
        assert!(matches!(
            read(Some("[]"), 200, None),
            Err(ApiError::Unreadable(_))
        ));
        assert!(matches!(
            read(Some(""), 200, None),
            Err(ApiError::Unreadable(_))
        ));
    }
}
