//! `tornsnap init` without a configuration: the files that it creates, and its errors.

mod again;
mod database;
#[cfg(unix)]
mod guide;
mod ids;
mod key_comments;
mod key_tables;
mod keys;
mod leftovers;
mod places;

use std::fs;
use std::process::Command;
use std::thread;

use tornsnap::testing::sim::{Access, Key, Options, Simulator};

use crate::support::{CANARY, Finished, NOW, Sandbox, mode};

/// A folder without a configuration, and a simulated Torn with two keys.
pub struct Fresh {
    pub simulator: Simulator,
    pub sandbox: Sandbox,
}

impl Fresh {
    pub fn new() -> Self {
        let keys = vec![
            Key::new(CANARY, 1, Access::Limited),
            Key::new("PublicKeyOfTwo02", 2, Access::Public),
        ];
        let fresh = Self {
            simulator: Simulator::start(Options {
                now: NOW,
                keys,
                ..Options::empty()
            })
            .unwrap(),
            sandbox: Sandbox::new(),
        };
        fresh.simulator.edit(|world| {
            for id in [2, 7, 9, 20, 30] {
                world.pin_faction(id);
            }
            for id in [1, 2, 3, 5, 7, 8, 60] {
                world.pin_player(id);
            }
            for id in ["AAB", "AAC", "AAD"] {
                world.pin_tile(id);
            }
        });
        fresh.sandbox.write("alice.key", &format!("{CANARY}\n"));
        fresh
    }

    pub fn init(&self, arguments: &[&str]) -> Finished {
        Finished(self.command(arguments).output().unwrap())
    }

    /// The command that [`Fresh::init`] runs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(&["init", "--non-interactive"]);
        command
            .args(arguments)
            .env("TORNSNAP_API_URL", self.simulator.url())
            .env("BOB", "PublicKeyOfTwo02");
        command
    }

    pub fn config(&self) -> String {
        fs::read_to_string(self.sandbox.path("tornsnap.toml")).unwrap()
    }
}

const TERMS: &str = "\
How tornsnap uses your key and the data (asked for by Torn's API terms)

  Data storage       Only locally, persistent: in the database, backups and exports on this machine
  Data sharing       Nobody
  Purpose of use     Non-malicious statistical analysis
  Key storage        Stored locally, used only for automation, not shared
  Key access level   Public Only; Limited Access only for the battle stats of the key's own owner

";

/// The part of the new configuration before the settings that `init` does not ask for.
const CONFIGURATION: &str = r#"# src/docs/configuration.md in the repository of tornsnap lists every field with its default.
# Relative paths are relative to this file.

database = "tornsnap.db"

[[key]]
name = "bob"
key_env = "BOB"

[[key]]
name = "alice"
key_file = "alice.key"

[track]
players = [7]
factions = [9, 20]
members = true
wars = "all"
territories = ["AAB", "AAC"]
"#;

#[test]
fn it_checks_the_keys_and_writes_configuration_and_database_for_their_owner_only() {
    let fresh = Fresh::new();

    let finished = fresh
        .init(&[
            "--key-file",
            "alice.key",
            "--key-env",
            "BOB",
            "--faction",
            "9,20",
            "--player",
            "7",
            "--wars",
            "all",
            "--territories",
            "AAB,AAC",
        ])
        .expect(0);

    assert_eq!(finished.stdout(), TERMS);
    assert_eq!(
        finished.stderr(),
        "key bob: player 2, Public Only, public data only\n\
         key alice: player 1, Limited Access, reads its owner's battle stats\n\
         ready: tornsnap.db; next: tornsnap fetch all, then tornsnap schedule install\n"
    );
    let config = fresh.config();
    let (asked, other) = config.split_once("\n# The settings below").unwrap();
    assert_eq!(asked, CONFIGURATION, "{other}");
    for file in ["tornsnap.toml", "tornsnap.db"] {
        assert_eq!(mode(&fresh.sandbox.path(file)), 0o600, "{file}");
    }
    assert_eq!(
        fresh
            .sandbox
            .rows("SELECT name, owner_id, access, state FROM api_keys ORDER BY 1"),
        ["alice|1|Limited Access|ok", "bob|2|Public Only|ok"]
    );
}

#[test]
fn the_settings_in_comments_are_valid_when_the_comment_signs_are_removed() {
    let fresh = Fresh::new();
    fresh
        .init(&["--key-file", "alice.key", "--faction", "9"])
        .expect(0);
    let config = fresh.config();
    let (asked, other) = config.split_once("# The settings below").unwrap();
    let (_, other) = other.split_once('\n').unwrap();
    let uncommented: Vec<&str> = other
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .collect();
    let text = format!("{asked}{}\n", uncommented.join("\n"));
    fresh.sandbox.write("tornsnap.toml", &text);

    fresh
        .sandbox
        .run(&["fetch", "factions", "--plan"])
        .expect(0);

    for table in ["[retention]", "[backup]", "[health]", "[log]"] {
        assert!(text.contains(&format!("\n{table}\n")), "{table}: {text}");
    }
}

#[test]
fn a_second_init_changes_nothing() {
    let fresh = Fresh::new();
    let arguments = ["--key-file", "alice.key", "--faction", "9"];
    fresh.init(&arguments).expect(0);
    let config = fresh.config();

    fresh.init(&arguments).expect(0);
    fresh.init(&[]).expect(0);

    assert_eq!(fresh.config(), config);
    assert_eq!(
        fresh.sandbox.rows("SELECT version FROM schema_version"),
        ["1"]
    );
}

#[test]
fn a_named_configuration_need_not_exist() {
    let fresh = Fresh::new();

    for (name, how) in [
        ("here.toml", "flag"),
        ("deep/er/there.toml", "flag"),
        ("env.toml", "variable"),
    ] {
        let mut command = fresh.sandbox.command(&[
            "init",
            "--non-interactive",
            "--key-file",
            "alice.key",
            "--faction",
            "9",
        ]);
        command.env("TORNSNAP_API_URL", fresh.simulator.url());
        match how {
            "flag" => command.args(["--config", name]),
            _ => command.env("TORNSNAP_CONFIG", name),
        };
        let finished = Finished(command.output().unwrap()).expect(0);

        let path = fresh.sandbox.path(name);
        assert!(path.exists(), "{name}");
        let database = path.with_file_name("tornsnap.db");
        assert!(database.exists(), "{name}: {}", finished.stderr());

        // The configuration works from any folder.
        let mut fetch = fresh
            .sandbox
            .command(&["fetch", "factions", "--plan", "--config"]);
        fetch
            .arg(&path)
            .current_dir("/")
            .env("TORNSNAP_API_URL", fresh.simulator.url());
        Finished(fetch.output().unwrap()).expect(0);
    }
}

#[test]
fn one_json_document_on_success_and_on_failure() {
    let fresh = Fresh::new();

    let done = fresh
        .init(&["--json", "--key-file", "alice.key", "--faction", "9"])
        .expect(0);
    let report = done.json();
    assert_eq!(
        (&report["status"], &report["keys"][0]["owner_id"]),
        (&"ok".into(), &1.into())
    );
    assert_eq!(report["keys"][0]["battle_stats"], true);
    assert!(
        done.stderr().contains("Data sharing       Nobody"),
        "{}",
        done.stderr()
    );

    let failed = fresh
        .init(&[
            "--json",
            "--key-file",
            "missing.key",
            "--faction",
            "9",
            "--force",
        ])
        .expect(77);
    assert_eq!(failed.json()["exit_code"], 77);
    assert_eq!(failed.json()["status"], "failed");
}

#[test]
fn quiet_is_silent_on_success() {
    let fresh = Fresh::new();

    let finished = fresh
        .init(&["-q", "--key-file", "alice.key", "--faction", "9"])
        .expect(0);

    assert_eq!(
        (finished.stdout().as_str(), finished.stderr().as_str()),
        ("", "")
    );
}

#[test]
fn eight_processes_at_once_create_one_database() {
    let fresh = Fresh::new();

    thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| fresh.init(&["--key-file", "alice.key", "--faction", "9"])))
            .collect();
        for run in runs {
            run.join().unwrap().expect(0);
        }
    });

    assert_eq!(
        fresh.sandbox.rows("SELECT version FROM schema_version"),
        ["1"]
    );
    assert_eq!(fresh.sandbox.rows("PRAGMA integrity_check"), ["ok"]);
    let left = fresh.sandbox.names();
    assert!(left.iter().all(|name| !name.starts_with(".t")), "{left:?}");
}

#[test]
fn the_database_may_be_elsewhere() {
    let fresh = Fresh::new();

    let arguments = [
        "--key-file",
        "alice.key",
        "--faction",
        "9",
        "--database",
        "data/torn.db",
    ];
    let first = fresh.init(&arguments).expect(0).stderr();
    let second = fresh.init(&arguments).expect(0).stderr();

    // A folder with a mistyped name is noticed then.
    let note = "ready: data/torn.db (the folder data is new); next:";
    assert!(first.contains(note), "{first}");
    assert!(!second.contains("is new"), "{second}");
    assert!(fresh.config().contains("database = \"data/torn.db\""));
    assert!(fresh.sandbox.path("data/torn.db").exists());
}

#[test]
fn another_file_at_the_path_of_the_database_is_left_unchanged() {
    let fresh = Fresh::new();
    fs::create_dir(fresh.sandbox.path("folder")).unwrap();
    fresh.sandbox.write(
        "notes.txt",
        "shopping list, and much more text than a header would have\n",
    );

    for (path, words) in [
        ("folder", "it is a folder"),
        ("notes.txt", "it is not an SQLite database"),
        (
            "notes.txt/x.db",
            "could not make the database notes.txt/x.db",
        ),
    ] {
        let finished = fresh
            .init(&[
                "--key-file",
                "alice.key",
                "--faction",
                "9",
                "--database",
                path,
            ])
            .expect(78);
        assert!(
            finished.stderr().contains(words),
            "{path}: {}",
            finished.stderr()
        );
        assert!(!fresh.sandbox.path("tornsnap.toml").exists(), "{path}");
    }
    assert!(
        fs::read_to_string(fresh.sandbox.path("notes.txt"))
            .unwrap()
            .starts_with("shopping list")
    );
}

#[test]
fn an_empty_file_becomes_a_database() {
    let fresh = Fresh::new();
    fresh.sandbox.write("tornsnap.db", "");

    fresh
        .init(&["--key-file", "alice.key", "--faction", "9"])
        .expect(0);

    assert_eq!(
        fresh.sandbox.rows("SELECT version FROM schema_version"),
        ["1"]
    );
}

#[test]
fn one_flag_takes_several_values() {
    let fresh = Fresh::new();
    fresh
        .init(&[
            "--faction",
            "9",
            "20",
            "--player",
            "7",
            "8,5",
            "--key-env",
            "BOB",
            "--key-file",
            "alice.key",
        ])
        .expect(0);
    let config = fresh.config();
    assert!(
        config.contains("players = [5, 7, 8]\nfactions = [9, 20]\n"),
        "{config}"
    );
}

#[test]
fn without_a_key_the_error_names_the_flags_and_no_file_that_is_not_there() {
    let sandbox = Sandbox::new();

    let refused = sandbox
        .run(&["init", "--non-interactive", "--faction", "9"])
        .expect(77);

    let stderr = refused.stderr();
    assert!(
        stderr.contains("because: no API key is named")
            && stderr.contains("--key-file FILE or --key-env NAME")
            && !stderr.contains("tornsnap.toml has")
            && !stderr.contains("on a terminal"),
        "{stderr}"
    );
    let without_terminal = sandbox.run(&["init"]).expect(77).stderr();
    assert!(
        without_terminal.contains("run `tornsnap init` on a terminal, where it asks for a key"),
        "{without_terminal}"
    );
    assert!(!sandbox.path("tornsnap.toml").exists());
}
