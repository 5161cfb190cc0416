//! File system helpers: atomic writes, syncs, hashes, and free space.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::error::{Error, Exit, Result, WithContext};
#[cfg(unix)]
use crate::model::disk;
use crate::model::path::folder_of;
use crate::model::size;
use crate::model::watch::Watch;
use crate::store::{interrupt, owner};

/// How much disk space stays free for other programs.
const RESERVE: u64 = 8 * size::MEGABYTE;

/// Bytes that one read asks for.
pub(super) const CHUNK: usize = 256 * 1024;

/// `path` with `suffix` appended to its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The suffixes of the files that SQLite keeps beside a database.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Removes a file if it exists.
pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a temporary database and the files that SQLite left beside it.
pub(super) fn remove_database_files(path: &Path) {
    // Best effort: the next run removes files that cannot be removed now.
    let _ = remove_if_there(path);
    for suffix in COMPANIONS {
        let _ = remove_if_there(&with_suffix(path, suffix));
    }
}

/// Creates a file that only the owner of the database can read and write.
pub(super) fn create_private(path: &Path, database: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    owner::give_to_owner(&file, path, database);
    Ok(file)
}

/// Replaces a small file atomically: temporary name, sync, rename, sync of the folder.
///
/// Only the owner of the database can read and write the file. The temporary name ends in `temp_suffix`, so
/// that a later run recognizes and removes it if this one is killed.
pub(crate) fn write_atomically(
    path: &Path,
    text: &str,
    temp_suffix: &str,
    database: &Path,
) -> Result<()> {
    temporary_file(path, text, temp_suffix, database)?
        .persist(path)
        .map_err(|error| error.error)
        .with_context(|| format!("write {}", path.display()))?;
    sync_folder(folder_of(path))
}

/// Like [`write_atomically`], but leaves an existing file alone and returns `false` then.
pub(super) fn write_if_absent(
    path: &Path,
    text: &str,
    temp_suffix: &str,
    database: &Path,
) -> Result<bool> {
    match temporary_file(path, text, temp_suffix, database)?.persist_noclobber(path) {
        Ok(_) => {}
        Err(_) if path.exists() => return Ok(false),
        // The file system has neither hard links nor a rename that fails when the target exists.
        Err(error) => {
            error
                .file
                .persist(path)
                .map_err(|error| error.error)
                .with_context(|| format!("write {}", path.display()))?;
        }
    }
    sync_folder(folder_of(path))?;
    Ok(true)
}

fn temporary_file(
    path: &Path,
    text: &str,
    temp_suffix: &str,
    database: &Path,
) -> Result<NamedTempFile> {
    let action = || format!("write {}", path.display());
    let folder = folder_of(path);
    // tempfile creates it with mode 0600.
    let mut temporary = tempfile::Builder::new()
        .prefix(".tornsnap-")
        .suffix(temp_suffix)
        .tempfile_in(folder)
        .map_err(|error| owner::explain(action(), folder, database, error))?;
    owner::give_to_owner(temporary.as_file(), temporary.path(), database);
    temporary
        .write_all(text.as_bytes())
        .and_then(|()| temporary.as_file().sync_all())
        .with_context(action)?;
    Ok(temporary)
}

pub(super) fn sync_file(path: &Path) -> Result<()> {
    File::options()
        .read(true)
        .write(true)
        .open(path)
        .and_then(|file| file.sync_all())
        .with_context(|| format!("sync {} to the disk", path.display()))
}

/// Syncs a folder, so that renames in it survive a power cut.
///
/// Windows has no such call and needs none. A file system that does not support it (EINVAL) is not an error.
#[cfg_attr(
    not(unix),
    expect(clippy::unnecessary_wraps, reason = "Unix can fail here")
)]
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .or_else(disk::unless_not_supported)
        .with_context(|| format!("sync the folder {} to the disk", folder.display()))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Fails when the disk of a folder has no room for `needed` bytes. The error gives the needed and the free space.
pub(super) fn check_room(folder: &Path, needed: u64, what: &str) -> Result<()> {
    let free = fs4::available_space(folder)
        .with_context(|| format!("ask how much space is free in {}", folder.display()))?;
    compare_room(folder, needed, free, what)
}

fn compare_room(folder: &Path, needed: u64, free: u64, what: &str) -> Result<()> {
    let needed = needed.saturating_add(RESERVE);
    if free >= needed {
        return Ok(());
    }
    Err(Error::new(format!("{what} in {}", folder.display()))
        .with_source(format!(
            "it needs {}, and {} are free",
            size::format_bytes(needed),
            size::format_bytes(free)
        ))
        .with_help("free some space on that disk, or name a folder on another one")
        .with_exit(Exit::Io))
}

/// A SHA-256 hasher that also counts the bytes.
#[derive(Default)]
pub(crate) struct Hash {
    hasher: Sha256,
    bytes: u64,
}

impl Hash {
    /// The SHA-256 of `text` in hexadecimal.
    pub(crate) fn of(text: &[u8]) -> String {
        let mut hash = Self::default();
        hash.update(text);
        hash.finish().0
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// The SHA-256 in hexadecimal, and the number of bytes.
    pub(super) fn finish(self) -> (String, u64) {
        let digest = self.hasher.finalize();
        let text = digest
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        (text, self.bytes)
    }
}

/// A reader that hashes the bytes that it passes on.
pub(super) struct HashingReader<R> {
    inner: R,
    pub(super) hash: Hash,
}

impl<R: Read> HashingReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            hash: Hash::default(),
        }
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// A writer that hashes the bytes that it passes on.
pub(super) struct HashingWriter<W> {
    pub(super) inner: W,
    pub(super) hash: Hash,
}

impl<W: Write> HashingWriter<W> {
    pub(super) fn new(inner: W) -> Self {
        Self {
            inner,
            hash: Hash::default(),
        }
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Copies all of `from` to `to`, [`CHUNK`] bytes at a time. `io::copy` would read 8 KiB at a time.
///
/// `watch` is told the number of bytes. A request to stop ends the copy with an error.
pub(super) fn copy_in_chunks(
    from: &mut impl Read,
    to: &mut impl Write,
    watch: &dyn Watch,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        interrupt::check()?;
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                to.write_all(&buffer[..count])?;
                watch.advance(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_about_a_full_disk_names_needed_and_free_space() {
        let check = |needed| compare_room(Path::new("/b"), needed, 20_000_000, "make a backup");

        let refused = check(186_900_000).unwrap_err();

        assert_eq!(refused.exit(), Exit::Io);
        assert_eq!(
            refused.one_line(),
            "could not make a backup in /b: it needs 194.9 MB, and 20.0 MB are free"
        );
        assert!(check(12_000_000).is_ok());
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(
            Hash::of(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
