//! Copies of the crontab, beside the configuration, as it was before each of the last changes.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, WithContext};
use crate::model::path::{copy_names, display_path, folder_of, with_suffix};
use crate::model::time::is_compact_time;
use crate::store::files::temporary_in;

/// The word in the names of the copies.
const LABEL: &str = "crontab-before";

/// How many copies stay.
const KEEP: usize = 3;

/// The folder of the configuration. If it is gone, the home folder, or else that for temporary files.
fn folder_for_copies(config: &Path) -> PathBuf {
    let folder = folder_of(config).to_owned();
    [Some(folder), dirs::home_dir()]
        .into_iter()
        .flatten()
        .find(|folder| folder.is_dir())
        .unwrap_or_else(std::env::temp_dir)
}

/// A file beside the configuration that only its owner can read.
pub(super) fn temporary_file(text: &[u8], config: &Path) -> Result<tempfile::NamedTempFile> {
    let folder = folder_for_copies(config);
    let action = || format!("write a crontab in {}", folder.display());
    let mut file = temporary_in(&folder, ".crontab.partial").with_context(action)?;
    file.write_all(text)
        .and_then(|()| file.as_file().sync_all())
        .with_context(action)?;
    Ok(file)
}

/// Copies the crontab to a new file beside the configuration.
pub(super) fn keep_copy(crontab: &[u8], config: &Path, now: i64) -> Result<PathBuf> {
    let mut file = temporary_file(crontab, config)?;
    for path in copy_names(&named_after(config), LABEL, now) {
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => file = error.file,
            Err(error) => {
                let action = format!("keep a copy of the crontab as {}", path.display());
                return Err(Error::of_io(action, error.error));
            }
        }
    }
    unreachable!("the numbers do not end")
}

/// The path that the names of the copies begin with.
fn named_after(config: &Path) -> PathBuf {
    folder_for_copies(config).join(config.file_name().unwrap_or_default())
}

/// Removes all copies but the newest ones and `new`, after a change that has succeeded. A change that fails may leave the only
/// good crontab in its copy. Best effort: an old copy does no harm.
pub(super) fn remove_old_copies(config: &Path, new: &Path) {
    let named = &named_after(config);
    let prefix = with_suffix(named, &format!(".{LABEL}-"));
    let Ok(entries) = fs::read_dir(folder_of(named)) else {
        return;
    };
    let mut copies: Vec<((String, u32), PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| folder_of(named).join(entry.file_name()))
        .filter(|path| path != new)
        .filter_map(|path| {
            let text = display_path(&path);
            let order = order_of(text.strip_prefix(&display_path(&prefix))?)?;
            Some((order, path))
        })
        .collect();
    copies.sort();
    let old = copies.len().saturating_sub(KEEP - 1);
    for (_, path) in copies.drain(..old) {
        let _ = fs::remove_file(path);
    }
}

/// The time and the number in the name of a copy; `None` if this program has not chosen the name.
fn order_of(rest: &str) -> Option<(String, u32)> {
    let (time, number) = match rest.split_once('-') {
        None => (rest, 1),
        Some((time, number)) => (time, number.parse().ok().filter(|number| *number > 1)?),
    };
    is_compact_time(time).then(|| (time.to_owned(), number))
}
