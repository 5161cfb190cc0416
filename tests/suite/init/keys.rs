//! The checks of keys that `tornsnap init` makes with Torn.

use tornsnap::testing::sim::{Fault, FaultKind};

use super::Fresh;
use crate::support::set_mode;

#[test]
fn a_refused_key_leaves_nothing_behind() {
    let copy = "copy the key again from https://www.torn.com/preferences.php#tab=api";
    let wait = "wait ten minutes, then run it again; nothing was written";
    for (code, exit, remedy) in [
        (2, 77, copy),
        (1, 77, copy),
        (10, 77, "the key's owner is in federal jail"),
        (13, 77, "offline for more than 7 days: log in to Torn"),
        (16, 77, "make a key with more access"),
        (
            18,
            77,
            "has paused it: resume it at https://www.torn.com/preferences.php#tab=api",
        ),
        (17, 75, wait),
        (8, 75, "look for another program that uses bad keys"),
        (9, 75, "wait until Torn opens its API again"),
        (5, 75, wait),
    ] {
        let fresh = Fresh::new();
        fresh
            .simulator
            .fault(Fault::always(FaultKind::Code(code, "no".to_owned())));

        let finished = fresh
            .init(&["--key-file", "alice.key", "--faction", "9"])
            .expect(exit);

        assert!(
            finished
                .stderr()
                .contains("could not check the key \"alice\""),
            "{}",
            finished.stderr()
        );
        assert!(
            finished.stderr().contains(&format!("error {code}")),
            "{}",
            finished.stderr()
        );
        assert!(finished.stderr().contains(remedy), "{}", finished.stderr());
        assert!(
            !fresh.sandbox.path("tornsnap.toml").exists() && !fresh.sandbox.database().exists(),
            "code {code}"
        );
    }
}

#[test]
fn a_key_answer_that_is_not_understood_says_so() {
    let fresh = Fresh::new();
    fresh
        .simulator
        .fault(Fault::always(FaultKind::Remove("/info/user".to_owned())));

    fresh
        .init(&["--key-file", "alice.key", "--faction", "9"])
        .expect(76);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let fresh = Fresh::new();
    for mode in [0o644, 0o640, 0o604] {
        set_mode(&fresh.sandbox.path("alice.key"), mode);

        let finished = fresh
            .init(&["--key-file", "alice.key", "--faction", "9"])
            .expect(77);

        assert_eq!(
            finished.stderr(),
            format!(
                "tornsnap: could not trust alice.key\n  \
                 because: others can read it (mode {mode:04o})\n  \
                 try: chmod 600 alice.key\n"
            )
        );
        assert!(fresh.simulator.requests().is_empty());
    }
}

#[test]
fn the_checks_of_keys_respect_a_block_and_tell_later_runs_of_one() {
    let fresh = Fresh::new();
    fresh
        .init(&["--key-file", "alice.key", "--faction", "9"])
        .expect(0);
    fresh
        .simulator
        .fault(Fault::once(FaultKind::Code(8, "IP block".to_owned())).path("/key/info"));
    fresh.init(&[]).expect(75);
    fresh.simulator.clear_requests();

    let later = fresh.init(&[]).expect(75);

    assert!(
        later
            .stderr()
            .contains("no calls are to be made before 2026-04-01T12:10:00Z"),
        "{}",
        later.stderr()
    );
    assert!(fresh.simulator.requests().is_empty());
}

#[test]
fn the_checks_of_keys_count_in_the_budget() {
    let fresh = Fresh::new();
    for _ in 0..3 {
        fresh
            .init(&["--key-file", "alice.key", "--faction", "9"])
            .expect(0);
    }

    assert_eq!(
        fresh
            .sandbox
            .rows("SELECT owner_id, count(*) FROM api_requests GROUP BY owner_id"),
        ["1|3"]
    );
}
