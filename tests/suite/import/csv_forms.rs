//! `import` of CSV files whose header, line ends or last lines another program has changed.

use std::fs;

use super::{MARCH, with_plan};

const HEADER: &str = "faction_id,timestamp,respect,data_source";

/// The error output of an import of this file, which is refused.
fn refusal(contents: &str) -> String {
    let sandbox = with_plan("");
    sandbox.write("h.csv", contents);
    let refused = sandbox.run(&["import", "h.csv", "--no-backup"]).expect(78);
    assert_eq!(sandbox.rows("SELECT count(*) FROM faction_history"), ["0"]);
    refused.stderr()
}

fn respects(contents: &str) -> Vec<String> {
    let sandbox = with_plan("");
    sandbox.write("h.csv", contents);
    sandbox.run(&["import", "h.csv", "--no-backup"]).expect(0);
    sandbox.rows("SELECT respect FROM faction_history")
}

#[test]
fn wrong_quotes_in_the_header_are_refused_as_in_any_line() {
    for (header, why) in [
        (
            "faction_id,\"timestamp\"\",respect,data_source",
            "line 1: a quote (\") is opened and never closed",
        ),
        (
            "faction_id,timestamp\",respect,data_source",
            "line 1: column timestamp: a quote (\") is in it, and it does not begin with one",
        ),
        (
            "faction_id,timestamp,\"\"respect\"\",data_source",
            "line 1: column respect: text follows the quote (\") that closes it",
        ),
        (
            "faction_id,timestamp,respect,\"data_source",
            "line 1: a quote (\") is opened and never closed",
        ),
    ] {
        let text = refusal(&format!("{header}\n7,{MARCH},5,\n"));

        assert!(text.contains(why), "{header}: {text}");
        assert!(text.contains("try: correct the header"), "{header}: {text}");
    }
    let quoted = "\"faction_id\",\"timestamp\",\"respect\",\"data_source\"";
    assert_eq!(respects(&format!("{quoted}\n7,{MARCH},5,\n")), ["5"]);
    assert_eq!(
        respects(&format!("sep=,\r\n{quoted}\r\n7,{MARCH},5,\r\n")),
        ["5"]
    );
}

#[test]
fn lines_that_end_with_carriage_returns_alone_are_named_with_the_remedy() {
    for quote in ["", "\""] {
        let header = HEADER.replace("faction_id", &format!("{quote}faction_id{quote}"));
        let text = refusal(&format!("{header}\r7,{MARCH},5,\r7,{},6,\r", MARCH + 60));

        let why = "its lines end with carriage returns alone (\\r), as old Mac programs write them";
        assert!(text.contains(why), "{text}");
        assert!(
            text.contains("try: save it as \"CSV UTF-8\", or convert it with `tr"),
            "{text}"
        );
    }
}

#[test]
fn empty_lines_before_the_header_are_passed_over() {
    let row = format!("7,{MARCH},5,");
    for start in [
        "\n",
        "\r\n\r\n",
        "  \n\t\n",
        "\u{feff}\n",
        "\u{feff}\r\n \r\n",
        "\n\u{feff}",
        ",,,\r\n",
        "\nsep=,\n\n",
        "\u{feff}sep=,\r\n\r\n",
    ] {
        let text = format!("{start}{HEADER}\n{row}\n");

        assert_eq!(respects(&text), ["5"], "{start:?}");
    }
    let wrong = refusal(&format!("\n\n{HEADER}\n{row}x,y\n"));
    assert!(wrong.contains("line 4: "), "{wrong}");
    // A byte order mark says that the file is for spreadsheets, with `'` before what looks like a formula.
    let sandbox = with_plan("");
    let marked = format!("\u{feff}\n{HEADER}\n7,{MARCH},5,'=x\n");
    sandbox.write("h.csv", &marked);
    sandbox.run(&["import", "h.csv", "--no-backup"]).expect(0);
    let sources = sandbox.rows("SELECT data_source FROM faction_history");
    assert_eq!(sources, ["=x"]);
    for empty in ["\n\n", "\u{feff}\n"] {
        assert!(
            refusal(empty).contains("could not import h.csv"),
            "{empty:?}"
        );
    }
}

#[test]
fn blank_lines_and_the_end_mark_of_dos_are_no_rows() {
    for end in [
        "",
        "\n\n",
        "\r\n\r\n",
        "\u{1a}",
        "\n\u{1a}",
        "\u{1a}\n",
        "\u{1a}\r\n",
    ] {
        let found = respects(&format!("{HEADER}\n7,{MARCH},5,\n{end}"));

        assert_eq!(found, ["5"], "{end:?}");
    }
    let text = refusal(&format!("{HEADER}\n\u{1a}\n7,{MARCH},5,\n"));
    assert!(
        text.contains("line 2: it has 1 cell, and the header 4"),
        "{text}"
    );
    let text = refusal(&format!("{HEADER}\n7,{MARCH},5,\n  \n"));
    assert!(
        text.contains("line 3: it has 1 cell, and the header 4"),
        "{text}"
    );
}

#[test]
fn an_unknown_war_status_of_a_tile_stays_unknown_on_the_way_through_csv() {
    let sandbox = with_plan("");
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (7, 'Seven', {MARCH}, {MARCH});
             INSERT INTO territories (territory_id, sector, faction_id, created_at, last_updated)
             VALUES ('AAA', 1, 7, {MARCH}, {MARCH});
             INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at) VALUES
                ('AAA', 7, 'defending', {MARCH}), ('AAA', NULL, NULL, {MARCH} + 60);
             INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, status, started_at, recorded_at)
             VALUES (3, 'ranked', 7, 'ongoing', {MARCH}, {MARCH}), (3, 'ranked', 7, NULL, NULL, {MARCH} + 60);"
        ))
        .unwrap();
    super::create(&sandbox, "new.db");
    for table in [
        "territories",
        "territory_ownership_history",
        "war_status_history",
    ] {
        let (first, second) = (format!("{table}.csv"), format!("{table}.2.csv"));
        sandbox
            .run(&["export", table, "--output", &first])
            .expect(0);

        let into = ["import", &first, "--no-backup", "--database", "new.db"];
        sandbox.run(&into).expect(0);
        sandbox.run(&into).expect(0);

        let out = ["export", table, "--output", &second, "--database", "new.db"];
        sandbox.run(&out).expect(0);
        let read = |name: &str| fs::read_to_string(sandbox.path(name)).unwrap();
        assert_eq!(read(&second), read(&first), "{table}");
    }
}

#[test]
fn rows_without_any_value_are_passed_over_as_blank_lines_are() {
    for row in [",,,", ",", ",,,,,,", ",,,\r"] {
        for (before, after) in [("", format!("{row}\n")), (row, String::new())] {
            let before = if before.is_empty() {
                String::new()
            } else {
                format!("{before}\n")
            };
            let found = respects(&format!("{HEADER}\n{before}7,{MARCH},5,\n{after}"));

            assert_eq!(found, ["5"], "{row:?}");
        }
    }
    let text = refusal(&format!("{HEADER}\n7,{MARCH},5,\n,,\"\",\n"));
    assert!(
        text.contains("line 3: column faction_id is missing"),
        "{text}"
    );
}

#[test]
fn nameless_last_columns_are_passed_over_if_their_cells_are_empty() {
    let header = HEADER.replace(',', ";");
    for (ends, quoted) in [(";", ";\"\""), (";;;", ";\"\";\"\";\"\"")] {
        for names in [ends, quoted] {
            let rows = format!("7;{MARCH};5;{ends}\n;;;{ends}\n");
            assert_eq!(
                respects(&format!("{header}{names}\n{rows}")),
                ["5"],
                "{names}"
            );
        }
    }
    let text = refusal(&format!("{header};\n7;{MARCH};5;;6\n"));
    assert!(
        text.contains("line 2: it has a value in column 5, which has no name"),
        "{text}"
    );
    let text = refusal(&format!("{header};\n7;{MARCH};5;\n"));
    assert!(
        text.contains("line 2: it has 4 cells, and the header 5"),
        "{text}"
    );
    let text = refusal(&format!("faction_id;;timestamp;respect\n7;;{MARCH};5\n"));
    assert!(text.contains("column 2 of the file has no name"), "{text}");
}

#[test]
fn an_export_with_the_empty_cells_of_a_spreadsheet_gives_the_same_bytes_again() {
    let sandbox = with_plan("");
    sandbox.write(
        "h.csv",
        &format!("{HEADER}\n7,{MARCH},5,\n8,{MARCH},6,Bob\n"),
    );
    sandbox.run(&["import", "h.csv", "--no-backup"]).expect(0);
    let first = ["export", "faction_history"];
    let exported = sandbox.run(&first).expect(0).stdout();
    let wider = exported.replace('\n', ",,\n");
    let columns = exported.lines().next().unwrap().split(',').count();
    sandbox.write("wide.csv", &format!("{wider}{}\n", ",".repeat(columns + 1)));
    super::create(&sandbox, "new.db");
    let into = ["import", "wide.csv", "--no-backup", "--database", "new.db"];

    sandbox.run(&into).expect(0);

    let second = ["export", "faction_history", "--database", "new.db"];
    assert_eq!(sandbox.run(&second).expect(0).stdout(), exported);
    assert_eq!(exported.lines().count(), 3, "{exported}");
}

#[test]
fn a_file_in_the_encoding_of_a_spreadsheet_is_to_be_saved_as_utf_8() {
    let sandbox = with_plan("");
    let mut bytes = format!("{HEADER}\n7,{MARCH},5,J").into_bytes();
    bytes.extend([0xFC, b'r', b'g', b'\n']);
    fs::write(sandbox.path("h.csv"), bytes).unwrap();

    let refused = sandbox.run(&["import", "h.csv", "--no-backup"]).expect(78);

    let text = refused.stderr();
    assert!(text.contains("line 2: it is not UTF-8"), "{text}");
    assert!(text.contains("try: save it as \"CSV UTF-8\""), "{text}");
}

#[test]
fn a_file_without_text_has_no_rows() {
    for contents in [" \n\n", "\u{feff}", ",,,\n;;\n", "sep=;\n\n"] {
        let text = refusal(contents);

        assert!(text.contains("it has no rows"), "{contents:?}: {text}");
        assert!(text.contains("  try: "), "{contents:?}: {text}");
    }
}

#[test]
fn the_line_that_was_taken_as_the_header_is_named() {
    for (before, line) in [
        ("Respect of our faction\n", 1),
        ("\n\nRespect of our faction,,,\n", 3),
        ("7,2026-03-01,5,\n", 1),
        ("faction_id,when,respect\n", 1),
    ] {
        let text = refusal(&format!("{before}{HEADER}\n7,{MARCH},5,\n"));

        let expected = format!("; line {line} was taken as the header");
        assert!(text.contains(&expected), "{before}: {text}");
    }
}

#[test]
fn a_column_without_a_name_is_named_by_its_number() {
    for dataset in [&[][..], &["--dataset", "faction_history"]] {
        let sandbox = with_plan("");
        sandbox.write("h.csv", &format!(",{HEADER}\n,7,{MARCH},5,\n"));
        let command = [&["import", "h.csv", "--no-backup"], dataset].concat();

        let text = sandbox.run(&command).expect(78).stderr();

        assert!(text.contains("column 1 of the file has no name"), "{text}");
    }
}

#[test]
fn small_letters_of_tiles_become_capitals_and_are_reported_as_mended() {
    let sandbox = with_plan("");
    let csv = format!(
        "territory_id,faction_id,racket_level,racket_type,war_status,recorded_at\naab,7,,,none,{MARCH}\nAac,7,,,none,{MARCH}\n\
         AAD,7,,,none,{MARCH}\n"
    );
    sandbox.write("t.csv", &csv);
    let dataset = "territory_ownership_history";
    let import = [
        "import",
        "t.csv",
        "--dataset",
        dataset,
        "--no-backup",
        "--json",
    ];

    let report = sandbox.run(&import).expect(0).json();

    let tiles = "SELECT territory_id FROM territory_ownership_history ORDER BY territory_id";
    assert_eq!(sandbox.rows(tiles), ["AAB", "AAC", "AAD"]);
    let told = report.to_string();
    assert!(told.contains("small letters became capitals"), "{told}");
    sandbox.write("t.csv", &csv.replace("aab", "a1b"));
    let refused = sandbox.run(&import).expect(78).stderr();
    assert!(refused.contains("is not three letters"), "{refused}");
}

#[test]
fn a_file_in_utf_16_is_read_in_both_byte_orders_and_with_every_delimiter() {
    for delimiter in ["\t", ",", ";"] {
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let sandbox = with_plan("");
            let text = "\u{feff}faction_id,name,tag\r\n7,Größe 🐢,T\r\n8,\"a\r\nb\",\"\"\r\n"
                .replace(',', delimiter);
            let bytes: Vec<u8> = text.encode_utf16().flat_map(to_bytes).collect();
            fs::write(sandbox.path("u.csv"), bytes).unwrap();

            sandbox.run(&["import", "u.csv", "--no-backup"]).expect(0);

            assert_eq!(
                sandbox.rows("SELECT faction_id, name, quote(tag) FROM factions ORDER BY 1"),
                ["7|Größe 🐢|'T'", "8|a\r\nb|''"],
                "{delimiter:?}"
            );
        }
    }
}

#[test]
fn a_broken_letter_in_utf_16_is_a_bad_line() {
    let sandbox = with_plan("");
    let mut bytes: Vec<u8> = format!("\u{feff}{HEADER}\n7,{MARCH},5,J")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    bytes.extend([0x00, 0xDC, b'\n', 0]);
    fs::write(sandbox.path("u.csv"), bytes).unwrap();

    let refused = sandbox.run(&["import", "u.csv", "--no-backup"]).expect(78);

    let text = refused.stderr();
    assert!(text.contains("line 2: it is not UTF-8"), "{text}");
    assert!(text.contains("try: save it as \"CSV UTF-8\""), "{text}");
}
