//! The files of tornsnap itself, which no output may replace: the database, the configuration, the keys and so on.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::command::schedule;
use crate::config::{Settings, WebhookSource};
use crate::error::{Error, Exit, Result};
use crate::model::path::{folder_of, with_suffix};
use crate::store::backup::Manifest;
use crate::store::files::is_same_file;

/// The endings of the files that belong to a database, and a description of each.
const BESIDE_DATABASE: [(&str, &str); 5] = [
    ("-wal", "the write-ahead log of the database"),
    ("-shm", "the shared memory of the database"),
    ("-journal", "the rollback journal of the database"),
    (".health.json", "the memory of `health`"),
    (".restoring", "the mark of an unfinished restore"),
];

/// The endings of a backup.
const BACKUP_ENDINGS: [&str; 2] = [".db", ".db.zst"];

/// How much of a file is read to see whether it is text.
const START: u64 = 4096;

/// The use of a file of tornsnap itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Role {
    Database,
    Archive,
    /// The WAL of the archive and the like.
    PartOfArchive,
    /// A file that is no database. It holds the description.
    Other(&'static str),
}

impl Role {
    /// Whether `prune` or `restore` checks the file itself, before it writes to it.
    fn is_database(self) -> bool {
        matches!(self, Self::Database | Self::Archive | Self::PartOfArchive)
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Database => "the database",
            Self::Archive => "the archive",
            Self::PartOfArchive => "a part of the archive",
            Self::Other(description) => description,
        }
    }
}

/// The files that the settings name, and those that the program makes beside them.
pub(crate) struct OwnFiles {
    files: Vec<(PathBuf, Role)>,
    database: PathBuf,
    configuration: Option<PathBuf>,
}

impl OwnFiles {
    /// All files of the settings, also the log.
    pub(crate) fn of(settings: &Settings) -> Self {
        let mut own = Self::without_log(settings);
        let logs = log_paths(settings).into_iter();
        own.files
            .extend(logs.map(|path| (path, Role::Other("the log"))));
        own
    }

    /// All files of the settings except the database and the archive.
    fn but_databases(settings: &Settings) -> Self {
        let mut own = Self::of(settings);
        own.files.retain(|(_, role)| !role.is_database());
        own
    }

    fn without_log(settings: &Settings) -> Self {
        let mut files = vec![(settings.database.clone(), Role::Database)];
        let beside = BESIDE_DATABASE.into_iter();
        files.extend(
            beside.map(|(end, word)| (with_suffix(&settings.database, end), Role::Other(word))),
        );
        if let Some(archive) = &settings.retention.archive {
            files.push((archive.clone(), Role::Archive));
            let beside = ["-wal", "-shm", "-journal"].into_iter();
            files.extend(beside.map(|end| (with_suffix(archive, end), Role::PartOfArchive)));
        }
        if let Some(config) = &settings.config_file {
            files.push((config.clone(), Role::Other("the configuration")));
            let log = config.with_file_name(schedule::entries::LOG_NAME);
            files.push((log, Role::Other("the log of the schedule")));
        }
        if !settings.backup.directory.is_dir() {
            files.push((
                settings.backup.directory.clone(),
                Role::Other("the backup folder"),
            ));
        }
        let keys = settings.key_files();
        files.extend(keys.map(|path| (path.to_owned(), Role::Other("the file of a key"))));
        if let Some(WebhookSource::File(path)) = &settings.health.webhook {
            files.push((
                path.clone(),
                Role::Other("the file of the webhook's address"),
            ));
        }
        Self {
            files,
            database: settings.database.clone(),
            configuration: settings.config_file.clone(),
        }
    }

    /// Describes the file that a path leads to, if it is one of tornsnap itself.
    fn find(&self, path: &Path) -> Option<&'static str> {
        let named = self
            .files
            .iter()
            .find(|(own, _)| is_same_file(own, path))
            .map(|(_, role)| role.describe());
        named
            .or_else(|| self.is_lock(path).then_some("a lock of the database"))
            .or_else(|| self.beside_configuration(path))
            .or_else(|| part_of_backup(path))
    }

    /// Whether a path is that of a lock beside the database: `<database>.<name>.lock`.
    fn is_lock(&self, path: &Path) -> bool {
        let real = fs::canonicalize(&self.database).unwrap_or_else(|_| self.database.clone());
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        [&real, &self.database].into_iter().any(|database| {
            let name = format!("{}.", name_of(database));
            [path, &target].into_iter().any(|path| {
                name_of(path).starts_with(&name)
                    && path.extension().is_some_and(|end| end == "lock")
                    && is_same_file(folder_of(path), folder_of(database))
            })
        })
    }

    /// Describes a file that the program keeps beside the configuration: `<configuration>.<name>`.
    fn beside_configuration(&self, path: &Path) -> Option<&'static str> {
        let configuration = self.configuration.as_ref()?;
        let name = name_of(path);
        let suffix = name.strip_prefix(&format!("{}.", name_of(configuration)))?;
        let kind = if path.extension().is_some_and(|end| end == "last") {
            "the record of a job of the schedule"
        } else if suffix.starts_with("before-") {
            "an earlier configuration"
        } else if suffix.starts_with("crontab-before-") {
            "an earlier crontab"
        } else {
            return None;
        };
        is_same_file(folder_of(path), folder_of(configuration)).then_some(kind)
    }

    /// Refuses to write to a file of tornsnap itself. `action` completes the sentence "could not …".
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] says which file it is.
    pub(crate) fn refuse(&self, path: &Path, action: &str, help: &str) -> Result<()> {
        match self.find(path) {
            None => Ok(()),
            Some(word) => Err(Error::new(action)
                .with_source(format!("it is a file of tornsnap itself: {word}"))
                .with_help(help)
                .with_exit(Exit::Config)),
        }
    }
}

/// Refuses a file as the archive if it is another file of tornsnap itself. The database has its own check.
///
/// # Errors
///
/// [`Exit::Config`] says which file it is.
pub(crate) fn refuse_as_archive(settings: &Settings, path: &Path) -> Result<()> {
    let own = OwnFiles::but_databases(settings);
    if part_of_backup(path).is_some() && own.files.iter().all(|(own, _)| !is_same_file(own, path)) {
        // A backup is a database, and the check of the archive says whose it is.
        return Ok(());
    }
    own.refuse(
        path,
        &format!("use the archive {}", path.display()),
        "name another file with --archive or in [retention] archive",
    )
}

/// Refuses to restore a backup in the place of a file of tornsnap itself that is neither the database nor the archive.
///
/// # Errors
///
/// [`Exit::Config`] says which file it is.
pub(crate) fn refuse_as_restored(settings: &Settings, path: &Path) -> Result<()> {
    OwnFiles::but_databases(settings).refuse(
        path,
        &format!("restore to {}", path.display()),
        "name another place with --to",
    )
}

/// Refuses the configured log file if it, or a name that an old log gets, is another file of tornsnap itself, and if it
/// exists and is not text.
///
/// # Errors
///
/// [`Exit::Config`] says which file it is.
pub(crate) fn refuse_log_file(settings: &Settings) -> Result<()> {
    let Some(file) = &settings.log.file else {
        return Ok(());
    };
    let action = format!("use the log file {}", file.display());
    let help = "name another file in [log] file";
    let own = OwnFiles::without_log(settings);
    for path in log_paths(settings) {
        own.refuse(&path, &action, help).map_err(|error| {
            if path == *file {
                return error;
            }
            let why = error.causes().join(": ");
            Error::new(&*action)
                .with_source(format!(
                    "old logs are renamed to {}, and {why}",
                    path.display()
                ))
                .with_help(help)
                .with_exit(Exit::Config)
        })?;
    }
    // A failure to read shows when the log is opened.
    if file.is_file() && !is_text(file).unwrap_or(true) {
        return Err(Error::new(action)
            .with_source("it exists and is not text, so it is no log")
            .with_help(help)
            .with_exit(Exit::Config));
    }
    Ok(())
}

/// The log file, and the names that old log files get.
fn log_paths(settings: &Settings) -> Vec<PathBuf> {
    let Some(file) = &settings.log.file else {
        return Vec::new();
    };
    let kept = settings.log.max_size.map_or(0, |_| settings.log.keep);
    let old = (1..=kept).map(|number| with_suffix(file, &format!(".{number}")));
    std::iter::once(file.clone()).chain(old).collect()
}

/// Whether a path is a backup with its manifest, or the manifest of a backup.
fn part_of_backup(path: &Path) -> Option<&'static str> {
    let path = fs::canonicalize(path).ok()?;
    let is_backup = |path: &Path| {
        BACKUP_ENDINGS
            .iter()
            .any(|end| name_of(path).ends_with(end))
            && path.is_file()
    };
    if is_backup(&path) && Manifest::path_for(&path).is_file() {
        return Some("a backup");
    }
    let backup = path.with_extension("");
    (Manifest::path_for(&backup) == path && is_backup(&backup))
        .then_some("the manifest of a backup")
}

/// Whether the start of a file may be that of a log: text in UTF-8, or in UTF-16 as PowerShell writes it. A power cut may leave
/// zero bytes in a log.
fn is_text(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(START).read_to_end(&mut start)?;
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Ok(true);
    }
    start.retain(|&byte| byte != 0);
    let text = match std::str::from_utf8(&start) {
        Ok(text) => text,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => &String::from_utf8_lossy(&start),
        Err(_) => return Ok(false),
    };
    let is_control = |byte: u8| byte < b' ' && !b"\t\n\r\x1b".contains(&byte);
    Ok(!text.bytes().any(is_control))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
