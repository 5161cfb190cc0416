//! CSV of programs that quote every cell, such as PowerShell, and headers without any value.

use super::{MARCH, with_plan};
use crate::support::Sandbox;

fn refusal(sandbox: &Sandbox, text: &str) -> String {
    sandbox.write("rows.csv", text);
    let import = ["import", "rows.csv", "--no-backup"];
    sandbox.run(&import).expect(78).stderr()
}

/// A sandbox into which this text was imported.
fn imported(text: &str) -> Sandbox {
    let sandbox = with_plan("");
    sandbox.write("rows.csv", text);
    sandbox
        .run(&["import", "rows.csv", "--no-backup"])
        .expect(0);
    sandbox
}

/// Each cell in quotes.
fn quoted(rows: &str) -> String {
    let line = |line: &str| format!("\"{}\"\r\n", line.replace(',', "\",\""));
    rows.lines().map(line).collect()
}

#[test]
fn an_empty_cell_in_quotes_is_unknown_in_each_column_that_has_no_empty_text() {
    for (rows, query, expected) in [
        (
            format!("id,player_id,timestamp,level,networth,strength\n,5,{MARCH},5,,\n,,,,,"),
            "SELECT player_id, level, networth IS NULL, strength IS NULL FROM player_stats_history",
            "5|5|1|1",
        ),
        (
            format!(
                "war_id,war_type,territory_id,attacking_faction_id,status,end_reason,winner_faction_id,ends_at,recorded_at,data_source\n\
                 5,ranked,,7,,,,,{MARCH},"
            ),
            "SELECT territory_id IS NULL, status IS NULL, end_reason IS NULL, winner_faction_id IS NULL, ends_at IS NULL,
                 data_source IS NULL FROM war_status_history",
            "1|1|1|1|1|1",
        ),
        (
            format!(
                "territory_id,faction_id,coordinate_x,racket_type,racket_level,war_status,recorded_at\n\
                 AAB,,,,,,{MARCH}"
            ),
            "SELECT faction_id IS NULL, coordinate_x IS NULL, racket_type IS NULL, racket_level IS NULL, war_status IS NULL
             FROM territory_ownership_history",
            "1|1|1|1|1",
        ),
        (
            "player_id,period_start,period_end,period_type,level_start,level_end,level_change,record_count\n\
             5,2026-02-01,,,,6,,2"
                .to_owned(),
            "SELECT period_type, level_start IS NULL, level_end, level_change IS NULL FROM player_stats_summary",
            "monthly|1|6|1",
        ),
        (
            format!("player_id,faction_id,first_seen_at,joined_at,left_at\n5,7,{MARCH},,"),
            "SELECT joined_at IS NULL, left_at IS NULL FROM faction_membership",
            "1|1",
        ),
        (
            "player_id,name,rank,level,last_updated,is_active\n5,Five,,,,".to_owned(),
            "SELECT quote(rank), level IS NULL, last_updated, is_active FROM players",
            "''|1|0|1",
        ),
    ] {
        let sandbox = imported(&quoted(&rows));

        assert_eq!(sandbox.rows(query), [expected], "{rows}");
    }
}

#[test]
fn an_empty_cell_in_quotes_where_a_row_needs_a_value_is_missing() {
    let rows = quoted(&format!("player_id,timestamp,level\n,{MARCH},5"));

    let said = refusal(&with_plan(""), &rows);

    assert!(
        said.contains("line 2: column player_id is missing"),
        "{said}"
    );
}

#[test]
fn cells_without_a_name_may_be_empty_ones_in_quotes() {
    let rows = quoted(&format!("player_id,timestamp,level,,\n5,{MARCH},5,,"));

    let sandbox = imported(&rows);

    assert_eq!(
        sandbox.rows("SELECT level FROM player_stats_history"),
        ["5"]
    );
}

#[test]
fn the_line_with_the_type_that_powershell_writes_is_passed_over() {
    for start in [
        "#TYPE System.Management.Automation.PSCustomObject\r\n",
        "\u{feff}#TYPE Selected.System.Management.Automation.PSCustomObject\r\n",
        "\"#type System.Object\"\n",
        "sep=,\r\n#TYPE System.Object\r\n",
    ] {
        let rows = quoted(&format!("player_id,timestamp,level\n5,{MARCH},5"));

        let sandbox = imported(&format!("{start}{rows}"));

        let levels = sandbox.rows("SELECT level FROM player_stats_history");
        assert_eq!(levels, ["5"], "{start:?}");
    }
    let said = refusal(&with_plan(""), "#TYPE System.Object\nshoe_size\n5\n");
    assert!(said.contains("line 2 was taken as the header"), "{said}");
}

#[test]
fn a_history_or_a_summary_of_key_columns_alone_is_refused() {
    let month = "5,2026-02-01";
    for (header, row, example) in [
        (
            "player_id,period_start",
            month,
            "player_stats_summary with a value, such as strength_start",
        ),
        (
            "id,player_id,period_start,period_end,period_type,record_count,created_at",
            "1,5,2026-02-01,2026-03-01,monthly,2,2026-03-01 00:00:05",
            "player_stats_summary with a value",
        ),
        (
            "faction_id,period_start",
            month,
            "faction_summary with a value, such as respect_start",
        ),
        (
            "war_id,war_type,period_start",
            "5,ranked,2026-02-01",
            "war_summary with a value",
        ),
        (
            "player_id,timestamp,data_source",
            "5,1772323200,key",
            "player_stats_history with a value",
        ),
        (
            "war_id,war_type,recorded_at",
            "5,ranked,1772323200",
            "war_status_history with a value",
        ),
    ] {
        for skip in [false, true] {
            let sandbox = with_plan("");
            sandbox.write("rows.csv", &format!("{header}\n{row}\n"));
            let mut import = vec!["import", "rows.csv", "--no-backup"];
            import.extend(skip.then_some("--skip-invalid"));

            let said = sandbox.run(&import).expect(78).stderr();

            assert!(
                said.contains(&format!("its header has no column of {example}")),
                "{header}: {said}"
            );
        }
    }
}
