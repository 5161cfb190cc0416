//! `tornsnap import`: takes over a database of the Python program, another tornsnap database, or CSV.

mod report;

use std::path::PathBuf;

use serde::Serialize;

use crate::command::backup::Rotation;
use crate::command::import::report::{
    Report, describe, describe_coarse_times, describe_next_prune, describe_read_as_utc,
    print_table, read_as_utc,
};
use crate::command::signal::StopSignal;
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome, backup, summarize};
use crate::config::Record;
use crate::error::{Error, Exit, Result};
use crate::model::import::SourceKind;
use crate::model::import::moment::parse_offset;
use crate::model::import::report::ImportResult;
use crate::model::lost_rows::LostRows;
use crate::model::retention::first_kept_month;
use crate::model::schedule::interval::Interval;
use crate::model::time::Month;
use crate::store::Store;
use crate::store::import::{self, CsvOptions, ImportOptions, ImportSource};
use crate::store::lock::MAINTENANCE;

/// Take over a database of the Python program, another tornsnap database, or a CSV file of export
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Show what would be taken, mended and left out:
    tornsnap import old-bot.db --dry-run

  Take over the database of a bot that wrote local times:
    tornsnap import old-bot.db --time-offset +02:00

  Merge the database of another tornsnap:
    tornsnap import other.db")]
#[expect(clippy::struct_excessive_bools, reason = "each is a command-line flag")]
pub(crate) struct Args {
    /// The file to import; it is only read, and its kind is recognized by its contents
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The table of a CSV file, such as player_stats_history [default: the one that has the columns of its header]
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// The offset of the clock that wrote times without a time zone, such as +02:00 [default: +00:00]
    #[arg(long, value_name = "OFFSET", value_parser = parse_offset, allow_hyphen_values = true)]
    time_offset: Option<i64>,
    /// Leave out the lines of a CSV file that cannot be taken, instead of refusing the file
    #[arg(long)]
    skip_invalid: bool,
    /// Show what would be imported, without changing anything
    #[arg(long)]
    dry_run: bool,
    /// Do not take a backup first
    #[arg(long)]
    no_backup: bool,
    /// Do not summarize the months whose history has changed; the next `summarize` does
    #[arg(long)]
    no_summarize: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Reads the file, takes a backup, merges all rows in one transaction, and summarizes the months that have changed.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    if args.dry_run {
        return rehearse(context, args);
    }
    let database = &context.settings.database;
    Store::check_openable(database)?;
    // Before the wait for the lock and the backup, so that a wrong file is refused at once.
    let action = format!("read {}", args.file.display());
    let unpacked =
        StopSignal::interruptible(&action, "nothing was imported", || open(context, args))?
            .if_unpacked();
    let lock_wait = LockWait::new(context, "import", args.wait.longest());
    let maintenance = lock_wait.take(database, MAINTENANCE)?;
    // Open the database only after taking the lock, because until then a restore may replace the file.
    let mut store = Store::open(database)?;
    store.refuse_archive()?;
    let backup = if args.no_backup {
        None
    } else {
        // Files are often imported one after the other. A rotation would then delete the backup from before the first one.
        Some(backup::before_change(
            context,
            Rotation::KeepsAll,
            &lock_wait,
        )?)
    };
    let action = format!("import {}", args.file.display());
    let result = StopSignal::interruptible(&action, "nothing was imported", || {
        let source = match unpacked {
            Some(source) => source,
            None => open(context, args)?,
        };
        store.import(&source, &options(context, args))
    })?;
    let done = finish(context, args, &mut store, &result);
    if done.failure.is_some() {
        // The imported rows are not in a file that was put there meanwhile.
        store.check_in_place()?;
    }
    drop(store);
    drop(maintenance);
    Ok(outcome(context, args, backup, &result, &done))
}

/// Does everything on a private copy of the database.
fn rehearse(context: &Context, args: &Args) -> Result<Outcome> {
    let store = Store::open_read_only(&context.settings.database)?;
    store.refuse_archive()?;
    let action = format!("try the import of {}", args.file.display());
    let kept = "nothing was changed, and the copy of the database was removed";
    let (result, done) = StopSignal::interruptible(&action, kept, || {
        let source = open(context, args)?;
        let mut copy = store.rehearsal()?;
        store.check_unchanged()?;
        drop(store);
        let imported = copy.store.import(&source, &options(context, args));
        let result = imported.map_err(|error| copy.named(error))?;
        let mut done = finish(context, args, &mut copy.store, &result);
        match done.failure.take() {
            Some(failure) => Err(copy.named(failure)),
            None => Ok((result, done)),
        }
    })?;
    Ok(outcome(context, args, None, &result, &done))
}

fn open(context: &Context, args: &Args) -> Result<ImportSource> {
    let options = options(context, args);
    let source = import::open(&args.file, &context.settings.database, &options)?;
    let kind = source.kind();
    let given = [
        (
            args.time_offset.is_some(),
            "--time-offset",
            SourceKind::Plan,
        ),
        (args.dataset.is_some(), "--dataset", SourceKind::Csv),
        (args.skip_invalid, "--skip-invalid", SourceKind::Csv),
    ];
    match given
        .iter()
        .find(|(is_given, _, fits)| *is_given && kind != *fits)
    {
        None => Ok(source),
        Some((_, flag, fits)) => Err(Error::new(format!("use {flag}"))
            .with_source(format!(
                "it is for {}, and {} is {}",
                fits.describe(),
                args.file.display(),
                kind.describe()
            ))
            .with_help("leave it out")
            .with_exit(Exit::Usage)),
    }
}

fn options(context: &Context, args: &Args) -> ImportOptions {
    ImportOptions {
        offset: args.time_offset.unwrap_or(0),
        now: context.settings.clock.now(),
        every_poll: context.settings.record == Record::EveryPoll,
        csv: CsvOptions {
            dataset: args.dataset.clone(),
            skips_invalid: args.skip_invalid,
        },
    }
}

/// The results of the steps after the import.
#[derive(Default)]
struct Finished {
    summarized: Vec<Month>,
    /// Months with rows that no summary will count, and the number of these rows.
    late: Vec<(Month, i64)>,
    next_prune: Option<NextPrune>,
    /// The rows that a prune deleted too early, and that are still missing.
    lost: Option<LostRows>,
    /// The error that ended these steps. The rows are imported all the same.
    failure: Option<Error>,
}

/// The imported history that is older than the retention.
#[derive(Clone, Debug, Serialize)]
struct NextPrune {
    months: Vec<Month>,
    keep_months: u32,
    /// The database that the rows are moved to. `None`: they are deleted.
    archive: Option<PathBuf>,
    /// The `keep_months` with which nothing of these months is deleted now.
    #[serde(skip)]
    needed_keep_months: u32,
    /// How often the schedule runs `prune`. `None`: it does not.
    #[serde(skip)]
    interval: Option<Interval>,
}

/// Makes the import durable, summarizes the months, and looks for late rows in months that were pruned.
fn finish(context: &Context, args: &Args, store: &mut Store, result: &ImportResult) -> Finished {
    let now = context.settings.clock.now();
    let mut done = Finished {
        next_prune: next_prune(context, &result.months, now),
        ..Finished::default()
    };
    let mut steps = || -> Result<()> {
        store.checkpoint()?;
        // Also when nothing was taken: a run that was killed may have imported the rows, and not summarized them.
        if !args.no_summarize {
            summarize::bring_up_to_date(context, store, now, &mut done.summarized)?;
        }
        let months = store.months(now)?;
        let late = months
            .iter()
            .map(|state| (state.month, state.unsummarized_late_rows()));
        done.late = late.filter(|(_, rows)| *rows > 0).collect();
        // The summaries warn of rows that are missing, too.
        if args.no_summarize {
            // In a dry run the store is a copy of this database.
            let database = &context.settings.database;
            done.lost = store.lost_rows(&context.settings.backup.directory, database, now)?;
        }
        Ok(())
    };
    done.failure = steps().err();
    done
}

/// Says about an error after the import what is kept and how to go on.
fn after_import(error: &Error) -> Error {
    let cause = match error.exit() {
        Exit::Interrupted | Exit::Terminated => "it was interrupted".to_owned(),
        _ => error.one_line(),
    };
    let first = error
        .help()
        .map_or_else(String::new, |help| format!("{help}; then "));
    Error::new("summarize the months of the import")
        .with_source(format!("{cause}; all rows are imported"))
        .with_help(format!(
            "{first}run `tornsnap summarize`, which summarizes the months that are left"
        ))
        .with_exit(error.exit())
}

/// Says what the next `prune` does with the history of these months, if it does anything.
fn next_prune(context: &Context, months: &[Month], now: i64) -> Option<NextPrune> {
    let retention = &context.settings.retention;
    let first_kept = first_kept_month(now, retention.keep_months)?;
    let months: Vec<Month> = months
        .iter()
        .copied()
        .filter(|month| *month < first_kept)
        .collect();
    let oldest = *months.iter().min()?;
    Some(NextPrune {
        needed_keep_months: Month::of(now)?.months_since(oldest),
        months,
        keep_months: retention.keep_months,
        archive: retention.archive.clone(),
        interval: context.settings.schedule.backup,
    })
}

fn outcome(
    context: &Context,
    args: &Args,
    backup: Option<String>,
    result: &ImportResult,
    done: &Finished,
) -> Outcome {
    let mut failure = done.failure.as_ref().map(after_import);
    if !context.json
        && let Err(error) = print_table(result)
    {
        failure.get_or_insert(error);
    }
    let times = read_as_utc(args, result);
    if times > 0 {
        log::warn!("{}", describe_read_as_utc(times));
    }
    let coarse = result.coarse_times();
    if coarse > 0 {
        log::warn!("{}", describe_coarse_times(coarse));
    }
    if let Some(next) = &done.next_prune {
        log::warn!("{}", describe_next_prune(next));
    }
    if let Some(lost) = &done.lost {
        log::warn!("{}; {}", lost.describe(), lost.help());
    }
    let exit = match &failure {
        Some(failure) => failure.exit(),
        None if result.left() == 0 => Exit::Done,
        None => Exit::Partial,
    };
    Outcome {
        summary: Some(describe(args, result, done)),
        failure,
        ..Outcome::new(exit).with_report(Report::new(args, backup, result, done))
    }
}
