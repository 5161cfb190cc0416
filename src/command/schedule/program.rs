//! Finds the path of this program that a scheduler can still use next year.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::system_variable;
use crate::error::{Error, Exit, Result};

/// The path of this program.
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) warnings: Vec<String>,
}

/// The absolute path of this program.
///
/// # Errors
///
/// [`Exit::Config`] when its file is gone, for example because an update has replaced it.
pub(super) fn find() -> Result<Program> {
    let path =
        env::current_exe().map_err(|error| Error::of_io("find the path of this program", error))?;
    if !path.is_file() {
        return Err(Error::new("put this program into a schedule")
            .with_source(format!("its file is gone: {}", path.display()))
            .with_help("run the installed program again; an update may have replaced it just now")
            .with_exit(Exit::Config));
    }
    let path = link_in_path(&path).unwrap_or(path);
    let warnings = why_temporary(&path).into_iter().map(|why| {
        format!(
            "the jobs run {}, which {why}; install the program first, for example in ~/.local/bin, and run it from there",
            path.display()
        )
    });
    Ok(Program {
        warnings: warnings.collect(),
        path: path.clone(),
    })
}

/// The link in a folder of `PATH` that leads to this program. Package managers such as Homebrew keep a link up to date, and
/// remove the file behind it in an update.
fn link_in_path(program: &Path) -> Option<PathBuf> {
    let name = program.file_name()?;
    let target = fs::canonicalize(program).ok()?;
    env::split_paths(&system_variable("PATH")?)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|link| fs::canonicalize(link).is_ok_and(|found| found == target))
}

/// Why the file will probably not stay where it is.
fn why_temporary(path: &Path) -> Option<&'static str> {
    let temporary = [
        env::temp_dir(),
        PathBuf::from("/tmp"),
        PathBuf::from("/var/tmp"),
    ];
    if temporary.iter().any(|folder| path.starts_with(folder)) {
        return Some("is in a folder for temporary files");
    }
    let folder = path.parent()?;
    let is_build = ["debug", "release"]
        .iter()
        .any(|name| folder.ends_with(name))
        && folder.join("deps").is_dir();
    is_build.then_some("is in the build folder of cargo")
}
