//! Counts and deletes old summaries, for `prune --summaries-before`.

use rusqlite::named_params;

use crate::error::Result;
use crate::model::history::History;
use crate::model::time::Month;
use crate::store::prune::TablePlan;
use crate::store::prune::housekeeping::plan_table;
use crate::store::prune::statements::Statements;
use crate::store::{SqlContext, Store, sql};

impl Store {
    /// Counts the summaries of months before `month`.
    pub(crate) fn plan_summary_purge(&self, month: Month) -> Result<Vec<TablePlan>> {
        /// Estimated size of a summary with its index entries.
        const ROW_BYTES: i64 = 150;
        History::ALL
            .into_iter()
            .map(|history| {
                plan_table(
                    self.connection(),
                    history.summary_table(),
                    &Statements::of(history).summaries_plan,
                    named_params! { ":before": month.start() },
                    ROW_BYTES,
                )
            })
            .collect()
    }

    /// Deletes the summaries of months before `month` in one transaction, and records that, so that `summarize` does not
    /// write them again. Returns the number of deleted rows.
    pub(crate) fn purge_summaries(&mut self, month: Month, now: i64) -> Result<usize> {
        let deleted = self.transaction(|transaction| {
            transaction
                .execute(
                    sql!("months/mark_purged"),
                    named_params! { ":before": month.start(), ":now": now },
                )
                .context("record that summaries are deleted")?;
            transaction
                .execute(
                    sql!("prune/forget_imported"),
                    named_params! { ":before": month.start() },
                )
                .and_then(|_| {
                    transaction.execute(
                        sql!("prune/forget_imported_wars"),
                        named_params! { ":before": month.start() },
                    )
                })
                .context("forget which summaries were imported")?;
            let mut deleted = 0;
            for history in History::ALL {
                deleted += transaction
                    .execute(
                        &Statements::of(history).summaries_delete,
                        named_params! { ":before": month.start() },
                    )
                    .context(format!("delete old rows of {}", history.summary_table()))?;
            }
            Ok(deleted)
        })?;
        self.release_free_pages(|| true)?;
        Ok(deleted)
    }
}
