//! Checks the database, the archive and the folders that a run would write to, without a change to any of them.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::Duration;

use super::findings::Findings;
use crate::command::own_files::{refuse_as_archive, refuse_log_file};
use crate::config::{Settings, Territories, Track, Wars};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::folder_of;
use crate::model::size::count;
use crate::store::Store;
use crate::store::archive_check::check_without_database;
use crate::store::archive_file::ArchiveUse;
use crate::store::identity::{Usable, check_usable};

/// How long to wait for a program that locks the archive.
const ARCHIVE_WAIT: Duration = Duration::from_secs(5);

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let mut is_current = false;
    if !findings.is_wrong("database") {
        match check_database(&settings.database) {
            Ok(found) => {
                let path = settings.database.display();
                let then = if found.is_outdated {
                    "; an older tornsnap made it, and the next run brings it up to date"
                } else {
                    ""
                };
                findings.ok("database", format!("{path} can be read and written{then}"));
                is_current = !found.is_outdated;
            }
            Err(error) => findings.problem("database", &error),
        }
    }
    if let Some(archive) = &settings.retention.archive {
        match check_archive(settings, archive, is_current) {
            Ok(()) => findings.ok("archive", archive.display().to_string()),
            Err(error) => findings.problem("archive", &error),
        }
    }
    if !findings.is_wrong("backup.directory") {
        check_folder("backups", &settings.backup.directory, findings);
    }
    if let Some(file) = &settings.log.file {
        let checked = refuse_log_file(settings).and_then(|()| check_log_file(file));
        match checked {
            Ok(()) => check_folder("log", folder_of(file), findings),
            Err(error) => findings.problem("log", &error),
        }
    }
}

/// Checks that a database is ours, has a known schema, is no archive, and can be written.
fn check_database(path: &Path) -> Result<Usable> {
    if path.is_file() {
        // Before SQLite opens the file: closing another descriptor of it would drop SQLite's locks.
        let opened = OpenOptions::new().write(true).open(path);
        opened.with_context(|| format!("write to the database {}", path.display()))?;
        write_in(folder_of(path))
            .with_context(|| format!("write beside the database {}", path.display()))?;
    }
    check_usable(path)
}

/// Checks the archive as `prune` does. A missing archive is made by `prune`.
///
/// `is_current`: whether the database has the schema of this program.
fn check_archive(settings: &Settings, path: &Path, is_current: bool) -> Result<()> {
    refuse_as_archive(settings, path)?;
    let archive = ArchiveUse::configured(path, ARCHIVE_WAIT);
    if is_current {
        Store::open_without_trace(&settings.database)?.check_archive(&archive)?;
    } else {
        check_without_database(&archive)?;
    }
    if path.exists() {
        return Ok(());
    }
    write_in(nearest_folder(folder_of(path)))
        .with_context(|| format!("make the archive {}", path.display()))
}

/// Checks that a folder can be written, or can be made.
fn check_folder(subject: &str, folder: &Path, findings: &mut Findings) {
    let nearest = nearest_folder(folder);
    let written = write_in(nearest);
    match written.with_context(|| format!("write to the folder {}", nearest.display())) {
        Ok(()) if folder.exists() => {
            findings.ok(subject, format!("{} can be written", folder.display()));
        }
        Ok(()) => findings.ok(
            subject,
            format!("{} does not exist yet and will be made", folder.display()),
        ),
        Err(error) => {
            let help = "correct the path, or the rights of that folder";
            let place = if nearest == folder {
                folder.display().to_string()
            } else {
                let nearest = nearest.display();
                format!(
                    "{} does not exist, and cannot be made in {nearest}",
                    folder.display()
                )
            };
            let why = format!("{place}: {}", error.causes().join(": "));
            let error = Error::new("write").with_source(why).with_help(help);
            findings.problem_because(subject, &error.with_exit(Exit::Config));
        }
    }
}

/// The log must be a regular file. Opening a FIFO would block.
fn check_log_file(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(Error::new("use the log file")
            .with_source(format!("{}: it is not a regular file", path.display()))
            .with_help("name another file in [log] file")
            .with_exit(Exit::Config)),
        Ok(_) => OpenOptions::new()
            .append(true)
            .open(path)
            .map(drop)
            .with_context(|| format!("open the log file {}", path.display())),
        Err(_) => Ok(()),
    }
}

/// The folder itself if it exists, else the nearest one above it that does.
fn nearest_folder(folder: &Path) -> &Path {
    folder
        .ancestors()
        .find(|folder| !folder.as_os_str().is_empty() && folder.exists())
        .unwrap_or(Path::new("."))
}

/// Fails if no file can be made in a folder. The file has no name where the system allows that, and is removed at once.
fn write_in(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return tempfile::tempfile_in(folder).map(drop);
    }
    Err(std::io::ErrorKind::NotADirectory.into())
}

/// Lists in words what `[track]` asks for.
pub(super) fn describe_track(track: &Track) -> String {
    let count_some = |number: usize, noun: &str| (number > 0).then(|| count(number, noun));
    let members = track.members && !track.factions.is_empty();
    let wars = match track.wars {
        Wars::All => "all",
        Wars::Tracked => "tracked",
    };
    let territories = match &track.territories {
        Territories::Tracked => "tracked".to_owned(),
        Territories::All => "all".to_owned(),
        Territories::None => "none".to_owned(),
        Territories::These(tiles) => tiles.len().to_string(),
    };
    let parts = [
        count_some(track.players.len(), "player"),
        count_some(track.factions.len(), "faction"),
        members.then(|| "members".to_owned()),
        Some(format!("wars: {wars}")),
        Some(format!("territories: {territories}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
