//! Proves backups that were made before.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::path::folder_of;
use crate::store::backup::manifest::Manifest;
use crate::store::backup::names::PARTIAL;
use crate::store::check::{self, Depth};
use crate::store::files::{
    HashingReader, HashingWriter, check_room, pour, remove_if_there, write_atomically,
};
use crate::store::identity::identity;
use crate::store::{SqlContext, open};

/// Proves a backup again: manifest, hashes, SQLite's checks, row counts.
///
/// # Errors
///
/// [`Exit::Damaged`] when a single bit differs; [`Exit::Config`] when it or its manifest is missing.
pub fn verify(backup: &Path, depth: Depth) -> Result<Manifest> {
    drop(open_file(backup)?);
    let manifest = Manifest::of(backup)?;
    if manifest.compressed {
        let folder = folder_of(backup);
        let mut unpacked = tempfile::Builder::new()
            .prefix(".tornsnap-verify-")
            .suffix(PARTIAL)
            .tempfile_in(folder)
            // A read-only folder is no reason not to verify what is in it.
            .or_else(|_| tempfile::NamedTempFile::new())
            .with_context(|| "make a temporary file to decompress into".to_owned())?;
        check_room(
            folder_of(unpacked.path()),
            manifest.database_bytes(),
            "decompress the backup",
        )?;
        unpack(&manifest, unpacked.as_file_mut())?;
        check_contents(&manifest, unpacked.path(), depth)?;
    } else {
        unpack(&manifest, &mut io::sink())?;
        check_contents(&manifest, backup, depth)?;
    }
    Ok(manifest)
}

/// Remembers in its manifest that a backup was proven again.
///
/// # Errors
///
/// Fails when the folder cannot be written.
pub(crate) fn remember_verified(
    manifest: &Manifest,
    database: &Path,
    depth: Depth,
    now: i64,
) -> Result<Manifest> {
    let mut proven = manifest.clone();
    proven.verified_at = now;
    proven.damaged_at = None;
    if depth == Depth::Full {
        depth.as_str().clone_into(&mut proven.check);
    }
    let path = Manifest::path_for(&proven.path);
    write_atomically(&path, &proven.to_text(), &super::mark(database), database)?;
    // Rotation may have removed both files meanwhile: then there is nothing to remember.
    if !proven.path.exists() {
        remove_if_there(&path).with_context(|| format!("remove {}", path.display()))?;
    }
    Ok(proven)
}

/// Notes in its manifest that a backup was found damaged, so that it counts for nothing from now on.
///
/// A file that is no backup of the database with this id is left as it is, and so is a damaged manifest.
///
/// # Errors
///
/// Fails when the folder cannot be written.
pub(crate) fn remember_damaged(
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
    write_atomically(
        &Manifest::path_for(backup),
        &manifest.to_text(),
        &super::mark(database),
        database,
    )
}

/// Copies a backup to `to`, decompressed, and compares it with its manifest on the way.
///
/// # Errors
///
/// [`Exit::Damaged`] when size or hash differ.
pub(in crate::store) fn unpack(manifest: &Manifest, to: &mut impl io::Write) -> Result<()> {
    let read = || format!("read the backup {}", manifest.path.display());
    let mut outer = HashingReader::new(open_whole(manifest)?);
    if manifest.compressed {
        decompress(manifest, &mut outer, to)?;
        // Whatever stands behind the compressed data belongs to the file's hash too.
        pour(&mut outer, &mut io::sink()).with_context(read)?;
    } else {
        pour(&mut outer, to).with_context(read)?;
    }
    must_be_as_said(manifest, outer)
}

/// Copies a backup that is not compressed, and compares nothing: [`prove_copy`] does.
pub(in crate::store) fn copy_out(manifest: &Manifest, mut to: File) -> Result<()> {
    io::copy(&mut open_whole(manifest)?, &mut to)
        .map(drop)
        .with_context(|| format!("copy the backup {}", manifest.path.display()))
}

/// Compares the bytes of a copy with the manifest.
///
/// # Errors
///
/// [`Exit::Damaged`] when they differ.
pub(in crate::store) fn prove_copy(manifest: &Manifest, copy: &Path) -> Result<()> {
    let read = || format!("read {}", copy.display());
    let mut reader = HashingReader::new(File::open(copy).with_context(read)?);
    pour(&mut reader, &mut io::sink()).with_context(read)?;
    must_be_as_said(manifest, reader)
}

/// Opens a backup that has the size that its manifest says.
fn open_whole(manifest: &Manifest) -> Result<File> {
    let path = &manifest.path;
    let file = open_file(path)?;
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
            "it has {bytes} bytes, and its manifest says {}",
            manifest.bytes
        ),
    ))
}

fn must_be_as_said<R>(manifest: &Manifest, reader: HashingReader<R>) -> Result<()> {
    if reader.hash.finish().0 == manifest.sha256 {
        return Ok(());
    }
    Err(damaged(
        &manifest.path,
        "it is not what its manifest says (SHA-256 differs)".to_owned(),
    ))
}

fn decompress(
    manifest: &Manifest,
    packed: &mut impl io::Read,
    to: &mut impl io::Write,
) -> Result<()> {
    let path = &manifest.path;
    let mut inner = HashingWriter::new(to);
    let unpacked = zstd::Decoder::with_buffer(BufReader::new(packed))
        .and_then(|mut decoder| pour(&mut decoder, &mut inner));
    if let Err(error) = unpacked {
        // A broken stream is damage; a full disk is not.
        return match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Err(error).with_context(|| format!("decompress {}", path.display()))
            }
            _ => Err(damaged(path, format!("it cannot be decompressed: {error}"))),
        };
    }
    let said = (
        manifest.uncompressed_sha256.clone().unwrap_or_default(),
        manifest.database_bytes(),
    );
    if inner.hash.finish() != said {
        return Err(damaged(
            path,
            "what is in it is not what its manifest says (SHA-256 differs)".to_owned(),
        ));
    }
    Ok(())
}

fn damaged(backup: &Path, why: String) -> Error {
    Error::new(format!("trust the backup {}", backup.display()))
        .with_source(why)
        .with_help("use another backup: `tornsnap backup --verify all` says which are sound")
        .with_exit(Exit::Damaged)
}

/// Checks that a database whose bytes are proven is sound and holds what the manifest says.
pub(in crate::store) fn check_contents(
    manifest: &Manifest,
    database: &Path,
    depth: Depth,
) -> Result<()> {
    let what = format!("the backup {}", manifest.path.display());
    let connection = open_copy(database)?;
    let rows = check::prove(&connection, depth, &what)?;
    let differs = |why: &str| {
        Err(Error::new(format!("find {what} sound"))
            .with_source(why.to_owned())
            .with_exit(Exit::Damaged))
    };
    if rows != manifest.rows {
        return differs("its tables do not have the rows that its manifest says");
    }
    if identity(&connection)? != manifest.identity() {
        return differs("it is a copy of another database than its manifest says");
    }
    Ok(())
}

/// Opens a finished copy to look at it.
pub(in crate::store) fn open_copy(path: &Path) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let connection =
            open::connect_bare(&open::as_file(path), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;",
        )?;
        Ok(connection)
    };
    open().context(format!("open {}", path.display()))
}

/// Opens a backup to read; a folder or a missing file is told as such.
pub(in crate::store) fn open_file(path: &Path) -> Result<File> {
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
