//! Saves tiles: their facts, owners, rackets and assaults.

use std::collections::BTreeSet;

use rusqlite::named_params;
use serde_json::{Value, json};

use crate::error::Result;
use crate::model::id::{FactionId, TerritoryId};
use crate::model::run::Counts;
use crate::model::territory::{RacketState, Tile, TileFacts, TileWar};
use crate::store::run;
use crate::store::save::{Batch, Observation, first_column, json_ids};
use crate::store::{SqlContext, Store, sql};

/// The longest time between two lists of a faction's tiles after which a new tile counts as gained between them. The
/// longest interval of a schedule is a day, so two polls in a row may fail.
pub(in crate::store) const MAX_LIST_GAP: i64 = 3 * 86_400;

impl Store {
    /// Saves the facts of tiles that rarely change.
    pub fn save_tile_facts(&mut self, facts: &[TileFacts], at: i64) -> Result<()> {
        let facts: Value = facts
            .iter()
            .map(|tile| {
                json!({
                    "id": tile.id.as_str(), "sector": tile.sector, "size": tile.size, "density": tile.density,
                    "slots": tile.slots, "respect": tile.respect, "x": tile.coordinate_x, "y": tile.coordinate_y,
                })
            })
            .collect();
        self.connection()
            .prepare_cached(sql!("fetch/upsert_tile_facts"))
            .and_then(|mut statement| {
                statement.execute(named_params! { ":facts": facts.to_string(), ":at": at })
            })
            .context("save the facts of tiles")?;
        Ok(())
    }

    /// Saves the tiles of one answer in one transaction.
    pub fn save_tiles(
        &mut self,
        batch: &Batch,
        tiles: &Observation<Vec<Tile>>,
        counts: &mut Counts,
    ) -> Result<()> {
        let rows: Value = tiles.value.iter().map(tile_json).collect();
        let rows = rows.to_string();
        let (count, at) = (tiles.value.len() as u64, tiles.at);
        let saved = self.transaction(|transaction| {
            let save = || -> rusqlite::Result<Counts> {
                let with_tiles = |statement| -> rusqlite::Result<usize> {
                    transaction
                        .prepare_cached(statement)?
                        .execute(named_params! { ":tiles": rows, ":at": at })
                };
                with_tiles(sql!("fetch/ensure_owners"))?;
                let appended = transaction
                    .prepare_cached(sql!("fetch/append_tiles"))?
                    .execute(named_params! {
                        ":tiles": rows,
                        ":every_poll": batch.every_poll,
                        ":data_source": tiles.source,
                        ":at": at,
                    })? as u64;
                with_tiles(sql!("fetch/upsert_tiles"))?;
                with_tiles(sql!("fetch/set_rackets"))?;
                with_tiles(sql!("fetch/observe_tiles"))?;
                transaction
                    .prepare_cached(sql!("missing/clear_tiles"))?
                    .execute(named_params! { ":tiles": rows })?;
                let mut after = *counts;
                after.entities += count;
                after.appended += appended;
                after.unchanged += count - appended;
                run::update_counts(transaction, batch.run, after)?;
                Ok(after)
            };
            save().context("save the tiles")
        })?;
        *counts = saved;
        Ok(())
    }

    /// Records that the list of a faction's tiles was read and saved. A tile that appears later was gained since then,
    /// unless the list was not read for [`MAX_LIST_GAP`].
    pub(crate) fn record_tile_list(
        &mut self,
        faction: FactionId,
        is_complete: bool,
        at: i64,
    ) -> Result<()> {
        self.connection()
            .prepare_cached(sql!("fetch/record_tile_list"))
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":faction_id": faction,
                    ":is_complete": is_complete,
                    ":max_gap": MAX_LIST_GAP,
                    ":at": at,
                })
            })
            .context(format!(
                "record that the tiles of faction {faction} were read"
            ))?;
        Ok(())
    }

    /// Records which factions are followed now. If another faction is followed again later, nobody has seen when it gained
    /// its new tiles.
    pub(crate) fn end_tile_lists_of_others(
        &mut self,
        followed: &BTreeSet<FactionId>,
    ) -> Result<()> {
        let factions = json_ids(followed.iter().map(|id| id.get()));
        self.connection()
            .execute(
                sql!("fetch/end_tile_lists"),
                named_params! { ":factions": factions },
            )
            .context("record which factions are no longer followed")?;
        Ok(())
    }

    /// The number of tiles whose facts are stored.
    pub(crate) fn tiles_with_facts(&self) -> Result<u64> {
        self.connection()
            .query_row(sql!("fetch/count_tiles_with_facts"), [], |row| row.get(0))
            .context("count the tiles")
    }

    /// The tiles that the faction owned when they were last observed.
    pub(crate) fn tiles_of(&self, faction: FactionId) -> Result<BTreeSet<TerritoryId>> {
        self.connection()
            .prepare_cached(sql!("fetch/list_faction_tiles"))
            .and_then(|mut statement| {
                first_column(&mut statement, named_params! { ":faction_id": faction })
            })
            .context(format!("list the tiles of faction {faction}"))
    }

    /// The tiles that are stored as under assault and that none of these factions owns.
    pub(crate) fn tiles_at_war_of_others(
        &self,
        factions: &BTreeSet<FactionId>,
    ) -> Result<BTreeSet<TerritoryId>> {
        let factions = json_ids(factions.iter().map(|id| id.get()));
        self.connection()
            .prepare_cached(sql!("fetch/list_tiles_at_war"))
            .and_then(|mut statement| {
                first_column(&mut statement, named_params! { ":factions": factions })
            })
            .context("list the tiles under assault")
    }
}

fn tile_json(tile: &Tile) -> Value {
    let racket = match &tile.racket {
        RacketState::Present(racket) => Some(racket),
        RacketState::Absent | RacketState::Unknown => None,
    };
    json!({
        "id": tile.id.as_str(),
        "owner": tile.owner.map(FactionId::get),
        "racket_known": tile.racket != RacketState::Unknown,
        "racket_type": racket.map(|racket| &racket.name),
        "racket_level": racket.and_then(|racket| racket.level),
        "war": tile.war.map(TileWar::as_str),
    })
}
