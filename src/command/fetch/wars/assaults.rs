//! The tiles under assault, from lists of territory wars.

use std::collections::BTreeSet;

use crate::api::wire::{InvalidItem, territory};
use crate::model::id::TerritoryId;
use crate::model::war::War;

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
