//! Offers the jobs that run tornsnap by themselves, and installs them after everything is written.

use std::path::Path;

use crate::command::Context;
use crate::command::Outcome;
use crate::command::init::guide::{Guide, say};
use crate::command::init::report::JobsReport;
use crate::command::init::write::Setup;
use crate::command::init::{config_flag, database_flag, describe};
use crate::command::schedule::{Installation, Installed, place_of_jobs};
use crate::command::signal::StopSignal;
use crate::error::{Error, Exit, Result};
use crate::model::path::display_path;

/// The answer to the offer.
#[derive(Debug)]
pub(super) enum Jobs {
    /// Nothing is installed: the user does not want it, or it is not possible, or there are jobs already.
    Unchanged,
    Wanted {
        place: String,
        count: usize,
        /// The warnings that the user has read.
        warnings: Vec<String>,
    },
}

impl Guide<'_> {
    /// Offers the jobs for a new configuration.
    pub(super) fn offer_jobs(&self, setup: &Setup) -> Result<Jobs> {
        let found = Installation::on_this_machine(&setup.settings, &setup.text, &setup.file);
        let command = install_command(self.context, &setup.file);
        let installation = match found {
            Ok(installation) => installation,
            Err(error) => {
                say(&format!(
                    "\nNo jobs can be installed: {}. When that is settled, `{command}` installs them.",
                    error.one_line()
                ));
                return Ok(Jobs::Unchanged);
            }
        };
        let place = installation.place();
        let jobs = installation.jobs();
        say(&format!(
            "\ntornsnap collects only when something starts it. These jobs would be added to {place}:"
        ));
        for job in &jobs {
            say(&format!("  {job}"));
        }
        for warning in &installation.warnings {
            say(&format!("Note: {warning}."));
        }
        if !self.prompt.confirm("Install these jobs?", true)? {
            say(&format!("Later, `{command}` installs them."));
            return Ok(Jobs::Unchanged);
        }
        Ok(Jobs::Wanted {
            place,
            count: jobs.len(),
            warnings: installation.warnings,
        })
    }

    /// Offers the jobs for an existing configuration, unless a scheduler has them.
    pub(super) fn offer_missing_jobs(&self, setup: &Setup) -> Result<Jobs> {
        let Some(place) = place_of_jobs(&setup.file) else {
            return self.offer_jobs(setup);
        };
        let is_outdated = Installation::on_this_machine(&setup.settings, &setup.text, &setup.file)
            .and_then(|installation| installation.is_outdated());
        if is_outdated.unwrap_or(false) {
            say(&format!(
                "The jobs in {place} do not match the configuration any more. Run `{}` after this.",
                install_command(self.context, &setup.file)
            ));
        }
        Ok(Jobs::Unchanged)
    }
}

/// The command that installs the jobs of this configuration.
fn install_command(context: &Context, file: &Path) -> String {
    format!("tornsnap schedule install{}", config_flag(context, file))
}

/// Installs the jobs if the user wants them. `outcome` is that of everything before.
///
/// # Errors
///
/// A signal ends it before the installation. Another error becomes a part of the outcome, because everything else is
/// written.
pub(super) fn install(
    context: &Context,
    setup: &Setup,
    jobs: &Jobs,
    stop: &StopSignal,
    outcome: impl FnOnce(String, Option<JobsReport>) -> Outcome,
) -> Result<Outcome> {
    let Jobs::Wanted { warnings, .. } = jobs else {
        return Ok(outcome(describe(context, setup, ""), None));
    };
    let help = format!(
        "the configuration and the database are written; run `{}`",
        install_command(context, &setup.file)
    );
    if let Some(exit) = stop.received() {
        return Err(Error::new("install the jobs")
            .with_source("it was interrupted")
            .with_help(help)
            .with_exit(exit));
    }
    let installed = Installation::on_this_machine(&setup.settings, &setup.text, &setup.file)
        .and_then(|found| {
            let new = found.warnings.iter().filter(|new| !warnings.contains(new));
            new.for_each(|warning| log::warn!("{warning}"));
            found.install(setup.settings.clock.now())
        });
    match installed {
        Ok(installed) => {
            for note in &installed.notes {
                log::warn!("{note}");
            }
            let summary = describe_installed(context, setup, &installed);
            Ok(outcome(summary, Some(JobsReport::from(&installed))))
        }
        Err(error) => {
            let error = error.with_more_help(&help).with_exit(Exit::Partial);
            Ok(Outcome {
                exit: Exit::Partial,
                status: Exit::Partial.into(),
                failure: Some(error),
                ..outcome(describe(context, setup, ""), None)
            })
        }
    }
}

/// The result in one line, with the commands that show how it goes on.
fn describe_installed(context: &Context, setup: &Setup, installed: &Installed) -> String {
    let flag = config_flag(context, &setup.file);
    let database = database_flag(&setup.settings);
    let before = installed
        .crontab_before
        .as_deref()
        .map_or_else(String::new, |path| {
            format!("; the crontab as it was before: {}", display_path(path))
        });
    format!(
        "ready: {}, and {} jobs in {}{before}; next: tornsnap fetch all{flag}{database}, or wait for the jobs; \
         tornsnap schedule show{flag} says when they start",
        setup.settings.database.display(),
        installed.jobs,
        installed.place,
    )
}
