//! `tornsnap health`: every state, with real databases; no file is changed.

mod causes;
mod configurations;
mod copies;
mod found;
mod held;
mod history;
#[cfg(target_os = "linux")]
mod jobs;
mod listener;
mod months;
mod notify;
mod page;
#[cfg(target_os = "linux")]
mod permissions;
mod targets;
mod watchdog;

use std::fs;

use listener::Listener;
use rusqlite::Connection;
use serde_json::Value;
use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::new_database::{new_database, unfinished_database};
use crate::support::schema::Schema;
use crate::support::torn::Torn;
use crate::support::{CANARY, DAY, Finished, NOW, Sandbox, fill};

#[test]
fn a_healthy_database_is_one_line_with_performance_data() {
    let sandbox = well();

    let finished = sandbox.run(&["health"]).expect(0);

    let page = finished.stdout();
    let first = page.lines().next().unwrap();
    assert!(first.starts_with("TORNSNAP OK - "), "{first}");
    assert!(first.contains(" | "), "{first}");
    assert!(first.contains("age_players=600s;86400;172800"), "{first}");
    assert!(first.contains("rows_player_stats_history=50"), "{first}");
    assert_eq!(
        sandbox.run(&["-q", "health"]).expect(0).stdout(),
        "",
        "-q is silent when all is well"
    );
    sandbox.run(&["health", "--deep"]).expect(0);
}

#[test]
fn any_file_at_the_path_gets_a_report() {
    let sandbox = Sandbox::new();
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(2),
        "database",
        "critical",
    );
    assert_eq!(sandbox.names(), Vec::<String>::new(), "nothing is created");

    sandbox.write("tornsnap.db", "");
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(2),
        "database",
        "critical",
    );
    sandbox.write("tornsnap.db", &"no database ".repeat(100));
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(2),
        "database",
        "critical",
    );
    sandbox.write("tornsnap.toml", "speed = 9\n");
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(3),
        "configuration",
        "unknown",
    );
    assert!(
        sandbox
            .run(&["health"])
            .expect(3)
            .stdout()
            .starts_with("TORNSNAP UNKNOWN - ")
    );

    let sandbox = Sandbox::new();
    sandbox
        .sqlite()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    let finished = sandbox.run(&["health", "--json"]).expect(2);
    assert!(finished.stdout().contains("belongs to another program"));

    let sandbox = well();
    let changed = |sql: &str| sandbox.sqlite().execute_batch(sql).unwrap();
    changed("UPDATE schema_version SET version = 999");
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(2),
        "database",
        "critical",
    );
    unfinished_database(&sandbox.path("older.db"));
    assert_state(
        &sandbox
            .run(&["health", "--json", "--database", "older.db"])
            .expect(1),
        "database",
        "warning",
    );
}

#[test]
fn a_corrupted_page_is_found() {
    let sandbox = well();
    let page: i64 =
        sandbox.value("SELECT rootpage - 1 FROM sqlite_schema WHERE name = 'player_stats_history'");
    let at = usize::try_from(page).unwrap() * 4096;
    let mut bytes = fs::read(sandbox.database()).unwrap();
    bytes[at..at + 200].fill(0xA5);
    fs::write(sandbox.database(), bytes).unwrap();

    let finished = sandbox.run(&["health", "--json"]).expect(2);

    assert_state(&finished, "integrity", "critical");
    assert!(finished.stdout().contains("tornsnap restore"));
}

#[test]
fn backups_are_found_and_verified_with_deep() {
    let sandbox = well();
    let late = sandbox.run_at(NOW + 8 * DAY, &["health", "--json"]);
    assert_state(&late, "backup", "warning");
    let backup = sandbox.path("backups/tornsnap-20260401T120000Z.db");
    let mut bytes = fs::read(&backup).unwrap();
    bytes[9000] ^= 1;
    fs::write(&backup, bytes).unwrap();

    sandbox.run(&["health"]).expect(0);
    assert_state(
        &sandbox.run(&["health", "--deep", "--json"]).expect(2),
        "backup",
        "critical",
    );

    fs::remove_dir_all(sandbox.path("backups")).unwrap();
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(1),
        "backup",
        "warning",
    );
}

#[test]
fn a_reserve_that_the_disk_does_not_have_is_critical() {
    let sandbox = well();
    sandbox.write(
        "tornsnap.toml",
        &format!("{FOLLOWED}[health]\nmin_free_mb = 1073741824\n"),
    );

    assert_state(
        &sandbox.run(&["health", "--json"]).expect(2),
        "disk",
        "critical",
    );
}

#[test]
fn nothing_is_created_locked_or_changed() {
    let sandbox = well();
    let before = sandbox.names();
    let bytes = fs::read(sandbox.database()).unwrap();

    for arguments in [
        &["health"][..],
        &["health", "--deep"],
        &["health", "--json"],
    ] {
        sandbox.run(arguments).expect(0);
    }

    assert_eq!(sandbox.names(), before);
    assert_eq!(fs::read(sandbox.database()).unwrap(), bytes);
}

#[test]
fn health_does_not_block_a_fetch_that_writes() {
    let sandbox = well();
    let writer = sandbox.sqlite();
    writer
        .execute_batch(
            "PRAGMA wal_autocheckpoint = 0;
             INSERT INTO api_keys (name, state) VALUES ('alice', 'dead');
             BEGIN IMMEDIATE; INSERT INTO api_keys (name, state) VALUES ('bob', 'ok');",
        )
        .unwrap();

    let finished = sandbox.run(&["health", "--json"]).expect(2);

    assert_state(&finished, "keys", "critical");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("tornsnap.db", sandbox.path("link.db")).unwrap();
        let by_link = sandbox.run(&["--database", "link.db", "health", "--json"]);
        assert_state(&by_link, "keys", "critical");
    }
    writer.execute_batch("COMMIT").unwrap();
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(1),
        "keys",
        "warning",
    );
}

#[test]
fn a_key_that_a_fetch_has_lost_is_named_with_what_torn_said() {
    for (code, expected) in [
        (2, "Torn refuses 1 of 2 keys (key1)"),
        (18, "1 of 2 keys rest for a day (key1)"),
    ] {
        let torn = Torn::with_two_keys();
        torn.simulator.fault(
            // After the check at the start of the run.
            Fault::always(FaultKind::Code(code, "for a test".to_owned()))
                .key(CANARY)
                .after(1),
        );
        torn.fetch(&["factions"]).expect(0);

        let finished = torn.sandbox.run(&["health", "--json"]);

        assert_state(&finished, "keys", "warning");
        let report = finished.json();
        let message = check(&report, "keys").unwrap()["message"].as_str().unwrap();
        assert_eq!(
            message,
            format!("{expected}: Torn answered error {code}: for a test")
        );
    }
}

#[test]
fn the_only_key_rests_and_health_is_critical_with_the_reason_and_the_remedy() {
    for (code, reason, remedy) in [
        (10, "is in federal jail", "use a key of another player"),
        (
            13,
            "has been offline for more than 7 days",
            "log in to Torn",
        ),
        (18, "has paused it", "resume it at"),
    ] {
        let torn = Torn::new();
        torn.simulator.fault(Fault::always(FaultKind::Code(
            code,
            "for a test".to_owned(),
        )));
        let _ = torn.fetch(&["factions"]);

        let finished = torn.sandbox.run(&["health", "--json"]).expect(2);

        assert_state(&finished, "keys", "critical");
        let report = finished.json();
        let keys = check(&report, "keys").unwrap();
        let text = |name: &str| keys[name].as_str().unwrap().to_owned();
        assert!(text("message").contains(reason), "{report:#}");
        assert!(text("try").contains(remedy), "{report:#}");
        assert!(
            text("try").contains("then run `tornsnap init`"),
            "{report:#}"
        );
    }
}

/// The end of the webhook's address.
const SECRET: &str = "webhook-secret-CANARY";

/// The configuration of [`well`].
const FOLLOWED: &str = "[track]\nfactions = [7]\n";

/// Seconds in four years.
const FOUR_YEARS: i64 = 4 * 365 * DAY;

/// A healthy database: everything was fetched ten minutes ago, there is a backup, and nothing is due.
fn well() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", FOLLOWED);
    new_database(&sandbox.database());
    fill(&sandbox.sqlite(), 50);
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status)
             SELECT value, {NOW} - 610, {NOW} - 600, 'ok'
             FROM json_each('[\"players\", \"factions\", \"wars\", \"territories\"]');
             UPDATE player_stats_history SET timestamp = {NOW} - 43200 + id;"
        ))
        .unwrap();
    sandbox.run(&["backup"]).expect(0);
    // The last connection to close removes the WAL, as after a run.
    Connection::open(sandbox.database())
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    sandbox
}

/// Configures the listener as webhook, with these lines at the end of `[health]`.
fn notify(sandbox: &Sandbox, listener: &Listener, extra: &str) {
    sandbox.write("webhook", &format!("{}/{SECRET}\n", listener.url()));
    sandbox.write(
        "tornsnap.toml",
        &format!("{FOLLOWED}[health]\nwebhook_url_file = \"webhook\"\n{extra}"),
    );
}

#[track_caller]
fn assert_state(finished: &Finished, id: &str, state: &str) {
    let report = finished.json();
    assert_valid(&report);
    let found = check(&report, id).unwrap_or_else(|| panic!("no check {id} in {report:#}"));
    assert_eq!(found["state"], state, "{report:#}");
}

/// The message and the remedy of a check.
fn message_and_remedy(sandbox: &Sandbox, now: i64, id: &str) -> (String, String) {
    let report = sandbox.run_at(now, &["health", "--json"]).json();
    let [message, remedy] = texts(&report, id, ["message", "try"]);
    (message, remedy)
}

/// Texts of a check; a text that is missing is empty.
fn texts<const N: usize>(report: &Value, id: &str, names: [&str; N]) -> [String; N] {
    let check = check(report, id).unwrap_or_else(|| panic!("no check {id} in {report:#}"));
    names.map(|name| check[name].as_str().unwrap_or_default().to_owned())
}

/// A check in a report of `health`.
pub fn check<'a>(report: &'a Value, id: &str) -> Option<&'a Value> {
    report["checks"]
        .as_array()?
        .iter()
        .find(|check| check["id"] == id)
}

#[track_caller]
fn assert_valid(report: &Value) {
    Schema::of("health").expect_valid(report);
}

#[track_caller]
fn assert_no_secret(finished: &Finished) {
    let said = finished.stdout() + &finished.stderr();
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn a_damaged_database_is_one_finding_with_the_commands_to_run() {
    let sandbox = well();
    let pages = sandbox.rows(
        "SELECT rootpage - 1 FROM sqlite_schema
         WHERE name IN ('player_stats_history', 'fetch_runs', 'api_keys', 'rejected_payloads')",
    );
    sandbox
        .sqlite()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let mut bytes = fs::read(sandbox.database()).unwrap();
    for page in pages {
        let at = page.parse::<usize>().unwrap() * 4096;
        bytes[at..at + 200].fill(0xA5);
    }
    fs::write(sandbox.database(), bytes).unwrap();

    let report = sandbox.run(&["health", "--json"]).json();

    let damaged: Vec<&Value> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| {
            check["message"].to_string().contains("malformed") || check["id"] == "integrity"
        })
        .collect();
    assert_eq!(damaged.len(), 1, "{report}");
    let help = damaged[0]["try"].as_str().unwrap();
    assert!(
        help.contains("`tornsnap schedule remove`") && help.contains("`tornsnap restore latest`"),
        "{help}"
    );
}
