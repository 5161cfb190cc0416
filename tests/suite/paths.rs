//! Folders and files whose names are not UTF-8, as old network shares have them.
#![cfg(unix)]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::support::torn::Torn;
use crate::support::{CANARY, Finished, Sandbox, set_mode};

/// "Müller" in Latin-1.
fn latin(ending: &str) -> OsString {
    let mut name = OsStr::from_bytes(b"M\xfcller").to_owned();
    name.push(ending);
    name
}

/// A folder whose name is not UTF-8. Its configuration and its database have such names too.
struct Latin {
    torn: Torn,
    folder: PathBuf,
}

impl Latin {
    fn new() -> Self {
        let torn = Torn::new();
        let folder = torn.sandbox.path("").join(latin(""));
        fs::create_dir(&folder).unwrap();
        let latin = Self { torn, folder };
        let moved = |from: &str, to: &str| {
            fs::rename(latin.torn.sandbox.path(from), latin.path(to)).unwrap();
        };
        moved("tornsnap.toml", ".toml");
        moved("tornsnap.db", ".db");
        latin.run(&["fetch", "factions"], &[]).expect(0);
        latin
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(latin(ending))
    }

    /// Runs the program with this configuration and database. Each pair in `paths` is a flag and the ending of the file
    /// that is its value.
    fn run(&self, arguments: &[&str], paths: &[(&str, &str)]) -> Finished {
        let mut command = self.torn.sandbox.command(arguments);
        command
            .arg("--config")
            .arg(self.path(".toml"))
            .arg("--database")
            .arg(self.path(".db"));
        for (flag, ending) in paths {
            if !flag.is_empty() {
                command.arg(flag);
            }
            command.arg(self.path(ending));
        }
        Finished(command.output().unwrap())
    }
}

#[test]
fn every_command_works_in_a_folder_whose_name_is_not_utf8() {
    for json in [false, true] {
        let latin = Latin::new();
        let run = |arguments: &[&str], paths: &[(&str, &str)], code: i32| {
            let mut arguments = arguments.to_vec();
            if json {
                arguments.push("--json");
            }
            let finished = latin.run(&arguments, paths).expect(code);
            if json {
                assert!(finished.json().is_object(), "{arguments:?}");
            }
        };

        run(&["fetch", "factions"], &[], 0);
        run(&["fetch", "factions", "--plan"], &[], 0);
        run(&["summarize"], &[], 0);
        run(&["summarize", "--dry-run"], &[], 0);
        run(&["backup"], &[("--output", " backups")], 0);
        run(
            &["backup", "--verify", "latest"],
            &[("--output", " backups")],
            0,
        );
        run(
            &["backup", "--verify", "all"],
            &[("--output", " backups")],
            0,
        );
        run(&["backup", "--compress"], &[("--output", " small")], 0);
        run(&["prune", "--dry-run"], &[], 0);
        run(&["prune", "--dry-run"], &[("--archive", " archive.db")], 0);
        run(&["export", "factions"], &[("-o", ".csv")], 0);
        run(&["export", "--all"], &[("-o", " exports")], 0);
        let health = latin.run(&["health", "--json"], &[]);
        assert!(health.code() < 3, "{}", health.stderr());
        let shown = health.json()["database"].as_str().unwrap().to_owned();
        assert!(shown.ends_with("M\u{fffd}ller/M\u{fffd}ller.db"), "{shown}");

        assert!(latin.path(".csv").exists() && latin.path(" exports").is_dir());
        let backup = fs::read_dir(latin.path(" backups"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|ending| ending == "db"))
            .unwrap();
        for to in [".db", " other.db"] {
            let mut command = latin.torn.sandbox.command(&["restore", "--yes"]);
            command
                .arg(&backup)
                .arg("--to")
                .arg(latin.path(to))
                .args(json.then_some("--json"));
            Finished(command.output().unwrap()).expect(0);
        }
        assert!(latin.path(" other.db").exists());
    }
}

/// A relative path in a configuration is relative to the folder of that file, so the program uses the folder's name.
#[test]
fn every_file_of_a_configuration_may_be_in_a_folder_whose_name_is_not_utf8() {
    let latin = Latin::new();
    let configuration = fs::read_to_string(latin.path(".toml")).unwrap();
    let configuration = configuration.replace(&format!("key = \"{CANARY}\""), "key_file = \"key\"")
        + "[log]\nfile = \"t.log\"\n[backup]\ndirectory = \"copies\"\n\
         [health]\nwebhook_url_file = \"hook\"\n[retention]\narchive = \"old.db\"\n";
    for (name, text) in [("key", CANARY), ("hook", "http://127.0.0.1:9/hook")] {
        fs::write(latin.folder.join(name), text).unwrap();
        set_mode(&latin.folder.join(name), 0o600);
    }
    fs::write(latin.path(".toml"), configuration).unwrap();

    for json in [None, Some("--json")] {
        for (arguments, codes) in [
            (&["fetch", "all"][..], &[0][..]),
            (&["summarize"], &[0]),
            (&["backup"], &[0]),
            (&["backup", "--verify", "latest"], &[0]),
            (&["prune", "--dry-run"], &[0]),
            (&["export", "--list"], &[0]),
            (&["health", "--notify"], &[0, 1, 2]),
            (&["restore", "latest", "--yes"], &[0]),
        ] {
            let finished = latin.run(&[arguments, json.as_slice()].concat(), &[]);
            let code = finished.code();
            assert!(
                codes.contains(&code),
                "{arguments:?} {code}: {}",
                finished.stderr()
            );
            if json.is_some() {
                assert!(finished.json().is_object());
            }
        }
    }
    assert!(fs::read(latin.folder.join("t.log")).unwrap().len() > 100);
    assert!(latin.folder.join("copies").is_dir());
}

#[test]
fn paths_from_the_environment_need_not_be_utf8() {
    let latin = Latin::new();
    let run = |arguments: &[&str], database: &str| {
        let mut command = latin.torn.sandbox.command(arguments);
        command
            .env("TORNSNAP_CONFIG", latin.path(".toml"))
            .env("TORNSNAP_DATABASE", latin.path(database));
        Finished(command.output().unwrap())
    };

    run(&["fetch", "factions", "--json"], " none.db").expect(78);
    let found = run(&["export", "factions", "--json"], ".db").expect(0);
    assert!(found.json().is_array());
}

/// These arguments are not paths, so they must be UTF-8.
#[test]
fn arguments_that_are_not_utf8_are_wrong_usage() {
    let latin = Latin::new();
    for arguments in [
        &["fetch"][..],
        &["export"],
        &["export", "--list", "--null"],
        &["export", "players", "--since"],
        &["export", "players", "--columns"],
        &["summarize", "--month"],
        &["prune", "--keep-months"],
        &["backup", "--keep"],
        &["init", "--non-interactive", "--key-env"],
        &["fetch", "players", "--player"],
        &["--color"],
        &[],
    ] {
        for json in [None, Some("--json")] {
            let mut command = latin.torn.sandbox.command(json.as_slice());
            command.args(arguments).arg(self::latin(""));
            let finished = Finished(command.output().unwrap());
            assert_eq!(finished.code(), 2, "{arguments:?}: {}", finished.stderr());
            if json.is_some() {
                assert_eq!(finished.json()["exit_code"], 2, "{arguments:?}");
            }
        }
    }
}

#[test]
fn an_archive_whose_name_is_not_utf8_is_refused() {
    let latin = Latin::new();
    rusqlite::Connection::open(latin.path(".db"))
        .unwrap()
        .execute_batch(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (9, 1750000000, 1), (9, 1750000001, 2)",
        )
        .unwrap();
    latin.run(&["summarize"], &[]).expect(0);

    let finished = latin
        .run(&["prune"], &[("--archive", " archive.db")])
        .expect(78);

    let stderr = finished.stderr();
    assert!(stderr.contains("SQLite wants names in UTF-8"), "{stderr}");
}

#[test]
fn a_demo_and_a_new_configuration_may_be_in_a_folder_whose_name_is_not_utf8() {
    let latin = Latin::new();
    for json in [None, Some("--json")] {
        let mut demo = latin.torn.sandbox.command(&["demo", "--days", "1"]);
        demo.arg("--output").arg(latin.path(" demo")).args(json);
        Finished(demo.output().unwrap()).expect(0);

        let new = latin.path(" new");
        let mut init = latin
            .torn
            .sandbox
            .command(&["init", "--non-interactive", "--faction", "9"]);
        init.arg("--config")
            .arg(new.join(self::latin(".toml")))
            .args(json)
            .env("TORNSNAP_API_URL", latin.torn.simulator.url())
            .env("TORN_API_KEY", CANARY);
        Finished(init.output().unwrap()).expect(0);
        assert!(new.join("tornsnap.db").exists());
    }
}

#[test]
fn errors_about_paths_that_are_not_utf8_have_their_usual_exit_codes() {
    let latin = Latin::new();
    for (arguments, paths, codes) in [
        (
            &["restore", "--json"][..],
            &[("", " none.db")][..],
            &[78][..],
        ),
        (&["backup"], &[("--verify", " none.db")], &[78]),
        (
            &["export", "factions"],
            &[("-o", " no/such.csv")],
            &[74, 78, 0],
        ),
        (
            &["export", "factions", "--json"],
            &[("--nonsense", "")],
            &[2],
        ),
    ] {
        let finished = latin.run(arguments, paths);
        assert!(
            codes.contains(&finished.code()),
            "{arguments:?} {}: {}",
            finished.code(),
            finished.stderr()
        );
    }
    for command in ["fetch", "health", "backup", "summarize", "prune", "export"] {
        let mut missing = latin.torn.sandbox.command(&[command]);
        missing
            .args(["fetch", "export"].contains(&command).then_some("factions"))
            .arg("--database")
            .arg(latin.path(" none.db"))
            .env("TORN_API_KEY", CANARY);
        let code = Finished(missing.output().unwrap()).code();
        assert!([2, 3, 78].contains(&code), "{command}: {code}");
    }
}

/// A new folder whose path has about this many bytes.
#[cfg(unix)]
fn folder_of_length(sandbox: &Sandbox, length: usize) -> PathBuf {
    let mut folder = sandbox.real_folder();
    while folder.as_os_str().len() + 1 < length {
        let missing = length - folder.as_os_str().len() - 1;
        folder.push("d".repeat(missing.min(100)));
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[cfg(unix)]
#[test]
fn init_refuses_a_folder_whose_path_is_too_long_for_a_backup() {
    for (length, is_refused) in [(400, false), (455, true), (480, true), (495, true)] {
        let torn = Torn::new();
        let folder = folder_of_length(&torn.sandbox, length);
        let database = folder.join("tornsnap.db");
        let config = folder.join("tornsnap.toml");
        let text = fs::read_to_string(torn.sandbox.path("tornsnap.toml")).unwrap();
        fs::write(&config, text).unwrap();
        set_mode(&config, 0o600);
        let run = |arguments: &[&str]| {
            let mut command = torn.sandbox.command(arguments);
            command.arg("--config").arg(&config);
            Finished(command.output().unwrap())
        };

        let made = run(&["init", "--non-interactive", "--player", "1"]);

        if is_refused {
            let stderr = made.expect(78).stderr();
            assert!(
                stderr.contains("too long for SQLite") && stderr.contains("at most 504"),
                "{stderr}"
            );
            assert!(!stderr.contains(".partial"), "{stderr}");
            assert!(!database.exists(), "{length}");
        } else {
            made.expect(0);
            run(&["backup"]).expect(0);
        }
    }
}
