//! `export --list`.

use crate::command::export::report::{DatasetReport, ListReport};
use crate::command::{Context, Outcome};
use crate::config;
use crate::error::{Exit, Result};
use crate::output::terminal;
use crate::output::width;
use crate::output::wrap::{text_width, wrap};
use crate::store::Store;
use crate::store::export::{Dataset, Filter};

/// The width of the list when that of the terminal is unknown.
const DEFAULT_WIDTH: u16 = 80;

/// A description has at least this room, however long the names are.
const MIN_DESCRIPTION: usize = 20;

/// Prints the datasets in their groups.
pub(super) fn print(context: &Context, store: &Store, datasets: &[Dataset]) -> Result<Outcome> {
    let mut entries = Vec::with_capacity(datasets.len());
    for dataset in datasets {
        let rows = store.count_rows(&dataset.query(&[], &Filter::default())?)?;
        entries.push((dataset, rows));
    }
    entries.sort_by_key(|(dataset, _)| dataset.group());
    if !context.json {
        let width = width::width().or_else(config::columns);
        let lines = lines(&entries, usize::from(width.unwrap_or(DEFAULT_WIDTH)));
        terminal::print("the list", &lines.join("\n"))?;
    }
    let datasets = entries
        .iter()
        .map(|(dataset, rows)| DatasetReport::new(dataset, *rows))
        .collect();
    Ok(Outcome::new(Exit::Done).with_report(ListReport { datasets }))
}

/// The lines of the list: a heading for each group, and for each dataset its name, its rows and what it is.
fn lines(entries: &[(&Dataset, u64)], width: usize) -> Vec<String> {
    let names = entries.iter().map(|(dataset, _)| text_width(&dataset.name));
    let counts = entries.iter().map(|(_, rows)| rows.to_string().len());
    let (names, counts) = (names.max().unwrap_or(0), counts.max().unwrap_or(0));
    let indentation = names + counts + 4;
    let mut lines = Vec::new();
    let mut group = None;
    for (dataset, rows) in entries {
        if group != Some(dataset.group()) {
            if group.is_some() {
                lines.push(String::new());
            }
            lines.push(format!("{}:", dataset.group().heading()));
            group = Some(dataset.group());
        }
        let padding = " ".repeat(names - text_width(&dataset.name));
        let start = format!("{}{padding}  {rows:>counts$}", dataset.name);
        if width < indentation + MIN_DESCRIPTION {
            // A narrow terminal: the description is below.
            lines.push(start);
            let room = width.saturating_sub(4);
            let description = wrap(&dataset.description, room);
            lines.extend(description.iter().map(|line| format!("    {line}")));
            continue;
        }
        for (number, line) in wrap(&dataset.description, width - indentation)
            .into_iter()
            .enumerate()
        {
            let line = match number {
                0 => format!("{start}  {line}"),
                _ => format!("{:indentation$}{line}", ""),
            };
            lines.push(line.trim_end().to_owned());
        }
    }
    lines
}
