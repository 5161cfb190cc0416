//! Observations of players, and the rule for requesting their daily networth.

use crate::model::id::{FactionId, PlayerId};
use crate::model::time::{DAY, HOUR, MINUTE, day_start, is_far_future};

/// One observation of a player. A selection is `None` if it was not requested or could not be decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Player {
    /// The player's id.
    pub id: PlayerId,
    /// The selection `profile`, which is public.
    pub profile: Option<Profile>,
    /// The selection `battlestats`. Torn shows it only to the key of the player.
    pub battle_stats: Option<BattleStats>,
    /// The selection `personalstats`, which Torn updates once a day.
    pub networth: Option<Networth>,
}

/// A player's profile. `None` means that the answer does not say, unless a field's comment says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Never empty.
    pub name: String,
    /// 1 to 100.
    pub level: Option<i64>,
    /// Torn's text, such as "Star".
    pub rank: Option<String>,
    /// `None` if the player is in no faction.
    pub faction: Option<FactionId>,
    /// Torn's text, such as "Okay".
    pub status_state: Option<String>,
    /// Torn's text, such as "In hospital for 2 hrs".
    pub status_description: Option<String>,
    /// 0 or more.
    pub life_current: Option<i64>,
    /// 1 or more.
    pub life_maximum: Option<i64>,
}

/// Battle stats, each 0 or more; `None` means that the answer does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BattleStats {
    pub strength: Option<i64>,
    pub defense: Option<i64>,
    pub speed: Option<i64>,
    pub dexterity: Option<i64>,
    /// The sum, as Torn computes it.
    pub total: Option<i64>,
}

/// The networth from the selection `personalstats`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Networth {
    /// Negative for a player in debt; `None` if Torn has no value for the player.
    pub dollars: Option<i64>,
    /// The day of the value, as Torn's timestamp in unix seconds; `None` if the answer does not say.
    pub bucket_at: Option<i64>,
}

/// Seconds after midnight UTC from which Torn has the daily values of the day before.
const BUCKET_READY: i64 = 10 * MINUTE;

/// Seconds between two requests for a daily value that is late.
const LATE_BUCKET_PAUSE: i64 = HOUR;

/// Whether to request `personalstats`. The newest value is that of yesterday. Once it is stored, nothing is requested,
/// because Torn limits how many rows of `personalstats` a key may read in a day.
///
/// `asked_at` is the time of the last answer with `personalstats`, and `bucket_at` the day of its value. Both are unix
/// seconds.
pub(crate) fn bucket_is_due(asked_at: Option<i64>, bucket_at: Option<i64>, now: i64) -> bool {
    let Some(asked_at) = asked_at.filter(|asked_at| !is_far_future(*asked_at, now)) else {
        return true;
    };
    let today = day_start(now - BUCKET_READY);
    if asked_at < today + BUCKET_READY {
        return true;
    }
    let late = bucket_at.is_some_and(|at| at < today - DAY);
    late && asked_at <= now - LATE_BUCKET_PAUSE
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: i64 = 20_000 * DAY;
    const YESTERDAY: i64 = MIDNIGHT - DAY;
    const DAY_BEFORE: i64 = MIDNIGHT - 2 * DAY;

    struct Case {
        name: &'static str,
        asked_at: Option<i64>,
        bucket_at: Option<i64>,
        now: i64,
        is_due: bool,
    }

    const CASES: &[Case] = &[
        Case {
            name: "never requested",
            asked_at: None,
            bucket_at: None,
            now: MIDNIGHT,
            is_due: true,
        },
        Case {
            name: "not published yet",
            asked_at: Some(MIDNIGHT - HOUR),
            bucket_at: Some(DAY_BEFORE),
            now: MIDNIGHT + 9 * MINUTE,
            is_due: false,
        },
        Case {
            name: "published now",
            asked_at: Some(MIDNIGHT - HOUR),
            bucket_at: Some(DAY_BEFORE),
            now: MIDNIGHT + 10 * MINUTE,
            is_due: true,
        },
        Case {
            name: "stored",
            asked_at: Some(MIDNIGHT + HOUR),
            bucket_at: Some(YESTERDAY),
            now: MIDNIGHT + 23 * HOUR,
            is_due: false,
        },
        Case {
            name: "late, requested a few minutes ago",
            asked_at: Some(MIDNIGHT + HOUR),
            bucket_at: Some(DAY_BEFORE),
            now: MIDNIGHT + HOUR + 4 * MINUTE,
            is_due: false,
        },
        Case {
            name: "late, requested an hour ago",
            asked_at: Some(MIDNIGHT + HOUR),
            bucket_at: Some(DAY_BEFORE),
            now: MIDNIGHT + 2 * HOUR,
            is_due: true,
        },
        Case {
            name: "Torn has no value",
            asked_at: Some(MIDNIGHT + HOUR),
            bucket_at: None,
            now: MIDNIGHT + 9 * HOUR,
            is_due: false,
        },
        Case {
            name: "requested while the clock was ahead",
            asked_at: Some(MIDNIGHT + 400 * DAY),
            bucket_at: Some(MIDNIGHT + 399 * DAY),
            now: MIDNIGHT + HOUR,
            is_due: true,
        },
    ];

    #[test]
    fn a_daily_value_is_requested_until_it_is_stored() {
        for case in CASES {
            let is_due = bucket_is_due(case.asked_at, case.bucket_at, case.now);
            assert_eq!(is_due, case.is_due, "{}", case.name);
        }
    }
}
