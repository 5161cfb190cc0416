//! How a month stands with its summary, and which months are to be summarized: pure policy.

use crate::model::time::{Month, iso};

/// How many history tables there are: players, factions, wars, territories.
pub const TABLES: usize = 4;

/// One history table in one month, and what the month's summary says of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Detail {
    /// Rows of detail now.
    pub rows: i64,
    /// Rows that the summary has.
    pub summary_rows: i64,
    /// Rows of detail that the summary was made from.
    pub summarized_rows: i64,
    /// Rows that the summary should have.
    pub entities: i64,
}

/// How a month stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It holds nothing.
    Nothing,
    /// It has detail, or something carried through it, and no summary.
    Missing,
    /// Its detail is not that of its summary any more.
    Changed,
    /// Its summary is what its detail says.
    Current,
    /// Some of its detail has gone: its summary, if it has one, must stay as it is.
    Pruned {
        /// Whether there is more detail than the summary counted: it came after the rest had gone.
        has_late_rows: bool,
    },
}

/// One month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MonthState {
    /// Which.
    pub month: Month,
    /// How it stands.
    pub standing: Standing,
    /// Its rows of detail, of each history table.
    pub rows: [i64; TABLES],
}

impl MonthState {
    /// Its rows of detail, of all history tables.
    pub fn all_rows(&self) -> i64 {
        self.rows.iter().sum()
    }
}

impl Standing {
    /// Judges a month that no prune has reached.
    pub fn of_untouched(details: &[Detail]) -> Self {
        let any = |test: fn(&Detail) -> bool| details.iter().any(test);
        if !any(|detail| detail.summary_rows > 0) {
            return if any(|detail| detail.rows > 0 || detail.entities > 0) {
                Self::Missing
            } else {
                Self::Nothing
            };
        }
        let has_late_rows = any(|detail| detail.rows > detail.summarized_rows);
        // Somebody else's DELETE, or a prune whose record is lost.
        if any(|detail| detail.rows < detail.summarized_rows) {
            return Self::Pruned { has_late_rows };
        }
        if has_late_rows || any(|detail| detail.entities > detail.summary_rows) {
            return Self::Changed;
        }
        Self::Current
    }

    /// Judges a month from before the last prune's cut-off. `has_news`: it has detail that this prune did not leave
    /// on purpose.
    pub fn of_pruned(details: &[Detail], has_news: bool) -> Self {
        if details.iter().all(|detail| detail.summary_rows == 0) {
            return if has_news {
                Self::Missing
            } else if details.iter().all(|detail| detail.rows == 0) {
                Self::Nothing
            } else {
                Self::Pruned {
                    has_late_rows: false,
                }
            };
        }
        Self::Pruned {
            has_late_rows: details
                .iter()
                .any(|detail| detail.rows > detail.summarized_rows),
        }
    }

    /// Whether a new summary could be thinner than the present one.
    pub fn is_pruned(self) -> bool {
        matches!(self, Self::Pruned { .. })
    }
}

/// Why a month is summarized.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// It has no summary.
    Missing,
    /// Its detail has changed.
    Changed,
    /// `--force`.
    Forced,
}

impl Reason {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "no summary yet",
            Self::Changed => "detail has changed",
            Self::Forced => "forced",
        }
    }
}

/// One month as the statements need it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Period {
    /// Which.
    pub month: Month,
    /// Whether the month before has lost detail, so that its summary says what this one began with.
    pub previous_is_pruned: bool,
}

/// One month to summarize.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Job {
    /// Which.
    pub period: Period,
    /// Why.
    pub reason: Reason,
    /// Its rows of detail.
    pub rows: i64,
    /// Later months whose summaries begin with what this one ends with, should that change.
    pub followers: Vec<Period>,
}

/// Which months to summarize, oldest first.
///
/// # Errors
///
/// Says in words why the month that was asked for cannot be.
pub fn select(
    states: &[MonthState],
    asked: Option<Month>,
    force: bool,
    now: i64,
) -> Result<Vec<Job>, String> {
    if let Some(month) = asked {
        if now < month.end() {
            return Err(format!("it is not over before {} (UTC)", iso(month.end())));
        }
        if states
            .iter()
            .any(|state| state.month == month && state.standing.is_pruned())
        {
            return Err(
                "detail of that month has been pruned: what is left would make a thinner summary than the one \
                 that is kept"
                    .to_owned(),
            );
        }
    }
    let period = |index: usize| Period {
        month: states[index].month,
        previous_is_pruned: index
            .checked_sub(1)
            .map(|previous| states[previous])
            .is_some_and(|previous| {
                previous.month.next() == states[index].month && previous.standing.is_pruned()
            }),
    };
    let mut jobs = Vec::new();
    for (index, state) in states.iter().enumerate() {
        if asked.is_some_and(|month| month != state.month) {
            continue;
        }
        let reason = match state.standing {
            Standing::Missing => Reason::Missing,
            Standing::Changed => Reason::Changed,
            Standing::Current if force => Reason::Forced,
            Standing::Current | Standing::Nothing | Standing::Pruned { .. } => continue,
        };
        let followers = (index + 1..states.len())
            .filter(|&later| states[later].standing == Standing::Current)
            .map(period)
            .collect();
        jobs.push(Job {
            period: period(index),
            reason,
            rows: state.all_rows(),
            followers,
        });
    }
    Ok(jobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(rows: i64, summary_rows: i64, summarized_rows: i64, entities: i64) -> Detail {
        Detail {
            rows,
            summary_rows,
            summarized_rows,
            entities,
        }
    }

    #[test]
    fn counts_tell_how_a_month_stands() {
        let standing = |details: &[Detail]| Standing::of_untouched(details);

        assert_eq!(standing(&[detail(0, 0, 0, 0)]), Standing::Nothing);
        assert_eq!(standing(&[detail(9, 0, 0, 2)]), Standing::Missing);
        assert_eq!(standing(&[detail(0, 0, 0, 2)]), Standing::Missing, "a gap");
        assert_eq!(standing(&[detail(9, 2, 9, 2)]), Standing::Current);
        assert_eq!(standing(&[detail(10, 2, 9, 2)]), Standing::Changed);
        assert_eq!(standing(&[detail(9, 2, 9, 3)]), Standing::Changed);
        assert_eq!(
            standing(&[detail(9, 2, 9, 2), detail(4, 0, 0, 1)]),
            Standing::Changed,
            "a table that the summary leaves out"
        );
        assert_eq!(
            standing(&[detail(8, 2, 9, 2)]),
            Standing::Pruned {
                has_late_rows: false
            }
        );
    }

    #[test]
    fn a_month_before_the_last_cut_off_keeps_its_summary() {
        let pruned = |has_late_rows| Standing::Pruned { has_late_rows };

        assert_eq!(
            Standing::of_pruned(&[detail(1, 2, 9, 2)], false),
            pruned(false)
        );
        assert_eq!(
            Standing::of_pruned(&[detail(9, 2, 9, 2)], true),
            pruned(false)
        );
        assert_eq!(
            Standing::of_pruned(&[detail(12, 2, 9, 2)], true),
            pruned(true)
        );
        assert_eq!(
            Standing::of_pruned(&[detail(1, 0, 0, 0)], false),
            pruned(false)
        );
        assert_eq!(
            Standing::of_pruned(&[detail(0, 0, 0, 0)], false),
            Standing::Nothing
        );
        assert_eq!(
            Standing::of_pruned(&[detail(5, 0, 0, 0)], true),
            Standing::Missing
        );
    }

    #[test]
    fn missing_and_changed_months_are_taken_and_later_ones_follow() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let state = |text, standing| MonthState {
            month: month(text),
            standing,
            rows: [1; TABLES],
        };
        let states = [
            state(
                "2026-01",
                Standing::Pruned {
                    has_late_rows: false,
                },
            ),
            state("2026-02", Standing::Changed),
            state("2026-03", Standing::Current),
            state("2026-04", Standing::Missing),
        ];
        let now = month("2026-05").start();

        let jobs = select(&states, None, false, now).unwrap();

        assert_eq!(jobs.len(), 2);
        assert_eq!(jobs[0].period.month, month("2026-02"));
        assert!(jobs[0].period.previous_is_pruned);
        assert_eq!(
            jobs[0].followers.len(),
            1,
            "March begins with February's end"
        );
        assert!(!jobs[0].followers[0].previous_is_pruned);
        assert_eq!(jobs[1].reason, Reason::Missing);
        assert_eq!(select(&states, None, true, now).unwrap().len(), 3);
        assert_eq!(
            select(&states, Some(month("2026-03")), false, now),
            Ok(Vec::new())
        );
        assert!(select(&states, Some(month("2026-01")), true, now).is_err());
        assert!(select(&states, Some(month("2026-05")), true, now).is_err());
    }
}
