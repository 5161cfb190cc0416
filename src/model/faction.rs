//! What one answer says about one faction and its members.

use crate::model::id::{FactionId, PlayerId};

/// One answer about one faction. Each part of it is `None` when it could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Faction {
    /// The faction.
    pub id: FactionId,
    /// The selection `basic`.
    pub basic: Option<Basic>,
    /// The selection `members`.
    pub roster: Option<Roster>,
}

/// The selection `basic`. `None` means "not known this time".
#[derive(Clone, Debug, PartialEq)]
pub struct Basic {
    /// Never empty. A faction that was destroyed may have none.
    pub name: Option<String>,
    /// The short form shown beside members' names.
    pub tag: Option<String>,
    /// The leader.
    pub leader: Seat,
    /// The co-leader.
    pub co_leader: Seat,
    /// Points, 0 or more; can fall as well as rise.
    pub respect: Option<i64>,
    /// Days, 0 or more.
    pub age: Option<i64>,
    /// Hits, 0 or more.
    pub best_chain: Option<i64>,
    /// As the faction itself counts them.
    pub member_count: Option<i64>,
}

/// A leader's seat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seat {
    /// The answer does not say.
    Unknown,
    /// Nobody holds it.
    Vacant,
    /// This player holds it.
    Held(PlayerId),
}

/// The members that an answer lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster {
    /// Each player once.
    pub members: Vec<Member>,
    /// Whether every member is listed, so that a player who is not has left.
    pub is_complete: bool,
}

/// One line of a roster.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The player.
    pub id: PlayerId,
    /// Never empty.
    pub name: String,
    /// 1 to 100; `None`: not known this time.
    pub level: Option<i64>,
    /// Torn's word, such as "Okay".
    pub status_state: Option<String>,
    /// In words.
    pub status_description: Option<String>,
}
