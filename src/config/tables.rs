//! The tables and fields of `tornsnap.toml`, before their values are checked.

use serde::Deserialize;
use toml::Spanned;

use crate::model::key::ApiKey;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) database: Option<Spanned<String>>,
    pub(super) api: ApiTable,
    pub(super) key: Vec<Spanned<KeyTable>>,
    pub(super) track: TrackTable,
    pub(super) history: HistoryTable,
    pub(super) retention: RetentionTable,
    pub(super) backup: BackupTable,
    pub(super) health: HealthTable,
    pub(super) log: LogTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ApiTable {
    pub(super) base_url: Option<Spanned<String>>,
    pub(super) requests_per_minute: Option<Spanned<i64>>,
    pub(super) timeout_seconds: Option<Spanned<i64>>,
    pub(super) concurrency: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyTable {
    pub(super) name: Option<String>,
    pub(super) key: Option<ApiKey>,
    pub(super) key_file: Option<Spanned<String>>,
    pub(super) key_env: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TrackTable {
    pub(super) players: Vec<Spanned<i64>>,
    pub(super) factions: Vec<Spanned<i64>>,
    pub(super) members: Option<bool>,
    pub(super) wars: Option<WarsValue>,
    pub(super) territories: Option<Spanned<TerritoriesValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WarsValue {
    Tracked,
    All,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "territories must be \"all\", \"tracked\", \"none\" or a list such as [\"AAB\", \"AAC\"]"
)]
pub(super) enum TerritoriesValue {
    Word(String),
    List(Vec<String>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HistoryTable {
    pub(super) record: Option<RecordValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RecordValue {
    Changes,
    EveryPoll,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RetentionTable {
    pub(super) keep_months: Option<Spanned<i64>>,
    pub(super) archive: Option<Spanned<String>>,
    pub(super) rejected_days: Option<Spanned<i64>>,
    pub(super) runs_days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BackupTable {
    pub(super) directory: Option<Spanned<String>>,
    pub(super) keep: Option<Spanned<i64>>,
    pub(super) compress: Option<bool>,
    pub(super) before_summarize: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HealthTable {
    pub(super) max_age_hours: Option<Spanned<i64>>,
    pub(super) players_max_age_hours: Option<Spanned<i64>>,
    pub(super) factions_max_age_hours: Option<Spanned<i64>>,
    pub(super) wars_max_age_hours: Option<Spanned<i64>>,
    pub(super) territories_max_age_hours: Option<Spanned<i64>>,
    pub(super) backup_max_age_days: Option<Spanned<i64>>,
    pub(super) min_free_mb: Option<Spanned<i64>>,
    pub(super) max_rejected: Option<Spanned<i64>>,
    pub(super) max_failed_runs: Option<Spanned<i64>>,
    pub(super) gap_hours: Option<Spanned<i64>>,
    pub(super) webhook_url_file: Option<Spanned<String>>,
    pub(super) webhook_url_env: Option<Spanned<String>>,
    pub(super) format: Option<FormatValue>,
    pub(super) ping_url: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FormatValue {
    Discord,
    Json,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LogTable {
    pub(super) file: Option<Spanned<String>>,
}
