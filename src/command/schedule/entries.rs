//! The jobs of a schedule with the paths of this program and of the configuration.

use std::path::{Path, PathBuf};

use crate::command::Context;
use crate::command::schedule::program;
use crate::config::{Schedule, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::path::plain_absolute;
use crate::model::schedule::interval::Interval;
use crate::model::schedule::job::{Job, JobName, plan};
use crate::model::schedule::paths::{Paths, path_text};
use crate::store::files::sha256;

/// The length of an id. Two configurations of one user hardly ever have the same 32 bits.
const ID_LENGTH: usize = 8;

/// The name of the file that gets the output of the jobs, beside the configuration.
pub(crate) const LOG_NAME: &str = "tornsnap-schedule.log";

/// What a scheduler needs to know of a schedule.
#[derive(Clone, Debug)]
pub(super) struct Entries {
    pub(super) jobs: Vec<Job>,
    pub(super) paths: Paths,
    pub(super) config: PathBuf,
    /// Whether `[log]` names a file.
    pub(super) has_log_file: bool,
    pub(super) warnings: Vec<String>,
}

impl Entries {
    /// `appends_output` is that of the backend.
    pub(super) fn of_context(context: &Context, appends_output: bool) -> Result<Self> {
        let config = config_path(&context.settings)?;
        Self::new(&context.settings, &config, appends_output)
    }

    pub(super) fn new(settings: &Settings, config: &Path, appends_output: bool) -> Result<Self> {
        let program = program::find()?;
        let entries =
            Self::of_program(settings, config, appends_output, &path_text(&program.path)?)?;
        let warnings = [program.warnings, entries.warnings].concat();
        Ok(Self {
            warnings,
            ..entries
        })
    }

    /// The same for another path of the program.
    pub(super) fn of_program(
        settings: &Settings,
        config: &Path,
        appends_output: bool,
        program: &str,
    ) -> Result<Self> {
        let config = plain_absolute(config);
        let has_log_file = settings.log.file.is_some();
        let log = config.with_file_name(LOG_NAME);
        let jobs = jobs(settings);
        let mut warnings = Vec::new();
        if !jobs.iter().any(|job| job.name.kind().is_some()) {
            warnings.push(format!(
                "nothing is fetched: add ids under [track] in {}, or turn fetches on under [schedule]",
                config.display()
            ));
        }
        Ok(Self {
            jobs,
            paths: Paths {
                id: id_of(&config),
                program: program.to_owned(),
                config: path_text(&config)?,
                log: if appends_output && !has_log_file {
                    Some(path_text(&log)?)
                } else {
                    None
                },
            },
            config,
            has_log_file,
            warnings,
        })
    }
}

/// The jobs that are turned on, with fetches only of what is followed.
pub(super) fn jobs(settings: &Settings) -> Vec<Job> {
    let wanted: Vec<(JobName, Interval)> = JobName::ALL
        .into_iter()
        .filter(|name| name.kind().is_none_or(|kind| settings.track.follows(kind)))
        .filter_map(|name| Some((name, interval(&settings.schedule, name)?)))
        .collect();
    plan(&wanted)
}

/// How often a job runs; `None` if it is off.
pub(super) fn interval(schedule: &Schedule, name: JobName) -> Option<Interval> {
    match name {
        JobName::Backup => schedule.backup,
        JobName::Health => schedule.health,
        JobName::Wars | JobName::Factions | JobName::Players | JobName::Territories => {
            schedule.of_kind(name.kind()?)
        }
    }
}

/// The absolute path of the configuration file.
///
/// # Errors
///
/// [`Exit::Config`] when there is no configuration file, because the jobs need one.
pub(super) fn config_path(settings: &Settings) -> Result<PathBuf> {
    match &settings.config_file {
        Some(path) => Ok(plain_absolute(path)),
        None => Err(Error::new("find the configuration for the jobs")
            .with_source("there is no tornsnap.toml here, and none in the configuration folder")
            .with_help("run `tornsnap init`, or name it with --config")
            .with_exit(Exit::Config)),
    }
}

/// The path without links. The file and its last folders may be gone.
fn without_links(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        let Ok(real) = std::fs::canonicalize(ancestor) else {
            continue;
        };
        return match path.strip_prefix(ancestor) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            _ => real,
        };
    }
    path.to_owned()
}

/// The id of the schedule of a configuration. A link and its target have the same one, and so has a configuration before
/// it is written and after it was removed.
pub(super) fn id_of(config: &Path) -> String {
    let path = without_links(config);
    let mut id = sha256(path.as_os_str().as_encoded_bytes());
    id.truncate(ID_LENGTH);
    id
}
