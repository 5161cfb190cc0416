//! Deleting old summaries.

use rusqlite::named_params;

use crate::error::Result;
use crate::model::history::History;
use crate::model::time::Month;
use crate::store::prune::statements::Statements;
use crate::store::{SqlContext, Store, sql};

impl Store {
    /// Deletes the summaries of months before `month`, all in one transaction, and notes of each of these months that
    /// they are deleted: nothing asks for them again.
    pub(crate) fn purge(&mut self, month: Month, now: i64) -> Result<usize> {
        let deleted = self.transaction(|transaction| {
            transaction
                .execute(
                    sql!("months/purged"),
                    named_params! { ":before": month.start(), ":now": now },
                )
                .context("note that summaries are deleted")?;
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
        self.give_space_back()?;
        Ok(deleted)
    }
}
