//! How file systems answer.

use std::io::{self, ErrorKind};

/// The number of "bad file descriptor" on every Unix.
const EBADF: i32 = 9;

/// Takes it for done when a file system refuses to sync folders, which some network file systems do.
///
/// Linux answers `EINVAL` where the file system has no such call (older CIFS, vboxsf), NetBSD `EBADF`, and a folder that
/// may be written but not read cannot be opened. `PostgreSQL` and Dovecot pass over the same. An I/O error stays one.
///
/// # Errors
///
/// Any other failure.
pub(crate) fn unless_not_supported(error: io::Error) -> io::Result<()> {
    let is_not_supported = matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
    ) || error.raw_os_error() == Some(EBADF);
    if is_not_supported { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_that_there_is_no_such_call_is_passed_over() {
        for (number, is_passed_over) in [(22, true), (9, true), (13, true), (5, false), (28, false)]
        {
            let error = io::Error::from_raw_os_error(number);
            assert_eq!(
                unless_not_supported(error).is_ok(),
                is_passed_over,
                "{number}"
            );
        }
    }
}
