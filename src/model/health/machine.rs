//! Whether the machine gives the database what it needs: space and a sound SQLite.

use super::{Check, State, Value, signed};
use crate::model::size::format_bytes;

/// The disks that are looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Disk {
    /// The disk of the database.
    Database,
    /// The disk of the backup folder.
    Backups,
    /// The disk of an archive.
    Archive,
}

impl Disk {
    /// The id of the check.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Database => "disk",
            Self::Backups => "disk_backups",
            Self::Archive => "disk_archive",
        }
    }
}

/// Free space: a warning below the reserve, critical below a quarter of it.
pub(crate) fn disk(disk: Disk, free: u64, reserve: u64) -> Check {
    let value = Value {
        warning: Some(signed(reserve)),
        critical: Some(signed(reserve / 4)),
        is_minimum: true,
        ..Value::plain(signed(free), "B")
    };
    let (owner, remedy) = match disk {
        Disk::Database => (
            "the database's disk",
            "free some space on that disk, or move the database",
        ),
        Disk::Backups => (
            "the disk of the backup folder",
            "free some space on that disk, or lower keep in [backup]",
        ),
        Disk::Archive => (
            "the archive's disk",
            "free some space on that disk, or move the archive",
        ),
    };
    let message = format!("{} free on {owner}", format_bytes(free));
    match free {
        _ if free < reserve / 4 => Check::bad(disk.id(), State::Critical, message, remedy),
        _ if free < reserve => Check::bad(disk.id(), State::Warning, message, remedy),
        _ => Check::ok(disk.id(), message),
    }
    .with(value)
}

/// A WAL up to this size is no finding, however small the database is: one large transaction makes such a WAL, and it is
/// used again from its beginning.
const USUAL_WAL: u64 = 64_000_000;

/// The size of the WAL: a warning when it is larger than half of the database.
pub(crate) fn wal(bytes: u64, database: u64) -> Check {
    let limit = USUAL_WAL.max(database / 2);
    let value = Value {
        warning: Some(signed(limit)),
        ..Value::plain(signed(bytes), "B")
    };
    let message = format!("{} in the WAL", format_bytes(bytes));
    if bytes > limit {
        Check::bad(
            "wal",
            State::Warning,
            format!(
                "{message}, more than {}: a program keeps the database open for reading",
                format_bytes(limit)
            ),
            "close the program that reads it (DB Browser, Grafana, an export into a pipe): until then the WAL cannot shrink",
        )
    } else {
        Check::ok("wal", message)
    }
    .with(value)
}

/// The oldest SQLite without the bug that could corrupt a WAL database. <https://sqlite.org/releaselog/3_51_3.html>
const SOUND_SQLITE: i32 = 3_051_003;

/// The SQLite in this program.
pub(crate) fn sqlite(version: &str, number: i32) -> Check {
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

    #[test]
    fn space_the_wal_and_sqlite_have_their_limits() {
        let free = |free, reserve| disk(Disk::Database, free, reserve).state;
        assert_eq!(free(256, 256), State::Ok);
        assert_eq!(free(255, 256), State::Warning);
        assert_eq!(free(63, 256), State::Critical);
        assert_eq!(free(0, 0), State::Ok, "no reserve is wanted");
        for (bytes, database, state) in [
            (64_000_000, 0, State::Ok),
            (64_000_001, 0, State::Warning),
            (64_000_001, 200_000_000, State::Ok),
            (100_000_001, 200_000_000, State::Warning),
        ] {
            assert_eq!(wal(bytes, database).state, state, "{bytes} of {database}");
        }
        assert_eq!(sqlite("3.51.2", 3_051_002).state, State::Warning);
    }
}
