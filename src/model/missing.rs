//! Rules for ids that Torn does not know: when to request them again, and when they count as gone.

use crate::model::time::{DAY, HOUR, is_far_future};

/// The number of misses in a row from which an id may count as gone.
const MIN_MISSES: u32 = 3;

/// The least number of seconds from the first to the last of those misses.
const MIN_SPAN: i64 = 3 * DAY;

/// The timestamp until which an id is not requested; `None` if it may be requested now.
///
/// Torn did not know the id `misses` times in a row, the last time at `last_miss`. With `daily`, the id is requested once
/// a day at least, because `[track]` or a fresh roster lists it. A timestamp in the far future comes from a wrong clock, so
/// that miss is ignored.
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

    struct Pause {
        misses: u32,
        /// The pause of an id that is requested once a day at least.
        daily: i64,
        otherwise: i64,
    }

    #[test]
    fn the_pause_grows_with_each_miss_and_is_at_most_a_day_for_a_followed_id() {
        let pause = |misses, daily, otherwise| Pause {
            misses,
            daily,
            otherwise,
        };
        for Pause {
            misses,
            daily,
            otherwise,
        } in [
            pause(0, 0, 0),
            pause(1, HOUR, HOUR),
            pause(2, 6 * HOUR, 6 * HOUR),
            pause(3, DAY, DAY),
            pause(4, DAY, 7 * DAY),
            pause(5, DAY, 7 * DAY),
            pause(u32::MAX, DAY, 7 * DAY),
        ] {
            assert_eq!(next_try(misses, NOW, true), NOW + daily, "{misses}, daily");
            assert_eq!(next_try(misses, NOW, false), NOW + otherwise, "{misses}");
        }
    }

    /// Whether an id that is requested once a day at least is requested now.
    fn is_daily_due(misses: u32, last_miss: i64) -> bool {
        deferred_until(misses, last_miss, true, NOW).is_none()
    }

    /// Whether any other id is requested now.
    fn is_due(misses: u32, last_miss: i64) -> bool {
        deferred_until(misses, last_miss, false, NOW).is_none()
    }

    #[test]
    fn an_id_is_requested_again_after_its_pause() {
        assert!(!is_daily_due(1, NOW - HOUR + 1));
        assert!(is_daily_due(1, NOW - HOUR));
        assert!(is_daily_due(4, NOW - DAY));
        assert!(!is_due(4, NOW - DAY));
        assert!(is_due(4, NOW - 7 * DAY));
    }

    #[test]
    fn a_miss_in_the_far_future_is_ignored() {
        assert!(!is_daily_due(1, NOW + 60));
        assert!(!is_daily_due(1, NOW + DAY));
        assert!(is_due(4, NOW + DAY + 1));
        assert!(is_due(9, i64::MAX));
    }

    #[test]
    fn an_id_is_gone_after_three_misses_that_span_three_days() {
        assert!(!is_gone(3, NOW, NOW + 1200));
        assert!(!is_gone(2, NOW, NOW + 3 * DAY));
        assert!(!is_gone(3, NOW, NOW + 3 * DAY - 1));
        assert!(is_gone(3, NOW, NOW + 3 * DAY));
        assert!(is_gone(300, NOW, NOW + 365 * DAY));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_id_gone() {
        assert!(!is_gone(5, NOW, NOW - 9 * DAY));
    }

    #[test]
    fn the_span_of_the_misses_does_not_overflow() {
        assert!(is_gone(5, i64::MIN, i64::MAX));
    }
}
