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
