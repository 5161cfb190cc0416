//! `tornsnap health`: one page of checks, in the manner of monitoring plugins, and the watchdog that tells of changes.

mod checks;
mod discord;
mod notify;
mod ping;

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::command::{Context, Outcome};
use crate::config::{self, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::health::{self, Check, State};
use crate::model::path::display_path;
use crate::output::terminal::Verbosity;
use crate::output::{health as page, terminal};

/// Check that everything is well: exit code 0 OK, 1 warning, 2 critical, 3 unknown
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Also check every page and reference of the database, and prove the latest backup again
    #[arg(long)]
    deep: bool,
    /// Tell the configured webhook when the findings have changed, and daily while something is critical
    #[arg(long)]
    notify: bool,
    /// Only send a test message to the configured webhook, and a ping, and say whether they were taken
    #[arg(long, conflicts_with_all = ["deep", "notify"])]
    test_notify: bool,
}

/// Looks at everything, shows it, and tells those who want to know.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let settings = &context.settings;
    let now = settings.clock.now();
    let checks = if args.test_notify {
        notify::test(settings, now)
    } else {
        checks::look_at(settings, args.deep, now)
    };
    let mut report = report(settings, &checks, now);
    if args.notify {
        report["notification"] = notify::tell(settings, &checks, &report, now);
    }
    if !context.json {
        let is_quiet = context.verbosity == Verbosity::Quiet;
        page::print(&checks, is_quiet, config::columns())
            .map_err(|error| terminal::unprinted("the checks", error))?;
    }
    log::info!(target: crate::output::log::FILE_ONLY, "health: {}", health::in_short(&checks));
    Ok(Outcome {
        exit: exit_of(health::overall(&checks)),
        summary: None,
        report,
        failure: None,
    })
}

/// Tells that not even looking was possible, in the same manner: the settings cannot be used.
pub(crate) fn unable(error: &Error, json: bool) -> ExitCode {
    let checks = [checks::not_possible("configuration", State::Unknown, error)];
    let printed = if json {
        terminal::report(&json!({
            "command": "health",
            "state": State::Unknown.as_str(),
            "exit_code": Exit::HEALTH_UNKNOWN.code(),
            "summary": health::in_short(&checks),
            "checks": [in_full(&checks[0])],
        }))
    } else {
        page::print(&checks, false, config::columns())
            .map_err(|error| terminal::unprinted("the checks", error))
    };
    if let Err(unprinted) = printed {
        terminal::fail(error);
        terminal::fail(&unprinted);
    }
    Exit::HEALTH_UNKNOWN.into()
}

fn exit_of(state: State) -> Exit {
    match state {
        State::Ok => Exit::Done,
        State::Warning => Exit::HEALTH_WARNING,
        State::Critical => Exit::HEALTH_CRITICAL,
        State::Unknown => Exit::HEALTH_UNKNOWN,
    }
}

fn report(settings: &Settings, checks: &[Check], now: i64) -> Value {
    let state = health::overall(checks);
    json!({
        "command": "health",
        "state": state.as_str(),
        "exit_code": exit_of(state).code(),
        "summary": health::in_short(checks),
        "checked_at": now,
        "database": display_path(&settings.database),
        "program": env!("CARGO_PKG_VERSION"),
        "checks": checks.iter().map(in_full).collect::<Vec<_>>(),
    })
}

fn in_full(check: &Check) -> Value {
    json!({
        "id": check.id,
        "state": check.state.as_str(),
        "message": check.message,
        "try": check.remedy,
        "value": check.value.map(|value| value.number),
        "unit": check.value.map(|value| value.unit),
        "warning": check.value.and_then(|value| value.warning),
        "critical": check.value.and_then(|value| value.critical),
        "is_minimum": check.value.is_some_and(|value| value.is_minimum),
    })
}
