//! The state of each month, and the months to summarize: pure policy.

use crate::model::history::History;
use crate::model::time::{Month, iso};

/// One history table in one month: its rows now, and the record of what was done with them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and Standing is what follows from them"
)]
pub struct Facts {
    /// History rows in the month now.
    pub rows: i64,
    /// Of these, the rows with a higher id than any had when the month was summarized.
    pub late: i64,
    /// Entities that were observed in the month, as known now.
    pub observed: i64,
    /// Whether the month has no record and an entity that was observed in it has older history rows.
    pub is_carried: bool,
    /// History rows in the month when it was summarized.
    pub counted_rows: i64,
    /// Highest id in the history table when the month was summarized.
    pub last_id: i64,
    /// Entities that were observed in the month, as known when it was summarized.
    pub observed_then: i64,
    /// Whether it was summarized, and any of its summaries is there.
    pub is_summarized: bool,
    /// Whether history rows of the month were pruned.
    pub is_pruned: bool,
    /// Whether its summaries were deleted on request.
    pub is_purged: bool,
}

/// The state of one history table in one month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// There is nothing to summarize.
    Nothing,
    /// It has history rows or observed entities, and no summary.
    Missing,
    /// History rows or observations came after it was summarized.
    Changed,
    /// Its summary says what its history rows say.
    Current,
    /// Another program has deleted most of the history rows that the summary was made from.
    Lost,
    /// History rows were pruned, so the summary stays as it is.
    Pruned,
    /// Its summaries were deleted on request.
    Purged,
}

impl Standing {
    /// Judges one history table in one month by its record.
    pub fn of(facts: &Facts) -> Self {
        if facts.is_pruned {
            return Self::Pruned;
        }
        if facts.is_purged {
            return Self::Purged;
        }
        if !facts.is_summarized {
            return if facts.rows > 0 || facts.is_carried {
                Self::Missing
            } else {
                Self::Nothing
            };
        }
        if facts.deleted_by_others() * 2 > facts.counted_rows {
            return Self::Lost;
        }
        if facts.late > 0 || facts.observed != facts.observed_then {
            return Self::Changed;
        }
        Self::Current
    }

    /// Whether the summary knows more than the history rows that are left.
    pub fn is_thinned(self) -> bool {
        matches!(self, Self::Lost | Self::Pruned)
    }
}

impl Facts {
    /// Summarized history rows of the month that are gone although it was not pruned.
    pub fn deleted_by_others(&self) -> i64 {
        if self.is_pruned || !self.is_summarized {
            return 0;
        }
        (self.counted_rows - (self.rows - self.late)).max(0)
    }
}

/// One history table in one month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TableState {
    /// The history.
    pub history: History,
    /// Its rows and its record.
    pub facts: Facts,
    /// The state that follows.
    pub standing: Standing,
}

impl TableState {
    /// Judges a history table.
    pub fn new(history: History, facts: Facts) -> Self {
        Self {
            history,
            facts,
            standing: Standing::of(&facts),
        }
    }

    /// History rows that came after the month was pruned: no summary has them.
    pub fn late_for_ever(&self) -> i64 {
        match self.standing {
            Standing::Pruned => self.facts.late,
            _ => 0,
        }
    }
}

/// One month of all histories.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MonthState {
    /// The month.
    pub month: Month,
    /// The history tables that have anything in it or a record of it.
    pub tables: Vec<TableState>,
}

impl MonthState {
    /// One history table; `None` when nothing is known of it in this month.
    pub fn of(&self, history: History) -> Option<&TableState> {
        self.tables.iter().find(|table| table.history == history)
    }

    /// History rows of all tables.
    pub fn all_rows(&self) -> i64 {
        self.tables.iter().map(|table| table.facts.rows).sum()
    }

    /// History rows that came after their table was pruned.
    pub fn late_for_ever(&self) -> i64 {
        self.tables.iter().map(TableState::late_for_ever).sum()
    }

    /// Whether any table has this standing.
    pub fn has(&self, standing: Standing) -> bool {
        self.tables.iter().any(|table| table.standing == standing)
    }
}

/// The reason to summarize a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// It has no summary.
    Missing,
    /// History rows or observations came after it was summarized.
    Changed,
    /// The user insists.
    Forced,
}

impl Reason {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "no summary yet",
            Self::Changed => "history has changed",
            Self::Forced => "forced",
        }
    }
}

/// One month of one history to write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part {
    /// The month.
    pub month: Month,
    /// The history.
    pub history: History,
    /// Unix seconds: history rows of months before this are gone, and their summaries know more; `None`: of no month.
    pub gone_until: Option<i64>,
    /// Whether the record of the month has to be written anew.
    pub is_recorded: bool,
}

/// One month to summarize.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Job {
    /// The month.
    pub month: Month,
    /// The reason.
    pub reason: Reason,
    /// Its history rows.
    pub rows: i64,
    /// Its histories.
    pub parts: Vec<Part>,
    /// Later months of these histories, whose summaries begin with the values that this month ends with.
    pub followers: Vec<Part>,
}

/// The months to summarize, oldest first.
///
/// # Errors
///
/// Says in words why the month that was asked for cannot be summarized.
pub fn select(
    states: &[MonthState],
    asked: Option<Month>,
    force: bool,
    now: i64,
) -> Result<Vec<Job>, String> {
    if let Some(month) = asked
        && now < month.end()
    {
        return Err(format!("it is not over before {} (UTC)", iso(month.end())));
    }
    let mut jobs = Vec::new();
    for (index, state) in states.iter().enumerate() {
        if asked.is_some_and(|month| month != state.month) {
            continue;
        }
        let chosen: Vec<(&TableState, Reason)> = state
            .tables
            .iter()
            .filter_map(|table| Some((table, reason(table.standing, asked.is_some(), force)?)))
            .collect();
        if chosen.is_empty() {
            if asked.is_some() && state.has(Standing::Pruned) {
                return Err(
                    "history of that month has been pruned: the rows that are left would make a thinner summary \
                     than the one that is kept"
                        .to_owned(),
                );
            }
            continue;
        }
        jobs.push(Job {
            month: state.month,
            reason: main_reason(&chosen),
            rows: state.all_rows(),
            parts: chosen
                .iter()
                .map(|(table, _)| part(states, index, table))
                .collect(),
            followers: followers(states, index, &chosen),
        });
    }
    Ok(jobs)
}

/// The reason to write one history of a month; `None`: there is none.
fn reason(standing: Standing, is_asked_for: bool, force: bool) -> Option<Reason> {
    match standing {
        Standing::Missing => Some(Reason::Missing),
        Standing::Changed => Some(Reason::Changed),
        Standing::Current if force => Some(Reason::Forced),
        // These two lose a summary or bring back a deleted one, so the month has to be named.
        Standing::Lost if force && is_asked_for => Some(Reason::Forced),
        Standing::Purged if is_asked_for => Some(Reason::Missing),
        _ => None,
    }
}

/// A month without any summary is missing; one with some of them has changed.
fn main_reason(chosen: &[(&TableState, Reason)]) -> Reason {
    let all = |reason| chosen.iter().all(|(_, found)| *found == reason);
    if all(Reason::Missing) {
        Reason::Missing
    } else if all(Reason::Forced) {
        Reason::Forced
    } else {
        Reason::Changed
    }
}

fn part(states: &[MonthState], index: usize, table: &TableState) -> Part {
    let history = table.history;
    let gone_until = states[..index]
        .iter()
        .rfind(|state| {
            state
                .of(history)
                .is_some_and(|table| table.standing.is_thinned())
        })
        .map(|state| state.month.end());
    Part {
        month: states[index].month,
        history,
        gone_until,
        is_recorded: table.standing != Standing::Current,
    }
}

fn followers(states: &[MonthState], index: usize, chosen: &[(&TableState, Reason)]) -> Vec<Part> {
    let mut followers = Vec::new();
    for (later, state) in states.iter().enumerate().skip(index + 1) {
        for (table, _) in chosen {
            if let Some(table) = state.of(table.history)
                && table.standing == Standing::Current
            {
                followers.push(part(states, later, table));
            }
        }
    }
    followers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A month of 9 rows that was summarized.
    const SUMMARIZED: Facts = Facts {
        rows: 9,
        late: 0,
        observed: 2,
        is_carried: false,
        counted_rows: 9,
        last_id: 100,
        observed_then: 2,
        is_summarized: true,
        is_pruned: false,
        is_purged: false,
    };

    #[test]
    fn the_record_of_a_month_tells_its_state() {
        let standing = |facts: Facts| Standing::of(&facts);
        let new = Facts::default();

        assert_eq!(standing(new), Standing::Nothing);
        assert_eq!(
            standing(Facts {
                rows: 9,
                late: 9,
                ..new
            }),
            Standing::Missing
        );
        assert_eq!(
            standing(Facts {
                is_carried: true,
                ..new
            }),
            Standing::Missing,
            "observed, and nothing changed"
        );
        assert_eq!(standing(SUMMARIZED), Standing::Current);
        assert_eq!(
            standing(Facts {
                rows: 10,
                late: 1,
                ..SUMMARIZED
            }),
            Standing::Changed
        );
        assert_eq!(
            standing(Facts {
                observed: 3,
                ..SUMMARIZED
            }),
            Standing::Changed
        );
        assert_eq!(
            standing(Facts {
                rows: 8,
                ..SUMMARIZED
            }),
            Standing::Current,
            "a row that another program deleted changes nothing"
        );
        assert_eq!(
            standing(Facts {
                rows: 9,
                late: 1,
                ..SUMMARIZED
            }),
            Standing::Changed,
            "one deleted, one late"
        );
        assert_eq!(
            standing(Facts {
                rows: 4,
                ..SUMMARIZED
            }),
            Standing::Lost
        );
        assert_eq!(
            standing(Facts {
                rows: 2,
                late: 1,
                is_pruned: true,
                ..SUMMARIZED
            }),
            Standing::Pruned
        );
        assert_eq!(
            standing(Facts {
                is_purged: true,
                ..SUMMARIZED
            }),
            Standing::Purged
        );
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn state(text: &str, facts: Facts) -> MonthState {
        MonthState {
            month: month(text),
            tables: vec![TableState::new(History::Players, facts)],
        }
    }

    #[test]
    fn missing_and_changed_months_are_taken_and_later_ones_follow() {
        let pruned = Facts {
            rows: 1,
            is_pruned: true,
            ..SUMMARIZED
        };
        let changed = Facts {
            rows: 10,
            late: 1,
            ..SUMMARIZED
        };
        let missing = Facts {
            rows: 3,
            ..Facts::default()
        };
        let states = [
            state("2026-01", pruned),
            state("2026-02", changed),
            state("2026-03", SUMMARIZED),
            state("2026-04", missing),
        ];
        let now = month("2026-05").start();

        let jobs = select(&states, None, false, now).unwrap();

        assert_eq!(jobs.len(), 2);
        assert_eq!(
            (jobs[0].month, jobs[0].reason),
            (month("2026-02"), Reason::Changed)
        );
        assert_eq!(jobs[0].parts[0].gone_until, Some(month("2026-02").start()));
        let [follower] = jobs[0].followers[..] else {
            panic!("March begins with February's end: {:?}", jobs[0].followers);
        };
        assert_eq!(
            (follower.month, follower.is_recorded),
            (month("2026-03"), false)
        );
        assert_eq!(jobs[1].reason, Reason::Missing);
        assert_eq!(select(&states, None, true, now).unwrap().len(), 3);
        assert_eq!(
            select(&states, Some(month("2026-03")), false, now),
            Ok(Vec::new())
        );
        assert!(select(&states, Some(month("2026-01")), true, now).is_err());
        assert!(select(&states, Some(month("2026-05")), true, now).is_err());
    }

    #[test]
    fn a_month_that_lost_its_rows_or_its_summaries_has_to_be_named() {
        let states = [
            state(
                "2026-01",
                Facts {
                    rows: 1,
                    ..SUMMARIZED
                },
            ),
            state(
                "2026-02",
                Facts {
                    is_purged: true,
                    ..SUMMARIZED
                },
            ),
        ];
        let now = month("2026-05").start();
        let chosen = |asked, force| select(&states, asked, force, now).unwrap().len();

        assert_eq!(chosen(None, true), 0);
        assert_eq!(chosen(Some(month("2026-01")), false), 0);
        assert_eq!(chosen(Some(month("2026-01")), true), 1);
        assert_eq!(chosen(Some(month("2026-02")), false), 1);
    }
}
