//! `fetch --plan`: the calls that would be made, per key and minute, without making any.

use serde_json::json;

use crate::api::request::{FACTS_PAGE, OWNERSHIP_PAGE};
use crate::command::fetch::{Scope, players};
use crate::command::{Context, Outcome};
use crate::config::{Territories, Wars};
use crate::error::{Doing, Result};
use crate::model::kind::Kind;
use crate::model::time::DAY;
use crate::output::terminal;
use crate::store::Store;
use crate::store::keys::KnownKey;

/// Tiles in Torn, for a sweep before any was seen.
const TILES: u64 = 4107;

/// A key and what it would have to do.
struct Share {
    name: String,
    owner: Option<i64>,
    own_calls: u64,
    calls: u64,
}

/// Shows the plan: how many calls each kind takes, and what that means for each key.
pub(super) fn show(context: &Context, scope: &Scope) -> Result<Outcome> {
    let settings = &context.settings;
    let store = Store::open_read_only(&settings.database)?;
    let now = settings.clock.now();
    let keys = settings.load_keys()?.warn();
    let known: Vec<Option<KnownKey>> = keys
        .iter()
        .map(|key| store.known_key(&key.name, &key.key))
        .collect::<Result<_>>()?;

    let mut kinds = Vec::new();
    let mut targets = Vec::new();
    for kind in &scope.kinds {
        let calls = match kind {
            Kind::Factions => scope.track.factions.len() as u64,
            Kind::Wars => wars(scope),
            Kind::Players => {
                targets = players::targets(&store, scope, now)?;
                warn_of_unknown_members(&store, scope)?;
                (players::stale_rosters(&store, scope, now)?.len() + targets.len()) as u64
            }
            Kind::Territories => territories(scope, &store, now)?,
        };
        kinds.push((*kind, calls));
    }
    let unchecked = known
        .iter()
        .filter(|known| {
            known
                .as_ref()
                .is_none_or(|known| known.facts.is_none() || known.checked_at + DAY <= now)
        })
        .count() as u64;

    let mut shares: Vec<Share> = keys
        .iter()
        .zip(&known)
        .map(|(key, known)| {
            let facts = known.as_ref().and_then(|known| known.facts.as_ref());
            let own = facts
                .filter(|facts| facts.reads_battle_stats())
                .map_or(0, |facts| {
                    targets
                        .iter()
                        .filter(|target| target.id == facts.owner)
                        .count() as u64
                });
            Share {
                name: key.name.clone(),
                owner: facts.map(|facts| facts.owner.get()),
                own_calls: own,
                calls: own,
            }
        })
        .collect();
    let total: u64 = kinds.iter().map(|(_, calls)| calls).sum::<u64>() + unchecked;
    let own: u64 = shares.iter().map(|share| share.own_calls).sum();
    spread(&mut shares, total.saturating_sub(own));
    let limit = settings.api.requests_per_minute;
    let minutes = limit.map_or(0, |limit| {
        let limit = u64::from(limit);
        shares
            .iter()
            .map(|share| {
                owner_calls(&shares, share)
                    .div_ceil(limit)
                    .saturating_sub(1)
            })
            .max()
            .unwrap_or(0)
    });

    if !context.json {
        print(&kinds, unchecked, &shares, limit).doing(|| "print the plan".to_owned())?;
    }
    let report = json!({
        "command": "fetch",
        "status": "planned",
        "exit_code": 0,
        "calls": total,
        "key_checks": unchecked,
        "kinds": kinds.iter().map(|(kind, calls)| json!({ "kind": kind.as_str(), "calls": calls })).collect::<Vec<_>>(),
        "keys": shares
            .iter()
            .map(|share| json!({ "name": share.name, "owner_id": share.owner, "calls": share.calls }))
            .collect::<Vec<_>>(),
        "requests_per_minute": limit,
        "minutes": minutes,
    });
    let wait = match minutes {
        0 => "no waiting for the budget".to_owned(),
        1 => "about a minute of waiting for the budget".to_owned(),
        minutes => format!("about {minutes} minutes of waiting for the budget"),
    };
    Ok(Outcome::done(
        format!(
            "planned: {total} calls with {} keys; {wait}; none was made",
            keys.len()
        ),
        report,
    ))
}

/// Before a faction was ever fetched nobody knows how many calls its members take.
fn warn_of_unknown_members(store: &Store, scope: &Scope) -> Result<()> {
    if !scope.track.members {
        return Ok(());
    }
    for id in &scope.track.factions {
        if store.faction_last_updated(*id)?.is_none() {
            log::warn!(
                "the members of faction {id} are not known yet: each of them is one call more"
            );
        }
    }
    Ok(())
}

fn wars(scope: &Scope) -> u64 {
    match scope.track.wars {
        // One page of each list at the least; how far the news goes back is known only then.
        Wars::All => 2,
        Wars::Tracked if scope.kinds.contains(&Kind::Factions) => 0, // They come with the factions.
        Wars::Tracked => scope.track.factions.len() as u64,
    }
}

fn territories(scope: &Scope, store: &Store, now: i64) -> Result<u64> {
    let factions = scope.track.factions.len() as u64;
    let pages = |per_page: usize, tiles: u64| tiles.div_ceil(per_page as u64);
    Ok(match &scope.track.territories {
        Territories::None => 0,
        Territories::Tracked
            if scope.track.wars == Wars::Tracked && scope.kinds.contains(&Kind::Wars) =>
        {
            factions
        }
        Territories::Tracked => 2 * factions,
        Territories::All | Territories::These(_) => {
            let known = match store.tiles_with_facts()? {
                0 => TILES,
                known => known,
            };
            let facts = if super::territories::facts_are_due(store, now)? {
                pages(FACTS_PAGE, TILES)
            } else {
                0
            };
            2 + pages(OWNERSHIP_PAGE, known) + facts
        }
    })
}

/// Gives each call that any key can make to the key with the fewest.
fn spread(shares: &mut [Share], calls: u64) {
    for _ in 0..calls {
        if let Some(least) = shares.iter_mut().min_by_key(|share| share.calls) {
            least.calls += 1;
        }
    }
}

/// Torn counts per owner: the calls of all keys of this one's.
fn owner_calls(shares: &[Share], of: &Share) -> u64 {
    match of.owner {
        None => of.calls,
        owner => shares
            .iter()
            .filter(|share| share.owner == owner)
            .map(|share| share.calls)
            .sum(),
    }
}

fn print(
    kinds: &[(Kind, u64)],
    unchecked: u64,
    shares: &[Share],
    limit: Option<u32>,
) -> std::io::Result<()> {
    for (kind, calls) in kinds {
        terminal::data(&format!("{:20} {calls:6} calls", kind.as_str()))?;
    }
    if unchecked > 0 {
        terminal::data(&format!("{:20} {unchecked:6} calls", "key checks"))?;
    }
    terminal::data("")?;
    for share in shares {
        let owner = share.owner.map_or_else(
            || "owner not known yet".to_owned(),
            |owner| format!("owner {owner}"),
        );
        let pace = match limit {
            None => "no limit".to_owned(),
            Some(limit) => format!(
                "at most {} a minute",
                u64::from(limit).min(owner_calls(shares, share))
            ),
        };
        terminal::data(&format!(
            "key {:16} {:6} calls, {pace} ({owner})",
            share.name, share.calls
        ))?;
    }
    Ok(())
}
