//! Decides which errors of `fsync` on a folder are ignored.

use std::io::{self, ErrorKind};

/// The errno of "bad file descriptor", which is the same on every Unix.
const EBADF: i32 = 9;

/// Ignores the error of a file system that cannot sync folders. Some network file systems cannot.
///
/// If the file system has no such call (older CIFS, vboxsf), Linux returns `EINVAL` and NetBSD returns `EBADF`. A
/// folder that may be written but not read cannot be opened (`EACCES`). `PostgreSQL` and Dovecot do the same.
///
/// # Errors
///
/// Returns any other error, such as an I/O error.
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
    fn only_errors_of_an_unsupported_sync_are_ignored() {
        for (number, is_ignored) in [(22, true), (9, true), (13, true), (5, false), (28, false)] {
            let error = io::Error::from_raw_os_error(number);
            assert_eq!(unless_not_supported(error).is_ok(), is_ignored, "{number}");
        }
    }
}
