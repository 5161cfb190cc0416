//! `summarize`: any history in, the right summaries out; once, whole, and never thinner.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::Connection;

use crate::month_model::{
    DAY, EDGES, EVERY_MONTH, FactionRow, History, IN_APRIL, IN_MARCH, Months, PlayerRow, TileRow,
    any_history, dump, for_any_history, summaries, template, with_history,
};
use crate::support::{Sandbox, rows};

/// Each history table with its table of summaries.
const HISTORIES: [(&str, &str); 4] = [
    ("player_stats_history", "player_stats_summary"),
    ("faction_history", "faction_summary"),
    ("war_status_history", "war_summary"),
    ("territory_ownership_history", "territory_ownership_summary"),
];

const QUIET: [&str; 3] = ["summarize", "--no-backup", "--database"];

fn summarize(sandbox: &Sandbox, now: i64, name: &str, more: &[&str]) {
    let arguments: Vec<&str> = QUIET
        .iter()
        .copied()
        .chain([name])
        .chain(more.iter().copied())
        .collect();
    sandbox.run_at(now, &arguments).expect(0);
}

#[test]
fn any_history_gives_the_summaries_of_the_naive_model() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(16, any_history(), |history| {
        let connection = with_history(&sandbox, &template, "a.db", &history);

        summarize(&sandbox, IN_APRIL, "a.db", &[]);

        let written = summaries(&connection);
        prop_assert_eq!(&written, &history.summaries(IN_APRIL));
        let before = dump(&connection);
        summarize(&sandbox, IN_APRIL + DAY, "a.db", &[]);
        summarize(&sandbox, IN_APRIL + DAY, "a.db", &["--force"]);
        prop_assert_eq!(before, dump(&connection), "running again touches no row");
        Ok(())
    });
}

#[test]
fn changes_of_consecutive_months_add_up() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(8, any_history(), |history| {
        let connection = with_history(&sandbox, &template, "a.db", &history);

        summarize(&sandbox, IN_APRIL, "a.db", &[]);

        for faction in history.factions.keys() {
            let mut mine: Vec<_> = history
                .faction_rows
                .iter()
                .filter(|row| row.1 == *faction)
                .collect();
            mine.sort_by_key(|row| (row.2, row.0));
            let known: Vec<i64> = mine.iter().filter_map(|row| row.3[0]).collect();
            let whole = known
                .first()
                .zip(known.last())
                .map(|(first, last)| last - first);
            let sum: Option<i64> = connection
                .query_row(
                    "SELECT sum(respect_change) FROM faction_summary WHERE faction_id = ?",
                    [faction],
                    |row| row.get(0),
                )
                .unwrap();
            prop_assert_eq!(sum, whole);
        }
        let torn = rows(
            &connection,
            "SELECT * FROM player_stats_summary AS one JOIN player_stats_summary AS next
             ON next.player_id = one.player_id AND next.period_start = one.period_end
             WHERE one.strength_end IS NOT NULL AND next.strength_start IS NOT one.strength_end",
        );
        prop_assert!(torn.is_empty(), "{torn:?}");
        Ok(())
    });
}

#[test]
fn late_detail_rewrites_its_month_and_what_follows_from_it() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, (any_history(), any_history()), |(history, late)| {
        let connection = with_history(&sandbox, &template, "a.db", &history);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        let mut late = late;
        late.player_rows.truncate(3);
        late.faction_rows.truncate(2);
        late.war_rows.truncate(2);
        late.tile_rows.truncate(2);
        for row in &mut late.player_rows {
            row.0 += 1000;
        }
        for row in &mut late.faction_rows {
            row.0 += 1000;
        }
        for row in &mut late.war_rows {
            row.id += 1000;
        }
        for row in &mut late.tile_rows {
            row.0 += 1000;
        }
        late.append(&connection);

        summarize(&sandbox, IN_APRIL, "a.db", &[]);

        let mut all = history;
        all.player_rows.extend(late.player_rows);
        all.faction_rows.extend(late.faction_rows);
        all.war_rows.extend(late.war_rows);
        all.tile_rows.extend(late.tile_rows);
        prop_assert_eq!(summaries(&connection), all.summaries(IN_APRIL));
        Ok(())
    });
}

#[test]
fn the_time_zone_changes_not_a_byte() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    let history = steady_history();
    let mut files = Vec::new();

    for zone in ["UTC", "Pacific/Apia", "America/New_York"] {
        drop(with_history(&sandbox, &template, "a.db", &history));
        for command in [
            ["summarize", "--no-backup", "--database", "a.db"].as_slice(),
            &[
                "prune",
                "--database",
                "a.db",
                "--without-backup",
                "--allow-large",
            ],
        ] {
            let output = sandbox
                .command(command)
                .env("TZ", zone)
                .env("TORNSNAP_NOW", IN_APRIL.to_string())
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        files.push(std::fs::read(sandbox.path("a.db")).unwrap());
    }

    assert!(files[0] == files[1] && files[0] == files[2]);
}

#[test]
fn the_running_month_and_later_ones_are_refused() {
    let sandbox = Sandbox::new();
    drop(with_history(
        &sandbox,
        &template(&sandbox),
        "a.db",
        &steady_history(),
    ));

    for month in ["2028-04", "2028-05"] {
        let finished = sandbox
            .run_at(
                IN_APRIL,
                &[
                    "summarize",
                    "--database",
                    "a.db",
                    "--month",
                    month,
                    "--force",
                ],
            )
            .expect(78);

        assert!(
            finished.stderr().contains("not over before"),
            "{}",
            finished.stderr()
        );
    }
    assert_eq!(sandbox.run(&["summarize", "--month", "2028-4"]).code(), 2);
}

#[test]
fn a_month_is_over_with_its_last_second() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());

    summarize(&sandbox, EDGES[1] - 1, "a.db", &[]);
    assert_eq!(summaries(&connection), Vec::<String>::new());
    summarize(&sandbox, EDGES[1], "a.db", &[]);

    assert_eq!(summaries(&connection), steady_history().summaries(EDGES[1]));
    assert!(!summaries(&connection).is_empty());
}

#[test]
fn one_month_can_be_asked_for() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());

    let finished = sandbox
        .run_at(
            IN_APRIL,
            &[
                "summarize",
                "--database",
                "a.db",
                "--no-backup",
                "--month",
                "2028-01",
                "--json",
            ],
        )
        .expect(0);

    let report = finished.json();
    assert_eq!(report["months"][0]["month"], "2028-01");
    assert_eq!(report["months"][0]["reason"], "no summary yet");
    assert_eq!(
        rows(
            &connection,
            "SELECT DISTINCT period_start FROM player_stats_summary"
        ),
        [EDGES[1].to_string()]
    );
    let again = sandbox
        .run_at(
            IN_APRIL,
            &["summarize", "--database", "a.db", "--month", "2028-01"],
        )
        .expect(0);
    assert!(
        again.stderr().contains("nothing to summarize"),
        "{}",
        again.stderr()
    );
    assert!(
        !sandbox.path("backups").exists(),
        "nothing to do: no backup"
    );
}

#[test]
fn a_backup_is_taken_first_unless_told_not_to() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    drop(with_history(&sandbox, &template, "a.db", &steady_history()));
    summarize(&sandbox, EDGES[1], "a.db", &[]);
    assert!(!sandbox.path("backups").exists());

    let finished = sandbox
        .run_at(IN_APRIL, &["summarize", "--database", "a.db", "--json"])
        .expect(0);

    assert!(finished.json()["backup"].is_string());
    assert!(sandbox.path("backups").exists());
}

#[test]
fn a_dry_run_shows_the_months_and_changes_nothing() {
    let sandbox = Sandbox::new();
    drop(with_history(
        &sandbox,
        &template(&sandbox),
        "a.db",
        &steady_history(),
    ));
    let before = std::fs::read(sandbox.path("a.db")).unwrap();

    let shown = sandbox
        .run_at(IN_APRIL, &["summarize", "--database", "a.db", "--dry-run"])
        .expect(0);
    let report = sandbox
        .run_at(
            IN_APRIL,
            &["summarize", "--database", "a.db", "--dry-run", "--json"],
        )
        .expect(0)
        .json();

    let months: Vec<String> = shown
        .stdout()
        .lines()
        .map(|line| line[..7].to_owned())
        .collect();
    assert_eq!(months, ["2027-12", "2028-01", "2028-02", "2028-03"]);
    assert_eq!(report["months"].as_array().unwrap().len(), 4);
    assert!(before == std::fs::read(sandbox.path("a.db")).unwrap());
    assert!(!sandbox.path("backups").exists());
}

#[test]
fn a_pruned_month_is_refused_and_keeps_its_summary() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = summaries(&connection);
    sandbox
        .run_at(
            IN_APRIL,
            &[
                "prune",
                "--database",
                "a.db",
                "--without-backup",
                "--allow-large",
            ],
        )
        .expect(0);

    for month in ["2027-12", "2028-01"] {
        let finished = sandbox
            .run_at(
                IN_APRIL,
                &[
                    "summarize",
                    "--database",
                    "a.db",
                    "--month",
                    month,
                    "--force",
                ],
            )
            .expect(78);
        assert!(
            finished.stderr().contains("has been pruned"),
            "{}",
            finished.stderr()
        );
    }
    summarize(&sandbox, IN_APRIL, "a.db", &["--force"]);

    assert_eq!(summaries(&connection), before);
}

#[test]
fn rows_that_another_program_deleted_make_no_thinner_summary() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_MARCH, "a.db", &[]);
    connection
        .execute(
            "DELETE FROM player_stats_history WHERE timestamp < ?",
            [EDGES[2]],
        )
        .unwrap();

    let finished = sandbox.run_at(
        IN_APRIL,
        &["summarize", "--no-backup", "--force", "--database", "a.db"],
    );

    let said = finished.expect(0).stderr();
    assert!(said.contains("another program has deleted"), "{said}");
    assert!(said.contains("--month 2028-01 --force"), "{said}");
    assert_eq!(
        summaries(&connection),
        steady_history().summaries(IN_APRIL),
        "February still begins with January's end, which its summary remembers"
    );
    summarize(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--month", "2028-01", "--force"],
    );
    let left: i64 = connection
        .query_row(
            "SELECT count(*) FROM player_stats_summary WHERE period_start = ?",
            [EDGES[1]],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0, "the month was named, so it says what is left");
}

#[test]
fn a_quiet_month_keeps_its_summary_when_the_rows_before_it_are_pruned() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    // Player 1 changes nothing in January; the rows that are left after a prune are newer.
    history
        .player_rows
        .retain(|row| row.1 != 1 || row.2 < EDGES[1] || row.2 >= EDGES[2]);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = summaries(&connection);
    let prune = [
        "prune",
        "--without-backup",
        "--allow-large",
        "--keep-months",
        "1",
        "--database",
        "a.db",
        "-q",
    ];
    sandbox.run_at(IN_APRIL, &prune).expect(0);

    summarize(&sandbox, IN_APRIL, "a.db", &["--force"]);
    assert_eq!(summaries(&connection), before);

    let late = History {
        player_rows: vec![PlayerRow(5001, 2, EDGES[1] + DAY, [Some(7000); 8])],
        ..History::default()
    };
    late.append(&connection);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(
        summaries(&connection),
        before,
        "late rows of a pruned month"
    );
}

#[test]
fn a_quiet_month_without_a_summary_is_not_pruned_past() {
    for is_observed_late in [false, true] {
        let sandbox = Sandbox::new();
        let mut history = steady_history();
        history.war_rows.clear();
        history.tile_rows.clear();
        history.faction_rows.clear();
        history
            .player_rows
            .retain(|row| row.1 == 1 && (row.2 < EDGES[1] || row.2 >= EDGES[2]));
        if is_observed_late {
            history.players.insert(2, 0b1101);
            history
                .player_rows
                .push(PlayerRow(1, 2, EDGES[0] + 1, [Some(5); 8]));
        }
        let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
        for month in ["2027-12", "2028-01", "2028-02", "2028-03"] {
            if is_observed_late || month != "2028-01" {
                summarize(&sandbox, IN_APRIL, "a.db", &["--month", month]);
            }
        }
        if is_observed_late {
            connection
                .execute(
                    "INSERT INTO player_observations VALUES (2, ?1, ?1, ?1, 1)",
                    [EDGES[1]],
                )
                .unwrap();
            history.players.insert(2, 0b1111);
        }
        let prune = [
            "prune",
            "--without-backup",
            "--allow-large",
            "--database",
            "a.db",
            "--wait",
            "0",
        ];

        let refused = sandbox.run_at(IN_APRIL, &prune).expect(78);
        assert!(refused.stderr().contains("2028-01"), "{}", refused.stderr());

        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        sandbox.run_at(IN_APRIL, &prune).expect(0);
        summarize(&sandbox, IN_APRIL, "a.db", &["--force"]);
        assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
    }
}

#[test]
fn summaries_that_another_program_deleted_are_written_again() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    history.player_rows.retain(|row| row.2 < EDGES[1]);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    connection
        .execute_batch("DELETE FROM player_stats_summary")
        .unwrap();

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!(
        summaries(&connection),
        history.summaries(IN_APRIL),
        "quiet months, too"
    );
}

#[test]
fn a_late_row_replaces_no_summary_of_rows_that_another_program_deleted() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let january_of = |player: i64| -> Vec<String> {
        rows(
            &connection,
            &format!(
                "SELECT * FROM player_stats_summary WHERE player_id = {player} AND period_start = {}",
                EDGES[1]
            ),
        )
    };
    let (first, second) = (january_of(1), january_of(2));
    connection
        .execute(
            "DELETE FROM player_stats_history WHERE timestamp >= ?1 AND timestamp < ?2",
            [EDGES[1], EDGES[2]],
        )
        .unwrap();
    let late = |id| History {
        player_rows: vec![PlayerRow(id, 1, EDGES[1] + DAY, [Some(7000); 8])],
        ..History::default()
    };
    late(5001).append(&connection);

    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!((january_of(1), january_of(2)), (first, second));

    // A month of one row, which was deleted: the next row counts.
    connection
        .execute_batch(&format!(
            "INSERT INTO player_stats_history (id, player_id, timestamp, level) VALUES (6001, 2, {0}, 30)",
            EDGES[1] + 5
        ))
        .unwrap();
    summarize(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--month", "2028-01", "--force"],
    );
    assert_eq!(
        rows(
            &connection,
            &format!(
                "SELECT level_end, record_count FROM player_stats_summary WHERE player_id = 2 AND period_start = {}",
                EDGES[1]
            )
        ),
        ["30|1"],
        "the month was named"
    );
    connection
        .execute_batch(&format!(
            "DELETE FROM player_stats_history WHERE id = 6001;
             INSERT INTO player_stats_history (id, player_id, timestamp, level) VALUES (6002, 2, {0}, 31)",
            EDGES[1] + 6
        ))
        .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(
        rows(
            &connection,
            &format!(
                "SELECT level_end, record_count FROM player_stats_summary WHERE player_id = 2 AND period_start = {}",
                EDGES[1]
            )
        ),
        ["31|1"]
    );
}

#[test]
fn a_row_that_another_program_deleted_freezes_nothing() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = summaries(&connection);
    let deleted = history
        .player_rows
        .iter()
        .position(|row| row.2 > EDGES[1] + DAY)
        .unwrap();
    let deleted = history.player_rows.remove(deleted);
    connection
        .execute("DELETE FROM player_stats_history WHERE id = ?", [deleted.0])
        .unwrap();

    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(summaries(&connection), before, "nothing came late");

    let late = History {
        player_rows: vec![PlayerRow(5001, 1, EDGES[2] - 1, [Some(7000); 8])],
        ..History::default()
    };
    late.append(&connection);
    history.player_rows.extend(late.player_rows);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
    summarize(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--month", "2028-01", "--force"],
    );
    assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
}

#[test]
fn a_month_that_nobody_looked_at_has_no_row() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    history.player_rows.retain(|row| row.2 < EDGES[1]);
    history.faction_rows.clear();
    history.war_rows.clear();
    history.tile_rows.retain(|row| row.2 < EDGES[1]);
    history.players = BTreeMap::from([(1, 0b1101), (2, 0b0001)]);
    history.tiles = BTreeMap::from([("AAB", 0b1001)]);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
    let months_of = |table: &str, entity: &str| -> Vec<String> {
        rows(
            &connection,
            &format!("SELECT period_start FROM {table} WHERE {entity} ORDER BY 1"),
        )
    };
    assert_eq!(
        months_of("player_stats_summary", "player_id = 1"),
        [EDGES[0], EDGES[2], EDGES[3]].map(|edge| edge.to_string()),
        "observed in three months, without a change in the last two"
    );
    assert_eq!(
        months_of("player_stats_summary", "player_id = 2"),
        [EDGES[0].to_string()]
    );
    assert_eq!(
        months_of("territory_ownership_summary", "true"),
        [EDGES[0], EDGES[3]].map(|edge| edge.to_string())
    );
}

/// The part of a history that is known when month `number` is over: rows and observations of later months are missing.
fn known_after(history: &History, number: usize) -> History {
    let end = EDGES[number + 1];
    let mask: Months = (1 << (number + 1)) - 1;
    let mut known = history.clone();
    known.player_rows.retain(|row| row.2 < end);
    known.faction_rows.retain(|row| row.2 < end);
    known.war_rows.retain(|row| row.at < end);
    known.tile_rows.retain(|row| row.2 < end);
    known
        .players
        .values_mut()
        .for_each(|months| *months &= mask);
    known
        .factions
        .values_mut()
        .for_each(|months| *months &= mask);
    known.tiles.values_mut().for_each(|months| *months &= mask);
    known
}

#[test]
fn no_later_event_changes_a_finished_month() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, any_history(), |mut history| {
        history.in_order_of_time();
        let once = with_history(&sandbox, &template, "once.db", &history);
        let mut file = with_history(&sandbox, &template, "a.db", &History::default());
        let mut before: Vec<String> = Vec::new();
        for number in 0..4 {
            known_after(&history, number).store_again(&mut file);
            summarize(&sandbox, EDGES[number + 1], "a.db", &[]);

            let after = summaries(&file);
            let changed: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
            prop_assert!(changed.is_empty(), "{:?}", changed);
            let rows_of_earlier_months = after
                .iter()
                .filter(|line| {
                    !line.contains(&format!("|{}|{}|", EDGES[number], EDGES[number + 1]))
                })
                .count();
            prop_assert_eq!(rows_of_earlier_months, before.len());
            before = after;
        }
        summarize(&sandbox, IN_APRIL, "once.db", &[]);
        prop_assert_eq!(before, summaries(&once), "month by month or all at once");
        Ok(())
    });
}

#[test]
fn an_observation_that_comes_late_gives_its_month_a_row() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    history.player_rows.retain(|row| row.2 < EDGES[2]);
    history.players.insert(2, 0b0011);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    // The last answer of February was saved a moment after the month was summarized.
    connection
        .execute(
            "INSERT INTO player_observations VALUES (2, ?1, ?2, ?2, 1)",
            [EDGES[2], EDGES[3] - 1],
        )
        .unwrap();

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    history.players.insert(2, 0b0111);
    assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
}

#[test]
fn a_clock_that_was_once_in_1970_makes_no_decades_of_summaries() {
    let sandbox = Sandbox::new();
    let history = steady_history();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    for (row, month) in [(9001, 0), (9002, 946_684_800)] {
        connection
            .execute(
                "INSERT INTO territory_ownership_history (id, territory_id, recorded_at, faction_id) VALUES (?1, 'AAB', ?2, 1)",
                [row, month + 3600],
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO territory_observations VALUES ('AAB', ?1, ?1, ?1, 1)",
                [month],
            )
            .unwrap();
    }

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    let months = rows(
        &connection,
        "SELECT date(period_start, 'unixepoch') FROM territory_ownership_summary ORDER BY 1",
    );
    assert_eq!(
        months,
        [
            "1970-01-01",
            "2000-01-01",
            "2027-12-01",
            "2028-01-01",
            "2028-02-01",
            "2028-03-01"
        ]
    );
}

#[test]
fn a_difference_that_no_integer_holds_is_unknown_and_stops_nothing() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    connection
        .execute_batch(&format!(
            "INSERT INTO war_status_history (war_id, war_type, status, started_at, recorded_at)
             VALUES (77, 'ranked', 'ongoing', -9223372036854775808, {at});
             INSERT INTO player_stats_history (player_id, timestamp, networth) VALUES (1, {at}, -9223372036854775808);
             INSERT INTO player_stats_history (player_id, timestamp, networth) VALUES (1, {at} + 1, 9223372036854775807);",
            at = EDGES[0] + DAY
        ))
        .unwrap();

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!(
        rows(
            &connection,
            "SELECT duration_seconds IS NULL FROM war_summary WHERE war_id = 77"
        ),
        ["1"]
    );
    assert_eq!(
        rows(
            &connection,
            "SELECT networth_start, networth_end, networth_change IS NULL FROM player_stats_summary
             WHERE player_id = 1 ORDER BY period_start LIMIT 1"
        ),
        ["-9223372036854775808|9223372036854775807|1"]
    );
}

#[test]
fn late_detail_of_a_pruned_month_leaves_its_summary_alone() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    sandbox
        .run_at(
            IN_APRIL,
            &[
                "prune",
                "--database",
                "a.db",
                "--without-backup",
                "--allow-large",
            ],
        )
        .expect(0);
    let before = summaries(&connection);
    let late = History {
        // The newest of January now, and one more of February so that February is written again.
        player_rows: vec![
            PlayerRow(5001, 1, EDGES[2] - 1, [Some(7); 8]),
            PlayerRow(5002, 1, EDGES[2] + 1, [Some(8); 8]),
        ],
        ..History::default()
    };
    late.append(&connection);

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    let after = summaries(&connection);
    let january = |lines: &[String]| -> Vec<String> {
        lines
            .iter()
            .filter(|line| line.contains(&format!("|{}|{}|", EDGES[1], EDGES[2])))
            .cloned()
            .collect()
    };
    assert_eq!(january(&before), january(&after));
    assert_ne!(before, after);
    let torn = rows(
        &connection,
        "SELECT * FROM player_stats_summary AS one JOIN player_stats_summary AS next
         ON next.player_id = one.player_id AND next.period_start = one.period_end
         WHERE next.level_start IS NOT one.level_end",
    );
    assert_eq!(
        torn,
        Vec::<String>::new(),
        "February begins with what January ended with"
    );
}

#[test]
fn rows_that_come_after_a_prune_change_no_pruned_month_and_months_still_add_up() {
    // Each summary begins with the last known value of the one before, however many months lie between; only a month
    // that was pruned cannot follow one that is summarized for the first time afterwards.
    const TORN: &str = "
        WITH pruned AS (
            SELECT history, period_start FROM month_states AS month
            WHERE EXISTS (SELECT 1 FROM month_states AS later
                          WHERE later.history = month.history AND later.period_start >= month.period_start
                            AND later.pruned_at IS NOT NULL))
        SELECT player_id, period_start, level_start, before FROM (
            SELECT player_id, period_start, level_start,
                   lag(level_end) OVER (PARTITION BY player_id ORDER BY period_start) AS before
            FROM player_stats_summary)
        WHERE before IS NOT NULL AND level_start IS NOT before
          AND ('player_stats_history', period_start) NOT IN pruned
        UNION ALL
        SELECT territory_id, period_start, faction_id_start, before FROM (
            SELECT territory_id, period_start, faction_id_start,
                   lag(faction_id_end) OVER one_by_one AS before, lag(1) OVER one_by_one AS has_before
            FROM territory_ownership_summary
            WINDOW one_by_one AS (PARTITION BY territory_id ORDER BY period_start))
        WHERE has_before AND faction_id_start IS NOT before
          AND ('territory_ownership_history', period_start) NOT IN pruned";
    let summaries_of_pruned = |connection: &Connection| -> Vec<String> {
        HISTORIES
            .iter()
            .flat_map(|(history, summary)| {
                rows(
                    connection,
                    &format!(
                        "SELECT * FROM {summary} WHERE period_start <= (
                             SELECT max(period_start) FROM month_states
                             WHERE history = '{history}' AND pruned_at IS NOT NULL)
                         ORDER BY id"
                    ),
                )
            })
            .collect()
    };
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(12, (any_history(), any_history()), |(history, late)| {
        let connection = with_history(&sandbox, &template, "a.db", &history);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        let prune = [
            "prune",
            "--without-backup",
            "--allow-large",
            "--database",
            "a.db",
            "-q",
        ];
        sandbox.run_at(IN_APRIL, &prune).expect(0);
        let before = summaries_of_pruned(&connection);
        let mut late = late;
        late.war_rows.clear();
        for row in &mut late.player_rows {
            row.0 += 1000;
        }
        for row in &mut late.faction_rows {
            row.0 += 1000;
        }
        for row in &mut late.tile_rows {
            row.0 += 1000;
        }
        late.append(&connection);

        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        sandbox.run_at(IN_APRIL, &prune).expect(0);
        summarize(&sandbox, IN_APRIL, "a.db", &["--force"]);

        let after = summaries_of_pruned(&connection); // The second prune may have reached more months.
        let changed: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
        prop_assert!(changed.is_empty(), "{:?}", changed);
        let torn = rows(&connection, TORN);
        prop_assert!(torn.is_empty(), "{:?}", torn);
        Ok(())
    });
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let sandbox = Sandbox::new();
    drop(with_history(
        &sandbox,
        &template(&sandbox),
        "a.db",
        &steady_history(),
    ));
    let lock = std::fs::File::create(sandbox.path("a.db.maintenance.lock")).unwrap();
    lock.lock().unwrap();

    for command in ["summarize", "prune"] {
        let finished = sandbox.run_at(IN_APRIL, &[command, "--database", "a.db", "--wait", "0"]);

        assert_eq!(finished.code(), 75, "{}", finished.stderr());
    }
}

#[test]
fn a_statement_runs_in_the_shell_as_it_is() {
    // As the sqlite3 shell does: parameters that were not set are NULL.
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    for name in ["players", "factions", "wars", "territories"] {
        let path = format!("{}/sql/summarize/{name}.sql", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut statement = connection.prepare(&text).unwrap();
        for (parameter, value) in [(":period_start", EDGES[0]), (":period_end", EDGES[1])] {
            let index = statement.parameter_index(parameter).unwrap().unwrap();
            statement.raw_bind_parameter(index, value).unwrap();
        }
        statement.raw_execute().unwrap();
    }

    assert_eq!(summaries(&connection), steady_history().summaries(EDGES[1]));
}

/// Two players, a faction and a tile that change steadily, four months long.
pub fn steady_history() -> History {
    let mut history = History {
        players: BTreeMap::from([(1, EVERY_MONTH), (2, EVERY_MONTH)]),
        factions: BTreeMap::from([(1, EVERY_MONTH), (2, EVERY_MONTH)]),
        tiles: BTreeMap::from([("AAB", EVERY_MONTH)]),
        ..History::default()
    };
    let mut id = 0;
    for at in (EDGES[0]..EDGES[4]).step_by(usize::try_from(DAY / 4).unwrap()) {
        id += 1;
        let days = (at - EDGES[0]) / DAY;
        let stat = (at % DAY == 0).then_some(1000 + days);
        history.player_rows.push(PlayerRow(
            2 * id,
            1,
            at,
            [
                stat,
                stat,
                stat,
                stat,
                stat.map(|stat| 4 * stat),
                Some(10 + days / 30),
                Some(500),
                None,
            ],
        ));
        history.player_rows.push(PlayerRow(
            2 * id + 1,
            2,
            at,
            [
                None,
                None,
                None,
                None,
                None,
                Some(20),
                Some(600),
                stat.map(|stat| -stat),
            ],
        ));
        history
            .faction_rows
            .push(FactionRow(id, 1, at, [Some(days), Some(90), None]));
        if at % (5 * DAY) == 0 {
            history.tile_rows.push(TileRow(
                id,
                "AAB",
                at,
                [None, Some(1), Some(2)][usize::try_from(days % 3).unwrap()],
            ));
        }
    }
    history
}
