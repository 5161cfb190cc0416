//! The generated world: it changes with time, and it is the same for one seed and time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tornsnap::testing::sim::{DEFAULT_START, Options};

use super::{ask, at, list, start};
use crate::support::{DAY, HOUR};

#[test]
fn the_same_seed_and_time_give_the_same_answers_whatever_was_requested_before() {
    let late = DEFAULT_START + 47 * DAY + 12_345;
    let there = at(5, late);
    let gone_there = at(5, DEFAULT_START);
    let faction = there.faction_ids()[1];
    let paths = [
        format!(
            "/user/{}?selections=profile,personalstats&stat=networth",
            there.player_ids()[7]
        ),
        format!("/faction/{faction}?selections=basic,members,wars,territory,territorywars"),
        "/faction/rackets".to_owned(),
        "/faction/territoryownership?limit=500&offset=500".to_owned(),
    ];
    for path in &paths {
        ask(&gone_there, path); // Earlier requests must not change later answers.
    }
    gone_there.set_time(late);

    for path in &paths {
        assert_eq!(ask(&there, path), ask(&gone_there, path), "{path}");
    }
    assert_ne!(
        ask(&there, &paths[1]),
        ask(&at(6, late), &paths[1]),
        "another seed"
    );
}

#[test]
fn a_frozen_world_does_not_change_but_its_daily_figures_get_new_timestamps() {
    let simulator = start(Options {
        frozen: true,
        ..Options::default()
    });
    let id = simulator.player_ids()[20];
    let faction = format!(
        "/faction/{}?selections=basic,members,wars,territory",
        simulator.faction_ids()[0]
    );
    let networth = format!("/user/{id}/personalstats?stat=networth");
    let faction_before = ask(&simulator, &faction);
    let networth_before = ask(&simulator, &networth);

    simulator.set_time(DEFAULT_START + 40 * DAY);

    assert_eq!(ask(&simulator, &faction), faction_before);
    let after = ask(&simulator, &networth);
    assert_eq!(
        after["personalstats"][0]["value"],
        networth_before["personalstats"][0]["value"]
    );
    assert_ne!(
        after["personalstats"][0]["timestamp"],
        networth_before["personalstats"][0]["timestamp"]
    );
}

#[test]
fn players_train_and_gain_levels_and_some_leave_and_return() {
    let simulator = at(1, DEFAULT_START);
    let ids = simulator.player_ids();
    let mut homes: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    let mut rises = 0;
    let mut states = BTreeSet::new();
    let mut last: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut total = 0;
    for day in (0..100).step_by(4) {
        simulator.set_time(DEFAULT_START + day * DAY);
        for &id in ids.iter().take(60) {
            let profile = &ask(&simulator, &format!("/user/{id}/profile"))["profile"];
            let seen = homes.entry(id).or_default();
            if seen.last() != Some(&profile["faction_id"]) {
                seen.push(profile["faction_id"].clone());
            }
            states.insert(profile["status"]["state"].as_str().unwrap().to_owned());
            let level = profile["level"].as_i64().unwrap();
            let life = profile["life"]["maximum"].as_i64().unwrap();
            if let Some((level_before, life_before)) = last.insert(id, (level, life)) {
                assert!(level >= level_before && life >= life_before, "{id}");
                assert_eq!(level > level_before, life > life_before, "{id}");
                rises += i64::from(level > level_before);
            }
        }
        let battle = &ask(&simulator, "/user/battlestats")["battlestats"]["total"];
        assert!(battle.as_i64().unwrap() > total);
        total = battle.as_i64().unwrap();
    }

    let came_back = homes.values().filter(|seen| {
        seen.len() >= 3 && seen.iter().any(Value::is_null) && seen.first() == seen.last()
    });
    let changed_sides = homes.values().filter(|seen| {
        seen.iter()
            .filter(|home| !home.is_null())
            .collect::<Vec<_>>()
            .windows(2)
            .any(|pair| pair[0] != pair[1])
    });
    assert!(came_back.count() > 0 && changed_sides.count() > 0);
    assert!(rises > 40, "{rises}");
    assert!(
        ["Okay", "Hospital", "Traveling", "Jail"]
            .iter()
            .all(|state| states.contains(*state)),
        "{states:?}"
    );
}

#[test]
fn the_roster_has_the_players_whose_profile_names_the_faction() {
    let simulator = at(1, DEFAULT_START);
    for day in [0, 13, 58] {
        simulator.set_time(DEFAULT_START + day * DAY + 7);
        let mut named: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for id in simulator.player_ids() {
            let profile = &ask(&simulator, &format!("/user/{id}/profile"))["profile"];
            if let Some(faction) = profile["faction_id"].as_i64() {
                named.entry(faction).or_default().insert(id);
            }
        }
        for id in simulator.faction_ids() {
            let body = ask(
                &simulator,
                &format!("/faction/{id}?selections=basic,members"),
            );
            let roster = list(&body, "members")
                .iter()
                .map(|member| member["id"].as_i64().unwrap());
            assert_eq!(roster.collect::<BTreeSet<_>>(), named[&id]);
            assert_eq!(body["basic"]["members"], named[&id].len());
        }
    }
}

#[test]
fn networths_can_be_negative_or_huge_and_names_have_special_characters() {
    let simulator = at(1, DEFAULT_START + 3 * DAY);
    let ids = simulator.player_ids();
    let networths = ids.iter().map(|id| {
        let body = ask(
            &simulator,
            &format!("/user/{id}/personalstats?stat=networth"),
        );
        body["personalstats"][0]["value"].as_i64().unwrap()
    });
    let networths: Vec<i64> = networths.collect();
    let names = ids
        .iter()
        .map(|id| ask(&simulator, &format!("/user/{id}/basic"))["profile"]["name"].to_string());
    let names: BTreeSet<String> = names.collect();

    assert!(networths.iter().any(|&value| value < 0));
    assert!(networths.iter().any(|&value| value > 1 << 53));
    assert_eq!(names.len(), ids.len());
    for part in ["\\\"", ",", "<b>", "\"=", "\u{1f98a}", "'"] {
        assert!(
            names.iter().any(|name| name.contains(part)),
            "no {part} in a name"
        );
    }
}

#[test]
fn factions_gain_and_lose_respect_and_one_is_renamed() {
    let simulator = at(1, DEFAULT_START);
    let mut respect_fell = false;
    let mut names = BTreeSet::new();
    let mut last: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for hour in (0..100 * 24).step_by(6) {
        simulator.set_time(DEFAULT_START + hour * HOUR);
        for id in simulator.faction_ids() {
            let basic = &ask(&simulator, &format!("/faction/{id}/basic"))["basic"];
            let respect = basic["respect"].as_i64().unwrap();
            let best_chain = basic["best_chain"].as_i64().unwrap();
            names.insert((id, basic["name"].as_str().unwrap().to_owned()));
            if let Some((respect_before, chain_before)) = last.insert(id, (respect, best_chain)) {
                respect_fell |= respect < respect_before;
                assert!(best_chain >= chain_before, "a best chain never falls");
            }
        }
    }

    assert!(respect_fell);
    let second = simulator.faction_ids()[1];
    assert!(
        names.contains(&(second, "Second Chance".to_owned()))
            && names.contains(&(second, "Last Laugh".to_owned()))
    );
    assert_eq!(names.len(), 4);
}

#[test]
fn a_daily_bucket_appears_ten_minutes_after_midnight_and_stays_all_day() {
    let simulator = at(1, DEFAULT_START);
    let id = simulator.player_ids()[15];
    let bucket = |time: i64| {
        simulator.set_time(time);
        let body = ask(
            &simulator,
            &format!("/user/{id}/personalstats?stat=networth"),
        );
        let item = &body["personalstats"][0];
        (
            item["value"].as_i64().unwrap(),
            item["timestamp"].as_i64().unwrap(),
        )
    };
    let midnight = DEFAULT_START + 9 * DAY;

    let (value_before, day_before) = bucket(midnight + 599);
    let (value_after, day_after) = bucket(midnight + 600);
    let evening = bucket(midnight + DAY - 1);

    assert_eq!(day_before, midnight - 2 * DAY);
    assert_eq!(day_after, midnight - DAY);
    assert_ne!(value_before, value_after);
    assert_eq!(evening, (value_after, day_after));
    let old = ask(
        &simulator,
        &format!("/user/{id}/personalstats?stat=networth&timestamp={day_before}"),
    );
    assert_eq!(
        old["personalstats"][0],
        json!({"name": "networth", "value": value_before, "timestamp": day_before})
    );
}

#[test]
fn tiles_change_owners_and_rackets_appear_and_disappear() {
    let simulator = start(Options {
        tiles: 500,
        ..Options::default()
    });
    let mut owners: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut levels: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for day in (0..80).step_by(2) {
        simulator.set_time(DEFAULT_START + day * DAY);
        let body = ask(&simulator, "/faction/territoryownership?limit=500");
        for tile in list(&body, "territoryOwnership") {
            let seen = owners.entry(tile["id"].to_string()).or_default();
            if seen.last() != Some(&tile["owned_by"]) {
                seen.push(tile["owned_by"].clone());
            }
        }
        let rackets = ask(&simulator, "/faction/rackets");
        let rackets: BTreeMap<String, Value> = list(&rackets, "rackets")
            .iter()
            .map(|racket| (racket["territory"].to_string(), racket["level"].clone()))
            .collect();
        for tile in owners.keys() {
            let level = rackets.get(tile).cloned().unwrap_or_default();
            let seen = levels.entry(tile.clone()).or_default();
            if seen.last() != Some(&level) {
                seen.push(level);
            }
        }
    }

    assert!(owners.values().any(|seen| {
        seen.windows(3)
            .any(|three| three[1].is_null() && !three[0].is_null())
    }));
    assert!(
        levels
            .values()
            .any(|seen| seen.len() >= 4 && seen[0].is_null() && seen[seen.len() - 1].is_null())
    );
}
