//! The order of the rows of one entity in one second.
//!
//! Nothing tells which of two collectors asked first, so the values decide. `sql/lake` has the same order.

use std::cmp::Ordering;

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{layout, status_of, war};
use crate::model::war::WarStatus;

/// The sort key of a row among those of its second: its facts in the order of the columns, so that unknown values come first and
/// lower ones next. The row of a war that is further ahead comes later.
pub(crate) fn place(history: History, row: &[Datum]) -> Vec<Datum> {
    if history == History::Wars {
        return place_of_war(row);
    }
    let facts = layout(history).facts.iter();
    facts.map(|&index| row[index].clone()).collect()
}

/// Compares two places.
pub(crate) fn order(one: &[Datum], other: &[Datum]) -> Ordering {
    let mut values = one.iter().zip(other).map(|(one, other)| one.order(other));
    values
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Torn lists the sides of a ranked war in any order, so the place does not tell it. The required score only decays.
fn place_of_war(row: &[Datum]) -> Vec<Datum> {
    let status = match status_of(row) {
        None => 0,
        Some(WarStatus::Scheduled) => 1,
        Some(WarStatus::Ongoing) => 2,
        Some(WarStatus::Cancelled) => 3,
        Some(WarStatus::Completed) => 4,
    };
    let number = |column: usize| row[column].integer().unwrap_or(-1);
    let mut sides = [
        (number(war::ATTACKING), number(war::ATTACKING_SCORE)),
        (number(war::DEFENDING), number(war::DEFENDING_SCORE)),
    ];
    sides.sort_by_key(|side| side.0);
    let scores = sides.map(|side| side.1);
    let required = row[war::REQUIRED_SCORE].integer();
    let numbers = [
        status,
        scores[0].max(scores[1]),
        scores[0].min(scores[1]),
        scores[0],
        required.map_or(i64::MIN, |required| -required),
        sides[0].0,
        sides[1].0,
    ];
    let others = [
        war::ENDS_AT,
        war::WINNER,
        war::END_REASON,
        war::STARTED_AT,
        war::TILE,
    ];
    let numbers = numbers.map(Datum::Integer).into_iter();
    numbers
        .chain(others.map(|column| row[column].clone()))
        .collect()
}

/// The row of a ranked war with its sides the other way round, if the faction of the lower id is not the first. The first rows of
/// a war have this order if they tell both.
pub(crate) fn with_lower_side_first(row: &[Datum]) -> Option<Vec<Datum>> {
    let (Some(attacking), Some(defending)) =
        (row[war::ATTACKING].integer(), row[war::DEFENDING].integer())
    else {
        return None;
    };
    if attacking <= defending || row[war::TYPE].text() != Some("ranked") {
        return None;
    }
    let mut turned = row.to_vec();
    turned.swap(war::ATTACKING, war::DEFENDING);
    turned.swap(war::ATTACKING_SCORE, war::DEFENDING_SCORE);
    Some(turned)
}

/// Whether two rows of a war tell its sides in opposite orders.
pub(crate) fn has_other_order(one: &[Datum], other: &[Datum]) -> bool {
    let (attacking, defending) = (&one[war::ATTACKING], &one[war::DEFENDING]);
    attacking != defending
        && *attacking == other[war::DEFENDING]
        && *defending == other[war::ATTACKING]
}
