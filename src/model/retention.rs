//! How long detail is kept, and when it is not safe to delete any: pure policy.

use crate::model::month_state::{MonthState, SummaryStatus};
use crate::model::time::{DAY, Month, iso};

/// A backup older than this does not count as a safety net.
pub(crate) const BACKUP_MAX_AGE: i64 = 7 * DAY;

/// A clock this far ahead of all detail is taken for wrong.
pub(crate) const CLOCK_MAX_LEAD: i64 = 365 * DAY;

/// The first month whose detail is kept: `keep_months` before the running one.
pub(crate) fn first_kept(now: i64, keep_months: u32) -> Option<Month> {
    Month::of(now).map(|running| running.minus(keep_months))
}

/// What the months before the cut-off allow.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Prunable {
    /// Months whose history rows may go, oldest first.
    pub(crate) months: Vec<Month>,
    /// Months with history rows that no summary counts, oldest first.
    pub(crate) unsummarized: Vec<Month>,
    /// Months with history rows that came after the month was pruned, or after its summaries were deleted, oldest first,
    /// and how many: they are in no summary and stay for ever.
    pub(crate) late: Vec<(Month, i64)>,
}

/// Sorts the months before a cut-off.
///
/// The first month without a summary ends what may go: its summary begins with the newest rows before it.
pub(crate) fn prunable(states: &[MonthState], first_kept: Month) -> Prunable {
    let mut prunable = Prunable::default();
    for state in states.iter().filter(|state| state.month < first_kept) {
        let late = state.unsummarized_late_rows();
        if late > 0 {
            prunable.late.push((state.month, late));
        }
        if state.has(SummaryStatus::Missing) || state.has(SummaryStatus::Changed) {
            prunable.unsummarized.push(state.month);
        } else if prunable.unsummarized.is_empty() && state.all_rows() > 0 {
            prunable.months.push(state.month);
        }
    }
    prunable
}

/// What is known when a prune is about to begin.
#[derive(Clone, Debug, Default)]
pub(crate) struct PruneFacts {
    /// Unix seconds.
    pub(crate) now: i64,
    /// The newest row of detail; `None`: there is none.
    pub(crate) newest_detail: Option<i64>,
    /// Rows of detail that would go.
    pub(crate) going: i64,
    /// Rows of detail that there are.
    pub(crate) all: i64,
    /// Other rows that would go.
    pub(crate) housekeeping: i64,
    /// Whether this database has been pruned before.
    pub(crate) was_pruned: bool,
    /// Months before the cut-off whose detail is in no summary.
    pub(crate) unsummarized: Vec<Month>,
    /// When the newest verified backup was verified.
    pub(crate) backup_verified_at: Option<i64>,
}

/// A reason not to prune.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PruneBlocker {
    /// Months before the cut-off whose detail is in no summary.
    Unsummarized(Vec<Month>),
    /// The clock is behind the newest detail.
    ClockBehind {
        /// Unix seconds of that detail.
        newest: i64,
    },
    /// The clock is a year or more ahead of the newest detail.
    ClockAhead {
        /// Unix seconds of that detail.
        newest: i64,
    },
    /// No backup was verified in the last seven days.
    NoBackup {
        /// When the newest was, if there is one.
        verified_at: Option<i64>,
    },
    /// The first prune would delete more than half of all detail.
    Large {
        /// Rows that would go.
        going: i64,
        /// Rows that there are.
        all: i64,
    },
}

impl PruneBlocker {
    /// Why, in words.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Unsummarized(months) => format!(
                "detail of {} is older than the cut-off and in no summary",
                list(months)
            ),
            Self::ClockBehind { newest } => format!(
                "the clock is behind the newest detail, which is of {}",
                iso(*newest)
            ),
            Self::ClockAhead { newest } => format!(
                "the clock is a year or more ahead of the newest detail, which is of {}",
                iso(*newest)
            ),
            Self::NoBackup { verified_at: None } => "there is no verified backup".to_owned(),
            Self::NoBackup {
                verified_at: Some(at),
            } => format!(
                "no backup was verified in the last 7 days (the newest: {})",
                iso(*at)
            ),
            Self::Large { going, all } => format!(
                "{going} of {all} rows of detail would go, and this database was never pruned before"
            ),
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Unsummarized(_) => {
                "run `tornsnap summarize` first, or add --keep-unsummarized to prune what lies before that month"
            }
            Self::ClockBehind { .. } => {
                "set the clock; if it is right and was ahead before, run `tornsnap prune --future`, or add --ignore-clock"
            }
            Self::ClockAhead { .. } => "set the clock, or add --ignore-clock if it is right",
            Self::NoBackup { .. } => "run `tornsnap backup` first, or add --without-backup",
            Self::Large { .. } => {
                "look at it with --dry-run, then add --allow-large (or --archive FILE to keep the rows elsewhere, too)"
            }
        }
    }

    /// The flag that overrules it.
    pub(crate) fn flag(&self) -> &'static str {
        match self {
            Self::Unsummarized(_) => "--keep-unsummarized",
            Self::ClockBehind { .. } | Self::ClockAhead { .. } => "--ignore-clock",
            Self::NoBackup { .. } => "--without-backup",
            Self::Large { .. } => "--allow-large",
        }
    }
}

/// Every reason not to prune; the user may overrule each.
pub(crate) fn blockers(facts: &PruneFacts) -> Vec<PruneBlocker> {
    let mut blockers = Vec::new();
    if !facts.unsummarized.is_empty() {
        blockers.push(PruneBlocker::Unsummarized(facts.unsummarized.clone()));
    }
    if let Some(newest) = facts.newest_detail
        && facts.going + facts.housekeeping > 0
    {
        if facts.now < newest {
            blockers.push(PruneBlocker::ClockBehind { newest });
        } else if facts.now - newest >= CLOCK_MAX_LEAD {
            blockers.push(PruneBlocker::ClockAhead { newest });
        }
    }
    if facts.going > 0 {
        // A day's tolerance: one verified "next year" proves nothing about today.
        let is_recent = facts
            .backup_verified_at
            .is_some_and(|at| (facts.now - BACKUP_MAX_AGE..=facts.now + DAY).contains(&at));
        if !is_recent {
            blockers.push(PruneBlocker::NoBackup {
                verified_at: facts.backup_verified_at,
            });
        }
        if facts.going * 2 > facts.all && !facts.was_pruned {
            blockers.push(PruneBlocker::Large {
                going: facts.going,
                all: facts.all,
            });
        }
    }
    blockers
}

/// Months as people list them: the first and the last of a long list.
pub(crate) fn list(months: &[Month]) -> String {
    match months {
        [] => "no month".to_owned(),
        [first, .., last] if months.len() > 3 => {
            format!("{} months ({first} to {last})", months.len())
        }
        few => few
            .iter()
            .map(Month::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::history::History;
    use crate::model::month_state::{self, TableState};

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn full_months_are_kept_besides_the_running_one() {
        let cases = [
            ("2026-04-01T00:00:00Z", 2, "2026-02"),
            ("2026-04-30T23:59:59Z", 2, "2026-02"),
            ("2026-01-15T00:00:00Z", 2, "2025-11"),
            ("2028-03-01T00:00:00Z", 1, "2028-02"),
            ("2026-04-01T00:00:00Z", 1200, "1926-04"),
        ];
        for (now, keep_months, expected) in cases {
            let now = crate::model::time::parse_timestamp(now).unwrap();

            assert_eq!(first_kept(now, keep_months), Some(month(expected)), "{now}");
        }
    }

    /// One table of a month with five rows that were summarized and so many late ones.
    fn table(
        history: History,
        late: i64,
        change: impl FnOnce(&mut month_state::MonthFacts),
    ) -> TableState {
        let mut facts = month_state::MonthFacts {
            rows: 5 + late,
            late,
            counted_rows: 5,
            is_summarized: true,
            ..month_state::MonthFacts::default()
        };
        change(&mut facts);
        TableState::new(history, facts)
    }

    #[test]
    fn what_may_go_ends_before_the_first_month_without_a_summary() {
        let state = |text, late, change: fn(&mut month_state::MonthFacts)| MonthState {
            month: month(text),
            tables: vec![table(History::Players, late, change)],
        };
        let states = [
            state("2025-08", 2, |facts| facts.is_purged = true),
            state("2025-09", 1, |facts| facts.is_pruned = true),
            state("2025-10", 0, |facts| facts.is_pruned = true),
            state("2025-11", 0, |_| {}),
            state("2025-12", 1, |_| {}),
            state("2026-01", 0, |_| {}),
            state("2026-02", 0, |facts| facts.is_summarized = false),
        ];

        let prunable = prunable(&states, month("2026-02"));

        assert_eq!(
            prunable.months,
            ["2025-08", "2025-09", "2025-10", "2025-11"].map(month)
        );
        assert_eq!(prunable.unsummarized, [month("2025-12")]);
        assert_eq!(
            prunable.late,
            [(month("2025-08"), 2), (month("2025-09"), 1)]
        );
    }

    #[test]
    fn late_rows_of_one_history_hold_up_no_other() {
        let states = [MonthState {
            month: month("2025-10"),
            tables: vec![
                table(History::Players, 3, |facts| facts.is_pruned = true),
                table(History::Wars, 1, |facts| facts.is_pruned = true),
                table(History::Factions, 0, |_| {}),
            ],
        }];

        let prunable = prunable(&states, month("2026-02"));

        assert_eq!(prunable.months, [month("2025-10")]);
        assert_eq!(prunable.late, [(month("2025-10"), 4)]);
    }

    /// Facts that no guard minds.
    fn safe() -> PruneFacts {
        let now = month("2026-04").start();
        PruneFacts {
            now,
            newest_detail: Some(now - 60),
            going: 40,
            all: 100,
            housekeeping: 0,
            was_pruned: false,
            unsummarized: Vec::new(),
            backup_verified_at: Some(now - DAY),
        }
    }

    fn flags(change: impl FnOnce(&mut PruneFacts)) -> Vec<&'static str> {
        let mut facts = safe();
        change(&mut facts);
        blockers(&facts).iter().map(PruneBlocker::flag).collect()
    }

    #[test]
    fn each_guard_names_the_flag_that_overrules_it() {
        let now = safe().now;

        let cases = [
            (
                flags(|facts| facts.unsummarized = vec![month("2026-01")]),
                "--keep-unsummarized",
            ),
            (
                flags(|facts| facts.newest_detail = Some(now + 1)),
                "--ignore-clock",
            ),
            (
                flags(|facts| facts.newest_detail = Some(now - CLOCK_MAX_LEAD)),
                "--ignore-clock",
            ),
            (
                flags(|facts| facts.backup_verified_at = None),
                "--without-backup",
            ),
            (
                flags(|facts| facts.backup_verified_at = Some(now - BACKUP_MAX_AGE - 1)),
                "--without-backup",
            ),
            (
                flags(|facts| facts.backup_verified_at = Some(now + 30 * DAY)),
                "--without-backup",
            ),
            (flags(|facts| facts.going = 51), "--allow-large"),
        ];

        for (found, expected) in cases {
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn guards_do_not_mind_what_is_safe() {
        let now = safe().now;

        let cases = [
            flags(|_| {}),
            flags(|facts| facts.newest_detail = Some(now)),
            flags(|facts| facts.backup_verified_at = Some(now - BACKUP_MAX_AGE)),
            flags(|facts| facts.going = 50),
            flags(|facts| {
                facts.going = 99;
                facts.was_pruned = true;
            }),
            flags(|facts| {
                facts.going = 0;
                facts.backup_verified_at = None;
                facts.newest_detail = Some(now + 1);
            }),
        ];

        for found in cases {
            assert_eq!(found, [] as [&str; 0]);
        }
    }
}
