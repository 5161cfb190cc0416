//! The columns of a dataset that decide which rows belong together.

use std::cmp::Ordering;

use crate::model::lake::{Dataset, Rule};
use crate::model::rows::{OwnedRow, Row, TypedColumn, Value, compare, place_of};

/// The places of the columns.
#[derive(Debug)]
pub(super) struct Layout {
    /// The number of columns.
    pub(super) columns: usize,
    key: Vec<usize>,
    pub(super) id: Option<usize>,
    rule: Rule,
}

impl Layout {
    pub(super) fn new(dataset: &Dataset, columns: &[TypedColumn]) -> Self {
        let place = |name: &str| place_of(columns, name);
        Self {
            columns: columns.len(),
            key: dataset.order[..dataset.key]
                .iter()
                .filter_map(|name| place(name))
                .collect(),
            id: place("id"),
            rule: dataset.rule,
        }
    }

    /// Compares the keys of two rows.
    pub(super) fn compare(&self, left: &impl Row, right: &impl Row) -> Ordering {
        self.key
            .iter()
            .map(|&column| compare(left.value(column), right.value(column)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The row id, if the table has one.
    pub(super) fn id_of(&self, row: &impl Row) -> Option<i64> {
        match row.value(self.id?) {
            Value::Integer(id) => Some(id),
            _ => None,
        }
    }

    /// The rows of the older file that no row of the database with the same key replaces.
    ///
    /// A row of the database takes the place of the one with its id, or else of one with the same values: it may have got another id
    /// in a restored database. Each takes the place of one row only, because a history may have two equal ones.
    pub(super) fn without_replaced(
        &self,
        older: Vec<OwnedRow>,
        database: &[OwnedRow],
    ) -> Vec<OwnedRow> {
        if !matches!(self.rule, Rule::Rows(_)) {
            return Vec::new();
        }
        let same_id = |row: &OwnedRow, other: &OwnedRow| self.id_of(row) == self.id_of(other);
        let mut unmatched: Vec<&OwnedRow> = database
            .iter()
            .filter(|row| !older.iter().any(|old| same_id(row, old)))
            .collect();
        let mut left = Vec::new();
        for old in older {
            if database.iter().any(|row| same_id(row, &old)) {
                continue;
            }
            let equal = unmatched
                .iter()
                .position(|row| self.has_same_values(*row, &old));
            if let Some(equal) = equal {
                unmatched.swap_remove(equal);
            } else {
                left.push(old);
            }
        }
        left
    }

    /// Whether two rows are equal, apart from their ids.
    fn has_same_values(&self, left: &impl Row, right: &impl Row) -> bool {
        (0..self.columns)
            .filter(|column| Some(*column) != self.id)
            .all(|column| left.value(column) == right.value(column))
    }
}
