//! One small body of each kind that `fetch` requests from the simulator. Each list has at least two items.

use serde_json::Value;
use tornsnap::testing::sim::{Access, Key, Options, Racket, Side, Simulator};

use super::readers::{AT, FACTION, PLAYER, RANKED_WAR, TERRITORY_WAR};
use crate::support::CANARY;
use crate::support::torn::{THEIRS, Torn};

/// The running war of each type. The wars in `readers` have ended.
pub const RUNNING_RANKED_WAR: i64 = 102;
pub const RUNNING_TERRITORY_WAR: i64 = 202;

/// The name of each body, and its request. The seed files of the fuzzer have the same names.
pub const BODIES: &[(&str, &str)] = &[
    ("key", "/key/info"),
    (
        "owner",
        "/user?selections=profile,battlestats,personalstats&stat=networth",
    ),
    (
        "player",
        "/user/1?selections=profile,personalstats&stat=networth",
    ),
    ("faction", "/faction/9?selections=basic,members,wars"),
    ("own_tiles", "/faction/9/territory"),
    (
        "warfareranked",
        "/faction/warfareranked?limit=100&sort=DESC",
    ),
    (
        "warfareterritory",
        "/faction/warfareterritory?limit=100&sort=DESC",
    ),
    ("rankedwars", "/faction/9/rankedwars?limit=100"),
    (
        "territorywars",
        "/faction/9/territorywars?limit=100&sort=DESC",
    ),
    ("rankedwarreport", "/faction/101/rankedwarreport"),
    ("territorywarreport", "/faction/201/territorywarreport"),
    (
        "ownership",
        "/faction/territoryownership?limit=500&offset=0",
    ),
    ("rackets", "/faction/rackets"),
    ("facts", "/torn/territory?limit=250&offset=0"),
];

/// A world in which each list has at least two items.
pub fn world() -> Torn {
    let torn = Torn::over(Options {
        now: AT,
        keys: vec![Key::new(CANARY, PLAYER, Access::Full)],
        ..Options::empty()
    });
    torn.edit(|world| {
        for id in [FACTION, THEIRS] {
            let faction = world.pin_faction(id);
            faction.name = format!("Real {id}");
            faction.tag = format!("T{id}");
            faction.leader_id = 1;
            faction.co_leader_id = 2;
            faction.respect = 5_000;
            faction.best_chain = 250;
            faction.founded_at = AT - 100 * 86_400;
        }
        for id in 1..=3 {
            let player = world.pin_player(id);
            player.name = format!("Player {id}");
            player.level = 20 + id;
            "Elite Hero".clone_into(&mut player.rank);
            player.faction_id = Some(if id == 3 { THEIRS } else { FACTION });
            player.networth = 1000 * id;
            player.strength = 100;
            player.life_current = 900;
            player.life_maximum = 1000;
        }
        for (id, owner) in [("AAB", FACTION), ("AAC", FACTION), ("AAD", THEIRS)] {
            let tile = world.pin_tile(id);
            tile.owner = Some(owner);
            tile.sector = 3;
            tile.size = 4;
            tile.density = 5;
            tile.slots = 6;
            tile.respect = 7;
            tile.x = 1.5;
            tile.y = 2.5;
            tile.racket = (id != "AAD").then(|| Racket {
                name: "Gun Shop".to_owned(),
                level: 2,
                reward: "Money".to_owned(),
                quantity: 5,
                item: None,
                created_at: AT - 9_000,
                changed_at: AT - 9_000,
            });
        }
    });
    pin_wars(&torn);
    torn
}

fn pin_wars(torn: &Torn) {
    let side = |faction_id: i64, score: i64| Side {
        faction_id,
        score,
        chain: 3,
    };
    torn.edit(|world| {
        for (id, is_over) in [
            (RANKED_WAR, true),
            (RUNNING_RANKED_WAR, false),
            (RANKED_WAR - 1, true),
        ] {
            let war = world.pin_ranked_war(id);
            war.factions = [side(FACTION, 300), side(THEIRS, 200)];
            war.start = AT - 10 * 86_400 + 3_600 * id;
            war.target = 1_000;
            if is_over {
                war.end = Some(AT - 86_400);
                war.winner = Some(FACTION);
                war.has_report = true;
            }
        }
        for (id, tile, is_over) in [
            (TERRITORY_WAR, "AAB", true),
            (RUNNING_TERRITORY_WAR, "AAB", false),
            (RUNNING_TERRITORY_WAR + 1, "AAC", false),
            (TERRITORY_WAR - 1, "AAC", true),
        ] {
            let war = world.pin_territory_war(id);
            war.aggressor = side(THEIRS, 50);
            war.defender = side(FACTION, 40);
            tile.clone_into(&mut war.tile);
            war.start = AT - 40_000 + id;
            war.target = 100_000;
            war.end = Some(AT + 86_400);
            if is_over {
                war.end = Some(AT - 3_000);
                war.result = Some("success_assault".to_owned());
                war.has_report = true;
            }
        }
    });
}

/// The body with which the simulator answers a request.
pub fn request(simulator: &Simulator, call: &str) -> Value {
    let text = ureq::get(format!("{}{call}", simulator.url()))
        .header("Authorization", format!("ApiKey {CANARY}"))
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body.get("error"), None, "{call}: {body}");
    body
}

/// Every body by name.
pub fn all() -> Vec<(&'static str, Value)> {
    let torn = world();
    BODIES
        .iter()
        .map(|&(name, call)| (name, request(&torn.simulator, call)))
        .collect()
}
