//! `tornsnap init`: writes the configuration, and creates or upgrades the database.

mod answers;
mod configuration;
mod fields;
mod flags;
mod guide;
mod headers;
mod ids;
mod key_names;
mod key_tables;
mod keys;
mod line_ends;
mod lists;
mod private_file;
mod report;
mod spaces;
mod terms;
mod write;

use std::path::{Path, PathBuf};

pub(in crate::command) use private_file::write_private;

use crate::command::demo_config;
use crate::command::init::answers::Answers;
use crate::command::init::configuration::ExistingFile;
use crate::command::init::ids::NewIds;
use crate::command::init::keys::CheckedKeys;
use crate::command::init::report::{JobsReport, KeyReport, Report};
use crate::command::init::write::Setup;
use crate::command::list_value;
use crate::command::lost_database::backup_of_lost;
use crate::command::new_folders::new_folder_note;
use crate::command::schedule::place_of_jobs;
use crate::command::signal::StopSignal;
use crate::command::{Context, Outcome};
use crate::config::{Origin, Settings, Territories, file_to_write};
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId};
use crate::model::key::{KeyFacts, NamedKey};
use crate::model::kind::Kind;
use crate::model::path::{display_path, folder_of, shell_word};
use crate::output::prompt;
use crate::output::terminal::{self, Verbosity};

/// Write the configuration, and create or upgrade the database
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
    #[arg(long = "key-env", value_name = "NAME", value_delimiter = ',', value_parser = list_value::list_value::<String>, num_args = 1..)]
    pub(crate) key_env: Vec<String>,
    /// File with a key on its first line, which other users must not be able to read; repeat it for each file
    #[arg(long = "key-file", value_name = "FILE", num_args = 1..)]
    pub(crate) key_file: Vec<PathBuf>,
    /// Follow these factions and their members; comma-separated, or the option again for each
    #[arg(long = "faction", value_name = "ID", value_delimiter = ',', value_parser = list_value::id_or_address::<FactionId>, num_args = 1..)]
    pub(crate) factions: Vec<FactionId>,
    /// Follow these players; written as for --faction
    #[arg(long = "player", value_name = "ID", value_delimiter = ',', value_parser = list_value::id_or_address::<PlayerId>, num_args = 1..)]
    pub(crate) players: Vec<PlayerId>,
    /// Wars to follow: those of the followed factions, or all in the game
    #[arg(long, value_name = "WHICH", value_parser = ["tracked", "all"])]
    pub(crate) wars: Option<String>,
    /// Tiles to follow: tracked, all, none, or a list such as AAB,AAC
    #[arg(long, value_name = "WHICH", value_parser = answers::territories)]
    pub(crate) territories: Option<Territories>,
    /// Replace a configuration that cannot be read; the old file is kept beside it
    #[arg(long)]
    pub(crate) force: bool,
}

/// Checks the keys, writes the configuration and creates or upgrades the database.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let file = file_to_write(&context.overrides)?;
    demo_config::refuse(&context.settings, "set up tornsnap with this configuration")?;
    terms::show(context)?;
    let existing = configuration::read_existing(&file, args.force)?;
    flags::check(args, context.overrides.database.as_deref(), &file)?;
    let answers = Answers::from_flags(context, args)?;
    if !args.non_interactive && prompt::is_possible() && has_questions(&existing, &answers) {
        return guide::run(context, file, existing, answers);
    }
    let (text, changed) = match &existing {
        ExistingFile::Text(old) => configuration::changed_text(old, &answers, &file)?,
        _ => (configuration::new_text(&answers, &file)?, Vec::new()),
    };
    // The settings of the context may be older than the file, which another process may have changed.
    let settings = Settings::from_text(&file, &text, &context.overrides)?;
    refuse_without_keys(&settings, args.non_interactive)?;
    refuse_new_unreadable_keys(&context.settings, &settings)?;
    let ids = NewIds::new(&answers, &context.settings.track);
    let checked = keys::check_keys(&context.settings, &settings, &ids, StopSignal::listen()?)?;
    let setup = Setup {
        file,
        text,
        existing,
        changed,
        key_files: Vec::new(),
        settings,
        is_alone: false,
    };
    let warnings = warn_of_lost_database(&setup.settings);
    let place = new_folder_note(folder_of(&setup.settings.database));
    let backup = setup.write(&checked)?;
    warn_of_dropped_ids(&context.settings, &setup.settings);
    if !context.json && context.verbosity > Verbosity::Quiet {
        print_keys(&checked.keys);
    }
    let written = Written {
        config_before: backup.as_deref(),
        jobs: None,
        summary: describe(context, &setup, &place),
        warnings,
    };
    Ok(conclude(context, &setup, checked, written))
}

/// Whether there is something to ask: a new configuration, or an existing one for which no flag names a change.
fn has_questions(existing: &ExistingFile, answers: &Answers) -> bool {
    !matches!(existing, ExistingFile::Text(_)) || !answers.changes_anything()
}

/// Tells the user of what was written. Returns the outcome.
fn conclude(
    context: &Context,
    setup: &Setup,
    checked: CheckedKeys,
    written: Written<'_>,
) -> Outcome {
    warn_of_missing_settings(&setup.settings, &setup.file);
    if !context.json && context.verbosity > Verbosity::Quiet {
        print_change(setup, written.config_before);
    }
    let report = Report {
        config: display_path(&setup.file),
        config_is_written: setup.writes_config(),
        config_before: written.config_before.map(display_path),
        database: display_path(&setup.settings.database),
        keys: checked.keys.iter().map(KeyReport::from).collect(),
        schedule: written.jobs,
        warnings: written.warnings,
    };
    checked.outcome(written.summary, &report)
}

/// The result of writing a setup.
struct Written<'a> {
    /// The backup copy of the replaced configuration.
    config_before: Option<&'a Path>,
    jobs: Option<JobsReport>,
    /// The result in one line.
    summary: String,
    warnings: Vec<String>,
}

/// The result in one line, with the commands to run next. `place`: a note about the folder of the database.
fn describe(context: &Context, setup: &Setup, place: &str) -> String {
    let flag = config_flag(context, &setup.file);
    let database = database_flag(&setup.settings);
    let has_jobs =
        matches!(setup.existing, ExistingFile::Text(_)) && place_of_jobs(&setup.file).is_some();
    let then = if has_jobs {
        String::new()
    } else {
        format!(", then tornsnap schedule install{flag}")
    };
    format!(
        "ready: {}{place}; next: tornsnap fetch all{flag}{database}{then}",
        setup.settings.database.display()
    )
}

/// The flag that names the configuration in a command, unless the command finds it by itself.
fn config_flag(context: &Context, file: &Path) -> String {
    let is_found = context.overrides.config.is_none()
        && file_to_write(&context.overrides).is_ok_and(|found| found == file);
    if is_found {
        return String::new();
    }
    format!(" --config {}", shell_word(file))
}

/// The flag that names the database in a command, if it comes from a variable. That of a flag is in the configuration now.
fn database_flag(settings: &Settings) -> String {
    if settings.names_same_database || !is_database_from_environment(settings) {
        return String::new();
    }
    format!(" --database {}", shell_word(&settings.database))
}

fn is_database_from_environment(settings: &Settings) -> bool {
    settings
        .fields
        .iter()
        .any(|field| field.name == "database" && matches!(field.origin, Origin::Environment(_)))
}

/// Refuses to write a configuration without a key. The configuration may not exist yet, so the error does not speak of it.
fn refuse_without_keys(settings: &Settings, non_interactive: bool) -> Result<()> {
    if settings.configured_keys() > 0 || settings.keys_are_from_environment {
        return Ok(());
    }
    let help = "name a key with --key-file FILE or --key-env NAME, or set TORN_API_KEY";
    let other_way = if non_interactive {
        ""
    } else {
        "; or run `tornsnap init` on a terminal, where it asks for a key (here stdin or stderr is none)"
    };
    Err(Error::new("set up tornsnap")
        .with_source("no API key is named")
        .with_help(format!("{help}{other_way}"))
        .with_exit(Exit::NoKey))
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

/// Warns before a new database takes the place of one that has a backup. Returns the warning for the report.
fn warn_of_lost_database(settings: &Settings) -> Vec<String> {
    let Some(backup) = backup_of_lost(settings) else {
        return Vec::new();
    };
    let warning = format!(
        "there is a backup of an older {}: `tornsnap restore latest` would have brought it back. A new database takes its \
         place now; for the old one, run `tornsnap restore {} --other-database`",
        settings.database.display(),
        shell_word(&backup)
    );
    log::warn!("{warning}");
    vec![warning]
}

/// Warns if later runs would have no keys, or would save nothing.
fn warn_of_missing_settings(settings: &Settings, file: &Path) {
    if settings.keys_are_from_environment {
        log::warn!(
            "the keys come from TORN_API_KEY: set it for later runs too, also under a scheduler"
        );
    }
    if is_database_from_environment(settings) {
        log::warn!(
            "the database comes from TORNSNAP_DATABASE: set it for later runs too, also under a scheduler"
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
    let option = match dropped.first() {
        None => return,
        Some(first) if first.starts_with("player") => "--player",
        Some(_) => "--faction",
    };
    log::warn!(
        "no longer followed: {}; name all ids to keep them, such as {option} 1,2",
        dropped.join(", ")
    );
}

fn print_keys(checks: &[(NamedKey, KeyFacts)]) {
    for (key, facts) in checks {
        let stats = facts.describe("reads its owner's battle stats", "public data only");
        terminal::print_message(&format!(
            "key {}: player {}, {}, {stats}",
            key.name, facts.owner, facts.access
        ));
    }
}

/// Prints the changed fields of the configuration.
fn print_change(setup: &Setup, backup: Option<&Path>) {
    if let Some(backup) = backup {
        let what = match setup.changed.as_slice() {
            [] => String::new(),
            fields => format!(" ({})", fields.join(", ")),
        };
        terminal::print_message(&format!(
            "changed {}{what}; as it was before: {}",
            setup.file.display(),
            backup.display()
        ));
    }
}
