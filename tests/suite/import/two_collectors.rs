//! Two collectors of the same changes: the merge is the history of one collector with the polls of both, and a prune
//! changes nothing about what a second merge finds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::{Connection, params};

use super::import;
use crate::month_model::{
    EDGES, IN_APRIL, for_any_history, history_rows, prune, summaries, summarize, template,
};
use crate::support::Sandbox;

/// The tile of an entity, in SQL.
const TILE: &str = "'AA' || char(64 + ?1)";

/// One answer of Torn about an entity. The entity is a player, a faction and a tile at once.
#[derive(Clone, Debug)]
pub struct Poll {
    pub at: i64,
    pub entity: i64,
}

/// The moments at which the value of each entity changes. It never comes back to an earlier value, because two collectors
/// cannot tell that from a value that stayed.
pub type Changes = BTreeMap<i64, Vec<i64>>;

pub fn any_moment() -> impl Strategy<Value = i64> {
    EDGES[0]..EDGES[4]
}

/// The polls of several collectors, in the order of their times, each with the number of its collector.
pub fn any_polls(collectors: usize) -> impl Strategy<Value = Vec<(usize, Poll)>> {
    let poll = (0..collectors, any_moment(), 1..=3_i64);
    let polls = vec(poll, 8..60);
    polls.prop_map(|polls| {
        let poll = |(collector, at, entity)| (collector, Poll { at, entity });
        let mut polls: Vec<(usize, Poll)> = polls.into_iter().map(poll).collect();
        polls.sort_by_key(|(_, poll)| (poll.at, poll.entity));
        polls.dedup_by_key(|(_, poll)| (poll.at, poll.entity));
        polls
    })
}

/// The polls of these collectors.
pub fn polls_of(polls: &[(usize, Poll)], collectors: &[usize]) -> Vec<Poll> {
    let of = polls.iter().filter(|(by, _)| collectors.contains(by));
    of.map(|(_, poll)| poll.clone()).collect()
}

pub fn any_changes() -> impl Strategy<Value = Changes> {
    vec(vec(any_moment(), 0..8), 3).prop_map(|moments| (1..).zip(moments).collect())
}

/// Counts the poll of the entity.
fn record_poll(connection: &Connection, poll: &Poll, month: i64) {
    for (table, column, id) in [
        ("faction_observations", "faction_id", "?1"),
        ("player_observations", "player_id", "?1"),
        ("territory_observations", "territory_id", TILE),
    ] {
        let statement = format!(
            "INSERT INTO {table} ({column}, period_start, first_at, last_at, polls) VALUES ({id}, ?2, ?3, ?3, 1)
             ON CONFLICT DO UPDATE SET last_at = excluded.last_at, polls = polls + 1"
        );
        connection
            .execute(&statement, params![poll.entity, month, poll.at])
            .unwrap();
    }
}

/// Adds a row to each history of the entity.
fn record_change(connection: &Connection, poll: &Poll, value: i64) {
    // The third owner is "none".
    let owner = (value != 3).then_some(value);
    for (table, columns, id, value) in [
        (
            "faction_history",
            "faction_id, timestamp, respect",
            "?1",
            Some(value),
        ),
        (
            "player_stats_history",
            "player_id, timestamp, level",
            "?1",
            Some(value),
        ),
        (
            "territory_ownership_history",
            "territory_id, recorded_at, faction_id",
            TILE,
            owner,
        ),
    ] {
        let statement = format!("INSERT INTO {table} ({columns}) VALUES ({id}, ?2, ?3)");
        connection
            .execute(&statement, params![poll.entity, poll.at, value])
            .unwrap();
    }
}

/// Records the polls as `fetch` does: a row for each value that differs from the one before.
pub fn collect(path: &Path, polls: &[Poll], changes: &Changes) {
    collect_values(path, polls, changes, |passed| passed + 1);
}

/// As [`collect`]. `value_after`: the value after so many changes.
pub fn collect_values(
    path: &Path,
    polls: &[Poll],
    changes: &Changes,
    value_after: impl Fn(i64) -> i64,
) {
    let mut connection = Connection::open(path).unwrap();
    let transaction = connection.transaction().unwrap();
    transaction
        .execute_batch(
            "INSERT INTO factions (faction_id, name, last_updated)
             WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < 100)
             SELECT id, 'Faction', 0 FROM ids;
             INSERT INTO players (player_id, name, last_updated) VALUES (1, 'One', 0), (2, 'Two', 0), (3, 'Three', 0);
             INSERT INTO territories (territory_id, last_updated) VALUES ('AAA', 0), ('AAB', 0), ('AAC', 0);",
        )
        .unwrap();
    let mut last: BTreeMap<i64, i64> = BTreeMap::new();
    for poll in polls {
        let passed = changes[&poll.entity].iter().filter(|at| **at <= poll.at);
        let value = value_after(i64::try_from(passed.count()).unwrap());
        let has_changed = last.insert(poll.entity, value) != Some(value);
        let month = EDGES.iter().rfind(|edge| **edge <= poll.at).unwrap();
        record_poll(&transaction, poll, *month);
        if has_changed {
            record_change(&transaction, poll, value);
        }
    }
    transaction.commit().unwrap();
}

/// The history rows without their ids.
pub fn facts(connection: &Connection) -> Vec<String> {
    let without_id = |line: &String| {
        let (table, row) = line.split_once(": ").unwrap();
        format!("{table} {}", row.split_once('|').unwrap().1)
    };
    let mut lines: Vec<String> = history_rows(connection).iter().map(without_id).collect();
    lines.sort();
    lines
}

#[test]
fn a_merge_is_what_one_collector_would_have_and_a_prune_does_not_change_that() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    let open = |name: &str| Connection::open(sandbox.path(name)).unwrap();
    let merge = || import(&sandbox, "mine.db", &["other.db"]);
    for_any_history(6, (any_polls(2), any_changes()), |(polls, changes)| {
        for (name, collectors) in [
            ("both.db", &[0, 1][..]),
            ("mine.db", &[0]),
            ("other.db", &[1]),
        ] {
            let polls = polls_of(&polls, collectors);
            sandbox.remove_database(name);
            fs::write(sandbox.path(name), &template).unwrap();
            collect(&sandbox.path(name), &polls, &changes);
        }
        summarize(&sandbox, IN_APRIL, "both.db", &[]);
        merge();
        prop_assert_eq!(facts(&open("mine.db")), facts(&open("both.db")));
        prop_assert_eq!(summaries(&open("mine.db")), summaries(&open("both.db")));

        prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
        let pruned = history_rows(&open("mine.db"));
        let report = merge();

        prop_assert_eq!(history_rows(&open("mine.db")), pruned, "{}", report);
        prop_assert_eq!(summaries(&open("mine.db")), summaries(&open("both.db")));
        prop_assert_eq!(&report["late"], &serde_json::json!([]));
        Ok(())
    });
}
