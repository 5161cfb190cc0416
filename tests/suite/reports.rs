//! The JSON reports against their schemas in `tests/fixtures/schemas`.

use std::fs;

use serde_json::{Map, Value, json};

use crate::init::Fresh;
use crate::support::new_database::new_database;
use crate::support::schema::Schema;
use crate::support::torn::Torn;
use crate::support::{DAY, HOUR, NOW, Sandbox, fill};

#[test]
fn reports_of_fetch_fit_their_schemas() {
    let torn = Torn::new();
    let run = |arguments: &[&str], code, schema| {
        expect(schema, &torn.fetch(arguments).expect(code).json());
    };

    run(&["all", "--plan", "--json"], 0, "fetch-plan");
    run(&["all", "--json"], 0, "fetch");
    // Nothing has changed.
    run(&["factions", "--json"], 0, "fetch");
    // Torn does not know faction 777.
    run(&["factions", "--faction", "9,777", "--json"], 3, "fetch");
    torn.sandbox
        .write("tornsnap.toml", "[track]\nfactions = [9]\n");
    run(&["factions", "--json"], 77, "error");
}

#[test]
fn reports_of_summarize_fit_their_schema() {
    let sandbox = with_january();
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["summarize", "--json"], arguments].concat();
        expect(schema, &sandbox.run(&arguments).expect(code).json());
    };

    run(&["--dry-run"], 0, "summarize");
    run(&["--month", "2026-04"], 78, "error");
    run(&[], 0, "summarize");
    // Every month is up to date.
    run(&["--no-backup"], 0, "summarize");
    run(&["--force", "--no-backup"], 0, "summarize");
}

#[test]
fn reports_of_prune_fit_their_schemas() {
    let sandbox = with_january();
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["prune", "--json"], arguments].concat();
        expect(schema, &sandbox.run(&arguments).expect(code).json());
    };

    // January is in no summary, and there is no backup.
    run(&["--dry-run"], 0, "prune");
    run(&[], 78, "error");
    sandbox.run(&["summarize"]).expect(0);
    run(&["--archive", "old.db", "--allow-large"], 0, "prune");
    // There is nothing left to delete.
    run(&[], 0, "prune");

    run(
        &["--summaries-before", "2026-02", "--dry-run"],
        0,
        "prune-summaries",
    );
    run(&["--summaries-before", "2026-02"], 78, "error");
    run(
        &["--summaries-before", "2026-02", "--yes"],
        0,
        "prune-summaries",
    );
    run(&["--summaries-before", "2026-02"], 0, "prune-summaries");
}

#[test]
fn reports_of_a_prune_of_the_future_fit_their_schema() {
    let sandbox = with_january();
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["prune", "--future", "--json"], arguments].concat();
        expect(schema, &sandbox.run(&arguments).expect(code).json());
    };

    run(&["--dry-run"], 0, "prune-future");
    run(&[], 0, "prune-future");
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level, data_source)
             WITH RECURSIVE day (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM day WHERE number < 30)
             SELECT 1, {NOW} + number * {DAY}, 5, 'alice' FROM day"
        ))
        .unwrap();
    run(&["--dry-run"], 0, "prune-future");
    // Most history rows are of a time to come: the clock seems to be behind.
    run(&[], 78, "error");
    run(&["--force"], 0, "prune-future");
}

#[test]
fn reports_of_schedule_fit_their_schemas() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nfactions = [7]\n");
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["schedule", "--json"], arguments].concat();
        expect(schema, &sandbox.run(&arguments).expect(code).json());
    };

    new_database(&sandbox.database());
    run(&["run"], 0, "schedule-run");
    for scheduler in ["cron", "systemd", "windows"] {
        run(&["show", "--for", scheduler], 0, "schedule-show");
    }
    for scheduler in ["systemd", "windows"] {
        run(
            &["install", "--dry-run", "--for", scheduler],
            0,
            "schedule-change",
        );
        run(
            &["remove", "--dry-run", "--for", scheduler],
            0,
            "schedule-change",
        );
        if cfg!(not(windows)) {
            run(&["install", "--for", scheduler], 77, "error");
        }
    }
}

#[test]
fn reports_of_backup_fit_their_schemas() {
    let sandbox = with_january();
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["backup", "--json"], arguments].concat();
        expect(schema, &sandbox.run(&arguments).expect(code).json());
    };

    run(&[], 0, "backup");
    sandbox
        .run_at(NOW + 60, &["backup", "--compress"])
        .expect(0);
    run(&["--verify", "latest"], 0, "backup-verify");
    run(&["--verify", "all"], 0, "backup-verify");
    sandbox.write("backups/tornsnap-20260301T000000Z.db", "no backup");
    fs::remove_file(sandbox.path("backups/tornsnap-20260401T120000Z.db")).unwrap();
    sandbox.write("backups/tornsnap-20260302T000000Z.db", "no backup");
    sandbox.write("backups/tornsnap-20260302T000000Z.db.json", "{}");
    run(&["--list"], 0, "backup-list");
    run(&["--verify", "all"], 79, "backup-verify");
    run(&["--verify", "nowhere.db"], 78, "error");
    run(&["--database", "nowhere.db"], 78, "error");
}

#[test]
fn reports_of_config_fit_their_schemas() {
    let torn = Torn::new();
    torn.sandbox.write("alice.key", "SomeKeyOfAlice01\n");
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["config"], arguments, &["--json"]].concat();
        expect(schema, &torn.sandbox.run(&arguments).expect(code).json());
    };

    run(&["path"], 0, "config-path");
    run(&["show"], 0, "config-show");
    run(&["check"], 0, "config-check");
    run(&["check", "--online"], 0, "config-check");
    // Torn does not know faction 777.
    torn.follow("[track]\nfactions = [9, 777]\n");
    run(&["check", "--online"], 3, "config-check");
    torn.follow("[[key]]\nkey_file = \"none.key\"\n");
    run(&["show"], 0, "config-show");
    run(&["check"], 77, "config-check");
    torn.follow("[log]\nkeep = 0\nfile = 3\n");
    run(&["check"], 78, "config-check");
    run(&["show"], 78, "error");
    run(&["path", "--config", "none.toml"], 78, "error");
    run(&["check", "--config", "none.toml"], 78, "config-check");
}

#[test]
fn reports_of_restore_fit_their_schema() {
    let sandbox = with_january();
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["restore", "--json"], arguments].concat();
        expect(schema, &sandbox.run(&arguments).expect(code).json());
    };

    run(&["latest"], 78, "error");
    sandbox.run(&["backup"]).expect(0);
    run(&["latest", "--to", "elsewhere.db"], 0, "restore");
    run(&["latest"], 0, "restore");
    run(&["elsewhere.db", "--without-manifest"], 0, "restore");
    // Only somebody at a terminal can decline.
    let declined = json!({ "command": "restore", "status": "declined", "exit_code": 0 });
    expect("restore", &declined);
}

#[test]
fn reports_of_export_fit_their_schemas() {
    let sandbox = with_january();
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["export", "--json"], arguments].concat();
        expect(schema, &sandbox.run(&arguments).expect(code).json());
    };

    run(&["--list"], 0, "export-list");
    run(&["players", "--output", "players.csv"], 0, "export");
    run(&["--all", "--output", "folder"], 0, "export");
    run(&["player"], 2, "error");
}

#[test]
fn reports_of_import_fit_their_schema() {
    let sandbox = with_january();
    new_database(&sandbox.path("other.db"));
    let other = rusqlite::Connection::open(sandbox.path("other.db")).unwrap();
    fill(&other, 20);
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["import", "--json"], arguments].concat();
        expect(schema, &sandbox.run(&arguments).expect(code).json());
    };

    run(&["other.db", "--dry-run"], 0, "import");
    other
        .execute_batch(
            "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, 5, 5)",
        )
        .unwrap();
    run(&["other.db"], 3, "import");
    run(&["other.db", "--no-backup", "--no-summarize"], 3, "import");
    run(&["nowhere.db"], 78, "error");
}

#[test]
fn reports_of_init_fit_their_schema() {
    let fresh = Fresh::new();
    let run = |arguments: &[&str], code, schema| {
        let arguments = [&["--json"], arguments].concat();
        expect(schema, &fresh.init(&arguments).expect(code).json());
    };

    run(&["--key-file", "missing.key"], 77, "error");
    run(&["--key-file", "alice.key", "--faction", "9"], 0, "init");
    run(&["--faction", "20"], 0, "init");
    fresh.sandbox.write("wrong.key", "NobodysKey123456");
    let keys = ["--key-file", "alice.key", "--key-file", "wrong.key"];
    run(&keys, 3, "init");
}

#[test]
fn the_report_of_the_demo_fits_its_schema() {
    let sandbox = Sandbox::new();
    let finished = sandbox.run(&["demo", "--days", "1", "--json"]).expect(0);
    expect("demo", &finished.json());
    sandbox.write("mine/letter.txt", "Dear diary");
    let refused = sandbox.run(&["demo", "--output", "mine", "--json"]);
    expect("error", &refused.expect(78).json());
}

#[cfg(unix)]
#[test]
fn the_simulated_torn_reports_its_address_and_keys_while_it_runs() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.command(&["simulate", "--json"]).spawn().unwrap();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());

    let mut documents = serde_json::Deserializer::from_reader(&mut stdout).into_iter::<Value>();
    let report = documents.next().unwrap().unwrap();

    let url = format!("{}/key/info", report["url"].as_str().unwrap());
    let key = report["keys"][0]["key"].as_str().unwrap();
    let answer = ureq::get(url)
        .header("Authorization", format!("ApiKey {key}"))
        .call();
    assert!(answer.is_ok(), "{answer:?}");
    crate::support::signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
    assert!(documents.next().is_none(), "stdout is one document");
    expect("simulate", &report);
}

#[test]
fn reports_of_health_fit_their_schema() {
    let sandbox = with_january();
    let report = sandbox.run(&["health", "--json"]).json();
    expect("health", &report);
    // Settings that cannot be read are one check of their own.
    sandbox.write("tornsnap.toml", "no = \"such field\"\n");
    let report = sandbox.run(&["health", "--json"]).expect(3).json();
    expect("health", &report);
}

#[test]
fn every_command_reports_unreadable_settings_and_wrong_usage_as_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "no = \"such field\"\n");
    let commands = [
        &["fetch", "all"][..],
        &["summarize"],
        &["prune"],
        &["backup"],
        &["restore", "latest"],
        &["export", "players"],
        &["import", "old.db"],
        &["init", "--non-interactive"],
        &["simulate"],
    ];
    for command in commands {
        let arguments = [command, &["--json"]].concat();
        let report = sandbox.run(&arguments).expect(78).json();
        expect("error", &report);
        assert_eq!(report["command"], command[0]);

        let arguments = [command, &["--json", "--nonsense"]].concat();
        let report = sandbox.run(&arguments).expect(2).json();
        expect("error", &report);
        assert_eq!(report["command"], command[0]);
    }
}

#[test]
fn reports_of_completions_and_man_fit_their_schemas() {
    let sandbox = Sandbox::new();
    let shell = ["completions", "zsh", "--json"];
    expect("completions", &sandbox.run(&shell).expect(0).json());
    expect("man", &sandbox.run(&["man", "--json"]).expect(0).json());
    let folder = ["man", "--output", "man1", "--json"];
    expect("man", &sandbox.run(&folder).expect(0).json());
}

/// Fields that a schema lets a report leave out. `*` stands for the index of an array.
const OPTIONAL: [(&str, &str); 7] = [
    ("fetch", "/runs/*/joined"),
    ("fetch", "/runs/*/left"),
    ("health", "/checked_at"),
    ("health", "/database"),
    ("health", "/program"),
    ("health", "/notification"),
    ("health", "/event"),
];

/// Objects that map the names of tables to their numbers, so that no name in them is required.
const MAPS: [&str; 2] = ["tables", "rows"];

/// Asserts that the report fits the schema, and that it would not with a field less or more.
#[track_caller]
fn expect(name: &'static str, report: &Value) {
    let schema = Schema::of(name);
    schema.expect_valid(report);
    for object in objects(report) {
        let fields = report.pointer(&object).unwrap().as_object().unwrap();
        let is_map = MAPS.iter().any(|map| object.ends_with(&format!("/{map}")));
        for field in fields.keys().filter(|_| !is_map) {
            let path = format!("{object}/{field}");
            let is_required = !OPTIONAL.contains(&(name, &general(&path)));
            let shorter = changed(report, &object, |fields| {
                fields.remove(field);
            });
            assert!(
                !is_required || !schema.accepts(&shorter),
                "{name} lets a report leave out {path}: {shorter:#}"
            );
        }
        let longer = changed(report, &object, |fields| {
            fields.insert("unknown_field".to_owned(), json!("a text"));
        });
        assert!(
            !schema.accepts(&longer),
            "{name} takes an unknown field in {object:?}: {longer:#}"
        );
    }
}

/// The paths of all objects in a document; that of the document itself is empty.
fn objects(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), document)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(fields) => {
                let fields = fields.iter();
                open.extend(fields.map(|(name, value)| (format!("{path}/{name}"), value)));
                found.push(path);
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                open.extend(items.map(|(index, value)| (format!("{path}/{index}"), value)));
            }
            _ => {}
        }
    }
    found
}

/// The path with `*` in the place of each index.
fn general(path: &str) -> String {
    let steps = path.split('/').map(|step| match step.parse::<usize>() {
        Ok(_) => "*",
        Err(_) => step,
    });
    steps.collect::<Vec<_>>().join("/")
}

/// A copy of the document, with a change to the object at this path.
fn changed(document: &Value, object: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut copy = document.clone();
    change(copy.pointer_mut(object).unwrap().as_object_mut().unwrap());
    copy
}

/// A database with the history of a day in January, which `prune` deletes in April, and of today.
fn with_january() -> Sandbox {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    let connection = sandbox.sqlite();
    fill(&connection, 10);
    connection
        .execute_batch("UPDATE player_stats_history SET timestamp = unixepoch('2026-01-10')")
        .unwrap();
    connection
        .execute_batch(&format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level, data_source)
             SELECT player_id, {NOW} - {HOUR}, 6, 'alice' FROM players"
        ))
        .unwrap();
    sandbox
}
