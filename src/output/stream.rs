//! Output that cannot be replaced by a rename: descriptors of this process, pipes and devices.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// The kind of a path: a file, a standard stream or a descriptor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has all of them"))]
pub(crate) enum PathKind {
    /// The standard output: `-`, `/dev/stdout`, `/dev/fd/1`.
    Stdout,
    /// Another open descriptor of this process: `/dev/stderr`, `/dev/fd/3`, `/proc/self/fd/3`.
    Descriptor(i32),
    /// A pipe or a device, or a descriptor of another process (`/proc/1/fd/1`).
    Stream,
    /// A socket, which cannot be opened.
    Socket,
    /// A file, a folder, or a path that does not exist.
    File,
}

impl PathKind {
    pub(crate) fn of(path: &Path) -> Self {
        if path == Path::new("-") {
            return Self::Stdout;
        }
        #[cfg(unix)]
        if let Some(kind) = descriptor::named_by(path) {
            return kind;
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

/// Opens a pipe or a device. Opening a pipe blocks until it has a reader.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // The path may be a file after all (a descriptor of another process): append, so that nothing is overwritten.
    OpenOptions::new().append(true).open(path)
}

/// Fails if stdout was closed when the program started.
#[cfg(unix)]
pub(crate) fn require_stdout() -> io::Result<()> {
    if descriptor::was_closed(1) {
        return Err(io::Error::other("stdout is closed"));
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it is fallible on Unix")]
pub(crate) fn require_stdout() -> io::Result<()> {
    Ok(())
}

/// Opens stdout without a buffer.
///
/// `io::stdout()` reports success for a descriptor that is closed (`>&-`) or not open for writing (`1< file`).
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the one place that opens stdout")]
pub(super) fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd;

    require_stdout()?;
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

/// Opens stdout. The standard library converts the encoding for a Windows console.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it is fallible on Unix")]
#[expect(clippy::disallowed_methods, reason = "the one place that opens stdout")]
pub(super) fn stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

#[cfg(unix)]
pub(crate) mod descriptor {
    //! Descriptors of this process, and paths that name them.

    use std::fs::{self, File};
    use std::io;
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    use filedescriptor::FileDescriptor;

    use super::PathKind;
    use crate::model::path::{MAX_LINKS, folder_of};

    /// The folders of the descriptors of this process.
    const FOLDERS: [&str; 3] = ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"];

    /// Whether stdin, stdout and stderr were closed when the program started.
    static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

    /// Notes which standard streams are closed. The standard library opens `/dev/null` in their place before `main`, and
    /// what is written there is lost. Most of the standard library does not work before `main`, so this asks the kernel.
    pub(crate) fn note_closed() {
        use rustix::stdio::{stderr, stdin, stdout};
        for (stream, closed) in [stdin(), stdout(), stderr()].into_iter().zip(&CLOSED) {
            let is_closed = rustix::io::fcntl_getfd(stream).is_err();
            closed.store(is_closed, Ordering::Relaxed);
        }
    }

    /// Whether the descriptor is a standard stream that was closed when the program started.
    pub(super) fn was_closed(number: i32) -> bool {
        usize::try_from(number)
            .ok()
            .and_then(|number| CLOSED.get(number))
            .is_some_and(|closed| closed.load(Ordering::Relaxed))
    }

    /// The kind of a path that leads into a folder of descriptors, directly or through links.
    pub(crate) fn named_by(path: &Path) -> Option<PathKind> {
        // A link in `/proc` leads to the open file, so the path must be recognized before the link is followed.
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let folder = fs::canonicalize(folder_of(&path)).ok()?;
            let number = path.file_name()?.to_str()?.parse::<i32>();
            if let Ok(number) = number {
                let is_own = |own: &&str| fs::canonicalize(own).is_ok_and(|own| own == folder);
                if FOLDERS.iter().any(is_own) {
                    return Some(match number {
                        1 => PathKind::Stdout,
                        _ => PathKind::Descriptor(number),
                    });
                }
                if folder.starts_with("/proc") && folder.ends_with("fd") {
                    return Some(PathKind::Stream);
                }
            }
            path = folder.join(fs::read_link(&path).ok()?);
        }
        None
    }

    /// Duplicates an open descriptor. The duplicate shares its position; opening the path would start at 0.
    pub(crate) fn open(number: i32) -> io::Result<File> {
        if was_closed(number) {
            return Err(io::Error::other("it is closed"));
        }
        FileDescriptor::dup(&number)
            .and_then(|descriptor| descriptor.as_file())
            .map_err(io::Error::other)
    }
}
