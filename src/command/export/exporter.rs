//! Writes datasets to stdout, a file, a stream or a folder.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::command::export::report::{FileReport, WrittenFile, WrittenReport};
use crate::command::export::style::OutputStyle;
use crate::command::export::usage;
use crate::command::new_folders::{NewFolders, new_folder_note};
use crate::command::own_files::OwnFiles;
use crate::command::report::Report;
use crate::command::signal::{EndWithMessage, StopSignal, interrupted};
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext, no_files_there};
use crate::model::path::display_path;
use crate::model::size::count;
use crate::output::destination::Destination;
use crate::output::parquet_file::Schema;
use crate::output::progress::{self, Progress};
use crate::output::rows::{self, Format, RowFormat, WriteOptions, WriteOutcome};
use crate::output::stream::PathKind;
use crate::output::terminal;
use crate::store::Store;
use crate::store::export::{Dataset, Filter, RowQuery};
use crate::store::owner::{Purpose, explain_forbidden};

/// The end of the message about an interrupted export.
const NOTHING_LEFT: &str = "nothing was left behind";

/// The help for a path that must not be written.
const NAME_ANOTHER: &str = "name another file with --output";

fn write_action(path: &Path) -> String {
    format!("write {}", path.display())
}

pub(super) struct Exporter<'a> {
    pub(super) context: &'a Context,
    pub(super) store: &'a Store,
    pub(super) style: OutputStyle,
    /// The options that choose rows, of those that were given.
    pub(super) filters: Vec<&'static str>,
}

impl Exporter<'_> {
    /// Writes to stdout. A closed pipe is not an error.
    pub(super) fn export_to_stdout(&self, name: &str, query: &RowQuery) -> Result<Outcome> {
        let unwritten = |error: io::Error| match error.kind() {
            ErrorKind::InvalidData => about_value(terminal::write_error(name, error)),
            _ => terminal::write_error(name, error),
        };
        let mut stdout = Stdout {
            inner: terminal::stdout().map_err(unwritten)?,
            is_written: false,
        };
        let _ends = end_with_message(format!("write {name} to stdout"), false)?;
        let format = self.format(name, query)?;
        let options = WriteOptions {
            format: &format,
            title: name,
            folder: None,
            progress: None,
            is_stopped: &|| false,
        };
        let written = rows::write(&mut stdout, &query.columns, &options, |writer| {
            self.store.stream_rows(query, |row| writer.row(row))
        })
        .and_then(|written| written.map_err(unwritten));
        let written = match written {
            // The rows are the one JSON document, so the error is only on stderr.
            Err(error) if self.context.json && stdout.is_written => {
                let exit = error.exit();
                return Ok(Outcome {
                    failure: Some(error),
                    ..Outcome::new(exit)
                });
            }
            written => written?,
        };
        let summary = match written {
            // The reader closed the pipe on purpose; with `--json`, the rows are the only document.
            WriteOutcome::ReaderClosed(_) => None,
            WriteOutcome::Complete(_) if self.context.json => None,
            WriteOutcome::Complete(rows) => {
                let note = self.note_if_empty(rows, query);
                Some(format!("exported {} of {name}{note}", count(rows, "row")))
            }
        };
        Ok(Outcome {
            summary,
            ..Outcome::new(Exit::Done)
        })
    }

    /// Writes to a file or a stream.
    pub(super) fn export_to_path(
        &self,
        name: &str,
        query: &RowQuery,
        path: &Path,
    ) -> Result<Outcome> {
        OwnFiles::of(&self.context.settings).refuse(path, &write_action(path), NAME_ANOTHER)?;
        let mut target = self.open(path)?;
        let done = self.write(name, query, &mut target, path)?;
        target.persist(path)?;
        let rows = count(done.rows, "row");
        let place = path.display();
        let summary = if done.is_complete {
            let note = self.note_if_empty(done.rows, query);
            format!("exported {rows} of {name} to {place}{note}")
        } else {
            format!("the reader of {place} left before the end of {name}")
        };
        Ok(Outcome::done(summary, self.report(&[done])))
    }

    /// The reason why there are no rows, if there are none.
    fn note_if_empty(&self, rows: u64, query: &RowQuery) -> String {
        if rows > 0 {
            return String::new();
        }
        if !self.filters.is_empty() {
            return format!("; no row fits {}", self.filters.join(" and "));
        }
        let is_monthly = |name: &str| name == "month" || name == "period_start";
        if query.columns.iter().any(|column| is_monthly(&column.name)) {
            return "; it has rows of months that are over and summarized, and there are none yet"
                .to_owned();
        }
        "; it has no rows yet".to_owned()
    }

    /// Opens the destination. A FIFO without a reader blocks.
    fn open(&self, path: &Path) -> Result<Destination> {
        let _ends = match PathKind::of(path) {
            PathKind::File => {
                // From here on, a signal removes the file that is opened next.
                StopSignal::listen()?;
                None
            }
            _ => Some(end_with_message(
                format!("write {}", path.display()),
                self.context.json,
            )?),
        };
        open_destination(path)
    }

    /// Writes every dataset to a file in the folder. The files get their names when all of them are complete.
    pub(super) fn export_all(&self, datasets: &[Dataset], folder: &Path) -> Result<Outcome> {
        if PathKind::of(folder) != PathKind::File || folder.is_file() {
            return Err(usage(&format!(
                "write all tables and views to {}",
                folder.display()
            ))
            .with_source("it is not a folder")
            .with_help("name a folder with --output, or export one table or view"));
        }
        let place = new_folder_note(folder);
        let mut new_folders = NewFolders::default();
        new_folders.note(folder);
        // From here on, a signal removes the folder and its files.
        StopSignal::listen()?;
        create_folder("--output", folder)?;
        let own = OwnFiles::of(&self.context.settings);
        let mut targets = Vec::with_capacity(datasets.len());
        let mut written = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            // The user may have made a table named "a/b".
            let name = dataset.name.replace(['/', '\\'], "_");
            let path = folder.join(format!("{name}.{}", self.style.name.ending()));
            let columns = self.style.columns(dataset, &[]);
            let query = dataset.query(&columns, &Filter::default())?;
            own.refuse(&path, &write_action(&path), NAME_ANOTHER)?;
            let mut target = open_destination(&path)?;
            written.push(self.write(&dataset.name, &query, &mut target, &path)?);
            targets.push(target);
        }
        for (target, file) in targets.into_iter().zip(&written) {
            target.persist(&file.path)?;
        }
        new_folders.keep();
        let rows: u64 = written.iter().map(|done| done.rows).sum();
        Ok(Outcome::done(
            format!(
                "exported {} of {} tables and views to {}{place}",
                count(rows, "row"),
                written.len(),
                folder.display()
            ),
            self.report(&written),
        ))
    }

    /// Writes a dataset, and syncs the file to the disk. It has no name yet.
    fn write(
        &self,
        name: &str,
        query: &RowQuery,
        target: &mut Destination,
        path: &Path,
    ) -> Result<WrittenFile> {
        let action = || format!("write {}", path.display());
        let is_watched = self.context.shows_progress();
        let total = self.count_rows(query, &action())?;
        let format =
            StopSignal::interruptible(&action(), NOTHING_LEFT, || self.format(name, query))?;
        let progress = Progress::start(name, total, is_watched);
        // Catch signals, so that the unfinished file is removed. For a stream a signal ends the process, because there is no
        // such file, and because a write may block until the reader reads.
        let (stop, _ends) = if target.is_stream() {
            (None, Some(end_with_message(action(), self.context.json)?))
        } else {
            (Some(StopSignal::listen()?), None)
        };
        let requested_exit = || stop.as_ref().and_then(StopSignal::received);
        let folder = target.folder().map(Path::to_owned);
        let options = WriteOptions {
            format: &format,
            title: name,
            folder: folder.as_deref(),
            progress: Some(&progress),
            is_stopped: &|| requested_exit().is_some(),
        };
        let mut write = || {
            rows::write(target, &query.columns, &options, |writer| {
                self.store.stream_rows(query, |row| writer.row(row))
            })
        };
        // A query may work for a long time before it returns its first row.
        let written = match stop {
            Some(_) => StopSignal::interruptible(&action(), NOTHING_LEFT, write)?,
            None => write()?,
        };
        if let Some(exit) = requested_exit() {
            return Err(interrupted(&action(), NOTHING_LEFT, exit));
        }
        let (rows, is_complete) = match written.with_context(action).map_err(with_write_help)? {
            WriteOutcome::Complete(rows) => (rows, true),
            WriteOutcome::ReaderClosed(rows) => (rows, false),
        };
        target
            .sync()
            .with_context(action)
            .map_err(with_write_help)?;
        Ok(WrittenFile {
            dataset: name.to_owned(),
            rows,
            path: path.to_owned(),
            is_complete,
        })
    }

    /// The number of rows for the progress bar; 0 without one.
    fn count_rows(&self, query: &RowQuery, action: &str) -> Result<u64> {
        if !self.context.shows_progress() {
            return Ok(0);
        }
        StopSignal::interruptible(action, NOTHING_LEFT, || self.store.count_rows(query))
    }

    /// The format of the rows of one dataset. Parquet has the types of the columns in it, so the rows are read before.
    fn format(&self, name: &str, query: &RowQuery) -> Result<RowFormat> {
        let mut format = self.style.format.clone();
        if let Format::Parquet(schema) = &mut format.format {
            *schema = Schema {
                columns: self.store.typed_columns(name, query)?,
                order: Vec::new(),
                metadata: vec![("tornsnap.dataset".to_owned(), name.to_owned())],
            };
        }
        Ok(format)
    }

    fn report(&self, written: &[WrittenFile]) -> WrittenReport {
        WrittenReport {
            format: self.style.name.as_str(),
            files: written.iter().map(FileReport::from).collect(),
        }
    }
}

/// Makes a signal end the process with a message, and with the JSON report if stdout is free for it.
fn end_with_message(action: String, reports: bool) -> Result<EndWithMessage> {
    StopSignal::end_with_message(move |exit| {
        let error = interrupted(&action, "what was written is not complete", exit);
        progress::hide();
        terminal::print_error(&error);
        if reports {
            // Ignore the error: the exit code says more.
            let _ = terminal::report(&Report::of_error("export", &error));
        }
    })
}

/// Stdout, and whether anything was written to it.
struct Stdout<W> {
    inner: W,
    is_written: bool,
}

impl<W: Write> Write for Stdout<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.is_written |= count > 0;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Creates the folder that an option names.
pub(super) fn create_folder(option: &str, folder: &Path) -> Result<()> {
    let action = || format!("make the folder {}", folder.display());
    let or = &format!("name another folder with {option}");
    match fs::read_link(folder) {
        Ok(target) if !folder.exists() => Err(Error::new(action())
            .with_source(format!(
                "it is a link to {}, which is not there",
                display_path(&target)
            ))
            .with_help(format!(
                "make that folder, or name another one with {option}"
            ))
            .with_exit(Exit::Config)),
        _ => fs::create_dir_all(folder).map_err(|error| {
            let help = match error.kind() {
                ErrorKind::NotFound => or.clone(),
                _ => format!("check who may write there, or {or}"),
            };
            let error = Error::of_io(action(), no_files_there(error)).with_help(help);
            explain_forbidden(error, folder, Purpose::Write { or })
        }),
    }
}

fn open_destination(path: &Path) -> Result<Destination> {
    Destination::open(path)
        .map_err(|error| explain_forbidden(error, path, Purpose::Write { or: NAME_ANOTHER }))
}

/// A value of the database that the format cannot hold.
fn about_value(error: Error) -> Error {
    error
        .with_help("correct the value in the database, or write another format")
        .with_exit(Exit::Damaged)
}

/// Adds the help for a failed write.
fn with_write_help(error: Error) -> Error {
    const OTHER: &str = "name another place with --output";
    match error.io_kind() {
        Some(ErrorKind::FileTooLarge) => return error.with_other_help(OTHER),
        Some(ErrorKind::InvalidData) => return about_value(error),
        _ => {}
    }
    error.with_help(format!("check the free space there, or {OTHER}"))
}
