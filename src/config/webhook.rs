//! Addresses that are secrets, those of the webhook and of `ping_url`: whoever has one can write to the channel, or say
//! that all is well. They are kept like keys.

use std::fmt;
use std::path::PathBuf;

use crate::config::address::is_loopback;
use crate::config::environment;
use crate::config::secret::{SecretError, read_secret};
use crate::error::{Error, Exit, Result};
use crate::model::key::unquoted;

/// An address that is a secret. `Debug` does not show it, and there is no `Display`.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct SecretUrl(String);

impl SecretUrl {
    /// An address that is called over TLS, or on this very machine; it may have a query.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = unquoted(text);
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://").filter(|rest| is_loopback(rest)))?;
        let has_host = !rest.is_empty() && !rest.starts_with(['/', '?', '#']);
        (has_host && url.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(url.to_owned()))
    }

    /// The address itself, for the call and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretUrl(redacted)")
    }
}

/// Where the webhook's address, a secret, is read from.
#[derive(Clone, Debug)]
pub(crate) enum WebhookSource {
    /// A file that only its owner can read.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

impl WebhookSource {
    /// Reads the address.
    pub(super) fn load(&self) -> Result<SecretUrl> {
        let refuse = |why: String| {
            Error::new("use the webhook's address")
                .with_source(why)
                .with_help("put an address such as https://discord.com/api/webhooks/… there")
                .with_exit(Exit::NoKey)
        };
        let (place, text) = match self {
            Self::File(path) => {
                let text = read_secret(path).map_err(|problem| match problem {
                    SecretError::Exposed(error) => error.with_exit(Exit::NoKey),
                    SecretError::Unreadable(why) => refuse(why),
                })?;
                (path.display().to_string(), text)
            }
            Self::Env(name) => match environment::variable(name)? {
                Some(text) => (name.clone(), text),
                None => return Err(refuse(format!("{name}: it is not set"))),
            },
        };
        SecretUrl::parse(&text)
            .ok_or_else(|| refuse(format!("{place}: what stands there is no https:// address")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_address_may_have_a_query_and_needs_tls_or_this_machine() {
        for good in [
            "https://kuma.example/api/push/T?status=up&msg=OK&ping=",
            "https://hc-ping.com/uuid/",
            " \"https://hc-ping.com/uuid\" ",
            "http://127.0.0.1:3001/api/push/T?status=up",
            "http://localhost/x",
        ] {
            assert!(SecretUrl::parse(good).is_some(), "{good}");
        }
        for wrong in [
            "",
            "https://",
            "https:///x",
            "https://?x",
            "http://kuma.example/api/push/T",
            "ftp://x",
            "kuma.example/T",
            "https://host/a b",
        ] {
            assert!(SecretUrl::parse(wrong).is_none(), "{wrong}");
        }
        let url = SecretUrl::parse("https://host/secret").unwrap();
        assert!(!format!("{url:?}").contains("host"));
    }
}
