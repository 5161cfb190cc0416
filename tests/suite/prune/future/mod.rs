//! `prune --future` removes the rows and timestamps that were recorded while the clock was ahead, and nothing else.

mod archived;
mod early;
mod guards;
mod kept;
mod lost;
mod proof;
mod renamed;
mod rotation;
mod tables;
mod unread;

use rusqlite::Connection;
use tornsnap::testing::config::{Clock, Overrides, Settings, refuse_wrong_clock};
use tornsnap::testing::model::Column;
use tornsnap::testing::store::Store;

use crate::health::check;
use crate::support::new_database::new_database;
use crate::support::torn::{OURS, Torn};
use crate::support::{DAY, Finished, HOUR, MINUTE, NOW, Sandbox, rows};

const YEARS: i64 = 4 * 365 * DAY;

/// Each history table with its column of timestamps.
const HISTORIES: [(&str, &str); 4] = [
    ("player_stats_history", "timestamp"),
    ("faction_history", "timestamp"),
    ("war_status_history", "recorded_at"),
    ("territory_ownership_history", "recorded_at"),
];

/// All history rows that were recorded up to this timestamp.
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

/// A database after these statements.
fn database(sql: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    sandbox.sqlite().execute_batch(sql).unwrap();
    sandbox
}

/// Ten history rows of one player with correct timestamps: one an hour, the last an hour before [`NOW`].
const TEN_CORRECT_ROWS: &str = "
    INSERT INTO players (player_id, name, created_at, last_updated) VALUES (1, 'One', 1775000000, 1775041200);
    INSERT INTO player_stats_history (player_id, timestamp, level)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
    SELECT 1, 1775044800 - 3600 * i, 5 + i FROM n;";

fn state_of_clock(sandbox: &Sandbox, now: i64) -> String {
    let report = sandbox.run_at(now, &["health", "--json"]).json();
    let clock = check(&report, "clock").unwrap();
    clock["state"].as_str().unwrap().to_owned()
}

/// Whether a fetch at this time would refuse the clock.
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

/// A fetch with the clock at this time.
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
fn after_prune_future_fetches_go_on_as_if_the_clock_had_been_right() {
    for lead in [YEARS, 2 * DAY, 10 * MINUTE] {
        let torn = followed_torn();
        torn.fetch(&["all"]).expect(0);
        let correct = history_until(&torn.sandbox.sqlite(), NOW);
        assert!(correct.len() >= 7, "{correct:?}");
        fetch_with_clock_ahead(&torn, lead);
        let now = NOW + 4 * MINUTE;
        assert_eq!(state_of_clock(&torn.sandbox, now), "warning", "{lead}");
        assert!(is_refused(&torn.sandbox, now), "{lead}");

        let report = torn
            .sandbox
            .run_at(now, &["--json", "prune", "--future"])
            .expect(0)
            .json();

        let sqlite = torn.sandbox.sqlite();
        assert_eq!(history_until(&sqlite, i64::MAX), correct, "{lead}");
        assert!(report["tables"]["player_stats_history"]["removed"].as_i64() > Some(0));
        assert_eq!(backups(&torn.sandbox), 1, "{lead}");
        torn.sandbox
            .run_at(now, &["backup", "--verify", "latest"])
            .expect(0);
        let late = now + 5 * MINUTE;
        assert_eq!(columns_after(&sqlite, late), Vec::<String>::new(), "{lead}");
        assert_eq!(state_of_clock(&torn.sandbox, now), "ok", "{lead}");
        assert!(!is_refused(&torn.sandbox, now), "{lead}");
        memberships_are_in_order(&sqlite);

        fetches_record_each_change_once(&torn, now + MINUTE);

        // A second run has nothing to do and makes no backup.
        let again = torn
            .sandbox
            .run_at(now + 3 * MINUTE, &["prune", "--future"])
            .expect(0);
        assert!(
            again.stderr().contains("nothing lies in the future"),
            "{lead}"
        );
        assert_eq!(backups(&torn.sandbox), 1, "{lead}");
    }
}

/// A simulated Torn with a war and a tile, in which player 5 is followed beside the faction.
fn followed_torn() -> Torn {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\nplayers = [5]\nterritories = \"tracked\"\n");
    torn.edit(|world| {
        "Five".clone_into(&mut world.pin_player(5).name);
        world.pin_tile("AAB").owner = Some(OURS);
    });
    torn.pin_ranked_war(70, |war| war.start = NOW - HOUR);
    torn
}

/// Two fetches while the clock is ahead: player 1 gains a level, player 2 leaves, player 3 leaves and comes back.
fn fetch_with_clock_ahead(torn: &Torn, lead: i64) {
    torn.edit(|world| {
        world.pin_player(1).level += 1;
        world.pin_player(2).faction_id = None;
        world.pin_player(3).faction_id = None;
    });
    fetch_under(torn, NOW + lead).expect(0);
    torn.edit(|world| world.pin_player(3).faction_id = Some(OURS));
    fetch_under(torn, NOW + lead + MINUTE).expect(0);
}

/// Checks that a fetch records the changes made while the clock was ahead, and that the next one adds nothing.
fn fetches_record_each_change_once(torn: &Torn, now: i64) {
    let sqlite = torn.sandbox.sqlite();
    torn.fetch_at(now, &["all"]).expect(0);
    let level: i64 = torn.value(
        "SELECT level FROM player_stats_history WHERE player_id = 1 ORDER BY timestamp DESC LIMIT 1",
    );
    assert_eq!(level, 12);
    let recorded = history_until(&sqlite, i64::MAX).len();
    torn.fetch_at(now + MINUTE, &["all"]).expect(0);
    assert_eq!(history_until(&sqlite, i64::MAX).len(), recorded);
}

/// The columns with timestamps after `limit`, without those that may lie in the future.
fn columns_after(connection: &Connection, limit: i64) -> Vec<String> {
    // From the machine's clock, from Torn (two of them), and the end of a pause.
    const EXCEPTIONS: [&str; 4] = [
        "schema_version.applied_at",
        "war_status_history.started_at",
        "war_status_history.ends_at",
        "api_pauses.until",
    ];
    time_columns(connection)
        .into_iter()
        .filter(|(table, column)| !EXCEPTIONS.contains(&format!("{table}.{column}").as_str()))
        .filter(|(table, column)| {
            let sql = format!("SELECT 1 FROM {table} WHERE {column} > {limit} LIMIT 1");
            !rows(connection, &sql).is_empty()
        })
        .map(|(table, column)| format!("{table}.{column}"))
        .collect()
}

/// Every column of timestamps of every table.
fn time_columns(connection: &Connection) -> Vec<(String, String)> {
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

/// Checks that memberships end after they begin, and that those of one player do not overlap.
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
fn a_month_that_was_summarized_before_its_end_is_summarized_again() {
    // Rows of 10 February and 10 March, and one of 28 March, which a clock that was ahead recorded.
    let sandbox = database(
        "INSERT INTO players (player_id, name) VALUES (1, 'One');
         INSERT INTO player_stats_history (player_id, timestamp, level) VALUES
            (1, unixepoch('2026-02-10'), 5), (1, unixepoch('2026-03-10'), 6), (1, unixepoch('2026-03-28'), 7);
         INSERT INTO player_observations (player_id, period_start, first_at, last_at, polls)
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
fn rows_that_a_prune_deleted_while_the_clock_was_ahead_are_reported() {
    let sandbox = database(&format!(
        "{TEN_CORRECT_ROWS}
         INSERT INTO prune_runs (started_at, finished_at, cutoff, deleted) VALUES ({0}, {0}, {0}, 4711);",
        NOW + YEARS
    ));

    let finished = sandbox.run(&["prune", "--future"]).expect(0);

    assert!(finished.stderr().contains("4711"), "{}", finished.stderr());
    assert!(
        !finished.stderr().contains("has them"),
        "{}",
        finished.stderr()
    );
}
