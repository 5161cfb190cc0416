//! `config show` and `config path`.

use serde_json::{Value, json};

use crate::support::{CANARY, Finished, Sandbox};

/// A configuration with a secret in each place that may have one.
fn with_secrets() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        &format!(
            "[api]\nbase_url = \"https://mirror.example/{CANARY}\"\n\
             [[key]]\nname = \"alice\"\nkey = \"{CANARY}\"\n\
             [[key]]\nname = \"bob\"\nkey_file = \"keys/bob.key\"\n\
             [[key]]\nname = \"{CANARY}\"\nkey_env = \"{CANARY}\"\n\
             [health]\nwebhook_url_file = \"hook\"\nping_url = \"https://hc.example/canary-ping\"\n"
        ),
    );
    sandbox.write("hook", "https://discord.example/canary-hook\n");
    sandbox
}

/// What `config show` says about a setting.
#[derive(Default)]
struct Expected {
    name: &'static str,
    value: Value,
    origin: &'static str,
    line: Value,
    named_by: Value,
}

/// The entry of a setting in a report.
pub fn setting<'a>(report: &'a Value, name: &str) -> &'a Value {
    let settings = report["settings"].as_array().unwrap();
    let found = settings.iter().find(|setting| setting["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {report}"))
}

/// The settings of the test below, one for each origin or type.
fn settings_of(sandbox: &Sandbox) -> Vec<Expected> {
    let folder = sandbox.real_folder();
    let inside = |name: &str| json!(folder.join(name).to_str().unwrap());
    vec![
        Expected {
            name: "track.factions",
            value: json!([5, 9]),
            origin: "file",
            line: json!(2),
            ..Expected::default()
        },
        Expected {
            name: "track.members",
            value: json!(false),
            origin: "file",
            line: json!(3),
            ..Expected::default()
        },
        Expected {
            name: "backup.directory",
            value: inside("bk"),
            origin: "file",
            line: json!(6),
            ..Expected::default()
        },
        Expected {
            name: "retention.keep_months",
            value: json!(2),
            origin: "default",
            ..Expected::default()
        },
        Expected {
            name: "database",
            value: inside("other.db"),
            origin: "flag",
            named_by: json!("--database"),
            ..Expected::default()
        },
        Expected {
            name: "api.base_url",
            value: json!("https://mirror.example/v2"),
            origin: "environment",
            named_by: json!("TORNSNAP_API_URL"),
            ..Expected::default()
        },
        Expected {
            name: "proxy",
            value: json!("http://proxy:3128"),
            origin: "environment",
            // Windows does not tell upper from lower case in the names of variables.
            named_by: json!(if cfg!(windows) {
                "https_proxy"
            } else {
                "HTTPS_PROXY"
            }),
            ..Expected::default()
        },
    ]
}

#[test]
fn each_setting_has_its_value_and_its_origin() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        "[track]\nfactions = [9, 5]\nmembers = false\n\n[backup]\ndirectory = \"bk\"\n",
    );
    let output = sandbox
        .command(&["config", "show", "--json", "--database", "other.db"])
        .env("TORNSNAP_API_URL", "https://mirror.example/v2/")
        .env("HTTPS_PROXY", "http://me:canary-pw@proxy:3128")
        .output();
    let report = Finished(output.unwrap()).expect(0).json();

    for Expected {
        name,
        value,
        origin,
        line,
        named_by,
    } in settings_of(&sandbox)
    {
        let found = setting(&report, name);
        assert_eq!(found["value"], value, "{name}");
        assert_eq!(found["origin"], origin, "{name}");
        assert_eq!(found["line"], line, "{name}");
        assert_eq!(found["named_by"], named_by, "{name}");
    }
}

#[test]
fn no_secret_is_shown_and_a_missing_key_file_is_named() {
    let sandbox = with_secrets();
    for arguments in [&["config", "show"][..], &["config", "show", "--json"]] {
        let finished = sandbox.run(arguments).expect(0);
        let shown = finished.stdout() + &finished.stderr();

        assert!(
            !shown.contains(CANARY) && !shown.contains("canary"),
            "{shown}"
        );
        assert!(shown.contains("bob.key"), "{shown}");
        assert!(shown.contains("there is no such file"), "{shown}");
    }
    let report = sandbox.run(&["config", "show", "--json"]).json();
    for name in ["key.alice.key", "health.ping_url"] {
        assert_eq!(setting(&report, name)["is_secret"], true, "{name}");
    }
}

#[test]
fn keys_of_the_environment_replace_those_of_the_file() {
    let sandbox = with_secrets();
    let output = sandbox
        .command(&["config", "show", "--json"])
        .env("TORN_API_KEY", format!("{CANARY},SecondCanaryKey1"))
        .output();
    let finished = Finished(output.unwrap()).expect(0);
    let report = finished.json();

    assert!(!finished.stdout().contains(CANARY), "{report}");
    assert_eq!(setting(&report, "key.env1")["named_by"], "TORN_API_KEY");
    let names: Vec<&str> = report["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["env1", "env2"]);
}

#[test]
fn the_used_file_is_named_with_the_reason() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "");
    sandbox.write("other.toml", "");
    let folder = sandbox.real_folder();
    let path_of = |name: &str| format!("{}\n", folder.join(name).display());

    let here = sandbox.run(&["config", "path"]).expect(0);
    assert_eq!(here.stdout(), path_of("tornsnap.toml"));
    assert!(here.stderr().contains("it is in the working folder"));

    let named = sandbox.run(&["config", "path", "--config", "other.toml"]);
    assert_eq!(named.stdout(), path_of("other.toml"));
    assert!(named.stderr().contains("--config names it"));

    let output = sandbox
        .command(&["config", "path", "-q"])
        .env("TORNSNAP_CONFIG", "other.toml")
        .output();
    let from_environment = Finished(output.unwrap()).expect(0);
    assert_eq!(from_environment.stdout(), path_of("other.toml"));
    assert_eq!(from_environment.stderr(), "");
}

#[test]
fn without_a_configuration_the_places_are_listed() {
    let sandbox = Sandbox::new();

    let stderr = sandbox.run(&["config", "path"]).expect(78).stderr();
    assert!(
        stderr.matches("tornsnap.toml").count() >= 2,
        "the working folder and the platform's: {stderr}"
    );
    assert!(stderr.contains("tornsnap init"), "{stderr}");

    let finished = sandbox.run(&["config", "path", "--config", "none.toml"]);
    assert!(
        finished.expect(78).stderr().contains("--config names it"),
        "the flag is named"
    );
    // The other commands use the defaults then.
    sandbox.run(&["config", "show"]).expect(0);
}
