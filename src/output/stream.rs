//! Streams: descriptors of this process, pipes and devices. They take bytes as they come and are never replaced.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// The kind of thing that a path leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has all of them"))]
pub(crate) enum Place {
    /// The standard output: `-`, `/dev/stdout`, `/dev/fd/1`.
    Stdout,
    /// Another open descriptor of this process: `/dev/stderr`, `/dev/fd/3`, `/proc/self/fd/3`.
    Descriptor(i32),
    /// A pipe or a device, or a descriptor of another process (`/proc/1/fd/1`).
    Stream,
    /// A socket, which cannot be opened.
    Socket,
    /// A file, a folder, or nothing yet.
    File,
}

impl Place {
    /// Looks where a path leads to.
    pub(crate) fn of(path: &Path) -> Self {
        if path == Path::new("-") {
            return Self::Stdout;
        }
        #[cfg(unix)]
        if let Some(place) = descriptor::named_by(path) {
            return place;
        }
        match fs::metadata(path) {
            #[cfg(unix)]
            Ok(found) if std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()) => {
                Self::Socket
            }
            Ok(found) if !found.is_file() && !found.is_dir() => Self::Stream,
            _ => Self::File,
        }
    }
}

/// Opens a pipe or a device. A pipe waits here for its reader.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // Where the path is a file after all (a descriptor of another process), nothing in it is overwritten.
    OpenOptions::new().append(true).open(path)
}

/// The standard output without a buffer.
///
/// `io::stdout()` reports success for a descriptor that is not open for writing (`1< file`).
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the one place that opens stdout")]
pub(super) fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd;

    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

/// The standard output, whose encoding on a console is what Rust's library knows.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it is fallible on Unix")]
#[expect(clippy::disallowed_methods, reason = "the one place that opens stdout")]
pub(super) fn stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

#[cfg(unix)]
pub(super) mod descriptor {
    //! Paths that name descriptors.

    use std::fs::{self, File};
    use std::io;
    use std::path::Path;

    use filedescriptor::FileDescriptor;

    use super::Place;
    use crate::model::path::{MAX_LINKS, folder_of};

    /// The folders of the descriptors of this process.
    const FOLDERS: [&str; 3] = ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"];

    /// The place that a path means when it leads into a folder of descriptors, also through links.
    pub(crate) fn named_by(path: &Path) -> Option<Place> {
        // The links in `/proc` lead on to the file that is open, so that they must be found before they are followed.
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let folder = fs::canonicalize(folder_of(&path)).ok()?;
            let number = path.file_name()?.to_str()?.parse::<i32>();
            if let Ok(number) = number {
                let is_own = |own: &&str| fs::canonicalize(own).is_ok_and(|own| own == folder);
                if FOLDERS.iter().any(is_own) {
                    return Some(match number {
                        1 => Place::Stdout,
                        _ => Place::Descriptor(number),
                    });
                }
                if folder.starts_with("/proc") && folder.ends_with("fd") {
                    return Some(Place::Stream);
                }
            }
            path = folder.join(fs::read_link(&path).ok()?);
        }
        None
    }

    /// A second handle of an open descriptor, which shares its position. To open the path would begin at the start.
    pub(crate) fn open(number: i32) -> io::Result<File> {
        FileDescriptor::dup(&number)
            .and_then(|descriptor| descriptor.as_file())
            .map_err(io::Error::other)
    }
}
