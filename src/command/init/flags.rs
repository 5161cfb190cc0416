//! Checks the values of the flags before a configuration is made of them, so that an error names the flag and not a line of a
//! file that does not exist.

use std::path::{Path, PathBuf};

use crate::command::init::Args;
use crate::command::init::fields::{absolute, relative};
use crate::config::{describe_unusable, expand_home, is_variable_set};
use crate::error::{Error, Exit, Result};
use crate::model::key::looks_like_key;
use crate::model::unprintable::is_unprintable;

const IS_THE_KEY: &str = "it looks like the key itself";

const PUT_INTO_FILE: &str =
    "put the key on the first line of a file, and name that file with --key-file";

/// Refuses values that the configuration `file` cannot have.
///
/// # Errors
///
/// [`Exit::NoKey`] for a key, [`Exit::Config`] for the database.
pub(super) fn check(args: &Args, database: Option<&Path>, file: &Path) -> Result<()> {
    for name in &args.key_env {
        check_variable(name)?;
    }
    for path in &args.key_file {
        let whole = key_file(path)?;
        check_path("--key-file", path, &whole, file)
            .map_err(|error| error.with_exit(Exit::NoKey))?;
        check_key_file(path, &whole)?;
    }
    match database {
        Some(path) => check_path("--database", path, &absolute(path)?, file),
        None => Ok(()),
    }
}

/// The absolute path of `--key-file`. `~/` is the home folder, because a shell does not replace it in quotes.
pub(super) fn key_file(path: &Path) -> Result<PathBuf> {
    let refuse = |why: &str| refused("--key-file", path, why).with_exit(Exit::NoKey);
    if path.to_string_lossy().trim().is_empty() {
        return Err(refuse("the path is empty"));
    }
    let expanded = expand_home(path).map_err(|error| refuse(&error.causes().join(": ")))?;
    absolute(&expanded)
}

fn check_variable(name: &str) -> Result<()> {
    const NAME_IT: &str = "name the variable that holds the key";
    let (why, help) = if name.trim().is_empty() {
        ("the name of the variable is empty".into(), NAME_IT.into())
    } else if name.contains(is_unprintable) {
        (
            "the name of the variable contains a control character".into(),
            NAME_IT.into(),
        )
    } else if is_variable_set(name) {
        return Ok(());
    } else if looks_like_key(name) {
        (IS_THE_KEY.into(), PUT_INTO_FILE.into())
    } else {
        (
            format!("the environment variable {name} is not set"),
            format!("set {name}, or name another variable with --key-env"),
        )
    };
    Err(Error::new("use --key-env")
        .with_source(why)
        .with_help(help)
        .with_exit(Exit::NoKey))
}

/// Refuses a key file that is not there. What is wrong with the text in a file is found when it is read.
fn check_key_file(path: &Path, whole: &Path) -> Result<()> {
    if !matches!(whole.try_exists(), Ok(false)) {
        return Ok(());
    }
    let name = whole.file_name().unwrap_or_default().to_string_lossy();
    let (why, help) = if looks_like_key(&name) {
        (IS_THE_KEY, PUT_INTO_FILE)
    } else {
        (
            "there is no such file",
            "put the key on the first line of that file as plain text, or name another file with --key-file",
        )
    };
    Err(refused("--key-file", path, why)
        .with_help(help)
        .with_exit(Exit::NoKey))
}

/// `whole` is the absolute path.
fn check_path(flag: &str, path: &Path, whole: &Path, file: &Path) -> Result<()> {
    if whole.is_dir() {
        return Err(refused(flag, path, "it is a folder")
            .with_help(format!("name a file in it with {flag}")));
    }
    match describe_unusable(&relative(whole, file)?) {
        Some(why) => Err(refused(flag, path, &why)),
        None => Ok(()),
    }
}

fn refused(flag: &str, path: &Path, why: &str) -> Error {
    Error::new(format!("use {flag} {}", path.display()))
        .with_source(why)
        .with_help(format!("name another file with {flag}"))
        .with_exit(Exit::Config)
}
