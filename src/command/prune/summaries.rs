//! `tornsnap prune --summaries-before`: deletes old summaries.

use serde_json::{Value, json};

use crate::command::prune::{Args, report};
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::time::Month;
use crate::output::{prompt, terminal};
use crate::store::Store;
use crate::store::lock::MAINTENANCE;

/// Deletes old summaries: the one thing that no detail brings back.
pub(super) fn run(context: &Context, args: &Args, month: Month) -> Result<Outcome> {
    let database = &context.settings.database;
    let shares = if args.dry_run {
        let store = Store::open_read_only(database)?;
        let shares = store.plan_purge(month)?;
        store.check_unchanged()?;
        shares
    } else {
        Store::open(database)?.plan_purge(month)?
    };
    let rows: i64 = shares.iter().map(|share| share.rows).sum();
    let tables: serde_json::Map<String, Value> = shares
        .iter()
        .map(|share| (share.table.to_owned(), json!({ "rows": share.rows })))
        .collect();
    let done = json!({
        "dry_run": args.dry_run,
        "summaries_before": month.to_string(),
        "tables": tables,
    });
    if args.dry_run {
        if !context.json {
            for share in &shares {
                terminal::data(&report::line(share))
                    .with_context(|| "print the plan".to_owned())?;
            }
        }
        return Ok(Outcome::done(
            format!("{rows} summaries of months before {month} would go"),
            done,
        ));
    }
    if rows == 0 {
        return Ok(Outcome::done(
            format!("there are no summaries of months before {month}"),
            done,
        ));
    }
    let question =
        format!("Delete {rows} summaries of months before {month}? Nothing can bring them back");
    if !args.yes && !prompt::confirm(&question, "--yes")? {
        return Err(Error::new("delete summaries")
            .with_source("the answer was no")
            .with_exit(Exit::Config));
    }
    let waiting = Waiting::new(context, "prune", args.wait);
    let _lock = waiting.take(database, MAINTENANCE)?;
    let mut store = Store::open(database)?;
    let deleted = store.purge(month, context.settings.clock.now())?;
    store.checkpoint()?;
    Ok(Outcome::done(
        format!("deleted {deleted} summaries of months before {month}"),
        done,
    ))
}
