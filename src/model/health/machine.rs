//! The checks of the disks, the WAL and the SQLite version.

use super::{Check, Metric, State};
use crate::model::size::format_bytes;

/// A disk, by what is stored on it. A disk that stores several things is checked once, for the first of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Disk {
    Database,
    Backups,
    Archive,
}

impl Disk {
    pub(crate) fn check_id(self) -> &'static str {
        match self {
            Self::Database => "disk",
            Self::Backups => "disk_backups",
            Self::Archive => "disk_archive",
        }
    }
}

/// Checks the free space: a warning below the reserve, critical below a quarter of it.
pub(crate) fn disk(disk: Disk, free: u64, reserve: u64) -> Check {
    let metric = Metric::bytes(free).with_minimums(reserve, reserve / 4);
    let (owner, help) = match disk {
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
        _ if free < reserve / 4 => Check::finding(disk.check_id(), State::Critical, message, help),
        _ if free < reserve => Check::finding(disk.check_id(), State::Warning, message, help),
        _ => Check::ok(disk.check_id(), message),
    }
    .with_metric(metric)
}

/// The size up to which a WAL is normal even for a small database: one large transaction makes such a WAL, and SQLite
/// keeps the file and overwrites it from its beginning.
const NORMAL_WAL: u64 = 64_000_000;

/// Warns when the WAL is larger than half of the database.
pub(crate) fn wal(bytes: u64, database: u64) -> Check {
    let limit = NORMAL_WAL.max(database / 2);
    let metric = Metric::bytes(bytes).warn_above(limit);
    let message = format!("{} in the WAL", format_bytes(bytes));
    if bytes > limit {
        Check::finding(
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
    .with_metric(metric)
}

/// The first SQLite version without a bug that can corrupt a database in WAL mode. <https://sqlite.org/releaselog/3_51_3.html>
const FIRST_FIXED_SQLITE: i32 = 3_051_003;

/// Warns when the SQLite in this program has a known bug.
pub(crate) fn sqlite(version: &str, number: i32) -> Check {
    if number < FIRST_FIXED_SQLITE {
        return Check::finding(
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
    fn free_space_the_wal_and_sqlite_are_compared_with_their_limits() {
        let free = |free, reserve| disk(Disk::Database, free, reserve).state;
        assert_eq!(free(256, 256), State::Ok);
        assert_eq!(free(255, 256), State::Warning);
        assert_eq!(free(63, 256), State::Critical);
        assert_eq!(free(0, 0), State::Ok, "no reserve is configured");
        assert_eq!(wal(64_000_000, 0).state, State::Ok);
        assert_eq!(wal(64_000_001, 0).state, State::Warning);
        assert_eq!(wal(64_000_001, 200_000_000).state, State::Ok);
        assert_eq!(wal(100_000_001, 200_000_000).state, State::Warning);
        assert_eq!(sqlite("3.51.2", 3_051_002).state, State::Warning);
    }
}
