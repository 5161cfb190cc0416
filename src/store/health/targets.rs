//! Reads the last answer about each followed player, faction and tile.

use std::collections::BTreeSet;

use rusqlite::{Row, named_params};
use serde_json::Value;

use super::Snapshot;
use crate::error::Result;
use crate::model::health::Target;
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::kind::Kind;
use crate::model::time::DAY;
use crate::store::sql;

/// The ids that the configuration follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FollowedIds<'a> {
    pub(crate) players: &'a BTreeSet<PlayerId>,
    pub(crate) factions: &'a BTreeSet<FactionId>,
    /// Whether the members of these factions are followed too.
    pub(crate) members: bool,
    pub(crate) tiles: FollowedTiles<'a>,
}

/// The tiles that the configuration follows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FollowedTiles<'a> {
    None,
    /// The tiles that the followed factions hold.
    OfFactions,
    All,
    These(&'a BTreeSet<TerritoryId>),
}

impl FollowedTiles<'_> {
    /// The ids that `[track]` names, as a JSON list.
    pub(super) fn named(self) -> Value {
        match self {
            Self::These(tiles) => tiles.iter().map(TerritoryId::as_str).collect(),
            _ => Value::Array(Vec::new()),
        }
    }
}

impl Snapshot {
    /// The followed targets of one kind, without those that Torn does not know.
    pub(crate) fn targets(
        &self,
        kind: Kind,
        followed: &FollowedIds<'_>,
        now: i64,
    ) -> Result<Vec<Target>> {
        let players: Value = followed.players.iter().map(|id| id.get()).collect();
        let factions: Value = followed.factions.iter().map(|id| id.get()).collect();
        let horizon = now + DAY;
        match kind {
            Kind::Players => self.query_all(
                sql!("health/list_players"),
                named_params! {
                    ":players": players.to_string(),
                    ":factions": factions.to_string(),
                    ":members": followed.members,
                    ":horizon": horizon,
                },
                |row| read_target(row, "answered_at"),
            ),
            Kind::Factions | Kind::Wars => self.query_all(
                sql!("health/list_factions"),
                named_params! { ":factions": factions.to_string(), ":horizon": horizon },
                |row| {
                    let answer = match kind {
                        Kind::Wars => "listed_at",
                        _ => "answered_at",
                    };
                    read_target(row, answer)
                },
            ),
            Kind::Territories => self.tiles(followed.tiles, &factions, horizon),
        }
    }

    fn tiles(
        &self,
        followed: FollowedTiles<'_>,
        factions: &Value,
        horizon: i64,
    ) -> Result<Vec<Target>> {
        let tiles = followed.named();
        let factions = match followed {
            FollowedTiles::OfFactions => factions.to_string(),
            _ => "[]".to_owned(),
        };
        self.query_all(
            sql!("health/list_tiles"),
            named_params! {
                ":tiles": tiles.to_string(),
                ":factions": factions,
                ":horizon": horizon,
                ":all": matches!(followed, FollowedTiles::All),
            },
            |row| read_target(row, "answered_at"),
        )
    }
}

fn read_target(row: &Row<'_>, answer_column: &str) -> rusqlite::Result<Target> {
    let target: String = row.get("target")?;
    let name: Option<String> = row.get("name")?;
    Ok(Target {
        name: match name {
            Some(name) => format!("{target} ({name})"),
            None => target,
        },
        is_named: row.get("is_named")?,
        answered_at: row.get(answer_column)?,
        known_since: row.get("known_since")?,
    })
}
