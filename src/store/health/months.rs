//! The state of the months, and the history rows that are to be pruned.

use super::View;
use crate::error::Result;
use crate::model::health::Overdue;
use crate::model::month_state::MonthState;
use crate::store::prune::RetentionPolicy;
use crate::store::{SqlContext, months};

impl View {
    /// The state of each finished month.
    pub(crate) fn months(&self, now: i64) -> Result<Vec<MonthState>> {
        months::months(self.connection(), now)
    }

    /// The history rows from before the cut-off that have no reason to be there any more.
    pub(crate) fn overdue(
        &self,
        states: &[MonthState],
        policy: RetentionPolicy,
        now: i64,
    ) -> Result<Overdue> {
        // The plan reads in a transaction of its own.
        let execute = |statement| {
            self.connection()
                .execute_batch(statement)
                .context("read the database")
        };
        execute("COMMIT")?;
        let plan = self.store.plan_prune(states, policy, now);
        execute("BEGIN")?;
        let plan = plan?;
        Ok(Overdue {
            prunable: plan.history_rows(),
            unsummarized: plan.scope.unsummarized,
        })
    }
}
