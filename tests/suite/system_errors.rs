//! Errors of the operating system are shown in its words, without the numbers that Rust adds.
#![cfg(unix)]

use tornsnap::testing::store::Store;

use crate::support::Sandbox;

#[test]
fn no_message_has_the_number_of_an_error() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    sandbox.run(&["backup"]).expect(0);
    // No file can have such a name, whoever runs the test.
    let long = "x".repeat(300);
    let words = "File name too long";
    let commands: [&[&str]; 10] = [
        &["export", "players", "--output", &long],
        &["export", "--all", "--output", &long],
        &["backup", "--output", &long],
        &["backup", "--verify", &long],
        &["restore", &long],
        &["restore", "latest", "--to", &long],
        &["import", &long],
        &["prune", "--archive", &long],
        &["summarize", "--database", &long],
        &["health", "--json", "--database", &long],
    ];
    for command in commands {
        let finished = sandbox.run(command);

        let said = finished.stderr() + &finished.stdout();
        assert_ne!(finished.code(), 0, "{command:?}: {said}");
        assert!(!said.contains("os error"), "{command:?}: {said}");
        assert!(said.contains(words), "{command:?}: {said}");
    }
    sandbox.write("tornsnap.toml", &format!("[log]\nfile = \"{long}\"\n"));
    let warned = sandbox.run(&["backup"]).expect(0).stderr();
    assert!(warned.contains(words), "{warned}");
    assert!(!warned.contains("os error"), "{warned}");
}
