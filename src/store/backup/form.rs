//! How a backup file holds its database, by its first bytes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, Exit, Result, WithContext};
use crate::store::files::compressed::{Contents, GZIP_MAGIC, SQLITE_MAGIC, ZSTD_MAGIC};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::store) enum Form {
    Database,
    /// A database that zstd has compressed.
    Compressed,
}

/// Reads the first bytes of a file.
///
/// # Errors
///
/// [`Exit::Config`] for a file that is no backup. `action` completes "could not …".
pub(in crate::store) fn form_of(file: &Path, action: &str) -> Result<Form> {
    let mut head = Vec::new();
    open_backup_file(file)?
        .take(16)
        .read_to_end(&mut head)
        .with_context(|| format!("read {}", file.display()))?;
    if head == SQLITE_MAGIC {
        return Ok(Form::Database);
    }
    let is_compressed = head.starts_with(&ZSTD_MAGIC);
    // Before anything is unpacked, which may take long and needs room.
    if is_compressed && Contents::of(open_backup_file(file)?) != Contents::Other {
        return Ok(Form::Compressed);
    }
    let (why, help) = if head.starts_with(&GZIP_MAGIC) {
        (
            "it is compressed with gzip",
            "decompress it with `gunzip`, and name the new file",
        )
    } else {
        let why = match head.len() {
            0 => "it is empty",
            _ if is_compressed => "what it has compressed is no SQLite database",
            _ => "it is neither an SQLite database nor a compressed one",
        };
        (why, "name a backup; `tornsnap backup --list` lists them")
    };
    Err(Error::new(action)
        .with_source(why)
        .with_help(help)
        .with_exit(Exit::Config))
}

/// Opens a backup file. The error says whether the path is missing or a folder.
pub(in crate::store) fn open_backup_file(path: &Path) -> Result<File> {
    let refuse = |why: &str| {
        Error::new(format!("read the backup {}", path.display()))
            .with_source(why.to_owned())
            .with_help("name a file such as backups/tornsnap-20261121T220600Z.db")
            .with_exit(Exit::Config)
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(refuse("there is no such file"));
        }
        Ok(found) if found.is_dir() => return Err(refuse("it is a folder")),
        _ => {}
    }
    File::open(path).with_context(|| format!("read the backup {}", path.display()))
}
