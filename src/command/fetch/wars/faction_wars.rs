//! The current wars of a faction, decoded from an answer.

use std::collections::BTreeSet;

use super::{AssaultedTiles, WarKey};
use crate::api::request::Request;
use crate::api::wire::{InvalidItem, Partitioned, war};
use crate::command::torn::{Failure, Response};
use crate::model::id::FactionId;
use crate::model::war::{War, WarType};

/// The current wars of a faction.
pub(in crate::command::fetch) struct FactionWars {
    pub(super) wars: Vec<War>,
    /// The types whose list was read completely: each of its wars is in `wars` or in `undecoded`.
    pub(super) read: BTreeSet<WarType>,
    pub(super) undecoded: BTreeSet<WarKey>,
    /// Whether the list of territory wars was read, so that `assaulted` is known.
    lists_territory_wars: bool,
    assaulted: AssaultedTiles,
    /// The name of the key that was used.
    pub(super) source: String,
    /// The time of the answer, unix seconds.
    pub(super) at: i64,
}

/// The current wars of a faction, and what could not be decoded.
pub(in crate::command::fetch) struct DecodedWars {
    pub(super) wars: FactionWars,
    pub(super) failures: Vec<Failure>,
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
                    failures.push(Failure::rejected_item(
                        request,
                        &item_name(&entity, item),
                        item,
                    ));
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

pub(super) fn list_name(faction: FactionId) -> String {
    format!("wars of faction {faction}")
}

fn item_name(list: &str, item: &InvalidItem) -> String {
    war::id_of(&item.item).map_or_else(|| list.to_owned(), |id| format!("war {id} of {list}"))
}
