//! Reads the lists of current wars, one list per faction.

use std::collections::BTreeSet;

use super::{AssaultedTiles, ListCoverage, ListedWars, WarKey, key_of};
use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::api::wire::{InvalidItem, Partitioned, war};
use crate::command::fetch::concurrent::fetch_concurrently;
use crate::command::fetch::session::{ActiveRun, Session, rejected_item};
use crate::command::torn::{Failure, Response, TornClient};
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::model::war::{War, WarType};
use crate::store::missing::Missing;
use crate::store::save::Observation;

/// The current wars of a faction.
pub(in crate::command::fetch) struct FactionWars {
    wars: Vec<War>,
    /// The types whose list was read completely: each of its wars is in `wars` or in `undecoded`.
    read: BTreeSet<WarType>,
    undecoded: BTreeSet<WarKey>,
    /// Whether the list of territory wars was read, so that `assaulted` is known.
    lists_territory_wars: bool,
    assaulted: AssaultedTiles,
    /// The name of the key that was used.
    source: String,
    /// The time of the answer, unix seconds.
    at: i64,
}

/// The current wars of a faction, and what could not be decoded.
pub(in crate::command::fetch) struct DecodedWars {
    wars: FactionWars,
    failures: Vec<Failure>,
}

impl FactionWars {
    fn of_response(response: &Response) -> Self {
        Self {
            wars: Vec::new(),
            read: BTreeSet::new(),
            undecoded: BTreeSet::new(),
            lists_territory_wars: false,
            assaulted: AssaultedTiles::default(),
            source: response.source.clone(),
            at: response.at,
        }
    }

    /// The tiles under assault; `None` if the list of territory wars could not be read.
    pub(in crate::command::fetch) fn assaulted(&self) -> Option<&AssaultedTiles> {
        self.lists_territory_wars.then_some(&self.assaulted)
    }

    /// The time of the answer, if at least one list was read.
    pub(super) fn listed_at(&self) -> Option<i64> {
        (!self.read.is_empty()).then_some(self.at)
    }

    fn add(&mut self, war_type: WarType, wars: Partitioned<War>) {
        let mut is_complete = true;
        for item in &wars.invalid {
            match war::id_of(&item.item) {
                Some(id) => drop(self.undecoded.insert((war_type, id))),
                None => is_complete = false,
            }
            if war_type == WarType::Territory {
                self.assaulted.add_undecoded(item);
            }
        }
        self.lists_territory_wars |= war_type == WarType::Territory;
        self.assaulted.add(&wars.valid);
        self.wars.extend(wars.valid);
        if is_complete {
            self.read.insert(war_type);
        }
    }
}

/// Decodes the selection `wars` of an answer. Each type and each war is decoded separately.
pub(in crate::command::fetch) fn decode_wars(
    request: &Request,
    response: &Response,
    faction: FactionId,
) -> DecodedWars {
    let entity = list_name(faction);
    let mut wars = FactionWars::of_response(response);
    let mut failures = Vec::new();
    let refused = response
        .errors
        .iter()
        .find(|failed| failed.selection == "wars");
    if let Some(refused) = refused {
        failures.push(Failure::Refused(refused.error.clone()));
        return DecodedWars { wars, failures };
    }
    let lists = war::faction_wars(&response.body, response.at);
    for (war_type, list) in [
        (WarType::Ranked, lists.ranked),
        (WarType::Territory, lists.territory),
    ] {
        match list {
            Ok(list) => {
                for item in &list.invalid {
                    failures.push(rejected_item(request, &item_name(&entity, item), item));
                }
                wars.add(war_type, list);
            }
            Err(error) => {
                let part = response
                    .body
                    .get("wars")
                    .unwrap_or(&response.body)
                    .to_string();
                let failure = Failure::rejected(request, &entity, &error, part);
                // An invalid body fails for both types. It is one failure.
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
            }
        }
    }
    DecodedWars { wars, failures }
}

impl Session<'_> {
    /// The wars on the lists of the followed factions. Lists that came with the factions are not requested again.
    pub(super) fn list_wars_of_factions(
        &mut self,
        run: &mut ActiveRun,
        followed: &[FactionId],
    ) -> Result<ListedWars> {
        self.fetch_missing_faction_wars(run, followed)?;
        let mut listed = ListedWars::default();
        let (mut read, mut failed) = (BTreeSet::new(), BTreeSet::new());
        for faction in followed {
            let answer = self.faction_wars.get(faction);
            for war_type in [WarType::Ranked, WarType::Territory] {
                if answer.is_some_and(|answer| answer.read.contains(&war_type)) {
                    read.insert((war_type, *faction));
                } else {
                    failed.insert((war_type, *faction));
                }
            }
            let Some(answer) = answer else {
                continue;
            };
            if answer.listed_at().is_some() {
                run.tally.answers += 1;
            }
            listed.undecoded.extend(&answer.undecoded);
            for war in &answer.wars {
                listed
                    .current
                    .entry(key_of(war))
                    .or_insert_with(|| Observation {
                        value: war.clone(),
                        source: answer.source.clone(),
                        at: answer.at,
                    });
            }
        }
        listed.coverage = ListCoverage::Factions {
            read,
            failed,
            only_these: self.scope.has_named_targets,
        };
        Ok(listed)
    }

    /// Keeps the wars of a faction, and their failures, for the kinds that need them.
    pub(in crate::command::fetch) fn keep_faction_wars(
        &mut self,
        faction: FactionId,
        answer: DecodedWars,
    ) {
        self.faction_wars.insert(faction, answer.wars);
        let failures = answer.failures.into_iter();
        self.war_failures
            .extend(failures.map(|failure| (faction, failure)));
    }

    /// Fetches the wars of the factions whose wars are not in `faction_wars` yet, and records the failures in all of
    /// them.
    pub(in crate::command::fetch) fn fetch_missing_faction_wars(
        &mut self,
        run: &mut ActiveRun,
        factions: &[FactionId],
    ) -> Result<()> {
        let torn = self.torn;
        let missing = factions
            .iter()
            .copied()
            .filter(|id| !self.faction_wars.contains_key(id))
            .collect();
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            missing,
            |id| fetch_list(torn, *id),
            |results| {
                for (id, answer) in results {
                    match answer {
                        Ok(answer) => self.keep_faction_wars(id, answer),
                        Err(failure) => {
                            // If this invocation also fetches the faction itself, that call has recorded the miss.
                            let missing = (!self.scope.kinds.contains(&Kind::Factions))
                                .then_some(Missing::Faction(id));
                            self.record_failure(run, &list_name(id), missing, &failure)?;
                        }
                    }
                }
                Ok(())
            },
        )?;
        for (faction, failure) in std::mem::take(&mut self.war_failures) {
            self.record_failure(run, &list_name(faction), None, &failure)?;
        }
        Ok(())
    }
}

fn fetch_list(torn: &TornClient, id: FactionId) -> Result<DecodedWars, Failure> {
    let request = Request::faction_wars(id);
    let response = torn.get(&request, KeyRequirement::Any)?;
    if let Some(failed) = response.errors.first() {
        return Err(Failure::Refused(failed.error.clone()));
    }
    Ok(decode_wars(&request, &response, id))
}

fn list_name(faction: FactionId) -> String {
    format!("wars of faction {faction}")
}

fn item_name(list: &str, item: &InvalidItem) -> String {
    war::id_of(&item.item).map_or_else(|| list.to_owned(), |id| format!("war {id} of {list}"))
}
