//! The JSON document of `health`, which is also the message to a webhook that takes JSON.

use serde::Serialize;
use serde_json::Value;

use crate::command::health::HealthExit;
use crate::config::Settings;
use crate::model::health::{self, Changes, Check};
use crate::model::path::display_path;

/// The document. Its `exit_code` is that of monitoring plugins.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    command: &'static str,
    state: &'static str,
    exit_code: u8,
    pub(super) summary: String,
    /// Unix seconds. `checked_at`, `database` and `program` are missing if the settings could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    /// The version of this program.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<&'static str>,
    checks: Vec<CheckReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification: Option<NotificationReport>,
    /// The reason for the message. Only in a message to the webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<&'static str>,
    /// The checks that changed since the last message. Only in a message to the webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ChangeReport>>,
}

#[derive(Clone, Debug, Serialize)]
struct CheckReport {
    id: String,
    state: &'static str,
    message: String,
    r#try: Option<String>,
    value: Option<i64>,
    /// "s" for seconds, "B" for bytes, "" for a count.
    unit: Option<&'static str>,
    warning: Option<i64>,
    critical: Option<i64>,
    /// Whether the thresholds are lower bounds.
    is_minimum: bool,
}

/// The result of `--notify`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NotificationReport {
    pub(super) sent: bool,
    /// `None` if no ping address is configured.
    pub(super) pinged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<&'static str>,
    /// Missing if no message was due; null if the message was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Value>,
}

#[derive(Clone, Debug, Serialize)]
struct ChangeReport {
    id: String,
    change: &'static str,
}

impl Report {
    /// The report of these checks, without the fields that come from the settings.
    pub(super) fn new(checks: &[Check]) -> Self {
        let state = health::overall(checks);
        Self {
            command: "health",
            state: state.as_str(),
            exit_code: HealthExit::from(state).code(),
            summary: health::summary(checks),
            checked_at: None,
            database: None,
            program: None,
            checks: checks.iter().map(CheckReport::from).collect(),
            notification: None,
            event: None,
            changes: None,
        }
    }

    /// Adds the fields that come from the settings.
    #[must_use]
    pub(super) fn with_settings(mut self, settings: &Settings, now: i64) -> Self {
        self.checked_at = Some(now);
        self.database = Some(display_path(&settings.database));
        self.program = Some(env!("CARGO_PKG_VERSION"));
        self
    }

    /// The message to a webhook: this report, the event and the changes.
    pub(super) fn to_message(&self, event: &'static str, changes: &Changes) -> Self {
        let changes = changes.changed.iter().map(|(id, change)| ChangeReport {
            id: id.clone(),
            change: change.as_str(),
        });
        Self {
            event: Some(event),
            changes: Some(changes.collect()),
            ..self.clone()
        }
    }
}

impl From<&Check> for CheckReport {
    fn from(check: &Check) -> Self {
        let metric = check.metric;
        Self {
            id: check.id.clone(),
            state: check.state.as_str(),
            message: check.message.clone(),
            r#try: check.help.clone(),
            value: metric.map(|metric| metric.number),
            unit: metric.map(|metric| metric.unit),
            warning: metric.and_then(|metric| metric.warning),
            critical: metric.and_then(|metric| metric.critical),
            is_minimum: metric.is_some_and(|metric| metric.is_minimum),
        }
    }
}
