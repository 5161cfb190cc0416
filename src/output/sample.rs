//! The first rows of a table, from which its layout is derived. The rows after them are written as they come, so that memory
//! use is constant.

use crate::output::display::{Cell, CellKind};

const MAX_ROWS: usize = 1000;

/// The most bytes of text that are kept.
const MAX_BYTES: usize = 1 << 20;

/// The first rows.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) rows: Vec<Vec<Cell>>,
    bytes: usize,
}

impl Sample {
    pub(super) fn push(&mut self, cells: Vec<Cell>) {
        self.bytes += cells.iter().map(|cell| cell.text.len()).sum::<usize>();
        self.rows.push(cells);
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= MAX_ROWS || self.bytes >= MAX_BYTES
    }

    /// Whether the column has numbers, and nothing else but NULL.
    pub(super) fn is_number(&self, column: usize) -> bool {
        let kinds = self.rows.iter().map(|row| row[column].kind);
        let mut known = kinds.filter(|kind| *kind != CellKind::Null).peekable();
        known.peek().is_some() && known.all(|kind| kind == CellKind::Number)
    }
}
