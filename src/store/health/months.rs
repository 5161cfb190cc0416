//! Reads the state of the months, and the history rows that a prune should have removed.

use super::Snapshot;
use crate::error::Result;
use crate::model::health::OverdueRows;
use crate::model::month_state::MonthState;
use crate::store::prune::RetentionPolicy;
use crate::store::{SqlContext, months};

impl Snapshot {
    /// The state of each finished month.
    pub(crate) fn months(&self, now: i64) -> Result<Vec<MonthState>> {
        months::months(self.connection(), now)
    }

    /// The history rows from before the cut-off, which a prune should have removed.
    pub(crate) fn overdue(
        &self,
        states: &[MonthState],
        policy: RetentionPolicy,
        now: i64,
    ) -> Result<OverdueRows> {
        // `plan_prune` begins its own transaction.
        let execute = |statement| {
            self.connection()
                .execute_batch(statement)
                .context("read the database")
        };
        execute("COMMIT")?;
        let plan = self.store.plan_prune(states, policy, now);
        execute("BEGIN")?;
        let plan = plan?;
        Ok(OverdueRows {
            prunable: plan.history_rows(),
            unsummarized: plan.scope.unsummarized,
        })
    }
}
