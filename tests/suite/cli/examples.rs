//! The examples in the help, run as they are written.
#![cfg(unix)]

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;

use super::visible_commands;
use crate::schedules::has_program;
use crate::support::torn::Torn;
use crate::support::{CANARY, DAY, Finished, NOW, Sandbox};

/// The lines of all examples in the help of a command.
fn examples(sandbox: &Sandbox, command: &str) -> Vec<String> {
    let help = sandbox.run(&[command, "--help"]).expect(0).stdout();
    let examples = help.split_once("\nExamples:\n").unwrap().1;
    examples
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .map(str::to_owned)
        .collect()
}

/// A database with history of March and February, summaries, and a backup.
fn world() -> Torn {
    let torn = Torn::new();
    torn.simulator.edit(|world| {
        world.pin_faction(10_741);
    });
    torn.sandbox.write("alice.key", &format!("{CANARY}\n"));
    torn.sandbox.run(&["fetch", "all"]).expect(0);
    torn.sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect)
             WITH RECURSIVE day (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM day WHERE number < 50)
             SELECT 9, {NOW} - number * {DAY}, number FROM day"
        ))
        .unwrap();
    torn.sandbox.run(&["summarize"]).expect(0);
    torn.sandbox.run(&["backup"]).expect(0);
    add_sources(&torn.sandbox);
    torn
}

/// The files that the examples of `import` read: a database of the Python program, and one of another tornsnap.
fn add_sources(sandbox: &Sandbox) {
    Connection::open(sandbox.path("old-bot.db"))
        .unwrap()
        .execute_batch(
            "CREATE TABLE factions (faction_id INTEGER PRIMARY KEY, name TEXT);
             INSERT INTO factions VALUES (77, 'Old Bots');",
        )
        .unwrap();
    Connection::open(sandbox.path("tornsnap.db"))
        .unwrap()
        .execute("VACUUM INTO ?1", [sandbox.path("other.db").to_str()])
        .unwrap();
}

fn run(torn: &Torn, line: &str) -> Finished {
    let program = Path::new(env!("CARGO_BIN_EXE_tornsnap")).parent().unwrap();
    let path = format!("{}:{}", program.display(), env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(torn.sandbox.path(""))
        .env_clear()
        .env("PATH", path)
        .env("HOME", torn.sandbox.path(""))
        .env("TORNSNAP_API_URL", torn.simulator.url())
        .env("TORNSNAP_NOW", NOW.to_string())
        .stdin(Stdio::null())
        .output();
    Finished(output.unwrap())
}

#[test]
fn every_example_works_as_it_is_written() {
    let torn = world();
    let mut seen = 0;
    for command in visible_commands(&torn.sandbox) {
        for line in examples(&torn.sandbox, &command) {
            seen += 1;
            let finished = run(&torn, &shortened(&line));
            let (code, stderr) = (finished.code(), finished.stderr());
            assert!(expected(&line).contains(&code), "{line}: {code} {stderr}");
        }
    }
    assert!(seen > 25, "{seen}");
}

/// A hundred days take long in a build for tests; `tests/suite/demo.rs` plays them.
fn shortened(line: &str) -> String {
    match line {
        "tornsnap demo" => "tornsnap demo --days 2".to_owned(),
        line => line.replace("--days 35", "--days 2"),
    }
}

fn expected(line: &str) -> &'static [i32] {
    // The state of the world is not what is tested, and it has no webhook.
    if line.contains(" health") {
        &[0, 1, 2, 3]
    } else if line.contains("schedule install") && !has_program("crontab") {
        // A machine with neither cron nor systemd has no scheduler.
        &[0, 78]
    } else {
        &[0]
    }
}
