//! Finds backups without a manifest, also renamed ones.

use std::fs::{self, File};
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::{DatabaseId, Identity};
use crate::model::lost_rows::why_without_manifest;
use crate::store::backup::manifest::Manifest;
use crate::store::backup::names::{file_name, is_manifest, is_named_after, timestamp_in_name};
use crate::store::files::compressed::Contents;
use crate::store::files::is_same_file;
use crate::store::files::kind::FileKind;
use crate::store::files::remove::COMPANIONS;
use crate::store::identity::identity_of;
use crate::store::migrate::APPLICATION_ID;
use crate::store::owner::{Purpose, explain_forbidden};

/// A file that has no manifest, and that is named like a backup or is a database of tornsnap.
#[derive(Debug)]
pub(crate) struct WithoutManifest {
    pub(crate) path: PathBuf,
    whose: Whose,
}

/// The database that a file is a copy of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Whose {
    /// By the id in it, or by its name if that id cannot be read.
    ThisDatabase,
    /// The file is compressed, and its name does not tell. The whole file would have to be decompressed to read its id.
    Unknown,
    AnotherDatabase,
}

impl WithoutManifest {
    pub(super) fn is_of_this_database(&self) -> bool {
        self.whose == Whose::ThisDatabase
    }

    /// Why it cannot be verified.
    pub(crate) fn why(&self) -> &'static str {
        why_without_manifest(self.whose != Whose::Unknown)
    }
}

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
) -> Result<Vec<WithoutManifest>> {
    let mut found: Vec<WithoutManifest> = visible_files(directory)?
        .into_iter()
        .filter(|path| !is_manifest(path) && !Manifest::path_for(path).exists())
        .filter_map(|path| {
            let whose = whose(&path, database, id)?;
            Some(WithoutManifest { path, whose })
        })
        .collect();
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

/// Returns the files that are copies of this database or of an unknown one. The unknown ones come first.
pub(super) fn copies_without_manifest(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
) -> Result<Vec<WithoutManifest>> {
    let mut found = list_without_manifest(directory, database, id)?;
    found.retain(|file| file.whose != Whose::AnotherDatabase);
    // The sort is stable.
    found.sort_by_key(WithoutManifest::is_of_this_database);
    Ok(found)
}

/// Tells of which database a file is a copy; `None` if it is neither a copy of a database of tornsnap nor named like one.
fn whose(path: &Path, database: &Path, id: Option<&DatabaseId>) -> Option<Whose> {
    if is_open(path, database) {
        return None;
    }
    let by_name = timestamp_in_name(path).map(|_| {
        if is_named_after(path, database) {
            Whose::ThisDatabase
        } else {
            Whose::AnotherDatabase
        }
    });
    let Some(id) = id else {
        return by_name;
    };
    match kind_of(path) {
        Ok(FileKind::Database) => match identity_of(path) {
            Some(found) if is_main(&found, id) => Some(Whose::ThisDatabase),
            // Only a name of a backup makes it worth a line.
            Some(_) => by_name.map(|_| Whose::AnotherDatabase),
            None => by_name,
        },
        Ok(FileKind::Compressed) if has_our_database(path) => by_name.or(Some(Whose::Unknown)),
        _ => by_name,
    }
}

/// Whether this is the database or a file that SQLite has open beside it. To open and close such a file would drop the locks
/// that SQLite holds on it.
fn is_open(path: &Path, database: &Path) -> bool {
    let name = file_name(path);
    let beside = COMPANIONS
        .iter()
        .filter_map(|ending| name.strip_suffix(ending))
        .map(|name| path.with_file_name(name));
    iter::once(path.to_owned())
        .chain(beside)
        .any(|path| is_same_file(&path, database))
}

/// Whether these are the ids of the database with this id, and not those of an archive.
fn is_main(found: &Identity, id: &DatabaseId) -> bool {
    found.id == *id && found.archive_of.is_none()
}

fn kind_of(path: &Path) -> io::Result<FileKind> {
    // To open a pipe would wait for its writer.
    if !fs::metadata(path)?.is_file() {
        return Ok(FileKind::Other);
    }
    FileKind::of(File::open(path)?)
}

/// Whether a compressed file has a database of tornsnap.
fn has_our_database(path: &Path) -> bool {
    match File::open(path).map(Contents::of) {
        Ok(Contents::Database { application_id }) => application_id == APPLICATION_ID,
        _ => false,
    }
}

/// The help for a file at the path of the backup folder.
pub(super) const MOVE_FILE_AWAY: &str =
    "move that file away, or name a folder, with --output or in the configuration";

/// The files of a folder except hidden ones. A missing folder has none.
pub(super) fn visible_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let action = || format!("read the backup folder {}", directory.display());
    let listed = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let is_file = |part: &&Path| part.is_file();
            let file = directory.ancestors().find(is_file).unwrap_or(directory);
            return Err(Error::new(action())
                .with_source(format!("{} is a file", file.display()))
                .with_help(MOVE_FILE_AWAY)
                .with_exit(Exit::Config));
        }
        listed => listed
            .with_context(action)
            .map_err(|error| explain_forbidden(error, directory, Purpose::Read))?,
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
