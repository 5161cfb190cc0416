//! Verifies existing backups.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::path::folder_of;
use crate::model::size::MEGABYTE;
use crate::model::watch::{Unit, Unwatched, Watch};
use crate::store::backup::form::open_backup_file;
use crate::store::backup::manifest::{KeptFor, Manifest};
use crate::store::backup::names::PARTIAL;
use crate::store::check::{self, Depth};
use crate::store::files::compressed;
use crate::store::files::hash::{
    Digest, HashingReader, HashingWriter, copy_in_chunks, digest_of_file,
};
use crate::store::files::private::write_atomically;
use crate::store::files::remove::remove_if_there;
use crate::store::files::space::check_room;
use crate::store::identity::identity;
use crate::store::{SqlContext, interrupt, open};

/// The number of bytes that are copied between two checks for a request to stop.
const COPY_STEP: u64 = 32 * MEGABYTE;

/// Verifies a backup: its manifest, its hashes, SQLite's checks, and the row counts.
///
/// # Errors
///
/// [`Exit::Damaged`] when any byte differs; [`Exit::Config`] when the backup or its manifest is missing.
pub fn verify(backup: &Path, depth: Depth, watch: &dyn Watch) -> Result<Manifest> {
    drop(open_backup_file(backup)?);
    let manifest = Manifest::of(backup)?;
    let verified = open_verified(&manifest, watch)?;
    watch.begin("checking", None);
    verify_contents(&manifest, verified.path(), depth).map_err(|error| {
        let known = format!("the copy of {}", backup.display());
        verified.named(error, &known)
    })?;
    Ok(manifest)
}

/// The uncompressed database of a backup whose hashes are those in its manifest.
pub(super) enum Verified<'a> {
    Original(&'a Path),
    /// It is removed on drop.
    Unpacked(NamedTempFile),
}

impl Verified<'_> {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Original(path) => path,
            Self::Unpacked(file) => file.path(),
        }
    }

    /// The error with `known` for the hidden name of the decompressed file.
    fn named(&self, error: Error, known: &str) -> Error {
        match self {
            Self::Original(_) => error,
            Self::Unpacked(file) => error.with_known_name(file.path(), known),
        }
    }
}

/// Compares a backup with the hashes in its manifest, and decompresses it if necessary.
///
/// # Errors
///
/// [`Exit::Damaged`] when size or hash differ.
pub(super) fn open_verified<'a>(manifest: &'a Manifest, watch: &dyn Watch) -> Result<Verified<'a>> {
    watch.begin("reading", Some((manifest.database_bytes(), Unit::Bytes)));
    if !manifest.compressed {
        unpack_and_verify(manifest, &mut io::sink(), watch)?;
        return Ok(Verified::Original(&manifest.path));
    }
    let folder = folder_of(&manifest.path);
    let mut unpacked = tempfile::Builder::new()
        .prefix(".tornsnap-verify-")
        .suffix(PARTIAL)
        .tempfile_in(folder)
        // The backup may be in a read-only folder.
        .or_else(|_| NamedTempFile::new())
        .map_err(|error| {
            let action = format!("decompress {}", manifest.path.display());
            Error::of_temporary_folder(action, error)
        })?;
    check_room(
        folder_of(unpacked.path()),
        manifest.database_bytes(),
        "decompress the backup",
    )?;
    unpack_and_verify(manifest, unpacked.as_file_mut(), watch)?;
    Ok(Verified::Unpacked(unpacked))
}

/// Records in the manifest that the backup was verified now.
///
/// # Errors
///
/// Fails when the folder cannot be written.
pub(crate) fn record_verified(
    manifest: &Manifest,
    database: &Path,
    depth: Depth,
    now: i64,
) -> Result<Manifest> {
    let mut verified = manifest.clone();
    verified.verified_at = now;
    verified.damaged_at = None;
    if depth == Depth::Full {
        depth.as_str().clone_into(&mut verified.check);
    }
    let path = Manifest::path_for(&verified.path);
    rewrite(&verified, database)?;
    // Rotation may have removed both files meanwhile. A manifest must not stay without its backup.
    if !verified.path.exists() {
        remove_if_there(&path).with_context(|| format!("remove {}", path.display()))?;
    }
    Ok(verified)
}

/// Records in the manifest that the backup was found damaged, so that it no longer counts as a backup.
///
/// Changes nothing if the manifest is damaged, or if it belongs to a backup of another database.
///
/// # Errors
///
/// Fails when the folder cannot be written.
pub(crate) fn record_damaged(
    backup: &Path,
    database: &Path,
    id: &DatabaseId,
    now: i64,
) -> Result<()> {
    let Ok(mut manifest) = Manifest::of(backup) else {
        return Ok(());
    };
    if manifest.database_id != *id {
        return Ok(());
    }
    manifest.damaged_at = Some(now);
    rewrite(&manifest, database)
}

/// Records in the manifest why rotation never removes the backup.
///
/// # Errors
///
/// Fails when the folder cannot be written.
pub(crate) fn record_kept(manifest: &Manifest, database: &Path, kept_for: KeptFor) -> Result<()> {
    let mut kept = manifest.clone();
    kept.kept_for = Some(kept_for);
    rewrite(&kept, database)
}

/// Replaces the manifest of a backup.
fn rewrite(manifest: &Manifest, database: &Path) -> Result<()> {
    write_atomically(
        &Manifest::path_for(&manifest.path),
        &manifest.to_text(),
        &super::temp_suffix(database),
        database,
    )
}

/// Records in the manifests that these backups were made by a clock that was ahead. The clock must be right now.
///
/// # Errors
///
/// Fails when the folder cannot be written.
pub(super) fn record_ahead(ahead: &[Manifest], database: &Path, now: i64) -> Result<()> {
    for manifest in ahead {
        if manifest.ahead_noticed_at.is_none() {
            let mut noticed = manifest.clone();
            noticed.ahead_noticed_at = Some(now);
            rewrite(&noticed, database)?;
        }
    }
    Ok(())
}

/// Copies a backup to `to`, decompresses it if necessary, and compares size and hashes with the manifest.
///
/// # Errors
///
/// [`Exit::Damaged`] when size or hash differ.
pub(in crate::store) fn unpack_and_verify(
    manifest: &Manifest,
    to: &mut impl io::Write,
    watch: &dyn Watch,
) -> Result<()> {
    let read = || format!("read the backup {}", manifest.path.display());
    let mut outer = HashingReader::new(open_checking_size(manifest)?);
    if manifest.compressed {
        decompress(manifest, &mut outer, to, watch)?;
        // The hash of the file also covers bytes after the end of the compressed data.
        copy_in_chunks(&mut outer, &mut io::sink(), &Unwatched).with_context(read)?;
    } else {
        copy_in_chunks(&mut outer, to, watch).with_context(read)?;
    }
    check_hash(manifest, &outer.finish())
}

/// Copies an uncompressed backup without verifying its hash. [`verify_hash`] verifies the copy.
pub(in crate::store) fn copy_unverified(
    manifest: &Manifest,
    mut to: File,
    watch: &dyn Watch,
) -> Result<()> {
    let from = open_checking_size(manifest)?;
    let mut copy = || -> io::Result<()> {
        loop {
            interrupt::check()?;
            // `io::copy` lets the kernel copy from file to file.
            let copied = io::copy(&mut (&from).take(COPY_STEP), &mut to)?;
            if copied == 0 {
                return Ok(());
            }
            watch.advance(copied);
        }
    };
    copy().with_context(|| format!("copy the backup {}", manifest.path.display()))
}

/// Compares the hash of a copy with the manifest.
///
/// # Errors
///
/// [`Exit::Damaged`] when they differ.
pub(in crate::store) fn verify_hash(
    manifest: &Manifest,
    copy: &Path,
    watch: &dyn Watch,
) -> Result<()> {
    let digest = digest_of_file(copy, watch).with_context(|| format!("read {}", copy.display()))?;
    check_hash(manifest, &digest)
}

/// Opens a backup, and fails if its size differs from the manifest.
fn open_checking_size(manifest: &Manifest) -> Result<File> {
    let path = &manifest.path;
    let file = open_backup_file(path)?;
    let bytes = file
        .metadata()
        .with_context(|| format!("read the backup {}", path.display()))?
        .len();
    if bytes == manifest.bytes {
        return Ok(file);
    }
    Err(damaged(
        path,
        format!(
            "it has {bytes} bytes, but its manifest says {}",
            manifest.bytes
        ),
    ))
}

fn check_hash(manifest: &Manifest, digest: &Digest) -> Result<()> {
    if digest.sha256 == manifest.sha256 {
        return Ok(());
    }
    Err(damaged(
        &manifest.path,
        "its SHA-256 differs from the one in its manifest".to_owned(),
    ))
}

fn decompress(
    manifest: &Manifest,
    from: &mut impl Read,
    to: &mut impl io::Write,
    watch: &dyn Watch,
) -> Result<()> {
    let path = &manifest.path;
    let mut writer = HashingWriter::new(to);
    compressed::decompress(from, &mut writer, watch)
        .map_err(|failure| failure.into_error(path, |why| damaged(path, why.to_owned())))?;
    let digest = writer.finish();
    if manifest.uncompressed_sha256.as_ref() != Some(&digest.sha256)
        || manifest.database_bytes() != digest.bytes
    {
        return Err(damaged(
            path,
            "it contains a database whose SHA-256 differs from the one in its manifest".to_owned(),
        ));
    }
    Ok(())
}

fn damaged(backup: &Path, why: String) -> Error {
    Error::new(format!("verify the backup {}", backup.display()))
        .with_source(why)
        .with_help("use another backup: `tornsnap backup --verify all` shows which are intact")
        .with_exit(Exit::Damaged)
}

/// Runs SQLite's checks on a copy, and compares its rows and ids with the manifest.
pub(in crate::store) fn verify_contents(
    manifest: &Manifest,
    database: &Path,
    depth: Depth,
) -> Result<()> {
    let what = format!("the backup {}", manifest.path.display());
    let connection = open_copy(database)?;
    let rows = check::verify(&connection, depth, &what)?;
    let differs = |why: &str| {
        Err(Error::new(format!("verify {what}"))
            .with_source(why.to_owned())
            .with_exit(Exit::Damaged))
    };
    if rows != manifest.rows {
        return differs("the row counts of its tables differ from those in its manifest");
    }
    if identity(&connection)? != manifest.identity() {
        return differs("its database id differs from the one in its manifest");
    }
    Ok(())
}

/// Opens a finished copy read-only, without a WAL or journal beside it: the manifest tells the contents of the file alone.
pub(in crate::store) fn open_copy(path: &Path) -> Result<Connection> {
    let uri = open::immutable_uri(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let open = || -> rusqlite::Result<Connection> {
        let connection = open::connect_bare(&uri, flags)?;
        connection.execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;",
        )?;
        Ok(connection)
    };
    open().context(format!("open {}", path.display()))
}
