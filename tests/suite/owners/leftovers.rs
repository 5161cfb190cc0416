//! Hidden folders that runs of root have left in the folder of another user.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use super::{all_belong_to_nobody, as_nobody, give_away, is_root};
use crate::init::Fresh;
use crate::support::strace::{may_trace, traced};
use crate::support::{Sandbox, skipped};

/// The arguments of `init`.
const ARGUMENTS: &[&str] = &["--key-file", "alice.key", "--faction", "9"];

/// The hidden folders for new databases.
fn hidden_folders(sandbox: &Sandbox) -> Vec<String> {
    let mut names = sandbox.names();
    names.retain(|name| name.starts_with(".tornsnap-new-"));
    names
}

#[test]
fn the_folder_that_a_killed_run_of_root_leaves_is_removed_by_the_next_run_of_its_user_or_of_root() {
    let fresh = Fresh::new();
    let sandbox = &fresh.sandbox;
    if !is_root(sandbox) {
        return;
    }
    if !may_trace() {
        skipped("strace may not trace here");
        return;
    }
    give_away(sandbox);
    let command = fresh.command(ARGUMENTS);
    // The new database is the only file that init renames in this way.
    let kill = ["-f", "-e", "inject=renameat2:signal=KILL:when=1"];
    for is_next_of_root in [false, true] {
        let trace = tempfile::NamedTempFile::new().unwrap();
        let mut killed = traced(&command, &kill, trace.path());
        assert!(!killed.status().unwrap().success());
        all_belong_to_nobody(sandbox);
        let left = hidden_folders(sandbox);
        assert_eq!(left.len(), 1, "{left:?}");
        let lock = File::open(sandbox.path(&left[0]).join("in-use.lock")).unwrap();
        lock.set_modified(SystemTime::now() - Duration::from_secs(3600))
            .unwrap();

        let finished = if is_next_of_root {
            fresh.init(ARGUMENTS)
        } else {
            as_nobody(sandbox, &command)
        };

        finished.expect(0);
        assert_eq!(hidden_folders(sandbox), [""; 0]);
        fs::remove_file(sandbox.database()).unwrap();
    }
}
