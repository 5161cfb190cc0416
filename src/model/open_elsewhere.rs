//! Tries again what Windows refuses while another program has a file open.
//!
//! Windows refuses to replace or move a file that a virus scanner, an indexer or a second run of this program has open. Most
//! of them close it within a moment.

use std::io;
use std::thread;
use std::time::Duration;

use crate::error::is_open_elsewhere;

/// How often it is tried again. No other system than Windows refuses to rename an open file.
const RETRIES: u32 = if cfg!(windows) { 50 } else { 0 };

const RETRY_DELAY: Duration = Duration::from_millis(20);

/// Calls `attempt` until it succeeds, fails for another reason, or a second has passed.
pub(crate) fn retry_while_open<T>(attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    retry(RETRIES, attempt)
}

fn retry<T>(mut retries: u32, mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if retries > 0 && may_be_open(&error) => thread::sleep(RETRY_DELAY),
            result => return result,
        }
        retries -= 1;
    }
}

/// Whether the cause of the failure may be that another program has the file open.
fn may_be_open(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied || is_open_elsewhere(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_that_may_pass_is_tried_again() {
        struct Case {
            kind: io::ErrorKind,
            failures: u32,
            attempts: u32,
            succeeds: bool,
        }
        for case in [
            Case {
                kind: io::ErrorKind::PermissionDenied,
                failures: 2,
                attempts: 3,
                succeeds: true,
            },
            Case {
                kind: io::ErrorKind::PermissionDenied,
                failures: 9,
                attempts: 4,
                succeeds: false,
            },
            Case {
                kind: io::ErrorKind::StorageFull,
                failures: 2,
                attempts: 1,
                succeeds: false,
            },
        ] {
            let mut attempts = 0;
            let result = retry(3, || {
                attempts += 1;
                if attempts > case.failures {
                    return Ok(());
                }
                Err(io::Error::from(case.kind))
            });
            assert_eq!(
                (result.is_ok(), attempts),
                (case.succeeds, case.attempts),
                "{:?}",
                case.kind
            );
        }
    }
}
