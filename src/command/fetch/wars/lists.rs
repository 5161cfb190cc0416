//! The lists of wars that are announced or go on: those of the followed factions, or those of the whole game.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::{Coverage, OLD_NEWS, Seen, WarKey};
use crate::api::pages::PagedBy;
use crate::api::pool::Need;
use crate::api::request::Request;
use crate::api::wire::{InvalidItem, Partitioned, territory, war};
use crate::command::fetch::concurrent::fetch_concurrently;
use crate::command::fetch::session::{Session, Work, rejected_item};
use crate::command::torn::{Failure, ListRead, Page, Reply, TornClient, read_list};
use crate::error::Result;
use crate::model::id::{FactionId, TerritoryId, WarId};
use crate::model::kind::Kind;
use crate::model::war::{War, WarType};
use crate::store::missing::Missing;
use crate::store::save::Sourced;

/// The wars that a faction's answer lists.
pub(in crate::command::fetch) struct WarsSeen {
    wars: Vec<War>,
    /// Types whose list could be read, but for `unreadable`.
    read: BTreeSet<WarType>,
    unreadable: BTreeSet<WarKey>,
    /// Whether `assaulted` is known.
    lists_territory_wars: bool,
    assaulted: Assaulted,
    source: String,
    at: i64,
}

/// The same with what does not fit.
pub(in crate::command::fetch) struct WarsAnswer {
    seen: WarsSeen,
    failures: Vec<Failure>,
}

/// The tiles under assault.
#[derive(Clone, Debug, Default)]
pub(in crate::command::fetch) struct Assaulted {
    pub(in crate::command::fetch) tiles: BTreeSet<TerritoryId>,
    /// Tiles named by a war that could not be read.
    pub(in crate::command::fetch) unknown: BTreeSet<TerritoryId>,
    /// Whether a war could not be read that does not name its tile: it may be about any other tile.
    pub(in crate::command::fetch) is_incomplete: bool,
}

impl Assaulted {
    pub(super) fn add_unreadable(&mut self, item: &InvalidItem) {
        match territory::tile_of(&item.item, "territory") {
            Some(tile) => drop(self.unknown.insert(tile)),
            None => self.is_incomplete = true,
        }
    }
}

impl WarsSeen {
    /// The tiles under assault; `None`: the list could not be read.
    pub(in crate::command::fetch) fn assaulted(&self) -> Option<&Assaulted> {
        self.lists_territory_wars.then_some(&self.assaulted)
    }

    fn add(&mut self, war_type: WarType, wars: Partitioned<War>) {
        let mut is_readable = true;
        for item in &wars.invalid {
            match war::id_of(&item.item) {
                Some(id) => drop(self.unreadable.insert((war_type, id))),
                None => is_readable = false,
            }
            if war_type == WarType::Territory {
                self.assaulted.add_unreadable(item);
            }
        }
        self.lists_territory_wars |= war_type == WarType::Territory;
        let unfinished = wars.valid.iter().filter(|war| !war.status.is_over());
        self.assaulted
            .tiles
            .extend(unfinished.filter_map(|war| war.territory));
        self.wars.extend(wars.valid);
        if is_readable {
            self.read.insert(war_type);
        }
    }
}

/// Decodes the selection `wars` of an answer, each type and each war on its own.
pub(in crate::command::fetch) fn decode_wars(
    request: &Request,
    reply: &Reply,
    faction: FactionId,
) -> WarsAnswer {
    let entity = format!("wars of faction {faction}");
    let mut seen = WarsSeen {
        wars: Vec::new(),
        read: BTreeSet::new(),
        unreadable: BTreeSet::new(),
        lists_territory_wars: false,
        assaulted: Assaulted::default(),
        source: reply.source.clone(),
        at: reply.at,
    };
    let mut failures = Vec::new();
    let refused = reply
        .errors
        .iter()
        .find(|failed| failed.selection == "wars");
    if let Some(refused) = refused {
        failures.push(Failure::Refused(refused.error.clone()));
        return WarsAnswer { seen, failures };
    }
    let wars = war::faction_wars(&reply.body, reply.at);
    for (war_type, list) in [
        (WarType::Ranked, wars.ranked),
        (WarType::Territory, wars.territory),
    ] {
        match list {
            Ok(list) => {
                for item in &list.invalid {
                    failures.push(rejected_item(request, &item_name(&entity, item), item));
                }
                seen.add(war_type, list);
            }
            Err(error) => {
                let part = reply.body.get("wars").unwrap_or(&reply.body).to_string();
                let failure = Failure::rejected(request, &entity, &error, part);
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
            }
        }
    }
    WarsAnswer { seen, failures }
}

fn item_name(entity: &str, item: &InvalidItem) -> String {
    war::id_of(&item.item).map_or_else(|| entity.to_owned(), |id| format!("war {id} of {entity}"))
}

/// Reads the game-wide list of one type until it ends or `take` breaks.
///
/// # Errors
///
/// The warnings of `take`.
pub(super) fn read_game_list(
    torn: &TornClient,
    war_type: WarType,
    take: impl FnMut(Page<War>) -> Result<ControlFlow<()>>,
) -> Result<ListRead> {
    let field = match war_type {
        WarType::Ranked => "warfareranked",
        WarType::Territory => "warfareterritory",
    };
    read_list(
        torn,
        Request::all_wars(war_type),
        PagedBy::Time,
        &list_name(war_type),
        |body, at| Ok((field, war::list(body, field, war_type, at)?)),
        take,
    )
}

/// A list of the whole game while it is read.
struct GameList<'a> {
    seen: &'a mut Seen,
    assaulted: Assaulted,
    /// Whether every war on it can be told from all others.
    is_readable: bool,
    /// Wars that are stored as going on and were not seen yet, with their starts.
    pending: BTreeMap<WarId, i64>,
}

impl Session<'_> {
    /// The wars on the lists of the followed factions.
    pub(super) fn wars_of_tracked(
        &mut self,
        work: &mut Work,
        followed: &[FactionId],
    ) -> Result<Seen> {
        let unasked = followed
            .iter()
            .copied()
            .filter(|id| !self.wars_seen.contains_key(id))
            .collect();
        self.fetch_lists(work, unasked)?;
        let mut seen = Seen::default();
        let (mut read, mut failed) = (BTreeSet::new(), BTreeSet::new());
        for faction in followed {
            let answer = self.wars_seen.get(faction);
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
            if !answer.read.is_empty() {
                work.tally.answers += 1;
            }
            seen.unreadable.extend(&answer.unreadable);
            for war in &answer.wars {
                let key = (war.war_type, war.id);
                seen.wars.entry(key).or_insert_with(|| Sourced {
                    value: war.clone(),
                    source: answer.source.clone(),
                    at: answer.at,
                });
            }
        }
        seen.coverage = Coverage::Factions {
            read,
            failed,
            only_these: self.scope.named,
        };
        Ok(seen)
    }

    /// Keeps the wars of a faction, and what does not fit in them, for the kinds that need them.
    pub(in crate::command::fetch) fn note_wars(&mut self, faction: FactionId, answer: WarsAnswer) {
        self.wars_seen.insert(faction, answer.seen);
        let failures = answer.failures.into_iter();
        self.war_failures
            .extend(failures.map(|failure| (faction, failure)));
    }

    /// Counts what does not fit in the war lists that were read so far.
    pub(in crate::command::fetch) fn count_war_failures(&mut self, work: &mut Work) -> Result<()> {
        for (faction, failure) in std::mem::take(&mut self.war_failures) {
            self.fail(work, &format!("wars of faction {faction}"), None, &failure)?;
        }
        Ok(())
    }

    /// Asks factions about their wars; the answers go to `wars_seen`.
    pub(in crate::command::fetch) fn fetch_lists(
        &mut self,
        work: &mut Work,
        targets: Vec<FactionId>,
    ) -> Result<()> {
        let torn = self.torn;
        fetch_concurrently(
            torn,
            self.settings.api.concurrency,
            targets,
            |id| ask(torn, *id),
            |answers| {
                for (id, answer) in answers {
                    match answer {
                        Ok(answer) => self.note_wars(id, answer),
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
        )?;
        self.count_war_failures(work)
    }

    /// Notes that the lists of these factions were read, as far as they were.
    /// A faction whose history is due and could not be read keeps its gap.
    pub(super) fn note_lists_read(
        &mut self,
        followed: &[FactionId],
        seen: &Seen,
        unread: &BTreeSet<FactionId>,
    ) -> Result<()> {
        for faction in followed.iter().filter(|faction| !unread.contains(faction)) {
            let listed_at = match &seen.coverage {
                Coverage::Game(types) => (types.len() == 2).then(|| self.torn.now()),
                Coverage::Factions { .. } => {
                    let answer = self.wars_seen.get(faction);
                    answer
                        .filter(|answer| !answer.read.is_empty())
                        .map(|answer| answer.at)
                }
            };
            if let Some(at) = listed_at {
                self.store.note_wars_listed(*faction, at)?;
            }
        }
        Ok(())
    }

    /// The wars of the whole game: those that go on, and those that ended not long ago.
    pub(super) fn wars_of_all(&mut self, work: &mut Work) -> Result<Seen> {
        let mut seen = Seen::default();
        let mut complete = BTreeSet::new();
        for war_type in [WarType::Ranked, WarType::Territory] {
            let mut list = GameList {
                seen: &mut seen,
                assaulted: Assaulted::default(),
                is_readable: true,
                pending: self.pending(war_type)?,
            };
            let torn = self.torn;
            let read = read_game_list(torn, war_type, |page| {
                self.take_page(work, war_type, page, &mut list)
            })?;
            let GameList {
                assaulted,
                is_readable,
                ..
            } = list;
            if let ListRead::Failed(failure) = read {
                self.fail(work, &list_name(war_type), None, &failure)?;
                continue;
            }
            work.tally.answers += 1;
            if is_readable {
                complete.insert(war_type);
            }
            if war_type == WarType::Territory {
                self.assaulted = Some(assaulted);
            }
        }
        seen.coverage = Coverage::Game(complete);
        Ok(seen)
    }

    /// Wars that are stored as going on and that a list should have, with their starts.
    fn pending(&self, war_type: WarType) -> Result<BTreeMap<WarId, i64>> {
        let follow_ups = self.store.follow_ups()?;
        let is_asked_about = |id: WarId| {
            follow_ups
                .iter()
                .any(|follow_up| (follow_up.war_type, follow_up.war) == (war_type, id))
        };
        Ok(self
            .store
            .unfinished_wars()?
            .into_iter()
            .filter(|war| war.war_type == war_type && !is_asked_about(war.id))
            .filter_map(|war| Some((war.id, war.started_at?)))
            .collect())
    }

    /// Takes the wars of one page. The reading ends at the first page on which everything is stored and over, and
    /// before which every war began that is stored as going on.
    fn take_page(
        &mut self,
        work: &mut Work,
        war_type: WarType,
        page: Page<War>,
        list: &mut GameList<'_>,
    ) -> Result<ControlFlow<()>> {
        self.fail_each(
            work,
            &page.request,
            &list_name(war_type),
            &page.items.invalid,
        )?;
        let mut is_settled = page.items.invalid.is_empty();
        for item in &page.items.invalid {
            match war::id_of(&item.item) {
                Some(id) => {
                    list.seen.unreadable.insert((war_type, id));
                    list.pending.remove(&id);
                }
                None => list.is_readable = false,
            }
            list.assaulted.add_unreadable(item);
        }
        let starts = page.items.valid.iter().filter_map(|war| war.started_at);
        let oldest_start = starts.min();
        let oldest_end = page.at - OLD_NEWS;
        for war in page.items.valid {
            list.pending.remove(&war.id);
            let is_over = war.status.is_over();
            if is_over {
                let is_old = war.ends_at.is_none_or(|end| end < oldest_end);
                let stored = self.store.newest_war(war_type, war.id, page.at)?;
                if stored.map_or(is_old, |stored| stored.status == war.status) {
                    continue; // It is stored as over, or it is old news.
                }
            } else {
                list.assaulted.tiles.extend(war.territory);
            }
            is_settled = false;
            let key = (war_type, war.id);
            list.seen.wars.entry(key).or_insert(Sourced {
                value: war,
                source: page.source.clone(),
                at: page.at,
            });
        }
        let is_missing_some = list
            .pending
            .values()
            .any(|start| oldest_start.is_some_and(|oldest| *start <= oldest));
        Ok(if is_settled && !is_missing_some {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }
}

fn ask(torn: &TornClient, id: FactionId) -> Result<WarsAnswer, Failure> {
    let request = Request::faction_wars(id);
    let reply = torn.get(&request, Need::Any)?;
    if let Some(failed) = reply.errors.first() {
        return Err(Failure::Refused(failed.error.clone()));
    }
    Ok(decode_wars(&request, &reply, id))
}

pub(super) fn list_name(war_type: WarType) -> String {
    format!("list of {} wars", war_type.as_str())
}
