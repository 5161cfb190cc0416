//! The database that `tornsnap init` makes beside an existing configuration.

use super::again::HANDMADE;
use crate::init::Fresh;
use crate::support::schema::Schema;
use crate::support::{Finished, native};

#[test]
fn the_next_command_uses_the_database_that_init_has_made() {
    let fresh = Fresh::handmade();

    let finished = fresh.init(&["--database", "data/new.db"]).expect(0);

    let stderr = finished.stderr();
    assert!(stderr.contains("(database)"), "{stderr}");
    assert!(fresh.sandbox.path("data/new.db").exists());
    assert!(!fresh.sandbox.path("tornsnap.db").exists());
    fresh.sandbox.run(&["export", "players"]).expect(0);
}

#[test]
fn a_database_that_only_the_environment_names_stays_out_of_the_file_with_a_warning() {
    for before in [Some(HANDMADE), None] {
        let fresh = Fresh::new();
        if let Some(text) = before {
            fresh.sandbox.write("tornsnap.toml", text);
        }
        let mut command = fresh.sandbox.command(&[
            "init",
            "--non-interactive",
            "--key-file",
            "alice.key",
            "--faction",
            "9,20",
        ]);
        command
            .env("TORNSNAP_API_URL", fresh.simulator.url())
            .env("TORNSNAP_DATABASE", "other.db");

        let stderr = Finished(command.output().unwrap()).expect(0).stderr();

        assert!(
            stderr.contains("the database comes from TORNSNAP_DATABASE: set it for later runs too"),
            "{stderr}"
        );
        assert!(fresh.config().contains("database = \"tornsnap.db\""));
        assert!(fresh.sandbox.path("other.db").exists());
    }
}

#[test]
fn a_new_database_in_place_of_a_lost_one_is_made_with_a_warning_that_names_the_backup() {
    for is_empty in [false, true] {
        let fresh = Fresh::handmade();
        fresh.init(&[]).expect(0);
        fresh.sandbox.run(&["backup"]).expect(0);
        fresh.sandbox.remove_database("tornsnap.db");
        if is_empty {
            fresh.sandbox.write("tornsnap.db", "");
        }

        let finished = fresh.init(&["--json"]).expect(0);

        let (stderr, report) = (finished.stderr(), finished.json());
        let backup = native("backups/tornsnap-20260401T120000Z.db");
        let advice = format!("run `tornsnap restore {backup} --other-database`");
        assert!(stderr.contains(&advice), "{stderr}");
        let warning = report["warnings"][0].as_str().unwrap();
        assert!(stderr.contains(warning), "{stderr}");
        Schema::of("init").expect_valid(&report);
        let again = fresh.init(&["--json"]).expect(0).json();
        assert_eq!(again["warnings"], serde_json::json!([]));
        fresh
            .sandbox
            .run(&["restore", &backup, "--other-database"])
            .expect(0);
    }
}

#[test]
fn a_key_that_torn_refuses_leaves_an_empty_database_file_as_it_is() {
    let fresh = Fresh::handmade();
    fresh.sandbox.write("tornsnap.db", "");
    fresh.sandbox.write("alice.key", "CANARYwrong90123\n");

    fresh.init(&[]).expect(77);

    let length = std::fs::metadata(fresh.sandbox.database()).unwrap().len();
    assert_eq!(length, 0);
}
