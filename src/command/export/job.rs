//! Writes datasets to the place that was named.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::command::export::{FileStyle, usage};
use crate::command::signal::Stop;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::display_path;
use crate::output::progress::Progress;
use crate::output::rows::{self, Written};
use crate::output::stream::Place;
use crate::output::target::Target;
use crate::output::terminal;
use crate::store::Store;
use crate::store::export::{Dataset, Filter, Query};

/// An export under way.
pub(super) struct Job<'a> {
    pub(super) context: &'a Context,
    pub(super) store: &'a Store,
    pub(super) style: FileStyle,
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
    pub(super) fn to_stdout(&self, name: &str, query: &Query) -> Result<Outcome> {
        let action = || format!("write {name} to stdout");
        let mut stdout = terminal::stdout().with_context(action)?;
        let form = &self.style.form;
        let written = rows::write(&mut stdout, &query.columns, form, None, |writer| {
            self.store.stream(query, |row| writer.row(row))
        })?;
        let summary = match written.with_context(action).map_err(unwritten)? {
            // Its reader knows why it left, and `--json` has no report to go with the rows.
            Written::ReaderLeft(_) => None,
            Written::All(_) if self.context.json => None,
            Written::All(rows) => Some(format!("exported {} of {name}", counted(rows))),
        };
        Ok(Outcome {
            summary,
            ..Outcome::new(Exit::Done)
        })
    }

    /// Writes to a file or a stream.
    pub(super) fn to_path(&self, name: &str, query: &Query, path: &Path) -> Result<Outcome> {
        let mut target = Target::open(path)?;
        let done = self.write(name, query, &mut target, path)?;
        let action = || format!("write {}", path.display());
        target.sync().with_context(action).map_err(unwritten)?;
        target.appear().with_context(action)?;
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
    pub(super) fn all(&self, datasets: &[Dataset], folder: &Path) -> Result<Outcome> {
        if Place::of(folder) != Place::File || folder.is_file() {
            return Err(usage(&format!(
                "write all tables and views to {}",
                folder.display()
            ))
            .with_source("it is not a folder")
            .with_help("name a folder with --output, or export one table or view"));
        }
        make_folder(folder)?;
        let mut targets = Vec::with_capacity(datasets.len());
        let mut written = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            // A table of the user's own may be called "a/b".
            let name = dataset.name.replace(['/', '\\'], "_");
            let path = folder.join(format!("{name}.{}", self.style.name.as_str()));
            let query = dataset.query(&[], &Filter::default())?;
            let mut target = Target::open(&path)?;
            written.push(self.write(&dataset.name, &query, &mut target, &path)?);
            target
                .sync()
                .with_context(|| format!("write {}", path.display()))
                .map_err(unwritten)?;
            targets.push(target);
        }
        for (target, done) in targets.into_iter().zip(&written) {
            target
                .appear()
                .with_context(|| format!("write {}", done.path.display()))?;
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
                .with_source("it was interrupted; nothing was left behind")
                .with_exit(exit));
        }
        let (rows, is_complete) = match written.with_context(action).map_err(unwritten)? {
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
                    "file": display_path(&done.path),
                });
                if !done.is_complete {
                    file["complete"] = json!(false);
                }
                file
            })
            .collect();
        json!({ "format": self.style.name.as_str(), "files": files })
    }
}

/// Makes the folder of `--all`.
fn make_folder(folder: &Path) -> Result<()> {
    let action = || format!("make the folder {}", folder.display());
    let remedy = "check who may write there, or name another folder with --output";
    match fs::read_link(folder) {
        Ok(target) if !folder.exists() => Err(Error::new(action())
            .with_source(format!(
                "it is a link to {}, which is not there",
                display_path(&target)
            ))
            .with_help("make that folder, or name another one with --output")
            .with_exit(Exit::Config)),
        _ => fs::create_dir_all(folder)
            .with_context(action)
            .map_err(|error| error.with_help(remedy)),
    }
}

/// What to do about a place that took no more.
fn unwritten(error: Error) -> Error {
    error.with_help("check the free space there, or name another place with --output")
}

fn counted(rows: u64) -> String {
    match rows {
        1 => "1 row".to_owned(),
        _ => format!("{rows} rows"),
    }
}
