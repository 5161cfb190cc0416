//! What one answer says about one player.

use crate::model::id::{FactionId, PlayerId};

/// One answer about one player; `None` means "not known this time", except where said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Player {
    /// Who.
    pub id: PlayerId,
    /// Never empty.
    pub name: String,
    /// 1 to 100.
    pub level: i64,
    /// Torn's word, such as "Star".
    pub rank: Option<String>,
    /// `None`: in no faction.
    pub faction: Option<FactionId>,
    /// Torn's word, such as "Okay".
    pub status_state: Option<String>,
    /// In words, such as "In hospital for 2 hrs".
    pub status_description: Option<String>,
    /// Life points now, 0 or more.
    pub life_current: Option<i64>,
    /// Life points at most, 1 or more.
    pub life_maximum: Option<i64>,
    /// Only for the owner of the key that asked.
    pub battle_stats: Option<BattleStats>,
    /// The daily value, when it was asked for.
    pub networth: Option<Networth>,
}

/// Battle stats, each 0 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BattleStats {
    /// Strength.
    pub strength: i64,
    /// Defense.
    pub defense: i64,
    /// Speed.
    pub speed: i64,
    /// Dexterity.
    pub dexterity: i64,
    /// As Torn sums them.
    pub total: i64,
}

/// What `personalstats` said of the networth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Networth {
    /// Dollars, may be negative; `None`: Torn has none for that player.
    pub dollars: Option<i64>,
    /// Unix seconds of the daily bucket that the value is from, if Torn said.
    pub bucket_at: Option<i64>,
}
