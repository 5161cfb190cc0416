//! Finds the configuration file.

use std::path::{Path, PathBuf};

use crate::config::{FILE_NAME, Overrides, environment};
use crate::error::{Error, Exit, Result};
use crate::model::invocation::Named;
use crate::model::path::plain_absolute;

/// Why a file is the configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WhyUsed {
    Flag,
    Environment,
    WorkingFolder,
    PlatformFolder,
}

/// A place where the configuration may be.
#[derive(Clone, Debug)]
pub(crate) struct LookedAt {
    pub(crate) path: PathBuf,
    pub(crate) why: WhyUsed,
}

/// The places where the configuration is looked for.
#[derive(Debug)]
pub(crate) struct Found {
    /// The first place with a file. If a flag or variable names a file, it is that one, whether it exists or not.
    pub(crate) used: Option<LookedAt>,
    /// All places, in the order in which they are looked at.
    pub(crate) looked_at: Vec<LookedAt>,
}

/// Finds the configuration file and the reason why it is used.
///
/// # Errors
///
/// [`Exit::Config`] when a path in the environment cannot be expanded.
pub(crate) fn look_for_file(overrides: &Overrides) -> Result<Found> {
    let named = match &overrides.config {
        Some(path) => Some(LookedAt {
            path: path.clone(),
            why: WhyUsed::Flag,
        }),
        None => environment::path("TORNSNAP_CONFIG")?.map(|path| LookedAt {
            path,
            why: WhyUsed::Environment,
        }),
    };
    if let Some(named) = named {
        return Ok(Found {
            used: Some(named.clone()),
            looked_at: vec![named],
        });
    }
    let mut looked_at = vec![LookedAt {
        path: PathBuf::from(FILE_NAME),
        why: WhyUsed::WorkingFolder,
    }];
    looked_at.extend(platform_file().map(|path| LookedAt {
        path,
        why: WhyUsed::PlatformFolder,
    }));
    let used = looked_at.iter().find(|place| place.path.exists()).cloned();
    Ok(Found { used, looked_at })
}

/// The configuration file to use, if there is one.
///
/// # Errors
///
/// [`Exit::Config`] when the flag or the environment names a file that does not exist.
pub(super) fn find_file(overrides: &Overrides) -> Result<Option<PathBuf>> {
    let Some(LookedAt { path, .. }) = look_for_file(overrides)?.used else {
        return Ok(None);
    };
    if path.exists() {
        return Ok(Some(path));
    }
    Err(
        Error::new(format!("read the configuration {}", path.display()))
            .with_source("there is no such file")
            .with_help("run `tornsnap init`, or correct --config / TORNSNAP_CONFIG")
            .with_exit(Exit::Config),
    )
}

/// The configuration and the database of flags and variables, which the commands in messages have to name. A variable counts,
/// because cron does not have those of a shell.
pub(crate) fn named(overrides: &Overrides) -> Named {
    let used = look_for_file(overrides).ok().and_then(|found| found.used);
    let from_variable = || environment::path("TORNSNAP_DATABASE").ok().flatten();
    Named {
        config: used
            .filter(|used| !used.is_found_without_name())
            .map(|used| used.path),
        database: overrides.database.clone().or_else(from_variable),
        restored: None,
    }
}

impl LookedAt {
    /// Whether a command uses this file without an option and without a variable.
    fn is_found_without_name(&self) -> bool {
        let is_here = self.path.is_relative()
            && plain_absolute(&self.path) == plain_absolute(Path::new(FILE_NAME));
        match self.why {
            WhyUsed::Flag => is_here && !environment::is_variable_set("TORNSNAP_CONFIG"),
            WhyUsed::Environment => is_here,
            WhyUsed::WorkingFolder | WhyUsed::PlatformFolder => true,
        }
    }
}

/// The file in the platform's configuration folder, such as `~/.config/tornsnap/tornsnap.toml`.
fn platform_file() -> Option<PathBuf> {
    dirs::config_dir().map(|folder| folder.join("tornsnap").join(FILE_NAME))
}

/// The file that `init` writes: the named one, else the one that the other commands use, else `./tornsnap.toml`.
///
/// # Errors
///
/// [`Exit::Config`] when its path cannot be expanded.
pub(crate) fn file_to_write(overrides: &Overrides) -> Result<PathBuf> {
    let used = look_for_file(overrides)?.used;
    Ok(used.map_or_else(|| PathBuf::from(FILE_NAME), |place| place.path))
}
