//! Ids that Torn does not know: when `fetch` asks about them again, and when they become inactive.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind};

use super::codes::code;
use crate::support::torn::Torn;
use crate::support::{DAY, HOUR, NOW};

#[test]
fn an_id_that_torn_does_not_know_counts_as_gone_after_three_misses_over_three_days_and_comes_back()
{
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [2]\nfactions = [20]\nterritories = \"none\"\n");
    torn.fetch(&["factions", "players"]).expect(0);
    torn.simulator.fault(Fault::always(code(6)).path("/user/2"));
    torn.simulator
        .fault(Fault::always(code(6)).path("/faction/20"));
    let active = || {
        torn.rows("SELECT (SELECT is_active FROM players WHERE player_id = 2), is_active FROM factions WHERE faction_id = 20")
    };

    for (hours, expected) in [
        (1, "1|1"),
        (2, "1|1"),
        (8, "1|1"),
        (32, "1|1"),
        (56, "1|1"),
        (80, "0|0"),
    ] {
        torn.fetch_at(NOW + hours * HOUR, &["factions", "players"])
            .expect(3);
        assert_eq!(active(), [expected], "after {hours} hours");
    }

    // A followed id is still requested daily.
    torn.simulator.clear_faults();
    torn.fetch_at(NOW + 104 * HOUR, &["factions", "players"])
        .expect(0);
    assert_eq!(active(), ["1|1"]);
    let calls = torn.calls();
    torn.fetch_at(NOW + 104 * HOUR + 1, &["factions", "players"])
        .expect(0);
    assert_eq!(torn.calls(), calls + 2, "and is asked about as before");
}

/// The number of calls to this path.
fn asked_for(torn: &Torn, path: &str) -> usize {
    let asked = torn.asked();
    asked.iter().filter(|asked| asked.starts_with(path)).count()
}

#[test]
fn three_misses_in_twenty_minutes_pause_an_id_for_an_hour_at_most() {
    let torn = Torn::new();
    torn.follow(
        "[track]\nplayers = [2]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
    );
    for path in ["/user/2", "/faction/9"] {
        torn.simulator.fault(Fault::times(3, code(6)).path(path));
    }
    let mut told = Vec::new();

    for minute in [0, 4, 8, 12, 16, 60] {
        let finished = torn.fetch_at(NOW + 60 * minute, &["factions", "players"]);
        told.push((minute, finished.code()));
    }
    // The second miss came an hour after the first, the third six hours later.
    for minute in [61, 7 * 60, 8 * 60, 30 * 60, 31 * 60, 32 * 60] {
        let finished = torn.fetch_at(NOW + 60 * minute, &["factions", "players"]);
        told.push((minute, finished.code()));
    }

    let failed: Vec<i64> = told
        .iter()
        .filter(|(_, code)| *code == 3)
        .map(|(at, _)| *at)
        .collect();
    // A run in which every followed id is deferred fails, too.
    assert_eq!(
        failed,
        [0, 4, 8, 12, 16, 60, 61, 7 * 60, 8 * 60, 30 * 60],
        "{told:?}"
    );
    assert_eq!(asked_for(&torn, "/user/2"), 5);
    assert_eq!(asked_for(&torn, "/faction/9"), 5);
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM missing_entities"),
        0
    );
    assert_eq!(
        torn.rows("SELECT is_active FROM players UNION SELECT is_active FROM factions"),
        ["1"]
    );
}

#[test]
fn misses_within_half_an_hour_count_once_even_when_the_id_is_named() {
    let torn = Torn::new();
    torn.simulator.fault(Fault::always(code(6)).path("/user/2"));
    for minute in [0, 5, 10, 15, 20, 25] {
        torn.fetch_at(NOW + 60 * minute, &["players", "--player", "2"])
            .expect(3);
    }

    assert_eq!(
        asked_for(&torn, "/user/2"),
        6,
        "who is named is asked about"
    );
    assert_eq!(
        torn.rows("SELECT kind, entity_id, misses, first_miss FROM missing_entities"),
        [format!("player|2|1|{NOW}")]
    );
}

#[test]
fn a_member_on_a_roster_is_asked_about_daily_and_stays_active_whatever_torn_says() {
    let torn = Torn::new();
    torn.simulator.fault(Fault::always(code(6)).path("/user/2"));
    for quarter in 0..40 {
        torn.fetch_at(NOW + quarter * 6 * HOUR, &["factions", "players"]);
        assert_eq!(
            torn.rows("SELECT is_active, faction_id FROM players WHERE player_id = 2"),
            ["1|9"],
            "quarter {quarter}"
        );
    }
    let asked = asked_for(&torn, "/user/2");
    assert!((9..=13).contains(&asked), "{asked} times in ten days");

    torn.simulator.clear_faults();
    torn.fetch_at(NOW + 11 * DAY, &["factions", "players"])
        .expect(0);
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM player_stats_history WHERE player_id = 2"),
        1
    );
}

#[test]
fn a_missing_id_in_no_configuration_or_roster_is_asked_about_weekly() {
    let torn = Torn::new();
    torn.fetch(&["factions", "players"]).expect(0);
    for path in ["/user/2", "/faction/9"] {
        torn.simulator.fault(Fault::always(code(6)).path(path));
    }
    torn.simulator.clear_requests();
    for day in 1..=30 {
        torn.fetch_at(NOW + day * DAY, &["factions", "players"])
            .expect(3);
    }

    // Daily at first, then weekly; the faction is followed by name.
    let (player, faction) = (asked_for(&torn, "/user/2"), asked_for(&torn, "/faction/9"));
    assert!((6..=8).contains(&player), "{player}");
    assert_eq!(faction, 30);
    assert_eq!(
        torn.rows("SELECT is_active FROM players WHERE player_id = 2 UNION ALL SELECT is_active FROM factions"),
        ["0", "0"]
    );
}

/// A run whose only target is an id that Torn does not know.
struct Unknown {
    kind: &'static str,
    /// The content of `[track]`.
    follow: &'static str,
    /// The path of the call that fails.
    path: &'static str,
}

#[test]
fn a_run_that_asks_about_nothing_that_is_followed_is_no_success_and_health_names_the_ids() {
    for Unknown { kind, follow, path } in [
        Unknown {
            kind: "factions",
            follow: "factions = [9]\nmembers = false",
            path: "/faction/9",
        },
        Unknown {
            kind: "wars",
            follow: "factions = [9]\nmembers = false",
            path: "/faction/9",
        },
        Unknown {
            kind: "territories",
            follow: "factions = [9]\nmembers = false",
            path: "/faction/9",
        },
        Unknown {
            kind: "players",
            follow: "players = [2]",
            path: "/user/2",
        },
    ] {
        let torn = Torn::new();
        torn.follow(&format!("[track]\n{follow}\n"));
        torn.simulator.fault(Fault::always(code(6)).path(path));
        let ask = if kind == "players" {
            "players"
        } else {
            "factions"
        };
        torn.fetch(&[ask]).expect(3);
        torn.simulator.clear_requests();

        let finished = torn.fetch_at(NOW + 60, &[kind]).expect(3);

        assert_eq!(torn.calls(), 0, "{kind}: {:?}", torn.asked());
        let stderr = finished.stderr();
        let warning = "Torn does not know this id; it is requested less often now";
        assert!(stderr.contains(warning), "{kind}: {stderr}");
        assert_eq!(
            torn.rows("SELECT status, failed FROM fetch_runs ORDER BY id DESC LIMIT 1"),
            ["failed|1"],
            "{kind}"
        );
        let health = torn.sandbox.run_at(NOW + 60, &["health", "--json"]).json();
        let checks = health["checks"].as_array().unwrap();
        let named = checks.iter().any(|check| {
            let id = if kind == "players" { "2" } else { "9" };
            check["state"] != "ok"
                && check["message"]
                    .as_str()
                    .unwrap()
                    .contains(&format!("{} {id}", &ask[..ask.len() - 1]))
        });
        assert!(named, "{kind}: {health:#}");
    }
}

#[test]
fn an_id_that_is_unknown_inside_an_answer_is_a_miss_too() {
    let torn = Torn::new();
    torn.follow(
        "[track]\nplayers = [2]\nfactions = [20]\nmembers = false\nterritories = \"none\"\n",
    );
    let unknown = json!({ "code": 6, "error": "Incorrect ID" });
    for (path, selection) in [("/user/2", "/profile"), ("/faction/20", "/basic")] {
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(selection.to_owned(), unknown.clone())).path(path),
        );
    }

    torn.fetch(&["factions", "players"]).expect(3);

    assert_eq!(
        torn.rows("SELECT kind, entity_id, misses FROM missing_entities ORDER BY 1"),
        ["faction|20|1", "player|2|1"]
    );
}

#[test]
fn a_tile_that_torn_does_not_know_is_asked_about_less_often() {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_tile("AAB");
    });
    torn.follow("[track]\nfactions = [9]\nterritories = [\"AAB\", \"ZZZ\"]\n");

    let first = torn.fetch(&["territories"]).expect(3);
    let said = first.stderr();
    assert!(said.contains("tile ZZZ: Torn does not know it"), "{said}");
    assert!(
        said.contains("try: correct these ids under [track]"),
        "{said}"
    );
    assert_eq!(
        torn.rows("SELECT kind, entity_id, misses, first_miss, last_miss FROM missing_entities"),
        [format!("tile|ZZZ|1|{NOW}|{NOW}")]
    );

    torn.fetch_at(NOW + 60, &["territories"]).expect(0);
    torn.fetch_at(NOW + HOUR + 60, &["territories"]).expect(3);

    torn.edit(|world| {
        world.pin_tile("ZZZ");
    });
    torn.fetch_at(NOW + 8 * HOUR, &["territories"]).expect(0);
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM missing_entities"),
        0
    );
}

#[test]
fn a_run_whose_tiles_are_all_unknown_to_torn_fails_without_a_call() {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_tile("AAB");
    });
    torn.follow("[track]\nterritories = [\"QQQ\", \"ZZZ\"]\n");
    torn.fetch(&["territories"]).expect(3);
    let calls = torn.calls();

    let again = torn.fetch_at(NOW + 60, &["territories"]).expect(3);

    assert_eq!(torn.calls(), calls);
    assert!(
        again
            .stderr()
            .contains("tiles QQQ, ZZZ: Torn does not know these ids"),
        "{}",
        again.stderr()
    );
}

#[test]
fn a_tile_on_a_page_that_could_not_be_read_does_not_count_as_unknown() {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_tile("AAB");
        world.pin_tile("AAC");
    });
    torn.follow("[track]\nterritories = [\"AAB\", \"AAC\"]\n");
    let fault = FaultKind::Patch("/territoryOwnership/0/id".to_owned(), json!("nonsense"));
    torn.simulator
        .fault(Fault::always(fault).path("/faction/territoryownership"));

    torn.fetch(&["territories"]).expect(3);

    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM missing_entities"),
        0
    );
}

#[test]
fn the_advice_about_unknown_ids_names_the_place_that_lists_them() {
    struct Case {
        follow: &'static str,
        flags: &'static [&'static str],
        unknown: &'static [i64],
        advice: &'static str,
    }
    let roster = "try: look these ids up on torn.com; they are requested again after an hour, after six hours, and then daily, \
                  while the roster lists them";
    for Case {
        follow,
        flags,
        unknown,
        advice,
    } in [
        Case {
            follow: "factions = [9]",
            flags: &[],
            unknown: &[2, 3],
            advice: roster,
        },
        Case {
            follow: "players = [2]\nfactions = [9]",
            flags: &[],
            unknown: &[2, 3],
            advice: "try: correct these ids under [track]",
        },
        Case {
            follow: "factions = [9]",
            flags: &["--player", "77"],
            unknown: &[77],
            advice: "try: look these ids up on torn.com, and name the right ones with --player and --faction",
        },
        Case {
            follow: "factions = [20]",
            flags: &["--faction", "9"],
            unknown: &[2, 3],
            advice: roster,
        },
    ] {
        let torn = Torn::new();
        torn.follow(&format!("[track]\n{follow}\nterritories = \"none\"\n"));
        torn.fetch(&["factions", "--faction", "9"]).expect(0);
        for id in unknown {
            torn.simulator
                .fault(Fault::always(code(6)).path(format!("/user/{id}")));
        }

        let said = torn
            .fetch_at(NOW + 60, &[&["players"], flags].concat())
            .expect(3)
            .stderr();

        assert!(said.contains(advice), "{follow} {flags:?}: {said}");
    }
}

#[test]
fn a_run_whose_members_are_all_deferred_counts_each_of_them() {
    let torn = Torn::new();
    torn.simulator.fault(Fault::always(code(6)).path("/user"));
    torn.fetch(&["factions"]).expect(0);
    let first = torn.fetch(&["players"]).expect(3).stderr();
    assert!(first.contains("could not fetch 3 of 3 targets"), "{first}");

    let again = torn.fetch_at(NOW + 60, &["players"]).expect(3).stderr();

    assert!(again.contains("could not fetch 3 of 3 targets"), "{again}");
    assert!(
        again.contains("players 1, 2, 3: Torn does not know these ids"),
        "{again}"
    );
    assert!(again.contains("while the roster lists them"), "{again}");
    assert_eq!(
        torn.rows("SELECT status, failed, requests FROM fetch_runs ORDER BY id DESC LIMIT 1"),
        ["failed|3|0"]
    );
}
