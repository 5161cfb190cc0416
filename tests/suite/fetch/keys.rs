//! Keys: which ones a run uses, and their state after a refusal.

use std::time::Duration;

use tornsnap::testing::sim::{Access, Fault, FaultKind, Key, Options};

use super::codes::code;
use crate::support::torn::Torn;
use crate::support::{CANARY, DAY, NOW};

#[test]
fn a_key_that_key_info_refuses_too_is_dead() {
    let torn = Torn::new();
    torn.simulator.fault(Fault::always(code(2)).after(1));

    torn.fetch(&["factions"]).expect(77);

    assert_eq!(
        torn.asked(),
        [
            "/key/info",
            "/faction/9?selections=basic,members",
            "/key/info"
        ]
    );
    assert_eq!(
        torn.rows("SELECT state, last_error FROM api_keys"),
        ["dead|Torn answered error 2: words of 2"]
    );
}

#[test]
fn a_dead_key_is_never_used_again_until_it_is_replaced() {
    let torn = Torn::new();
    torn.simulator.fault(Fault::always(code(2)).after(1));
    torn.fetch(&["factions"]).expect(77);
    torn.simulator.clear_faults();
    let before = torn.simulator.requests().len();

    for days in [0, 1, 40] {
        let again = torn.fetch_at(NOW + days * DAY, &["all"]).expect(77);
        assert!(
            again.stderr().contains("key1 is not used"),
            "{}",
            again.stderr()
        );
    }
    assert_eq!(
        torn.simulator.requests().len(),
        before,
        "no call with a dead key"
    );

    torn.simulator
        .set_keys(vec![Key::new("AnotherFreshKey1", 1, Access::Limited)]);
    torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n");
    torn.fetch(&["factions"]).expect(0);
    assert_eq!(torn.rows("SELECT state, last_error FROM api_keys"), ["ok|"]);
}

#[test]
fn another_key_replaces_one_that_is_dead_or_paused() {
    for (number, state) in [
        (1, "paused"),
        (2, "dead"),
        (10, "paused"),
        (13, "paused"),
        (18, "paused"),
    ] {
        let torn = Torn::with_two_keys();
        // After the check at the start of the run.
        torn.simulator
            .fault(Fault::always(code(number)).key(CANARY).after(1));

        torn.fetch(&["factions"]).expect(0);

        let states = torn.rows("SELECT name, state FROM api_keys ORDER BY name");
        assert_eq!(
            states,
            [format!("key1|{state}"), "key2|ok".to_owned()],
            "code {number}"
        );
        let sources = torn.rows("SELECT data_source FROM faction_history");
        assert_eq!(sources, ["key2"], "code {number}");

        // The next run does not use it.
        torn.simulator.clear_requests();
        torn.fetch(&["factions"]).expect(0);
        assert_eq!(torn.calls_with(CANARY), 0, "code {number}");
    }
}

#[test]
fn a_paused_key_is_not_used_for_a_day_and_delays_no_run_at_its_end() {
    let torn = Torn::with_two_keys();
    torn.simulator
        .fault(Fault::once(code(18)).path("/faction/").key(CANARY));
    torn.fetch(&["factions"]).expect(0);
    let until: i64 = torn.value("SELECT paused_until FROM api_keys WHERE name = 'key1'");
    assert_eq!(until, NOW + DAY);
    torn.simulator.clear_requests();

    // In the last hour of the pause, the other key is still used at once.
    torn.fetch_at(until - 600, &["factions", "players"])
        .expect(0);
    assert_eq!(torn.calls_with(CANARY), 0);

    torn.fetch_at(until, &["factions", "players"]).expect(0);
    assert!(torn.calls_with(CANARY) > 0, "it has rested enough");
    assert_eq!(torn.rows("SELECT DISTINCT state FROM api_keys"), ["ok"]);
}

#[test]
fn a_key_that_was_refused_at_its_first_check_delays_no_run() {
    let torn = Torn::with_two_keys();
    torn.simulator
        .fault(Fault::once(code(18)).path("/key/info").key(CANARY));
    torn.fetch(&["factions"]).expect(0);

    torn.simulator.clear_requests();
    torn.fetch_at(NOW + DAY - 600, &["factions"]).expect(0);

    assert_eq!(torn.calls_with(CANARY), 0);
}

#[test]
fn when_all_keys_are_dead_the_exit_code_says_so() {
    let torn = Torn::with_two_keys();
    torn.simulator.set_keys(Vec::new());

    let finished = torn.fetch(&["all"]).expect(77);

    assert_eq!(torn.asked(), ["/key/info", "/key/info"]);
    assert_eq!(torn.rows("SELECT state FROM api_keys"), ["dead", "dead"]);
    assert!(
        finished.stderr().ends_with(
            "tornsnap: could not fetch anything\n  \
             because: none of the keys can be used\n  \
             try: run `tornsnap health` to see why; put new keys in place, or run `tornsnap init` to check the present ones again\n"
        ),
        "{}",
        finished.stderr()
    );
}

#[test]
fn a_dead_key_is_not_revived_by_the_pause_of_its_owners_other_key() {
    let torn = Torn::with_keys(&[
        Key::new(CANARY, 1, Access::Full),
        Key::new("SecondKeyOfOne01", 1, Access::Full),
    ]);
    torn.follow("[track]\nfactions = [9, 20]\nterritories = \"none\"\n");
    torn.simulator
        .fault(Fault::always(code(2)).key(CANARY).after(1));
    torn.simulator.fault(Fault::once(code(5)).path("/faction"));
    torn.fetch(&["factions"]).expect(0);
    torn.simulator.clear_requests();

    torn.fetch_at(NOW + 600, &["factions"]).expect(0);

    assert_eq!(torn.calls_with(CANARY), 0);
    assert_eq!(
        torn.rows("SELECT name, state FROM api_keys ORDER BY name"),
        ["key1|dead", "key2|ok"]
    );
}

#[test]
fn keys_that_died_do_not_use_up_the_retries_of_a_passing_fault() {
    let keys: Vec<Key> = (1..=5)
        .map(|n| Key::new(format!("KeyOfPlayer0000{n}"), n, Access::Limited))
        .collect();
    let torn = Torn::with_keys(&keys);
    torn.edit(|world| (4..=5).for_each(|id| world.pin_player(id).level = id));
    for key in &keys[..4] {
        torn.simulator
            .fault(Fault::always(code(2)).key(&key.secret).after(1));
    }
    torn.simulator
        .fault(Fault::times(3, FaultKind::Html503).path("/faction"));

    torn.fetch(&["factions"]).expect(0);
}

#[test]
fn a_key_that_is_called_incorrect_once_is_confirmed_and_goes_on() {
    for path in ["/faction", "/user"] {
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [1]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.simulator.fault(Fault::once(code(2)).path(path));

        torn.fetch(&["factions", "players"]).expect(0);

        assert_eq!(
            torn.rows("SELECT state, last_error FROM api_keys"),
            ["ok|"],
            "{path}"
        );
        let asked = torn.asked();
        let checks = asked.iter().filter(|path| *path == "/key/info").count();
        assert_eq!(checks, 2, "{asked:?}");
        assert_eq!(torn.calls(), 3, "{asked:?}");
    }
}

#[test]
fn several_calls_that_find_the_key_incorrect_at_once_are_confirmed_by_one_check() {
    // The answers are delayed so that the calls of four threads overlap.
    let torn = Torn::over(Options {
        now: NOW,
        keys: vec![Key::new(CANARY, 1, Access::Full)],
        latency: Duration::from_millis(400),
        ..Options::empty()
    });
    torn.follow("[track]\nplayers = [2, 3, 4, 5, 6, 7, 8, 9]\n");
    torn.edit(|world| (2..=9).for_each(|id| world.pin_player(id).level = id));
    for id in 2..=5 {
        torn.simulator
            .fault(Fault::once(code(2)).path(format!("/user/{id}")));
    }

    torn.fetch(&["players"]).expect(0);

    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM player_stats_history"),
        8
    );
    assert_eq!(torn.rows("SELECT state FROM api_keys"), ["ok"]);
}

#[test]
fn a_key_is_not_dead_while_it_cannot_be_checked() {
    for fault in [FaultKind::Html503, FaultKind::Reset, code(17)] {
        let torn = Torn::new();
        torn.simulator.fault(Fault::once(code(2)).path("/faction"));
        torn.simulator
            .fault(Fault::always(fault.clone()).path("/key/info").after(1));

        torn.fetch(&["factions"]).expect(75);

        assert_eq!(torn.rows("SELECT state FROM api_keys"), ["ok"], "{fault:?}");
        torn.simulator.clear_faults();
        torn.fetch_at(NOW + 240, &["factions"]).expect(0);
    }
}

#[test]
fn a_key_that_is_refused_again_after_its_check_rests_for_a_day() {
    for path in ["/faction", "/user"] {
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [1, 2, 3]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.simulator.fault(Fault::always(code(2)).path(path));

        torn.fetch(&["factions", "players"])
            .expect(if path == "/user" { 3 } else { 77 });

        assert_eq!(
            torn.rows("SELECT state, last_error FROM api_keys"),
            ["paused|Torn answered error 2: words of 2"],
            "{path}"
        );
        let count = |start: &str| {
            let asked = torn.asked();
            asked.iter().filter(|path| path.starts_with(start)).count()
        };
        // Four threads make calls at the same time. Each may have made one before the check and one after it.
        let refused = count(path);
        assert!((2..=8).contains(&refused), "{path}: {:?}", torn.asked());
        assert_eq!(count("/key/info"), 2, "{path}: {:?}", torn.asked());
        for minutes in [4, 8, 23 * 60] {
            torn.fetch_at(NOW + 60 * minutes, &["all"]).expect(77);
        }
        assert_eq!(count(path), refused, "{path}");
        torn.simulator.clear_faults();
        torn.fetch_at(NOW + DAY + 60, &["all"]).expect(0);
    }
}

#[test]
fn a_refusal_in_one_selection_counts_like_one_of_the_call() {
    let torn = Torn::new();
    let refusal = serde_json::json!({ "code": 2, "error": "words of 2" });
    torn.simulator
        .fault(Fault::always(FaultKind::Patch("/members".to_owned(), refusal)).path("/faction/9"));

    torn.fetch(&["factions"]).expect(3);

    assert_eq!(torn.rows("SELECT state FROM api_keys"), ["paused"]);
}

#[test]
fn a_key_that_torn_refused_is_used_again_once_a_check_has_accepted_it() {
    for (is_known, state) in [(false, "dead"), (true, "paused")] {
        for check in [
            &["init", "--non-interactive"][..],
            &["config", "check", "--online"],
        ] {
            let torn = Torn::new();
            let refused = Fault::always(code(2)).path("/");
            torn.simulator.fault(if is_known {
                refused.path("/faction")
            } else {
                refused
            });
            torn.fetch(&["factions"]).expect(77);
            assert_eq!(torn.rows("SELECT state FROM api_keys"), [state]);
            torn.simulator.clear_faults();
            torn.fetch(&["factions"]).expect(77);

            torn.sandbox.run(check).expect(0);

            assert_eq!(
                torn.rows("SELECT state, last_error FROM api_keys"),
                ["ok|"],
                "{check:?}"
            );
            torn.fetch(&["factions"]).expect(0);
        }
    }
}

#[test]
fn a_key_check_that_does_not_fit_ends_with_76_and_is_kept() {
    for pointer in ["/info", "/info/user", "/info/user/id"] {
        let torn = Torn::new();
        torn.simulator
            .fault(Fault::always(FaultKind::Remove(pointer.to_owned())).path("/key/info"));

        torn.fetch(&["factions"]).expect(76);

        assert_eq!(
            torn.rows("SELECT endpoint, entity FROM rejected_payloads"),
            ["/key/info|key key1"],
            "{pointer}"
        );
        assert_eq!(torn.calls(), 0);
    }
}
