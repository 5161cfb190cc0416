//! Ids of players, factions, wars and tiles. Each has its own type, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident, $noun:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(i64);

        impl $name {
            /// # Errors
            ///
            /// Fails below 1, because Torn counts from 1 and uses 0 for "none".
            pub fn new(id: i64) -> Result<Self> {
                if id < 1 {
                    return Err(Error::new(format!(concat!("accept {} as a ", $noun, " id"), id)));
                }
                Ok(Self(id))
            }

            /// The id as Torn writes it.
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> std::result::Result<Self, String> {
                text.parse()
                    .ok()
                    .and_then(|id| Self::new(id).ok())
                    .ok_or_else(|| format!(concat!("{:?} is not a ", $noun, " id: a whole number from 1"), text))
            }
        }
    };
}

numeric_id!(
    /// A player's id.
    PlayerId,
    "player"
);
numeric_id!(
    /// A faction's id.
    FactionId,
    "faction"
);
numeric_id!(
    /// A war's id; unique only together with its type, ranked or territory.
    WarId,
    "war"
);

/// A tile's id: three capital letters. Torn has 4,107 of them, from `AAB` to `ZZG`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TerritoryId([u8; 3]);

impl TerritoryId {
    /// The id as Torn writes it.
    pub(crate) fn as_str(&self) -> &str {
        // `from_str` accepts ASCII letters only.
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl fmt::Display for TerritoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TerritoryId {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(format!(
                "{text:?} is not a territory id: three capital letters, such as AAB"
            )),
        }
    }
}
