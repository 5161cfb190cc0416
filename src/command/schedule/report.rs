//! The JSON reports of `schedule`.

use std::path::Path;

use serde::Serialize;

use crate::command::schedule::backend::{Backend, Change};
use crate::model::path::display_path;

/// The change of one scheduler.
#[derive(Debug, Serialize)]
pub(super) struct ChangeReport {
    scheduler: &'static str,
    id: String,
    config: String,
    /// Whether this changes the scheduler, or would with `--dry-run`.
    changed: bool,
    /// What was written or removed, or would be.
    files: Vec<FileReport>,
    crontab_before: Option<String>,
    warnings: Vec<String>,
}

impl ChangeReport {
    pub(super) fn new(backend: &dyn Backend, id: &str, config: &Path, change: &Change) -> Self {
        Self {
            scheduler: backend.name(),
            id: id.to_owned(),
            config: display_path(config),
            changed: change.is_changed,
            files: change
                .files
                .iter()
                .cloned()
                .map(FileReport::named)
                .collect(),
            crontab_before: change.crontab_before.as_deref().map(display_path),
            warnings: change.notes.clone(),
        }
    }

    /// With the warnings before the change in front of those of the change.
    pub(super) fn with_warnings(mut self, mut warnings: Vec<String>) -> Self {
        warnings.append(&mut self.warnings);
        Self { warnings, ..self }
    }
}

/// `schedule install` and `schedule remove`: the changes of the schedulers.
#[derive(Debug, Serialize)]
pub(super) struct ChangesReport {
    dry_run: bool,
    changed: bool,
    schedulers: Vec<ChangeReport>,
    /// The jobs of other configurations, if there were none of this one to remove.
    other_jobs: Vec<OtherReport>,
}

/// The jobs of another configuration.
#[derive(Debug, Serialize)]
pub(super) struct OtherReport {
    pub(super) scheduler: &'static str,
    pub(super) id: String,
    /// `None` if it cannot be read from the entries.
    pub(super) config: Option<String>,
}

impl ChangesReport {
    pub(super) fn new(
        schedulers: Vec<ChangeReport>,
        other_jobs: Vec<OtherReport>,
        dry_run: bool,
    ) -> Self {
        Self {
            dry_run,
            changed: schedulers.iter().any(|scheduler| scheduler.changed),
            schedulers,
            other_jobs,
        }
    }
}

/// `schedule run`: the commands that have succeeded, none if the job was not due.
#[derive(Debug, Serialize)]
pub(super) struct ChainReport {
    pub(super) commands: &'static [&'static str],
}

/// `schedule show`: the one scheduler that is shown, in a list as in the other reports.
#[derive(Debug, Serialize)]
pub(super) struct ShowReport {
    pub(super) schedulers: [SchedulerReport; 1],
}

#[derive(Debug, Serialize)]
pub(super) struct SchedulerReport {
    pub(super) scheduler: &'static str,
    pub(super) id: String,
    pub(super) program: String,
    pub(super) config: String,
    /// `yes`, `no`, `outdated` or `unknown`.
    pub(super) installed: &'static str,
    pub(super) jobs: Vec<JobReport>,
    pub(super) files: Vec<FileReport>,
    pub(super) warnings: Vec<String>,
}

/// A job. Times are unix seconds.
#[derive(Debug, Serialize)]
pub(super) struct JobReport {
    pub(super) name: &'static str,
    pub(super) interval_minutes: u32,
    pub(super) commands: &'static [&'static str],
    /// `None` if it never ran, or if its runs are not recorded (health).
    pub(super) last_run_at: Option<i64>,
    pub(super) last_status: Option<String>,
    /// `None` unless the job is installed as it is shown.
    pub(super) next_run_at: Option<i64>,
}

/// A file of the scheduler. The report of a change has no text.
#[derive(Debug, Serialize)]
pub(super) struct FileReport {
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

impl FileReport {
    fn named(path: String) -> Self {
        Self { path, text: None }
    }
}
