//! The jobs of a configuration in a scheduler, checked before they are installed. `init` offers them.

use std::path::{Path, PathBuf};

use crate::command::schedule::backend::{Backend, Change, State};
use crate::command::schedule::entries::{self, Entries};
use crate::command::schedule::others;
use crate::command::schedule::scheduler::{Scheduler, no_scheduler};
use crate::command::schedule::{mark, surroundings};
use crate::config::Settings;
use crate::error::Result;
use crate::model::schedule::windows::Logon;

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
    /// [`Exit::Config`](crate::error::Exit::Config) when no schedule can hold the paths;
    /// [`Exit::NoKey`](crate::error::Exit::NoKey) when the jobs would have no key.
    pub(super) fn new(
        settings: &Settings,
        jobs_settings: &Settings,
        config: &Path,
        backend: Box<dyn Backend>,
    ) -> Result<Self> {
        let installation = Self::unchecked(settings, jobs_settings, config, backend)?;
        let backend = installation.backend.as_ref();
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
    /// [`Exit::Config`](crate::error::Exit::Config) when no schedule can hold the paths.
    pub(super) fn unchecked(
        settings: &Settings,
        jobs_settings: &Settings,
        config: &Path,
        backend: Box<dyn Backend>,
    ) -> Result<Self> {
        let entries = Entries::new(settings, config, backend.appends_output())?;
        let mut warnings = entries.warnings.clone();
        warnings.extend(mark::warning(&entries.jobs, config));
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
    /// As [`Installation::new`], and [`Exit::Config`](crate::error::Exit::Config) when this machine has no scheduler.
    pub(in crate::command) fn on_this_machine(
        settings: &Settings,
        text: &str,
        config: &Path,
    ) -> Result<Self> {
        let scheduler = Scheduler::of_this_machine().ok_or_else(no_scheduler)?;
        let jobs_settings = Settings::from_text_alone(config, text)?;
        Self::new(
            settings,
            &jobs_settings,
            config,
            scheduler.backend(Logon::default()),
        )
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

    pub(super) fn change(&self, now: i64) -> Result<Change> {
        let mut change = self.backend.install(&self.entries, now)?;
        change.notes.extend(self.backend.notes(&self.entries));
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
