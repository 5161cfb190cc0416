//! Turns errors of SQLite into errors with an exit code and a help text.

use std::fmt;

use rusqlite::ErrorCode;
use rusqlite::ffi::{
    SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_IOERR_DELETE,
    SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ, SQLITE_IOERR_SHMMAP,
    SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_TRUNCATE,
    SQLITE_IOERR_WRITE, SQLITE_NOTADB, SQLITE_READONLY_DBMOVED, code_to_str,
};

use crate::error::{Error, Exit, FULL_DISK_HELP, Result};

const FORBIDDEN_HELP: &str = "check who owns the file and its folder, and that both can be written";

/// Adds context to errors of SQLite.
pub(crate) trait SqlContext<T> {
    /// Names the action that failed; it completes "could not …".
    fn context(self, action: impl Into<String>) -> Result<T>;
}

impl<T> SqlContext<T> for rusqlite::Result<T> {
    fn context(self, action: impl Into<String>) -> Result<T> {
        self.map_err(|error| explain(&error, action.into()))
    }
}

fn explain(error: &rusqlite::Error, action: String) -> Error {
    let (exit, help) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (Exit::Io, Some(FULL_DISK_HELP)),
        // After a rollback, SQLite may not remove the journal.
        Some(ErrorCode::SystemIoFailure) if extended_code(error) == Some(SQLITE_IOERR_DELETE) => {
            (Exit::Config, Some(FORBIDDEN_HELP))
        }
        Some(ErrorCode::SystemIoFailure) => (Exit::Io, Some("check the disk and its free space")),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Exit::TryLater,
            Some("wait for the other program that writes to this database, then run it again"),
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            Exit::Damaged,
            Some(
                "run `tornsnap health --deep` to see what is damaged, then `tornsnap restore latest`",
            ),
        ),
        Some(ErrorCode::ReadOnly) if extended_code(error) == Some(SQLITE_READONLY_DBMOVED) => {
            (Exit::TryLater, Some("run it again"))
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            (Exit::Config, Some(FORBIDDEN_HELP))
        }
        None if damaged_column(error).is_some() => (Exit::Damaged, None),
        _ => (Exit::Failure, None),
    };
    log::debug!("SQLite: {error}");
    let explained = Error::new(action)
        .with_exit(exit)
        .with_source(SqliteError::new(error));
    match help {
        Some(help) => explained.with_help(help),
        None => explained,
    }
}

/// An error of SQLite in words. `rusqlite` shows the number of the error and its text, and then both again as the cause.
#[derive(Debug)]
pub(crate) struct SqliteError {
    words: String,
    code: Option<ErrorCode>,
}

impl SqliteError {
    fn new(error: &rusqlite::Error) -> Self {
        Self {
            words: words(error),
            code: error.sqlite_error_code(),
        }
    }

    /// Whether SQLite refused the data, and would refuse it again.
    pub(crate) fn is_about_data(&self) -> bool {
        matches!(
            self.code,
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
        )
    }
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for SqliteError {}

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqlInputError { error, .. } => Some(error.extended_code),
        error => error.sqlite_error().map(|error| error.extended_code),
    }
}

/// The column with a value that no tornsnap has written; `None` for other errors.
fn damaged_column(error: &rusqlite::Error) -> Option<&str> {
    match error {
        rusqlite::Error::InvalidColumnType(_, column, _) => Some(column),
        _ => None,
    }
}

/// The cause in words. The code stays, for a search.
///
/// SQLite reports a full disk as `SQLITE_FULL` only from a write to the database or its log. Where a file cannot become
/// larger, it reports an I/O error of its own.
/// <https://sqlite.org/rescode.html#extrc>
fn words(error: &rusqlite::Error) -> String {
    if let Some(column) = damaged_column(error) {
        return format!("it is damaged: {column} has a value of a type that it cannot have");
    }
    let Some(code) = extended_code(error) else {
        return error.to_string();
    };
    let own = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        _ => code_to_str(code),
    };
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
        _ if code & PRIMARY == SQLITE_BUSY => "another program has locked the database",
        _ if code & PRIMARY == SQLITE_NOTADB => {
            "the file is not an SQLite database, or its first page is damaged"
        }
        _ if code & PRIMARY == SQLITE_CANTOPEN => {
            "the database, or a file beside it, could not be opened"
        }
        _ => own,
    };
    let limit = match code {
        SQLITE_FULL | SQLITE_IOERR_WRITE if is_file_size_limited() => {
            ", or the file is as large as `ulimit -f` allows"
        }
        _ => "",
    };
    format!("{words}{limit} (SQLite error {code})")
}

/// Whether the system limits the size of the files that this process writes. SQLite reports a write beyond the limit as it
/// does a full disk.
fn is_file_size_limited() -> bool {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::Fsize)
        .current
        .is_some();
    #[cfg(not(unix))]
    return false;
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
                code: ffi::SQLITE_BUSY_RECOVERY,
                exit: Exit::TryLater,
                cause: "another program has locked the database (SQLite error 261)",
            },
            Case {
                code: SQLITE_NOTADB,
                exit: Exit::Damaged,
                cause: "the file is not an SQLite database, or its first page is damaged (SQLite error 26)",
            },
            Case {
                code: ffi::SQLITE_PERM,
                exit: Exit::Config,
                cause: "access permission denied (SQLite error 3)",
            },
            Case {
                code: ffi::SQLITE_CORRUPT_INDEX,
                exit: Exit::Damaged,
                cause: "the database file is malformed (SQLite error 779)",
            },
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(case.code), None);

            let explained = explain(&error, "save".to_owned());

            assert_eq!(explained.causes(), [case.cause]);
            assert_eq!(explained.exit(), case.exit, "{}", case.code);
            assert!(explained.help().is_some(), "{}", case.code);
        }
    }
}
