//! Rules for ids that Torn does not know: when to request them again, and when they count as gone.

use crate::model::time::{DAY, HOUR, is_far_future};

/// The number of misses in a row from which an id may count as gone.
const MIN_MISSES: u32 = 3;

/// The least number of seconds from the first to the last of those misses.
const MIN_SPAN: i64 = 3 * DAY;

/// The timestamp until which an id is not requested; `None` if it may be requested now.
///
/// Torn did not know the id `misses` times in a row, last at `last_miss`. `daily` says that `[track]` or a fresh roster
/// lists the id; it is then requested once a day at least. A miss that a wrong clock dated into the far future is ignored.
pub(crate) fn deferred_until(misses: u32, last_miss: i64, daily: bool, now: i64) -> Option<i64> {
    let until = next_try(misses, last_miss, daily);
    (until > now && !is_far_future(last_miss, now)).then_some(until)
}

fn next_try(misses: u32, last_miss: i64, daily: bool) -> i64 {
    let pause = match misses {
        0 => 0,
        1 => HOUR,
        2 => 6 * HOUR,
        3 => DAY,
        _ if daily => DAY,
        _ => 7 * DAY,
    };
    last_miss.saturating_add(pause)
}

/// Whether an id counts as gone: three misses in a row, three days apart from first to last.
pub(crate) fn is_gone(misses: u32, first_miss: i64, last_miss: i64) -> bool {
    misses >= MIN_MISSES && last_miss.saturating_sub(first_miss) >= MIN_SPAN
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn the_pause_grows_with_each_miss_and_is_at_most_a_day_for_a_followed_id() {
        let cases = [
            // misses, pause of an id that is requested daily, pause of any other
            (0, 0, 0),
            (1, HOUR, HOUR),
            (2, 6 * HOUR, 6 * HOUR),
            (3, DAY, DAY),
            (4, DAY, 7 * DAY),
            (5, DAY, 7 * DAY),
            (u32::MAX, DAY, 7 * DAY),
        ];
        for (misses, daily, otherwise) in cases {
            assert_eq!(next_try(misses, NOW, true), NOW + daily, "{misses}, daily");
            assert_eq!(next_try(misses, NOW, false), NOW + otherwise, "{misses}");
        }
    }

    #[test]
    fn an_id_is_requested_again_after_its_pause() {
        let cases = [
            (
                "one second before the end of the pause",
                1,
                NOW - HOUR + 1,
                true,
                false,
            ),
            ("one hour after the first miss", 1, NOW - HOUR, true, true),
            ("one day after the fourth miss", 4, NOW - DAY, true, true),
            (
                "one day after the fourth miss of an id that is not followed",
                4,
                NOW - DAY,
                false,
                false,
            ),
            (
                "a week after the fourth miss of an id that is not followed",
                4,
                NOW - 7 * DAY,
                false,
                true,
            ),
            ("a miss one minute in the future", 1, NOW + 60, true, false),
            ("a miss one day in the future", 1, NOW + DAY, true, false),
            (
                "a miss more than one day in the future is ignored",
                4,
                NOW + DAY + 1,
                false,
                true,
            ),
            (
                "the largest timestamp does not overflow",
                9,
                i64::MAX,
                false,
                true,
            ),
        ];
        for (name, misses, last_miss, daily, expected) in cases {
            let is_due = deferred_until(misses, last_miss, daily, NOW).is_none();
            assert_eq!(is_due, expected, "{name}");
        }
    }

    #[test]
    fn an_id_is_gone_after_three_misses_that_span_three_days() {
        let cases = [
            ("three misses in twenty minutes", 3, NOW, NOW + 1200, false),
            ("two misses in three days", 2, NOW, NOW + 3 * DAY, false),
            (
                "three misses in one second less than three days",
                3,
                NOW,
                NOW + 3 * DAY - 1,
                false,
            ),
            ("three misses in three days", 3, NOW, NOW + 3 * DAY, true),
            ("300 misses in a year", 300, NOW, NOW + 365 * DAY, true),
            (
                "the last miss is before the first because the clock was set back",
                5,
                NOW,
                NOW - 9 * DAY,
                false,
            ),
            (
                "the smallest and the largest timestamp do not overflow",
                5,
                i64::MIN,
                i64::MAX,
                true,
            ),
        ];
        for (name, misses, first_miss, last_miss, expected) in cases {
            assert_eq!(is_gone(misses, first_miss, last_miss), expected, "{name}");
        }
    }
}
