//! The destination of `--output`: a file that appears when it is complete, or a stream.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf, is_separator};

use crate::error::{Error, Exit, Result, WithContext, is_open_elsewhere, no_files_there};
use crate::model::open_elsewhere::retry_while_open;
use crate::model::path::{MAX_LINKS, display_path, folder_of};
use crate::output::atomic_file::AtomicFile;
use crate::output::printable::PrintableWriter;
use crate::output::stream::{self, PathKind};

/// The first bytes of a SQLite database and of its write-ahead log.
/// <https://sqlite.org/fileformat.html>
const DATABASES: [&[u8]; 3] = [
    b"SQLite format 3\0",
    b"\x37\x7f\x06\x82",
    b"\x37\x7f\x06\x83",
];

/// An open destination.
#[derive(Debug)]
pub(crate) enum Destination {
    File(AtomicFile),
    Stream(PrintableWriter<File>),
}

impl Destination {
    /// Opens a path for writing.
    ///
    /// # Errors
    ///
    /// Fails when the path cannot be written, or when it is a file that must not be replaced.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        match PathKind::of(path) {
            PathKind::Stdout => Self::descriptor(path, 1),
            PathKind::Descriptor(number) => Self::descriptor(path, number),
            PathKind::Stream => stream::open(path)
                .map(Self::stream)
                .with_context(|| action(path))
                .map_err(|error| error.with_help(NAME_ANOTHER)),
            PathKind::Socket => Err(refused(
                path,
                "it is a socket, which cannot be opened as a file",
                "pipe stdout into a program that connects to it, or name a file with --output",
            )),
            PathKind::File => create_file(path).map(Self::File),
        }
    }

    #[cfg(unix)]
    fn descriptor(path: &Path, number: i32) -> Result<Self> {
        stream::descriptor::open(number)
            .map(Self::stream)
            .map_err(|_| {
                refused(
                    path,
                    &format!("descriptor {number} is not open"),
                    &format!(
                        "open it in the shell, as in `{number}> FILE`, or name a file with --output"
                    ),
                )
            })
    }

    #[cfg(not(unix))]
    fn descriptor(path: &Path, _: i32) -> Result<Self> {
        create_file(path).map(Self::File)
    }

    /// A terminal such as `/dev/tty` gets no control characters.
    fn stream(file: File) -> Self {
        let is_terminal = file.is_terminal();
        Self::Stream(PrintableWriter::new(file, is_terminal))
    }

    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }

    /// The folder of a file.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file.folder()),
            Self::Stream(_) => None,
        }
    }

    /// Syncs a file to the disk. Does nothing for a stream.
    pub(crate) fn sync(&self) -> io::Result<()> {
        match self {
            Self::File(file) => file.sync(),
            Self::Stream(_) => Ok(()),
        }
    }

    /// Renames a file to its target. Does nothing for a stream. Errors name `path`.
    ///
    /// # Errors
    ///
    /// Fails when the target cannot be replaced.
    pub(crate) fn persist(self, path: &Path) -> Result<()> {
        let Self::File(file) = self else {
            return Ok(());
        };
        file.persist().map_err(|error| {
            // It could be opened for writing before, so the cause is not a missing permission.
            let is_open = cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied;
            if is_open || is_open_elsewhere(&error) {
                return open_elsewhere(path);
            }
            Error::of_io(action(path), error).with_help(NAME_ANOTHER)
        })
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

/// The help that fits every failure.
const NAME_ANOTHER: &str = "name another file with --output";

fn action(path: &Path) -> String {
    format!("write {}", path.display())
}

fn open_elsewhere(path: &Path) -> Error {
    Error::new(action(path))
        .with_source("another program has the file open")
        .with_help(format!(
            "close it there (Excel, for example) and run the same command again, or {NAME_ANOTHER}"
        ))
        .with_exit(Exit::TryLater)
}

fn refused(path: &Path, source: &str, help: &str) -> Error {
    Error::new(action(path))
        .with_source(source)
        .with_help(help)
        .with_exit(Exit::Config)
}

/// Creates a file at a path, or at the target of a link.
fn create_file(path: &Path) -> Result<AtomicFile> {
    let is_folder = || {
        refused(
            path,
            "it is a folder",
            "name a file in it with --output, or use --all",
        )
    };
    let last = path.as_os_str().as_encoded_bytes().last();
    if last.is_some_and(|&last| is_separator(char::from(last))) {
        return Err(is_folder());
    }
    let target = resolve_link(path)?;
    let folder = folder_of(&target);
    let old = match fs::metadata(&target) {
        Ok(found) if found.is_dir() => return Err(is_folder()),
        Ok(found) => {
            refuse_protected_file(path, &target, &found)?;
            Some(found)
        }
        Err(error) => {
            require_folder(path, &target, folder)?;
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error)
                    .with_context(|| action(path))
                    .map_err(|error| error.with_help(NAME_ANOTHER));
            }
            None
        }
    };
    AtomicFile::create(target.clone(), old.as_ref()).map_err(|error| {
        let help = match error.kind() {
            io::ErrorKind::NotFound => NAME_ANOTHER.to_owned(),
            _ => format!(
                "check who may write to the folder {}, or {NAME_ANOTHER}",
                folder.display()
            ),
        };
        Error::of_io(action(path), no_files_there(error)).with_help(help)
    })
}

/// Follows links in the last component of a path. The final target need not exist.
fn resolve_link(path: &Path) -> Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(refused(
        path,
        "it is a link that leads to itself",
        &format!("remove the link, or {NAME_ANOTHER}"),
    ))
}

/// Refuses a parent that is missing or not a folder.
fn require_folder(path: &Path, target: &Path, folder: &Path) -> Result<()> {
    let name = folder.display();
    let (problem, help) = match fs::metadata(folder).map(|found| found.is_dir()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (
            format!("the folder {name} is not there"),
            format!("make that folder, or {NAME_ANOTHER}"),
        ),
        Ok(false) => (format!("{name} is not a folder"), NAME_ANOTHER.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            (format!("{name} is not a folder"), NAME_ANOTHER.to_owned())
        }
        // Creating the file gives a better error.
        Ok(true) | Err(_) => return Ok(()),
    };
    let source = if target == path {
        problem
    } else {
        format!("it is a link to {}, and {problem}", target.display())
    };
    Err(refused(path, &source, &help))
}

/// Refuses to replace a file that this user may not write, and any SQLite database.
fn refuse_protected_file(path: &Path, target: &Path, found: &Metadata) -> Result<()> {
    if found.permissions().readonly() {
        let help = if cfg!(unix) {
            format!(
                "allow it with `chmod u+w {}`, or {NAME_ANOTHER}",
                display_path(target)
            )
        } else {
            format!("allow it to be written, or {NAME_ANOTHER}")
        };
        return Err(refused(path, "the file is read-only", &help));
    }
    // A rename needs no write permission for the file that it replaces, so check that first.
    retry_while_open(|| OpenOptions::new().write(true).open(target)).map_err(|error| {
        if is_open_elsewhere(&error) {
            return open_elsewhere(path);
        }
        Error::of_io(action(path), error).with_help(format!(
            "check who may write to that file, or {NAME_ANOTHER}"
        ))
    })?;
    let mut head = [0; 16];
    let is_database = File::open(target)
        .and_then(|mut file| file.read(&mut head))
        .is_ok_and(|_| DATABASES.iter().any(|magic| head.starts_with(magic)));
    if is_database {
        return Err(refused(path, "it is a SQLite database", NAME_ANOTHER));
    }
    Ok(())
}
