//! Folders, FIFOs and devices in the place of the mark of the daily job and of its locks.

use std::fs;

use super::configured;
use crate::support::{NOW, Sandbox};

const MARK: &str = "tornsnap.toml.backup.last";

/// The configured folders with a FIFO, and with a folder, in the place of the mark.
fn with_other_mark() -> [(&'static str, Sandbox); 2] {
    let fifo = configured();
    fifo.make_fifo(MARK);
    let folder = configured();
    fs::create_dir(folder.path(MARK)).unwrap();
    [
        ("it is a FIFO, not a file", fifo),
        ("it is a folder", folder),
    ]
}

#[test]
fn a_mark_that_is_no_file_stops_the_job_with_the_remedy() {
    for (why, sandbox) in with_other_mark() {
        let job = ["-q", "schedule", "run", "backup"];
        let refused = sandbox.run(&job).expect(78).stderr();

        assert!(refused.contains(why), "{refused}");
        let remedy = format!(
            "try: remove {}, or move",
            sandbox.real_folder().join(MARK).display()
        );
        assert!(refused.contains(&remedy), "{refused}");
    }
}

#[test]
fn a_mark_that_is_no_file_is_shown_with_the_remedy() {
    for (why, sandbox) in with_other_mark() {
        let shown = sandbox
            .run_at(NOW, &["schedule", "show", "--for", "cron"])
            .expect(0);

        let warning = shown.stderr();
        assert!(warning.contains(why), "{warning}");
        assert!(warning.contains("the job makes a new file"), "{warning}");
        assert!(shown.stdout().contains("  never "), "{}", shown.stdout());
    }
}
