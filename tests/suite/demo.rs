//! `demo`: fetches, summaries, prunes and backups of months, by the code that serves a real database.

use rusqlite::Connection;

use crate::support::{Sandbox, rows};

#[test]
fn the_demo_summarizes_three_months_and_prints_commands_that_work() {
    let sandbox = Sandbox::new();

    let finished = sandbox.run(&["demo", "--days", "93"]).expect(0);

    let stderr = finished.stderr();
    let summarized: Vec<&str> = stderr
        .lines()
        .filter_map(|line| line.split_once(": summarized "))
        .map(|(_, rest)| rest.split_once(':').unwrap().0)
        .collect();
    assert_eq!(summarized, ["2026-03", "2026-04", "2026-05"], "{stderr}");
    let june = 1_780_574_400; // 2026-06-04
    let next = sandbox.run_at(
        june,
        &[
            "summarize",
            "--dry-run",
            "--database",
            "tornsnap-demo/tornsnap.db",
        ],
    );
    assert!(
        next.stderr().contains("nothing to summarize"),
        "{}",
        next.stderr()
    );

    let database = sandbox.path("tornsnap-demo/tornsnap.db");
    let connection = Connection::open(&database).unwrap();
    assert_eq!(
        rows(&connection, "SELECT DISTINCT status FROM fetch_runs"),
        ["ok"]
    );
    assert_eq!(
        rows(
            &connection,
            "SELECT count(*) > 100, min(record_count) >= 0 FROM player_stats_summary"
        ),
        ["1|1"]
    );
    let backups = sandbox.path("tornsnap-demo/backups");
    assert_eq!(
        std::fs::read_dir(backups).unwrap().count(),
        6,
        "three copies and their manifests"
    );
    let commands: Vec<String> = finished
        .stdout()
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix(env!("CARGO_BIN_EXE_tornsnap"))
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(commands.len(), 3, "{}", finished.stdout());
    for line in commands {
        let words: Vec<&str> = line.split_whitespace().collect();
        let finished = sandbox.run(&words).expect(0);
        assert!(
            !finished.0.stdout.is_empty() || !finished.stderr().is_empty(),
            "{line}"
        );
    }
}

#[test]
fn a_folder_with_other_files_is_refused() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("mine/tornsnap.toml", "database = \"precious.db\"\n");

    let finished = sandbox
        .run(&["demo", "--output", "mine", "--days", "1"])
        .expect(78);

    assert_eq!(
        finished.stderr(),
        "\
tornsnap: could not use the folder mine
  because: it has something in it that is not a demo's
  try: name another folder with --output
"
    );
    assert!(file.exists());
}
