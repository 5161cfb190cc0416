//! Messages to the outside when health changes. Their addresses are secrets: no error names one.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use crate::error::{Error, Exit, Result};

/// How long a message may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Posts a JSON document.
///
/// # Errors
///
/// [`Exit::TryLater`] in words that do not give the address away.
pub fn post(url: &str, document: &Value) -> Result<()> {
    let sent = agent()
        .post(url)
        .header("Content-Type", "application/json")
        .send(document.to_string());
    told(sent, "send the message to the webhook")
}

/// Asks for an address, to say that this program is alive.
///
/// # Errors
///
/// As [`post`].
pub fn ping(url: &str) -> Result<()> {
    told(agent().get(url).call(), "ask for ping_url")
}

fn agent() -> Agent {
    Agent::config_builder()
        .user_agent(concat!("tornsnap/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        // A redirect would carry the message to somebody else.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::PlatformVerifier)
                .build(),
        )
        .build()
        .new_agent()
}

fn told(
    sent: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    action: &str,
) -> Result<()> {
    let why = match sent {
        Ok(answer) if answer.status().is_success() => return Ok(()),
        Ok(answer) => format!("it answered with HTTP status {}", answer.status().as_u16()),
        Err(error) => in_words(&error),
    };
    Err(Error::new(action)
        .because(why)
        .try_this("see whether the address is still right; the next check tries again")
        .exits(Exit::TryLater))
}

/// The library's own words may contain the address.
fn in_words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {} seconds", TIMEOUT.as_secs()),
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::ConnectionFailed => "no connection could be made".to_owned(),
        ureq::Error::Io(error) => format!("the connection failed ({})", error.kind()),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            "no secure connection could be made".to_owned()
        }
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "its address is not one".to_owned(),
        _ => "the call failed".to_owned(),
    }
}
