//! The values for the configuration.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::command::Context;
use crate::command::init::fields::absolute;
use crate::command::init::{Args, flags};
use crate::config::{Territories, Wars};
use crate::error::Result;
use crate::model::id::{FactionId, PlayerId};
use crate::model::key::ApiKey;

/// The values for the configuration. `None` leaves a setting unchanged.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    /// The keys that the flags name.
    pub(super) keys: Vec<KeyPlace>,
    /// The keys that the user has typed.
    pub(super) typed_keys: Vec<TypedKey>,
    /// The names of the configured keys that are no longer used.
    pub(super) dropped_keys: BTreeSet<String>,
    pub(super) factions: Option<BTreeSet<FactionId>>,
    pub(super) players: Option<BTreeSet<PlayerId>>,
    pub(super) wars: Option<Wars>,
    pub(super) territories: Option<Territories>,
    /// The database that the configuration is to name.
    pub(super) database: Option<PathBuf>,
}

/// The place from which later runs read a key.
#[derive(Clone, Debug)]
pub(super) enum KeyPlace {
    Env(String),
    File(PathBuf),
}

/// The name of a typed key, and its file. The configured key of this name, if there is one, is replaced.
#[derive(Clone, Debug)]
pub(super) struct TypedKey {
    pub(super) name: String,
    pub(super) file: PathBuf,
}

/// A key file that does not exist yet.
#[derive(Debug)]
pub(super) struct NewKeyFile {
    pub(super) path: PathBuf,
    pub(super) key: ApiKey,
}

impl Answers {
    /// The values that the flags give.
    pub(super) fn from_flags(context: &Context, args: &Args) -> Result<Self> {
        let mut keys: Vec<KeyPlace> = args.key_env.iter().cloned().map(KeyPlace::Env).collect();
        for path in &args.key_file {
            keys.push(KeyPlace::File(flags::key_file(path)?));
        }
        let database = context.overrides.database.as_deref();
        Ok(Self {
            keys,
            typed_keys: Vec::new(),
            dropped_keys: BTreeSet::new(),
            factions: (!args.factions.is_empty()).then(|| args.factions.iter().copied().collect()),
            players: (!args.players.is_empty()).then(|| args.players.iter().copied().collect()),
            wars: args.wars.as_deref().map(|word| match word {
                "all" => Wars::All,
                _ => Wars::Tracked,
            }),
            territories: args.territories.clone(),
            database: database.map(absolute).transpose()?,
        })
    }

    /// Whether there is an answer for a field of `[track]`.
    pub(super) fn changes_track(&self) -> bool {
        self.factions.is_some()
            || self.players.is_some()
            || self.wars.is_some()
            || self.territories.is_some()
    }

    /// Whether there is an answer for a field of an existing configuration.
    pub(super) fn changes_anything(&self) -> bool {
        !self.keys.is_empty() || self.changes_track()
    }
}

/// Parses a word, or a list such as `AAB,AAC`.
pub(super) fn territories(text: &str) -> std::result::Result<Territories, String> {
    if let Some(choice) = Territories::of_word(text.trim()) {
        return Ok(choice);
    }
    text.split(',')
        .map(|entry| Territories::tile(entry.trim()))
        .collect::<std::result::Result<_, String>>()
        .map(Territories::These)
        .map_err(|why| format!("{why}; or write tracked, all or none"))
}
