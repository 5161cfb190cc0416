//! The rate limit: the calls that all processes and keys of one owner may make in a minute.

use std::env;
use std::process::Child;
use std::thread;
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use tornsnap::testing::sim::{Access, Key};

use crate::support::torn::{BOBS_KEY, Torn};
use crate::support::{CANARY, skipped};
#[cfg(unix)]
use crate::support::{Finished, signal};

/// The window of Torn's rate limit, in seconds.
const WINDOW: u64 = 60;
const MINUTE: Duration = Duration::from_secs(WINDOW);

/// The calls per minute in the long test.
const LIMIT: usize = 20;

/// Kinds that can run at the same time, each with enough calls to make.
const KINDS: [&str; 3] = ["players", "factions", "wars"];

/// A world in which each kind makes `targets` calls, and a configuration with this limit.
fn busy(keys: &[Key], limit: u32, targets: i64) -> Torn {
    let torn = Torn::with_keys(keys);
    torn.edit(|world| {
        for id in 0..targets {
            world.pin_player(1000 + id).level = 5;
            world.pin_faction(1000 + id).respect = id;
        }
    });
    let ids: Vec<i64> = (1000..1000 + targets).collect();
    torn.configure(
        &format!("requests_per_minute = {limit}\n"),
        &format!("[track]\nplayers = {ids:?}\nfactions = {ids:?}\nmembers = false\nterritories = \"none\"\n"),
    );
    torn
}

/// The most calls of one owner that arrived within any 60 seconds.
fn most_in_a_minute(torn: &Torn, owners: &[&str]) -> usize {
    let arrived: Vec<Duration> = torn
        .simulator
        .requests()
        .into_iter()
        .filter(|request| {
            request
                .key
                .as_deref()
                .is_some_and(|key| owners.contains(&key))
        })
        .map(|request| request.arrived)
        .collect();
    let within = |first: &Duration| {
        arrived
            .iter()
            .filter(|at| *at >= first && **at < *first + MINUTE)
            .count()
    };
    arrived.iter().map(within).max().unwrap_or(0)
}

fn stop(children: Vec<Child>) {
    for mut child in children {
        let _ = child.kill();
        child.wait().unwrap();
    }
}

#[test]
fn three_processes_share_one_budget_and_a_killed_one_takes_no_more_than_it_was_allowed() {
    let torn = busy(&[Key::new(CANARY, 1, Access::Full)], 20, 30);
    // The key has been checked already, so that only calls for targets compete.
    torn.fetch(&["players", "--player", "1000"]).expect(0);
    let mut children: Vec<Child> = KINDS.map(|kind| torn.start(&[kind])).into();
    torn.wait_for_requests(8);
    children[0].kill().unwrap();

    // The killed run loses the permits that its four threads had not used.
    torn.wait_for_requests(20 - 4);
    thread::sleep(Duration::from_millis(1500));

    assert!(torn.simulator.requests().len() <= 20, "{:?}", torn.asked());
    stop(children);
}

#[test]
fn two_keys_of_one_owner_share_a_budget_and_another_owner_has_its_own() {
    const SECOND: &str = "SecondKeyOfOne01";
    let keys = [
        Key::new(CANARY, 1, Access::Limited),
        Key::new(SECOND, 1, Access::Limited),
        Key::new(BOBS_KEY, 2, Access::Limited),
    ];
    let torn = busy(&keys, 10, 40);
    let child = torn.start(&["players"]);

    torn.wait_for_requests(20);
    thread::sleep(Duration::from_secs(1));

    assert_eq!(
        most_in_a_minute(&torn, &[CANARY, SECOND]),
        10,
        "checks of keys count too"
    );
    assert_eq!(most_in_a_minute(&torn, &[BOBS_KEY]), 10);
    stop(vec![child]);
}

#[cfg(unix)]
#[test]
fn a_run_that_waits_for_the_budget_can_be_stopped() {
    let torn = busy(&[Key::new(CANARY, 1, Access::Full)], 3, 30);
    let child = torn.start(&["players"]);
    torn.wait_for_requests(3);
    thread::sleep(Duration::from_millis(100));
    let start = Instant::now();

    signal(&child, "TERM");
    Finished(child.wait_with_output().unwrap()).expect(143);

    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM player_stats_history"),
        2
    );
}

#[test]
fn the_budget_holds_for_two_and_a_half_minutes() {
    if env::var_os("TORNSNAP_HEAVY").is_none() {
        skipped("it takes two and a half minutes; set TORNSNAP_HEAVY=1 to run it");
        return;
    }
    let torn = busy(&[Key::new(CANARY, 1, Access::Full)], 20, 400);
    torn.fetch(&["players", "--player", "1000"]).expect(0);
    let children: Vec<Child> = KINDS.map(|kind| torn.start(&[kind])).into();

    thread::sleep(Duration::from_secs(150));
    stop(children);

    let arrived: Vec<Duration> = torn
        .simulator
        .requests()
        .into_iter()
        .map(|request| request.arrived)
        .collect();
    for (first, later) in arrived.iter().zip(arrived.iter().skip(LIMIT)) {
        let time = later.saturating_sub(*first);
        assert!(time >= MINUTE, "{} calls within {time:?}", LIMIT + 1);
    }
    // In the two windows of a minute after the first one, the budget is used up.
    let start = arrived[0];
    let used = arrived
        .iter()
        .filter(|at| at.saturating_sub(start) < 2 * MINUTE + Duration::from_secs(2))
        .count();
    assert!(
        used * 100 >= 3 * LIMIT * 95,
        "{used} of {} calls",
        3 * LIMIT
    );
}
