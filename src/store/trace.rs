//! Logs the statements that take long, and counts all statements for `-vv`.
//!
//! A message has the name of the statement and its time. It never has the text of the statement or its values.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::model::size::count;

/// The time in nanoseconds from which a statement is logged; 0 if none is.
static SLOW_FROM: AtomicU64 = AtomicU64::new(0);

/// Whether statements are counted.
static IS_COUNTING: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The time that this thread has spent on the rows of the running statement, see [`outside`].
    static OUTSIDE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

static COUNTS: Mutex<BTreeMap<String, Count>> = Mutex::new(BTreeMap::new());

/// The statements of one group.
#[derive(Clone, Debug, Default)]
struct Count {
    runs: u64,
    time: Duration,
    /// The slowest single run.
    slowest: (Duration, String),
}

/// Sets what is logged about the connections that are opened from now on. A statement that takes `slow_from` or longer is
/// logged; `None` logs none.
pub(crate) fn start(slow_from: Option<Duration>, is_counting: bool) {
    let nanoseconds =
        slow_from.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    SLOW_FROM.store(nanoseconds, Ordering::Relaxed);
    IS_COUNTING.store(is_counting, Ordering::Relaxed);
}

/// Whether anything is logged about statements.
fn is_needed() -> bool {
    SLOW_FROM.load(Ordering::Relaxed) != 0 || IS_COUNTING.load(Ordering::Relaxed)
}

/// Runs `work` on a row of a running statement. Its time does not count for that statement: SQLite measures from the first
/// step to the end, and the reader of the rows may be slow, as in `export | less`.
pub(super) fn outside<T>(work: impl FnOnce() -> T) -> T {
    if !is_needed() {
        return work();
    }
    // Statements that run within `work` have times of their own.
    let before = OUTSIDE.take();
    let start = Instant::now();
    let done = work();
    OUTSIDE.set(before + start.elapsed());
    done
}

/// Starts the trace of a connection, unless nothing is to be logged.
pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<()> {
    if !is_needed() {
        return Ok(());
    }
    let slow_from = SLOW_FROM.load(Ordering::Relaxed);
    let is_counting = IS_COUNTING.load(Ordering::Relaxed);
    let slow_from = match slow_from {
        0 => Duration::MAX,
        nanoseconds => Duration::from_nanos(nanoseconds),
    };
    connection.trace_v2(
        TraceEventCodes::SQLITE_TRACE_PROFILE,
        Some(move |event: TraceEvent<'_>| {
            let TraceEvent::Profile(statement, time) = event else {
                return;
            };
            let time = time.saturating_sub(OUTSIDE.take());
            let is_slow = time >= slow_from;
            if !is_slow && !is_counting {
                return;
            }
            let name = name_of(&statement.sql());
            if is_slow {
                log::info!("slow query: {name} took {} ms", time.as_millis());
            }
            if is_counting {
                add_to_counts(name, time);
            }
        }),
    )
}

fn add_to_counts(name: String, time: Duration) {
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts.entry(group_of(&name)).or_default();
    count.runs += 1;
    count.time += time;
    if time >= count.slowest.0 {
        count.slowest = (time, name);
    }
}

/// The group of a statement: the folder of its file, or its first word.
fn group_of(name: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, _)) => folder.to_owned(),
        None => name.split(' ').next().unwrap_or_default().to_owned(),
    }
}

/// Logs how often the statements of each group ran, the slowest group first, and forgets the counts.
pub(crate) fn log_counts() {
    let counts = {
        let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *counts)
    };
    let mut counts: Vec<(String, Count)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(count.time));
    for (group, total) in counts {
        let (slowest, name) = total.slowest;
        log::debug!(
            "SQL {group}: {} in {} ms; the slowest: {name}, {} ms",
            count(total.runs, "statement"),
            total.time.as_millis(),
            slowest.as_millis()
        );
    }
}

/// The name of a statement: its file in `sql/`, which the macro [`sql`](crate::store::sql) writes into the first line, or
/// its first words, such as `PRAGMA wal_checkpoint`.
fn name_of(statement: &str) -> String {
    let first_line = statement.lines().next().unwrap_or_default();
    if let Some(file) = first_line.strip_prefix("-- sql/") {
        return format!("sql/{file}");
    }
    let code = statement
        .lines()
        .find(|line| !line.trim_start().starts_with("--"));
    let words = code.unwrap_or_default().split_whitespace();
    // Only words of the language: a name or a value may follow.
    let words: Vec<&str> = words
        .take(2)
        .map(|word| word.split(['=', '(', ';']).next().unwrap_or_default())
        .take_while(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic() || b"_.".contains(&byte))
        })
        .collect();
    if words.is_empty() {
        return "a statement".to_owned();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql;

    #[test]
    fn a_statement_is_named_by_its_file_or_its_first_words() {
        for (statement, name) in [
            (
                sql!("identity/get_identity"),
                "sql/identity/get_identity.sql",
            ),
            ("PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint"),
            ("PRAGMA synchronous = FULL", "PRAGMA synchronous"),
            ("-- why\nBEGIN IMMEDIATE", "BEGIN IMMEDIATE"),
            ("VACUUM INTO 'AbCdEfGh12345678'", "VACUUM INTO"),
            ("ATTACH 'secret.db' AS x", "ATTACH"),
            ("SELECT count(*) FROM \"t\"", "SELECT count"),
            ("", "a statement"),
        ] {
            assert_eq!(name_of(statement), name, "{statement}");
        }
    }
}
