//! Checks with Torn the ids that the flags of `init` give.

use std::collections::BTreeSet;

use crate::command::init::answers::Answers;
use crate::command::torn::{Failure, TornClient};
use crate::config::{Territories, Track};
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId};

/// The ids that the flags give and that were not followed before.
#[derive(Debug, Default)]
pub(super) struct NewIds {
    factions: Vec<FactionId>,
    players: Vec<PlayerId>,
    tiles: BTreeSet<TerritoryId>,
}

impl NewIds {
    pub(super) fn new(answers: &Answers, before: &Track) -> Self {
        let factions = answers.factions.iter().flatten();
        let players = answers.players.iter().flatten();
        let tiles = answers.territories.as_ref().map(Territories::listed);
        let tiles = tiles.unwrap_or_default();
        Self {
            factions: factions
                .filter(|id| !before.factions.contains(id))
                .copied()
                .collect(),
            players: players
                .filter(|id| !before.players.contains(id))
                .copied()
                .collect(),
            tiles: &tiles - &before.territories.listed(),
        }
    }

    /// Looks up each id.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when Torn does not know some of them; [`Exit::TryLater`] when Torn cannot be asked.
    pub(super) fn check(&self, torn: &TornClient) -> Result<()> {
        let mut unknown = Vec::new();
        let mut note = |id: String, failure: Option<Failure>| match failure {
            None => Ok(()),
            Some(failure) if failure.is_missing() => {
                unknown.push(id);
                Ok(())
            }
            Some(failure) => tolerate(&id, &failure, torn),
        };
        for id in &self.factions {
            note(format!("faction {id}"), torn.look_up_faction(*id).err())?;
        }
        for id in &self.players {
            note(format!("player {id}"), torn.look_up_player(*id).err())?;
        }
        if !self.tiles.is_empty() {
            match torn.unknown_tiles(&self.tiles) {
                Ok(tiles) => unknown.extend(tiles.iter().map(|id| format!("tile {id}"))),
                Err(failure) => tolerate("tiles", &failure, torn)?,
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let ids = unknown.join(", ");
        Err(Error::new(format!("follow {ids}"))
            .with_source(format!("Torn does not know {ids}"))
            .with_help("correct the ids, and run it again; nothing was written")
            .with_exit(Exit::Config))
    }
}

/// Warns of an id that Torn did not answer about. A failure that may pass ends the command.
fn tolerate(id: &str, failure: &Failure, torn: &TornClient) -> Result<()> {
    let action = format!("look up {id}");
    if let Some(end) = torn.run_end() {
        return Err(end.into_error(action));
    }
    let error = Error::new(action);
    match failure {
        Failure::RunEnded => Err(error
            .with_source("it was interrupted")
            .with_help("run it again; nothing was written")
            .with_exit(torn.stop_exit())),
        _ if failure.is_passing() => Err(error
            .with_source(failure.message())
            .with_help("wait ten minutes, then run it again; nothing was written")
            .with_exit(Exit::TryLater)),
        _ => {
            log::warn!("could not look up {id}: {}", failure.message());
            Ok(())
        }
    }
}
