//! `import` of databases that zstd has compressed, such as backups.

use std::fs;

use super::{MARCH, with_plan};
use crate::support::Sandbox;

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
