//! Reads the game-wide lists of wars, one list per type.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::{AssaultedTiles, LOOK_BACK, ListCoverage, ListedWars, key_of};
use crate::api::pages::PagedBy;
use crate::api::request::Request;
use crate::api::wire::{InvalidItem, war};
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::torn::{ListRead, Page, TornClient, read_list};
use crate::error::Result;
use crate::model::id::WarId;
use crate::model::war::{War, WarType};
use crate::store::Store;
use crate::store::save::Observation;

/// Reads the game-wide list of one type until it ends or `take` breaks. The newest wars come first.
///
/// # Errors
///
/// Returns the errors of `take`.
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

/// A game-wide list that is being read.
struct GameList<'a> {
    war_type: WarType,
    listed: &'a mut ListedWars,
    assaulted: AssaultedTiles,
    /// Whether the id of every war on the list is known.
    is_complete: bool,
    /// The wars that are stored as unfinished and that no page has contained yet, with their starts in unix seconds.
    pending: BTreeMap<WarId, i64>,
}

impl Session<'_> {
    /// The tiles under assault, from the game-wide list of wars; `None` if it could not be read. Each invocation reads
    /// the list once at most.
    pub(in crate::command::fetch) fn assaulted_tiles(
        &mut self,
        run: &mut ActiveRun,
    ) -> Result<Option<AssaultedTiles>> {
        if let Some(assaulted) = &self.assaulted {
            return Ok(Some(assaulted.clone()));
        }
        let war_type = WarType::Territory;
        let mut assaulted = AssaultedTiles::default();
        let torn = self.torn;
        let read = read_game_list(torn, war_type, |page| {
            let invalid = &page.items.invalid;
            self.record_invalid(run, &page.request, &list_name(war_type), invalid)?;
            for item in invalid {
                assaulted.add_undecoded(item);
            }
            let count_before = assaulted.tiles.len();
            assaulted.add(&page.items.valid);
            // The newest wars come first, so the pages after one without assaults have none either.
            let is_last = assaulted.tiles.len() == count_before && invalid.is_empty();
            Ok(if is_last {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        if let ListRead::Failed(failure) = read {
            self.record_failure(run, &list_name(war_type), None, &failure)?;
            return Ok(None);
        }
        self.assaulted = Some(assaulted.clone());
        Ok(Some(assaulted))
    }

    /// The wars of the whole game that are ongoing or ended within [`LOOK_BACK`].
    pub(super) fn list_all_wars(&mut self, run: &mut ActiveRun) -> Result<ListedWars> {
        let mut listed = ListedWars::default();
        let mut complete = BTreeSet::new();
        for war_type in [WarType::Ranked, WarType::Territory] {
            let mut list = GameList {
                war_type,
                listed: &mut listed,
                assaulted: AssaultedTiles::default(),
                is_complete: true,
                pending: self.pending_wars(war_type)?,
            };
            let torn = self.torn;
            let read = read_game_list(torn, war_type, |page| {
                let invalid = &page.items.invalid;
                self.record_invalid(run, &page.request, &list_name(war_type), invalid)?;
                list.add_page(self.store, page)
            })?;
            let GameList {
                assaulted,
                is_complete,
                ..
            } = list;
            if let ListRead::Failed(failure) = read {
                self.record_failure(run, &list_name(war_type), None, &failure)?;
                continue;
            }
            run.tally.answers += 1;
            if is_complete {
                complete.insert(war_type);
            }
            if war_type == WarType::Territory {
                self.assaulted = Some(assaulted);
            }
        }
        listed.coverage = ListCoverage::Game(complete);
        Ok(listed)
    }

    /// The wars that are stored as unfinished and should be on the list, with their starts in unix seconds.
    fn pending_wars(&self, war_type: WarType) -> Result<BTreeMap<WarId, i64>> {
        let follow_ups = self.store.follow_ups()?;
        let has_follow_up = |id: WarId| {
            follow_ups
                .iter()
                .any(|follow_up| (follow_up.war_type, follow_up.war) == (war_type, id))
        };
        Ok(self
            .store
            .unfinished_wars()?
            .into_iter()
            .filter(|war| war.war_type == war_type && !has_follow_up(war.id))
            .filter_map(|war| Some((war.id, war.started_at?)))
            .collect())
    }
}

impl GameList<'_> {
    /// Adds the wars of a page. Breaks at the first page that has nothing new and is older than all pending wars.
    fn add_page(&mut self, store: &Store, page: Page<War>) -> Result<ControlFlow<()>> {
        let mut has_new_wars = !page.items.invalid.is_empty();
        for item in &page.items.invalid {
            self.add_undecoded(item);
        }
        let starts = page.items.valid.iter().filter_map(|war| war.started_at);
        let oldest_start = starts.min();
        if self.war_type == WarType::Territory {
            self.assaulted.add(&page.items.valid);
        }
        for war in page.items.valid {
            self.pending.remove(&war.id);
            if war.status.is_over() && !is_new_end(store, &war, page.at)? {
                continue;
            }
            has_new_wars = true;
            self.listed
                .current
                .entry(key_of(&war))
                .or_insert(Observation {
                    value: war,
                    source: page.source.clone(),
                    at: page.at,
                });
        }
        let has_pending = self
            .pending
            .values()
            .any(|start| oldest_start.is_some_and(|oldest| *start <= oldest));
        Ok(if has_new_wars || has_pending {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    }

    fn add_undecoded(&mut self, item: &InvalidItem) {
        match war::id_of(&item.item) {
            Some(id) => {
                self.listed.undecoded.insert((self.war_type, id));
                self.pending.remove(&id);
            }
            None => self.is_complete = false,
        }
        self.assaulted.add_undecoded(item);
    }
}

/// Whether the end of a listed war is to be saved: a stored war has another status, or a new one ended within
/// [`LOOK_BACK`].
fn is_new_end(store: &Store, war: &War, at: i64) -> Result<bool> {
    let is_recent = war.ends_at.is_some_and(|end| end >= at - LOOK_BACK);
    let stored = store.newest_war(war.war_type, war.id, at)?;
    Ok(stored.map_or(is_recent, |stored| stored.status != war.status))
}

pub(super) fn list_name(war_type: WarType) -> String {
    format!("list of {} wars", war_type.as_str())
}
