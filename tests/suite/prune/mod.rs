//! `prune`: the rows that it deletes, the guards that refuse it, and its plan.

mod archive;
mod archive_agreement;
mod archive_damage;
mod archive_elsewhere;
mod archive_identity;
mod archive_place;
mod future;
pub(crate) mod lake;
mod lake_states;
mod lake_words;
mod pace;
mod since;
mod states;

use proptest::prelude::*;
use rusqlite::Connection;

use crate::month_model::{
    EDGES, IN_APRIL, IN_MARCH, any_history, dump, for_any_history, history_ids, prune,
    steady_history, summaries, summarize, template, with_history, with_steady_history,
};
use crate::support::{DAY, Sandbox, rows};

/// Deletes the summaries of a month and the record that they were written.
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

#[test]
fn prune_keeps_only_the_newest_known_values_of_old_months() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(8, any_history(), |history| {
        let connection = with_history(&sandbox, &template, "a.db", &history);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);

        prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

        prop_assert_eq!(history_ids(&connection), history.left_by_prune(EDGES[2]));
        Ok(())
    });
}

#[test]
fn a_prune_before_a_summarize_does_not_change_the_summaries() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, any_history(), |history| {
        let early = with_history(&sandbox, &template, "early.db", &history);
        let late = with_history(&sandbox, &template, "late.db", &history);
        summarize(&sandbox, IN_MARCH, "early.db", &[]);
        prune(
            &sandbox,
            IN_MARCH,
            "early.db",
            &["--keep-months", "1", "--ignore-clock"],
        )
        .expect(0);
        summarize(&sandbox, IN_APRIL, "early.db", &[]);
        summarize(&sandbox, IN_APRIL, "late.db", &[]);
        prune(&sandbox, IN_APRIL, "late.db", &[]).expect(0);
        summarize(&sandbox, IN_APRIL + DAY, "late.db", &[]);

        prop_assert_eq!(summaries(&early), history.summaries(IN_APRIL));
        prop_assert_eq!(summaries(&late), history.summaries(IN_APRIL));
        Ok(())
    });
}

#[test]
fn a_dry_run_plans_what_a_run_deletes_and_does_not_change_the_file() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
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
        "the newest run of each kind stays"
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
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
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

/// A state of the database that `prune` refuses.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Problem {
    NoSummaryOfDecember,
    NoBackup,
    FirstAndLarge,
    ClockBehind,
    ClockAhead,
}

impl Problem {
    /// A time at which `prune` has this problem.
    fn now(self) -> i64 {
        match self {
            Self::ClockBehind => EDGES[4] - DAY,
            Self::ClockAhead => EDGES[4] + 366 * DAY,
            _ => IN_APRIL,
        }
    }

    /// The flag that overrides the guard.
    fn flag(self) -> &'static str {
        match self {
            Self::NoSummaryOfDecember => "--keep-unsummarized",
            Self::NoBackup => "--without-backup",
            Self::FirstAndLarge => "--allow-large",
            Self::ClockBehind | Self::ClockAhead => "--ignore-clock",
        }
    }
}

#[test]
fn each_guard_names_the_flag_that_overrides_it() {
    for problem in [
        Problem::NoSummaryOfDecember,
        Problem::NoBackup,
        Problem::FirstAndLarge,
        Problem::ClockBehind,
        Problem::ClockAhead,
    ] {
        let now = problem.now();
        let sandbox = Sandbox::new();
        let connection = with_steady_history(&sandbox);
        summarize(&sandbox, now, "a.db", &[]);
        if problem == Problem::NoSummaryOfDecember {
            forget_month(&connection, EDGES[0]);
        }

        check_guard(&sandbox, &connection, problem);
    }
}

/// Checks that `prune` is refused with the flags of all other guards, and is not with this one as well.
fn check_guard(sandbox: &Sandbox, connection: &Connection, problem: Problem) {
    let (now, flag) = (problem.now(), problem.flag());
    let all = [
        "--keep-unsummarized",
        "--without-backup",
        "--allow-large",
        "--ignore-clock",
    ];
    let others: Vec<&str> = all.into_iter().filter(|other| *other != flag).collect();
    let run = |flags: &[&str]| {
        let command = &["prune", "--database", "a.db", "--keep-months", "1"];
        sandbox.run_at(now, &[command, flags].concat())
    };
    let before = dump(connection);

    let refused = run(&others).expect(78);
    assert!(
        refused.stderr().contains(flag),
        "{problem:?}: {}",
        refused.stderr()
    );
    assert_eq!(before, dump(connection), "{problem:?}");

    let dry_run = [&others[..], &["--dry-run", "--json"]].concat();
    let planned = run(&dry_run).expect(0).json();
    assert_eq!(planned["would_be_refused"][0]["flag"], flag);

    run(&all).expect(0);
    if problem == Problem::NoSummaryOfDecember {
        assert_eq!(
            before,
            dump(connection),
            "no month after December is pruned"
        );
    } else {
        assert_ne!(before, dump(connection), "{problem:?}");
    }
}

#[test]
fn months_before_one_without_a_summary_can_be_pruned() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    forget_month(&connection, EDGES[1]);

    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(78);
    prune(&sandbox, IN_APRIL, "a.db", &["--keep-unsummarized"]).expect(0);

    assert_eq!(
        history_ids(&connection),
        steady_history().left_by_prune(EDGES[1])
    );
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(summaries(&connection), steady_history().summaries(IN_APRIL));
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    assert_eq!(
        history_ids(&connection),
        steady_history().left_by_prune(EDGES[2])
    );
}

#[test]
fn a_recent_verified_backup_satisfies_the_guard() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    sandbox
        .run_at(IN_APRIL, &["summarize", "--database", "a.db"])
        .expect(0);
    let prune =
        |now: i64| sandbox.run_at(now, &["prune", "--database", "a.db", "--keep-months", "3"]);

    assert_eq!(prune(IN_APRIL + 8 * DAY).code(), 78);
    prune(IN_APRIL + 7 * DAY).expect(0);
}

#[test]
fn only_months_before_the_cutoff_are_pruned() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for (keep, cutoff) in [
        ("1", EDGES[3]),
        ("2", EDGES[2]),
        ("3", EDGES[1]),
        ("4", EDGES[0]),
    ] {
        let connection = with_history(&sandbox, &template, "a.db", &steady_history());
        summarize(&sandbox, IN_APRIL, "a.db", &[]);

        prune(&sandbox, IN_APRIL, "a.db", &["--keep-months", keep]).expect(0);

        assert_eq!(
            history_ids(&connection),
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
fn vacuum_leaves_no_free_pages() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    prune(&sandbox, IN_APRIL, "a.db", &["--vacuum"]).expect(0);

    let free: i64 = connection
        .query_row("PRAGMA freelist_count", [], |row| row.get(0))
        .unwrap();
    assert_eq!(free, 0);
    assert_eq!(rows(&connection, "PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn rows_with_negative_timestamps_are_never_deleted() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    connection
        .execute(
            "INSERT INTO faction_history (id, faction_id, timestamp) VALUES (9999, 1, -5)",
            [],
        )
        .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

    assert!(history_ids(&connection).factions.contains(&9999));
}

#[cfg(unix)]
#[test]
fn ctrl_c_at_the_question_deletes_no_summaries() {
    use crate::support::pty::{CTRL_C, Pty};

    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = summaries(&connection);
    let arguments = [
        "prune",
        "--database",
        "a.db",
        "--summaries-before",
        "2028-01",
    ];
    for (keys, exit) in [(CTRL_C, 130), ("n\r", 78), ("y\r", 0)] {
        assert_eq!(before, summaries(&connection));
        let mut pty = Pty::start(&sandbox.command(&arguments), 60);
        pty.expect("[y/N]");
        pty.send(keys);
        pty.expect_exit(exit);
        assert!(
            !pty.raw().contains("\u{1b}[?25l") || pty.raw().contains("\u{1b}[?25h"),
            "{}",
            pty.raw()
        );
    }
    assert_ne!(before, summaries(&connection));
}

#[test]
fn old_summaries_are_deleted_only_with_both_flags() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let before = dump(&connection);
    let purge = |more: &[&str]| {
        let command = &[
            "prune",
            "--database",
            "a.db",
            "--summaries-before",
            "2028-01",
        ];
        sandbox.run_at(IN_APRIL, &[&command[..], more].concat())
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
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(
        summaries(&connection),
        left,
        "the rows that prune left of that month get no new summary"
    );
    assert_eq!(purge(&["--yes", "--vacuum"]).code(), 2);
}

#[test]
fn another_program_can_write_during_a_prune() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
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
