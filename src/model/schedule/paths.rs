//! The paths in a schedule. They are text without control characters, so that each format can quote them.

use std::path::Path;

use crate::error::{Error, Exit, Result};

/// The absolute paths that every entry of a schedule has, and the id of the schedule.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// Distinguishes the schedules of several configurations: letters and digits.
    pub(crate) id: String,
    pub(crate) program: String,
    pub(crate) config: String,
    /// The file that gets the output of the jobs; `None` if the scheduler keeps it.
    pub(crate) log: Option<String>,
}

/// A path as text.
///
/// # Errors
///
/// [`Exit::Config`] for a path that no schedule can contain.
pub(crate) fn path_text(path: &Path) -> Result<String> {
    let refuse = |why: &str| {
        let shown = path.to_string_lossy().escape_debug().to_string();
        Err(Error::new(format!("put the path {shown} into a schedule"))
            .with_source(why.to_owned())
            .with_help("rename that file or folder, and run it again")
            .with_exit(Exit::Config))
    };
    match path.to_str() {
        None => refuse("it is not text in UTF-8"),
        Some(text) if text.contains(char::is_control) => {
            refuse("it contains a line break or another control character")
        }
        Some(text) => Ok(text.to_owned()),
    }
}
