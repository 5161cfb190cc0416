//! Runs all checks. This module reads the values; the functions in `model::health` judge them.

mod copies;
mod fetching;

use std::time::Instant;

use self::copies::RecordedCopies;
use crate::command::clock::clock_dispute;
use crate::command::config::check_configured;
use crate::command::demo_config;
use crate::command::lost_database;
use crate::command::schedule::inspect;
use crate::config::{Settings, WebhookSource};
use crate::error::{Error, Exit, Result};
use crate::model::health::{self, Check, FailedRuns, State, UnusableKeyFile};
use crate::model::schedule::condition::Condition;
use crate::model::time::Month;
use crate::store::health::{self as database, Database, Snapshot};
use crate::store::prune::RetentionPolicy;
use crate::store::writable::{WriteObstacle, write_obstacle_of_owner};

pub(super) fn run_all(settings: &Settings, deep: bool, now: i64) -> Vec<Check> {
    let waiting_since = Instant::now();
    let jobs = inspect(settings);
    let DatabaseChecks {
        mut checks,
        copies,
        failed,
        newest,
    } = database_checks(settings, &jobs, deep, now);
    checks.push(if demo_config::is_of_demo(settings) {
        Check::ok("schedule", demo_config::NO_JOBS)
    } else if settings.config_file.is_none() {
        Check::ok(
            "schedule",
            "there is no configuration whose jobs to install",
        )
    } else {
        health::schedule(&jobs)
    });
    checks.extend(environment_checks(settings, &copies));
    health::join_failures(&mut checks, &failed);
    health::put_clock_first(&mut checks, newest, now);
    checks.extend(copies::checks(settings, &copies, waiting_since, deep, now));
    checks.into_iter().map(Check::with_options).collect()
}

/// How often the database is read at most, if another program changes it meanwhile.
const ATTEMPTS: u32 = 3;

/// The checks of the database, and what it says for the others.
#[derive(Default)]
struct DatabaseChecks {
    checks: Vec<Check>,
    copies: RecordedCopies,
    failed: Vec<FailedRuns>,
    /// The newest timestamp, in unix seconds.
    newest: Option<i64>,
}

/// Checks the database. If another program changed it meanwhile, checks it again.
fn database_checks(settings: &Settings, jobs: &Condition, deep: bool, now: i64) -> DatabaseChecks {
    let only = |check| DatabaseChecks {
        checks: vec![check],
        ..DatabaseChecks::default()
    };
    if let Err(error) = check_configured(settings) {
        let error = lost_database::name_backup(error, settings);
        return only(failed_check("database", State::Critical, &error));
    }
    for _ in 0..ATTEMPTS {
        match Database::open(&settings.database) {
            Ok(Database::Current(mut snapshot)) => {
                let mut found = snapshot_checks(settings, &mut snapshot, jobs, deep, now);
                found.copies =
                    RecordedCopies::read(&snapshot, settings, now).unwrap_or_else(|error| {
                        found.checks.push(failed_check(
                            "copies",
                            state_for(&error, settings),
                            &error,
                        ));
                        RecordedCopies::default()
                    });
                if !snapshot.is_outdated() {
                    return found;
                }
            }
            Ok(Database::Outdated(version)) => {
                return only(Check::finding(
                    "database",
                    State::Warning,
                    format!("the database has the schema {version} of an older tornsnap"),
                    "run `tornsnap init`: it makes a backup and updates the database",
                ));
            }
            Err(error) => {
                let error = lost_database::name_backup(error, settings);
                return only(failed_check(
                    "database",
                    state_for(&error, settings),
                    &error,
                ));
            }
        }
    }
    only(Check::finding(
        "database",
        State::Unknown,
        "another program changed the database during each attempt to read it",
        "run `tornsnap health` again",
    ))
}

/// The state of a check that failed: critical if the database is missing or damaged, unknown if this user may not read it.
fn state_for(error: &Error, settings: &Settings) -> State {
    match error.exit() {
        Exit::Config | Exit::Damaged if !database::is_forbidden(&settings.database) => {
            State::Critical
        }
        _ => State::Unknown,
    }
}

fn snapshot_checks(
    settings: &Settings,
    snapshot: &mut Snapshot,
    jobs: &Condition,
    deep: bool,
    now: i64,
) -> DatabaseChecks {
    let integrity = integrity(snapshot, deep);
    let is_damaged = integrity.state == State::Critical;
    let mut checks = vec![database_found(snapshot), writable(settings), integrity];
    let identity = snapshot.identity();
    if identity.is_ok_and(|found| found.archive_of.is_some()) {
        checks.push(archive_found(settings, snapshot));
        return DatabaseChecks {
            checks,
            ..DatabaseChecks::default()
        };
    }
    // A statement that fails makes one check unknown; the others still run.
    let mut add = |id: &str, found: Result<Vec<Check>>| match found {
        Ok(found) => checks.extend(found),
        // The finding about the damage is enough.
        Err(error) if is_damaged && error.exit() == Exit::Damaged => {}
        Err(error) => checks.push(failed_check(id, state_for(&error, settings), &error)),
    };
    let mut failed = Vec::new();
    add(
        "runs",
        fetching::runs(settings, snapshot, jobs, &mut failed, now),
    );
    add(
        "keys",
        snapshot.keys().map(|keys| vec![health::keys(&keys, now)]),
    );
    add(
        "address",
        snapshot
            .address_pause(now)
            .map(|pause| vec![health::address(pause.as_ref())]),
    );
    add("rejected", rejected(settings, snapshot, now));
    add("missing", missing(settings, snapshot, now));
    add("months", months(settings, snapshot, now));
    add("clock", clock(settings, snapshot, now));
    add("size", sizes(settings, snapshot));
    DatabaseChecks {
        checks,
        copies: RecordedCopies::default(),
        failed,
        newest: snapshot.newest_timestamp().ok().flatten(),
    }
}

/// The finding about an archive at the path of the database. With `--database`, the user wants to check the archive itself; in
/// the configuration it is a mistake, and nothing can be collected.
fn archive_found(settings: &Settings, snapshot: &Snapshot) -> Check {
    match snapshot.refuse_archive() {
        Err(error) if !settings.names_database_by_flag() => {
            failed_check("followed", State::Critical, &error)
        }
        _ => Check::ok(
            "followed",
            "this is an archive: no run fetches into it, so only the file itself is checked",
        ),
    }
}

fn database_found(snapshot: &Snapshot) -> Check {
    let message = if snapshot.includes_wal() {
        "the database is there and of this version"
    } else {
        "the database is there; its folder cannot be written, so the changes in the WAL were not read"
    };
    Check::ok("database", message)
}

fn rejected(settings: &Settings, snapshot: &Snapshot, now: i64) -> Result<Vec<Check>> {
    let (answers, newest) = snapshot.rejected(now)?;
    let most = settings.health.max_rejected;
    Ok(vec![health::rejected(answers, newest.as_deref(), most)])
}

/// The size of the database, and the tables with very many rows.
fn sizes(settings: &Settings, snapshot: &Snapshot) -> Result<Vec<Check>> {
    let rows = snapshot.row_counts()?;
    let mut checks = vec![health::size(
        database::size_of(&settings.database),
        rows.values().sum(),
    )];
    checks.extend(
        rows.iter()
            .filter_map(|(table, count)| health::rows(table, *count)),
    );
    Ok(checks)
}

/// Checks whether a run of this user could write. If not, nothing is collected, which is critical.
fn writable(settings: &Settings) -> Check {
    match write_obstacle_of_owner(&settings.database) {
        None => Check::ok("writable", "nothing forbids the runs of this user to write"),
        Some(WriteObstacle { error, is_ahead }) => {
            let (state, effect) = if is_ahead {
                (
                    State::Warning,
                    "a fetch works only until the files beside the database that end in -wal, -shm and .lock are removed",
                )
            } else {
                (State::Critical, "nothing is collected")
            };
            let message = format!("{effect}: {}", error.one_line());
            let help = error
                .help()
                .unwrap_or("check who owns the database and its folder");
            Check::finding("writable", state, message, help)
        }
    }
}

fn integrity(snapshot: &mut Snapshot, deep: bool) -> Check {
    let message = if deep {
        snapshot
            .check_fully()
            .map(|()| "integrity_check and foreign_key_check found nothing wrong")
    } else {
        snapshot.check_quickly().map(|is_complete| {
            if is_complete {
                "quick_check found nothing wrong"
            } else {
                "quick_check found nothing wrong within its time limit; --deep checks everything"
            }
        })
    };
    match message {
        Ok(message) => Check::ok("integrity", message),
        Err(error) if error.exit() == Exit::Damaged => Check::finding(
            "integrity",
            State::Critical,
            format!(
                "the database file is damaged: {}",
                error.causes().join(": ")
            ),
            "stop the jobs with `tornsnap schedule remove`, keep the file, run `tornsnap restore latest`, and then \
             `tornsnap schedule install`",
        ),
        Err(error) => failed_check("integrity", State::Unknown, &error),
    }
}

/// Checks for followed ids that Torn does not know.
fn missing(settings: &Settings, snapshot: &Snapshot, now: i64) -> Result<Vec<Check>> {
    let ids = snapshot.missing(&fetching::followed_ids(&settings.track))?;
    Ok(vec![health::missing(&ids, now)])
}

fn clock(settings: &Settings, snapshot: &Snapshot, now: i64) -> Result<Vec<Check>> {
    if let Some(dispute) = clock_dispute(settings.clock, || snapshot.clock_dispute())? {
        return Ok(vec![health::disputed_clock(&dispute, now)]);
    }
    let (newest, future) = (
        snapshot.newest_timestamp()?,
        snapshot.future_timestamps(now)?,
    );
    Ok(vec![health::clock(newest, &future, now)])
}

fn months(settings: &Settings, snapshot: &Snapshot, now: i64) -> Result<Vec<Check>> {
    let states = snapshot.months(now)?;
    let mut checks = vec![health::summaries(&states, now)];
    if let Some(running) = Month::of(now) {
        let retention = &settings.retention;
        let policy = RetentionPolicy {
            months: retention.keep_months,
            rejected_days: retention.rejected_days,
            runs_days: retention.runs_days,
        };
        let overdue = snapshot.overdue(&states, policy, now)?;
        let cutoff = running.minus(retention.keep_months).start();
        checks.push(health::retention(&overdue, cutoff, now));
    }
    Ok(checks)
}

/// The checks that need no database.
fn environment_checks(settings: &Settings, copies: &RecordedCopies) -> Vec<Check> {
    let database = &settings.database;
    let (version, number) = database::sqlite_version();
    let mut checks = vec![
        key_files(settings),
        health::wal(database::wal_size(database), database::size_of(database)),
        health::sqlite(version, number),
    ];
    checks.extend(webhook(settings));
    checks.extend(copies::disks(settings, copies));
    checks
}

/// Warns about a webhook whose address cannot be read: then nobody learns of the other findings. The environment of this run
/// may differ from that of the jobs, and a user who may not read the file is not the one who runs them.
fn webhook(settings: &Settings) -> Option<Check> {
    let WebhookSource::File(path) = settings.health.webhook.as_ref()? else {
        return None;
    };
    if database::is_forbidden(path) {
        return None;
    }
    let error = settings.load_webhook().err()?;
    Some(failed_check("webhook", State::Warning, &error))
}

fn key_files(settings: &Settings) -> Check {
    let unreadable: Vec<UnusableKeyFile> = settings
        .unreadable_keys()
        .into_iter()
        .map(|key| UnusableKeyFile {
            name: key.name,
            why: key.why,
            remedy: key.remedy,
        })
        .collect();
    let repeated: Vec<String> = settings
        .key_states()
        .iter()
        .filter_map(|key| Some(key.repeated.as_ref()?.message()))
        .collect();
    health::key_files(settings.configured_keys(), &unreadable, &repeated)
}

/// A check that could not be made, with the error as its message.
pub(super) fn failed_check(id: &str, state: State, error: &Error) -> Check {
    Check::finding(
        id,
        state,
        error.one_line(),
        error.help().unwrap_or("run it again with -v"),
    )
}
