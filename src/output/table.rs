//! A table for people: aligned columns, or one line for each value where the columns do not fit into the terminal.

use crate::model::rows::Column;
use crate::output::display::{Cell, CellKind};
use crate::output::printable::printable;
use crate::output::sample::Sample;
use crate::output::wrap::{longest_word, text_width, wrap};

/// Between two columns.
const GAP: &str = "  ";

/// In a narrower terminal, lines are as long as in one of this width.
const MIN_WIDTH: usize = 20;

/// The indentation of a value that has no room beside the name of its column.
const INDENTATION: usize = 4;

/// Writes a table.
#[derive(Debug)]
pub(super) struct Table {
    names: Vec<String>,
    /// The width of the terminal; `None` for files and pipes, whose lines may have any length.
    width: Option<usize>,
    layout: Layout,
}

#[derive(Debug)]
enum Layout {
    /// Not decided yet.
    Unknown(Sample),
    Grid(Vec<GridColumn>),
    Records {
        is_first: bool,
    },
}

#[derive(Debug)]
struct GridColumn {
    width: usize,
    is_number: bool,
}

impl Table {
    pub(super) fn new(columns: &[Column], width: Option<u16>) -> Self {
        Self {
            names: columns
                .iter()
                .map(|column| printable(&column.name))
                .collect(),
            width: width.map(|width| usize::from(width).max(MIN_WIDTH)),
            layout: Layout::Unknown(Sample::default()),
        }
    }

    pub(super) fn row(&mut self, buffer: &mut Vec<u8>, mut cells: Vec<Cell>) {
        for cell in &mut cells {
            cell.text = printable(&cell.text);
        }
        match &mut self.layout {
            Layout::Unknown(sample) => {
                sample.push(cells);
                if sample.is_full() {
                    self.finish(buffer);
                }
            }
            Layout::Grid(_) | Layout::Records { .. } => self.write(buffer, &cells),
        }
    }

    /// Decides the layout and writes the sample, if that was not done before.
    pub(super) fn finish(&mut self, buffer: &mut Vec<u8>) {
        let Layout::Unknown(sample) = &mut self.layout else {
            return;
        };
        let sample = std::mem::take(sample);
        self.layout = match self.grid(&sample) {
            Some(grid) => {
                write_header(buffer, &self.names, &grid);
                Layout::Grid(grid)
            }
            None => Layout::Records { is_first: true },
        };
        for cells in &sample.rows {
            self.write(buffer, cells);
        }
    }

    /// The columns of a grid, or `None` if they do not fit without a break in a word.
    fn grid(&self, sample: &Sample) -> Option<Vec<GridColumn>> {
        let mut grid = Vec::with_capacity(self.names.len());
        let mut minima = Vec::with_capacity(self.names.len());
        for (index, name) in self.names.iter().enumerate() {
            let cells = || sample.rows.iter().map(|row| &row[index]);
            let natural = cells()
                .map(|cell| text_width(&cell.text))
                .max()
                .unwrap_or(0);
            let minimum = cells().map(narrowest).max().unwrap_or(0);
            minima.push(minimum.max(text_width(name)));
            grid.push(GridColumn {
                width: natural.max(text_width(name)),
                is_number: sample.is_number(index),
            });
        }
        let Some(room) = self.width else {
            return Some(grid);
        };
        let gaps = GAP.len() * grid.len().saturating_sub(1);
        if minima.iter().sum::<usize>() + gaps > room {
            return None;
        }
        while grid.iter().map(|column| column.width).sum::<usize>() + gaps > room {
            // The widest column that can be narrower; there is one, because the minima fit.
            let widest = grid
                .iter_mut()
                .zip(&minima)
                .filter(|(column, minimum)| column.width > **minimum)
                .max_by_key(|(column, _)| column.width);
            let (column, _) = widest?;
            column.width -= 1;
        }
        Some(grid)
    }

    fn write(&mut self, buffer: &mut Vec<u8>, cells: &[Cell]) {
        match &mut self.layout {
            Layout::Unknown(_) => {}
            Layout::Grid(grid) => write_grid_row(buffer, grid, cells),
            Layout::Records { is_first } => {
                if !std::mem::take(is_first) {
                    buffer.push(b'\n');
                }
                write_record(buffer, &self.names, cells, self.width);
            }
        }
    }
}

/// The width below which the cell would be broken in a word.
fn narrowest(cell: &Cell) -> usize {
    match cell.kind {
        CellKind::Text => longest_word(&cell.text),
        CellKind::Null | CellKind::Number | CellKind::Word => text_width(&cell.text),
    }
}

fn write_header(buffer: &mut Vec<u8>, names: &[String], grid: &[GridColumn]) {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rules: Vec<String> = grid.iter().map(|column| "-".repeat(column.width)).collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    for line in [names, rules] {
        let cells = line.iter().zip(grid);
        write_line(
            buffer,
            cells.map(|(text, column)| (*text, column.width, column.is_number)),
        );
    }
}

fn write_grid_row(buffer: &mut Vec<u8>, grid: &[GridColumn], cells: &[Cell]) {
    let wrapped: Vec<Vec<&str>> = cells
        .iter()
        .zip(grid)
        .map(|(cell, column)| match cell.kind {
            CellKind::Text => wrap(&cell.text, column.width),
            CellKind::Null | CellKind::Number | CellKind::Word => vec![&*cell.text],
        })
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
    for line in 0..height {
        let texts = wrapped
            .iter()
            .map(|lines| lines.get(line).copied().unwrap_or_default());
        let cells = texts.zip(cells.iter().zip(grid));
        write_line(
            buffer,
            cells.map(|(text, (cell, column))| (text, column.width, cell.kind == CellKind::Number)),
        );
    }
}

/// Writes a line of texts, each with its width, and whether it is aligned to the right.
fn write_line<'a>(buffer: &mut Vec<u8>, cells: impl Iterator<Item = (&'a str, usize, bool)>) {
    let mut blanks = 0;
    for (index, (text, room, is_right)) in cells.enumerate() {
        if index > 0 {
            blanks += GAP.len();
        }
        let free = room.saturating_sub(text_width(text));
        if is_right {
            blanks += free;
        }
        if !text.is_empty() {
            // No line ends in blanks.
            buffer.resize(buffer.len() + std::mem::take(&mut blanks), b' ');
            buffer.extend_from_slice(text.as_bytes());
        }
        if !is_right {
            blanks += free;
        }
    }
    buffer.push(b'\n');
}

/// Writes one line for each column: its name and the value.
fn write_record(buffer: &mut Vec<u8>, names: &[String], cells: &[Cell], room: Option<usize>) {
    let label = names.iter().map(|name| text_width(name)).max().unwrap_or(0);
    let room = room.unwrap_or(usize::MAX);
    for (name, cell) in names.iter().zip(cells) {
        let beside = room.saturating_sub(label + GAP.len());
        if text_width(&cell.text) <= beside {
            write_line(
                buffer,
                [(&**name, label, false), (&*cell.text, 0, false)].into_iter(),
            );
            continue;
        }
        buffer.extend_from_slice(name.as_bytes());
        buffer.push(b'\n');
        for line in wrap(&cell.text, room.saturating_sub(INDENTATION)) {
            write_line(
                buffer,
                [("", INDENTATION - GAP.len(), false), (line, 0, false)].into_iter(),
            );
        }
    }
}
