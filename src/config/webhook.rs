//! The URL of the webhook and `ping_url`.
//!
//! Both are secrets, like keys: anyone who has one can post to the channel, or report a healthy state.

use std::fmt;
use std::path::PathBuf;

use crate::config::address::is_loopback;
use crate::config::environment;
use crate::config::mask::mask_path;
use crate::config::secret::{SecretError, read_secret};
use crate::error::{Error, Exit, Result};
use crate::model::key::unquoted;

/// A secret URL. `Debug` does not show it, and there is no `Display`.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct SecretUrl(String);

impl SecretUrl {
    /// Parses a URL, which may have a query. It needs `https://`, or `http://` and a loopback host.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = unquoted(text);
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://").filter(|rest| is_loopback(rest)))?;
        let has_host = !rest.is_empty() && !rest.starts_with(['/', '?', '#']);
        (has_host && url.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(url.to_owned()))
    }

    /// The URL. Use it for the call only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretUrl(redacted)")
    }
}

/// Where the URL of the webhook is read from.
#[derive(Clone, Debug)]
pub(crate) enum WebhookSource {
    /// A file that only its owner can read.
    File(PathBuf),
    /// The environment variable of this name.
    Env(String),
}

impl WebhookSource {
    pub(super) fn load(&self) -> Result<SecretUrl> {
        let unusable = |why: String| {
            Error::new("use the webhook's address")
                .with_source(why)
                .with_help("put an address such as https://discord.com/api/webhooks/… there")
                .with_exit(Exit::NoKey)
        };
        let (source, text) = match self {
            Self::File(path) if mask_path(path) != *path => {
                return Err(unusable(
                    "webhook_url_file does not name a file: it looks like a secret itself"
                        .to_owned(),
                ));
            }
            Self::File(path) => {
                let text = read_secret(path).map_err(|error| match error {
                    SecretError::Exposed(error) => error.with_exit(Exit::NoKey),
                    SecretError::Unreadable(why) => unusable(why),
                })?;
                (path.display().to_string(), text)
            }
            Self::Env(name) => match environment::variable(name)? {
                Some(text) => (name.clone(), text),
                None => return Err(unusable(format!("{name}: it is not set"))),
            },
        };
        SecretUrl::parse(&text)
            .ok_or_else(|| unusable(format!("{source}: there is no https:// address in it")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_url_may_have_a_query_and_needs_tls_or_a_loopback_host() {
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
