//! The HTTP or SOCKS proxy for outgoing calls.

use std::fmt;

use crate::model::digits::is_digits;
use crate::model::key::mask_key_like;

/// A proxy and the environment variable that names it.
///
/// `Debug` and `Display` leave out user and password.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Proxy {
    variable: String,
    address: String,
}

impl Proxy {
    /// The address is not checked here.
    pub(crate) fn new(variable: impl Into<String>, address: &str) -> Self {
        Self {
            variable: variable.into(),
            address: address.trim().to_owned(),
        }
    }

    pub(crate) fn variable(&self) -> &str {
        &self.variable
    }

    /// The address with user and password. Use it for the connection only.
    pub(crate) fn expose(&self) -> &str {
        &self.address
    }

    /// The address without user and password, and without words that look like a key.
    pub(crate) fn address(&self) -> String {
        let (scheme, rest) = match self.address.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None => (String::new(), self.address.as_str()),
        };
        let host_and_port = rest
            .rsplit_once('@')
            .map_or(rest, |(_, host_and_port)| host_and_port);
        // In `user:password` without a host, the password is in the position of the port.
        match host_and_port.trim_end_matches('/').rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') && !is_digits(port) => {
                mask_key_like(&format!("{scheme}{host}:…"))
            }
            _ => mask_key_like(&format!("{scheme}{host_and_port}")),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address(), self.variable)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_never_shown() {
        for (address, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://me:secret@proxy:3128/", "http://proxy:3128/"),
            ("http://me:se/cr@et@proxy:3128", "http://proxy:3128"),
            ("socks5://me:secret@[::1]:1080", "socks5://[::1]:1080"),
            ("https://[::1]", "https://[::1]"),
            ("me:secret@proxy", "proxy"),
            ("me:secret", "me:…"),
            ("http://me:secret", "http://me:…"),
            ("proxy", "proxy"),
            ("AbCdEfGh12345678", "(redacted)"),
            ("http://AbCdEfGh12345678:3128", "http://(redacted):3128"),
        ] {
            let proxy = Proxy::new("HTTPS_PROXY", address);

            assert_eq!(proxy.to_string(), format!("{shown} (HTTPS_PROXY)"));
            assert!(!format!("{proxy:?}").contains("secret"), "{address}");
        }
    }
}
