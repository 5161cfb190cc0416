//! `tornsnap prune --summaries-before`: deletes old summaries.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::command::prune::Args;
use crate::command::prune::report::format_table;
use crate::command::wait::LockWait;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::time::Month;
use crate::output::{prompt, terminal};
use crate::store::Store;
use crate::store::lock::MAINTENANCE;
use crate::store::prune::TablePlan;

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

impl Report {
    fn new(month: Month, tables: &[TablePlan], dry_run: bool) -> Self {
        Self {
            dry_run,
            summaries_before: month,
            tables: tables
                .iter()
                .map(|table| (table.table, TableReport { rows: table.rows }))
                .collect(),
        }
    }
}

/// Deletes old summaries, after the user has confirmed it: they cannot be computed again once their history is pruned.
pub(super) fn run(context: &Context, args: &Args, month: Month) -> Result<Outcome> {
    if args.dry_run {
        return preview(context, month);
    }
    let tables = Store::open(&context.settings.database)?.plan_summary_purge(month)?;
    let report = Report::new(month, &tables, false);
    let rows = count_rows(&tables);
    if rows == 0 {
        return Ok(Outcome::done(
            format!("there are no summaries of months before {month}"),
            report,
        ));
    }
    confirm(args, rows, month)?;
    let deleted = delete(context, args, month)?;
    Ok(Outcome::done(
        format!("deleted {deleted} summaries of months before {month}"),
        report,
    ))
}

fn preview(context: &Context, month: Month) -> Result<Outcome> {
    let store = Store::open_read_only(&context.settings.database)?;
    let tables = store.plan_summary_purge(month)?;
    store.check_unchanged()?;
    if !context.json {
        for table in &tables {
            terminal::print_line(&format_table(table))
                .with_context(|| "print the plan".to_owned())?;
        }
    }
    let rows = count_rows(&tables);
    Ok(Outcome::done(
        format!("{rows} summaries of months before {month} would be deleted"),
        Report::new(month, &tables, true),
    ))
}

/// Fails unless the user confirms the deletion, at the terminal or with `--yes`.
fn confirm(args: &Args, rows: i64, month: Month) -> Result<()> {
    let question =
        format!("Delete {rows} summaries of months before {month}? This cannot be undone");
    if args.yes || prompt::confirm(&question, "--yes")? {
        return Ok(());
    }
    Err(Error::new("delete summaries")
        .with_source("the answer was no")
        .with_exit(Exit::Config))
}

/// Deletes the summaries and returns their number.
fn delete(context: &Context, args: &Args, month: Month) -> Result<usize> {
    let database = &context.settings.database;
    let lock_wait = LockWait::new(context, "prune", args.wait.longest());
    let _lock = lock_wait.take(database, MAINTENANCE)?;
    let mut store = Store::open(database)?;
    let deleted = store.purge_summaries(month, context.settings.clock.now())?;
    store.checkpoint()?;
    Ok(deleted)
}

fn count_rows(tables: &[TablePlan]) -> i64 {
    tables.iter().map(|table| table.rows).sum()
}
