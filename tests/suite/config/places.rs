//! Problems that are not in a line of the file: Torn and folders.

use std::fs;

use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::Sandbox;
use crate::support::torn::Torn;

#[test]
fn online_without_a_torn_blames_no_line_of_the_file() {
    let torn = Torn::new();
    torn.simulator.fault(Fault::always(FaultKind::Reset));

    let finished = torn
        .sandbox
        .run(&["config", "check", "--online"])
        .expect(75);

    let told = finished.stderr();
    assert!(
        told.contains("none of them is a mistake in the file"),
        "{told}"
    );
    assert!(told.contains("run the same command again later"), "{told}");
    assert!(!told.contains("correct each line"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_made_is_named_as_it_was_written() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        "[backup]\ndirectory = \"/proc/not/there\"\n[track]\nplayers = [1]\n",
    );

    let report = sandbox.run(&["config", "check", "--json"]).json();

    assert!(
        report
            .to_string()
            .contains("/proc/not/there does not exist, and cannot be made in /proc: "),
        "{report:#}"
    );
}

#[test]
fn in_a_folder_where_nothing_was_set_up_each_command_leads_to_init_first() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["fetch", "all"][..],
        &["summarize"],
        &["prune"],
        &["export", "players"],
        &["backup"],
        &["import", "players.csv"],
    ] {
        let stderr = sandbox.run(arguments).expect(78).stderr();
        let start = "tornsnap: could not open the database tornsnap.db\n  because: this folder has neither a \
                     configuration nor a database\n  try: run `tornsnap init` to set tornsnap up; ";
        assert!(stderr.starts_with(start), "{arguments:?}: {stderr}");
        assert!(fs::read_dir(sandbox.path("")).unwrap().next().is_none());
    }
    let health = sandbox.run(&["health"]).expect(2).stdout();
    assert!(health.contains("try: run `tornsnap init`"), "{health}");
    for fails_here in ["run `tornsnap backup`", "schedule install"] {
        assert!(!health.contains(fails_here), "{health}");
    }
    let restore = sandbox.run(&["restore", "latest"]).expect(78).stderr();
    assert!(restore.contains("name it with --config"), "{restore}");
    let named = sandbox
        .run(&["--database", "gone.db", "export", "players"])
        .expect(78);
    assert!(
        named.stderr().contains("because: there is no such file\n"),
        "{}",
        named.stderr()
    );
}
