//! Creates and replaces files that only the owner of the database can read and write.
//!
//! Every function takes the path of the database, because a new file belongs to the owner of the database, also when root
//! runs the program. Its mode is 0600.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Result, WithContext};
use crate::model::path::folder_of;
use crate::store::files::leftovers::temporary_in;
use crate::store::files::rename::{persist, rename_error};
use crate::store::files::sync::sync_folder;
use crate::store::owner;

/// Creates a file. Fails if there is one.
pub(in crate::store) fn create_private(path: &Path, database: &Path) -> io::Result<File> {
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

/// A check of the new file, before anything is written to it.
pub(crate) type Check<'a> = &'a dyn Fn(&Path) -> Result<()>;

/// Replaces a small file atomically: temporary name, sync, rename, sync of the folder.
///
/// The temporary name ends in `temp_suffix`. If this run is killed, the next one that writes to this folder with the same
/// suffix removes the file.
pub(crate) fn write_atomically(
    path: &Path,
    text: &str,
    temp_suffix: &str,
    database: &Path,
) -> Result<()> {
    write_checked(path, text, temp_suffix, database, &|_| Ok(()))
}

/// Like [`write_atomically`], but writes nothing if `check` fails for the temporary file.
pub(crate) fn write_checked(
    path: &Path,
    text: &str,
    temp_suffix: &str,
    database: &Path,
    check: Check<'_>,
) -> Result<()> {
    let temporary = temporary_file(path, text, temp_suffix, database, check)?;
    persist(temporary, path)
        .map_err(|error| rename_error(format!("write {}", path.display()), error))?;
    sync_folder(folder_of(path))
}

/// Like [`write_checked`], but leaves an existing file alone and returns `false` then.
pub(crate) fn write_if_absent(
    path: &Path,
    text: &str,
    temp_suffix: &str,
    database: &Path,
    check: Check<'_>,
) -> Result<bool> {
    match temporary_file(path, text, temp_suffix, database, check)?.persist_noclobber(path) {
        Ok(_) => {}
        Err(_) if path.exists() => return Ok(false),
        // The file system has neither hard links nor a rename that fails when the target exists.
        Err(error) => {
            persist(error.file, path)
                .map_err(|error| rename_error(format!("write {}", path.display()), error))?;
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
    check: Check<'_>,
) -> Result<NamedTempFile> {
    let action = || format!("write {}", path.display());
    let folder = folder_of(path);
    let mut temporary = temporary_in(folder, temp_suffix)
        .map_err(|error| owner::explain_folder(action(), folder, database, error))?;
    owner::give_to_owner(temporary.as_file(), temporary.path(), database);
    check(temporary.path())?;
    temporary
        .write_all(text.as_bytes())
        .and_then(|()| temporary.as_file().sync_all())
        .with_context(action)?;
    Ok(temporary)
}
