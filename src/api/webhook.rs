//! Messages to the outside when health changes. Their addresses are secrets: no error names one.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::api::agent::{self, Fault, TRUST};
use crate::error::{Error, Exit, Result};
use crate::model::proxy::Proxy;

/// How long a message may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Posts a JSON document, through a proxy where there is one.
///
/// # Errors
///
/// [`Exit::TryLater`], or [`Exit::Config`] where only another set-up helps, in words that do not give the address away.
pub(crate) fn post(url: &str, proxy: Option<&Proxy>, document: &Value) -> Result<()> {
    let sent = agent(proxy)?
        .post(url)
        .header("Content-Type", "application/json")
        .send(document.to_string());
    told(sent, proxy, "send the message to the webhook")
}

/// Asks for an address, to say that this program is alive.
///
/// # Errors
///
/// As [`post`].
pub(crate) fn ping(url: &str, proxy: Option<&Proxy>) -> Result<()> {
    told(agent(proxy)?.get(url).call(), proxy, "ask for ping_url")
}

fn agent(proxy: Option<&Proxy>) -> Result<Agent> {
    Ok(agent::builder(TIMEOUT, proxy)?.build().new_agent())
}

fn told(
    sent: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    proxy: Option<&Proxy>,
    action: &str,
) -> Result<()> {
    let error = match sent {
        Ok(answer) if answer.status().is_success() => return Ok(()),
        Ok(answer) => {
            let status = answer.status().as_u16();
            return Err(failed(
                action,
                format!("it answered with HTTP status {status}"),
            ));
        }
        Err(error) => error,
    };
    let through = proxy.map_or_else(String::new, |proxy| format!(" through the proxy {proxy}"));
    Err(match agent::fault(&error) {
        Fault::Timeout => failed(
            action,
            format!("no answer{through} within {} seconds", TIMEOUT.as_secs()),
        ),
        Fault::Broken(why) => failed(action, format!("no connection{through}: {why}")),
        Fault::Untrusted(why) => Error::new(action)
            .with_source(format!("its certificate is not trusted{through}: {why}"))
            .with_help(TRUST)
            .with_exit(Exit::Config),
        Fault::ProxyRefuses(status) => Error::new(action)
            .with_source(format!("no connection{through}: HTTP status {status}"))
            .with_help(
                "correct the proxy's address, user and password, or list the host in NO_PROXY",
            )
            .with_exit(Exit::Config),
    })
}

fn failed(action: &str, why: String) -> Error {
    Error::new(action)
        .with_source(why)
        .with_help("see whether the address is still right; the next check tries again")
        .with_exit(Exit::TryLater)
}
