//! Turns errors of SQLite into errors with an exit code and a help text.

use rusqlite::ErrorCode;

use crate::error::{Error, Exit, Result};

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
        Some(ErrorCode::DiskFull) => (
            Exit::Io,
            Some("free some space on that disk, then run it again"),
        ),
        Some(ErrorCode::SystemIoFailure) => (Exit::Io, Some("check the disk and its free space")),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Exit::TryLater,
            Some("wait for the other program that writes to this database, then run it again"),
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            Exit::Damaged,
            Some("run `tornsnap health --deep`, then `tornsnap restore` with a backup"),
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            Exit::Config,
            Some("check who owns the file and its folder, and that both can be written"),
        ),
        _ => (Exit::Failure, None),
    };
    let explained = Error::new(action).with_source(error).with_exit(exit);
    match help {
        Some(help) => explained.with_help(help),
        None => explained,
    }
}
