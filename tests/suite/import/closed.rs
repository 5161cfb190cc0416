//! Rows of an entity without history here, in months that are closed, and in open months around them.

use serde_json::{Value, json};

use super::{create, import, open};
use crate::month_model::{EDGES, IN_APRIL, prune, summaries, summarize};
use crate::support::{Sandbox, rows};

/// A summarized database with these rows.
pub fn database(sandbox: &Sandbox, name: &str, statements: &str) {
    create(sandbox, name);
    let connection = open(sandbox, name);
    connection
        .execute_batch(
            "INSERT INTO factions (faction_id, name) VALUES (1, 'One'), (4, 'Four'), (5, 'Five'), (7, 'Seven');
             INSERT INTO territories (territory_id) VALUES ('AAA'), ('AAB');",
        )
        .unwrap();
    connection.execute_batch(statements).unwrap();
    summarize(sandbox, IN_APRIL, name, &[]);
}

/// A summarized database with these rows `(faction_id, timestamp, respect)`.
pub fn database_of_factions(sandbox: &Sandbox, name: &str, values: &str) {
    let insert = "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES";
    database(sandbox, name, &format!("{insert} {values}"));
}

/// The report of the import of `other.db` into `mine.db`.
fn merge(sandbox: &Sandbox) -> Value {
    import(sandbox, "mine.db", &["other.db"])
}

#[test]
fn the_month_after_a_closed_one_begins_with_its_last_value_also_if_an_older_month_is_open() {
    let [december, january, february, ..] = EDGES;
    let rises = format!("(7, {december}, 100), (7, {january}, 200), (7, {february}, 300)");
    let falls_back = format!(
        "(7, {december}, 100), (7, {january}, 200), (7, {january} + 1, 100), (7, {february}, 300)"
    );
    for (rows_there, start) in [(rises, 200), (falls_back, 100)] {
        let sandbox = Sandbox::new();
        // The history here begins in January, so December is open.
        database_of_factions(
            &sandbox,
            "mine.db",
            &format!("(1, {january}, 1), (1, {january} + 1, 2), (1, {february}, 3)"),
        );
        prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
        database_of_factions(&sandbox, "other.db", &rows_there);

        let report = merge(&sandbox);

        let found = open(&sandbox, "mine.db");
        let summary = format!(
            "SELECT respect_start, respect_end, respect_change FROM faction_summary
             WHERE faction_id = 7 AND period_start = {february}"
        );
        assert_eq!(
            rows(&found, &summary),
            [format!("{start}|300|{}", 300 - start)]
        );
        assert_eq!(report["late"], json!([]));
        let kept = "SELECT timestamp, respect FROM faction_history WHERE faction_id = 7 ORDER BY 1";
        let before = rows(&found, kept);
        assert_eq!(merge(&sandbox)["tables"]["faction_history"]["taken"], 0);
        assert_eq!(rows(&found, kept), before);
    }
}

#[test]
fn players_and_tiles_begin_a_month_with_the_last_value_of_a_closed_one() {
    let [december, january, february, ..] = EDGES;
    let history = |player: i64, tile: &str, first: i64| {
        let months = [(december, 1), (january, 4), (january + 1, 5), (february, 7)];
        let rows = months.into_iter().filter(|month| month.0 >= first);
        let inserts = rows.map(|(at, value)| {
            format!(
                "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES ({player}, {at}, {value});
                 INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at)
                 VALUES ('{tile}', {value}, 'none', {at});
                 UPDATE territories SET faction_id = {value}, last_updated = {at} WHERE territory_id = '{tile}';"
            )
        });
        let player = format!("INSERT INTO players (player_id, name) VALUES ({player}, 'P');");
        [player].into_iter().chain(inserts).collect::<String>()
    };
    let sandbox = Sandbox::new();
    database(&sandbox, "mine.db", &history(1, "AAA", january));
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    database(&sandbox, "other.db", &history(2, "AAB", december));

    let report = merge(&sandbox);

    let found = open(&sandbox, "mine.db");
    let of_player = format!(
        "SELECT level_start, level_end FROM player_stats_summary WHERE player_id = 2 AND period_start = {february}"
    );
    assert_eq!(rows(&found, &of_player), ["5|7"]);
    let of_tile = format!(
        "SELECT faction_id_start, faction_id_end, ownership_changes FROM territory_ownership_summary
         WHERE territory_id = 'AAB' AND period_start = {february}"
    );
    assert_eq!(rows(&found, &of_tile), ["5|7|1"]);
    assert_eq!(report["late"], json!([]));
    let before = summaries(&found);
    assert_eq!(
        merge(&sandbox)["tables"]["player_stats_history"]["taken"],
        0
    );
    summarize(&sandbox, IN_APRIL, "mine.db", &["--force"]);
    assert_eq!(summaries(&found), before);
}

const TILES_HERE: &str = "
    INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at)
    VALUES ('AAA', 1, 'none', 1827619200), ('AAA', 4, 'none', 1827619201), ('AAA', 1, 'none', 1830297600),
        ('AAA', 1, 'under_attack', 1830297601);
    UPDATE territories SET faction_id = 1, war_status = 'under_attack', last_updated = 1830297601
    WHERE territory_id = 'AAA';";

/// Rows of a tile that has no history here: the owner, the type and the level of the racket, the war, and the time.
struct Tile {
    name: &'static str,
    rows: &'static str,
}

const TILES: [Tile; 5] = [
    Tile {
        name: "one owner, under attack later",
        rows: "('AAB', 5, NULL, NULL, 'none', 1827619300), ('AAB', 5, NULL, NULL, 'under_attack', 1830297700)",
    },
    Tile {
        name: "an owner before, and an attack that has ended",
        rows: "('AAB', 5, NULL, NULL, 'none', 1827619300), ('AAB', 4, NULL, NULL, 'none', 1827619400),
            ('AAB', 5, NULL, NULL, 'none', 1827619500), ('AAB', 5, NULL, NULL, 'under_attack', 1830297700),
            ('AAB', 5, NULL, NULL, 'none', 1830297800)",
    },
    Tile {
        name: "a racket that has grown",
        rows: "('AAB', 4, NULL, NULL, 'none', 1827619300), ('AAB', 5, NULL, NULL, 'none', 1827619400),
            ('AAB', 5, 'R', 1, 'none', 1827619500), ('AAB', 5, 'R', 2, 'none', 1830297700),
            ('AAB', 5, 'R', 2, 'under_attack', 1830297800), ('AAB', 5, 'R', 2, 'none', 1830297900)",
    },
    Tile {
        name: "another owner in an open month",
        rows: "('AAB', 4, NULL, NULL, 'none', 1827619300), ('AAB', 5, NULL, NULL, 'none', 1827619400),
            ('AAB', 5, NULL, NULL, 'under_attack', 1830297700), ('AAB', 4, NULL, NULL, 'none', 1832976000)",
    },
    Tile {
        name: "the same owner in an open month",
        rows: "('AAB', 4, NULL, NULL, 'none', 1827619300), ('AAB', 5, NULL, NULL, 'none', 1827619400),
            ('AAB', 5, NULL, NULL, 'under_attack', 1830297700), ('AAB', 5, NULL, NULL, 'none', 1832976000)",
    },
];

#[test]
fn the_rows_of_an_unknown_tile_that_prune_keeps_are_taken_from_closed_months() {
    for tile in TILES {
        let sandbox = Sandbox::new();
        database(&sandbox, "mine.db", TILES_HERE);
        prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
        database(
            &sandbox,
            "other.db",
            &format!(
                "INSERT INTO territory_ownership_history
                     (territory_id, faction_id, racket_type, racket_level, war_status, recorded_at)
                 VALUES {};
                 UPDATE territories SET (faction_id, racket_type, racket_level, war_status, last_updated) = (
                     SELECT faction_id, racket_type, racket_level, war_status, recorded_at
                     FROM territory_ownership_history ORDER BY recorded_at DESC LIMIT 1)
                 WHERE territory_id = 'AAB'",
                tile.rows
            ),
        );

        let report = merge(&sandbox);
        let again = merge(&sandbox);
        prune(&sandbox, IN_APRIL, "other.db", &[]).expect(0);

        for query in [
            "SELECT recorded_at, faction_id, racket_level, war_status FROM territory_ownership_history
             WHERE territory_id = 'AAB' ORDER BY recorded_at",
            "SELECT faction_id, owned_since FROM territory_latest WHERE territory_id = 'AAB'",
            "SELECT racket_type, racket_level, since FROM rackets WHERE territory_id = 'AAB'",
        ] {
            assert_eq!(
                rows(&open(&sandbox, "mine.db"), query),
                rows(&open(&sandbox, "other.db"), query),
                "{}: {query}",
                tile.name
            );
        }
        assert_eq!(report["late"], json!([]), "{}", tile.name);
        let taken = &again["tables"]["territory_ownership_history"]["taken"];
        assert_eq!(taken, 0, "{}", tile.name);
    }
}

const INSERT_WARS: &str = "INSERT INTO war_status_history
    (war_id, war_type, attacking_faction_id, attacking_score, status, started_at, recorded_at) VALUES";

/// The values of a row for [`INSERT_WARS`].
fn war(id: i64, at: i64, score: i64) -> String {
    let december = EDGES[0];
    format!("({id}, 'ranked', 1, {score}, 'ongoing', {december}, {at})")
}

/// A summarized database with these rows for [`INSERT_WARS`].
fn database_of_wars(sandbox: &Sandbox, name: &str, rows: &[String]) {
    database(sandbox, name, &format!("{INSERT_WARS} {}", rows.join(", ")));
}

/// The wars and months of the summaries, with the last score and the number of rows.
fn war_summaries(sandbox: &Sandbox) -> Vec<String> {
    rows(
        &open(sandbox, "mine.db"),
        "SELECT war_id, period_start, final_attacking_score, record_count FROM war_summary ORDER BY 2, 1",
    )
}

#[test]
fn wars_before_the_first_pruned_month_are_summarized_when_they_are_learned_late() {
    let [december, january, ..] = EDGES;
    let sandbox = Sandbox::new();
    let here = [
        war(1, december, 1),
        war(3, january, 1),
        war(3, january + 1, 2),
    ];
    database_of_wars(&sandbox, "mine.db", &here);
    // Deletes the older row of January. The only row of December is the newest one of its war.
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    let there = [war(2, december, 1), war(2, december + 1, 5)];
    database_of_wars(&sandbox, "other.db", &there);

    let report = merge(&sandbox);

    let expected = [
        format!("1|{december}|1|1"),
        format!("2|{december}|5|2"),
        format!("3|{january}|2|2"),
    ];
    assert_eq!(war_summaries(&sandbox), expected);
    assert_eq!(report["late"], json!([]));
    open(&sandbox, "mine.db")
        .execute_batch(&format!("{INSERT_WARS} {}", war(4, december + 2, 7)))
        .unwrap();
    summarize(&sandbox, IN_APRIL, "mine.db", &[]);
    assert!(
        war_summaries(&sandbox).contains(&format!("4|{december}|7|1")),
        "a row that is added by any program"
    );
    let before = war_summaries(&sandbox);
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    assert_eq!(merge(&sandbox)["tables"]["war_status_history"]["taken"], 0);
    assert_eq!(war_summaries(&sandbox), before);
}

#[test]
fn wars_of_a_month_from_which_no_war_was_pruned_are_taken_and_summarized() {
    let [december, january, february, ..] = EDGES;
    let sandbox = Sandbox::new();
    let here = [
        war(1, december, 1),
        war(1, december + 1, 2),
        war(3, february, 1),
    ];
    database_of_wars(&sandbox, "mine.db", &here);
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    let there = [
        war(1, december, 1),
        war(2, january, 1),
        war(2, january + 1, 2),
    ];
    database_of_wars(&sandbox, "other.db", &there);

    let report = merge(&sandbox);

    assert_eq!(
        war_summaries(&sandbox),
        [
            format!("1|{december}|2|2"),
            format!("2|{january}|2|2"),
            format!("3|{february}|1|1"),
        ]
    );
    assert_eq!(report["late"], json!([]));
    let of_wars = &report["tables"]["war_status_history"];
    assert_eq!(of_wars["taken"], 2);
    assert_eq!(
        of_wars["left"],
        json!([{"reason": "2027-12 was pruned in this database", "count": 1}])
    );
    assert_eq!(merge(&sandbox)["tables"]["war_status_history"]["taken"], 0);
    // The next prune deletes the older row of January, and closes the month for wars.
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    assert_eq!(merge(&sandbox)["tables"]["war_status_history"]["taken"], 0);
}

#[test]
fn a_war_summary_of_a_pruned_month_is_not_marked_as_imported_when_an_earlier_one_is_imported() {
    let [december, january, ..] = EDGES;
    let sandbox = Sandbox::new();
    let here = [war(3, january, 4), war(3, january + 1, 5)];
    database_of_wars(&sandbox, "mine.db", &here);
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    let there = [war(3, december, 1), war(3, december + 1, 2)];
    database_of_wars(&sandbox, "other.db", &there);
    prune(&sandbox, IN_APRIL, "other.db", &[]).expect(0);

    merge(&sandbox);

    let expected = [format!("3|{december}|2|2"), format!("3|{january}|5|2")];
    assert_eq!(war_summaries(&sandbox), expected);
    let marked = rows(
        &open(&sandbox, "mine.db"),
        "SELECT entity, period_start FROM imported_summaries",
    );
    assert_eq!(marked, [format!("ranked 3|{december}")]);
}

#[test]
fn no_row_of_a_war_is_taken_of_a_pruned_month_if_a_newer_one_is_here() {
    let [december, january, ..] = EDGES;
    let war = |at: i64, score: i64| {
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id,
                 attacking_score, defending_score, status, started_at, recorded_at)
             VALUES (8, 'ranked', 1, 4, {score}, 0, 'ongoing', {december}, {at});"
        )
    };
    let sandbox = Sandbox::new();
    let newest = war(january + 9, 7);
    database(&sandbox, "mine.db", &(war(december + 10, 5) + &newest));
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    database(&sandbox, "other.db", &(war(december + 20, 5) + &newest));
    let history = "SELECT recorded_at, attacking_score FROM war_status_history";
    let newest_row = [format!("{}|7", january + 9)];
    assert_eq!(rows(&open(&sandbox, "mine.db"), history), newest_row);

    let report = merge(&sandbox);

    assert_eq!(rows(&open(&sandbox, "mine.db"), history), newest_row);
    assert_eq!(
        report["tables"]["war_status_history"]["left"],
        json!([{ "count": 1, "reason": "2027-12 was pruned in this database" }])
    );
}
