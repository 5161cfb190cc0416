//! `tornsnap schedule`: shows, installs and removes the jobs for cron, systemd or the Windows Task Scheduler.

mod backend;
mod chain;
mod cron;
mod entries;
pub(crate) mod examples;
mod installation;
mod program;
mod report;
mod scheduler;
mod show;
mod surroundings;
mod systemd;
mod windows;

use std::path::PathBuf;

use clap::ValueEnum;

pub(in crate::command) use installation::{Installation, Installed, Presence, place_of_jobs};

use crate::command::schedule::backend::{Backend, Change};
use crate::command::schedule::cron::Cron;
use crate::command::schedule::entries::Entries;
use crate::command::schedule::report::ChangeReport;
use crate::command::schedule::scheduler::{Scheduler, no_scheduler};
use crate::command::{Context, Outcome};
use crate::error::Result;
use crate::model::path::{display_path, plain_absolute};
use crate::model::schedule::windows::Logon;
use crate::output::terminal::{self, Verbosity};

/// Show, install or remove the jobs that run tornsnap by themselves
///
/// `[schedule]` in the configuration says how often each job runs. Only what is followed gets a job.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Show the jobs for this machine, with their last and next runs:
    tornsnap schedule show

  Show what install would write:
    tornsnap schedule install --dry-run

  Show the jobs as tasks of Windows:
    tornsnap schedule show --for windows")]
pub(crate) struct Args {
    /// What to do
    action: Action,
    /// The scheduler [default: the one that this machine has; remove: all that this machine has]
    #[arg(long = "for", value_name = "SCHEDULER")]
    scheduler: Option<Scheduler>,
    /// Print what install or remove would write, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Windows: run also while you are logged off; install it in an elevated prompt (S4U logon, no password stored)
    #[arg(long)]
    when_logged_off: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Action {
    /// Print the entries, and when each job ran last and runs next
    Show,
    /// Add the jobs to the scheduler, or bring them up to date
    Install,
    /// Take the jobs out of the scheduler
    Remove,
    /// Run backup, summarize and prune, one after the other, until one fails. The Task Scheduler starts this.
    #[value(hide = true)]
    Run,
}

impl Args {
    /// The named scheduler, or the one that this machine has.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`](crate::error::Exit::Config) when no scheduler is named and this machine has none.
    fn backend(&self) -> Result<Box<dyn Backend>> {
        let logon = if self.when_logged_off {
            windows::always()
        } else {
            Logon::default()
        };
        let scheduler = self.scheduler.or_else(Scheduler::of_this_machine);
        scheduler
            .map(|scheduler| scheduler.backend(logon))
            .ok_or_else(no_scheduler)
    }
}

/// Shows, installs or removes the schedule.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    match args.action {
        // A machine without a scheduler shows what cron would get.
        Action::Show => show::run(
            context,
            args.backend().unwrap_or_else(|_| Box::new(Cron)).as_ref(),
        ),
        Action::Install if args.dry_run => print_preview(context, args.backend()?.as_ref()),
        Action::Install => install(context, args),
        Action::Remove => remove(context, args),
        Action::Run => chain::run(&entries::config_path(&context.settings)?),
    }
}

/// Installs the schedule, and prints a line for each of its jobs.
///
/// # Errors
///
/// [`Exit::Config`](crate::error::Exit::Config) when there is no configuration or no scheduler, or when no schedule can hold
/// the paths; [`Exit::NoKey`](crate::error::Exit::NoKey) when the jobs would have no key.
fn install(context: &Context, args: &Args) -> Result<Outcome> {
    let settings = &context.settings;
    let config = entries::config_path(settings)?;
    let jobs_settings = surroundings::settings_of_jobs(&config)?;
    let installation = Installation::new(settings, &jobs_settings, &config, args.backend()?)?;
    let change = installation.change(settings.clock.now())?;
    let (backend, entries) = (installation.backend.as_ref(), &installation.entries);
    let mut warnings = installation.warnings.clone();
    warnings.extend(change.notes.iter().cloned());
    if !context.json && context.verbosity > Verbosity::Quiet {
        terminal::print_message(&list_jobs(&installation));
    }
    for warning in &warnings {
        log::warn!("{warning}");
    }
    Ok(Outcome::done(
        describe_change(backend, entries, &change),
        ChangeReport::new(backend, &entries.paths.id, &entries.config, &change)
            .with_warnings(warnings),
    ))
}

/// The scheduler and the jobs of a schedule: a line for each.
fn list_jobs(installation: &Installation) -> String {
    let jobs = installation.jobs().join("\n  ");
    format!("jobs in {}:\n  {jobs}", installation.place())
}

fn describe_change(backend: &dyn Backend, entries: &Entries, change: &Change) -> String {
    let verb = if change.is_changed {
        "installed"
    } else {
        "already installed:"
    };
    let jobs = entries.jobs.len();
    format!("{verb} {jobs} jobs in {}{}", backend.place(), kept(change))
}

/// Where the old crontab is.
fn kept(change: &Change) -> String {
    change
        .crontab_before
        .as_ref()
        .map_or_else(String::new, |path| {
            format!("; the crontab as it was before: {}", path.display())
        })
}

fn print_preview(context: &Context, backend: &dyn Backend) -> Result<Outcome> {
    let entries = Entries::of_context(context, backend.appends_output())?;
    let preview = backend.preview(&entries)?;
    if !context.json {
        terminal::print_bytes(&preview.printed)?;
    }
    let summary = format!(
        "would install {} jobs in {}",
        entries.jobs.len(),
        backend.place()
    );
    let change = Change {
        files: preview.files,
        ..Change::default()
    };
    let report = ChangeReport::new(backend, &entries.paths.id, &entries.config, &change);
    Ok(Outcome::done(summary, report.of_dry_run()))
}

fn remove(context: &Context, args: &Args) -> Result<Outcome> {
    let config = named_config(context)?;
    let id = entries::id_of(&config);
    let now = context.settings.clock.now();
    let mut reports = Vec::new();
    let mut places = Vec::new();
    for backend in backends_to_remove_from(args.scheduler, &id) {
        let change = if args.dry_run {
            Change {
                is_changed: backend.has_entries(&id)?,
                ..Change::default()
            }
        } else {
            backend.remove(&id, &config, now)?
        };
        if change.is_changed {
            places.push(format!("{}{}", backend.place(), kept(&change)));
        }
        reports.push(ChangeReport::new(backend.as_ref(), &id, &config, &change));
    }
    let verb = if args.dry_run {
        "would remove"
    } else {
        "removed"
    };
    let summary = if places.is_empty() {
        format!("no jobs for {} were installed", display_path(&config))
    } else {
        format!("{verb} the jobs from {}", places.join(" and "))
    };
    let report = report::RemoveReport::new(reports, args.dry_run);
    Ok(Outcome::done(summary, report))
}

/// The named scheduler, or all that this machine has. `systemd --user` cannot be reached under `su`, but its units can be
/// read, so that the user is told of jobs that go on.
fn backends_to_remove_from(named: Option<Scheduler>, id: &str) -> Vec<Box<dyn Backend>> {
    match named {
        Some(scheduler) => vec![scheduler.backend(Logon::default())],
        None => Scheduler::backends()
            .filter(|backend| backend.is_available() || backend.has_entries(id).unwrap_or(false))
            .collect(),
    }
}

/// The configuration whose jobs are removed.
fn named_config(context: &Context) -> Result<PathBuf> {
    match &context.overrides.config {
        Some(path) => Ok(plain_absolute(path)),
        None => entries::config_path(&context.settings),
    }
}
