//! The table `missing_entities`: ids that Torn does not know.

use rusqlite::types::{FromSql, Value};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::error::Result;
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::missing::is_gone;
use crate::store::{SqlContext, Store, sql};

/// The id of an entity that Torn does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    Player(PlayerId),
    Faction(FactionId),
    Tile(TerritoryId),
}

/// The answers in which Torn did not know an id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Misses<I> {
    pub(crate) id: I,
    /// The number of such answers in a row.
    pub(crate) count: u32,
    /// Unix seconds.
    pub(crate) first: i64,
    /// Unix seconds.
    pub(crate) last: i64,
}

impl Missing {
    /// The columns `kind` and `entity_id`.
    fn key(self) -> (&'static str, Value) {
        match self {
            Self::Player(id) => ("player", id.get().into()),
            Self::Faction(id) => ("faction", id.get().into()),
            Self::Tile(id) => ("tile", id.to_string().into()),
        }
    }

    /// Marks the entity as one that Torn no longer knows. The tiles of the game do not change, so they have no such mark.
    fn deactivate(self, transaction: &Transaction<'_>, at: i64) -> rusqlite::Result<()> {
        match self {
            Self::Player(id) => transaction.execute(
                sql!("missing/deactivate_player"),
                named_params! { ":entity_id": id.get(), ":at": at },
            )?,
            Self::Faction(id) => transaction.execute(
                sql!("missing/deactivate_faction"),
                named_params! { ":entity_id": id.get() },
            )?,
            Self::Tile(_) => 0,
        };
        Ok(())
    }
}

impl Store {
    /// Records that Torn does not know an id. After several misses over days the entity is deactivated.
    pub(crate) fn save_missing(&mut self, missing: Missing, at: i64) -> Result<()> {
        let (kind, id) = missing.key();
        self.transaction(|transaction| {
            let save = || -> rusqlite::Result<()> {
                transaction.execute(
                    sql!("missing/record_missing"),
                    named_params! { ":kind": kind, ":entity_id": id, ":at": at },
                )?;
                let misses = transaction
                    .query_row(
                        sql!("missing/get_missing"),
                        named_params! { ":kind": kind, ":entity_id": id },
                        misses_from_row::<Value>,
                    )
                    .optional()?;
                if misses.is_some_and(|misses| is_gone(misses.count, misses.first, misses.last)) {
                    missing.deactivate(transaction, at)?;
                }
                Ok(())
            };
            save().context(format!("record that Torn does not know a {kind}"))
        })
    }

    /// The factions that Torn does not know.
    pub(crate) fn missing_factions(&self) -> Result<Vec<Misses<FactionId>>> {
        self.misses_of("faction")
    }

    /// The tiles that Torn does not know.
    pub(crate) fn missing_tiles(&self) -> Result<Vec<Misses<TerritoryId>>> {
        self.misses_of("tile")
    }

    fn misses_of<I: FromSql>(&self, kind: &str) -> Result<Vec<Misses<I>>> {
        self.connection()
            .prepare_cached(sql!("missing/list_missing"))
            .and_then(|mut statement| {
                statement
                    .query_map(named_params! { ":kind": kind }, misses_from_row)?
                    .collect()
            })
            .context(format!("list each {kind} that Torn does not know"))
    }
}

/// Deletes the record that Torn did not know an id.
pub(super) fn clear_missing(
    transaction: &Transaction<'_>,
    kind: &str,
    id: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(sql!("missing/clear_missing"))?
        .execute(named_params! { ":kind": kind, ":entity_id": id })?;
    Ok(())
}

fn misses_from_row<I: FromSql>(row: &Row<'_>) -> rusqlite::Result<Misses<I>> {
    Ok(Misses {
        id: row.get("entity_id")?,
        count: row.get("misses")?,
        first: row.get("first_miss")?,
        last: row.get("last_miss")?,
    })
}
