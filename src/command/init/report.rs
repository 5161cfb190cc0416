//! The JSON report of `init`.

use serde::Serialize;

use crate::command::schedule::Installed;
use crate::model::key::{KeyFacts, NamedKey};
use crate::model::path::display_path;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) config: String,
    pub(super) config_is_written: bool,
    /// The backup copy of the replaced configuration.
    pub(super) config_before: Option<String>,
    pub(super) database: String,
    pub(super) keys: Vec<KeyReport>,
    /// The jobs that were installed.
    pub(super) schedule: Option<JobsReport>,
    pub(super) warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct JobsReport {
    scheduler: &'static str,
    jobs: usize,
    crontab_before: Option<String>,
}

impl From<&Installed> for JobsReport {
    fn from(installed: &Installed) -> Self {
        Self {
            scheduler: installed.scheduler,
            jobs: installed.jobs,
            crontab_before: installed.crontab_before.as_deref().map(display_path),
        }
    }
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
