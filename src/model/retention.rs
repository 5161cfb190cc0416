//! Decides which history rows may be pruned, and when it is unsafe to prune.

use crate::model::month_state::{MonthState, SummaryStatus};
use crate::model::run::ClockDispute;
use crate::model::size::count;
use crate::model::time::{CLOCK_TOLERANCE, DAY, Month, format_months, iso};

/// A prune needs a backup that was verified within this many seconds.
pub(crate) const BACKUP_MAX_AGE: i64 = 7 * DAY;

/// A clock that is this many seconds ahead of every history row is treated as wrong.
pub(crate) const CLOCK_MAX_LEAD: i64 = 365 * DAY;

/// The first month whose history rows are kept: `keep_months` before the current one.
pub(crate) fn first_kept_month(now: i64, keep_months: u32) -> Option<Month> {
    Month::of(now).map(|current| current.minus(keep_months))
}

/// The months before the cut-off, grouped by whether their history rows may be deleted. Each list is oldest first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct PruneScope {
    /// Months whose history rows may be deleted.
    pub(crate) months: Vec<Month>,
    /// Months with history rows that are not summarized yet.
    pub(crate) unsummarized: Vec<Month>,
    /// Months with late rows that no summary will ever count, and the number of these rows. They are never pruned.
    pub(crate) late: Vec<(Month, i64)>,
}

/// Groups the months before `first_kept`.
///
/// Only months before the first unsummarized one may be pruned, because its summary will begin with the newest rows
/// before it.
pub(crate) fn prune_scope(states: &[MonthState], first_kept: Month) -> PruneScope {
    let mut scope = PruneScope::default();
    for state in states.iter().filter(|state| state.month < first_kept) {
        let late = state.unsummarized_late_rows();
        if late > 0 {
            scope.late.push((state.month, late));
        }
        if state.has(SummaryStatus::Missing) || state.has(SummaryStatus::Changed) {
            scope.unsummarized.push(state.month);
        } else if scope.unsummarized.is_empty() && state.history_rows() > 0 {
            scope.months.push(state.month);
        }
    }
    scope
}

/// The facts that decide whether a prune is safe.
#[derive(Clone, Debug, Default)]
pub(crate) struct PruneFacts {
    /// Unix seconds.
    pub(crate) now: i64,
    /// Whether `TORNSNAP_NOW` replaces the clock. A replay may be of any time.
    pub(crate) is_replay: bool,
    /// The clocks at the last fetch, if they differed.
    pub(crate) dispute: Option<ClockDispute>,
    /// History rows before this time may be deleted (unix seconds).
    pub(crate) cutoff: i64,
    /// The newest time of any history row or observation.
    pub(crate) newest_record: Option<i64>,
    /// The timestamp of the newest history row.
    pub(crate) newest_row: Option<i64>,
    /// History rows that the prune would delete.
    pub(crate) rows_to_delete: i64,
    /// All history rows.
    pub(crate) total_rows: i64,
    /// Rows of other tables that the prune would delete.
    pub(crate) other_rows_to_delete: i64,
    /// Whether this database was pruned before.
    pub(crate) was_pruned: bool,
    /// Months before the cut-off that are not summarized.
    pub(crate) unsummarized: Vec<Month>,
    /// When the newest backup was verified (unix seconds).
    pub(crate) backup_verified_at: Option<i64>,
    /// Why a file that seems to be a backup cannot be used, if there is such a file and no backup.
    pub(crate) unusable_backup: Option<String>,
}

/// A reason not to prune.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PruneBlocker {
    /// Months before the cut-off are not summarized.
    Unsummarized(Vec<Month>),
    /// The clock is more than [`CLOCK_TOLERANCE`] behind the newest history row. `fetch` records with a clock that is
    /// less far behind, so that must not block a prune.
    ClockBehind {
        /// The timestamp of that row.
        newest: i64,
    },
    /// The clock is at least [`CLOCK_MAX_LEAD`] ahead of the newest history row.
    ClockAhead {
        /// The timestamp of that row.
        newest: i64,
    },
    /// The clock differed from Torn's at the last fetch.
    ClockDisputed { dispute: ClockDispute, now: i64 },
    /// Nothing was recorded since the cut-off, so a prune would leave only the newest row of each player, faction and
    /// tile. Either the clock is ahead, or nothing was fetched for longer than rows are kept.
    NothingRecorded {
        /// The newest time of any record.
        newest: i64,
        now: i64,
    },
    /// No backup was verified within [`BACKUP_MAX_AGE`].
    NoBackup {
        /// When the newest backup was verified, if there is one.
        verified_at: Option<i64>,
        /// Why a file that seems to be a backup cannot be used.
        unusable: Option<String>,
    },
    /// The first prune of this database would delete more than half of all history rows.
    LargeFirstPrune {
        rows_to_delete: i64,
        total_rows: i64,
    },
}

impl PruneBlocker {
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Unsummarized(months) => format!(
                "history rows of {} are older than the cut-off and not summarized",
                format_months(months)
            ),
            Self::ClockBehind { newest } => format!(
                "the clock is behind the newest history row ({})",
                iso(*newest)
            ),
            Self::ClockAhead { newest } => format!(
                "the clock is a year or more ahead of the newest history row ({})",
                iso(*newest)
            ),
            Self::ClockDisputed { dispute, now } => dispute.reason(*now),
            Self::NothingRecorded { newest, now } => format!(
                "the clock says {}, and the newest record ({}) is older than all rows that are kept, so only the last known \
                 values would be left",
                iso(*now),
                iso(*newest)
            ),
            Self::NoBackup {
                verified_at: None,
                unusable: Some(unusable),
            } => format!("there is no verified backup: {unusable}"),
            Self::NoBackup {
                verified_at: None,
                unusable: None,
            } => "there is no verified backup".to_owned(),
            Self::NoBackup {
                verified_at: Some(at),
                ..
            } => format!(
                "no backup was verified in the last 7 days (the newest: {})",
                iso(*at)
            ),
            Self::LargeFirstPrune {
                rows_to_delete,
                total_rows,
            } => format!(
                "the first prune of this database would delete {rows_to_delete} of {}",
                count(total_rows, "history row")
            ),
        }
    }

    /// The flag that overrides this blocker.
    pub(crate) fn flag(&self) -> &'static str {
        match self {
            Self::Unsummarized(_) => "--keep-unsummarized",
            Self::ClockBehind { .. }
            | Self::ClockAhead { .. }
            | Self::ClockDisputed { .. }
            | Self::NothingRecorded { .. } => "--ignore-clock",
            Self::NoBackup { .. } => "--without-backup",
            Self::LargeFirstPrune { .. } => "--allow-large",
        }
    }
}

/// All reasons not to prune. The user can override each of them with its flag.
pub(crate) fn blockers(facts: &PruneFacts) -> Vec<PruneBlocker> {
    let mut blockers = clock_blockers(facts);
    if !facts.unsummarized.is_empty() {
        blockers.push(PruneBlocker::Unsummarized(facts.unsummarized.clone()));
    }
    if facts.rows_to_delete > 0 {
        // A time up to a day ahead is accepted. A later time comes from a wrong clock and does not show how old the
        // backup is.
        let is_recent = facts
            .backup_verified_at
            .is_some_and(|at| (facts.now - BACKUP_MAX_AGE..=facts.now + DAY).contains(&at));
        if !is_recent {
            blockers.push(PruneBlocker::NoBackup {
                verified_at: facts.backup_verified_at,
                unusable: facts.unusable_backup.clone(),
            });
        }
        if facts.rows_to_delete * 2 > facts.total_rows && !facts.was_pruned {
            blockers.push(PruneBlocker::LargeFirstPrune {
                rows_to_delete: facts.rows_to_delete,
                total_rows: facts.total_rows,
            });
        }
    }
    blockers
}

/// The reasons not to trust the clock. A wrong one makes other reasons, so it comes first.
fn clock_blockers(facts: &PruneFacts) -> Vec<PruneBlocker> {
    let now = facts.now;
    if let Some(dispute) = facts.dispute {
        return vec![PruneBlocker::ClockDisputed { dispute, now }];
    }
    if facts.rows_to_delete + facts.other_rows_to_delete == 0 {
        return Vec::new();
    }
    match (facts.newest_row, facts.newest_record) {
        (Some(newest), _) if newest > now.saturating_add(CLOCK_TOLERANCE) => {
            vec![PruneBlocker::ClockBehind { newest }]
        }
        (Some(newest), _) if now - newest >= CLOCK_MAX_LEAD => {
            vec![PruneBlocker::ClockAhead { newest }]
        }
        (_, Some(newest))
            if newest < facts.cutoff && facts.rows_to_delete > 0 && !facts.is_replay =>
        {
            vec![PruneBlocker::NothingRecorded { newest, now }]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::history::History;
    use crate::model::month_state::{MonthFacts, TableState};
    use crate::model::time::parse_timestamp;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn full_months_are_kept_in_addition_to_the_current_one() {
        let first_kept = |now, keep_months| {
            first_kept_month(parse_timestamp(now).unwrap(), keep_months)
                .unwrap()
                .to_string()
        };

        assert_eq!(first_kept("2026-04-01T00:00:00Z", 2), "2026-02");
        assert_eq!(first_kept("2026-04-30T23:59:59Z", 2), "2026-02");
        assert_eq!(first_kept("2026-01-15T00:00:00Z", 2), "2025-11");
        assert_eq!(first_kept("2028-03-01T00:00:00Z", 1), "2028-02");
        assert_eq!(first_kept("2026-04-01T00:00:00Z", 1200), "1926-04");
    }

    /// One table in a month with five summarized rows and `late_rows` more.
    fn table(history: History, late_rows: i64, change: impl FnOnce(&mut MonthFacts)) -> TableState {
        let mut facts = MonthFacts {
            rows: 5 + late_rows,
            late_rows,
            summarized_rows: 5,
            summarized_observed: Some(0),
            is_summarized: true,
            ..MonthFacts::default()
        };
        change(&mut facts);
        TableState::new(history, facts)
    }

    #[test]
    fn only_months_before_the_first_unsummarized_one_may_be_pruned() {
        let state = |text, late_rows, change: fn(&mut MonthFacts)| MonthState {
            month: month(text),
            tables: vec![table(History::Players, late_rows, change)],
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

        let scope = prune_scope(&states, month("2026-02"));

        assert_eq!(
            scope.months,
            ["2025-08", "2025-09", "2025-10", "2025-11"].map(month)
        );
        assert_eq!(scope.unsummarized, [month("2025-12")]);
        assert_eq!(scope.late, [(month("2025-08"), 2), (month("2025-09"), 1)]);
    }

    #[test]
    fn late_rows_of_one_history_do_not_block_the_others() {
        let states = [MonthState {
            month: month("2025-10"),
            tables: vec![
                table(History::Players, 3, |facts| facts.is_pruned = true),
                table(History::Wars, 1, |facts| facts.is_pruned = true),
                table(History::Factions, 0, |_| {}),
            ],
        }];

        let scope = prune_scope(&states, month("2026-02"));

        assert_eq!(scope.months, [month("2025-10")]);
        assert_eq!(scope.late, [(month("2025-10"), 4)]);
    }

    /// Facts of a prune that is safe.
    fn safe() -> PruneFacts {
        let now = month("2026-04").start();
        PruneFacts {
            now,
            is_replay: false,
            dispute: None,
            cutoff: month("2026-02").start(),
            newest_record: Some(now - 60),
            newest_row: Some(now - 60),
            rows_to_delete: 40,
            total_rows: 100,
            other_rows_to_delete: 0,
            was_pruned: false,
            unsummarized: Vec::new(),
            backup_verified_at: Some(now - DAY),
            unusable_backup: None,
        }
    }

    /// Checks which flags override the blockers of [`safe`] facts after `change`.
    fn check(expected: &[&str], change: impl FnOnce(&mut PruneFacts)) {
        let mut facts = safe();
        change(&mut facts);

        let flags: Vec<&str> = blockers(&facts).iter().map(PruneBlocker::flag).collect();

        assert_eq!(flags, expected, "{facts:?}");
    }

    #[test]
    fn each_blocker_names_the_flag_that_overrides_it() {
        check(&["--keep-unsummarized"], |facts| {
            facts.unsummarized = vec![month("2026-01")];
        });
        check(&["--ignore-clock"], |facts| {
            facts.newest_row = Some(facts.now + CLOCK_TOLERANCE + 1);
        });
        check(&["--ignore-clock"], |facts| {
            facts.newest_row = Some(facts.now - CLOCK_MAX_LEAD);
        });
        check(&["--ignore-clock"], |facts| {
            facts.dispute = Some(ClockDispute {
                torn_at: facts.now - 40 * DAY,
                ahead: 40 * DAY,
            });
            facts.rows_to_delete = 0;
        });
        check(&["--ignore-clock"], |facts| {
            facts.newest_row = Some(facts.cutoff - DAY);
            facts.newest_record = Some(facts.cutoff - 1);
        });
        check(&["--without-backup"], |facts| {
            facts.backup_verified_at = None;
        });
        check(&["--without-backup"], |facts| {
            facts.backup_verified_at = Some(facts.now - BACKUP_MAX_AGE - 1);
        });
        check(&["--without-backup"], |facts| {
            facts.backup_verified_at = Some(facts.now + 30 * DAY);
        });
        check(&["--allow-large"], |facts| facts.rows_to_delete = 51);
    }

    #[test]
    fn a_safe_prune_has_no_blocker() {
        check(&[], |_| {});
        check(&[], |facts| {
            facts.newest_row = Some(facts.now + CLOCK_TOLERANCE);
        });
        check(&[], |facts| {
            facts.backup_verified_at = Some(facts.now - BACKUP_MAX_AGE);
        });
        check(&[], |facts| {
            // Nothing has changed for long, but it was observed.
            facts.newest_row = Some(facts.cutoff - DAY);
            facts.newest_record = Some(facts.cutoff);
        });
        check(&[], |facts| {
            facts.newest_record = Some(facts.cutoff - 1);
            facts.is_replay = true;
        });
        check(&[], |facts| facts.rows_to_delete = 50);
        check(&[], |facts| {
            facts.rows_to_delete = 99;
            facts.was_pruned = true;
        });
        check(&[], |facts| {
            facts.rows_to_delete = 0;
            facts.backup_verified_at = None;
            facts.newest_row = Some(facts.now + DAY);
        });
    }
}
