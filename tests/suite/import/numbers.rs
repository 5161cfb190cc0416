//! Numbers in texts of a database of the Python program.

use super::oddities::{count, import};
use super::{MARCH, with_plan};

#[test]
fn only_groups_of_three_digits_lose_their_commas() {
    struct Case {
        text: &'static str,
        number: &'static str,
    }
    let case = |text, number| Case { text, number };
    let cases = [
        case("1,234", "1234"),
        case("1,234,567", "1234567"),
        case("-1,234", "-1234"),
        case("+12,345", "12345"),
        case("1,234.0", "1234"),
        case(" 15 ", "15"),
        case("15.0x", ""),
        case("1,5", ""),
        case("12,50", ""),
        case("0,75", ""),
        case("0,750", ""),
        case("-1,5", ""),
        case("1,5e3", ""),
        case("1,234e3", ""),
        case("1,23,4", ""),
        case("1,,234", ""),
        case(",5", ""),
        case(",500", ""),
        case("5,", ""),
        case("1234,567", ""),
        case("1,234,5678", ""),
        case("1.234,5", ""),
        case("1.234.567", ""),
        case("1 234 567", ""),
        case("1\u{a0}234", ""),
        case("1'234", ""),
        case("$1,000", ""),
        case("1_000", ""),
        case("3,-12", ""),
    ];
    let rows: Vec<String> = (0..)
        .zip(&cases)
        .map(|(second, case)| {
            let text = case.text.replace('\'', "''");
            format!("(7, {MARCH} + {second}, {second} + 1, '{text}')")
        })
        .collect();
    let sandbox = with_plan(&format!(
        "INSERT INTO player_stats_history (player_id, timestamp, level, networth) VALUES {};",
        rows.join(", ")
    ));

    let report = import(&sandbox, &[], 0);

    let found = sandbox.rows("SELECT networth FROM player_stats_history ORDER BY timestamp");
    for (case, found) in cases.iter().zip(&found) {
        assert_eq!(found, case.number, "{:?}", case.text);
    }
    assert_eq!(found.len(), cases.len());
    let mended = |reason: &str| count(&report, "player_stats_history", "mended", reason);
    let numbers = cases.iter().filter(|case| !case.number.is_empty()).count();
    let others = cases.len() - numbers;
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
