//! The jobs of other configurations, and the commands that remove them.

use std::path::Path;

use crate::command::schedule::backend::{Backend, Installed};
use crate::command::schedule::scheduler::Scheduler;
use crate::model::path::shell_word;
use crate::model::schedule::windows::Logon;

/// The jobs of another configuration, and the scheduler that has them.
pub(super) struct Other {
    pub(super) scheduler: &'static str,
    pub(super) jobs: Installed,
}

/// The installed jobs with other ids than these. A scheduler that cannot be read has none.
pub(super) fn others(named: Option<Scheduler>, ids: &[String]) -> Vec<Other> {
    let backends: Vec<Box<dyn Backend>> = match named {
        Some(scheduler) => vec![scheduler.backend(Logon::default())],
        None => Scheduler::backends().collect(),
    };
    let mut others = Vec::new();
    for backend in backends {
        let installed = backend.installed().unwrap_or_default().into_iter();
        others.extend(
            installed
                .filter(|jobs| !ids.contains(&jobs.id))
                .map(|jobs| Other {
                    scheduler: backend.name(),
                    jobs,
                }),
        );
    }
    others
}

/// A warning for each installed schedule whose configuration is not there. Its folder was moved or removed, and its jobs fail
/// at each start. They may also belong to a disk that is not mounted now, so the user decides.
pub(super) fn warnings_of_gone() -> Vec<String> {
    others(None, &[])
        .into_iter()
        .filter_map(|other| {
            let config = other.jobs.config?;
            // A folder that cannot be read is not gone.
            let is_gone = matches!(Path::new(&config).try_exists(), Ok(false));
            is_gone.then(|| {
                format!(
                    "{} has jobs for {config}, which is not there; if you moved or removed it, remove them with `{}`",
                    other.scheduler,
                    command(&config)
                )
            })
        })
        .collect()
}

pub(super) fn describe(other: &Other) -> String {
    let scheduler = other.scheduler;
    match &other.jobs.config {
        Some(config) => format!(
            "{scheduler} has jobs for {config}; remove them with `{}`",
            command(config)
        ),
        None => format!(
            "{scheduler} has jobs with the id {}, and the path of their configuration cannot be read; remove them with \
             the tools of {scheduler}",
            other.jobs.id
        ),
    }
}

/// The command that removes the jobs of a configuration.
fn command(config: &str) -> String {
    let word = shell_word(Path::new(config));
    format!("tornsnap schedule remove --config {word}")
}
