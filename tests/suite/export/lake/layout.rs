//! Names, order and metadata of the files.

use crate::export::lake::{
    DATASETS, check_equal, database_id, export, files_of, open, path_of, tree, world,
};
use crate::support::Sandbox;
use crate::support::new_database::new_database;
use crate::support::parquet::Parquet;

#[test]
fn each_month_of_each_dataset_has_a_file_with_its_rows() {
    let sandbox = world();

    let finished = export(&sandbox).expect(0);

    check_equal(&sandbox, "tornsnap.db");
    let id = database_id(&sandbox.sqlite());
    let names: Vec<String> = tree(&sandbox.path("lake")).into_keys().collect();
    let expected = [
        "faction_history/period=2026-01/ID-1.parquet",
        "faction_history/period=2026-04/ID-2.parquet",
        "faction_membership/ID-1.parquet",
        "faction_observations/period=2026-01/ID.parquet",
        "faction_summary/period=2026-01/ID-1.parquet",
        "factions/ID.parquet",
        "manifest-ID.json",
        "player_observations/period=2026-01/ID.parquet",
        "player_observations/period=2026-02/ID.parquet",
        "player_stats_history/period=2026-01/ID-2.parquet",
        "player_stats_history/period=2026-02/ID-4.parquet",
        "player_stats_history/period=2026-04/ID-5.parquet",
        "player_stats_summary/period=2026-01/ID-2.parquet",
        "players/ID.parquet",
        "territories/ID.parquet",
        "territory_observations/period=2026-01/ID.parquet",
        "territory_ownership_history/period=2026-01/ID-1.parquet",
        "territory_ownership_history/period=2026-02/ID-3.parquet",
        "territory_ownership_summary/period=2026-02/ID-1.parquet",
        "war_status_history/period=2026-02/ID-2.parquet",
        "war_summary/period=2026-02/ID-1.parquet",
    ];
    assert_eq!(names, expected.map(|name| name.replace("ID", &id)));
    assert_eq!(
        finished.stderr(),
        "wrote 20 files with 27 rows to lake, which has 20 files of this database (the folder lake is new)\n"
    );
}

#[test]
fn the_report_names_each_written_file() {
    let sandbox = world();

    let first = sandbox
        .run(&["export", "--lake", "lake", "--json"])
        .expect(0)
        .json();
    let second = sandbox
        .run(&["export", "--lake", "lake", "--json"])
        .expect(0)
        .json();

    let id = database_id(&sandbox.sqlite());
    assert_eq!(first["files"], 20);
    assert_eq!(first["rows"], 27);
    let written = first["written"].as_array().unwrap();
    assert_eq!(written.len(), 20);
    assert_eq!(
        written[0],
        serde_json::json!({ "dataset": "player_stats_history", "period": "2026-01", "rows": 2,
            "file": format!("player_stats_history/period=2026-01/{id}-2.parquet") })
    );
    assert_eq!(second["written"], serde_json::json!([]));
    assert_eq!(second["files"], 20);
}

#[test]
fn files_say_how_they_are_sorted_and_what_they_are() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let root = sandbox.path("lake");
    let id = database_id(&sandbox.sqlite());

    for (dataset, _, order) in DATASETS {
        for name in files_of(&root, dataset) {
            let parquet = Parquet::open(&path_of(&root, &name));
            let schema = parquet.schema();
            let named: Vec<&str> = schema
                .iter()
                .map(|column| column.split(' ').nth(2).unwrap())
                .collect();
            let order: Vec<i32> = order
                .split(", ")
                .map(|name| named.iter().position(|column| *column == name).unwrap())
                .map(|index| i32::try_from(index).unwrap())
                .collect();
            for (sorted_by, rows) in parquet.groups() {
                assert_eq!(sorted_by, order, "{name}");
                assert!(rows <= 122_880, "{name}");
            }
            let last = schema.last().unwrap();
            assert_eq!(last, "REQUIRED BYTE_ARRAY database_id (STRING)");
            let metadata = parquet.metadata();
            assert_eq!(metadata["tornsnap.database_id"], id);
            assert_eq!(metadata["tornsnap.dataset"], dataset);
            assert!(metadata.contains_key("tornsnap.comment.database_id"));
            let spark = &metadata["org.apache.spark.sql.parquet.row.metadata"];
            assert!(spark.contains("\"type\":\"struct\""), "{spark}");
        }
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let root = sandbox.path("lake");
    let bytes = |name: &String| std::fs::read(path_of(&root, name)).unwrap();
    let names: Vec<String> = tree(&root)
        .into_keys()
        .filter(|name| name.ends_with(".parquet"))
        .collect();
    let before: Vec<Vec<u8>> = names.iter().map(bytes).collect();
    std::fs::remove_dir_all(&root).unwrap();

    export(&sandbox).expect(0);

    assert!(names.iter().map(bytes).eq(before));
}

#[test]
fn an_empty_database_makes_an_empty_lake_that_later_rows_fill() {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());

    let finished = export(&sandbox).expect(0);

    assert!(
        finished
            .stderr()
            .starts_with("nothing is new: lake has 0 files"),
        "{}",
        finished.stderr()
    );
    open(&sandbox, "tornsnap.db")
        .execute_batch(super::WORLD)
        .unwrap();
    export(&sandbox).expect(0);
    check_equal(&sandbox, "tornsnap.db");
}

/// The ids of a summary are new each time that it is written, so its rows are compared by their values.
#[test]
fn an_archive_of_the_database_can_be_written_too() {
    use crate::month_model::{IN_APRIL, prune, summarize, with_steady_history};

    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    prune(&sandbox, IN_APRIL, "a.db", &["--archive", "cold.db"]).expect(0);

    super::export_of(&sandbox, "a.db").expect(0);
    super::export_of(&sandbox, "cold.db").expect(0);

    let cold = open(&sandbox, "cold.db");
    assert!(!super::table_rows(&cold, "player_stats_history").is_empty());
    for (dataset, ..) in DATASETS {
        let mut both = super::table_rows(&open(&sandbox, "a.db"), dataset);
        both.extend(super::table_rows(&cold, dataset));
        both.sort();
        assert_eq!(super::lake_rows(&sandbox, dataset), both, "{dataset}");
    }
    super::check_manifest(&sandbox, "cold.db");
}
