//! Asks which factions and players to follow.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::command::init::guide::session::LookUp;
use crate::command::init::guide::{Guide, name_of, named, say};
use crate::error::Result;
use crate::model::faction::Faction;
use crate::model::id::{FactionId, PlayerId};
use crate::model::pasted::{PastedId, parse_ids};
use crate::model::player::Profile;
use crate::model::size::count;
use crate::output::printable::printable;
use crate::store::save::Observation;

/// The kind of id that a plain number is taken for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wanted {
    Factions,
    Players,
}

/// A faction or a player that Torn knows.
enum Found {
    Faction(FactionId),
    Player(PlayerId, Profile),
}

impl Guide<'_> {
    /// Offers the faction of each key's owner, each once.
    pub(super) fn offer_own_factions(&mut self) -> Result<()> {
        for key in &self.keys {
            if let Err(why) = &key.owner {
                say(&format!(
                    "The faction of player {} is not offered, because their profile cannot be read: {why}.",
                    key.facts.owner
                ));
            }
        }
        let mut offered = BTreeSet::new();
        let owners: Vec<(String, FactionId)> = self
            .keys
            .iter()
            .filter_map(|key| {
                let owner = key.owner.as_ref().ok()?;
                Some((printable(&owner.name), owner.faction?))
            })
            .collect();
        for (number, (owner, faction)) in owners.into_iter().enumerate() {
            if !offered.insert(faction) || self.follows_faction(faction) {
                continue;
            }
            let Some(described) = self.look_up_faction(faction)? else {
                continue;
            };
            let subject = if number == 0 {
                "You are".to_owned()
            } else {
                format!("{owner} is")
            };
            let question = format!("{subject} in {described}. Follow it?");
            if self.prompt.confirm(&question, true)? {
                self.answers
                    .factions
                    .get_or_insert_default()
                    .insert(faction);
            }
        }
        Ok(())
    }

    /// Asks for ids until the answer is empty.
    pub(super) fn ask_ids(&mut self, wanted: Wanted) -> Result<()> {
        loop {
            let is_first = match wanted {
                Wanted::Factions => self
                    .answers
                    .factions
                    .as_ref()
                    .is_none_or(BTreeSet::is_empty),
                Wanted::Players => self.answers.players.as_ref().is_none_or(BTreeSet::is_empty),
            };
            let question = match (wanted, is_first) {
                (Wanted::Factions, true) => {
                    "Factions to follow with their members: ids or addresses of their pages (Enter for none)"
                }
                (Wanted::Factions, false) => {
                    "More factions: ids or addresses of their pages (Enter for no more)"
                }
                (Wanted::Players, true) => {
                    "Single players to follow: ids or addresses of their profiles (Enter for none)"
                }
                (Wanted::Players, false) => {
                    "More players: ids or addresses of their profiles (Enter for no more)"
                }
            };
            let parsed = parse_ids(&self.prompt.pasted(question, "")?);
            if parsed.ids.is_empty() && parsed.refused.is_empty() {
                return Ok(());
            }
            for why in parsed.refused {
                say(&format!("{why}."));
            }
            let found = self.look_up_all(wanted, parsed.ids)?;
            self.offer(&found)?;
        }
    }

    /// Looks up the ids that the flags give. Torn's unknown ids are left out.
    pub(super) fn check_given_ids(&mut self) -> Result<()> {
        let factions = self.answers.factions.take();
        let players = self.answers.players.take();
        let (asked_factions, asked_players) = (factions.is_some(), players.is_some());
        let ids = factions.into_iter().flatten().map(PastedId::Faction);
        let ids = ids.chain(players.into_iter().flatten().map(PastedId::Player));
        let found = self.look_up_all(Wanted::Factions, ids.collect())?;
        if asked_factions {
            self.answers.factions = Some(BTreeSet::new());
        }
        if asked_players {
            self.answers.players = Some(BTreeSet::new());
        }
        for item in found {
            say(&format!("{}.", self.describe(&item)));
            self.follow(&item);
        }
        Ok(())
    }

    /// The ids that Torn knows and that are not followed yet. Says something about each of the others.
    fn look_up_all(&mut self, wanted: Wanted, ids: Vec<PastedId>) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        // A number and the address of its page are one id.
        let mut looked_up = BTreeSet::new();
        for id in ids {
            let id = match (id, wanted) {
                (PastedId::Number(id), Wanted::Factions) => PastedId::Faction(FactionId::new(id)?),
                (PastedId::Number(id), Wanted::Players) => PastedId::Player(PlayerId::new(id)?),
                (known, _) => known,
            };
            if !looked_up.insert(id) {
                continue;
            }
            found.extend(match id {
                PastedId::Faction(id) => self.find_faction(id)?,
                PastedId::Player(id) => self.find_player(id)?,
                PastedId::Number(_) => None,
            });
        }
        Ok(found)
    }

    fn find_faction(&mut self, id: FactionId) -> Result<Option<Found>> {
        if self.follows_faction(id) {
            say(&format!("{} is followed already.", self.faction_name(id)));
            return Ok(None);
        }
        Ok(self.look_up_faction(id)?.map(|_| Found::Faction(id)))
    }

    fn find_player(&mut self, id: PlayerId) -> Result<Option<Found>> {
        if self
            .answers
            .players
            .as_ref()
            .is_some_and(|players| players.contains(&id))
        {
            say(&format!("{} is followed already.", self.player_name(id)));
            return Ok(None);
        }
        match self.session.player(id)? {
            LookUp::Found(profile) => {
                self.players.insert(id, profile.name.clone());
                Ok(Some(Found::Player(id, profile)))
            }
            LookUp::Unknown => {
                say(&format!("Torn knows no player {id}. Correct the id."));
                Ok(None)
            }
            LookUp::Refused(why) => {
                say(&format!("Player {id} cannot be looked up: {why}."));
                Ok(None)
            }
        }
    }

    /// Looks up a faction, and describes it. Says so if Torn does not know it.
    pub(super) fn look_up_faction(&mut self, id: FactionId) -> Result<Option<String>> {
        if !self.factions.contains_key(&id) {
            match self.session.faction(id)? {
                LookUp::Found(faction) => {
                    self.factions.insert(id, faction);
                }
                LookUp::Unknown => {
                    say(&format!("Torn knows no faction {id}. Correct the id."));
                    return Ok(None);
                }
                LookUp::Refused(why) => {
                    say(&format!("Faction {id} cannot be looked up: {why}."));
                    return Ok(None);
                }
            }
        }
        Ok(self.factions.get(&id).map(describe_faction))
    }

    /// Asks whether to follow what was found: one question for all of it.
    fn offer(&mut self, found: &[Found]) -> Result<()> {
        let question = match found {
            [] => return Ok(()),
            [only @ Found::Faction(_)] => format!("{}. Follow it?", self.describe(only)),
            [only @ Found::Player(..)] => format!("{}. Follow this player?", self.describe(only)),
            several => {
                for item in several {
                    say(&format!("  {}", self.describe(item)));
                }
                format!("Follow these {}?", several.len())
            }
        };
        if self.prompt.confirm(&question, true)? {
            for item in found {
                self.follow(item);
            }
        }
        Ok(())
    }

    fn follow(&mut self, item: &Found) {
        match item {
            Found::Faction(id) => {
                self.answers.factions.get_or_insert_default().insert(*id);
            }
            Found::Player(id, _) => {
                self.answers.players.get_or_insert_default().insert(*id);
            }
        }
    }

    fn follows_faction(&self, id: FactionId) -> bool {
        self.answers
            .factions
            .as_ref()
            .is_some_and(|factions| factions.contains(&id))
    }

    fn describe(&self, item: &Found) -> String {
        match item {
            Found::Faction(id) => match self.factions.get(id) {
                Some(faction) => describe_faction(faction),
                None => format!("faction {id}"),
            },
            Found::Player(id, profile) => {
                let mut text = named(&profile.name, id.get());
                if let Some(level) = profile.level {
                    let _ = write!(text, ", level {level}");
                }
                if let Some(faction) = profile.faction.filter(|id| self.follows_faction(*id)) {
                    let _ = write!(text, ", a member of {}", self.faction_name(faction));
                }
                text
            }
        }
    }
}

/// `Iron Wolves [9001], 37 members`.
fn describe_faction(faction: &Observation<Faction>) -> String {
    let mut text = named(name_of(faction), faction.value.id.get());
    let told = faction
        .value
        .basic
        .as_ref()
        .and_then(|basic| basic.member_count);
    let listed = faction
        .value
        .roster
        .as_ref()
        .map(|roster| roster.members.len());
    let members = told
        .and_then(|count| usize::try_from(count).ok())
        .or(listed);
    if let Some(members) = members {
        let _ = write!(text, ", {}", count(members, "member"));
    }
    text
}
