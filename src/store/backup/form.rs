//! How a backup file holds its database, by its first bytes.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::nearest::nearest;
use crate::store::files::compressed::Contents;
use crate::store::files::kind::{FileKind, is_empty};
use crate::store::owner::{Purpose, explain_forbidden};

const NAME_A_BACKUP: &str = "name a backup; `tornsnap backup --list` lists them";

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
    let kind = FileKind::of(open_backup_file(file)?)
        .with_context(|| format!("read {}", file.display()))?;
    let (why, help) = match kind {
        FileKind::Database => return Ok(Form::Database),
        // Before anything is unpacked, which may take long and needs room.
        FileKind::Compressed if Contents::of(open_backup_file(file)?) != Contents::Other => {
            return Ok(Form::Compressed);
        }
        FileKind::Compressed => (
            "what it has compressed is no SQLite database",
            NAME_A_BACKUP,
        ),
        FileKind::Gzip => (
            "it is compressed with gzip",
            "decompress it with `gunzip`, and name the new file",
        ),
        FileKind::Other if is_empty(file) => ("it is empty", NAME_A_BACKUP),
        FileKind::Other => (
            "it is neither an SQLite database nor a compressed one",
            NAME_A_BACKUP,
        ),
    };
    Err(Error::new(action)
        .with_source(why)
        .with_help(help)
        .with_exit(Exit::Config))
}

/// Opens a backup file. The error says whether the path is missing or a folder.
pub(in crate::store) fn open_backup_file(path: &Path) -> Result<File> {
    let refuse = |why: &str| {
        let meant = path.to_str().and_then(|typed| nearest(typed, ["latest"]));
        let meant = meant.map_or("", |_| "did you mean `latest`? ");
        Error::new(format!("read the backup {}", path.display()))
            .with_source(why.to_owned())
            .with_help(format!(
                "{meant}`tornsnap backup --list` shows the backups; `latest` is the newest"
            ))
            .with_exit(Exit::Config)
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(refuse("there is no such file"));
        }
        Ok(found) if found.is_dir() => return Err(refuse("it is a folder")),
        // The read of a FIFO would wait for its other end, and a device may have no end.
        Ok(found) if !found.is_file() => return Err(refuse("it is not a file")),
        _ => {}
    }
    File::open(path)
        .with_context(|| format!("read the backup {}", path.display()))
        .map_err(|error| explain_forbidden(error, path, Purpose::Read))
}
