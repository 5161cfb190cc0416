//! `prune --future`: what a clock that was ahead has left goes, and nothing else does.

mod guards;
mod tables;

use rusqlite::Connection;
use tornsnap::testing::config::refuse_wrong_clock;
use tornsnap::testing::config::{Clock, Overrides, Settings};
use tornsnap::testing::model::Column;
use tornsnap::testing::store::Store;

use crate::support::torn::{OURS, Torn};
use crate::support::{Finished, NOW, Sandbox, rows};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEARS: i64 = 4 * 365 * DAY;

const HISTORIES: [(&str, &str); 4] = [
    ("player_stats_history", "timestamp"),
    ("faction_history", "timestamp"),
    ("war_status_history", "recorded_at"),
    ("territory_ownership_history", "recorded_at"),
];

/// All history rows that were recorded up to a moment.
fn history_until(connection: &Connection, moment: i64) -> Vec<String> {
    HISTORIES
        .iter()
        .flat_map(|(table, time)| {
            rows(
                connection,
                &format!("SELECT '{table}', * FROM {table} WHERE {time} <= {moment} ORDER BY id"),
            )
        })
        .collect()
}

/// A database with this in it.
fn database(sql: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    sandbox.sqlite().execute_batch(sql).unwrap();
    sandbox
}

/// Ten right rows of history of one player, one an hour, the last an hour before [`NOW`].
const TEN_RIGHT_ROWS: &str = "
    INSERT INTO players (player_id, name, created_at, last_updated) VALUES (1, 'One', 1775000000, 1775041200);
    INSERT INTO player_stats_history (player_id, timestamp, level)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
    SELECT 1, 1775044800 - 3600 * i, 5 + i FROM n;";

fn state_of_clock(sandbox: &Sandbox, now: i64) -> String {
    let report = sandbox.run_at(now, &["health", "--json"]).json();
    let checks = report["checks"].as_array().unwrap();
    let clock = checks.iter().find(|check| check["id"] == "clock").unwrap();
    clock["state"].as_str().unwrap().to_owned()
}

/// Whether a fetch at this moment would refuse the clock.
fn is_refused(sandbox: &Sandbox, now: i64) -> bool {
    let file = sandbox.path("tornsnap.toml");
    let mut settings = Settings::from_text(&file, "", &Overrides::default()).unwrap();
    settings.clock = Clock::Fixed(now);
    let store = Store::open(&sandbox.database()).unwrap();
    refuse_wrong_clock(&settings, &store, false).is_err()
}

fn backups(sandbox: &Sandbox) -> usize {
    std::fs::read_dir(sandbox.path("backups")).map_or(0, |files| {
        files
            .filter(|file| file.as_ref().unwrap().path().extension() == Some("db".as_ref()))
            .count()
    })
}

fn fetch_under(torn: &Torn, now: i64) -> Finished {
    let mut command = torn.fetching(&["all"]);
    Finished(
        command
            .env("TORNSNAP_NOW", now.to_string())
            .output()
            .unwrap(),
    )
}

#[test]
fn after_a_clock_that_was_ahead_once_all_goes_on_as_if_it_had_not_been() {
    for (name, lead) in [
        ("years", YEARS),
        ("days", 2 * DAY),
        ("minutes", 10 * MINUTE),
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nfactions = [9]\nplayers = [5]\nterritories = \"tracked\"\n");
        torn.edit(|world| {
            world.player(5).name = "Five".to_owned();
            world.tile("AAB").owner = Some(OURS);
        });
        torn.ranked_war(70, |war| war.start = NOW - HOUR);
        torn.fetch(&["all"]).expect(0);
        let right = history_until(&torn.sandbox.sqlite(), NOW);
        assert!(right.len() >= 7, "{right:?}");

        // The clock is ahead: 2 leaves, 3 leaves and comes back, 1 gains a level.
        torn.edit(|world| {
            world.player(1).level += 1;
            world.player(2).faction_id = None;
            world.player(3).faction_id = None;
        });
        fetch_under(&torn, NOW + lead).expect(0);
        torn.edit(|world| world.player(3).faction_id = Some(OURS));
        fetch_under(&torn, NOW + lead + MINUTE).expect(0);
        let now = NOW + 4 * MINUTE;
        assert_eq!(state_of_clock(&torn.sandbox, now), "warning", "{name}");
        assert!(is_refused(&torn.sandbox, now), "{name}");

        let report = torn
            .sandbox
            .run_at(now, &["--json", "prune", "--future"])
            .expect(0)
            .json();

        let sqlite = torn.sandbox.sqlite();
        assert_eq!(history_until(&sqlite, i64::MAX), right, "{name}");
        assert!(report["tables"]["player_stats_history"]["removed"].as_i64() > Some(0));
        assert_eq!(backups(&torn.sandbox), 1, "{name}");
        torn.sandbox
            .run_at(now, &["backup", "--verify", "latest"])
            .expect(0);
        let late = now + 5 * MINUTE;
        assert_eq!(nothing_after(&sqlite, late), Vec::<String>::new(), "{name}");
        assert_eq!(state_of_clock(&torn.sandbox, now), "ok", "{name}");
        assert!(!is_refused(&torn.sandbox, now), "{name}");
        memberships_are_in_order(&sqlite);

        // Fetches work again: the changes are recorded, once.
        torn.fetch_at(now + MINUTE, &["all"]).expect(0);
        let level: i64 = torn.value(
            "SELECT level FROM player_stats_history WHERE player_id = 1 ORDER BY timestamp DESC LIMIT 1",
        );
        assert_eq!(level, 12, "{name}");
        let recorded = history_until(&sqlite, i64::MAX).len();
        torn.fetch_at(now + 2 * MINUTE, &["all"]).expect(0);
        assert_eq!(history_until(&sqlite, i64::MAX).len(), recorded, "{name}");

        // A second time there is nothing to do, and no backup for it.
        let again = torn
            .sandbox
            .run_at(now + 3 * MINUTE, &["prune", "--future"])
            .expect(0);
        assert!(
            again.stderr().contains("nothing lies in the future"),
            "{name}"
        );
        assert_eq!(backups(&torn.sandbox), 1, "{name}");
    }
}

/// The columns with times after `limit`, but for the real clock's, those that Torn names and the ends of pauses.
fn nothing_after(connection: &Connection, limit: i64) -> Vec<String> {
    const NOT_OURS: [&str; 4] = [
        "schema_version.applied_at",
        "war_status_history.started_at",
        "war_status_history.ends_at",
        "api_pauses.until",
    ];
    times(connection)
        .into_iter()
        .filter(|(table, column)| !NOT_OURS.contains(&format!("{table}.{column}").as_str()))
        .filter(|(table, column)| {
            let sql = format!("SELECT 1 FROM {table} WHERE {column} > {limit} LIMIT 1");
            !rows(connection, &sql).is_empty()
        })
        .map(|(table, column)| format!("{table}.{column}"))
        .collect()
}

/// Every column of times of every table.
fn times(connection: &Connection) -> Vec<(String, String)> {
    rows(
        connection,
        "SELECT tables.name, columns.name
         FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'",
    )
    .iter()
    .map(|row| row.split_once('|').unwrap())
    .filter(|(_, column)| Column::new(*column).is_time)
    .map(|(table, column)| (table.to_owned(), column.to_owned()))
    .collect()
}

fn memberships_are_in_order(connection: &Connection) {
    let wrong = rows(
        connection,
        "SELECT a.player_id FROM faction_membership AS a WHERE left_at < first_seen_at OR joined_at > left_at
         UNION ALL
         SELECT a.player_id
         FROM faction_membership AS a
         JOIN faction_membership AS b ON b.player_id = a.player_id AND b.id > a.id
         WHERE a.left_at IS NULL OR b.first_seen_at < a.left_at",
    );
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_month_that_was_summarized_too_early_is_summarized_again_when_it_is_over() {
    // Rows of 10 February, 10 March and, under a clock that was ahead, of 28 March.
    let sandbox = database(
        "INSERT INTO players (player_id, name) VALUES (1, 'One');
         INSERT INTO player_stats_history (player_id, timestamp, level) VALUES
            (1, unixepoch('2026-02-10'), 5), (1, unixepoch('2026-03-10'), 6), (1, unixepoch('2026-03-28'), 7);
         INSERT INTO player_observations
         SELECT 1, unixepoch(value || '-01'), unixepoch(value || '-10'), unixepoch(value || '-10'), 1
         FROM json_each('[\"2026-02\",\"2026-03\"]');",
    );
    let (march_20, april_2, april_5) = (1_773_964_800, 1_775_088_000, 1_775_347_200);
    sandbox
        .run_at(april_5, &["summarize", "--no-backup"])
        .expect(0);
    let months = "SELECT date(period_start, 'unixepoch'), level_start, level_end FROM player_stats_summary ORDER BY 1";
    assert_eq!(sandbox.rows(months), ["2026-02-01|5|5", "2026-03-01|5|7"]);

    sandbox
        .run_at(march_20, &["prune", "--future", "--without-backup"])
        .expect(0);

    assert_eq!(sandbox.rows(months), ["2026-02-01|5|5"]);
    sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, unixepoch('2026-03-25'), 8)",
        )
        .unwrap();
    sandbox
        .run_at(april_2, &["summarize", "--no-backup"])
        .expect(0);
    assert_eq!(sandbox.rows(months), ["2026-02-01|5|5", "2026-03-01|5|8"]);
}

#[test]
fn what_a_prune_deleted_under_a_clock_that_was_ahead_is_told() {
    let sandbox = database(&format!(
        "{TEN_RIGHT_ROWS}
         INSERT INTO prune_runs (started_at, finished_at, cutoff, deleted) VALUES ({0}, {0}, {0}, 4711);",
        NOW + YEARS
    ));

    let finished = sandbox.run(&["prune", "--future"]).expect(0);

    assert!(finished.stderr().contains("4711"), "{}", finished.stderr());
    assert!(finished.stderr().contains("a backup from before has them"));
}
