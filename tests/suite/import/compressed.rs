//! `import` of databases that zstd has compressed, such as backups.

use std::fs;
#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::process::{Child, Stdio};

#[cfg(unix)]
use tornsnap::testing::store::Lock;

use super::{MARCH, with_plan};
#[cfg(unix)]
use crate::support::signal;
use crate::support::{Finished, Sandbox};

/// A sandbox whose database has one row that is in a compressed backup, and an empty `new.db`. Returns the backup, too.
fn with_backup() -> (Sandbox, String) {
    let sandbox = with_plan("");
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (7, 'Seven', {MARCH}, {MARCH})"
        ))
        .unwrap();
    let backup = ["backup", "--compress", "--output", "copies"];
    sandbox.run(&backup).expect(0);
    let files = fs::read_dir(sandbox.path("copies")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let is_backup = |name: &String| {
        std::path::Path::new(name)
            .extension()
            .is_some_and(|end| end == "zst")
    };
    let name = names.filter(is_backup).max().unwrap();
    super::create(&sandbox, "new.db");
    (sandbox, format!("copies/{name}"))
}

#[test]
fn a_compressed_backup_is_imported_as_it_is() {
    let (sandbox, backup) = with_backup();
    let before = fs::read(sandbox.path(&backup)).unwrap();

    let done = sandbox
        .run(&["import", &backup, "--no-backup", "--database", "new.db"])
        .expect(0);

    assert!(done.stderr().contains(&backup), "{}", done.stderr());
    let names = crate::support::rows(
        &super::open(&sandbox, "new.db"),
        "SELECT name FROM factions",
    );
    assert_eq!(names, ["Seven"]);
    assert_eq!(fs::read(sandbox.path(&backup)).unwrap(), before);
}

#[test]
fn the_advice_about_an_index_that_is_missing_in_a_compressed_backup_is_another_backup() {
    let (sandbox, _) = with_backup();
    let index = "idx_war_status_timestamp";
    sandbox
        .sqlite()
        .execute_batch(&format!("DROP INDEX {index}"))
        .unwrap();
    let backup = ["backup", "--compress", "--output", "later", "--json"];
    let report = sandbox.run(&backup).expect(0).json();
    let file = report["backup"]["file"].as_str().unwrap();

    for more in ["--no-backup", "--dry-run"] {
        let refused = sandbox
            .run(&["import", file, "--database", "new.db", more])
            .expect(79)
            .stderr();

        let lines: Vec<&str> = refused.lines().collect();
        assert_eq!(
            lines,
            [
                format!("tornsnap: could not import {file}"),
                format!(
                    "  because: it is damaged: the index {index} of its table war_status_history is missing"
                ),
                "  try: import an older backup".to_owned(),
            ]
        );
    }
}

#[test]
fn a_compressed_backup_that_is_cut_off_is_damaged_and_nothing_is_imported() {
    let (sandbox, backup) = with_backup();
    let bytes = fs::read(sandbox.path(&backup)).unwrap();
    fs::write(sandbox.path(&backup), &bytes[..bytes.len() / 2]).unwrap();

    let refused = sandbox
        .run(&["import", &backup, "--no-backup", "--database", "new.db"])
        .expect(79);

    let text = refused.stderr();
    assert!(
        text.contains(&format!("could not import {backup}")),
        "{text}"
    );
    assert!(!text.contains("unpacked.db"), "{text}");
    let names = crate::support::rows(
        &super::open(&sandbox, "new.db"),
        "SELECT name FROM factions",
    );
    assert_eq!(names, [""; 0]);
}

#[test]
fn another_file_inside_zst_is_refused_before_it_is_unpacked() {
    let (sandbox, _) = with_backup();
    let text = "faction_id,timestamp,respect\n".repeat(1000);
    let packed = zstd::encode_all(text.as_bytes(), 1).unwrap();
    fs::write(sandbox.path("text.zst"), packed).unwrap();
    let mut command = sandbox.command(&["import", "text.zst", "--no-backup"]);
    command.env("TMPDIR", sandbox.path("no-such-folder"));

    let refused = Finished(command.output().unwrap()).expect(78);

    let said = refused.stderr();
    assert!(said.contains("it is compressed with zstd"), "{said}");
}

#[test]
fn the_unpacked_copy_is_removed_at_the_end() {
    let (sandbox, backup) = with_backup();
    fs::create_dir(sandbox.path("tmp")).unwrap();
    let mut command = sandbox.command(&["import", &backup, "--database", "new.db"]);
    command.env("TMPDIR", sandbox.path("tmp"));

    Finished(command.output().unwrap()).expect(0);

    assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_temporary_folder_without_room_is_named_with_the_variable_that_moves_it() {
    let (sandbox, backup) = with_backup();
    fs::create_dir(sandbox.path("tmp")).unwrap();
    let import = ["import", &backup, "--no-backup", "--database", "new.db"];
    let mut limited = sandbox.limited(64, &import);
    limited.env("TMPDIR", sandbox.path("tmp"));

    let failed = Finished(limited.output().unwrap()).expect(74);

    let said = failed.stderr();
    let folder = sandbox.path("tmp").display().to_string();
    assert!(said.contains(&folder), "{said}");
    assert!(said.contains("set TMPDIR"), "{said}");
    assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 0);
}

/// Starts an import of the backup that has unpacked it and waits for a lock that the caller holds.
#[cfg(unix)]
fn start_waiting(sandbox: &Sandbox, backup: &str) -> (Child, impl Iterator<Item = String>) {
    fs::create_dir(sandbox.path("tmp")).unwrap();
    let mut command = sandbox.command(&["import", backup, "--no-backup", "--database", "new.db"]);
    command
        .env("TMPDIR", sandbox.path("tmp"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(lines.any(|line| line.contains("wait")));
    assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 1);
    (child, lines)
}

#[cfg(unix)]
#[test]
fn the_unpacked_copy_is_removed_if_a_signal_ends_the_wait_for_the_lock() {
    let (sandbox, backup) = with_backup();
    let _held = Lock::take(&sandbox.path("new.db"), "maintenance").unwrap();
    let (mut child, _lines) = start_waiting(&sandbox, &backup);

    signal(&child, "TERM");

    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_compressed_file_is_unpacked_once() {
    let (sandbox, backup) = with_backup();
    let held = Lock::take(&sandbox.path("new.db"), "maintenance").unwrap();
    let (mut child, lines) = start_waiting(&sandbox, &backup);
    fs::remove_file(sandbox.path(&backup)).unwrap();
    drop(held);

    let said = lines.collect::<Vec<_>>().join("\n");

    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 0);
}
