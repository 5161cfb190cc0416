//! The files that say how far the jobs with long intervals have come.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::command::schedule::entries::Entries;
use crate::error::{Result, without_os_code, without_path};
use crate::model::path::{display_path, folder_of};
use crate::model::schedule::job::{Job, JobName};
use crate::model::schedule::mark::{Mark, Start, mark_file, next_start};
use crate::store::owner;

/// The mark file of a job that runs. Its lock keeps a second run of the job away.
pub(super) struct MarkFile {
    file: File,
    path: PathBuf,
    database: PathBuf,
    mark: Option<Mark>,
    start: Option<Start>,
}

impl MarkFile {
    /// Opens the file and makes it if it is missing; `None` if a run of this job holds it. A file that cannot be written is
    /// an error before the job does anything: else the job would be done anew every hour.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`](crate::error::Exit::Config) when the file cannot be written.
    pub(super) fn open(name: JobName, config: &Path, database: &Path) -> Result<Option<Self>> {
        let path = PathBuf::from(mark_file(name, &config.to_string_lossy()));
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options
            .open(&path)
            .map_err(|error| explain(&path, database, error))?;
        owner::give_to_owner(&file, &path, database);
        // A file system without locks: the locks of the database keep two runs apart, too.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Ok(None);
        }
        Ok(Some(Self {
            file,
            path,
            database: database.to_owned(),
            mark: None,
            start: None,
        }))
    }

    pub(super) fn read(&mut self) -> Option<Mark> {
        let mut text = String::new();
        self.file.read_to_string(&mut text).ok()?;
        self.mark = Mark::parse(&text);
        self.start = Start::parse(&text);
        self.mark
    }

    /// Records that the job starts its commands at this moment.
    pub(super) fn begin(&mut self, mark: Mark, at: i64) -> Result<()> {
        self.start = Some(Start { at, code: None });
        self.write(mark)
    }

    /// Records with which exit code the job ends.
    pub(super) fn end(&mut self, code: u8) -> Result<()> {
        if let Some(start) = &mut self.start {
            start.code = Some(code);
        }
        self.mark.map_or(Ok(()), |mark| self.write(mark))
    }

    /// Replaces the content. After a power cut the file may be empty, and the job is done again.
    pub(super) fn write(&mut self, mark: Mark) -> Result<()> {
        self.mark = Some(mark);
        let start = self
            .start
            .map_or_else(String::new, |start| format!("{start}\n"));
        self.file
            .rewind()
            .and_then(|()| self.file.set_len(0))
            .and_then(|()| self.file.write_all(format!("{mark}\n{start}").as_bytes()))
            .map_err(|error| explain(&self.path, &self.database, error))
    }
}

fn explain(path: &Path, database: &Path, error: std::io::Error) -> crate::error::Error {
    let action = format!("write {}, which says what the job has done", path.display());
    let explained = owner::explain(action, path, database, error);
    if explained.help().is_some() {
        return explained;
    }
    explained.with_help(format!(
        "remove {}, or move it away; the job makes a new file",
        path.display()
    ))
}

/// The next start at which a job has something to do, by a clock with this offset from UTC.
pub(super) fn next_start_of(job: &Job, entries: &Entries, now: i64, utc_offset: i64) -> i64 {
    let text = fs::read_to_string(mark_file(job.name, &entries.paths.config)).ok();
    next_start(job, now, utc_offset, text.as_deref().and_then(Mark::parse))
}

/// The last start of a job that had something to do; `None` if none is recorded.
pub(super) fn last_start(job: &Job, entries: &Entries) -> Option<Start> {
    let text = fs::read_to_string(mark_file(job.name, &entries.paths.config)).ok()?;
    Start::parse(&text)
}

/// Warns if jobs with a long interval cannot write their files, because then they would do nothing.
pub(super) fn warning(jobs: &[Job], config: &Path) -> Option<String> {
    let folder = folder_of(config);
    if !jobs.iter().any(Job::has_mark) || !folder.is_dir() {
        return None;
    }
    let error = without_path(tempfile::tempfile_in(folder).err()?).to_string();
    let error = without_os_code(&error);
    Some(format!(
        "the jobs record in {} what they have done, and you cannot write there ({error}); make it writable for the user of \
         the jobs, or move the configuration",
        display_path(folder)
    ))
}

/// Removes the files of a configuration, also those beside the file that a link leads to. They are of no use without the
/// jobs.
pub(super) fn remove_files(config: &Path) {
    let real = fs::canonicalize(config).ok();
    for config in [Some(config), real.as_deref()].into_iter().flatten() {
        for name in JobName::ALL {
            // Best effort: the file may not exist, and does no harm.
            let _ = fs::remove_file(mark_file(name, &config.to_string_lossy()));
        }
    }
}
