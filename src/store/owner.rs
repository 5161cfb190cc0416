//! Gives files that root creates to the owner of the database, and explains missing permissions.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

#[cfg(unix)]
use crate::error::Exit;
use crate::error::{Error, is_open_elsewhere, without_path};
use crate::model::path::{display_path, folder_of};

/// Gives a file or folder that root has created to the owner of the database.
///
/// If the database does not exist yet, the owner of its folder gets the file. This does nothing for other users than
/// root, and nothing on a file system without owners.
pub(crate) fn give_to_owner(file: &File, path: &Path, database: &Path) {
    #[cfg(unix)]
    unix::chown_if_owned_by_root(file, path, unix::owner_of(database).as_ref());
    #[cfg(not(unix))]
    let _ = (file, path, database);
}

/// The name of the owner of a file, or of its nearest folder that exists, if root runs this program and the owner is another
/// user. A user without a name is `#` and the number, as `sudo -u` reads it.
pub(crate) fn other_than_root(path: &Path) -> Option<String> {
    #[cfg(unix)]
    return unix::other_than_root(path);
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Creates a folder and its missing parents, which then belong to the owner of the database.
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
            unix::chown_if_owned_by_root(&opened, made, owner.as_ref());
        }
    }
    #[cfg(not(unix))]
    let _ = (missing, database);
    Ok(())
}

/// Gives a folder that root has created to the owner of the database, as [`give_to_owner`] does with a file.
pub(crate) fn give_folder_to_owner(folder: &Path, database: &Path) {
    // Windows opens no folder as a file, and needs no other owner.
    if let Ok(opened) = File::open(folder) {
        give_to_owner(&opened, folder, database);
    }
}

/// Whether a file belongs to this user, or to the owner of the database, who gets the files that root makes for it.
pub(crate) fn is_of_user_or_owner(file: &Metadata, database: Option<&Path>) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let owner = database.and_then(unix::owner_of);
        file.uid() == rustix::process::geteuid().as_raw()
            || owner.is_some_and(|owner| owner.uid() == file.uid())
    }
    #[cfg(not(unix))]
    {
        // On Windows, each user has a folder for temporary files.
        let _ = (file, database);
        true
    }
}

/// The error for a file that cannot be opened or created. If permissions are missing, it names the owner and the
/// command to run.
pub(crate) fn explain(action: String, path: &Path, database: &Path, error: io::Error) -> Error {
    explain_place(action, path, folder_of(path), database, error)
}

/// Like [`explain`], for a folder that cannot be made or written in.
pub(crate) fn explain_folder(
    action: String,
    folder: &Path,
    database: &Path,
    error: io::Error,
) -> Error {
    explain_place(action, folder, folder, database, error)
}

/// `folder` is the folder that is needed: `path` itself, or the folder of the file at `path`.
fn explain_place(
    action: String,
    path: &Path,
    folder: &Path,
    database: &Path,
    error: io::Error,
) -> Error {
    if error.kind() == io::ErrorKind::ReadOnlyFilesystem {
        let disk = format!("the disk of {} is read-only", display_path(path));
        return Error::of_io(action, io::Error::new(error.kind(), disk));
    }
    let error = without_path(error);
    #[cfg(unix)]
    if error.kind() == io::ErrorKind::PermissionDenied
        && let Some((why, remedy)) = unix::explain_ownership(path, folder, database)
    {
        return Error::new(action)
            .with_source(format!("{error}: {why}"))
            .with_help(remedy)
            .with_exit(Exit::Config);
    }
    #[cfg(not(unix))]
    let _ = (path, folder, database);
    Error::of_io(action, error)
}

/// The access to a file or folder that a command needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose<'a> {
    Read,
    /// `or` is another remedy, which always helps.
    Write {
        or: &'a str,
    },
}

/// The error about a file that exists and cannot be read.
pub(crate) fn unreadable(path: &Path, error: io::Error) -> Error {
    let error = Error::of_io(format!("read {}", path.display()), error);
    explain_forbidden(error, path, Purpose::Read)
        .with_default_help("check the disk, and who may read the file")
}

/// If the error is about missing permissions: names the owner of the file or folder, and the command to run. The owner of the
/// database has no part in it: this is for files of any user.
pub(crate) fn explain_forbidden(error: Error, path: &Path, purpose: Purpose<'_>) -> Error {
    #[cfg(unix)]
    if error.io_kind() == Some(io::ErrorKind::PermissionDenied)
        && let Some((why, remedy)) = unix::explain_forbidden(path, purpose)
    {
        let causes = error.causes().join(": ");
        let explained = error
            .with_source(format!("{causes}: {why}"))
            .with_help(remedy);
        return match purpose {
            Purpose::Read => explained,
            Purpose::Write { or } => explained.with_other_help(or),
        };
    }
    #[cfg(not(unix))]
    let _ = (path, purpose);
    error
}

/// The error for a database that cannot be opened with these options because permissions are missing, or because another
/// program keeps it for itself (on Windows); `None` if it can.
///
/// Call this only for a database that SQLite failed to open: closing the file here drops the POSIX locks that SQLite
/// holds on it in this process.
pub(crate) fn permission_error(database: &Path, options: &OpenOptions) -> Option<Error> {
    let error = options.open(database).err()?;
    let is_forbidden = matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    );
    let is_refused = is_forbidden || is_open_elsewhere(&error);
    is_refused.then(|| {
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

    use rustix::fs::{Access, access};

    use super::Purpose;
    use crate::model::path::{folder_of, shell_word, with_suffix};
    use crate::store::files::remove::COMPANIONS;
    use crate::store::user::{name_of, name_or_number, user_name};

    const ROOT: u32 = 0;

    pub(super) fn other_than_root(path: &Path) -> Option<String> {
        let owner = owner_of(path)?.uid();
        let is_other = rustix::process::geteuid().is_root() && owner != ROOT;
        is_other.then(|| user_name(owner).unwrap_or_else(|| format!("#{owner}")))
    }

    /// Changes the owner of a file that belongs to root.
    pub(super) fn chown_if_owned_by_root(file: &File, path: &Path, owner: Option<&Metadata>) {
        let Some(owner) = owner.filter(|owner| owner.uid() != ROOT) else {
            return;
        };
        let change_owner = || -> io::Result<()> {
            let found = file.metadata()?;
            if found.uid() != ROOT || !is_only_name_of(&found, path)? {
                return Ok(());
            }
            fchown(file, Some(owner.uid()), Some(owner.gid()))
        };
        if let Err(error) = change_owner() {
            log::debug!("{} stays with its owner: {error}", path.display());
        }
    }

    /// Whether the path names the open file directly and the file has no other name.
    ///
    /// In another user's folder, a link could make root give away a system file.
    fn is_only_name_of(found: &Metadata, path: &Path) -> io::Result<bool> {
        let named = fs::symlink_metadata(path)?;
        let is_same = (named.dev(), named.ino()) == (found.dev(), found.ino());
        Ok(is_same && (found.is_dir() || found.is_file() && found.nlink() == 1))
    }

    /// The metadata of the database, or of its nearest parent folder that exists.
    pub(super) fn owner_of(database: &Path) -> Option<Metadata> {
        if let Ok(found) = fs::metadata(database) {
            return Some(found);
        }
        let folder = folder_of(database);
        let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        whole.ancestors().find_map(|above| fs::metadata(above).ok())
    }

    /// The bits of the mode that the owner of a folder needs to make files in it, and the letters for `chmod`. Most runs also
    /// list the files, so the letters give that right, too.
    const WRITE_FOLDER: (u32, &str) = (0o300, "u+rwx");
    /// The same to list its files, too.
    const READ_FOLDER: (u32, &str) = (0o700, "u+rwx");
    /// The same for a file.
    const USE_FILE: (u32, &str) = (0o600, "u+rw");
    const STICKY: u32 = 0o1000;

    /// Returns the cause why a file or folder cannot be opened or made, and a remedy. `folder` is the folder that is
    /// needed.
    pub(super) fn explain_ownership(
        path: &Path,
        folder: &Path,
        database: &Path,
    ) -> Option<(String, String)> {
        let (place, found) = nearest_existing(path)?;
        let owner = owner_of(database)?;
        let compared = if owner.is_dir() {
            "its folder"
        } else {
            "the database"
        };
        let cause = belongs_to(&place, &found);
        if found.uid() != owner.uid() {
            let cause = format!("{cause}, and {compared} to {}", name_of(owner.uid()));
            let is_folder_of_database =
                place == folder && folder == folder_of(database) && !owner.is_dir();
            let remedy = if is_folder_of_database {
                remedy_for_folder_of_database(folder, &found, &owner)
            } else {
                remedy_for_other_owner(&place, &found, folder, (database, &owner))
            };
            return Some((cause, remedy));
        }
        if let Some(explained) = explain_mode(&cause, &place, &found, WRITE_FOLDER) {
            return Some(explained);
        }
        if owner.is_dir() && owner.uid() == ROOT {
            // There is no database yet, and nothing says that it should belong to root.
            return Some((cause, "choose a folder that belongs to you".to_owned()));
        }
        let of_whom = name_of(found.uid());
        let remedy = format!("run it as {of_whom}, who owns {compared}, too");
        Some((cause, remedy))
    }

    /// Explains a mode that lacks one of the bits that the owner needs; `None` if it has all of them. `folder`: the bits that
    /// are needed of a folder.
    fn explain_mode(
        cause: &str,
        place: &Path,
        found: &Metadata,
        folder: (u32, &str),
    ) -> Option<(String, String)> {
        let chmod = chmod(place, found, folder)?;
        let mode = found.mode() & 0o777;
        let cause = format!("{cause}, and its mode {mode:03o} forbids it even to its owner");
        Some((cause, chmod))
    }

    /// The command that gives the owner the bits of the mode that he needs; `None` if he has all of them.
    fn chmod(place: &Path, found: &Metadata, folder: (u32, &str)) -> Option<String> {
        let (needed, letters) = if found.is_dir() { folder } else { USE_FILE };
        let is_short = found.mode() & needed != needed;
        is_short.then(|| format!("chmod {letters} {}", shell_word(place)))
    }

    /// The command that a new owner needs after `chown`: ` && sudo chmod …`, or nothing.
    fn then_chmod(place: &Path, found: &Metadata, folder: (u32, &str)) -> String {
        chmod(place, found, folder).map_or_else(String::new, |chmod| format!(" && sudo {chmod}"))
    }

    /// As [`explain_ownership`], for the user who runs this program.
    pub(super) fn explain_forbidden(path: &Path, purpose: Purpose<'_>) -> Option<(String, String)> {
        let user = rustix::process::geteuid();
        if user.is_root() {
            return None;
        }
        let (place, found) = forbidden_place(path, purpose)?;
        let cause = belongs_to(&place, &found);
        if found.uid() == user.as_raw() {
            return explain_mode(&cause, &place, &found, READ_FOLDER);
        }
        let me = name_of(user.as_raw());
        let remedy = if found.uid() == ROOT && is_in_folder_of(&place, user.as_raw()) {
            let name = name_or_number(user.as_raw());
            let group = rustix::process::getegid();
            let chown = format!("sudo chown {name}:{group} {}", shell_word(&place));
            chown + &then_chmod(&place, &found, READ_FOLDER)
        } else if purpose == Purpose::Read {
            format!("run it as {}, who owns it", name_of(found.uid()))
        } else {
            format!("choose a folder that belongs to {me}")
        };
        Some((format!("{cause}, and this program runs as {me}"), remedy))
    }

    /// The place whose permissions forbid it: the path, or the nearest folder above it that this user can look up.
    fn forbidden_place(path: &Path, purpose: Purpose<'_>) -> Option<(PathBuf, Metadata)> {
        let (place, found) = path
            .ancestors()
            .map(|above| {
                if above.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    above
                }
            })
            .find_map(|above| Some((above.to_owned(), fs::metadata(above).ok()?)))?;
        let is_write = purpose != Purpose::Read;
        let mut needed = if is_write {
            Access::WRITE_OK
        } else {
            Access::READ_OK
        };
        if found.is_dir() {
            needed |= Access::EXEC_OK;
        }
        if access(&place, needed).is_err() {
            return Some((place, found));
        }
        // A file is replaced by a new one in its folder.
        let folder = folder_of(path);
        let is_shut = is_write && access(folder, Access::WRITE_OK | Access::EXEC_OK).is_err();
        is_shut.then(|| Some((folder.to_owned(), fs::metadata(folder).ok()?)))?
    }

    /// Whether the folder above a path belongs to a user.
    fn is_in_folder_of(place: &Path, user: u32) -> bool {
        let whole = std::path::absolute(place).ok();
        let above = whole.as_deref().and_then(Path::parent).map(fs::metadata);
        matches!(above, Some(Ok(above)) if above.uid() == user)
    }

    /// A remedy if the owner of the database may not use a place of another owner.
    ///
    /// It changes the owner only of what root left in a folder of that owner, of the files that SQLite keeps beside the
    /// database, and of new folders. Other folders are those of the system, of a disk or of another user.
    fn remedy_for_other_owner(
        place: &Path,
        found: &Metadata,
        folder: &Path,
        (database, owner): (&Path, &Metadata),
    ) -> String {
        let name = name_or_number(owner.uid());
        let is_companion = COMPANIONS
            .into_iter()
            .any(|suffix| place == with_suffix(database, suffix));
        if is_companion || found.uid() == ROOT && is_in_folder_of(place, owner.uid()) {
            let chown = format!("sudo chown {name}:{} {}", owner.gid(), shell_word(place));
            return chown + &then_chmod(place, found, WRITE_FOLDER);
        }
        if !found.is_dir() {
            return format!("name a file in a folder that belongs to {name}");
        }
        if folder.exists() {
            let inside = shell_word(&folder.join("tornsnap"));
            return format!(
                "make a folder in it that belongs to {name}, then name that one: sudo mkdir {inside} && sudo chown {name} \
                 {inside}"
            );
        }
        let new = shell_word(folder);
        format!(
            "make the folder: sudo mkdir -p {new} && sudo chown {name} {new}; if it is on a disk, is the disk mounted?"
        )
    }

    /// A remedy if the owner of the database may not write in its folder. A folder beside it would begin a second database.
    fn remedy_for_folder_of_database(folder: &Path, found: &Metadata, owner: &Metadata) -> String {
        let name = name_or_number(owner.uid());
        // Many users write in a folder with this bit, such as /tmp.
        let is_shared = found.mode() & STICKY != 0;
        if found.uid() == ROOT && !is_shared {
            return format!("sudo chown {name} {}", shell_word(folder));
        }
        format!(
            "move the database and the files beside it into a folder that belongs to {name}, and name it there with \
             `database = …` in the configuration"
        )
    }

    /// The file at the path, or its nearest parent folder that exists.
    fn nearest_existing(path: &Path) -> Option<(PathBuf, Metadata)> {
        if let Ok(found) = fs::metadata(path) {
            return Some((path.to_owned(), found));
        }
        let whole = std::path::absolute(path).ok()?;
        whole
            .ancestors()
            .skip(1)
            .find_map(|above| Some((above.to_owned(), fs::metadata(above).ok()?)))
    }

    /// "the file /srv/t.db belongs to alice (uid 1000)"
    fn belongs_to(place: &Path, found: &Metadata) -> String {
        let kind = if found.is_dir() { "folder" } else { "file" };
        format!(
            "the {kind} {} belongs to {}",
            place.display(),
            name_of(found.uid())
        )
    }
}
