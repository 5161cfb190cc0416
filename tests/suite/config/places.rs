//! Problems that are not in a line of the file: Torn and folders.

use tornsnap::testing::sim::{Fault, FaultKind};

#[cfg(unix)]
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
