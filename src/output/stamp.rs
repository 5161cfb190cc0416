//! The time before each message of a job whose stderr is appended to a file. In a terminal, a mail or the journal there is none.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Utc;

static IS_ON: AtomicBool = AtomicBool::new(false);

/// Puts the time before each message on stderr from now on.
pub(crate) fn turn_on() {
    IS_ON.store(true, Ordering::Relaxed);
}

/// The time and a blank, or nothing.
pub(crate) fn prefix() -> String {
    if IS_ON.load(Ordering::Relaxed) {
        now() + " "
    } else {
        String::new()
    }
}

/// The time in UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the log has the real time, whatever TORNSNAP_NOW says"
)]
pub(crate) fn now() -> String {
    Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
