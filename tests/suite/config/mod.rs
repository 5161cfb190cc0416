//! Errors and exit codes of wrong settings, keys and usage, before a command does anything.

mod asked;
mod check;
mod file;
mod not_toml;
mod places;
pub mod show;

use std::fs;

use serde_json::Value;

use crate::support::torn::Torn;
use crate::support::{Finished, NOW, Sandbox};

/// The `[[key]]` of a configuration without a usable key, and the error about it.
struct MissingKey {
    table: &'static str,
    stderr: &'static str,
}

const MISSING_KEYS: &[MissingKey] = &[
    MissingKey {
        table: "",
        stderr: "tornsnap: could not find an API key\n  \
             because: tornsnap.toml has no [[key]], and TORN_API_KEY is not set\n  \
             try: run `tornsnap init`, or set TORN_API_KEY\n",
    },
    MissingKey {
        table: "[[key]]\nname = \"alice\"\nkey_file = \"empty.key\"\n",
        stderr: "tornsnap: could not use the key \"alice\"\n  \
             because: empty.key: it is empty\n  \
             try: put the key, and nothing else, on the first line of that file\n",
    },
    MissingKey {
        table: "[[key]]\nname = \"alice\"\nkey_file = \"blank.key\"\n",
        stderr: "tornsnap: could not use the key \"alice\"\n  \
             because: blank.key: it is empty\n  \
             try: put the key, and nothing else, on the first line of that file\n",
    },
    MissingKey {
        table: "[[key]]\nname = \"alice\"\nkey_file = \"words.key\"\n",
        stderr: "tornsnap: could not use the key \"alice\"\n  \
             because: words.key: it has blanks in it, and a Torn key is one word\n  \
             try: put the key, and nothing else, on the first line of that file\n",
    },
    MissingKey {
        table: "[[key]]\nname = \"alice\"\nkey_env = \"ALICE_KEY\"\n",
        stderr: "tornsnap: could not use the key \"alice\"\n  \
             because: the environment variable ALICE_KEY is not set\n  \
             try: set ALICE_KEY, or correct key_env in the configuration\n",
    },
    MissingKey {
        table: "[[key]]\nname = \"alice\"\nkey_file = \"gone.key\"\n",
        stderr: "tornsnap: could not use the key \"alice\"\n  \
             because: gone.key: there is no such file\n  \
             try: put the key on the first line of that file as plain text, or correct key_file in the configuration\n",
    },
];

#[test]
fn each_way_to_have_no_key_says_what_to_do() {
    let torn = Torn::new();
    let url = torn.simulator.url();
    let base = format!("[api]\nbase_url = \"{url}\"\n");
    let follow = "[track]\nfactions = [9]\nterritories = \"none\"\n";
    torn.sandbox.write("empty.key", "");
    torn.sandbox.write("blank.key", "\n  \nKEYONLINE3\n");
    torn.sandbox.write("words.key", "my key is here\n");
    for MissingKey { table, stderr } in MISSING_KEYS {
        torn.sandbox
            .write("tornsnap.toml", &format!("{base}{table}{follow}"));

        let finished = torn.fetch(&["factions"]).expect(77);

        assert_eq!(finished.stderr(), *stderr);
        assert!(torn.asked().is_empty());
    }
    assert_eq!(
        torn.rows("SELECT DISTINCT status FROM fetch_runs"),
        ["failed"],
        "health counts such runs"
    );
}

#[test]
fn one_bad_key_of_several_does_not_stop_the_others() {
    let torn = Torn::with_two_keys();
    let keys = torn.simulator.keys();
    torn.simulator.set_keys(vec![keys[0].clone()]);

    let finished = torn.fetch(&["factions"]).expect(0);

    assert!(
        finished
            .stderr()
            .contains("key key2 is not used any more: Torn answered error 2"),
        "{}",
        finished.stderr()
    );
}

#[test]
fn settings_from_the_environment_are_checked_too() {
    let torn = Torn::new();
    for (name, value) in [
        ("TORNSNAP_NOW", "yesterday"),
        ("TORNSNAP_NOW", "+1775044800"),
        ("TORNSNAP_NOW", "+2026-04-01"),
        ("TORNSNAP_API_URL", "http://api.torn.com/v2"),
        ("TORNSNAP_API_URL", "nonsense"),
        ("TORNSNAP_FIRST_RETRY_MS", "-1"),
        ("TORNSNAP_FIRST_RETRY_MS", "+1"),
        ("TORNSNAP_FIRST_RETRY_MS", "99999999999999999999"),
        ("TORNSNAP_FIRST_PAUSE_MS", "soon"),
    ] {
        let finished =
            Finished(torn.fetching(&["all"]).env(name, value).output().unwrap()).expect(78);
        assert!(finished.stderr().contains(name), "{}", finished.stderr());
        assert!(
            finished.stderr().contains("  try: "),
            "{}",
            finished.stderr()
        );
    }
    let unlimited = torn
        .fetching(&["all"])
        .env("TORNSNAP_API_URL", "https://api.torn.com/v2")
        .output();
    let finished = Finished(unlimited.unwrap()).expect(78);
    assert!(
        finished.stderr().contains(
            "could not accept requests_per_minute = 0\n  because: tornsnap.toml, line 3: "
        ),
        "{}",
        finished.stderr()
    );
}

#[test]
fn an_empty_path_or_name_is_refused_where_it_is_written() {
    let torn = Torn::new();
    for (table, field) in [
        ("", "database"),
        ("[backup]\n", "directory"),
        ("[retention]\n", "archive"),
        ("[log]\n", "file"),
        ("[health]\n", "webhook_url_file"),
        ("[health]\n", "webhook_url_env"),
        ("[[key]]\n", "key_file"),
        ("[[key]]\n", "key_env"),
    ] {
        for empty in ["", " ", "\\t"] {
            torn.sandbox
                .write("tornsnap.toml", &format!("{table}{field} = \"{empty}\"\n"));
            let line = 1 + table.lines().count();

            let told = torn.sandbox.run(&["config", "show"]).expect(78).stderr();

            assert!(
                told.contains(&format!("line {line}: ")) && told.contains(" is empty"),
                "{field} = {empty:?}: {told}"
            );
        }
    }
}

#[test]
fn a_clock_before_1970_or_after_9999_is_refused_and_any_other_works() {
    let torn = Torn::new();
    for now in [i64::MAX, i64::MIN, -1, 253_402_300_800] {
        let run = torn
            .fetching(&["all"])
            .env("TORNSNAP_NOW", now.to_string())
            .output();
        let stderr = Finished(run.unwrap()).expect(78).stderr();
        assert_eq!(
            stderr,
            format!(
                "tornsnap: could not use TORNSNAP_NOW\n  \
                 because: {now} is not between the years 1970 and 9999\n  \
                 try: correct it, or unset it to use the machine's clock\n"
            )
        );
    }
    for now in [0, 253_402_300_799_i64] {
        for code in [None, Some(2), Some(5), Some(8), Some(14), Some(18), Some(6)] {
            let torn = Torn::new();
            torn.follow("[track]\nfactions = [9]\nwars = \"all\"\nterritories = \"all\"\n");
            torn.pin_ranked_war(1, |_| {});
            if let Some(code) = code {
                let fault = tornsnap::testing::sim::FaultKind::Code(code, "x".to_owned());
                torn.simulator
                    .fault(tornsnap::testing::sim::Fault::once(fault).path("/user"));
            }

            for arguments in [
                &["all", "--json"][..],
                &["all", "--json"],
                &["all", "--json", "--plan"],
            ] {
                let run = torn
                    .fetching(arguments)
                    .env("TORNSNAP_NOW", now.to_string())
                    .output();
                let finished = Finished(run.unwrap());
                let code = finished.code();
                assert!(
                    [0, 3, 75, 77].contains(&code),
                    "{now}: {code} {}",
                    finished.stderr()
                );
                finished.json();
            }
        }
    }
}

#[test]
fn a_clock_that_goes_back_is_refused_and_ignore_clock_loses_nothing() {
    let torn = Torn::new();
    for (step, (now, is_back)) in (0..).zip([
        (NOW, false),
        (NOW - 40 * 86_400, true),
        (NOW + 86_400, false),
        (NOW - 1, true),
        (NOW + 2 * 86_400, false),
    ]) {
        torn.edit(|world| world.pin_faction(9).respect = step);
        if is_back {
            let refused = torn.fetch_at(now, &["factions", "players"]).expect(78);
            assert!(
                refused
                    .stderr()
                    .contains("the newest record in the database is of"),
                "{}",
                refused.stderr()
            );
            assert_eq!(
                torn.value::<i64>("SELECT count(*) FROM faction_history"),
                step
            );
            torn.fetch_at(now, &["factions", "players", "--ignore-clock"])
                .expect(0);
        } else {
            torn.fetch_at(now, &["factions", "players"]).expect(0);
        }
    }

    assert_eq!(torn.rows("SELECT DISTINCT status FROM fetch_runs"), ["ok"]);
    let rows: i64 = torn.value("SELECT count(DISTINCT respect) FROM faction_history");
    assert_eq!(rows, 5);
}

#[test]
fn wrong_usage_ends_with_2_and_one_json_document_with_the_flag_json() {
    let sandbox = Sandbox::new();
    for arguments in [
        vec!["fetch"],
        vec!["fetch", "everything"],
        vec!["frobnicate"],
        vec!["fetch", "players", "--player", "0"],
        vec!["fetch", "players", "--player", "+5"],
        vec!["fetch", "players", "--player", "５"],
        vec!["summarize", "--month", "+026-01"],
        vec!["summarize", "--month", "2026-+1"],
        vec!["fetch", "players", "--nonsense"],
        vec!["-q", "-v", "fetch", "all"],
        vec!["init", "--territories", "A"],
        vec!["init", "--wars", "none"],
    ] {
        let finished = sandbox.run(&arguments).expect(2);
        assert!(finished.stdout().is_empty(), "{arguments:?}");
        assert!(
            finished.stderr().starts_with("error: "),
            "{}",
            finished.stderr()
        );

        let mut with_json = arguments.clone();
        with_json.push("--json");
        let document: Value = sandbox.run(&with_json).expect(2).json();
        assert_eq!(
            (&document["status"], &document["exit_code"]),
            (&"failed".into(), &2.into()),
            "{arguments:?}"
        );
    }
}

#[test]
fn help_and_version_are_printed_to_stdout() {
    let sandbox = Sandbox::new();
    let version = sandbox.run(&["--version"]).expect(0);
    assert_eq!(
        version.stdout(),
        concat!("tornsnap ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert_eq!(version.stderr(), "");

    for arguments in [
        &["--help"][..],
        &["-h"],
        &["help"],
        &["fetch", "--help"],
        &["init", "-h"],
        &["help", "fetch"],
    ] {
        let help = sandbox.run(arguments).expect(0);
        assert!(help.stdout().contains("Usage: tornsnap"), "{arguments:?}");
        assert_eq!(help.stderr(), "", "{arguments:?}");
    }
}

#[test]
fn stdout_is_exactly_one_json_document_however_a_fetch_ends() {
    for code in [None, Some(2), Some(6), Some(8), Some(9), Some(17), Some(99)] {
        for flags in [
            &["all", "--json"][..],
            &["all", "--json", "-q"],
            &["all", "--json", "-vv"],
        ] {
            let torn = Torn::new();
            if let Some(code) = code {
                let fault = tornsnap::testing::sim::FaultKind::Code(code, "x".to_owned());
                torn.simulator
                    .fault(tornsnap::testing::sim::Fault::always(fault).path("/faction"));
            }

            let finished = torn.fetch(flags);

            let document = finished.json();
            assert_eq!(document["exit_code"], finished.code());
            assert_eq!(document["command"], "fetch");
            assert_eq!(
                document.get("error").is_some(),
                finished.code() != 0,
                "{document:#}"
            );
        }
    }
}

#[test]
fn quiet_prints_errors_only() {
    let torn = Torn::new();
    let quiet = torn.fetch(&["all", "-q"]).expect(0);
    assert_eq!((quiet.stdout().as_str(), quiet.stderr().as_str()), ("", ""));

    torn.simulator.fault(
        tornsnap::testing::sim::Fault::always(tornsnap::testing::sim::FaultKind::Html503)
            .path("/faction"),
    );
    let failed = torn.fetch(&["factions", "-q"]).expect(75);
    assert!(
        failed.stderr().starts_with("tornsnap: could not fetch"),
        "{}",
        failed.stderr()
    );
}

#[test]
fn a_log_file_has_the_same_lines_as_stderr() {
    let torn = Torn::new();
    torn.follow(
        "[track]\nfactions = [9, 404]\nterritories = \"none\"\n[log]\nfile = \"tornsnap.log\"\n",
    );

    torn.fetch(&["factions", "-q"]).expect(3);

    let log = fs::read_to_string(torn.sandbox.path("tornsnap.log")).unwrap();
    for words in [
        "fetching factions",
        "faction 404: Torn answered error 6",
        "fetched: factions 1 saved",
        "could not fetch 1 of 2 targets",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
}

#[test]
fn only_commands_that_call_torn_refuse_to_run_without_a_limit() {
    let sandbox = Sandbox::new();
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    sandbox.write(
        "tornsnap.toml",
        "[api]\nrequests_per_minute = 0\n[[key]]\nname = \"alice\"\nkey_env = \"ALICE\"\n[track]\nfactions = [9]\n",
    );
    for arguments in [
        &["export", "players"][..],
        &["prune", "--dry-run"],
        &["summarize"],
        &["backup"],
        &["config", "show"],
        &["restore", "latest", "--to", "copy.db"],
    ] {
        sandbox.run(arguments).expect(0);
    }
    let health = sandbox.run(&["health", "--json"]);
    assert!(health.json().get("error").is_none(), "{}", health.stdout());
    for arguments in [
        &["fetch", "all"][..],
        &["fetch", "all", "--plan"],
        &["config", "check"],
    ] {
        let finished = Finished(
            sandbox
                .command(arguments)
                .env("ALICE", "AliceKey12345678")
                .output()
                .unwrap(),
        )
        .expect(78);
        let told = format!("{}{}", finished.stdout(), finished.stderr());
        assert!(told.contains("accept requests_per_minute = 0"), "{told}");
    }
}
