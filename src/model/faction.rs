//! Observations of factions and their rosters.

use crate::model::id::{FactionId, PlayerId};

/// One observation of a faction. A selection is `None` if it could not be decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Faction {
    /// The faction's id.
    pub id: FactionId,
    /// The selection `basic`.
    pub basic: Option<Basic>,
    /// The selection `members`.
    pub roster: Option<Roster>,
}

/// The selection `basic`. `None` means that the answer does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Basic {
    /// Never empty. A destroyed faction may have no name.
    pub name: Option<String>,
    /// The abbreviation that Torn shows beside members' names.
    pub tag: Option<String>,
    pub leader: Seat,
    pub co_leader: Seat,
    /// Points, 0 or more. Respect can fall as well as rise.
    pub respect: Option<i64>,
    /// In days, 0 or more.
    pub age: Option<i64>,
    /// The number of hits, 0 or more.
    pub best_chain: Option<i64>,
    /// The number that Torn gives, which may differ from the length of the roster.
    pub member_count: Option<i64>,
}

/// Whether a faction has a leader or co-leader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seat {
    /// The answer does not say.
    Unknown,
    Vacant,
    Held(PlayerId),
}

/// The members that an answer lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster {
    /// The list has each player once.
    pub members: Vec<Member>,
    /// Whether every member is listed. A player who is missing from an incomplete roster may still be a member.
    pub is_complete: bool,
}

/// A player on a roster.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The player's id.
    pub id: PlayerId,
    /// Never empty.
    pub name: String,
    /// 1 to 100; `None` if the answer does not say.
    pub level: Option<i64>,
    /// Torn's text, such as "Okay".
    pub status_state: Option<String>,
    /// Torn's text, such as "In hospital for 2 hrs".
    pub status_description: Option<String>,
}
