//! The history rows that a prune should leave.

use std::collections::BTreeSet;

use super::HistoryIds;
use super::history::History;
use super::rows::{Column, FactionRow, PlayerRow, Row, TileRow};

impl History {
    /// The ids that a prune up to `cutoff` leaves: rows since then, and the newest known value of each column.
    pub fn left_by_prune(&self, cutoff: i64) -> HistoryIds {
        HistoryIds {
            players: self.retained_players(cutoff),
            factions: self.retained_factions(cutoff),
            wars: self.retained_wars(cutoff),
            tiles: self.retained_tiles(cutoff),
        }
    }

    fn retained_players(&self, cutoff: i64) -> BTreeSet<i64> {
        let mut ids = since(&self.player_rows, cutoff);
        for player in self.players.keys() {
            let rows = self.player_rows.iter().filter(|row| row.player == *player);
            ids.extend(newest_values(&rows, &PlayerRow::COLUMNS, cutoff));
        }
        ids
    }

    fn retained_factions(&self, cutoff: i64) -> BTreeSet<i64> {
        let mut ids = since(&self.faction_rows, cutoff);
        for faction in self.factions.keys() {
            let rows = self
                .faction_rows
                .iter()
                .filter(|row| row.faction == *faction);
            ids.extend(newest_values(&rows, &FactionRow::COLUMNS, cutoff));
        }
        ids
    }

    fn retained_wars(&self, cutoff: i64) -> BTreeSet<i64> {
        let mut ids = since(&self.war_rows, cutoff);
        for war in &self.war_rows {
            let rows = self.war_rows.iter().filter(|row| row.key() == war.key());
            ids.extend(newest(rows, cutoff));
        }
        ids
    }

    fn retained_tiles(&self, cutoff: i64) -> BTreeSet<i64> {
        let mut ids = since(&self.tile_rows, cutoff);
        let rows_of = |tile: &str| {
            let rows = self.tile_rows.iter().filter(move |row| row.tile == tile);
            rows.collect::<Vec<&TileRow>>()
        };
        for row in &self.tile_rows {
            ids.extend(newest(rows_of(row.tile).into_iter(), cutoff));
        }
        // In these histories, `territories` has no owners. Two more rows of each tile therefore stay: the last one with an
        // owner, and the first one after it without an owner.
        for tile in self.tiles.keys() {
            let rows = rows_of(tile);
            let owned = rows
                .iter()
                .filter(|row| row.owner.is_some())
                .max_by_key(|row| (row.at, row.id));
            let since = owned.map_or(0, |row| row.at);
            let unowned = rows
                .iter()
                .filter(|row| row.owner.is_none() && row.at >= since)
                .min_by_key(|row| (row.at, row.id));
            let both = [owned, unowned].into_iter().flatten();
            ids.extend(both.filter(|row| row.at < cutoff).map(|row| row.id));
        }
        ids
    }
}

/// The ids of the rows at and after the cut-off.
fn since<R: Row>(rows: &[R], cutoff: i64) -> BTreeSet<i64> {
    rows.iter()
        .filter(|row| row.at() >= cutoff)
        .map(Row::id)
        .collect()
}

/// The id of the newest of these rows before the cut-off.
fn newest<'a, R: Row + 'a>(rows: impl Iterator<Item = &'a R>, cutoff: i64) -> Option<i64> {
    rows.filter(|row| row.at() < cutoff)
        .max_by_key(|row| (row.at(), row.id()))
        .map(Row::id)
}

/// The ids of the newest row before the cut-off, and of the newest one that knows each column.
fn newest_values<'a, R: Row + 'a>(
    rows: &(impl Iterator<Item = &'a R> + Clone),
    columns: &[Column<R>],
    cutoff: i64,
) -> BTreeSet<i64> {
    let of_columns = columns.iter().filter_map(|(_, value_of)| {
        let known = rows.clone().filter(|row| value_of(row).is_some());
        newest(known, cutoff)
    });
    of_columns.chain(newest(rows.clone(), cutoff)).collect()
}
