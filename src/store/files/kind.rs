//! Tells what a file is by its size and its first bytes.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The first bytes of compressed files. <https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames>
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// The first bytes of files that gzip has compressed. <https://www.rfc-editor.org/rfc/rfc1952#page-5>
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// The first bytes of databases. <https://sqlite.org/fileformat.html#magic_header_string>
pub(in crate::store) const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The kind of a file, by its first bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::store) enum FileKind {
    /// A database of SQLite, of any program.
    Database,
    /// By zstd, whatever is in it.
    Compressed,
    Gzip,
    Other,
}

impl FileKind {
    pub(in crate::store) fn of(file: impl Read) -> io::Result<Self> {
        let length = SQLITE_MAGIC.len();
        let mut head = Vec::with_capacity(length);
        file.take(length as u64).read_to_end(&mut head)?;
        Ok(match head.as_slice() {
            head if head == SQLITE_MAGIC => Self::Database,
            head if head.starts_with(&GZIP_MAGIC) => Self::Gzip,
            // In fewer bytes is no database, compressed or not.
            head if head.starts_with(&ZSTD_MAGIC) && head.len() == length => Self::Compressed,
            _ => Self::Other,
        })
    }
}

/// Whether a file of 0 bytes is at a path, as `touch` or an interrupted copy leaves it.
pub(in crate::store) fn is_empty(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == 0)
}
