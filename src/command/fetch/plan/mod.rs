//! `fetch --plan`: prints the calls that a fetch would make, per kind and key, without making any.

mod calls;
mod loads;
mod report;

use std::collections::BTreeMap;

use crate::command::fetch::Scope;
use crate::command::fetch::plan::calls::PlannedCalls;
use crate::command::fetch::plan::loads::KeyLoad;
use crate::command::fetch::plan::report::{KeyReport, KindReport, PlanReport, UnknownReport};
use crate::command::report::Status;
use crate::command::{Context, Outcome};
use crate::config::Settings;
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::key::NamedKey;
use crate::model::kind::Kind;
use crate::model::size::{agree, count};
use crate::output::terminal;
use crate::store::Store;

/// The number of calls for one kind.
struct KindPlan {
    kind: Kind,
    calls: u64,
}

/// The calls of a fetch.
struct Plan {
    kinds: Vec<KindPlan>,
    loads: Vec<KeyLoad>,
    key_checks: u64,
    /// Calls per minute and key owner.
    limit: Option<u32>,
    /// The calls that the first fetch of these factions adds; `None` if all members are known.
    unknown: Option<UnknownMembers>,
}

/// The calls of members who are not known yet, if each of their factions is full.
struct UnknownMembers {
    factions: Vec<FactionId>,
    calls: u64,
    /// The minutes that the rate limit adds to the whole plan.
    minutes: u64,
}

/// The most members that a faction has in Torn.
const FULL_FACTION: u64 = 100;

/// The calls that are still to be made, for the progress bar.
pub(super) struct Forecast {
    pub(super) calls: u64,
    /// The calls of each key owner; `None` if some members of factions are not known yet.
    pub(super) of_owners: Option<BTreeMap<i64, u64>>,
}

/// Counts the calls that these kinds need. The keys have been checked already.
pub(super) fn forecast(
    settings: &Settings,
    keys: &[NamedKey],
    store: &Store,
    scope: &Scope,
    kinds: &[Kind],
) -> Result<Forecast> {
    let plan = plan(settings, keys, store, scope, kinds)?;
    let lacks_members =
        kinds.contains(&Kind::Players) && !factions_without_roster(store, scope)?.is_empty();
    Ok(Forecast {
        calls: plan.calls(),
        of_owners: (!lacks_members).then(|| plan.calls_of_owners()),
    })
}

pub(super) fn run(context: &Context, scope: &Scope) -> Result<Outcome> {
    context.settings.check_limit()?;
    let store = Store::open_read_only(&context.settings.database)?;
    let scope = &scope.with_unfinished_wars(&store)?;
    let loaded = context.settings.load_keys()?;
    loaded.log_unreadable();
    let mut plan = plan(&context.settings, &loaded.keys, &store, scope, &scope.kinds)?;
    if scope.kinds.contains(&Kind::Players) {
        plan.unknown = unknown_members(&store, scope, &plan)?;
    }
    store.check_unchanged()?;

    if !context.json {
        print(&plan).map_err(|error| terminal::write_error("the plan", error))?;
    }
    Ok(Outcome {
        status: Status::Planned,
        ..Outcome::done(summary(&plan), report(&plan))
    })
}

/// The calls of one poll, for `init`.
pub(crate) struct PollPlan {
    pub(crate) calls: u64,
    /// The calls of each key owner (player id).
    pub(crate) of_owners: BTreeMap<i64, u64>,
    /// The minutes that the rate limit adds.
    pub(crate) minutes: u64,
}

/// Counts the calls of one fetch with these keys, whose facts are in `store`.
pub(crate) fn plan_poll(
    settings: &Settings,
    keys: &[NamedKey],
    store: &Store,
    scope: &Scope,
) -> Result<PollPlan> {
    let plan = plan(settings, keys, store, scope, &scope.kinds)?;
    Ok(PollPlan {
        calls: plan.calls(),
        of_owners: plan.calls_of_owners(),
        minutes: plan.minutes(),
    })
}

/// Counts the calls of each kind, and distributes them among the keys.
fn plan(
    settings: &Settings,
    keys: &[NamedKey],
    store: &Store,
    scope: &Scope,
    planned_kinds: &[Kind],
) -> Result<Plan> {
    let now = settings.clock.now();
    let (mut loads, key_checks) = loads::usable_keys(store, keys, now)?;
    let mut kinds = Vec::new();
    for kind in planned_kinds {
        let planned = calls::of_kind(*kind, store, scope, now)?;
        kinds.push(KindPlan {
            kind: *kind,
            calls: planned.iter().map(|planned| planned.calls).sum(),
        });
        for PlannedCalls { endpoint, calls } in planned {
            loads::distribute(&mut loads, endpoint, calls);
        }
        if *kind == Kind::Players {
            loads::move_to_owners(&mut loads, &calls::players(store, scope, now)?);
        }
    }
    Ok(Plan {
        kinds,
        loads,
        key_checks,
        limit: settings.api.requests_per_minute,
        unknown: None,
    })
}

impl Plan {
    fn calls(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.calls).sum::<u64>() + self.key_checks
    }

    /// The calls of each key owner (player id) that is known.
    fn calls_of_owners(&self) -> BTreeMap<i64, u64> {
        let mut calls = BTreeMap::new();
        for load in &self.loads {
            if let Some(owner) = load.owner() {
                *calls.entry(owner).or_default() += load.calls;
            }
        }
        calls
    }

    fn minutes(&self) -> u64 {
        loads::minutes(&self.loads, self.limit)
    }
}

fn report(plan: &Plan) -> PlanReport {
    PlanReport {
        calls: plan.calls(),
        key_checks: plan.key_checks,
        kinds: plan.kinds.iter().map(KindReport::from).collect(),
        keys: plan.loads.iter().map(KeyReport::from).collect(),
        requests_per_minute: plan.limit,
        minutes: plan.minutes(),
        unknown_members: plan.unknown.as_ref().map(|unknown| UnknownReport {
            factions: unknown.factions.iter().map(|id| id.get()).collect(),
            members_per_faction: FULL_FACTION,
            calls: unknown.calls,
            total_calls: plan.calls() + unknown.calls,
            total_minutes: unknown.minutes,
        }),
    }
}

fn summary(plan: &Plan) -> String {
    let wait = |minutes| match minutes {
        0 => "no waiting for the budget".to_owned(),
        1 => "about a minute of waiting for the budget".to_owned(),
        minutes => format!("about {minutes} minutes of waiting for the budget"),
    };
    let (calls, keys) = (plan.calls(), count(plan.loads.len(), "key"));
    match &plan.unknown {
        None => format!(
            "planned: {} with {keys}; {}; none was made",
            count(calls, "call"),
            wait(plan.minutes())
        ),
        Some(unknown) => format!(
            "planned: at least {} with {keys}, and a call for each member of {}, who are known after the first fetch: about \
             {} at {FULL_FACTION} members each, with {}; past wars that the first fetch finds need a call each, too; none \
             was made",
            count(calls, "call"),
            count(unknown.factions.len(), "faction"),
            count(calls + unknown.calls, "call"),
            wait(unknown.minutes)
        ),
    }
}

/// The calls for the members of factions that were never fetched, distributed like those of known players.
fn unknown_members(store: &Store, scope: &Scope, plan: &Plan) -> Result<Option<UnknownMembers>> {
    let factions = factions_without_roster(store, scope)?;
    if factions.is_empty() {
        return Ok(None);
    }
    for id in &factions {
        log::warn!("the members of faction {id} are not known yet: each of them is one call more");
    }
    let calls = factions.len() as u64 * FULL_FACTION;
    let mut loads = plan.loads.clone();
    loads::distribute(&mut loads, calls::of_a_player()?, calls);
    Ok(Some(UnknownMembers {
        factions,
        calls,
        minutes: loads::minutes(&loads, plan.limit),
    }))
}

/// The factions whose members are to be fetched and are not known yet.
fn factions_without_roster(store: &Store, scope: &Scope) -> Result<Vec<FactionId>> {
    let mut unknown = Vec::new();
    if scope.track.members {
        for id in &scope.track.factions {
            if store.faction_last_updated(*id)?.is_none() {
                unknown.push(*id);
            }
        }
    }
    Ok(unknown)
}

/// The number of calls, with the digits of all lines below each other.
fn count_calls(calls: u64) -> String {
    format!("{calls:6} {}", agree(calls, "call", "calls"))
}

fn print(plan: &Plan) -> std::io::Result<()> {
    for kind in &plan.kinds {
        terminal::print_text(&format!(
            "{:20} {}",
            kind.kind.as_str(),
            count_calls(kind.calls)
        ))?;
    }
    if let Some(unknown) = &plan.unknown {
        let factions: Vec<String> = unknown.factions.iter().map(ToString::to_string).collect();
        terminal::print_line(&format!(
            "{:20} {} at most, of {} {}",
            "unknown members",
            count_calls(unknown.calls).trim_start(),
            agree(factions.len() as u64, "faction", "factions"),
            factions.join(", ")
        ))?;
    }
    if plan.key_checks > 0 {
        let calls = plan.key_checks;
        terminal::print_text(&format!("{:20} {}", "key checks", count_calls(calls)))?;
    }
    terminal::print_text("")?;
    for load in &plan.loads {
        let owner = load.owner().map_or_else(
            || "owner not known yet".to_owned(),
            |owner| format!("owner {owner}"),
        );
        let pace = match plan.limit {
            None => "no limit".to_owned(),
            Some(limit) => format!(
                "at most {} a minute",
                u64::from(limit).min(loads::of_owner(&plan.loads, load))
            ),
        };
        terminal::print_text(&format!(
            "key {:16} {}, {pace} ({owner})",
            load.name,
            count_calls(load.calls)
        ))?;
    }
    Ok(())
}
