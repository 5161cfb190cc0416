//! Reads the values for the configuration from the flags, and asks for the others at the terminal.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Context;
use crate::command::init::{Args, write_private};
use crate::config::{Territories, Wars};
use crate::error::{Result, WithContext};
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::key::ApiKey;
use crate::output::{prompt, terminal};

/// The values for the configuration. `None` leaves a setting unchanged.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) keys: Vec<KeyPlace>,
    /// The files with keys that the user typed.
    pub(super) typed: TypedKeys,
    pub(super) factions: Option<BTreeSet<FactionId>>,
    pub(super) players: Option<BTreeSet<PlayerId>>,
    pub(super) wars: Option<Wars>,
    pub(super) territories: Option<Territories>,
    /// The value of `--database`. It is written into a new configuration only.
    pub(super) database: Option<PathBuf>,
}

impl Answers {
    /// Whether there is an answer for a field of `[track]`.
    pub(super) fn changes_track(&self) -> bool {
        self.factions.is_some()
            || self.players.is_some()
            || self.wars.is_some()
            || self.territories.is_some()
    }
}

/// New key files. They are removed on drop, so that a failed `init` leaves none, unless [`TypedKeys::keep`] was called.
#[derive(Debug, Default)]
pub(super) struct TypedKeys(Vec<PathBuf>);

impl TypedKeys {
    pub(super) fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for TypedKeys {
    fn drop(&mut self) {
        for path in &self.0 {
            // Ignore the error: a file that remains can be read only by its owner.
            let _ = fs::remove_file(path);
        }
    }
}

/// The place from which later runs read a key.
#[derive(Debug)]
pub(super) enum KeyPlace {
    Env(String),
    File(PathBuf),
}

/// The values that the flags give.
pub(super) fn from_flags(context: &Context, args: &Args) -> Result<Answers> {
    let mut keys: Vec<KeyPlace> = args.key_env.iter().cloned().map(KeyPlace::Env).collect();
    for path in &args.key_file {
        keys.push(KeyPlace::File(absolute(path)?));
    }
    let database = context.overrides.database.as_deref();
    Ok(Answers {
        keys,
        typed: TypedKeys::default(),
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

/// Asks for the settings that the flags do not set.
pub(super) fn ask_for_the_rest(
    context: &Context,
    answers: &mut Answers,
    file: &Path,
) -> Result<()> {
    if answers.keys.is_empty() && !context.settings.keys_are_from_environment {
        ask_keys(answers, file)?;
    }
    if answers.factions.is_none() {
        answers.factions = Some(ask_ids(
            "Factions to follow with their members (ids, comma-separated)",
        )?);
    }
    if answers.players.is_none() {
        answers.players = Some(ask_ids("Single players to follow (ids, comma-separated)")?);
    }
    if answers.wars.is_none() {
        answers.wars = Some(ask("Wars to follow (tracked, all)", "tracked", wars)?);
    }
    if answers.territories.is_none() {
        answers.territories = Some(ask(
            "Tiles to follow (tracked, all, none, or AAB,AAC)",
            "tracked",
            territories,
        )?);
    }
    Ok(())
}

/// Asks for keys until the input is empty. Each key is written to its own file beside the configuration.
fn ask_keys(answers: &mut Answers, file: &Path) -> Result<()> {
    for number in 1.. {
        let path = file.with_file_name(format!("tornsnap-{number}.key"));
        if path.exists() {
            continue; // Never overwrite a key file.
        }
        let Some(key) = ask_key(number)? else {
            break;
        };
        write_private(&path, &format!("{}\n", key.expose()))?;
        answers.typed.0.push(path.clone());
        answers.keys.push(KeyPlace::File(absolute(&path)?));
    }
    Ok(())
}

/// Asks until the input is a valid key, or empty (`None`).
fn ask_key(number: usize) -> Result<Option<ApiKey>> {
    loop {
        let text = prompt::secret(&format!(
            "API key {number} (hidden; empty when there are no more)"
        ))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        match ApiKey::new(&text) {
            Ok(key) => return Ok(Some(key)),
            Err(why) => terminal::print_message(&format!("that is not an API key: {why}")),
        }
    }
}

fn ask<T>(
    question: &str,
    default: &str,
    read: impl Fn(&str) -> std::result::Result<T, String>,
) -> Result<T> {
    loop {
        match read(&prompt::line(question, default)?) {
            Ok(answer) => return Ok(answer),
            Err(why) => terminal::print_message(&why),
        }
    }
}

fn ask_ids<T: std::str::FromStr<Err = String> + Ord>(question: &str) -> Result<BTreeSet<T>> {
    ask(question, "", |text| {
        text.split(',')
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .map(str::parse)
            .collect()
    })
}

fn wars(text: &str) -> std::result::Result<Wars, String> {
    match text {
        "tracked" => Ok(Wars::Tracked),
        "all" => Ok(Wars::All),
        _ => Err(format!("{text:?} is not tracked or all")),
    }
}

/// Parses a word, or a list such as `AAB,AAC`.
pub(super) fn territories(text: &str) -> std::result::Result<Territories, String> {
    match text {
        "tracked" => Ok(Territories::Tracked),
        "all" => Ok(Territories::All),
        "none" => Ok(Territories::None),
        list => list
            .split(',')
            .map(|tile| tile.trim().parse::<TerritoryId>())
            .collect::<std::result::Result<_, _>>()
            .map(Territories::These)
            .map_err(|why| format!("{why}; or write tracked, all or none")),
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("find {}", path.display()))
}
