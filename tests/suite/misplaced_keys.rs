//! A key in the wrong place is still a secret.

use crate::support::torn::Torn;
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
const CONFIGURATIONS: [&str; 7] = [
    "[[key]]\nkey_file = \"CANARYcanary1234\"\n",
    "[[key]]\nkey_file = \"keys/CANARYcanary1234.key\"\n",
    "[[key]]\nkey_env = \"CANARYcanary1234\"\n",
    "[CANARYcanary1234]\n",
    "\"CANARYcanary1234\" = 1\n",
    "[api]\nCANARYcanary1234 = 1\n",
    "[health]\nwebhook_url_file = \"CANARYcanary1234\"\n",
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
