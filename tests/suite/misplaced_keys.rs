//! A key in the wrong place is still a secret.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::torn::{BOBS_KEY, Torn};
use crate::support::{CANARY, Finished};

const PASSWORD: &str = "s3cretpassword";

/// Variables with a key or a password in the wrong place.
const VARIABLES: [(&str, &str); 4] = [
    (
        "TORNSNAP_API_URL",
        "https://api.torn.com/v2?key=CANARYcanary1234",
    ),
    ("TORNSNAP_API_URL", "http://me:s3cretpassword@host"),
    ("TORNSNAP_API_URL", "CANARYcanary1234"),
    ("HTTPS_PROXY", "CANARYcanary1234"),
];

/// Configurations with a key in the wrong place.
const CONFIGURATIONS: [&str; 10] = [
    "[[key]]\nkey_file = \"CANARYcanary1234\"\n",
    "[[key]]\nkey_file = \"keys/CANARYcanary1234.key\"\n",
    "[[key]]\nkey_env = \"CANARYcanary1234\"\n",
    "[CANARYcanary1234]\n",
    "\"CANARYcanary1234\" = 1\n",
    "[api]\nCANARYcanary1234 = 1\n",
    "[health]\nwebhook_url_file = \"CANARYcanary1234\"\n",
    "[[key]]\nname = \"CANARYcanary1234\"\nkey_env = \"K\"\n",
    "[[key]]\nname = \"key CANARYcanary1234\"\nkey = \"CANARYcanary1234\"\n",
    "database = \"CANARYcanary1234\"\n",
];

const COMMANDS: [&[&str]; 5] = [
    &["fetch", "all"],
    &["config", "show"],
    &["config", "show", "--json"],
    &["config", "check", "--json"],
    &["health", "--json"],
];

/// Runs the command with a variable, and checks what it prints.
#[track_caller]
fn assert_hidden(torn: &Torn, arguments: &[&str], (name, value): (&str, &str)) {
    let mut command = torn.sandbox.command(arguments);
    let finished = Finished(command.env(name, value).output().unwrap());
    let shown = format!("{}{}", finished.stdout(), finished.stderr());
    assert!(!shown.is_empty(), "{arguments:?}");
    for secret in [CANARY, PASSWORD] {
        assert!(
            !shown.contains(secret),
            "{arguments:?} {name}={value}: {shown}"
        );
    }
}

#[test]
fn a_key_in_a_variable_for_an_address_is_not_shown() {
    let torn = Torn::new();
    torn.sandbox.write(
        "tornsnap.toml",
        "[api]\nbase_url = \"https://torn.invalid/v2\"\n[track]\nplayers = [1]\n",
    );
    for arguments in COMMANDS {
        for variable in VARIABLES {
            assert_hidden(&torn, arguments, variable);
        }
    }
}

#[test]
fn a_key_in_the_wrong_field_is_not_shown() {
    let torn = Torn::new();
    for config in CONFIGURATIONS {
        torn.sandbox.write("tornsnap.toml", config);
        for arguments in COMMANDS {
            assert_hidden(&torn, arguments, ("UNUSED", ""));
        }
    }
}

#[test]
fn a_key_in_place_of_an_argument_is_not_shown() {
    let torn = Torn::new();
    for arguments in [
        &["fetch", "players", "--player", CANARY][..],
        &["--json", "fetch", "players", "--player", CANARY],
        &["fetch", "--key", CANARY],
        &["fetch", CANARY],
        &[CANARY],
        &["--config", CANARY, "fetch", "all"],
        &["--config=CANARYcanary1234", "--json", "health"],
        &["--database", CANARY, "health"],
        &["--database", CANARY, "export", "players"],
        &["init", "--non-interactive", "--key-file", CANARY],
        &["init", "--non-interactive", "--key-env", CANARY],
        &["export", CANARY],
        &["export", "players", "--columns", CANARY],
        &["export", "players", "--output", "nowhere/CANARYcanary1234"],
        &["import", CANARY],
        &["restore", CANARY],
        &["backup", "--verify", CANARY],
        &["backup", "--output", CANARY, "--list"],
        &["summarize", "--month", CANARY],
        &["config", "path", "--config", CANARY],
    ] {
        assert_hidden(&torn, arguments, ("UNUSED", ""));
    }
}

#[test]
fn a_variable_for_keys_without_a_key_is_named() {
    let torn = Torn::new();
    for list in [",", " , ", "\"\"", "'',"] {
        let output = torn
            .fetching(&["all"])
            .env("TORN_API_KEY", list)
            .output()
            .unwrap();

        let told = Finished(output).expect(77).stderr();

        assert!(
            told.contains("TORN_API_KEY is set, but there is no key in it"),
            "{list:?}: {told}"
        );
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let nested = entries.map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    nested.flatten().collect()
}

#[test]
fn a_key_file_whose_name_is_the_key_gets_another_name_everywhere() {
    for (file, variable) in [
        (Some("CANARYcanary1234"), None),
        (Some("CANARYcanary1234.key"), None),
        (None, Some("CANARYcanary1234")),
    ] {
        let torn = Torn::new();
        fs::remove_file(torn.sandbox.path("tornsnap.toml")).unwrap();
        let mut arguments = vec!["init", "--non-interactive", "--faction", "9"];
        if let Some(file) = file {
            torn.sandbox.write(file, CANARY);
            arguments.extend(["--key-file", file]);
        }
        arguments.extend(variable.iter().flat_map(|name| ["--key-env", name]));
        let mut shown = String::new();
        for arguments in [
            &arguments[..],
            &["-vv", "fetch", "all"],
            &["fetch", "all", "--plan"],
            &["health"],
            &["health", "--json"],
            &["config", "show"],
            &["backup"],
            &["export", "--all", "--output", "all"],
        ] {
            let mut command = torn.sandbox.command(arguments);
            command
                .env("TORNSNAP_API_URL", torn.simulator.url())
                .env(CANARY, CANARY);
            let finished = Finished(command.output().unwrap());
            assert!(finished.code() <= 2, "{}", finished.stderr());
            shown.push_str(&finished.stdout());
            shown.push_str(&finished.stderr());
        }

        assert!(!shown.contains(CANARY), "{shown}");
        assert_eq!(torn.rows("SELECT name FROM api_keys"), ["key"]);
        assert_eq!(
            torn.rows("SELECT DISTINCT data_source FROM faction_history"),
            ["key"]
        );
        for path in files(&torn.sandbox.path("")) {
            let name = path.file_name().unwrap().to_str().unwrap();
            // These two hold the key, or say where it is. Only their owner can read them.
            if Some(name) == file || name == "tornsnap.toml" {
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let has_key = bytes
                .windows(CANARY.len())
                .any(|part| part == CANARY.as_bytes());
            assert!(!has_key, "{}", path.display());
        }
    }
}

#[test]
fn two_key_files_with_such_names_are_two_keys() {
    let torn = Torn::with_two_keys();
    fs::remove_file(torn.sandbox.path("tornsnap.toml")).unwrap();
    torn.sandbox.write(CANARY, CANARY);
    torn.sandbox.write(BOBS_KEY, BOBS_KEY);
    for file in [CANARY, BOBS_KEY] {
        let mut command = torn
            .sandbox
            .command(&["init", "--non-interactive", "--key-file", file]);
        command.env("TORNSNAP_API_URL", torn.simulator.url());
        Finished(command.output().unwrap()).expect(0);
    }

    let config = fs::read_to_string(torn.sandbox.path("tornsnap.toml")).unwrap();
    assert!(config.contains("name = \"key\"\n"), "{config}");
    assert!(config.contains("name = \"key-2\"\n"), "{config}");
}

#[test]
fn a_key_as_the_name_of_a_key_is_refused_with_its_line() {
    let torn = Torn::new();
    torn.sandbox.write(
        "tornsnap.toml",
        "[[key]]\nname = \"CANARYcanary1234\"\nkey_env = \"K\"\n",
    );

    let stderr = torn.sandbox.run(&["fetch", "all"]).expect(78).stderr();

    assert!(
        stderr.contains("because: line 2: name looks like the key itself; choose another name"),
        "{stderr}"
    );
}

#[test]
fn names_of_files_that_only_resemble_a_key_are_shown() {
    let torn = Torn::new();
    let output = torn
        .sandbox
        .run(&["restore", "tornsnap-20261031T120000Z.db"]);
    assert!(
        output.stderr().contains("tornsnap-20261031T120000Z.db"),
        "{}",
        output.stderr()
    );
    torn.fetch(&["factions"]).expect(0);
    let output = torn
        .sandbox
        .run(&["export", "factions", "--output", "Factions20261031.csv"])
        .expect(0);
    assert!(
        output.stderr().contains("Factions20261031.csv"),
        "{}",
        output.stderr()
    );
}
