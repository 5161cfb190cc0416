//! The generated wars.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tornsnap::testing::sim::DEFAULT_START;

use super::{all_pages, ask, at, list};
use crate::support::{DAY, HOUR};

#[test]
fn a_ranked_war_is_scheduled_then_fought_to_its_target_then_leaves_the_wars() {
    let simulator = at(1, DEFAULT_START);
    let id = simulator.faction_ids()[0];
    let mut wars: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for step in 0..50 * 24 {
        simulator.set_time(DEFAULT_START + step * HOUR);
        let ranked = ask(&simulator, &format!("/faction/{id}/wars"))["wars"]["ranked"].clone();
        if let Some(war) = ranked["war_id"].as_i64() {
            let mut ranked = ranked;
            ranked["seen"] = json!(simulator.time());
            wars.entry(war).or_default().push(ranked);
        }
    }

    let mut fought = 0;
    for (war, seen) in &wars {
        let (first, last) = (&seen[0], &seen[seen.len() - 1]);
        let number = |value: &Value| value.as_i64().unwrap();
        let lead = |war: &Value| {
            (number(&war["factions"][0]["score"]) - number(&war["factions"][1]["score"])).abs()
        };
        assert!(first["end"].is_null() && first["winner"].is_null());
        let scores = seen.iter().map(|war| number(&war["factions"][0]["score"]));
        assert!(scores.is_sorted(), "{war}");
        let running = seen.iter().filter(|war| war["end"].is_null());
        assert!(
            running
                .clone()
                .all(|war| lead(war) < number(&war["target"])),
            "{war}"
        );
        if last["end"].is_null() {
            continue; // Cancelled or still running.
        }
        assert!(number(&last["seen"]) < number(&last["end"]) + HOUR);
        if lead(last) >= number(&last["target"]) {
            fought += 1;
            if number(&last["end"]) - number(&last["start"]) > 30 * HOUR {
                assert!(
                    number(&last["target"]) < number(&first["target"]),
                    "the target decays"
                );
            }
        }
    }
    assert!(fought >= 3, "{wars:#?}");
    let scheduled = wars
        .values()
        .filter(|seen| seen[0]["start"].as_i64() > seen[0]["seen"].as_i64());
    assert!(scheduled.count() >= 3);
}

#[test]
fn ranked_wars_are_fought_forfeited_or_cancelled() {
    let simulator = at(1, DEFAULT_START);
    let mut seen = BTreeSet::new();
    for day in 0..100 {
        simulator.set_time(DEFAULT_START + day * DAY);
        for war in list(&ask(&simulator, "/faction/warfareranked"), "warfareranked") {
            seen.insert(war["id"].as_i64().unwrap());
        }
    }

    simulator.set_time(DEFAULT_START + 110 * DAY);
    let (mut forfeited, mut fought, mut gone) = (0, 0, 0);
    for id in seen {
        let report = ask(&simulator, &format!("/faction/{id}/rankedwarreport"));
        match report["rankedwarreport"]["forfeit"].as_bool() {
            Some(true) => forfeited += 1,
            Some(false) => fought += 1,
            None => gone += 1,
        }
    }
    assert!(
        forfeited > 0 && gone > 0 && fought > forfeited + gone,
        "{forfeited} {fought} {gone}"
    );
}

#[test]
fn territory_wars_have_every_result_and_change_owners() {
    let simulator = at(1, DEFAULT_START + 80 * DAY);
    let owner = |tile: &str| {
        let pages = (0..9).map(|page| {
            ask(
                &simulator,
                &format!(
                    "/faction/territoryownership?limit=500&offset={}",
                    500 * page
                ),
            )
        });
        let tiles: Vec<Value> = pages
            .flat_map(|page| list(&page, "territoryOwnership").clone())
            .collect();
        tiles.iter().find(|item| item["id"] == tile).unwrap()["owned_by"].clone()
    };
    let mut results: BTreeMap<String, Value> = BTreeMap::new();
    for war in all_pages(&simulator, "/faction/warfareterritory", "warfareterritory") {
        let length = war["end"].as_i64().unwrap() - war["start"].as_i64().unwrap();
        assert!(length <= 72 * HOUR, "{war}");
        results.insert(war["result"].as_str().unwrap().to_owned(), war);
    }

    let all = [
        "end_with_destroy_attack",
        "end_with_destroy_defense",
        "end_with_nap",
        "end_with_peace_treaty",
        "fail_assault",
        "in_progress",
        "success_assault",
    ];
    assert_eq!(results.keys().map(String::as_str).collect::<Vec<_>>(), all);
    for (result, winner) in [
        ("success_assault", "aggressor"),
        ("fail_assault", "defender"),
    ] {
        let war = &results[result];
        simulator.set_time(war["end"].as_i64().unwrap() - 1);
        assert_eq!(
            owner(war["territory"].as_str().unwrap()),
            war["defender"]["id"]
        );
        simulator.set_time(war["end"].as_i64().unwrap());
        assert_eq!(owner(war["territory"].as_str().unwrap()), war[winner]["id"]);
    }
}

#[test]
fn ids_of_ranked_and_territory_wars_collide() {
    let simulator = at(1, DEFAULT_START + 70 * DAY);
    let ids = |path: &str, name: &str| -> BTreeSet<i64> {
        all_pages(&simulator, path, name)
            .iter()
            .map(|war| war["id"].as_i64().unwrap())
            .collect()
    };
    let ranked = ids("/faction/warfareranked", "warfareranked");
    let mut territory = BTreeSet::new();
    for faction in simulator.faction_ids() {
        let body = ask(&simulator, &format!("/faction/{faction}/territorywars"));
        territory.extend(
            list(&body, "territorywars")
                .iter()
                .map(|war| war["id"].as_i64().unwrap()),
        );
    }

    assert!(ranked.intersection(&territory).count() > 0);
}
