//! Checks the base URL of the API.

use std::net::Ipv4Addr;
use std::path::Path;

use crate::config::field::Origin;
use crate::config::mask::mask_key_like;
use crate::config::{FILE_NAME, Settings, TORN_URL};
use crate::error::{Error, Exit, Result};

/// Checks and normalizes a base URL. Keys are sent over TLS only, except to the loopback interface.
pub(super) fn base_url(text: &str) -> std::result::Result<String, String> {
    let url = text.trim().trim_end_matches('/');
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| format!("{:?} is not an address such as {TORN_URL}", shown(url)))?;
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() || host.contains('@') || url.contains(['?', '#', ' ']) {
        return Err(format!(
            "{:?} is not an address such as {TORN_URL}",
            shown(url)
        ));
    }
    match scheme {
        "https" => Ok(url.to_owned()),
        "http" if is_loopback(rest) => Ok(url.to_owned()),
        "http" => Err(format!(
            "{:?} would send keys unencrypted: write https://",
            shown(url)
        )),
        _ => Err(format!("{:?} does not begin with https://", shown(url))),
    }
}

/// An address for an error, without what may be secret: user and password, the query, and words that look like a key.
fn shown(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let end = host.find(['?', '#', ' ']).unwrap_or(host.len());
    let hidden = if end < host.len() { "…" } else { "" };
    mask_key_like(&format!("{scheme}{}{hidden}", &host[..end]))
}

impl Settings {
    /// Refuses to call Torn itself without a limit. Commands that make no calls may run with these settings.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when the address is that of Torn and `requests_per_minute` is 0. It names the file and the line.
    pub(crate) fn check_limit(&self) -> Result<()> {
        if self.api.requests_per_minute.is_some() || !self.api.base_url.contains("torn.com") {
            return Ok(());
        }
        let mut fields = self.fields.iter();
        let field = fields.find(|field| field.name == "api.requests_per_minute");
        let line = match field.map(|field| field.origin) {
            Some(Origin::Line(line)) => format!(", line {line}"),
            _ => String::new(),
        };
        let file = self.config_file.as_deref();
        let place = file.unwrap_or(Path::new(FILE_NAME)).display();
        Err(Error::new("accept requests_per_minute = 0")
            .with_source(format!(
                "{place}{line}: 0 means no limit, and without a limit Torn would block this address"
            ))
            .with_help(
                "write a number from 1 to 100, such as 60; to call a simulator, set TORNSNAP_API_URL to its address",
            )
            .with_exit(Exit::Config))
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
    fn an_error_about_an_address_shows_no_secret() {
        for (url, part) in [
            (
                "https://api.torn.com/v2?key=short",
                "https://api.torn.com/v2…",
            ),
            ("http://me:secret@host", "http://host"),
            ("me:secret@host", "host"),
            ("AbCdEfGh12345678", "(redacted)"),
            ("ftp://host/AbCdEfGh12345678/x", "ftp://host/(redacted)/x"),
        ] {
            let why = base_url(url).unwrap_err();
            assert!(why.starts_with(&format!("{part:?} ")), "{url}: {why}");
        }
    }

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
