//! Ids of players, factions, wars and tiles. Each has its own type, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::model::digits::parse_digits;

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
                parse_digits(text)
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
    /// Reads an id as Torn writes it.
    ///
    /// # Errors
    ///
    /// Fails for small letters too.
    pub(crate) fn exact(text: &str) -> std::result::Result<Self, String> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(not_a_tile(text)),
        }
    }

    /// The id as Torn writes it.
    pub(crate) fn as_str(&self) -> &str {
        // `exact` accepts ASCII letters only.
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

fn not_a_tile(text: &str) -> String {
    format!("{text:?} is not a territory id: three letters, such as AAB")
}

impl fmt::Display for TerritoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TerritoryId {
    type Err = String;

    /// People may write small letters.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Self::exact(&text.to_ascii_uppercase()).map_err(|_| not_a_tile(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_id_is_parsed_from_its_digits(number in 1..=i64::MAX) {
            let id = PlayerId::new(number).unwrap();
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn an_accepted_id_has_digits_only(text in "[+-]?[ 0-9_.]{0,3}[0-9]{0,20}[ ５]?") {
            if let Ok(id) = text.parse::<FactionId>() {
                prop_assert_eq!(id.to_string(), text.trim_start_matches('0'));
            }
        }

        #[test]
        fn a_tile_is_parsed_from_its_three_letters(text in "[A-Z]{3}") {
            let tile: TerritoryId = text.parse().unwrap();
            prop_assert_eq!(tile.to_string(), text);
        }

        #[test]
        fn an_accepted_tile_is_shown_in_capitals(text in "[ A-Za-z0-9+Ä]{2,4}") {
            if let Ok(tile) = text.parse::<TerritoryId>() {
                prop_assert_eq!(tile.to_string(), text.to_ascii_uppercase());
            }
        }
    }

    #[test]
    fn signs_blanks_and_other_digits_are_no_part_of_an_id() {
        for wrong in ["+5", "-5", "0", "", " 5", "5 ", "５", "9223372036854775808"] {
            assert!(wrong.parse::<WarId>().is_err(), "{wrong:?}");
        }
    }
}
