//! A second reader of the Python program's histories: plain loops that share no code with the program.
//!
//! Databases with random oddities are imported twice and compared with it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::MARCH;
use crate::month_model::for_any_history;
use crate::support::new_database::new_database;
use crate::support::{DAY, NOW, Sandbox, rows};

/// A row as it is stored: any value in any column.
type Cells = Vec<Value>;

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// An id: right, in a text, or not an id at all.
fn any_id() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (1..4_i64).prop_map(Value::Integer),
        1 => (1..4_i64).prop_map(|id| text(format!(" {id} "))),
        1 => prop_oneof![Just(Value::Null), Just(Value::Integer(0)), Just(Value::Integer(-3)), Just(text("x"))],
    ]
}

/// A time around March: seconds, milliseconds, a decimal, texts, the past and the future.
fn any_time() -> impl Strategy<Value = Value> {
    let moment = || (0..30_i64).prop_map(|step| MARCH + step * DAY / 2);
    let iso = |at: i64, form: &str| {
        let connection = Connection::open_in_memory().unwrap();
        let query = format!("SELECT strftime('{form}', ?, 'unixepoch')");
        connection
            .query_row(&query, [at], |row| row.get::<_, String>(0))
            .unwrap()
    };
    prop_oneof![
        8 => moment().prop_map(Value::Integer),
        1 => moment().prop_map(|at| Value::Integer(at * 1000 + 999)),
        1 => moment().prop_map(|at| Value::Real(f64::from(u32::try_from(at).unwrap()) + 0.5)),
        1 => moment().prop_map(|at| text(at.to_string())),
        1 => moment().prop_map(move |at| text(iso(at, "%Y-%m-%d %H:%M:%S"))),
        1 => moment().prop_map(move |at| text(iso(at, "%Y-%m-%dT%H:%M:%S.500000"))),
        1 => moment().prop_map(move |at| text(iso(at, "%Y-%m-%dT%H:%M:%S+00:00"))),
        1 => prop_oneof![
            Just(Value::Null), Just(text("never")), Just(Value::Integer(NOW + 301)), Just(Value::Integer(NOW + 300)),
            Just(Value::Integer(1_072_915_199)), Just(Value::Integer(1_072_915_200)), Just(Value::Integer(0)),
        ],
    ]
}

fn any_number() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (0..4_i64).prop_map(Value::Integer),
        1 => (0..4_i64).prop_map(|number| text(number.to_string())),
        1 => (0..4_u32).prop_map(|number| Value::Real(f64::from(number))),
        1 => prop_oneof![Just(Value::Null), Just(Value::Integer(-1)), Just(Value::Real(1.5)), Just(text("many"))],
    ]
}

fn any_row(values: usize) -> impl Strategy<Value = Cells> {
    (any_id(), any_time(), vec(any_number(), values)).prop_map(|(id, time, values)| {
        let mut row = vec![id, time];
        row.extend(values);
        row
    })
}

/// The naive reading of a number.
fn number(cell: &Value) -> Option<i64> {
    match cell {
        Value::Integer(number) => Some(*number),
        Value::Real(number) if number.fract() == 0.0 => format!("{number:.0}").parse().ok(),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The naive reading of a time.
fn time(cell: &Value) -> Option<i64> {
    let at = match cell {
        Value::Real(number) => format!("{:.0}", number.floor()).parse().ok()?,
        Value::Text(text) if text.contains('-') => {
            // The zone of these texts is UTC.
            let connection = Connection::open_in_memory().unwrap();
            let seconds = text.split(['.', '+']).next().unwrap();
            connection
                .query_row("SELECT unixepoch(?)", [seconds], |row| row.get(0))
                .ok()?
        }
        other => number(other)?,
    };
    let at = if at > 100_000_000_000 { at / 1000 } else { at };
    (1_072_915_200..=NOW + 300).contains(&at).then_some(at)
}

/// A column of the model: the least number.
#[derive(Clone, Copy)]
struct Column {
    least: i64,
    /// Whether 0 is a value; otherwise it stands for unknown.
    has_zero: bool,
}

/// The rows that are changes, as text. All rows of a second stay if one of them differs from the state before it, and equal ones
/// count once.
fn expected(cells: &[Cells], columns: &[Column]) -> Vec<String> {
    let mut read: Vec<(i64, i64, usize, Vec<Option<i64>>)> = Vec::new();
    for (order, row) in cells.iter().enumerate() {
        let (Some(id), Some(at)) = (number(&row[0]).filter(|id| *id > 0), time(&row[1])) else {
            continue;
        };
        let values: Vec<Option<i64>> = row[2..]
            .iter()
            .zip(columns)
            .map(|(cell, column)| {
                number(cell)
                    .filter(|number| *number >= column.least && (*number != 0 || column.has_zero))
            })
            .collect();
        if values.iter().any(Option::is_some) {
            read.push((id, at, order, values));
        }
    }
    read.sort();
    let mut lines = Vec::new();
    let mut last: BTreeMap<i64, Vec<Option<i64>>> = BTreeMap::new();
    for second in read.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
        let (id, at) = (second[0].0, second[0].1);
        let state = last.entry(id).or_insert_with(|| vec![None; columns.len()]);
        let is_change = second.iter().any(|(_, _, _, values)| {
            let mut pairs = values.iter().zip(&*state);
            pairs.any(|(value, state)| value.is_some() && value != state)
        });
        let mut told: BTreeSet<&Vec<Option<i64>>> = BTreeSet::new();
        for (_, _, _, values) in second {
            if !is_change || !told.insert(values) {
                continue;
            }
            for (state, value) in state.iter_mut().zip(values) {
                *state = value.or(*state);
            }
            let show = |value: &Option<i64>| value.map_or(String::new(), |value| value.to_string());
            let shown: Vec<String> = values.iter().map(show).collect();
            lines.push(format!("{id}|{at}|{}", shown.join("|")));
        }
    }
    lines.sort();
    lines
}

const PLAYER_COLUMNS: [Column; 8] = {
    let stat = Column {
        least: 1,
        has_zero: false,
    };
    let positive = Column {
        least: 1,
        has_zero: false,
    };
    let amount = Column {
        least: i64::MIN,
        has_zero: false,
    };
    [stat, stat, stat, stat, stat, positive, positive, amount]
};

const FACTION_COLUMNS: [Column; 3] = {
    let count = Column {
        least: 0,
        has_zero: true,
    };
    let members = Column {
        least: 1,
        has_zero: false,
    };
    [count, members, count]
};

#[test]
fn histories_with_random_oddities_are_read_as_the_model_reads_them() {
    let sandbox = Sandbox::new();
    let histories = (vec(any_row(8), 0..40), vec(any_row(3), 0..40));
    for_any_history(12, histories, |(player_rows, faction_rows)| {
        for name in ["tornsnap.db", "plan.db"] {
            sandbox.remove_database(name);
        }
        new_database(&sandbox.database());
        let plan = Connection::open(sandbox.path("plan.db")).unwrap();
        plan.execute_batch(
            "CREATE TABLE player_stats_history (id INTEGER PRIMARY KEY, player_id, timestamp, strength, defense, speed,
                dexterity, total_stats, level, life_maximum, networth);
             CREATE TABLE faction_history (id INTEGER PRIMARY KEY, faction_id, timestamp, respect, member_count, best_chain);",
        )
        .unwrap();
        for (table, rows) in [
            ("player_stats_history", &player_rows),
            ("faction_history", &faction_rows),
        ] {
            for row in rows {
                let places = vec!["?"; row.len()].join(", ");
                let insert = format!("INSERT INTO {table} VALUES (NULL, {places})");
                plan.execute(&insert, rusqlite::params_from_iter(row))
                    .unwrap();
            }
        }
        drop(plan);

        for _ in 0..2 {
            let finished =
                sandbox.run(&["import", "plan.db", "--no-backup", "--no-summarize", "-q"]);
            prop_assert!([0, 3].contains(&finished.code()), "{}", finished.stderr());
            let found = rows(
                &sandbox.sqlite(),
                "SELECT player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth
                 FROM player_stats_history",
            );
            prop_assert_eq!(sorted(found), expected(&player_rows, &PLAYER_COLUMNS));
            let found = rows(
                &sandbox.sqlite(),
                "SELECT faction_id, timestamp, respect, member_count, best_chain FROM faction_history",
            );
            prop_assert_eq!(sorted(found), expected(&faction_rows, &FACTION_COLUMNS));
        }
        let orphans = "SELECT count(*) FROM player_stats_history WHERE player_id NOT IN (SELECT player_id FROM players)";
        prop_assert_eq!(sandbox.value::<i64>(orphans), 0);
        let observed = sandbox
            .sqlite()
            .query_row(
                "SELECT count(*) FROM player_observations WHERE first_at < period_start OR last_at < first_at",
                params![],
                |row| row.get::<_, i64>(0),
            )
            .unwrap();
        prop_assert_eq!(observed, 0);
        Ok(())
    });
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}
