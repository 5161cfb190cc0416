//! The `tornsnap` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tornsnap::cli::run()
}
