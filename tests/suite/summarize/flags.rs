//! The months that a run summarizes, its flags, and the conditions on which it is refused.

use super::assert_refused;
use crate::month_model::{
    EDGES, IN_APRIL, steady_history, summaries, summarize, template, with_history,
    with_steady_history,
};
use crate::support::{Sandbox, rows};

#[test]
fn the_current_month_and_later_ones_are_refused() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));

    for month in ["2028-04", "2028-05"] {
        assert_refused(&sandbox, month, "not over before");
    }
    assert_eq!(sandbox.run(&["summarize", "--month", "2028-4"]).code(), 2);
}

#[test]
fn a_month_is_summarized_only_after_its_last_second() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);

    summarize(&sandbox, EDGES[1] - 1, "a.db", &[]);
    assert_eq!(summaries(&connection), Vec::<String>::new());
    summarize(&sandbox, EDGES[1], "a.db", &[]);

    assert_eq!(summaries(&connection), steady_history().summaries(EDGES[1]));
    assert!(!summaries(&connection).is_empty());
}

#[test]
fn a_single_month_can_be_summarized() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);

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
        "a run with nothing to do makes no backup"
    );
}

#[test]
fn a_backup_is_made_first_unless_no_backup_is_given() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
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
    drop(with_steady_history(&sandbox));
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
fn summarize_and_prune_are_refused_while_another_run_holds_the_lock() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    let lock = std::fs::File::create(sandbox.path("a.db.maintenance.lock")).unwrap();
    lock.lock().unwrap();

    for command in ["summarize", "prune"] {
        let finished = sandbox.run_at(IN_APRIL, &[command, "--database", "a.db", "--wait", "0"]);

        assert_eq!(finished.code(), 75, "{}", finished.stderr());
    }
}

#[test]
fn the_time_zone_does_not_change_the_database_file() {
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
fn the_statements_run_unchanged_in_the_sqlite3_shell() {
    // The sqlite3 shell, too, takes parameters that are not set as NULL.
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
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
