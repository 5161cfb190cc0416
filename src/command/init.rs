//! `tornsnap init`: write the configuration, make or update the database.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::client::Client;
use crate::api::refusal::{BLOCK_REST, Refusal, Verdict};
use crate::api::request::Request;
use crate::api::wire;
use crate::command::{Context, Outcome};
use crate::config::{
    Clock, Settings, Territories, Wars, check_private, file_to_write, key_tables, toml_string,
};
use crate::error::{Doing, Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::key::{KeyFacts, NamedKey};
use crate::model::kind::Kind;
use crate::model::path::{folder_of, shown};
use crate::model::time::iso;
use crate::output::prompt;
use crate::output::terminal::{self, Verbosity};
use crate::store::files::write_atomically;
use crate::store::keys::ADDRESS;
use crate::store::{Allowance, Permit, Store};

/// What Torn's API terms want every user to see wherever a key is entered.
const TERMS: &str = "\
How tornsnap uses your key and the data (asked for by Torn's API terms)

  Data storage       Only locally, persistent: in the database, backups and exports on this machine
  Data sharing       Nobody
  Purpose of use     Non-malicious statistical analysis
  Key storage        Stored locally, used only for automation, not shared
  Key access level   Public Only; Limited Access only for the battle stats of the key's own owner
";

/// Write the configuration, make or update the database
///
/// Safe to run again: an existing configuration is kept (see --force), an existing database is brought up to date.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  tornsnap init                                              asks for everything
  tornsnap init --non-interactive --key-file alice.key --faction 10741
  TORN_API_KEY=… tornsnap init --non-interactive --player 1 --wars all --territories none")]
pub struct Args {
    /// Ask nothing; take everything from the flags
    #[arg(long)]
    pub non_interactive: bool,
    /// Environment variable that holds a key, also at later runs
    #[arg(long = "key-env", value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub key_env: Vec<String>,
    /// File with a key on its first line, which nobody else can read
    #[arg(long = "key-file", value_name = "FILE", num_args = 1..)]
    pub key_file: Vec<PathBuf>,
    /// Follow these factions and their members
    #[arg(long = "faction", value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub factions: Vec<FactionId>,
    /// Follow these players
    #[arg(long = "player", value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub players: Vec<PlayerId>,
    /// Wars to follow: those of the followed factions, or all in the game
    #[arg(long, value_name = "WHICH", value_parser = ["tracked", "all"])]
    pub wars: Option<String>,
    /// Tiles to follow: tracked, all, none, or a list such as AAB,AAC
    #[arg(long, value_name = "WHICH", value_parser = territories)]
    pub territories: Option<Territories>,
    /// Overwrite an existing configuration
    #[arg(long)]
    pub force: bool,
}

/// Everything that goes into a configuration.
#[derive(Debug, Default)]
struct Answers {
    keys: Vec<KeyPlace>,
    /// The `[[key]]` tables of the configuration that is overwritten, where no other keys are named.
    kept_keys: String,
    /// Files that were made for keys typed in; they go again when something fails.
    typed: TypedKeys,
    factions: BTreeSet<FactionId>,
    players: BTreeSet<PlayerId>,
    wars: Wars,
    territories: Territories,
    database: Option<PathBuf>,
}

/// Key files that are new; removed when dropped before they are kept.
#[derive(Debug, Default)]
struct TypedKeys(Vec<PathBuf>);

impl TypedKeys {
    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for TypedKeys {
    fn drop(&mut self) {
        for path in &self.0 {
            // One that stays behind is private and in nobody's way.
            let _ = fs::remove_file(path);
        }
    }
}

/// Where a key is read from at later runs.
#[derive(Debug)]
enum KeyPlace {
    Env(String),
    File(PathBuf),
}

/// Checks the keys, writes the configuration, makes the database.
pub fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let file = file_to_write(&context.overrides)?;
    show_terms(context)?;
    let mut answers = if args.non_interactive || !prompt::is_possible() {
        from_flags(context, args, &file)?
    } else {
        from_questions(context, args, &file)?
    };
    let text = answers
        .as_ref()
        .map(|answers| configuration(answers, &file));
    let settings = match &text {
        Some(text) => refuse_to_overwrite(&file, text, args.force)
            .and_then(|()| Settings::from_text(&file, text, &context.overrides))?,
        None => context.settings.clone(),
    };

    let is_new = !settings.database.exists();
    let mut store = if is_new {
        None
    } else {
        Some(Store::create(&settings.database)?)
    };
    let checks = check_keys(&settings, store.as_mut())?;
    let mut store = match store {
        Some(store) => store,
        None => Store::create(&settings.database)?,
    };
    for (key, facts) in &checks {
        store.remember_key(&key.name, &key.key, facts, settings.clock.now())?;
        if is_new {
            // The calls were made before there was a budget to ask; they count all the same.
            count_call(&mut store, facts)?;
        }
    }
    store.checkpoint()?;
    if let Some(text) = &text {
        write_private(&file, text)?;
    }
    if let Some(answers) = &mut answers {
        answers.typed.keep();
    }
    if settings.keys_are_from_environment {
        log::warn!(
            "the keys are those of TORN_API_KEY: later runs, by a scheduler too, need it as well"
        );
    }
    if !Kind::ALL
        .into_iter()
        .any(|kind| settings.track.follows(kind))
    {
        log::warn!(
            "nothing is followed yet: add ids under [track] in {}",
            file.display()
        );
    }

    let report = json!({
        "command": "init",
        "status": "ok",
        "exit_code": 0,
        "config": text.as_ref().map(|_| &file).or(settings.config_file.as_ref()).map(|path| shown(path)),
        "database": shown(&settings.database),
        "keys": checks.iter().map(key_report).collect::<Vec<_>>(),
    });
    if !context.json && context.verbosity > Verbosity::Quiet {
        for (key, facts) in &checks {
            let stats = if facts.reads_battle_stats() {
                "reads its owner's battle stats"
            } else {
                "public data only"
            };
            terminal::say(&format!(
                "key {}: player {}, {}, {stats}",
                key.name, facts.owner, facts.access
            ));
        }
    }
    let summary = format!(
        "ready: {}; next: tornsnap fetch all{}",
        settings.database.display(),
        context
            .overrides
            .config
            .as_ref()
            .map(|path| format!(" --config {}", path.display()))
            .unwrap_or_default()
    );
    Ok(Outcome::done(summary, report))
}

fn key_report((key, facts): &(NamedKey, KeyFacts)) -> Value {
    json!({
        "name": key.name,
        "owner_id": facts.owner.get(),
        "access": facts.access,
        "battle_stats": facts.reads_battle_stats(),
    })
}

fn show_terms(context: &Context) -> Result<()> {
    if context.verbosity == Verbosity::Quiet {
        return Ok(());
    }
    if context.json {
        terminal::say(TERMS);
        return Ok(());
    }
    terminal::data(TERMS).doing(|| "print Torn's storage-and-use table".to_owned())
}

/// `None`: no flag says anything, so that an existing configuration is used as it is.
fn from_flags(context: &Context, args: &Args, file: &Path) -> Result<Option<Answers>> {
    let says_nothing = args.key_env.is_empty()
        && args.key_file.is_empty()
        && args.factions.is_empty()
        && args.players.is_empty()
        && args.wars.is_none()
        && args.territories.is_none();
    if says_nothing && context.settings.config_file.is_some() && !args.force {
        return Ok(None);
    }
    let here =
        |path: &PathBuf| std::path::absolute(path).doing(|| format!("find {}", path.display()));
    let mut keys: Vec<KeyPlace> = args.key_env.iter().cloned().map(KeyPlace::Env).collect();
    for path in &args.key_file {
        keys.push(KeyPlace::File(here(path)?));
    }
    let kept_keys = if keys.is_empty() && args.force {
        key_tables(file)
    } else {
        String::new()
    };
    Ok(Some(Answers {
        keys,
        kept_keys,
        typed: TypedKeys::default(),
        factions: args.factions.iter().copied().collect(),
        players: args.players.iter().copied().collect(),
        wars: if args.wars.as_deref() == Some("all") {
            Wars::All
        } else {
            Wars::Tracked
        },
        territories: args.territories.clone().unwrap_or_default(),
        database: context.overrides.database.as_ref().map(here).transpose()?,
    }))
}

/// Asks for what the flags leave open.
fn from_questions(context: &Context, args: &Args, file: &Path) -> Result<Option<Answers>> {
    let Some(mut answers) = from_flags(context, args, file)? else {
        return Ok(None);
    };
    if file.exists() && !args.force {
        return Err(is_there_already(file));
    }
    let has_keys = !answers.keys.is_empty()
        || !answers.kept_keys.is_empty()
        || context.settings.keys_are_from_environment;
    if !has_keys {
        for number in 1.. {
            let path = file.with_file_name(format!("tornsnap-{number}.key"));
            if path.exists() {
                continue; // Somebody's key: never written over.
            }
            let text = prompt::secret(&format!(
                "API key {number} (hidden; empty when there are no more)"
            ))?;
            if text.trim().is_empty() {
                break;
            }
            write_private(&path, &format!("{}\n", text.trim()))?;
            answers.typed.0.push(path.clone());
            answers.keys.push(KeyPlace::File(
                std::path::absolute(&path).doing(|| format!("find {}", path.display()))?,
            ));
        }
    }
    if answers.factions.is_empty() {
        answers.factions = ask_ids("Factions to follow with their members (ids, comma-separated)")?;
    }
    if answers.players.is_empty() {
        answers.players = ask_ids("Single players to follow (ids, comma-separated)")?;
    }
    if args.wars.is_none() && prompt::line("Wars to follow (tracked, all)", "tracked")? == "all" {
        answers.wars = Wars::All;
    }
    if args.territories.is_none() {
        answers.territories = ask(
            "Tiles to follow (tracked, all, none, or AAB,AAC)",
            "tracked",
            territories,
        )?;
    }
    Ok(Some(answers))
}

fn ask<T>(
    question: &str,
    default: &str,
    read: impl Fn(&str) -> std::result::Result<T, String>,
) -> Result<T> {
    loop {
        match read(&prompt::line(question, default)?) {
            Ok(answer) => return Ok(answer),
            Err(why) => terminal::say(&why),
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

fn territories(text: &str) -> std::result::Result<Territories, String> {
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

/// The text of a configuration: what was answered, and what can be set besides.
fn configuration(answers: &Answers, file: &Path) -> String {
    let mut text = String::from(
        "# tornsnap: every field with its default is in the README.\n# Relative paths are relative to this file.\n",
    );
    let database = answers
        .database
        .as_deref()
        .map_or_else(|| "tornsnap.db".to_owned(), |path| relative(path, file));
    let _ = writeln!(text, "\ndatabase = {}", toml_string(&database));
    for (number, key) in (1..).zip(&answers.keys) {
        let name = match key {
            KeyPlace::Env(variable) => variable.to_lowercase(),
            KeyPlace::File(path) => path.file_stem().map_or_else(
                || format!("key{number}"),
                |stem| stem.to_string_lossy().into_owned(),
            ),
        };
        let _ = writeln!(text, "\n[[key]]\nname = {}", toml_string(&name));
        let _ = match key {
            KeyPlace::Env(variable) => writeln!(text, "key_env = {}", toml_string(variable)),
            KeyPlace::File(path) => {
                writeln!(text, "key_file = {}", toml_string(&relative(path, file)))
            }
        };
    }
    if !answers.kept_keys.is_empty() {
        let _ = write!(text, "\n{}", answers.kept_keys);
    }
    let list = |ids: Vec<String>| format!("[{}]", ids.join(", "));
    let tiles = match &answers.territories {
        Territories::Tracked => toml_string("tracked"),
        Territories::All => toml_string("all"),
        Territories::None => toml_string("none"),
        Territories::These(tiles) => list(
            tiles
                .iter()
                .map(|tile| toml_string(tile.as_str()))
                .collect(),
        ),
    };
    let _ = writeln!(
        text,
        "\n[track]\nplayers = {}\nfactions = {}\nmembers = true\nwars = {}\nterritories = {tiles}",
        list(answers.players.iter().map(ToString::to_string).collect()),
        list(answers.factions.iter().map(ToString::to_string).collect()),
        toml_string(if answers.wars == Wars::All {
            "all"
        } else {
            "tracked"
        }),
    );
    text
}

/// A path as a file beside it would write it.
fn relative(path: &Path, file: &Path) -> String {
    let folder = std::path::absolute(file)
        .ok()
        .and_then(|file| file.parent().map(Path::to_owned));
    let short = folder
        .as_deref()
        .and_then(|folder| path.strip_prefix(folder).ok());
    short.unwrap_or(path).display().to_string()
}

/// A configuration with other content is not replaced unasked.
fn refuse_to_overwrite(file: &Path, text: &str, force: bool) -> Result<()> {
    if force || !file.exists() || fs::read_to_string(file).is_ok_and(|present| present == text) {
        return Ok(());
    }
    Err(is_there_already(file))
}

fn is_there_already(file: &Path) -> Error {
    Error::new(format!("write the configuration {}", file.display()))
        .because("it is there already and says something else")
        .try_this("edit it by hand, or add --force to overwrite it")
        .exits(Exit::Config)
}

/// Asks Torn about each key, by the rules that an existing database remembers; nothing else is written when one is
/// refused.
fn check_keys(
    settings: &Settings,
    mut store: Option<&mut Store>,
) -> Result<Vec<(NamedKey, KeyFacts)>> {
    let keys = settings.load_keys()?.warn();
    let now = settings.clock.now();
    if let Some(store) = &store
        && let Some((until, reason)) = store.paused(ADDRESS, now)?
    {
        return Err(Error::new("check the keys")
            .because(format!(
                "no calls are to be made before {}: {reason}",
                iso(until)
            ))
            .try_this("wait until then, and run it again")
            .exits(Exit::TryLater));
    }
    let client = Client::new(
        &settings.api.base_url,
        settings.api.timeout,
        1,
        settings.proxy_for(&settings.api.base_url)?,
    )?;
    let mut checked = Vec::new();
    for (number, named) in (1..).zip(keys) {
        let known = match &store {
            Some(store) => store.known_key(&named.name, &named.key)?,
            None => None,
        };
        let owner = known
            .and_then(|known| known.facts)
            .map_or(-number, |facts| facts.owner.get());
        let facts = check_key(settings, &client, &named, store.as_deref_mut(), owner)?;
        if let Some(store) = store.as_deref_mut() {
            store.move_calls(owner, facts.owner.get())?;
        }
        checked.push((named, facts));
    }
    Ok(checked)
}

fn check_key(
    settings: &Settings,
    client: &Client,
    named: &NamedKey,
    mut store: Option<&mut Store>,
    owner: i64,
) -> Result<KeyFacts> {
    let action = || Error::new(format!("check the key {:?}", named.name));
    let mut attempt = 0;
    let body = loop {
        attempt += 1;
        let permit = wait_for_leave(settings, store.as_deref_mut(), owner)?;
        let answer = client.get(&Request::key_info(), &named.key).body;
        if let (Some(store), Some(permit)) = (store.as_deref_mut(), permit) {
            store.returned(permit, Clock::real_milliseconds())?;
        }
        let refusal = match answer {
            Ok(body) => break body,
            Err(refusal) => refusal,
        };
        if let (Verdict::Blocked, Some(store)) = (refusal.verdict(), store.as_deref_mut()) {
            let until = settings.clock.now() + BLOCK_REST;
            store.pause(ADDRESS, until, &refusal.to_string())?;
        }
        match refusal.retry_delay(attempt, settings.api.first_retry, 1.0) {
            Some(delay) => thread::sleep(delay),
            None => return Err(refused(action(), refusal, client)),
        }
    };
    wire::key::facts(&body).map_err(|misfit| {
        action()
            .because(misfit)
            .try_this("update tornsnap: Torn's answer is not understood")
            .exits(Exit::Protocol)
    })
}

/// Waits until the budget of this owner has room for a call; `None` where there is no budget to ask.
fn wait_for_leave(
    settings: &Settings,
    store: Option<&mut Store>,
    owner: i64,
) -> Result<Option<Permit>> {
    let (Some(limit), Some(store)) = (settings.api.requests_per_minute, store) else {
        return Ok(None);
    };
    let longest = i64::try_from(settings.api.timeout.as_millis()).unwrap_or(0);
    loop {
        match store.allow(owner, limit, Clock::real_milliseconds(), longest)? {
            Allowance::Granted(permit) => return Ok(Some(permit)),
            Allowance::Wait(milliseconds) => {
                thread::sleep(Duration::from_millis(milliseconds.unsigned_abs()));
            }
        }
    }
}

/// Counts a call that has been made in its owner's budget.
fn count_call(store: &mut Store, facts: &KeyFacts) -> Result<()> {
    let now = Clock::real_milliseconds();
    if let Allowance::Granted(permit) = store.allow(facts.owner.get(), u32::MAX, now, 0)? {
        store.returned(permit, now)?;
    }
    Ok(())
}

fn refused(error: Error, refusal: Refusal, client: &Client) -> Error {
    match refusal.verdict() {
        Verdict::KeyDead | Verdict::KeyPaused(_) | Verdict::NoAccess => error
            .because(refusal)
            .try_this("copy the key again from https://www.torn.com/preferences.php#tab=api")
            .exits(Exit::NoKey),
        Verdict::Misconfigured => {
            let remedy = refusal.remedy().unwrap_or_default();
            error.because(refusal).try_this(remedy).exits(Exit::Config)
        }
        // Torn was reached, and has said why it will not answer.
        _ if matches!(refusal, Refusal::Torn { .. } | Refusal::Status { .. }) => error
            .because(refusal)
            .try_this("wait ten minutes, then run it again; nothing was written")
            .exits(Exit::TryLater),
        _ => error
            .because(refusal)
            .try_this(format!(
                "check the network, and that {} can be reached; then run it again",
                client.route()
            ))
            .exits(Exit::TryLater),
    }
}

/// Writes a file that only its owner can read, whole or not at all, and the folder for it where there is none.
pub(super) fn write_private(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(folder_of(path)).doing(|| format!("write {}", path.display()))?;
    write_atomically(path, text, "init")?;
    // Where the disk knows no rights, better said now than at the next run.
    check_private(path)
}
