//! Makes, lists, verifies and rotates verified copies of a database.
//!
//! A backup gets its final name only when it is complete, checked and synced, and its manifest is written before that.
//! A killed run leaves temporary files, which the next run removes, and perhaps a manifest without a backup, which is
//! ignored. The id in the manifest identifies the database of a backup. The file name does not.

mod archives;
mod catalog;
mod copy;
mod create;
mod directory;
mod form;
mod latest;
mod manifest;
mod migration;
mod names;
mod rotate;
mod same_content;
mod search;
mod verify;
mod without_manifest;

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::model::lost_rows::LostRows;
use crate::model::path::display_path;
use crate::model::run::ClockDispute;
use crate::model::size::format_bytes;
use crate::model::time::iso;
use crate::model::watch::Watch;
use crate::store::check::Depth;
use crate::store::files::same::refuse_hard_links;
use crate::store::identity::identity;
use crate::store::lock::Lock;
use crate::store::open;
use crate::store::{Store, clock};

pub(crate) use catalog::{Backups, ListedBackup, newest_unusable, newest_with_database_name};
pub use catalog::{list_backups, newest_backup};
pub(crate) use directory::last_backup_in;
pub(crate) use latest::{latest_backup, newest_to_verify, why_none};
pub use manifest::Manifest;
pub(crate) use manifest::{BackupKind, KeptFor};
pub(crate) use same_content::newest_with_same_content;
pub use verify::verify;
pub(crate) use verify::{record_damaged, record_kept, record_verified};
pub(crate) use without_manifest::{WithoutManifest, list_without_manifest};

pub(super) use catalog::newest_with_unreadable_manifest;
pub(super) use form::{Form, form_of, open_backup_file};
pub(super) use manifest::has_manifest;
pub(super) use migration::back_up_before_migration;
pub(super) use names::{compact_timestamp, temp_suffix};
use rotate::Rotation;
use search::Recorded;
pub(super) use search::lost_rows;
use verify::record_ahead;
pub(super) use verify::{
    copy_unverified, open_copy, unpack_and_verify, verify_contents, verify_hash,
};

/// The name of the lock that a run holds while it writes backups of a database.
pub const LOCK: &str = "backup";

/// The database to copy, the target folder, and the options.
#[derive(Clone, Copy, Debug)]
pub struct BackupOptions<'a> {
    /// The database to copy.
    pub database: &'a Path,
    /// The target folder, which is created if it is missing.
    pub directory: &'a Path,
    /// Whether to compress the copy.
    pub compress: bool,
    /// The SQLite check that the copy must pass.
    pub depth: Depth,
    /// How many backups rotation leaves; `None` for all.
    pub keep: Option<u32>,
    /// Whether to accept that earlier backups are missing from the folder.
    pub new_folder: bool,
    /// Unix seconds, for the name and the manifest.
    pub now: i64,
    /// Receives the progress.
    pub watch: &'a dyn Watch,
}

/// Checks that there is a database to copy.
///
/// # Errors
///
/// [`Exit::Config`](crate::error::Exit::Config) when it is missing, a folder, or has several names.
pub(crate) fn check_database_exists(database: &Path) -> Result<()> {
    open::check_is_file(database)?;
    refuse_hard_links(database)
}

/// The result of [`create()`].
#[derive(Debug)]
pub struct NewBackup {
    /// The manifest of the new backup.
    pub manifest: Manifest,
    pub(crate) removed: Vec<PathBuf>,
    pub(crate) warnings: Vec<String>,
}

/// Makes a backup, then removes the oldest ones beyond `keep`. The caller holds the lock [`LOCK`] of the database.
///
/// # Errors
///
/// [`Exit::Io`](crate::error::Exit::Io) when the disk is full, [`Exit::Damaged`](crate::error::Exit::Damaged) when
/// the copy is damaged, [`Exit::Config`](crate::error::Exit::Config) when earlier backups are missing from the folder.
/// No older backup is removed then.
pub fn create(options: &BackupOptions<'_>, _lock: &Lock) -> Result<NewBackup> {
    let directory = options.directory;
    let source = create::SourceDatabase::open(options.database)?;
    let id = identity(&source.connection)?.id;
    directory::prepare(options, &source.connection, &id)?;
    let comparison = clock::newest_comparison(&source.connection)?;
    let doubted_prune = match options.keep {
        Some(_) => rotate::newest_doubted_prune(&source.connection, comparison)?,
        None => None,
    };
    let recorded = Recorded::read(&source.connection, options.database, options.now)?;
    let suffix = temp_suffix(options.database);
    rotate::remove_leftovers(directory, &suffix, &id, options.database)?;
    let previous = newest_backup(directory, &id, options.now)?;
    let manifest = copy(options, source, &suffix)?;

    let backups = Backups::find(directory, &id, options.now)?;
    let mut warnings = warnings(&manifest, previous.as_ref(), backups.future());
    if comparison.is_some_and(|comparison| comparison.confirms(options.now)) {
        let recorded = record_ahead(backups.future(), options.database, options.now);
        warnings.extend(recorded.err().map(|error| error.one_line()));
    }
    // The new backup has none of the rows that are missing.
    let lost = recorded.lost_rows(&[directory], Some(&manifest.path), options.now);
    let dispute = comparison.and_then(|comparison| comparison.dispute());
    let reason = lost
        .as_ref()
        .and_then(keep_all)
        .or_else(|| dispute.map(|dispute| keep_all_until_set(&dispute, options.now)));
    // The user should look at the previous backup before it is rotated away, or import the rows that only a backup has.
    let may_rotate = !is_much_smaller(&manifest, previous.as_ref()) && reason.is_none();
    // The commands that keep all backups say themselves what is missing: an import may bring it back.
    warnings.extend(reason.filter(|_| options.keep.is_some()));
    let removed = match options.keep.filter(|_| may_rotate) {
        Some(keep) => {
            let rotation = Rotation {
                directory,
                temp_suffix: &suffix,
                new: &manifest.path,
                keep,
                doubted_prune,
            };
            rotation.remove_oldest(&backups, &mut warnings)?
        }
        None => Vec::new(),
    };
    if let Err(error) = directory::record(options, &manifest, recorded.lacks_rows()) {
        warnings.push(format!(
            "the backup is made, but the database does not remember its folder, so a later run would not notice that \
             the disk is missing: {}",
            error.one_line()
        ));
    }
    Ok(NewBackup {
        manifest,
        removed,
        warnings,
    })
}

/// Copies the database to the folder.
fn copy(
    options: &BackupOptions<'_>,
    source: create::SourceDatabase,
    suffix: &str,
) -> Result<Manifest> {
    let directory = options.directory;
    let stem = names::stem(options.database);
    let name = names::free_name(directory, &stem, options.now, options.compress);
    let temporary = directory.join(format!(".{name}{suffix}"));
    let manifest = create::build(options, BackupKind::Backup, source, &temporary)
        .and_then(|backup| create::publish(options, backup, &stem));
    // The uncompressed copy of a compressed backup, or the files of a failed one.
    create::remove_temporary_files(&temporary);
    manifest.map_err(|error| {
        let known = display_path(&directory.join(&name));
        error.with_known_name(&temporary, &known)
    })
}

impl Store {
    /// Records which backups in this folder, and in all folders that had backups, were made by a clock that was ahead. A folder
    /// that is not there has none.
    ///
    /// The clock must be right now. The note is never taken back: neither the database nor a manifest tells whether the clock
    /// was ahead when the backup was made, or behind when the note was made.
    ///
    /// # Errors
    ///
    /// Fails when a folder cannot be read or written, after the other folders.
    pub(crate) fn record_ahead_backups(&self, directory: &Path, now: i64) -> Result<()> {
        let id = self.identity()?.id;
        let folders = directory::recorded_folders(self.connection())?;
        let mut result = Ok(());
        for folder in std::iter::once(directory.to_owned()).chain(folders) {
            let recorded = Backups::find(&folder, &id, now)
                .and_then(|backups| record_ahead(backups.future(), self.path(), now));
            result = result.and(recorded);
        }
        result
    }
}

/// The warning that no backup may be rotated away, if one has rows that a prune deleted too early, or may have them.
fn keep_all(lost: &LostRows) -> Option<String> {
    lost.may_be_in_a_backup().then(|| {
        format!(
            "{}, so no backup was rotated away; {}",
            lost.describe(),
            lost.help()
        )
    })
}

/// The warning that no backup may be rotated away while the clock is wrong. A prune may have deleted rows too early, which
/// nobody has noticed yet.
fn keep_all_until_set(dispute: &ClockDispute, now: i64) -> String {
    format!(
        "{}, so no backup was rotated away; set the clock, then run `tornsnap fetch all`",
        dispute.reason(now)
    )
}

/// Fails if a backup of the database would get a path that is too long for SQLite, for commands that make a database.
///
/// # Errors
///
/// [`Exit::Config`](crate::error::Exit::Config).
pub(crate) fn check_path_lengths(database: &Path, directory: &Path) -> Result<()> {
    open::check_length(database, || {
        format!("make the database {}", database.display())
    })?;
    let name = format!(
        ".{}-20261121T220600Z-99.db{}",
        names::stem(database),
        temp_suffix(database)
    );
    open::check_length(&directory.join(name), || {
        format!("make backups in {}", directory.display())
    })
}

/// Whether a backup is less than half the size of the previous one.
fn is_much_smaller(new: &Manifest, previous: Option<&Manifest>) -> bool {
    previous.is_some_and(|previous| new.database_bytes() < previous.database_bytes() / 2)
}

fn warnings(new: &Manifest, previous: Option<&Manifest>, future: &[Manifest]) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(previous) = previous
        && is_much_smaller(new, Some(previous))
    {
        warnings.push(format!(
            "the new backup holds {}, less than half of the last one's {} ({}): look before the next backup rotates that one away",
            format_bytes(new.database_bytes()),
            format_bytes(previous.database_bytes()),
            previous.path.display()
        ));
    }
    warnings.extend(future.iter().map(|manifest| {
        format!(
            "{} was made at {}, by a clock that was ahead: it is never the latest and never rotated away; `tornsnap \
             health` says whether it may be removed",
            manifest.path.display(),
            iso(manifest.created_at)
        )
    }));
    warnings
}
