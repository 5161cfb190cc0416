//! `import` of CSV files with quotes that are not closed, closed too late, or followed by text.

use std::fmt::Write as _;
use std::fs;

use super::with_plan;
use crate::support::Sandbox;

const HEADER: &str = "player_id,timestamp,level,networth,data_source";

/// Runs `import h.csv` of the text, and returns stderr.
fn import(sandbox: &Sandbox, text: &str, more: &[&str], code: i32) -> String {
    sandbox.write("h.csv", text);
    let arguments = [&["import", "h.csv", "--no-backup", "--no-summarize"], more].concat();
    sandbox.run(&arguments).expect(code).stderr()
}

fn history(sandbox: &Sandbox) -> Vec<String> {
    sandbox.rows(
        "SELECT player_id, timestamp, data_source FROM player_stats_history ORDER BY timestamp, player_id",
    )
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_in_each_column_and_costs_only_its_own_line() {
    let rows = [
        ["1", "1775044800", "5", "1000", "k"],
        ["1", "1775044860", "6", "2000", "k"],
        ["1", "1775044920", "7", "3000", "k"],
        ["2", "1775044980", "8", "4000", "k"],
    ];
    for column in 0..5 {
        for place in ["start", "end"] {
            let sandbox = with_plan("");
            let mut text = format!("{HEADER}\n");
            for (index, row) in rows.iter().enumerate() {
                let mut cells = row.map(str::to_owned);
                if index == 1 {
                    cells[column] = match place {
                        "start" => format!("\"{}", cells[column]),
                        _ => format!("{}\"", cells[column]),
                    };
                }
                writeln!(text, "{}", cells.join(",")).unwrap();
            }

            let stderr = import(&sandbox, &text, &[], 78);

            let why = match place {
                "start" => "line 3: a quote (\") is opened and never closed".to_owned(),
                _ => format!(
                    "line 3: column {}: a quote (\") is in it",
                    HEADER.split(',').nth(column).unwrap()
                ),
            };
            assert!(stderr.contains(&why), "{stderr}");
            assert_eq!(history(&sandbox).len(), 0);
            import(&sandbox, &text, &["--skip-invalid"], 3);
            assert_eq!(
                history(&sandbox),
                ["1|1775044800|k", "1|1775044920|k", "2|1775044980|k"],
                "{column} {place}"
            );
        }
    }
}

/// Headers, the first and the last line with a quote, and what the program says about the first one.
const STRAY_QUOTES: [(&str, &str, &str, &str); 6] = [
    // The second quote is followed by text.
    (
        "player_id,name",
        "1,\"a",
        "9,\"b",
        "line 2: column name: a quote (\") is opened and not closed before the next one, in line 1003",
    ),
    // The second quote ends the cell, and so the lines between are a text.
    (
        "player_id,name",
        "1,\"a",
        "9,b\"",
        "line 2: column name contains a row",
    ),
    (
        "player_id,name,level",
        "1,\"a,5",
        "9,b\",6",
        "line 2: column name contains a row",
    ),
    // The last cells are those of the last line.
    (
        "player_id,level,name",
        "1,\"5,a",
        "9,6\",b",
        "line 2: column level contains a line break",
    ),
    (
        "player_id,name,level",
        "1,a,\"5",
        "9,b,\"6\"",
        "line 2: column level: a quote (\") is opened",
    ),
    (
        "name,player_id",
        "\"a,1",
        "b,9\"",
        "line 2: it has 1 cell, and the header 2",
    ),
];

#[test]
fn two_stray_quotes_do_not_join_the_lines_between_them() {
    for (header, first, last, why) in STRAY_QUOTES {
        let sandbox = with_plan("");
        let mut text = format!("{header}\n{first}\n");
        for id in 100..1100 {
            let row = header.split(',').map(|name| match name {
                "player_id" => id.to_string(),
                "level" => "3".to_owned(),
                _ => format!("n{id}"),
            });
            writeln!(text, "{}", row.collect::<Vec<_>>().join(",")).unwrap();
        }
        writeln!(text, "{last}").unwrap();

        let stderr = import(&sandbox, &text, &[], 78);

        assert!(stderr.contains(why), "{header}: {stderr}");
        assert_eq!(sandbox.rows("SELECT count(*) FROM players"), ["0"]);
        import(&sandbox, &text, &["--skip-invalid"], 3);
        assert_eq!(
            sandbox.rows("SELECT count(*), sum(length(name)), min(player_id) FROM players WHERE player_id > 99"),
            [format!("1000|{}|100", 900 * 4 + 100 * 5)],
            "{header}"
        );
    }
}

#[test]
fn stray_quotes_in_neighbouring_lines_are_bad_lines() {
    let sandbox = with_plan("");

    let stderr = import(&sandbox, "player_id,name\n1,\"a\n2,b\"\n3,c\n", &[], 78);

    assert!(
        stderr.contains("line 2: column name contains a row"),
        "{stderr}"
    );
    assert!(
        stderr.contains("line 3: column name: a quote (\") is in it"),
        "{stderr}"
    );
}

#[test]
fn text_after_the_quote_that_closes_a_cell_is_a_bad_line() {
    let sandbox = with_plan("");
    let text = "player_id,name,level\n51,\"a\"x,3\n52,\"b\" ,3\n53,\"c\",3\n54, \"d\",3\n";

    let stderr = import(&sandbox, text, &[], 78);

    for why in [
        "line 2: column name: text follows the quote (\") that closes it",
        "line 3: column name: text follows the quote (\") that closes it",
        "line 5: column name: a quote (\") is in it, and it does not begin with one",
    ] {
        assert!(stderr.contains(why), "{stderr}");
    }
    import(&sandbox, text, &["--skip-invalid"], 3);
    assert_eq!(
        sandbox.rows("SELECT player_id, name FROM players"),
        ["53|c"]
    );
}

#[test]
fn a_line_break_in_a_column_that_never_has_one_is_a_bad_line() {
    for (column, place) in HEADER.split(',').zip(0..) {
        let sandbox = with_plan("");
        let mut cells = ["1", "1775044800", "5", "1000", "k"].map(str::to_owned);
        cells[place] = format!("\"{}\n\"", cells[place]);
        let text = format!("{HEADER}\n{}\n", cells.join(","));

        let stderr = import(&sandbox, &text, &[], 78);

        let why = format!("line 2: column {column} contains a line break");
        assert!(stderr.contains(&why), "{stderr}");
    }
}

/// Some of the texts look like rows of the file that they are in.
#[test]
fn texts_with_quotes_and_line_breaks_are_exported_and_imported_as_the_same_bytes() {
    let sandbox = Sandbox::new();
    for name in ["tornsnap.db", "copy.db"] {
        super::create(&sandbox, name);
    }
    let text = "char(10) || 'a\"b,' || char(13) || char(10) || '\"' || char(13)";
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO players (player_id, name, rank, status_state, status_description, is_active, created_at, last_updated)
                 VALUES (1, {text}, '\"', '\"\"', 'x' || char(10), 1, 1767225600, 1767225600),
                        (2, '', NULL, char(10), ',' || char(10) || ',\"', 1, 1767225600, 1767225600);"
        ))
        .unwrap();
    for style in [&[][..], &["--spreadsheet"], &["--delimiter", ";"]] {
        let export = |database: &str, file: &str| {
            let arguments = [
                &[
                    "export",
                    "players",
                    "--output",
                    file,
                    "--database",
                    database,
                ],
                style,
            ]
            .concat();
            sandbox.run(&arguments).expect(0);
            fs::read_to_string(sandbox.path(file)).unwrap()
        };
        let there = export("tornsnap.db", "there.csv");
        let arguments = [
            "import",
            "there.csv",
            "--database",
            "copy.db",
            "--no-backup",
        ];
        sandbox.run(&arguments).expect(0);

        assert_eq!(export("copy.db", "back.csv"), there);
    }
}
