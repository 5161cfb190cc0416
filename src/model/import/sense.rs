//! Finds rows of other files that contradict themselves, or whose numbers are impossible. No tornsnap has written such a row.
//!
//! A value that is not known contradicts nothing. Neither does a change whose start or end is not known: CSV may have only some
//! of the columns.

use crate::model::import::datum::Datum;
use crate::model::import::moment;
use crate::model::import::report::Skip;
use crate::model::import::rules::Table;
use crate::model::time::{DAY, HOUR, Month};

/// More rows or answers than a month can have of one entity. A sum of such numbers stays in range.
pub(crate) const MOST_ROWS: i64 = u32::MAX as i64;

/// The columns of a summary that an import computes itself. They have to fit the start of the month.
pub(crate) const PERIOD: [&str; 2] = ["period_end", "period_type"];

/// The values of [`PERIOD`]. NULL: not known.
pub(crate) type Period = [Datum; 2];

const WRONG_TYPE: &str = "period_type is not monthly";
const WRONG_END: &str = "period_end is not the end of the month";

/// The largest difference between midnight of a local clock and midnight UTC, in seconds.
const FARTHEST_MIDNIGHT: i64 = 14 * HOUR;

/// A local month can be this much longer or shorter than the month in UTC, because of summer time.
const CLOCK_CHANGE: i64 = HOUR;

/// Fails with the reason if a converted row contradicts itself.
pub(crate) fn check_row(table: &Table, row: &[Datum]) -> Result<(), Skip> {
    check(table, row, &[Datum::Null, Datum::Null])
}

/// Fails with the reason if a converted row contradicts itself, or these values of [`PERIOD`].
pub(crate) fn check(table: &Table, row: &[Datum], period: &Period) -> Result<(), Skip> {
    let wrong_period = || wrong_period(table, row, period).map(str::to_owned);
    match contradiction(table, row).or_else(wrong_period) {
        Some(reason) => Err(Skip::Left(reason)),
        None => Ok(()),
    }
}

/// The reason why a converted row cannot be true, if there is one.
pub(crate) fn contradiction(table: &Table, row: &[Datum]) -> Option<String> {
    let row = Row { table, row };
    wrong_change(&row)
        .or_else(|| foreign_winner(&row))
        .or_else(|| outside_month(&row))
        .or_else(|| impossible_number(&row))
}

/// The reason why these values of [`PERIOD`] do not fit the month of a converted row, if there is one. Only summaries and
/// observations have a month.
pub(crate) fn wrong_period(
    table: &Table,
    row: &[Datum],
    [end, kind]: &Period,
) -> Option<&'static str> {
    let start = &row[table.position("period_start")?];
    if kind.text().is_some_and(|kind| kind != "monthly") {
        return Some(WRONG_TYPE);
    }
    let month = Month::of(start.integer()?)?;
    if end.is_null() {
        return None;
    }
    let end = moment::read(end, 0).map(|moment| moment.at);
    (end != Some(month.end())).then_some(WRONG_END)
}

/// The month of a summary of the Python program, or the reason why its period is no month. Its months begin and end at midnight
/// of a local clock. The end is that of the month, its last second, or its last day.
pub(crate) fn local_month(start: i64, [end, kind]: &Period) -> Result<Month, &'static str> {
    let is_monthly = |kind: &str| kind.trim().eq_ignore_ascii_case("monthly");
    if !kind.is_null() && !kind.text().is_some_and(is_monthly) {
        return Err(WRONG_TYPE);
    }
    let month = moment::month_of_period(start).ok_or("period_start is out of range")?;
    if (start - month.start()).abs() > FARTHEST_MIDNIGHT {
        return Err("period_start is not the start of a month");
    }
    if end.is_null() {
        return Ok(month);
    }
    let end = moment::read(end, 0).ok_or(WRONG_END)?.at;
    let missing = (month.end() - month.start() + start).saturating_sub(end);
    if (-CLOCK_CHANGE..=DAY + CLOCK_CHANGE).contains(&missing) {
        Ok(month)
    } else {
        Err(WRONG_END)
    }
}

struct Row<'a> {
    table: &'a Table,
    row: &'a [Datum],
}

impl Row<'_> {
    /// The number in a column; `None` if it is not known, or the table has no such column.
    fn number(&self, column: &str) -> Option<i64> {
        self.row[self.table.position(column)?].integer()
    }

    fn month(&self) -> Option<Month> {
        Month::of(self.number("period_start")?)
    }
}

fn wrong_change(row: &Row<'_>) -> Option<String> {
    let names = row.table.columns.iter().map(|column| column.name);
    let mut values = names.filter_map(|name| name.strip_suffix("_change"));
    values.find_map(|value| {
        let number = |suffix: &str| row.number(&format!("{value}{suffix}"));
        let (start, end, change) = (number("_start")?, number("_end")?, number("_change")?);
        (end.checked_sub(start) != Some(change))
            .then(|| format!("{value}_change is not {value}_end minus {value}_start"))
    })
}

fn foreign_winner(row: &Row<'_>) -> Option<String> {
    let sides = [
        row.number("attacking_faction_id")?,
        row.number("defending_faction_id")?,
    ];
    let is_foreign = !sides.contains(&row.number("winner_faction_id")?);
    is_foreign.then(|| "winner_faction_id is neither of the two factions".to_owned())
}

/// Checks the times of observations.
fn outside_month(row: &Row<'_>) -> Option<String> {
    let (month, first, last) = (
        row.month()?,
        row.number("first_at")?,
        row.number("last_at")?,
    );
    if first > last {
        return Some("first_at is after last_at".to_owned());
    }
    let is_within = month.start() <= first && last < month.end();
    (!is_within).then(|| "first_at or last_at is not in the month".to_owned())
}

fn impossible_number(row: &Row<'_>) -> Option<String> {
    let counts = ["record_count", "polls", "ownership_changes"];
    let too_many = counts
        .into_iter()
        .find(|column| row.number(column).is_some_and(|rows| rows > MOST_ROWS));
    if let Some(column) = too_many {
        return Some(format!("{column} is more than a month can have"));
    }
    let month = row.month()?;
    let days = (month.end() - month.start()) / DAY;
    (row.number("days_owned")? > days)
        .then(|| "days_owned is more days than the month has".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::import::rules::{PLAYER_SUMMARY, WAR_SUMMARY};

    /// A row with these values. The others are not known.
    fn row(table: &Table, values: &[(&str, i64)]) -> Vec<Datum> {
        let mut row = vec![Datum::Null; table.columns.len()];
        for (column, value) in values {
            row[table.index(column)] = Datum::Integer(*value);
        }
        row
    }

    #[test]
    fn a_change_fits_only_the_difference_of_both_ends_and_none_fits_one_that_is_out_of_range() {
        for (start, end, change, is_wrong) in [
            (Some(5), Some(3), Some(-2), false),
            (Some(5), Some(3), Some(2), true),
            (Some(5), Some(3), None, false),
            (None, Some(3), Some(2), false),
            (Some(5), None, Some(2), false),
            (Some(i64::MIN), Some(1), None, false),
            (Some(i64::MIN), Some(1), Some(i64::MAX), true),
        ] {
            let columns = ["networth_start", "networth_end", "networth_change"];
            let values = columns.into_iter().zip([start, end, change]);
            let known: Vec<(&str, i64)> = values
                .filter_map(|(column, value)| Some((column, value?)))
                .collect();

            let found = contradiction(&PLAYER_SUMMARY, &row(&PLAYER_SUMMARY, &known));

            assert_eq!(found.is_some(), is_wrong, "{known:?}");
        }
    }

    #[test]
    fn only_a_winner_that_is_neither_of_two_known_sides_is_foreign() {
        let sides = [("attacking_faction_id", 1), ("defending_faction_id", 2)];
        for (sides, winner, is_wrong) in [
            (&sides[..], 1, false),
            (&sides, 2, false),
            (&sides, 3, true),
            (&sides[..1], 3, false),
            (&[], 3, false),
        ] {
            let values = [sides, &[("winner_faction_id", winner)]].concat();

            let found = contradiction(&WAR_SUMMARY, &row(&WAR_SUMMARY, &values));

            assert_eq!(found.is_some(), is_wrong, "{values:?}");
        }
    }
}
