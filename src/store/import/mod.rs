//! Takes over the rows of another file: a database of the Python program, another tornsnap database, or CSV.
//!
//! The rows are first converted and copied to temporary tables. One transaction then merges these tables with ours, so
//! that a crash leaves the database as it was.

mod csv;
mod derive;
mod entity;
mod flaw;
mod gaps;
mod held;
mod histories;
mod kind;
mod left_out;
mod memberships;
mod merged_rows;
mod plan;
mod proof;
mod read;
mod records;
mod rehearsal;
mod rosters;
mod snap;
mod sound;
mod source;
mod staging;
mod states;
mod summaries;
mod tile_lists;
mod tornsnap;
mod triggers;
mod unsummarized;
mod utf16;
mod values;
mod wars;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

pub(crate) use csv::CsvOptions;
pub(crate) use source::{ImportSource, open};
#[cfg(test)]
pub(in crate::store) use staging::create as create_staging;

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::SourceKind;
use crate::model::import::report::{ImportResult, Tally};
use crate::model::import::rules::TABLES;
use crate::model::lost_rows::MissingRows;
use crate::model::month_state::{Closing, MonthState, TableState, closed_months};
use crate::model::time::Month;
use crate::store::pruned_early::{forget_searched, missing_rows};
use crate::store::{Store, months};

/// How to import.
#[derive(Clone, Debug)]
pub(crate) struct ImportOptions {
    /// The offset of the clock of the source, in seconds east of UTC.
    pub(crate) offset: i64,
    /// Unix seconds.
    pub(crate) now: i64,
    /// Whether history rows are kept that repeat the last known values.
    pub(crate) every_poll: bool,
    pub(crate) csv: CsvOptions,
}

/// The tallies of the tables while an import runs.
type Tallies = BTreeMap<&'static str, Tally>;

/// Names of history tables with months.
type HistoryMonths = BTreeSet<(&'static str, Month)>;

/// The meaning of ids that are missing between the rows of the source.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum MissingIds {
    #[default]
    Nothing,
    /// Rows were deleted there, if [`gaps`] finds that a prune explains it.
    MayBeDeleted,
}

/// The facts of the source about the factions of players.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum FactionsOfPlayers {
    #[default]
    Unknown,
    /// It has sightings. Its states are none.
    Sightings,
    /// Its states are all that it has. They are the sightings of this kind of source.
    States(SourceKind),
}

impl FactionsOfPlayers {
    /// The facts of a source without sightings. `has_column`: whether its players have a faction.
    fn of_states(kind: SourceKind, has_column: bool) -> Self {
        if has_column {
            Self::States(kind)
        } else {
            Self::Unknown
        }
    }
}

/// The facts about the source that the merge needs besides the rows in the temporary tables.
#[derive(Debug, Default)]
struct SourceFacts {
    factions_of_players: FactionsOfPlayers,
    /// The months of which the source has pruned rows.
    pruned: HistoryMonths,
    /// Whether the source is a copy of our database, or an archive of it.
    is_our_copy: bool,
    missing_ids: MissingIds,
    /// Whether its summaries of more rows also replace ours in months that are pruned here.
    completes_pruned_months: bool,
}

/// The months of our database that are not summarized again. Their own rows, or summaries, were deleted here on purpose.
struct ClosedMonths {
    /// Rows of these months are not taken, and stored rows stay, because their summaries count them.
    closed: BTreeMap<(&'static str, Month), Closing>,
    /// The closed months without late rows.
    without_late_rows: HistoryMonths,
    /// The months of which rows are missing because a prune was too early. That prune also deleted rows of closed months
    /// that had been kept, so they are taken again.
    reopened: HistoryMonths,
}

impl ClosedMonths {
    fn of(months: &[MonthState], missing: &[MissingRows]) -> Self {
        let closed = History::ALL.iter().flat_map(|&history| {
            closed_months(months, history)
                .map(move |(month, closing)| ((history.table(), month), closing))
        });
        Self {
            closed: closed.collect(),
            without_late_rows: months_where(months, |table| table.facts.late_rows == 0),
            reopened: missing
                .iter()
                .filter(|missing| missing.is_open)
                .map(|missing| (missing.history.table(), missing.month))
                .collect(),
        }
    }

    /// Whether rows of a month are missing because a prune was too early.
    fn is_reopened(&self, history: History, month: Month) -> bool {
        self.reopened.contains(&(history.table(), month))
    }

    /// Whether a month before `month` is closed.
    fn any_before(&self, history: History, month: Month) -> bool {
        let mut closed = self.closed.keys();
        closed.any(|(table, closed)| *table == history.table() && *closed < month)
    }

    fn closing(&self, history: History, month: Month) -> Option<Closing> {
        self.closed.get(&(history.table(), month)).copied()
    }
}

impl Store {
    /// Imports all rows of a file. Nothing is changed if it fails.
    pub(crate) fn import(
        &mut self,
        source: &ImportSource,
        options: &ImportOptions,
    ) -> Result<ImportResult> {
        staging::create(&self.connection)?;
        let mut tallies = Tallies::new();
        let facts = match source {
            ImportSource::Plan(reader) => {
                plan::read(reader, &self.connection, options, &mut tallies)?
            }
            ImportSource::Tornsnap(reader) => {
                tornsnap::read(reader, &self.connection, options, &mut tallies)?
            }
            ImportSource::Csv(path) => csv::read(path, &self.connection, options, &mut tallies)?,
        };
        source.check_unchanged()?;
        let merge = |connection: &Connection| merge(connection, &facts, options, &mut tallies);
        let months = self.transaction(|transaction| merge_with(transaction, merge))?;
        staging::drop_all(&self.connection)?;
        Ok(ImportResult {
            kind: source.kind(),
            tables: in_order(tallies),
            months: months.into_iter().collect(),
        })
    }
}

fn merge_with<T>(
    transaction: &rusqlite::Transaction<'_>,
    merge: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let triggers = triggers::drop_own(transaction)?;
    let merged = merge(transaction)?;
    triggers.restore(transaction)?;
    Ok(merged)
}

/// Merges the temporary tables with ours, and returns the months whose history rows have changed.
///
/// The order matters:
///
/// 1. The months that are closed here are found before any row is added, because late rows change what they are.
/// 2. States and observations come before the histories: the present owner of a tile decides which of its rows are kept, and
///    history rows refer to the rows of their entities.
/// 3. The rosters that were read here, and the memberships, are recorded before any imported state is merged. Then the
///    rosters decide who has left.
/// 4. Histories come before the values of states that they have, too: the value that was told last counts.
/// 5. Histories come before summaries, because a summary is taken only if it counts more rows than are here afterwards.
///
/// `summarize` runs after the transaction.
fn merge(
    connection: &Connection,
    facts: &SourceFacts,
    options: &ImportOptions,
    tallies: &mut Tallies,
) -> Result<BTreeSet<Month>> {
    let now = options.now;
    let months_before = months::months(connection, now)?;
    let missing = missing_rows(connection, now)?;
    let closed = ClosedMonths::of(&months_before, &missing);
    wars::collect_winners(connection, now, tallies)?;
    rosters::find(connection)?;
    memberships::record_own(connection)?;
    values::record_own(connection)?;
    states::merge(connection, facts, now, tallies)?;
    values::merge_states(connection)?;
    memberships::record_imported(connection, facts)?;
    rosters::remove_leavers(connection)?;
    let mut changed = BTreeSet::new();
    for history in History::ALL {
        histories::merge(
            connection,
            history,
            facts,
            options,
            &closed,
            tallies,
            &mut changed,
        )?;
    }
    values::merge_histories(connection)?;
    memberships::merge(connection, tallies)?;
    tile_lists::merge(connection)?;
    summaries::merge(connection, facts, options, &closed, tallies)?;
    // Another backup may have the most of the rows that are missing now.
    if missing_rows(connection, now)? != missing {
        forget_searched(connection)?;
    }
    Ok(changed)
}

/// The months of those history tables for which `fits` is true.
fn months_where(months: &[MonthState], fits: impl Fn(&TableState) -> bool) -> HistoryMonths {
    let fits = &fits;
    months
        .iter()
        .flat_map(|state| {
            let tables = state.tables.iter().filter(|table| fits(table));
            tables.map(|table| (table.history.table(), state.month))
        })
        .collect()
}

fn in_order(mut tallies: Tallies) -> Vec<(&'static str, Tally)> {
    TABLES
        .iter()
        .filter_map(|table| tallies.remove_entry(table.name))
        .filter(|(_, tally)| !tally.is_empty())
        .collect()
}

impl ImportSource {
    pub(crate) fn kind(&self) -> SourceKind {
        match self {
            Self::Plan(_) => SourceKind::Plan,
            Self::Tornsnap(_) => SourceKind::Tornsnap,
            Self::Csv(_) => SourceKind::Csv,
        }
    }
}
