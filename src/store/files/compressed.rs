//! Reads files that zstd has compressed.

use std::io::{self, Read, Write};

use crate::model::watch::Watch;
use crate::store::files::hash::copy_in_chunks;
use crate::store::interrupt;

/// The first bytes of compressed files. <https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames>
pub(in crate::store) const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// The first bytes of files that gzip has compressed. <https://www.rfc-editor.org/rfc/rfc1952#page-5>
pub(in crate::store) const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// The first bytes of databases. <https://sqlite.org/fileformat.html#magic_header_string>
pub(in crate::store) const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The place of the application id in a database. <https://sqlite.org/fileformat.html#application_id>
const APPLICATION_ID: std::ops::Range<usize> = 68..72;

/// Why a file was not decompressed.
#[derive(Debug)]
pub(in crate::store) enum Failure {
    /// An error of the operating system, such as a full disk, or a request to stop. It says nothing about the file.
    System(io::Error),
    /// The file is damaged. The text says how.
    Damaged(&'static str),
}

/// Decompresses everything in `from` to `to`.
pub(in crate::store) fn decompress(
    from: impl Read,
    to: &mut impl Write,
    watch: &dyn Watch,
) -> Result<(), Failure> {
    zstd::Decoder::new(from)
        .and_then(|mut decoder| copy_in_chunks(&mut decoder, to, watch))
        .map_err(|error| {
            if error.raw_os_error().is_some() || interrupt::is_requested() {
                return Failure::System(error);
            }
            // The texts of zstd are about its format, which the user does not know.
            Failure::Damaged(if error.kind() == io::ErrorKind::UnexpectedEof {
                "it ends in the middle of its compressed data, so a part of the file is missing"
            } else {
                "its compressed data is damaged"
            })
        })
}

/// The contents of a compressed file, by their first bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::store) enum Contents {
    Database {
        application_id: i32,
    },
    /// The file is damaged. To decompress all of it tells how.
    Unreadable,
    Other,
}

impl Contents {
    /// Decompresses only the first bytes.
    pub(in crate::store) fn of(file: impl Read) -> Self {
        let mut head = Vec::new();
        let read = zstd::Decoder::new(file).and_then(|decoder| {
            let needed = APPLICATION_ID.end as u64;
            decoder.take(needed).read_to_end(&mut head)
        });
        let id = head
            .get(APPLICATION_ID)
            .and_then(|id| id.try_into().ok())
            .map(i32::from_be_bytes);
        match id {
            _ if read.is_err() => Self::Unreadable,
            Some(application_id) if head.starts_with(SQLITE_MAGIC) => {
                Self::Database { application_id }
            }
            _ => Self::Other,
        }
    }
}
