//! `tornsnap prune --summaries-before`: deletes old summaries.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::command::locked_database::LockedDatabase;
use crate::command::prune::Args;
use crate::command::prune::report::format_table;
use crate::command::signal::StopSignal;
use crate::command::wait::LockWait;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result};
use crate::model::identity::Identity;
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
    let (database, tables) = {
        let store = Store::open(&context.settings.database)?;
        store.refuse_archive()?;
        (store.identity()?, store.plan_summary_purge(month)?)
    };
    let rows = count_rows(&tables);
    if rows == 0 {
        return Ok(Outcome::done(
            format!("there are no summaries of months before {month}"),
            Report::new(month, &tables, false),
        ));
    }
    confirm(args, rows, month)?;
    let (tables, deleted) = delete(context, args, month, &database)?;
    Ok(Outcome::done(
        format!("deleted {deleted} summaries of months before {month}"),
        Report::new(month, &tables, false),
    ))
}

fn preview(context: &Context, month: Month) -> Result<Outcome> {
    let store = Store::open_read_only(&context.settings.database)?;
    let tables = store.plan_summary_purge(month)?;
    store.check_unchanged()?;
    if !context.json {
        for table in &tables {
            terminal::print("the plan", &format_table(table))?;
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
    if args.yes {
        return Ok(());
    }
    let stop = StopSignal::listen()?;
    if prompt::confirm(&question, "--yes", &|| stop.received())? {
        return Ok(());
    }
    Err(Error::new("delete summaries")
        .with_source("the answer was no")
        .with_exit(Exit::Config))
}

/// Deletes the summaries of `confirmed`, the database that the user was asked about. Returns the deleted rows per table, and
/// their number.
fn delete(
    context: &Context,
    args: &Args,
    month: Month,
    confirmed: &Identity,
) -> Result<(Vec<TablePlan>, usize)> {
    let path = &context.settings.database;
    let lock_wait = LockWait::new(context, "prune", args.wait.longest());
    let mut database = LockedDatabase::open(path, &[MAINTENANCE], &lock_wait)?;
    let _end_on_signal = StopSignal::end_on_signal()?;
    let store = &mut database.store;
    if store.identity()? != *confirmed {
        return Err(Error::new("delete summaries")
            .with_source(format!(
                "{} was replaced by another database in the meantime",
                path.display()
            ))
            .with_help("look at it, then run the command again")
            .with_exit(Exit::Config));
    }
    let tables = store.plan_summary_purge(month)?;
    let deleted = store.purge_summaries(month, context.settings.clock.now())?;
    store.checkpoint()?;
    Ok((tables, deleted))
}

fn count_rows(tables: &[TablePlan]) -> i64 {
    tables.iter().map(|table| table.rows).sum()
}
