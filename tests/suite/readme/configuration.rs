//! `src/docs/configuration.md` against the settings that the program reads.

use std::collections::BTreeSet;
use std::fs;

use super::markdown::{blocks, page, root};
use crate::config::show::setting;
use crate::support::{Sandbox, files_with_extension};

#[test]
fn the_whole_configuration_is_understood() {
    let sandbox = Sandbox::new();
    let whole = whole_configuration();
    let uncommented: String = whole
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(field) if field.contains(" = ") => format!("{field}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    sandbox.write("alice.key", "SomeKeyOfAlice01\n");

    for text in [whole, uncommented.replace("hc-ping.com/…", "hc-ping.com/x")] {
        sandbox.write("tornsnap.toml", &text);
        // The only error is the missing database, so the configuration is valid.
        let finished = sandbox.run(&["fetch", "all"]).expect(78);
        assert!(
            finished.stderr().contains("there is no such file"),
            "{}",
            finished.stderr()
        );
        fs::remove_file(sandbox.path("tornsnap.log")).unwrap_or_default();
    }
}

#[test]
fn the_whole_configuration_holds_the_defaults() {
    use tornsnap::testing::config::{Overrides, Settings};

    let sandbox = Sandbox::new();
    let settings = |text: &str| {
        let path = sandbox.path("tornsnap.toml");
        let settings = Settings::from_text(&path, text, &Overrides::default()).unwrap();
        let shown = format!("{settings:#?}");
        // The list of fields has the lines of the file.
        let (before, fields) = shown.split_once("\n    fields: [").unwrap();
        let (_, after) = fields.split_once("\n    ]").unwrap();
        format!("{before}{after}")
    };
    let keys_only = "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n";

    assert_eq!(settings(&whole_configuration()), settings(keys_only));
}

#[test]
fn every_setting_is_in_the_whole_configuration_or_has_its_default_beside_it() {
    let sandbox = Sandbox::new();
    let configuration = page("configuration.md");
    let whole = whole_configuration();
    let mut tables: Vec<String> = fields_of(&sandbox, "");
    assert!(tables.len() >= 9, "{tables:?}");
    assert!(
        tables.contains(&"database".to_owned()) && configuration.contains("| `database` |"),
        "{tables:?}"
    );
    tables.retain(|table| table != "database");
    let mut seen = 0;

    for table in tables {
        let heading = match table.as_str() {
            "key" => "[[key]]".to_owned(),
            _ => format!("[{table}]"),
        };
        assert!(whole.contains(&heading), "{heading}");
        for field in fields_of(&sandbox, &heading) {
            let row = configuration
                .lines()
                .find(|line| line.starts_with('|') && line.contains(&format!("`{table}.{field}`")))
                .unwrap_or_else(|| panic!("{table}.{field} has no row"));
            assert!(
                whole.contains(&format!("{field} = ")) || row.contains("(default: "),
                "{table}.{field} has no default"
            );
            seen += 1;
        }
    }

    assert!(seen > 35, "only {seen} settings were found");
}

/// A default that `config show` does not know, or calls "not set", is not what the program uses.
#[test]
fn config_show_has_every_setting_with_the_default_of_the_page() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "");
    let report = sandbox.run(&["config", "show", "--json"]).expect(0).json();
    let whole: toml::Table = whole_configuration().parse().unwrap();
    let mut with_default = BTreeSet::new();
    for (table, fields) in &whole {
        let fields: Vec<(String, &toml::Value)> = match fields {
            toml::Value::Table(fields) => fields
                .iter()
                .map(|(field, value)| (format!("{table}.{field}"), value))
                .collect(),
            // [[key]] has no defaults.
            toml::Value::Array(_) => continue,
            value => vec![(table.clone(), value)],
        };
        for (name, value) in fields {
            let setting = setting(&report, &name);
            assert_eq!(setting["origin"], "default", "{name}");
            assert_eq!(setting["is_set"], true, "{name}");
            let expected = serde_json::to_value(value).unwrap();
            let is_path = ["database", "backup.directory"].contains(&name.as_str());
            let value = match setting["value"].as_str() {
                Some(path) if is_path => path.rsplit(['/', '\\']).next().unwrap().into(),
                _ => setting["value"].clone(),
            };
            assert_eq!(value, expected, "{name}");
            with_default.insert(name);
        }
    }
    assert!(with_default.len() > 30, "{with_default:?}");
}

#[test]
fn every_setting_of_config_show_is_on_the_page_and_few_have_no_default() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "");
    let report = sandbox.run(&["config", "show", "--json"]).expect(0).json();
    for setting in report["settings"].as_array().unwrap() {
        let name = setting["name"].as_str().unwrap();
        assert!(
            page("configuration.md").contains(&format!("`{name}`")) || name == "clock",
            "{name} is not on the page"
        );
        if setting["is_set"] == false {
            assert!(
                [
                    "retention.archive",
                    "health.webhook_url_file",
                    "health.webhook_url_env",
                    "health.ping_url",
                    "log.file"
                ]
                .contains(&name),
                "{name} has no default"
            );
        }
    }
}

#[test]
fn every_environment_variable_is_on_the_page_of_the_configuration() {
    let configuration = page("configuration.md");
    let mut seen = BTreeSet::new();
    for file in files_with_extension(&root().join("src/config"), "rs") {
        for text in fs::read_to_string(file).unwrap().split("TORNSNAP_").skip(1) {
            let end = text
                .find(|letter: char| !letter.is_ascii_uppercase() && letter != '_')
                .unwrap();
            seen.insert(format!("TORNSNAP_{}", &text[..end]));
        }
    }

    assert!(seen.len() >= 6, "{seen:?}");
    for name in seen.iter().filter(|name| *name != "TORNSNAP_BUILD_DAY") {
        assert!(configuration.contains(&format!("`{name}`")), "{name}");
    }
}

/// The whole configuration on its page, with all settings.
fn whole_configuration() -> String {
    blocks(&page("configuration.md"), "toml")
        .into_iter()
        .find(|block| block.contains("[[key]]"))
        .unwrap()
}

/// The names of the fields under a heading, as the program lists them when it meets another one.
fn fields_of(sandbox: &Sandbox, heading: &str) -> Vec<String> {
    sandbox.write("tornsnap.toml", &format!("{heading}\nno_such_field = 1\n"));
    let refused = sandbox.run(&["fetch", "all"]).expect(78).stderr();
    refused
        .split("expected ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
