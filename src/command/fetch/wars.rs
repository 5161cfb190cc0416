//! Wars: those listed, and how those went on that are listed no longer.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::keys::Need;
use crate::api::request::Request;
use crate::api::wire;
use crate::api::wire::page::next_link;
use crate::command::fetch::caller::{Caller, Failure, Reply, rejected};
use crate::command::fetch::factions::wars_seen;
use crate::command::fetch::harvest::harvest;
use crate::command::fetch::{Session, WarsSeen, Work, followed_factions, understood};
use crate::config::Wars;
use crate::error::Result;
use crate::model::id::{FactionId, WarId};
use crate::model::kind::Kind;
use crate::model::time::DAY;
use crate::model::war::{War, WarStatus, WarType};
use crate::store::Store;
use crate::store::keys::late_report_of;
use crate::store::run::{Missing, Rejected};
use crate::store::save::Sourced;

/// Wars that ended longer ago and were never followed are left to history.
const OLD_NEWS: i64 = 31 * DAY;

/// Seconds for which a report is asked for that was not there when a list already told the end.
const LATE_REPORT: i64 = 2 * DAY;

/// Seconds after its start by which every war that took place is in Torn's lists.
const LISTED_BY: i64 = 7 * DAY;

/// More pages than Torn's lists can have.
const MOST_PAGES: usize = 500;

type WarKey = (WarType, WarId);

/// What the lists say.
#[derive(Default)]
struct Seen {
    wars: BTreeMap<WarKey, Sourced<War>>,
    /// The factions whose own lists were read; `None`: the lists of the whole game.
    of: Option<BTreeSet<FactionId>>,
    /// Types whose lists could not be read to their end.
    incomplete: BTreeSet<WarType>,
}

impl Session<'_> {
    pub(super) fn fetch_wars(&mut self, work: &mut Work) -> Result<()> {
        let seen = match self.scope.track.wars {
            Wars::Tracked => self.wars_of_tracked(work)?,
            Wars::All => self.wars_of_all(work)?,
        };
        let unfinished = self.store.unfinished_wars()?;
        let (mut lookups, listed) = sort_out(&seen, &unfinished);
        lookups.extend(self.late_reports(work.batch.now)?);
        work.progress.more((lookups.len() + listed.len()) as u64);
        self.save_wars(work, &listed)?;
        self.look_up(work, lookups, seen.of.as_ref())
    }

    /// The wars on the lists of the followed factions.
    fn wars_of_tracked(&mut self, work: &mut Work) -> Result<Seen> {
        let mut targets = followed_factions(self.store, self.scope, work.batch.now)?;
        targets.retain(|id| !self.wars_seen.contains_key(id));
        self.harvest_wars_of(work, targets)?;
        let mut seen = Seen {
            of: Some(BTreeSet::new()),
            ..Seen::default()
        };
        for (faction, answer) in std::mem::take(&mut self.wars_seen) {
            for war in &answer.wars {
                seen.wars
                    .entry((war.war_type, war.id))
                    .or_insert_with(|| Sourced {
                        value: war.clone(),
                        source: answer.source.clone(),
                    });
            }
            // A list with something in it that we cannot read may well hold the war that seems to be gone.
            if answer.is_complete {
                seen.of.get_or_insert_default().insert(faction);
            }
            self.wars_seen.insert(faction, answer);
        }
        Ok(seen)
    }

    /// Keeps what a faction's answer says of wars for whoever asks; what does not fit is counted here.
    pub(super) fn note_wars(
        &mut self,
        work: &mut Work,
        faction: FactionId,
        seen: WarsSeen,
        bad: &[Rejected],
    ) -> Result<()> {
        self.wars_seen.insert(faction, seen);
        for rejected in bad {
            let failure = Failure::Rejected(Box::new(rejected.clone()));
            self.fail(work, &format!("wars of faction {faction}"), None, &failure)?;
        }
        Ok(())
    }

    /// Asks factions about their wars; the answers go to `wars_seen`.
    pub(super) fn harvest_wars_of(
        &mut self,
        work: &mut Work,
        targets: Vec<FactionId>,
    ) -> Result<()> {
        let (caller, now) = (self.caller, work.batch.now);
        harvest(
            caller,
            self.settings.api.concurrency,
            targets,
            |id| ask_wars_of(caller, *id, now),
            |came| {
                for (id, answer) in came {
                    match answer {
                        Ok((seen, bad)) => {
                            self.note_wars(work, id, seen, &bad)?;
                        }
                        Err(failure) => {
                            // Where the faction itself is asked about too, that call has counted the miss.
                            let missing = (!self.scope.kinds.contains(&Kind::Factions))
                                .then_some(Missing::Faction(id));
                            self.fail(work, &format!("wars of faction {id}"), missing, &failure)?;
                        }
                    }
                }
                Ok(())
            },
        )
    }

    /// The wars of the whole game: those that go on, and those that ended not long ago.
    fn wars_of_all(&mut self, work: &mut Work) -> Result<Seen> {
        let mut seen = Seen::default();
        for war_type in [WarType::Ranked, WarType::Territory] {
            let oldest = work.batch.now - OLD_NEWS;
            let mut failures = Vec::new();
            let mut unknown = Vec::new();
            let complete = walk(
                self.caller,
                war_type,
                work.batch.now,
                &mut failures,
                |war| {
                    let recent = !war.value.status.is_over()
                        || war.value.ends_at.is_some_and(|end| end >= oldest);
                    if recent {
                        unknown.push(war);
                    }
                    recent
                },
            );
            for failure in failures {
                self.fail(
                    work,
                    &format!("list of {} wars", war_type.as_str()),
                    None,
                    &failure,
                )?;
            }
            if !complete {
                seen.incomplete.insert(war_type);
            }
            for war in unknown {
                // What is over and stored as such needs no second look.
                let stored = self.store.newest_war(war_type, war.value.id)?;
                let same_end = stored.is_some_and(|stored| stored.status == war.value.status);
                if !(war.value.status.is_over() && same_end) {
                    seen.wars
                        .entry((war.value.war_type, war.value.id))
                        .or_insert(war);
                }
            }
        }
        Ok(seen)
    }

    /// The wars whose end came from a list because Torn had no report yet: it alone tells a forfeit.
    fn late_reports(&self, now: i64) -> Result<Vec<Lookup>> {
        let mut lookups = Vec::new();
        for id in self.store.late_reports(now)? {
            lookups.extend(
                self.store
                    .newest_war(WarType::Ranked, id)?
                    .map(|before| Lookup {
                        before,
                        listed: None,
                    }),
            );
        }
        Ok(lookups)
    }

    fn save_wars(&mut self, work: &mut Work, wars: &[Sourced<War>]) -> Result<()> {
        for _ in wars {
            work.progress.step();
        }
        let name = |war: &War| format!("{} war {}", war.war_type.as_str(), war.id);
        self.save_each(work, wars, name, Store::save_wars)
    }

    /// Asks how wars ended, each from its report or, failing that, from the history of a faction in it.
    fn look_up(
        &mut self,
        work: &mut Work,
        wars: Vec<Lookup>,
        ours: Option<&BTreeSet<FactionId>>,
    ) -> Result<()> {
        let (caller, now) = (self.caller, work.batch.now);
        harvest(
            caller,
            self.settings.api.concurrency,
            wars,
            |lookup| look_up(caller, lookup, ours, now),
            |came| {
                let mut found = Vec::new();
                for (lookup, answer) in came {
                    match answer {
                        Ok(Found::Reported(war)) => {
                            self.store.end_pause(&late_report_of(war.value.id))?;
                            found.push(war);
                        }
                        Ok(Found::Listed(war)) => {
                            if war.value.war_type == WarType::Ranked && war.value.status.is_over() {
                                let scope = late_report_of(war.value.id);
                                let until = now + LATE_REPORT;
                                self.store
                                    .pause(&scope, until, "its report is waited for")?;
                            }
                            found.push(war);
                        }
                        Ok(Found::Nowhere) if lookup.before.status.is_over() => {}
                        Ok(Found::Nowhere) => log::info!(
                            "{} war {} is listed nowhere; it stays as it is until Torn says how it ended",
                            lookup.before.war_type.as_str(),
                            lookup.before.id
                        ),
                        Err(failure) => {
                            let target = format!(
                                "{} war {}",
                                lookup.before.war_type.as_str(),
                                lookup.before.id
                            );
                            self.fail(work, &target, None, &failure)?;
                        }
                    }
                }
                self.save_wars(work, &found)
            },
        )
    }
}

/// A war whose end has to be asked about.
struct Lookup {
    before: War,
    /// How a list says that it ended; the report knows more.
    listed: Option<Sourced<War>>,
}

/// Tells wars that can be saved as listed from those whose end has to be asked about.
fn sort_out(seen: &Seen, unfinished: &[War]) -> (Vec<Lookup>, Vec<Sourced<War>>) {
    let mut lookups = Vec::new();
    let mut listed = seen.wars.clone();
    for before in unfinished {
        match seen.wars.get(&(before.war_type, before.id)) {
            // Ended under our eyes: only the report says whether it was a forfeit.
            Some(now) if now.value.status.is_over() && before.war_type == WarType::Ranked => {
                listed.remove(&(before.war_type, before.id));
                lookups.push(Lookup {
                    before: before.clone(),
                    listed: Some(now.clone()),
                });
            }
            Some(_) => {}
            None => {
                let list_was_read = match &seen.of {
                    Some(factions) => factions.iter().any(|faction| before.involves(*faction)),
                    None => !seen.incomplete.contains(&before.war_type),
                };
                if list_was_read {
                    lookups.push(Lookup {
                        before: before.clone(),
                        listed: None,
                    });
                }
            }
        }
    }
    (lookups, listed.into_values().collect())
}

fn ask_wars_of(
    caller: &Caller,
    id: FactionId,
    now: i64,
) -> Result<(WarsSeen, Vec<Rejected>), Failure> {
    let request = Request::faction_wars(id);
    let reply = caller.call(&request, Need::Any)?;
    let read = wire::war::faction_wars(&reply.body, now);
    Ok(wars_seen(read, &request, &format!("faction {id}"), &reply))
}

/// What Torn knows of a war that was asked about.
enum Found {
    /// How its report says that it ended.
    Reported(Sourced<War>),
    /// How a list says that it went on, or that no list has it any more.
    Listed(Sourced<War>),
    /// Nothing, which ends no war that has begun.
    Nowhere,
}

/// How a war went on: from its report, else from the history of either faction.
fn look_up(
    caller: &Caller,
    lookup: &Lookup,
    ours: Option<&BTreeSet<FactionId>>,
    now: i64,
) -> Result<Found, Failure> {
    let before = &lookup.before;
    let entity = format!("{} war {}", before.war_type.as_str(), before.id);
    let request = Request::war_report(before.war_type, before.id);
    let reported = caller.call(&request, Need::Any).and_then(|reply| {
        let war = understood(&reply, &request, &entity, |body| {
            wire::war::report(body, before.war_type, before.id, now)
        })?;
        Ok(Sourced {
            value: war,
            source: reply.source,
        })
    });
    let no_report = match reported {
        Ok(war) if war.value.status.is_over() => return Ok(Found::Reported(war)),
        // Its own report says that it goes on.
        Ok(war) if lookup.listed.is_none() && !before.status.is_over() => {
            return Ok(Found::Listed(war));
        }
        Ok(_) => None,
        Err(Failure::RunOver) => return Err(Failure::RunOver),
        Err(failure) => Some(failure),
    };
    if before.status.is_over() {
        return Ok(Found::Nowhere); // Its end is known; only the report was asked for.
    }
    if let Some(listed) = &lookup.listed {
        return Ok(Found::Listed(listed.clone()));
    }
    let mut factions: Vec<FactionId> = [&before.attacking, &before.defending]
        .into_iter()
        .flatten()
        .map(|side| side.faction)
        .collect();
    factions.sort_by_key(|faction| !ours.is_some_and(|ours| ours.contains(faction)));
    let mut read_with = None;
    for faction in factions {
        match in_history(caller, before, faction, now) {
            Ok(Sourced {
                value: Some(war),
                source,
            }) => return Ok(Found::Listed(Sourced { value: war, source })),
            Ok(nothing) => read_with = Some(nothing.source),
            Err(Failure::Missing(_)) => {} // A faction that is no more has no history.
            Err(failure) => return Err(failure),
        }
    }
    match (no_report, read_with) {
        // Torn knows neither a report nor a place in the history: it was called off before it began.
        (Some(Failure::Missing(_)), Some(source)) if was_called_off(before, now) => {
            Ok(Found::Listed(Sourced {
                value: before.clone().cancelled(),
                source,
            }))
        }
        (Some(Failure::Missing(_)) | None, _) => Ok(Found::Nowhere),
        (Some(failure), _) => Err(failure),
    }
}

/// Whether a war that Torn knows nothing of never began: its start lies ahead, or so far back that no list is late.
fn was_called_off(before: &War, now: i64) -> bool {
    before.status == WarStatus::Scheduled
        && before
            .started_at
            .is_some_and(|start| now < start || now >= start + LISTED_BY)
}

/// The war in the newest part of a faction's history, if it is there.
fn in_history(
    caller: &Caller,
    before: &War,
    faction: FactionId,
    now: i64,
) -> Result<Sourced<Option<War>>, Failure> {
    let request = Request::war_history(before.war_type, faction);
    let field = match before.war_type {
        WarType::Ranked => "rankedwars",
        WarType::Territory => "territorywars",
    };
    let reply = caller.call(&request, Need::Any)?;
    let entity = format!("war history of faction {faction}");
    let list = understood(&reply, &request, &entity, |body| {
        wire::war::list(body, field, before.war_type, now)
    })?;
    let found = list.good.into_iter().find(|war| war.id == before.id);
    match list.bad.into_iter().next() {
        // It may be the very one.
        Some((misfit, body)) if found.is_none() => Err(Failure::Rejected(Box::new(rejected(
            &request, &entity, &misfit, body,
        )))),
        _ => Ok(Sourced {
            value: found,
            source: reply.source,
        }),
    }
}

/// Walks a list of the whole game, newest first, until `take` finds nothing more of interest on a page.
///
/// Returns whether the list was read as far as that; what went wrong is added to `failures`.
pub(super) fn walk(
    caller: &Caller,
    war_type: WarType,
    now: i64,
    failures: &mut Vec<Failure>,
    mut take: impl FnMut(Sourced<War>) -> bool,
) -> bool {
    let field = match war_type {
        WarType::Ranked => "warfareranked",
        WarType::Territory => "warfareterritory",
    };
    let mut request = Request::all_wars(war_type);
    let mut pages = BTreeSet::new();
    let mut complete = true;
    loop {
        pages.insert(request.target.clone());
        let page = caller.call(&request, Need::Any).and_then(|reply| {
            let entity = format!("list of {} wars", war_type.as_str());
            let list = understood(&reply, &request, &entity, |body| {
                wire::war::list(body, field, war_type, now)
            })?;
            Ok((reply, list))
        });
        let (reply, list) = match page {
            Ok(page) => page,
            Err(failure) => {
                failures.push(failure);
                return false;
            }
        };
        for (misfit, body) in list.bad {
            let entity = format!("list of {} wars", war_type.as_str());
            failures.push(Failure::Rejected(Box::new(rejected(
                &request, &entity, &misfit, body,
            ))));
            complete = false;
        }
        let mut interesting = 0;
        for war in list.good {
            let war = Sourced {
                value: war,
                source: reply.source.clone(),
            };
            interesting += usize::from(take(war));
        }
        if interesting == 0 {
            return complete;
        }
        match next_page(caller, &request, &reply, &pages) {
            Ok(Some(next)) => request = next,
            Ok(None) => return complete,
            Err(failure) => {
                failures.push(failure);
                return false;
            }
        }
    }
}

/// The page after this one, if there is one; never one on another host, and none twice.
pub(super) fn next_page(
    caller: &Caller,
    request: &Request,
    reply: &Reply,
    pages: &BTreeSet<String>,
) -> Result<Option<Request>, Failure> {
    let Some(link) = next_link(&reply.body) else {
        return Ok(None);
    };
    let Some(next) = Request::linked(caller.base_url(), link, request) else {
        return Err(Failure::Refused(
            "the link to the next page leads to another address; it was not followed".to_owned(),
        ));
    };
    if pages.contains(&next.target) || pages.len() >= MOST_PAGES {
        return Err(Failure::Refused(
            "the pages go round in a circle".to_owned(),
        ));
    }
    Ok(Some(next))
}
