//! Months that are to be summarized or pruned.

use rusqlite::named_params;

use super::View;
use crate::error::Result;
use crate::model::time::Month;
use crate::store::{Failed, sql};

impl View {
    /// The oldest row of detail.
    pub fn oldest(&self) -> Result<Option<i64>> {
        self.one(sql!("health/oldest"), [], |row| row.get("oldest"))
            .failed("read the age of the detail")
    }

    /// Finished months with detail and without a summary of it.
    pub fn unsummarized(&self, oldest: Option<i64>, now: i64) -> Result<Vec<Month>> {
        let Some((mut month, running)) = oldest.and_then(Month::of).zip(Month::of(now)) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        while month < running {
            let missing: bool = self
                .one(
                    sql!("health/unsummarized"),
                    named_params! { ":period_start": month.start(), ":period_end": month.end() },
                    |row| row.get("missing"),
                )
                .failed("look for summaries")?;
            if missing {
                found.push(month);
            }
            month = month.next();
        }
        Ok(found)
    }

    /// Whether there is detail from before the cut-off that should have been pruned.
    pub fn is_overdue(&self, cutoff: i64) -> Result<bool> {
        self.one(
            sql!("health/overdue"),
            named_params! { ":cutoff": cutoff },
            |row| row.get("overdue"),
        )
        .failed("look for detail to prune")
    }
}
