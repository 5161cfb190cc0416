//! Files of the database that the manifest does not list.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::export::lake::{
    check_equal, check_manifest, database_id, export, export_of, files_of, lake_rows, manifest,
    manifest_path, open, path_of, table_rows, tree, world,
};
use crate::month_model::{IN_APRIL, prune, summarize, with_steady_history};
use crate::support::{Finished, Sandbox};

const HISTORY: &str = "player_stats_history";

/// A file of a dataset in the lake, the first by its name.
fn first_file(sandbox: &Sandbox, dataset: &str) -> PathBuf {
    let root = sandbox.path("lake");
    path_of(&root, &files_of(&root, dataset)[0])
}

/// Removes the entries of a dataset from the manifest.
fn forget(sandbox: &Sandbox, database: &str, dataset: &str) {
    let mut manifest = manifest(sandbox, database);
    let files = manifest["files"].as_array_mut().unwrap();
    files.retain(|entry| entry["dataset"] != dataset);
    fs::write(manifest_path(sandbox, database), manifest.to_string()).unwrap();
}

#[track_caller]
fn check_words(finished: &Finished, words: &[&str]) {
    let stderr = finished.stderr();
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
    }
}

/// A database `a.db` whose pruned rows are only in the lake, and the history rows of the players from before.
fn pruned() -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    export_of(&sandbox, "a.db").expect(0);
    let all = table_rows(&main, HISTORY);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    (sandbox, all)
}

#[test]
fn files_that_the_manifest_does_not_list_are_taken_over_with_a_warning() {
    let (sandbox, all) = pruned();
    forget(&sandbox, "a.db", HISTORY);
    let name = first_file(&sandbox, HISTORY);
    let name = name.file_name().unwrap().to_str().unwrap();

    let finished = export_of(&sandbox, "a.db").expect(0);

    check_words(&finished, &[name, "was not in the manifest"]);
    assert!(lake_rows(&sandbox, HISTORY) == all);
    check_manifest(&sandbox, "a.db");
    let after = tree(&sandbox.path("lake"));
    let second = export_of(&sandbox, "a.db").expect(0);
    assert!(!second.stderr().contains("manifest"), "{}", second.stderr());
    assert_eq!(tree(&sandbox.path("lake")), after);
}

/// Also summaries, of which the database has none any more.
#[test]
fn an_older_manifest_that_is_copied_back_loses_no_row() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    // The months that are over are written after this manifest.
    let later = main
        .execute(
            "DELETE FROM player_stats_history WHERE timestamp < 1830297600",
            [],
        )
        .unwrap();
    assert!(later > 0);
    drop(main);
    fs::copy(sandbox.path("a.db"), sandbox.path("b.db")).unwrap();
    export_of(&sandbox, "a.db").expect(0);
    let older = fs::read(manifest_path(&sandbox, "a.db")).unwrap();
    let main = open(&sandbox, "a.db");
    main.execute_batch(
        "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, 1827619200, 77)",
    )
    .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    export_of(&sandbox, "a.db").expect(0);
    let datasets = [HISTORY, "player_stats_summary", "faction_summary"];
    let all = datasets.map(|dataset| table_rows(&main, dataset));
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let summaries = ["--summaries-before", "2028-02", "--yes"];
    let purge = [&["prune", "--database", "a.db"][..], &summaries].concat();
    sandbox.run_at(IN_APRIL, &purge).expect(0);
    fs::write(manifest_path(&sandbox, "a.db"), older).unwrap();

    export_of(&sandbox, "a.db").expect(0);

    for (dataset, expected) in datasets.into_iter().zip(all) {
        assert!(lake_rows(&sandbox, dataset) == expected, "{dataset}");
    }
    check_manifest(&sandbox, "a.db");
    let after = tree(&sandbox.path("lake"));
    export_of(&sandbox, "a.db").expect(0);
    assert_eq!(tree(&sandbox.path("lake")), after);
}

#[test]
fn two_files_of_a_month_are_refused_and_both_stay() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let file = first_file(&sandbox, HISTORY);
    let id = database_id(&sandbox.sqlite());
    let second = file.with_file_name(format!("{id}-9.parquet"));
    fs::copy(&file, &second).unwrap();
    for has_manifest in [true, false] {
        if !has_manifest {
            fs::remove_file(manifest_path(&sandbox, "tornsnap.db")).unwrap();
        }
        let before = tree(&sandbox.path("lake"));

        let refused = export(&sandbox).expect(78);

        let names = [
            file.file_name().unwrap().to_str().unwrap(),
            &format!("{id}-9.parquet"),
            "a month has two files of this database",
            "EXCEPT",
            "keep it",
        ];
        check_words(&refused, &names);
        assert_eq!(tree(&sandbox.path("lake")), before);
    }
    // Any of the two equal files may go.
    fs::remove_file(file).unwrap();
    export(&sandbox).expect(0);
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn a_file_takes_the_place_of_one_that_is_gone_if_it_has_as_many_rows() {
    let (sandbox, all) = pruned();
    export_of(&sandbox, "a.db").expect(0);
    let file = first_file(&sandbox, HISTORY);
    let id = database_id(&open(&sandbox, "a.db"));
    let other = file.with_file_name(format!("{id}-999999.parquet"));
    fs::rename(&file, &other).unwrap();

    let finished = export_of(&sandbox, "a.db").expect(0);

    check_words(&finished, &["999999.parquet was not in the manifest"]);
    assert!(lake_rows(&sandbox, HISTORY) == all);
    check_manifest(&sandbox, "a.db");
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_refused() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let id = database_id(&sandbox.sqlite());
    let file = first_file(&sandbox, HISTORY);
    let of_factions = first_file(&sandbox, "factions");
    let bytes = fs::read(&file).unwrap();
    let root = sandbox.path("lake");
    let cases = [
        (
            file.clone(),
            "faction_history/period=2029-01",
            "by its name",
        ),
        (
            of_factions,
            "player_stats_history/period=2029-01",
            "by its name",
        ),
        (
            file.clone(),
            "player_stats_history/period=2029-01",
            "not of 2029-01",
        ),
        (
            file.clone(),
            "player_stats_history",
            "in no folder of a month",
        ),
    ];
    for (source, folder, word) in cases {
        let folder = path_of(&root, folder);
        fs::create_dir_all(&folder).unwrap();
        let copy = folder.join(format!("{id}-7.parquet"));
        fs::copy(source, &copy).unwrap();
        let before = tree(&root);

        let refused = export(&sandbox).expect(78);

        check_words(
            &refused,
            &["7.parquet", word, "move it out of the lake, and keep it"],
        );
        assert_eq!(tree(&root), before);
        fs::remove_file(copy).unwrap();
    }
    assert_eq!(fs::read(&file).unwrap(), bytes);
    export(&sandbox).expect(0);
}

#[test]
fn a_file_that_the_manifest_does_not_list_and_that_is_damaged_is_an_error_in_plain_words() {
    let sandbox = world();
    export(&sandbox).expect(0);
    forget(&sandbox, "tornsnap.db", HISTORY);
    let file = first_file(&sandbox, HISTORY);
    let bytes = fs::read(&file).unwrap();
    let mut broken = bytes.clone();
    broken[4..40].fill(0xff);
    for content in [&b""[..], b"PAR1", &bytes[..bytes.len() / 2], &broken] {
        fs::write(&file, content).unwrap();
        let before = tree(&sandbox.path("lake"));

        let refused = export(&sandbox).expect(79);

        check_words(
            &refused,
            &[
                "it is damaged, or no Parquet file",
                "try: put a copy of it back",
            ],
        );
        for word in ["EOF", "page", "Thrift", "footer"] {
            assert!(!refused.stderr().contains(word), "{}", refused.stderr());
        }
        assert_eq!(tree(&sandbox.path("lake")), before);
    }
    fs::write(&file, bytes).unwrap();
    export(&sandbox).expect(0);
    check_equal(&sandbox, "tornsnap.db");
}

/// The entries of the manifest for the columns that are only in a file.
#[test]
fn a_file_that_is_taken_over_brings_its_columns() {
    let sandbox = world();
    let main = sandbox.sqlite();
    main.execute_batch("ALTER TABLE player_stats_history ADD COLUMN mood TEXT")
        .unwrap();
    export(&sandbox).expect(0);
    let mut manifest: Value = manifest(&sandbox, "tornsnap.db");
    manifest["files"] = Value::Array(Vec::new());
    manifest["schemas"] = Value::Object(serde_json::Map::new());
    fs::write(manifest_path(&sandbox, "tornsnap.db"), manifest.to_string()).unwrap();
    main.execute_batch("ALTER TABLE player_stats_history DROP COLUMN mood")
        .unwrap();

    export(&sandbox).expect(0);

    let manifest = super::manifest(&sandbox, "tornsnap.db");
    let columns = manifest["schemas"][HISTORY].as_array().unwrap();
    let mood = &columns[columns.len() - 2];
    assert_eq!(
        (&mood["name"], &mood["type"]),
        (&"mood".into(), &"text".into())
    );
    check_manifest(&sandbox, "tornsnap.db");
}
