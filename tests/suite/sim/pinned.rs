//! Entities that a test pins in a world.

use serde_json::json;
use tornsnap::testing::sim::{DEFAULT_START, Options, Player, Racket, Side, Simulator};

use super::{ask, code, list, start};
use crate::support::DAY;

const WAR_START: i64 = DEFAULT_START - 5_000;

/// An empty world with three players, one faction, one tile and two wars with one id.
fn small_world() -> Simulator {
    let simulator = start(Options::empty());
    simulator.edit(|world| {
        for id in 1..=3 {
            world.pin_player(id).faction_id = Some(10);
        }
        world.pin_player(2).networth = -5;
        *world.pin_player(3) = Player {
            level: 50,
            ..world.pin_player(3).clone()
        };
        world.pin_faction(10).name = String::from("Ours");
        world.pin_faction(10).respect = 1_234;
        let war = world.pin_ranked_war(77);
        war.start = WAR_START;
        war.factions = [
            Side {
                faction_id: 10,
                score: 5,
                chain: 0,
            },
            Side {
                faction_id: 11,
                score: 9,
                chain: 3,
            },
        ];
        let war = world.pin_territory_war(77);
        war.tile = String::from("ZZG");
        war.aggressor.faction_id = 11;
        war.defender.faction_id = 10;
        world.pin_tile("ZZG").owner = Some(10);
        world.pin_tile("ZZG").racket = Some(Racket {
            name: "Lottery".to_owned(),
            level: 2,
            reward: "Points".to_owned(),
            quantity: 9,
            item: None,
            created_at: WAR_START,
            changed_at: WAR_START,
        });
    });

    simulator
}

#[test]
fn an_empty_world_has_only_what_a_test_adds() {
    assert_eq!(code(&ask(&start(Options::empty()), "/user")), Some(6));
    let simulator = small_world();
    simulator.set_time(DEFAULT_START + 300 * DAY);
    let body = ask(
        &simulator,
        "/faction/10?selections=basic,members,wars,territory",
    );
    assert_eq!(list(&body, "members").len(), 3);
    assert_eq!(body["members"][2]["level"], 50);
    assert_eq!(
        (&body["basic"]["members"], &body["basic"]["respect"]),
        (&json!(3), &json!(1_234))
    );
    assert_eq!(body["wars"]["ranked"]["factions"][0]["name"], "Ours");
    assert_eq!(body["wars"]["ranked"]["war_id"], 77);
    assert_eq!(body["wars"]["territory"][0]["war_id"], 77);
    assert_eq!(body["territory"][0]["racket"]["level"], 2);
    assert_eq!(
        ask(&simulator, "/faction/rackets")["rackets"][0]["territory"],
        "ZZG"
    );
    let ownership = ask(&simulator, "/faction/territoryownership");
    assert_eq!(ownership["territoryOwnership"][0]["owned_by"], 10);
    let networth = ask(&simulator, "/user/2/personalstats?cat=networth");
    assert_eq!(networth["personalstats"]["networth"]["total"], -5);
}

#[test]
fn a_pinned_entity_can_be_changed_again_and_removed() {
    let simulator = small_world();
    simulator.edit(|world| {
        let war = world.pin_ranked_war(77);
        (
            war.end,
            war.winner,
            war.forfeit,
            war.in_wars,
            war.has_report,
        ) = (Some(WAR_START + 9), Some(11), true, false, true);
        let war = world.pin_territory_war(77);
        (war.end, war.result, war.in_wars, war.has_report) = (
            Some(WAR_START),
            Some("end_with_nap".to_owned()),
            false,
            true,
        );
        world.pin_tile("ZZG").racket = None;
        world.pin_faction(10).shown_members = Some(2);
        world.remove_player(1);
    });
    let body = ask(
        &simulator,
        "/faction/10?selections=basic,members,wars,rankedwars,territorywars",
    );
    assert!(body["wars"]["ranked"].is_null() && list(&body["wars"], "territory").is_empty());
    assert_eq!(body["rankedwars"][0]["winner"], 11);
    assert_eq!(body["territorywars"][0]["result"], "end_with_nap");
    assert_eq!(body["basic"]["members"], 2);
    assert_eq!(
        ask(&simulator, "/faction/77/rankedwarreport")["rankedwarreport"]["forfeit"],
        true
    );
    assert_eq!(
        ask(&simulator, "/faction/77/territorywarreport")["territorywarreport"]["winner"],
        0
    );
    assert_eq!(code(&ask(&simulator, "/user/1/profile")), Some(6));
    assert!(list(&ask(&simulator, "/faction/rackets"), "rackets").is_empty());
}

#[test]
fn a_pinned_entity_stays_while_the_rest_of_a_generated_world_changes() {
    let simulator = start(Options {
        old_ownership_key: true,
        ..Options::default()
    });
    let [pinned, leaver, ..] = simulator.player_ids()[..] else {
        panic!()
    };
    let [ours, theirs, ..] = simulator.faction_ids()[..] else {
        panic!()
    };
    simulator.edit(|world| {
        world.pin_player(pinned).life_maximum = 12_345;
        world.pin_player(leaver).faction_id = Some(theirs);
        world.pin_faction(ours).claimed_members = Some(99);
        world.pin_tile("AAB").owner = Some(ours);
        world.remove_tile("AAC");
    });
    let before = ask(&simulator, &format!("/faction/{theirs}/basic"));
    simulator.set_time(DEFAULT_START + 20 * DAY);

    let member = |faction: i64, id: i64| {
        let body = ask(&simulator, &format!("/faction/{faction}/members"));
        list(&body, "members")
            .iter()
            .any(|member| member["id"] == id)
    };
    assert_eq!(
        ask(&simulator, &format!("/user/{pinned}/profile"))["profile"]["life"]["maximum"],
        12_345
    );
    assert!(member(theirs, leaver) && !member(ours, leaver));
    assert_eq!(
        ask(&simulator, &format!("/faction/{ours}/basic"))["basic"]["members"],
        99
    );
    assert_ne!(ask(&simulator, &format!("/faction/{theirs}/basic")), before);
    let tiles = ask(&simulator, "/faction/territoryownership");
    assert_eq!(tiles["territoryownership"][0]["owned_by"], ours);
    assert_eq!(tiles["territoryownership"][1]["id"], "AAD");
}
