//! Checks the base URL of the API.

use std::net::Ipv4Addr;

use crate::config::{Api, TORN_URL};
use crate::error::{Error, Exit, Result};

impl Api {
    /// Refuses to call Torn itself without a limit. Commands that make no calls may run with these settings.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when the address is that of Torn and `requests_per_minute` is 0.
    pub(crate) fn check_limit(&self) -> Result<()> {
        if self.requests_per_minute.is_some() || !self.base_url.contains("torn.com") {
            return Ok(());
        }
        Err(Error::new("accept requests_per_minute = 0")
            .with_source("without a limit Torn would block this address")
            .with_help(
                "write a number from 1 to 100, such as 60; to call a simulator, set TORNSNAP_API_URL to its address",
            )
            .with_exit(Exit::Config))
    }
}

/// Checks and normalizes a base URL. Keys are sent over TLS only, except to the loopback interface.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let url = text.trim().trim_end_matches('/');
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| format!("{url:?} is not an address such as {TORN_URL}"))?;
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() || host.contains('@') || url.contains(['?', '#', ' ']) {
        return Err(format!("{url:?} is not an address such as {TORN_URL}"));
    }
    match scheme {
        "https" => Ok(url.to_owned()),
        "http" if is_loopback(rest) => Ok(url.to_owned()),
        "http" => Err(format!(
            "{url:?} would send keys unencrypted: write https://"
        )),
        _ => Err(format!("{url:?} does not begin with https://")),
    }
}

/// Whether the host is the loopback interface. `rest` is the part of a URL after `://`.
pub(super) fn is_loopback(rest: &str) -> bool {
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost")
        || name == "[::1]"
        || name
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_needs_tls_or_a_loopback_host() {
        assert!(base_url("https://api.torn.com/v2/").is_ok_and(|url| url == TORN_URL));
        assert!(base_url("http://127.0.0.1:8080").is_ok());
        for wrong in [
            "http://api.torn.com/v2",
            "api.torn.com",
            "ftp://x",
            "https://",
            "https://me@host",
            "http://127.evil.example",
        ] {
            assert!(base_url(wrong).is_err(), "{wrong}");
        }
    }
}
