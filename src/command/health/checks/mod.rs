//! All checks, each from what is looked up to the model's judgement.

mod copies;
mod fetching;

use std::time::Instant;

use self::copies::KnownCopies;
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::health::{self, Check, State};
use crate::model::time::Month;
use crate::store::health::{self as look, ReadMode, Subject, View};
use crate::store::prune::RetentionPolicy;

/// Looks at everything.
pub(super) fn look_at(settings: &Settings, deep: bool, now: i64) -> Vec<Check> {
    let waiting_since = Instant::now();
    let (mut checks, copies) = database_checks(settings, deep, now);
    checks.extend(surroundings(settings, &copies));
    checks.extend(copies::checks(settings, &copies, waiting_since, deep, now));
    checks
}

/// Checks the database, and once more when another program began to write meanwhile.
fn database_checks(settings: &Settings, deep: bool, now: i64) -> (Vec<Check>, KnownCopies) {
    let nothing = |check| (vec![check], KnownCopies::default());
    for _ in 0..3 {
        match look::look(&settings.database) {
            Ok(Subject::Current(mut view)) => {
                let mut checks = inside(settings, &mut view, deep, now);
                let copies = KnownCopies::of(&view, settings).unwrap_or_else(|error| {
                    checks.push(not_possible("copies", state_of(&error, settings), &error));
                    KnownCopies::default()
                });
                if !view.is_outdated() {
                    return (checks, copies);
                }
            }
            Ok(Subject::Older(version)) => {
                return nothing(Check::bad(
                    "database",
                    State::Warning,
                    format!("the database has the schema {version} of an older tornsnap"),
                    "run `tornsnap init`: it brings the database up to date, with a copy made first",
                ));
            }
            Err(error) => {
                return nothing(not_possible("database", state_of(&error, settings), &error));
            }
        }
    }
    nothing(Check::bad(
        "database",
        State::Unknown,
        "the database was written to each time it was looked at",
        "run it again",
    ))
}

/// Missing rights make a check unknown; any other failure is a fault of the database.
fn state_of(error: &Error, settings: &Settings) -> State {
    match error.exit() {
        Exit::Config | Exit::Damaged if !look::is_forbidden(&settings.database) => State::Critical,
        _ => State::Unknown,
    }
}

fn inside(settings: &Settings, view: &mut View, deep: bool, now: i64) -> Vec<Check> {
    let message = match view.reading() {
        ReadMode::Shared | ReadMode::Immutable => "the database is there and of this version".to_owned(),
        ReadMode::WithoutWal => {
            "the database is there; its folder cannot be written, so what is still in the WAL was not seen".to_owned()
        }
    };
    let mut checks = vec![Check::ok("database", message), soundness(view, deep)];
    // One failing statement is one unknown check, not the end of all.
    let mut add = |id: &str, found: Result<Vec<Check>>| match found {
        Ok(found) => checks.extend(found),
        Err(error) => checks.push(not_possible(id, state_of(&error, settings), &error)),
    };
    add("runs", fetching::runs(settings, view, now));
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
            error.one_line(),
            "stop the schedules, keep the file, and run `tornsnap restore latest`",
        ),
        Err(error) => not_possible("integrity", State::Unknown, &error),
    }
}

/// Followed ids that Torn does not know.
fn missing(settings: &Settings, view: &View, now: i64) -> Result<Vec<Check>> {
    let track = &settings.track;
    let ids = view.missing(&track.players, &track.factions, track.members)?;
    Ok(vec![health::missing(&ids, now)])
}

/// The clock against what is stored.
fn clock(view: &View, now: i64) -> Result<Vec<Check>> {
    let (newest, far) = (view.newest_timestamp()?, view.far_future(now)?);
    Ok(vec![health::clock(newest, &far, now)])
}

/// Summaries and retention.
fn months(settings: &Settings, view: &View, now: i64) -> Result<Vec<Check>> {
    let states = view.months(now)?;
    let mut checks = vec![health::summaries(&states, now)];
    if let Some(running) = Month::of(now) {
        let retention = &settings.retention;
        let policy = RetentionPolicy {
            months: retention.keep_months,
            rejected_days: retention.rejected_days,
            runs_days: retention.runs_days,
        };
        let overdue = view.overdue(&states, policy, now)?;
        let cutoff = running.minus(retention.keep_months).start();
        checks.push(health::retention(&overdue, cutoff, now));
    }
    Ok(checks)
}

/// The checks that need no database.
fn surroundings(settings: &Settings, copies: &KnownCopies) -> Vec<Check> {
    let database = &settings.database;
    let (version, number) = look::sqlite_version();
    let mut checks = vec![
        key_files(settings),
        health::wal(look::wal_size(database), look::size_of(database)),
        health::sqlite(version, number),
    ];
    checks.extend(copies::disks(settings, copies));
    checks
}

fn key_files(settings: &Settings) -> Check {
    let unreadable: Vec<(String, String)> = settings
        .unreadable_keys()
        .into_iter()
        .map(|key| (key.name, key.why))
        .collect();
    health::key_files(settings.configured_keys(), &unreadable)
}

pub(super) fn not_possible(id: &str, state: State, error: &Error) -> Check {
    Check::bad(
        id,
        state,
        error.one_line(),
        error.help().unwrap_or("run it again with -v"),
    )
}
