//! Rows of the future: which moments count as such, and when it is unsafe to remove what lies there.

use crate::model::time::{CLOCK_TOLERANCE, DAY, Month, iso};

/// The moments that tell right times from those that a clock which was ahead has left behind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FutureBounds {
    /// Unix seconds.
    pub(crate) now: i64,
    /// First second of the running month.
    pub(crate) month: i64,
    /// Records of this machine after this moment lie in the future.
    pub(crate) limit: i64,
    /// Planned times and those that Torn names are wrong after this.
    pub(crate) horizon: i64,
}

impl FutureBounds {
    /// As seen from `now`; `None` outside the calendar.
    pub(crate) fn at(now: i64) -> Option<Self> {
        Some(Self {
            now,
            month: Month::of(now)?.start(),
            limit: now.saturating_add(CLOCK_TOLERANCE),
            horizon: now.saturating_add(DAY),
        })
    }

    /// The same without what may come from clocks that differ by hours: only what is more than a day ahead.
    #[must_use]
    pub(crate) fn a_day_ahead(self) -> Self {
        Self {
            limit: self.horizon,
            ..self
        }
    }
}

/// How the records of this machine lie around its clock.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Around {
    /// The newest that does not lie in the future.
    pub(crate) newest_before: Option<i64>,
    /// The oldest that does.
    pub(crate) oldest_after: Option<i64>,
    /// On how many days (UTC) records lie in the future.
    pub(crate) days_after: i64,
}

/// A clock that is ahead by a day leaves records on two days of the future at most.
const FEW_DAYS: i64 = 2;

impl Around {
    /// The days without records between the two, when they are too few for a clock that was ahead.
    ///
    /// Records that were written for some days under a clock that was ahead come after a gap as long as it was ahead.
    /// Where the clock is behind there is no such gap: the records go on from one poll to the next.
    fn too_short_gap(&self) -> Option<i64> {
        let gap = self.oldest_after?.saturating_sub(self.newest_before?) / DAY;
        (self.days_after > FEW_DAYS && self.days_after > gap).then_some(gap)
    }
}

/// The facts that decide whether rows of the future may be removed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FutureFacts {
    /// Unix seconds.
    pub(crate) now: i64,
    /// Why the clock of this machine cannot be right, whatever the database says.
    pub(crate) clock_is_wrong: Option<String>,
    /// The latest time that Torn itself has named. `None` under `TORNSNAP_NOW`, which may replay any time.
    pub(crate) named_by_torn: Option<i64>,
    /// Whether `TORNSNAP_NOW` replaces the clock.
    pub(crate) is_replay: bool,
    /// How the records lie around the clock.
    pub(crate) around: Around,
    /// History rows that would go, and all there are.
    pub(crate) history: (i64, i64),
}

/// Why it looks as if the clock were behind now, and not ahead before: then the rows are right and must stay. The
/// strongest reason comes first; each completes the sentence "the clock seems to be behind: …".
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
    if let Some(gap) = facts.around.too_short_gap() {
        reasons.push(format!(
            "it says {}, and records go on for {} days after that, with a gap of only {gap} days before them",
            iso(facts.now),
            facts.around.days_after
        ));
    }
    let (going, all) = facts.history;
    // A replay may begin with nothing but rows of the future: those of a few days are taken for such a one.
    let is_replay = facts.is_replay && facts.around.days_after <= FEW_DAYS;
    if going > all / 2 && !is_replay {
        reasons.push(format!(
            "it says {}, and {going} of {all} history rows are of later times",
            iso(facts.now)
        ));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    fn around(newest_before: i64, oldest_after: i64, days_after: i64) -> Around {
        Around {
            newest_before: Some(newest_before),
            oldest_after: Some(oldest_after),
            days_after,
        }
    }

    /// Facts that nothing speaks against.
    fn safe() -> FutureFacts {
        FutureFacts {
            now: NOW,
            clock_is_wrong: None,
            named_by_torn: Some(NOW - DAY),
            is_replay: false,
            around: around(NOW - 60, NOW + 9 * DAY, 3),
            history: (50, 100),
        }
    }

    #[test]
    fn what_looks_like_a_clock_that_is_behind_is_a_reason_against() {
        type Change = fn(&mut FutureFacts);
        let cases: [(&str, Change, usize); 11] = [
            ("half of the history", |_| {}, 0),
            ("more than half", |facts| facts.history = (51, 100), 1),
            ("all of one row", |facts| facts.history = (1, 1), 1),
            (
                "all of what one run has recorded",
                |facts| {
                    facts.history = (100, 100);
                    facts.around = around(0, NOW, 1);
                },
                1,
            ),
            (
                "all of what one run of a replay has recorded",
                |facts| {
                    facts.is_replay = true;
                    facts.history = (100, 100);
                    facts.around = around(0, NOW, 1);
                },
                0,
            ),
            ("an empty database", |facts| facts.history = (0, 0), 0),
            ("Torn told nothing", |facts| facts.named_by_torn = None, 0),
            (
                "Torn told of five minutes ahead",
                |facts| facts.named_by_torn = Some(NOW + CLOCK_TOLERANCE),
                0,
            ),
            (
                "Torn told of a later time",
                |facts| facts.named_by_torn = Some(NOW + CLOCK_TOLERANCE + 1),
                1,
            ),
            (
                "the clock is wrong anyway",
                |facts| facts.clock_is_wrong = Some("1970".to_owned()),
                1,
            ),
            (
                "everything at once",
                |facts| {
                    facts.clock_is_wrong = Some("1970".to_owned());
                    facts.named_by_torn = Some(i64::MAX);
                    facts.history = (100, 100);
                },
                3,
            ),
        ];
        for (name, change, expected) in cases {
            let mut facts = safe();
            change(&mut facts);
            let reasons = blockers(&facts);
            assert_eq!(reasons.len(), expected, "{name}: {reasons:?}");
        }
    }

    #[test]
    fn records_that_go_on_without_a_gap_are_those_of_a_clock_that_is_behind() {
        let poll = 240;
        let cases = [
            (
                "ahead by four years, once",
                around(NOW - poll, NOW + 1461 * DAY, 1),
                None,
            ),
            (
                "ahead by a week, for five days",
                around(NOW - 5 * DAY, NOW + 2 * DAY, 5),
                None,
            ),
            (
                "ahead by two days, for a minute at midnight",
                around(NOW - poll, NOW + 2 * DAY, 2),
                None,
            ),
            (
                "ahead by ten minutes at midnight, for a year",
                around(NOW, NOW + poll, 2),
                None,
            ),
            (
                "ahead twice, by two days and by years",
                around(NOW, NOW + 2 * DAY, 2),
                None,
            ),
            (
                "behind by 45 days",
                around(NOW - poll, NOW + poll, 45),
                Some(0),
            ),
            (
                "behind by 45 days, polled weekly",
                around(NOW - 5 * DAY, NOW + 2 * DAY, 45),
                Some(7),
            ),
            (
                "ahead by three days, for a month",
                around(NOW, NOW + poll, 4),
                Some(0),
            ),
            (
                "nothing before",
                Around {
                    newest_before: None,
                    ..around(0, NOW, 45)
                },
                None,
            ),
            ("nothing after", Around::default(), None),
        ];
        for (name, around, expected) in cases {
            assert_eq!(around.too_short_gap(), expected, "{name}");
            let facts = FutureFacts { around, ..safe() };
            assert_eq!(
                blockers(&facts).len(),
                usize::from(expected.is_some()),
                "{name}"
            );
        }
    }

    #[test]
    fn moments_are_set_apart_by_five_minutes_and_by_a_day() {
        let moments = FutureBounds::at(NOW).unwrap();

        assert_eq!(moments.month, 1_775_001_600, "2026-04-01");
        assert_eq!(moments.limit, NOW + 300);
        assert_eq!(moments.horizon, NOW + DAY);
        assert_eq!(FutureBounds::at(i64::MAX), None);
    }
}
