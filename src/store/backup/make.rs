//! Makes one backup: copied, checked, hashed, on the disk, and only then under its name.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::store::backup::Request;
use crate::store::backup::copy::{copy, size_of};
use crate::store::backup::manifest::{Kind, Manifest};
use crate::store::backup::names::{PARTIAL, free_name, mark, name_of};
use crate::store::backup::prove::open_copy;
use crate::store::check;
use crate::store::files::{
    HashingReader, HashingWriter, check_room, create_private, discard, pour, remove_if_there,
    sync_file, sync_folder, with_suffix, write_atomically, write_new,
};
use crate::store::identity::identity;
use crate::store::migrate::Found;
use crate::store::open;

/// How hard zstd tries: the level at which it still keeps up with a disk.
const ZSTD_LEVEL: i32 = 3;

/// A database that is to be copied.
pub(super) struct Source {
    pub(super) connection: Connection,
    schema_version: i64,
}

impl Source {
    /// Opens it to read only.
    pub(super) fn open(database: &Path) -> Result<Self> {
        let connection = open::connect(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        match open::inspect(&connection, database)? {
            Found::Ours(schema_version) => Ok(Self {
                connection,
                schema_version,
            }),
            Found::Empty => Err(Error::new(format!("back up {}", database.display()))
                .with_source("there is nothing in it yet")
                .with_help("run `tornsnap init` first")
                .with_exit(Exit::Config)),
        }
    }
}

/// A finished, checked and synced copy under its temporary name.
pub(super) struct Made {
    file: PathBuf,
    manifest: Manifest,
}

/// Copies, then checks on one thread while this one hashes (and compresses): both only read the copy.
pub(super) fn make(
    request: &Request<'_>,
    kind: Kind,
    source: Source,
    plain: &Path,
    name: &str,
) -> Result<Made> {
    let copies = if request.compress { 2 } else { 1 };
    let size = size_of(&source.connection)?;
    check_room(
        request.directory,
        size.saturating_mul(copies),
        "make a backup",
    )?;
    copy(&source.connection, request.database, plain)?;
    drop(source.connection);

    let (checked, sealed) = at_once(
        || check_copy(request, plain).map_err(remedy),
        || seal(request, plain),
    );
    let mut manifest = checked?;
    let Sealed {
        file,
        whole: (sha256, bytes),
        inner,
    } = sealed?;
    (manifest.sha256, manifest.bytes) = (sha256, bytes);
    manifest.compressed = inner.is_some();
    (manifest.uncompressed_sha256, manifest.uncompressed_bytes) = inner.unzip();
    manifest.kind = kind;
    manifest.created_at = request.now;
    manifest.verified_at = request.now;
    request.depth.as_str().clone_into(&mut manifest.check);
    manifest.database = name_of(request.database);
    name.clone_into(&mut manifest.file);
    manifest.schema_version = source.schema_version;
    Ok(Made { file, manifest })
}

/// Runs both, the first on a thread of its own.
pub(in crate::store) fn at_once<A: Send, B>(
    one: impl FnOnce() -> Result<A> + Send,
    other: impl FnOnce() -> Result<B>,
) -> (Result<A>, Result<B>) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        let one = one.join().unwrap_or_else(|_| {
            Err(Error::new("check the copy").with_source("the check panicked"))
        });
        (one, other)
    })
}

/// Checks the copy, and begins its manifest with the id and the rows that are in it.
fn check_copy(request: &Request<'_>, plain: &Path) -> Result<Manifest> {
    let what = format!("the copy of {}", request.database.display());
    let connection = open_copy(plain)?;
    let rows = check::prove(&connection, request.depth, &what)?;
    let mut manifest = Manifest::template(identity(&connection)?);
    manifest.rows = rows;
    Ok(manifest)
}

fn remedy(error: Error) -> Error {
    match error.exit() {
        Exit::Damaged => error.with_help(
            "the database itself is damaged: keep it, look with `tornsnap health --deep`, and `tornsnap restore` \
             the last backup; no backup was removed",
        ),
        _ => error,
    }
}

/// SHA-256 and size.
type HashAndSize = (String, u64);

/// A file that is on the disk as it will be published.
struct Sealed {
    file: PathBuf,
    whole: HashAndSize,
    /// Of the database in it, if it is compressed.
    inner: Option<HashAndSize>,
}

/// Hashes and syncs the copy, compressed where that is asked for.
fn seal(request: &Request<'_>, plain: &Path) -> Result<Sealed> {
    let sealed = if request.compress {
        let packed = with_suffix(plain, ".zst");
        let (inner, whole) = compress(plain, &packed, request.database)
            .with_context(|| format!("compress the copy in {}", request.directory.display()))?;
        Sealed {
            file: packed,
            whole,
            inner: Some(inner),
        }
    } else {
        Sealed {
            file: plain.to_owned(),
            whole: hash_file(plain).with_context(|| format!("read {}", plain.display()))?,
            inner: None,
        }
    };
    sync_file(&sealed.file)?;
    Ok(sealed)
}

/// SHA-256 and size of a finished file.
fn hash_file(path: &Path) -> io::Result<HashAndSize> {
    let mut reader = HashingReader::new(File::open(path)?);
    pour(&mut reader, &mut io::sink())?;
    Ok(reader.hash.finish())
}

/// Compresses a file; gives hash and size of what went in and of what came out.
fn compress(from: &Path, to: &Path, database: &Path) -> io::Result<(HashAndSize, HashAndSize)> {
    let mut reader = HashingReader::new(File::open(from)?);
    let writer = HashingWriter::new(create_private(to, database)?);
    let mut encoder = zstd::Encoder::new(writer, ZSTD_LEVEL)?;
    encoder.include_checksum(true)?;
    pour(&mut reader, &mut encoder)?;
    let writer = encoder.finish()?;
    Ok((reader.hash.finish(), writer.hash.finish()))
}

/// Puts the manifest and then the backup in place, under the first name that nothing has yet.
///
/// Backups of several databases may be made in one folder in the same second. The manifest claims the name, since a
/// file is made only where there is none.
pub(super) fn publish(request: &Request<'_>, mut made: Made, stem: &str) -> Result<Manifest> {
    let directory = request.directory;
    let mark = mark(request.database);
    loop {
        let name = free_name(directory, stem, request.now, made.manifest.compressed);
        // The temporary name goes first: by it the next run finds the manifest of a run that was killed here.
        let temporary = directory.join(format!(".{name}.{mark}{PARTIAL}"));
        if made.file != temporary {
            fs::rename(&made.file, &temporary)
                .with_context(|| format!("rename {}", made.file.display()))?;
            made.file = temporary;
        }
        made.manifest.file.clone_from(&name);
        let target = directory.join(&name);
        let text = made.manifest.to_text();
        if write_new(&Manifest::path_for(&target), &text, &mark, request.database)? {
            return put(request, made, target);
        }
    }
}

/// Puts the manifest and then the copy in place, under a name of its own.
pub(super) fn publish_as(request: &Request<'_>, made: Made, name: &str) -> Result<Manifest> {
    let target = request.directory.join(name);
    write_atomically(
        &Manifest::path_for(&target),
        &made.manifest.to_text(),
        &mark(request.database),
        request.database,
    )?;
    put(request, made, target)
}

/// Gives a copy its name, beside its manifest.
fn put(request: &Request<'_>, made: Made, target: PathBuf) -> Result<Manifest> {
    let Made { file, mut manifest } = made;
    let action = || format!("put the backup {} in place", target.display());
    if let Err(error) = fs::rename(&file, &target) {
        // Best effort: a manifest without its backup counts for nothing.
        let _ = remove_if_there(&Manifest::path_for(&target));
        return Err(error).with_context(action);
    }
    sync_folder(request.directory)?;
    manifest.path = target;
    Ok(manifest)
}

/// Removes what an attempt that failed left behind.
pub(super) fn give_up(plain: &Path) {
    discard(plain);
    discard(&with_suffix(plain, ".zst"));
}
