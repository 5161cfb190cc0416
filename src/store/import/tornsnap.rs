//! Reads another database of tornsnap.

use rusqlite::Connection;

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::SourceKind;
use crate::model::import::cell::Dialect;
use crate::model::import::datum::Datum;
use crate::model::import::report::Skip;
use crate::model::import::rules::TABLES;
use crate::model::import::tidy;
use crate::model::month_state::SummaryStatus;
use crate::model::time::Month;
use crate::store::import::read::copy_table;
use crate::store::import::source::SourceDatabase;
use crate::store::import::{ImportOptions, SourceFacts, Tallies, months_where};
use crate::store::months;

/// Copies all tables with data to the temporary ones. Summaries are copied only of months whose history rows were pruned:
/// the others are computed again from the merged rows.
pub(super) fn read(
    source: &SourceDatabase,
    target: &Connection,
    options: &ImportOptions,
    tallies: &mut Tallies,
) -> Result<SourceFacts> {
    let connection = &source.connection;
    let dialect = Dialect::new(SourceKind::Tornsnap, options.offset, options.now);
    // The summaries of these months are all that is left of their history rows.
    let pruned = months_where(&months::months(connection, options.now)?, |table| {
        table.status == SummaryStatus::Pruned
    });
    for table in &TABLES {
        let history = History::from_summary_table_name(table.name);
        let start = table.position("period_start");
        let tally = copy_table(connection, target, table, &dialect, &|row, tally| {
            tidy::name_the_unnamed(table, row, tally);
            let (Some(history), Some(start)) = (history, start) else {
                return Ok(());
            };
            let month = match row[start] {
                Datum::Integer(at) => Month::of(at),
                _ => None,
            };
            if month.is_some_and(|month| pruned.contains(&(history.table(), month))) {
                Ok(())
            } else {
                Err(Skip::Recomputed)
            }
        })?;
        tallies.insert(table.name, tally);
    }
    Ok(SourceFacts {
        knows_factions_of_players: true,
        pruned,
        replaces_thin: false,
    })
}
