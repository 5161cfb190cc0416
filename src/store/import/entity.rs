//! The state of one entity while the histories of both files are merged.

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{Layout, Recorder};
use crate::store::import::held::HeldRows;

/// The known values and rows of one entity up to the present row.
pub(super) struct Entity {
    pub(super) key: Vec<Datum>,
    /// The last known values with the rows of both files.
    pub(super) merged: Recorder,
    /// The last known values with our rows alone.
    pub(super) ours: Recorder,
    /// The rows of the present second that are in the merged history.
    pub(super) second: Vec<Vec<Datum>>,
    /// The states within that second, the one before it included. Rows of one second have no order of their own, so an
    /// imported row that fits any of these states is no change. Otherwise a second import would find other changes.
    pub(super) states: Vec<Recorder>,
    pub(super) at: Option<i64>,
    /// The imported rows of closed months. If the entity is a tile, those of open months are among them.
    pub(super) held: HeldRows,
}

impl Entity {
    pub(super) fn new(history: History, key: Vec<Datum>) -> Self {
        Self {
            key,
            merged: Recorder::new(history),
            ours: Recorder::new(history),
            second: Vec::new(),
            states: Vec::new(),
            at: None,
            held: HeldRows::default(),
        }
    }

    /// Begins a new second if the time differs from that of the row before.
    pub(super) fn enter(&mut self, at: Option<i64>) {
        if self.states.is_empty() || self.at != at {
            self.at = at;
            self.second.clear();
            self.states = vec![self.merged.clone()];
        }
    }

    pub(super) fn record(&mut self, layout: &Layout, row: Vec<Datum>) {
        self.merged.record(layout, &row);
        self.second.push(row);
        self.states.push(self.merged.clone());
    }
}
