//! `config check`: all problems at once, and nothing is changed.

use std::collections::BTreeSet;
use std::fs;
#[cfg(unix)]
use std::time::Duration;

use serde_json::Value;
use tornsnap::testing::sim::{Fault, FaultKind};
use tornsnap::testing::store::Store;

#[cfg(unix)]
use crate::support::signal;
use crate::support::torn::{BOBS_KEY, Torn};
use crate::support::{CANARY, Finished, Sandbox, set_mode};

/// The findings with this state, each as "subject: message".
fn findings(report: &Value, state: &str) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["state"] == state)
        .map(|finding| {
            format!(
                "{}: {}",
                finding["subject"].as_str().unwrap(),
                finding["message"].as_str().unwrap()
            )
        })
        .collect()
}

fn check(sandbox: &Sandbox, code: i32) -> Value {
    sandbox
        .run(&["config", "check", "--json"])
        .expect(code)
        .json()
}

#[track_caller]
fn expect_problem(report: &Value, part: &str) {
    let problems = findings(report, "problem");
    assert!(
        problems.iter().any(|problem| problem.contains(part)),
        "{part:?} is not in {problems:#?}"
    );
}

#[test]
fn a_usable_configuration_has_no_problem_and_nothing_is_changed() {
    let torn = Torn::new();
    let names = || -> BTreeSet<_> {
        let entries = fs::read_dir(torn.sandbox.path("")).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    let (before, bytes) = (names(), fs::read(torn.sandbox.database()).unwrap());

    let report = check(&torn.sandbox, 0);

    assert_eq!(findings(&report, "problem"), [""; 0]);
    assert_eq!(report["problems"], 0);
    assert_eq!(names(), before);
    assert_eq!(fs::read(torn.sandbox.database()).unwrap(), bytes);
    assert!(torn.asked().is_empty());
    let quiet = torn.sandbox.run(&["config", "check", "-q"]).expect(0);
    assert_eq!(quiet.stdout() + &quiet.stderr(), "");
}

#[test]
fn all_problems_are_shown_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        "database = \"tornsnap.db\"\n\
         [api]\n\
         concurency = 3\n\
         [track]\n\
         factions = [\"10741\"]\n\
         players = 5\n\
         [[key]]\n\
         name = \"alice\"\n\
         key_file = \"alice.key\"\n\
         [health]\n\
         webhook_url_file = \"hook\"\n\
         [log]\n\
         file = \"logs\"\n",
    );
    fs::create_dir(sandbox.path("logs")).unwrap();
    sandbox.write("hook", "nothing\n");

    let report = check(&sandbox, 78);

    for part in [
        "line 3: unknown field `concurency` in [api] (did you mean `concurrency`?)",
        "line 5: each entry of factions must be a whole number; the line is: factions = [\"10741\"]",
        "line 6: players must be a list of numbers, such as [10741]",
        "key alice: alice.key: there is no such file",
        "webhook: hook: there is no https:// address in it",
        "logs: it is not a regular file",
        "database: could not open the database tornsnap.db: there is no such file",
    ] {
        expect_problem(&report, part);
    }
    assert_eq!(report["problems"], 7);
    let lines: Vec<i64> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["line"].as_i64())
        .collect();
    assert_eq!(lines, [3, 5, 6]);
    for word in ["sequence", "i64", "expected a "] {
        assert!(!report.to_string().contains(word), "{word}");
    }
}

#[test]
fn two_places_for_the_address_of_the_webhook_are_one_too_many() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        "[health]\nwebhook_url_file = \"hook\"\nwebhook_url_env = \"HOOK\"\n",
    );

    let report = check(&sandbox, 78);

    expect_problem(
        &report,
        "line 3: webhook_url_file and webhook_url_env are both there; remove one of them",
    );
}

#[test]
fn a_wrong_field_is_no_reason_to_complain_about_its_default() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        "database = 3\n[[key]]\nkey = \"short\"\n[track]\nplayers = 5\n",
    );

    let report = check(&sandbox, 78);

    assert_eq!(report["problems"], 3, "{report:#}");
    assert_eq!(report["warnings"], 0, "{report:#}");
}

#[test]
fn keys_that_cannot_be_used_end_with_77() {
    let torn = Torn::new();
    let url = torn.simulator.url();
    let with_key = |table: &str| {
        torn.sandbox.write(
            "tornsnap.toml",
            &format!("[api]\nbase_url = \"{url}\"\n[track]\nplayers = [1]\n{table}"),
        );
    };
    torn.sandbox.write("words.key", "my key is here\n");

    for (table, part) in [
        ("", "keys: tornsnap.toml has no [[key]]"),
        (
            "[[key]]\nkey_file = \"words.key\"\n",
            "key key1: words.key: it has blanks in it",
        ),
        (
            "[[key]]\nkey_env = \"NO_SUCH_KEY\"\n",
            "key key1: the environment variable NO_SUCH_KEY is not set",
        ),
    ] {
        with_key(table);
        expect_problem(&check(&torn.sandbox, 77), part);
    }
    if cfg!(unix) {
        torn.sandbox.write("open.key", &format!("{CANARY}\n"));
        set_mode(&torn.sandbox.path("open.key"), 0o640);
        with_key("[[key]]\nkey_file = \"open.key\"\n");
        let report = check(&torn.sandbox, 77);
        expect_problem(&report, "others can read it (mode 0640)");
        assert!(!report.to_string().contains(CANARY));
        assert!(report.to_string().contains("chmod 600 open.key"));
    }
}

#[cfg(unix)]
#[test]
fn an_exposed_configuration_is_still_read_to_the_end() {
    let torn = Torn::new();
    torn.follow("[log]\nkeep = 0\n");
    set_mode(&torn.sandbox.path("tornsnap.toml"), 0o644);

    let report = check(&torn.sandbox, 78);

    expect_problem(&report, "others can read it (mode 0644)");
    expect_problem(&report, "keep = 0 is not from 1 to 99");
}

#[test]
fn a_database_that_is_not_ours_or_an_archive_is_a_problem() {
    let torn = Torn::new();
    let sandbox = &torn.sandbox;
    for (name, make) in [
        (
            "it is not an SQLite database",
            "INSERT INTO x VALUES (1)", // Written as text.
        ),
        (
            "it belongs to another program",
            "PRAGMA application_id = 7; CREATE TABLE x (a)",
        ),
    ] {
        let path = sandbox.path("foreign.db");
        fs::remove_file(&path).unwrap_or_default();
        if name.contains("SQLite") {
            fs::write(&path, make.repeat(50)).unwrap();
        } else {
            let foreign = rusqlite::Connection::open(&path).unwrap();
            foreign.execute_batch(make).unwrap();
        }
        let before = fs::read(&path).unwrap();

        let finished = sandbox.run(&["config", "check", "--json", "--database", "foreign.db"]);

        expect_problem(&finished.expect(78).json(), name);
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    drop(Store::create(&sandbox.path("other.db")).unwrap());
    torn.follow("[track]\nplayers = [1]\n[retention]\narchive = \"other.db\"\n");
    expect_problem(
        &check(sandbox, 78),
        "other.db: it is a database, and no archive",
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_made_or_written_is_a_problem() {
    let torn = Torn::new();
    torn.sandbox.write("taken", "a file");
    torn.follow("[track]\nplayers = [1]\n[backup]\ndirectory = \"taken/backups\"\n");
    expect_problem(&check(&torn.sandbox, 78), "backups: ");

    torn.follow("[track]\nplayers = [1]\n[backup]\ndirectory = \"/proc/backups\"\n");
    expect_problem(
        &check(&torn.sandbox, 78),
        "backups: /proc/backups does not exist, and cannot be made in /proc: ",
    );
}

#[test]
fn a_wrong_environment_variable_is_named() {
    let torn = Torn::new();
    let output = torn
        .sandbox
        .command(&["config", "check", "--json"])
        .env("TORNSNAP_API_URL", "nonsense")
        .output();

    let report = Finished(output.unwrap()).expect(78).json();

    expect_problem(&report, "settings: could not use TORNSNAP_API_URL: ");
}

#[test]
fn a_proxy_that_is_not_supported_is_a_problem() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    let output = sandbox
        .command(&["config", "check", "--json"])
        .env("HTTPS_PROXY", "socks5://me:canary-pw@proxy:1")
        .output();
    let finished = Finished(output.unwrap()).expect(78);

    expect_problem(&finished.json(), "api: ");
    assert!(!finished.stdout().contains("canary-pw"));
}

#[test]
fn online_asks_torn_about_the_keys_and_the_ids_within_the_budget() {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 60\n",
        "[track]\nfactions = [9]\nplayers = [2]\n",
    );

    let report = torn
        .sandbox
        .run(&["config", "check", "--online", "--json"])
        .expect(0)
        .json();

    let fine = findings(&report, "ok").join("\n");
    assert!(fine.contains("faction 9: Real 9"), "{fine}");
    assert!(fine.contains("player 2: Player 2, level 12"), "{fine}");
    assert!(
        fine.contains("key key1: Torn accepts it: Full Access, the key of player 1"),
        "{fine}"
    );
    assert_eq!(torn.asked().len(), 3, "{:?}", torn.asked());
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM api_requests"), 3);
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM fetch_runs"), 0);
}

/// The rows of all tables but the one with the calls, and the schema.
fn content(torn: &Torn) -> Vec<String> {
    let tables = torn.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'api_requests' ORDER BY name",
    );
    let mut content = torn.rows("SELECT * FROM sqlite_schema ORDER BY name");
    for table in tables {
        content.extend(torn.rows(&format!("SELECT '{table}', * FROM \"{table}\"")));
    }
    content
}

#[test]
fn online_changes_nothing_but_the_record_of_calls() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9, 777]\nplayers = [2]\n");
    torn.fetch(&["factions"]).expect(3);
    // The facts about the key are checked again, and differ.
    torn.sandbox
        .sqlite()
        .execute_batch("UPDATE key_checks SET checked_at = 1; DELETE FROM api_requests")
        .unwrap();
    let before = content(&torn);

    torn.sandbox.run(&["config", "check", "--online"]).expect(3);

    assert_eq!(content(&torn), before);
}

#[test]
fn online_does_not_migrate_the_database_of_an_older_program() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\n");
    torn.sandbox
        .sqlite()
        .execute_batch("DELETE FROM schema_version")
        .unwrap();
    let before = content(&torn);

    let report = torn
        .sandbox
        .run(&["config", "check", "--online", "--json"])
        .expect(78)
        .json();

    expect_problem(&report, "an older tornsnap made it");
    assert_eq!(content(&torn), before);
    assert!(torn.asked().is_empty());
    let names = fs::read_dir(torn.sandbox.path("")).unwrap();
    for name in names {
        let name = name.unwrap().file_name().into_string().unwrap();
        assert!(!name.contains("before-schema"), "{name}");
    }
}

#[test]
fn online_exit_codes_are_those_of_fetch() {
    let torn = Torn::new();
    let run = |code| {
        let finished = torn.sandbox.run(&["config", "check", "--online", "--json"]);
        finished.expect(code).json()
    };

    torn.follow("[track]\nfactions = [9, 777]\n");
    expect_problem(&run(3), "faction 777: ");

    torn.simulator
        .fault(Fault::always(FaultKind::Code(9, "API disabled".to_owned())).path("/"));
    expect_problem(&run(75), "API disabled");
    torn.simulator.clear_faults();

    torn.simulator.set_keys(Vec::new());
    expect_problem(&run(77), "key key1: ");
}

#[cfg(unix)]
#[test]
fn online_ends_with_the_exit_code_of_the_signal() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let torn = Torn::new();
        let hang = FaultKind::Hang(Duration::from_secs(20));
        torn.simulator.fault(Fault::always(hang).path("/faction/9"));
        let mut command = torn.sandbox.command(&["config", "check", "--online"]);
        let child = command.spawn().unwrap();
        torn.wait_for_requests(2);
        signal(&child, name);

        let finished = Finished(child.wait_with_output().unwrap()).expect(code);

        assert_eq!(
            finished.stderr(),
            "tornsnap: could not finish the check with Torn\n  because: it was interrupted; nothing was changed\n",
            "{name}"
        );
        assert_eq!(finished.stdout(), "", "{name}: half a list");
    }
}

#[test]
fn online_asks_nothing_while_there_is_a_problem() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\n[log]\nkeep = 0\n");

    torn.sandbox
        .run(&["config", "check", "--online"])
        .expect(78);

    assert!(torn.asked().is_empty());
}

#[test]
fn a_key_that_torn_has_refused_is_told_of_without_asking_again() {
    let torn = Torn::with_two_keys();
    let refuse = |key| {
        let code = FaultKind::Code(2, "refused".to_owned());
        torn.simulator.fault(Fault::always(code).key(key));
    };
    refuse(CANARY);
    torn.fetch(&["all"]).expect(0);
    let asked = torn.asked().len();

    let report = check(&torn.sandbox, 0);
    let warnings = findings(&report, "warning");
    let told = |findings: &[String], name: &str| {
        let start = format!("{name}: Torn has refused it in an earlier run: Torn answered error 2");
        findings.iter().any(|finding| finding.starts_with(&start))
    };
    assert!(told(&warnings, "key key1"), "{warnings:#?}");

    refuse(BOBS_KEY);
    torn.fetch(&["all"]).expect(77);
    let problems = findings(&check(&torn.sandbox, 77), "problem");
    assert!(
        told(&problems, "key key1") && told(&problems, "key key2"),
        "{problems:#?}"
    );

    // Another key with the same name was not refused.
    let config = fs::read_to_string(torn.sandbox.path("tornsnap.toml")).unwrap();
    torn.sandbox
        .write("tornsnap.toml", &config.replace(CANARY, "AnotherKeyOfUse1"));
    let warnings = findings(&check(&torn.sandbox, 0), "warning");
    assert!(
        !told(&warnings, "key key1") && told(&warnings, "key key2"),
        "{warnings:#?}"
    );
    assert!(torn.asked().len() >= asked);
}

#[test]
fn a_name_cannot_control_a_terminal_or_a_pipe() {
    let sandbox = Sandbox::new();
    for line in [r#"name = "x\u001b[31m\u0007""#, r#"name = "x\u202ey""#] {
        let config = format!("[[key]]\n{line}\nkey_env = \"ALICE\"\n");
        sandbox.write("tornsnap.toml", &config);

        let stdout = sandbox.run(&["config", "check"]).expect(78).stdout();

        assert!(
            stdout.contains("line 2: the name of this [[key]] contains"),
            "{stdout}"
        );
        assert!(
            !stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']),
            "{stdout:?}"
        );
    }
    // A path may have marks of direction.
    sandbox.write("tornsnap.toml", "database = \"a\u{202e}b.db\"\n");
    for action in ["check", "show"] {
        let stdout = sandbox.run(&["config", action]).stdout();
        assert!(!stdout.contains('\u{202e}'), "{stdout:?}");
    }
}

#[test]
fn after_an_open_list_no_later_line_is_wrong() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        "[track]\nplayers = [1, 2\nfactions = [3]\nwars = \"all\"\n",
    );

    let report = check(&sandbox, 78);

    let problems = findings(&report, "problem");
    assert_eq!(problems.len(), 1, "{problems:#?}");
}
