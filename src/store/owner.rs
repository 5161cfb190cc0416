//! Files that root makes for a database of somebody else belong to the owner of that database.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::Error;
#[cfg(unix)]
use crate::error::Exit;
use crate::model::path::folder_of;

/// Gives a file or folder that root has made to the owner of the database.
///
/// Without a database it goes to the owner of the folder that the database will stand in. For everybody but root this
/// does nothing, and so it does on a file system that knows no owners.
pub(crate) fn give(file: &File, path: &Path, database: &Path) {
    #[cfg(unix)]
    unix::hand(file, path, unix::owner_of(database).as_ref());
    #[cfg(not(unix))]
    let _ = (file, path, database);
}

/// Makes a folder and those above it that are missing; each belongs to the owner of the database.
///
/// # Errors
///
/// As [`std::fs::create_dir_all`].
pub(crate) fn make_folder(folder: &Path, database: &Path) -> io::Result<()> {
    #[cfg(unix)]
    let owner = unix::owner_of(database);
    let mut missing = Vec::new();
    for ancestor in folder.ancestors() {
        if ancestor.as_os_str().is_empty() || ancestor.exists() {
            break;
        }
        missing.push(ancestor);
    }
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    for made in missing {
        if let Ok(opened) = File::open(made) {
            unix::hand(&opened, made, owner.as_ref());
        }
    }
    #[cfg(not(unix))]
    let _ = (missing, database);
    Ok(())
}

/// A failure to open or make a file. When rights are missing, it names the owner and the `chown` to run.
pub(crate) fn explain(action: String, path: &Path, database: &Path, error: io::Error) -> Error {
    #[cfg(unix)]
    if error.kind() == io::ErrorKind::PermissionDenied
        && let Some((why, remedy)) = unix::who_may(path, database)
    {
        return Error::new(action)
            .with_source(format!("{error}: {why}"))
            .with_help(remedy)
            .with_exit(Exit::Config);
    }
    #[cfg(not(unix))]
    let _ = (path, database);
    Error::of_io(action, error)
}

/// The failure to open a database with these options, when it is one of rights. It names the owner and what to do.
///
/// Only for a database that cannot be used in any case: closing the file drops the locks that SQLite has on it.
pub(crate) fn forbidden(database: &Path, options: &OpenOptions) -> Option<Error> {
    let error = options.open(database).err()?;
    (error.kind() == io::ErrorKind::PermissionDenied).then(|| {
        let action = format!("open the database {}", database.display());
        explain(action, database, folder_of(database), error)
    })
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File, Metadata};
    use std::io;
    use std::os::unix::fs::{MetadataExt, fchown};
    use std::path::{Path, PathBuf};

    use crate::model::path::{folder_of, shell_word};

    const ROOT: u32 = 0;

    /// Gives what belongs to root to another owner.
    pub(super) fn hand(file: &File, path: &Path, owner: Option<&Metadata>) {
        let Some(owner) = owner.filter(|owner| owner.uid() != ROOT) else {
            return;
        };
        let hand = || {
            let found = file.metadata()?;
            if found.uid() != ROOT || !is_plainly(&found, path)? {
                return Ok(());
            }
            fchown(file, Some(owner.uid()), Some(owner.gid()))
        };
        let handed: io::Result<()> = hand();
        if let Err(error) = handed {
            log::debug!("{} stays with its owner: {error}", path.display());
        }
    }

    /// Whether the open file is what stands at the path, under no other name.
    ///
    /// In a folder of somebody else a link could have led root to a file that is not to be given away.
    fn is_plainly(found: &Metadata, path: &Path) -> io::Result<bool> {
        let named = fs::symlink_metadata(path)?;
        let is_same = (named.dev(), named.ino()) == (found.dev(), found.ino());
        Ok(is_same && (found.is_dir() || found.is_file() && found.nlink() == 1))
    }

    /// The database, or the nearest folder above it that is there.
    pub(super) fn owner_of(database: &Path) -> Option<Metadata> {
        if let Ok(found) = fs::metadata(database) {
            return Some(found);
        }
        let folder = folder_of(database);
        let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        whole.ancestors().find_map(|above| fs::metadata(above).ok())
    }

    /// Explains who owns the file that cannot be opened or made, and what to do about it.
    pub(super) fn who_may(path: &Path, database: &Path) -> Option<(String, String)> {
        let (place, found) = nearest(path)?;
        let owner = owner_of(database)?;
        let kind = if found.is_dir() { "folder" } else { "file" };
        let compared = if owner.is_dir() {
            "its folder"
        } else {
            "the database"
        };
        let whose = format!(
            "the {kind} {} belongs to {}",
            place.display(),
            name_of(found.uid())
        );
        if found.uid() == owner.uid() {
            return Some((
                whose,
                format!(
                    "run it as {}, who owns {compared}, too",
                    name_of(owner.uid())
                ),
            ));
        }
        let name = user_name(owner.uid()).unwrap_or_else(|| owner.uid().to_string());
        Some((
            format!("{whose}, and {compared} to {}", name_of(owner.uid())),
            format!("sudo chown {name}:{} {}", owner.gid(), shell_word(&place)),
        ))
    }

    /// The file at the path, or the nearest folder above it that exists.
    fn nearest(path: &Path) -> Option<(PathBuf, Metadata)> {
        if let Ok(found) = fs::metadata(path) {
            return Some((path.to_owned(), found));
        }
        let whole = std::path::absolute(path).ok()?;
        whole
            .ancestors()
            .skip(1)
            .find_map(|above| Some((above.to_owned(), fs::metadata(above).ok()?)))
    }

    /// "alice (uid 1000)", or "uid 1000" where the name is not known.
    fn name_of(uid: u32) -> String {
        match user_name(uid) {
            Some(name) => format!("{name} (uid {uid})"),
            None => format!("uid {uid}"),
        }
    }

    /// The name in `/etc/passwd`; users of a directory service are not there.
    fn user_name(uid: u32) -> Option<String> {
        let text = fs::read("/etc/passwd").ok()?;
        let text = String::from_utf8_lossy(&text);
        text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
        })
    }
}
