//! Converts the cells of a line to a row.

use crate::model::history::History;
use crate::model::import::cell::Converted;
use crate::model::import::datum::Datum;
use crate::model::import::form::{Form, is_rounded};
use crate::model::import::kind::Kind;
use crate::model::import::moment::{self, Coarse};
use crate::model::import::report::Tally;
use crate::model::import::{sense, tidy};
use crate::store::import::csv::Lines;
use crate::store::import::flaw::Flaw;
use crate::store::import::records::{CellText, Record};

/// The largest id of a row that is kept. SQLite gives the next row a larger one, and fails after the largest of all.
const MAX_ROW_ID: i64 = 1 << 53;

/// A state, a membership or an observation with such a time would count before the stored one.
const NO_SECONDS: &str = "has no seconds: give the cells the format yyyy-mm-dd hh:mm:ss, or import the file that `export` wrote";

impl Lines<'_> {
    pub(super) fn row_with_id(
        &self,
        record: &Record,
        tally: &mut Tally,
    ) -> Result<(Vec<Datum>, Option<i64>), Flaw> {
        let id = self.id(record)?;
        Ok((self.row(record, tally)?, id))
    }

    /// The id of the row, if it has one that can be kept.
    fn id(&self, record: &Record) -> Result<Option<i64>, Flaw> {
        let text = match self.sheet.id.and_then(|place| record.cell(place)) {
            Some(CellText::Text(text)) => Some(text),
            _ => None,
        };
        let id = text.and_then(|text| text.parse::<i64>().ok());
        match (id, text) {
            (Some(id), Some(text)) if id > MAX_ROW_ID => {
                let cell = Datum::Text(text.to_owned());
                let flaw = format!("is more than {MAX_ROW_ID}, after which no row could follow");
                Err(Flaw::of_cell("id", &cell, &flaw))
            }
            (None, Some(text)) if is_rounded(text) => {
                let cell = Datum::Text(text.to_owned());
                Err(Flaw::of_form("id", &cell, Form::Unrounded))
            }
            (id, _) => Ok(id.filter(|id| *id > 0)),
        }
    }

    /// Converts the cells of a line.
    pub(super) fn row(&self, record: &Record, tally: &mut Tally) -> Result<Vec<Datum>, Flaw> {
        if record.len() != self.sheet.width {
            return Err(Flaw::of_line(&self.wrong_length(record)));
        }
        if let Some(place) = record.first_text(self.sheet.names.len()) {
            let column = place + 1;
            return Err(Flaw::of_line(&format!(
                "has a value in column {column}, which has no name"
            )));
        }
        let table = &self.sheet.table;
        let takes_coarse_times = History::from_table_name(table.name).is_some()
            || History::from_summary_table_name(table.name).is_some();
        let mut row = Vec::with_capacity(table.columns.len());
        for (column, place) in table.columns.iter().zip(&self.sheet.places) {
            let cell = place.map_or(Datum::Null, |place| self.cell(record, place));
            row.push(match self.dialect.convert(column.kind, &cell) {
                Converted::Kept(value) => {
                    if column.kind.is_time()
                        && let Some(coarse) = moment::coarse(&cell)
                    {
                        if !takes_coarse_times {
                            return Err(Flaw::of_cell(column.name, &cell, NO_SECONDS));
                        }
                        tally.mend(column.name, coarse.mend());
                    }
                    value
                }
                Converted::Mended(value, mend) => {
                    // A column that is not in the file is not mended.
                    if place.is_some() {
                        tally.mend(column.name, mend);
                    }
                    value
                }
                Converted::Unusable(flaw) => return Err(Flaw::of_cell(column.name, &cell, flaw)),
                Converted::Misshapen(form) => return Err(Flaw::of_form(column.name, &cell, form)),
            });
        }
        tidy::name_the_unnamed(table, &mut row, tally);
        self.check_sense(record, &row)?;
        Ok(row)
    }

    fn check_sense(&self, record: &Record, row: &[Datum]) -> Result<(), Flaw> {
        let table = &self.sheet.table;
        if let Some(reason) = sense::contradiction(table, row) {
            return Err(Flaw::of_row(&reason));
        }
        let period = sense::PERIOD.map(|name| {
            let place = self.sheet.names.iter().position(|found| found == name);
            place.map_or(Datum::Null, |place| self.cell(record, place))
        });
        match sense::wrong_period(table, row, &period) {
            Some(reason) => Err(Flaw::of_row(reason)),
            None => Ok(()),
        }
    }

    /// The number of seconds from the time that the row has in the file in which it was recorded. 0: the time is exact.
    pub(super) fn within(&self, record: &Record) -> i64 {
        let mut columns = self.sheet.table.columns.iter().zip(&self.sheet.places);
        columns
            .find(|(column, _)| column.kind == Kind::Moment)
            .and_then(|(_, place)| moment::coarse(&self.cell(record, (*place)?)))
            .map_or(0, Coarse::seconds)
    }

    pub(super) fn cell(&self, record: &Record, place: usize) -> Datum {
        match record.cell(place) {
            None | Some(CellText::Empty) => Datum::Null,
            Some(CellText::Text("")) if !self.sheet.takes_empty_text(place) => Datum::Null,
            Some(CellText::Text(text)) => Datum::Text(self.sheet.without_guard(text).to_owned()),
        }
    }
}
