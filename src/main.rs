//! The `tornsnap` program. All code is in the library.

use std::process::ExitCode;

#[cfg(unix)]
ctor::declarative::ctor! {
    /// Before `main`, the standard library opens `/dev/null` in place of closed standard streams.
    #[ctor(unsafe)]
    fn note_closed_streams() {
        tornsnap::cli::note_closed_streams();
    }
}

fn main() -> ExitCode {
    tornsnap::cli::run()
}
