//! `init` checks the ids in its flags with Torn.

use tornsnap::testing::sim::{Fault, FaultKind};

use super::Fresh;

#[test]
fn ids_that_torn_does_not_know_are_refused_by_name_and_nothing_is_written() {
    let fresh = Fresh::new();
    let refused = fresh
        .init(&[
            "--key-file",
            "alice.key",
            "--faction",
            "9,424242",
            "--player",
            "999999999,5",
        ])
        .expect(78);
    assert_eq!(
        refused.stderr(),
        "tornsnap: could not follow faction 424242, player 999999999\n  because: Torn does not know faction 424242, player \
         999999999\n  try: correct the ids, and run it again; nothing was written\n"
    );
    assert!(!fresh.sandbox.path("tornsnap.toml").exists());
    assert!(!fresh.sandbox.database().exists());

    fresh
        .init(&["--key-file", "alice.key", "--faction", "9", "--player", "5"])
        .expect(0);
    let before = fresh.config();
    fresh.init(&["--player", "5,999999999"]).expect(78);
    assert_eq!(fresh.config(), before);

    // An id that is followed already is not asked for again.
    let asked = fresh.simulator.requests().len();
    fresh.init(&["--player", "5,60"]).expect(0);
    let asked: Vec<String> = fresh.simulator.requests()[asked..]
        .iter()
        .map(|request| request.path.clone())
        .collect();
    assert!(asked.contains(&"/user/60".to_owned()), "{asked:?}");
    assert!(!asked.contains(&"/user/5".to_owned()), "{asked:?}");
}

#[test]
fn ids_are_not_followed_while_torn_cannot_be_asked() {
    let fresh = Fresh::new();
    fresh
        .simulator
        .fault(Fault::always(FaultKind::Code(17, "backend error".to_owned())).path("/faction/9"));
    let later = fresh
        .init(&["--key-file", "alice.key", "--faction", "9"])
        .expect(75);
    assert!(
        later.stderr().contains("could not look up faction 9"),
        "{}",
        later.stderr()
    );
    assert!(!fresh.sandbox.path("tornsnap.toml").exists());
}
