//! The number of calls that each kind would need, derived from the stored data.

use std::collections::BTreeSet;

use crate::api::request::{Endpoint, FACTS_PAGE, OWNERSHIP_PAGE, Request, WARS_PAGE};
use crate::command::fetch::wars::{count_certain_lookups, history_is_due};
use crate::command::fetch::{Scope, players, scope, sweep};
use crate::config::{Territories, Wars};
use crate::error::Result;
use crate::model::id::{FactionId, PlayerId, WarId};
use crate::model::kind::Kind;
use crate::model::player::bucket_is_due;
use crate::model::war::WarType;
use crate::store::Store;
use crate::store::war_lists::WarListSize;

/// The number of tiles in Torn, used until their facts are stored.
const TILES: u64 = 4107;

/// A number of calls to the same endpoint.
pub(super) struct PlannedCalls {
    pub(super) endpoint: Endpoint,
    pub(super) calls: u64,
}

fn planned(request: &Request, calls: u64) -> PlannedCalls {
    PlannedCalls {
        endpoint: request.endpoint,
        calls,
    }
}

/// Any valid id, because the plan uses only the endpoint of a request.
fn some_id<T>(new: impl Fn(i64) -> Result<T>) -> Result<T> {
    new(1)
}

/// The call about a player who was never fetched.
pub(super) fn of_a_player() -> Result<Endpoint> {
    Ok(Request::player(some_id(PlayerId::new)?, true).endpoint)
}

pub(super) fn of_kind(
    kind: Kind,
    store: &Store,
    scope: &Scope,
    now: i64,
) -> Result<Vec<PlannedCalls>> {
    match kind {
        Kind::Factions => faction_calls(store, scope, now),
        Kind::Players => player_calls(store, scope, now),
        Kind::Wars => war_calls(store, scope, now),
        Kind::Territories => territory_calls(store, scope, now),
    }
}

fn faction_calls(store: &Store, scope: &Scope, now: i64) -> Result<Vec<PlannedCalls>> {
    let factions = scope.followed_factions(store, now)?.targets.len() as u64;
    let request = Request::faction(some_id(FactionId::new)?, wars_come_with_factions(scope));
    Ok(vec![planned(&request, factions)])
}

fn player_calls(store: &Store, scope: &Scope, now: i64) -> Result<Vec<PlannedCalls>> {
    let (faction, player) = (some_id(FactionId::new)?, some_id(PlayerId::new)?);
    let rosters = players::stale_rosters(store, scope, now)?.len() as u64;
    let (mut with_networth, mut without) = (0, 0);
    for target in players::targets(store, scope, now)? {
        if target.deferred_until.is_some() {
            continue;
        }
        if bucket_is_due(target.bucket_asked_at, target.bucket_at, now) {
            with_networth += 1;
        } else {
            without += 1;
        }
    }
    Ok(vec![
        planned(&Request::faction(faction, false), rosters),
        planned(&Request::player(player, true), with_networth),
        planned(&Request::player(player, false), without),
    ])
}

/// The players who would be requested.
pub(super) fn players(store: &Store, scope: &Scope, now: i64) -> Result<BTreeSet<PlayerId>> {
    Ok(players::targets(store, scope, now)?
        .into_iter()
        .filter(|target| target.deferred_until.is_none())
        .map(|target| target.id)
        .collect())
}

fn wars_come_with_factions(scope: &Scope) -> bool {
    scope.track.wars == Wars::Tracked
        && scope.kinds.contains(&Kind::Wars)
        && scope.kinds.contains(&Kind::Factions)
}

fn war_calls(store: &Store, scope: &Scope, now: i64) -> Result<Vec<PlannedCalls>> {
    let faction = some_id(FactionId::new)?;
    let followed = scope.followed_factions(store, now)?.targets;
    let mut calls = Vec::new();
    match scope.track.wars {
        Wars::All => {
            for war_type in [WarType::Ranked, WarType::Territory] {
                let pages = pages_with_unfinished_wars(store.war_list_size(war_type)?);
                calls.push(planned(&Request::all_wars(war_type), pages));
            }
        }
        Wars::Tracked if wars_come_with_factions(scope) => {}
        Wars::Tracked => {
            let lists = followed.len() as u64;
            calls.push(planned(&Request::faction_wars(faction), lists));
        }
    }
    let mut due = 0;
    for faction in &followed {
        due += u64::from(history_is_due(store.war_polls(*faction)?, now));
    }
    for war_type in [WarType::Ranked, WarType::Territory] {
        calls.push(planned(&Request::war_history(war_type, faction), due));
    }
    let reports = count_certain_lookups(store, scope, &followed, now)?;
    let report = Request::war_report(WarType::Ranked, some_id(WarId::new)?);
    calls.push(planned(&report, reports));
    Ok(calls)
}

/// The number of pages up to the first on which all wars have ended. Each page begins with the last row of the previous
/// page.
fn pages_with_unfinished_wars(size: WarListSize) -> u64 {
    let page = WARS_PAGE as u64;
    let pages = |rows: u64| match rows {
        rows if rows <= page => 1,
        rows => 1 + (rows - page).div_ceil(page - 1),
    };
    let needed = pages(size.up_to_oldest_unfinished);
    let has_more = size.stored > needed * (page - 1);
    needed + u64::from(has_more && size.up_to_oldest_unfinished > 0)
}

fn territory_calls(store: &Store, scope: &Scope, now: i64) -> Result<Vec<PlannedCalls>> {
    let faction = some_id(FactionId::new)?;
    let factions = scope.followed_factions(store, now)?.targets.len() as u64;
    let pages = |per_page: usize, tiles: u64| tiles.div_ceil(per_page as u64);
    match &scope.track.territories {
        Territories::None => Ok(Vec::new()),
        Territories::Tracked => {
            let lists_are_known =
                scope.track.wars == Wars::Tracked && scope.kinds.contains(&Kind::Wars);
            Ok(vec![
                planned(&Request::faction_territory(faction), factions),
                planned(
                    &Request::faction_wars(faction),
                    if lists_are_known { 0 } else { factions },
                ),
            ])
        }
        Territories::These(tiles)
            if scope::followed_tiles(tiles, store, now)?.targets.is_empty() =>
        {
            Ok(Vec::new())
        }
        Territories::All | Territories::These(_) => {
            let known = match store.tiles_with_facts()? {
                0 => TILES,
                known => known,
            };
            let facts = if sweep::facts_are_due(store, now)? {
                pages(FACTS_PAGE, TILES)
            } else {
                0
            };
            let list_is_known = scope.track.wars == Wars::All && scope.kinds.contains(&Kind::Wars);
            let assaults = Request::all_wars(WarType::Territory);
            Ok(vec![
                planned(&Request::tile_facts(), facts),
                planned(&Request::rackets(), 1),
                planned(&assaults, u64::from(!list_is_known)),
                planned(&Request::ownership(), pages(OWNERSHIP_PAGE, known)),
            ])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_read_up_to_the_first_on_which_all_wars_have_ended() {
        let table = [
            // stored, up to the oldest unfinished, pages
            (0, 0, 1),
            (5, 2, 1),
            (40, 0, 1),
            (500, 20, 2),
            (500, 100, 2),
            (500, 101, 3),
            (500, 199, 3),
            (500, 200, 4),
        ];
        for (stored, up_to_oldest_unfinished, pages) in table {
            let size = WarListSize {
                stored,
                up_to_oldest_unfinished,
            };
            assert_eq!(pages_with_unfinished_wars(size), pages, "{size:?}");
        }
    }
}
