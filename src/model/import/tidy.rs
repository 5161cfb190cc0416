//! Rules of the Python program's rows that concern several columns of a row.

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::layout;
use crate::model::import::report::{Skip, Tally};
use crate::model::import::rules::{self, Table};

/// Corrects a row whose values are converted, or returns the reason why it cannot be taken.
pub(crate) fn tidy(table: &Table, row: &mut [Datum], tally: &mut Tally) -> Result<(), Skip> {
    match table.name {
        "player_stats_history" => refuse_empty(History::Players, row),
        "faction_history" => refuse_empty(History::Factions, row),
        "war_status_history" => {
            tidy_war(row, tally);
            Ok(())
        }
        "territory_ownership_history" => {
            tidy_racket(row, tally);
            Ok(())
        }
        "players" | "factions" => {
            name_the_unnamed(table, row, tally);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A row without a single known value says nothing.
fn refuse_empty(history: History, row: &[Datum]) -> Result<(), Skip> {
    let mut facts = layout(history).facts.iter();
    if facts.all(|&index| row[index].is_null()) {
        return Err("no value is known".into());
    }
    Ok(())
}

/// Sets a placeholder for a missing name of a player or a faction, because the column may not be NULL.
pub(crate) fn name_the_unnamed(table: &Table, row: &mut [Datum], tally: &mut Tally) {
    let Some(name) = table.position("name") else {
        return;
    };
    if row[name].is_null() {
        let kind = if table.name == "players" {
            "Player"
        } else {
            "Faction"
        };
        let id = row[0].integer().unwrap_or_default();
        row[name] = Datum::Text(format!("{kind} {id}"));
        tally.mend("name", "a placeholder was set for a missing name");
    }
}

fn tidy_war(row: &mut [Datum], tally: &mut Tally) {
    let table = &rules::WAR_HISTORY;
    let [status, started, ends, recorded, tile, war_type] = [
        "status",
        "started_at",
        "ends_at",
        "recorded_at",
        "territory_id",
        "war_type",
    ]
    .map(|name| table.index(name));
    let recorded = row[recorded].integer().unwrap_or_default();
    let is_after = |datum: &Datum| datum.integer().is_some_and(|at| at > recorded);
    if row[status].is_null() {
        let is_over = row[ends].integer().is_some_and(|at| at <= recorded);
        row[status] = Datum::Text(if is_over { "completed" } else { "ongoing" }.to_owned());
        tally.mend("status", "derived from the end of the war");
    }
    if row[status].text() == Some("ongoing") && is_after(&row[started]) {
        row[status] = Datum::Text("scheduled".to_owned());
        tally.mend("status", "the war had not begun, so it is scheduled");
    }
    let is_running = matches!(row[status].text(), Some("ongoing" | "scheduled"));
    if is_running && !row[ends].is_null() {
        row[ends] = Datum::Null;
        tally.mend("ends_at", "the war had not ended");
    }
    if row[war_type].text() == Some("ranked") && !row[tile].is_null() {
        row[tile] = Datum::Null;
        tally.mend("territory_id", "a ranked war has no tile");
    }
}

fn tidy_racket(row: &mut [Datum], tally: &mut Tally) {
    let table = &rules::TILE_HISTORY;
    let [level, racket] = ["racket_level", "racket_type"].map(|name| table.index(name));
    if row[racket].is_null() && !row[level].is_null() {
        row[level] = Datum::Null;
        tally.mend("racket_level", "there was no racket");
    }
}

/// Computes the changes of a summary that are not known. A change whose start or end is not known becomes unknown, too.
pub(crate) fn complete_changes(table: &Table, row: &mut [Datum], tally: &mut Tally) {
    for (index, column) in table.columns.iter().enumerate() {
        let Some(value) = column.name.strip_suffix("_change") else {
            continue;
        };
        let of = |suffix: &str| {
            let index = table.index(&format!("{value}{suffix}"));
            row[index].integer()
        };
        let known = of("_start").zip(of("_end"));
        let change = known.and_then(|(start, end)| end.checked_sub(start));
        let change = change.map_or(Datum::Null, Datum::Integer);
        if change.is_null() && !row[index].is_null() {
            tally.mend(column.name, "the start or the end is not known");
        }
        row[index] = change;
    }
}
