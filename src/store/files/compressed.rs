//! Reads files that zstd has compressed.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::Error;
use crate::model::watch::Watch;
use crate::store::files::hash::copy_in_chunks;
use crate::store::files::kind::SQLITE_MAGIC;
use crate::store::interrupt;

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

impl Failure {
    /// The error for the compressed file `file`. `damaged` makes it from how the file is damaged.
    pub(in crate::store) fn into_error(
        self,
        file: &Path,
        damaged: impl FnOnce(&'static str) -> Error,
    ) -> Error {
        match self {
            Self::System(error) => Error::of_io(format!("decompress {}", file.display()), error),
            Self::Damaged(why) => damaged(why),
        }
    }
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
        application_id: i64,
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
            .map(|id| i32::from_be_bytes(id).into());
        match id {
            _ if read.is_err() => Self::Unreadable,
            Some(application_id) if head.starts_with(SQLITE_MAGIC) => {
                Self::Database { application_id }
            }
            _ => Self::Other,
        }
    }
}
