//! Resolves the settings, the clock and the keys. The sources in order of priority are the flags, the environment, the
//! configuration file and the defaults.
//!
//! No other module reads the environment.

mod address;
mod clock;
mod config_text;
mod environment;
mod field;
mod file;
mod key;
mod key_tables;
mod locate;
mod log;
mod mask;
mod path;
mod problems;
mod proxy;
mod schedule;
mod secret;
mod table;
mod text;
mod toml_words;
mod track;
mod webhook;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use clock::Clock;
pub(crate) use environment::{columns, is_variable_set, no_color, system_path, system_variable};
pub(crate) use field::{Field, FieldValue, Origin};
pub(crate) use file::{read_text, read_text_of_any_mode};
pub(crate) use key::{KeyState, LoadedKeys, UnreadableKey};
pub(crate) use key_tables::default_key_name;
pub(crate) use locate::{Found, LookedAt, WhyUsed, file_to_write, look_for_file, named};
pub(crate) use log::Log;
pub(crate) use path::{describe_unusable, expand_home, resolve_path};
pub(crate) use problems::{Problem, find_problems};
pub(crate) use proxy::proxy_for;
pub(crate) use schedule::Schedule;
pub(crate) use secret::check_private;
pub(crate) use text::toml_string;
pub(crate) use track::{Territories, Track, Wars};
pub(crate) use webhook::{SecretUrl, WebhookSource};

use crate::error::{Error, Exit, Result};
use crate::model::kind::Kind;
use crate::model::path::plain_absolute;

/// Torn's limit per player, for all keys of that player together.
pub(crate) const TORN_REQUESTS_PER_MINUTE: u32 = 100;

/// The default of `api.base_url`.
pub(crate) const TORN_URL: &str = "https://api.torn.com/v2";

/// The name of the configuration file.
pub(crate) const FILE_NAME: &str = "tornsnap.toml";

/// The settings in the command line.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub(crate) config: Option<PathBuf>,
    pub(crate) database: Option<PathBuf>,
}

/// The checked settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The configuration file that was read, if any.
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) database: PathBuf,
    /// Whether a flag or a variable names the database that is used without them anyway.
    pub(crate) names_same_database: bool,
    pub(crate) api: Api,
    pub(crate) track: Track,
    pub(crate) record: Record,
    pub(crate) retention: Retention,
    pub(crate) backup: Backup,
    pub(crate) health: Health,
    pub(crate) schedule: Schedule,
    pub(crate) log: Log,
    /// The clock for the timestamps that are recorded.
    pub clock: Clock,
    /// Whether the keys in `TORN_API_KEY` replace the configured ones.
    pub(crate) keys_are_from_environment: bool,
    /// Every setting with its origin, in the order in which they are read.
    pub(crate) fields: Vec<Field>,
    keys: Vec<key::KeySource>,
}

/// `[api]`: the settings of the API client.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    /// The address has no slash at its end.
    pub(crate) base_url: String,
    /// The limit for each key owner. `None` means no limit, which is for simulators only.
    pub(crate) requests_per_minute: Option<u32>,
    /// The time limit of a whole call.
    pub(crate) timeout: Duration,
    /// The maximum number of concurrent calls.
    pub(crate) concurrency: usize,
    /// The pause before the first retry of a call that failed for a temporary reason. It doubles with each retry.
    pub(crate) first_retry: Duration,
    /// The pause of a key owner after the first "too many requests" in a run. The second and third pause take twice and
    /// four times as long. HTTP 429 without `Retry-After` pauses all owners for twice as long.
    pub(crate) first_pause: Duration,
}

/// When a history row is appended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Record {
    /// When a tracked value differs from the newest row.
    #[default]
    Changes,
    /// After each successful poll.
    EveryPoll,
}

/// `[retention]`: how long rows are kept.
#[derive(Clone, Debug)]
pub(crate) struct Retention {
    /// The number of full months whose history rows are kept, besides the current month.
    pub(crate) keep_months: u32,
    /// The database that `prune` moves old history rows to; without one, it deletes them.
    pub(crate) archive: Option<PathBuf>,
    /// The number of days that rejected answers are kept.
    pub(crate) rejected_days: u32,
    /// The number of days that the records of runs are kept.
    pub(crate) runs_days: u32,
}

/// `[backup]`: how backups are made.
#[derive(Clone, Debug)]
pub(crate) struct Backup {
    pub(crate) directory: PathBuf,
    /// The number of verified backups that are kept.
    pub(crate) keep: u32,
    /// Whether backups are compressed with zstd.
    pub(crate) compress: bool,
    /// Whether `summarize` makes a backup first.
    pub(crate) before_summarize: bool,
}

/// `[health]`: the limits of the health checks, and where their result is sent.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    /// Hours since the last successful fetch of a kind. More than the limit is a warning, more than twice the limit is
    /// critical.
    pub(crate) max_age_hours: MaxAge,
    /// Days since the last verified backup. More than the limit is a warning.
    pub(crate) backup_max_age_days: u32,
    /// Free megabytes on the disk of the database. Less than the limit is a warning.
    pub(crate) min_free_mb: u32,
    /// Rejected answers in 24 hours. More than the limit is a warning.
    pub(crate) max_rejected: u32,
    /// Consecutive failed runs of a kind. One is a warning, more than the limit is critical.
    pub(crate) max_failed_runs: u32,
    /// Hours without a successful run, within the last week, that count as a gap.
    pub(crate) gap_hours: u32,
    pub(crate) webhook: Option<WebhookSource>,
    pub(crate) format: WebhookFormat,
    /// The URL that is called after each health check. If the state is critical, its path or query is changed to what
    /// healthchecks.io and Uptime Kuma expect.
    pub(crate) ping_url: Option<SecretUrl>,
}

/// A number of hours for each kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaxAge {
    pub(crate) players: u32,
    pub(crate) factions: u32,
    pub(crate) wars: u32,
    pub(crate) territories: u32,
}

impl MaxAge {
    pub(crate) fn of(self, kind: Kind) -> u32 {
        match kind {
            Kind::Players => self.players,
            Kind::Factions => self.factions,
            Kind::Wars => self.wars,
            Kind::Territories => self.territories,
        }
    }
}

/// The format of a webhook message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum WebhookFormat {
    #[default]
    Discord,
    /// The report of `health` in JSON.
    Json,
}

impl Settings {
    /// Resolves the settings from flags, the environment and the configuration file.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] names the file, the line and the valid choices.
    pub(crate) fn resolve(overrides: &Overrides) -> Result<Self> {
        let settings = match locate::find_file(overrides)? {
            Some(path) => file::read_file(&path)?,
            None => file::defaults(),
        };
        settings.with_overrides(overrides)
    }

    /// Like [`Settings::resolve`], for the command that writes the configuration file: a named file need not exist, and
    /// an invalid one counts as missing if `may_replace` is true.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Settings::resolve`].
    pub(crate) fn resolve_before_writing(overrides: &Overrides, may_replace: bool) -> Result<Self> {
        let path = file_to_write(overrides)?;
        let settings = if path.exists() {
            match file::read_file(&path) {
                Ok(settings) => settings,
                Err(_) if may_replace => file::defaults(),
                // Replacing the text would not change the permissions.
                Err(error) if check_private(&path).is_err() => return Err(error),
                Err(error) => {
                    return Err(error.with_help(
                        "correct it, or add --force to replace it; the old file is kept",
                    ));
                }
            }
        } else {
            file::defaults()
        };
        settings.with_overrides(overrides)
    }

    /// Resolves the settings from flags, the environment and the text of a configuration file at `path`.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Settings::resolve`].
    pub fn from_text(path: &Path, text: &str, overrides: &Overrides) -> Result<Self> {
        file::parse(path, text)?.with_overrides(overrides)
    }

    /// Replaces settings of the file by those of the environment and of flags. A flag has priority.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] names the variable.
    pub(crate) fn with_overrides(mut self, overrides: &Overrides) -> Result<Self> {
        self.clock = Clock::from_environment(environment::variable("TORNSNAP_NOW")?.as_deref())?;
        self.override_database(overrides)?;
        self.override_api()?;
        if let Some(keys) = environment::variable("TORN_API_KEY")? {
            self.override_keys(&keys);
        }
        Ok(self)
    }

    fn override_database(&mut self, overrides: &Overrides) -> Result<()> {
        let (database, origin) = match &overrides.database {
            Some(database) => (database.clone(), Origin::Flag("--database")),
            None => match environment::path("TORNSNAP_DATABASE")? {
                Some(database) => (database, Origin::Environment("TORNSNAP_DATABASE")),
                None => return Ok(()),
            },
        };
        let is_configured = plain_absolute(&database) == plain_absolute(&self.database);
        self.names_same_database = is_configured
            && (overrides.database.is_none() || !is_variable_set("TORNSNAP_DATABASE"));
        self.set_field("database", FieldValue::Path(database.clone()), origin);
        self.database = database;
        Ok(())
    }

    /// Whether `--database` names the database, instead of the configuration or its default.
    pub(crate) fn names_database_by_flag(&self) -> bool {
        self.fields
            .iter()
            .any(|field| field.name == "database" && matches!(field.origin, Origin::Flag(_)))
    }

    fn override_api(&mut self) -> Result<()> {
        if let Some(url) = environment::variable("TORNSNAP_API_URL")? {
            self.api.base_url = address::base_url(&url).map_err(|why| {
                Error::new("use TORNSNAP_API_URL")
                    .with_source(why)
                    .with_help(format!("set it to {TORN_URL}, or unset it"))
                    .with_exit(Exit::Config)
            })?;
            self.set_field(
                "api.base_url",
                FieldValue::Text(mask::mask_key_like(&self.api.base_url)),
                Origin::Environment("TORNSNAP_API_URL"),
            );
        }
        if let Some(time) = environment::milliseconds("TORNSNAP_FIRST_RETRY_MS")? {
            self.api.first_retry = time;
        }
        if let Some(time) = environment::milliseconds("TORNSNAP_FIRST_PAUSE_MS")? {
            self.api.first_pause = time;
        }
        Ok(())
    }

    /// Replaces the configured keys by those in a comma-separated list, the value of `TORN_API_KEY`.
    fn override_keys(&mut self, list: &str) {
        self.keys = key::KeySource::from_list(list);
        self.keys_are_from_environment = true;
        self.fields.retain(|field| !field.name.starts_with("key."));
        self.fields.extend(self.keys.iter().map(|key| Field {
            name: format!("key.{}", key.name),
            value: FieldValue::Secret,
            origin: Origin::Environment("TORN_API_KEY"),
        }));
    }

    /// Records that a value does not come from the file.
    fn set_field(&mut self, name: &str, value: FieldValue, origin: Origin) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name) {
            field.value = value;
            field.origin = origin;
        }
    }

    /// Resolves the settings from the text of a configuration file at `path`, without flags and environment.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Settings::resolve`].
    pub fn from_text_alone(path: &Path, text: &str) -> Result<Self> {
        file::parse(path, text)
    }

    /// The default settings, without file and flags. Of the environment, only the clock counts, if it is valid.
    pub(crate) fn defaults() -> Self {
        let clock = environment::variable("TORNSNAP_NOW")
            .and_then(|value| Clock::from_environment(value.as_deref()));
        Self {
            clock: clock.unwrap_or(Clock::System),
            ..file::defaults()
        }
    }

    /// Reads the configured keys.
    ///
    /// # Errors
    ///
    /// [`Exit::NoKey`] when no key is usable, or others can read a key file.
    pub fn load_keys(&self) -> Result<LoadedKeys> {
        if self.keys.is_empty() {
            let why = match &self.config_file {
                _ if self.keys_are_from_environment => {
                    "TORN_API_KEY is set, but there is no key in it".to_owned()
                }
                Some(path) => format!(
                    "{} has no [[key]], and TORN_API_KEY is not set",
                    path.display()
                ),
                None => "there is no configuration file, and TORN_API_KEY is not set".to_owned(),
            };
            return Err(Error::new("find an API key")
                .with_source(why)
                .with_help("run `tornsnap init`, or set TORN_API_KEY")
                .with_exit(Exit::NoKey));
        }
        LoadedKeys::load(&self.keys)
    }

    /// The configured keys that cannot be used, including those in files that others can read.
    pub(crate) fn unreadable_keys(&self) -> Vec<UnreadableKey> {
        key::unreadable_keys(&self.keys)
    }

    /// The names of the environment variables that keys are read from. `None` for a key from elsewhere.
    pub(crate) fn key_variables(&self) -> impl Iterator<Item = Option<&str>> {
        self.keys.iter().map(key::KeySource::variable)
    }

    /// The state of each configured key, without the key itself.
    pub(crate) fn key_states(&self) -> Vec<KeyState> {
        key::key_states(&self.keys, self.keys_are_from_environment)
    }

    /// The files that keys are read from.
    pub(crate) fn key_files(&self) -> impl Iterator<Item = &Path> {
        self.keys.iter().filter_map(key::KeySource::file)
    }

    /// The names of the configured keys.
    pub(crate) fn key_names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.name.as_str())
    }

    pub(crate) fn configured_keys(&self) -> usize {
        self.keys.len()
    }

    /// Reads the URL of the webhook, if one is configured.
    ///
    /// # Errors
    ///
    /// [`Exit::NoKey`] when it cannot be read. The message does not contain the URL.
    pub(crate) fn load_webhook(&self) -> Result<Option<SecretUrl>> {
        self.health
            .webhook
            .as_ref()
            .map(WebhookSource::load)
            .transpose()
    }
}
