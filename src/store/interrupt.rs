//! Ends long work when the process was told to stop.
//!
//! A signal applies to the whole process, so this state does too. Only work inside a scope of [`allow`] is ended: `fetch`,
//! for example, still writes what has arrived after a signal.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;

/// The number of instructions of SQLite's virtual machine between two checks. <https://sqlite.org/c3ref/progress_handler.html>
const INSTRUCTIONS: i32 = 1000;

static SCOPES: AtomicUsize = AtomicUsize::new(0);

static IS_STOPPED: OnceLock<fn() -> bool> = OnceLock::new();

/// While this value exists, a request to stop ends statements and copies with an error.
#[derive(Debug)]
pub(crate) struct Interruptible(());

/// Lets a request to stop end the work of this module. `is_stopped` says whether there was one.
pub(crate) fn allow(is_stopped: fn() -> bool) -> Interruptible {
    IS_STOPPED.get_or_init(|| is_stopped);
    SCOPES.fetch_add(1, Ordering::Relaxed);
    Interruptible(())
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        SCOPES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether the work has to end now.
pub(super) fn is_requested() -> bool {
    SCOPES.load(Ordering::Relaxed) > 0 && IS_STOPPED.get().is_some_and(|is_stopped| is_stopped())
}

/// Fails if the work has to end now.
pub(super) fn check() -> io::Result<()> {
    if is_requested() {
        return Err(io::Error::other("it was interrupted"));
    }
    Ok(())
}

/// Makes the statements of a connection end early. `has_expired` can end them too, for a time limit.
pub(super) fn watch(
    connection: &mut Connection,
    mut has_expired: impl FnMut() -> bool + Send + 'static,
) -> rusqlite::Result<()> {
    connection.progress_handler(INSTRUCTIONS, Some(move || is_requested() || has_expired()))
}
