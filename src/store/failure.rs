//! Turns errors of SQLite into errors with an exit code and a help text.

use rusqlite::ErrorCode;
use rusqlite::ffi::{
    SQLITE_CORRUPT, SQLITE_FULL, SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ,
    SQLITE_IOERR_SHMMAP, SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_SHORT_READ,
    SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE, SQLITE_READONLY_DBMOVED,
};

use crate::error::{Error, Exit, FULL_DISK_HELP, Result};

/// Adds context to errors of SQLite.
pub(crate) trait SqlContext<T> {
    /// Names the action that failed; it completes "could not …".
    fn context(self, action: impl Into<String>) -> Result<T>;
}

impl<T> SqlContext<T> for rusqlite::Result<T> {
    fn context(self, action: impl Into<String>) -> Result<T> {
        self.map_err(|error| explain(error, action.into()))
    }
}

fn explain(error: rusqlite::Error, action: String) -> Error {
    let (exit, help) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (Exit::Io, Some(FULL_DISK_HELP)),
        Some(ErrorCode::SystemIoFailure) => (Exit::Io, Some("check the disk and its free space")),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Exit::TryLater,
            Some("wait for the other program that writes to this database, then run it again"),
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            Exit::Damaged,
            Some("run `tornsnap health --deep`, then `tornsnap restore` with a backup"),
        ),
        Some(ErrorCode::ReadOnly) if extended_code(&error) == Some(SQLITE_READONLY_DBMOVED) => {
            (Exit::TryLater, Some("run it again"))
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            Exit::Config,
            Some("check who owns the file and its folder, and that both can be written"),
        ),
        _ => (Exit::Failure, None),
    };
    let explained = Error::new(action).with_exit(exit);
    let explained = match words(&error) {
        Some(words) => {
            log::debug!("SQLite: {error}");
            explained.with_source(words)
        }
        None => explained.with_source(error),
    };
    match help {
        Some(help) => explained.with_help(help),
        None => explained,
    }
}

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

/// The cause in words, for the codes of SQLite whose own text says little. The code stays, for a search.
///
/// SQLite reports a full disk as `SQLITE_FULL` only from a write to the database or its log. Where a file cannot become
/// larger, it reports an I/O error of its own.
/// <https://sqlite.org/rescode.html#extrc>
fn words(error: &rusqlite::Error) -> Option<String> {
    let code = extended_code(error)?;
    let words = match code {
        SQLITE_FULL => "the disk is full",
        SQLITE_IOERR_SHMSIZE => {
            "the file beside the database that ends in -shm could not become larger; the disk is probably full"
        }
        SQLITE_IOERR_SHMMAP | SQLITE_IOERR_SHMOPEN => {
            "the file beside the database that ends in -shm could not be opened or read"
        }
        SQLITE_IOERR_WRITE | SQLITE_IOERR_TRUNCATE => {
            "the disk refused a write; it may be full or failing"
        }
        SQLITE_IOERR_READ | SQLITE_IOERR_SHORT_READ => "the disk refused a read; it may be failing",
        SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC => {
            "the disk did not confirm a write; it may be full or failing"
        }
        SQLITE_READONLY_DBMOVED => {
            "the database file was replaced or removed while it was open, as by a restore"
        }
        _ if code & PRIMARY == SQLITE_CORRUPT => "the database file is malformed",
        _ => return None,
    };
    Some(format!("{words} (SQLite error {code})"))
}

/// The bits of an extended result code that are the primary one.
const PRIMARY: i32 = 0xff;

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    struct Case {
        code: i32,
        exit: Exit,
        cause: &'static str,
    }

    #[test]
    fn codes_of_a_full_or_damaged_disk_become_words_with_an_exit_code_and_a_help() {
        for case in [
            Case {
                code: SQLITE_FULL,
                exit: Exit::Io,
                cause: "the disk is full (SQLite error 13)",
            },
            Case {
                code: SQLITE_IOERR_SHMSIZE,
                exit: Exit::Io,
                cause: "the file beside the database that ends in -shm could not become larger; the disk is probably full \
                        (SQLite error 4874)",
            },
            Case {
                code: SQLITE_READONLY_DBMOVED,
                exit: Exit::TryLater,
                cause: "the database file was replaced or removed while it was open, as by a restore (SQLite error 1032)",
            },
            Case {
                code: ffi::SQLITE_CORRUPT_INDEX,
                exit: Exit::Damaged,
                cause: "the database file is malformed (SQLite error 779)",
            },
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(case.code), None);

            let explained = explain(error, "save".to_owned());

            assert_eq!(explained.causes(), [case.cause]);
            assert_eq!(explained.exit(), case.exit, "{}", case.code);
            assert!(explained.help().is_some(), "{}", case.code);
        }
    }
}
