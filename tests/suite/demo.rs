//! `demo`: fetches, summaries, prunes and backups of months, by the code that serves a real database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::schedules::has_program;
use crate::support::torn::Torn;
use crate::support::{DAY, Finished, NOW, Sandbox, native, rows};

const DATABASE: &str = "tornsnap-demo/tornsnap.db";

/// These are in one test because a demo of so many days takes long.
#[test]
fn the_demo_summarizes_finished_months_ends_now_in_good_health_and_prints_commands_that_work() {
    let sandbox = Sandbox::new();

    let finished = sandbox.run(&["demo", "--days", "35"]).expect(0);

    assert_eq!(
        summarized_months(&finished),
        ["2026-02", "2026-03"],
        "{}",
        finished.stderr()
    );
    expect_no_month_to_summarize(&sandbox);
    expect_recorded_history(&sandbox.path(DATABASE));
    expect_good_health_now(&sandbox, &finished);
    let backups = sandbox.path("tornsnap-demo/backups");
    assert_eq!(
        fs::read_dir(backups).unwrap().count(),
        6,
        "a copy for each month, one at the end, and their manifests"
    );
    run_printed_commands(&sandbox, &finished);
    // These commands change nothing that keeps the next demo from replacing this one.
    sandbox.run(&["demo", "--days", "1"]).expect(0);
    assert_eq!(
        fs::read_dir(sandbox.path("tornsnap-demo/backups"))
            .unwrap()
            .count(),
        4,
        "a copy for the month that ended, one at the end, and their manifests"
    );
}

#[test]
fn the_same_clock_and_seed_give_the_same_history() {
    let dump = |sandbox: &Sandbox| {
        sandbox.run(&["demo", "--days", "5"]).expect(0);
        rows(
            &Connection::open(sandbox.path(DATABASE)).unwrap(),
            "SELECT player_id, timestamp, level, networth FROM player_stats_history ORDER BY player_id, timestamp",
        )
    };

    assert_eq!(dump(&Sandbox::new()), dump(&Sandbox::new()));
}

/// The months that the demo says it has summarized.
fn summarized_months(finished: &Finished) -> Vec<String> {
    finished
        .stderr()
        .lines()
        .filter_map(|line| line.split_once(": summarized "))
        .map(|(_, rest)| rest.split_once(':').unwrap().0.to_owned())
        .collect()
}

fn expect_no_month_to_summarize(sandbox: &Sandbox) {
    let next = sandbox.run(&["summarize", "--dry-run", "--database", DATABASE]);
    assert!(
        next.stderr().contains("nothing to summarize"),
        "{}",
        next.stderr()
    );
}

fn expect_recorded_history(database: &Path) {
    let connection = Connection::open(database).unwrap();
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
}

fn expect_good_health_now(sandbox: &Sandbox, finished: &Finished) {
    let newest: i64 = Connection::open(sandbox.path(DATABASE))
        .unwrap()
        .query_row("SELECT max(started_at) FROM fetch_runs", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(newest, NOW);
    let stdout = finished.stdout();
    assert!(stdout.contains("\nTORNSNAP OK - "), "{stdout}");
    assert!(
        stdout.contains("The players who gained most networth in 2026-03"),
        "{stdout}"
    );
    sandbox
        .run(&["health", "--config", "tornsnap-demo/tornsnap.toml"])
        .expect(0);
    let late = sandbox
        .run_at(
            NOW + 9 * DAY,
            &["health", "--config", "tornsnap-demo/tornsnap.toml"],
        )
        .expect(2);
    assert!(
        late.stdout().contains("nothing fetches into a demo"),
        "{}",
        late.stdout()
    );
    assert!(
        !late.stdout().contains("tornsnap fetch"),
        "{}",
        late.stdout()
    );
}

/// Runs the commands that the demo suggests. Each must succeed, and an export must have rows.
fn run_printed_commands(sandbox: &Sandbox, finished: &Finished) {
    let stdout = finished.stdout();
    let commands: Vec<&str> = stdout
        .lines()
        .filter_map(|line| line.trim().strip_prefix(env!("CARGO_BIN_EXE_tornsnap")))
        .collect();
    assert_eq!(commands.len(), 4, "{stdout}");
    for command in commands {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        let finished = sandbox.run(&arguments).expect(0);
        if command.contains(" export ") {
            assert!(finished.stdout().lines().count() > 1, "{command}");
        }
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
        format!(
            "\
tornsnap: could not use the folder mine
  because: {} is not from a demo
  try: name another folder with --output; a new one is made
",
            native("mine/tornsnap.toml")
        )
    );
    assert!(file.exists());
}

/// A change that the user makes in the folder of a demo.
struct UserChange {
    make: fn(&Sandbox),
    /// The cause that the error names.
    message: &'static str,
}

const USER_CHANGES: [UserChange; 6] = [
    UserChange {
        make: |sandbox| write(sandbox, "notes.txt"),
        message: "tornsnap-demo/notes.txt is not from a demo",
    },
    UserChange {
        make: |sandbox| write(sandbox, "backups/tornsnap-20250101T000000Z.db"),
        message: "tornsnap-demo/backups/tornsnap-20250101T000000Z.db is not from a demo",
    },
    UserChange {
        make: |sandbox| write(sandbox, "tornsnap.db.before-20250101T000000Z"),
        message: "tornsnap-demo/tornsnap.db.before-20250101T000000Z is not from a demo",
    },
    UserChange {
        make: |sandbox| fs::create_dir(sandbox.path("tornsnap-demo/charts")).unwrap(),
        message: "tornsnap-demo/charts is not from a demo",
    },
    UserChange {
        make: |sandbox| {
            let path = sandbox.path("tornsnap-demo/tornsnap.toml");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, text.replace("9001", "9001, 10741")).unwrap();
        },
        message: "tornsnap-demo/tornsnap.toml was changed after the demo wrote it",
    },
    UserChange {
        make: |sandbox| {
            Connection::open(sandbox.path(DATABASE))
                .unwrap()
                .execute_batch("CREATE TABLE my_notes (note TEXT)")
                .unwrap();
        },
        message: "tornsnap-demo/tornsnap.db was changed after the demo wrote it",
    },
];

fn write(sandbox: &Sandbox, name: &str) {
    sandbox.write(&format!("tornsnap-demo/{name}"), "Dear diary");
}

#[test]
fn an_earlier_demo_is_replaced_only_if_the_user_changed_nothing_in_its_folder() {
    let original = Sandbox::new();
    original.run(&["demo", "--days", "1"]).expect(0);
    let demo = contents(&original.path("tornsnap-demo"));
    let copy = || {
        let sandbox = Sandbox::new();
        write_contents(&demo, &original.path(""), &sandbox.path(""));
        sandbox
    };
    copy().run(&["demo", "--days", "1"]).expect(0);
    for change in USER_CHANGES {
        let sandbox = copy();
        (change.make)(&sandbox);
        let before = contents(&sandbox.path("tornsnap-demo"));

        let refused = sandbox.run(&["demo", "--days", "1"]).expect(78);

        assert_eq!(
            refused.stderr(),
            format!(
                "\
tornsnap: could not use the folder tornsnap-demo
  because: {}
  try: move that file to another folder, or name another folder with --output
",
                native(change.message)
            )
        );
        assert_eq!(contents(&sandbox.path("tornsnap-demo")), before);
    }
}

#[test]
fn a_demo_that_was_killed_before_it_recorded_its_files_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.run(&["demo", "--days", "1"]).expect(0);
    fs::remove_file(sandbox.path("tornsnap-demo/tornsnap-demo.json")).unwrap();
    let before = contents(&sandbox.path("tornsnap-demo"));

    let refused = sandbox.run(&["demo", "--days", "1"]).expect(78);

    assert_eq!(
        refused.stderr(),
        "\
tornsnap: could not use the folder tornsnap-demo
  because: its demo was killed before it ended, or is of an older tornsnap
  try: delete the folder, or name another one with --output
"
    );
    assert_eq!(contents(&sandbox.path("tornsnap-demo")), before);
}

#[cfg(unix)]
#[test]
fn an_interrupted_demo_is_replaced() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(&["demo", "--days", "1000"])
        .spawn()
        .unwrap();
    while !sandbox.path(DATABASE).exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        crate::support::pause();
    }
    crate::support::signal(&child, "INT");
    let finished = Finished(child.wait_with_output().unwrap()).expect(130);
    let stderr = finished.stderr();
    assert!(
        stderr.contains("tornsnap: could not finish the demo\n  because: it was interrupted; tornsnap-demo has the days up to "),
        "{stderr}"
    );

    sandbox.run(&["demo", "--days", "1"]).expect(0);
}

/// The bytes of each file below a folder; `None` for a folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
            found.insert(path, None);
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, Some(bytes));
        }
    }
    found
}

/// Writes contents that were read below one folder to the same paths below another.
fn write_contents(contents: &BTreeMap<PathBuf, Option<Vec<u8>>>, from: &Path, to: &Path) {
    for (path, bytes) in contents {
        let path = to.join(path.strip_prefix(from).unwrap());
        match bytes {
            None => fs::create_dir_all(path).unwrap(),
            Some(bytes) => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
        }
    }
}

#[test]
fn nothing_calls_the_simulated_torn_of_a_demo_that_has_ended_and_the_next_demo_replaces_it() {
    let sandbox = Sandbox::new();
    sandbox.run(&["demo", "--days", "1"]).expect(0);
    let config = ["--config", "tornsnap-demo/tornsnap.toml"];
    let mut commands = vec![
        &["fetch", "all"][..],
        &["schedule", "install", "--for", "cron"],
        &["config", "check", "--online"],
        &["init", "--non-interactive"],
    ];
    if cfg!(unix) && has_program("crontab") {
        commands.push(&["schedule", "install", "--for", "cron", "--dry-run"]);
    }
    for arguments in commands {
        let finished = sandbox.run(&[&config, arguments].concat());

        let told = finished.stdout() + &finished.stderr();
        assert!(
            told.contains("its simulated Torn ran only while the demo played"),
            "{arguments:?}: {told}"
        );
        assert!(
            told.contains("`tornsnap export --list --config tornsnap-demo/tornsnap.toml`"),
            "{arguments:?}: {told}"
        );
        let is_preview = arguments.contains(&"--dry-run");
        assert_eq!(finished.code() == 0, is_preview, "{arguments:?}: {told}");
    }

    let told = |arguments: &[&str]| sandbox.run(&[&config, arguments].concat()).stdout();
    let mut looks = vec![&["config", "check"][..], &["health"]];
    if cfg!(unix) && has_program("crontab") {
        looks.push(&["schedule", "show", "--for", "cron"]);
    }
    for told in looks.into_iter().map(told) {
        assert!(
            told.contains("the configuration of a demo has no jobs"),
            "{told}"
        );
        assert!(!told.contains("run `tornsnap schedule install`"), "{told}");
    }

    expect_no_call_to_another_torn(&sandbox, config);

    if cfg!(unix) && has_program("crontab") {
        expect_jobs_without_the_address(&sandbox, config);
    }
    sandbox.run(&["demo", "--days", "1"]).expect(0);
}

/// Without the address of the simulated Torn, this is a configuration like any other.
fn expect_jobs_without_the_address(sandbox: &Sandbox, config: [&str; 2]) {
    let text = fs::read_to_string(sandbox.path(config[1])).unwrap();
    let (before, after) = text.split_once("base_url").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    sandbox.write(config[1], &format!("{before}{after}"));
    let preview = ["schedule", "install", "--for", "cron", "--dry-run"];
    let finished = sandbox.run(&[&config, &preview[..]].concat()).expect(0);
    assert!(
        !finished.stderr().contains("demo played"),
        "{}",
        finished.stderr()
    );
    sandbox.write(config[1], &text);
}

/// The rows of another world would be mixed with those of the demo.
fn expect_no_call_to_another_torn(sandbox: &Sandbox, config: [&str; 2]) {
    let other = Torn::new();
    let commands: [&[&str]; 3] = [
        &["fetch", "all"],
        &["config", "check", "--online"],
        &["init", "--non-interactive"],
    ];
    for arguments in commands {
        let finished = sandbox
            .command(&[&config, arguments].concat())
            .env("TORNSNAP_API_URL", other.simulator.url())
            .output()
            .unwrap();

        let finished = Finished(finished).expect(78);
        let told = finished.stdout() + &finished.stderr();
        assert!(
            told.contains("its simulated Torn ran only while the demo played"),
            "{arguments:?}: {told}"
        );
    }
    assert_eq!(other.calls(), 0);
}
