//! The settings, resolved once (flag > environment > file > default), the clock and the keys.
//!
//! Nothing else in the program reads the environment.

mod address;
mod clock;
mod environment;
mod file;
mod key;
mod mask;
mod path;
mod place;
mod proxy;
mod secret;
mod tables;
mod text;
mod webhook;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use clock::Clock;
pub(crate) use file::text_of;
pub(crate) use key::{LoadedKeys, UnreadableKey};
pub(crate) use place::file_to_write;
pub(crate) use proxy::proxy_for;
pub(crate) use secret::check_private;
pub(crate) use text::toml_string;
pub(crate) use webhook::{SecretUrl, WebhookSource};

use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::kind::Kind;

/// Torn's own limit per player, over all of that player's keys.
pub(crate) const TORN_REQUESTS_PER_MINUTE: u32 = 100;

/// Where `tornsnap` asks unless told otherwise.
pub(crate) const TORN_URL: &str = "https://api.torn.com/v2";

/// The name of the configuration file wherever it is looked for.
pub(crate) const FILE_NAME: &str = "tornsnap.toml";

/// What the command line says about the settings.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub(crate) config: Option<PathBuf>,
    pub(crate) database: Option<PathBuf>,
}

/// Everything that a command may be told from outside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file that was read, if there was one.
    pub(crate) config_file: Option<PathBuf>,
    /// The database file.
    pub(crate) database: PathBuf,
    /// How to talk to Torn.
    pub(crate) api: Api,
    /// What to follow.
    pub(crate) track: Track,
    /// When to append to the history.
    pub(crate) record: Record,
    /// How long detail is kept.
    pub(crate) retention: Retention,
    /// How copies are made.
    pub(crate) backup: Backup,
    /// What counts as well.
    pub(crate) health: Health,
    /// Where the log goes besides stderr.
    pub(crate) log_file: Option<PathBuf>,
    /// The time.
    pub clock: Clock,
    /// Whether `TORN_API_KEY` takes the place of the configured keys.
    pub(crate) keys_are_from_environment: bool,
    keys: Vec<key::KeySource>,
}

/// How to talk to Torn.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    /// Without a slash at its end.
    pub(crate) base_url: String,
    /// Per key owner; `None`: no limit (simulators only).
    pub(crate) requests_per_minute: Option<u32>,
    /// For one whole call.
    pub(crate) timeout: Duration,
    /// Calls under way at once.
    pub(crate) concurrency: usize,
    /// Before the first retry of a call that met a passing fault; doubles each time.
    pub(crate) first_retry: Duration,
    /// After the first "too many requests" of a key owner in a run; the second and third take twice and four times as
    /// long. HTTP 429 that does not say how long pauses everybody for twice as long.
    pub(crate) first_pause: Duration,
}

/// What to follow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    pub(crate) players: BTreeSet<PlayerId>,
    pub(crate) factions: BTreeSet<FactionId>,
    /// Whether every member of these factions is followed too.
    pub(crate) members: bool,
    pub(crate) wars: Wars,
    /// Which tiles.
    pub(crate) territories: Territories,
}

impl Track {
    /// Whether there is anything of this kind to fetch.
    pub(crate) fn follows(&self, kind: Kind) -> bool {
        match kind {
            Kind::Players => {
                !self.players.is_empty() || (self.members && !self.factions.is_empty())
            }
            Kind::Factions => !self.factions.is_empty(),
            Kind::Wars => self.wars == Wars::All || !self.factions.is_empty(),
            Kind::Territories => match &self.territories {
                Territories::None => false,
                Territories::Tracked => !self.factions.is_empty(),
                Territories::All => true,
                Territories::These(tiles) => !tiles.is_empty(),
            },
        }
    }
}

/// Which wars to follow.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Wars {
    /// Those of the tracked factions.
    #[default]
    Tracked,
    /// All in the game.
    All,
}

/// Which tiles to follow.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Territories {
    /// Those that the tracked factions hold.
    #[default]
    Tracked,
    /// All in the game.
    All,
    None,
    These(BTreeSet<TerritoryId>),
}

/// When a history row is appended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Record {
    /// When a tracked value differs from the newest row.
    #[default]
    Changes,
    /// At each successful poll.
    EveryPoll,
}

/// How long things are kept.
#[derive(Clone, Debug)]
pub(crate) struct Retention {
    /// Full months of detail besides the running one.
    pub(crate) keep_months: u32,
    /// The database that old detail is moved to instead of being deleted.
    pub(crate) archive: Option<PathBuf>,
    /// Days that rejected answers are kept.
    pub(crate) rejected_days: u32,
    /// Days that run records are kept.
    pub(crate) runs_days: u32,
}

/// How copies are made.
#[derive(Clone, Debug)]
pub(crate) struct Backup {
    /// Where they go.
    pub(crate) directory: PathBuf,
    /// How many verified ones are kept.
    pub(crate) keep: u32,
    /// Whether they are compressed (zstd).
    pub(crate) compress: bool,
    /// Whether `summarize` makes one first.
    pub(crate) before_summarize: bool,
}

/// What counts as well, and who is told.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    /// Hours since the last successful fetch of each kind before it is a warning; twice that is critical.
    pub(crate) max_age_hours: MaxAge,
    /// Days since the last verified backup before it is a warning.
    pub(crate) backup_max_age_days: u32,
    /// Free space on the database's disk below which it is a warning, in megabytes.
    pub(crate) min_free_mb: u32,
    /// Rejected answers in 24 hours above which it is a warning.
    pub(crate) max_rejected: u32,
    /// Failed runs in a row of one kind above which it is critical; one is a warning.
    pub(crate) max_failed_runs: u32,
    /// Hours without any successful run, within the last week, that count as a gap.
    pub(crate) gap_hours: u32,
    /// Where the webhook's address is read from.
    pub(crate) webhook: Option<WebhookSource>,
    /// How the message is written.
    pub(crate) format: WebhookFormat,
    /// Asked after each check, and otherwise when it is critical, as healthchecks.io and Uptime Kuma understand it.
    pub(crate) ping_url: Option<SecretUrl>,
}

/// Hours per kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaxAge {
    pub(crate) players: u32,
    pub(crate) factions: u32,
    pub(crate) wars: u32,
    pub(crate) territories: u32,
}

impl MaxAge {
    /// The hours for one kind.
    pub(crate) fn of(self, kind: Kind) -> u32 {
        match kind {
            Kind::Players => self.players,
            Kind::Factions => self.factions,
            Kind::Wars => self.wars,
            Kind::Territories => self.territories,
        }
    }
}

/// How a webhook message is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum WebhookFormat {
    /// As Discord understands it.
    #[default]
    Discord,
    /// The report itself.
    Json,
}

impl Settings {
    /// Reads flags, environment and file.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] names the file, the line and the valid choices.
    pub(crate) fn resolve(overrides: &Overrides) -> Result<Self> {
        let settings = match place::find(overrides)? {
            Some(path) => file::read_file(&path)?,
            None => file::defaults(),
        };
        settings.with_overrides(overrides)
    }

    /// The same for the command that writes the file: one that is named need not be there yet, and one that cannot
    /// be read may be replaced.
    ///
    /// # Errors
    ///
    /// As [`Settings::resolve`].
    pub(crate) fn resolve_before_writing(overrides: &Overrides, may_replace: bool) -> Result<Self> {
        let path = file_to_write(overrides)?;
        let settings = if path.exists() {
            match file::read_file(&path) {
                Ok(settings) => settings,
                Err(_) if may_replace => file::defaults(),
                // Rights are not mended by writing another text.
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

    /// The settings as a configuration with this text at this place would give them.
    ///
    /// # Errors
    ///
    /// As [`Settings::resolve`].
    pub fn from_text(path: &Path, text: &str, overrides: &Overrides) -> Result<Self> {
        file::parse(path, text)?.with_overrides(overrides)
    }

    /// What environment and flags say goes before what the file says.
    fn with_overrides(mut self, overrides: &Overrides) -> Result<Self> {
        let settings = &mut self;
        settings.clock =
            Clock::from_environment(environment::variable("TORNSNAP_NOW")?.as_deref())?;
        if let Some(database) = &overrides.database {
            settings.database.clone_from(database);
        } else if let Some(database) = environment::path("TORNSNAP_DATABASE")? {
            settings.database = database;
        }
        if let Some(url) = environment::variable("TORNSNAP_API_URL")? {
            settings.api.base_url = address::base_url(&url).map_err(|why| {
                Error::new("use TORNSNAP_API_URL")
                    .with_source(why)
                    .with_help(format!("set it to {TORN_URL}, or unset it"))
                    .with_exit(Exit::Config)
            })?;
        }
        if let Some(time) = environment::milliseconds("TORNSNAP_FIRST_RETRY_MS")? {
            settings.api.first_retry = time;
        }
        if let Some(time) = environment::milliseconds("TORNSNAP_FIRST_PAUSE_MS")? {
            settings.api.first_pause = time;
        }
        if let Some(keys) = environment::variable("TORN_API_KEY")? {
            settings.keys = key::KeySource::from_list(&keys);
            settings.keys_are_from_environment = true;
        }
        if settings.api.requests_per_minute.is_none() && settings.api.base_url.contains("torn.com")
        {
            return Err(Error::new("accept requests_per_minute = 0")
                .with_source("without a limit Torn would block this address")
                .with_help("write a number from 1 to 100; 60 is a good one")
                .with_exit(Exit::Config));
        }
        Ok(self)
    }

    /// The settings of a configuration with this text at this place, whatever flags and environment say.
    ///
    /// # Errors
    ///
    /// As [`Settings::resolve`].
    pub fn from_text_alone(path: &Path, text: &str) -> Result<Self> {
        file::parse(path, text)
    }

    /// The settings without any file, flag or variable.
    pub(crate) fn defaults() -> Self {
        file::defaults()
    }

    /// The keys, read from wherever they are kept.
    ///
    /// # Errors
    ///
    /// [`Exit::NoKey`] when there is none that can be used, or others can read a file with one.
    pub fn load_keys(&self) -> Result<LoadedKeys> {
        if self.keys.is_empty() {
            return Err(Error::new("find an API key")
                .with_source(match &self.config_file {
                    Some(path) => format!(
                        "{} has no [[key]], and TORN_API_KEY is not set",
                        path.display()
                    ),
                    None => {
                        "there is no configuration file, and TORN_API_KEY is not set".to_owned()
                    }
                })
                .with_help("run `tornsnap init`, or set TORN_API_KEY")
                .with_exit(Exit::NoKey));
        }
        LoadedKeys::read(&self.keys)
    }

    /// The configured keys that cannot be used, those included that others can read.
    pub(crate) fn unreadable_keys(&self) -> Vec<UnreadableKey> {
        key::unreadable(&self.keys)
    }

    /// How many keys are configured.
    pub(crate) fn configured_keys(&self) -> usize {
        self.keys.len()
    }

    /// The webhook's address, if there is one.
    ///
    /// # Errors
    ///
    /// [`Exit::NoKey`] when it cannot be had, in words that do not show it.
    pub(crate) fn load_webhook(&self) -> Result<Option<SecretUrl>> {
        self.health
            .webhook
            .as_ref()
            .map(WebhookSource::load)
            .transpose()
    }
}

/// Whether the user wants no colours in any program: <https://no-color.org>.
pub(crate) fn no_color() -> bool {
    environment::is_set("NO_COLOR")
}

/// The width that the environment gives for terminals that do not tell their own.
pub(crate) fn columns() -> Option<u16> {
    let columns = environment::variable("COLUMNS").ok().flatten()?;
    columns.parse().ok().filter(|columns| *columns > 0)
}
