//! `fetch --plan`: the calls that would be made, per key and minute, without making any.

mod calls;
mod shares;

use serde_json::json;

use crate::command::fetch::Scope;
use crate::command::fetch::plan::calls::Planned;
use crate::command::fetch::plan::shares::Share;
use crate::command::report::Status;
use crate::command::{Context, Outcome};
use crate::error::{Result, WithContext};
use crate::model::kind::Kind;
use crate::output::terminal;
use crate::store::Store;

/// The calls of one kind.
struct KindPlan {
    kind: Kind,
    calls: u64,
}

/// Shows how many calls each kind takes, and what that means for each key.
pub(super) fn show(context: &Context, scope: &Scope) -> Result<Outcome> {
    let settings = &context.settings;
    let store = Store::open_read_only(&settings.database)?;
    let scope = &scope.with_open_ends(&store)?;
    let now = settings.clock.now();
    let (mut shares, key_checks) = shares::usable(&store, &settings.load_keys()?.warn(), now)?;
    let mut kinds = Vec::new();
    for kind in &scope.kinds {
        let planned = calls::of(*kind, &store, scope, now)?;
        kinds.push(KindPlan {
            kind: *kind,
            calls: planned.iter().map(|planned| planned.calls).sum(),
        });
        for Planned { endpoint, calls } in planned {
            shares::spread(&mut shares, endpoint, calls);
        }
        if *kind == Kind::Players {
            shares::move_own(&mut shares, &calls::targets(&store, scope, now)?);
            warn_of_unknown_members(&store, scope)?;
        }
    }
    let total = kinds.iter().map(|kind| kind.calls).sum::<u64>() + key_checks;
    let limit = settings.api.requests_per_minute;
    let minutes = shares::minutes(&shares, limit);
    store.check_unchanged()?;

    if !context.json {
        print(&kinds, key_checks, &shares, limit).with_context(|| "print the plan".to_owned())?;
    }
    let report = json!({
        "calls": total,
        "key_checks": key_checks,
        "kinds": kinds
            .iter()
            .map(|kind| json!({ "kind": kind.kind.as_str(), "calls": kind.calls }))
            .collect::<Vec<_>>(),
        "keys": shares
            .iter()
            .map(|share| json!({ "name": share.name, "owner_id": share.owner(), "calls": share.calls }))
            .collect::<Vec<_>>(),
        "requests_per_minute": limit,
        "minutes": minutes,
    });
    let wait = match minutes {
        0 => "no waiting for the budget".to_owned(),
        1 => "about a minute of waiting for the budget".to_owned(),
        minutes => format!("about {minutes} minutes of waiting for the budget"),
    };
    let summary = format!(
        "planned: {total} calls with {} keys; {wait}; none was made",
        shares.len()
    );
    Ok(Outcome {
        status: Status::Planned,
        ..Outcome::done(summary, report)
    })
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

fn print(
    kinds: &[KindPlan],
    key_checks: u64,
    shares: &[Share],
    limit: Option<u32>,
) -> std::io::Result<()> {
    for kind in kinds {
        terminal::data(&format!("{:20} {:6} calls", kind.kind.as_str(), kind.calls))?;
    }
    if key_checks > 0 {
        terminal::data(&format!("{:20} {key_checks:6} calls", "key checks"))?;
    }
    terminal::data("")?;
    for share in shares {
        let owner = share.owner().map_or_else(
            || "owner not known yet".to_owned(),
            |owner| format!("owner {owner}"),
        );
        let pace = match limit {
            None => "no limit".to_owned(),
            Some(limit) => format!(
                "at most {} a minute",
                u64::from(limit).min(shares::of_owner(shares, share))
            ),
        };
        terminal::data(&format!(
            "key {:16} {:6} calls, {pace} ({owner})",
            share.name, share.calls
        ))?;
    }
    Ok(())
}
