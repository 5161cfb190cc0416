//! The tiles under assault, from lists of territory wars.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::game_lists::{list_name, read_game_list};
use crate::api::wire::{InvalidItem, territory};
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::torn::ListRead;
use crate::error::Result;
use crate::model::id::TerritoryId;
use crate::model::war::{War, WarType};

/// The tiles under assault.
#[derive(Clone, Debug, Default)]
pub(in crate::command::fetch) struct AssaultedTiles {
    pub(in crate::command::fetch) tiles: BTreeSet<TerritoryId>,
    /// The tiles of wars that could not be decoded.
    pub(in crate::command::fetch) undecoded: BTreeSet<TerritoryId>,
    /// Whether the tile of a war that could not be decoded is unknown. It may be any tile.
    pub(in crate::command::fetch) is_incomplete: bool,
}

impl AssaultedTiles {
    /// Adds the tiles of the wars that are not over.
    pub(super) fn add(&mut self, wars: &[War]) {
        let unfinished = wars.iter().filter(|war| !war.status.is_over());
        self.tiles
            .extend(unfinished.filter_map(|war| war.territory));
    }

    pub(super) fn add_undecoded(&mut self, item: &InvalidItem) {
        match territory::tile_of(&item.item, "territory") {
            Some(tile) => drop(self.undecoded.insert(tile)),
            None => self.is_incomplete = true,
        }
    }
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
}
