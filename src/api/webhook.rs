//! Sends the notifications and pings of `health`. Their addresses are secrets, so no error contains one.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::api::agent::{self, TRUST_HELP, TransportFault};
use crate::error::{Error, Exit, Result};
use crate::model::hidden::without_hidden;
use crate::model::proxy::Proxy;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The texts of errors about a request.
struct Purpose {
    /// It completes the sentence "could not …".
    action: &'static str,
    /// The help if no later request can succeed.
    correction: &'static str,
}

const MESSAGE: Purpose = Purpose {
    action: "send the message to the webhook",
    correction: "the webhook was deleted, or its address is wrong: make a new one (Discord: channel settings, Integrations), \
                 and write its address where [health] says",
};

const PING: Purpose = Purpose {
    action: "request ping_url",
    correction: "the service does not know this address: copy it from there again, and set it as ping_url in [health]",
};

/// Posts a JSON document.
///
/// # Errors
///
/// [`Exit::TryLater`], or [`Exit::Config`] if only a change of the configuration helps. The text does not contain the
/// address.
pub(crate) fn post(url: &str, proxy: Option<&Proxy>, document: &Value) -> Result<()> {
    let response = agent(proxy)?
        .post(url)
        .header("Content-Type", "application/json")
        .send(without_hidden(&document.to_string()).into_owned());
    check_response(response, proxy, &MESSAGE)
}

/// Requests `ping_url`. The service at this address sends an alarm when the requests stop.
///
/// # Errors
///
/// See [`post`].
pub(crate) fn ping(url: &str, proxy: Option<&Proxy>) -> Result<()> {
    check_response(agent(proxy)?.get(url).call(), proxy, &PING)
}

fn agent(proxy: Option<&Proxy>) -> Result<Agent> {
    Ok(agent::builder(TIMEOUT, proxy)?.build().new_agent())
}

fn check_response(
    response: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    proxy: Option<&Proxy>,
    purpose: &Purpose,
) -> Result<()> {
    let action = purpose.action;
    let error = match response {
        Ok(response) if response.status().is_success() => return Ok(()),
        Ok(response) => {
            let status = response.status().as_u16();
            return Err(status_error(purpose, status));
        }
        Err(error) => error,
    };
    let through = proxy.map_or_else(String::new, |proxy| format!(" through the proxy {proxy}"));
    Err(match agent::classify(&error) {
        TransportFault::Timeout => delivery_error(
            action,
            format!("no answer{through} within {} seconds", TIMEOUT.as_secs()),
        ),
        TransportFault::Broken(why) => {
            delivery_error(action, format!("no connection{through}: {why}"))
        }
        TransportFault::Untrusted(why) => Error::new(action)
            .with_source(format!("its certificate is not trusted{through}: {why}"))
            .with_help(TRUST_HELP)
            .with_exit(Exit::Config),
        TransportFault::ProxyRefuses(status) => Error::new(action)
            .with_source(format!("no connection{through}: HTTP status {status}"))
            .with_help(
                "correct the proxy's address, user and password, or list the host in NO_PROXY",
            )
            .with_exit(Exit::Config),
    })
}

/// The error for a response that is no success. A request timeout, a limit of requests and a fault of the server pass.
fn status_error(purpose: &Purpose, status: u16) -> Error {
    let error = |why: String| Error::new(purpose.action).with_source(why);
    match status {
        429 => error(format!(
            "it takes no more requests for now (HTTP status {status})"
        ))
        .with_help("wait a few minutes, then try again")
        .with_exit(Exit::TryLater),
        408 | 500..=599 => error(format!(
            "its server has a fault that may pass (HTTP status {status})"
        ))
        .with_help("wait a few minutes, then try again")
        .with_exit(Exit::TryLater),
        _ => error(format!("it answered with HTTP status {status}"))
            .with_help(purpose.correction)
            .with_exit(Exit::Config),
    }
}

fn delivery_error(action: &str, why: String) -> Error {
    Error::new(action)
        .with_source(why)
        .with_help("check the network of this machine and the host in the address, then try again")
        .with_exit(Exit::TryLater)
}
