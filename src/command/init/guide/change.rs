//! The questions about an existing configuration: they change parts of it.

use std::collections::BTreeSet;

use crate::command::init::configuration::{self, ExistingFile};
use crate::command::init::guide::targets::Wanted;
use crate::command::init::guide::{Asked, Decision, Guide, say, say_row};
use crate::command::init::write::Setup;
use crate::command::lost_database::backup_of_lost;
use crate::config::{Settings, Track};
use crate::error::{Error, Result};
use crate::model::id::{FactionId, PlayerId};
use crate::model::path::{display_path, plain_absolute};

/// A part of the configuration that can be changed.
#[derive(Clone, Copy)]
enum Part {
    Nothing,
    MoreKeys,
    FewerKeys,
    MoreFactions,
    MorePlayers,
    FewerTargets,
    Wars,
    Tiles,
    /// Only while there is a dropped key.
    DroppedKeys,
}

const PARTS: [Part; 9] = [
    Part::Nothing,
    Part::MoreKeys,
    Part::FewerKeys,
    Part::MoreFactions,
    Part::MorePlayers,
    Part::FewerTargets,
    Part::Wars,
    Part::Tiles,
    Part::DroppedKeys,
];

impl Guide<'_> {
    /// Shows what is configured, and changes the parts that the user chooses.
    pub(super) fn change(mut self, old: &str) -> Result<Asked> {
        let settings = Settings::from_text(&self.file, old, &self.context.overrides)?;
        say(&format!(
            "{} is there already. Its other settings stay as they are.",
            display_path(&plain_absolute(&self.file))
        ));
        self.check_configured_keys(&settings)?;
        self.say_present(&settings)?;
        self.answers.factions = Some(settings.track.factions.clone());
        self.answers.players = Some(settings.track.players.clone());
        loop {
            self.ask_parts(&settings)?;
            let setup = self.changed_setup(old, &settings)?;
            let is_lost = backup_of_lost(&setup.settings).is_some();
            if setup.changed.is_empty() && !is_lost {
                let jobs = self.offer_missing_jobs(&setup)?;
                return self.ready(setup, jobs);
            }
            self.say_cost(&setup.settings)?;
            let jobs = self.offer_missing_jobs(&setup)?;
            self.say_summary(&setup, &jobs);
            match self.confirm()? {
                Decision::Write => return self.ready(setup, jobs),
                Decision::Change => {}
                Decision::Stop => return Ok(Asked::declined(&setup)),
            }
        }
    }

    /// The files with the changes so far.
    fn changed_setup(&mut self, old: &str, settings: &Settings) -> Result<Setup> {
        let taken = settings.key_names().map(str::to_owned).collect();
        let key_files = self.name_typed_keys(taken)?;
        // An unchanged list stays as it is written.
        let mut answers = self.answers.clone();
        let track = &settings.track;
        answers.factions.take_if(|ids| *ids == track.factions);
        answers.players.take_if(|ids| *ids == track.players);
        let (text, changed) = configuration::changed_text(old, &answers, &self.file)?;
        let existing = ExistingFile::Text(old.to_owned());
        Ok(Setup {
            changed,
            ..self.setup(text, existing, key_files)?
        })
    }

    /// Asks which part to change until the user has no more changes.
    pub(super) fn ask_parts(&mut self, settings: &Settings) -> Result<()> {
        loop {
            match self.choose_part(&settings.track)? {
                Part::Nothing if self.keys.is_empty() => say("No key can be used: add one first."),
                Part::Nothing => return Ok(()),
                Part::MoreKeys => self.ask_keys(true)?,
                Part::FewerKeys => self.ask_dropped_keys()?,
                Part::DroppedKeys => self.ask_keys_to_use_again()?,
                Part::MoreFactions => {
                    self.offer_own_factions()?;
                    self.ask_ids(Wanted::Factions)?;
                }
                Part::MorePlayers => self.ask_ids(Wanted::Players)?,
                Part::FewerTargets => self.ask_dropped_ids()?,
                Part::Wars => {
                    let present = self.answers.wars.unwrap_or(settings.track.wars);
                    self.answers.wars = Some(self.ask_wars(present)?);
                }
                Part::Tiles => {
                    let present = self.answers.territories.clone();
                    let present = present.unwrap_or_else(|| settings.track.territories.clone());
                    self.answers.territories = Some(self.ask_tiles(&present)?);
                }
            }
        }
    }

    /// Checks the configured keys. A key that cannot be used is no error, because the user may add another one.
    fn check_configured_keys(&mut self, settings: &Settings) -> Result<()> {
        match settings.load_keys() {
            Ok(_) => self.check_given_keys(settings, true),
            Err(error) => {
                say_error(&error);
                self.unusable = settings.key_names().map(str::to_owned).collect();
                Ok(())
            }
        }
    }

    fn say_present(&mut self, settings: &Settings) -> Result<()> {
        let track = &settings.track;
        if !self.keys.is_empty() {
            for id in &track.factions {
                self.look_up_faction(*id)?;
            }
        }
        let state = if settings.database.exists() {
            ""
        } else {
            " (it is missing)"
        };
        let database = display_path(&plain_absolute(&settings.database));
        say_row("database", &format!("{database}{state}"));
        self.say_track(track);
        Ok(())
    }

    fn choose_part(&self, before: &Track) -> Result<Part> {
        let has_changes = self.keys.iter().any(|key| key.typed.is_some())
            || !self.answers.dropped_keys.is_empty()
            || self.answers.factions.as_ref() != Some(&before.factions)
            || self.answers.players.as_ref() != Some(&before.players)
            || self.answers.wars.is_some_and(|wars| wars != before.wars)
            || self
                .answers
                .territories
                .as_ref()
                .is_some_and(|tiles| *tiles != before.territories);
        let is_possible = |part: &Part| match part {
            Part::DroppedKeys => !self.dropped.is_empty(),
            _ => true,
        };
        let parts: Vec<Part> = PARTS.into_iter().filter(is_possible).collect();
        let items = parts.iter().map(|part| {
            let item = match part {
                Part::Nothing if has_changes => "nothing more",
                Part::Nothing => "nothing",
                Part::MoreKeys => "add or replace a key",
                Part::FewerKeys => "stop using keys",
                Part::MoreFactions => "follow more factions",
                Part::MorePlayers => "follow more players",
                Part::FewerTargets => "stop following factions or players",
                Part::Wars => "wars",
                Part::Tiles => "tiles",
                Part::DroppedKeys => "use keys again that were stopped",
            };
            item.to_owned()
        });
        let items: Vec<String> = items.collect();
        // Without a key, nothing else can be done. After the user has stopped some, either part may be meant.
        let needs_key = self.keys.is_empty() && self.dropped.is_empty();
        let first = parts
            .iter()
            .position(|part| needs_key && matches!(part, Part::MoreKeys));
        let chosen = self.prompt.select("Change", &items, first.unwrap_or(0))?;
        Ok(parts[chosen])
    }

    fn ask_dropped_ids(&mut self) -> Result<()> {
        let factions: Vec<FactionId> = self.answers.factions.iter().flatten().copied().collect();
        let players: Vec<PlayerId> = self.answers.players.iter().flatten().copied().collect();
        let items: Vec<String> = factions
            .iter()
            .map(|id| self.faction_name(*id))
            .chain(players.iter().map(|id| self.player_name(*id)))
            .collect();
        if items.is_empty() {
            say("Nothing is followed yet.");
            return Ok(());
        }
        for index in self.prompt.select_several("Stop following", &items)? {
            match index.checked_sub(factions.len()) {
                None => drop_id(&mut self.answers.factions, &factions[index]),
                Some(index) => drop_id(&mut self.answers.players, &players[index]),
            }
        }
        Ok(())
    }
}

fn drop_id<T: Ord>(ids: &mut Option<BTreeSet<T>>, id: &T) {
    if let Some(ids) = ids {
        ids.remove(id);
    }
}

fn say_error(error: &Error) {
    say(&format!("{}.", error.one_line()));
}
