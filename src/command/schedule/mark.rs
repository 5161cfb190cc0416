//! The files that say how far the jobs with long intervals have come.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::command::schedule::entries::Entries;
use crate::error::{Error, Result, without_os_code, without_path};
use crate::model::path::{display_path, folder_of};
use crate::model::regular_file::{refuse_no_file, why_no_file};
use crate::model::schedule::job::{Job, JobName};
use crate::model::schedule::mark::{Mark, Start, mark_file, next_start};
use crate::store::lock::try_lock;
use crate::store::owner;

/// The mark file of a job that runs. Its lock keeps a second run of the job away.
pub(super) struct MarkFile {
    file: File,
    path: PathBuf,
    database: PathBuf,
}

/// The mark file of a job whose commands have started, and its content.
pub(super) struct StartedJob {
    file: MarkFile,
    mark: Mark,
    start: Start,
}

impl MarkFile {
    /// Opens the file and makes it if it is missing; `None` if a run of this job holds it. A file that cannot be written is
    /// an error before the job does anything: else the job would be done anew every hour.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`](crate::error::Exit::Config) when the file cannot be written.
    pub(super) fn open(name: JobName, config: &Path, database: &Path) -> Result<Option<Self>> {
        let path = path_of(name, config);
        refuse_no_file(&path, &action(&path), &remedy(&path))?;
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
        if let Ok(false) = try_lock(&file) {
            return Ok(None);
        }
        Ok(Some(Self {
            file,
            path,
            database: database.to_owned(),
        }))
    }

    pub(super) fn read(&mut self) -> Option<Mark> {
        let mut text = String::new();
        self.file.read_to_string(&mut text).ok()?;
        Mark::parse(&text)
    }

    /// Records that the job starts its commands at this moment.
    pub(super) fn begin(self, mark: Mark, at: i64) -> Result<StartedJob> {
        let start = Start { at, code: None };
        let mut started = StartedJob {
            file: self,
            mark,
            start,
        };
        started.write()?;
        Ok(started)
    }
}

impl StartedJob {
    /// Records how far the job has come.
    pub(super) fn advance(&mut self, mark: Mark) -> Result<()> {
        self.mark = mark;
        self.write()
    }

    /// Records with which exit code the job ends.
    pub(super) fn end(&mut self, code: u8) -> Result<()> {
        self.start.code = Some(code);
        self.write()
    }

    /// Replaces the content. After a power cut the file may be empty, and the job is done again.
    fn write(&mut self) -> Result<()> {
        let text = format!("{}\n{}\n", self.mark, self.start);
        let MarkFile {
            file,
            path,
            database,
        } = &mut self.file;
        file.rewind()
            .and_then(|()| file.set_len(0))
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(|error| explain(path, database, error))
    }
}

fn explain(path: &Path, database: &Path, error: io::Error) -> Error {
    let explained = owner::explain(action(path), path, database, error);
    if explained.help().is_some() {
        return explained;
    }
    explained.with_help(remedy(path))
}

fn action(path: &Path) -> String {
    format!("write {}, which says what the job has done", path.display())
}

fn remedy(path: &Path) -> String {
    format!(
        "remove {}, or move it away; the job makes a new file",
        path.display()
    )
}

/// The next start at which a job has something to do, by a clock with this offset from UTC.
pub(super) fn next_start_of(job: &Job, entries: &Entries, now: i64, utc_offset: i64) -> i64 {
    let mark = text_of(job, entries).and_then(|text| Mark::parse(&text));
    next_start(job, now, utc_offset, mark)
}

/// The last start of a job that had something to do, and its result in one word; `None` if none is recorded.
pub(super) fn last_start(job: &Job, entries: &Entries, now: i64) -> Option<(i64, &'static str)> {
    let path = path_of(job.name, &entries.config);
    let read = || Start::parse(&text_at(&path)?, now);
    let start = read()?;
    if start.code.is_some() {
        return Some((start.at, start.result(job.name, None)));
    }
    let is_running = is_locked(&path);
    // The job records its end before it releases the lock, which may have been in between. Another start may have been, too.
    let again = read()?;
    let is_running = is_running.filter(|_| again == start);
    Some((again.at, again.result(job.name, is_running)))
}

/// Whether a job holds its mark file; `None` if the file system cannot tell.
fn is_locked(path: &Path) -> Option<bool> {
    match File::open(path).ok()?.try_lock_shared() {
        Ok(()) => Some(false),
        Err(TryLockError::WouldBlock) => Some(true),
        Err(TryLockError::Error(_)) => None,
    }
}

/// The content of the mark file of a job, if it can be read.
fn text_of(job: &Job, entries: &Entries) -> Option<String> {
    text_at(&path_of(job.name, &entries.config))
}

fn text_at(path: &Path) -> Option<String> {
    if why_no_file(path).is_some() {
        return None;
    }
    fs::read_to_string(path).ok()
}

fn path_of(name: JobName, config: &Path) -> PathBuf {
    PathBuf::from(mark_file(name, &config.to_string_lossy()))
}

/// Warns of what is no file where a job keeps its mark.
pub(super) fn warnings_of_no_file(jobs: &[Job], config: &Path) -> Vec<String> {
    jobs.iter()
        .filter(|job| job.has_mark())
        .filter_map(|job| {
            let path = path_of(job.name, config);
            let why = why_no_file(&path)?;
            let name = job.name.as_str();
            Some(format!(
                "the job {name} records in {} what it has done, and {why}; {}",
                path.display(),
                remedy(&path)
            ))
        })
        .collect()
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
            let _ = fs::remove_file(path_of(name, config));
        }
    }
}
