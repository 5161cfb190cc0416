//! Facts about keys between runs: whose they are and whether they work. Never a key.

use rusqlite::{OptionalExtension, Row, named_params};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::model::id::PlayerId;
use crate::model::key::{ApiKey, KeyFacts, KeyState, Selections};
use crate::store::{SqlContext, Store, sql};

/// What the database knows of a configured key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownKey {
    /// What Torn said of it; `None`: it was never asked, or it is another key than then.
    pub(crate) facts: Option<KeyFacts>,
    /// When Torn said so.
    pub(crate) checked_at: i64,
    /// How it fares.
    pub(crate) state: KeyState,
    /// The last failure, in words.
    pub(crate) last_error: Option<String>,
}

/// Tells keys apart without a way back: 64 bits of a hash of some 95 unknown bits.
fn fingerprint(key: &ApiKey) -> String {
    let hash = Sha256::new()
        .chain_update("tornsnap key ")
        .chain_update(key.expose())
        .finalize();
    let start = hash
        .iter()
        .take(8)
        .fold(0, |start: u64, byte| start << 8 | u64::from(*byte));
    format!("{start:016x}")
}

impl Store {
    /// What is known of the key of this name; `None` when nothing is, or it was about another key.
    pub(crate) fn known_key(&self, name: &str, key: &ApiKey) -> Result<Option<KnownKey>> {
        let print = fingerprint(key);
        let known = self
            .connection()
            .prepare_cached(sql!("keys/get_key"))
            .and_then(|mut known| {
                known
                    .query_row(named_params! { ":name": name }, |row| read(row, &print))
                    .optional()
            })
            .context(format!("look up the key {name:?}"))?;
        Ok(known.flatten())
    }

    /// Notes what Torn says of a key.
    pub(crate) fn save_key_facts(
        &mut self,
        name: &str,
        key: &ApiKey,
        facts: &KeyFacts,
        now: i64,
    ) -> Result<()> {
        let print = fingerprint(key);
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
                            ":fingerprint": print,
                            ":checked_at": now,
                            ":access_level": facts.access_level,
                            ":user_selections": joined(facts.selections.user.as_deref()),
                            ":faction_selections": joined(facts.selections.faction.as_deref()),
                            ":torn_selections": joined(facts.selections.torn.as_deref()),
                        },
                    )
                })
                .context(format!("remember the key {name:?}"))
        })?;
        Ok(())
    }

    /// Notes what became of a key.
    pub(crate) fn set_key_state(
        &mut self,
        name: &str,
        key: &ApiKey,
        state: KeyState,
        why: &str,
    ) -> Result<()> {
        let (word, paused_until) = match state {
            KeyState::Ok => ("ok", None),
            KeyState::Paused(until) => ("paused", Some(until)),
            KeyState::Dead => ("dead", None),
        };
        let print = fingerprint(key);
        self.transaction(|transaction| {
            transaction
                .execute(
                    sql!("keys/set_state"),
                    named_params! {
                        ":name": name,
                        ":state": word,
                        ":paused_until": paused_until,
                        ":last_error": why,
                        ":fingerprint": print,
                    },
                )
                .and_then(|_| {
                    transaction.execute(
                        sql!("keys/set_fingerprint"),
                        named_params! { ":name": name, ":fingerprint": print },
                    )
                })
                .context(format!("note the state of the key {name:?}"))
        })?;
        Ok(())
    }

    /// Notes that these keys were used and are well.
    pub(crate) fn record_key_use(&mut self, names: &[String], now: i64) -> Result<()> {
        self.transaction(|transaction| {
            for name in names {
                transaction
                    .execute(
                        sql!("keys/record_use"),
                        named_params! { ":name": name, ":last_used_at": now },
                    )
                    .context(format!("note the use of the key {name:?}"))?;
            }
            Ok(())
        })
    }

    /// Forgets keys that are no longer configured.
    pub(crate) fn delete_other_keys(&mut self, names: &[&str]) -> Result<()> {
        let names = serde_json::Value::from(names.to_vec()).to_string();
        self.connection()
            .execute(
                sql!("keys/delete_unconfigured"),
                named_params! { ":names": names },
            )
            .context("forget keys that are no longer configured")?;
        Ok(())
    }
}

/// `None` when the row is about another key of that name.
fn read(row: &Row<'_>, print: &str) -> rusqlite::Result<Option<KnownKey>> {
    let known: Option<String> = row.get("fingerprint")?;
    if known.as_deref() != Some(print) {
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
                user: names(row, "user_selections")?,
                faction: names(row, "faction_selections")?,
                torn: names(row, "torn_selections")?,
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

/// The names as a comma-separated list.
fn joined(names: Option<&[String]>) -> Option<String> {
    names.map(|names| names.join(","))
}

/// The names in a comma-separated list.
fn names(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Vec<String>>> {
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
    fn a_key_that_takes_the_place_of_another_inherits_nothing() {
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
