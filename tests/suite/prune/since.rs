//! `prune` does not change since when a tile has its owner and its racket.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rusqlite::{Connection, params};

use crate::month_model::{
    EDGES, History, IN_APRIL, for_any_history, prune, summarize, template, with_history,
};
use crate::support::{DAY, Sandbox, rows};

/// The state of a tile at one poll.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tile {
    owner: Option<i64>,
    racket: Option<Racket>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Racket {
    kind: &'static str,
    level: i64,
}

const TILES: [&str; 2] = ["AAB", "AAC"];

/// The states of both tiles at each of several polls.
fn any_polls() -> impl Strategy<Value = Vec<[Tile; 2]>> {
    let racket = || {
        let kind = prop_oneof![Just("Gold"), Just("Chalk")];
        (kind, 1..=2_i64).prop_map(|(kind, level)| Racket { kind, level })
    };
    let tile = || {
        (option::weighted(0.8, 1..=2_i64), option::of(racket()))
            .prop_map(|(owner, racket)| Tile { owner, racket })
    };
    vec(
        (tile(), tile()).prop_map(|(one, other)| [one, other]),
        1..40,
    )
}

/// Records one poll every three days: a history row for each, or for each change only.
fn store(connection: &Connection, polls: &[[Tile; 2]], every_poll: bool) {
    connection
        .execute_batch("INSERT INTO factions (faction_id, name) VALUES (1, 'A'), (2, 'B')")
        .unwrap();
    for (index, tile) in TILES.iter().enumerate() {
        let mut last = None;
        for (number, state) in (0..).zip(polls.iter().map(|poll| poll[index])) {
            let at = EDGES[0] + number * 3 * DAY;
            let owner = state.owner;
            let kind = state.racket.map(|racket| racket.kind);
            let level = state.racket.map(|racket| racket.level);
            if every_poll || last != Some(state) {
                connection
                    .execute(
                        "INSERT INTO territory_ownership_history
                            (territory_id, faction_id, racket_type, racket_level, recorded_at) VALUES (?, ?, ?, ?, ?)",
                        params![tile, owner, kind, level, at],
                    )
                    .unwrap();
            }
            last = Some(state);
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
fn the_start_of_a_tenure_and_of_a_racket_survives_a_prune() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(8, any_polls(), |polls| {
        for every_poll in [false, true] {
            let connection = with_history(&sandbox, &template, "a.db", &History::default());
            store(&connection, &polls, every_poll);
            summarize(&sandbox, IN_APRIL, "a.db", &[]);
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
fn an_earlier_tenure_of_the_present_owner_does_not_count() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &History::default());
    let racket = Some(Racket {
        kind: "Gold",
        level: 1,
    });
    // The racket is older than the present tenure, and the present owner has held the tile once before.
    let polls: Vec<[Tile; 2]> = [Some(1), Some(2), Some(1), Some(1)]
        .map(|owner| [Tile { owner, racket }; 2])
        .to_vec();
    store(&connection, &polls, true);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
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
