//! `export --format parquet`: the rows of any table and view, with types that other programs know.

use std::fs;

use serde_json::{Map, Value};

use super::{database, datasets, export, files, hard};
use crate::support::Sandbox;
use crate::support::parquet::Parquet;

/// The rows of a dataset as Parquet, and as JSON lines.
fn both(sandbox: &Sandbox, name: &str) -> (Parquet, Vec<Map<String, Value>>) {
    export(sandbox, &[name, "-o", "t.parquet"]).expect(0);
    let lines = export(sandbox, &[name, "--format", "jsonl"])
        .expect(0)
        .stdout();
    let lines = lines.lines();
    (
        Parquet::open(&sandbox.path("t.parquet")),
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Whether a column holds the value. It has one type, so a number may have become another kind of number, or a text.
fn is_same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            found == expected || (found.is_f64() && found.as_f64() == expected.as_f64())
        }
        (Value::String(text), Value::Number(number)) => number.to_string() == *text,
        _ => found == expected,
    }
}

#[test]
fn every_table_and_view_has_the_same_rows_as_in_json() {
    let sandbox = hard();
    let mut with_rows = 0;
    for name in datasets(&sandbox) {
        let (parquet, expected) = both(&sandbox, &name);

        let found = parquet.objects();

        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found.keys().eq(expected.keys()), "{name}");
            for (column, value) in expected {
                assert!(
                    is_same(&found[column], value),
                    "{name}.{column}: {} instead of {value}",
                    found[column]
                );
            }
        }
        with_rows += usize::from(!found.is_empty());
    }
    assert!(with_rows > 25, "{with_rows}");
}

#[test]
fn columns_have_types_that_other_programs_know() {
    let sandbox = hard();

    let (history, _) = both(&sandbox, "player_stats_history");
    let (tiles, _) = both(&sandbox, "territories");
    let (odd, _) = both(&sandbox, "odd \"name");

    assert_eq!(
        history.schema(),
        [
            "REQUIRED INT64 id",
            "REQUIRED INT64 player_id",
            "REQUIRED INT64 timestamp (TIMESTAMP(MILLIS,true))",
            "OPTIONAL INT64 strength",
            "OPTIONAL INT64 defense",
            "OPTIONAL INT64 speed",
            "OPTIONAL INT64 dexterity",
            "OPTIONAL INT64 total_stats",
            "OPTIONAL INT64 level",
            "OPTIONAL INT64 life_maximum",
            "OPTIONAL INT64 networth",
            "OPTIONAL BYTE_ARRAY data_source (STRING)",
        ]
    );
    let schema = tiles.schema();
    for column in [
        "REQUIRED BYTE_ARRAY territory_id (STRING)",
        "OPTIONAL DOUBLE coordinate_x",
        "REQUIRED INT64 last_updated (TIMESTAMP(MILLIS,true))",
    ] {
        assert!(schema.contains(&column.to_owned()), "{schema:?}");
    }
    assert_eq!(
        odd.schema(),
        [
            "OPTIONAL BYTE_ARRAY a,b (STRING)",
            "OPTIONAL BYTE_ARRAY bytes"
        ]
    );
}

#[test]
fn the_comments_of_the_columns_are_in_the_metadata_and_where_spark_reads_them() {
    let sandbox = hard();

    let (history, _) = both(&sandbox, "player_stats_history");

    let metadata = history.metadata();
    let comment = &metadata["tornsnap.comment.networth"];
    assert_eq!(
        comment,
        "dollars, may be negative; updated by Torn once a day"
    );
    assert_eq!(metadata["tornsnap.dataset"], "player_stats_history");
    let spark = &metadata["org.apache.spark.sql.parquet.row.metadata"];
    let spark: Value = serde_json::from_str(spark).unwrap();
    let fields = spark["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 12);
    assert_eq!(fields[2]["type"], "timestamp");
    assert_eq!(fields[10]["name"], "networth");
    assert_eq!(fields[10]["metadata"]["comment"], comment.as_str());
}

#[test]
fn the_same_rows_give_the_same_bytes_and_the_choice_of_rows_and_columns_holds() {
    let sandbox = hard();
    let arguments = ["player_stats_history", "--format", "parquet"];
    for name in ["a", "b"] {
        export(&sandbox, &[&arguments[..], &["-o", name]].concat()).expect(0);
    }

    let chosen = [
        "--player",
        "2",
        "--since",
        "2026-04-01",
        "--columns",
        "networth,timestamp",
    ];
    export(&sandbox, &[&arguments[..], &chosen, &["-o", "c"]].concat()).expect(0);

    assert_eq!(
        fs::read(sandbox.path("a")).unwrap(),
        fs::read(sandbox.path("b")).unwrap()
    );
    assert_eq!(
        Parquet::open(&sandbox.path("c")).rows(),
        ["-9223372036854775808|1775044800"]
    );
}

/// Views whose columns have values of several types.
const MIXED: &str = "
    CREATE VIEW mixed AS
        SELECT 1 AS numbers, 1 AS texts, 9007199254740993 AS large, NULL AS unknown, 1775044800 AS seen_at, 0 AS first_seen_at,
            x'00' AS bytes
        UNION ALL SELECT 2.5, 'two', 0.5, NULL, NULL, 9223372036854775807, NULL
        UNION ALL SELECT NULL, -2.0, 1e300, NULL, -62135596800, NULL, x'';
    CREATE VIEW bytes_and_texts AS SELECT 'a' AS fine, 1 AS both UNION ALL SELECT 'b', x'01';
    CREATE TABLE untyped (a, b INT, last_seen_at);
    INSERT INTO untyped VALUES (1, 'x', '2026-01-01'), (NULL, 2, 5);";

#[test]
fn a_column_of_mixed_values_has_a_type_that_holds_all_of_them() {
    let sandbox = database(MIXED);

    let (mixed, _) = both(&sandbox, "mixed");
    let (untyped, _) = both(&sandbox, "untyped");
    let refused = export(&sandbox, &["bytes_and_texts", "-o", "u.parquet"]).expect(2);
    export(
        &sandbox,
        &["bytes_and_texts", "--columns", "fine", "-o", "f.parquet"],
    )
    .expect(0);

    assert_eq!(
        mixed.schema(),
        [
            "OPTIONAL DOUBLE numbers",
            "OPTIONAL BYTE_ARRAY texts (STRING)",
            "OPTIONAL BYTE_ARRAY large (STRING)",
            "OPTIONAL INT64 unknown",
            "OPTIONAL INT64 seen_at (TIMESTAMP(MILLIS,true))",
            "OPTIONAL INT64 first_seen_at",
            "OPTIONAL BYTE_ARRAY bytes",
        ]
    );
    let csv = export(&sandbox, &["mixed", "--format", "csv"]).expect(0);
    let columns = ["texts", "large"];
    let mut texts: Vec<String> = mixed
        .objects()
        .iter()
        .map(|row| {
            columns
                .map(|name| row[name].as_str().unwrap_or("").to_owned())
                .join(",")
        })
        .collect();
    texts.sort();
    assert_eq!(texts, ["-2.0,1e300", "1,9007199254740993", "two,0.5"]);
    for text in &texts {
        assert!(csv.stdout().contains(text), "{}", csv.stdout());
    }
    assert_eq!(untyped.rows(), ["1|x|2026-01-01", "|2|5"]);
    assert_eq!(
        refused.stderr(),
        "tornsnap: could not find the types of the columns of bytes_and_texts\n  because: both has bytes and other values\n  \
         try: leave it out with --columns, or write another format\n"
    );
    assert!(!sandbox.path("u.parquet").exists());
}

#[test]
fn a_dataset_without_rows_is_a_file_with_its_columns() {
    let sandbox = database("CREATE VIEW empty AS SELECT 1 AS a, 'x' AS b WHERE 0;");
    for name in datasets(&sandbox) {
        let (parquet, rows) = both(&sandbox, &name);

        assert_eq!(parquet.objects().len(), rows.len(), "{name}");
        assert!(!parquet.schema().is_empty(), "{name}");
    }
}

#[test]
fn all_datasets_are_written_as_parquet_too() {
    let sandbox = hard();

    export(&sandbox, &["--all", "--format", "parquet", "-o", "all"]).expect(0);

    let expected = datasets(&sandbox)
        .into_iter()
        .map(|name| format!("{name}.parquet"))
        .collect();
    assert_eq!(files(&sandbox.path("all")), expected);
    for name in expected {
        Parquet::open(&sandbox.path("all").join(name)).objects();
    }
}

#[test]
fn a_text_that_is_not_utf8_is_an_error_that_names_its_column() {
    let sandbox = hard();
    sandbox
        .sqlite()
        .execute_batch("UPDATE players SET rank = CAST(x'ff' AS TEXT) WHERE player_id = 2")
        .unwrap();

    let finished = export(&sandbox, &["players", "-o", "p.parquet"]).expect(79);

    assert!(
        finished
            .stderr()
            .contains("the column rank of texts has a text that is not UTF-8"),
        "{}",
        finished.stderr()
    );
    assert!(!sandbox.path("p.parquet").exists());
}

#[cfg(unix)]
mod streams {
    use std::fs;

    use super::{Parquet, export, hard};
    use crate::export::long;
    use crate::export::streams::shell;
    use crate::support::{Finished, pause, pty, signal};

    #[test]
    fn parquet_goes_through_a_pipe_and_not_to_a_terminal() {
        let sandbox = hard();
        sandbox.make_fifo("fifo");
        export(&sandbox, &["players", "-o", "p.parquet"]).expect(0);

        let export = "\"$TORNSNAP\" -q export players --format parquet";
        shell(
            &sandbox,
            &format!("{export} | cat > piped; cat fifo > f & {export} -o fifo; wait"),
        )
        .expect(0);
        let (code, text) = pty::run(
            &sandbox.command(&["export", "players", "--format", "parquet"]),
            80,
        );

        let expected = fs::read(sandbox.path("p.parquet")).unwrap();
        for name in ["piped", "f"] {
            assert_eq!(fs::read(sandbox.path(name)).unwrap(), expected, "{name}");
        }
        assert_eq!(code, 2, "{text}");
        assert!(
            text.contains("to a terminal") && !text.contains("PAR1"),
            "{text}"
        );
    }

    #[test]
    fn many_rows_are_written_in_groups() {
        let sandbox = long(150_000);

        export(&sandbox, &["player_stats_history", "-o", "h.parquet"]).expect(0);

        let parquet = Parquet::open(&sandbox.path("h.parquet"));
        let rows: Vec<i64> = parquet.groups().iter().map(|(_, rows)| *rows).collect();
        assert_eq!(rows.iter().sum::<i64>(), 150_000);
        assert!(
            rows.len() > 1 && rows.iter().all(|rows| *rows <= 122_880),
            "{rows:?}"
        );
        let expected = sandbox.rows("SELECT * FROM player_stats_history ORDER BY timestamp, id");
        assert!(parquet.rows() == expected);
    }

    #[test]
    fn an_interrupted_export_leaves_nothing() {
        let sandbox = long(150_000);
        fs::create_dir(sandbox.path("d")).unwrap();
        let arguments = ["export", "player_stats_history", "-o", "d/h.parquet"];
        let mut child = sandbox.command(&arguments).spawn().unwrap();

        while fs::read_dir(sandbox.path("d")).unwrap().next().is_none() {
            assert!(child.try_wait().unwrap().is_none(), "it ended too early");
            pause();
        }
        signal(&child, "INT");

        Finished(child.wait_with_output().unwrap()).expect(130);
        assert!(fs::read_dir(sandbox.path("d")).unwrap().next().is_none());
    }
}
