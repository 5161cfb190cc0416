//! Keys: which ones a run uses, and their state after a refusal.

use tornsnap::testing::sim::{Access, Fault, FaultKind, Key};

use crate::support::torn::Torn;
use crate::support::{CANARY, DAY, NOW};

fn code(number: i64) -> FaultKind {
    FaultKind::Code(number, format!("words of {number}"))
}

#[test]
fn a_key_that_torn_calls_incorrect_is_dead() {
    let torn = Torn::new();
    torn.simulator.fault(Fault::always(code(2)).after(1));

    torn.fetch(&["factions"]).expect(77);

    assert_eq!(
        torn.asked(),
        ["/key/info", "/faction/9?selections=basic,members"]
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
fn one_refusal_ends_the_use_of_a_key_whatever_key_info_says() {
    for path in ["/faction", "/user"] {
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [1, 2, 3, 4, 5, 6]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.simulator.fault(Fault::always(code(2)).path(path));

        let stderr = torn
            .fetch(&["factions", "players"])
            .expect(if path == "/user" { 3 } else { 77 });

        assert!(
            stderr
                .stderr()
                .contains("key key1 is not used any more: Torn answered error 2: words of 2"),
            "{path}: {}",
            stderr.stderr()
        );
        assert_eq!(
            torn.rows("SELECT state, last_error FROM api_keys"),
            ["dead|Torn answered error 2: words of 2"],
            "{path}"
        );
        // The calls of several threads may overlap with the first refusal.
        let refused = |torn: &Torn| {
            torn.asked()
                .iter()
                .filter(|asked| asked.starts_with(path))
                .count()
        };
        let first = refused(&torn);
        assert!((1..=4).contains(&first), "{path}: {:?}", torn.asked());
        assert_eq!(
            torn.asked()
                .iter()
                .filter(|asked| *asked == "/key/info")
                .count(),
            1
        );
        for minutes in [4, 8, 60 * 48] {
            torn.fetch_at(NOW + 60 * minutes, &["all"]).expect(77);
        }
        assert_eq!(refused(&torn), first, "{path}");
    }
}

#[test]
fn a_refusal_in_one_selection_ends_the_use_of_the_key_too() {
    let torn = Torn::with_two_keys();
    let refusal = serde_json::json!({ "code": 2, "error": "words of 2" });
    torn.simulator.fault(
        Fault::always(FaultKind::Patch("/members".to_owned(), refusal))
            .path("/faction/9")
            .key(CANARY),
    );

    torn.fetch(&["factions"]).expect(0);

    assert_eq!(
        torn.rows("SELECT name, state FROM api_keys ORDER BY name"),
        ["key1|dead", "key2|ok"]
    );
}

#[test]
fn a_key_that_torn_refused_is_used_again_once_a_check_has_accepted_it() {
    for check in [
        &["init", "--non-interactive"][..],
        &["config", "check", "--online"],
    ] {
        let torn = Torn::new();
        torn.simulator.fault(Fault::once(code(2)).path("/faction"));
        torn.fetch(&["factions"]).expect(77);
        torn.fetch(&["factions"]).expect(77);

        torn.sandbox.run(check).expect(0);

        assert_eq!(torn.rows("SELECT state, last_error FROM api_keys"), ["ok|"]);
        torn.fetch(&["factions"]).expect(0);
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
