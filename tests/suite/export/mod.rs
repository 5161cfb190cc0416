//! `tornsnap export`: complete and ordered, or no file at all.

mod choice;
mod formats;
mod lake;
mod leftovers;
mod list;
mod parquet;
mod streams;
mod tables;
mod targets;
mod xlsx;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::support::new_database::new_database;
use crate::support::{Finished, Sandbox, pause};

/// A small database with values that are hard to export: quotes, line breaks, formulas, emoji, empty text, NULL, large numbers.
const HARD: &str = "
    INSERT INTO factions (faction_id, name, tag, created_at, last_updated) VALUES
        (1, 'One, \"the first\"', '', 1767225600, 1775044800), (2, '=HYPERLINK(\"x\")', NULL, 1767225600, 1775044800);
    INSERT INTO players (player_id, name, rank, faction_id, status_state, status_description, created_at, last_updated) VALUES
        (1, 'Ünï 🐈', '', 1, NULL, 'line
break', 1767225600, 1775044800),
        (2, '-1+1', 'NULL', NULL, '@here', char(9) || 'tab' || char(13), 1767225600, 1775044800);
    INSERT INTO player_stats_history (id, player_id, timestamp, strength, networth, level, data_source) VALUES
        (1, 1, 1775001600, 9007199254740993, -9007199254740993, 5, 'alice'),
        (2, 2, 1774915200, NULL, 0, 7, ''),
        (3, 1, 1774915200, NULL, NULL, 4, NULL),
        (4, 2, 1775044800, 9223372036854775807, -9223372036854775808, 8, '+1');
    INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, 1774915200, 5), (2, 1775001600, NULL);
    INSERT INTO territories (territory_id, sector, coordinate_x, coordinate_y, faction_id, racket_type, racket_level, created_at, last_updated)
        VALUES ('AAB', 1, 0.1, -1e300, 2, 'Gun Shop', 1, 1767225600, 1775044800);
    INSERT INTO territory_ownership_history (territory_id, faction_id, coordinate_x, recorded_at)
        VALUES ('AAB', NULL, 0.1, 1774915200), ('AAB', 2, 3.0, 1775001600);
    INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, status, recorded_at)
        VALUES (7, 'ranked', 1, 2, 'ongoing', 1774915200), (8, 'territory', 2, NULL, 'ongoing', 1775001600);
    INSERT INTO player_stats_summary (player_id, period_start, period_end, networth_change, created_at)
        VALUES (1, 1772323200, 1775001600, -5, 1775044800);
    INSERT INTO faction_summary (faction_id, period_start, period_end, respect_change, created_at)
        VALUES (1, 1772323200, 1775001600, 5, 1775044800);
    INSERT INTO war_summary (war_id, war_type, period_start, period_end, attacking_faction_id, created_at)
        VALUES (7, 'ranked', 1772323200, 1775001600, 1, 1775044800);
    INSERT INTO territory_ownership_summary (territory_id, period_start, period_end, faction_id_end, days_owned, created_at)
        VALUES ('AAB', 1772323200, 1775001600, 2, 3, 1775044800);
    INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES ('players', 1775044000, 1775044800, 'ok');
    INSERT INTO rejected_payloads (recorded_at, endpoint, error, body) VALUES (1775044000, '/user', 'x', '{\"a\": \"b\r\n\"}');
    INSERT INTO api_keys (name, paused_until) VALUES ('alice', 1775044800);
    INSERT INTO missing_entities (kind, entity_id, misses, last_miss) VALUES ('player', 9, 1, 1775044000);
    UPDATE schema_version SET applied_at = 1767225600;
    CREATE TABLE \"odd \"\"name\" (\"a,b\" TEXT, bytes BLOB);
    INSERT INTO \"odd \"\"name\" VALUES ('x', x'00ff'), (NULL, NULL);
    CREATE VIEW mine AS SELECT name FROM players;
";

pub(super) fn hard() -> Sandbox {
    database(HARD)
}

pub(super) fn database(sql: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    sandbox.sqlite().execute_batch(sql).unwrap();
    sandbox
}

/// A database with so many history rows that writing them takes a while.
pub(super) fn long(rows: u32) -> Sandbox {
    database(&format!(
        "INSERT INTO players (player_id, name, last_updated) VALUES (1, 'A', 1);
         WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < {rows})
         INSERT INTO player_stats_history (player_id, timestamp, level, life_maximum, networth, data_source)
             SELECT 1, n, 1, 100, n * 1000, 'alice' FROM number;"
    ))
}

pub(super) fn export(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    sandbox.run(&[&["export"], arguments].concat())
}

pub(super) fn datasets(sandbox: &Sandbox) -> Vec<String> {
    sandbox.rows("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' ORDER BY name")
}

#[test]
fn the_list_names_every_dataset_with_its_rows() {
    let sandbox = hard();

    let text = export(&sandbox, &["--list"]).expect(0);
    let document = export(&sandbox, &["--list", "--json"]).expect(0).json();

    assert!(
        text.stdout().contains(
            "\nplayer_stats_history          4  one row for each change of a player (or for\n"
        ),
        "{}",
        text.stdout()
    );
    assert_eq!(text.stderr(), "");
    let listed: BTreeSet<String> = document["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|dataset| {
            let name = dataset["name"].as_str().unwrap();
            let ours = !["mine", "odd \"name"].contains(&name);
            assert!(
                !ours || dataset["about"] != "",
                "{name} says nothing of itself"
            );
            let rows = sandbox.value::<i64>(&format!(
                "SELECT count(*) FROM \"{}\"",
                name.replace('"', "\"\"")
            ));
            assert_eq!(dataset["rows"], rows, "{name}");
            name.to_owned()
        })
        .collect();
    assert_eq!(listed, datasets(&sandbox).into_iter().collect());
}

#[test]
fn json_on_stdout_is_one_document() {
    let sandbox = hard();

    let rows = export(&sandbox, &["schema_version", "--json"]).expect(0);
    let report = export(&sandbox, &["players", "--json", "--output", "p.csv"]).expect(0);
    let refused = export(&sandbox, &["players", "--json", "--format", "csv"]).expect(2);

    assert_eq!(rows.json()[0]["version"], 1);
    assert_eq!(
        report.json(),
        serde_json::json!({ "command": "export", "status": "ok", "exit_code": 0, "format": "csv",
            "files": [{ "dataset": "players", "rows": 2, "file": "p.csv" }] })
    );
    assert_eq!(refused.json()["exit_code"], 2);
}

#[test]
fn a_file_replaces_the_old_one_and_can_be_read_by_others() {
    let sandbox = hard();
    sandbox.write("p.csv", "old");
    fs::write(sandbox.path("plain"), "").unwrap();

    let finished = export(&sandbox, &["players", "--output", "p.csv"]).expect(0);

    assert_eq!(finished.stdout(), "");
    assert_eq!(finished.stderr(), "exported 2 rows of players to p.csv\n");
    assert_eq!(
        fs::read_to_string(sandbox.path("p.csv")).unwrap(),
        export(&sandbox, &["players", "--output", "-"]).stdout()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name| {
            fs::metadata(sandbox.path(name))
                .unwrap()
                .permissions()
                .mode()
        };
        fs::remove_file(sandbox.path("p.csv")).unwrap();
        export(&sandbox, &["players", "--output", "p.csv"]).expect(0);
        assert_eq!(mode("p.csv"), mode("plain"));
    }
}

#[test]
fn quiet_prints_nothing_on_success() {
    let sandbox = hard();

    let finished = export(&sandbox, &["-q", "players", "--output", "p.csv"]).expect(0);

    assert_eq!(
        (finished.stdout(), finished.stderr()),
        (String::new(), String::new())
    );
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_that_names_it() {
    let sandbox = hard();

    let finished = export(&sandbox, &["players", "--output", "no/such/folder/p.csv"]).expect(78);

    assert!(
        finished
            .stderr()
            .starts_with("tornsnap: could not write no/such/folder/p.csv\n")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_has_its_own_exit_code() {
    let sandbox = hard();

    let finished = export(&sandbox, &["players", "--output", "/dev/full"]).expect(74);

    assert_eq!(
        finished.stderr(),
        "tornsnap: could not write /dev/full\n  because: No space left on device\n  \
         try: check the free space there, or name another place with --output\n"
    );
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let sandbox = long(20_000);
    for format in ["csv", "json", "jsonl"] {
        let mut child = sandbox
            .command(&["export", "player_stats_history", "--format", format])
            .spawn()
            .unwrap();

        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let finished = Finished(child.wait_with_output().unwrap());

        assert!(!first.is_empty());
        assert_eq!(
            (finished.code(), finished.stderr()),
            (0, String::new()),
            "{format}"
        );
    }
}

#[test]
fn a_killed_export_leaves_nothing_under_the_final_name() {
    let sandbox = long(600_000);
    for (arguments, folder) in [
        (
            &["export", "player_stats_history", "--output", "out/h.csv"][..],
            "out",
        ),
        (&["export", "--all", "--output", "all"], "all"),
    ] {
        let folder = sandbox.path(folder);
        fs::create_dir(&folder).unwrap();
        let mut child = sandbox.command(arguments).spawn().unwrap();

        while !is_under_way(&folder) {
            assert!(child.try_wait().unwrap().is_none(), "it ended too early");
            pause();
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let left: Vec<String> = files(&folder)
            .into_iter()
            .filter(|name| !name.ends_with(".partial"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_export_cleans_up() {
    let sandbox = long(120_000);
    let folder = sandbox.path("out");
    fs::create_dir(&folder).unwrap();
    let mut child = sandbox
        .command(&["export", "--all", "--output", "out"])
        .spawn()
        .unwrap();

    while !is_under_way(&folder) {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        pause();
    }
    crate::support::signal(&child, "INT");

    let finished = Finished(child.wait_with_output().unwrap()).expect(130);
    assert!(
        finished
            .stderr()
            .ends_with("because: it was interrupted; nothing was left behind\n"),
        "{}",
        finished.stderr()
    );
    assert!(files(&folder).is_empty());
}

#[test]
fn rows_written_during_an_export_are_not_in_it() {
    let sandbox = long(20_000);
    let mut child = sandbox
        .command(&["export", "player_stats_history"])
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();

    reader.read_line(&mut text).unwrap();
    sandbox
        .sqlite()
        .execute_batch("INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, 99999999); UPDATE players SET name = 'B';")
        .unwrap();
    reader.read_to_string(&mut text).unwrap();

    assert!(child.wait().unwrap().success());
    assert_eq!(text.lines().count(), 20_001);
}

#[test]
fn a_missing_database_is_not_made() {
    let sandbox = Sandbox::new();

    export(&sandbox, &["players"]).expect(78);

    assert!(!sandbox.database().exists());
}

fn is_under_way(folder: &Path) -> bool {
    fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .any(|file| file.metadata().is_ok_and(|file| file.len() > 0))
}

pub(super) fn files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[cfg(windows)]
#[test]
fn a_file_that_another_program_has_open_is_not_replaced() {
    use std::os::windows::fs::OpenOptionsExt;

    const FILE_SHARE_READ: u32 = 1;
    const FILE_SHARE_WRITE: u32 = 2;
    let sandbox = hard();
    sandbox.write("p.csv", "old");
    for share in [0, FILE_SHARE_READ, FILE_SHARE_READ | FILE_SHARE_WRITE] {
        let other = fs::OpenOptions::new()
            .read(true)
            .share_mode(share)
            .open(sandbox.path("p.csv"))
            .unwrap();

        let finished = export(&sandbox, &["players", "-o", "p.csv"]).expect(75);

        assert_eq!(
            finished.stderr(),
            "tornsnap: could not write p.csv\n  because: another program has the file open\n  \
             try: close it there (Excel, for example) and run the same command again, or name another file with --output\n"
        );
        drop(other);
        assert_eq!(fs::read_to_string(sandbox.path("p.csv")).unwrap(), "old");
    }
}

#[cfg(windows)]
#[test]
fn a_file_that_another_program_has_open_for_a_moment_is_replaced() {
    use std::os::windows::fs::OpenOptionsExt;
    use std::time::Duration;

    let sandbox = hard();
    sandbox.write("p.csv", "old");
    let other = fs::OpenOptions::new()
        .read(true)
        .share_mode(0)
        .open(sandbox.path("p.csv"))
        .unwrap();
    let closing = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(other);
    });

    export(&sandbox, &["players", "-o", "p.csv"]).expect(0);

    closing.join().unwrap();
    let rows = fs::read_to_string(sandbox.path("p.csv")).unwrap();
    assert!(rows.starts_with("player_id,"), "{rows}");
}
