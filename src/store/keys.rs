//! Stores the owner, the access and the state of keys between runs. The keys themselves are never stored.

use rusqlite::{OptionalExtension, Row, named_params};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::model::id::PlayerId;
use crate::model::key::{ApiKey, KeyFacts, KeyState, Selections, may_read_battle_stats};
use crate::store::{SqlContext, Store, sql};

/// The stored facts about a configured key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownKey {
    /// The answer of `/key/info`; `None` if it was not requested yet for this key.
    pub(crate) facts: Option<KeyFacts>,
    /// When that answer came, in unix seconds; 0 without one.
    pub(crate) checked_at: i64,
    pub(crate) state: KeyState,
    /// The message of the last failure.
    pub(crate) last_error: Option<String>,
}

/// A fingerprint that identifies a key but does not reveal it: 64 bits of a hash of about 95 unknown bits.
fn fingerprint(key: &ApiKey) -> String {
    let hash = Sha256::new()
        .chain_update("tornsnap key ")
        .chain_update(key.expose())
        .finalize();
    let first_bytes = hash
        .iter()
        .take(8)
        .fold(0, |bits: u64, byte| bits << 8 | u64::from(*byte));
    format!("{first_bytes:016x}")
}

impl Store {
    /// The stored facts about a key; `None` if there are none, or if they are about another key of this name.
    pub(crate) fn known_key(&self, name: &str, key: &ApiKey) -> Result<Option<KnownKey>> {
        let fingerprint = fingerprint(key);
        let known = self
            .connection()
            .prepare_cached(sql!("keys/get_key"))
            .and_then(|mut statement| {
                statement
                    .query_row(named_params! { ":name": name }, |row| {
                        known_key_of(row, &fingerprint)
                    })
                    .optional()
            })
            .context(format!("look up the key {name:?}"))?;
        Ok(known.flatten())
    }

    /// Stores the answer of `/key/info` about a key.
    pub(crate) fn save_key_facts(
        &mut self,
        name: &str,
        key: &ApiKey,
        facts: &KeyFacts,
        now: i64,
    ) -> Result<()> {
        let fingerprint = fingerprint(key);
        self.transaction(|transaction| {
            transaction
                .execute(
                    sql!("keys/upsert_key"),
                    named_params! { ":name": name, ":owner_id": facts.owner, ":access": facts.access },
                )
                .and_then(|_| {
                    transaction.execute(
                        sql!("keys/upsert_check"),
                        named_params! {
                            ":name": name,
                            ":fingerprint": fingerprint,
                            ":checked_at": now,
                            ":access_level": facts.access_level,
                            ":user_selections": join_names(facts.selections.user.as_deref()),
                            ":faction_selections": join_names(facts.selections.faction.as_deref()),
                            ":torn_selections": join_names(facts.selections.torn.as_deref()),
                        },
                    )
                })
                .context(format!("save the facts about the key {name:?}"))
        })?;
        Ok(())
    }

    /// Stores the state of a key and the failure that led to it.
    pub(crate) fn set_key_state(
        &mut self,
        name: &str,
        key: &ApiKey,
        state: KeyState,
        why: &str,
    ) -> Result<()> {
        let (state, paused_until) = match state {
            KeyState::Ok => ("ok", None),
            KeyState::Paused(until) => ("paused", Some(until)),
            KeyState::Dead => ("dead", None),
        };
        let fingerprint = fingerprint(key);
        self.transaction(|transaction| {
            transaction
                .execute(
                    sql!("keys/set_state"),
                    named_params! {
                        ":name": name,
                        ":state": state,
                        ":paused_until": paused_until,
                        ":last_error": why,
                        ":fingerprint": fingerprint,
                    },
                )
                .and_then(|_| {
                    transaction.execute(
                        sql!("keys/set_fingerprint"),
                        named_params! { ":name": name, ":fingerprint": fingerprint },
                    )
                })
                .context(format!("save the state of the key {name:?}"))
        })?;
        Ok(())
    }

    /// Records a successful use of these keys.
    pub(crate) fn record_key_use(&mut self, names: &[String], now: i64) -> Result<()> {
        self.transaction(|transaction| {
            for name in names {
                transaction
                    .execute(
                        sql!("keys/record_use"),
                        named_params! { ":name": name, ":last_used_at": now },
                    )
                    .context(format!("record the use of the key {name:?}"))?;
            }
            Ok(())
        })
    }

    /// Deletes the state of keys that are no longer configured. The keys themselves are not in the database.
    pub(crate) fn delete_other_keys(&mut self, names: &[&str]) -> Result<()> {
        let names = serde_json::Value::from(names.to_vec()).to_string();
        let action = "forget the state of keys that are no longer configured";
        log::info!("{action}");
        self.transaction(|transaction| {
            transaction
                .execute(
                    sql!("keys/delete_unconfigured"),
                    named_params! { ":names": names },
                )
                .context(action)?;
            Ok(())
        })
    }
}

/// Decodes a row of the `get_key` statement; `None` if it is about another key of that name.
fn known_key_of(row: &Row<'_>, fingerprint: &str) -> rusqlite::Result<Option<KnownKey>> {
    let known: Option<String> = row.get("fingerprint")?;
    if known.as_deref() != Some(fingerprint) {
        return Ok(None);
    }
    let owner: Option<PlayerId> = row.get("owner_id")?;
    let access: Option<String> = row.get("access")?;
    let facts = match (owner, access) {
        (Some(owner), Some(access)) => Some(KeyFacts {
            owner,
            access,
            access_level: row.get("access_level")?,
            selections: Selections {
                user: names_in(row, "user_selections")?,
                faction: names_in(row, "faction_selections")?,
                torn: names_in(row, "torn_selections")?,
            },
        }),
        _ => None,
    };
    let state = match row.get_ref("state")?.as_str()? {
        "dead" => KeyState::Dead,
        "paused" => KeyState::Paused(row.get::<_, Option<i64>>("paused_until")?.unwrap_or(0)),
        _ => KeyState::Ok,
    };
    Ok(Some(KnownKey {
        facts,
        checked_at: row.get("checked_at")?,
        state,
        last_error: row.get("last_error")?,
    }))
}

/// Whether the key of a row may read its owner's battle stats; `None` if it was not checked.
pub(super) fn reads_battle_stats(row: &Row<'_>) -> rusqlite::Result<Option<bool>> {
    let access: Option<String> = row.get("access")?;
    let (Some(_), Some(level)) = (access, row.get("access_level")?) else {
        return Ok(None);
    };
    let listed = names_in(row, "user_selections")?;
    Ok(Some(may_read_battle_stats(level, listed.as_deref())))
}

/// Joins names to a comma-separated list.
fn join_names(names: Option<&[String]>) -> Option<String> {
    names.map(|names| names.join(","))
}

/// The names in a column with a comma-separated list.
fn names_in(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Vec<String>>> {
    let list: Option<String> = row.get(column)?;
    Ok(list.map(|list| {
        list.split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_of_the_same_name_does_not_inherit_stored_facts() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("t.db")).unwrap();
        let (old, new) = ("OldKeyOfAlice001", "NewKeyOfAlice002");
        let (old, new) = (ApiKey::new(old).unwrap(), ApiKey::new(new).unwrap());
        let facts = KeyFacts {
            owner: PlayerId::new(1).unwrap(),
            access: "Full Access".to_owned(),
            access_level: 4,
            selections: Selections::default(),
        };
        store.save_key_facts("alice", &old, &facts, 100).unwrap();

        store
            .set_key_state("alice", &new, KeyState::Paused(200), "error 5")
            .unwrap();

        assert_eq!(store.known_key("alice", &old).unwrap(), None);
        let known = store.known_key("alice", &new).unwrap().unwrap();
        assert_eq!((known.facts, known.checked_at), (None, 0));
        assert_eq!(known.state, KeyState::Paused(200));
    }
}
