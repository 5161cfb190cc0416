//! Asks which wars and tiles to follow.

use std::collections::BTreeSet;

use crate::command::init::answers::tiles;
use crate::command::init::guide::{Guide, say};
use crate::config::{Territories, Wars};
use crate::error::Result;
use crate::model::id::TerritoryId;

impl Guide<'_> {
    pub(super) fn ask_wars(&self, present: Wars) -> Result<Wars> {
        let items = ["those of the followed factions", "all in the game"];
        let chosen = self.prompt.select(
            "Wars to follow",
            &items.map(str::to_owned),
            usize::from(present == Wars::All),
        )?;
        Ok(match chosen {
            0 => Wars::Tracked,
            _ => Wars::All,
        })
    }

    pub(super) fn ask_tiles(&self, present: &Territories) -> Result<Territories> {
        let items = [
            "those that the followed factions hold",
            "all in the game",
            "none",
            "a list",
        ];
        let default = match present {
            Territories::Tracked => 0,
            Territories::All => 1,
            Territories::None => 2,
            Territories::These(_) => 3,
        };
        let chosen = self
            .prompt
            .select("Tiles to follow", &items.map(str::to_owned), default)?;
        Ok(match chosen {
            0 => Territories::Tracked,
            1 => Territories::All,
            2 => Territories::None,
            _ => Territories::These(self.ask_tile_list(present)?),
        })
    }

    fn ask_tile_list(&self, present: &Territories) -> Result<BTreeSet<TerritoryId>> {
        let default = match present {
            Territories::These(tiles) => list_tiles(tiles),
            _ => String::new(),
        };
        loop {
            let text = self.prompt.line("Tiles, such as AAB, AAC", &default)?;
            let words: Vec<String> = text
                .split(|character: char| character.is_whitespace() || ",;".contains(character))
                .filter(|word| !word.is_empty())
                .map(str::to_uppercase)
                .collect();
            if words.is_empty() {
                say("Type the names of the tiles, with commas between them.");
                continue;
            }
            match tiles(&words.join(",")) {
                Ok(tiles) => return Ok(tiles),
                Err(why) => say(&format!("{why}.")),
            }
        }
    }
}

/// `AAB, AAC`.
pub(super) fn list_tiles(tiles: &BTreeSet<TerritoryId>) -> String {
    let names: Vec<&str> = tiles.iter().map(TerritoryId::as_str).collect();
    names.join(", ")
}

/// The tiles to follow, in words.
pub(super) fn describe_tiles(territories: &Territories) -> String {
    match territories {
        Territories::Tracked => "those that the followed factions hold".to_owned(),
        Territories::All => "all in the game".to_owned(),
        Territories::None => "none".to_owned(),
        Territories::These(tiles) => list_tiles(tiles),
    }
}

/// The wars to follow, in words.
pub(super) fn describe_wars(wars: Wars) -> &'static str {
    match wars {
        Wars::Tracked => "those of the followed factions",
        Wars::All => "all in the game",
    }
}
