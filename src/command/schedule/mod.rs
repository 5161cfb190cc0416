//! `tornsnap schedule`: shows, installs and removes the jobs for cron, systemd or the Windows Task Scheduler.

mod backend;
mod chain;
mod cron;
mod entries;
pub(crate) mod examples;
mod program;
mod report;
mod show;
mod surroundings;
mod systemd;
mod windows;

use std::path::PathBuf;

use clap::ValueEnum;

use crate::command::schedule::backend::{Backend, Change};
use crate::command::schedule::cron::Cron;
use crate::command::schedule::entries::Entries;
use crate::command::schedule::report::ChangeReport;
use crate::command::schedule::systemd::Systemd;
use crate::command::schedule::windows::Windows;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result};
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

/// A program that starts others at given times.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Scheduler {
    Cron,
    Systemd,
    Windows,
}

impl Scheduler {
    const ALL: [Self; 3] = [Self::Windows, Self::Systemd, Self::Cron];

    fn backend(self, logon: Logon) -> Box<dyn Backend> {
        match self {
            Self::Cron => Box::new(Cron),
            Self::Systemd => Box::new(Systemd),
            Self::Windows => Box::new(Windows { logon }),
        }
    }

    /// The backends of all schedulers.
    fn backends() -> impl Iterator<Item = Box<dyn Backend>> {
        let all = Self::ALL.into_iter();
        all.map(|scheduler| scheduler.backend(Logon::default()))
    }

    /// The scheduler that this machine has.
    fn of_this_machine() -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scheduler| scheduler.backend(Logon::default()).is_available())
    }
}

impl Args {
    /// The named scheduler, or the one that this machine has.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when no scheduler is named and this machine has none.
    fn backend(&self) -> Result<Box<dyn Backend>> {
        let logon = if self.when_logged_off {
            windows::always()
        } else {
            Logon::default()
        };
        let scheduler = self.scheduler.or_else(Scheduler::of_this_machine);
        scheduler
            .map(|scheduler| scheduler.backend(logon))
            .ok_or_else(|| {
                Error::new("find a scheduler on this machine")
                    .with_source(
                        "there is no crontab command, and systemd does not answer for this user",
                    )
                    .with_help(
                        "install cron (`sudo apt-get install cron`), or log in so that `systemctl --user` works; \
                         `tornsnap schedule show --for cron` prints the entries",
                    )
                    .with_exit(Exit::Config)
            })
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
/// [`Exit::Config`] when there is no configuration or no scheduler, or when no schedule can hold the paths;
/// [`Exit::NoKey`] when the jobs would have no key.
fn install(context: &Context, args: &Args) -> Result<Outcome> {
    let settings = &context.settings;
    let config = entries::config_path(settings)?;
    let backend = args.backend()?;
    let backend = backend.as_ref();
    let entries = Entries::new(settings, &config, backend.appends_output())?;
    let jobs_settings = surroundings::settings_of_jobs(&entries.config)?;
    surroundings::refuse_without_keys(settings, &jobs_settings, backend)?;
    let mut warnings = entries.warnings.clone();
    warnings.extend(surroundings::warnings(settings, &jobs_settings, backend));
    warnings.extend(other_installations(backend, &entries));
    let change = backend.install(&entries, settings.clock.now())?;
    warnings.extend(change.notes.iter().cloned());
    if !context.json && context.verbosity > Verbosity::Quiet {
        terminal::print_message(&list_jobs(backend, &entries));
    }
    for warning in &warnings {
        log::warn!("{warning}");
    }
    Ok(Outcome::done(
        describe_change(backend, &entries, &change),
        ChangeReport::new(backend, &entries.paths.id, &entries.config, &change)
            .with_warnings(warnings),
    ))
}

/// The scheduler and the jobs of a schedule: a line for each.
fn list_jobs(backend: &dyn Backend, entries: &Entries) -> String {
    let jobs = entries.jobs.iter();
    let jobs: Vec<String> = jobs
        .map(|job| format!("  {}: {}", job.interval, job.name.description()))
        .collect();
    format!("jobs in {}:\n{}", backend.place(), jobs.join("\n"))
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
