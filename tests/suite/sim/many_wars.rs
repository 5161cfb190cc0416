//! Worlds with more wars than a page has rows.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use serde_json::Value;
use tornsnap::testing::sim::{DEFAULT_START, Options, Simulator};

use super::{all_pages, ask, list, start};
use crate::support::{DAY, HOUR};

const RANKED: &str = "/v2/faction/warfareranked";

fn ids_of(wars: &[Value]) -> BTreeSet<i64> {
    let ids = wars.iter().map(|war| war["id"].as_i64().unwrap());
    ids.collect()
}

fn scheduled_and_ongoing(simulator: &Simulator, wars: &[Value]) -> (usize, usize) {
    let now = simulator.time();
    let started = |war: &&Value| war["start"].as_i64().unwrap() <= now;
    let running = wars.iter().filter(|war| war["end"] == 0);
    let ongoing = running.clone().filter(started).count();
    (running.count() - ongoing, ongoing)
}

#[test]
fn a_test_can_pin_many_wars_at_once() {
    let simulator = start(Options {
        now: DEFAULT_START + DAY,
        ..Options::empty()
    });
    let begun = Instant::now();
    simulator.edit(|world| {
        world.pin_ranked_wars(1..=1_000, |war| {
            // Wars 301 to 550 start in one second.
            war.start = match war.id {
                301..=550 => DEFAULT_START,
                id => DEFAULT_START + 60 * (id - 425),
            };
            war.factions[0].faction_id = 10;
            war.factions[1].faction_id = 20;
        });
        world.pin_territory_wars(1..=150, |war| {
            war.start = DEFAULT_START - 60 * war.id;
            war.aggressor.faction_id = 10;
        });
        world.pin_faction(10);
    });

    let page = |query: &str| {
        let body = ask(&simulator, &format!("{RANKED}?{query}"));
        list(&body, "warfareranked").clone()
    };
    let one_second: Vec<i64> = page(&format!("to={DEFAULT_START}"))
        .iter()
        .filter(|war| war["start"] == DEFAULT_START)
        .map(|war| war["id"].as_i64().unwrap())
        .collect();
    assert_eq!(one_second, (451..=550).rev().collect::<Vec<_>>());
    let before = page(&format!("to={}", DEFAULT_START - 1));
    assert_eq!(before[0]["id"], 300);
    let history = ask(&simulator, "/faction/10/wars");
    assert_eq!(list(&history["wars"], "territory").len(), 150);
    let territory = all_pages(&simulator, "/faction/warfareterritory", "warfareterritory");
    assert_eq!(ids_of(&territory), (1..=150).collect());
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_world_of_500_factions_starts_quickly_and_has_over_100_wars_of_each_state_in_any_ten_days() {
    let begun = Instant::now();
    let simulator = start(Options {
        players: 1_000,
        factions: 500,
        ..Options::default()
    });
    ask(&simulator, RANKED);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );

    for first_day in [0, 25] {
        let (mut scheduled, mut ongoing) = (0, 0);
        for half in 0..20 {
            simulator.set_time(DEFAULT_START + first_day * DAY + half * DAY / 2);
            let from = simulator.time() - 10 * DAY;
            let wars = all_wars_since(&simulator, from);
            let (scheduled_now, ongoing_now) = scheduled_and_ongoing(&simulator, &wars);
            scheduled = scheduled.max(scheduled_now);
            ongoing = ongoing.max(ongoing_now);
        }
        assert!(
            scheduled > 100 && ongoing > 100,
            "from day {first_day}: {scheduled} {ongoing}"
        );
    }
}

/// How many different start times a week has.
struct StartTimes {
    hours: u32,
    start_times: RangeInclusive<usize>,
}

#[test]
fn the_starts_of_a_week_are_spread_over_as_many_hours_as_the_options_say() {
    // The first matching after the default start is on Tuesday, 2026-03-03, and the wars start from Thursday on.
    let thursday_noon = DEFAULT_START + 3 * DAY + DAY / 2;
    for StartTimes { hours, start_times } in [
        StartTimes {
            hours: 1,
            start_times: 1..=1,
        },
        StartTimes {
            hours: 48,
            start_times: 40..=48,
        },
        StartTimes {
            hours: 1_000,
            start_times: 70..=96,
        },
    ] {
        let simulator = start(Options {
            players: 1_000,
            factions: 500,
            ranked_start_hours: hours,
            now: DEFAULT_START + DAY + DAY / 2 + 300,
            ..Options::default()
        });
        let mut starts = Vec::new();
        for id in simulator.faction_ids() {
            let war = &ask(&simulator, &format!("/faction/{id}/wars"))["wars"]["ranked"];
            // With 96 hours, some wars of the week before are still running.
            let start = war["start"].as_i64();
            starts.extend(start.filter(|&start| start > simulator.time()));
        }

        let seconds: BTreeSet<i64> = starts.iter().copied().collect();

        assert!(starts.len() > 300, "{}", starts.len());
        assert!(seconds.first() >= Some(&thursday_noon));
        assert!(start_times.contains(&seconds.len()), "{}", seconds.len());
        let last = thursday_noon + HOUR * (i64::from(hours.min(96)) - 1);
        assert!(seconds.last() <= Some(&last));
    }
}

/// Every ranked war that starts at `from` or later.
fn all_wars_since(simulator: &Simulator, from: i64) -> Vec<Value> {
    let mut wars: Vec<Value> = Vec::new();
    let mut to = i64::MAX;
    loop {
        let path = format!("{RANKED}?limit=100&from={from}&to={to}");
        let page = list(&ask(simulator, &path), "warfareranked").clone();
        let known = ids_of(&wars);
        let before = wars.len();
        wars.extend(
            page.into_iter()
                .filter(|war| !known.contains(&war["id"].as_i64().unwrap())),
        );
        if wars.len() == before {
            return wars;
        }
        to = wars.last().unwrap()["start"].as_i64().unwrap();
    }
}
