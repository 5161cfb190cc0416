//! Decides which timestamps are in the future, and when it is unsafe to remove such rows.
//!
//! Either a clock that was ahead has written these rows, or the clock is behind now. In the second case the rows are
//! right and must stay.

use crate::model::size::count;
use crate::model::time::{CLOCK_TOLERANCE, DAY, Month, iso};

/// The latest timestamps that are plausible at a given time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FutureBounds {
    /// Unix seconds.
    pub(crate) now: i64,
    /// First second of the current month.
    pub(crate) month_start: i64,
    /// A timestamp from the clock of this machine is in the future if it is later than this.
    pub(crate) max_recorded: i64,
    /// A scheduled time, or a time from one of Torn's answers, is wrong if it is later than this.
    pub(crate) max_scheduled: i64,
}

impl FutureBounds {
    /// `None` when `now` is outside the calendar.
    pub(crate) fn at(now: i64) -> Option<Self> {
        Some(Self {
            now,
            month_start: Month::of(now)?.start(),
            max_recorded: now.saturating_add(CLOCK_TOLERANCE),
            max_scheduled: now.saturating_add(DAY),
        })
    }

    /// Bounds that accept timestamps up to a day ahead, because the clocks of two machines may differ by hours.
    #[must_use]
    pub(crate) fn with_a_day_of_tolerance(self) -> Self {
        Self {
            max_recorded: self.max_scheduled,
            ..self
        }
    }
}

/// The gap between this machine's newest record of the past and its oldest record of the future.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct RecordGap {
    /// The newest timestamp that is not in the future.
    pub(crate) newest_past: Option<i64>,
    /// The oldest timestamp in the future.
    pub(crate) oldest_future: Option<i64>,
    /// The number of UTC days in the future that have records.
    pub(crate) future_days: i64,
}

/// Records on up to this many future days prove nothing, because a clock that was ahead by a day can have written them.
const FEW_DAYS: i64 = 2;

impl RecordGap {
    /// The length of the gap in days, if it is too short for a clock that was ahead.
    ///
    /// A clock that was ahead for some days leaves a gap before its records that is as long as it was ahead. A clock
    /// that is behind now leaves no such gap, because the records continue from one poll to the next.
    fn days_if_too_short(&self) -> Option<i64> {
        let gap = self.oldest_future?.saturating_sub(self.newest_past?) / DAY;
        (self.future_days > FEW_DAYS && self.future_days > gap).then_some(gap)
    }
}

/// The facts that decide whether rows with future timestamps may be removed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FutureFacts {
    /// Unix seconds.
    pub(crate) now: i64,
    /// The reason why the clock of this machine is certainly wrong.
    pub(crate) clock_is_wrong: Option<String>,
    /// The latest time in Torn's answers. `None` under `TORNSNAP_NOW`, which can replay any time.
    pub(crate) named_by_torn: Option<i64>,
    /// Whether `TORNSNAP_NOW` replaces the clock.
    pub(crate) is_replay: bool,
    pub(crate) gap: RecordGap,
    /// History rows that would be removed.
    pub(crate) future_rows: i64,
    /// All history rows.
    pub(crate) total_rows: i64,
}

/// The reasons to believe that the clock is behind now and was not ahead before. The rows are then right and must stay.
///
/// The strongest reason comes first. Each reason completes the sentence "the clock seems to be behind: …".
pub(crate) fn blockers(facts: &FutureFacts) -> Vec<String> {
    let mut reasons: Vec<String> = facts.clock_is_wrong.iter().cloned().collect();
    if let Some(named) = facts.named_by_torn
        && named > facts.now.saturating_add(CLOCK_TOLERANCE)
    {
        reasons.push(format!(
            "it says {}, and Torn has already named the time {}",
            iso(facts.now),
            iso(named)
        ));
    }
    if let Some(gap) = facts.gap.days_if_too_short() {
        reasons.push(format!(
            "it says {}, and there are records on {}, after a gap of only {}",
            iso(facts.now),
            count(facts.gap.future_days, "later day"),
            count(gap, "day")
        ));
    }
    // A replay with TORNSNAP_NOW may set the clock to a time before all rows, so rows on a few days are no reason.
    let is_replay = facts.is_replay && facts.gap.future_days <= FEW_DAYS;
    if facts.future_rows > facts.total_rows / 2 && !is_replay {
        reasons.push(format!(
            "it says {}, and {} of {} are of later times",
            iso(facts.now),
            facts.future_rows,
            count(facts.total_rows, "history row")
        ));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    fn gap(newest_past: i64, oldest_future: i64, future_days: i64) -> RecordGap {
        RecordGap {
            newest_past: Some(newest_past),
            oldest_future: Some(oldest_future),
            future_days,
        }
    }

    /// Facts under which the rows may be removed.
    fn safe() -> FutureFacts {
        FutureFacts {
            now: NOW,
            clock_is_wrong: None,
            named_by_torn: Some(NOW - DAY),
            is_replay: false,
            gap: gap(NOW - 60, NOW + 9 * DAY, 3),
            future_rows: 50,
            total_rows: 100,
        }
    }

    /// Checks that [`blockers`] finds `expected` reasons in the facts of [`safe`] after `change`.
    fn check(name: &str, expected: usize, change: impl FnOnce(&mut FutureFacts)) {
        let mut facts = safe();
        change(&mut facts);

        let reasons = blockers(&facts);

        assert_eq!(reasons.len(), expected, "{name}: {reasons:?}");
    }

    #[test]
    fn more_than_half_of_the_history_in_the_future_blocks_the_removal() {
        check("half of the history", 0, |_| {});
        check("more than half", 1, |facts| facts.future_rows = 51);
        check("all of one row", 1, |facts| {
            (facts.future_rows, facts.total_rows) = (1, 1);
        });
        check("all rows of one run", 1, |facts| {
            facts.future_rows = 100;
            facts.gap = gap(0, NOW, 1);
        });
        check("all rows of one run of a replay", 0, |facts| {
            facts.is_replay = true;
            facts.future_rows = 100;
            facts.gap = gap(0, NOW, 1);
        });
        check("an empty database", 0, |facts| {
            (facts.future_rows, facts.total_rows) = (0, 0);
        });
    }

    #[test]
    fn a_clock_that_is_wrong_or_behind_the_time_of_torn_blocks_the_removal() {
        let limit = NOW + CLOCK_TOLERANCE;
        check("Torn has named no time", 0, |facts| {
            facts.named_by_torn = None;
        });
        check("Torn has named a time five minutes ahead", 0, |facts| {
            facts.named_by_torn = Some(limit);
        });
        check("Torn has named a later time", 1, |facts| {
            facts.named_by_torn = Some(limit + 1);
        });
        check("the clock is certainly wrong", 1, |facts| {
            facts.clock_is_wrong = Some("1970".to_owned());
        });
        check("everything at once", 3, |facts| {
            facts.clock_is_wrong = Some("1970".to_owned());
            facts.named_by_torn = Some(i64::MAX);
            facts.future_rows = 100;
        });
    }

    /// Checks the length in days of a gap that is too short, and that a gap blocks the removal only then.
    fn check_gap(name: &str, expected: Option<i64>, gap: RecordGap) {
        assert_eq!(gap.days_if_too_short(), expected, "{name}");
        check(name, usize::from(expected.is_some()), |facts| {
            facts.gap = gap;
        });
    }

    /// The seconds between two polls.
    const POLL: i64 = 240;

    #[test]
    fn records_that_continue_without_a_gap_show_that_the_clock_is_behind() {
        check_gap(
            "behind by 45 days",
            Some(0),
            gap(NOW - POLL, NOW + POLL, 45),
        );
        check_gap(
            "behind by 45 days, polled weekly",
            Some(7),
            gap(NOW - 5 * DAY, NOW + 2 * DAY, 45),
        );
        check_gap(
            "ahead by three days, for a month",
            Some(0),
            gap(NOW, NOW + POLL, 4),
        );
    }

    #[test]
    fn a_gap_as_long_as_the_clock_was_ahead_does_not_show_that_it_is_behind() {
        check_gap(
            "ahead by four years, once",
            None,
            gap(NOW - POLL, NOW + 1461 * DAY, 1),
        );
        check_gap(
            "ahead by a week, for five days",
            None,
            gap(NOW - 5 * DAY, NOW + 2 * DAY, 5),
        );
        check_gap(
            "ahead by two days, for a minute at midnight",
            None,
            gap(NOW - POLL, NOW + 2 * DAY, 2),
        );
        check_gap(
            "ahead by ten minutes at midnight, for a year",
            None,
            gap(NOW, NOW + POLL, 2),
        );
        check_gap(
            "ahead twice, by two days and by years",
            None,
            gap(NOW, NOW + 2 * DAY, 2),
        );
        let nothing_before = RecordGap {
            newest_past: None,
            ..gap(0, NOW, 45)
        };
        check_gap("nothing before", None, nothing_before);
        check_gap("nothing after", None, RecordGap::default());
    }

    #[test]
    fn the_bounds_are_five_minutes_and_a_day_ahead() {
        let bounds = FutureBounds::at(NOW).unwrap();

        assert_eq!(bounds.month_start, 1_775_001_600, "2026-04-01");
        assert_eq!(bounds.max_recorded, NOW + 300);
        assert_eq!(bounds.max_scheduled, NOW + DAY);
        assert_eq!(FutureBounds::at(i64::MAX), None);
    }
}
