//! `tornsnap export`: take tables and views out.

use std::fs;
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
use crate::output::progress::Progress;
use crate::output::rows::{self, CsvStyle, Form, Format, Times, Written};
use crate::output::stream::Place;
use crate::output::target::Target;
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
            form: Form { format, times },
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

/// An export under way.
struct Job<'a> {
    context: &'a Context,
    store: &'a Store,
    style: FileStyle,
}

/// A dataset that was written.
struct Done {
    dataset: String,
    rows: u64,
    path: PathBuf,
    /// False when the reader of a pipe left before the last row.
    is_complete: bool,
}

impl Job<'_> {
    /// Writes to stdout. A reader that leaves is no failure.
    fn to_stdout(&self, name: &str, query: &Query) -> Result<Outcome> {
        let action = || format!("write {name} to stdout");
        let mut stdout = terminal::stdout().doing(action)?;
        let form = &self.style.form;
        let written = rows::write(&mut stdout, &query.columns, form, None, |writer| {
            self.store.stream(query, |row| writer.row(row))
        })?;
        let summary = match written.doing(action).map_err(unwritten)? {
            // Its reader knows why it left, and `--json` has no report to go with the rows.
            Written::ReaderLeft(_) => None,
            Written::All(_) if self.context.json => None,
            Written::All(rows) => Some(format!("exported {} of {name}", counted(rows))),
        };
        Ok(Outcome {
            exit: Exit::Done,
            summary,
            report: Value::Null,
            failure: None,
        })
    }

    fn to_path(&self, name: &str, query: &Query, path: &Path) -> Result<Outcome> {
        let mut target = Target::open(path)?;
        let done = self.write(name, query, &mut target, path)?;
        let action = || format!("write {}", path.display());
        target.sync().doing(action).map_err(unwritten)?;
        target.appear().doing(action)?;
        let rows = counted(done.rows);
        let place = path.display();
        let summary = if done.is_complete {
            format!("exported {rows} of {name} to {place}")
        } else {
            format!("the reader of {place} left before the end of {name}")
        };
        Ok(Outcome::done(summary, self.report(&[done])))
    }

    /// Writes every dataset; the files get their names when the last one is complete.
    fn all(&self, datasets: &[Dataset], folder: &Path) -> Result<Outcome> {
        if Place::of(folder) != Place::File || folder.is_file() {
            return Err(usage(&format!(
                "write all tables and views to {}",
                folder.display()
            ))
            .because("it is not a folder")
            .try_this("name a folder with --output, or export one table or view"));
        }
        fs::create_dir_all(folder).doing(|| format!("make the folder {}", folder.display()))?;
        let mut targets = Vec::with_capacity(datasets.len());
        let mut written = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            let path = folder.join(format!("{}.{}", dataset.name, self.style.name.as_str()));
            let query = dataset.query(&[], &Filter::default())?;
            let mut target = Target::open(&path)?;
            written.push(self.write(&dataset.name, &query, &mut target, &path)?);
            target
                .sync()
                .doing(|| format!("write {}", path.display()))
                .map_err(unwritten)?;
            targets.push(target);
        }
        for (target, done) in targets.into_iter().zip(&written) {
            target
                .appear()
                .doing(|| format!("write {}", done.path.display()))?;
        }
        let rows: u64 = written.iter().map(|done| done.rows).sum();
        Ok(Outcome::done(
            format!(
                "exported {} of {} tables and views to {}",
                counted(rows),
                written.len(),
                folder.display()
            ),
            self.report(&written),
        ))
    }

    fn write(&self, name: &str, query: &Query, target: &mut Target, path: &Path) -> Result<Done> {
        let is_watched = self.context.shows_progress();
        let total = if is_watched {
            self.store.count(query)?
        } else {
            0
        };
        let progress = Progress::start(name, total, is_watched);
        // Ending at a signal, instead of by it, takes the unfinished file away. A stream has none, and may wait for
        // its reader for ever.
        let stop = if target.is_stream() {
            None
        } else {
            Some(Stop::listen()?)
        };
        let asked = || stop.as_ref().and_then(Stop::asked);
        let form = &self.style.form;
        let written = rows::write(target, &query.columns, form, Some(&progress), |writer| {
            self.store.stream(query, |row| match asked() {
                Some(_) => ControlFlow::Break(()),
                None => writer.row(row),
            })
        })?;
        let action = || format!("write {}", path.display());
        if let Some(exit) = asked() {
            return Err(Error::new(action())
                .because("it was interrupted; nothing was left behind")
                .exits(exit));
        }
        let (rows, is_complete) = match written.doing(action).map_err(unwritten)? {
            Written::All(rows) => (rows, true),
            Written::ReaderLeft(rows) => (rows, false),
        };
        Ok(Done {
            dataset: name.to_owned(),
            rows,
            path: path.to_owned(),
            is_complete,
        })
    }

    fn report(&self, written: &[Done]) -> Value {
        let files: Vec<Value> = written
            .iter()
            .map(|done| {
                let mut file = json!({
                    "dataset": done.dataset,
                    "rows": done.rows,
                    "file": shown(&done.path),
                });
                if !done.is_complete {
                    file["complete"] = json!(false);
                }
                file
            })
            .collect();
        json!({ "command": "export", "status": "ok", "format": self.style.name.as_str(), "files": files })
    }
}

/// What to do about a place that took no more.
fn unwritten(error: Error) -> Error {
    error.try_this("check the free space there, or name another place with --output")
}

fn counted(rows: u64) -> String {
    match rows {
        1 => "1 row".to_owned(),
        _ => format!("{rows} rows"),
    }
}

fn usage(action: &str) -> Error {
    Error::new(action).exits(Exit::Usage)
}
