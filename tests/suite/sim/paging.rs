//! The pages of long lists and the links between them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tornsnap::testing::sim::{DEFAULT_START, Links, Options, Simulator};

use super::{ask, list, start};
use crate::support::DAY;

const RANKED: &str = "/v2/faction/warfareranked";

/// An empty world with ranked wars 1 to 250 that start a minute apart, the first at [`DEFAULT_START`].
fn with_250_wars(links: Links) -> Simulator {
    let simulator = start(Options {
        links,
        now: DEFAULT_START + DAY,
        ..Options::empty()
    });
    simulator.edit(|world| {
        for id in 1..=250 {
            world.pin_ranked_war(id).start = DEFAULT_START + 60 * id;
        }
    });
    simulator
}

fn ids(body: &Value, name: &str) -> Vec<i64> {
    let rows = list(body, name).iter();
    rows.map(|row| row["id"].as_i64().unwrap()).collect()
}

fn ranked(simulator: &Simulator, path: &str) -> (Vec<i64>, Value) {
    let body = ask(simulator, path);
    (
        ids(&body, "warfareranked"),
        body["_metadata"]["links"].clone(),
    )
}

fn path_of(simulator: &Simulator, link: &Value) -> String {
    let link = link.as_str().unwrap();
    link.strip_prefix(simulator.url()).unwrap().to_owned()
}

fn down(from: i64, to: i64) -> Vec<i64> {
    (to..=from).rev().collect()
}

#[test]
fn recorded_links_lead_to_older_rows_by_prev_and_to_newer_ones_by_next() {
    let simulator = with_250_wars(Links::Recorded);

    let (newest, links) = ranked(&simulator, RANKED);
    assert_eq!(newest, down(250, 151));
    assert!(links["next"].is_null());
    let to = DEFAULT_START + 60 * 151;
    let prev = format!("{RANKED}?limit=100&sort=desc&to={to}");
    assert_eq!(path_of(&simulator, &links["prev"]), prev);

    let (older, links) = ranked(&simulator, &prev);
    assert_eq!(older, down(151, 52), "the bound is inclusive");
    let next = path_of(&simulator, &links["next"]);
    let from = DEFAULT_START + 60 * 151;
    assert_eq!(next, format!("{RANKED}?limit=100&sort=asc&from={from}"));
    let (newer, _) = ranked(&simulator, &next);
    assert_eq!(newer, (151..=250).collect::<Vec<_>>());

    let prev = path_of(&simulator, &links["prev"]);
    let (oldest, links) = ranked(&simulator, &prev);
    assert_eq!(oldest, down(52, 1));
    assert!(links["prev"].is_null() && links["next"].is_string());
}

#[test]
fn published_links_lead_to_older_rows_by_next_and_a_list_can_be_without_links() {
    let simulator = with_250_wars(Links::Published);
    let (_, links) = ranked(&simulator, RANKED);
    assert!(links["prev"].is_null());
    let (older, links) = ranked(&simulator, &path_of(&simulator, &links["next"]));
    assert_eq!(older, down(151, 52));
    assert!(links["prev"].is_string() && links["next"].is_string());

    simulator.set_links(Links::None);
    let (newest, links) = ranked(&simulator, RANKED);
    assert_eq!(newest, down(250, 151));
    assert!(links["prev"].is_null() && links["next"].is_null());
    let tiles = ask(&with_ten_tiles(Links::None), "/torn/territory?limit=5");
    assert!(tiles["_metadata"]["links"]["next"].is_null());
}

/// A world with ten tiles.
fn with_ten_tiles(links: Links) -> Simulator {
    start(Options {
        links,
        tiles: 10,
        ..Options::empty()
    })
}

#[test]
fn the_bounds_of_a_list_by_time_are_inclusive_and_its_limit_is_100() {
    let simulator = with_250_wars(Links::Recorded);
    let at = |id: i64| DEFAULT_START + 60 * id;
    let page = |query: &str| ranked(&simulator, &format!("{RANKED}?{query}")).0;

    assert_eq!(
        page(&format!("from={}&to={}", at(20), at(23))),
        down(23, 20)
    );
    assert_eq!(
        page(&format!("from={}&to={}", at(20) + 1, at(23) - 1)),
        down(22, 21)
    );
    assert_eq!(
        page(&format!("sort=asc&from={}&limit=3", at(20))),
        [20, 21, 22]
    );
    assert_eq!(page("limit=500").len(), 100);
    assert_eq!(page("limit=0"), [250]);
    assert_eq!(page(&format!("to={}", at(0))), [] as [i64; 0]);
}

#[test]
fn lists_by_time_ignore_an_offset_and_lists_by_offset_ignore_times() {
    let simulator = with_250_wars(Links::Recorded);
    simulator.edit(|world| {
        for id in 1..=250 {
            world.pin_ranked_war(id).factions[0].faction_id = 10;
            let war = world.pin_territory_war(id);
            war.start = DEFAULT_START + 60 * id;
            war.end = Some(war.start + 30);
            war.result = Some("end_with_nap".to_owned());
            war.aggressor.faction_id = 10;
        }
        world.pin_faction(10);
    });
    for (path, list_name) in [
        (RANKED, "warfareranked"),
        ("/faction/warfareterritory", "warfareterritory"),
        ("/faction/10/territorywars", "territorywars"),
    ] {
        let body = ask(&simulator, &format!("{path}?offset=100"));
        assert_eq!(ids(&body, list_name), down(250, 151), "{path}");
    }

    let body = ask(
        &simulator,
        &format!("/faction/10/rankedwars?limit=100&offset=100&sort=asc&from={DEFAULT_START}&to=1"),
    );
    assert_eq!(ids(&body, "rankedwars"), down(150, 51));
    let tiles = with_ten_tiles(Links::Recorded);
    let body = ask(&tiles, "/torn/territory?limit=2&offset=4");
    assert_eq!(body["territory"][0]["id"], "AAF");
    let next = body["_metadata"]["links"]["next"].as_str().unwrap();
    assert!(next.ends_with("/torn/territory?limit=2&offset=6"), "{next}");
    let body = ask(&tiles, "/faction/territoryownership?limit=2&offset=4");
    assert_eq!(body["territoryOwnership"][0]["id"], "AAF");
}

#[test]
fn the_links_of_a_page_keep_the_other_parameters_of_the_request() {
    let simulator = with_250_wars(Links::Recorded);
    let path = format!("{RANKED}?comment=tornsnap&limit=40&from={DEFAULT_START}");

    let (_, links) = ranked(&simulator, &path);

    let to = DEFAULT_START + 60 * 211;
    assert_eq!(
        path_of(&simulator, &links["prev"]),
        format!("{RANKED}?comment=tornsnap&limit=40&sort=desc&to={to}")
    );
}

#[test]
fn a_full_page_of_wars_with_the_same_start_links_to_itself() {
    let simulator = start(Options {
        now: DEFAULT_START + DAY,
        ..Options::empty()
    });
    simulator.edit(|world| {
        for id in 1..=150 {
            world.pin_ranked_war(id).start = DEFAULT_START;
        }
    });
    let (first, links) = ranked(&simulator, RANKED);
    let (second, again) = ranked(&simulator, &path_of(&simulator, &links["prev"]));

    assert_eq!((first, &links["prev"]), (second, &again["prev"]));
    let rising = format!("{RANKED}?sort=asc&from={DEFAULT_START}");
    let (other_end, _) = ranked(&simulator, &rising);
    assert_eq!(other_end, (1..=100).collect::<Vec<_>>());
}

#[test]
fn following_prev_reads_every_war_of_a_generated_world() {
    let simulator = start(Options {
        factions: 60,
        now: DEFAULT_START + 40 * DAY,
        ..Options::default()
    });
    let mut seen: BTreeMap<i64, i64> = BTreeMap::new();
    let mut path = RANKED.to_owned();
    loop {
        let body = ask(&simulator, &path);
        for war in list(&body, "warfareranked") {
            seen.insert(war["id"].as_i64().unwrap(), war["start"].as_i64().unwrap());
        }
        match &body["_metadata"]["links"]["prev"] {
            Value::Null => break,
            link => path = path_of(&simulator, link),
        }
    }

    let mut of_factions = BTreeSet::new();
    for id in simulator.faction_ids() {
        let history = ask(&simulator, &format!("/faction/{id}/rankedwars?limit=100"));
        of_factions.extend(ids(&history, "rankedwars"));
    }
    let listed: BTreeSet<i64> = seen.keys().copied().collect();
    assert!(of_factions.len() > 200 && of_factions.is_subset(&listed));
}

#[test]
fn pages_of_wars_and_tiles_have_no_gaps() {
    let simulator = super::at(1, DEFAULT_START + 70 * DAY);
    let ids = |limit: usize| -> BTreeSet<i64> {
        let path = format!("/v2/faction/warfareranked?limit={limit}");
        super::all_pages(&simulator, &path, "warfareranked")
            .iter()
            .map(|war| war["id"].as_i64().unwrap())
            .collect()
    };
    let tiles = super::all_pages(&simulator, "/v2/torn/territory?limit=250", "territory");

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
        "the default limit of Torn"
    );
}
