//! `tornsnap prune --summaries-before`: deletes old summaries.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::command::prune::Args;
use crate::command::prune::report::format_table;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::time::Month;
use crate::output::{prompt, terminal};
use crate::store::Store;
use crate::store::lock::MAINTENANCE;

#[derive(Debug, Serialize)]
struct Report {
    dry_run: bool,
    summaries_before: Month,
    tables: BTreeMap<&'static str, TableReport>,
}

#[derive(Debug, Serialize)]
struct TableReport {
    rows: i64,
}

/// Deletes old summaries, after the user has confirmed it: they cannot be computed again once their history is pruned.
pub(super) fn run(context: &Context, args: &Args, month: Month) -> Result<Outcome> {
    let database = &context.settings.database;
    let tables = if args.dry_run {
        let store = Store::open_read_only(database)?;
        let tables = store.plan_summary_purge(month)?;
        store.check_unchanged()?;
        tables
    } else {
        let store = Store::open(database)?;
        store.refuse_archive()?;
        store.plan_summary_purge(month)?
    };
    let rows: i64 = tables.iter().map(|table| table.rows).sum();
    let report = Report {
        dry_run: args.dry_run,
        summaries_before: month,
        tables: tables
            .iter()
            .map(|table| (table.table, TableReport { rows: table.rows }))
            .collect(),
    };
    if args.dry_run {
        if !context.json {
            for table in &tables {
                terminal::print_line(&format_table(table))
                    .with_context(|| "print the plan".to_owned())?;
            }
        }
        return Ok(Outcome::done(
            format!("{rows} summaries of months before {month} would be deleted"),
            report,
        ));
    }
    if rows == 0 {
        return Ok(Outcome::done(
            format!("there are no summaries of months before {month}"),
            report,
        ));
    }
    let question =
        format!("Delete {rows} summaries of months before {month}? This cannot be undone");
    if !args.yes && !prompt::confirm(&question, "--yes")? {
        return Err(Error::new("delete summaries")
            .with_source("the answer was no")
            .with_exit(Exit::Config));
    }
    let waiting = Waiting::new(context, "prune", args.wait.longest());
    let _lock = waiting.take(database, MAINTENANCE)?;
    let mut store = Store::open(database)?;
    // Another run may have replaced the file before this one took the lock.
    store.refuse_archive()?;
    let deleted = store.purge_summaries(month, context.settings.clock.now())?;
    store.checkpoint()?;
    Ok(Outcome::done(
        format!("deleted {deleted} summaries of months before {month}"),
        report,
    ))
}
