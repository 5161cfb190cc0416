//! Winners of wars that only summaries name, and imported summaries of wars whose end is known from an earlier month.

use std::collections::BTreeSet;

use rusqlite::{Connection, Params, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::rules::WAR_SUMMARY;
use crate::model::time::Month;
use crate::store::import::{ImportOptions, SourceFacts, Tallies, staging};
use crate::store::{SqlContext, sql};

/// A summary that was taken: its entity, as [`schema_of`](crate::store::history::schema_of) has it, as text, and the start of
/// its month.
pub(super) type Taken = (String, i64);

/// Keeps the winner that a summary names although the summary itself is not taken.
pub(super) fn keep_winner(connection: &Connection, summary: &[Datum]) -> Result<()> {
    let cell = |name| &summary[WAR_SUMMARY.index(name)];
    if cell("winner_faction_id").is_null() {
        return Ok(());
    }
    connection
        .execute(
            sql!("import/keep_winner"),
            named_params! {
                ":war_type": cell("war_type"),
                ":war_id": cell("war_id"),
                ":period_start": cell("period_start"),
                ":winner_faction_id": cell("winner_faction_id"),
            },
        )
        .map(drop)
        .context("keep the winner of a war")
}

const MEND: (&str, &str) = ("winner_faction_id", "taken from the summary of the war");

/// Collects the winners, and completes the imported and the stored history rows. It runs before anything is merged, so that a
/// row of a later month that repeats an end is found.
pub(super) fn collect_winners(
    connection: &Connection,
    now: i64,
    tallies: &mut Tallies,
) -> Result<()> {
    let collect = || -> rusqlite::Result<usize> {
        connection.execute(sql!("import/collect_winners"), [])?;
        connection.execute(sql!("import/recall_winners"), [])?;
        connection.execute(sql!("import/complete_imported_winners"), [])
    };
    let completed = collect().context("collect the winners of wars")?;
    let tally = tallies.entry(History::Wars.table()).or_default();
    tally.mend_all(MEND.0, MEND.1, completed);
    complete_winners(connection, now, tallies).context("complete the winners of wars")
}

/// Sets the winner in stored summaries of the months of the known winners. Returns their number.
pub(super) fn fill_winners(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute(sql!("import/fill_winners"), [])
}

/// Adds the imported summaries, and joins them with the stored ones. Returns those that have changed anything.
pub(super) fn join(
    connection: &Connection,
    options: &ImportOptions,
) -> rusqlite::Result<BTreeSet<Taken>> {
    let (now, every_poll) = (options.now, options.every_poll);
    let keeps_ids = staging::keeps_ids(connection, WAR_SUMMARY.name)?;
    connection.execute(sql!("import/leave_repeated_wars"), [])?;
    connection.execute(sql!("import/find_own_wars"), [])?;
    connection.execute(sql!("import/record_imported_wars"), [])?;
    connection.execute(sql!("import/join_durations"), [])?;
    connection.execute(sql!("import/set_durations"), [])?;
    let joined: BTreeSet<Taken> = summaries(
        connection,
        sql!("import/join_wars"),
        named_params! { ":now": now, ":keeps_ids": keeps_ids, ":every_poll": every_poll },
    )?;
    let shortened: BTreeSet<Taken> = summaries(connection, sql!("import/shorten_durations"), [])?;
    let restored: BTreeSet<Taken> = summaries(
        connection,
        sql!("import/restore_wars"),
        named_params! { ":now": now, ":every_poll": every_poll },
    )?;
    Ok(joined
        .into_iter()
        .chain(shortened)
        .chain(restored)
        .collect())
}

/// Runs a statement that returns the summaries that it has changed.
fn summaries<T: FromIterator<Taken>>(
    connection: &Connection,
    statement: &str,
    parameters: impl Params,
) -> rusqlite::Result<T> {
    connection
        .prepare(statement)?
        .query_map(parameters, |row| {
            Ok((row.get("entity")?, row.get("period_start")?))
        })?
        .collect()
}

/// Sets the winner in the summary of the month in which the war ended, and adds that summary to `taken`.
pub(super) fn fill_earlier(
    connection: &Connection,
    taken: &mut BTreeSet<Taken>,
) -> rusqlite::Result<()> {
    let filled: BTreeSet<Taken> = summaries(connection, sql!("import/fill_earlier_winners"), [])?;
    let mut keep = connection.prepare(sql!("import/keep_filled_winner"))?;
    for (entity, period_start) in &filled {
        keep.execute(named_params! { ":entity": entity, ":period_start": period_start })?;
    }
    taken.extend(filled);
    Ok(())
}

fn complete_winners(
    connection: &Connection,
    now: i64,
    tallies: &mut Tallies,
) -> rusqlite::Result<()> {
    let completed: Vec<(i64, i64)> = connection
        .prepare(sql!("import/complete_winners"))?
        .query_map([], |row| Ok((row.get("id")?, row.get("period_start")?)))?
        .collect::<rusqlite::Result<_>>()?;
    let tally = tallies.entry(History::Wars.table()).or_default();
    tally.mend_all(MEND.0, MEND.1, completed.len());
    let mut remember = connection.prepare(sql!("import/remember_winnerless"))?;
    for (id, _) in &completed {
        remember.execute(named_params! { ":id": id })?;
    }
    let months: BTreeSet<i64> = completed.into_iter().map(|(_, month)| month).collect();
    let is_over = |start: &i64| Month::of(*start).is_some_and(|month| month.end() <= now);
    for period_start in months.into_iter().filter(is_over) {
        connection.execute(
            sql!("import/mark_month"),
            named_params! { ":history": History::Wars.table(), ":period_start": period_start, ":now": now },
        )?;
    }
    Ok(())
}

/// Deletes the summaries of months after the one in which the war ended, also from `taken`. Those that tell other scores stay,
/// without the winner.
///
/// If the history keeps every poll, a row that repeats the end is no less a row: its month has a summary of the war with the winner,
/// so nothing is done.
pub(super) fn delete_known(
    connection: &Connection,
    facts: &SourceFacts,
    options: &ImportOptions,
    taken: &mut BTreeSet<Taken>,
) -> rusqlite::Result<()> {
    if options.every_poll {
        return Ok(());
    }
    let mut tell = connection.prepare(sql!("import/insert_told_war"))?;
    for (entity, _) in &*taken {
        tell.execute(named_params! { ":entity": entity })?;
    }
    let deleted: BTreeSet<Taken> = summaries(
        connection,
        sql!("import/delete_known_wars"),
        named_params! { ":is_our_copy": facts.is_our_copy },
    )?;
    if !deleted.is_empty() {
        connection.execute(sql!("import/forget_known_wars"), [])?;
        taken.retain(|summary| !deleted.contains(summary));
    }
    connection
        .execute(sql!("import/clear_known_winners"), [])
        .map(drop)
}
