//! The folder of a demo. Only files that a demo wrote and nobody has changed since are removed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::DATABASE_NAME;
use crate::command::demo_config;
use crate::command::init::write_private;
use crate::config::FILE_NAME;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::regular_file::why_no_file;
use crate::model::watch::Unwatched;
use crate::store::files::digest_of_file;

/// The name of the file in which the demo records what it wrote.
const RECORD_NAME: &str = "tornsnap-demo.json";

/// The files that a demo wrote.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Record {
    /// The SHA-256 of each file. The keys are paths relative to the folder, with `/` on all platforms.
    files: BTreeMap<String, String>,
}

/// A file or a folder in the folder of the demo.
#[derive(Debug)]
struct Entry {
    /// The path relative to the folder of the demo, with `/` on all platforms.
    name: String,
    path: PathBuf,
    is_folder: bool,
}

/// Removes an earlier demo from the folder.
///
/// # Errors
///
/// [`Exit::Config`] if the folder has anything that a demo did not write, or that was changed since. Nothing is removed
/// then.
pub(super) fn remove_earlier_demo(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let entries =
        list(folder, "").with_context(|| format!("read the folder {}", folder.display()))?;
    let record = Record::load(folder);
    let help = if record.is_some() {
        "move that file to another folder, or name another folder with --output"
    } else {
        "name another folder with --output; a new one is made"
    };
    if record.is_none() && demo_config::is_demo(&folder.join(FILE_NAME)) {
        return Err(refused(
            folder,
            "its demo was killed before it ended, or is of an older tornsnap",
            "delete the folder, or name another one with --output",
        ));
    }
    let record = record.unwrap_or_default();
    for entry in &entries {
        let path = entry.path.display();
        let problem = record
            .problem_with(entry)
            .with_context(|| format!("read {path}"))?;
        if let Some(problem) = problem {
            return Err(refused(folder, &format!("{path} {problem}"), help));
        }
    }
    for entry in &entries {
        let remove = if entry.is_folder {
            fs::remove_dir(&entry.path)
        } else {
            fs::remove_file(&entry.path)
        };
        remove.with_context(|| format!("remove {}", entry.path.display()))?;
    }
    Ok(())
}

/// Records the files that the demo wrote, so that the next demo may remove them.
pub(super) fn record_files(folder: &Path) -> Result<()> {
    let action = || format!("record the files in {}", folder.display());
    let mut record = Record::default();
    for entry in list(folder, "").with_context(action)? {
        if is_named_like_ours(&entry.name) {
            let hash = hash_of(&entry.path).with_context(action)?;
            record.files.insert(entry.name, hash);
        }
    }
    let text = serde_json::to_string_pretty(&record).expect("every key of a record is a string");
    write_private(&folder.join(RECORD_NAME), &text)
}

impl Record {
    /// `None` if the folder has no record, or one that cannot be read.
    fn load(folder: &Path) -> Option<Self> {
        let path = folder.join(RECORD_NAME);
        if why_no_file(&path).is_some() {
            return None;
        }
        let bytes = fs::read(path).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The reason not to remove the entry, if there is one.
    fn problem_with(&self, entry: &Entry) -> io::Result<Option<&'static str>> {
        const FOREIGN: &str = "is not from a demo";
        let name = &entry.name;
        if entry.is_folder {
            let below = format!("{name}/");
            let is_ours = self.files.keys().any(|file| file.starts_with(&below));
            return Ok((!is_ours).then_some(FOREIGN));
        }
        let is_record = name == RECORD_NAME && !self.files.is_empty();
        if is_record || is_without_content(entry)? {
            return Ok(None);
        }
        let Some(hash) = self.files.get(name) else {
            return Ok(Some(FOREIGN));
        };
        // `backup --verify`, which the demo suggests, writes the time of the verification into a manifest.
        let is_manifest = has_extension(&entry.path, "json");
        let is_unchanged = is_manifest || *hash == hash_of(&entry.path)?;
        Ok((!is_unchanged).then_some("was changed after the demo wrote it"))
    }
}

fn refused(folder: &Path, reason: &str, help: &str) -> Error {
    Error::new(format!("use the folder {}", folder.display()))
        .with_source(reason)
        .with_help(help)
        .with_exit(Exit::Config)
}

fn is_named_like_ours(name: &str) -> bool {
    name == FILE_NAME || name == DATABASE_NAME || name.starts_with("backups/tornsnap-")
}

/// Whether the file is one that SQLite or a lock leaves beside the database and that contains no data.
fn is_without_content(entry: &Entry) -> io::Result<bool> {
    let Some(suffix) = entry.name.strip_prefix(DATABASE_NAME) else {
        return Ok(false);
    };
    Ok(match suffix {
        "-shm" => true,
        "-wal" => fs::metadata(&entry.path)?.len() == 0,
        _ => has_extension(&entry.path, "lock") && fs::metadata(&entry.path)?.len() == 0,
    })
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn hash_of(path: &Path) -> io::Result<String> {
    digest_of_file(path, &Unwatched).map(|digest| digest.sha256)
}

/// Lists all files and folders below `folder`, each folder after its contents. Links are not followed.
fn list(folder: &Path, prefix: &str) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type()?.is_dir();
        if is_folder {
            entries.extend(list(&entry.path(), &format!("{name}/"))?);
        }
        entries.push(Entry {
            name,
            path: entry.path(),
            is_folder,
        });
    }
    Ok(entries)
}
