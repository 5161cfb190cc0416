//! The folder of a lake. A file gets its name only when it is complete, and replaces an older one in one step.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;

use crate::model::identity::DatabaseId;
use crate::model::lake::files::{files_of, folders_of, names_in};
use crate::model::lake::manifest::{Manifest, Pending};
use crate::model::lake::path_in;
use crate::model::open_elsewhere::retry_while_open;
use crate::output::atomic_file::{AtomicFile, sync_folder};

/// The end of hidden names. They do not end like the files that readers look for.
const HIDDEN: &str = ".tornsnap.partial";

/// The files that one database has in a lake. No other run of this database changes them as long as this value exists.
#[derive(Debug)]
pub(crate) struct LakeFolder {
    root: PathBuf,
    database: DatabaseId,
    /// `None` where the file system has no locks.
    lock: Option<File>,
}

/// The result of a try to lock.
#[derive(Debug)]
pub(crate) enum Locking {
    Taken(LakeFolder),
    /// Another run holds the lock. The text of the lock file tells which one, if it can be read.
    Held(String),
}

impl Drop for LakeFolder {
    /// Removes the lock file of a run that has written nothing, so that a new folder can go, too. Best effort: it is small.
    fn drop(&mut self) {
        let Some(lock) = &self.lock else {
            return;
        };
        if self.manifest_path().exists() {
            // Otherwise other runs would read this name until the next holder has written its own.
            let _ = lock.set_len(0);
        } else {
            let _ = fs::remove_file(lock_path(&self.root, &self.database));
        }
    }
}

impl LakeFolder {
    /// Takes the lock of this database in the folder, which exists. `command`: the name of this run for others that wait for it.
    pub(crate) fn lock(root: &Path, database: &DatabaseId, command: &str) -> io::Result<Locking> {
        let path = lock_path(root, database);
        let mut attempts = 0;
        let lock = loop {
            let mut file = File::options()
                .create(true)
                .read(true)
                .write(true)
                .truncate(false)
                .open(&path)?;
            match file.try_lock() {
                // A file system that tells nothing of files has no use for further attempts.
                Ok(()) if is_at(&file, &path) || attempts > 10 => {
                    // Best effort: waiting runs show this text to the user.
                    let _ = file
                        .set_len(0)
                        .and_then(|()| writeln!(file, "{} {command}", std::process::id()));
                    break Some(file);
                }
                // The run that had it has removed it, so this one holds a file that no other run finds.
                Ok(()) => attempts += 1,
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // Windows does not let others read a locked file.
                    let _ = file.take(200).read_to_string(&mut holder);
                    return Ok(Locking::Held(holder));
                }
                Err(TryLockError::Error(_)) => break None,
            }
        };
        Ok(Locking::Taken(Self {
            root: root.to_owned(),
            database: database.clone(),
            lock,
        }))
    }

    /// The path of a file, whose name in the lake has `/` between its parts.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        path_in(&self.root, name)
    }

    pub(crate) fn manifest_path(&self) -> PathBuf {
        self.root.join(Manifest::file_name(&self.database))
    }

    /// Replaces the manifest in one step.
    pub(crate) fn write_manifest(&self, text: &str) -> io::Result<()> {
        let path = self.manifest_path();
        let old = fs::metadata(&path).ok();
        let mut file = AtomicFile::create(path, old.as_ref())?;
        file.write_all(text.as_bytes())?;
        file.sync()?;
        file.persist()
    }

    /// Makes an empty file under a hidden name. It is in the lake itself, because some readers refuse a folder that has files of
    /// other kinds. Returns its path in the lake.
    ///
    /// `number`: a run writes several files before any of them gets its name.
    pub(crate) fn create_hidden(&self, number: usize) -> io::Result<(String, File)> {
        let name = format!("{}{number}{HIDDEN}", self.hidden_start());
        // Not the file of another user, who has put a link there.
        self.remove(&name)?;
        let file = File::options()
            .write(true)
            .create_new(true)
            .open(self.path(&name))?;
        Ok((name, file))
    }

    fn hidden_start(&self) -> String {
        format!(".{}-", self.database)
    }

    /// Makes a folder of the lake, and syncs those that it is in.
    pub(crate) fn create_folder(&self, folder: &str) -> io::Result<()> {
        let mut path = self.root.clone();
        for part in folder.split('/') {
            let parent = path.clone();
            path.push(part);
            match fs::create_dir(&path) {
                Ok(()) => sync_folder(&parent)?,
                Err(_) if path.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Syncs the lake itself, so that a power cut leaves the hidden files.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_folder(&self.root)
    }

    /// Gives a written file its names. Readers see the older file or the new one, and never both: the new one gets the name of
    /// the older one first, and then its own.
    pub(crate) fn place(&self, pending: &Pending) -> io::Result<()> {
        let hidden = self.path(&pending.hidden);
        let name = self.path(&pending.entry.file);
        if let Some(old) = &pending.replaces {
            let old = self.path(old);
            retry_while_open(|| fs::rename(&hidden, &old))?;
            if old != name {
                retry_while_open(|| fs::rename(&old, &name))?;
            }
        } else {
            if let Some((folder, _)) = pending.entry.file.rsplit_once('/') {
                self.create_folder(folder)?;
            }
            retry_while_open(|| fs::rename(&hidden, &name))?;
        }
        match name.parent() {
            Some(folder) => sync_folder(folder),
            None => Ok(()),
        }
    }

    /// Removes a file. That it is gone already is no error.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes the hidden files of this database, and the folders that are empty. Best effort: they cost only space.
    pub(crate) fn remove_hidden(&self) {
        let start = self.hidden_start();
        let mut has_removed = false;
        for name in names_in(&self.root) {
            if name.starts_with(&start) && name.ends_with(HIDDEN) {
                has_removed |= fs::remove_file(self.root.join(name)).is_ok();
            }
        }
        if has_removed {
            // The months come after their dataset. Fails for a folder with files.
            for folder in folders_of(&self.root).iter().rev() {
                let _ = fs::remove_dir(self.path(folder));
            }
        }
    }

    /// The files of this database with rows, as paths in the lake.
    pub(crate) fn files(&self) -> Vec<String> {
        files_of(&self.root, &self.database)
    }
}

fn lock_path(root: &Path, database: &DatabaseId) -> PathBuf {
    root.join(format!(".{database}.lock"))
}

/// Whether an open file still has this name.
fn is_at(file: &File, path: &Path) -> bool {
    let file = file.try_clone().and_then(Handle::from_file);
    match (file, Handle::from_path(path)) {
        (Ok(file), Ok(found)) => file == found,
        _ => false,
    }
}
