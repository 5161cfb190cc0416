//! A database that is open for writing while this process holds its locks.

use std::path::Path;

use crate::command::wait::LockWait;
use crate::error::Result;
use crate::store::Store;
use crate::store::lock::Lock;

/// An open database with the locks that this process holds on it.
pub(super) struct LockedDatabase {
    // Rust drops fields in the order of their declaration. The database has to be closed before its locks are released:
    // otherwise another run could take them, and change or replace a database that is still open here.
    pub(super) store: Store,
    _locks: Vec<Lock>,
}

impl LockedDatabase {
    /// Takes these locks in the given order, then opens the database. The locks are released in the reverse order.
    ///
    /// # Errors
    ///
    /// [`crate::error::Exit::TryLater`] when another run still holds one of them; the errors of [`Store::open`].
    pub(super) fn open(database: &Path, locks: &[&str], lock_wait: &LockWait) -> Result<Self> {
        let mut taken = locks
            .iter()
            .map(|lock| lock_wait.take(database, lock))
            .collect::<Result<Vec<Lock>>>()?;
        taken.reverse();
        Ok(Self {
            // Open the database only after taking the locks, because until then a restore may replace the file.
            store: Store::open(database)?,
            _locks: taken,
        })
    }
}
