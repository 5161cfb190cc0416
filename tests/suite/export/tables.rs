//! `export` for people: tables, Markdown, and the format that the name of a file chooses.

use std::fs;

#[cfg(target_os = "linux")]
use serde_json::Value;

use crate::export::{database, export, hard};
use crate::support::Sandbox;
#[cfg(target_os = "linux")]
use crate::support::pty;

/// A few rows with every kind of value.
fn small() -> Sandbox {
    database(
        "CREATE TABLE mine (id INTEGER, name TEXT, score REAL, seen_at INTEGER, note TEXT);
         INSERT INTO mine VALUES (7, 'Duke', 1.5, 1792756800, ''), (2000001, 'a|b\\c', NULL, NULL, '<b>bold</b> & _x_'),
             (-3, '猫' || char(10) || '2', -20.25, 0, char(27) || '[31mred');",
    )
}

/// The name of a file, with what it is then.
struct Named {
    output: &'static str,
    format: Option<&'static str>,
    start: &'static str,
    reported: &'static str,
}

const NAMED: [Named; 12] = [
    Named {
        output: "a.csv",
        format: None,
        start: "id,name",
        reported: "csv",
    },
    Named {
        output: "a.tsv",
        format: None,
        start: "id\tname",
        reported: "csv",
    },
    Named {
        output: "a.json",
        format: None,
        start: "[\n{\"id\":",
        reported: "json",
    },
    Named {
        output: "a.JSONL",
        format: None,
        start: "{\"id\":",
        reported: "jsonl",
    },
    Named {
        output: "a.ndjson",
        format: None,
        start: "{\"id\":",
        reported: "jsonl",
    },
    Named {
        output: "a.md",
        format: None,
        start: "| id | name |",
        reported: "md",
    },
    Named {
        output: "a.txt",
        format: None,
        start: "id  name",
        reported: "table",
    },
    Named {
        output: "a.xlsx",
        format: None,
        start: "PK",
        reported: "xlsx",
    },
    Named {
        output: "a.unknown",
        format: None,
        start: "id,name",
        reported: "csv",
    },
    Named {
        output: "a",
        format: None,
        start: "id,name",
        reported: "csv",
    },
    Named {
        output: "b.json",
        format: Some("md"),
        start: "| id | name |",
        reported: "md",
    },
    Named {
        output: "b.xlsx",
        format: Some("csv"),
        start: "id,name",
        reported: "csv",
    },
];

#[test]
fn the_name_of_the_file_chooses_the_format_unless_a_flag_does() {
    let sandbox = small();
    for Named {
        output,
        format,
        start,
        reported,
    } in NAMED
    {
        let mut arguments = vec!["mine", "--json", "-o", output, "--columns", "id,name"];
        if let Some(format) = format {
            arguments.extend(["--format", format]);
        }

        let report = export(&sandbox, &arguments).expect(0).json();

        let bytes = fs::read(sandbox.path(output)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.trim_start().starts_with(start), "{output}: {text}");
        assert_eq!(report["format"], reported, "{output}");
    }
}

#[test]
fn a_table_is_aligned_and_shows_what_is_there() {
    let sandbox = small();

    let table = export(&sandbox, &["mine", "--format", "table"])
        .expect(0)
        .stdout();
    let null = export(
        &sandbox,
        &[
            "mine",
            "-f",
            "table",
            "--null",
            "NULL",
            "--columns",
            "score",
        ],
    );

    assert_eq!(
        table,
        "     id  name    score  seen_at              note\n\
         -------  -----  ------  -------------------  -----------------\n\
         \u{20}     7  Duke      1.5  2026-10-23 12:00:00  \"\"\n\
         2000001  a|b\\c                               <b>bold</b> & _x_\n\
         \u{20}    -3  猫\\n2  -20.25  1970-01-01 00:00:00  \u{FFFD}[31mred\n"
    );
    assert_eq!(
        null.expect(0).stdout(),
        " score\n------\n   1.5\nNULL\n-20.25\n"
    );
}

#[test]
fn markdown_shows_names_as_they_are() {
    let sandbox = small();

    let table = export(&sandbox, &["mine", "--format", "md"])
        .expect(0)
        .stdout();

    assert_eq!(
        table,
        "| id | name | score | seen_at | note |\n\
         | ---: | --- | ---: | --- | --- |\n\
         | 7 | Duke | 1.5 | 2026-10-23 12:00:00 | \"\" |\n\
         | 2000001 | a\\|b\\\\c | | | &lt;b&gt;bold&lt;/b&gt; &amp; \\_x\\_ |\n\
         | -3 | 猫<br>2 | -20.25 | 1970-01-01 00:00:00 | \u{FFFD}\\[31mred |\n"
    );
}

#[test]
fn tables_show_each_time_once_and_data_has_both_columns() {
    let sandbox = hard();
    let first = |arguments: &[&str]| {
        let text = export(&sandbox, arguments).expect(0).stdout();
        text.lines().next().unwrap().to_owned()
    };

    for format in ["table", "md"] {
        assert!(!first(&["player_latest", "-f", format]).contains("_utc"));
        assert!(
            first(&["player_latest", "-f", format, "--time", "unix"]).contains("last_updated_utc")
        );
        assert!(
            first(&[
                "player_latest",
                "-f",
                format,
                "--columns",
                "last_updated_utc"
            ])
            .contains("last_updated_utc")
        );
    }
    assert!(first(&["player_latest"]).contains("last_updated,last_updated_utc"));
}

/// The first thousand rows decide the widths. A later row may be longer.
#[test]
fn rows_after_the_sample_are_written_whole() {
    let sandbox = database(
        "CREATE TABLE mine (n INTEGER, note TEXT, rest TEXT);
         WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < 3000)
         INSERT INTO mine SELECT n, CASE n WHEN 2500 THEN 'now there are more words' ELSE 'a word' END, 'end' FROM number;",
    );

    let table = export(&sandbox, &["mine", "-f", "table"])
        .expect(0)
        .stdout();
    let markdown = export(&sandbox, &["mine", "-f", "md"]).expect(0).stdout();

    assert_eq!(table.lines().nth(2).unwrap(), "   1  a word  end");
    assert!(
        table.contains(
            "\n2500  now     end\n      there\n      are\n      more\n      words\n2501  a word"
        ),
        "{table}"
    );
    assert_eq!(markdown.lines().count(), 3002);
    assert!(markdown.contains("\n| 2500 | now there are more words | end |\n"));
}

/// The output of the export on a terminal of this width.
#[cfg(target_os = "linux")]
fn on_a_terminal(sandbox: &Sandbox, columns: u16, arguments: &str) -> String {
    let arguments: Vec<&str> = ["-q", "export"]
        .into_iter()
        .chain(arguments.split(' '))
        .collect();
    pty::run(&sandbox.command(&arguments), columns).1
}

/// Two players, one of them with long texts.
#[cfg(target_os = "linux")]
fn players() -> Sandbox {
    database(
        "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (1, 'The Iron Wolves of the North', 1767225600, 1775044800);
         INSERT INTO players (player_id, name, level, rank, faction_id, status_state, status_description, created_at, last_updated) VALUES
             (2000001, 'QuickBishop33', 55, 'Idolized Star', 1, 'Hospital', 'In hospital for 3 hours and 12 minutes after a fight with RoyalTailor13', 1767225600, 1775044800),
             (2000002, 'Duke', 100, 'Invincible Champion', NULL, 'Okay', NULL, 1767225600, 1775044800);",
    )
}

/// The words of a value that a table shows whole.
#[cfg(target_os = "linux")]
fn words_of<'a>(column: &str, text: &'a str) -> Vec<&'a str> {
    if column.ends_with("_utc") {
        Vec::new()
    } else if column.contains("updated") {
        text.trim_end_matches('Z').split([' ', 'T']).collect()
    } else if column.ends_with("_at") {
        Vec::new()
    } else {
        text.split(' ').collect()
    }
}

#[cfg(target_os = "linux")]
fn assert_fits_with_whole_words(table: &str, columns: usize, rows: &Value) {
    for line in table.lines() {
        assert!(
            line.chars().count() <= columns,
            "{columns} {line:?}\n{table}"
        );
    }
    let shown: Vec<&str> = table.split_whitespace().collect();
    for row in rows.as_array().unwrap() {
        for (name, value) in row.as_object().unwrap() {
            for word in value
                .as_str()
                .map(|text| words_of(name, text))
                .into_iter()
                .flatten()
            {
                assert!(
                    shown.contains(&word),
                    "{columns}: {word} of {name}\n{table}"
                );
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_table_fits_into_the_terminal_and_no_word_is_broken() {
    let sandbox = players();
    for dataset in [
        "player_latest",
        "players",
        "factions",
        "player_latest --columns name,rank,faction_name,status_description",
        "player_latest --columns name,level",
    ] {
        let words: Vec<&str> = dataset.split(' ').collect();
        let rows = export(
            &sandbox,
            &[&["-q"], &*words, &["--json", "--time", "iso"]].concat(),
        );
        let rows = rows.expect(0).json();
        for columns in [40, 60, 80, 120] {
            let table = on_a_terminal(&sandbox, columns, &format!("{dataset} -f table"));
            assert_fits_with_whole_words(&table, usize::from(columns), &rows);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_text_is_wrapped_and_a_narrow_terminal_gets_a_line_for_each_value() {
    let sandbox = players();
    let show = |columns| {
        on_a_terminal(
            &sandbox,
            columns,
            "player_latest -f table --columns name,rank,status_description",
        )
    };
    assert_eq!(
        show(80),
        "name           rank                 status_description\n\
         -------------  -------------------  --------------------------------------------\n\
         QuickBishop33  Idolized Star        In hospital for 3 hours and 12 minutes after\n\
         \u{20}                                   a fight with RoyalTailor13\n\
         Duke           Invincible Champion\n"
    );
    assert_eq!(
        show(40),
        "name                QuickBishop33\n\
         rank                Idolized Star\n\
         status_description\n\
         \u{20}   In hospital for 3 hours and 12\n\
         \u{20}   minutes after a fight with\n\
         \u{20}   RoyalTailor13\n\
         \n\
         name                Duke\n\
         rank                Invincible Champion\n\
         status_description\n"
    );
}

/// The rows as text would take more than the limit.
#[cfg(target_os = "linux")]
#[test]
fn no_format_keeps_the_rows_in_memory() {
    use crate::export::long;
    use crate::export::streams::shell;

    let sandbox = long(100_000);
    for format in ["csv", "json", "table", "md", "xlsx"] {
        let finished = shell(
            &sandbox,
            &format!(
                "ulimit -v 110000; \"$TORNSNAP\" -q export player_stats_history -f {format} -o out.{format}"
            ),
        );
        assert_eq!(finished.stderr(), "", "{format}");
        finished.expect(0);
    }
}
