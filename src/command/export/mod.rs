//! `tornsnap export`: writes tables and views to files that other programs and people read.

mod exporter;
mod format;
pub(in crate::command) mod lake;
mod list;
mod report;
mod style;

use std::path::PathBuf;

use clap::ValueEnum;

use crate::command::export::exporter::Exporter;
use crate::command::export::format::FormatName;
use crate::command::export::style::OutputStyle;
use crate::command::list_value;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId, WarId};
use crate::model::nearest::nearest;
use crate::model::time::parse_timestamp_or_age;
use crate::output::stream::PathKind;
use crate::store::Store;
use crate::store::export::{Dataset, Filter};

/// Write a table or a view as CSV, JSON, Parquet, a workbook, Markdown or a table on the terminal
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  List the tables and views:
    tornsnap export --list

  Write the rows of March:
    tornsnap export faction_history --since 2026-03 --until 2026-04 -o march.csv

  Write a file for a spreadsheet:
    tornsnap export player_gains --spreadsheet --output gains.csv

  Write everything into a folder:
    tornsnap export --all --output tornsnap-csv

  Write the histories as Parquet, one folder for each month, for DuckDB and Spark; again for what is new:
    tornsnap export --lake tornsnap-lake")]
pub(crate) struct Args {
    /// Table or view, such as player_latest; --list shows all
    #[arg(required_unless_present_any = ["list", "all", "lake"])]
    dataset: Option<String>,
    /// List the datasets in groups, each with its number of rows and a description
    #[arg(long, conflicts_with_all = ["dataset", "all", "output", "format", "columns", "since", "until", "player", "faction", "territory", "war", "time", "spreadsheet", "null", "delimiter"])]
    list: bool,
    /// Write every table and view, as of one moment, into the folder --output
    #[arg(long, requires = "output", conflicts_with_all = ["dataset", "columns", "since", "until", "player", "faction", "territory", "war"])]
    all: bool,
    /// Write the histories, summaries, observations and names as Parquet into this folder, in which each month has a folder of its
    /// own. Only what is new since the last time is written. Several databases can write to one folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dataset", "list", "all", "output", "format", "columns", "since", "until", "player", "faction", "territory", "war", "time", "spreadsheet", "null", "delimiter"])]
    lake: Option<PathBuf>,
    /// Write to this file, pipe or device; with --all to this folder, which is made if it is missing. A file appears when it is complete. In PowerShell,
    /// use it instead of >, which changes the encoding [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Format of the rows [default: by the ending of --output, such as .xlsx or .md; else csv; with --json, json for rows on stdout]
    #[arg(short, long)]
    format: Option<FormatName>,
    /// Only these columns, in this order; comma-separated, or the option again for each
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = list_value::list_value::<String>)]
    columns: Vec<String>,
    /// Only rows from this time on: 2026-10-31, 2026-10, yesterday, 30d and more, in UTC
    ///
    /// Forms: 2026-10-31, 2026-10, "2026-10-31 12:00:00", RFC 3339, unix seconds, today, yesterday, and 12h, 30d or 2w back from now. A day and a month mean their first second.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only rows before this time; written as for --since
    ///
    /// A day and a month mean their first second, which no longer counts: October is --since 2026-10 --until 2026-11.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only these players; comma-separated, or the option again for each
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = list_value::id_or_address::<PlayerId>)]
    player: Vec<PlayerId>,
    /// Only these factions, written as for --player, on either side of a war
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = list_value::id_or_address::<FactionId>)]
    faction: Vec<FactionId>,
    /// Only these tiles, such as AAB,AAC
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = list_value::list_value::<TerritoryId>)]
    territory: Vec<TerritoryId>,
    /// Only these wars; written as for --player
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = list_value::list_value::<WarId>)]
    war: Vec<WarId>,
    /// How times are written [default: unix; in tables, workbooks and with --spreadsheet, as dates]
    #[arg(long)]
    time: Option<TimeName>,
    /// CSV for spreadsheets such as Excel: byte order mark, CRLF, no cell runs as a formula, times are recognized as dates
    #[arg(long)]
    spreadsheet: bool,
    /// Text that represents NULL in CSV and tables; by default nothing, while an empty text is ""
    #[arg(long, value_name = "TEXT")]
    null: Option<String>,
    /// Separator of CSV cells: a comma, a semicolon (which Excel expects in many countries), a bar or tab [default: , and tab for .tsv]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
}

/// Other characters are not allowed, because cells that contain them are not quoted.
fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "," | ";" | "|" | "\t" => Ok(text.as_bytes()[0]),
        "tab" | "\\t" => Ok(b'\t'),
        _ => Err("write ',', ';', '|' or tab".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum TimeName {
    /// 2026-10-31T12:00:00Z
    Iso,
    /// Seconds since 1970, as they are stored
    Unix,
}

/// Lists the datasets, or writes one, or all.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    if let Some(directory) = &args.lake {
        return lake::run(context, directory);
    }
    let output = args.output.as_deref().filter(|path| {
        // A path that names stdout is the same as no --output.
        args.all || PathKind::of(path) != PathKind::Stdout
    });
    let style = OutputStyle::from_args(context, args, output)?;
    let filter = filter(context, args)?;
    let store = Store::open_read_only(&context.settings.database)?;
    store.in_read_transaction(|store| {
        let datasets = store.datasets()?;
        let exporter = Exporter {
            context,
            store,
            style,
            filters: given_filters(args),
        };
        match (&args.dataset, output) {
            _ if args.list => list::print(context, store, &datasets),
            (Some(name), output) => {
                let dataset = find_dataset(&datasets, name)?;
                let columns = exporter.style.columns(dataset, &args.columns);
                let query = dataset.query(&columns, &filter)?;
                match output {
                    None => exporter.export_to_stdout(name, &query),
                    Some(path) => exporter.export_to_path(name, &query, path),
                }
            }
            (None, Some(folder)) => exporter.export_all(&datasets, folder),
            // clap has refused a command line with neither a dataset nor --all.
            (None, None) => Ok(Outcome::done("nothing to export", ())),
        }
    })
}

/// The options that choose rows, of those that were given.
fn given_filters(args: &Args) -> Vec<&'static str> {
    [
        ("--player", !args.player.is_empty()),
        ("--faction", !args.faction.is_empty()),
        ("--territory", !args.territory.is_empty()),
        ("--war", !args.war.is_empty()),
        ("--since", args.since.is_some()),
        ("--until", args.until.is_some()),
    ]
    .into_iter()
    .filter_map(|(flag, is_given)| is_given.then_some(flag))
    .collect()
}

fn filter(context: &Context, args: &Args) -> Result<Filter> {
    let timestamp = |flag: &str, text: &Option<String>| -> Result<Option<i64>> {
        let Some(text) = text else { return Ok(None) };
        parse_timestamp_or_age(text, context.settings.clock.now())
            .map(Some)
            .map_err(|wrong| {
                usage(&format!("understand {flag}"))
                    .with_source(wrong.why)
                    .with_help(wrong.hint)
            })
    };
    let filter = Filter {
        since: timestamp("--since", &args.since)?,
        until: timestamp("--until", &args.until)?,
        players: args.player.clone(),
        factions: args.faction.clone(),
        territories: args.territory.clone(),
        wars: args.war.clone(),
    };
    match (filter.since, filter.until) {
        (Some(since), Some(until)) if since >= until => {
            Err(usage("find anything between --since and --until")
                .with_source("--until is not later than --since")
                .with_help(
                    "write a later --until: rows from --since on and before --until are written, so October is \
                     --since 2026-10 --until 2026-11",
                ))
        }
        _ => Ok(filter),
    }
}

fn find_dataset<'a>(datasets: &'a [Dataset], name: &str) -> Result<&'a Dataset> {
    datasets
        .iter()
        .find(|dataset| dataset.name == name)
        .ok_or_else(|| {
            let all = "`tornsnap export --list` shows all";
            if name == "all" {
                return usage("export \"all\"")
                    .with_source("there is no such table or view")
                    .with_help(
                        "`tornsnap export --all --output DIR` writes all of them into a folder",
                    );
            }
            usage(&format!("export {name:?}"))
                .with_source("there is no such table or view")
                .with_help(
                    match nearest(name, datasets.iter().map(|known| &*known.name)) {
                        Some(nearest) => format!("did you mean {nearest}? {all}"),
                        None => all.to_owned(),
                    },
                )
        })
}

fn usage(action: &str) -> Error {
    Error::new(action).with_exit(Exit::Usage)
}
