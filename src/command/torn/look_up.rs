//! Looks up single factions, players and tiles for `init` and `config check --online`.

use std::collections::BTreeSet;

use super::{Failure, Response, TornClient};
use crate::api::pool::KeyRequirement;
use crate::api::request::{FACTS_PAGE, Request};
use crate::api::wire::{self, DecodeError};
use crate::model::faction::{Faction, Roster};
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::player::Profile;
use crate::store::save::Observation;

impl TornClient {
    /// The faction with this id. Its roster is `None` if it could not be decoded.
    pub(crate) fn look_up_faction(&self, id: FactionId) -> Result<Observation<Faction>, Failure> {
        let request = Request::faction(id, false);
        let response = self.get_whole(&request)?;
        let basic = wire::faction::basic(&response.body, id)
            .map_err(|error| rejected(&request, &format!("faction {id}"), &error, &response))?;
        let roster = wire::faction::members(&response.body)
            .ok()
            .map(|members| Roster {
                is_complete: members.invalid.is_empty(),
                members: members.valid,
            });
        Ok(Observation {
            value: Faction {
                id,
                basic: Some(basic),
                roster,
            },
            source: response.source,
            at: response.at,
        })
    }

    /// The profile of the player with this id.
    pub(crate) fn look_up_player(&self, id: PlayerId) -> Result<Profile, Failure> {
        let request = Request::player(id, false);
        let response = self.get_whole(&request)?;
        wire::user::profile(&response.body, id)
            .map_err(|error| rejected(&request, &format!("player {id}"), &error, &response))
    }

    /// Returns the tiles that Torn does not know.
    pub(crate) fn unknown_tiles(
        &self,
        ids: &BTreeSet<TerritoryId>,
    ) -> Result<BTreeSet<TerritoryId>, Failure> {
        let mut unknown = ids.clone();
        let ids: Vec<TerritoryId> = ids.iter().copied().collect();
        for ids in ids.chunks(FACTS_PAGE) {
            let request = Request::tiles(ids);
            let response = self.get_whole(&request)?;
            let found = wire::territory::facts(&response.body)
                .map_err(|error| rejected(&request, "tiles", &error, &response))?;
            let valid = found.valid.iter().map(|facts| facts.id);
            // Torn knows a tile even if this program does not understand the facts about it.
            let invalid = found.invalid.iter();
            let invalid = invalid.filter_map(|item| wire::territory::tile_of(&item.item, "id"));
            for known in valid.chain(invalid) {
                unknown.remove(&known);
            }
        }
        Ok(unknown)
    }

    /// An answer in which no selection has an error.
    fn get_whole(&self, request: &Request) -> Result<Response, Failure> {
        let response = self.get(request, KeyRequirement::Any)?;
        match response.errors.first() {
            Some(failed) => Err(Failure::Refused(failed.error.clone())),
            None => Ok(response),
        }
    }
}

fn rejected(request: &Request, entity: &str, error: &DecodeError, response: &Response) -> Failure {
    Failure::rejected(request, entity, error, response.body.to_string())
}
