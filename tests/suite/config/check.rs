//! `config check`: all problems at once, and nothing is changed.

use std::fs;

use serde_json::Value;
use tornsnap::testing::store::Store;

use crate::support::torn::Torn;
use crate::support::{CANARY, Finished, Sandbox, set_mode};

/// The findings with this state, each as "subject: message".
pub(super) fn findings(report: &Value, state: &str) -> Vec<String> {
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

pub(super) fn check(sandbox: &Sandbox, code: i32) -> Value {
    sandbox
        .run(&["config", "check", "--json"])
        .expect(code)
        .json()
}

#[track_caller]
pub(super) fn expect_problem(report: &Value, part: &str) {
    let problems = findings(report, "problem");
    assert!(
        problems.iter().any(|problem| problem.contains(part)),
        "{part:?} is not in {problems:#?}"
    );
}

#[test]
fn a_usable_configuration_has_no_problem_and_nothing_is_changed() {
    let torn = Torn::new();
    let (before, bytes) = (
        torn.sandbox.names(),
        fs::read(torn.sandbox.database()).unwrap(),
    );

    let report = check(&torn.sandbox, 0);

    assert_eq!(findings(&report, "problem"), [""; 0]);
    assert_eq!(report["problems"], 0);
    assert_eq!(torn.sandbox.names(), before);
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
        "line 6: players must be a list of numbers, such as [9001, 9002]",
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
        "other.db: it is a main database, not an archive",
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
