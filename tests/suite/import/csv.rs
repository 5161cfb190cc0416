//! CSV as `export` writes it: the way there and back gives the same bytes.

use std::fs;

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use super::{MARCH, create, with_plan};
use crate::month_model::{prune, summarize};
use crate::support::{CANARY, Sandbox, rows};

/// After the days of the demo, when their month can be summarized.
const IN_JULY: i64 = 1_783_000_000;

/// In this order, a row refers to none of a later file.
const TABLES: [&str; 14] = [
    "factions",
    "players",
    "territories",
    "player_observations",
    "faction_observations",
    "territory_observations",
    "player_stats_history",
    "faction_history",
    "war_status_history",
    "territory_ownership_history",
    "player_stats_summary",
    "faction_summary",
    "war_summary",
    "territory_ownership_summary",
];

/// The database of a demo, with names that are hard to write as CSV.
fn with_demo() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["demo", "--days", "2", "--output", "demo"])
        .expect(0);
    fs::copy(sandbox.path("demo/tornsnap.db"), sandbox.path("full.db")).unwrap();
    let connection = Connection::open(sandbox.path("full.db")).unwrap();
    let names = [
        "=1+1",
        "a,b;c|d",
        "say \"\"",
        " blanks ",
        "ends with \"",
        "two\nlines",
        "",
        "'quoted'",
        "Ünïcödé",
        "\"\"",
        "\u{ff1d}1+1",
        "\u{ff0b}1",
        "\u{ff0d}1",
        "\u{ff20}x",
        "'=1+1",
        "''\u{ff0d}1",
    ];
    for (number, name) in names.iter().enumerate() {
        let update = "UPDATE players SET name = ?1, rank = ?1, status_description = nullif(?1, ' blanks ')
                      WHERE player_id = (SELECT player_id FROM players ORDER BY 1 LIMIT 1 OFFSET ?2)";
        connection
            .execute(update, rusqlite::params![name, number])
            .unwrap();
    }
    connection.execute_batch("UPDATE factions SET tag = '' WHERE faction_id = (SELECT min(faction_id) FROM factions)").unwrap();
    drop(connection);
    sandbox
        .run_at(
            IN_JULY,
            &["summarize", "--no-backup", "--database", "full.db"],
        )
        .expect(0);
    sandbox
}

fn export(sandbox: &Sandbox, database: &str, table: &str, style: &[&str], file: &str) -> Vec<u8> {
    let arguments = [
        &["export", table, "--database", database, "--output", file],
        style,
    ]
    .concat();
    sandbox.run_at(IN_JULY, &arguments).expect(0);
    fs::read(sandbox.path(file)).unwrap()
}

#[test]
fn tables_that_were_exported_and_imported_are_exported_as_the_same_bytes() {
    let sandbox = with_demo();
    for style in [
        &[][..],
        &["--time", "iso"],
        &["--spreadsheet", "--delimiter", ";"],
    ] {
        create(&sandbox, "copy.db");
        let mut exported = Vec::new();
        for table in TABLES {
            let bytes = export(&sandbox, "full.db", table, style, "there.csv");
            let import = [
                "import",
                "there.csv",
                "--database",
                "copy.db",
                "--no-backup",
                "--no-summarize",
                "--json",
            ];
            let report = sandbox.run_at(IN_JULY, &import).expect(0).json();
            assert_eq!(
                report["tables"][table]["left"],
                serde_json::json!([]),
                "{table}"
            );
            exported.push(bytes);
        }
        for (table, there) in TABLES.iter().zip(&exported) {
            let back = export(&sandbox, "copy.db", table, style, "back.csv");
            assert!(there.len() > 100, "{table} has rows");
            assert_eq!(
                String::from_utf8_lossy(&back),
                String::from_utf8_lossy(there),
                "{table} {style:?}"
            );
        }
        // The rows bring their months, so nothing has to be summarized again.
        let memberships =
            "SELECT player_id, faction_id FROM faction_membership WHERE left_at IS NULL ORDER BY 1";
        let open = |name: &str| Connection::open(sandbox.path(name)).unwrap();
        assert_eq!(
            rows(&open("copy.db"), memberships),
            rows(&open("full.db"), memberships)
        );
    }
}

/// A tile and a player of January, whose second rows a prune deletes, so that their third rows repeat the first ones.
const WITH_PRUNED_ROWS: &str = "
    INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (7, 'Seven', 1767300000, 1767400000);
    INSERT INTO territories (territory_id, sector, faction_id, war_status, created_at, last_updated)
        VALUES ('AAB', 1, 7, 'none', 1767300000, 1767400000);
    INSERT INTO players (player_id, name, created_at, last_updated) VALUES (1, 'A', 1767300000, 1767400000);
    INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at) VALUES
        ('AAB', 7, 'none', 1767300000), ('AAB', 7, 'under_attack', 1767310000), ('AAB', 7, 'none', 1767320000);
    INSERT INTO player_stats_history (player_id, timestamp, strength, level) VALUES
        (1, 1767300000, 50, 5), (1, 1767310000, NULL, 6), (1, 1767320000, NULL, 5);";

/// `full.db`, in which a prune has deleted these rows.
fn with_pruned_rows() -> Sandbox {
    let sandbox = Sandbox::new();
    create(&sandbox, "full.db");
    let full = Connection::open(sandbox.path("full.db")).unwrap();
    full.execute_batch(WITH_PRUNED_ROWS).unwrap();
    drop(full);
    summarize(&sandbox, IN_JULY, "full.db", &[]);
    prune(&sandbox, IN_JULY, "full.db", &[]).expect(0);
    sandbox
}

#[test]
fn a_pruned_history_keeps_the_rows_that_repeat_others_since_a_row_between_them_was_deleted() {
    let sandbox = with_pruned_rows();
    for (table, columns) in [
        (
            "territory_ownership_history",
            "territory_id,faction_id,racket_level,racket_type,war_status,recorded_at",
        ),
        ("player_stats_history", "player_id,timestamp,strength,level"),
    ] {
        create(&sandbox, "copy.db");
        let there = export(&sandbox, "full.db", table, &[], "there.csv");
        let there = String::from_utf8(there).unwrap();
        assert_eq!(there.lines().count(), 3, "{table}");
        let import = |file| {
            let command = [
                "import",
                file,
                "--database",
                "copy.db",
                "--no-backup",
                "--json",
            ];
            let report = sandbox.run_at(IN_JULY, &command).expect(0).json();
            report["tables"][table].clone()
        };

        assert_eq!(import("there.csv")["taken"], 2, "{table}");

        let back = export(&sandbox, "copy.db", table, &[], "back.csv");
        assert_eq!(String::from_utf8_lossy(&back), there);
        assert_eq!(import("there.csv")["already_there"], 2, "{table}");
        // Without ids, nothing tells that a row was deleted.
        create(&sandbox, "copy.db");
        export(
            &sandbox,
            "full.db",
            table,
            &["--columns", columns],
            "bare.csv",
        );
        assert_eq!(import("bare.csv")["unchanged"], 1, "{table}");
    }
}

#[test]
fn an_import_takes_away_the_guard_that_an_export_put_before_a_formula() {
    let sandbox = with_demo();
    let style = ["--spreadsheet", "--columns", "player_id,name,last_updated"];
    let there = String::from_utf8(export(&sandbox, "full.db", "players", &style, "p.csv")).unwrap();
    for guarded in [
        ",'=1+1,",
        ",'\u{ff1d}1+1,",
        ",'\u{ff0b}1,",
        ",'\u{ff0d}1,",
        ",'\u{ff20}x,",
        ",''=1+1,",
        ",'''\u{ff0d}1,",
        ",'quoted',",
    ] {
        assert!(there.contains(guarded), "{guarded}: {there}");
    }
    drop(Store::create(&sandbox.path("copy.db")).unwrap());

    sandbox
        .run_at(
            IN_JULY,
            &["import", "p.csv", "--database", "copy.db", "--no-backup"],
        )
        .expect(0);

    let names = "SELECT player_id, name FROM players ORDER BY 1";
    let open = |name: &str| Connection::open(sandbox.path(name)).unwrap();
    assert_eq!(rows(&open("copy.db"), names), rows(&open("full.db"), names));
}

#[test]
fn a_second_import_of_a_file_changes_nothing() {
    let sandbox = with_plan("");
    sandbox.write(
        "h.csv",
        &format!(
            "faction_id,timestamp,respect\n7,{MARCH},1\n7,{},1\n7,{},2\n",
            MARCH + 5,
            MARCH + 9
        ),
    );
    let run = || {
        sandbox
            .run(&["import", "h.csv", "--json", "--no-backup"])
            .expect(0)
            .json()
    };

    let first = run();

    assert_eq!(first["source"], "csv");
    assert_eq!(first["tables"]["faction_history"]["taken"], 2);
    assert_eq!(first["tables"]["faction_history"]["unchanged"], 1);
    assert_eq!(run()["tables"]["faction_history"]["taken"], 0);
    assert_eq!(
        sandbox.rows("SELECT respect FROM faction_history"),
        ["1", "2"]
    );
}

#[test]
fn the_table_is_told_by_the_columns_or_by_the_flag() {
    let sandbox = with_plan("");
    sandbox.write("f.csv", "faction_id,name\n7,Seven\n");
    sandbox.write("view.csv", "name,level,total_stats\nDuke,5,6\n");
    let run = |arguments: &[&str], code| {
        let arguments = [&["import"], arguments, &["--no-backup"]].concat();
        sandbox.run(&arguments).expect(code).stderr()
    };

    run(&["f.csv"], 0);
    assert_eq!(
        sandbox.rows("SELECT name, last_updated FROM factions"),
        ["Seven|0"]
    );
    assert!(run(&["f.csv", "--dataset", "player"], 2).contains("did you mean players"));
    assert!(run(&["f.csv", "--dataset", "players"], 78).contains("player_id is missing"));
    assert!(run(&["view.csv"], 78).contains("its header fits no table"));
    assert!(run(&["plan.db", "--dataset", "players"], 2).contains("it is for a CSV file"));
    assert!(run(&["f.csv", "--time-offset", "+02:00"], 2).contains("Python program"));
}

#[test]
fn a_key_in_a_csv_file_is_not_stored() {
    let sandbox = with_plan("");
    sandbox.write(
        "history.csv",
        &format!("player_id,timestamp,level,data_source\n1,{MARCH},5,{CANARY}\n2,{MARCH},6,duke\n"),
    );

    sandbox
        .run(&["import", "history.csv", "--no-backup", "--no-summarize"])
        .expect(0);

    assert_eq!(
        sandbox.rows("SELECT player_id, data_source FROM player_stats_history ORDER BY player_id"),
        ["1|", "2|duke"]
    );
}

#[test]
fn tiles_without_a_column_in_which_null_has_a_meaning_are_refused() {
    let sandbox = with_plan("");
    sandbox.write(
        "tiles.csv",
        &format!(
            "territory_id,recorded_at,racket_type,racket_level,war_status\nAAB,{MARCH},,,none\n"
        ),
    );

    let arguments = [
        "import",
        "tiles.csv",
        "--dataset",
        "territory_ownership_history",
        "--no-backup",
    ];
    let stderr = sandbox.run(&arguments).expect(78).stderr();

    assert!(stderr.contains("faction_id"), "{stderr}");
    assert_eq!(
        sandbox.rows("SELECT count(*) FROM territory_ownership_history"),
        ["0"]
    );
}

#[test]
fn memberships_that_are_imported_before_their_players_are_kept() {
    let sandbox = with_plan("");
    sandbox.write(
        "memberships.csv",
        &format!("player_id,faction_id,first_seen_at,joined_at,left_at\n1,7,{MARCH},,\n"),
    );

    sandbox
        .run(&["import", "memberships.csv", "--no-backup"])
        .expect(0);

    assert_eq!(
        sandbox.rows("SELECT player_id, faction_id, left_at FROM faction_membership"),
        ["1|7|"]
    );
}

#[test]
fn the_largest_id_in_another_database_is_not_taken_over() {
    let sandbox = with_plan("");
    let other = sandbox.path("other.db");
    drop(Store::create(&other).unwrap());
    Connection::open(&other)
        .unwrap()
        .execute_batch(
            "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (7, 'Seven', 1700000000, 1700000000);
             INSERT INTO faction_history (id, faction_id, timestamp, respect) VALUES (9223372036854775807, 7, 1700000000, 1);
             INSERT INTO faction_summary (id, faction_id, period_start, period_end, period_type, record_count)
                 VALUES (9223372036854775807, 7, 1698796800, 1701388800, 'monthly', 1);
             INSERT INTO players (player_id, name, faction_id, created_at, last_updated)
                 VALUES (1, 'A', 7, 1700000000, 1700000000);
             UPDATE faction_membership SET id = 9223372036854775807",
        )
        .unwrap();

    sandbox
        .run(&["import", "other.db", "--no-summarize"])
        .expect(0);

    for table in ["faction_history", "faction_summary", "faction_membership"] {
        let small = sandbox.rows(&format!("SELECT coalesce(max(id), 0) < 1000 FROM {table}"));
        assert_eq!(small, ["1"], "{table}");
    }
}
