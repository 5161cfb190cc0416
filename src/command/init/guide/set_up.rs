//! The questions for a new configuration.

use std::collections::BTreeSet;

use crate::command::init::configuration::{self, ExistingFile};
use crate::command::init::guide::targets::Wanted;
use crate::command::init::guide::{Asked, Decision, Guide};
use crate::command::init::refuse_new_unreadable_keys;
use crate::config::{Settings, Territories, Wars};
use crate::error::Result;

impl Guide<'_> {
    /// Asks for everything that the flags do not say: keys, targets, places, jobs. Then it shows all of it and asks whether
    /// to write it.
    pub(super) fn set_up(mut self, mut existing: ExistingFile) -> Result<Asked> {
        if self.answers.keys.is_empty() && !self.context.settings.keys_are_from_environment {
            self.ask_keys(false)?;
        } else {
            let settings = self.settings_so_far()?;
            refuse_new_unreadable_keys(&self.context.settings, &settings)?;
            self.check_given_keys(&settings, false)?;
        }
        self.ask_targets()?;
        let settings = self.settings_so_far()?;
        self.say_cost(&settings)?;
        self.ask_places(&existing)?;
        loop {
            let key_files = self.name_typed_keys(BTreeSet::new())?;
            let text = configuration::new_text(&self.answers, &self.file)?;
            let setup = self.setup(text, existing, key_files)?;
            let jobs = self.offer_jobs(&setup)?;
            self.say_summary(&setup, &jobs);
            match self.confirm()? {
                Decision::Write => return self.ready(setup, jobs),
                Decision::Change => self.ask_parts(&setup.settings)?,
                Decision::Stop => return Ok(Asked::declined(&setup)),
            }
            existing = setup.existing;
        }
    }

    fn ask_targets(&mut self) -> Result<()> {
        let asks_factions = self.answers.factions.is_none();
        let asks_players = self.answers.players.is_none();
        if !asks_factions || !asks_players {
            self.check_given_ids()?;
        }
        if asks_factions {
            self.offer_own_factions()?;
            self.ask_ids(Wanted::Factions)?;
        }
        if asks_players {
            self.ask_ids(Wanted::Players)?;
        }
        if self.answers.wars.is_none() {
            self.answers.wars = Some(self.ask_wars(Wars::Tracked)?);
        }
        let given = self.answers.territories.as_ref().map(Territories::listed);
        let is_answered = match given {
            Some(tiles) => self.are_known(&tiles)?,
            None => false,
        };
        if !is_answered {
            self.answers.territories = Some(self.ask_tiles(&Territories::Tracked)?);
        }
        Ok(())
    }

    /// The settings of a new configuration with the answers so far. Typed keys are not in it.
    fn settings_so_far(&self) -> Result<Settings> {
        let text = configuration::new_text(&self.answers, &self.file)?;
        Settings::from_text(&self.file, &text, &self.context.overrides)
    }
}
