//! `tornsnap health`: checks everything like a monitoring plugin, and notifies of changes.

mod checks;
mod discord;
mod notify;
mod ping;
mod report;

use std::process::ExitCode;

use report::Report;

use crate::command::Context;
use crate::command::report::Report as CommandReport;
use crate::command::signal::{StopSignal, interrupted};
use crate::config;
use crate::error::{Error, Exit, Result};
use crate::model::health::{self, Check, State};
use crate::output::terminal::FILE_ONLY;
use crate::output::terminal::Verbosity;
use crate::output::{health as page, terminal};

/// Check that everything is well: exit code 0 OK, 1 warning, 2 critical, 3 unknown
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Check everything; the exit code tells the result:
    tornsnap health

  Check as cron does: print only what is not well, and tell the webhook about changes:
    tornsnap -q health --notify

  Try the webhook:
    tornsnap health --test-notify")]
pub(crate) struct Args {
    /// Also check every page and reference of the database, verify the latest backup again, and check each archive
    #[arg(long)]
    deep: bool,
    /// Notify the configured webhook when the findings have changed, and daily while something is critical
    #[arg(long)]
    notify: bool,
    /// Only send a test message to the configured webhook, and a ping, and report whether they were accepted
    #[arg(long, conflicts_with_all = ["deep", "notify"])]
    test_notify: bool,
}

/// The exit codes of monitoring plugins, in which the lowest numbers have other meanings than in [`Exit`].
///
/// [`Exit`]: crate::error::Exit
#[derive(Clone, Copy, Debug)]
pub(crate) enum HealthExit {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
    Interrupted = 130,
    Terminated = 143,
}

impl HealthExit {
    fn code(self) -> u8 {
        self as u8
    }
}

impl From<State> for HealthExit {
    fn from(state: State) -> Self {
        match state {
            State::Ok => Self::Ok,
            State::Warning => Self::Warning,
            State::Critical => Self::Critical,
            State::Unknown => Self::Unknown,
        }
    }
}

impl From<HealthExit> for ExitCode {
    fn from(exit: HealthExit) -> Self {
        Self::from(exit.code())
    }
}

/// Runs the checks, prints them and sends the notifications that are due.
pub(crate) fn run(context: &Context, args: &Args) -> HealthExit {
    let settings = &context.settings;
    let now = settings.clock.now();
    let checks = if args.test_notify {
        notify::send_test(settings, now)
    } else {
        match run_checks(context, args, now) {
            Ok(checks) => checks,
            Err(error) => return report_interruption(&error, context.json),
        }
    };
    // A webhook may take a long time to answer.
    let _end_on_signal = match StopSignal::end_on_signal() {
        Ok(guard) => guard,
        Err(error) => return report_interruption(&error, context.json),
    };
    let mut report = Report::new(&checks).with_settings(settings, now);
    if args.notify {
        report.notification = Some(notify::notify(settings, &checks, &report, now));
    }
    log::info!(target: FILE_ONLY, "health: {}", health::summary(&checks));
    let is_quiet = context.verbosity == Verbosity::Quiet;
    match print(&checks, &report, context.json, is_quiet) {
        Ok(()) => health::overall(&checks).into(),
        Err(error) => {
            terminal::print_error(&error);
            HealthExit::Unknown
        }
    }
}

/// Runs the checks and prints the page, for `demo`.
pub(super) fn print_page(context: &Context) -> Result<()> {
    let settings = &context.settings;
    let now = settings.clock.now();
    let checks = checks::run_all(settings, false, now);
    let report = Report::new(&checks).with_settings(settings, now);
    print(&checks, &report, false, false)
}

/// Runs the checks. A signal ends them with an error.
fn run_checks(context: &Context, args: &Args, now: i64) -> Result<Vec<Check>> {
    let (action, kept) = ("finish the checks", "nothing was changed");
    StopSignal::interruptible(action, kept, || {
        let checks = checks::run_all(&context.settings, args.deep, now);
        match StopSignal::listen()?.received() {
            // A check that was interrupted has failed, which must not look like a finding.
            Some(exit) => Err(interrupted(action, kept, exit)),
            None => Ok(checks),
        }
    })
}

fn report_interruption(error: &Error, json: bool) -> HealthExit {
    terminal::print_error(error);
    if json && let Err(unprinted) = terminal::report(&CommandReport::of_error("health", error)) {
        terminal::print_error(&unprinted);
    }
    match error.exit() {
        Exit::Terminated => HealthExit::Terminated,
        Exit::Interrupted => HealthExit::Interrupted,
        _ => HealthExit::Unknown,
    }
}

/// Reports that the settings cannot be used, as a check that is unknown.
pub(crate) fn report_unusable_settings(error: &Error, json: bool) -> HealthExit {
    let checks = [checks::failed_check("configuration", State::Unknown, error).with_options()];
    if print(&checks, &Report::new(&checks), json, false).is_err() {
        terminal::print_error(error);
    }
    HealthExit::Unknown
}

fn print(checks: &[Check], report: &Report, json: bool, is_quiet: bool) -> Result<()> {
    if json {
        return terminal::report(report);
    }
    page::print(checks, is_quiet, config::columns())
        .map_err(|error| terminal::write_error("the checks", error))
}
