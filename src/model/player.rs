//! What one answer says about one player.

use crate::model::id::{FactionId, PlayerId};
use crate::model::time::{DAY, HOUR, MINUTE, day_start, is_far_future};

/// One answer about one player. Each selection of it is `None` when it was not asked for or could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Player {
    /// The player.
    pub id: PlayerId,
    /// The public selections.
    pub profile: Option<Profile>,
    /// Only for the owner of the key that asked.
    pub battle_stats: Option<BattleStats>,
    /// The daily value.
    pub networth: Option<Networth>,
}

/// A player's profile. `None` means "not known this time", except where said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Never empty.
    pub name: String,
    /// 1 to 100.
    pub level: Option<i64>,
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
}

/// Battle stats, each 0 or more; `None` means "not known this time".
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BattleStats {
    /// Strength.
    pub strength: Option<i64>,
    /// Defense.
    pub defense: Option<i64>,
    /// Speed.
    pub speed: Option<i64>,
    /// Dexterity.
    pub dexterity: Option<i64>,
    /// As Torn sums them.
    pub total: Option<i64>,
}

/// What `personalstats` said of the networth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Networth {
    /// Dollars, may be negative; `None`: Torn has none for that player.
    pub dollars: Option<i64>,
    /// Unix seconds of the daily bucket that the value is from, if Torn said.
    pub bucket_at: Option<i64>,
}

/// Seconds after midnight at which Torn's daily values of the day before are there.
const BUCKET_READY: i64 = 10 * MINUTE;

/// Seconds between two questions for a daily value that is late.
const LATE_BUCKET: i64 = HOUR;

/// Whether personalstats are worth asking for: only while the newest daily bucket, yesterday's, is not stored yet,
/// since Torn limits how many of their rows may be read in a day.
///
/// `asked_at` and `bucket_at` tell when they last came and which day they were of.
pub(crate) fn wants_bucket(asked_at: Option<i64>, bucket_at: Option<i64>, now: i64) -> bool {
    let Some(asked_at) = asked_at.filter(|asked_at| !is_far_future(*asked_at, now)) else {
        return true;
    };
    let today = day_start(now - BUCKET_READY);
    if asked_at < today + BUCKET_READY {
        return true;
    }
    let late = bucket_at.is_some_and(|at| at < today - DAY);
    late && asked_at <= now - LATE_BUCKET
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_value_is_asked_for_once_it_is_there_and_then_not_again_that_day() {
        let midnight = 20_000 * DAY;
        let (yesterday, before) = (midnight - DAY, midnight - 2 * DAY);
        let table = [
            (None, None, midnight, true, "never asked"),
            (
                Some(midnight - HOUR),
                Some(before),
                midnight + 9 * MINUTE,
                false,
                "not there yet",
            ),
            (
                Some(midnight - HOUR),
                Some(before),
                midnight + 10 * MINUTE,
                true,
                "there now",
            ),
            (
                Some(midnight + HOUR),
                Some(yesterday),
                midnight + 23 * HOUR,
                false,
                "stored",
            ),
            (
                Some(midnight + HOUR),
                Some(before),
                midnight + HOUR + 4 * MINUTE,
                false,
                "late, asked a moment ago",
            ),
            (
                Some(midnight + HOUR),
                Some(before),
                midnight + 2 * HOUR,
                true,
                "late, asked an hour ago",
            ),
            (
                Some(midnight + HOUR),
                None,
                midnight + 9 * HOUR,
                false,
                "Torn has none",
            ),
            (
                Some(midnight + 400 * DAY),
                Some(midnight + 399 * DAY),
                midnight + HOUR,
                true,
                "asked under a clock that was ahead",
            ),
        ];
        for (asked_at, bucket_at, now, wanted, why) in table {
            assert_eq!(wants_bucket(asked_at, bucket_at, now), wanted, "{why}");
        }
    }
}
