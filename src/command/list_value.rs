//! One value of a comma-separated list on the command line.

use std::fmt::Display;
use std::str::FromStr;

use crate::model::id::{FactionId, PlayerId};
use crate::model::pasted::{PastedId, parse_address};

/// Parses a value without the blanks around it, as in `1, 2`.
///
/// # Errors
///
/// The message of the value's own parser.
pub(crate) fn list_value<T>(text: &str) -> Result<T, String>
where
    T: FromStr<Err: Display>,
{
    text.trim().parse().map_err(|why: T::Err| why.to_string())
}

/// Parses the id of a player, or the address of a player's page, which people paste.
///
/// # Errors
///
/// The message says why it is neither.
pub(crate) fn player(text: &str) -> Result<PlayerId, String> {
    match parse_address(text) {
        Some(address) => match address? {
            PastedId::Player(id) => Ok(id),
            PastedId::Faction(id) => Err(format!(
                "this is the page of faction {id}: write --faction {id}"
            )),
            PastedId::Number(_) => list_value(text),
        },
        None => list_value(text),
    }
}

/// Parses the id of a faction, or the address of a faction's page, which people paste.
///
/// # Errors
///
/// The message says why it is neither.
pub(crate) fn faction(text: &str) -> Result<FactionId, String> {
    match parse_address(text) {
        Some(address) => match address? {
            PastedId::Faction(id) => Ok(id),
            PastedId::Player(id) => Err(format!(
                "this is the page of player {id}: write --player {id}"
            )),
            PastedId::Number(_) => list_value(text),
        },
        None => list_value(text),
    }
}
