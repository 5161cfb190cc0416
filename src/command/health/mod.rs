//! `tornsnap health`: one page of checks, in the manner of monitoring plugins, and the watchdog that tells of changes.

mod notify;

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::command::{Context, Outcome};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::health::{self, Check, State};
use crate::model::kind::Kind;
use crate::model::path::shown;
use crate::model::time::{HOUR, Month};
use crate::output::terminal::Verbosity;
use crate::output::{health as page, terminal};
use crate::store::health::{self as look, Reading, Subject, View};

/// Check that everything is well: exit code 0 OK, 1 warning, 2 critical, 3 unknown
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Also check every page and reference of the database, and prove the latest backup again
    #[arg(long)]
    deep: bool,
    /// Tell the configured webhook when the state has changed, and daily while it is critical
    #[arg(long)]
    notify: bool,
}

/// Looks at everything, shows it, and tells those who want to know.
pub fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let settings = &context.settings;
    let now = settings.clock.now();
    let checks = look_at(settings, args.deep, now);
    let state = health::overall(&checks);
    let mut report = report(settings, &checks, now);
    if args.notify {
        report["notification"] = notify::tell(settings, &checks, &report, now);
    }
    if !context.json && (context.verbosity > Verbosity::Quiet || state != State::Ok) {
        page::print(&checks).map_err(|error| terminal::unprinted("the checks", error))?;
    }
    log::info!(target: crate::output::log::FILE_ONLY, "health: {}", health::in_short(&checks));
    Ok(Outcome {
        exit: exit_of(state),
        summary: None,
        report,
        failure: None,
    })
}

/// Tells that not even looking was possible, in the same manner: the settings cannot be used.
pub fn unable(error: &Error, json: bool) -> ExitCode {
    let checks = [not_possible("configuration", State::Unknown, error)];
    let printed = if json {
        terminal::report(&json!({
            "command": "health",
            "state": State::Unknown.as_str(),
            "exit_code": Exit::HEALTH_UNKNOWN.code(),
            "summary": health::in_short(&checks),
            "checks": [in_full(&checks[0])],
        }))
    } else {
        page::print(&checks).map_err(|error| terminal::unprinted("the checks", error))
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

fn look_at(settings: &Settings, deep: bool, now: i64) -> Vec<Check> {
    let mut checks = database_checks(settings, deep, now);
    checks.extend(surroundings(settings, deep, now));
    checks
}

/// What can be said of the database; once more, as any reader, when somebody began to write meanwhile.
fn database_checks(settings: &Settings, deep: bool, now: i64) -> Vec<Check> {
    for _ in 0..3 {
        match look::look(&settings.database) {
            Ok(Subject::Current(mut view)) => {
                let checks = inside(settings, &mut view, deep, now);
                if !view.is_outdated() {
                    return checks;
                }
            }
            Ok(Subject::Older(version)) => {
                return vec![Check::bad(
                    "database",
                    State::Warning,
                    format!("the database has the schema {version} of an older tornsnap"),
                    "run `tornsnap init`: it brings the database up to date, with a copy made first",
                )];
            }
            Err(error) => {
                return vec![not_possible("database", state_of(&error, settings), &error)];
            }
        }
    }
    vec![Check::bad(
        "database",
        State::Unknown,
        "the database was written to each time it was looked at",
        "run it again",
    )]
}

/// What cannot be read for want of rights cannot be told; everything else is wrong with the database itself.
fn state_of(error: &Error, settings: &Settings) -> State {
    match error.exit() {
        Exit::Config | Exit::Damaged if !look::is_forbidden(&settings.database) => State::Critical,
        _ => State::Unknown,
    }
}

fn inside(settings: &Settings, view: &mut View, deep: bool, now: i64) -> Vec<Check> {
    let message = match view.reading() {
        Reading::Shared | Reading::Alone => "the database is there and of this version".to_owned(),
        Reading::WithoutWal => {
            "the database is there; its folder cannot be written, so what is still in the WAL was not seen".to_owned()
        }
    };
    let mut checks = vec![Check::ok("database", message), soundness(view, deep)];
    // One failing statement is one unknown check, not the end of all.
    let mut add = |id: &str, found: Result<Vec<Check>>| match found {
        Ok(found) => checks.extend(found),
        Err(error) => checks.push(not_possible(id, state_of(&error, settings), &error)),
    };
    add("runs", runs(settings, view, now));
    add(
        "keys",
        view.keys().map(|keys| vec![health::keys(&keys, now)]),
    );
    add(
        "address",
        view.address_pause(now).map(|pause| {
            let pause = pause.as_ref().map(|(until, why)| (*until, why.as_str()));
            vec![health::address(pause)]
        }),
    );
    add(
        "rejected",
        view.rejected(now).map(|(answers, newest)| {
            let most = settings.health.max_rejected;
            vec![health::rejected(answers, newest.as_deref(), most)]
        }),
    );
    add("missing", missing(settings, view, now));
    add("months", months(settings, view, now));
    add("clock", clock(view, now));
    add(
        "size",
        view.rows().map(|rows| {
            let mut sizes = vec![health::size(
                look::size_of(&settings.database),
                rows.values().sum(),
            )];
            sizes.extend(
                rows.iter()
                    .filter_map(|(table, count)| health::rows(table, *count)),
            );
            sizes
        }),
    );
    checks
}

fn soundness(view: &mut View, deep: bool) -> Check {
    let (found, message) = if deep {
        (
            view.check_all(),
            "integrity_check and foreign_key_check find nothing wrong",
        )
    } else {
        match view.check_quickly() {
            Ok(true) => (Ok(()), "quick_check finds nothing wrong"),
            Ok(false) => (
                Ok(()),
                "quick_check finds nothing wrong in the time it has; --deep looks at everything",
            ),
            Err(error) => (Err(error), ""),
        }
    };
    match found {
        Ok(()) => Check::ok("integrity", message),
        Err(error) if error.exit() == Exit::Damaged => Check::bad(
            "integrity",
            State::Critical,
            error.on_one_line(),
            "stop the schedules, keep the file, and run `tornsnap restore latest`",
        ),
        Err(error) => not_possible("integrity", State::Unknown, &error),
    }
}

/// Ages, failures, kills and gaps of what is followed.
fn runs(settings: &Settings, view: &View, now: i64) -> Result<Vec<Check>> {
    let limits = &settings.health;
    let mut checks = Vec::new();
    let mut killed = Vec::new();
    let mut gaps = Vec::new();
    let followed: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| settings.track.follows(*kind))
        .collect();
    for &kind in &followed {
        let runs = view.runs(kind, i64::from(limits.gap_hours) * HOUR, now)?;
        checks.push(health::age(
            kind,
            runs.last_success,
            now,
            limits.max_age_hours.of(kind),
        ));
        checks.push(health::failures(
            kind,
            runs.failures,
            runs.error.as_deref(),
            limits.max_failed_runs,
        ));
        killed.extend(runs.killed.into_iter().map(|began| (kind, began)));
        gaps.extend(runs.gaps);
    }
    if followed.is_empty() {
        checks.push(Check::ok(
            "followed",
            "nothing is followed, so no ages are checked",
        ));
        return Ok(checks);
    }
    killed.sort_by_key(|(_, began)| std::cmp::Reverse(*began));
    checks.push(health::killed(&killed));
    checks.push(health::gaps(&gaps));
    Ok(checks)
}

/// Followed ids that Torn does not know.
fn missing(settings: &Settings, view: &View, now: i64) -> Result<Vec<Check>> {
    let track = &settings.track;
    let ids = view.missing(&track.players, &track.factions, track.members)?;
    Ok(vec![health::missing(&ids, now)])
}

/// The clock against what is stored.
fn clock(view: &View, now: i64) -> Result<Vec<Check>> {
    let (newest, far) = (view.newest_moment()?, view.far_future(now)?);
    Ok(vec![health::clock(newest, &far, now)])
}

/// Summaries and retention.
fn months(settings: &Settings, view: &View, now: i64) -> Result<Vec<Check>> {
    let missing = view.unsummarized(view.oldest()?, now)?;
    let mut checks = vec![health::summaries(&missing, now)];
    if let Some(running) = Month::of(now) {
        let cutoff = running.minus(settings.retention.keep_months).start();
        checks.push(health::retention(view.is_overdue(cutoff)?, cutoff, now));
    }
    Ok(checks)
}

/// What can be looked at whatever the database is like.
fn surroundings(settings: &Settings, deep: bool, now: i64) -> Vec<Check> {
    let database = &settings.database;
    let (version, number) = look::sqlite_version();
    vec![
        key_files(settings),
        backups(settings, deep, now),
        match look::free_space(database) {
            Ok(free) => health::disk(free, u64::from(settings.health.min_free_mb) * 1_000_000),
            Err(error) => not_possible("disk", State::Unknown, &error),
        },
        health::wal(look::wal_size(database)),
        health::sqlite(version, number),
    ]
}

fn key_files(settings: &Settings) -> Check {
    let unreadable: Vec<(String, String)> = settings
        .unreadable_keys()
        .into_iter()
        .map(|key| (key.name, key.why))
        .collect();
    health::key_files(settings.configured_keys(), &unreadable)
}

fn backups(settings: &Settings, deep: bool, now: i64) -> Check {
    let directory = &settings.backup.directory;
    let days = settings.health.backup_max_age_days;
    let proven = if deep {
        look::verify_newest(directory, &settings.database).map(drop)
    } else {
        Ok(())
    };
    if let Err(error) = proven {
        return Check::bad(
            "backup",
            State::Critical,
            error.on_one_line(),
            "run `tornsnap backup` to have a sound one, and see to the disk",
        );
    }
    match look::newest_backup(directory, &settings.database) {
        Ok(newest) => {
            let path = newest
                .as_ref()
                .map_or(directory.as_path(), |(_, path)| path);
            let made = newest.as_ref().map(|(made, _)| *made);
            health::backup(made, now, days, &shown(path))
        }
        Err(error) => not_possible("backup", State::Unknown, &error),
    }
}

fn not_possible(id: &str, state: State, error: &Error) -> Check {
    Check::bad(
        id,
        state,
        error.on_one_line(),
        error.remedy().unwrap_or("run it again with -v"),
    )
}

fn report(settings: &Settings, checks: &[Check], now: i64) -> Value {
    let state = health::overall(checks);
    json!({
        "command": "health",
        "state": state.as_str(),
        "exit_code": exit_of(state).code(),
        "summary": health::in_short(checks),
        "checked_at": now,
        "database": shown(&settings.database),
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
