//! "Since when" of a tile and of a racket does not move when months are pruned.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rusqlite::{Connection, params};

use crate::month_model::{DAY, EDGES, History, IN_APRIL, for_any_history, template, with_history};
use crate::prune::{prune, summarize};
use crate::support::{Sandbox, rows};

/// One tile as a poll saw it: owner, and kind and level of its racket.
type Seen = (Option<i64>, Option<(bool, i64)>);

const TILES: [&str; 2] = ["AAB", "AAC"];

fn any_course() -> impl Strategy<Value = Vec<[Seen; 2]>> {
    let seen = || {
        (
            option::weighted(0.8, 1..=2_i64),
            option::of((any::<bool>(), 1..=2_i64)),
        )
    };
    vec(
        (seen(), seen()).prop_map(|(one, other)| [one, other]),
        1..40,
    )
}

/// Stores polls at even distances over four months, each of them or only changes.
fn store(connection: &Connection, course: &[[Seen; 2]], every_poll: bool) {
    connection
        .execute_batch("INSERT INTO factions (faction_id, name) VALUES (1, 'A'), (2, 'B')")
        .unwrap();
    for (index, tile) in TILES.iter().enumerate() {
        let mut last = None;
        for (number, seen) in (0..).zip(course.iter().map(|poll| poll[index])) {
            let at = EDGES[0] + number * 3 * DAY;
            let (owner, racket) = seen;
            let kind = racket.map(|(kind, _)| if kind { "Gold" } else { "Chalk" });
            let level = racket.map(|(_, level)| level);
            if every_poll || last != Some(seen) {
                connection
                    .execute(
                        "INSERT INTO territory_ownership_history
                            (territory_id, faction_id, racket_type, racket_level, recorded_at) VALUES (?, ?, ?, ?, ?)",
                        params![tile, owner, kind, level, at],
                    )
                    .unwrap();
            }
            last = Some(seen);
            connection
                .execute(
                    "INSERT INTO territories (territory_id, faction_id, racket_type, racket_level, created_at, last_updated)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                     ON CONFLICT DO UPDATE SET faction_id = excluded.faction_id, racket_type = excluded.racket_type,
                        racket_level = excluded.racket_level, last_updated = excluded.last_updated",
                    params![tile, owner, kind, level, at],
                )
                .unwrap();
        }
    }
}

fn since(connection: &Connection) -> Vec<String> {
    let mut since = rows(
        connection,
        "SELECT 'tile', territory_id, faction_id, owned_since FROM territory_latest ORDER BY 2",
    );
    since.extend(rows(
        connection,
        "SELECT 'racket', territory_id, racket_type, racket_level, since FROM rackets ORDER BY 2",
    ));
    since
}

#[test]
fn since_when_does_not_move() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(12, any_course(), |course| {
        for every_poll in [false, true] {
            let connection = with_history(&sandbox, &template, "a.db", &History::default());
            store(&connection, &course, every_poll);
            summarize(&sandbox, IN_APRIL, "a.db");
            let before = since(&connection);
            for keep in ["3", "1"] {
                prune(
                    &sandbox,
                    IN_APRIL,
                    "a.db",
                    &["--ignore-clock", "--keep-months", keep],
                )
                .expect(0);

                prop_assert_eq!(&since(&connection), &before);
            }
        }
        Ok(())
    });
}

#[test]
fn an_earlier_run_of_the_same_owner_is_not_taken_for_the_present_one() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &History::default());
    let racket = Some((true, 1));
    // The racket is older than the present owner, who had the tile before.
    let course: Vec<[Seen; 2]> = [Some(1), Some(2), Some(1), Some(1)]
        .map(|owner| [(owner, racket); 2])
        .to_vec();
    store(&connection, &course, true);
    summarize(&sandbox, IN_APRIL, "a.db");
    let before = since(&connection);

    prune(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--ignore-clock", "--keep-months", "1"],
    )
    .expect(0);

    assert_eq!(since(&connection), before);
    assert_eq!(before[0], format!("tile|AAB|1|{}", EDGES[0] + 6 * DAY));
    assert_eq!(before[2], format!("racket|AAB|Gold|1|{}", EDGES[0]));
}
