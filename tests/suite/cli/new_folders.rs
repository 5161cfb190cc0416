//! A command that makes the folder that an option names says so.

use tornsnap::testing::store::Store;

use crate::support::Sandbox;

#[test]
fn a_folder_that_is_made_for_an_option_is_named_and_one_that_is_there_is_not() {
    let sandbox = Sandbox::new();
    Store::create(&sandbox.database()).unwrap();
    sandbox.run(&["backup"]).expect(0);
    for (arguments, folder) in [
        (&["export", "--all", "--output", "a/csv"][..], "a/csv"),
        (&["backup", "--output", "b/copies"], "b/copies"),
        (&["restore", "latest", "--to", "c/there/t.db"], "c/there"),
        (&["man", "--output", "d/man1"], "d/man1"),
    ] {
        let note = format!("(the folder {folder} is new)");

        let first = sandbox.run(arguments).expect(0);
        let second = sandbox.run(arguments).expect(0);

        assert!(first.stderr().contains(&note), "{}", first.stderr());
        assert!(!second.stderr().contains("is new"), "{}", second.stderr());
    }
}
