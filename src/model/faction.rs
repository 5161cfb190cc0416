//! What one answer says about one faction and its members.

use crate::model::id::{FactionId, PlayerId};

/// One answer about one faction.
#[derive(Clone, Debug, PartialEq)]
pub struct Faction {
    /// Which.
    pub id: FactionId,
    /// Never empty.
    pub name: String,
    /// The short form shown beside members' names.
    pub tag: Option<String>,
    /// `None`: the seat is vacant.
    pub leader: Option<PlayerId>,
    /// `None`: the seat is vacant.
    pub co_leader: Option<PlayerId>,
    /// Points, 0 or more; can fall as well as rise.
    pub respect: i64,
    /// Days, 0 or more.
    pub age: i64,
    /// Hits, 0 or more.
    pub best_chain: i64,
    /// As the faction itself counts them.
    pub member_count: i64,
    /// Those listed; empty when the list was not asked for or not understood.
    pub members: Vec<Member>,
}

impl Faction {
    /// Whether the list has every member, so that whoever is not on it has left.
    pub fn roster_is_complete(&self) -> bool {
        i64::try_from(self.members.len()) == Ok(self.member_count)
    }
}

/// One line of a roster.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who.
    pub id: PlayerId,
    /// Never empty.
    pub name: String,
    /// 1 to 100.
    pub level: i64,
    /// Torn's word, such as "Okay".
    pub status_state: Option<String>,
    /// In words.
    pub status_description: Option<String>,
}
