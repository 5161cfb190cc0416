//! The calls to Torn between the questions. After a fault of the network the user may try again or stop.

use std::collections::BTreeSet;

use crate::command::init::guide::say;
use crate::command::init::keys::check_error;
use crate::command::signal::StopSignal;
use crate::command::torn::{Failure, TornClient};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::faction::Faction;
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::key::{KeyFacts, NamedKey};
use crate::model::player::Profile;
use crate::output::prompt::Prompt;
use crate::output::terminal;
use crate::store::Store;
use crate::store::pauses::PauseScope;
use crate::store::save::Observation;

/// The result of looking up an id.
pub(super) enum LookUp<T> {
    Found(T),
    /// Torn does not know the id.
    Unknown,
    /// Torn's answer cannot be used. Has the reason.
    Refused(String),
}

/// The calls of one `init`. They are counted in a database in memory until everything is written.
pub(super) struct Session<'a> {
    settings: &'a Settings,
    prompt: &'a Prompt<'a>,
    stop: &'a StopSignal,
    torn: Option<TornClient>,
    /// The keys that Torn accepts.
    accepted: Vec<NamedKey>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        prompt: &'a Prompt<'a>,
        stop: &'a StopSignal,
    ) -> Result<Self> {
        let mut session = Self {
            settings,
            prompt,
            stop,
            torn: None,
            accepted: Vec::new(),
        };
        let mut memory = Store::in_memory()?;
        session.copy_limits(&mut memory);
        session.connect(memory)?;
        Ok(session)
    }

    /// Copies the calls of the last minute and a pause of this address from an existing database, so that they apply here.
    fn copy_limits(&self, memory: &mut Store) {
        let now = self.settings.clock.now();
        let copy = |memory: &mut Store| -> Result<()> {
            let existing = Store::open_without_trace(&self.settings.database)?;
            memory.copy_calls_from(&existing)?;
            if let Some(pause) = existing.active_pause(PauseScope::Address, now)? {
                memory.save_pause(PauseScope::Address, &pause, now)?;
            }
            Ok(())
        };
        // A database that cannot be read is reported when it is chosen.
        if self.settings.database.exists()
            && let Err(error) = copy(memory)
        {
            log::debug!("{}", error.one_line());
        }
    }

    fn connect(&mut self, store: Store) -> Result<()> {
        let torn = TornClient::new(self.settings, self.stop.clone(), store)?
            .with_key_warnings_of(BTreeSet::new())
            .with_shown_waits();
        if !self.accepted.is_empty() {
            torn.add_keys(&self.accepted)?;
        }
        self.torn = Some(torn);
        Ok(())
    }

    /// Checks a key, which messages call `shown`. The inner error says why Torn refuses it.
    pub(super) fn check_key(
        &mut self,
        key: &NamedKey,
        shown: &str,
    ) -> Result<Result<KeyFacts, Error>> {
        // A call may take long, and a silent screen looks like a program that hangs.
        say("Checking the key\u{2026}");
        let checked = self.call(
            |torn| torn.check_new_key(key),
            |failure, torn| {
                let error = check_error(shown, failure, torn);
                Trouble::of_key(error, torn)
            },
        )?;
        Ok(checked.inspect(|_| self.accepted.push(key.clone())))
    }

    pub(super) fn faction(&mut self, id: FactionId) -> Result<LookUp<Observation<Faction>>> {
        self.look_up(&format!("faction {id}"), |torn| torn.look_up_faction(id))
    }

    pub(super) fn player(&mut self, id: PlayerId) -> Result<LookUp<Profile>> {
        self.look_up(&format!("player {id}"), |torn| torn.look_up_player(id))
    }

    /// Looks up these tiles, and finds those that Torn does not know.
    pub(super) fn unknown_tiles(
        &mut self,
        ids: &BTreeSet<TerritoryId>,
    ) -> Result<LookUp<BTreeSet<TerritoryId>>> {
        self.look_up("the tiles", |torn| torn.unknown_tiles(ids))
    }

    fn look_up<T>(
        &mut self,
        what: &str,
        ask: impl Fn(&TornClient) -> Result<T, Failure>,
    ) -> Result<LookUp<T>> {
        say(&format!("Looking up {what}\u{2026}"));
        let action = format!("look up {what}");
        let found = self.call(ask, |failure, torn| Trouble::of_id(&action, failure, torn))?;
        Ok(match found {
            Ok(found) => LookUp::Found(found),
            Err(Some(why)) => LookUp::Refused(why),
            Err(None) => LookUp::Unknown,
        })
    }

    /// Makes a call, and makes it again as long as it fails for a passing reason and the user wants to.
    fn call<T, E>(
        &mut self,
        ask: impl Fn(&TornClient) -> Result<T, Failure>,
        judge: impl Fn(&Failure, &TornClient) -> Trouble<E>,
    ) -> Result<Result<T, E>> {
        loop {
            let Some(torn) = &self.torn else {
                self.connect(Store::in_memory()?)?;
                continue;
            };
            let failure = match ask(torn) {
                Ok(answer) => return Ok(Ok(answer)),
                Err(failure) => failure,
            };
            if let Some(exit) = self.stop.received() {
                return Err(Error::new("ask Torn")
                    .with_source("it was interrupted")
                    .with_exit(exit));
            }
            match judge(&failure, torn) {
                Trouble::Answer(answer) => return Ok(Err(answer)),
                Trouble::Final(error) => return Err(error),
                Trouble::Passing(error) => self.offer_another_try(error)?,
            }
        }
    }

    fn offer_another_try(&mut self, error: Error) -> Result<()> {
        terminal::print_wrapped(&format!("{}.", capitalized(&error.one_line())), 0);
        if !self.prompt.confirm("Try again?", true)? {
            return Err(error);
        }
        // A client whose run has ended makes no more calls.
        if let Some(torn) = self.torn.take() {
            self.connect(torn.into_store())?;
        }
        Ok(())
    }

    /// The database in memory, with the counted calls.
    pub(super) fn into_store(self) -> Result<Store> {
        self.torn
            .map_or_else(Store::in_memory, |torn| Ok(torn.into_store()))
    }
}

/// A failed call, by how the questions go on.
enum Trouble<E> {
    /// Torn has answered.
    Answer(E),
    /// Another attempt may succeed.
    Passing(Error),
    /// The questions end with this error.
    Final(Error),
}

impl Trouble<Error> {
    fn of_key(error: Error, torn: &TornClient) -> Self {
        match error.exit() {
            Exit::NoKey => Self::Answer(error),
            Exit::TryLater if torn.is_blocked() => Self::Final(error),
            Exit::TryLater => Self::Passing(error),
            _ => Self::Final(error),
        }
    }
}

impl Trouble<Option<String>> {
    fn of_id(action: &str, failure: &Failure, torn: &TornClient) -> Self {
        if let Some(end) = torn.run_end() {
            let error = end.into_error(action);
            return match error.exit() {
                Exit::TryLater if !torn.is_blocked() => Self::Passing(error),
                _ => Self::Final(error),
            };
        }
        if failure.is_missing() {
            return Self::Answer(None);
        }
        if matches!(failure, Failure::NoAccess(None)) {
            let why = "none of the keys may read it, but a Public Only key may";
            return Self::Answer(Some(why.to_owned()));
        }
        if failure.is_passing() {
            return Self::Passing(
                Error::new(action)
                    .with_source(failure.message())
                    .with_help(format!(
                        "check the network, and that {} can be reached",
                        torn.route()
                    ))
                    .with_exit(Exit::TryLater),
            );
        }
        Self::Answer(Some(failure.message()))
    }
}

/// A message with a capital letter at its beginning.
pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
