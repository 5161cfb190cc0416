//! Torn's error codes: the exit code, the saved rows, the state of the key and the number of calls.

use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::torn::{BOBS_KEY, OURS, Torn};
use crate::support::{CANARY, Finished, NOW};

/// The error with this code.
pub fn code(number: i64) -> FaultKind {
    FaultKind::Code(number, format!("words of {number}"))
}

/// The effects of an error code that answers every call about the followed faction.
struct Case {
    code: i64,
    exit: i32,
    calls: usize,
    key: &'static str,
}

const fn case(code: i64, exit: i32, calls: usize, key: &'static str) -> Case {
    Case {
        code,
        exit,
        calls,
        key,
    }
}

/// A passing fault is tried four times; a fault of the key or the address once.
const CASES: [Case; 37] = [
    case(0, 75, 4, "ok"),
    case(1, 77, 1, "paused"),
    // `/key/info` accepts the key, so the call is tried once more.
    case(2, 77, 2, "paused"),
    case(3, 1, 1, "ok"),
    case(4, 77, 1, "ok"),
    case(6, 3, 1, "ok"),
    case(7, 77, 1, "ok"),
    case(8, 75, 1, "ok"),
    case(9, 75, 1, "ok"),
    case(10, 77, 1, "paused"),
    case(11, 75, 4, "ok"),
    case(12, 75, 4, "ok"),
    case(13, 77, 1, "paused"),
    case(14, 75, 1, "ok"),
    case(15, 75, 4, "ok"),
    case(16, 77, 1, "ok"),
    case(17, 75, 4, "ok"),
    case(18, 77, 1, "paused"),
    case(19, 1, 1, "ok"),
    case(20, 1, 1, "ok"),
    case(21, 1, 1, "ok"),
    case(22, 1, 1, "ok"),
    case(23, 1, 1, "ok"),
    case(24, 75, 1, "ok"),
    case(25, 1, 1, "ok"),
    case(26, 1, 1, "ok"),
    case(27, 1, 1, "ok"),
    case(28, 1, 1, "ok"),
    case(29, 1, 1, "ok"),
    case(30, 1, 1, "ok"),
    case(31, 75, 4, "ok"),
    case(32, 1, 1, "ok"),
    case(33, 1, 1, "ok"),
    case(99, 1, 1, "ok"),
    case(-1, 1, 1, "ok"),
    case(1_000_000, 1, 1, "ok"),
    case(i64::MAX, 1, 1, "ok"),
];

#[test]
fn each_error_code_has_its_exit_code_its_calls_and_its_key_state() {
    for Case {
        code: number,
        exit,
        calls,
        key,
    } in CASES
    {
        let torn = Torn::new();
        torn.simulator
            .fault(Fault::always(code(number)).path("/faction/9"));

        let finished = torn.fetch(&["factions"]);

        let stderr = finished.stderr();
        assert_eq!(finished.code(), exit, "code {number}: {stderr}");
        assert_eq!(torn.calls(), calls, "code {number}: {:?}", torn.asked());
        let states = torn.rows("SELECT name, state FROM api_keys");
        assert_eq!(states, [format!("key1|{key}")], "code {number}");
        assert!(
            stderr.contains(&format!("error {number}: words of {number}")),
            "code {number}: {stderr}"
        );
        assert_eq!(torn.value::<i64>("SELECT count(*) FROM faction_history"), 0);
        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM rejected_payloads"),
            0
        );
        let run = torn.rows("SELECT kind, status, entities, finished_at FROM fetch_runs");
        assert_eq!(run, [format!("factions|failed|0|{NOW}")], "code {number}");
    }
}

#[test]
fn an_error_code_for_one_target_does_not_affect_the_others() {
    for number in [0, 3, 4, 6, 7, 12, 14, 15, 17, 19, 31, 32, 99] {
        let torn = Torn::new();
        torn.follow("[track]\nfactions = [9, 20]\nterritories = \"none\"\n");
        torn.simulator
            .fault(Fault::always(code(number)).path("/faction/9"));

        torn.fetch(&["factions"]).expect(3);

        let saved = torn.rows("SELECT faction_id FROM faction_history");
        assert_eq!(saved, ["20"], "code {number}");
        let run = torn.rows("SELECT status, entities, failed FROM fetch_runs");
        assert_eq!(run, ["partial|1|1"], "code {number}");
    }
}

#[test]
fn an_error_counts_before_the_http_status() {
    for status in [200, 400, 403, 429, 500, 503] {
        let torn = Torn::new();
        let dead = FaultKind::CodeWithStatus(2, "Incorrect key".to_owned(), status);
        torn.simulator.fault(Fault::always(dead).after(1));

        torn.fetch(&["factions"]).expect(77);

        assert_eq!(
            torn.asked(),
            [
                "/key/info",
                "/faction/9?selections=basic,members",
                "/key/info"
            ],
            "status {status}"
        );
        assert_eq!(torn.rows("SELECT state FROM api_keys"), ["dead"]);
    }
}

#[test]
fn after_a_block_no_run_makes_a_call_for_ten_minutes() {
    let torn = Torn::with_two_keys();
    torn.simulator.fault(Fault::once(code(8)).path("/faction/"));

    let blocked = torn.fetch(&["factions"]).expect(75);
    assert_eq!(
        blocked.stderr(),
        "fetched: factions 0 saved (0 changed); 3 calls\n\
         tornsnap: could not fetch anything\n  \
         because: Torn answered error 8: words of 8\n  \
         try: no call is made before 2026-04-01T12:10:00Z; look for another program that uses bad keys\n"
    );
    let calls = torn.simulator.requests().len();
    for seconds in [1, 60, 599] {
        torn.fetch_at(NOW + seconds, &["all"]).expect(75);
    }
    assert_eq!(
        torn.simulator.requests().len(),
        calls,
        "no call while blocked"
    );

    torn.fetch_at(NOW + 600, &["factions"]).expect(0);
}

#[test]
fn a_block_or_a_closed_api_in_mid_run_keeps_what_was_saved() {
    for number in [8, 9] {
        let torn = Torn::new();
        torn.configure(
            "requests_per_minute = 0\nconcurrency = 1\n",
            "[track]\nplayers = [1, 2, 3]\n",
        );
        torn.simulator
            .fault(Fault::always(code(number)).path("/user").after(2));

        torn.fetch(&["players"]).expect(3);

        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM player_stats_history"),
            2
        );
        assert_eq!(torn.calls(), 3, "code {number}: nothing after it");
        assert_eq!(torn.rows("SELECT status FROM fetch_runs"), ["partial"]);
    }
}

#[test]
fn after_too_many_requests_another_owners_key_continues_at_once() {
    let torn = Torn::with_two_keys();
    torn.follow("[track]\nplayers = [1, 2, 3]\n");
    torn.simulator
        .fault(Fault::once(code(5)).path("/user").key(CANARY));

    let start = std::time::Instant::now();
    torn.fetch(&["players"]).expect(0);

    // Only key 1 can read the battle stats of player 1, so the run waits for it.
    assert!(start.elapsed().as_secs() < 25);
    assert_eq!(
        torn.value::<i64>("SELECT count(DISTINCT player_id) FROM player_stats_history"),
        3
    );
}

#[test]
fn a_pause_is_remembered_by_the_next_process() {
    let torn = Torn::with_two_keys();
    torn.simulator
        .fault(Fault::always(code(5)).path("/faction").key(CANARY));
    let as_in_real_life = torn
        .fetching(&["factions"])
        .env_remove("TORNSNAP_FIRST_PAUSE_MS")
        .output();
    Finished(as_in_real_life.unwrap()).expect(0);
    assert_eq!(
        torn.rows("SELECT name, state, paused_until FROM api_keys ORDER BY name"),
        [format!("key1|paused|{}", NOW + 15), "key2|ok|".to_owned()]
    );

    torn.simulator.clear_requests();
    torn.fetch_at(NOW + 5, &["factions"]).expect(0);
    assert_eq!(torn.calls_with(CANARY), 0);
    assert_eq!(torn.calls_with(BOBS_KEY), 1);

    torn.simulator.clear_faults();
    torn.fetch_at(NOW + 15, &["factions", "--faction", &format!("{OURS},20")])
        .expect(0);
    assert_eq!(torn.calls_with(CANARY), 1, "{:?}", torn.asked());
}

#[test]
fn several_calls_refused_at_once_count_as_one_refusal() {
    for refusal in [
        code(5),
        FaultKind::Status(429, String::new(), "text/html".to_owned(), Vec::new()),
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [2, 3, 4, 5, 6, 7]\n");
        torn.edit(|world| (4..=7).for_each(|id| world.pin_player(id).level = id));
        // Four threads ask at once, and the answers are delayed so that all calls overlap.
        torn.simulator.fault(Fault::times(4, refusal).path("/user"));

        torn.fetch(&["players"]).expect(0);

        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM player_stats_history"),
            6
        );
    }
}

#[test]
fn a_run_ends_though_a_server_refuses_every_call() {
    for refusal in [
        code(5),
        FaultKind::Status(429, String::new(), "text/html".to_owned(), Vec::new()),
    ] {
        let torn = Torn::new();
        torn.simulator
            .fault(Fault::always(refusal.clone()).path("/faction"));

        let finished = torn.fetch(&["factions"]).expect(75);

        assert_eq!(torn.calls(), 4, "{refusal:?}");
        assert!(
            finished
                .stderr()
                .contains("because: Torn wants no calls for"),
            "{}",
            finished.stderr()
        );
    }
}

#[test]
fn a_flag_that_does_not_apply_to_a_kind_is_a_usage_error() {
    let torn = Torn::new();
    for (arguments, kinds) in [
        (&["factions", "--player", "1"][..], "factions"),
        (&["wars", "--player", "1", "--plan"], "wars"),
        (&["players", "territories", "--player", "1"], "territories"),
        (
            &["factions", "wars", "--player", "1", "--faction", "9"],
            "factions and wars",
        ),
    ] {
        let refused = torn.fetch(arguments).expect(2).stderr();
        let why = format!("because: --player does not apply to {kinds}\n");
        assert!(refused.contains(&why), "{arguments:?}: {refused}");
    }
    assert_eq!(torn.calls(), 0);
    for arguments in [
        &["all", "--player", "1"][..],
        &["players", "factions", "--player", "1", "--faction", "9"],
        &["players", "--faction", "9"],
    ] {
        torn.fetch(arguments).expect(0);
    }
}
