//! Finds backups without a manifest, also renamed ones.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{Result, WithContext};
use crate::model::identity::{DatabaseId, Identity};
use crate::store::backup::manifest::Manifest;
use crate::store::backup::names::{file_name, is_named_after, timestamp_in_name};
use crate::store::files::is_same_file;
use crate::store::identity::identity_of;
use crate::store::migrate::APPLICATION_ID;

/// The endings of the files that SQLite makes beside a database.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The header of an SQLite database. <https://sqlite.org/fileformat.html#the_database_header>
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const APPLICATION_ID_AT: usize = 68;

/// The first bytes of a file that zstd has compressed.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Files in a folder that have no manifest, and that are named like a backup or are copies of this database.
///
/// `id`: `None` if the id of the database cannot be read; then only names count.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub(crate) fn list_without_manifest(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = visible_files(directory)?
        .into_iter()
        .filter(|path| !Manifest::path_for(path).exists())
        .filter(|path| {
            timestamp_in_name(path).is_some()
                || id.is_some_and(|id| is_renamed_copy(path, database, id))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Those of the files that are copies of this database, by their names or by their ids.
pub(super) fn copies_without_manifest(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
) -> Result<Vec<PathBuf>> {
    let mut found = list_without_manifest(directory, database, id)?;
    found.retain(|path| timestamp_in_name(path).is_none() || is_named_after(path, database));
    Ok(found)
}

/// Whether a file is a copy of the database with this id, and not the database itself or its archive.
///
/// The id in a compressed file is not read, because the whole file would have to be decompressed.
fn is_renamed_copy(path: &Path, database: &Path, id: &DatabaseId) -> bool {
    let name = file_name(path);
    // Closing a file that SQLite has open would drop the locks that SQLite holds on it.
    if SIDE_FILES.iter().any(|ending| name.ends_with(ending)) || is_same_file(path, database) {
        return false;
    }
    match kind_of(path) {
        Ok(Contents::Database) => identity_of(path).is_some_and(|found| {
            found
                == Identity {
                    id: id.clone(),
                    archive_of: None,
                }
        }),
        Ok(Contents::Compressed) => true,
        Ok(Contents::Other) | Err(_) => false,
    }
}

/// What a file has, by its first bytes.
enum Contents {
    /// A database of tornsnap.
    Database,
    /// A compressed database of tornsnap.
    Compressed,
    Other,
}

fn kind_of(path: &Path) -> io::Result<Contents> {
    let file = fs::metadata(path)?;
    if !file.is_file() || file.len() < ZSTD_MAGIC.len() as u64 {
        return Ok(Contents::Other);
    }
    let head = first_bytes(File::open(path)?)?;
    if is_header(&head) {
        return Ok(Contents::Database);
    }
    if !head.starts_with(&ZSTD_MAGIC) {
        return Ok(Contents::Other);
    }
    let head = first_bytes(zstd::Decoder::new(File::open(path)?)?)?;
    Ok(if is_header(&head) {
        Contents::Compressed
    } else {
        Contents::Other
    })
}

fn first_bytes(file: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(HEADER_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn is_header(head: &[u8]) -> bool {
    let id = head.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    let id = id.and_then(|bytes| bytes.try_into().ok());
    head.starts_with(MAGIC) && id.map(u32::from_be_bytes).map(i64::from) == Some(APPLICATION_ID)
}

/// The files of a folder except hidden ones. A missing folder has none.
pub(super) fn visible_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let action = || format!("read the backup folder {}", directory.display());
    let listed = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.with_context(action)?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let path = entry.with_context(action)?.path();
        if !file_name(&path).starts_with('.') {
            found.push(path);
        }
    }
    Ok(found)
}
