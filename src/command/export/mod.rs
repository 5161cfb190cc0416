//! `tornsnap export`: take tables and views out.

mod job;

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use crate::command::export::job::Job;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::id::{FactionId, PlayerId, TerritoryId, WarId};
use crate::model::nearest::nearest;
use crate::model::time::parse_timestamp_or_age;
use crate::output::rows::{CsvStyle, Form, Format, Times};
use crate::output::stream::Place;
use crate::output::terminal;
use crate::store::Store;
use crate::store::export::{Dataset, Filter};

/// Write a table or a view as CSV or JSON
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Table or view, such as player_latest; --list shows all
    #[arg(required_unless_present_any = ["list", "all"])]
    dataset: Option<String>,
    /// Show the datasets, each with its rows and a line on what it holds
    #[arg(long, conflicts_with_all = ["dataset", "all", "output", "format"])]
    list: bool,
    /// Write every table and view, as of one moment, into the folder --output
    #[arg(long, requires = "output", conflicts_with_all = ["dataset", "columns", "since", "until", "player", "faction", "territory", "war"])]
    all: bool,
    /// File that appears when it is complete, a pipe or a device; with --all a folder [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Form of the rows [default: csv; json where --json asks for rows on stdout]
    #[arg(short, long)]
    format: Option<FormatName>,
    /// Only these columns, in this order
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 1..)]
    columns: Vec<String>,
    /// From then on: 2026-10-31, 2026-10, "2026-10-31 12:00:00", RFC 3339, unix seconds, yesterday, or 12h, 30d, 2w back from now
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before then; written as for --since
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only these players
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    player: Vec<PlayerId>,
    /// Only these factions, on either side of a war
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    faction: Vec<FactionId>,
    /// Only these tiles
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    territory: Vec<TerritoryId>,
    /// Only these wars
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    war: Vec<WarId>,
    /// How times are written [default: unix; with --spreadsheet, iso]
    #[arg(long)]
    time: Option<TimeName>,
    /// CSV for Excel and its like: byte order mark, CRLF, no cell runs as a formula, times it takes for dates
    #[arg(long)]
    spreadsheet: bool,
    /// What stands for NULL in CSV; by default nothing, while an empty text is ""
    #[arg(long, value_name = "TEXT")]
    null: Option<String>,
    /// What stands between the cells of CSV: a comma, a semicolon (which Excel wants in many countries), a bar or tab [default: ,]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
}

/// Digits, letters and signs stand in cells without quotes, so that they cannot stand between cells.
fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "," | ";" | "|" | "\t" => Ok(text.as_bytes()[0]),
        "tab" | "\\t" => Ok(b'\t'),
        _ => Err("write ',', ';', '|' or tab".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum FormatName {
    /// Comma-separated values with a header
    Csv,
    /// One array of objects
    Json,
    /// An object a line
    Jsonl,
}

impl FormatName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum TimeName {
    /// 2026-10-31T12:00:00Z
    Iso,
    /// Seconds since 1970, as they are kept
    Unix,
}

/// Lists the datasets, or writes one, or all.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let output = args.output.as_deref().filter(|path| {
        // Under any of its names, stdout is written as it is without --output.
        args.all || Place::of(path) != Place::Stdout
    });
    let style = FileStyle::chosen(context, args, output.is_none())?;
    let filter = filter(context, args)?;
    let store = Store::open_read_only(&context.settings.database)?;
    store.reading(|store| {
        let datasets = store.datasets()?;
        let job = Job {
            context,
            store,
            style,
        };
        match (&args.dataset, output) {
            _ if args.list => list(context, store, &datasets),
            (Some(name), output) => {
                let query = find(&datasets, name)?.query(&args.columns, &filter)?;
                match output {
                    None => job.to_stdout(name, &query),
                    Some(path) => job.to_path(name, &query, path),
                }
            }
            (None, Some(folder)) => job.all(&datasets, folder),
            (None, None) => Ok(Outcome::done("nothing to export", json!(null))), // clap asks for one of the two.
        }
    })
}

/// How the rows are to look, and the name of their format.
struct FileStyle {
    name: FormatName,
    form: Form,
}

impl FileStyle {
    /// Resolves the defaults and refuses options that do not go together.
    fn chosen(context: &Context, args: &Args, to_stdout: bool) -> Result<Self> {
        let is_report = context.json && to_stdout && !args.list;
        let name = match args.format {
            None if is_report => FormatName::Json,
            None => FormatName::Csv,
            Some(name) if is_report && name != FormatName::Json => {
                return Err(
                    usage("write more than one JSON document to stdout with --json")
                        .with_help("use --format json, or write the rows to a file with --output"),
                );
            }
            Some(name) => name,
        };
        if name != FormatName::Csv && (args.spreadsheet || args.null.is_some()) {
            return Err(usage("use --spreadsheet or --null with JSON")
                .with_source("they say how CSV is written")
                .with_help("leave them out, or use --format csv"));
        }
        if name != FormatName::Csv && args.delimiter.is_some() {
            return Err(usage("use --delimiter with JSON")
                .with_source("it says how CSV is written")
                .with_help("leave it out, or use --format csv"));
        }
        let style = CsvStyle {
            spreadsheet: args.spreadsheet,
            null: args.null.clone().unwrap_or_default(),
            delimiter: args.delimiter.unwrap_or(b','),
        };
        if style.null.bytes().any(|byte| style.is_special(byte)) {
            return Err(usage("use that text for --null")
                .with_source(
                    "it holds a delimiter, a quote or a line break, and NULL is never quoted",
                )
                .with_help("name another text, such as NULL"));
        }
        let format = match name {
            FormatName::Csv => Format::Csv(style),
            FormatName::Json => Format::Json,
            FormatName::Jsonl => Format::JsonLines,
        };
        let times = match (args.time, args.spreadsheet) {
            (Some(TimeName::Unix), _) | (None, false) => Times::Unix,
            (_, true) => Times::Spreadsheet,
            (Some(TimeName::Iso), false) => Times::Iso,
        };
        Ok(Self {
            name,
            form: Form { format, times },
        })
    }
}

fn filter(context: &Context, args: &Args) -> Result<Filter> {
    let moment = |flag: &str, text: &Option<String>| -> Result<Option<i64>> {
        let Some(text) = text else { return Ok(None) };
        parse_timestamp_or_age(text, context.settings.clock.now())
            .map(Some)
            .map_err(|why| usage(&format!("understand {flag}")).with_source(why))
    };
    let filter = Filter {
        since: moment("--since", &args.since)?,
        until: moment("--until", &args.until)?,
        players: args.player.clone(),
        factions: args.faction.clone(),
        territories: args.territory.clone(),
        wars: args.war.clone(),
    };
    match (filter.since, filter.until) {
        (Some(since), Some(until)) if since >= until => {
            Err(usage("find anything between --since and --until")
                .with_source("--until is not later than --since")
                .with_help("swap them; rows from --since on and before --until are written"))
        }
        _ => Ok(filter),
    }
}

fn find<'a>(datasets: &'a [Dataset], name: &str) -> Result<&'a Dataset> {
    datasets
        .iter()
        .find(|dataset| dataset.name == name)
        .ok_or_else(|| {
            let all = "`tornsnap export --list` shows all";
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

fn list(context: &Context, store: &Store, datasets: &[Dataset]) -> Result<Outcome> {
    let mut entries = Vec::with_capacity(datasets.len());
    for dataset in datasets {
        let rows = store.count(&dataset.query(&[], &Filter::default())?)?;
        if !context.json {
            terminal::data(&format!(
                "{:28} {rows:>10}  {}",
                dataset.name, dataset.about
            ))
            .with_context(|| "write the list".to_owned())?;
        }
        let columns: Vec<&str> = dataset.columns.iter().map(|column| &*column.name).collect();
        entries.push(json!({
            "name": dataset.name,
            "kind": if dataset.is_view { "view" } else { "table" },
            "rows": rows,
            "about": dataset.about,
            "time_column": dataset.time_column(),
            "columns": columns,
        }));
    }
    Ok(Outcome::new(Exit::Done).with_report(json!({ "datasets": entries })))
}

fn usage(action: &str) -> Error {
    Error::new(action).with_exit(Exit::Usage)
}
