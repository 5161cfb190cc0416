//! Factions and their rosters, one call each; their wars come with them where those are wanted too.

use crate::api::pool::Need;
use crate::api::request::Request;
use crate::api::wire::{InvalidItem, Partitioned, faction};
use crate::command::fetch::concurrent::fetch_concurrently;
use crate::command::fetch::players::Parts;
use crate::command::fetch::session::{Session, Work, rejected_item};
use crate::command::fetch::wars::{WarsAnswer, decode_wars};
use crate::command::torn::{Failure, Reply, TornClient};
use crate::config::Wars;
use crate::error::Result;
use crate::model::faction::{Basic, Faction, Member, Roster};
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::store::missing::Missing;
use crate::store::save::{RosterChange, Sourced};

/// The parts of an answer about a faction that fit, and the failures of the others.
struct Answer {
    faction: Sourced<Faction>,
    wars: Option<WarsAnswer>,
    failures: Vec<Failure>,
}

impl Session<'_> {
    pub(super) fn fetch_factions(&mut self, work: &mut Work) -> Result<RosterChange> {
        let targets = self.followed(work)?.targets;
        let with_wars =
            self.scope.kinds.contains(&Kind::Wars) && self.scope.track.wars == Wars::Tracked;
        self.fetch_rosters(work, targets, with_wars)
    }

    /// Rosters that are needed to know the members, where nothing else fetches them.
    pub(super) fn refresh_rosters(
        &mut self,
        work: &mut Work,
        factions: Vec<FactionId>,
    ) -> Result<()> {
        let before = work.tally;
        self.fetch_rosters(work, factions, false)?;
        // This run is about players: of the rosters only the failures count.
        work.tally.answers = before.answers;
        work.tally.counts.entities = before.counts.entities;
        work.tally.counts.appended = before.counts.appended;
        work.tally.counts.unchanged = before.counts.unchanged;
        Ok(())
    }

    fn fetch_rosters(
        &mut self,
        work: &mut Work,
        targets: Vec<FactionId>,
        with_wars: bool,
    ) -> Result<RosterChange> {
        let mut change = RosterChange::default();
        let torn = self.torn;
        work.progress.more(targets.len() as u64);
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            targets,
            |id| ask(torn, *id, with_wars),
            |answers| {
                let mut factions = Vec::new();
                for (id, answer) in answers {
                    work.progress.step();
                    let failures = match answer {
                        Ok(answer) => {
                            factions.push(answer.faction);
                            if let Some(wars) = answer.wars {
                                self.note_wars(id, wars);
                            }
                            answer.failures
                        }
                        Err(failure) => vec![failure],
                    };
                    for failure in failures {
                        let name = format!("faction {id}");
                        self.fail(work, &name, Some(Missing::Faction(id)), &failure)?;
                    }
                }
                self.save_each(
                    work,
                    &factions,
                    |faction| format!("faction {}", faction.id),
                    |store, batch, factions, counts| {
                        let saved = store.save_factions(batch, factions, counts)?;
                        change.joined += saved.joined;
                        change.left += saved.left;
                        Ok(())
                    },
                )
            },
        )?;
        Ok(change)
    }
}

fn ask(torn: &TornClient, id: FactionId, with_wars: bool) -> Result<Answer, Failure> {
    let request = Request::faction(id, with_wars);
    match torn.get(&request, Need::Any) {
        Ok(reply) => decode(&request, reply, id, with_wars),
        Err(failure) if with_wars && failure.allows_smaller_request() => {
            let request = Request::faction(id, false);
            let reply = torn.get(&request, Need::Any)?;
            decode(&request, reply, id, false)
        }
        Err(failure) => Err(failure),
    }
}

/// Decodes each selection on its own.
///
/// # Errors
///
/// When neither the faction nor its roster can be used, or the answer is about another faction.
fn decode(
    request: &Request,
    reply: Reply,
    asked: FactionId,
    with_wars: bool,
) -> Result<Answer, Failure> {
    let parts = Parts {
        request,
        reply: &reply,
        entity: format!("faction {asked}"),
    };
    let is_foreign = faction::faction_id(&reply.body).is_some_and(|id| id != asked.get());
    let mut failures = Vec::new();
    let basic = parts.read(
        "basic",
        |body| faction::basic(body, asked).map(Some),
        &mut failures,
    );
    if is_foreign {
        // The roster and the wars are those of the same faction.
        return Err(failures.pop().unwrap_or(Failure::NotListed));
    }
    let members = parts.read(
        "members",
        |body| faction::members(body).map(Some),
        &mut failures,
    );
    if basic.is_none() && (members.is_none() || failures.iter().any(Failure::is_missing)) {
        return Err(failures.swap_remove(0));
    }
    let roster = members.map(|members| roster(&parts, basic.as_ref(), members, &mut failures));
    let wars = with_wars.then(|| decode_wars(request, &reply, asked));
    Ok(Answer {
        wars,
        faction: Sourced {
            value: Faction {
                id: asked,
                basic,
                roster,
            },
            source: reply.source,
            at: reply.at,
        },
        failures,
    })
}

/// The roster, which is complete when every member could be read and is there.
fn roster(
    parts: &Parts<'_>,
    basic: Option<&Basic>,
    members: Partitioned<Member>,
    failures: &mut Vec<Failure>,
) -> Roster {
    for member in &members.invalid {
        let entity = member_name(member).map_or_else(
            || parts.entity.clone(),
            |member| format!("{member} of {}", parts.entity),
        );
        failures.push(rejected_item(parts.request, &entity, member));
    }
    let listed = members.valid.len();
    let expected = basic.and_then(|basic| basic.member_count);
    let is_complete = members.invalid.is_empty() && i64::try_from(listed).ok() == expected;
    if !is_complete {
        let expected = expected.map_or_else(|| "?".to_owned(), |count| count.to_string());
        log::warn!(
            "{}: {listed} of {expected} members could be read; nobody is taken to have left",
            parts.entity
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
