//! `tornsnap schedule`: shows, installs and removes the jobs for cron, systemd or the Windows Task Scheduler.

mod backend;
mod chain;
mod child;
mod cron;
mod cron_daemon;
mod crontab_change;
mod crontab_copies;
mod crontab_file;
pub(crate) mod entries;
pub(crate) mod examples;
mod inspection;
mod installation;
mod mark;
mod others;
mod program;
mod programs;
mod remove;
mod report;
mod scheduler;
mod show;
mod surroundings;
mod systemd;
mod user_lock;
mod windows;

use clap::ValueEnum;

pub(in crate::command) use inspection::inspect;
pub(in crate::command) use installation::{Installation, Installed, place_of_jobs};

use crate::command::demo_config;
use crate::command::schedule::backend::{Backend, Change, State};
use crate::command::schedule::cron::Cron;
use crate::command::schedule::entries::Entries;
use crate::command::schedule::report::{ChangeReport, ChangesReport};
use crate::command::schedule::scheduler::{Scheduler, no_scheduler};
use crate::command::{Context, Outcome};
use crate::config::{Overrides, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::schedule::job::JobName;
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
    /// The job of `run`
    #[arg(hide = true, value_parser = parse_job)]
    job: Option<JobName>,
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
    /// Run the commands of a job, one after the other, until one fails, if it is due. The schedulers start this.
    #[value(hide = true)]
    Run,
}

impl Args {
    /// The settings to start with. `remove` needs none, so that it works when the configuration is gone or wrong.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Settings::resolve`].
    pub(crate) fn settings(&self, overrides: &Overrides) -> Result<Settings> {
        match (self.action, Settings::resolve(overrides)) {
            (Action::Remove, Err(_)) => Ok(Settings::defaults()),
            (_, settings) => settings,
        }
    }

    /// Refuses an option that would change nothing.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`].
    fn refuse_meaningless_options(&self) -> Result<()> {
        let refuse = |option: &str, why: &str, help: &str| {
            Err(Error::new(format!("use {option} here"))
                .with_source(why)
                .with_help(help)
                .with_exit(Exit::Usage))
        };
        if self.job.is_some() && self.action != Action::Run {
            return refuse("a second word", "it takes one action", "leave it out");
        }
        if self.scheduler.is_some() && self.action == Action::Run {
            return refuse(
                "--for",
                "a job does the same under each scheduler",
                "leave it out",
            );
        }
        if self.dry_run && !matches!(self.action, Action::Install | Action::Remove) {
            return refuse(
                "--dry-run",
                "only `install` and `remove` change something",
                "leave it out",
            );
        }
        if !self.when_logged_off {
            return Ok(());
        }
        if !matches!(self.action, Action::Install | Action::Show) {
            return refuse(
                "--when-logged-off",
                "it is a property of tasks that are installed",
                "leave it out",
            );
        }
        match self.scheduler.or_else(Scheduler::of_this_machine) {
            Some(Scheduler::Windows) | None => Ok(()),
            Some(Scheduler::Systemd) => refuse(
                "--when-logged-off",
                "it is for the Windows Task Scheduler",
                "leave it out, and run `loginctl enable-linger` once to let the timers of systemd run while you are \
                 logged out",
            ),
            Some(Scheduler::Cron) => refuse(
                "--when-logged-off",
                "it is for the Windows Task Scheduler",
                "leave it out: the jobs of cron run whether you are logged in or not",
            ),
        }
    }

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
            .ok_or_else(no_scheduler)
    }
}

fn parse_job(text: &str) -> Result<JobName, String> {
    JobName::ALL
        .into_iter()
        .find(|name| name.as_str() == text)
        .ok_or_else(|| "it is no job".to_owned())
}

/// Shows, installs or removes the schedule.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    args.refuse_meaningless_options()?;
    match args.action {
        // A machine without a scheduler shows what cron would get.
        Action::Show => show::run(
            context,
            args.backend().unwrap_or_else(|_| Box::new(Cron)).as_ref(),
        ),
        Action::Install if args.dry_run => print_preview(context, args),
        Action::Install => install(context, args),
        Action::Remove => remove::run(context, args),
        Action::Run => chain::run(
            context,
            &entries::config_path(&context.settings)?,
            args.job.unwrap_or(JobName::Backup),
        ),
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
    demo_config::refuse(settings, "install jobs")?;
    let config = entries::config_path(settings)?;
    let jobs_settings = surroundings::settings_of_jobs(&config)?;
    let installation = Installation::new(settings, &jobs_settings, &config, args.backend()?)?;
    let change = installation.change(settings.clock.now())?;
    let (backend, entries) = (installation.backend.as_ref(), &installation.entries);
    let has_jobs = !entries.jobs.is_empty();
    if has_jobs && !context.json && context.verbosity > Verbosity::Quiet {
        terminal::print_message(&list_jobs(&installation));
    }
    for warning in installation.warnings.iter().chain(&change.notes) {
        log::warn!("{warning}");
    }
    let report = ChangeReport::new(backend, &entries.paths.id, &entries.config, &change)
        .with_warnings(installation.warnings.clone());
    Ok(Outcome::done(
        describe_change(backend, entries, &change),
        ChangesReport::new(vec![report], Vec::new(), false),
    ))
}

/// The scheduler and the jobs of a schedule: a line for each.
fn list_jobs(installation: &Installation) -> String {
    let jobs = installation.jobs().join("\n  ");
    format!("jobs in {}:\n  {jobs}", installation.place())
}

fn describe_change(backend: &dyn Backend, entries: &Entries, change: &Change) -> String {
    if entries.jobs.is_empty() {
        let place = backend.place();
        return if change.is_changed {
            format!(
                "all jobs are off: removed the old ones from {place}{}",
                kept(change)
            )
        } else {
            format!("all jobs are off: there is nothing to install in {place}")
        };
    }
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

/// Prints what an installation would write, and warns of all that it would warn of or be refused for.
fn print_preview(context: &Context, args: &Args) -> Result<Outcome> {
    let settings = &context.settings;
    let config = entries::config_path(settings)?;
    let jobs_settings = surroundings::settings_of_jobs(&config)?;
    let installation = Installation::unchecked(settings, &jobs_settings, &config, args.backend()?)?;
    let (backend, entries) = (installation.backend.as_ref(), &installation.entries);
    let preview = backend.preview(entries)?;
    let mut warnings = installation.warnings.clone();
    warnings.extend(preview.notes);
    let has_jobs = !entries.jobs.is_empty();
    if has_jobs {
        warnings.extend(backend.notes(entries));
    }
    let would_fail = demo_config::refuse(settings, "install jobs")
        .and_then(|()| {
            let id = &entries.paths.id;
            let checked =
                || surroundings::refuse_without_keys(settings, &jobs_settings, backend, id);
            if has_jobs { checked() } else { Ok(()) }
        })
        .and_then(|()| backend.require());
    let is_changed = would_fail.is_ok()
        && match backend.state(entries)? {
            State::Yes => false,
            State::No => has_jobs,
            State::Outdated => true,
        };
    if let Err(error) = would_fail {
        warnings.push(format!(
            "the installation would fail: {}{}",
            error.one_line(),
            error.help_clause()
        ));
    }
    if !context.json {
        terminal::print_bytes(&preview.printed)?;
    }
    for warning in &warnings {
        log::warn!("{warning}");
    }
    let (jobs, place) = (entries.jobs.len(), backend.place());
    let summary = if has_jobs {
        format!("would install {jobs} jobs in {place}")
    } else {
        format!("all jobs are off: would remove those in {place}")
    };
    let change = Change {
        is_changed,
        files: preview.files,
        ..Change::default()
    };
    let report = ChangeReport::new(backend, &entries.paths.id, &entries.config, &change);
    let report = vec![report.with_warnings(warnings)];
    Ok(Outcome::done(
        summary,
        ChangesReport::new(report, Vec::new(), true),
    ))
}
