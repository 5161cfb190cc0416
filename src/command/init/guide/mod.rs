//! The questions of `init` on a terminal. Everything stays in memory until the last answer.

mod change;
mod choices;
mod cost;
mod dropped_keys;
mod jobs;
mod key_questions;
mod places;
mod session;
mod set_up;
mod summary;
mod targets;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::command::init::answers::{Answers, NewKeyFile};
use crate::command::init::configuration::ExistingFile;
use crate::command::init::guide::dropped_keys::DroppedKey;
use crate::command::init::guide::jobs::Jobs;
use crate::command::init::guide::session::Session;
use crate::command::init::keys::CheckedKeys;
use crate::command::init::report::Report;
use crate::command::init::write::Setup;
use crate::command::init::{Written, conclude};
use crate::command::signal::StopSignal;
use crate::command::{Context, Outcome};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::faction::Faction;
use crate::model::id::{FactionId, PlayerId};
use crate::model::key::{KeyFacts, NamedKey};
use crate::model::path::display_path;
use crate::model::player::Profile;
use crate::output::printable::printable;
use crate::output::prompt::Prompt;
use crate::output::terminal;
use crate::store::save::Observation;

/// A key that Torn accepts.
struct AcceptedKey {
    named: NamedKey,
    facts: KeyFacts,
    /// The profile of its owner, or why it cannot be read.
    owner: Result<Profile, String>,
    /// Set if the user has typed it.
    typed: Option<Typed>,
}

/// The use of a typed key.
#[derive(Default)]
struct Typed {
    /// The configured key that it replaces.
    replaces: Option<String>,
    /// Its file. Known once it has a name.
    file: PathBuf,
}

/// The state of the questions.
struct Guide<'a> {
    context: &'a Context,
    prompt: &'a Prompt<'a>,
    session: Session<'a>,
    file: PathBuf,
    answers: Answers,
    keys: Vec<AcceptedKey>,
    /// The names of the configured keys that cannot be used, because Torn refuses them or their files cannot be read.
    unusable: Vec<String>,
    /// The keys that the user no longer wants to use.
    dropped: Vec<DroppedKey>,
    /// The factions that were looked up.
    factions: BTreeMap<FactionId, Observation<Faction>>,
    /// The names of the players that were looked up.
    players: BTreeMap<PlayerId, String>,
}

/// Asks the questions, and writes the answers after the last one.
pub(super) fn run(
    context: &Context,
    file: PathBuf,
    existing: ExistingFile,
    answers: Answers,
) -> Result<Outcome> {
    let stop = StopSignal::listen()?;
    let stopped = || stop.received();
    let prompt = Prompt::new(&stopped);
    let guide = Guide {
        context,
        session: Session::new(&context.settings, &prompt, &stop)?,
        prompt: &prompt,
        file,
        answers,
        keys: Vec::new(),
        unusable: Vec::new(),
        dropped: Vec::new(),
        factions: BTreeMap::new(),
        players: BTreeMap::new(),
    };
    let asked = match existing {
        ExistingFile::Text(old) => guide.change(&old),
        other => guide.set_up(other),
    };
    let finished = asked.and_then(|asked| match stop.received() {
        Some(exit) => Err(Error::new("finish the questions").with_exit(exit)),
        None => Ok(asked),
    });
    match finished.map_err(say_that_nothing_was_written)? {
        Asked::Everything(ready) => write(context, *ready, &stop),
        Asked::Declined(report) => Ok(Outcome::done("nothing was written", report)),
    }
}

/// The end of the questions.
enum Asked {
    Everything(Box<Ready>),
    /// The user does not want the files to be written.
    Declined(Report),
}

/// The answers, ready to be written.
struct Ready {
    setup: Setup,
    checked: CheckedKeys,
    jobs: Jobs,
}

/// Writes everything, and then installs the jobs.
fn write(context: &Context, ready: Ready, stop: &StopSignal) -> Result<Outcome> {
    let Ready {
        setup,
        checked,
        jobs,
    } = ready;
    let backup = setup.write(&checked)?;
    jobs::install(context, &setup, &jobs, stop, |summary, jobs| {
        let written = Written {
            config_before: backup.as_deref(),
            jobs,
            summary,
            warnings: Vec::new(),
        };
        conclude(context, &setup, checked, written)
    })
}

/// Says in the error that no file was changed.
fn say_that_nothing_was_written(error: Error) -> Error {
    let exit = error.exit();
    if matches!(exit, Exit::Interrupted | Exit::Terminated) {
        return Error::new("finish init")
            .with_source("it was interrupted; nothing was written")
            .with_help("run `tornsnap init` again")
            .with_exit(exit);
    }
    let help = error.help().unwrap_or_default();
    if help.contains("nothing was written") {
        return error;
    }
    let help = match help {
        "" => "run `tornsnap init` again; nothing was written".to_owned(),
        help => format!("{help}; nothing was written"),
    };
    error.with_help(help)
}

/// The answer to the question whether to write everything.
enum Decision {
    Write,
    /// Ask about the parts again.
    Change,
    /// Write nothing.
    Stop,
}

impl Asked {
    fn declined(setup: &Setup) -> Self {
        Self::Declined(Report {
            config: display_path(&setup.file),
            config_is_written: false,
            config_before: None,
            database: display_path(&setup.settings.database),
            keys: Vec::new(),
            schedule: None,
            warnings: Vec::new(),
        })
    }
}

impl Guide<'_> {
    /// The files with this text of the configuration.
    fn setup(
        &self,
        text: String,
        existing: ExistingFile,
        key_files: Vec<NewKeyFile>,
    ) -> Result<Setup> {
        Ok(Setup {
            settings: Settings::from_text(&self.file, &text, &self.context.overrides)?,
            file: self.file.clone(),
            text,
            existing,
            changed: Vec::new(),
            key_files,
            is_alone: true,
        })
    }

    /// Asks whether to write what the summary has shown.
    fn confirm(&self) -> Result<Decision> {
        if self.prompt.confirm("Write this?", true)? {
            return Ok(Decision::Write);
        }
        if self.prompt.confirm("Change something first?", true)? {
            return Ok(Decision::Change);
        }
        Ok(Decision::Stop)
    }

    fn ready(self, setup: Setup, jobs: Jobs) -> Result<Asked> {
        let checked_at = self.context.settings.clock.now();
        let keys = self.keys.into_iter().map(|key| (key.named, key.facts));
        let keys = keys.collect();
        let store = self.session.into_store()?;
        Ok(Asked::Everything(Box::new(Ready {
            setup,
            jobs,
            checked: CheckedKeys::after_questions(keys, checked_at, store),
        })))
    }

    /// A faction as the user sees it: `Iron Wolves [9001]`.
    fn faction_name(&self, id: FactionId) -> String {
        match self.factions.get(&id) {
            Some(faction) => named(name_of(faction), id.get()),
            None => format!("faction {id}"),
        }
    }

    /// A player as the user sees it: `Duke [2000001]`.
    fn player_name(&self, id: PlayerId) -> String {
        match self.players.get(&id) {
            Some(name) => named(name, id.get()),
            None => format!("player {id}"),
        }
    }
}

fn name_of(faction: &Observation<Faction>) -> &str {
    let basic = faction.value.basic.as_ref();
    basic
        .and_then(|basic| basic.name.as_deref())
        .unwrap_or("a faction without a name")
}

/// `Iron Wolves [9001]`. A terminal would obey control characters in a name, and a mark of direction would reorder the question.
fn named(name: &str, id: i64) -> String {
    format!("{} [{id}]", printable(name))
}

fn say(text: &str) {
    let indent = if text.starts_with(' ') { 4 } else { 0 };
    terminal::print_wrapped(text, indent);
}

/// Shows a setting and its value.
fn say_row(name: &str, value: &str) {
    terminal::print_wrapped(&format!("  {name:15}{value}"), 17);
}
