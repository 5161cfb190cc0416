//! `prune`: only what is summarized and old, never the newest known value, and only when it is safe to.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rusqlite::Connection;

use crate::month_model::{
    DAY, EDGES, HISTORY, IN_APRIL, IN_MARCH, any_history, dump, for_any_history, summaries,
    template, with_history,
};
use crate::summarize::steady_history;
use crate::support::{Finished, Sandbox, rows};

const ANYWAY: [&str; 3] = ["--without-backup", "--allow-large", "--database"];

pub fn summarize(sandbox: &Sandbox, now: i64, name: &str) {
    sandbox
        .run_at(now, &["summarize", "--no-backup", "--database", name])
        .expect(0);
}

pub fn prune(sandbox: &Sandbox, now: i64, name: &str, more: &[&str]) -> Finished {
    let arguments: Vec<&str> = ["prune"]
        .iter()
        .chain(&ANYWAY)
        .copied()
        .chain([name])
        .chain(more.iter().copied())
        .collect();
    sandbox.run_at(now, &arguments)
}

/// Leaves a month as if it had never been summarized.
fn forget_month(connection: &Connection, start: i64) {
    for table in [
        "player_stats_summary",
        "faction_summary",
        "territory_ownership_summary",
        "month_states",
    ] {
        connection
            .execute(
                &format!("DELETE FROM {table} WHERE period_start = ?"),
                [start],
            )
            .unwrap();
    }
}

pub fn ids(connection: &Connection) -> [BTreeSet<i64>; 4] {
    HISTORY.map(|table| {
        rows(connection, &format!("SELECT id FROM {table}"))
            .iter()
            .map(|id| id.parse().unwrap())
            .collect()
    })
}

#[test]
fn the_newest_known_values_stay_and_all_else_goes() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(16, any_history(), |history| {
        let connection = with_history(&sandbox, &template, "a.db", &history);
        summarize(&sandbox, IN_APRIL, "a.db");

        prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

        prop_assert_eq!(ids(&connection), history.left_by_prune(EDGES[2]));
        Ok(())
    });
}

#[test]
fn pruning_before_or_after_a_later_summarize_never_changes_that_summary() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, any_history(), |history| {
        let early = with_history(&sandbox, &template, "early.db", &history);
        let late = with_history(&sandbox, &template, "late.db", &history);
        summarize(&sandbox, IN_MARCH, "early.db");
        prune(
            &sandbox,
            IN_MARCH,
            "early.db",
            &["--keep-months", "1", "--ignore-clock"],
        )
        .expect(0);
        summarize(&sandbox, IN_APRIL, "early.db");
        summarize(&sandbox, IN_APRIL, "late.db");
        prune(&sandbox, IN_APRIL, "late.db", &[]).expect(0);
        summarize(&sandbox, IN_APRIL + DAY, "late.db");

        prop_assert_eq!(summaries(&early), history.summaries(IN_APRIL));
        prop_assert_eq!(summaries(&late), history.summaries(IN_APRIL));
        Ok(())
    });
}

#[test]
fn a_dry_run_is_the_plan_and_changes_no_byte() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    let connection = with_history(&sandbox, &template, "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    connection
        .execute_batch(
            "INSERT INTO rejected_payloads (recorded_at, endpoint, error, body) VALUES (1700000000, '/x', 'e', '{}');
             INSERT INTO fetch_runs (kind, started_at, status) VALUES
                ('players', 1700000000, 'ok'), ('players', 1700000001, 'ok'), ('wars', 1700000000, 'failed');
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
    drop(connection);
    let before = std::fs::read(sandbox.path("a.db")).unwrap();

    let planned = prune(&sandbox, IN_APRIL, "a.db", &["--dry-run", "--json"])
        .expect(0)
        .json();
    let shown = prune(&sandbox, IN_APRIL, "a.db", &["--dry-run"])
        .expect(0)
        .stdout();

    assert!(before == std::fs::read(sandbox.path("a.db")).unwrap());
    assert_eq!(
        std::fs::metadata(sandbox.path("a.db-wal")).map_or(0, |file| file.len()),
        0
    );
    let done = prune(&sandbox, IN_APRIL, "a.db", &["--json"])
        .expect(0)
        .json();
    for (table, plan) in planned["tables"].as_object().unwrap() {
        assert_eq!(plan["rows"], done["tables"][table]["deleted"], "{table}");
        assert!(shown.contains(table.as_str()), "{shown}");
    }
    assert_eq!(
        planned["tables"]["fetch_runs"]["rows"], 1,
        "the newest of each kind stays"
    );
    assert_eq!(planned["tables"]["rejected_payloads"]["rows"], 1);
    assert_eq!(planned["cutoff"], EDGES[2]);
    assert_eq!(planned["months"], serde_json::json!(["2027-12", "2028-01"]));
    let bytes = |name: &str| done[name].as_i64().unwrap();
    assert!(bytes("bytes_after") < bytes("bytes_before"), "{done}");
}

#[test]
fn a_second_prune_has_nothing_to_do() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let before = dump(&connection);

    let finished = sandbox
        .run_at(IN_APRIL + DAY, &["prune", "--database", "a.db"])
        .expect(0);

    assert!(
        finished.stderr().contains("nothing to prune"),
        "{}",
        finished.stderr()
    );
    assert_eq!(before, dump(&connection));
}

#[test]
fn each_guard_refuses_and_names_the_flag_that_overrules_it() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    let all = [
        "--keep-unsummarized",
        "--without-backup",
        "--allow-large",
        "--ignore-clock",
    ];
    // What is wrong, the moment of the prune, and the flag.
    let cases = [
        ("no summary of December", IN_APRIL, "--keep-unsummarized"),
        ("no backup", IN_APRIL, "--without-backup"),
        ("first and large", IN_APRIL, "--allow-large"),
        ("clock behind", EDGES[4] - DAY, "--ignore-clock"),
        ("clock ahead", EDGES[4] + 366 * DAY, "--ignore-clock"),
    ];
    for (wrong, now, flag) in cases {
        let connection = with_history(&sandbox, &template, "a.db", &steady_history());
        summarize(&sandbox, now, "a.db");
        if wrong == "no summary of December" {
            forget_month(&connection, EDGES[0]);
        }
        let before = dump(&connection);
        let run = |flags: Vec<&str>| {
            let arguments: Vec<&str> = ["prune", "--database", "a.db", "--keep-months", "1"]
                .into_iter()
                .chain(flags)
                .collect();
            sandbox.run_at(now, &arguments)
        };

        let refused = run(all.iter().copied().filter(|other| *other != flag).collect()).expect(78);
        assert!(
            refused.stderr().contains(flag),
            "{wrong}: {}",
            refused.stderr()
        );
        assert_eq!(before, dump(&connection), "{wrong}");
        let planned = run(all
            .iter()
            .copied()
            .filter(|other| *other != flag)
            .chain(["--dry-run", "--json"])
            .collect())
        .expect(0)
        .json();
        assert_eq!(planned["would_be_refused"][0]["flag"], flag);

        run(all.to_vec()).expect(0);
        if flag == "--keep-unsummarized" {
            assert_eq!(before, dump(&connection), "December holds everything up");
        } else {
            assert_ne!(before, dump(&connection), "{wrong}");
        }
    }
}

#[test]
fn months_before_one_without_a_summary_can_go() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    forget_month(&connection, EDGES[1]);

    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(78);
    prune(&sandbox, IN_APRIL, "a.db", &["--keep-unsummarized"]).expect(0);

    assert_eq!(ids(&connection), steady_history().left_by_prune(EDGES[1]));
    summarize(&sandbox, IN_APRIL, "a.db");
    assert_eq!(summaries(&connection), steady_history().summaries(IN_APRIL));
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    assert_eq!(ids(&connection), steady_history().left_by_prune(EDGES[2]));
}

#[test]
fn a_recent_verified_backup_satisfies_the_guard() {
    let sandbox = Sandbox::new();
    drop(with_history(
        &sandbox,
        &template(&sandbox),
        "a.db",
        &steady_history(),
    ));
    sandbox
        .run_at(IN_APRIL, &["summarize", "--database", "a.db"])
        .expect(0);
    let prune =
        |now: i64| sandbox.run_at(now, &["prune", "--database", "a.db", "--keep-months", "3"]);

    assert_eq!(prune(IN_APRIL + 8 * DAY).code(), 78);
    prune(IN_APRIL + 7 * DAY).expect(0);
}

#[test]
fn only_months_before_the_cut_off_go() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for (keep, cutoff) in [
        ("1", EDGES[3]),
        ("2", EDGES[2]),
        ("3", EDGES[1]),
        ("4", EDGES[0]),
    ] {
        let connection = with_history(&sandbox, &template, "a.db", &steady_history());
        summarize(&sandbox, IN_APRIL, "a.db");

        prune(&sandbox, IN_APRIL, "a.db", &["--keep-months", keep]).expect(0);

        assert_eq!(
            ids(&connection),
            steady_history().left_by_prune(cutoff),
            "{keep}"
        );
    }
    assert_eq!(
        prune(&sandbox, IN_APRIL, "a.db", &["--keep-months", "0"]).code(),
        2
    );
}

#[test]
fn vacuum_gives_all_free_space_back() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");

    prune(&sandbox, IN_APRIL, "a.db", &["--vacuum"]).expect(0);

    let free: i64 = connection
        .query_row("PRAGMA freelist_count", [], |row| row.get(0))
        .unwrap();
    assert_eq!(free, 0);
    assert_eq!(rows(&connection, "PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn detail_without_any_month_is_never_deleted() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    connection
        .execute(
            "INSERT INTO faction_history (id, faction_id, timestamp) VALUES (9999, 1, -5)",
            [],
        )
        .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db");

    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

    assert!(ids(&connection)[1].contains(&9999));
}

#[test]
fn old_summaries_go_only_when_asked_and_confirmed() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let before = dump(&connection);
    let purge = |more: &[&str]| {
        let arguments: Vec<&str> = [
            "prune",
            "--database",
            "a.db",
            "--summaries-before",
            "2028-01",
        ]
        .iter()
        .chain(more)
        .copied()
        .collect();
        sandbox.run_at(IN_APRIL, &arguments)
    };

    let refused = purge(&[]).expect(78);
    assert!(refused.stderr().contains("--yes"), "{}", refused.stderr());
    purge(&["--dry-run"]).expect(0);
    assert_eq!(before, dump(&connection));
    purge(&["--yes"]).expect(0);

    let left = summaries(&connection);
    assert!(!left.is_empty());
    assert!(
        left.iter()
            .all(|line| !line.contains(&format!("|{}|", EDGES[0])))
    );
    summarize(&sandbox, IN_APRIL, "a.db");
    assert_eq!(
        summaries(&connection),
        left,
        "what prune left of that month makes no new summary"
    );
    assert_eq!(purge(&["--yes", "--vacuum"]).code(), 2);
}

#[test]
fn a_writer_gets_its_turn_while_a_prune_goes_on() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    connection
        .busy_timeout(std::time::Duration::from_secs(10))
        .unwrap();
    let child = sandbox
        .command(&[
            "prune",
            "--without-backup",
            "--allow-large",
            "--database",
            "a.db",
        ])
        .env("TORNSNAP_NOW", IN_APRIL.to_string())
        .spawn()
        .unwrap();

    for _ in 0..20 {
        connection
            .execute(
                "INSERT INTO faction_history (faction_id, timestamp) VALUES (1, ?)",
                [IN_APRIL],
            )
            .unwrap();
    }

    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let fresh: i64 = connection
        .query_row(
            "SELECT count(*) FROM faction_history WHERE timestamp = ?",
            [IN_APRIL],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(fresh, 20);
}
