//! Files that are damaged, gone, unknown or of another program.

use std::fs;
use std::path::PathBuf;

use crate::export::lake::{
    check_equal, check_manifest, database_id, export, export_of, files_of, lake_rows,
    manifest_path, path_of, table_rows, tree, world,
};
use crate::month_model::{IN_APRIL, prune, summarize, with_steady_history};
use crate::support::{Finished, Sandbox, damage};

/// A file of the histories of the players in the lake.
fn first_file(sandbox: &Sandbox) -> PathBuf {
    let files = files_of(&sandbox.path("lake"), "player_stats_history");
    path_of(&sandbox.path("lake"), &files[0])
}

/// Asserts that the message has what, why and what to do, and these words.
#[track_caller]
fn check_message(finished: &Finished, words: &[&str]) {
    let text = finished.stderr();
    for word in ["tornsnap: could not ", "\n  because: ", "\n  try: "] {
        assert!(text.contains(word), "{text}");
    }
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

/// Adds a row to the month of [`first_file`].
fn add_row(sandbox: &Sandbox) {
    let insert =
        "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, 1767225605, 3)";
    sandbox.sqlite().execute_batch(insert).unwrap();
}

#[test]
fn a_manifest_that_is_damaged_is_an_error_until_it_is_removed() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let path = manifest_path(&sandbox, "tornsnap.db");
    let whole = fs::read(&path).unwrap();
    let of_other = String::from_utf8(whole.clone())
        .unwrap()
        .replace(&database_id(&sandbox.sqlite()), &"0".repeat(32));
    for content in [
        &whole[..whole.len() / 2],
        b"",
        b"{}",
        b"\xff\xfe",
        of_other.as_bytes(),
    ] {
        fs::write(&path, content).unwrap();
        let before = tree(&sandbox.path("lake"));

        let finished = export(&sandbox).expect(79);

        check_message(&finished, &["read the manifest", "remove it"]);
        assert_eq!(tree(&sandbox.path("lake")), before);
    }
    fs::remove_file(&path).unwrap();
    export(&sandbox).expect(0);
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn a_manifest_of_a_newer_program_is_not_touched() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let path = manifest_path(&sandbox, "tornsnap.db");
    let newer = r#"{"format": 2, "everything": "else"}"#;
    fs::write(&path, newer).unwrap();

    let finished = export(&sandbox).expect(78);

    check_message(&finished, &["a newer tornsnap", "update tornsnap"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
}

#[test]
fn a_file_that_is_gone_is_written_again_if_the_database_has_its_rows() {
    let sandbox = world();
    export(&sandbox).expect(0);
    fs::remove_file(first_file(&sandbox)).unwrap();

    let finished = export(&sandbox).expect(0);

    assert!(
        finished.stderr().contains("is gone; it is written again"),
        "{}",
        finished.stderr()
    );
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn a_file_that_is_gone_with_rows_that_were_pruned_is_an_error_that_says_what_to_do() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    export_of(&sandbox, "a.db").expect(0);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let file = first_file(&sandbox);
    let bytes = fs::read(&file).unwrap();
    let before = lake_rows(&sandbox, "player_stats_history");
    for step in 0..2 {
        fs::remove_file(&file).unwrap();

        let finished = export_of(&sandbox, "a.db").expect(79);

        let name = file.file_name().unwrap().to_str().unwrap();
        check_message(&finished, &[name, "it is gone", "put a copy of it back"]);
        fs::write(&file, &bytes).unwrap();
        export_of(&sandbox, "a.db").expect(0);
        assert!(
            lake_rows(&sandbox, "player_stats_history") == before,
            "{step}"
        );
    }

    // The other remedy: the entry goes, too.
    fs::remove_file(&file).unwrap();
    let path = manifest_path(&sandbox, "a.db");
    let mut manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let files = manifest["files"].as_array_mut().unwrap();
    files.retain(|entry| !file.ends_with(entry["file"].as_str().unwrap()));
    fs::write(&path, manifest.to_string()).unwrap();
    export_of(&sandbox, "a.db").expect(0);
    check_manifest(&sandbox, "a.db");
}

#[test]
fn a_file_that_is_cut_off_is_an_error_that_names_it() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let file = first_file(&sandbox);
    let bytes = fs::read(&file).unwrap();
    for length in [0, 4, bytes.len() - 1] {
        fs::write(&file, &bytes[..length]).unwrap();
        let before = tree(&sandbox.path("lake"));

        let finished = export(&sandbox).expect(79);

        let name = file.file_name().unwrap().to_str().unwrap();
        check_message(&finished, &[name, "damaged", "put a copy of it back"]);
        assert_eq!(tree(&sandbox.path("lake")), before);
    }
    fs::write(&file, &bytes).unwrap();
    export(&sandbox).expect(0);
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn a_file_whose_bytes_differ_is_found_before_it_is_replaced() {
    let sandbox = world();
    export(&sandbox).expect(0);
    damage(&first_file(&sandbox));
    let before = tree(&sandbox.path("lake"));
    add_row(&sandbox);

    let finished = export(&sandbox).expect(79);

    let file = first_file(&sandbox);
    let name = file.file_name().unwrap().to_str().unwrap();
    check_message(
        &finished,
        &[name, "its SHA-256 is not that in the manifest"],
    );
    assert_eq!(tree(&sandbox.path("lake")), before);
}

#[test]
fn files_without_a_manifest_that_are_damaged_are_an_error() {
    let sandbox = world();
    export(&sandbox).expect(0);
    fs::remove_file(manifest_path(&sandbox, "tornsnap.db")).unwrap();
    fs::write(first_file(&sandbox), "PAR1 nothing PAR1").unwrap();
    let before = tree(&sandbox.path("lake"));

    let finished = export(&sandbox).expect(79);

    let file = first_file(&sandbox);
    check_message(&finished, &[file.file_name().unwrap().to_str().unwrap()]);
    assert_eq!(tree(&sandbox.path("lake")), before);
}

#[test]
fn files_of_others_are_left_alone() {
    let sandbox = world();
    let foreign = [
        "notes.txt",
        "_SUCCESS",
        "player_stats_history/notes.parquet",
        "player_stats_history/period=2026-01/part-0.parquet",
        "player_stats_history/period=2026-01/.hidden.parquet",
        "player_stats_history/period=unknown/part-0.parquet",
        "other_dataset/period=2026-01/part-0.parquet",
        "manifest-0123.json",
    ];
    for name in foreign {
        sandbox.write(&format!("lake/{name}"), "foreign");
    }

    export(&sandbox).expect(0);
    add_row(&sandbox);
    export(&sandbox).expect(0);

    check_manifest(&sandbox, "tornsnap.db");
    for name in foreign {
        let path = path_of(&sandbox.path("lake"), name);
        assert_eq!(fs::read_to_string(path).unwrap(), "foreign", "{name}");
        fs::remove_file(path_of(&sandbox.path("lake"), name)).unwrap();
    }
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn a_dataset_whose_folder_is_gone_is_written_again() {
    let sandbox = world();
    export(&sandbox).expect(0);
    fs::remove_dir_all(sandbox.path("lake/player_stats_history")).unwrap();

    export(&sandbox).expect(0);

    check_equal(&sandbox, "tornsnap.db");
    assert_eq!(
        lake_rows(&sandbox, "player_stats_history"),
        table_rows(&sandbox.sqlite(), "player_stats_history")
    );
}
