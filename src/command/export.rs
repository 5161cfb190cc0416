//! `tornsnap export`: take tables and views out.

use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::command::signal::Stop;
use crate::command::{Context, Outcome};
use crate::error::{Doing, Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId, WarId};
use crate::model::nearest::nearest;
use crate::model::path::shown;
use crate::model::time::parse_moment_or_ago;
use crate::output::file::NewFile;
use crate::output::progress::Progress;
use crate::output::rows::{CsvStyle, Format, RowWriter, Times};
use crate::output::terminal;
use crate::store::Store;
use crate::store::export::{Dataset, Filter, Query};

/// Write a table or a view as CSV or JSON
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Table or view, such as player_latest; --list shows all
    #[arg(required_unless_present_any = ["list", "all"])]
    dataset: Option<String>,
    /// Show the datasets, each with its rows and a line on what it holds
    #[arg(long, conflicts_with_all = ["dataset", "all", "output", "format"])]
    list: bool,
    /// Write every table and view, as of one moment, into the folder --output
    #[arg(long, requires = "output", conflicts_with_all = ["dataset", "columns", "since", "until", "player", "faction", "territory", "war"])]
    all: bool,
    /// File that appears when it is complete; with --all a folder [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Form of the rows [default: csv; json where --json asks for rows on stdout]
    #[arg(short, long)]
    format: Option<FormatName>,
    /// Only these columns, in this order
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 1..)]
    columns: Vec<String>,
    /// From then on: 2026-10-31, 2026-10-31T12:00:00Z, unix seconds, or 12h, 30d, 2w back from now
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
pub fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let form = Form::chosen(context, args)?;
    let filter = filter(context, args)?;
    let store = Store::open_read_only(&context.settings.database)?;
    store.reading(|store| {
        let datasets = store.datasets()?;
        match (&args.dataset, &args.output) {
            _ if args.list => list(context, store, &datasets),
            (Some(name), output) => {
                let query = find(&datasets, name)?.query(&args.columns, &filter)?;
                match output.as_deref().filter(|path| *path != Path::new("-")) {
                    None => to_stdout(context, store, name, &query, &form),
                    Some(path) => to_file(context, store, name, &query, &form, path),
                }
            }
            (None, Some(folder)) => all(context, store, &datasets, &form, folder),
            (None, None) => Ok(Outcome::done("nothing to export", json!(null))), // clap asks for one of the two.
        }
    })
}

/// How the rows are to look.
struct Form {
    name: FormatName,
    format: Format,
    times: Times,
}

impl Form {
    /// Resolves the defaults and refuses what does not go together.
    fn chosen(context: &Context, args: &Args) -> Result<Self> {
        let is_report = context.json && args.output.is_none() && !args.list;
        let name = match args.format {
            None if is_report => FormatName::Json,
            None => FormatName::Csv,
            Some(name) if is_report && name != FormatName::Json => {
                return Err(
                    usage("write more than one JSON document to stdout with --json")
                        .try_this("use --format json, or write the rows to a file with --output"),
                );
            }
            Some(name) => name,
        };
        if name != FormatName::Csv && (args.spreadsheet || args.null.is_some()) {
            return Err(usage("use --spreadsheet or --null with JSON")
                .because("they say how CSV is written")
                .try_this("leave them out, or use --format csv"));
        }
        let format = match name {
            FormatName::Csv => Format::Csv(CsvStyle {
                spreadsheet: args.spreadsheet,
                null: args.null.clone().unwrap_or_default(),
            }),
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
            format,
            times,
        })
    }
}

fn filter(context: &Context, args: &Args) -> Result<Filter> {
    let moment = |flag: &str, text: &Option<String>| -> Result<Option<i64>> {
        let Some(text) = text else { return Ok(None) };
        parse_moment_or_ago(text, context.settings.clock.now())
            .map(Some)
            .map_err(|why| usage(&format!("understand {flag}")).because(why))
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
                .because("--until is not later than --since")
                .try_this("swap them; rows from --since on and before --until are written"))
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
                .because("there is no such table or view")
                .try_this(
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
            .doing(|| "write the list".to_owned())?;
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
    Ok(Outcome {
        exit: Exit::Done,
        summary: None,
        report: json!({ "command": "export", "status": "ok", "datasets": entries }),
        failure: None,
    })
}

/// Writes to whoever reads along; one who has read enough is no failure.
fn to_stdout(
    context: &Context,
    store: &Store,
    name: &str,
    query: &Query,
    form: &Form,
) -> Result<Outcome> {
    let mut stdout = io::stdout().lock();
    let mut writer = RowWriter::start(&mut stdout, &query.columns, &form.format, form.times);
    store.stream(query, |row| writer.row(row))?;
    let summary = match writer.finish() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
        written => {
            let rows = written.doing(|| format!("write {name} to stdout"))?;
            // Among the rows on a terminal it would only be in the way; `--json` has no report to go with it.
            (!context.json).then(|| format!("exported {} of {name}", counted(rows)))
        }
    };
    Ok(Outcome {
        exit: Exit::Done,
        summary,
        report: Value::Null,
        failure: None,
    })
}

fn to_file(
    context: &Context,
    store: &Store,
    name: &str,
    query: &Query,
    form: &Form,
    path: &Path,
) -> Result<Outcome> {
    let action = || format!("write {}", path.display());
    let rows = if is_stream(path) {
        let mut stream = fs::OpenOptions::new()
            .write(true)
            .open(path)
            .doing(action)?;
        write(context, store, name, query, form, &mut stream, path)?
    } else {
        let mut file = NewFile::begin(path).doing(action)?;
        let rows = write(context, store, name, query, form, &mut file, path)?;
        file.sync().and_then(|()| file.appear()).doing(action)?;
        rows
    };
    Ok(Outcome::done(
        format!("exported {} of {name} to {}", counted(rows), path.display()),
        report(form, &[(name.to_owned(), rows, path.to_owned())]),
    ))
}

/// Writes every dataset; the files get their names when the last one is complete.
fn all(
    context: &Context,
    store: &Store,
    datasets: &[Dataset],
    form: &Form,
    folder: &Path,
) -> Result<Outcome> {
    fs::create_dir_all(folder).doing(|| format!("make the folder {}", folder.display()))?;
    let mut files = Vec::with_capacity(datasets.len());
    let mut written = Vec::with_capacity(datasets.len());
    for dataset in datasets {
        let path = folder.join(format!("{}.{}", dataset.name, form.name.as_str()));
        let query = dataset.query(&[], &Filter::default())?;
        let action = || format!("write {}", path.display());
        let mut file = NewFile::begin(&path).doing(action)?;
        let rows = write(
            context,
            store,
            &dataset.name,
            &query,
            form,
            &mut file,
            &path,
        )?;
        file.sync().doing(action)?;
        files.push(file);
        written.push((dataset.name.clone(), rows, path));
    }
    for (file, (_, _, path)) in files.into_iter().zip(&written) {
        file.appear()
            .doing(|| format!("write {}", path.display()))?;
    }
    let rows: u64 = written.iter().map(|(_, rows, _)| rows).sum();
    Ok(Outcome::done(
        format!(
            "exported {} of {} tables and views to {}",
            counted(rows),
            written.len(),
            folder.display()
        ),
        report(form, &written),
    ))
}

fn write(
    context: &Context,
    store: &Store,
    name: &str,
    query: &Query,
    form: &Form,
    out: &mut dyn Write,
    path: &Path,
) -> Result<u64> {
    let is_watched = context.shows_progress();
    let total = if is_watched { store.count(query)? } else { 0 };
    let progress = Progress::start(name, total, is_watched);
    let mut writer =
        RowWriter::start(out, &query.columns, &form.format, form.times).watched_by(&progress);
    // Ending here instead of at once takes the unfinished file away.
    let stop = Stop::listen()?;
    store.stream(query, |row| match stop.asked() {
        Some(_) => ControlFlow::Break(()),
        None => writer.row(row),
    })?;
    let action = || format!("write {}", path.display());
    if let Some(exit) = stop.asked() {
        return Err(Error::new(action())
            .because("it was interrupted; nothing was left behind")
            .exits(exit));
    }
    writer.finish().doing(action).map_err(|error| {
        error.try_this("check the free space there, or name another place with --output")
    })
}

/// Whether a path is a pipe or a device: nothing that a file could be put in the place of.
fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn counted(rows: u64) -> String {
    match rows {
        1 => "1 row".to_owned(),
        _ => format!("{rows} rows"),
    }
}

fn report(form: &Form, written: &[(String, u64, PathBuf)]) -> Value {
    let files: Vec<Value> = written
        .iter()
        .map(|(dataset, rows, path)| json!({ "dataset": dataset, "rows": rows, "file": shown(path) }))
        .collect();
    json!({ "command": "export", "status": "ok", "format": form.name.as_str(), "files": files })
}

fn usage(action: &str) -> Error {
    Error::new(action).exits(Exit::Usage)
}
