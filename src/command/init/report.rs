//! The JSON report of `init`.

use serde::Serialize;

use crate::model::key::{KeyFacts, NamedKey};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) config: String,
    pub(super) config_is_written: bool,
    /// The backup copy of the replaced configuration.
    pub(super) config_before: Option<String>,
    pub(super) database: String,
    pub(super) keys: Vec<KeyReport>,
}

/// A key that Torn accepts.
#[derive(Debug, Serialize)]
pub(super) struct KeyReport {
    name: String,
    owner_id: i64,
    access: String,
    battle_stats: bool,
}

impl From<&(NamedKey, KeyFacts)> for KeyReport {
    fn from((key, facts): &(NamedKey, KeyFacts)) -> Self {
        Self {
            name: key.name.clone(),
            owner_id: facts.owner.get(),
            access: facts.access.clone(),
            battle_stats: facts.reads_battle_stats(),
        }
    }
}
