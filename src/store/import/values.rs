//! Merges the values that the states of players and factions share with their histories: the one that was told last counts.
//!
//! `players` and `factions` have the time of the whole state, and a history has the times of changes. So the time at which
//! each value was last told is kept on its own.

use rusqlite::Connection;

use crate::error::Result;
use crate::store::import::read::copy_rows;
use crate::store::{SqlContext, sql};

/// The statements of one kind of entity.
struct Statements {
    list: &'static str,
    insert: &'static str,
    fill: &'static str,
    tell_states: &'static str,
    tell_history: &'static str,
    take: &'static str,
    join: &'static str,
    forget: &'static str,
}

const FACTIONS: Statements = Statements {
    list: sql!("import/list_source_faction_times"),
    insert: sql!("import/insert_imported_faction_times"),
    fill: sql!("import/fill_faction_times"),
    tell_states: sql!("import/tell_faction_states"),
    tell_history: sql!("import/tell_faction_history"),
    take: sql!("import/take_told_factions"),
    join: sql!("import/join_faction_times"),
    forget: sql!("import/forget_told_factions"),
};

const PLAYERS: Statements = Statements {
    list: sql!("import/list_source_player_times"),
    insert: sql!("import/insert_imported_player_times"),
    fill: sql!("import/fill_player_times"),
    tell_states: sql!("import/tell_player_states"),
    tell_history: sql!("import/tell_player_history"),
    take: sql!("import/take_told_players"),
    join: sql!("import/join_player_times"),
    forget: sql!("import/forget_told_players"),
};

const ALL: [Statements; 2] = [FACTIONS, PLAYERS];

/// Copies the times of another database of tornsnap, up to a time in unix seconds.
pub(super) fn copy(source: &Connection, target: &Connection, until: i64) -> Result<()> {
    ALL.iter()
        .try_for_each(|kind| copy_rows(source, kind.list, until, target, kind.insert))
        .context("read when the values were told")
}

/// Records when the stored values were told. It runs before the imported states are merged.
pub(super) fn record_own(connection: &Connection) -> Result<()> {
    ALL.iter()
        .try_for_each(|kind| connection.execute(kind.fill, []).map(drop))
        .context("record when the stored values were told")
}

/// Merges the values of the imported states. It runs after the other columns of the states are merged.
pub(super) fn merge_states(connection: &Connection) -> Result<()> {
    ALL.iter()
        .try_for_each(|kind| merge(connection, kind, kind.tell_states))
        .context("import the values of the states")
}

/// Merges the newest values of the histories. It runs after the histories are merged.
pub(super) fn merge_histories(connection: &Connection) -> Result<()> {
    ALL.iter()
        .try_for_each(|kind| merge(connection, kind, kind.tell_history))
        .context("import the newest values of the histories")
}

fn merge(connection: &Connection, kind: &Statements, tell: &str) -> rusqlite::Result<()> {
    for statement in [kind.forget, tell, kind.take, kind.join] {
        connection.execute(statement, [])?;
    }
    Ok(())
}
