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
