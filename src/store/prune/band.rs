//! Divides the rows of a month into steps that write few pages.
//!
//! The rows of a short time are on few pages of the table and of the index on time, but on one page or more for each
//! entity in the indexes by entity. With 10,000 players, a step of 4,000 rows would write 8,000 pages, and each of these
//! again in most of the other steps. So a step has the rows of some of the entities in a longer time, a band.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::store::SqlContext;
use crate::store::prune::statements::Statements;

/// A page of the table has about 60 rows. A step writes one or two pages of the indexes by entity for each entity, and the
/// page of the index on time has more rows than both, so it does not count.
const ROWS_PER_PAGE: i64 = 64;

/// The maximum number of rows of a band. The rows are sorted by entity in memory.
const MAX_ROWS: i64 = 128_000;

/// The rows of one history table in a part of a month.
pub(super) struct Band {
    /// The end of the band, unix seconds.
    pub(super) until: i64,
    /// The entities that are left, the next one last: each as JSON, with the number of its rows.
    entities: Vec<(Box<str>, i64)>,
    /// The number of entities that the band began with.
    pub(super) size: usize,
}

impl Band {
    /// Reads a band that begins at `from` and is taken in steps of about `step_size` rows. `entities` is the number of
    /// entities in the last band.
    pub(super) fn read(
        connection: &Connection,
        history: History,
        (from, until): (i64, i64),
        last_id: i64,
        (step_size, entities): (i64, usize),
    ) -> Result<Self> {
        let rows = band_rows(step_size, entities);
        let until = Self::end(connection, history, (from, until), rows)?;
        let mut entities: Vec<(Box<str>, i64)> = connection
            .prepare_cached(&Statements::of(history).entities)
            .and_then(|mut statement| {
                statement
                    .query_map(
                        named_params! { ":from": from, ":until": until, ":last_id": last_id },
                        |row| Ok((row.get("entity")?, row.get("rows")?)),
                    )?
                    .collect()
            })
            .context(format!("read {}", history.table()))?;
        entities.reverse();
        Ok(Self {
            until,
            size: entities.len(),
            entities,
        })
    }

    /// The timestamp at which a band of about `rows` rows from `from` ends.
    fn end(
        connection: &Connection,
        history: History,
        (from, until): (i64, i64),
        rows: i64,
    ) -> Result<i64> {
        let boundary: Option<i64> = connection
            .prepare_cached(&Statements::of(history).boundary)
            .and_then(|mut statement| {
                statement
                    .query_row(
                        named_params! { ":from": from, ":until": until, ":step": rows },
                        |row| row.get("boundary"),
                    )
                    .optional()
            })
            .context(format!("read {}", history.table()))?;
        // A band covers at least one second. Otherwise it would be empty if a second has more than `rows` rows.
        Ok(boundary.map_or(until, |boundary| boundary.max(from + 1)))
    }

    /// Takes the next entities, which have about `rows` rows together, as a JSON array. None if no entity is left.
    pub(super) fn take(&mut self, rows: i64) -> Option<String> {
        let mut list = String::from("[");
        let mut taken = 0;
        while taken < rows
            && let Some((entity, count)) = self.entities.pop()
        {
            if taken > 0 {
                list.push(',');
            }
            list.push_str(&entity);
            taken += count;
        }
        list.push(']');
        (taken > 0).then_some(list)
    }
}

/// The number of rows of a band for steps of `step_size` rows and a number of entities.
///
/// A band of `n` steps has `n * step_size / ROWS_PER_PAGE` pages of the table, and each step writes all of them. Each step
/// also writes the pages of the indexes by entity for `entities / n` entities. The sum is smallest if both are equal.
fn band_rows(step_size: i64, entities: usize) -> i64 {
    let entities = i64::try_from(entities).unwrap_or(i64::MAX);
    let steps = (entities.saturating_mul(ROWS_PER_PAGE) / step_size).isqrt();
    (step_size * steps.max(1)).min(MAX_ROWS.max(step_size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_one_step_for_few_entities_and_many_for_many() {
        assert_eq!(band_rows(1_000, 0), 1_000);
        assert_eq!(band_rows(64_000, 1_000), 64_000);
        assert_eq!(band_rows(16_000, 10_000), 6 * 16_000);
        assert_eq!(band_rows(500, 10_000), 35 * 500);
        assert_eq!(band_rows(64_000, usize::MAX), MAX_ROWS);
    }

    #[test]
    fn each_step_has_whole_entities_with_about_the_wanted_rows() {
        let mut band = Band {
            until: 0,
            entities: vec![
                ("4".into(), 1),
                ("3".into(), 9),
                ("2".into(), 2),
                ("1".into(), 2),
            ],
            size: 4,
        };

        assert_eq!(band.take(3).as_deref(), Some("[1,2]"));
        assert_eq!(band.take(3).as_deref(), Some("[3]"));
        assert_eq!(band.take(3).as_deref(), Some("[4]"));
        assert_eq!(band.take(3), None);
    }
}
