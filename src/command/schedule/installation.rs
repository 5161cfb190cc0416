//! The jobs of a configuration in a scheduler, checked before they are installed. `init` offers them.

use std::path::{Path, PathBuf};

use crate::command::schedule::backend::{Backend, Change, State};
use crate::command::schedule::entries::{self, Entries};
use crate::command::schedule::others;
use crate::command::schedule::scheduler::{Scheduler, no_scheduler};
use crate::command::schedule::{mark, surroundings, user_lock};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::path::{display_path, shell_word};
use crate::model::schedule::windows::Logon;
use crate::store::owner;

/// Jobs that can be installed.
pub(in crate::command) struct Installation {
    pub(super) backend: Box<dyn Backend>,
    pub(super) entries: Entries,
    /// Warnings for the user before the installation.
    pub(in crate::command) warnings: Vec<String>,
}

/// The result of [`Installation::install`].
pub(in crate::command) struct Installed {
    /// The value of `--for`.
    pub(in crate::command) scheduler: &'static str,
    pub(in crate::command) place: String,
    pub(in crate::command) jobs: usize,
    pub(in crate::command) crontab_before: Option<PathBuf>,
    pub(in crate::command) notes: Vec<String>,
}

impl Installation {
    /// `jobs_settings` are those without flags and environment variables.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when no schedule can hold the paths;
    /// [`Exit::NoKey`] when the jobs would have no key.
    pub(super) fn new(
        settings: &Settings,
        jobs_settings: &Settings,
        config: &Path,
        backend: Box<dyn Backend>,
    ) -> Result<Self> {
        let installation = Self::unchecked(settings, jobs_settings, config, backend)?;
        let backend = installation.backend.as_ref();
        if installation.entries.jobs.is_empty() {
            return Ok(installation);
        }
        surroundings::refuse_without_keys(
            settings,
            jobs_settings,
            backend,
            &installation.entries.paths.id,
        )?;
        Ok(installation)
    }

    /// The same for jobs that need not have a key.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when no schedule can hold the paths.
    pub(super) fn unchecked(
        settings: &Settings,
        jobs_settings: &Settings,
        config: &Path,
        backend: Box<dyn Backend>,
    ) -> Result<Self> {
        let entries = Entries::new(settings, config, backend.appends_output())?;
        let mut warnings = entries.warnings.clone();
        warnings.extend(mark::warning(&entries.jobs, config));
        warnings.extend(mark::warnings_of_no_file(&entries.jobs, config));
        warnings.extend(jobs_of_root(backend.as_ref(), config));
        warnings.extend(surroundings::warnings(
            settings,
            jobs_settings,
            backend.as_ref(),
            &entries.paths.id,
        ));
        warnings.extend(others::warnings_of_gone());
        warnings.extend(other_installations(backend.as_ref(), &entries));
        Ok(Self {
            backend,
            entries,
            warnings,
        })
    }

    /// The jobs for the scheduler of this machine. `text` is that of the configuration, which need not exist yet.
    ///
    /// # Errors
    ///
    /// As [`Installation::new`], and [`Exit::Config`] when this machine has no scheduler, or when all
    /// jobs are off.
    pub(in crate::command) fn on_this_machine(
        settings: &Settings,
        text: &str,
        config: &Path,
    ) -> Result<Self> {
        let scheduler = Scheduler::of_this_machine().ok_or_else(no_scheduler)?;
        let jobs_settings = Settings::from_text_alone(config, text)?;
        let backend = scheduler.backend(Logon::default());
        let installation = Self::new(settings, &jobs_settings, config, backend)?;
        if installation.entries.jobs.is_empty() {
            return Err(Error::new("install jobs")
                .with_source("all jobs are off under [schedule]")
                .with_exit(Exit::Config));
        }
        Ok(installation)
    }

    /// Where the jobs are installed, for messages.
    pub(in crate::command) fn place(&self) -> String {
        self.backend.place()
    }

    /// Each job in words.
    pub(in crate::command) fn jobs(&self) -> Vec<String> {
        let jobs = self.entries.jobs.iter();
        jobs.map(|job| format!("{}: {}", job.interval, job.name.description()))
            .collect()
    }

    /// Whether the scheduler has the jobs of other settings, or of another program.
    pub(in crate::command) fn is_outdated(&self) -> Result<bool> {
        Ok(self.backend.state(&self.entries)? == State::Outdated)
    }

    /// Adds the jobs, replaces the old ones, or takes them out if all jobs are off.
    pub(super) fn change(&self, now: i64) -> Result<Change> {
        let _lock = user_lock::take("schedule install")?;
        let mut change = self.backend.install(&self.entries, now)?;
        if !self.entries.jobs.is_empty() {
            change.notes.extend(self.backend.notes(&self.entries));
        }
        Ok(change)
    }

    /// Installs the jobs.
    pub(in crate::command) fn install(&self, now: i64) -> Result<Installed> {
        let change = self.change(now)?;
        Ok(Installed {
            scheduler: self.backend.name(),
            place: self.place(),
            jobs: self.entries.jobs.len(),
            crontab_before: change.crontab_before,
            notes: change.notes,
        })
    }
}

/// The place of jobs for this configuration, in any scheduler.
pub(in crate::command) fn place_of_jobs(config: &Path) -> Option<String> {
    let id = entries::id_of(&crate::model::path::plain_absolute(config));
    Scheduler::backends()
        .find(|backend| backend.has_entries(&id).unwrap_or(false))
        .map(|backend| backend.place())
}

/// Warns if root installs jobs for the configuration of another user. That user could change what root runs.
fn jobs_of_root(backend: &dyn Backend, config: &Path) -> Option<String> {
    // Windows has no such user; elsewhere its tasks are only shown.
    let owner = owner::other_than_root(config).filter(|_| backend.name() != "windows")?;
    let (shown, word) = (display_path(config), shell_word(config));
    let user = shell_word(Path::new(&owner));
    Some(format!(
        "you are root, so the jobs are those of root and run as root, but {shown} belongs to {owner}; install them as that \
         user instead: `sudo -u {user} tornsnap schedule install --config {word}`"
    ))
}

/// Warns of jobs for the same configuration in another scheduler, which would run everything twice.
fn other_installations(backend: &dyn Backend, entries: &Entries) -> Vec<String> {
    Scheduler::backends()
        .filter(|other| other.name() != backend.name())
        .filter(|other| other.has_entries(&entries.paths.id).unwrap_or(false))
        .map(|other| {
            let name = other.name();
            format!(
                "{} has jobs for this configuration too; run `tornsnap schedule remove --for {name}`, unless every job \
                 should run twice",
                other.place()
            )
        })
        .collect()
}
