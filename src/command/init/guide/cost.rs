//! Shows how many calls the answers need, before they are written.

use std::collections::BTreeMap;

use crate::command::fetch::{Scope, plan_poll};
use crate::command::init::guide::key_questions::of_owner;
use crate::command::init::guide::{Guide, say};
use crate::config::Settings;
use crate::error::Result;
use crate::model::key::NamedKey;
use crate::model::kind::Kind;
use crate::model::run::Counts;
use crate::model::size::count;
use crate::store::Store;
use crate::store::save::{Batch, Observation};

impl Guide<'_> {
    /// Shows the calls of each job of the schedule and of each key owner. Warns if a poll takes longer than its
    /// interval.
    pub(super) fn say_cost(&mut self, settings: &Settings) -> Result<()> {
        for id in &settings.track.factions {
            self.look_up_faction(*id)?;
        }
        let keys: Vec<NamedKey> = self.keys.iter().map(|key| key.named.clone()).collect();
        let store = self.store_for_plan()?;
        let mut of_owners: BTreeMap<i64, f64> = BTreeMap::new();
        let mut warnings = Vec::new();
        let mut lines = Vec::new();
        for kind in Kind::ALL {
            let Some(interval) = settings.schedule.of_kind(kind) else {
                continue;
            };
            let mut scope = Scope::everything(settings);
            scope.kinds.retain(|followed| *followed == kind);
            if scope.kinds.is_empty() {
                continue;
            }
            let minutes = u64::from(interval.minutes());
            let plan = plan_poll(settings, &keys, &store, &scope)?;
            let calls = count(plan.calls, "call");
            lines.push(format!("  {kind}: at most {calls} {interval}"));
            for (owner, calls) in plan.of_owners {
                *of_owners.entry(owner).or_default() += average(calls, minutes);
            }
            if plan.minutes >= minutes {
                warnings.push(format!(
                    "Warning: a poll of {kind} takes about {} minutes, and the next one is due after {minutes}. Use keys of \
                     more players, or set a longer interval under [schedule].",
                    plan.minutes
                ));
            }
        }
        if lines.is_empty() {
            say("No calls to Torn are needed: the schedule fetches nothing.");
            return Ok(());
        }
        say("Calls to Torn with this schedule:");
        for line in lines {
            say(&line);
        }
        self.say_calls_of_owners(&of_owners, settings.api.requests_per_minute);
        for warning in warnings {
            say(&warning);
        }
        Ok(())
    }

    fn say_calls_of_owners(&self, of_owners: &BTreeMap<i64, f64>, limit: Option<u32>) {
        let limit = limit.map_or_else(String::new, |limit| format!("; the limit is {limit}"));
        for (owner, calls) in of_owners {
            let key = self.keys.iter().find(|key| key.facts.owner.get() == *owner);
            if let Some(key) = key {
                say(&format!(
                    "  with {} keys: {calls:.1} calls a minute on average{limit}",
                    of_owner(key.owner.as_ref().ok(), &key.facts)
                ));
            }
        }
    }

    /// A database in memory with the keys and rosters that the planner needs.
    fn store_for_plan(&self) -> Result<Store> {
        let now = self.context.settings.clock.now();
        let mut store = Store::in_memory()?;
        for key in &self.keys {
            store.save_key_facts(&key.named.name, &key.named.key, &key.facts, now)?;
        }
        let batch = Batch {
            run: store.start_run(Kind::Factions, now, None)?,
            every_poll: false,
        };
        let factions: Vec<Observation<_>> = self.factions.values().cloned().collect();
        store.save_factions(&batch, &factions, &mut Counts::default())?;
        Ok(store)
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of calls are small")]
fn average(calls: u64, minutes: u64) -> f64 {
    calls as f64 / minutes as f64
}
