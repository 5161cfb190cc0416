//! Factions and their rosters, one call each; their wars come with them where those are wanted too.

use crate::api::keys::Need;
use crate::api::request::Request;
use crate::api::wire;
use crate::command::fetch::caller::{Caller, Failure, Reply, rejected};
use crate::command::fetch::harvest::harvest;
use crate::command::fetch::{Session, WarsSeen, Work, followed_factions, understood};
use crate::config::Wars;
use crate::error::Result;
use crate::model::faction::Faction;
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::store::run::{Missing, Rejected};
use crate::store::save::{RosterChange, Sourced};

/// A faction's answer: itself, and its wars if they were asked for.
struct Answer {
    faction: Sourced<Faction>,
    wars: Option<(WarsSeen, Vec<Rejected>)>,
}

impl Session<'_> {
    pub(super) fn fetch_factions(&mut self, work: &mut Work) -> Result<RosterChange> {
        let targets = followed_factions(self.store, self.scope, work.batch.now)?;
        let with_wars =
            self.scope.kinds.contains(&Kind::Wars) && self.scope.track.wars == Wars::Tracked;
        self.harvest_factions(work, targets, with_wars)
    }

    /// Rosters that are needed to know the members, where nothing else fetches them.
    pub(super) fn refresh_rosters(
        &mut self,
        work: &mut Work,
        factions: Vec<FactionId>,
    ) -> Result<()> {
        let counts = work.counts;
        self.harvest_factions(work, factions, false)?;
        // They are not what this run is about; only their failures are.
        work.counts.entities = counts.entities;
        work.counts.appended = counts.appended;
        work.counts.unchanged = counts.unchanged;
        Ok(())
    }

    fn harvest_factions(
        &mut self,
        work: &mut Work,
        targets: Vec<FactionId>,
        with_wars: bool,
    ) -> Result<RosterChange> {
        let mut change = RosterChange::default();
        let (caller, now) = (self.caller, work.batch.now);
        work.progress.more(targets.len() as u64);
        harvest(
            caller,
            self.settings.api.concurrency,
            targets,
            |id| ask(caller, *id, with_wars, now),
            |came| {
                let mut factions = Vec::new();
                for (id, answer) in came {
                    work.progress.step();
                    match answer {
                        Ok(answer) => {
                            factions.push(answer.faction);
                            if let Some((seen, bad)) = answer.wars {
                                self.note_wars(work, id, seen, &bad)?;
                            }
                        }
                        Err(failure) => {
                            self.fail(
                                work,
                                &format!("faction {id}"),
                                Some(Missing::Faction(id)),
                                &failure,
                            )?;
                        }
                    }
                }
                self.save_each(
                    work,
                    &factions,
                    |faction| format!("faction {}", faction.id),
                    |store, batch, factions, counts| {
                        let came_and_went = store.save_factions(batch, factions, counts)?;
                        change.joined += came_and_went.joined;
                        change.left += came_and_went.left;
                        Ok(())
                    },
                )
            },
        )?;
        Ok(change)
    }
}

fn ask(caller: &Caller, id: FactionId, with_wars: bool, now: i64) -> Result<Answer, Failure> {
    let request = Request::faction(id, with_wars);
    let entity = format!("faction {id}");
    let reply = caller.call(&request, Need::Any)?;
    let faction = understood(&reply, &request, &entity, |body| {
        wire::faction::faction(body, id)
    })?;
    if !faction.roster_is_complete() {
        log::warn!(
            "{entity}: {} of {} members are listed; nobody is taken to have left",
            faction.members.len(),
            faction.member_count
        );
    }
    let wars = with_wars.then(|| {
        wars_seen(
            wire::war::faction_wars(&reply.body, now),
            &request,
            &entity,
            &reply,
        )
    });
    Ok(Answer {
        wars,
        faction: Sourced {
            value: faction,
            source: reply.source,
        },
    })
}

/// What an answer says of wars, and what in it does not fit.
pub(super) fn wars_seen(
    read: Result<wire::Sorted<crate::model::war::War>, wire::Misfit>,
    request: &Request,
    entity: &str,
    reply: &Reply,
) -> (WarsSeen, Vec<Rejected>) {
    let (wars, bad) = match read {
        Ok(sorted) => (sorted.good, sorted.bad),
        Err(misfit) => (Vec::new(), vec![(misfit, reply.body.to_string())]),
    };
    let seen = WarsSeen {
        wars,
        is_complete: bad.is_empty(),
        source: reply.source.clone(),
    };
    let bad = bad
        .into_iter()
        .map(|(misfit, body)| rejected(request, &format!("wars of {entity}"), &misfit, body));
    (seen, bad.collect())
}
