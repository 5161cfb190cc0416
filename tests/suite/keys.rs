//! Keys, configuration files and environment variables in the forms that shells, editors and schedulers write.

use std::fs;
#[cfg(unix)]
use std::time::{Duration, Instant};

#[cfg(unix)]
use tornsnap::testing::sim::{Fault, FaultKind};

use crate::health::check;
use crate::support::torn::{BOBS_KEY, Torn};
use crate::support::{CANARY, Finished, set_mode};
#[cfg(unix)]
use crate::support::{rows, signal};

/// Writes a configuration with a good key and a second key with these settings.
fn with_second_key(torn: &Torn, second: &str) {
    torn.sandbox.write("good.key", &format!("{CANARY}\n"));
    torn.sandbox.write(
        "tornsnap.toml",
        &format!(
            "[api]\nbase_url = \"{}\"\nrequests_per_minute = 0\n\
             [[key]]\nname = \"alice\"\nkey_file = \"good.key\"\n\
             [[key]]\nname = \"bob\"\n{second}\n\
             [track]\nfactions = [9]\nterritories = \"none\"\n",
            torn.simulator.url()
        ),
    );
}

/// A second key that cannot be read.
struct Unreadable {
    /// The field of its table `[[key]]`.
    field: &'static str,
    why: &'static str,
}

const UNREADABLE: [Unreadable; 7] = [
    Unreadable {
        field: "key_file = \"gone.key\"",
        why: "gone.key: there is no such file",
    },
    Unreadable {
        field: "key_file = \"empty.key\"",
        why: "empty.key: it is empty",
    },
    Unreadable {
        field: "key_file = \"named.key\"",
        why: "named.key: it has a `=` in it: write the key alone, without `TORN_API_KEY=` before it",
    },
    Unreadable {
        field: "key_file = \"short.key\"",
        why: "short.key: it has 8 letters and digits, and a Torn key has 16",
    },
    Unreadable {
        field: "key_file = \"folder.key\"",
        why: "folder.key: it is a folder",
    },
    Unreadable {
        field: "key_file = \"latin.key\"",
        why: "latin.key: line 1 is not text in UTF-8",
    },
    Unreadable {
        field: "key_env = \"BOBS_KEY\"",
        why: "the environment variable BOBS_KEY is not set",
    },
];

#[test]
fn a_key_that_cannot_be_read_is_left_out_and_health_names_it() {
    let torn = Torn::new();
    torn.sandbox.write("empty.key", "");
    torn.sandbox
        .write("named.key", &format!("TORN_API_KEY={CANARY}\n"));
    torn.sandbox.write("short.key", "tooshort\n");
    fs::create_dir(torn.sandbox.path("folder.key")).unwrap();
    fs::write(torn.sandbox.path("latin.key"), b"M\xfcller\n").unwrap();
    set_mode(&torn.sandbox.path("latin.key"), 0o600);
    for Unreadable { field, why } in UNREADABLE {
        with_second_key(&torn, field);
        torn.simulator.clear_requests();

        for arguments in [&["factions"][..], &["factions", "--plan"]] {
            let finished = torn.fetch(arguments).expect(0);
            let warning = format!("warn  key bob is left out: {why}");
            assert!(
                finished.stderr().contains(&warning),
                "{field}: {}",
                finished.stderr()
            );
            assert!(!finished.stderr().contains(CANARY));
        }
        let known = torn.sandbox.run(&["init", "--non-interactive"]).expect(0);
        assert!(known.stderr().contains(why), "{}", known.stderr());

        let health = torn.sandbox.run(&["health", "--json"]).json();
        let check = check(&health, "key_files").unwrap();
        assert_eq!(check["state"], "warning", "{check:#}");
        let message = check["message"].as_str().unwrap();
        assert!(message.contains(&format!("bob: {why}")), "{message}");
        assert_eq!(torn.calls_with(CANARY), torn.asked().len());
    }
}

#[test]
fn facts_about_a_key_survive_a_missing_key_file() {
    let torn = Torn::with_two_keys();
    torn.sandbox.write("bob.key", BOBS_KEY);
    with_second_key(&torn, "key_file = \"bob.key\"");
    torn.fetch(&["factions"]).expect(0);
    fs::remove_file(torn.sandbox.path("bob.key")).unwrap();

    torn.fetch(&["factions"]).expect(0);

    assert_eq!(
        torn.rows("SELECT name FROM api_keys ORDER BY 1"),
        ["alice", "bob"]
    );
}

#[test]
fn when_no_key_is_left_each_of_them_is_named() {
    let torn = Torn::new();
    with_second_key(&torn, "key_file = \"gone.key\"");
    fs::write(torn.sandbox.path("good.key"), "").unwrap();

    let stderr = torn.fetch(&["factions"]).expect(77).stderr();

    assert!(
        stderr.contains(
            "because: \"alice\": good.key: it is empty; \"bob\": gone.key: there is no such file"
        ),
        "{stderr}"
    );
    let health = torn.sandbox.run(&["health", "--json"]).json();
    let check = check(&health, "key_files").unwrap();
    assert_eq!(check["state"], "critical");
    assert!(torn.asked().is_empty());
}

// Windows has no mode bits.
#[cfg(unix)]
#[test]
fn a_second_key_file_that_others_can_read_stops_the_run() {
    let torn = Torn::new();
    let bob = torn.sandbox.write("bob.key", BOBS_KEY);
    with_second_key(&torn, "key_file = \"bob.key\"");
    set_mode(&bob, 0o640);

    let stderr = torn.fetch(&["factions"]).expect(77).stderr();

    assert!(stderr.contains("try: chmod 600 bob.key"), "{stderr}");
    assert!(torn.asked().is_empty());
}

#[test]
fn text_that_is_no_key_is_never_sent() {
    let torn = Torn::new();
    for (list, why) in [
        ("tooshort", "TORN_API_KEY: it has 8 letters and digits"),
        (
            "CANARYcanary1234;BobsLimitedKey02",
            "TORN_API_KEY: it has a comma or semicolon",
        ),
        ("CANARYcanary1234X", "it has 17 letters and digits"),
        ("CANARY canary1234", "it has blanks"),
        ("CANARYcanary123é", "it has other characters"),
    ] {
        let run = torn
            .fetching(&["factions"])
            .env("TORN_API_KEY", list)
            .output();
        let stderr = Finished(run.unwrap()).expect(77).stderr();
        assert!(stderr.contains(why), "{stderr}");
        assert!(!stderr.contains("CANARY"), "{stderr}");
    }
    torn.sandbox
        .write("tornsnap.toml", "\n[[key]]\nkey = \"CANARY=canary12\"\n");
    let stderr = torn.fetch(&["factions"]).expect(78).stderr();
    assert!(
        stderr.contains("line 3: the key cannot be used: it has a `=`"),
        "{stderr}"
    );
    assert!(!stderr.contains("CANARY"), "{stderr}");

    assert!(torn.asked().is_empty());
}

#[test]
fn quotes_and_blanks_around_keys_are_removed() {
    let torn = Torn::with_two_keys();
    for list in [
        format!("\"{CANARY}\""),
        format!("'{CANARY}'"),
        format!(" {CANARY} , \"{BOBS_KEY}\" ,"),
        format!("\"{CANARY},{BOBS_KEY}\""),
        format!("\"{CANARY}\",\"{BOBS_KEY}\""),
        format!("'{CANARY}', {BOBS_KEY}"),
        format!("\u{feff}{CANARY}\r\n"),
    ] {
        let run = torn
            .fetching(&["factions"])
            .env("TORN_API_KEY", &list)
            .output();
        let finished = Finished(run.unwrap()).expect(0);
        assert_eq!(
            finished.stderr().lines().count(),
            1,
            "{}",
            finished.stderr()
        );
    }
}

/// A text as Notepad and PowerShell save it.
fn as_saved_on_windows(text: &str) -> Vec<Vec<u8>> {
    let text = text.replace('\n', "\r\n");
    let utf16 = |mark: [u8; 2], of: fn(u16) -> [u8; 2]| {
        mark.into_iter()
            .chain(text.encode_utf16().flat_map(of))
            .collect()
    };
    vec![
        text.clone().into_bytes(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        utf16([0xff, 0xfe], u16::to_le_bytes),
        utf16([0xfe, 0xff], u16::to_be_bytes),
    ]
}

#[test]
fn configuration_and_key_files_may_be_saved_by_notepad_and_powershell() {
    let torn = Torn::new();
    torn.sandbox.write("alice.key", "");
    let config = format!(
        "# Müller\n[api]\nbase_url = \"{}\"\nrequests_per_minute = 0\n\n\
         [[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\n\
         [track]\nfactions = [9]\nterritories = \"none\"\n",
        torn.simulator.url()
    );
    for bytes in as_saved_on_windows(&config) {
        fs::write(torn.sandbox.path("tornsnap.toml"), bytes).unwrap();
        for bytes in as_saved_on_windows(&format!("{CANARY}\n")) {
            fs::write(torn.sandbox.path("alice.key"), bytes).unwrap();
            torn.fetch(&["factions"]).expect(0);
        }
    }
    let broken = config.replace("factions = [9]", "factions = [0]");
    for bytes in as_saved_on_windows(&broken) {
        fs::write(torn.sandbox.path("tornsnap.toml"), bytes).unwrap();
        let stderr = torn.fetch(&["factions"]).expect(78).stderr();
        assert!(stderr.contains("line 11: 0 is not an id"), "{stderr}");
    }
}

#[test]
fn a_configuration_in_another_encoding_says_how_to_save_it() {
    let torn = Torn::new();
    for (bytes, why) in [
        (&b"# M\xfcller\n"[..], "line 1 is not text in UTF-8"),
        (&b"#\0 \0a\0\n\0"[..], "it has zero bytes"),
        (&b"\xff\xfe#"[..], "its byte order mark says UTF-16LE"),
    ] {
        fs::write(torn.sandbox.path("tornsnap.toml"), bytes).unwrap();
        let stderr = torn.fetch(&["factions"]).expect(78).stderr();
        assert!(stderr.contains(&format!("because: {why}")), "{stderr}");
        assert!(
            stderr.contains("try: save the file as UTF-8 text"),
            "{stderr}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_a_path_or_is_refused_by_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let torn = Torn::new();
    for name in [
        "TORNSNAP_NOW",
        "TORNSNAP_API_URL",
        "TORNSNAP_FIRST_RETRY_MS",
        "TORNSNAP_FIRST_PAUSE_MS",
        "TORN_API_KEY",
    ] {
        let mut command = torn.fetching(&["factions"]);
        command.env(name, OsStr::from_bytes(b"M\xfcller"));
        let stderr = Finished(command.output().unwrap()).expect(78).stderr();
        assert!(
            stderr.contains(&format!("could not use {name}\n")),
            "{stderr}"
        );
    }
    assert!(torn.asked().is_empty());

    let folder = torn.sandbox.path("").join(OsStr::from_bytes(b"M\xfcller"));
    fs::create_dir(&folder).unwrap();
    let (config, database) = (folder.join("c.toml"), folder.join("t.db"));
    fs::copy(torn.sandbox.path("tornsnap.toml"), &config).unwrap();
    fs::copy(torn.sandbox.database(), &database).unwrap();
    fs::remove_file(torn.sandbox.path("tornsnap.toml")).unwrap();
    let mut command = torn.fetching(&["factions"]);
    command
        .env("TORNSNAP_CONFIG", &config)
        .env("TORNSNAP_DATABASE", &database);
    Finished(command.output().unwrap()).expect(0);
    let saved = rusqlite::Connection::open(&database).unwrap();
    let names = rows(&saved, "SELECT name FROM factions WHERE faction_id = 9");
    assert_eq!(names, ["Real 9"]);
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM factions"), 0);
}

#[test]
fn a_tilde_at_the_start_of_a_path_is_the_home_folder() {
    let torn = Torn::new();
    let home = torn.sandbox.path("home");
    fs::create_dir(&home).unwrap();
    torn.sandbox.write("home/alice.key", CANARY);
    fs::rename(torn.sandbox.database(), home.join("t.db")).unwrap();
    torn.sandbox.write(
        "home/c.toml",
        &format!(
            "database = \"~/t.db\"\n[api]\nbase_url = \"{}\"\nrequests_per_minute = 0\n\
             [[key]]\nkey_file = \"~/alice.key\"\n\
             [track]\nfactions = [9]\nterritories = \"none\"\n\
             [backup]\ndirectory = \"~/bk\"\n[log]\nfile = \"~/t.log\"\n\
             [retention]\narchive = \"~/a.db\"\n",
            torn.simulator.url()
        ),
    );
    for environment in [
        &[("TORNSNAP_CONFIG", "~/c.toml")][..],
        &[
            ("TORNSNAP_CONFIG", "~/c.toml"),
            ("TORNSNAP_DATABASE", "~/t.db"),
        ],
    ] {
        for arguments in [&["fetch", "factions"][..], &["backup"]] {
            let mut command = torn.sandbox.command(arguments);
            command.env("HOME", &home).envs(environment.iter().copied());
            Finished(command.output().unwrap()).expect(0);
        }
    }
    assert!(home.join("t.log").exists() && home.join("bk").exists());
    assert!(!torn.sandbox.path("~").exists() && !home.join("~").exists());
}

#[test]
fn shell_variables_are_refused_in_every_path() {
    let sandbox = crate::support::Sandbox::new();
    for setting in [
        "database = \"PATH\"\n",
        "\n[[key]]\nkey_file = \"PATH\"\n",
        "\n[backup]\ndirectory = \"PATH\"\n",
        "\n[retention]\narchive = \"PATH\"\n",
        "\n[log]\nfile = \"PATH\"\n",
        "\n[health]\nwebhook_url_file = \"PATH\"\n",
    ] {
        for (path, name) in [
            ("~bob/x", "\"~bob/x\" names the home folder of another user"),
            ("$HOME/x", "$HOME is not replaced in a path"),
            ("/srv/${USER}/x", "${USER} is not replaced in a path"),
            ("%APPDATA%/x", "%APPDATA% is not replaced in a path"),
        ] {
            sandbox.write("tornsnap.toml", &setting.replace("PATH", path));
            let line = setting.matches('\n').count();

            let refused = sandbox.run(&["backup"]).expect(78);

            let told = refused.stderr();
            assert!(told.contains(&format!("line {line}: {name}")), "{told}");
            assert!(told.contains("~/ for your"), "{told}");
        }
    }
    fs::remove_file(sandbox.path("tornsnap.toml")).unwrap();
    for variable in ["TORNSNAP_DATABASE", "TORNSNAP_CONFIG"] {
        let mut command = sandbox.command(&["backup"]);
        command.env(variable, "$HOME/torn");
        let refused = Finished(command.output().unwrap()).expect(78);
        assert!(refused.stderr().contains("$HOME is not replaced"));
    }
    assert_eq!(fs::read_dir(sandbox.path("")).unwrap().count(), 0);
    // On the command line the shell has already expanded it.
    let finished = sandbox.run(&["backup", "--database", "$HOME"]).expect(78);
    assert!(finished.stderr().contains("there is no such file"));
}

#[test]
fn a_path_that_is_no_text_is_refused_with_its_line() {
    let sandbox = crate::support::Sandbox::new();
    sandbox.write("tornsnap.toml", "\n[backup]\ndirectory = 3\n");
    let refused = sandbox.run(&["backup"]).expect(78);
    let told = refused.stderr();
    assert!(
        told.contains("line 3: directory must be text in quotes"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn two_keys_are_checked_at_the_same_time_and_a_signal_ends_both_checks() {
    let torn = Torn::with_two_keys();
    torn.configure(
        "requests_per_minute = 0\nconcurrency = 2\n",
        "[track]\nfactions = [9, 20]\nterritories = \"none\"\n",
    );
    for key in [CANARY, BOBS_KEY] {
        let incorrect = FaultKind::Code(2, "Incorrect key".to_owned());
        torn.simulator
            .fault(Fault::once(incorrect).path("/faction").key(key));
        let never = FaultKind::Hang(Duration::from_secs(20));
        // The first check of each key, at the start of the run, passes.
        let check = Fault::always(never).path("/key/info").key(key).after(1);
        torn.simulator.fault(check);
    }

    let child = torn.start(&["factions"]);
    torn.wait_for_requests(5); // Two first checks, two refused calls, and one more check.
    let start = Instant::now();
    torn.wait_for_requests(6);
    let until_second_check = start.elapsed();
    signal(&child, "INT");
    Finished(child.wait_with_output().unwrap()).expect(130);

    assert_eq!(torn.calls(), 2, "{:?}", torn.asked());
    let limit = Duration::from_secs(8);
    assert!(until_second_check < limit, "{until_second_check:?}");
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
}
