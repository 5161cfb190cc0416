//! The symptoms in `src/docs/troubleshooting.md` are what the program says.

use std::fs;

use rusqlite::Connection;

use super::markdown::page;
use crate::support::Sandbox;
#[cfg(unix)]
use crate::support::set_mode;

const KEY: &str = "SomeKeyOfAlice01";

const NO_SERVER: &str = "http://127.0.0.1:9";

/// A configuration with one key, and a database.
fn set_up() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("alice.key", KEY);
    configure(&sandbox, "");
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    sandbox
}

fn configure(sandbox: &Sandbox, more: &str) {
    let key = "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n[track]\nplayers = [1]\n";
    sandbox.write("tornsnap.toml", &format!("{key}{more}"));
}

/// Asserts that a command fails, and that its error and the page contain these symptoms. No call leaves this machine.
#[track_caller]
fn assert_fails(sandbox: &Sandbox, arguments: &[&str], symptoms: &[&str]) {
    let variable = ("TORNSNAP_API_URL", NO_SERVER);
    assert_fails_with_variable(sandbox, arguments, variable, symptoms);
}

/// The same with another environment variable.
#[track_caller]
fn assert_fails_with_variable(
    sandbox: &Sandbox,
    arguments: &[&str],
    variable: (&str, &str),
    symptoms: &[&str],
) {
    let mut command = sandbox.command(arguments);
    let finished = command.env(variable.0, variable.1).output().unwrap();
    assert!(!finished.status.success(), "{arguments:?}");
    assert_both_contain(&String::from_utf8(finished.stderr).unwrap(), symptoms);
}

#[track_caller]
fn assert_both_contain(stderr: &str, symptoms: &[&str]) {
    let page = page("troubleshooting.md");
    for symptom in symptoms {
        assert!(stderr.contains(symptom), "{symptom:?} is not in {stderr}");
        assert!(page.contains(symptom), "{symptom:?} is not on the page");
    }
}

#[test]
fn the_symptoms_of_keys_are_those_of_the_program() {
    let sandbox = set_up();
    sandbox.write("alice.key", "x");
    assert_fails(
        &sandbox,
        &["fetch", "players"],
        &["it has 1 letters and digits, and a Torn key has 16"],
    );
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    assert_fails(
        &sandbox,
        &["fetch", "players"],
        &["could not find an API key"],
    );
}

#[cfg(unix)]
#[test]
fn the_symptoms_of_files_that_others_can_read_are_those_of_the_program() {
    let sandbox = set_up();
    set_mode(&sandbox.path("alice.key"), 0o644);
    assert_fails(
        &sandbox,
        &["fetch", "players"],
        &[
            "could not trust alice.key",
            "others can read it (mode 0644)",
        ],
    );
    set_mode(&sandbox.path("tornsnap.toml"), 0o644);
    assert_fails(
        &sandbox,
        &["fetch", "players"],
        &["could not trust tornsnap.toml"],
    );
}

#[test]
fn the_symptoms_of_the_configuration_are_those_of_the_program() {
    let sandbox = set_up();
    configure(&sandbox, "no_such_field = 1\n");
    assert_fails(&sandbox, &["fetch", "players"], &["unknown field"]);
    sandbox.write("tornsnap.toml", "database = \"C:\\Games\\x.db\"\n");
    assert_fails(
        &sandbox,
        &["fetch", "players"],
        &["in double quotes, a backslash begins an escape"],
    );
    sandbox.write("tornsnap.toml", "database = \"C:\\torn.db\"\n");
    assert_fails(
        &sandbox,
        &["fetch", "players"],
        &["the path contains a tab"],
    );
    sandbox.write("tornsnap.toml", "database = \"\"\n");
    assert_fails(&sandbox, &["fetch", "players"], &["the path is empty"]);
    sandbox.write("tornsnap.toml", "[log]\nfile = \"tornsnap.toml\"\n");
    assert_fails(
        &sandbox,
        &["fetch", "players"],
        &["it is a file of tornsnap itself"],
    );
    configure(&sandbox, "[api]\nrequests_per_minute = 0\n");
    // Refused before any call, and only for the address of Torn.
    assert_fails_with_variable(
        &sandbox,
        &["fetch", "players"],
        ("TORNSNAP_API_URL", "https://api.torn.com/v2"),
        &["could not accept requests_per_minute = 0"],
    );
    assert_fails(
        &sandbox,
        &["fetch", "players", "--config", "none.toml"],
        &["could not read the configuration", "there is no such file"],
    );
}

#[test]
fn the_symptoms_of_the_database_are_those_of_the_program() {
    let sandbox = set_up();
    let export = ["export", "players"];
    assert_fails(
        &sandbox,
        &["export", "player_latst"],
        &["there is no such table or view"],
    );
    sandbox
        .sqlite()
        .execute("INSERT INTO schema_version (version) VALUES (99)", [])
        .unwrap();
    assert_fails(&sandbox, &export, &["a newer tornsnap wrote it"]);
    fs::write(sandbox.database(), "").unwrap();
    assert_fails(&sandbox, &export, &["it is empty"]);
    fs::write(sandbox.database(), "no database, but a text\n".repeat(50)).unwrap();
    assert_fails(&sandbox, &export, &["it is not an SQLite database"]);
    fs::remove_file(sandbox.database()).unwrap();
    assert_fails(
        &sandbox,
        &export,
        &[
            "could not open the database tornsnap.db",
            "there is no such file",
        ],
    );
    let foreign = Connection::open(sandbox.database()).unwrap();
    foreign.execute("CREATE TABLE notes (text)", []).unwrap();
    assert_fails(&sandbox, &export, &["it belongs to another program"]);
}

#[test]
fn the_symptoms_of_fetching_are_those_of_the_program() {
    let sandbox = set_up();
    assert_fails(
        &sandbox,
        &["fetch", "all", "--faction", "10741", "10742"],
        &["--faction takes one value at a time"],
    );
    let players = ["fetch", "players"];
    assert_fails_with_variable(
        &sandbox,
        &players,
        ("HTTPS_PROXY", "socks5://localhost:1"),
        &["could not use the proxy"],
    );
    assert_fails(&sandbox, &players, &["no connection: "]);
    sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO players (player_id, name) VALUES (1, 'One');
             INSERT INTO player_stats_history (player_id, timestamp, level)
             VALUES (1, unixepoch('2030-01-01'), 5);",
        )
        .unwrap();
    assert_fails(&sandbox, &players, &["could not use the clock"]);
}

#[test]
fn the_symptoms_of_backups_are_those_of_the_program() {
    let sandbox = set_up();
    let restoring = ["restore", "latest"];
    assert_fails(&sandbox, &restoring, &["the backup folder is not there"]);
    fs::create_dir(sandbox.path("backups")).unwrap();
    let none = "there is none with a manifest of tornsnap's";
    assert_fails(&sandbox, &restoring, &[none]);
    sandbox.run(&["backup"]).expect(0);
    fs::remove_dir_all(sandbox.path("backups")).unwrap();
    assert_fails(
        &sandbox,
        &["backup"],
        &[
            "there were backups of this database here",
            "and the folder is not there",
        ],
    );
}
