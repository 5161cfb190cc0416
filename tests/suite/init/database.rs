//! The database that `tornsnap init` makes beside an existing configuration.

use super::again::HANDMADE;
use crate::init::Fresh;
use crate::support::Finished;

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
