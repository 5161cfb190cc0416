//! The fields that `fetch --plan` adds to the report.

use serde::Serialize;

use crate::command::fetch::plan::KindPlan;
use crate::command::fetch::plan::loads::KeyLoad;

#[derive(Debug, Serialize)]
pub(super) struct PlanReport {
    /// All calls, key checks included.
    pub(super) calls: u64,
    pub(super) key_checks: u64,
    pub(super) kinds: Vec<KindReport>,
    pub(super) keys: Vec<KeyReport>,
    /// `None` if the configuration sets no limit.
    pub(super) requests_per_minute: Option<u32>,
    /// Minutes of waiting for the rate limiter.
    pub(super) minutes: u64,
    /// The factions whose members are not counted in `calls` and `minutes`; `None` if the members of all followed factions
    /// are known.
    pub(super) unknown_members: Option<UnknownReport>,
}

#[derive(Debug, Serialize)]
pub(super) struct UnknownReport {
    /// The factions that were never fetched.
    pub(super) factions: Vec<i64>,
    /// The assumed number of members.
    pub(super) members_per_faction: u64,
    /// The calls about these members.
    pub(super) calls: u64,
    /// All calls with these.
    pub(super) total_calls: u64,
    /// Minutes of waiting for the rate limiter with these.
    pub(super) total_minutes: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct KindReport {
    kind: &'static str,
    calls: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct KeyReport {
    name: String,
    /// `None` if the key was never checked.
    owner_id: Option<i64>,
    calls: u64,
}

impl From<&KindPlan> for KindReport {
    fn from(plan: &KindPlan) -> Self {
        Self {
            kind: plan.kind.as_str(),
            calls: plan.calls,
        }
    }
}

impl From<&KeyLoad> for KeyReport {
    fn from(load: &KeyLoad) -> Self {
        Self {
            name: load.name.clone(),
            owner_id: load.owner(),
            calls: load.calls,
        }
    }
}
