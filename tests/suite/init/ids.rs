//! `init` checks the ids in its flags with Torn.

#[cfg(target_os = "linux")]
use std::{thread, time::Duration};

use tornsnap::testing::sim::{Fault, FaultKind};

use super::Fresh;
#[cfg(target_os = "linux")]
use crate::support::{Finished, signal};

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

/// SIGHUP ends the process without an exit code of its own on other systems.
#[cfg(target_os = "linux")]
#[test]
fn the_exit_code_after_a_signal_during_a_call_tells_the_signal() {
    for path in ["/key/info", "/faction/9", "/user/5"] {
        for (name, code) in crate::interrupt::signals() {
            let fresh = Fresh::new();
            let hang = FaultKind::Hang(Duration::from_secs(20));
            fresh.simulator.fault(Fault::always(hang).path(path));
            let arguments = ["--key-file", "alice.key", "--faction", "9", "--player", "5"];
            let mut child = fresh.command(&arguments).spawn().unwrap();
            let is_called = || {
                let requests = fresh.simulator.requests();
                requests.iter().any(|request| request.path == path)
            };
            while !is_called() {
                assert!(child.try_wait().unwrap().is_none(), "it ended too early");
                thread::sleep(Duration::from_millis(5));
            }
            signal(&child, name);

            let finished = Finished(child.wait_with_output().unwrap()).expect(code);

            let stderr = finished.stderr();
            assert!(stderr.contains("it was interrupted"), "{path}: {stderr}");
            assert!(!fresh.sandbox.path("tornsnap.toml").exists());
        }
    }
}

#[test]
fn a_warning_about_dropped_players_names_the_option_for_players() {
    let fresh = Fresh::handmade();
    let stderr = fresh.init(&["--player", "1"]).stderr();
    assert!(
        stderr.contains(
            "no longer followed: player 2; name all ids to keep them, such as --player 1,2"
        ),
        "{stderr}"
    );
}

#[test]
fn tiles_that_torn_does_not_know_are_refused_by_name() {
    let fresh = Fresh::new();
    let refused = fresh
        .init(&["--key-file", "alice.key", "--territories", "ZZZ,QQQ,AAB"])
        .expect(78);
    assert_eq!(
        refused.stderr(),
        "tornsnap: could not follow tile QQQ, tile ZZZ\n  because: Torn does not know tile QQQ, tile ZZZ\n  try: correct \
         the ids, and run it again; nothing was written\n"
    );
    assert!(!fresh.sandbox.path("tornsnap.toml").exists());

    fresh
        .init(&["--key-file", "alice.key", "--territories", "AAB"])
        .expect(0);
    let asked = fresh.simulator.requests().len();
    fresh.init(&["--territories", "aab,aac"]).expect(0);
    let asked: Vec<String> = fresh.simulator.requests()[asked..]
        .iter()
        .filter(|request| request.path == "/torn/territory")
        .map(|request| request.query.clone())
        .collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("ids=AAC"), "{asked:?}");
    assert!(
        fresh.config().contains("territories = [\"AAB\", \"AAC\"]"),
        "{}",
        fresh.config()
    );
}

#[test]
fn the_words_for_many_tiles_are_read_in_any_case_and_refused_in_a_list() {
    let fresh = Fresh::new();
    for (word, written) in [("ALL", "all"), ("Tracked", "tracked"), (" none", "none")] {
        fresh
            .init(&["--key-file", "alice.key", "--territories", word])
            .expect(0);
        let config = fresh.config();
        assert!(
            config.contains(&format!("territories = \"{written}\"")),
            "{config}"
        );
    }
    let before = fresh.config();
    for list in ["all,AAB", "AAB,NONE", "ALL,"] {
        let refused = fresh.init(&["--territories", list]).expect(2).stderr();
        assert!(
            refused.contains("is no tile, and stands alone"),
            "{list}: {refused}"
        );
    }
    assert_eq!(fresh.config(), before);
    let capitals = before.replace("\"none\"", "\"ALL\"");
    fresh.sandbox.write("tornsnap.toml", &capitals);
    fresh.sandbox.run(&["config", "check"]).expect(0);
}
