//! The summaries that a history should have.

use std::collections::BTreeSet;

use super::EDGES;
use super::history::{History, is_in};
use super::rows::{Column, FactionRow, PlayerRow, Row, TileRow, WarRow, in_order};
use crate::support::DAY;

/// A month: its first second, and the first second of the next one.
#[derive(Clone, Copy)]
struct Month {
    start: i64,
    end: i64,
}

impl Month {
    fn contains(self, row: &impl Row) -> bool {
        self.start <= row.at() && row.at() < self.end
    }
}

impl History {
    /// Every summary of every month that ends by `now`, as [`super::summaries`] reads them.
    pub fn summaries(&self, now: i64) -> Vec<String> {
        let months = EDGES.windows(2).map(|edges| Month {
            start: edges[0],
            end: edges[1],
        });
        let mut lines: Vec<String> = months
            .filter(|month| month.end <= now)
            .flat_map(|month| self.month(month))
            .collect();
        lines.sort();
        lines
    }

    fn month(&self, month: Month) -> Vec<String> {
        let Month { start, end } = month;
        let mut lines = Vec::new();
        for (player, observed) in &self.players {
            let rows = in_order(&self.player_rows, |row| row.player == *player);
            let columns = &PlayerRow::COLUMNS;
            if let Some(values) = values(&rows, columns, is_in(*observed, start), month) {
                lines.push(format!("player|{player}|{start}|{end}|{values}"));
            }
        }
        for (faction, observed) in &self.factions {
            let rows = in_order(&self.faction_rows, |row| row.faction == *faction);
            let columns = &FactionRow::COLUMNS;
            if let Some(values) = values(&rows, columns, is_in(*observed, start), month) {
                lines.push(format!("faction|{faction}|{start}|{end}|{values}"));
            }
        }
        let wars: BTreeSet<_> = self.war_rows.iter().map(WarRow::key).collect();
        for war in wars {
            let mut rows = in_order(&self.war_rows, |row| row.key() == war);
            rows.retain(|row| month.contains(*row));
            lines.extend(war_summary(&rows, month));
        }
        let tiles: BTreeSet<&str> = self.tile_rows.iter().map(|row| row.tile).collect();
        for tile in tiles {
            let rows = in_order(&self.tile_rows, |row| row.tile == tile);
            let observed = self
                .tiles
                .get(tile)
                .is_some_and(|months| is_in(*months, start));
            lines.extend(tile_summary(tile, &rows, observed, month));
        }
        lines
    }
}

/// Start, end and change of each value, and the number of rows; `None` when the entity has no summary of the month.
fn values<R: Row>(
    rows: &[&R],
    columns: &[Column<R>],
    is_observed: bool,
    month: Month,
) -> Option<String> {
    let count = rows.iter().filter(|row| month.contains(**row)).count();
    let has_before = rows.iter().any(|row| row.at() < month.start);
    if count == 0 && !(has_before && is_observed) {
        return None;
    }
    let mut fields = Vec::new();
    for (name, value_of) in columns {
        let known = || rows.iter().filter(|row| value_of(row).is_some());
        let before = known().rfind(|row| row.at() < month.start);
        let first_within = known().find(|row| month.contains(**row));
        let first = before.or(first_within).and_then(|row| value_of(row));
        let last = known()
            .rfind(|row| row.at() < month.end)
            .and_then(|row| value_of(row));
        fields.push(text(first));
        fields.push(text(last));
        // The summaries have no column for the change of this value.
        if *name != "life_maximum" {
            fields.push(text(first.zip(last).map(|(first, last)| last - first)));
        }
    }
    fields.push(count.to_string());
    Some(fields.join("|"))
}

/// The summary of one war; `None` when the month has no row of it.
fn war_summary(rows: &[&WarRow], month: Month) -> Option<String> {
    let last = rows.last()?;
    let is_over = matches!(last.status, Some("completed" | "cancelled"));
    let until = match last.ends_at {
        Some(ends_at) if is_over => ends_at,
        _ => last.at,
    };
    let winner = if last.status == Some("completed") {
        last.winner
    } else {
        None
    };
    Some(format!(
        "war|{}|{}|{}|{}|{}|1|2|{}|{}|{}|{}|{}",
        last.war_type(),
        last.war,
        month.start,
        month.end,
        last.tile().unwrap_or_default(),
        text(last.attacking_score),
        text(last.defending_score),
        text(winner),
        text(last.started_at.map(|started| (until - started).max(0))),
        rows.len()
    ))
}

/// The owner of a tile from a moment on.
struct Tenure {
    since: i64,
    owner: Option<i64>,
}

/// The summary of one tile; `None` when it has no row in the month and was not observed with an owner from before.
fn tile_summary(tile: &str, rows: &[&TileRow], is_observed: bool, month: Month) -> Option<String> {
    let before = rows.iter().rfind(|row| row.at < month.start);
    let within: Vec<_> = rows.iter().filter(|row| month.contains(**row)).collect();
    if within.is_empty() && !(before.is_some() && is_observed) {
        return None;
    }
    let mut tenures: Vec<Tenure> = Vec::new();
    tenures.extend(before.map(|row| Tenure {
        since: month.start,
        owner: row.owner,
    }));
    tenures.extend(within.iter().map(|row| Tenure {
        since: row.at,
        owner: row.owner,
    }));
    let owner_at_end = tenures[tenures.len() - 1].owner;
    let changes = tenures
        .windows(2)
        .filter(|pair| pair[0].owner != pair[1].owner)
        .count();
    let mut seconds = 0;
    for (index, tenure) in tenures.iter().enumerate() {
        let until = tenures.get(index + 1).map_or(month.end, |next| next.since);
        if owner_at_end.is_some() && tenure.owner == owner_at_end {
            seconds += until - tenure.since;
        }
    }
    Some(format!(
        "tile|{tile}|{}|{}|{}|{}|{changes}|{}|{}",
        month.start,
        month.end,
        text(tenures[0].owner),
        text(owner_at_end),
        seconds / DAY,
        within.len()
    ))
}

/// A value as the sqlite3 shell shows it: NULL is empty.
fn text(value: Option<i64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
