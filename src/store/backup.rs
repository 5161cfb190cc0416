//! Verified copies of a database: made in one step while others write, proven, rotated.
//!
//! A backup has its name only when it is whole, checked and on the disk, and its manifest is there first: a run
//! that is killed at any point leaves temporary files, which the next one removes, and perhaps a manifest without
//! its backup, which counts for nothing.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::error::{Doing, Error, Exit, Result};
use crate::model::path::folder_of;
use crate::model::time::DAY;
use crate::store::Failed;
use crate::store::check::{self, Depth};
use crate::store::files::{
    Hash, HashingReader, HashingWriter, check_room, create_private, discard, pour, remove_if_there,
    sync_file, sync_folder, with_suffix, write_atomically,
};
use crate::store::lock::Lock;
use crate::store::migrate::Found;
use crate::store::open;

pub use crate::store::manifest::Manifest;

/// The name of the lock that whoever writes backups of a database holds.
pub const LOCK: &str = "backup";

/// The end of every temporary name.
const PARTIAL: &str = ".partial";

/// How hard zstd tries: the level at which it still keeps up with a disk.
const ZSTD_LEVEL: i32 = 3;

/// How long to wait for a source that is locked, which in WAL mode means for its recovery after a crash.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the copy grows before that much is sent to the disk.
const TRICKLE: Duration = Duration::from_millis(10);

/// What to copy, where to, and how.
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
    /// The time, for the name and the manifest.
    pub now: i64,
}

/// Says in plain words that there is no database to copy.
///
/// # Errors
///
/// [`Exit::Config`] when it is missing or a folder.
pub fn must_exist(database: &Path) -> Result<()> {
    open::must_be_a_file(database)
}

/// What came of it.
#[derive(Debug)]
pub struct Taken {
    /// The new backup.
    pub manifest: Manifest,
    /// Old backups that were removed.
    pub removed: Vec<PathBuf>,
    /// What a person should look at.
    pub warnings: Vec<String>,
}

/// Makes a backup, then removes those beyond `keep`. The caller holds the lock [`LOCK`] of the database.
///
/// # Errors
///
/// [`Exit::Io`] when there is no room, [`Exit::Damaged`] when the copy is not sound; older backups stay untouched.
pub fn take(request: &Request<'_>, _lock: &Lock) -> Result<Taken> {
    let directory = request.directory;
    fs::create_dir_all(directory)
        .doing(|| format!("make the backup folder {}", directory.display()))?;
    let mark = mark(request.database);
    clean(directory, &mark)?;
    let before = newest_of(directory, request.database)?;

    let stem = stem(request.database);
    let name = free_name(directory, &stem, request.now, request.compress);
    let plain = directory.join(format!(".{name}.{mark}{PARTIAL}"));
    let manifest = match make(request, &plain, &name) {
        Ok(made) => publish(request, made, &name).inspect_err(|_| discard(&plain))?,
        Err(error) => {
            discard(&plain);
            discard(&with_suffix(&plain, ".zst"));
            return Err(error);
        }
    };

    let mut warnings = Vec::new();
    if let Some(before) = before
        && manifest.database_bytes() < before.database_bytes() / 2
    {
        warnings.push(format!(
            "the new backup holds {} bytes, less than half of the last one's {} ({}): look before that one is \
             rotated away",
            manifest.database_bytes(),
            before.database_bytes(),
            before.path.display()
        ));
    }
    let removed = match request.keep {
        Some(keep) => rotate(directory, &mark, &manifest, keep, &mut warnings)?,
        None => Vec::new(),
    };
    Ok(Taken {
        manifest,
        removed,
        warnings,
    })
}

/// A finished, checked and synced copy under its temporary name.
struct Made {
    file: PathBuf,
    manifest: Manifest,
}

/// Copies, then checks on one thread while this one hashes (and compresses): both only read the copy.
fn make(request: &Request<'_>, plain: &Path, name: &str) -> Result<Made> {
    let source = open::connect(request.database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let Found::Ours(schema_version) = open::inspect(&source, request.database)? else {
        return Err(
            Error::new(format!("back up {}", request.database.display()))
                .because("there is nothing in it yet")
                .try_this("run `tornsnap init` first")
                .exits(Exit::Config),
        );
    };
    let files = if request.compress { 2 } else { 1 };
    check_room(
        request.directory,
        size_of(&source)? * files,
        "make a backup",
    )?;
    create_private(plain).doing(|| format!("make {}", plain.display()))?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| trickle(plain, &done));
        let outcome = copy(&source, plain);
        done.store(true, Ordering::Relaxed);
        outcome
    })?;
    drop(source);

    let what = format!("the copy of {}", request.database.display());
    let (checked, sealed) = thread::scope(|scope| {
        let checked = scope.spawn(|| check::integrity(&open_copy(plain)?, request.depth, &what));
        let sealed = seal(request, plain, &what);
        (checked.join(), sealed)
    });
    let remedy = |error: Error| {
        match error.exit() {
        Exit::Damaged => error.try_this(
            "the database itself is damaged: keep it, look with `tornsnap health --deep`, and `tornsnap restore` \
             the last backup; no backup was removed",
        ),
        _ => error,
    }
    };
    checked
        .unwrap_or_else(|_| Err(Error::new("check the copy").because("the check panicked")))
        .map_err(remedy)?;
    let mut made = sealed.map_err(remedy)?;
    request.depth.as_str().clone_into(&mut made.manifest.check);
    name.clone_into(&mut made.manifest.file);
    made.manifest.schema_version = schema_version;
    Ok(made)
}

/// Hashes and syncs the copy, compresses it where that is asked for, and counts its rows.
fn seal(request: &Request<'_>, plain: &Path, what: &str) -> Result<Made> {
    let mut manifest = Manifest::template();
    let file = if request.compress {
        let packed = with_suffix(plain, ".zst");
        let ((inner, inner_bytes), (outer, outer_bytes)) = compress(plain, &packed)
            .doing(|| format!("compress the copy in {}", request.directory.display()))?;
        manifest.compressed = true;
        manifest.uncompressed_sha256 = Some(inner);
        manifest.uncompressed_bytes = Some(inner_bytes);
        (manifest.sha256, manifest.bytes) = (outer, outer_bytes);
        packed
    } else {
        (manifest.sha256, manifest.bytes) =
            hash_file(plain).doing(|| format!("read {}", plain.display()))?;
        plain.to_owned()
    };
    let copy = open_copy(plain)?;
    check::foreign_keys(&copy, what)?;
    manifest.rows = check::row_counts(&copy)?;
    drop(copy);
    sync_file(&file)?;
    manifest.created_at = request.now;
    manifest.verified_at = request.now;
    manifest.database = database_name(request.database);
    Ok(Made { file, manifest })
}

/// Puts the manifest and then the backup in place, under a name that nothing has yet.
fn publish(request: &Request<'_>, made: Made, name: &str) -> Result<Manifest> {
    let directory = request.directory;
    let Made { file, mut manifest } = made;
    let action = || format!("put the backup {name} in place");
    let target = directory.join(name);
    // Between choosing the name and now another database's backup may have taken it.
    if target.exists() {
        return Err(Error::new(action())
            .because("another program has just made a file of that name")
            .try_this("run it again")
            .exits(Exit::TryLater));
    }
    let mark = mark(request.database);
    write_atomically(&Manifest::path_for(&target), &manifest.to_text(), &mark)?;
    if let Err(error) = fs::rename(&file, &target) {
        // Best effort: a manifest without its backup counts for nothing.
        let _ = remove_if_there(&Manifest::path_for(&target));
        return Err(error).doing(action);
    }
    sync_folder(directory)?;
    if request.compress {
        discard(&uncompressed(&file));
    }
    manifest.path = target;
    Ok(manifest)
}

/// The name of the copy that a compressed one was made from.
fn uncompressed(packed: &Path) -> PathBuf {
    packed.with_extension("")
}

/// Sends what was written so far to the disk while the copy grows, a little at a time: flushed all at once at the end,
/// it would keep a writer's next checkpoint waiting.
fn trickle(file: &Path, done: &AtomicBool) {
    let Ok(file) = File::options().write(true).open(file) else {
        return; // It is only a courtesy: the sync that counts comes when all is written.
    };
    while !done.load(Ordering::Relaxed) {
        thread::sleep(TRICKLE);
        let _ = file.sync_data();
    }
}

/// Copies a database page by page in one step: a stepped copy begins anew whenever somebody commits.
///
/// The copy needs no WAL and no rights to write: it can be opened read-only anywhere.
fn copy(source: &Connection, target: &Path) -> Result<()> {
    let action = || format!("copy the database to {}", target.display());
    let copied = || -> rusqlite::Result<StepResult> {
        let mut copy = Connection::open(open::as_file(target))?;
        // Nobody else sees it, and it is synced as a whole when it is done.
        copy.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; \
             PRAGMA cache_size = -4000;",
        )?;
        let waiting_since = Instant::now();
        let result = loop {
            let result = Backup::new(source, &mut copy)?.step(-1)?;
            let busy = matches!(result, StepResult::Busy | StepResult::Locked);
            if !busy || waiting_since.elapsed() > BUSY_TIMEOUT {
                break result;
            }
            thread::sleep(Duration::from_millis(50));
        };
        drop(copy);
        let copy = Connection::open(open::as_file(target))?;
        copy.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE;",
        )?;
        Ok(result)
    };
    match copied().failed(action())? {
        StepResult::Done => Ok(()),
        _ => Err(Error::new(action())
            .because("another program keeps the database locked")
            .try_this("wait for it to end, then run it again")
            .exits(Exit::TryLater)),
    }
}

/// What the database takes, what is still in its WAL included.
fn size_of(source: &Connection) -> Result<u64> {
    let pragma = |name: &str| source.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
    let size = || -> rusqlite::Result<i64> {
        let pages: i64 = pragma("page_count")?;
        let page: i64 = pragma("page_size")?;
        Ok(pages.saturating_mul(page))
    };
    size()
        .map(|bytes| u64::try_from(bytes).unwrap_or(0))
        .failed("measure the database")
}

/// Opens a finished copy to look at it.
pub(super) fn open_copy(path: &Path) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            open::as_file(path),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;",
        )?;
        Ok(connection)
    };
    open().failed(format!("open {}", path.display()))
}

/// SHA-256 and size of a finished file.
fn hash_file(path: &Path) -> io::Result<(String, u64)> {
    let mut reader = HashingReader::new(File::open(path)?);
    pour(&mut reader, &mut io::sink())?;
    Ok(reader.hash.finish())
}

type HashAndSize = (String, u64);

/// Compresses a file; gives hash and size of what went in and of what came out.
fn compress(from: &Path, to: &Path) -> io::Result<(HashAndSize, HashAndSize)> {
    let mut reader = HashingReader::new(File::open(from)?);
    let writer = HashingWriter::new(create_private(to)?);
    let mut encoder = zstd::Encoder::new(writer, ZSTD_LEVEL)?;
    encoder.include_checksum(true)?;
    pour(&mut reader, &mut encoder)?;
    let writer = encoder.finish()?;
    Ok((reader.hash.finish(), writer.hash.finish()))
}

/// Copies a backup to `to`, decompressed, and compares it with its manifest on the way.
///
/// # Errors
///
/// [`Exit::Damaged`] when size or hash differ.
pub(super) fn unpack(manifest: &Manifest, to: &mut impl io::Write) -> Result<()> {
    let path = &manifest.path;
    let damaged = |why: String| {
        Error::new(format!("trust the backup {}", path.display()))
            .because(why)
            .try_this("use another backup: `tornsnap backup --verify all` says which are sound")
            .exits(Exit::Damaged)
    };
    let read = || format!("read the backup {}", path.display());
    let file = open_file(path)?;
    let bytes = file.metadata().doing(read)?.len();
    if bytes != manifest.bytes {
        return Err(damaged(format!(
            "it has {bytes} bytes, and its manifest says {}",
            manifest.bytes
        )));
    }
    let mut outer = HashingReader::new(file);
    if manifest.compressed {
        let mut inner = HashingWriter::new(to);
        let unpacked = zstd::Decoder::with_buffer(BufReader::new(&mut outer))
            .and_then(|mut decoder| pour(&mut decoder, &mut inner));
        if let Err(error) = unpacked {
            // A broken stream is damage; a full disk is not.
            return match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Err(error).doing(|| format!("decompress {}", path.display()))
                }
                _ => Err(damaged(format!("it cannot be decompressed: {error}"))),
            };
        }
        let found = inner.hash.finish();
        let said = (
            manifest.uncompressed_sha256.clone().unwrap_or_default(),
            manifest.database_bytes(),
        );
        if found != said {
            return Err(damaged(
                "what is in it is not what its manifest says (SHA-256 differs)".to_owned(),
            ));
        }
        // Whatever stands behind the compressed data belongs to the file's hash too.
        pour(&mut outer, &mut io::sink()).doing(read)?;
    } else {
        pour(&mut outer, to).doing(read)?;
    }
    if outer.hash.finish().0 != manifest.sha256 {
        return Err(damaged(
            "it is not what its manifest says (SHA-256 differs)".to_owned(),
        ));
    }
    Ok(())
}

/// Opens a backup to read; a folder or a missing file is told as such.
pub(super) fn open_file(path: &Path) -> Result<File> {
    let refuse = |why: &str| {
        Error::new(format!("read the backup {}", path.display()))
            .because(why.to_owned())
            .try_this("name a file such as backups/tornsnap-20261121T220600Z.db")
            .exits(Exit::Config)
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(refuse("there is no such file"));
        }
        Ok(found) if found.is_dir() => return Err(refuse("it is a folder")),
        _ => {}
    }
    File::open(path).doing(|| format!("read the backup {}", path.display()))
}

/// Proves a backup again: manifest, hashes, SQLite's checks, row counts.
///
/// # Errors
///
/// [`Exit::Damaged`] when a single bit differs; [`Exit::Config`] when it or its manifest is missing.
pub fn verify(backup: &Path) -> Result<Manifest> {
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
            .doing(|| "make a temporary file to decompress into".to_owned())?;
        check_room(
            folder_of(unpacked.path()),
            manifest.database_bytes(),
            "decompress the backup",
        )?;
        unpack(&manifest, unpacked.as_file_mut())?;
        check_contents(&manifest, unpacked.path())?;
    } else {
        unpack(&manifest, &mut io::sink())?;
        check_contents(&manifest, backup)?;
    }
    Ok(manifest)
}

/// Checks that a database whose bytes are proven is sound and holds what the manifest says.
pub(super) fn check_contents(manifest: &Manifest, database: &Path) -> Result<()> {
    let what = format!("the backup {}", manifest.path.display());
    let connection = open_copy(database)?;
    check::integrity(&connection, Depth::Full, &what)?;
    check::foreign_keys(&connection, &what)?;
    if check::row_counts(&connection)? != manifest.rows {
        return Err(Error::new(format!("find {what} sound"))
            .because("its tables do not have the rows that its manifest says")
            .exits(Exit::Damaged));
    }
    Ok(())
}

/// The newest verified backup of one database in a folder that other databases may share.
///
/// # Errors
///
/// Fails when the folder cannot be read; a folder that is not there holds none.
pub fn newest_of(directory: &Path, database: &Path) -> Result<Option<Manifest>> {
    let name = database_name(database);
    Ok(verified(directory)?
        .into_iter()
        .rfind(|manifest| manifest.database == name))
}

/// The newest backup of a database whose manifest is there but may not be read, by the moment in its name.
pub(super) fn newest_by_name(directory: &Path, database: &Path) -> Result<Option<(i64, PathBuf)>> {
    let stem = stem(database);
    Ok(manifests_in(directory)?
        .into_iter()
        .filter(|backup| backup.exists() && name_of(backup).starts_with(&stem))
        .filter(|backup| {
            let manifest = File::open(Manifest::path_for(backup));
            manifest.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
        })
        .filter_map(|backup| Some((moment_in(&backup)?, backup)))
        .max())
}

/// All backups that have a manifest of ours and the size that it says, oldest first.
fn verified(directory: &Path) -> Result<Vec<Manifest>> {
    let mut found: Vec<Manifest> = manifests_in(directory)?
        .into_iter()
        .filter_map(|backup| Manifest::of(&backup).ok())
        .filter(|manifest| {
            fs::metadata(&manifest.path)
                .is_ok_and(|file| file.is_file() && file.len() == manifest.bytes)
        })
        .collect();
    found.sort_by_cached_key(|manifest| (manifest.created_at, in_order(&manifest.path)));
    Ok(found)
}

/// The backups in a folder that `--verify` looks at, oldest first: all that have a manifest, be it a damaged one.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub fn all(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = manifests_in(directory)?
        .into_iter()
        .filter(|backup| Manifest::of(backup).is_ok() || moment_in(backup).is_some())
        .collect();
    found.sort_by_cached_key(|backup| {
        let made = Manifest::of(backup)
            .map_or_else(|_| moment_in(backup), |manifest| Some(manifest.created_at));
        (made, in_order(backup))
    });
    Ok(found)
}

/// Files in a folder that look like backups of ours but have no manifest.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub fn unproven(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = entries(directory)?
        .into_iter()
        .filter(|path| moment_in(path).is_some() && !Manifest::path_for(path).exists())
        .collect();
    found.sort();
    Ok(found)
}

/// The paths of the backups whose manifests are in a folder, whether or not they are there themselves.
fn manifests_in(directory: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(directory)?
        .into_iter()
        .filter(|path| path.extension() == Some(OsStr::new("json")))
        .map(|path| path.with_extension(""))
        .collect())
}

/// The files of a folder, but for hidden ones; none where there is no folder.
fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let action = || format!("read the backup folder {}", directory.display());
    let listed = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.doing(action)?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let path = entry.doing(action)?.path();
        if !name_of(&path).starts_with('.') {
            found.push(path);
        }
    }
    Ok(found)
}

/// Removes the oldest backups of this database until `keep` are left, but never the new one or the newest.
fn rotate(
    directory: &Path,
    mark: &str,
    new: &Manifest,
    keep: u32,
    warnings: &mut Vec<String>,
) -> Result<Vec<PathBuf>> {
    // One that was renamed was put by, so it is not ours to remove.
    let ours: Vec<Manifest> = verified(directory)?
        .into_iter()
        .filter(|manifest| {
            manifest.database == new.database && name_of(&manifest.path) == manifest.file
        })
        .collect();
    let newest = ours.last().map(|manifest| manifest.path.clone());
    let surplus = ours
        .len()
        .saturating_sub(usize::try_from(keep.max(1)).unwrap_or(usize::MAX));
    let mut removed = Vec::new();
    for old in ours
        .iter()
        .filter(|manifest| manifest.path != new.path && Some(&manifest.path) != newest.as_ref())
        .take(surplus)
    {
        match remove_backup(directory, mark, &old.path) {
            Ok(()) => removed.push(old.path.clone()),
            Err(error) => warnings.push(format!(
                "could not remove the old backup {}: {error}",
                old.path.display()
            )),
        }
    }
    sync_folder(directory)?;
    Ok(removed)
}

/// Takes the backup's name away first and its manifest second: no backup is ever seen without its manifest.
fn remove_backup(directory: &Path, mark: &str, backup: &Path) -> io::Result<()> {
    let doomed = directory.join(format!(".{}.{mark}{PARTIAL}", name_of(backup)));
    fs::rename(backup, &doomed)?;
    remove_if_there(&Manifest::path_for(backup))?;
    fs::remove_file(doomed)
}

/// Removes what killed runs left: temporary files of this database, and manifests whose backup is still one.
///
/// Those of other databases are left alone unless they are a day older than now, by the disk's own clock.
fn clean(directory: &Path, mark: &str) -> Result<()> {
    let action = || format!("clean the backup folder {}", directory.display());
    let now = disk_time(directory, mark)?;
    for entry in fs::read_dir(directory).doing(action)? {
        let path = entry.doing(action)?.path();
        let name = name_of(&path);
        if !name.starts_with('.') || !name.contains(PARTIAL) {
            continue;
        }
        let inner = name.split_once(&format!(".{mark}{PARTIAL}"));
        let forgotten = || {
            let then = fs::metadata(&path).and_then(|file| file.modified());
            then.is_ok_and(|then| {
                now.duration_since(then)
                    .is_ok_and(|age| age.as_secs() > DAY.unsigned_abs())
            })
        };
        let ours_of_another = || name.starts_with(".tornsnap-") || has_mark(&name);
        if inner.is_none() && !(ours_of_another() && forgotten()) {
            continue;
        }
        log::info!(
            "removing {}, left by a run that was cut off",
            path.display()
        );
        // Its manifest first: while the temporary file is there, the next run knows what to do.
        if let Some((backup, _)) = inner {
            let backup = directory.join(backup.trim_start_matches('.'));
            if !backup.exists() {
                let manifest = Manifest::path_for(&backup);
                remove_if_there(&manifest).doing(|| format!("remove {}", manifest.display()))?;
            }
        }
        remove_if_there(&path).doing(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

/// The time by the clock of the disk that a folder is on, and proof that the folder can be written.
fn disk_time(directory: &Path, mark: &str) -> Result<SystemTime> {
    tempfile::Builder::new()
        .prefix(".tornsnap-")
        .suffix(&format!(".{mark}{PARTIAL}"))
        .tempfile_in(directory)
        .and_then(|probe| probe.as_file().metadata()?.modified())
        .map_err(|error| {
            let (remedy, exit) = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    ("free some space on that disk", Exit::Io)
                }
                _ => (
                    "check who owns the folder, or name another one with --output",
                    Exit::Config,
                ),
            };
            Error::new(format!("write to the folder {}", directory.display()))
                .because(error)
                .try_this(remedy)
                .exits(exit)
        })
}

/// Whether a name ends like a temporary one of some database.
fn has_mark(name: &str) -> bool {
    name.split_once(PARTIAL).is_some_and(|(front, _)| {
        front.rsplit_once('.').is_some_and(|(_, mark)| {
            mark.len() == 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    })
}

/// Tells temporary files of one database from those of others that share the folder.
pub(super) fn mark(database: &Path) -> String {
    // The folder's true name and the file's own: the same before the file is there and after.
    let folder = folder_of(database);
    let whole = fs::canonicalize(folder)
        .unwrap_or_else(|_| folder.to_owned())
        .join(name_of(database));
    Hash::of(whole.as_os_str().as_encoded_bytes())[..8].to_owned()
}

/// `tornsnap-20261121T220600Z.db`, with a number where that is taken.
fn free_name(directory: &Path, stem: &str, now: i64, compressed: bool) -> String {
    let moment = compact(now);
    let end = if compressed { ".db.zst" } else { ".db" };
    let mut name = format!("{stem}-{moment}");
    let mut number = 2_u64;
    // Whatever has the name in either form, with or without its manifest.
    while [".db", ".db.json", ".db.zst", ".db.zst.json"]
        .iter()
        .any(|end| directory.join(format!("{name}{end}")).exists())
    {
        name = format!("{stem}-{moment}-{number}");
        number += 1;
    }
    name + end
}

/// `20261121T220600Z`.
pub(super) fn compact(unix: i64) -> String {
    DateTime::from_timestamp(unix, 0).map_or_else(
        || unix.to_string(),
        |time| time.format("%Y%m%dT%H%M%SZ").to_string(),
    )
}

/// The moment in a name of ours; `None` for other names.
fn moment_in(backup: &Path) -> Option<i64> {
    let name = name_of(backup);
    let name = name
        .strip_suffix(".db.zst")
        .or_else(|| name.strip_suffix(".db"))?;
    let moment = |text: &str| {
        chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ")
            .ok()
            .map(|time| time.and_utc().timestamp())
    };
    let (front, last) = name.rsplit_once('-')?;
    moment(last).or_else(|| {
        last.parse::<u64>().ok()?;
        moment(front.rsplit_once('-')?.1)
    })
}

/// Sorts `…Z-2.db` behind `…Z.db`, and `…-10.db` behind `…-9.db`.
fn in_order(backup: &Path) -> (usize, String) {
    let name = name_of(backup);
    let name = name.trim_end_matches(".zst").trim_end_matches(".db");
    (name.len(), name.to_owned())
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn database_name(database: &Path) -> String {
    name_of(database)
}

fn stem(database: &Path) -> String {
    database.file_stem().map_or_else(
        || "tornsnap".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

/// Makes a verified copy beside the database before its schema is changed: `<database>.before-schema-2`.
///
/// It is in no rotation. One that an earlier attempt at the same migration left is replaced.
pub(super) fn before_migration(database: &Path, next_version: i64) -> Result<()> {
    let target = with_suffix(database, &format!(".before-schema-{next_version}"));
    let name = name_of(&target);
    let directory = folder_of(database);
    let mark = mark(database);
    clean(directory, &mark)?;
    let request = Request {
        database,
        directory,
        compress: false,
        depth: Depth::Full,
        keep: None,
        now: disk_time(directory, &mark)?
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| i64::try_from(age.as_secs()).unwrap_or(0)),
    };
    let plain = directory.join(format!(".{name}.{mark}{PARTIAL}"));
    let made = make(&request, &plain, &name).inspect_err(|_| discard(&plain))?;
    remove_if_there(&target).doing(|| format!("replace {}", target.display()))?;
    publish(&request, made, &name).inspect_err(|_| discard(&plain))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_moment_and_sort_by_it() {
        let moment = |name: &str| moment_in(Path::new(name)).map(compact);

        assert_eq!(
            moment("tornsnap-20261121T220600Z.db").as_deref(),
            Some("20261121T220600Z")
        );
        assert_eq!(
            moment("my-war-20261121T220600Z-12.db.zst").as_deref(),
            Some("20261121T220600Z")
        );
        for other in ["tornsnap.db", "tornsnap-2026.db", "x-20261121T220600Z.sql"] {
            assert_eq!(moment(other), None, "{other}");
        }
        let mut names = ["a-1Z-10.db", "a-1Z.db", "a-1Z-9.db.zst", "a-1Z-2.db"];
        names.sort_by_key(|name| in_order(Path::new(name)));
        assert_eq!(
            names,
            ["a-1Z.db", "a-1Z-2.db", "a-1Z-9.db.zst", "a-1Z-10.db"]
        );
    }
}
