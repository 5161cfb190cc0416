//! Finds the environment variables and flags that the program has here, but not when a scheduler starts it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::command::schedule::backend::Backend;
use crate::config::{Settings, WebhookSource, is_variable_set, read_text};
use crate::error::{Error, Exit, Result};
use crate::model::path::plain_absolute;

/// Variables that change what a command does, and the setting to use instead.
const VARIABLES: [(&str, &str); 6] = [
    ("TORNSNAP_API_URL", "write base_url under [api]"),
    ("HTTPS_PROXY", "set it for the scheduler"),
    ("https_proxy", "set it for the scheduler"),
    ("ALL_PROXY", "set it for the scheduler"),
    ("all_proxy", "set it for the scheduler"),
    ("SSL_CERT_FILE", "set it for the scheduler"),
];

/// Refuses a schedule whose jobs would have no key.
///
/// # Errors
///
/// [`Exit::NoKey`].
pub(super) fn refuse_without_keys(
    settings: &Settings,
    jobs_settings: &Settings,
    backend: &dyn Backend,
    id: &str,
) -> Result<()> {
    let missing: Vec<&str> = jobs_settings
        .key_variables()
        .map(|variable| variable.filter(|name| !backend.sets_variable(name, id)))
        .collect::<Option<_>>()
        .unwrap_or_default();
    let has_no_key = jobs_settings.configured_keys() == 0;
    if !has_no_key && missing.is_empty() {
        return Ok(());
    }
    // It replaces all keys of the configuration.
    if backend.sets_variable("TORN_API_KEY", id) {
        return Ok(());
    }
    let why = match (has_no_key, settings.keys_are_from_environment) {
        (true, true) => {
            "the only key is in TORN_API_KEY, which the scheduler does not set".to_owned()
        }
        (true, false) => "the configuration has no [[key]]".to_owned(),
        (false, _) => format!(
            "all keys are in variables that the scheduler does not set: {}",
            missing.join(", ")
        ),
    };
    Err(Error::new("install jobs that have a key")
        .with_source(why)
        .with_help("put the key into a file, and run `tornsnap init --key-file FILE`")
        .with_exit(Exit::NoKey))
}

/// Warns of settings in the environment and in flags that the jobs do not have.
pub(super) fn warnings(
    settings: &Settings,
    jobs_settings: &Settings,
    backend: &dyn Backend,
    id: &str,
) -> Vec<String> {
    let has_same_address = jobs_settings.api.base_url == settings.api.base_url;
    let mut warnings: Vec<String> = VARIABLES
        .into_iter()
        .filter(|(name, _)| is_variable_set(name) && !backend.sets_variable(name, id))
        // The configuration has the address too, so the jobs call the same Torn.
        .filter(|(name, _)| *name != "TORNSNAP_API_URL" || !has_same_address)
        .map(|(name, instead)| format!("{name} is set here, but not for the jobs; {instead}"))
        .collect();
    let jobs_database = plain_absolute(&jobs_settings.database);
    if jobs_database != plain_absolute(&settings.database) {
        warnings.push(format!(
            "the jobs use {}, not {}; write database = … into the configuration",
            jobs_database.display(),
            settings.database.display()
        ));
    }
    let jobs_have_own_keys = backend.sets_variable("TORN_API_KEY", id);
    if settings.keys_are_from_environment
        && !jobs_have_own_keys
        && !has_same_keys(settings, jobs_settings)
    {
        warnings.push(
            "TORN_API_KEY is set here, but not for the jobs; they use the keys of the configuration".to_owned(),
        );
    } else if !jobs_have_own_keys {
        warnings.extend(
            jobs_settings
                .key_variables()
                .flatten()
                .filter(|name| !backend.sets_variable(name, id))
                .map(|name| {
                    format!(
                        "the jobs do not have the key in {name}; use key_file instead of key_env"
                    )
                }),
        );
    }
    if let Some(WebhookSource::Env(name)) = &settings.health.webhook
        && !backend.sets_variable(name, id)
    {
        warnings.push(format!(
            "the jobs do not have the address of the webhook in {name}; use webhook_url_file"
        ));
    }
    warnings
}

/// Whether the jobs use the same keys, whatever their names.
fn has_same_keys(settings: &Settings, jobs_settings: &Settings) -> bool {
    let keys = |settings: &Settings| {
        let keys = settings.load_keys().ok()?.keys;
        Some(
            keys.iter()
                .map(|key| key.key.expose().to_owned())
                .collect::<BTreeSet<_>>(),
        )
    };
    keys(settings).is_some_and(|here| keys(jobs_settings) == Some(here))
}

/// The settings that the jobs will have, without flags and environment variables.
pub(super) fn settings_of_jobs(config: &Path) -> Result<Settings> {
    Settings::from_text_alone(config, &read_text(config)?)
}
