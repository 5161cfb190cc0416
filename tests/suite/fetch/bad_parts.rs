//! Invalid selections and items: the valid ones of the same answer are saved.

use serde_json::{Value, json};
use tornsnap::testing::sim::{Fault, FaultKind};

use super::parts::known;
use crate::support::NOW;
use crate::support::torn::{OURS, Torn};

/// A value that cannot be decoded.
struct BadSelection {
    pointer: &'static str,
    value: Value,
    /// The strength, the level and the networth that are saved.
    saved: &'static str,
}

#[test]
fn an_invalid_selection_does_not_affect_the_others_of_the_same_answer() {
    for BadSelection {
        pointer,
        value,
        saved,
    } in [
        BadSelection {
            pointer: "/profile/level",
            value: json!("x"),
            saved: "99||77",
        },
        BadSelection {
            pointer: "/battlestats/strength/value",
            value: json!(-1),
            saved: "|44|77",
        },
        BadSelection {
            pointer: "/battlestats",
            value: json!("x"),
            saved: "|44|77",
        },
        BadSelection {
            pointer: "/personalstats/0/value",
            value: json!([]),
            saved: "99|44|",
        },
        BadSelection {
            pointer: "/personalstats",
            value: json!(7),
            saved: "99|44|",
        },
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [1]\n");
        torn.edit(|world| {
            let player = world.pin_player(1);
            (player.strength, player.level, player.networth) = (99, 44, 77);
        });
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(pointer.to_owned(), value.clone())).path("/user"),
        );

        torn.fetch(&["players"]).expect(3);

        assert_eq!(
            torn.rows("SELECT strength, level, networth FROM player_stats_history"),
            [saved],
            "{pointer} {value}"
        );
        assert_eq!(
            torn.rows("SELECT entities, failed FROM fetch_runs"),
            ["1|1"],
            "{pointer}"
        );
    }
}

#[test]
fn an_invalid_item_does_not_affect_the_others_of_the_same_list() {
    let bad = |value: Value| FaultKind::Patch("/wars/territory/0/start".to_owned(), value);
    let torn = known();
    torn.pin_territory_war(7, |war| {
        war.tile = "AAC".to_owned();
        war.start = NOW - 60;
    });
    torn.pin_ranked_war(5, |war| war.factions[0].score = 8);
    torn.simulator
        .fault(Fault::always(bad(json!("soon"))).path("/faction/9"));

    torn.fetch_at(NOW + 240, &["all"]).expect(3);

    assert_eq!(
        torn.rows("SELECT war_id, attacking_score FROM war_status_history WHERE recorded_at > 1775044800 ORDER BY id"),
        ["5|8", "7|0"]
    );
    assert_eq!(
        torn.rows(
            "SELECT territory_id, war_status FROM territories WHERE faction_id = 9 ORDER BY 1"
        ),
        ["AAB|defending", "AAC|defending"]
    );

    torn.simulator.clear_faults();
    torn.edit(|world| world.pin_tile("AAC").racket = world.pin_tile("AAB").racket.clone());
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/territory/0/racket/name".to_owned(),
            json!(null),
        ))
        .path("/faction/9/territory"),
    );
    torn.fetch_at(NOW + 480, &["territories"]).expect(3);
    assert_eq!(
        torn.rows("SELECT territory_id, faction_id, racket_level FROM territories WHERE faction_id = 9 ORDER BY 1"),
        ["AAB|9|3", "AAC|9|3"]
    );
}

#[test]
fn an_invalid_war_in_a_game_wide_list_does_not_prevent_the_lookup_of_others() {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\nterritories = \"none\"\n");
    torn.pin_ranked_war(5, |_| {});
    torn.pin_ranked_war(6, |war| war.start = NOW - 60);
    torn.fetch(&["wars"]).expect(0);
    torn.pin_ranked_war(6, |war| {
        (war.end, war.winner) = (Some(NOW + 60), Some(OURS));
        (war.in_wars, war.in_history, war.has_report) = (false, false, true);
    });
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/warfareranked/0/start".to_owned(),
            json!("x"),
        ))
        .path("/faction/warfareranked"),
    );

    torn.fetch_at(NOW + 240, &["wars"]).expect(3);

    assert_eq!(
        torn.rows("SELECT war_id, status FROM war_status_history ORDER BY id"),
        ["5|ongoing", "6|ongoing", "6|completed"]
    );
}
