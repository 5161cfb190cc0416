//! When another collector has read the lists of all tiles of a faction: tiles that appeared later were gained.

use super::{create, import, open};
use crate::month_model::IN_APRIL;
use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, NOW, Sandbox, rows};

/// Two collectors poll the tiles of one faction each for ten days, and "all.db" those of both. Ours gains AAB on the second day.
fn collectors() -> Torn {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_tile("AAB").owner = Some(THEIRS);
        world.pin_tile("AAC").owner = Some(OURS);
        world.pin_tile("AAD").owner = Some(THEIRS);
    });
    for name in ["ours.db", "theirs.db", "all.db", "new.db"] {
        create(&torn.sandbox, name);
    }
    for day in 0..10 {
        if day == 1 {
            torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
        }
        for (name, factions) in [
            ("ours.db", &[OURS][..]),
            ("theirs.db", &[THEIRS]),
            ("all.db", &[OURS, THEIRS]),
        ] {
            torn.follow(&format!(
                "[track]\nfactions = {factions:?}\nmembers = false\n"
            ));
            torn.fetch_at(NOW + day * DAY, &["territories", "--database", name])
                .expect(0);
        }
    }
    torn
}

/// The rows of the views about the tiles that faction 9 has gained.
fn gained(torn: &Torn, name: &str) -> Vec<String> {
    let arguments = ["summarize", "--no-backup", "--database", name];
    torn.sandbox.run_at(NOW + 40 * DAY, &arguments).expect(0);
    [
        "SELECT territory_id, faction_id, is_start_known, won_by FROM territory_tenure WHERE faction_id = 9 ORDER BY territory_id",
        "SELECT territory_id, to_faction_id, how FROM territory_changes WHERE to_faction_id = 9",
        "SELECT month, tiles_start, gained, lost, tiles_end FROM territory_league WHERE faction_id = 9",
        "SELECT faction_id, first_at, last_at FROM faction_tile_polls WHERE faction_id = 9",
    ]
    .iter()
    .flat_map(|query| rows(&open(&torn.sandbox, name), query))
    .collect()
}

#[test]
fn a_tile_that_another_collector_saw_gained_is_gained_here_too() {
    let torn = collectors();
    let expected = gained(&torn, "ours.db");
    assert!(
        expected.iter().any(|line| line.starts_with("AAB|9|1|")),
        "{expected:?}"
    );

    for (into, file) in [
        ("new.db", "ours.db"),
        ("theirs.db", "ours.db"),
        ("ours.db", "theirs.db"),
    ] {
        for _ in 0..2 {
            let arguments = ["import", file, "--no-backup", "--database", into];
            torn.sandbox.run_at(NOW + 40 * DAY, &arguments).expect(0);

            assert_eq!(gained(&torn, into), expected, "{file} into {into}");
        }
    }
}

/// The day that the days of the periods are counted from.
const FIRST_DAY: i64 = NOW / DAY;

/// Makes databases with periods of lists of faction 9: the days of the first and the last list, and whether the period is over.
fn periods(sandbox: &Sandbox, name: &str, periods: &[(i64, i64, i64)]) {
    create(sandbox, name);
    for (first, last, is_over) in periods {
        let insert = "INSERT INTO faction_tile_polls VALUES (9, ? * 86400, ? * 86400, ?)";
        open(sandbox, name)
            .execute(insert, [FIRST_DAY + first, FIRST_DAY + last, *is_over])
            .unwrap();
    }
}

/// The periods after an import of these files in this order.
fn joined(sandbox: &Sandbox, order: &[&str]) -> Vec<String> {
    create(sandbox, "new.db");
    for file in order {
        import(sandbox, "new.db", &[file]);
    }
    let query = format!(
        "SELECT first_at / 86400 - {FIRST_DAY}, last_at / 86400 - {FIRST_DAY}, is_over FROM faction_tile_polls
         ORDER BY first_at"
    );
    rows(&open(sandbox, "new.db"), &query)
}

#[test]
fn periods_of_lists_are_those_of_one_collector_in_any_order_and_after_repetition() {
    let sandbox = Sandbox::new();
    for (files, expected) in [
        // They overlap, or one goes on within three days of the other.
        (
            [&[(10, 20, 0)][..], &[(15, 30, 0)], &[(33, 34, 0)]],
            &["10|34|0"][..],
        ),
        // Nobody read a list for four days.
        (
            [&[(10, 20, 0)], &[(24, 30, 0)], &[(12, 13, 1)]],
            &["10|20|0", "24|30|0"],
        ),
        // The faction was not followed after day 20. Another collector still follows it after day 30.
        (
            [&[(10, 20, 1), (21, 30, 1)], &[(25, 29, 0)], &[]],
            &["10|20|1", "21|30|0"],
        ),
        // Another collector has read the lists in between.
        (
            [&[(10, 20, 1), (22, 30, 1)], &[(19, 22, 0)], &[(10, 11, 1)]],
            &["10|30|1"],
        ),
    ] {
        for (name, file) in ["0.db", "1.db", "2.db"].iter().zip(files) {
            periods(&sandbox, name, file);
        }
        for order in [
            ["0.db", "1.db", "2.db", "0.db"],
            ["2.db", "1.db", "0.db", "1.db"],
            ["1.db", "0.db", "2.db", "2.db"],
        ] {
            assert_eq!(joined(&sandbox, &order), expected, "{files:?} {order:?}");
        }
    }
}

#[test]
fn lists_in_the_future_are_not_imported() {
    let sandbox = Sandbox::new();
    let today = IN_APRIL / DAY - FIRST_DAY;
    periods(
        &sandbox,
        "0.db",
        &[(today - 9, today + 9, 0), (today + 20, today + 21, 0)],
    );

    let expected = format!("{}|{today}|0", today - 9);
    assert_eq!(joined(&sandbox, &["0.db"]), [expected]);
}

/// The tables that an import does not take, as the documentation names them.
fn tables_not_taken() -> Vec<&'static str> {
    let text = include_str!("../../../src/docs/import.md");
    let (_, rest) = text.split_once("- **Not taken**").unwrap();
    let (item, _) = rest.split_once("\n\n").unwrap();
    item.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_table_with_facts_about_torn_is_imported_and_the_others_are_documented() {
    let torn = collectors();
    torn.follow(&format!("[track]\nfactions = [{OURS}, {THEIRS}]\n"));
    torn.pin_ranked_war(504, |war| war.start = NOW);
    torn.fetch_at(NOW + 10 * DAY, &["all", "--database", "all.db"])
        .expect(0);
    gained(&torn, "all.db");
    let arguments = ["import", "all.db", "--no-backup", "--database", "new.db"];
    torn.sandbox.run_at(NOW + 40 * DAY, &arguments).expect(0);

    let all = open(&torn.sandbox, "all.db");
    let tables = rows(
        &all,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    );
    let not_taken = tables_not_taken();
    for table in &tables {
        let query = format!("SELECT count(*) > 0 FROM {table}");
        let has_rows = |name| rows(&open(&torn.sandbox, name), &query) == ["1"];
        let is_documented = not_taken.contains(&table.as_str());

        assert!(
            is_documented || has_rows("all.db"),
            "the file has no row of {table}"
        );
        assert!(
            is_documented || has_rows("new.db"),
            "{table} was not imported"
        );
    }
    for table in not_taken {
        assert!(tables.iter().any(|name| name == table), "no table {table}");
    }
}
