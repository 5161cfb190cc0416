//! Verified copies of a database: made in one step while others write, proven, rotated.
//!
//! A backup has its name only when it is whole, checked and on the disk, and its manifest is there first: a run
//! that is killed at any point leaves temporary files, which the next one removes, and perhaps a manifest without
//! its backup, which counts for nothing. Which database a backup is of is told by the id in its manifest, never by
//! the name of a file.

mod copy;
mod folder;
mod latest;
mod make;
mod manifest;
mod migration;
mod names;
mod place;
mod prove;
mod rotate;

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::model::size::format_bytes;
use crate::store::check::Depth;
use crate::store::identity::identity;
use crate::store::lock::Lock;
use crate::store::open;

pub(crate) use folder::{Backups, Entry, future_backups, newest_called, unproven};
pub use folder::{all, newest_of};
pub(crate) use latest::latest;
pub(crate) use manifest::Kind;
pub use manifest::Manifest;
pub use prove::verify;
pub(crate) use prove::{remember_damaged, remember_verified};

pub(super) use folder::newest_by_name;
pub(super) use make::at_once;
pub(super) use migration::before_migration;
pub(super) use names::{compact, mark};
pub(super) use prove::{check_contents, copy_out, open_copy, open_file, prove_copy, unpack};

/// The name of the lock that whoever writes backups of a database holds.
pub const LOCK: &str = "backup";

/// The database to copy, its target, and the options.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The database.
    pub database: &'a Path,
    /// The folder that backups go to; made if it is missing.
    pub directory: &'a Path,
    /// Whether to compress.
    pub compress: bool,
    /// How closely the copy is checked.
    pub depth: Depth,
    /// How many backups stay; `None`: all.
    pub keep: Option<u32>,
    /// Whether the folder may be without the backups that were made in it before.
    pub new_folder: bool,
    /// The time, for the name and the manifest.
    pub now: i64,
}

/// Says in plain words that there is no database to copy.
///
/// # Errors
///
/// [`Exit::Config`](crate::error::Exit::Config) when it is missing or a folder.
pub(crate) fn must_exist(database: &Path) -> Result<()> {
    open::must_be_a_file(database)
}

/// The result of a backup.
#[derive(Debug)]
pub struct Taken {
    /// The new backup.
    pub manifest: Manifest,
    /// Old backups that were removed.
    pub(crate) removed: Vec<PathBuf>,
    /// Warnings for a person.
    pub(crate) warnings: Vec<String>,
}

/// Makes a backup, then removes those beyond `keep`. The caller holds the lock [`LOCK`] of the database.
///
/// # Errors
///
/// [`Exit::Io`](crate::error::Exit::Io) when there is no room, [`Exit::Damaged`](crate::error::Exit::Damaged) when
/// the copy is not sound, [`Exit::Config`](crate::error::Exit::Config) when the folder has lost the backups that were
/// in it; older backups stay untouched.
pub fn take(request: &Request<'_>, _lock: &Lock) -> Result<Taken> {
    let directory = request.directory;
    let source = make::Source::open(request.database)?;
    let id = identity(&source.connection)?.id;
    place::prepare(request, &source.connection, &id)?;
    let mark = mark(request.database);
    rotate::clean(directory, &mark, &id, request.database)?;
    let before = newest_of(directory, &id, request.now)?;

    let stem = names::stem(request.database);
    let name = names::free_name(directory, &stem, request.now, request.compress);
    let plain = directory.join(format!(".{name}.{mark}{}", names::PARTIAL));
    let manifest = make::make(request, Kind::Backup, source, &plain, &name)
        .and_then(|made| make::publish(request, made, &stem));
    // The copy that a compressed backup was made from, or the rest of a backup that failed.
    make::give_up(&plain);
    let manifest = manifest?;

    let backups = Backups::of(directory, &id, request.now)?;
    let mut warnings = warnings(&manifest, before.as_ref(), backups.ahead());
    // A person is to look at the last one first.
    let keep = request
        .keep
        .filter(|_| !is_much_smaller(&manifest, before.as_ref()));
    let removed = match keep {
        Some(keep) => rotate::rotate(
            directory,
            &mark,
            &backups,
            &manifest.path,
            keep,
            &mut warnings,
        )?,
        None => Vec::new(),
    };
    if let Err(error) = place::record(request, &manifest) {
        warnings.push(format!(
            "the backup is made, but the database does not remember its folder, so a later run would not notice that \
             the disk is missing: {}",
            error.one_line()
        ));
    }
    Ok(Taken {
        manifest,
        removed,
        warnings,
    })
}

/// Whether a backup holds less than half of the one before.
fn is_much_smaller(new: &Manifest, before: Option<&Manifest>) -> bool {
    before.is_some_and(|before| new.database_bytes() < before.database_bytes() / 2)
}

/// Warnings for a person after a new backup.
fn warnings(new: &Manifest, before: Option<&Manifest>, ahead: &[Manifest]) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(before) = before
        && is_much_smaller(new, Some(before))
    {
        warnings.push(format!(
            "the new backup holds {}, less than half of the last one's {} ({}): look before the next backup rotates that one away",
            format_bytes(new.database_bytes()),
            format_bytes(before.database_bytes()),
            before.path.display()
        ));
    }
    warnings.extend(ahead.iter().map(|manifest| {
        format!(
            "{} was made at {}, by a clock that was ahead: it is never the latest and never rotated away; remove it \
             if you do not need it",
            manifest.path.display(),
            crate::model::time::iso(manifest.created_at)
        )
    }));
    warnings
}
