//! Searches the histories of two factions for a war between them.

use super::history::{history_name, read_history};
use crate::api::wire::war;
use crate::command::torn::{Failure, TornClient};
use crate::model::id::FactionId;
use crate::model::war::War;
use crate::store::save::Observation;

/// The result of a search.
pub(super) enum HistorySearch {
    Found(Observation<War>),
    /// A history that was read does not contain the war.
    Absent {
        /// The name of the key that read it.
        source: String,
        /// When it was read, unix seconds.
        at: i64,
    },
    /// Torn knows neither faction, so that there is no history.
    NoFaction,
    /// Torn refuses the histories.
    Refused,
}

/// Searches the histories of both factions of a war. That of a followed faction comes first.
pub(super) fn search_histories(
    torn: &TornClient,
    known: &War,
    followed: &[FactionId],
) -> Result<HistorySearch, Failure> {
    let mut factions: Vec<FactionId> = [&known.attacking, &known.defending]
        .into_iter()
        .flatten()
        .map(|side| side.faction)
        .collect();
    factions.sort_by_key(|faction| !followed.contains(faction));
    let mut search = HistorySearch::NoFaction;
    for faction in factions {
        match search_history(torn, known, faction) {
            Ok(found @ HistorySearch::Found(_)) => return Ok(found),
            Ok(other) => search = other,
            Err(failure) if failure.is_missing() => {} // A faction that no longer exists has no history.
            Err(failure @ Failure::RunEnded) => return Err(failure),
            Err(failure) if failure.is_reportable() => return Err(failure),
            Err(_) if matches!(search, HistorySearch::NoFaction) => search = HistorySearch::Refused,
            Err(_) => {}
        }
    }
    Ok(search)
}

fn search_history(
    torn: &TornClient,
    known: &War,
    faction: FactionId,
) -> Result<HistorySearch, Failure> {
    let pages = read_history(torn, known.war_type, faction, |page| {
        let has_war = page.items.valid.iter().any(|war| war.id == known.id);
        let starts = page.items.valid.iter().filter_map(|war| war.started_at);
        // The newest wars come first, so that no later page can contain the war.
        has_war || starts.min() < known.started_at
    })?;
    let mut search = HistorySearch::NoFaction;
    for page in pages {
        for item in &page.items.invalid {
            if war::id_of(&item.item).is_none_or(|id| id == known.id) {
                // This item may be the war.
                return Err(Failure::rejected_item(
                    &page.request,
                    &history_name(faction),
                    item,
                ));
            }
        }
        let (source, at) = (page.source, page.at);
        for war in page.items.valid {
            if war.id == known.id {
                return Ok(HistorySearch::Found(Observation {
                    value: war,
                    source,
                    at,
                }));
            }
        }
        search = HistorySearch::Absent { source, at };
    }
    Ok(search)
}
