//! Makes one backup: copies, checks, hashes and syncs it, and gives it its final name last.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::elapsed::format_elapsed;
use crate::model::identity::Identity;
use crate::model::path::with_suffix;
use crate::model::size::format_bytes;
use crate::model::watch::Unit;
use crate::store::backup::BackupOptions;
use crate::store::backup::copy::{copy_database, database_size};
use crate::store::backup::manifest::{BackupKind, MANIFEST_VERSION, Manifest, TOOL};
use crate::store::backup::names::{file_name, free_name, temp_suffix};
use crate::store::backup::verify::open_copy;
use crate::store::check;
use crate::store::files::hash::{
    Digest, HashingReader, HashingWriter, copy_in_chunks, digest_of_file,
};
use crate::store::files::private::{create_private, write_atomically, write_if_absent};
use crate::store::files::remove::{remove_database_files, remove_if_there};
use crate::store::files::rename::rename;
use crate::store::files::space::check_room;
use crate::store::files::sync::{sync_file, sync_folder};
use crate::store::identity::identity;
use crate::store::migrate::SchemaState;
use crate::store::open;
use crate::store::parallel::run_both;
use crate::store::{SqlContext, sql};

/// The highest compression level of zstd that is still as fast as a disk.
const ZSTD_LEVEL: i32 = 3;

/// The database to copy. Nothing writes to it.
pub(super) struct SourceDatabase {
    pub(super) connection: Connection,
    pub(super) schema_version: i64,
}

impl SourceDatabase {
    pub(super) fn open(database: &Path) -> Result<Self> {
        // Read-write, because SQLite may have to undo a transaction of a program that was ended within it.
        let connection = open::connect(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        open::set_checkpoint_on_close(&connection, false).context("set up the connection")?;
        match open::inspect(&connection, database)? {
            SchemaState::Ours(schema_version) => {
                connection
                    .pragma_update(None, "query_only", true)
                    .context("set up the connection")?;
                Ok(Self {
                    connection,
                    schema_version,
                })
            }
            SchemaState::Empty => Err(open::empty_error(database)),
        }
    }
}

/// A finished, checked and synced backup under its temporary name.
pub(super) struct UnpublishedBackup {
    file: FinishedFile,
    copy: CheckedCopy,
    kind: BackupKind,
    schema_version: i64,
}

impl UnpublishedBackup {
    /// The manifest for the final path of this backup.
    fn manifest(&self, options: &BackupOptions<'_>, target: &Path) -> Manifest {
        let Digest { sha256, bytes } = self.file.digest.clone();
        let uncompressed = self.file.uncompressed.clone();
        Manifest {
            tool: TOOL.to_owned(),
            manifest_version: MANIFEST_VERSION,
            kind: self.kind.clone(),
            created_at: options.now,
            verified_at: options.now,
            damaged_at: None,
            ahead_noticed_at: None,
            kept_for: None,
            newest_prune: self.copy.newest_prune,
            check: options.depth.as_str().to_owned(),
            database: file_name(options.database),
            database_id: self.copy.identity.id.clone(),
            archive_of: self.copy.identity.archive_of.clone(),
            file: file_name(target),
            bytes,
            sha256,
            compressed: uncompressed.is_some(),
            uncompressed_bytes: uncompressed.as_ref().map(|digest| digest.bytes),
            uncompressed_sha256: uncompressed.map(|digest| digest.sha256),
            schema_version: self.schema_version,
            rows: self.copy.rows.clone(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            unknown: BTreeMap::new(),
            path: target.to_owned(),
        }
    }
}

/// Copies the database to `temporary`, then checks the copy on a second thread while this one compresses and hashes it.
pub(super) fn build(
    options: &BackupOptions<'_>,
    kind: BackupKind,
    source: SourceDatabase,
    temporary: &Path,
) -> Result<UnpublishedBackup> {
    open::check_length(temporary, || {
        format!("make a backup in {}", options.directory.display())
    })?;
    let size = database_size(&source.connection)?;
    check_room(
        options.directory,
        needed_space(size, options.compress),
        "make a backup",
    )?;
    log::info!(
        "copying {} ({}) to {}",
        options.database.display(),
        format_bytes(size),
        options.directory.display()
    );
    options.watch.begin("copying", Some((size, Unit::Bytes)));
    let started = Instant::now();
    copy_database(&source.connection, options, temporary)?;
    drop(source.connection);
    log::info!("the copy took {}", format_elapsed(started.elapsed()));

    let (checked, finished) = run_both(
        || check_copy(options, temporary).map_err(add_damage_help),
        || finish_file(options, temporary),
    );
    Ok(UnpublishedBackup {
        copy: checked?,
        file: finished?,
        kind,
        schema_version: source.schema_version,
    })
}

/// The space for the copy and, beside it, for the compressed copy, which is about as large if nothing can be compressed.
fn needed_space(size: u64, compress: bool) -> u64 {
    let factor = if compress { 2 } else { 1 };
    size.saturating_mul(factor)
}

/// The facts for the manifest of a copy that passed all checks.
struct CheckedCopy {
    identity: Identity,
    newest_prune: i64,
    rows: BTreeMap<String, i64>,
}

fn check_copy(options: &BackupOptions<'_>, copy: &Path) -> Result<CheckedCopy> {
    let what = format!("the copy of {}", options.database.display());
    let started = Instant::now();
    let connection = open_copy(copy)?;
    let checked = CheckedCopy {
        rows: check::verify(&connection, options.depth, &what)?,
        identity: identity(&connection)?,
        newest_prune: connection
            .query_row(sql!("backup/get_newest_prune"), [], |row| {
                row.get("newest_prune")
            })
            .context("look up the newest prune")?,
    };
    log::info!(
        "the copy passed {}, which took {}",
        options.depth.as_str(),
        format_elapsed(started.elapsed())
    );
    Ok(checked)
}

fn add_damage_help(error: Error) -> Error {
    match error.exit() {
        Exit::Damaged => error.with_help(
            "the database itself is damaged: keep it, check it with `tornsnap health --deep`, and run `tornsnap restore \
             latest`; no backup was removed",
        ),
        _ => error,
    }
}

/// A synced file with the contents of the finished backup.
struct FinishedFile {
    path: PathBuf,
    digest: Digest,
    /// If the file is compressed: the digest of the database in it.
    uncompressed: Option<Digest>,
}

/// Compresses the copy if the options ask for it, hashes and syncs the result.
fn finish_file(options: &BackupOptions<'_>, copy: &Path) -> Result<FinishedFile> {
    let started = Instant::now();
    let bytes = fs::metadata(copy).map_or(0, |found| found.len());
    let step = if options.compress {
        "checking and compressing"
    } else {
        "checking and hashing"
    };
    options.watch.begin(step, Some((bytes, Unit::Bytes)));
    let finished = if options.compress {
        let compressed = with_suffix(copy, ".zst");
        let (before, after) = compress(options, copy, &compressed)
            .with_context(|| format!("compress the copy in {}", options.directory.display()))?;
        FinishedFile {
            path: compressed,
            digest: after,
            uncompressed: Some(before),
        }
    } else {
        FinishedFile {
            path: copy.to_owned(),
            digest: digest_of_file(copy, options.watch)
                .with_context(|| format!("read {}", copy.display()))?,
            uncompressed: None,
        }
    };
    sync_file(&finished.path)?;
    let how = if options.compress {
        "compressed, hashed"
    } else {
        "hashed"
    };
    let bytes = finished.digest.bytes;
    log::info!(
        "the copy is {how} and synced ({}), which took {}",
        format_bytes(bytes),
        format_elapsed(started.elapsed())
    );
    // The check on the other thread may take longer.
    options.watch.begin("checking", None);
    Ok(finished)
}

/// Compresses a file; returns the digests of the input and of the output.
fn compress(options: &BackupOptions<'_>, from: &Path, to: &Path) -> io::Result<(Digest, Digest)> {
    let mut reader = HashingReader::new(File::open(from)?);
    let writer = HashingWriter::new(create_private(to, options.database)?);
    let mut encoder = zstd::Encoder::new(writer, ZSTD_LEVEL)?;
    encoder.include_checksum(true)?;
    copy_in_chunks(&mut reader, &mut encoder, options.watch)?;
    let writer = encoder.finish()?;
    Ok((reader.finish(), writer.finish()))
}

/// Publishes a backup under the first free name, in three steps:
///
/// 1. The backup gets a hidden name that contains the final name. If this run is killed after step 2, the next run needs
///    that name to find the manifest.
/// 2. The manifest is created. Creating it fails if its name is taken, so this reserves the name: runs on several databases
///    may publish backups in one folder in the same second.
/// 3. The backup gets its final name. A backup without a manifest, or a manifest without a backup, is not a backup.
pub(super) fn publish(
    options: &BackupOptions<'_>,
    mut backup: UnpublishedBackup,
    stem: &str,
) -> Result<Manifest> {
    let directory = options.directory;
    let suffix = temp_suffix(options.database);
    let is_compressed = backup.file.uncompressed.is_some();
    loop {
        let name = free_name(directory, stem, options.now, is_compressed);
        let temporary = directory.join(format!(".{name}{suffix}"));
        if backup.file.path != temporary {
            rename(&backup.file.path, &temporary)
                .with_context(|| format!("rename {}", backup.file.path.display()))?;
            backup.file.path = temporary;
        }
        let manifest = backup.manifest(options, &directory.join(name));
        if write_if_absent(
            &Manifest::path_for(&manifest.path),
            &manifest.to_text(),
            &suffix,
            options.database,
            &|_| Ok(()),
        )? {
            return rename_to_target(directory, &backup.file.path, manifest);
        }
    }
}

/// Publishes a backup under a given name. A manifest that already has this name is replaced.
pub(super) fn publish_as(
    options: &BackupOptions<'_>,
    backup: &UnpublishedBackup,
    name: &str,
) -> Result<Manifest> {
    let manifest = backup.manifest(options, &options.directory.join(name));
    write_atomically(
        &Manifest::path_for(&manifest.path),
        &manifest.to_text(),
        &temp_suffix(options.database),
        options.database,
    )?;
    rename_to_target(options.directory, &backup.file.path, manifest)
}

/// Gives a backup the path in its manifest, which is written already.
fn rename_to_target(directory: &Path, file: &Path, manifest: Manifest) -> Result<Manifest> {
    let target = &manifest.path;
    if let Err(error) = rename(file, target) {
        // Best effort: a manifest without its backup is ignored.
        let _ = remove_if_there(&Manifest::path_for(target));
        return Err(error).with_context(|| format!("put the backup {} in place", target.display()));
    }
    sync_folder(directory)?;
    Ok(manifest)
}

/// Removes the temporary copy and its compressed form, if they are still there.
pub(super) fn remove_temporary_files(temporary: &Path) {
    remove_database_files(temporary);
    remove_database_files(&with_suffix(temporary, ".zst"));
}
