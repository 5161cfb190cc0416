//! Reads a database of the Python program.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::model::history::History;
use crate::model::id::TerritoryId;
use crate::model::import::SourceKind;
use crate::model::import::cell::{Dialect, numbers};
use crate::model::import::datum::Datum;
use crate::model::import::recorder::layout;
use crate::model::import::report::Skip;
use crate::model::import::rules::{self, Table};
use crate::model::import::sense::{self, Period};
use crate::model::import::tidy;
use crate::model::time::Month;
use crate::store::history::schema_of;
use crate::store::import::read::{columns_of, copy_table, entity_of};
use crate::store::import::source::SourceDatabase;
use crate::store::import::{FactionsOfPlayers, ImportOptions, SourceFacts, Tallies, derive, wars};
use crate::store::{SqlContext, sql};

const STATES: [Table; 2] = [rules::FACTIONS, rules::PLAYERS];
const SUMMARIES: [(History, Table); 4] = [
    (History::Players, rules::PLAYER_SUMMARY),
    (History::Factions, rules::FACTION_SUMMARY),
    (History::Wars, rules::WAR_SUMMARY),
    (History::Territories, rules::TILE_SUMMARY),
];

/// Copies all known tables to the temporary ones.
pub(super) fn read(
    source: &SourceDatabase,
    target: &Connection,
    options: &ImportOptions,
    tallies: &mut Tallies,
) -> Result<SourceFacts> {
    let connection = &source.connection;
    let dialect = Dialect {
        tiles: numbered_tiles(connection, target)?,
        ..Dialect::new(SourceKind::Plan, options.offset, options.now)
    };
    let histories = History::ALL.map(|history| layout(history).table);
    for table in STATES.iter().chain(histories) {
        let tally = copy_table(connection, target, table, &dialect, &|row, _, tally| {
            tidy::tidy(table, row, tally)
        })?;
        tallies.insert(table.name, tally);
    }
    derive::missing_tables(target, derive::States::AreObservations)?;
    // The start of a period is a date. Moved to UTC, it could fall into the month before.
    let dialect = Dialect {
        offset: 0,
        ..dialect
    };
    for (history, table) in SUMMARIES {
        let counts = count_rows(target, history)?;
        let left = RefCell::new(Vec::new());
        let tally = copy_table(
            connection,
            target,
            &table,
            &dialect,
            &|row, period, tally| {
                let month = move_to_utc(&table, row, period)?;
                if is_recomputed(&table, history, row, month.month, &counts) {
                    if history == History::Wars {
                        left.borrow_mut().push(row.clone());
                    }
                    return Err(Skip::Recomputed);
                }
                sense::check_row(&table, row)?;
                if month.was_moved {
                    tally.mend("period_start", "moved to the start of the UTC month");
                }
                tidy::complete_changes(&table, row, tally);
                Ok(())
            },
        )?;
        // The history of the program has no winners.
        for summary in left.into_inner() {
            wars::keep_winner(target, &summary)?;
        }
        tallies.insert(table.name, tally);
    }
    facts(connection)
}

fn facts(source: &Connection) -> Result<SourceFacts> {
    let knows_factions = columns_of(source, "players")
        .context("read the table players")?
        .contains("faction_id");
    Ok(SourceFacts {
        factions_of_players: FactionsOfPlayers::of_states(SourceKind::Plan, knows_factions),
        ..SourceFacts::default()
    })
}

/// The numbers of imported history rows, by entity and month.
type RowCounts = HashMap<(String, Month), i64>;

fn count_rows(target: &Connection, history: History) -> Result<RowCounts> {
    let layout = layout(history);
    let entity = schema_of(history).entity;
    let time = layout.table.columns[layout.time].name;
    let mut counts = HashMap::new();
    let mut query = || -> rusqlite::Result<()> {
        let mut statement = target.prepare(&format!(
            "SELECT CAST({entity} AS TEXT), unixepoch({time}, 'unixepoch', 'start of month') AS month, count(*)
             FROM temp.imported_{} GROUP BY 1, 2",
            history.table()
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(month) = Month::of(row.get(1)?) {
                counts.insert((row.get(0)?, month), row.get(2)?);
            }
        }
        Ok(())
    };
    query().context("count the imported rows")?;
    Ok(counts)
}

/// The UTC month of a summary.
struct UtcMonth {
    month: Month,
    /// Whether the summary began at another second.
    was_moved: bool,
}

/// Moves the start of a summary to that of the UTC month. Fails if its period is no month.
fn move_to_utc(table: &Table, row: &mut [Datum], period: &Period) -> Result<UtcMonth, Skip> {
    let start = table.index("period_start");
    let period_start = row[start].integer().unwrap_or_default();
    let month = sense::local_month(period_start, period)?;
    row[start] = Datum::Integer(month.start());
    Ok(UtcMonth {
        month,
        was_moved: month.start() != period_start,
    })
}

/// Whether the rows of a summary are imported themselves.
fn is_recomputed(
    table: &Table,
    history: History,
    row: &[Datum],
    month: Month,
    counts: &RowCounts,
) -> bool {
    let counted = row[table.index("record_count")].integer().unwrap_or(1);
    let here = counts
        .get(&(entity_of(table, history, row), month))
        .copied()
        .unwrap_or(0);
    here > 0 && here >= counted
}

/// Maps the numbers of tiles to their letters, by the coordinates of tiles that our database knows.
fn numbered_tiles(source: &Connection, target: &Connection) -> Result<HashMap<i64, TerritoryId>> {
    let action = "match the tiles by their coordinates";
    let names = columns_of(source, "territory_ownership_history").context(action)?;
    if !names.contains("coordinates") || !names.contains("territory_id") {
        return Ok(HashMap::new());
    }
    let places = known_places(target).context(action)?;
    let query = || -> rusqlite::Result<HashMap<i64, TerritoryId>> {
        let mut statement = source.prepare(
            "SELECT DISTINCT CAST(territory_id AS INTEGER), coordinates FROM territory_ownership_history
             WHERE typeof(territory_id) IN ('integer', 'real') OR territory_id GLOB '[0-9]*'",
        )?;
        let mut rows = statement.query([])?;
        let mut tiles = HashMap::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let ValueRef::Text(text) = row.get_ref(1)? else {
                continue;
            };
            if let [x, y] = numbers(&String::from_utf8_lossy(text))[..]
                && let Some(tile) = places.get(&place(x, y)).copied().flatten()
            {
                tiles.insert(number, tile);
            }
        }
        Ok(tiles)
    };
    query().context(action)
}

/// The tile at each place; `None` where two tiles have the same coordinates.
fn known_places(
    target: &Connection,
) -> rusqlite::Result<BTreeMap<(String, String), Option<TerritoryId>>> {
    let mut places = BTreeMap::new();
    let mut statement = target.prepare(sql!("import/list_tiles_with_coordinates"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let tile: Option<TerritoryId> = row.get("territory_id").optional()?;
        places
            .entry(place(row.get("coordinate_x")?, row.get("coordinate_y")?))
            .and_modify(|known| *known = None)
            .or_insert(tile);
    }
    Ok(places)
}

/// Coordinates as text, so that they can be compared.
fn place(x: f64, y: f64) -> (String, String) {
    (format!("{x:.2}"), format!("{y:.2}"))
}
