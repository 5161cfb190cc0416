//! A log file that several processes append to, and that is renamed when it is large.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use same_file::Handle;

use crate::model::path::with_suffix;

/// How often a line tries to get the lock. A process that is stopped may hold it; then the line is written without it.
const LOCK_ATTEMPTS: u32 = 200;

const LOCK_PAUSE: Duration = Duration::from_millis(1);

/// How often the file is opened again for one line, if other processes rename it at the same time.
const OPEN_ATTEMPTS: u32 = 5;

/// Opens the log file for appending and makes it if it is missing.
pub(crate) type Open = Box<dyn Fn() -> io::Result<File> + Send>;

/// A log file.
///
/// Each line is one write to a file that is open for appending, so that lines of several processes do not mix. The writer
/// holds the lock of the file and looks whether the file still has its name. The file is renamed only under that lock, so
/// that no line goes to a file that another process is about to remove.
pub(crate) struct LogFile {
    path: PathBuf,
    open: Open,
    file: File,
    /// The size in bytes from which the file is renamed. `None` if it never is, or cannot be.
    max_size: Option<u64>,
    keep: u32,
}

/// What a look at the file under its lock says.
enum NextStep {
    Write,
    /// The file was renamed or removed.
    OpenAgain,
}

impl LogFile {
    /// A log file at `path`, which `open` opens. At `max_size` bytes it is renamed; `keep` old ones stay.
    ///
    /// # Errors
    ///
    /// The errors are those of `open`.
    pub(crate) fn new(
        path: &Path,
        max_size: Option<u64>,
        keep: u32,
        open: Open,
    ) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: open()?,
            open,
            max_size,
            keep,
        })
    }

    /// Whether stdout goes to this file.
    pub(crate) fn is_stdout(&self) -> bool {
        let file = self.file.try_clone().and_then(Handle::from_file);
        match (file, Handle::stdout()) {
            (Ok(file), Ok(stdout)) => file == stdout,
            _ => false,
        }
    }

    /// Renames the file if it is as large as the limit. What another process has open under this name goes to the renamed
    /// file.
    pub(crate) fn rename_if_large(&mut self) {
        if self.lock() {
            // An empty line fits into any file that is smaller than the limit.
            self.next_step("\n");
            let _ = self.file.unlock();
        }
    }

    /// Appends a line, which ends with a line break.
    ///
    /// # Errors
    ///
    /// Fails when the line cannot be written, for example because the disk is full.
    pub(crate) fn append(&mut self, line: &str) -> io::Result<()> {
        for _ in 0..OPEN_ATTEMPTS {
            if !self.lock() {
                break;
            }
            match self.next_step(line) {
                NextStep::Write => {
                    let written = self.file.write_all(line.as_bytes());
                    let _ = self.file.unlock();
                    return written;
                }
                NextStep::OpenAgain => {
                    let opened = if self.is_blocked() {
                        None
                    } else {
                        (self.open)().ok()
                    };
                    let Some(file) = opened else {
                        let _ = self.file.unlock();
                        break;
                    };
                    // Closing the old file gives its lock back.
                    self.file = file;
                }
            }
        }
        // Better a line in a file that was renamed than no line.
        self.file.write_all(line.as_bytes())
    }

    /// Takes the lock of the file. Returns false if it is not free soon, or if the file system has no locks.
    fn lock(&self) -> bool {
        for _ in 0..LOCK_ATTEMPTS {
            match self.file.try_lock() {
                Ok(()) => return true,
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(_)) => return false,
            }
        }
        false
    }

    /// Renames the file if the line would make it too large. The caller has the lock.
    fn next_step(&mut self, line: &str) -> NextStep {
        if !self.has_its_name() {
            return NextStep::OpenAgain;
        }
        let Some(max_size) = self.max_size else {
            return NextStep::Write;
        };
        let size = self.file.metadata().map_or(0, |file| file.len());
        let line_size = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if size == 0 || size.saturating_add(line_size) <= max_size {
            return NextStep::Write;
        }
        if self.rename_files().is_ok() {
            return NextStep::OpenAgain;
        }
        // The folder is read-only, or on Windows another program has the file open. This process does not try again.
        self.max_size = None;
        NextStep::Write
    }

    /// Renames `t.log.1` to `t.log.2` and so on, then `t.log` to `t.log.1`. The oldest one is replaced.
    fn rename_files(&self) -> io::Result<()> {
        for number in (1..self.keep).rev() {
            match fs::rename(self.old_path(number), self.old_path(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, self.old_path(1))
    }

    fn old_path(&self, number: u32) -> PathBuf {
        with_suffix(&self.path, &format!(".{number}"))
    }

    /// Whether something else than a file has the name of the log file now. Opening a FIFO would block.
    fn is_blocked(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| !found.is_file())
    }

    /// Whether the open file is the one at the path.
    fn has_its_name(&self) -> bool {
        if !fs::metadata(&self.path).is_ok_and(|found| found.is_file()) {
            return false;
        }
        let file = self.file.try_clone().and_then(Handle::from_file);
        match (file, Handle::from_path(&self.path)) {
            (Ok(file), Ok(named)) => file == named,
            _ => false,
        }
    }
}

/// Whether stderr goes to the log file at this path, or to the one that was renamed last.
pub(crate) fn is_stderr(path: &Path) -> bool {
    [path.to_owned(), with_suffix(path, ".1")]
        .iter()
        .filter(|path| fs::metadata(path).is_ok_and(|found| found.is_file()))
        .any(|path| match (Handle::from_path(path), Handle::stderr()) {
            (Ok(file), Ok(stderr)) => file == stderr,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn log_file(path: &Path, max_size: u64, keep: u32) -> LogFile {
        let opened = path.to_owned();
        let open = move || {
            let mut options = File::options();
            options.create(true).append(true).read(cfg!(windows));
            options.open(&opened)
        };
        LogFile::new(path, Some(max_size), keep, Box::new(open)).unwrap()
    }

    /// The lines of the log and of its old files.
    fn lines_below(folder: &Path) -> Vec<String> {
        let mut lines = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(text.is_empty() || text.ends_with('\n'), "{text}");
            lines.extend(text.lines().map(str::to_owned));
        }
        lines
    }

    #[test]
    fn no_line_is_lost_or_torn_while_several_writers_rename_the_file() {
        const WRITERS: usize = 6;
        const LINES: usize = 300;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.log");

        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let path = &path;
                scope.spawn(move || {
                    let mut log = log_file(path, 2000, 10_000);
                    for number in 0..LINES {
                        log.append(&format!("{writer} {number} {}\n", "x".repeat(number % 90)))
                            .unwrap();
                    }
                });
            }
        });

        let lines = lines_below(folder.path());
        assert_eq!(lines.len(), WRITERS * LINES);
        let starts: BTreeSet<String> = lines
            .iter()
            .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(starts.len(), WRITERS * LINES);
        assert!(folder.path().join("t.log.9").exists());
    }

    #[test]
    fn the_oldest_file_is_replaced_and_no_file_gets_larger_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.log");
        let mut log = log_file(&path, 100, 2);

        for number in 0..100 {
            log.append(&format!("line {number}\n")).unwrap();
        }

        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .inspect(|entry| assert!(entry.metadata().unwrap().len() <= 100))
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["t.log", "t.log.1", "t.log.2"]);
        assert!(fs::read_to_string(&path).unwrap().ends_with("line 99\n"));
    }

    #[test]
    fn a_file_that_was_removed_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.log");
        let mut log = log_file(&path, 1000, 2);
        log.append("one\n").unwrap();
        fs::remove_file(&path).unwrap();

        log.append("two\n").unwrap();

        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_in_the_place_of_the_file_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.log");
        let mut log = log_file(&path, 1000, 2);
        fs::rename(&path, folder.path().join("moved.log")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());

        log.append("one\n").unwrap();

        let moved = fs::read_to_string(folder.path().join("moved.log")).unwrap();
        assert_eq!(moved, "one\n");
    }

    #[test]
    fn a_file_that_cannot_be_renamed_goes_on_growing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.log");
        fs::create_dir_all(folder.path().join("t.log.1/in/the/way")).unwrap();
        let mut log = log_file(&path, 10, 1);

        for _ in 0..5 {
            log.append("a line\n").unwrap();
        }

        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 5);
    }

    #[test]
    fn a_line_is_written_while_another_process_keeps_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.log");
        let mut log = log_file(&path, 10, 1);
        let other = File::options().append(true).open(&path).unwrap();
        other.lock().unwrap();

        log.append("one\n").unwrap();

        assert_eq!(fs::read_to_string(&path).unwrap(), "one\n");
    }
}
