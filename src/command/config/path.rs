//! `tornsnap config path`: the configuration file that is used, and why.

use serde::Serialize;

use super::{reason, reason_word};
use crate::command::{Context, Outcome};
use crate::config::{Found, LookedAt, Origin, Settings, look_for_file};
use crate::error::{Error, Exit, Result};
use crate::model::path::{display_path, plain_absolute};
use crate::output::terminal;
use crate::store::is_missing;

#[derive(Debug, Serialize)]
struct Report {
    /// The absolute path.
    config: String,
    /// `flag`, `environment`, `working-folder` or `platform-folder`.
    origin: &'static str,
    looked_at: Vec<PlaceReport>,
}

#[derive(Debug, Serialize)]
struct PlaceReport {
    path: String,
    origin: &'static str,
    exists: bool,
}

pub(super) fn run(context: &Context) -> Result<Outcome> {
    let found = look_for_file(&context.overrides)?;
    let used = existing_file(&found)?;
    let path = display_path(&plain_absolute(&used.path));
    if !context.json {
        terminal::print_line(&path).map_err(|error| terminal::write_error("the path", error))?;
    }
    let report = Report {
        config: path,
        origin: reason_word(used.why),
        looked_at: found.looked_at.iter().map(PlaceReport::from).collect(),
    };
    Ok(Outcome::done(
        format!("this file is used because {}", reason(used.why)),
        report,
    ))
}

/// The configuration file that is used.
///
/// # Errors
///
/// [`Exit::Config`] if there is none; the message lists the places.
pub(super) fn existing_file(found: &Found) -> Result<&LookedAt> {
    match &found.used {
        Some(used) if used.path.exists() => Ok(used),
        Some(used) => Err(
            Error::new(format!("find the configuration {}", used.path.display()))
                .with_source(format!("there is no such file, and {}", reason(used.why)))
                .with_help("correct the path, or run `tornsnap init` to make the file")
                .with_exit(Exit::Config),
        ),
        None => {
            let places: Vec<String> = found
                .looked_at
                .iter()
                .map(|place| display_path(&plain_absolute(&place.path)))
                .collect();
            Err(Error::new("find a configuration file")
                .with_source(format!(
                    "--config and TORNSNAP_CONFIG name none, and there is none at {}",
                    places.join(" and ")
                ))
                .with_help("run `tornsnap init` to make one, or name yours with --config")
                .with_exit(Exit::Config))
        }
    }
}

/// Fails if there is neither a configuration nor a database at the default path: nothing was set up yet, or the command was
/// started in another folder than the user thinks.
///
/// # Errors
///
/// [`Exit::Config`].
pub(crate) fn check_configured(settings: &Settings) -> Result<()> {
    let is_default = settings
        .fields
        .iter()
        .any(|field| field.name == "database" && field.origin == Origin::Default);
    if settings.config_file.is_some() || !is_default || !is_missing(&settings.database) {
        return Ok(());
    }
    Err(Error::new(format!("open the database {}", settings.database.display()))
        .with_source("this folder has neither a configuration nor a database")
        .with_help(
            "run `tornsnap init` to set tornsnap up; if that is done, change to its folder, or name its configuration \
             with --config (`tornsnap config path` shows where it is looked for)",
        )
        .with_unusable_database(&settings.database)
        .with_exit(Exit::Config))
}

impl From<&LookedAt> for PlaceReport {
    fn from(place: &LookedAt) -> Self {
        Self {
            path: display_path(&plain_absolute(&place.path)),
            origin: reason_word(place.why),
            exists: place.path.exists(),
        }
    }
}
