//! Numbers in texts of a database of the Python program.

use super::oddities::{count, import};
use super::{MARCH, with_plan};

/// Texts, and the numbers that they are; an empty text is no number.
const TEXTS: &[(&str, &str)] = &[
    ("1,234", "1234"),
    ("1,234,567", "1234567"),
    ("-1,234", "-1234"),
    ("+12,345", "12345"),
    ("1,234.0", "1234"),
    (" 15 ", "15"),
    ("15.0x", ""),
    ("1,5", ""),
    ("12,50", ""),
    ("0,75", ""),
    ("0,750", ""),
    ("-1,5", ""),
    ("1,5e3", ""),
    ("1,234e3", ""),
    ("1,23,4", ""),
    ("1,,234", ""),
    (",5", ""),
    (",500", ""),
    ("5,", ""),
    ("1234,567", ""),
    ("1,234,5678", ""),
    ("1.234,5", ""),
    ("1.234.567", ""),
    ("1 234 567", ""),
    ("1\u{a0}234", ""),
    ("1'234", ""),
    ("$1,000", ""),
    ("1_000", ""),
    ("3,-12", ""),
];

#[test]
fn only_groups_of_three_digits_lose_their_commas() {
    let rows: Vec<String> = (0..)
        .zip(TEXTS)
        .map(|(second, (text, _))| {
            let text = text.replace('\'', "''");
            format!("(7, {MARCH} + {second}, {second} + 1, '{text}')")
        })
        .collect();
    let sandbox = with_plan(&format!(
        "INSERT INTO player_stats_history (player_id, timestamp, level, networth) VALUES {};",
        rows.join(", ")
    ));

    let report = import(&sandbox, &[], 0);

    let found = sandbox.rows("SELECT networth FROM player_stats_history ORDER BY timestamp");
    for ((text, number), found) in TEXTS.iter().zip(&found) {
        assert_eq!(found, number, "{text:?}");
    }
    assert_eq!(found.len(), TEXTS.len());
    let mended = |reason: &str| count(&report, "player_stats_history", "mended", reason);
    let others = TEXTS.iter().filter(|(_, number)| number.is_empty()).count();
    assert_eq!(
        mended("networth: is not a whole number"),
        i64::try_from(others).unwrap()
    );
}

#[test]
fn a_text_with_a_dot_before_three_zeros_is_no_known_number() {
    // A thousand in German, one in English.
    let sandbox = with_plan(&format!(
        "ALTER TABLE faction_history DROP COLUMN best_chain;
         ALTER TABLE faction_history ADD COLUMN best_chain TEXT;
         INSERT INTO faction_history (faction_id, timestamp, respect, best_chain) VALUES
            (1, {MARCH}, 1, '1.000'), (2, {MARCH}, 1, '12.000'), (3, {MARCH}, 1, '15.0'), (4, {MARCH}, 1, '1e6'),
            (5, {MARCH}, 1, '1500.000');"
    ));

    import(&sandbox, &[], 0);

    assert_eq!(
        sandbox.rows("SELECT faction_id, best_chain FROM faction_history ORDER BY 1"),
        ["1|", "2|", "3|15", "4|1000000", "5|1500"]
    );
}

const HEADER: &str = "faction_id;timestamp;respect;best_chain";

/// The error output of an import of one line, which is refused.
fn refusal(header: &str, line: &str) -> String {
    let sandbox = with_plan("");
    sandbox.write("h.csv", &format!("{header}\n{line}\n"));
    let refused = sandbox.run(&["import", "h.csv", "--no-backup"]).expect(78);
    refused.stderr().replace("\n  ", " ")
}

#[test]
fn a_rounded_number_of_a_spreadsheet_is_refused_in_each_column() {
    const ADVICE: &str = "is a rounded number: format the column as a number without decimals, or as text, and save \
                          the file again";
    let wars = "war_id;war_type;recorded_at;started_at";
    let factions = "faction_id;name;last_updated";
    for (header, line, column, shown) in [
        (HEADER, "7;1.79E+09;5;1", "timestamp", "1.79E+09"),
        (HEADER, "7;1,79E+09;5;1", "timestamp", "1,79E+09"),
        (HEADER, "7;1.79e9;5;1", "timestamp", "1.79e9"),
        (HEADER, "7;1772323200;5E+06;1", "respect", "5E+06"),
        (HEADER, "7;1772323200;5,1E+06;1", "respect", "5,1E+06"),
        (HEADER, "1E+04;1772323200;5;1", "faction_id", "1E+04"),
        (
            wars,
            "7;ranked;1772323200;1.77E+09",
            "started_at",
            "1.77E+09",
        ),
        (factions, "7;Seven;1.77E+09", "last_updated", "1.77E+09"),
        (
            "id;faction_id;timestamp;respect",
            "1E+05;7;1772323200;5",
            "id",
            "1E+05",
        ),
    ] {
        let text = refusal(header, line);

        let why = format!("line 2: column {column}: \"{shown}\" {ADVICE}");
        assert!(text.contains(&why), "{line}: {text}");
    }
}

#[test]
fn a_value_of_another_form_is_shown_readably_with_the_form_to_write() {
    for blank in ["\u{a0}", "\u{202f}", "\u{2009}"] {
        let text = refusal(HEADER, &format!("7;{MARCH};1{blank}000;1"));

        let why =
            "respect: \"1 000\" is not a whole number: write it without separators, such as 1000";
        assert!(text.contains(why), "{text}");
    }
    let text = refusal(HEADER, "7;21.09.2026 14:13;5;1");
    let why = "timestamp: \"21.09.2026 14:13\" is not a time: write it as 2026-09-21 14:13, 2026-09-21T14:13:00Z or \
               unix seconds";
    assert!(text.contains(why), "{text}");
}

#[test]
fn a_zero_that_torn_never_sends_is_unknown_in_a_database_of_the_python_program() {
    let sandbox = with_plan(&format!(
        "INSERT INTO player_stats_history (player_id, timestamp, level, networth) VALUES
             (1, {MARCH}, 3, 5000000000), (1, {MARCH} + 60, 4, 0), (1, {MARCH} + 120, 5, -7);
         INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain) VALUES (7, {MARCH}, 0, 0, 0);
         INSERT INTO war_status_history (war_id, war_type, attacking_score, required_score, status, recorded_at)
         VALUES (5, 'ranked', 0, 0, 'ongoing', {MARCH});"
    ));

    let report = import(&sandbox, &[], 0);

    for (table, column) in [
        ("player_stats_history", "networth"),
        ("faction_history", "member_count"),
        ("war_status_history", "required_score"),
    ] {
        let mended = report["tables"][table]["mended"].to_string();
        let expected = format!("{column}: 0 stood for unknown");
        assert!(mended.contains(&expected), "{expected}: {mended}");
    }
    assert_eq!(
        sandbox.rows("SELECT level, quote(networth) FROM player_stats_history ORDER BY timestamp"),
        ["3|5000000000", "4|NULL", "5|-7"]
    );
    assert_eq!(
        sandbox.rows("SELECT respect, quote(member_count), best_chain FROM faction_history"),
        ["0|NULL|0"]
    );
    assert_eq!(
        sandbox.rows("SELECT attacking_score, quote(required_score) FROM war_status_history"),
        ["0|NULL"]
    );
}

#[test]
fn a_zero_in_csv_is_a_zero() {
    let sandbox = with_plan("");
    sandbox.write(
        "h.csv",
        &format!("player_id,timestamp,level,networth\n1,{MARCH},3,0\n"),
    );

    sandbox.run(&["import", "h.csv", "--no-backup"]).expect(0);

    assert_eq!(
        sandbox.rows("SELECT networth FROM player_stats_history"),
        ["0"]
    );
}
