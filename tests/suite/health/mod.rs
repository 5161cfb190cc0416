//! `tornsnap health`: every state for real, nothing touched, and exactly one message for each change.

mod copies;
mod found;
mod held;
mod listener;
mod months;
mod notify;
mod page;
mod targets;
mod watchdog;

use std::fs;
use std::path::Path;

use self::listener::Listener;
use rusqlite::Connection;
use serde_json::Value;
use tornsnap::testing::store::Lock;
use tornsnap::testing::store::Store;

use crate::support::schema::Schema;
use crate::support::torn::Torn;
use crate::support::{CANARY, DAY, Finished, HOUR, NOW, Sandbox, fill, set_mode};

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
fn each_problem_of_the_history_is_found_with_its_remedy() {
    for (id, state, sql) in [
        (
            "age_players",
            "warning",
            "UPDATE fetch_runs SET started_at = started_at - 90000, finished_at = finished_at - 90000 WHERE kind = 'players'",
        ),
        (
            "age_wars",
            "critical",
            "UPDATE fetch_runs SET started_at = started_at - 180000, finished_at = finished_at - 180000 WHERE kind = 'wars'",
        ),
        (
            "age_factions",
            "critical",
            "DELETE FROM fetch_runs WHERE kind = 'factions'",
        ),
        (
            "failures_players",
            "warning",
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status, error) VALUES ('players', 1775044700, 1775044701, 'failed', 'Torn was down')",
        ),
        (
            "failures_players",
            "critical",
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status) SELECT 'players', 1775044700 + value, 1775044701, 'failed' FROM json_each('[1,2,3,4]')",
        ),
        (
            "killed_runs",
            "warning",
            "INSERT INTO fetch_runs (kind, started_at, status) VALUES ('territories', 1775044700, 'running')",
        ),
        (
            "killed_runs",
            "warning",
            "INSERT INTO fetch_runs (kind, started_at, status) VALUES ('wars', 1775000000, 'killed')",
        ),
        (
            "gaps",
            "warning",
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status) SELECT 'players', 1775044800 - 86400 * value, 1775044800 - 86400 * value, 'ok' FROM json_each('[2,4,6]')",
        ),
        (
            "keys",
            "critical",
            "INSERT INTO api_keys (name, state, last_error) VALUES ('alice', 'dead', 'code 2: Incorrect key')",
        ),
        (
            "keys",
            "warning",
            "INSERT INTO api_keys (name, state) VALUES ('alice', 'dead'), ('bob', 'ok')",
        ),
        (
            "keys",
            "warning",
            "INSERT INTO api_keys (name, state, paused_until) VALUES ('alice', 'paused', 1775084800)",
        ),
        (
            "address",
            "warning",
            "INSERT INTO api_pauses (scope, owner_id, cause, until, reason) VALUES ('address', 0, 'block', 1775045000, 'code 8: IP block')",
        ),
        (
            "rejected",
            "warning",
            "INSERT INTO rejected_payloads (recorded_at, endpoint, error, body) SELECT 1775044000, '/user/1', 'level: not a number', '{}' FROM json_each('[1,2,3,4,5,6,7,8,9,10,11]')",
        ),
        (
            "summaries",
            "warning",
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, 1770000000, 5)",
        ),
        (
            "retention",
            "warning",
            "INSERT INTO player_stats_history (player_id, timestamp, level) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT 1, 1760000000 + i, 5 FROM n",
        ),
        (
            "clock",
            "warning",
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, 1775048400, 5)",
        ),
    ] {
        let sandbox = well();
        sandbox.sqlite().execute_batch(sql).unwrap();
        // Past the grace that a new month has.
        let now = if ["summaries", "retention"].contains(&id) {
            NOW + 4 * DAY
        } else {
            NOW
        };
        let finished = sandbox.run_at(now, &["health", "--json"]);
        assert_state(&finished, id, state);
        let code = match state {
            "warning" if now == NOW => Some(1),
            "critical" => Some(2),
            _ => None, // Four days on, the fetches are old too.
        };
        if let Some(code) = code {
            finished.expect(code);
        }
    }
}

#[test]
fn a_running_fetch_is_not_reported_as_killed() {
    let sandbox = well();
    sandbox
        .sqlite()
        .execute_batch("INSERT INTO fetch_runs (kind, started_at, status) VALUES ('players', 1775044700, 'running')")
        .unwrap();
    let held = Lock::take(&sandbox.database(), "players").unwrap();

    sandbox.run(&["health"]).expect(0);

    drop(held);
    assert_state(
        &sandbox.run(&["health", "--json"]),
        "failures_players",
        "warning",
    );
}

#[test]
fn kinds_that_are_not_followed_are_not_checked() {
    let sandbox = well();
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    sandbox
        .sqlite()
        .execute_batch("DELETE FROM fetch_runs WHERE kind != 'players'")
        .unwrap();

    let report = sandbox.run(&["health", "--json"]).expect(0).json();

    assert!(check(&report, "age_wars").is_none());
    assert!(check(&report, "age_players").is_some());
}

#[test]
fn a_configuration_that_follows_nothing_is_pointed_out_where_fetches_were_recorded() {
    let sandbox = well();
    sandbox.write("tornsnap.toml", "");
    assert_state(&sandbox.run(&["health", "--json"]), "followed", "warning");

    sandbox
        .sqlite()
        .execute_batch("DELETE FROM fetch_runs")
        .unwrap();
    assert_state(&sandbox.run(&["health", "--json"]), "followed", "ok");
}

#[test]
fn any_file_at_the_path_gets_a_report() {
    let sandbox = Sandbox::new();
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(2),
        "database",
        "critical",
    );
    assert_eq!(names(&sandbox), Vec::<String>::new(), "nothing is created");

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
    changed("DELETE FROM schema_version");
    assert_state(
        &sandbox.run(&["health", "--json"]).expect(1),
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
    let before = names(&sandbox);
    let bytes = fs::read(sandbox.database()).unwrap();

    for arguments in [
        &["health"][..],
        &["health", "--deep"],
        &["health", "--json"],
    ] {
        sandbox.run(arguments).expect(0);
    }

    assert_eq!(names(&sandbox), before);
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
    use tornsnap::testing::sim::{Fault, FaultKind};

    for (code, what) in [
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
            format!("{what}: Torn answered error {code}: for a test")
        );
    }
}

/// As another user: needs the right to become one, which root has.
#[cfg(target_os = "linux")]
#[test]
fn another_user_who_may_only_read_gets_an_answer() {
    let sandbox = well();
    let writer = sandbox.sqlite();
    writer
        .execute_batch("INSERT INTO api_keys (name, state) VALUES ('alice', 'dead')")
        .unwrap();
    let as_nobody_in = |folder: &Path| {
        let mut command = std::process::Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(env!("CARGO_BIN_EXE_tornsnap"))
            .args(["--database"])
            .arg(sandbox.database())
            .args(["health", "--json"])
            .current_dir(folder)
            .env_clear()
            .env("TORNSNAP_NOW", NOW.to_string());
        if folder == Path::new("/") {
            return command;
        }
        // A configuration of its own, beside the backups.
        let config = folder.join("nobody.toml");
        fs::write(&config, format!("database = {:?}\n", sandbox.database())).unwrap();
        std::os::unix::fs::chown(&config, Some(65534), Some(65534)).unwrap();
        set_mode(&config, 0o600);
        command.env("TORNSNAP_CONFIG", &config);
        command
    };
    let as_nobody = || as_nobody_in(Path::new("/")).output().map(Finished);
    for (path, mode) in [
        (sandbox.path(""), 0o755),
        (sandbox.database(), 0o644),
        (sandbox.path("tornsnap.toml"), 0o600),
    ] {
        set_mode(&path, mode);
    }
    match as_nobody() {
        Ok(finished)
            if [0, 1, 2, 3].contains(&finished.code()) && !finished.stdout().is_empty() => {}
        _ => return, // Not root, or the program is where nobody else may run it.
    }

    // Somebody writes: the WAL is there, and so is its index.
    for suffix in ["-wal", "-shm"] {
        set_mode(&sandbox.path(&format!("tornsnap.db{suffix}")), 0o644);
    }
    assert_state(&as_nobody().unwrap(), "keys", "critical");
    // A WAL is there whose index cannot be made.
    let wal = fs::read(sandbox.path("tornsnap.db-wal")).unwrap();
    drop(writer);
    fs::write(sandbox.path("tornsnap.db-wal"), wal).unwrap();
    set_mode(&sandbox.path("tornsnap.db-wal"), 0o644);
    let finished = as_nobody().unwrap();
    assert_state(&finished, "database", "ok");
    assert!(
        finished
            .stdout()
            .contains("what is still in the WAL was not seen"),
        "{}",
        finished.stdout()
    );
    // Nobody writes.
    drop(sandbox.sqlite().execute_batch("SELECT 1 FROM players"));
    fs::remove_file(sandbox.path("tornsnap.db-wal")).ok();
    assert_state(&as_nobody().unwrap(), "database", "ok");
    // Backups are there, and nothing tells whose they are.
    set_mode(&sandbox.path("backups"), 0o755);
    let mut command = as_nobody_in(&sandbox.path(""));
    assert_state(&Finished(command.output().unwrap()), "backup", "unknown");
    // It may not be read at all.
    set_mode(&sandbox.database(), 0o600);
    assert_state(&as_nobody().unwrap(), "database", "unknown");
}

const SECRET: &str = "webhook-secret-CANARY";

const FOLLOWED: &str = "[track]\nfactions = [7]\n";

/// A database in which all is well: everything fetched ten minutes ago, a backup, and nothing due.
fn well() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", FOLLOWED);
    drop(Store::create(&sandbox.database()).unwrap());
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
    // As a run leaves it: the last to close folds the WAL in and removes it.
    Connection::open(sandbox.database())
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    sandbox
}

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

fn check<'a>(report: &'a Value, id: &str) -> Option<&'a Value> {
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

fn names(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(sandbox.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
