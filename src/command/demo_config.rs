//! Recognizes the configuration of the demo, whose simulated Torn runs only while the demo plays.

use std::path::Path;

use crate::config::{Origin, Settings, read_text};
use crate::error::{Error, Exit, Result};
use crate::model::path::shell_word;

/// The start of the demo's configuration.
pub(crate) const SENTINEL: &str = "# Made by `tornsnap demo`";

/// Whether the file is a configuration that a demo wrote.
pub(crate) fn is_demo(config: &Path) -> bool {
    read_text(config).is_ok_and(|text| text.starts_with(SENTINEL))
}

/// Refuses a command that would call the simulated Torn of a demo, whose address is in the configuration file.
///
/// # Errors
///
/// [`Exit::Config`].
pub(super) fn refuse(settings: &Settings, action: &str) -> Result<()> {
    let Some(config) = settings
        .config_file
        .as_deref()
        .filter(|_| is_of_demo(settings))
    else {
        return Ok(());
    };
    Err(Error::new(action)
        .with_source("this is the configuration of a demo, and its simulated Torn ran only while the demo played")
        .with_help(format!(
            "look at its data with `tornsnap export --list --config {}`; for real data, run `init` in another folder",
            shell_word(config)
        ))
        .with_exit(Exit::Config))
}

/// Whether the configuration file is that of a demo, with the address of its simulated Torn. The environment does not
/// count: another address would mix the rows of another world into the database of the demo.
pub(super) fn is_of_demo(settings: &Settings) -> bool {
    let has_address = |file: Settings| {
        let mut fields = file.fields.iter();
        fields.any(|field| field.name == "api.base_url" && matches!(field.origin, Origin::Line(_)))
    };
    settings.config_file.as_deref().is_some_and(|config| {
        read_text(config).is_ok_and(|text| {
            text.starts_with(SENTINEL)
                && Settings::from_text_alone(config, &text).is_ok_and(has_address)
        })
    })
}

/// The help for findings about the fetches of a demo, which end with it.
pub(super) const NO_FETCHES: &str =
    "nothing fetches into a demo after its end: `tornsnap demo` plays a new one";

/// The state of the jobs of a demo, for the checks.
pub(super) const NO_JOBS: &str = "the configuration of a demo has no jobs";
