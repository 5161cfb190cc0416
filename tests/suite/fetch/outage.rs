//! Outages: when a run continues, when it stops, and what it saves.

use std::time::{Duration, Instant};

use tornsnap::testing::sim::{Fault, FaultKind};

use super::codes::code;
use super::faults::status;
use crate::init::Fresh;
use crate::support::NOW;
use crate::support::torn::{OURS, Torn};

/// A faction with this many members, whose roster has been fetched.
fn members(count: i64, api: &str) -> Torn {
    let torn = Torn::new();
    torn.configure(
        &format!("requests_per_minute = 0\n{api}"),
        "[track]\nfactions = [9]\nterritories = \"none\"\n",
    );
    torn.edit(|world| {
        (1..=count).for_each(|id| world.pin_player(id).faction_id = Some(OURS));
    });
    torn.fetch(&["factions"]).expect(0);
    torn.simulator.clear_requests();
    torn
}

/// The number of different players in the calls.
fn targets(torn: &Torn) -> usize {
    let mut asked: Vec<String> = torn
        .asked()
        .into_iter()
        .filter(|path| path.starts_with("/user"))
        .map(|path| path.split('?').next().unwrap().to_owned())
        .collect();
    asked.sort();
    asked.dedup();
    asked.len()
}

fn saved(torn: &Torn) -> i64 {
    torn.value("SELECT count(DISTINCT player_id) FROM player_stats_history")
}

#[test]
fn a_server_that_falls_silent_in_mid_run_ends_it_within_about_ten_targets() {
    let torn = members(100, "timeout_seconds = 1\n");
    torn.simulator.fault(
        Fault::always(FaultKind::Hang(Duration::from_secs(60)))
            .path("/user")
            .after(5),
    );
    let start = Instant::now();

    let finished = torn.fetch(&["players"]).expect(3);

    assert!(
        start.elapsed() < Duration::from_secs(25),
        "{:?}",
        start.elapsed()
    );
    assert!(targets(&torn) <= 5 + 10, "{}", targets(&torn));
    assert_eq!(saved(&torn), 5);
    assert!(
        finished
            .stderr()
            .contains("because: no answer within 1 seconds"),
        "{}",
        finished.stderr()
    );
}

/// How the cause begins. It does not say twice that there is no answer.
fn because(fault: &FaultKind) -> &'static str {
    match fault {
        FaultKind::Reset => "because: no connection: ",
        _ => "because: Torn is not answering: ",
    }
}

#[test]
fn any_fault_that_passes_every_retry_ends_a_run_after_about_six_targets() {
    for fault in [
        FaultKind::Reset,
        FaultKind::Html503,
        FaultKind::Broken,
        FaultKind::Empty,
        FaultKind::NotJson,
        status(403, &[]),
        status(500, &[]),
        code(17),
        code(0),
        code(15),
    ] {
        for (after, exit) in [(0, 75), (5, 3)] {
            let torn = members(40, "");
            torn.simulator
                .fault(Fault::always(fault.clone()).path("/user").after(after));

            let finished = torn.fetch(&["players"]).expect(exit);

            let after = usize::try_from(after).unwrap();
            assert!(
                targets(&torn) <= after + 10,
                "{fault:?}: {}",
                targets(&torn)
            );
            assert!(torn.calls() <= after + 40, "{fault:?}: {}", torn.calls());
            assert!(
                finished.stderr().contains(because(&fault)),
                "{fault:?}: {}",
                finished.stderr()
            );
            // The next run continues with the targets that this one missed.
            torn.simulator.clear_faults();
            torn.fetch_at(NOW + 240, &["players"]).expect(0);
            assert_eq!(saved(&torn), 40);
        }
    }
}

#[test]
fn a_success_in_between_resets_the_count() {
    let torn = members(60, "concurrency = 1\n");
    for id in (10..=60).filter(|id| id % 3 != 0) {
        torn.simulator.fault(
            Fault::always(FaultKind::Html503)
                .path(format!("/user/{id}"))
                .query("profile"),
        );
    }

    let finished = torn.fetch(&["players"]).expect(3);

    assert!(
        !finished.stderr().contains("Torn is not answering"),
        "{}",
        finished.stderr()
    );
    assert_eq!(targets(&torn), 60);
}

#[test]
fn refusals_that_are_no_faults_end_no_run_however_many() {
    for number in [6, 7, 21, 99] {
        let torn = members(30, "");
        torn.simulator
            .fault(Fault::always(code(number)).path("/user/"));

        torn.fetch(&["players"]).expect(3);

        assert_eq!(targets(&torn), 30, "code {number}");
    }
}

/// A refusal of every n-th call.
struct Refused {
    refusal: FaultKind,
    every: u32,
}

#[test]
fn pauses_that_torn_asks_for_end_no_run_while_calls_succeed_in_between() {
    for Refused { refusal, every } in [
        Refused {
            refusal: status(429, &[]),
            every: 8,
        },
        Refused {
            refusal: code(5),
            every: 10,
        },
        Refused {
            refusal: code(5),
            every: 3,
        },
        Refused {
            refusal: status(429, &[]),
            every: 2,
        },
    ] {
        let torn = members(100, "");
        // Each fault applies to one call. `every - 1` calls succeed between two faults.
        for turn in 1..=30 {
            torn.simulator.fault(
                Fault::once(refusal.clone())
                    .path("/user")
                    .after(turn * (every - 1)),
            );
        }

        let finished = torn.fetch(&["players"]).expect(0);

        assert_eq!(saved(&torn), 100, "{refusal:?} every {every}");
        assert_eq!(
            finished.stderr().lines().count(),
            1,
            "{}",
            finished.stderr()
        );
    }
}

#[test]
fn a_retry_after_is_waited_for_each_time() {
    let torn = members(20, "concurrency = 1\n");
    for turn in 1..=3 {
        torn.simulator.fault(
            Fault::once(status(429, &[("Retry-After", "1")]))
                .path("/user")
                .after(turn * 5),
        );
    }
    let start = Instant::now();

    torn.fetch(&["players"]).expect(0);

    assert!(
        start.elapsed() >= Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(saved(&torn), 20);
}

#[test]
fn init_waits_and_retries_as_fetch_does() {
    for (times, fault) in [
        (1, status(429, &[("Retry-After", "1")])),
        (1, status(429, &[])),
        (3, FaultKind::Html503),
        (3, FaultKind::Broken),
        (2, code(5)),
        (3, code(17)),
    ] {
        let fresh = Fresh::new();
        fresh.simulator.fault(Fault::times(times, fault.clone()));

        fresh
            .init(&["--key-file", "alice.key", "--faction", "9"])
            .expect(0);
    }
}

/// A call that Torn answers with code 24.
struct Closed {
    path: &'static str,
    /// A part of the query.
    query: &'static str,
    exit: i32,
    /// The number of rows about players, factions, wars and tiles.
    saved: &'static str,
}

const CLOSED: &[Closed] = &[
    Closed {
        path: "/faction/warfareranked",
        query: "",
        exit: 3,
        saved: "3|1|1|1",
    },
    Closed {
        path: "/faction/warfareterritory",
        query: "",
        exit: 3,
        saved: "3|1|1|1",
    },
    Closed {
        path: "/faction/rackets",
        query: "",
        exit: 3,
        saved: "3|1|2|1",
    },
    Closed {
        path: "/faction/territoryownership",
        query: "",
        exit: 3,
        saved: "3|1|2|0",
    },
    Closed {
        path: "/torn/territory",
        query: "",
        exit: 3,
        saved: "3|1|2|1",
    },
    Closed {
        path: "/faction/9",
        query: "selections=basic",
        exit: 3,
        saved: "3|0|2|1",
    },
    Closed {
        path: "/user",
        query: "personalstats",
        exit: 0,
        saved: "3|1|2|1",
    },
    Closed {
        path: "/user",
        query: "battlestats",
        exit: 0,
        saved: "3|1|2|1",
    },
    Closed {
        path: "/user",
        query: "selections",
        exit: 3,
        saved: "0|1|2|1",
    },
    Closed {
        path: "/faction/9/rankedwars",
        query: "",
        exit: 3,
        saved: "3|1|2|1",
    },
];

#[test]
fn a_closed_endpoint_fails_only_its_own_targets() {
    for &Closed {
        path,
        query,
        exit,
        saved,
    } in CLOSED
    {
        let torn = Torn::new();
        torn.configure(
            "requests_per_minute = 0\nconcurrency = 1\n",
            "[track]\nplayers = [1, 2, 3]\nfactions = [9]\nmembers = false\nwars = \"all\"\nterritories = \"all\"\n",
        );
        torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
        torn.pin_ranked_war(5, |_| {});
        torn.pin_territory_war(6, |_| {});
        torn.simulator
            .fault(Fault::always(code(24)).path(path).query(query));

        torn.fetch(&["all"]).expect(exit);

        assert_eq!(
            torn.rows(
                "SELECT (SELECT count(*) FROM player_stats_history), (SELECT count(*) FROM faction_history),
                        (SELECT count(*) FROM war_status_history), (SELECT count(*) FROM territory_ownership_history)"
            ),
            [saved],
            "{path} {query}"
        );
        let asked = torn.asked();
        let closed: Vec<&String> = asked
            .iter()
            .filter(|asked| asked.starts_with(path) && asked.contains(query))
            .collect();
        let mut once = closed.clone();
        once.dedup_by_key(|path| {
            path.split_once("selections=")
                .map(|(_, rest)| rest.to_owned())
        });
        assert_eq!(
            closed.len(),
            once.len(),
            "{path} {query} was asked again: {closed:?}"
        );
    }
}

#[test]
fn wars_that_are_closed_leave_the_faction_and_its_roster() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |_| {});
    torn.simulator.fault(Fault::always(code(24)).query("wars"));

    torn.fetch(&["factions", "wars"]).expect(3);

    assert_eq!(
        torn.rows("SELECT kind, status, entities FROM fetch_runs ORDER BY id"),
        ["factions|ok|1", "wars|failed|0"]
    );
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM players"), 3);
}

#[test]
fn a_closed_api_ends_the_run_and_is_asked_again_by_the_next() {
    let torn = Torn::new();
    torn.simulator
        .fault(Fault::once(code(9)).path("/faction/9"));

    torn.fetch(&["all"]).expect(75);
    assert_eq!(torn.calls(), 1);

    torn.fetch_at(NOW + 240, &["all"]).expect(0);
}

#[test]
fn each_kind_says_the_same_when_nothing_is_reached() {
    let page = FaultKind::Status(
        200,
        "<html>log in</html>".to_owned(),
        "text/html".to_owned(),
        Vec::new(),
    );
    for (fault, help) in [
        (FaultKind::Reset, "check the network, and that http"),
        (
            status(502, &[]),
            "run it again later; a scheduler may just try again",
        ),
        (page, "run it again later; a scheduler may just try again"),
    ] {
        for kind in ["players", "factions", "wars", "territories"] {
            let torn = Torn::new();
            torn.follow(
                "[track]\nplayers = [1]\nfactions = [9]\nwars = \"all\"\nterritories = \"all\"\n",
            );
            torn.fetch(&["all"]).expect(0);
            torn.simulator.fault(Fault::always(fault.clone()));

            let stderr = torn.fetch_at(NOW + 600, &[kind]).expect(75).stderr();

            for part in ["could not fetch anything", because(&fault), help] {
                assert!(stderr.contains(part), "{fault:?} {kind}: {stderr}");
            }
        }
    }
}
