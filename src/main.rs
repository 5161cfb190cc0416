//! The `tornsnap` program. All code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tornsnap::cli::run()
}
