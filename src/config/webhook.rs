//! The webhook's address: whoever has it can write to the channel, so it is kept like a key.

use std::fmt;
use std::path::PathBuf;

use crate::config::address::is_here;
use crate::config::environment;
use crate::config::secret::{Problem, read_secret};
use crate::error::{Error, Exit, Result};
use crate::model::key::unquoted;

/// An address that is a secret. `Debug` does not show it, and there is no `Display`.
#[derive(Clone, Eq, PartialEq)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// The address itself, for the call and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(redacted)")
    }
}

/// Where the webhook's address, a secret, is read from.
#[derive(Clone, Debug)]
pub enum WebhookSource {
    /// A file that only its owner can read.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

impl WebhookSource {
    /// Reads the address.
    pub(super) fn load(&self) -> Result<WebhookUrl> {
        let refuse = |why: String| {
            Error::new("use the webhook's address")
                .because(why)
                .try_this("put an address such as https://discord.com/api/webhooks/… there")
                .exits(Exit::NoKey)
        };
        let (place, text) = match self {
            Self::File(path) => {
                let text = read_secret(path).map_err(|problem| match problem {
                    Problem::Exposed(error) => error.exits(Exit::NoKey),
                    Problem::Unreadable(why) => refuse(why),
                })?;
                (path.display().to_string(), text)
            }
            Self::Env(name) => match environment::variable(name)? {
                Some(text) => (name.clone(), text),
                None => return Err(refuse(format!("{name}: it is not set"))),
            },
        };
        let url = unquoted(&text);
        let travels_safely = url
            .strip_prefix("https://")
            .is_some_and(|rest| !rest.is_empty())
            || url.strip_prefix("http://").is_some_and(is_here);
        if !travels_safely || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse(format!(
                "{place}: what stands there is no https:// address"
            )));
        }
        Ok(WebhookUrl(url.to_owned()))
    }
}
