//! Databases of two collectors become one that has seen everything.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use rusqlite::{Connection, params};
use tornsnap::testing::store::Store;

use super::{create, facts, import};
use crate::month_model::{
    EDGES, IN_APRIL, any_history, for_any_history, history_rows, prune, steady_history, summaries,
    summarize, template, with_history,
};
use crate::support::{DAY, Sandbox, rows};

/// A world whose values only grow, so that no value returns that one collector has missed.
#[derive(Clone, Debug)]
struct World {
    /// When each value grows by one: level, stats, networth, faction of the player, respect, owner, score.
    steps: Vec<Vec<i64>>,
    war_ends_at: i64,
}

impl World {
    fn value(&self, quantity: usize, at: i64) -> i64 {
        let passed = self.steps[quantity].iter().filter(|step| **step <= at);
        1 + i64::try_from(passed.count()).unwrap()
    }
}

/// One poll of everything.
#[derive(Clone, Copy, Debug)]
struct Poll {
    by_second: bool,
    knows_stats: bool,
}

fn any_world() -> impl Strategy<Value = World> {
    let moment = || EDGES[0]..EDGES[4];
    (vec(vec(moment(), 0..5), 7), moment())
        .prop_map(|(steps, war_ends_at)| World { steps, war_ends_at })
}

fn any_polls() -> impl Strategy<Value = BTreeMap<i64, Poll>> {
    let poll = (any::<bool>(), any::<bool>()).prop_map(|(by_second, knows_stats)| Poll {
        by_second,
        knows_stats,
    });
    btree_map(EDGES[0]..EDGES[4], poll, 1..24)
}

/// Writes what a collector with these polls records, by plain loops.
fn collect<'a>(
    sandbox: &Sandbox,
    name: &str,
    world: &World,
    polls: impl Iterator<Item = (&'a i64, &'a Poll)>,
) {
    create(sandbox, name);
    let mut connection = Connection::open(sandbox.path(name)).unwrap();
    let transaction = connection.transaction().unwrap();
    let mut seen = Seen::default();
    for (&at, poll) in polls {
        for faction in [world.value(3, at), world.value(5, at), 100, 101] {
            transaction
                .execute(
                    "INSERT OR IGNORE INTO factions (faction_id, name, last_updated) VALUES (?1, 'Faction ' || ?1, 0)",
                    [faction],
                )
                .unwrap();
        }
        write_states(&transaction, world, at);
        write_histories(&transaction, world, at, *poll, &mut seen);
        write_war(&transaction, world, at, &mut seen);
    }
    transaction.commit().unwrap();
}

/// The last known values of each history.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, Vec<Option<i64>>>);

impl Seen {
    /// Whether a known value differs from the last one.
    fn is_new(&mut self, kind: &'static str, values: &[Option<i64>]) -> bool {
        let last = self
            .0
            .entry(kind)
            .or_insert_with(|| vec![None; values.len()]);
        let mut differs = false;
        for (last, value) in last.iter_mut().zip(values) {
            if value.is_some() && last != value {
                *last = *value;
                differs = true;
            }
        }
        differs
    }
}

/// Writes the changes of the player, the faction and the tile in one poll.
fn write_histories(connection: &Connection, world: &World, at: i64, poll: Poll, seen: &mut Seen) {
    let value = |quantity| world.value(quantity, at);
    let stat = poll.knows_stats.then(|| value(1));
    let networth = poll.knows_stats.then(|| value(2));
    if seen.is_new("player", &[Some(value(0)), stat, networth]) {
        connection
            .execute(
                "INSERT INTO player_stats_history (player_id, timestamp, strength, total_stats, level, networth, data_source)
                 VALUES (1, ?, ?, ?, ?, ?, ?)",
                params![at, stat, stat, value(0), networth, poll.by_second],
            )
            .unwrap();
    }
    if seen.is_new("faction", &[Some(value(4))]) {
        connection
            .execute(
                "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (100, ?, ?)",
                params![at, value(4)],
            )
            .unwrap();
    }
    if seen.is_new("tile", &[Some(value(5))]) {
        connection
            .execute(
                "INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at)
                 VALUES ('AAB', ?, 'none', ?)",
                params![value(5), at],
            )
            .unwrap();
    }
}

/// Writes the change of the war in one poll.
fn write_war(connection: &Connection, world: &World, at: i64, seen: &mut Seen) {
    let is_over = world.war_ends_at <= at;
    let score = world.value(6, at.min(world.war_ends_at));
    if seen.is_new("war", &[Some(score), Some(i64::from(is_over))]) {
        connection
            .execute(
                "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id,
                    attacking_score, defending_score, status, winner_faction_id, started_at, ends_at, recorded_at)
                 VALUES (5, 'ranked', 100, 101, ?, 0, ?, ?, ?, ?, ?)",
                params![
                    score,
                    if is_over { "completed" } else { "ongoing" },
                    is_over.then_some(100),
                    EDGES[0],
                    is_over.then_some(world.war_ends_at),
                    at
                ],
            )
            .unwrap();
    }
}

/// Writes the current states and the observations of one poll.
fn write_states(connection: &Connection, world: &World, at: i64) {
    let value = |quantity| world.value(quantity, at);
    connection
        .execute(
            "INSERT INTO players (player_id, name, level, faction_id, last_updated) VALUES (1, 'One', ?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET level = ?1, faction_id = ?2, last_updated = ?3",
            params![value(0), value(3), at],
        )
        .unwrap();
    connection
        .execute(
            "INSERT INTO factions (faction_id, name, respect, last_updated) VALUES (100, 'Hundred', ?1, ?2)
             ON CONFLICT DO UPDATE SET name = 'Hundred', respect = ?1, last_updated = ?2",
            params![value(4), at],
        )
        .unwrap();
    connection
        .execute(
            "INSERT INTO territories (territory_id, faction_id, war_status, last_updated) VALUES ('AAB', ?1, 'none', ?2)
             ON CONFLICT DO UPDATE SET faction_id = ?1, last_updated = ?2",
            params![value(5), at],
        )
        .unwrap();
    for (kind, id) in [("player", "1"), ("faction", "100"), ("territory", "'AAB'")] {
        connection
            .execute(
                &format!(
                    "INSERT INTO {kind}_observations ({kind}_id, period_start, first_at, last_at, polls)
                     VALUES ({id}, unixepoch(?1, 'unixepoch', 'start of month'), ?1, ?1, 1)
                     ON CONFLICT DO UPDATE SET last_at = ?1, polls = polls + 1"
                ),
                [at],
            )
            .unwrap();
    }
}

/// The facts and, after `summarize`, the summaries of a database.
fn result(sandbox: &Sandbox, name: &str) -> (Vec<String>, Vec<String>) {
    summarize(sandbox, IN_APRIL, name, &[]);
    let connection = Connection::open(sandbox.path(name)).unwrap();
    (facts(&connection), summaries(&connection))
}

#[test]
fn two_collectors_merged_equal_one_that_saw_everything() {
    let sandbox = Sandbox::new();
    for_any_history(
        12,
        (any_world(), any_polls(), any::<bool>()),
        |(world, polls, summarized_before)| {
            collect(&sandbox, "all.db", &world, polls.iter());
            collect(
                &sandbox,
                "first.db",
                &world,
                polls.iter().filter(|(_, poll)| !poll.by_second),
            );
            collect(
                &sandbox,
                "second.db",
                &world,
                polls.iter().filter(|(_, poll)| poll.by_second),
            );
            if summarized_before {
                summarize(&sandbox, IN_APRIL, "first.db", &[]);
            }
            let expected = result(&sandbox, "all.db");

            import(&sandbox, "first.db", &["second.db"]);

            prop_assert_eq!(&result(&sandbox, "first.db"), &expected);
            let again = import(&sandbox, "first.db", &["second.db"]);
            for (_, table) in again["tables"].as_object().unwrap() {
                prop_assert_eq!(&table["taken"], 0, "{:#}", again);
            }
            prop_assert_eq!(&result(&sandbox, "first.db"), &expected);
            Ok(())
        },
    );
}

#[test]
fn any_history_is_merged_once_whatever_it_holds() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(8, (any_history(), any_history()), |(ours, theirs)| {
        drop(with_history(&sandbox, &template, "ours.db", &ours));
        drop(with_history(&sandbox, &template, "theirs.db", &theirs));
        let source = history_rows(&Connection::open(sandbox.path("theirs.db")).unwrap());

        import(&sandbox, "ours.db", &["theirs.db"]);

        let once = history_rows(&Connection::open(sandbox.path("ours.db")).unwrap());
        import(&sandbox, "ours.db", &["theirs.db"]);
        let ours = Connection::open(sandbox.path("ours.db")).unwrap();
        prop_assert_eq!(history_rows(&ours), once);
        prop_assert_eq!(
            rows(&ours, "PRAGMA foreign_key_check"),
            Vec::<String>::new()
        );
        prop_assert_eq!(rows(&ours, "PRAGMA integrity_check"), ["ok"]);
        let theirs = Connection::open(sandbox.path("theirs.db")).unwrap();
        prop_assert_eq!(history_rows(&theirs), source);
        Ok(())
    });
}

#[test]
fn every_poll_keeps_rows_without_a_change() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    for (name, offset) in [("a.db", 0), ("b.db", 10)] {
        drop(Store::create(&sandbox.path(name)).unwrap());
        Connection::open(sandbox.path(name))
            .unwrap()
            .execute_batch(&format!(
                "INSERT INTO factions (faction_id, name) VALUES (1, 'F');
                 INSERT INTO faction_history (faction_id, timestamp, respect)
                 VALUES (1, {} + {offset}, 5), (1, {} + {offset}, 5)",
                EDGES[0], EDGES[1]
            ))
            .unwrap();
    }

    let report = import(&sandbox, "a.db", &["b.db"]);

    assert_eq!(report["tables"]["faction_history"]["taken"], 2);
    let merged = Connection::open(sandbox.path("a.db")).unwrap();
    assert_eq!(rows(&merged, "SELECT count(*) FROM faction_history"), ["4"]);
    let again = import(&sandbox, "a.db", &["b.db"]);
    assert_eq!(again["tables"]["faction_history"]["already_there"], 2);
}

#[test]
fn summaries_of_months_that_the_other_collector_has_pruned_are_taken() {
    let sandbox = Sandbox::new();
    // The steady history has rows without a change.
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    let template = template(&sandbox);
    let history = steady_history();
    drop(with_history(&sandbox, &template, "other.db", &history));
    summarize(&sandbox, IN_APRIL, "other.db", &[]);
    prune(&sandbox, IN_APRIL, "other.db", &[]).expect(0);
    drop(Store::create(&sandbox.path("mine.db")).unwrap());

    import(&sandbox, "mine.db", &["other.db"]);

    let open = |name: &str| Connection::open(sandbox.path(name)).unwrap();
    assert_eq!(summaries(&open("mine.db")), summaries(&open("other.db")));
    // A later summary of the thinner rows replaces nothing.
    summarize(&sandbox, IN_APRIL, "mine.db", &["--force"]);
    assert_eq!(summaries(&open("mine.db")), summaries(&open("other.db")));
}

#[test]
fn the_newer_state_counts_and_unknown_values_keep_the_known_ones() {
    let sandbox = Sandbox::new();
    let fill = |name: &str, statements: &str| {
        drop(Store::create(&sandbox.path(name)).unwrap());
        let connection = Connection::open(sandbox.path(name)).unwrap();
        connection.execute_batch(statements).unwrap();
    };
    fill(
        "a.db",
        &format!(
            "INSERT INTO factions (faction_id, name, last_updated) VALUES (7, 'Faction 7', 0), (8, 'Eight', {0});
             INSERT INTO players (player_id, name, rank, level, faction_id, last_updated)
             VALUES (1, 'Old name', 'Elite', 5, 7, {0}), (2, 'Newer', NULL, 9, NULL, {0} + {DAY});
             INSERT INTO membership_sightings (player_id, at, has_left, newest_of)
             SELECT 2, {0} + {DAY}, 0, database_id FROM database_identity;",
            EDGES[1]
        ),
    );
    fill(
        "b.db",
        &format!(
            "INSERT INTO factions (faction_id, name, last_updated) VALUES (7, 'Seven', 0), (8, 'Faction 8', 0);
             INSERT INTO players (player_id, name, rank, level, faction_id, last_updated)
             VALUES (1, 'New name', NULL, 6, 8, {0} + 5), (2, 'Older', 'Rook', 8, 7, {0});",
            EDGES[1]
        ),
    );

    import(&sandbox, "a.db", &["b.db"]);

    let merged = Connection::open(sandbox.path("a.db")).unwrap();
    let players = "SELECT name, rank, level, faction_id FROM players ORDER BY player_id";
    assert_eq!(
        rows(&merged, players),
        ["New name|Elite|6|8", "Newer|Rook|9|"]
    );
    assert_eq!(
        rows(&merged, "SELECT name FROM factions ORDER BY 1"),
        ["Eight", "Seven"]
    );
    let stays = format!(
        "SELECT player_id, faction_id, first_seen_at - {0}, left_at - {0} FROM faction_membership ORDER BY 1, 3",
        EDGES[1]
    );
    assert_eq!(rows(&merged, &stays), ["1|7|0|5", "1|8|5|", "2|7|0|86400"]);
}

#[test]
fn the_summary_line_says_which_rows_were_imported() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for name in ["ours.db", "theirs.db"] {
        drop(with_history(&sandbox, &template, name, &steady_history()));
        summarize(&sandbox, IN_APRIL, name, &[]);
    }
    let theirs = Connection::open(sandbox.path("theirs.db")).unwrap();
    theirs
        .execute_batch("UPDATE factions SET last_updated = last_updated + 1, name = 'Renamed' WHERE faction_id = 1")
        .unwrap();
    drop(theirs);
    let arguments = [
        "import",
        "theirs.db",
        "--no-backup",
        "--database",
        "ours.db",
    ];

    let first = sandbox.run_at(IN_APRIL, &arguments).expect(0);
    let second = sandbox.run_at(IN_APRIL, &arguments).expect(0);

    assert!(
        first
            .stderr()
            .contains("imported 0 history rows, 1 row of factions from theirs.db"),
        "{}",
        first.stderr()
    );
    assert!(
        second
            .stderr()
            .contains("imported 0 history rows from theirs.db"),
        "{}",
        second.stderr()
    );
    let stdout = second.stdout();
    assert!(!stdout.contains("computed again"), "{stdout}");
    assert!(
        stdout.contains("summaries are computed here from the history rows"),
        "{stdout}"
    );
}
