//! API keys and who owns them.

use std::fmt;

use crate::model::id::{FactionId, PlayerId};

/// A Torn API key. `Debug` does not show it, and there is no `Display`.
#[derive(Clone, Eq, PartialEq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Accepts what can stand in a header.
    ///
    /// # Errors
    ///
    /// Says what is wrong without showing the text.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it has spaces, line breaks or letters that no key has".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The key itself, for the Authorization header and for telling keys apart, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

/// A key with the name that the history knows it by.
#[derive(Clone, Debug)]
pub struct NamedKey {
    /// Becomes `data_source`.
    pub name: String,
    /// The key.
    pub key: ApiKey,
}

/// What Torn says of a key (`/key/info`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyFacts {
    /// Whose it is; Torn's limit counts per owner.
    pub owner: PlayerId,
    /// The owner's faction, if any.
    pub faction: Option<FactionId>,
    /// Torn's word, such as "Limited Access".
    pub access: String,
    /// 1 public, 2 minimal, 3 limited, 4 full, 0 custom.
    pub access_level: i64,
    /// Whether the owner's position lets it read faction matters.
    pub faction_access: bool,
    /// The user selections that it may read.
    pub selections: Vec<String>,
}

impl KeyFacts {
    /// Whether it may read its owner's battle stats.
    pub fn reads_battle_stats(&self) -> bool {
        // Torn lists what the key may read; the level speaks where the list is not there.
        self.access_level >= 3
            || self
                .selections
                .iter()
                .any(|selection| selection == "battlestats")
    }
}

/// What is remembered of a key's use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyState {
    /// Usable.
    Ok,
    /// Not before this moment (unix seconds).
    Paused(i64),
    /// Never again, unless the key behind the name is replaced.
    Dead,
}
