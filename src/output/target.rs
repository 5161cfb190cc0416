//! What a path of `--output` stands for: a file that appears whole, or a stream that takes bytes as they come.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf, is_separator};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::{MAX_LINKS, display_path, folder_of};
use crate::output::file::NewFile;
use crate::output::stream::{self, Place};

/// The first bytes of a SQLite database and of its write-ahead log.
/// <https://sqlite.org/fileformat.html>
const DATABASES: [&[u8]; 3] = [
    b"SQLite format 3\0",
    b"\x37\x7f\x06\x82",
    b"\x37\x7f\x06\x83",
];

/// Something that can be written.
#[derive(Debug)]
pub(crate) enum Target {
    /// A file, which appears when it is complete.
    File(NewFile),
    Stream(File),
}

impl Target {
    /// Opens a place for writing.
    ///
    /// # Errors
    ///
    /// Says why nothing can be written there, before there is anything to write.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        match Place::of(path) {
            Place::Stdout => Self::descriptor(path, 1),
            Place::Descriptor(number) => Self::descriptor(path, number),
            Place::Stream => stream::open(path)
                .map(Self::Stream)
                .with_context(|| action(path))
                .map_err(|error| error.with_help(ANOTHER)),
            Place::Socket => Err(refused(
                path,
                "it is a socket, which cannot be opened as a file",
                "pipe stdout into a program that connects to it, or name a file with --output",
            )),
            Place::File => file(path).map(Self::File),
        }
    }

    #[cfg(unix)]
    fn descriptor(path: &Path, number: i32) -> Result<Self> {
        stream::descriptor::open(number)
            .map(Self::Stream)
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
        file(path).map(Self::File)
    }

    /// Whether bytes are gone as soon as they are written.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }

    /// Makes sure that a file is on the disk.
    ///
    /// # Errors
    ///
    /// Fails when the disk does.
    pub(crate) fn sync(&self) -> io::Result<()> {
        match self {
            Self::File(file) => file.sync(),
            Self::Stream(_) => Ok(()),
        }
    }

    /// Gives a file its name.
    ///
    /// # Errors
    ///
    /// Fails when a file of that name cannot be replaced.
    pub(crate) fn appear(self) -> io::Result<()> {
        match self {
            Self::File(file) => file.appear(),
            Self::Stream(_) => Ok(()),
        }
    }
}

impl Write for Target {
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

/// The remedy where nothing better is known.
const ANOTHER: &str = "name another file with --output";

fn action(path: &Path) -> String {
    format!("write {}", path.display())
}

fn refused(path: &Path, because: &str, remedy: &str) -> Error {
    Error::new(action(path))
        .with_source(because)
        .with_help(remedy)
        .with_exit(Exit::Config)
}

/// Begins a file at a path, or where the links there lead to.
fn file(path: &Path) -> Result<NewFile> {
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
    let place = behind_links(path)?;
    let folder = folder_of(&place);
    let old = match fs::metadata(&place) {
        Ok(found) if found.is_dir() => return Err(is_folder()),
        Ok(found) => {
            may_be_replaced(path, &place, &found)?;
            Some(found)
        }
        Err(error) => {
            is_there(path, &place, folder)?;
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error)
                    .with_context(|| action(path))
                    .map_err(|error| error.with_help(ANOTHER));
            }
            None
        }
    };
    NewFile::begin(place.clone(), old.as_ref())
        .with_context(|| action(path))
        .map_err(|error| {
            error.with_help(format!(
                "check who may write to the folder {}, or {ANOTHER}",
                folder.display()
            ))
        })
}

/// The place that the last part of a path stands for when it is a link. The file there need not exist.
fn behind_links(path: &Path) -> Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&place) {
            Ok(target) => place = folder_of(&place).join(target),
            Err(_) => return Ok(place),
        }
    }
    Err(refused(
        path,
        "it is a link that leads to itself",
        &format!("remove the link, or {ANOTHER}"),
    ))
}

/// Refuses a folder that is missing or is none.
fn is_there(path: &Path, place: &Path, folder: &Path) -> Result<()> {
    let name = folder.display();
    let (trouble, remedy) = match fs::metadata(folder).map(|found| found.is_dir()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (
            format!("the folder {name} is not there"),
            format!("make that folder, or {ANOTHER}"),
        ),
        Ok(false) => (format!("{name} is not a folder"), ANOTHER.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            (format!("{name} is not a folder"), ANOTHER.to_owned())
        }
        // The attempt to make the file says more.
        Ok(true) | Err(_) => return Ok(()),
    };
    let because = if place == path {
        trouble
    } else {
        format!("it is a link to {}, and {trouble}", place.display())
    };
    Err(refused(path, &because, &remedy))
}

/// Refuses to replace a file that this process may not write, or that is somebody's database.
fn may_be_replaced(path: &Path, place: &Path, found: &Metadata) -> Result<()> {
    if found.permissions().readonly() {
        let remedy = if cfg!(unix) {
            format!(
                "allow it with `chmod u+w {}`, or {ANOTHER}",
                display_path(place)
            )
        } else {
            format!("allow it to be written, or {ANOTHER}")
        };
        return Err(refused(path, "the file is read-only", &remedy));
    }
    // A rename would replace it whether or not the file itself may be written.
    OpenOptions::new()
        .write(true)
        .open(place)
        .with_context(|| action(path))
        .map_err(|error| {
            error.with_help(format!(
                "check who may write to that file, close the program that has it open, or {ANOTHER}"
            ))
        })?;
    let mut head = [0; 16];
    let is_database = File::open(place)
        .and_then(|mut file| file.read(&mut head))
        .is_ok_and(|_| DATABASES.iter().any(|magic| head.starts_with(magic)));
    if is_database {
        return Err(refused(path, "it is a SQLite database", ANOTHER));
    }
    Ok(())
}
