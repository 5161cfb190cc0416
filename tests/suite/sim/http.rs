//! Connections, limits and the log of requests.

use std::time::{Duration, Instant};

use tornsnap::testing::sim::{Access, DEFAULT_START, Key, Options};

use super::{Wire, ask, ask_as, at, code, start};

#[test]
fn the_rate_limit_counts_per_owner_and_not_per_key() {
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
fn an_answer_takes_at_least_the_configured_latency() {
    let simulator = start(Options {
        latency: Duration::from_millis(20),
        ..Options::default()
    });
    let begun = Instant::now();

    ask(&simulator, "/key/info");

    assert!(begun.elapsed() >= Duration::from_millis(20));
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
fn the_log_has_the_newest_requests_up_to_its_limit() {
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
    let [older, newest] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(newest.path, "/torn/territory");
    assert_eq!(newest.query, "limit=1&offset=2");
    assert_eq!(newest.key.as_deref(), Some("SimulatedKeyA001"));
    assert_eq!(newest.user_agent.as_deref(), Some("suite"));
    assert!(newest.authorization && newest.arrived >= older.arrived);
    assert_eq!(newest.time, DEFAULT_START);
    simulator.clear_requests();
    assert!(simulator.requests().is_empty() && silent.requests().is_empty());
}
