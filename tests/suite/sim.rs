//! The simulated Torn: its answers fit the published models, its world moves, and its faults do what they say.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the message")]

mod chaos;
mod date;
mod keys;
mod many_wars;
mod paging;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use torn_api::models;
use tornsnap::sim::{Access, DEFAULT_START, Fault, Key, Kind, Options, Racket, Side, Simulator};

const DAY: i64 = 86_400;

/// What came back over the socket.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One connection, spoken to byte by byte, so that no HTTP library smooths anything over.
struct Wire(BufReader<TcpStream>);

impl Wire {
    fn open(simulator: &Simulator) -> Self {
        let address = simulator.url().strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, path: &str, headers: &str) {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: torn\r\nUser-Agent: suite\r\n{headers}\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
    }

    /// The next answer, or `None` when the connection closes before it begins.
    fn receive(&mut self) -> Option<Answer> {
        let mut head = String::new();
        loop {
            let before = head.len();
            match self.0.read_line(&mut head) {
                Ok(0) | Err(_) => return None,
                Ok(_) if head[before..].trim().is_empty() => break,
                Ok(_) => {}
            }
        }
        let status = head.split(' ').nth(1)?.parse().unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))?
            .trim()
            .parse()
            .unwrap();
        let mut body = Vec::new();
        (&mut self.0).take(length).read_to_end(&mut body).unwrap();
        Some(Answer { status, head, body })
    }
}

fn start(options: Options) -> Simulator {
    Simulator::start(options).unwrap()
}

fn at(seed: u64, now: i64) -> Simulator {
    start(Options {
        seed,
        now,
        ..Options::default()
    })
}

fn ask_as(simulator: &Simulator, secret: &str, path: &str) -> Option<Answer> {
    let mut wire = Wire::open(simulator);
    wire.send(path, &format!("Authorization: ApiKey {secret}\r\n"));
    wire.receive()
}

/// Asks with the first key and expects JSON.
fn ask(simulator: &Simulator, path: &str) -> Value {
    let secret = &simulator.keys()[0].secret;
    ask_as(simulator, secret, path).unwrap().json()
}

fn code(body: &Value) -> Option<i64> {
    body.pointer("/error/code")?.as_i64()
}

#[track_caller]
fn fits<T: DeserializeOwned>(path: &str, body: &Value) {
    if let Err(misfit) = serde_json::from_value::<T>(body.clone()) {
        panic!("{path}: {misfit}\n{body:#}");
    }
}

fn list<'a>(body: &'a Value, name: &str) -> &'a Vec<Value> {
    body[name]
        .as_array()
        .unwrap_or_else(|| panic!("no list {name} in {body}"))
}

/// All pages of a list, by following the links to what is older, or behind the page in a list by offset.
fn all_pages(simulator: &Simulator, path: &str, name: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let body = ask(simulator, &path);
        items.extend(list(&body, name).iter().cloned());
        let link = if name.starts_with("warfare") {
            "prev"
        } else {
            "next"
        };
        let link = body["_metadata"]["links"][link].as_str();
        next = link.map(|link| link.strip_prefix(simulator.url()).unwrap().to_owned());
    }
    items
}

#[test]
fn every_answer_about_players_fits_the_published_models() {
    for (seed, now) in [
        (1, DEFAULT_START),
        (2, DEFAULT_START + 61 * DAY + 300),
        (99, DEFAULT_START + 299 * DAY),
    ] {
        let simulator = at(seed, now);
        let players = simulator.player_ids();
        for id in players.iter().step_by(5) {
            for path in [
                format!("/v2/user/{id}/profile"),
                format!("/user?selections=profile&id={id}"),
            ] {
                fits::<models::UserProfileResponse>(&path, &ask(&simulator, &path));
            }
            let path = format!("/v2/user/{id}/basic");
            fits::<models::UserBasicResponse>(&path, &ask(&simulator, &path));
            let path = format!("/v2/user/{id}/personalstats?stat=networth");
            fits::<models::UserPersonalStatsHistoric>(&path, &ask(&simulator, &path));
            let path = format!("/v2/user/{id}/personalstats?cat=networth");
            fits::<models::UserPersonalStatsCategory>(&path, &ask(&simulator, &path));

            let path = format!(
                "/v2/user/{id}?selections=profile%2Cpersonalstats&stat=networth&comment=tornsnap"
            );
            let both = ask(&simulator, &path);
            fits::<models::UserProfileResponse>(&path, &both);
            fits::<models::UserPersonalStatsResponse>(&path, &both);
            assert_eq!(both.as_object().unwrap().len(), 2);
        }
        let path = "/v2/user?selections=profile,battlestats,personalstats&stat=networth,strength";
        let own = ask(&simulator, path);
        fits::<models::UserProfileResponse>(path, &own);
        fits::<models::UserBattleStatsResponse>(path, &own);
        fits::<models::UserPersonalStatsHistoric>(path, &own);
        assert_eq!(own["profile"]["id"], players[0]);
        fits::<models::UserBattleStatsResponse>(
            "/user/battlestats",
            &ask(&simulator, "/v2/user/battlestats"),
        );
        fits::<models::KeyInfoResponse>("/key/info", &ask(&simulator, "/v2/key/info"));
    }
}

#[test]
fn every_answer_about_factions_fits_the_published_models() {
    for (seed, now) in [
        (1, DEFAULT_START),
        (2, DEFAULT_START + 33 * DAY + 80_000),
        (3, DEFAULT_START + 200 * DAY),
    ] {
        let simulator = at(seed, now);
        for id in simulator.faction_ids() {
            let path = format!(
                "/v2/faction/{id}?selections=basic,members,wars,territory,rankedwars,territorywars"
            );
            let body = ask(&simulator, &path);
            fits::<models::FactionBasicResponse>(&path, &body);
            fits::<models::FactionMembersResponse>(&path, &body);
            fits::<models::FactionWarsResponse>(&path, &body);
            fits::<models::FactionTerritoriesResponse>(&path, &body);
            fits::<models::FactionRankedWarResponse>(&path, &body);
            fits::<models::FactionTerritoryWarsHistoryResponse>(&path, &body);
            for selection in [
                "basic",
                "members",
                "wars",
                "territory",
                "rankedwars",
                "territorywars",
            ] {
                let alone = ask(&simulator, &format!("/faction/{id}/{selection}"));
                assert_eq!(alone[selection], body[selection]);
            }
        }
        let path = "/v2/faction/territoryownership?limit=500&offset=4000";
        let body = ask(&simulator, path);
        fits::<models::FactionTerritoriesOwnershipResponse>(path, &body);
        assert_eq!(list(&body, "territoryOwnership").len(), 107);
        let path = "/v2/torn/territory?limit=250&offset=3900";
        fits::<models::TornTerritoriesResponse>(path, &ask(&simulator, path));
        let path = "/v2/faction/rackets";
        let body = ask(&simulator, path);
        fits::<models::FactionRacketsResponse>(path, &body);
        assert!(
            list(&body, "rackets")
                .iter()
                .all(|racket| racket["territory"].is_string())
        );
    }
}

#[test]
fn every_war_and_report_fits_the_published_models() {
    let simulator = at(4, DEFAULT_START + 90 * DAY);
    let path = "/v2/faction/warfareranked";
    fits::<models::FactionWarfareRankedResponse>(path, &ask(&simulator, path));
    let path = "/v2/faction/warfareterritory";
    fits::<models::FactionWarfareTerritoryWarsResponse>(path, &ask(&simulator, path));

    let mut reports = [0, 0];
    for war in all_pages(
        &simulator,
        "/v2/faction/warfareranked?limit=50",
        "warfareranked",
    ) {
        let path = format!("/v2/faction/{}/rankedwarreport", war["id"]);
        let report = ask(&simulator, &path);
        if war["end"] == 0 {
            assert_eq!(code(&report), Some(6), "{war}");
            continue;
        }
        reports[0] += 1;
        fits::<models::FactionRankedWarReportResponse>(&path, &report);
        assert_eq!(report["rankedwarreport"]["winner"], war["winner"]);
    }
    for war in all_pages(
        &simulator,
        "/v2/faction/warfareterritory?limit=20",
        "warfareterritory",
    ) {
        let path = format!("/v2/faction/{}/territorywarreport", war["id"]);
        let report = ask(&simulator, &path);
        if war["result"] == "in_progress" {
            assert_eq!(code(&report), Some(6), "{war}");
            assert_eq!(war["end"], 0);
            continue;
        }
        reports[1] += 1;
        fits::<models::FactionTerritoryWarReportResponse>(&path, &report);
        assert_eq!(report["territorywarreport"]["result"], war["result"]);
    }
    assert!(reports[0] > 50 && reports[1] > 50, "{reports:?}");
}

#[test]
fn the_same_seed_and_time_give_the_same_bytes_however_one_got_there() {
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
        ask(&gone_there, path); // Earlier questions must leave no trace.
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
fn a_frozen_world_stands_still_while_the_buckets_go_on() {
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
    let before = (ask(&simulator, &faction), ask(&simulator, &networth));

    simulator.set_time(DEFAULT_START + 40 * DAY);

    assert_eq!(ask(&simulator, &faction), before.0);
    let after = ask(&simulator, &networth);
    assert_eq!(
        after["personalstats"][0]["value"],
        before.1["personalstats"][0]["value"]
    );
    assert_ne!(
        after["personalstats"][0]["timestamp"],
        before.1["personalstats"][0]["timestamp"]
    );
}

#[test]
fn players_train_and_rise_and_some_leave_and_come_back() {
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
            let now = (
                profile["level"].as_i64().unwrap(),
                profile["life"]["maximum"].as_i64().unwrap(),
            );
            if let Some(before) = last.insert(id, now) {
                assert!(
                    now >= before && (now.0 > before.0) == (now.1 > before.1),
                    "{id}"
                );
                rises += i64::from(now.0 > before.0);
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
fn the_roster_is_whoever_names_the_faction() {
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
fn numbers_come_large_and_negative_and_names_come_awkward() {
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
        simulator.set_time(DEFAULT_START + hour * 3_600);
        for id in simulator.faction_ids() {
            let basic = &ask(&simulator, &format!("/faction/{id}/basic"))["basic"];
            let now = (
                basic["respect"].as_i64().unwrap(),
                basic["best_chain"].as_i64().unwrap(),
            );
            names.insert((id, basic["name"].as_str().unwrap().to_owned()));
            if let Some(before) = last.insert(id, now) {
                respect_fell |= now.0 < before.0;
                assert!(now.1 >= before.1, "a best chain never falls");
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

    let before = bucket(midnight + 599);
    let after = bucket(midnight + 600);
    let evening = bucket(midnight + DAY - 1);

    assert_eq!(before.1, midnight - 2 * DAY);
    assert_eq!(after.1, midnight - DAY);
    assert_ne!(before.0, after.0);
    assert_eq!(evening, after);
    let old = ask(
        &simulator,
        &format!(
            "/user/{id}/personalstats?stat=networth&timestamp={}",
            before.1
        ),
    );
    assert_eq!(
        old["personalstats"][0],
        json!({"name": "networth", "value": before.0, "timestamp": before.1})
    );
}

#[test]
fn a_ranked_war_is_matched_on_a_tuesday_fought_to_its_target_and_then_leaves_the_list() {
    let simulator = at(1, DEFAULT_START);
    let id = simulator.faction_ids()[0];
    let mut wars: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for step in 0..50 * 24 {
        simulator.set_time(DEFAULT_START + step * 3_600);
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
            continue; // Called off, or still going on.
        }
        assert!(number(&last["seen"]) < number(&last["end"]) + 3_600);
        if lead(last) >= number(&last["target"]) {
            fought += 1;
            if number(&last["end"]) - number(&last["start"]) > 30 * 3_600 {
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
fn ranked_wars_end_in_every_way_within_some_months() {
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
fn territory_wars_end_in_every_way_and_move_tiles() {
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
        assert!(length <= 72 * 3_600, "{war}");
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
fn tiles_are_given_up_and_taken_again_and_rackets_come_and_go() {
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

#[test]
fn pages_of_wars_and_tiles_join_without_a_gap() {
    let simulator = at(1, DEFAULT_START + 70 * DAY);
    let ids = |limit: usize| -> BTreeSet<i64> {
        let path = format!("/v2/faction/warfareranked?limit={limit}");
        all_pages(&simulator, &path, "warfareranked")
            .iter()
            .map(|war| war["id"].as_i64().unwrap())
            .collect()
    };
    let tiles = all_pages(&simulator, "/v2/torn/territory?limit=250", "territory");

    assert_eq!(ids(30), ids(100));
    assert_eq!(tiles.len(), 4_107);
    let sequence: Vec<&str> = tiles
        .iter()
        .map(|tile| tile["id"].as_str().unwrap())
        .collect();
    assert!(sequence.is_sorted_by(|one, next| one < next));
    let first = ask(&simulator, "/faction/territoryownership");
    assert_eq!(
        list(&first, "territoryOwnership").len(),
        20,
        "Torn's own default"
    );
}

#[test]
fn keys_answer_for_themselves_and_open_what_they_may() {
    let owners = at(1, DEFAULT_START).player_ids();
    let simulator = start(Options {
        keys: vec![
            Key::new("LimitedKey000000", owners[0], Access::Limited),
            Key::new("PublicKey0000000", owners[1], Access::Public),
        ],
        ..Options::default()
    });
    let limited = |path: &str| ask_as(&simulator, "LimitedKey000000", path).unwrap().json();
    let public = |path: &str| ask_as(&simulator, "PublicKey0000000", path).unwrap().json();
    let bare = |headers: &str, path: &str| {
        let mut wire = Wire::open(&simulator);
        wire.send(path, headers);
        code(&wire.receive().unwrap().json())
    };

    assert_eq!(
        limited("/key/info")["info"]["access"]["type"],
        "Limited Access"
    );
    assert_eq!(public("/v2/key/info")["info"]["user"]["id"], owners[1]);
    assert!(limited("/user/battlestats")["battlestats"]["total"].is_i64());
    assert_eq!(code(&public("/user/battlestats")), Some(16));
    assert_eq!(
        code(&public("/user?selections=profile,battlestats")),
        Some(16)
    );
    assert_eq!(
        code(&limited(&format!("/user/{}/battlestats", owners[1]))),
        Some(7)
    );
    assert_eq!(code(&limited("/user/5/profile")), Some(6));
    assert_eq!(code(&limited("/faction/5/basic")), Some(6));
    assert_eq!(
        code(&limited("/faction/9223372036854775807/members")),
        Some(6)
    );
    assert_eq!(code(&limited("/user?id=-9223372036854775808")), Some(6));
    assert_eq!(code(&limited("/faction/0/rankedwarreport")), Some(6));
    assert_eq!(code(&limited("/user?selections=profile,secrets")), Some(4));
    assert_eq!(code(&limited("/nonsense")), Some(4));
    assert_eq!(code(&limited("/user/personalstats?stat=charm")), Some(25));
    assert_eq!(
        code(&limited("/user/personalstats?stat=networth&cat=networth")),
        Some(26)
    );
    assert_eq!(bare("", "/user/profile?key=LimitedKey000000"), Some(1));
    assert_eq!(
        bare(
            "Authorization: Bearer LimitedKey000000\r\n",
            "/user/profile"
        ),
        Some(2)
    );
    assert_eq!(
        bare("Authorization: ApiKey Wrong\r\n", "/user/profile"),
        Some(2)
    );
}

#[test]
fn asking_too_often_is_refused_per_owner_not_per_key() {
    let simulator = start(Options {
        requests_per_minute: Some(5),
        keys: vec![
            Key::new("FirstOfOne000000", 2_000_001, Access::Public),
            Key::new("SecondOfOne00000", 2_000_001, Access::Public),
            Key::new("OnlyOfOther00000", 2_000_038, Access::Public),
        ],
        ..Options::default()
    });
    let ask = |secret: &str| code(&ask_as(&simulator, secret, "/user/basic").unwrap().json());

    let answers: Vec<_> = ["FirstOfOne000000", "SecondOfOne00000"]
        .repeat(3)
        .into_iter()
        .map(ask)
        .collect();

    assert_eq!(answers, [None, None, None, None, None, Some(5)]);
    assert_eq!(ask("OnlyOfOther00000"), None);
}

#[test]
fn an_answer_takes_as_long_as_the_simulated_way_to_torn() {
    let simulator = start(Options {
        latency: Duration::from_millis(20),
        ..Options::default()
    });
    let begun = Instant::now();

    ask(&simulator, "/key/info");

    assert!(begun.elapsed() >= Duration::from_millis(20));
}

#[test]
fn time_can_go_before_the_beginning_and_far_beyond() {
    let simulator = at(1, 0);
    let faction = simulator.faction_ids()[0];
    for time in [0, 1_000_000_000, 2_000_000_000] {
        simulator.set_time(time);
        let path = format!("/faction/{faction}?selections=basic,members,wars,territory");
        fits::<models::FactionMembersResponse>(&path, &ask(&simulator, &path));
        fits::<models::FactionWarfareRankedResponse>(
            &path,
            &ask(&simulator, "/faction/warfareranked"),
        );
        fits::<models::UserPersonalStatsHistoric>(
            &path,
            &ask(&simulator, "/user/personalstats?stat=networth"),
        );
    }
}

#[test]
fn one_connection_serves_many_requests() {
    let simulator = at(1, DEFAULT_START);
    let id = simulator.player_ids()[3];
    let mut wire = Wire::open(&simulator);

    for _ in 0..1_000 {
        wire.send(
            &format!("/v2/user/{id}?selections=profile"),
            "Authorization: ApiKey SimulatedKeyA001\r\n",
        );
        assert_eq!(wire.receive().unwrap().json()["profile"]["id"], id);
    }

    assert_eq!(simulator.requests().len(), 1_000);
}

#[test]
fn a_hanging_request_holds_up_nobody_and_not_the_end() {
    let simulator = at(1, DEFAULT_START);
    simulator.fault(Fault::always(Kind::Hang(Duration::from_secs(600))).path("/user/"));
    let mut hanging = Wire::open(&simulator);
    hanging.send(
        "/user/2000001/profile",
        "Authorization: ApiKey SimulatedKeyA001\r\n",
    );

    let other = ask(&simulator, "/faction/9001/basic");
    drop(simulator);

    assert_eq!(other["basic"]["id"], 9_001);
    assert!(hanging.receive().is_none());
}

#[test]
fn the_log_tells_what_was_asked_and_stays_within_its_limit() {
    let simulator = start(Options {
        log_limit: 2,
        ..Options::default()
    });
    let silent = start(Options {
        log_limit: 0,
        ..Options::default()
    });
    for page in 0..3 {
        ask(
            &simulator,
            &format!("/v2/torn/territory?limit=1&offset={page}"),
        );
        ask(&silent, "/key/info");
    }

    let requests = simulator.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].path, "/torn/territory");
    assert_eq!(requests[1].query, "limit=1&offset=2");
    assert_eq!(requests[1].key.as_deref(), Some("SimulatedKeyA001"));
    assert_eq!(requests[1].user_agent.as_deref(), Some("suite"));
    assert!(requests[1].authorization && requests[1].arrived >= requests[0].arrived);
    assert_eq!(requests[1].time, DEFAULT_START);
    simulator.clear_requests();
    assert!(simulator.requests().is_empty() && silent.requests().is_empty());
}

#[test]
fn a_fault_meets_what_it_matches_as_often_as_it_says() {
    let simulator = at(1, DEFAULT_START);
    simulator.fault(
        Fault::times(2, Kind::Code(9, "API disabled".to_owned()))
            .path("/torn/territory")
            .query("offset=2")
            .key("SimulatedKeyA001")
            .after(1),
    );
    let ask = |secret: &str, path: &str| code(&ask_as(&simulator, secret, path).unwrap().json());

    assert_eq!(ask("SimulatedKeyA001", "/key/info"), None);
    assert_eq!(ask("SimulatedKeyA001", "/torn/territory?offset=1"), None);
    assert_eq!(ask("SimulatedKeyB002", "/torn/territory?offset=2"), None);
    let answers = [(); 4].map(|()| ask("SimulatedKeyA001", "/torn/territory?offset=2"));
    assert_eq!(answers, [None, Some(9), Some(9), None]);
    simulator.fault(Fault::always(Kind::Code(17, "Backend error".to_owned())));
    assert_eq!(ask("SimulatedKeyB002", "/key/info"), Some(17));
    simulator.clear_faults();
    assert_eq!(ask("SimulatedKeyB002", "/key/info"), None);
}

#[test]
fn every_fault_does_what_it_says() {
    let simulator = at(1, DEFAULT_START);
    let meet = |kind: Kind, path: &str| {
        simulator.fault(Fault::once(kind));
        ask_as(&simulator, "SimulatedKeyA001", path)
    };
    let profile = "/v2/user/2000075/profile";
    let right = ask(&simulator, profile);

    let answer = meet(Kind::CodeWithStatus(8, "IP block".to_owned(), 403), profile).unwrap();
    assert_eq!((answer.status, code(&answer.json())), (403, Some(8)));
    let headers = vec![("Retry-After".to_owned(), "7".to_owned())];
    let answer = meet(
        Kind::Status(
            429,
            "slow down".to_owned(),
            "text/plain".to_owned(),
            headers,
        ),
        profile,
    )
    .unwrap();
    assert!(
        answer.status == 429
            && answer.head.contains("Retry-After: 7\r\n")
            && answer.body == b"slow down"
    );
    let answer = meet(Kind::Html503, profile).unwrap();
    assert!(
        answer.status == 503
            && answer.head.contains("text/html")
            && answer.body.starts_with(b"<!DOCTYPE html>")
    );
    let answer = meet(Kind::Broken, profile).unwrap();
    assert!(answer.body.len() > 100 && serde_json::from_slice::<Value>(&answer.body).is_err());
    let answer = meet(Kind::Cut, profile).unwrap();
    assert!(
        !answer
            .head
            .contains(&format!("Content-Length: {}\r\n", answer.body.len()))
    );
    assert!(meet(Kind::Empty, profile).unwrap().body.is_empty());
    assert!(serde_json::from_slice::<Value>(&meet(Kind::NotJson, profile).unwrap().body).is_err());
    assert!(meet(Kind::Reset, profile).is_none());
    let begun = Instant::now();
    assert!(meet(Kind::Hang(Duration::from_millis(30)), profile).is_none());
    assert_eq!(
        meet(Kind::Slow(Duration::from_millis(30)), profile)
            .unwrap()
            .json(),
        right
    );
    assert!(begun.elapsed() >= Duration::from_millis(60));
    assert_eq!(
        meet(Kind::WrongId, profile).unwrap().json()["profile"]["id"],
        2_000_076
    );
    let answer = meet(Kind::Redirect("https://evil.example/".to_owned()), profile).unwrap();
    assert!(answer.status == 302 && answer.head.contains("Location: https://evil.example/\r\n"));
    let answer = meet(Kind::HugeBody(3_000_000), profile).unwrap();
    assert_eq!(answer.json()["pad"].as_str().unwrap().len(), 3_000_000);
    let answer = meet(Kind::Patch("/profile/level".to_owned(), json!(-4)), profile)
        .unwrap()
        .json();
    assert_eq!(
        (&answer["profile"]["level"], &answer["profile"]["name"]),
        (&json!(-4), &right["profile"]["name"])
    );
    let answer = meet(
        Kind::Patch("/profile/surprise".to_owned(), json!([])),
        profile,
    )
    .unwrap()
    .json();
    assert_eq!(answer["profile"]["surprise"], json!([]));
    let answer = meet(Kind::Remove("/profile/id".to_owned()), profile)
        .unwrap()
        .json();
    assert!(answer["profile"].get("id").is_none());
    assert_eq!(ask(&simulator, profile), right, "all faults are used up");
}

#[test]
fn faulty_pages_lead_in_circles_and_abroad() {
    let simulator = at(1, DEFAULT_START);
    simulator.fault(Fault::once(Kind::PageLoop));
    let circle = ask(&simulator, "/v2/torn/territory?limit=5&offset=10");
    simulator.fault(Fault::once(Kind::ForeignLink));
    let abroad = ask(&simulator, "/v2/torn/territory?limit=5&offset=10");

    assert_eq!(circle["territory"][0]["id"], "AAB");
    let here = format!("{}/v2/torn/territory?limit=5&offset=10", simulator.url());
    let foreign = "https://evil.example/v2/torn/territory?limit=5&offset=10";
    for link in ["next", "prev"] {
        assert_eq!(circle["_metadata"]["links"][link], here);
        assert_eq!(abroad["_metadata"]["links"][link], foreign);
    }
}

#[test]
fn a_small_gzip_reply_inflates_to_a_huge_valid_one() {
    let simulator = at(1, DEFAULT_START);
    let raw = 2_000_000 / 150;
    simulator.fault(Fault::times(2, Kind::GzipBomb(2_000_000)));

    let packed = ask_as(&simulator, "SimulatedKeyA001", "/key/info").unwrap();
    let mut answer = ureq::get(format!("{}/key/info", simulator.url()))
        .call()
        .unwrap();
    let body: Value = serde_json::from_reader(answer.body_mut().as_reader()).unwrap();

    assert!(packed.body.len() < raw, "{}", packed.body.len());
    let pad = body["pad"].as_str().unwrap();
    assert!(pad.len() > 1_999_000 && pad.bytes().all(|byte| byte == b'x'));
}

#[test]
fn an_empty_world_has_only_what_a_test_puts_in() {
    let simulator = start(Options::empty());
    assert_eq!(code(&ask(&simulator, "/user")), Some(6));
    let start = DEFAULT_START - 5_000;
    simulator.edit(|world| {
        for id in 1..=3 {
            world.player(id).faction_id = Some(10);
        }
        world.player(2).networth = -5;
        *world.player(3) = tornsnap::sim::Player {
            level: 50,
            ..world.player(3).clone()
        };
        world.faction(10).name = "Ours".to_owned();
        world.faction(10).respect = 1_234;
        let war = world.ranked_war(77);
        war.start = start;
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
        let war = world.territory_war(77);
        war.tile = "ZZG".to_owned();
        war.aggressor.faction_id = 11;
        war.defender.faction_id = 10;
        world.tile("ZZG").owner = Some(10);
        world.tile("ZZG").racket = Some(Racket {
            name: "Lottery".to_owned(),
            level: 2,
            reward: "Points".to_owned(),
            quantity: 9,
            item: None,
            created_at: start,
            changed_at: start,
        });
    });

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

    simulator.edit(|world| {
        let war = world.ranked_war(77);
        (
            war.end,
            war.winner,
            war.forfeit,
            war.in_wars,
            war.has_report,
        ) = (Some(start + 9), Some(11), true, false, true);
        let war = world.territory_war(77);
        (war.end, war.result, war.in_wars, war.has_report) =
            (Some(start), Some("end_with_nap".to_owned()), false, true);
        world.tile("ZZG").racket = None;
        world.faction(10).shown_members = Some(2);
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
fn what_is_pinned_in_a_generated_world_stays_while_the_rest_moves_on() {
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
        world.player(pinned).life_maximum = 12_345;
        world.player(leaver).faction_id = Some(theirs);
        world.faction(ours).claimed_members = Some(99);
        world.tile("AAB").owner = Some(ours);
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
