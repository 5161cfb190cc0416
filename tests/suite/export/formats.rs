//! The formats: CSV and JSON have the values that SQLite has.

use std::fs;
use std::path::Path;

use rusqlite::types::Value;

use crate::export::xlsx::part;
use crate::export::{database, datasets, export, files, hard};
use crate::support::{NOW, Sandbox};

#[test]
fn every_dataset_comes_out_of_csv_as_sqlite_reads_it() {
    let sandbox = hard();

    for dataset in datasets(&sandbox) {
        let text = export(&sandbox, &["-q", &dataset]).expect(0).stdout();

        let mut lines = parse_csv(&text).into_iter();
        let (columns, mut expected) = read(&sandbox, &dataset);
        let header: Vec<_> = columns.into_iter().map(Some).collect();
        assert_eq!(lines.next(), Some(header), "{dataset}");
        let mut found: Vec<_> = lines.collect();
        if header_is_alone(&expected) {
            // A NULL alone on its line is an empty line.
            found.retain(|row| *row != [None]);
            expected.retain(|row| *row != [None]);
        }
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{dataset}");
    }
}

#[test]
fn every_dataset_comes_out_of_json_as_sqlite_reads_it() {
    let sandbox = hard();

    for dataset in datasets(&sandbox) {
        let array = export(&sandbox, &[&dataset, "--json"]).expect(0);
        let lines = export(&sandbox, &[&dataset, "--format", "jsonl"]).expect(0);

        let array = array.json();
        let lines: Vec<serde_json::Value> = lines
            .stdout()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(array.as_array().unwrap(), &lines, "{dataset}");
        let (columns, mut expected) = read(&sandbox, &dataset);
        let mut found: Vec<Vec<Option<String>>> = lines
            .iter()
            .map(|row| columns.iter().map(|column| plain(&row[column])).collect())
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{dataset}");
    }
}

#[test]
fn the_files_equal_the_reviewed_fixtures() {
    let sandbox = hard();

    for (golden, arguments) in [
        ("players.csv", &["players"][..]),
        ("players.spreadsheet.csv", &["players", "--spreadsheet"]),
        (
            "players.jsonl",
            &["players", "--format", "jsonl", "--time", "iso"],
        ),
        ("history.csv", &["player_stats_history", "--null", "NULL"]),
        (
            "history.iso.csv",
            &[
                "player_stats_history",
                "--time",
                "iso",
                "--columns",
                "timestamp,player_id,networth",
            ],
        ),
        ("territories.json", &["territories", "--format", "json"]),
        ("player_latest.csv", &["player_latest"]),
    ] {
        let found = export(&sandbox, arguments).expect(0).stdout();

        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/export")
            .join(golden);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &found).unwrap();
        }
        assert_eq!(
            found,
            fs::read_to_string(&path).unwrap(),
            "{golden}; BLESS=1 writes it anew"
        );
    }
}

#[test]
fn two_exports_of_one_state_are_the_same_bytes_whatever_the_clock_says() {
    let sandbox = hard();

    sandbox
        .run_at(NOW, &["export", "--all", "--output", "a"])
        .expect(0);
    sandbox
        .run_at(NOW + 99_999, &["export", "--all", "--output", "b"])
        .expect(0);

    let names = files(&sandbox.path("a"));
    assert_eq!(names, files(&sandbox.path("b")));
    assert_eq!(names.len(), datasets(&sandbox).len());
    for name in &names {
        assert_eq!(
            fs::read(sandbox.path("a").join(name)).unwrap(),
            fs::read(sandbox.path("b").join(name)).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn history_comes_by_time_and_id() {
    let sandbox = hard();

    let ids = export(&sandbox, &["player_stats_history", "--columns", "id"]);

    assert_eq!(ids.expect(0).stdout(), "id\n2\n3\n1\n4\n");
}

#[test]
fn cells_are_separated_by_the_chosen_delimiter() {
    let sandbox = database(
        "INSERT INTO factions (faction_id, name, tag) VALUES (1, 'a;b', 'c,d'), (2, 'e|f', char(9));",
    );
    for (delimiter, expected) in [
        (",", "faction_id,name,tag\n1,a;b,\"c,d\"\n2,e|f,\t\n"),
        (";", "faction_id;name;tag\n1;\"a;b\";c,d\n2;e|f;\t\n"),
        ("|", "faction_id|name|tag\n1|a;b|c,d\n2|\"e|f\"|\t\n"),
        (
            "tab",
            "faction_id\tname\ttag\n1\ta;b\tc,d\n2\te|f\t\"\t\"\n",
        ),
        (
            "\\t",
            "faction_id\tname\ttag\n1\ta;b\tc,d\n2\te|f\t\"\t\"\n",
        ),
    ] {
        let columns = ["--columns", "faction_id,name,tag"];
        let found = export(
            &sandbox,
            &[&["factions", "--delimiter", delimiter], &columns[..]].concat(),
        );

        assert_eq!(found.expect(0).stdout(), expected, "{delimiter}");
    }
}

#[test]
fn an_empty_table_is_exported_as_its_header() {
    let sandbox = database("");

    for dataset in datasets(&sandbox) {
        if [
            "database_identity",
            "newest_answer",
            "program_objects",
            "schema_version",
        ]
        .contains(&&*dataset)
        {
            continue;
        }
        let csv = export(&sandbox, &[&dataset]).expect(0).stdout();
        let json = export(&sandbox, &[&dataset, "--json"]).expect(0).json();

        assert_eq!(csv.lines().count(), 1, "{dataset}");
        assert_eq!(json, serde_json::json!([]), "{dataset}");
    }
}

fn header_is_alone(rows: &[Vec<Option<String>>]) -> bool {
    rows.first().is_some_and(|row| row.len() == 1)
}

/// All rows as SQLite reads them, each value as text; bytes in hexadecimal digits.
fn read(sandbox: &Sandbox, dataset: &str) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let connection = sandbox.sqlite();
    let mut statement = connection
        .prepare(&format!(
            "SELECT * FROM \"{}\"",
            dataset.replace('"', "\"\"")
        ))
        .unwrap();
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement
        .query_map([], |row| {
            Ok((0..columns.len())
                .map(|column| match row.get(column).unwrap() {
                    Value::Null => None,
                    Value::Integer(number) => Some(number.to_string()),
                    Value::Real(number) => Some(format!("{number:?}")),
                    Value::Text(text) => Some(text),
                    Value::Blob(bytes) => {
                        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
                        Some(digits.collect::<Vec<_>>().concat())
                    }
                })
                .collect())
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    (columns, rows)
}

fn plain(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) if number.is_f64() => {
            Some(format!("{:?}", number.as_f64().unwrap()))
        }
        other => Some(other.to_string()),
    }
}

/// RFC 4180, with an empty cell as `None` and `""` as an empty text.
fn parse_csv(text: &str) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut characters = text.chars().peekable();
    while characters.peek().is_some() {
        let mut cell = None;
        if characters.next_if_eq(&'"').is_some() {
            let mut quoted = String::new();
            loop {
                match characters.next().expect("a quote is closed") {
                    '"' if characters.next_if_eq(&'"').is_some() => quoted.push('"'),
                    '"' => break,
                    other => quoted.push(other),
                }
            }
            cell = Some(quoted);
        } else {
            while let Some(character) = characters.next_if(|next| !matches!(next, ',' | '\n')) {
                cell.get_or_insert_default().push(character);
            }
        }
        row.push(cell);
        match characters.next() {
            Some(',') if characters.peek() == Some(&'\n') => {
                characters.next();
                row.push(None);
                rows.push(std::mem::take(&mut row));
            }
            Some(',') => {}
            Some('\n') => rows.push(std::mem::take(&mut row)),
            other => panic!("{other:?} after a cell"),
        }
    }
    rows
}

#[test]
fn a_failed_export_to_stdout_with_json_prints_one_document() {
    // The absolute value of the smallest integer cannot be computed.
    let failing_at = |row| {
        database(&format!(
            "CREATE TABLE numbers (id INTEGER PRIMARY KEY, number INTEGER);
             INSERT INTO numbers
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
             SELECT i, iif(i = {row}, -9223372036854775808, i) FROM n;
             CREATE VIEW failing AS SELECT id, abs(number) AS absolute FROM numbers"
        ))
    };

    let at_once = export(&failing_at(2), &["failing", "--json"]);
    let after_many_rows = export(&failing_at(60_000), &["failing", "--json"]);

    for finished in [&at_once, &after_many_rows] {
        assert_ne!(finished.code(), 0);
        assert!(
            finished.stderr().contains("integer overflow"),
            "{}",
            finished.stderr()
        );
    }
    assert_eq!(at_once.json()["command"], "export");
    assert!(after_many_rows.json().as_array().unwrap().len() > 1000);
}

/// The prefix keeps a text a text when somebody edits its cell.
#[test]
fn a_text_that_looks_like_a_formula_has_the_prefix_of_a_text() {
    let sandbox = database(
        "CREATE TABLE mine (x);
         INSERT INTO mine VALUES ('=1'), ('＝1'), ('＋1'), ('－1'), ('＠x'), ('plain');",
    );
    export(&sandbox, &["mine", "-o", "m.xlsx"]).expect(0);

    let sheet = part(&sandbox.path("m.xlsx"), "xl/worksheets/sheet1.xml");
    let style = |row: u32| {
        let (_, cell) = sheet.split_once(&format!("<c r=\"A{row}\" ")).unwrap();
        cell.split_once(' ').unwrap().0
    };
    for row in 3..=6 {
        assert_eq!(style(row), style(2), "{row}: {sheet}");
    }
    assert_ne!(style(7), style(2), "{sheet}");
}
