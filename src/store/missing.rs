//! The table `missing_entities`: ids that Torn does not know.

use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::error::Result;
use crate::model::id::{FactionId, PlayerId};
use crate::model::missing::is_gone;
use crate::store::{SqlContext, Store, sql};

/// The id of an entity that Torn does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    Player(PlayerId),
    Faction(FactionId),
}

/// The answers in which Torn did not know an id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Misses {
    pub(crate) id: i64,
    /// The number of such answers in a row.
    pub(crate) count: u32,
    /// Unix seconds.
    pub(crate) first: i64,
    /// Unix seconds.
    pub(crate) last: i64,
}

impl Store {
    /// Records that Torn does not know an id. After several misses over days the entity is deactivated.
    pub(crate) fn save_missing(&mut self, missing: Missing, at: i64) -> Result<()> {
        let (kind, id, deactivate) = match missing {
            Missing::Player(id) => ("player", id.get(), sql!("missing/deactivate_player")),
            Missing::Faction(id) => ("faction", id.get(), sql!("missing/deactivate_faction")),
        };
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
                        misses_from_row,
                    )
                    .optional()?;
                if misses.is_some_and(|misses| is_gone(misses.count, misses.first, misses.last)) {
                    let mut deactivate = transaction.prepare(deactivate)?;
                    match missing {
                        Missing::Player(_) => {
                            deactivate.execute(named_params! { ":entity_id": id, ":at": at })?
                        }
                        Missing::Faction(_) => {
                            deactivate.execute(named_params! { ":entity_id": id })?
                        }
                    };
                }
                Ok(())
            };
            save().context(format!("record that Torn does not know {kind} {id}"))
        })
    }

    /// The factions that Torn does not know.
    pub(crate) fn missing_factions(&self) -> Result<Vec<Misses>> {
        self.connection()
            .prepare_cached(sql!("missing/list_missing"))
            .and_then(|mut statement| {
                statement
                    .query_map(named_params! { ":kind": "faction" }, misses_from_row)?
                    .collect()
            })
            .context("list the factions that Torn does not know")
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

fn misses_from_row(row: &Row<'_>) -> rusqlite::Result<Misses> {
    Ok(Misses {
        id: row.get("entity_id")?,
        count: row.get("misses")?,
        first: row.get("first_miss")?,
        last: row.get("last_miss")?,
    })
}
