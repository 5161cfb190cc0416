//! `import` of CSV files that cannot be taken as they are.

use std::fs;

use super::{MARCH, files_that_matter, with_plan};
use crate::support::CANARY;

#[test]
fn a_bad_line_is_named_and_nothing_is_taken_unless_it_may_be_skipped() {
    let sandbox = with_plan("");
    sandbox.write(
        "h.csv",
        &format!(
            "faction_id,timestamp,respect,data_source\n7,{MARCH},many,alice\n7,{MARCH},1\n7,{MARCH},{CANARY},x\n7,{MARCH},5,\n0,{MARCH},5,\n"
        ),
    );
    let before = files_that_matter(&sandbox, "tornsnap.db");

    let refused = sandbox.run(&["import", "h.csv", "--no-backup"]).expect(78);

    let text = refused.stderr();
    assert!(
        text.contains("line 2: column respect: \"many\" is not a whole number"),
        "{text}"
    );
    assert!(
        text.contains("line 3: it has 3 cells, and the header 4"),
        "{text}"
    );
    assert!(
        text.contains("line 4: column respect is not a whole number"),
        "{text}"
    );
    assert!(
        text.contains("line 6: column faction_id: \"0\" is out of range"),
        "{text}"
    );
    assert!(!text.contains(CANARY), "{text}");
    assert_eq!(
        files_that_matter(&sandbox, "tornsnap.db").len(),
        before.len() + 1,
        "one lock file more"
    );
    assert_eq!(sandbox.rows("SELECT count(*) FROM faction_history"), ["0"]);
    let skipped = sandbox
        .run(&["import", "h.csv", "--skip-invalid", "--json"])
        .expect(3)
        .json();
    assert_eq!(skipped["tables"]["faction_history"]["taken"], 1);
    assert_eq!(sandbox.rows("SELECT respect FROM faction_history"), ["5"]);
}

#[test]
fn a_period_that_does_not_begin_with_a_month_is_a_bad_line() {
    let sandbox = with_plan("");
    let observations = "faction_id,period_start,first_at,last_at,polls\n\
        7,2026-03-01,2026-03-02 00:00:00,2026-03-03 00:00:00,2\n7,2026-03-15,2026-03-16 00:00:00,2026-03-17 00:00:00,2\n";
    sandbox.write("observations.csv", observations);
    let summaries = "faction_id,period_start,respect_start,respect_end,respect_change,record_count\n\
        7,2026-02-01 00:00:01,1,2,1,2\n7,2026-03-01,2,3,1,1\n";
    sandbox.write("summaries.csv", summaries);
    let import = |file: &str, more: &[&str], code| {
        let arguments = [&["import", file, "--no-backup"], more].concat();
        sandbox.run(&arguments).expect(code).stderr()
    };

    let stderr = import("observations.csv", &[], 78);
    assert!(
        stderr.contains(
            "line 3: column period_start: \"2026-03-15\" is not the start of a UTC month"
        ),
        "{stderr}"
    );
    let stderr = import("summaries.csv", &[], 78);
    assert!(
        stderr.contains("line 2: column period_start: \"2026-02-01 00:00:01\" is not the start"),
        "{stderr}"
    );
    import("observations.csv", &["--skip-invalid"], 3);
    import("summaries.csv", &["--skip-invalid"], 3);

    assert_eq!(
        sandbox.rows("SELECT period_start FROM faction_observations"),
        [MARCH.to_string()]
    );
    assert_eq!(
        sandbox.rows("SELECT period_start, respect_end FROM faction_summary"),
        [format!("{MARCH}|3")]
    );
}

#[test]
fn a_column_that_is_there_twice_is_refused() {
    let sandbox = with_plan("");
    for (header, row, places) in [
        (
            "player_id,timestamp,level,networth,level",
            "1,1790812800,5,1,77",
            "3 and 5",
        ),
        (
            "player_id,player_id,timestamp,level",
            "1,2,1790812800,5",
            "1 and 2",
        ),
        (
            "id,player_id,timestamp,level,id",
            "1,1,1790812800,5,2",
            "1 and 5",
        ),
    ] {
        sandbox.write("h.csv", &format!("{header}\n{row}\n"));
        for more in [
            &[][..],
            &["--dataset", "player_stats_history"],
            &["--skip-invalid"],
        ] {
            let arguments = [&["import", "h.csv", "--no-backup"], more].concat();

            let stderr = sandbox.run(&arguments).expect(78).stderr();

            let why = format!("the columns {places} have the same name, \"");
            assert!(stderr.contains(&why), "{arguments:?}: {stderr}");
        }
    }
    assert_eq!(
        sandbox.rows("SELECT count(*) FROM player_stats_history"),
        ["0"]
    );
}

#[test]
fn a_file_that_must_be_converted_first_is_named_with_the_way() {
    let sandbox = with_plan("");
    let utf_32: Vec<u8> = "\u{feff}faction_id,name\n7,Seven\n"
        .chars()
        .flat_map(|letter| u32::from(letter).to_le_bytes())
        .collect();
    for (bytes, why) in [
        (&b"\x28\xb5\x2f\xfd rest"[..], "it is compressed with zstd"),
        (b"\x1f\x8b rest", "it is compressed with gzip"),
        (
            b"PK\x03\x04 rest",
            "it is a workbook or another ZIP archive",
        ),
        (
            b"PAR1 rest",
            "it is a Parquet file, and Parquet files are not imported",
        ),
        (&utf_32, "its text is UTF-32"),
    ] {
        fs::write(sandbox.path("f.csv"), bytes).unwrap();

        let stderr = sandbox
            .run(&["import", "f.csv", "--no-backup"])
            .expect(78)
            .stderr();

        assert!(stderr.contains(why), "{stderr}");
    }
}

#[test]
fn a_number_or_a_date_that_cannot_be_read_is_described_truly() {
    let sandbox = with_plan("");
    sandbox.write(
        "h.csv",
        "faction_id,timestamp,respect,data_source\n7,1775044800,9223372036854775808,a\n\
         7,1775044800,-9223372036854775809,a\n7,31.10.2026 12:00,1,a\n",
    );

    let text = sandbox
        .run(&["import", "h.csv", "--no-backup"])
        .expect(78)
        .stderr();

    for why in [
        "line 2: column respect: \"9223372036854775808\" is larger than 9223372036854775807",
        "line 3: column respect: \"-9223372036854775809\" is smaller than -9223372036854775808",
        "line 4: column timestamp: \"31.10.2026 12:00\" is not a time",
    ] {
        assert!(text.contains(why), "{text}");
    }
}

/// SQLite would have no id for the next row, and each later fetch would fail.
#[test]
fn the_largest_id_of_a_row_is_refused_with_its_line_and_column() {
    let sandbox = with_plan("");
    let header = "id,faction_id,timestamp,respect";
    sandbox.write(
        "rows.csv",
        &format!("{header}\n5,7,1700000000,1\n9223372036854775807,7,1700000060,2\n"),
    );

    let stderr = sandbox.run(&["import", "rows.csv"]).expect(78).stderr();

    assert!(
        stderr.contains("line 3: column id: \"9223372036854775807\" is more than 9007199254740992"),
        "{stderr}"
    );
    assert_eq!(sandbox.rows("SELECT count(*) FROM faction_history"), ["0"]);
    sandbox
        .run(&["import", "rows.csv", "--skip-invalid"])
        .expect(3);
    sandbox.write(
        "last.csv",
        &format!("{header}\n9007199254740992,8,1700000000,1\n"),
    );
    sandbox.run(&["import", "last.csv"]).expect(0);
    sandbox
        .sqlite()
        .execute_batch("INSERT INTO faction_history (faction_id, timestamp) VALUES (7, 1800000000)")
        .unwrap();
}

#[test]
fn a_key_within_a_longer_cell_or_in_the_header_is_not_shown() {
    let sandbox = with_plan("");
    let cells = [
        format!("see {CANARY}"),
        format!("https://api.torn.com/?key={CANARY}&x"),
        format!("{} {CANARY}", "x".repeat(30)),
    ];
    for cell in cells {
        sandbox.write(
            "rows.csv",
            &format!("faction_id,timestamp,respect\n7,{cell},1\n"),
        );
        let finished = sandbox.run(&["import", "rows.csv"]).expect(78);
        let stderr = finished.stderr();
        assert!(stderr.contains("line 2: column timestamp"), "{stderr}");
        assert!(!stderr.contains(&CANARY[..9]), "{stderr}");
    }
    sandbox.write(
        "header.csv",
        &format!("faction_id,timestamp,key={CANARY}\n7,1700000000,1\n"),
    );
    let flags = ["import", "header.csv", "--dataset", "faction_history"];
    let stderr = sandbox.run(&flags).expect(78).stderr();
    assert!(stderr.contains("has no column"), "{stderr}");
    assert!(!stderr.contains(CANARY), "{stderr}");
}

#[test]
fn a_header_that_fits_no_table_is_refused_with_the_nearest_table_and_the_wrong_column() {
    let sandbox = with_plan("");
    for (header, why) in [
        (
            "player_id,timestamp,level,networth,shoe_size",
            "the nearest is player_stats_history, which has no column \"shoe_size\"",
        ),
        (
            "faction_id,timestamp,respect,best_chian",
            "the nearest is faction_history, which has no column \"best_chian\"; did you mean best_chain?",
        ),
        (
            "player_id,level,networth,strength",
            "the nearest is player_stats_history, and the column timestamp is missing",
        ),
        (
            "player_id, name",
            "the nearest is players, which has no column \" name\"; did you mean name?",
        ),
        (
            "Dear diary",
            "it is neither an SQLite database nor a CSV file",
        ),
    ] {
        sandbox.write("h.csv", &format!("{header}\n1,2,3,4,5\n"));

        let stderr = sandbox
            .run(&["import", "h.csv", "--no-backup"])
            .expect(78)
            .stderr();

        assert!(stderr.contains(why), "{header}: {stderr}");
    }
}

#[test]
fn a_header_in_capitals_and_a_line_that_names_the_delimiter_for_excel_are_read() {
    for start in [
        "FACTION_ID;Timestamp;Respect\n",
        "sep=;\nfaction_id;timestamp;respect\n",
        "\u{feff}SEP=;\r\n\"faction_id\";\"timestamp\";\"respect\"\r\n",
        "\"sep=;\"\nfaction_id;timestamp;respect\n",
    ] {
        let sandbox = with_plan("");
        sandbox.write("h.csv", &format!("{start}7;{MARCH};5\n8;{MARCH};many\n"));
        let import = |more: &[&str], code| {
            let arguments = [&["import", "h.csv", "--no-backup"], more].concat();
            sandbox.run(&arguments).expect(code).stderr()
        };

        let stderr = import(&[], 78);

        let line = if start.to_ascii_lowercase().contains("sep=") {
            4
        } else {
            3
        };
        let why = format!("line {line}: column respect: \"many\" is not a whole number");
        assert!(stderr.contains(&why), "{start:?}: {stderr}");
        import(&["--skip-invalid"], 3);
        assert_eq!(sandbox.rows("SELECT respect FROM faction_history"), ["5"]);
    }
    let sandbox = with_plan("");
    sandbox.write("h.csv", "faction_id,RESPECT,timestamp,respect\n7,1,1,1\n");

    let refused = sandbox.run(&["import", "h.csv"]).expect(78);

    let why = "the columns 2 and 4 have the same name, \"respect\"";
    assert!(refused.stderr().contains(why), "{}", refused.stderr());
}
