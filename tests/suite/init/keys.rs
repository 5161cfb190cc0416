//! The checks of keys that `tornsnap init` makes with Torn.

use serde_json::json;
use tornsnap::testing::sim::{Access, Fault, FaultKind, Key, Selections};

use super::Fresh;
use crate::health::check;
use crate::support::CANARY;
#[cfg(unix)]
use crate::support::set_mode;

/// An error that Torn answers to the check of a key, and how `init` ends.
struct Refusal {
    code: i64,
    exit: i32,
    remedy: &'static str,
}

/// A fault of the key itself: another key, or another state of the player, is needed.
const fn bad_key(code: i64, remedy: &'static str) -> Refusal {
    Refusal {
        code,
        exit: 77,
        remedy,
    }
}

/// A fault that may pass.
const fn passing(code: i64, remedy: &'static str) -> Refusal {
    Refusal {
        code,
        exit: 75,
        remedy,
    }
}

const COPY_AGAIN: &str = "copy the key again from https://www.torn.com/preferences.php#tab=api";
const WAIT: &str = "wait ten minutes, then run it again; nothing was written";

const REFUSALS: &[Refusal] = &[
    bad_key(2, COPY_AGAIN),
    bad_key(1, COPY_AGAIN),
    bad_key(10, "the key's owner is in federal jail"),
    bad_key(13, "offline for more than 7 days: log in to Torn"),
    bad_key(16, "make a key with more access"),
    bad_key(
        18,
        "has paused it: resume it at https://www.torn.com/preferences.php#tab=api",
    ),
    passing(17, WAIT),
    passing(8, "look for another program that uses bad keys"),
    passing(9, "wait until Torn opens its API again"),
    passing(5, WAIT),
];

#[test]
fn a_refused_key_leaves_nothing_behind() {
    for Refusal { code, exit, remedy } in REFUSALS {
        let fresh = Fresh::new();
        fresh
            .simulator
            .fault(Fault::always(FaultKind::Code(*code, "no".to_owned())));

        let finished = fresh
            .init(&["--key-file", "alice.key", "--faction", "9"])
            .expect(*exit);

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
        assert!(finished.stderr().contains(*remedy), "{}", finished.stderr());
        assert!(
            !fresh.sandbox.path("tornsnap.toml").exists() && !fresh.sandbox.database().exists(),
            "code {code}"
        );
    }
}

/// A key, the selections that Torn lists for it, and whether it reads battle stats.
struct Listed {
    key: Key,
    listed: Option<&'static [&'static str]>,
    reads_battle_stats: bool,
}

#[test]
fn init_and_health_agree_whether_a_key_reads_battle_stats() {
    let public = || Key::new(CANARY, 1, Access::Public);
    let cases = [
        Listed {
            key: public(),
            listed: None,
            reads_battle_stats: false,
        },
        Listed {
            key: public(),
            listed: Some(&["basic", "profile", "battlestats"]),
            reads_battle_stats: true,
        },
        Listed {
            key: Key::new(CANARY, 1, Access::Limited),
            listed: None,
            reads_battle_stats: true,
        },
        Listed {
            key: Key::custom(
                CANARY,
                1,
                Selections::new(&["profile"], &["basic", "members"], &[]),
            ),
            listed: None,
            reads_battle_stats: false,
        },
    ];
    for case in cases {
        let fresh = Fresh::new();
        let shown = format!("{:?} {:?}", case.key.access, case.listed);
        fresh.simulator.set_keys(vec![case.key]);
        if let Some(listed) = case.listed {
            let patch = FaultKind::Patch("/info/selections/user".to_owned(), json!(listed));
            fresh
                .simulator
                .fault(Fault::always(patch).path("/key/info"));
        }

        let report = fresh.init(&["--key-file", "alice.key", "--faction", "9", "--json"]);

        let report = report.expect(0).json();
        assert_eq!(
            report["keys"][0]["battle_stats"], case.reads_battle_stats,
            "{shown}"
        );
        let health = fresh.sandbox.run(&["health", "--json"]).json();
        let keys = check(&health, "keys").unwrap();
        let message = keys["message"].as_str().unwrap();
        let names_it = message.contains("no battle stats with alice");
        assert_eq!(names_it, !case.reads_battle_stats, "{shown}: {message}");
    }
}

#[test]
fn only_of_a_key_that_was_in_use_a_warning_says_that_it_is_not_used_any_more() {
    const WARNING: &str = "key alice is not used any more";
    let fresh = Fresh::new();
    let accepted = Key::new("PublicKeyOfTwo02", 2, Access::Public);
    fresh.simulator.set_keys(vec![accepted]);
    let flags = [
        "--key-env",
        "BOB",
        "--key-file",
        "alice.key",
        "--faction",
        "9",
    ];

    let new = fresh.init(&flags).expect(3).stderr();
    let configured = fresh.init(&["--faction", "20"]).expect(3).stderr();
    fresh.sandbox.write("b/alice.key", "AnotherKey000001");
    let replaced = fresh
        .init(&["--key-file", "b/alice.key"])
        .expect(3)
        .stderr();

    assert!(new.contains("Torn answered error 2"), "{new}");
    assert!(!new.contains(WARNING), "{new}");
    assert!(configured.contains(WARNING), "{configured}");
    assert!(!replaced.contains(WARNING), "{replaced}");
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

// Windows has no mode bits.
#[cfg(unix)]
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
        ["1|4"],
        "three checks of the key and one of the faction, which is followed from then on"
    );
}

/// Flags that no configuration can have, and the words of the error.
struct WrongFlag {
    arguments: &'static [&'static str],
    error: &'static str,
    why: &'static str,
    exit: i32,
}

const WRONG_FLAGS: &[WrongFlag] = &[
    WrongFlag {
        arguments: &["--key-file", "."],
        error: "could not use --key-file .\n",
        why: "it is a folder",
        exit: 77,
    },
    WrongFlag {
        arguments: &["--key-file", " "],
        error: "could not use --key-file ",
        why: "the path is empty",
        exit: 77,
    },
    WrongFlag {
        arguments: &["--key-file", "a\nb.key"],
        error: "could not use --key-file a\\nb.key\n",
        why: "the path contains a line break",
        exit: 77,
    },
    WrongFlag {
        arguments: &["--key-file", "$HOME/alice.key"],
        error: "could not use --key-file $HOME/alice.key\n",
        why: "$HOME is not replaced in a path",
        exit: 77,
    },
    WrongFlag {
        arguments: &["--key-file", "gone.key"],
        error: "could not use --key-file gone.key\n",
        why: "there is no such file\n  try: put the key on the first line of that file as plain text, or name another \
              file with --key-file\n",
        exit: 77,
    },
    WrongFlag {
        arguments: &["--key-env", "NOPE"],
        error: "could not use --key-env\n",
        why: "the environment variable NOPE is not set\n  try: set NOPE, or name another variable with --key-env\n",
        exit: 77,
    },
    WrongFlag {
        arguments: &["--key-env", ""],
        error: "could not use --key-env\n",
        why: "the name of the variable is empty",
        exit: 77,
    },
    WrongFlag {
        arguments: &["--key-env", "A\tB"],
        error: "could not use --key-env\n",
        why: "the name of the variable contains a control character",
        exit: 77,
    },
    WrongFlag {
        arguments: &["--key-file", "alice.key", "--database", "."],
        error: "could not use --database .\n",
        why: "it is a folder",
        exit: 78,
    },
];

#[test]
fn an_error_about_a_flag_names_the_flag_and_no_line() {
    let fresh = Fresh::new();
    for wrong in WRONG_FLAGS {
        let stderr = fresh.init(wrong.arguments).expect(wrong.exit).stderr();

        assert!(stderr.contains(wrong.error), "{stderr}");
        assert!(stderr.contains(wrong.why), "{stderr}");
        assert!(
            !stderr.contains("line 1") && !stderr.contains("line 2"),
            "{stderr}"
        );
        assert!(!stderr.contains("config check"), "{stderr}");
        assert!(!fresh.sandbox.path("tornsnap.toml").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_whose_name_begins_with_a_tilde_is_no_home_folder() {
    use std::fs;

    let fresh = Fresh::new();
    for name in ["~bob.key", " .key"] {
        fs::copy(fresh.sandbox.path("alice.key"), fresh.sandbox.path(name)).unwrap();
        let argument = format!("./{name}");

        fresh
            .init(&["--key-file", &argument, "--faction", "9"])
            .expect(0);

        fresh.sandbox.run(&["config", "check"]).expect(0);
        fs::remove_file(fresh.sandbox.path("tornsnap.toml")).unwrap();
    }
}

#[test]
fn a_refused_key_is_named_with_the_place_that_it_is_read_from() {
    let fresh = Fresh::new();
    fresh.simulator.fault(Fault::always(FaultKind::Code(
        2,
        "Incorrect key".to_owned(),
    )));

    let refused = fresh
        .init(&["--key-file", "alice.key", "--faction", "9"])
        .expect(77);

    let stderr = refused.stderr();
    let file = fresh.sandbox.path("alice.key");
    let place = format!("the key \"alice\" is read from {}", file.display());
    assert!(stderr.contains(&place), "{stderr}");
}
