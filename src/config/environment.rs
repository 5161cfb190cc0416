//! Reads environment variables. An empty or blank variable counts as not set.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::mask::mask_key_like;
use crate::config::path::expand_home;
use crate::error::{Error, Exit, Result};
use crate::model::digits::parse_digits;

/// The value of a variable.
///
/// # Errors
///
/// [`Exit::Config`] when it is not UTF-8, because ignoring it would ignore a setting of the user.
pub(super) fn variable(name: &str) -> Result<Option<String>> {
    value(name)
        .map(|value| {
            value.into_string().map_err(|_| {
                Error::new(format!("use {name}"))
                    .with_source("the environment variable is not text in UTF-8")
                    .with_help(format!("set {name} again, or unset it"))
                    .with_exit(Exit::Config)
            })
        })
        .transpose()
}

/// The path in a variable, which need not be UTF-8.
///
/// # Errors
///
/// The errors are those of [`expand_home`].
pub(super) fn path(name: &str) -> Result<Option<PathBuf>> {
    value(name)
        .map(|value| expand_home(&PathBuf::from(value)))
        .transpose()
}

/// Whether a variable is set and not blank.
pub(crate) fn is_variable_set(name: &str) -> bool {
    value(name).is_some()
}

/// The waiting time in a variable that only tests set: 0 to 60000 milliseconds.
pub(super) fn milliseconds(name: &str) -> Result<Option<Duration>> {
    let Some(text) = variable(name)? else {
        return Ok(None);
    };
    match parse_digits(text.trim()) {
        Some(milliseconds @ 0..=60_000) => Ok(Some(Duration::from_millis(milliseconds))),
        _ => Err(Error::new(format!("use {name}={:?}", mask_key_like(&text)))
            .with_source("it is not a whole number of milliseconds from 0 to 60000")
            .with_help(format!("unset {name}; it is meant for tests"))
            .with_exit(Exit::Config)),
    }
}

/// The path in an environment variable of the operating system.
pub(crate) fn system_path(name: &str) -> Option<PathBuf> {
    path(name).ok().flatten()
}

/// The value of an environment variable of the operating system.
pub(crate) fn system_variable(name: &str) -> Option<String> {
    variable(name).ok().flatten()
}

/// Whether `NO_COLOR` is set, see <https://no-color.org>.
pub(crate) fn no_color() -> bool {
    is_variable_set("NO_COLOR")
}

/// The width in `COLUMNS`, for terminals whose width cannot be queried.
pub(crate) fn columns() -> Option<u16> {
    let columns = variable("COLUMNS").ok().flatten()?;
    parse_digits(&columns).filter(|columns| *columns > 0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the only function that reads the environment"
)]
fn value(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.to_string_lossy().trim().is_empty())
}
