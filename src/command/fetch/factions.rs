//! Fetches factions and their rosters with one call per faction, which also fetches their wars if they are requested.

use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::api::wire::{InvalidItem, Partitioned, faction};
use crate::command::fetch::concurrent::{TargetResult, fetch_concurrently};
use crate::command::fetch::selections::Selections;
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::fetch::wars::{DecodedWars, decode_wars};
use crate::command::torn::{Failure, Response, TornClient};
use crate::config::Wars;
use crate::error::Result;
use crate::model::faction::{Basic, Faction, Member, Roster};
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::store::missing::Missing;
use crate::store::save::{Observation, RosterChange};

/// An answer about a faction: the decoded selections, and the failures of the other selections.
struct Answer {
    faction: Observation<Faction>,
    wars: Option<DecodedWars>,
    failures: Vec<Failure>,
}

impl Session<'_> {
    pub(super) fn fetch_factions(&mut self, run: &mut ActiveRun) -> Result<RosterChange> {
        let targets = self.factions_to_request(run)?;
        let with_wars =
            self.scope.kinds.contains(&Kind::Wars) && self.scope.track.wars == Wars::Tracked;
        self.fetch_rosters(run, targets, with_wars)
    }

    /// Fetches rosters for a run of the players, which requests their members.
    pub(super) fn refresh_rosters(
        &mut self,
        run: &mut ActiveRun,
        factions: Vec<FactionId>,
    ) -> Result<()> {
        let before = run.tally;
        self.fetch_rosters(run, factions, false)?;
        // This run counts players. Of the rosters, it counts only the failures.
        run.tally.answers = before.answers;
        run.tally.counts.entities = before.counts.entities;
        run.tally.counts.appended = before.counts.appended;
        run.tally.counts.unchanged = before.counts.unchanged;
        Ok(())
    }

    fn fetch_rosters(
        &mut self,
        run: &mut ActiveRun,
        targets: Vec<FactionId>,
        with_wars: bool,
    ) -> Result<RosterChange> {
        let mut change = RosterChange::default();
        let torn = self.torn;
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            targets,
            |id| fetch_faction(torn, *id, with_wars),
            |results| self.save_factions(run, results, &mut change),
        )?;
        Ok(change)
    }

    fn save_factions(
        &mut self,
        run: &mut ActiveRun,
        results: Vec<TargetResult<FactionId, Answer>>,
        change: &mut RosterChange,
    ) -> Result<()> {
        let mut factions = Vec::new();
        for (id, answer) in results {
            let failures = match answer {
                Ok(answer) => {
                    factions.push(answer.faction);
                    if let Some(wars) = answer.wars {
                        self.keep_faction_wars(id, wars);
                    }
                    answer.failures
                }
                Err(failure) => vec![failure],
            };
            for failure in failures {
                let name = format!("faction {id}");
                self.record_failure(run, &name, Some(Missing::Faction(id)), &failure)?;
            }
        }
        self.save_each(
            run,
            &factions,
            |faction| format!("faction {}", faction.id),
            |store, batch, factions, counts| {
                change.add(store.save_factions(batch, factions, counts)?);
                Ok(())
            },
        )
    }
}

fn fetch_faction(torn: &TornClient, id: FactionId, with_wars: bool) -> Result<Answer, Failure> {
    let request = Request::faction(id, with_wars);
    match torn.get(&request, KeyRequirement::Any) {
        Ok(response) => decode(&request, response, id, with_wars),
        Err(failure) if with_wars && failure.allows_smaller_request() => {
            let request = Request::faction(id, false);
            let response = torn.get(&request, KeyRequirement::Any)?;
            decode(&request, response, id, false)
        }
        Err(failure) => Err(failure),
    }
}

/// Decodes each selection separately.
///
/// # Errors
///
/// If neither the faction nor its roster can be used, or the answer is about another faction.
fn decode(
    request: &Request,
    response: Response,
    id: FactionId,
    with_wars: bool,
) -> Result<Answer, Failure> {
    let mut selections = Selections::new(request, &response, format!("faction {id}"));
    let subject = faction::faction_id(&response.body);
    let basic =
        selections.decode_identity("basic", subject, id.get(), |body| faction::basic(body, id))?;
    let members = selections.decode("members", |body| faction::members(body).map(Some));
    let is_missing = selections.failures.iter().any(Failure::is_missing);
    if basic.is_none() && (members.is_none() || is_missing) {
        return Err(selections.failures.swap_remove(0));
    }
    let roster = members.map(|members| roster(&mut selections, basic.as_ref(), members));
    let failures = selections.failures;
    let wars = with_wars.then(|| decode_wars(request, &response, id));
    Ok(Answer {
        wars,
        faction: Observation {
            value: Faction { id, basic, roster },
            source: response.source,
            at: response.at,
        },
        failures,
    })
}

/// The roster. It is complete if every member could be decoded and their number is Torn's count.
fn roster(
    selections: &mut Selections<'_>,
    basic: Option<&Basic>,
    members: Partitioned<Member>,
) -> Roster {
    for member in &members.invalid {
        let entity = match member_name(member) {
            Some(member) => format!("{member} of {}", selections.entity()),
            None => selections.entity().to_owned(),
        };
        let failure = Failure::rejected_item(selections.request(), &entity, member);
        selections.failures.push(failure);
    }
    let listed = members.valid.len();
    let expected = basic.and_then(|basic| basic.member_count);
    let is_complete = members.invalid.is_empty() && i64::try_from(listed).ok() == expected;
    if !is_complete {
        let expected = expected.map_or_else(|| "?".to_owned(), |count| count.to_string());
        log::warn!(
            "{}: {listed} of {expected} members could be read; nobody is taken to have left",
            selections.entity()
        );
    }
    Roster {
        members: members.valid,
        is_complete,
    }
}

fn member_name(member: &InvalidItem) -> Option<String> {
    let id = member.item.get("id")?.as_i64()?;
    Some(format!("member {id}"))
}
