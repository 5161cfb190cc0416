//! `import` of backups that the manifest beside them disproves.

use std::fs;

use super::{MARCH, with_plan};
use crate::support::{Sandbox, rows};

/// A sandbox with a backup of one faction, and an empty `new.db`. Returns the name of the backup, too.
fn with_backup(options: &[&str]) -> (Sandbox, String) {
    let sandbox = with_plan("");
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name, respect, last_updated) VALUES (7, 'Seven', 123456789, {MARCH})"
        ))
        .unwrap();
    let arguments = [&["backup", "--output", "copies", "--json"], options].concat();
    let report = sandbox.run(&arguments).expect(0).json();
    super::create(&sandbox, "new.db");
    let file = report["backup"]["file"]
        .as_str()
        .unwrap()
        .replace('\\', "/");
    (sandbox, file)
}

/// Changes the respect in the backup of [`with_backup`] without damage that SQLite could find.
fn change_value(sandbox: &Sandbox, file: &str) {
    let mut bytes = fs::read(sandbox.path(file)).unwrap();
    let respect = 123_456_789_u32.to_be_bytes();
    let place = bytes.windows(4).position(|found| found == respect).unwrap();
    bytes[place + 3] ^= 4;
    replace(sandbox, file, &bytes);
}

fn replace(sandbox: &Sandbox, file: &str, bytes: &[u8]) {
    fs::remove_file(sandbox.path(file)).unwrap();
    fs::write(sandbox.path(file), bytes).unwrap();
}

fn respects(sandbox: &Sandbox) -> Vec<String> {
    rows(
        &super::open(sandbox, "new.db"),
        "SELECT respect FROM factions",
    )
}

/// The error of an import that is refused as damaged.
fn refusal(sandbox: &Sandbox, file: &str) -> String {
    let mut said = String::new();
    for how in ["--dry-run", "--no-backup"] {
        said = sandbox
            .run(&["import", file, "--database", "new.db", how])
            .expect(79)
            .stderr();
    }
    assert_eq!(respects(sandbox), [""; 0], "{said}");
    said
}

fn import(sandbox: &Sandbox, file: &str) {
    sandbox
        .run(&["import", file, "--database", "new.db", "--no-backup"])
        .expect(0);
}

#[test]
fn a_backup_that_its_manifest_disproves_is_refused_with_the_manifest_and_a_way_to_import_it() {
    let (sandbox, file) = with_backup(&[]);
    change_value(&sandbox, &file);

    let said = refusal(&sandbox, &file);

    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            format!("tornsnap: could not import {file}"),
            format!(
                "  because: its manifest {file}.json disproves it: its SHA-256 differs from the one in its manifest"
            ),
            format!(
                "  try: import another backup: `tornsnap backup --verify all --database new.db` shows which are intact; if you changed this one on \
                 purpose, remove or rename {file}.json, and import it again"
            ),
        ]
    );
    fs::rename(
        sandbox.path(&format!("{file}.json")),
        sandbox.path("other.db.json"),
    )
    .unwrap();
    import(&sandbox, &file);
    assert_eq!(respects(&sandbox), ["123456785"]);
}

#[test]
fn a_changed_backup_is_refused_for_the_database_that_it_was_made_of() {
    let (sandbox, file) = with_backup(&[]);
    change_value(&sandbox, &file);

    sandbox.run(&["import", &file, "--no-backup"]).expect(79);

    let respect = "SELECT respect FROM factions";
    assert_eq!(sandbox.rows(respect), ["123456789"]);
}

#[test]
fn a_compressed_backup_that_its_manifest_disproves_is_refused() {
    let (sandbox, file) = with_backup(&["--compress"]);
    let whole = fs::read(sandbox.path(&file)).unwrap();
    let mut database = zstd::decode_all(&whole[..]).unwrap();
    let end = database.len() - 1;
    database[end] ^= 1;
    let changed = zstd::encode_all(&database[..], 1).unwrap();
    for bytes in [changed, whole[..whole.len() - 1].to_vec()] {
        replace(&sandbox, &file, &bytes);

        let said = refusal(&sandbox, &file);

        assert!(
            said.contains(&format!("its manifest {file}.json disproves it: ")),
            "{said}"
        );
    }
    replace(&sandbox, &file, &whole);
    import(&sandbox, &file);
    assert_eq!(respects(&sandbox), ["123456789"]);
}

#[test]
fn a_backup_whose_first_bytes_or_id_of_the_program_are_damaged_is_no_file_of_another_program() {
    const APPLICATION_ID: usize = 68;
    for place in [0, APPLICATION_ID] {
        let (sandbox, file) = with_backup(&[]);
        let mut bytes = fs::read(sandbox.path(&file)).unwrap();
        bytes[place] ^= 1;
        replace(&sandbox, &file, &bytes);

        let said = refusal(&sandbox, &file);

        assert!(said.contains("disproves it"), "{said}");
    }
}

#[test]
fn a_damaged_manifest_is_named() {
    let (sandbox, file) = with_backup(&[]);
    let manifest = format!("{file}.json");
    let whole = fs::read_to_string(sandbox.path(&manifest)).unwrap();
    for text in [
        whole.replace("\"sha256\": \"", "\"sha256\": \"0"),
        whole.replace("\"tool\"", "\"fool\""),
        whole[..whole.len() / 2].to_owned(),
    ] {
        replace(&sandbox, &manifest, text.as_bytes());

        let said = refusal(&sandbox, &file);

        assert!(
            said.contains(&format!("its manifest {manifest} is damaged: ")),
            "{said}"
        );
        assert!(
            said.contains(&format!("remove or rename {manifest}")),
            "{said}"
        );
    }
}

#[test]
fn a_file_of_another_program_with_the_name_of_a_manifest_is_no_manifest() {
    let (sandbox, file) = with_backup(&[]);
    let manifest = format!("{file}.json");
    for text in ["", "{\"tool\": \"datasette\"}", "no JSON"] {
        super::create(&sandbox, "new.db");
        replace(&sandbox, &manifest, text.as_bytes());

        import(&sandbox, &file);

        assert_eq!(respects(&sandbox), ["123456789"], "{text}");
    }
    fs::remove_file(sandbox.path(&manifest)).unwrap();
    fs::create_dir(sandbox.path(&manifest)).unwrap();
    import(&sandbox, &file);
}

#[test]
fn a_wal_beside_a_backup_that_its_manifest_proves_is_not_read() {
    let (sandbox, file) = with_backup(&[]);
    fs::copy(sandbox.path(&file), sandbox.path("twin.db")).unwrap();
    let twin = super::open(&sandbox, "twin.db");
    twin.execute_batch("PRAGMA journal_mode = WAL; UPDATE factions SET respect = 1")
        .unwrap();
    fs::copy(
        sandbox.path("twin.db-wal"),
        sandbox.path(&format!("{file}-wal")),
    )
    .unwrap();

    import(&sandbox, &file);

    assert_eq!(respects(&sandbox), ["123456789"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_backup_that_its_manifest_disproves_is_refused() {
    let (sandbox, file) = with_backup(&[]);
    change_value(&sandbox, &file);
    std::os::unix::fs::symlink(sandbox.path(&file), sandbox.path("link.db")).unwrap();

    let said = refusal(&sandbox, "link.db");

    assert!(said.contains(".json disproves it"), "{said}");
}
