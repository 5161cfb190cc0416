//! The folder for temporary files, which `TMPDIR` names: if nothing can be made in it, the message says which folder that
//! is, which variable names it, and what to do.
#![cfg(unix)]

use std::fs;

use tornsnap::testing::store::Store;

use crate::backup::ready;
use crate::support::{Finished, Sandbox};

/// A database, its compressed backup `packed.db.zst`, and a CSV file.
fn with_files() -> Sandbox {
    let sandbox = ready(1);
    let whole = fs::read(sandbox.database()).unwrap();
    fs::write(
        sandbox.path("packed.db.zst"),
        zstd::encode_all(&whole[..], 1).unwrap(),
    )
    .unwrap();
    sandbox.write(
        "short.csv",
        "faction_id,timestamp,respect\n7,1700000000,1\n",
    );
    drop(Store::create(&sandbox.path("new.db")).unwrap());
    sandbox
}

const COMMANDS: [&[&str]; 3] = [
    &["export", "players", "--format", "xlsx"],
    &[
        "import",
        "packed.db.zst",
        "--no-backup",
        "--database",
        "new.db",
    ],
    &["import", "short.csv", "--dry-run"],
];

fn refusal(sandbox: &Sandbox, command: &[&str], folder: &str) -> String {
    let mut command = sandbox.command(command);
    command.env("TMPDIR", sandbox.path(folder));
    let refused = Finished(command.output().unwrap()).expect(78);
    assert!(refused.stdout().is_empty(), "{}", refused.stdout());
    refused.stderr()
}

#[test]
fn a_missing_temporary_folder_is_named_with_its_variable_and_the_remedy() {
    let sandbox = with_files();
    for command in COMMANDS {
        let said = refusal(&sandbox, command, "gone");

        let folder = sandbox.path("gone").display().to_string();
        let because =
            format!("the folder for temporary files is {folder} (TMPDIR): it is not there");
        assert!(said.contains(&because), "{command:?}: {said}");
        assert!(
            said.contains("try: make that folder, or set TMPDIR to one in which you can write"),
            "{command:?}: {said}"
        );
    }
}

#[test]
fn a_temporary_folder_that_is_a_file_is_named_with_its_variable() {
    let sandbox = with_files();
    sandbox.write("file", "");
    for command in COMMANDS {
        let said = refusal(&sandbox, command, "file");

        assert!(said.contains("file (TMPDIR): it is not a folder"), "{said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_temporary_folder_that_cannot_be_written_is_named_with_its_variable() {
    let sandbox = with_files();
    // Nobody can make a file there, not even root.
    let folder = "/sys";
    for command in COMMANDS {
        let said = refusal(&sandbox, command, folder);

        assert!(said.contains("files is /sys (TMPDIR): "), "{said}");
        assert!(
            said.contains("set TMPDIR to a folder in which you can write"),
            "{said}"
        );
    }
}

#[test]
fn a_compressed_database_of_another_program_is_refused_before_it_is_unpacked() {
    let sandbox = with_files();
    let other = rusqlite::Connection::open(sandbox.path("other.db")).unwrap();
    other
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)")
        .unwrap();
    drop(other);
    let whole = fs::read(sandbox.path("other.db")).unwrap();
    let packed = zstd::encode_all(&whole[..], 1).unwrap();
    fs::write(sandbox.path("other.db.zst"), packed).unwrap();

    let said = refusal(&sandbox, &["import", "other.db.zst", "--no-backup"], "gone");

    assert!(said.contains("could not import other.db.zst"), "{said}");
    assert!(
        said.contains("it is a database of another program"),
        "{said}"
    );
}
