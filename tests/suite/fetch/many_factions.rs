//! All wars of a game of 500 factions, polled once a day and compared with the lists of the game.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tornsnap::testing::sim::{DEFAULT_START, Options};

use crate::support::DAY;
use crate::support::torn::Torn;

/// The game-wide lists of each type of war.
const LISTS: [(&str, &str); 2] = [
    ("ranked", "warfareranked"),
    ("territory", "warfareterritory"),
];

/// The type and the id of a war.
type WarKey = (String, i64);

/// The status and the start of each war on the game-wide lists.
fn listed(torn: &Torn) -> BTreeMap<WarKey, (String, i64)> {
    let mut standing = BTreeMap::new();
    for (war_type, field) in LISTS {
        let mut to = i64::MAX;
        let mut ids = BTreeSet::new();
        loop {
            let page = torn.look_up(&format!("/faction/{field}?limit=100&sort=DESC&to={to}"));
            let wars = page[field].as_array().unwrap();
            let before = ids.len();
            for war in wars {
                let id = war["id"].as_i64().unwrap();
                ids.insert(id);
                let status = state(war, torn.simulator.time());
                standing.insert((war_type.to_owned(), id), (status, start(war)));
            }
            if ids.len() == before {
                break;
            }
            to = wars.iter().map(start).min().unwrap();
        }
    }
    standing
}

/// The number of pages up to the first one whose wars are all over.
fn pages_up_to_one_that_is_over(torn: &Torn, field: &str) -> usize {
    let now = torn.simulator.time();
    let mut to = i64::MAX;
    for number in 1.. {
        let page = torn.look_up(&format!("/faction/{field}?limit=100&sort=DESC&to={to}"));
        let wars = page[field].as_array().unwrap();
        let goes_on = |war: &Value| matches!(state(war, now).as_str(), "scheduled" | "ongoing");
        if wars.len() < 100 || !wars.iter().any(goes_on) {
            return number;
        }
        to = wars.iter().map(start).min().unwrap();
    }
    unreachable!("pages end")
}

fn start(war: &Value) -> i64 {
    war["start"]
        .as_i64()
        .unwrap_or_else(|| war["started_at"].as_i64().unwrap())
}

fn state(war: &Value, now: i64) -> String {
    let word = war["result"].as_str();
    let is_over = match word {
        Some("in_progress") => false,
        Some(_) => true,
        None => war["end"].as_i64().unwrap_or(0) > 0,
    };
    let state = match word {
        _ if !is_over && start(war) > now => "scheduled",
        _ if !is_over => "ongoing",
        Some(word) if word.starts_with("end_with_") => "cancelled",
        _ => "completed",
    };
    state.to_owned()
}

/// The newest stored status of each war.
fn stored(torn: &Torn) -> BTreeMap<WarKey, String> {
    torn.rows("SELECT war_type, war_id, status FROM war_latest")
        .into_iter()
        .map(|row| {
            let mut columns = row.split('|').map(str::to_owned);
            let mut next = || columns.next().unwrap();
            ((next(), next().parse().unwrap()), next())
        })
        .collect()
}

#[test]
fn one_poll_a_day_stores_every_listed_war() {
    // Thursday morning, before the first wars of the week begin.
    let first = DEFAULT_START + 3 * DAY + 6 * 3600;
    let torn = Torn::over(Options {
        now: first,
        factions: 500,
        players: 500,
        ..Options::default()
    });
    torn.follow("[track]\nwars = \"all\"\nterritories = \"none\"\n");
    let mut seen = BTreeSet::new();

    for day in 0..10 {
        torn.fetch_at(first + day * DAY, &["wars"]).expect(0);

        let (listed, stored) = (listed(&torn), stored(&torn));
        for (war, (status, start)) in &listed {
            if status == "scheduled" || status == "ongoing" {
                assert_eq!(stored.get(war), Some(status), "day {day}: {war:?}");
                seen.insert(war.clone());
            } else if let Some(stored) = stored.get(war) {
                assert_eq!(stored, status, "day {day}: {war:?}");
            } else {
                // Wars that ended more than 31 days before the first poll.
                assert!(
                    *start < first - 28 * DAY,
                    "day {day}: {war:?} is missing, {status}"
                );
            }
        }
        for (war, status) in &stored {
            // A cancelled war is in no list; a war whose start has passed may still appear in one.
            assert!(
                status != "ongoing" || listed.contains_key(war),
                "day {day}: {war:?} is {status}"
            );
        }
    }
    assert!(seen.len() > 400, "{} wars went on at a poll", seen.len());

    // A second poll in the same minute reads the pages up to the first one whose wars are all over.
    let rows: i64 = torn.value("SELECT count(*) FROM war_status_history");
    torn.simulator.clear_requests();
    torn.fetch(&["wars"]).expect(0);
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM war_status_history"),
        rows
    );
    let asked = torn.asked();
    for (_, field) in LISTS {
        let pages = asked.iter().filter(|asked| asked.contains(field)).count();
        let needed = pages_up_to_one_that_is_over(&torn, field);
        assert!(pages <= needed, "{pages}, {needed}: {asked:?}");
    }
    assert!(
        !asked.iter().any(|path| path.contains("report")),
        "{asked:?}"
    );
}
