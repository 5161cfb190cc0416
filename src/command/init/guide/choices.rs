//! Asks which wars and tiles to follow.

use std::collections::BTreeSet;

use crate::command::init::guide::session::LookUp;
use crate::command::init::guide::{Guide, say};
use crate::config::{Territories, Wars};
use crate::error::Result;
use crate::model::id::TerritoryId;

impl Guide<'_> {
    pub(super) fn ask_wars(&self, present: Wars) -> Result<Wars> {
        let choices = [Wars::Tracked, Wars::All];
        let items = choices.map(|wars| describe_wars(wars).to_owned());
        let default = choices.iter().position(|wars| *wars == present);
        let chosen = self
            .prompt
            .select("Wars to follow", &items, default.unwrap_or(0))?;
        Ok(choices[chosen])
    }

    pub(super) fn ask_tiles(&mut self, present: &Territories) -> Result<Territories> {
        let choices = [Territories::Tracked, Territories::All, Territories::None];
        let mut items: Vec<String> = choices.iter().map(describe_tiles).collect();
        items.push("a list".to_owned());
        let default = choices.iter().position(|choice| choice == present);
        let default = default.unwrap_or(choices.len());
        let chosen = self.prompt.select("Tiles to follow", &items, default)?;
        match choices.into_iter().nth(chosen) {
            Some(choice) => Ok(choice),
            None => self.ask_tile_list(present).map(Territories::These),
        }
    }

    fn ask_tile_list(&mut self, present: &Territories) -> Result<BTreeSet<TerritoryId>> {
        let before = present.listed();
        let default = list_tiles(&before);
        loop {
            let text = self.prompt.pasted("Tiles, such as AAB, AAC", &default)?;
            let tiles: std::result::Result<BTreeSet<TerritoryId>, String> = text
                .split(|character: char| character.is_whitespace() || ",;".contains(character))
                .filter(|word| !word.is_empty())
                .map(Territories::tile)
                .collect();
            match tiles {
                Ok(tiles) if tiles.is_empty() => {
                    say("Type the names of the tiles, with commas between them.");
                }
                Ok(tiles) => {
                    if self.are_known(&(&tiles - &before))? {
                        return Ok(tiles);
                    }
                }
                Err(why) => say(&format!("{why}.")),
            }
        }
    }

    /// Whether Torn knows all these tiles, as far as it tells. Names those that it does not know.
    pub(super) fn are_known(&mut self, tiles: &BTreeSet<TerritoryId>) -> Result<bool> {
        if tiles.is_empty() {
            return Ok(true);
        }
        let unknown = match self.session.unknown_tiles(tiles)? {
            LookUp::Found(unknown) => unknown,
            LookUp::Unknown => tiles.clone(),
            LookUp::Refused(why) => {
                say(&format!("The tiles cannot be looked up: {why}."));
                BTreeSet::new()
            }
        };
        for tile in &unknown {
            say(&format!("Torn knows no tile {tile}. Correct the id."));
        }
        Ok(unknown.is_empty())
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
