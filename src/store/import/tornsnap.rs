//! Reads another database of tornsnap.

use std::collections::BTreeSet;

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::SourceKind;
use crate::model::import::cell::Dialect;
use crate::model::import::datum::Datum;
use crate::model::import::moment::FIRST_MOMENT;
use crate::model::import::report::Skip;
use crate::model::import::rules::TABLES;
use crate::model::import::{sense, tidy};
use crate::model::month_state::{Closing, MonthState, SummaryStatus, closed_months};
use crate::model::time::Month;
use crate::store::identity::identity;
use crate::store::import::read::{copy_rows, copy_table, entity_of};
use crate::store::import::source::SourceDatabase;
use crate::store::import::{
    FactionsOfPlayers, HistoryMonths, ImportOptions, MissingIds, SourceFacts, Tallies, left_out,
    months_where, tile_lists, unsummarized, values,
};
use crate::store::{SqlContext, months, sql};

/// Copies all tables with data to the temporary ones. Summaries are copied only of months whose history rows were pruned
/// there or here, and those that the source has imported itself: the others are computed again from the merged rows.
pub(super) fn read(
    source: &SourceDatabase,
    target: &Connection,
    options: &ImportOptions,
    tallies: &mut Tallies,
) -> Result<SourceFacts> {
    let connection = &source.connection;
    let dialect = Dialect::new(SourceKind::Tornsnap, options.offset, options.now);
    let imported = imported_summaries(connection)?;
    // The summaries of these months are all that is left of their history rows.
    let months_there = months::months(connection, options.now)?;
    let pruned = months_where(&months_there, |table| table.status == SummaryStatus::Pruned);
    let pruned_here = pruned_months(&months::months(target, options.now)?);
    unsummarized::summarize(connection, &months_there, &pruned_here, options)?;
    // A backup, for example. Its rows with times after now were removed here on purpose.
    let is_our_copy = is_copy_of(connection, target)?;
    for table in &TABLES {
        let history = History::from_summary_table_name(table.name);
        let start = table.position("period_start");
        let mut tally = copy_table(
            connection,
            target,
            table,
            &dialect,
            &|row, period, tally| {
                tidy::name_the_unnamed(table, row, tally);
                let (Some(history), Some(start)) = (history, start) else {
                    return sense::check(table, row, period);
                };
                let Some(month) = month_at(&row[start]) else {
                    return Err(Skip::Recomputed);
                };
                let is_imported =
                    || imported.contains(&(history.table(), month, entity_of(table, history, row)));
                let key = (history.table(), month);
                if pruned.contains(&key) || pruned_here.contains(&key) || is_imported() {
                    sense::check(table, row, period)
                } else {
                    Err(Skip::Recomputed)
                }
            },
        )?;
        if is_our_copy {
            tally.expect_future();
        }
        tallies.insert(table.name, tally);
    }
    left_out::copy(connection, target, &dialect, &pruned, tallies)?;
    copy_inner(connection, target, options.now, tallies)?;
    Ok(SourceFacts {
        factions_of_players: FactionsOfPlayers::Sightings,
        missing_ids: MissingIds::Nothing,
        pruned,
        is_our_copy,
        completes_pruned_months: true,
    })
}

/// The month of a time.
fn month_at(time: &Datum) -> Option<Month> {
    match time {
        Datum::Integer(at) => Month::of(*at),
        _ => None,
    }
}

/// Copies the rows of the tables that are not exported as data.
fn copy_inner(
    source: &Connection,
    target: &Connection,
    now: i64,
    tallies: &mut Tallies,
) -> Result<()> {
    left_out::count_months(source, target, now)?;
    let sightings = copy_sightings(source, target, now)?;
    leave(
        tallies,
        "faction_membership",
        "membership_sightings",
        sightings,
    );
    let lists = tile_lists::copy(source, target, now)?;
    leave(tallies, "territories", "faction_tile_polls", lists);
    values::copy(source, target, now)
}

/// Counts rows of `from` that are left as rows of `table`, which they are about.
fn leave(tallies: &mut Tallies, table: &'static str, from: &str, rows: usize) {
    let tally = tallies.entry(table).or_default();
    tally.leave(format!("{from}: an id or a time is impossible"), rows);
}

/// Returns the number of sightings that are left, because they are impossible.
fn copy_sightings(source: &Connection, target: &Connection, now: i64) -> Result<usize> {
    copy_rows(
        source,
        sql!("import/list_source_sightings"),
        now,
        target,
        sql!("import/insert_imported_sighting"),
    )
    .and_then(|()| {
        target.execute(
            sql!("import/leave_impossible_sightings"),
            named_params! { ":first": FIRST_MOMENT },
        )
    })
    .context("read the memberships")
}

/// The months that are closed because `prune` has deleted their rows.
fn pruned_months(months: &[MonthState]) -> HistoryMonths {
    let of = |&history: &History| {
        closed_months(months, history)
            .filter(|(_, closing)| *closing == Closing::Pruned)
            .map(move |(month, _)| (history.table(), month))
    };
    History::ALL.iter().flat_map(of).collect()
}

/// Whether the source is a copy of our database, or an archive of it.
fn is_copy_of(source: &Connection, target: &Connection) -> Result<bool> {
    let (theirs, ours) = (identity(source)?, identity(target)?.id);
    Ok(theirs.id == ours || theirs.archive_of == Some(ours))
}

/// The summaries that the source has imported itself: the history, the month and the entity.
fn imported_summaries(source: &Connection) -> Result<BTreeSet<(&'static str, Month, String)>> {
    let query = || -> rusqlite::Result<Vec<(String, i64, String)>> {
        source
            .prepare(sql!("import/list_imported_summaries"))?
            .query_map([], |row| {
                Ok((
                    row.get("history")?,
                    row.get("period_start")?,
                    row.get("entity")?,
                ))
            })?
            .collect()
    };
    let found = query().context("read which summaries were imported")?;
    let known = found.into_iter().filter_map(|(history, start, entity)| {
        let history = History::from_table_name(&history)?;
        Some((history.table(), Month::of(start)?, entity))
    });
    Ok(known.collect())
}
