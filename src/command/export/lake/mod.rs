//! `tornsnap export --lake`: writes what is new to a folder of Parquet files.
//!
//! First all new files are written under hidden names. Then the manifest lists them as pending, they get their names, and the
//! manifest lists them as files. So a kill at any point leaves each month whole, and the next run finishes the rest.

mod adopt;
pub(in crate::command) mod archive;
pub(in crate::command) mod lock;
mod plan;
mod state;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::command::export::exporter::create_folder;
use crate::command::export::usage;
use crate::command::new_folders::{NewFolders, new_folder_note};
use crate::command::signal::StopSignal;
use crate::command::wait::LockWait;
use crate::command::{Context, Outcome};
use crate::error::Result;
use crate::model::archive::NamedBy;
use crate::model::lake::manifest::{FileEntry, Manifest};
use crate::model::path::display_path;
use crate::model::size::count;
use crate::output::lake::folder::LakeFolder;
use crate::store::Store;

/// The end of the message about an interrupted export.
const NOTHING_CHANGED: &str = "the files that were there are unchanged";

/// The report of `--lake`.
#[derive(Debug, Serialize)]
struct Report {
    lake: String,
    /// The files that this run has written.
    written: Vec<WrittenFile>,
    /// The number of files of this database in the lake.
    files: usize,
    /// The number of rows in them.
    rows: u64,
}

#[derive(Debug, Serialize)]
struct WrittenFile {
    dataset: String,
    /// Null for datasets that are not divided into months.
    period: Option<String>,
    file: String,
    rows: u64,
}

/// Writes what is new to the lake.
pub(super) fn run(context: &Context, directory: &Path) -> Result<Outcome> {
    refuse_address(directory)?;
    let place = new_folder_note(directory);
    let mut new_folders = NewFolders::default();
    new_folders.note(directory);
    let store = Store::open_read_only(&context.settings.database)?;
    let action = format!("write the lake {}", directory.display());
    let (lake, written) = StopSignal::interruptible(&action, NOTHING_CHANGED, || {
        store.refuse_lost_lake(directory)?;
        create_folder("--lake", directory)?;
        let no_wait = LockWait::new(context, "export", Duration::ZERO);
        let folder = lock::take(directory, &store.identity()?.id, &no_wait)?;
        store.in_read_transaction(|store| {
            let mut lake = Lake::open(store, directory, folder)?;
            let written = lake.write_new(context, store)?;
            Ok((lake, written))
        })
    })?;
    new_folders.keep();
    Ok(Outcome::done(
        format!("{}{place}", lake.describe(&written)),
        lake.report(written),
    ))
}

/// Fails if the folder is given as the address of a storage service. A folder of that name would be made here.
fn refuse_address(directory: &Path) -> Result<()> {
    let text = directory.to_string_lossy();
    if !text.contains("://") {
        return Ok(());
    }
    Err(usage(&format!("write the lake {text}"))
        .with_source("it is an address, and the lake is a folder on this machine")
        .with_help("name a folder, and copy it to the storage with a tool such as rclone"))
}

/// The part of a lake that one database writes. It is locked for this run.
#[derive(Debug)]
pub(super) struct Lake {
    root: PathBuf,
    folder: LakeFolder,
    manifest: Manifest,
    /// The step that makes the manifest again if the user has removed it.
    begin: String,
}

impl Lake {
    /// Reads the manifest, and finishes what an interrupted run has left. `folder`: the locked part of this database.
    pub(super) fn open(store: &Store, directory: &Path, folder: LakeFolder) -> Result<Self> {
        let id = store.identity()?.id;
        let begin = if store.is_archive(directory)? {
            NamedBy::Record.new_archive(&directory.join(""))
        } else {
            "export again".to_owned()
        };
        let (manifest, is_new) = state::read(&folder, store, &id, &begin)?;
        let mut lake = Self {
            root: directory.to_owned(),
            manifest,
            folder,
            begin,
        };
        lake.finish_pending()?;
        lake.folder.remove_hidden();
        lake.adopt_unknown_files(is_new)?;
        Ok(lake)
    }

    fn describe(&self, written: &[FileEntry]) -> String {
        let place = self.root.display();
        let all = count(self.manifest.files.len(), "file");
        if written.is_empty() {
            return format!("nothing is new: {place} has {all} of this database");
        }
        let rows: u64 = written.iter().map(|entry| entry.rows).sum();
        format!(
            "wrote {} with {} to {place}, which has {all} of this database",
            count(written.len(), "file"),
            count(rows, "row")
        )
    }

    fn report(&self, written: Vec<FileEntry>) -> Report {
        Report {
            lake: display_path(&self.root),
            written: written
                .into_iter()
                .map(|entry| WrittenFile {
                    dataset: entry.dataset,
                    period: entry.period,
                    file: entry.file,
                    rows: entry.rows,
                })
                .collect(),
            files: self.manifest.files.len(),
            rows: self.manifest.files.iter().map(|entry| entry.rows).sum(),
        }
    }
}
