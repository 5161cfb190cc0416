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
    /// The leader's seat.
    pub leader: Seat,
    /// The co-leader's seat.
    pub co_leader: Seat,
    /// Points, 0 or more; can fall as well as rise.
    pub respect: Option<i64>,
    /// Days, 0 or more.
    pub age: Option<i64>,
    /// Hits, 0 or more.
    pub best_chain: Option<i64>,
    /// Torn's count, not that of the roster.
    pub member_count: Option<i64>,
}

/// A leader's seat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seat {
    /// The answer does not say.
    Unknown,
    /// No player holds it.
    Vacant,
    /// This player holds it.
    Held(PlayerId),
}

/// The members that an answer lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster {
    /// Each player once.
    pub members: Vec<Member>,
    /// Whether every member is listed. Only then does a missing player count as having left.
    pub is_complete: bool,
}

/// One entry of a roster.
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
