//! Reads the lists of current wars, one list per faction.

use std::collections::BTreeSet;

use super::faction_wars::{DecodedWars, decode_wars, list_name};
use super::{ListCoverage, ListedWars, key_of};
use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::command::fetch::concurrent::fetch_concurrently;
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::torn::{Failure, TornClient};
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::model::war::WarType;
use crate::store::missing::Missing;
use crate::store::save::Observation;

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
