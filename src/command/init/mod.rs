//! `tornsnap init`: writes the configuration, and creates or upgrades the database.

mod configuration;
mod fields;
mod key_tables;
mod keys;
mod questions;
mod report;

use std::path::{Path, PathBuf};

use crate::command::init::configuration::ExistingFile;
use crate::command::init::keys::CheckedKeys;
use crate::command::init::questions::Answers;
use crate::command::init::report::{KeyReport, Report};
use crate::command::signal::StopSignal;
use crate::command::{Context, Outcome};
use crate::config::{Settings, Territories, check_private, file_to_write};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::id::{FactionId, PlayerId};
use crate::model::key::{KeyFacts, NamedKey};
use crate::model::kind::Kind;
use crate::model::path::{display_path, folder_of};
use crate::output::prompt;
use crate::output::terminal::{self, Verbosity};
use crate::store::Store;
use crate::store::files::write_atomically;
use crate::store::owner::make_folder;

/// Torn's API terms require this table wherever a user enters a key.
const TERMS: &str = "\
How tornsnap uses your key and the data (asked for by Torn's API terms)

  Data storage       Only locally, persistent: in the database, backups and exports on this machine
  Data sharing       Nobody
  Purpose of use     Non-malicious statistical analysis
  Key storage        Stored locally, used only for automation, not shared
  Key access level   Public Only; Limited Access only for the battle stats of the key's own owner
";

/// Write the configuration, create or upgrade the database
///
/// Safe to run again: only the fields that the flags name change in an existing configuration, and the old file is kept
/// beside it. An existing database is upgraded.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Answer questions:
    tornsnap init

  Ask nothing; the key is in a file:
    tornsnap init --non-interactive --key-file alice.key --faction 10741

  Follow these players instead; the rest of the configuration stays:
    tornsnap init --non-interactive --player 1,2")]
pub(crate) struct Args {
    /// Ask nothing; take everything from the flags
    #[arg(long)]
    pub(crate) non_interactive: bool,
    /// Environment variable that holds a key, also at later runs; comma-separated, or the option again for each
    #[arg(long = "key-env", value_name = "NAME", value_delimiter = ',')]
    pub(crate) key_env: Vec<String>,
    /// File with a key on its first line, which other users must not be able to read; repeat it for each file
    #[arg(long = "key-file", value_name = "FILE")]
    pub(crate) key_file: Vec<PathBuf>,
    /// Follow these factions and their members; comma-separated, or the option again for each
    #[arg(long = "faction", value_name = "ID", value_delimiter = ',')]
    pub(crate) factions: Vec<FactionId>,
    /// Follow these players; written as for --faction
    #[arg(long = "player", value_name = "ID", value_delimiter = ',')]
    pub(crate) players: Vec<PlayerId>,
    /// Wars to follow: those of the followed factions, or all in the game
    #[arg(long, value_name = "WHICH", value_parser = ["tracked", "all"])]
    pub(crate) wars: Option<String>,
    /// Tiles to follow: tracked, all, none, or a list such as AAB,AAC
    #[arg(long, value_name = "WHICH", value_parser = questions::territories)]
    pub(crate) territories: Option<Territories>,
    /// Replace a configuration that cannot be read; the old file is kept beside it
    #[arg(long)]
    pub(crate) force: bool,
}

/// Checks the keys, writes the configuration and creates or upgrades the database.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let file = file_to_write(&context.overrides)?;
    show_terms(context)?;
    let existing = configuration::read_existing(&file, args.force)?;
    let mut answers = questions::from_flags(context, args)?;
    let (text, changed) = compose(context, args, &existing, &mut answers, &file)?;
    let is_written = !matches!(existing, ExistingFile::Text(_)) || !changed.is_empty();
    // The settings of the context may be older than the file, which another process may have changed.
    let settings = Settings::from_text(&file, &text, &context.overrides)?;

    refuse_new_unreadable_keys(&context.settings, &settings)?;
    let checked = check_and_create(&settings)?;
    let checks = &checked.keys;
    let backup = if is_written {
        configuration::replace(&file, &text, &existing, settings.clock.now())?
    } else {
        None
    };
    answers.typed.keep();
    warn_of_missing_settings(&settings, &file);
    warn_of_dropped_ids(&context.settings, &settings);
    if !context.json && context.verbosity > Verbosity::Quiet {
        print_summary(checks, &file, &changed, backup.as_deref());
    }

    let report = Report {
        config: display_path(&file),
        config_is_written: is_written,
        config_before: backup.as_deref().map(display_path),
        database: display_path(&settings.database),
        keys: checks.iter().map(KeyReport::from).collect(),
    };
    Ok(checked.outcome(describe(context, &settings), &report))
}

/// Returns the text of the configuration, and the fields that change in an existing one. Asks at a terminal for what the
/// flags do not say, if the configuration is new.
fn compose(
    context: &Context,
    args: &Args,
    existing: &ExistingFile,
    answers: &mut Answers,
    file: &Path,
) -> Result<(String, Vec<&'static str>)> {
    if let ExistingFile::Text(old) = existing {
        return configuration::changed_text(old, answers, file);
    }
    if !args.non_interactive && prompt::is_possible() {
        questions::ask_for_the_rest(context, answers, file)?;
    }
    Ok((configuration::new_text(answers, file)?, Vec::new()))
}

/// The result in one line, with the command to run next.
fn describe(context: &Context, settings: &Settings) -> String {
    let config = context.overrides.config.as_ref();
    let flag = config.map_or_else(String::new, |path| format!(" --config {}", path.display()));
    format!(
        "ready: {}; next: tornsnap fetch all{flag}",
        settings.database.display()
    )
}

/// Refuses a key that cannot be read, unless it was configured before.
fn refuse_new_unreadable_keys(before: &Settings, settings: &Settings) -> Result<()> {
    let old = before.unreadable_keys();
    let unreadable = settings.load_keys()?.unreadable;
    match unreadable.iter().find(|key| !old.contains(key)) {
        None => Ok(()),
        Some(key) => Err(Error::new(format!("use the key {:?}", key.name))
            .with_source(key.why.clone())
            .with_help("correct --key-file or --key-env, and run it again")
            .with_exit(Exit::NoKey)),
    }
}

/// Checks the keys with Torn, then creates the database or upgrades an existing one.
fn check_and_create(settings: &Settings) -> Result<CheckedKeys> {
    let checked = keys::check_keys(settings, StopSignal::listen()?)?;
    let mut store = Store::create(&settings.database)?;
    checked.save(&mut store)?;
    store.checkpoint()?;
    Ok(checked)
}

/// Warns if later runs would have no keys, or would save nothing.
fn warn_of_missing_settings(settings: &Settings, file: &Path) {
    if settings.keys_are_from_environment {
        log::warn!(
            "the keys come from TORN_API_KEY: set it for later runs too, also under a scheduler"
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
}

/// Warns about ids that are no longer followed. The ids on the command line replace the configured list, so a user who
/// means to add one may drop the others.
fn warn_of_dropped_ids(before: &Settings, after: &Settings) {
    let factions = before.track.factions.difference(&after.track.factions);
    let players = before.track.players.difference(&after.track.players);
    let dropped: Vec<String> = factions
        .map(|id| format!("faction {id}"))
        .chain(players.map(|id| format!("player {id}")))
        .collect();
    if !dropped.is_empty() {
        log::warn!(
            "no longer followed: {}; name all ids to keep them, such as --faction 1,2",
            dropped.join(", ")
        );
    }
}

/// Prints the owners of the keys, and the changed fields of the configuration.
fn print_summary(
    checks: &[(NamedKey, KeyFacts)],
    file: &Path,
    changed: &[&str],
    backup: Option<&Path>,
) {
    for (key, facts) in checks {
        let stats = if facts.reads_battle_stats() {
            "reads its owner's battle stats"
        } else {
            "public data only"
        };
        terminal::print_message(&format!(
            "key {}: player {}, {}, {stats}",
            key.name, facts.owner, facts.access
        ));
    }
    if let Some(backup) = backup {
        let what = match changed {
            [] => String::new(),
            fields => format!(" ({})", fields.join(", ")),
        };
        terminal::print_message(&format!(
            "changed {}{what}; as it was before: {}",
            file.display(),
            backup.display()
        ));
    }
}

fn show_terms(context: &Context) -> Result<()> {
    if context.verbosity == Verbosity::Quiet {
        return Ok(());
    }
    if context.json {
        terminal::print_message(TERMS);
        return Ok(());
    }
    terminal::print_line(TERMS).with_context(|| "print Torn's storage-and-use table".to_owned())
}

/// Writes a file atomically, readable only by its owner. Creates its folder if there is none.
pub(in crate::command) fn write_private(path: &Path, text: &str) -> Result<()> {
    make_folder(folder_of(path), path).with_context(|| format!("write {}", path.display()))?;
    write_atomically(path, text, ".init.partial", path)?;
    // Some file systems have no permissions, so that other users can read the file. Fail now, not at the next run.
    check_private(path)
}
