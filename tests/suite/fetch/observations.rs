//! Observations: each answer with a value of a player, a faction or a tile is recorded for its month.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind};

use super::codes::code;
use crate::support::NOW;
use crate::support::torn::{OURS, THEIRS, Torn};

const APRIL: i64 = 1_775_001_600;
const MAY: i64 = 1_777_593_600;

fn noted(torn: &Torn, what: &str, id: &str) -> Vec<String> {
    torn.rows(&format!(
        "SELECT {id}, period_start, first_at - {NOW}, last_at - {NOW}, polls FROM {what}_observations ORDER BY 1, 2"
    ))
}

#[test]
fn a_roster_line_a_profile_a_faction_and_a_tile_are_each_an_observation() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [3, 60]\nfactions = [9]\nmembers = false\n");
    torn.edit(|world| {
        world.pin_player(60).level = 3;
        world.pin_tile("AAB").owner = Some(OURS);
        world.pin_tile("AAD").owner = Some(THEIRS);
    });

    torn.fetch(&["factions"]).expect(0);
    assert_eq!(
        noted(&torn, "player", "player_id"),
        [1, 2, 3].map(|id| format!("{id}|{APRIL}|0|0|1"))
    );
    assert_eq!(
        noted(&torn, "faction", "faction_id"),
        [format!("9|{APRIL}|0|0|1")]
    );
    assert_eq!(
        noted(&torn, "territory", "territory_id"),
        Vec::<String>::new()
    );

    torn.fetch_at(NOW + 240, &["players"]).expect(0);
    assert_eq!(
        noted(&torn, "player", "player_id"),
        [
            format!("1|{APRIL}|0|0|1"),
            format!("2|{APRIL}|0|0|1"),
            format!("3|{APRIL}|0|240|2"),
            format!("60|{APRIL}|240|240|1")
        ]
    );

    torn.fetch_at(NOW + 480, &["territories"]).expect(0);
    assert_eq!(
        noted(&torn, "territory", "territory_id"),
        [format!("AAB|{APRIL}|480|480|1")]
    );

    torn.follow("[track]\nterritories = \"all\"\n");
    torn.fetch_at(NOW + 720, &["territories"]).expect(0);
    assert_eq!(
        noted(&torn, "territory", "territory_id"),
        [
            format!("AAB|{APRIL}|480|720|2"),
            format!("AAD|{APRIL}|720|720|1")
        ]
    );
}

#[test]
fn an_observation_without_any_change_is_noted_in_each_month() {
    let torn = Torn::new();
    torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
    torn.follow("[track]\nfactions = [9]\n");
    for at in [NOW, MAY - 1, MAY, MAY + 240] {
        torn.fetch_at(at, &["all"]).expect(0);
    }

    for (table, id) in [("player", "1"), ("faction", "9"), ("territory", "'AAB'")] {
        let polls = if table == "player" { 4 } else { 2 };
        assert_eq!(
            torn.rows(&format!(
                "SELECT period_start, first_at, last_at, polls FROM {table}_observations
                 WHERE {table}_id = {id} ORDER BY 1"
            )),
            [
                format!("{APRIL}|{NOW}|{}|{polls}", MAY - 1),
                format!("{MAY}|{MAY}|{}|{polls}", MAY + 240)
            ],
            "{table}"
        );
    }
}

/// A faulty answer about a player, and the number of observations that it gives.
struct Told {
    fault: FaultKind,
    expected: i64,
}

#[test]
fn only_an_answer_with_a_value_is_an_observation() {
    for Told { fault, expected } in [
        Told {
            fault: code(6),
            expected: 0,
        },
        Told {
            fault: code(17),
            expected: 0,
        },
        Told {
            fault: FaultKind::Html503,
            expected: 0,
        },
        Told {
            fault: FaultKind::WrongId,
            expected: 0,
        },
        Told {
            fault: FaultKind::Patch(String::new(), json!({})),
            expected: 0,
        },
        Told {
            fault: FaultKind::Remove("/profile/faction_id".to_owned()),
            expected: 1,
        }, // The networth is known.
        Told {
            fault: FaultKind::Patch("/personalstats".to_owned(), json!("x")),
            expected: 1,
        },
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [2]\n");
        torn.simulator
            .fault(Fault::always(fault.clone()).path("/user/2"));

        torn.fetch(&["players"]);

        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM player_observations"),
            expected,
            "{fault:?}"
        );
    }
}

#[test]
fn only_the_members_that_could_be_read_are_observed() {
    let torn = Torn::new();
    torn.simulator.fault(
        Fault::always(FaultKind::Patch("/members/1/level".to_owned(), json!("x")))
            .path("/faction/9"),
    );

    torn.fetch(&["factions"]).expect(3);

    assert_eq!(
        torn.rows("SELECT player_id FROM player_observations ORDER BY 1"),
        ["1", "3"]
    );
}
