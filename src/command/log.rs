//! Starts the log: stderr, the file that `[log] file` names, and the trace of statements. A failure never stops a command.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use crate::command::{own_files, schedule};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::path::folder_of;
use crate::output::log as output_log;
use crate::output::log::Color;
use crate::output::log_file::{LogFile, is_stderr};
use crate::output::stamp;
use crate::output::terminal::Verbosity;
use crate::store::{owner, trace};

/// Starts the log. Warns if the log file cannot be opened, and goes on without it.
///
/// # Errors
///
/// [`Exit::Config`] when the log file is a file of tornsnap itself. The log is started without it.
pub(crate) fn start(settings: &Settings, verbosity: Verbosity, color: Color) -> Result<()> {
    if let Some(path) = &settings.config_file {
        tend_schedule_log(&path.with_file_name(schedule::entries::LOG_NAME), settings);
    }
    let allowed = own_files::refuse_log_file(settings);
    let opened = if allowed.is_ok() {
        open(settings)
    } else {
        Ok(None)
    };
    let (file, error) = match opened {
        Ok(file) => (file, None),
        Err(error) => (None, Some(error)),
    };
    output_log::start(verbosity, color, file);
    // Without a reader of the messages, no time is measured.
    let slow_query = settings.log.slow_query;
    let slow_query = slow_query.filter(|_| log::max_level() >= log::LevelFilter::Info);
    trace::start(slow_query, verbosity == Verbosity::Debug);
    if let Some(error) = error {
        warn(&error);
    }
    allowed
}

/// Warns of a log file that is not used.
pub(crate) fn warn(error: &Error) {
    log::warn!("{}{}", error.one_line(), error.help_clause());
}

/// Puts the time before each message of a job whose stderr cron appends to a file, because nothing else says when it was.
/// `config` is the one of the command line, which each job names, so that an error in the configuration has its time too.
pub(crate) fn stamp_if_job(config: Option<&Path>) {
    if config.is_some_and(|path| is_stderr(&path.with_file_name(schedule::entries::LOG_NAME))) {
        stamp::turn_on();
    }
}

/// Renames the file that cron appends the output of the jobs to when it is large, and makes it private: the shell that opens
/// it does neither. Only a job does this, whose stderr goes there. The shell of this job has opened the file before, so what
/// the job and its later commands print goes to the renamed file. The next job writes to a new one.
fn tend_schedule_log(path: &Path, settings: &Settings) {
    if !is_stderr(path) {
        return;
    }
    let reopen = {
        let (path, database) = (path.to_owned(), settings.database.clone());
        Box::new(move || open_file(&path, &database))
    };
    let Ok(mut file) = LogFile::new(path, settings.log.max_size, settings.log.keep, reopen) else {
        return;
    };
    // Best effort: a job must not fail because of its log.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    }
    file.rename_if_large();
}

/// Logs which configuration and which database are used.
pub(crate) fn log_files(settings: &Settings) {
    let config = settings.config_file.as_deref().map_or_else(
        || "no configuration file".to_owned(),
        |path| format!("the configuration {}", path.display()),
    );
    log::info!(
        "using {config} and the database {}",
        settings.database.display()
    );
}

/// Logs what is known only at the end of a command.
pub(crate) fn finish() {
    trace::log_counts();
}

/// Opens the configured log file for appending, and makes it and its folder if they are missing.
///
/// # Errors
///
/// Fails when the file cannot be opened or is the file that stdout goes to.
fn open(settings: &Settings) -> Result<Option<LogFile>> {
    let Some(path) = &settings.log.file else {
        return Ok(None);
    };
    let database = &settings.database;
    check_regular_file(path, database)?;
    let folder = folder_of(path);
    owner::make_folder(folder, database).map_err(|error| {
        let action = format!("make the folder {} of the log file", folder.display());
        owner::explain_folder(action, folder, database, error)
    })?;
    let reopen = {
        let (path, database) = (path.clone(), database.clone());
        Box::new(move || open_file(&path, &database))
    };
    let file = LogFile::new(path, settings.log.max_size, settings.log.keep, reopen);
    let action = || format!("open the log file {}", path.display());
    let file = file.map_err(|error| owner::explain(action(), path, database, error))?;
    if file.is_stdout() {
        return Err(Error::new(action())
            .with_source("stdout goes to the same file, and log lines would mix with the data")
            .with_help("name another file in [log] file, or redirect stdout to another file")
            .with_exit(Exit::Config));
    }
    Ok(Some(file))
}

fn open_file(path: &Path, database: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    // Windows locks only files that are also open for reading or writing.
    options.create(true).append(true).read(cfg!(windows));
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    owner::give_to_owner(&file, path, database);
    Ok(file)
}

/// Refuses everything but a regular file. Opening a FIFO would block until it has a reader, and a device stores nothing.
fn check_regular_file(path: &Path, database: &Path) -> Result<()> {
    let action = || format!("open the log file {}", path.display());
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(owner::explain(action(), path, database, error)),
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) => Err(Error::new(action())
            .with_source(if found.is_dir() {
                "it is a folder"
            } else {
                "it is not a regular file"
            })
            .with_help("name another file in [log] file")
            .with_exit(Exit::Config)),
    }
}
