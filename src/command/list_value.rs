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

/// The id of a player or a faction, which an address of Torn's pages has.
pub(crate) trait IdOfPage: FromStr<Err: Display> {
    /// The id in an address, if it is of this kind.
    fn of(pasted: PastedId) -> Option<Self>;
}

impl IdOfPage for PlayerId {
    fn of(pasted: PastedId) -> Option<Self> {
        match pasted {
            PastedId::Player(id) => Some(id),
            PastedId::Faction(_) | PastedId::Number(_) => None,
        }
    }
}

impl IdOfPage for FactionId {
    fn of(pasted: PastedId) -> Option<Self> {
        match pasted {
            PastedId::Faction(id) => Some(id),
            PastedId::Player(_) | PastedId::Number(_) => None,
        }
    }
}

/// Parses an id, or the address of the page of a player or a faction, which people paste.
///
/// # Errors
///
/// The message says why it is neither, or which option takes the id in the address.
pub(crate) fn id_or_address<T: IdOfPage>(text: &str) -> Result<T, String> {
    let Some(address) = parse_address(text) else {
        return list_value(text);
    };
    let pasted = address?;
    if let Some(id) = T::of(pasted) {
        return Ok(id);
    }
    match pasted {
        PastedId::Player(id) => Err(of_other_page("player", id)),
        PastedId::Faction(id) => Err(of_other_page("faction", id)),
        PastedId::Number(_) => list_value(text),
    }
}

fn of_other_page(kind: &str, id: impl Display) -> String {
    format!("this is the page of {kind} {id}: write --{kind} {id}")
}
