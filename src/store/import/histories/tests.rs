//! Tests of the merge of history rows.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rusqlite::ToSql;

use super::*;
use crate::model::import::recorder::Recorder;
use crate::model::import::rules::Table;
use crate::store::Store;
use crate::store::import::read::cells;
use crate::store::import::staging::column_list;
use crate::store::value::bind_used;

/// Appends a row as `fetch` does, if it is a change.
fn fetch(connection: &Connection, history: History, row: &[Datum]) {
    let statement = match history {
        History::Players => sql!("fetch/append_player"),
        History::Factions => sql!("fetch/append_faction"),
        History::Territories => sql!("fetch/append_tiles"),
        History::Wars => unreachable!("fetch compares wars as `War::merged_with` does"),
    };
    let layout = layout(history);
    let columns = layout.table.columns.iter();
    let names: Vec<String> = columns.map(|column| format!(":{}", column.name)).collect();
    let mut values: Vec<(&str, &dyn ToSql)> = vec![(":every_poll", &false)];
    values.push((":at", &row[layout.time]));
    values.extend(
        names
            .iter()
            .zip(row)
            .map(|(name, value)| (name.as_str(), value as _)),
    );
    let tiles = (history == History::Territories).then(|| {
        let cell = |name| &row[layout.table.index(name)];
        serde_json::json!([{
            "id": cell("territory_id").text(),
            "owner": cell("faction_id").integer(),
            "racket_known": true,
            "racket_level": cell("racket_level").integer(),
            "racket_type": cell("racket_type").text(),
            "war": cell("war_status").text(),
        }])
        .to_string()
    });
    values.push((":tiles", &tiles));
    let mut statement = connection.prepare(statement).unwrap();
    bind_used(&mut statement, &values).unwrap();
    statement.raw_execute().unwrap();
}

fn stored(connection: &Connection, table: &Table) -> Vec<Vec<Datum>> {
    let columns = column_list(table);
    connection
        .prepare(&format!("SELECT {columns} FROM {} ORDER BY id", table.name))
        .unwrap()
        .query_map([], |row| cells(row, table, 0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// A row of each history with values that are often unknown and seldom change. A level needs a racket.
fn any_row(history: History) -> impl Strategy<Value = Vec<Datum>> {
    let number = prop_oneof![3 => Just(1_i64), 1 => Just(2)];
    let facts = vec(option::weighted(0.4, number), layout(history).facts.len());
    facts.prop_map(move |facts| {
        let layout = layout(history);
        let mut row = vec![Datum::Null; layout.table.columns.len()];
        for (&index, fact) in layout.facts.iter().zip(facts) {
            row[index] = match (layout.table.columns[index].name, fact) {
                (_, None) => Datum::Null,
                ("racket_type", Some(number)) => Datum::Text(format!("Racket {number}")),
                ("war_status", Some(1)) => Datum::Text("none".to_owned()),
                ("war_status", Some(_)) => Datum::Text("defending".to_owned()),
                (_, Some(number)) => Datum::Integer(number),
            };
        }
        row[0] = Datum::Integer(1);
        if history == History::Territories {
            row[0] = Datum::Text("AAB".to_owned());
            if row[layout.table.index("racket_type")].is_null() {
                row[layout.table.index("racket_level")] = Datum::Null;
            }
        }
        row
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn an_import_keeps_the_rows_that_fetch_keeps(
        players in vec(any_row(History::Players), 0..60),
        factions in vec(any_row(History::Factions), 0..60),
        tiles in vec(any_row(History::Territories), 0..60),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        let connection = store.connection();
        connection
            .execute_batch(
                "INSERT INTO factions (faction_id, name) VALUES (1, 'One'), (2, 'Two');
                 INSERT INTO players (player_id, name) VALUES (1, 'One');
                 INSERT INTO territories (territory_id) VALUES ('AAB');",
            )
            .unwrap();
        for (history, rows) in [
            (History::Players, players),
            (History::Factions, factions),
            (History::Territories, tiles),
        ] {
            let layout = layout(history);
            let mut recorder = Recorder::new(history);
            let mut kept = Vec::new();
            for (at, mut row) in (1..).zip(rows) {
                row[layout.time] = Datum::Integer(at);
                let completed = recorder.completed(&row);
                if recorder.is_change(&layout, &completed) {
                    recorder.record(&layout, &completed);
                    kept.push(completed);
                }
                fetch(connection, history, &row);
            }
            prop_assert_eq!(kept, stored(connection, layout.table));
        }
    }
}
