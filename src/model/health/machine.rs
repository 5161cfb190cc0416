//! Whether the machine gives the database what it needs: copies, space and a sound SQLite.

use super::{Check, State, Value, signed, span};
use crate::model::size::in_words;
use crate::model::time::DAY;

/// How old the last verified backup is.
pub fn backup(last: Option<i64>, now: i64, days: u32, what: &str) -> Check {
    let warning = i64::from(days) * DAY;
    let remedy = "run `tornsnap backup`, and see whether the scheduler still starts it";
    let Some(last) = last else {
        return Check::bad(
            "backup",
            State::Warning,
            format!("there is no verified backup in {what}"),
            remedy,
        );
    };
    let age = (now - last).max(0);
    let value = Value {
        warning: Some(warning),
        ..Value::plain(age, "s")
    };
    let message = format!("last verified backup {} ago: {what}", span(age));
    if age >= warning {
        Check::bad("backup", State::Warning, message, remedy)
    } else {
        Check::ok("backup", message)
    }
    .with(value)
}

/// Free space: a warning below the reserve, critical below a quarter of it.
pub fn disk(free: u64, reserve: u64) -> Check {
    let value = Value {
        warning: Some(signed(reserve)),
        critical: Some(signed(reserve / 4)),
        is_minimum: true,
        ..Value::plain(signed(free), "B")
    };
    let message = format!("{} free on the database's disk", in_words(free));
    let remedy = "free some space on that disk, or move the database";
    match free {
        _ if free < reserve / 4 => Check::bad("disk", State::Critical, message, remedy),
        _ if free < reserve => Check::bad("disk", State::Warning, message, remedy),
        _ => Check::ok("disk", message),
    }
    .with(value)
}

/// From how many bytes on a WAL says that something keeps it from being folded into the database.
const LARGE_WAL: u64 = 256_000_000;

/// The size of the WAL.
pub fn wal(bytes: u64) -> Check {
    let value = Value {
        warning: Some(signed(LARGE_WAL)),
        ..Value::plain(signed(bytes), "B")
    };
    let message = format!("{} in the WAL", in_words(bytes));
    if bytes > LARGE_WAL {
        Check::bad(
            "wal",
            State::Warning,
            message,
            "close programs that keep the database open for reading: while they do, the WAL cannot shrink",
        )
    } else {
        Check::ok("wal", message)
    }
    .with(value)
}

/// The oldest SQLite without the bug that could corrupt a WAL database. <https://sqlite.org/releaselog/3_51_3.html>
const SOUND_SQLITE: i32 = 3_051_003;

/// The SQLite in this program.
pub fn sqlite(version: &str, number: i32) -> Check {
    if number < SOUND_SQLITE {
        return Check::bad(
            "sqlite",
            State::Warning,
            format!("SQLite {version} has a bug that can corrupt a database in WAL mode"),
            "update tornsnap",
        );
    }
    Check::ok("sqlite", format!("SQLite {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn space_backups_and_sqlite_have_their_limits() {
        assert_eq!(disk(256, 256).state, State::Ok);
        assert_eq!(disk(255, 256).state, State::Warning);
        assert_eq!(disk(63, 256).state, State::Critical);
        assert_eq!(disk(0, 0).state, State::Ok, "no reserve is wanted");
        let backup = |made| backup(made, NOW, 7, "x").state;
        assert_eq!(backup(Some(NOW - 7 * DAY + 1)), State::Ok);
        assert_eq!(backup(Some(NOW - 7 * DAY)), State::Warning);
        assert_eq!(backup(None), State::Warning);
        assert_eq!(wal(LARGE_WAL + 1).state, State::Warning);
        assert_eq!(sqlite("3.51.2", 3_051_002).state, State::Warning);
    }
}
