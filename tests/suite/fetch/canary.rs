//! A key appears only in the header of a call, and in no output or file.

use std::fs;
use std::path::Path;
use std::process::Command;

use tornsnap::testing::sim::{Access, Fault, FaultKind, Key};

use crate::support::torn::Torn;
use crate::support::{CANARY, Finished, NOW};

/// Asserts that no output and no file except the configuration contains the key.
#[track_caller]
fn clean(folder: &Path, finished: &Finished, what: &str) {
    let hidden = |bytes: &[u8]| !String::from_utf8_lossy(bytes).contains(CANARY);
    assert!(hidden(&finished.0.stdout), "{what}: on stdout");
    assert!(
        hidden(&finished.0.stderr),
        "{what}: on stderr: {}",
        finished.stderr()
    );
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_file() && !path.ends_with("tornsnap.toml") && !path.ends_with("canary.key") {
            assert!(
                hidden(&fs::read(&path).unwrap()),
                "{what}: in {}",
                path.display()
            );
        }
    }
}

fn loud(command: &mut Command) -> Finished {
    Finished(command.env("RUST_LOG", "trace").output().unwrap())
}

/// Answers that contain the key, and other faults; `None` is an answer without a fault.
fn faults_with_the_key() -> Vec<Option<FaultKind>> {
    let words = format!("Incorrect key {CANARY}");
    let html = FaultKind::Status(
        503,
        format!("<p>{CANARY}</p>"),
        "text/html".to_owned(),
        Vec::new(),
    );
    let location = vec![(
        "Location".to_owned(),
        format!("http://127.0.0.1:1/?key={CANARY}"),
    )];
    vec![
        None,
        Some(FaultKind::Code(2, words.clone())),
        Some(FaultKind::Code(5, words.clone())),
        Some(FaultKind::Code(8, words.clone())),
        Some(FaultKind::Code(16, words.clone())),
        Some(FaultKind::Code(99, words)),
        Some(html),
        Some(FaultKind::Status(
            302,
            String::new(),
            "text/html".to_owned(),
            location,
        )),
        Some(FaultKind::Broken),
        Some(FaultKind::Cut),
        Some(FaultKind::Reset),
        Some(FaultKind::WrongId),
        Some(FaultKind::ForeignLink),
        Some(FaultKind::Patch(
            "/basic/name".to_owned(),
            format!("Spy {CANARY}").into(),
        )),
        Some(FaultKind::Patch(
            "/members/0/level".to_owned(),
            CANARY.into(),
        )),
        Some(FaultKind::Patch("/error".to_owned(), CANARY.into())),
        Some(FaultKind::Status(
            200,
            CANARY.to_owned(),
            "application/json".to_owned(),
            Vec::new(),
        )),
        Some(FaultKind::Status(
            200,
            format!("{{\"{CANARY}\": [{CANARY}"),
            "application/json".to_owned(),
            Vec::new(),
        )),
    ]
}

#[test]
fn a_key_is_never_shown_at_any_outcome_or_log_level() {
    for fault in faults_with_the_key() {
        let torn = Torn::new();
        torn.follow("[track]\nfactions = [9]\nwars = \"all\"\nterritories = \"all\"\n[log]\nfile = \"tornsnap.log\"\n");
        torn.pin_ranked_war(1, |_| {});
        let what = format!("{fault:?}");
        if let Some(fault) = fault {
            torn.simulator.fault(Fault::always(fault).path("/faction"));
        }

        for arguments in [
            &["all", "-vv"][..],
            &["all", "-vv", "--json"],
            &["all", "--json", "-q"],
        ] {
            let finished = loud(&mut torn.fetching(arguments));
            clean(&torn.sandbox.path(""), &finished, &what);
        }
    }
}

#[test]
fn a_key_from_any_place_is_never_shown_when_the_key_itself_is_refused() {
    for place in ["env", "key", "key_file", "key_env"] {
        let torn = Torn::with_keys(&[Key::new("SomeOtherKey0001", 1, Access::Full)]);
        let url = torn.simulator.url();
        torn.sandbox.write("canary.key", &format!("{CANARY}\n"));
        let key = match place {
            "key" => format!("[[key]]\nkey = \"{CANARY}\"\n"),
            "key_file" => "[[key]]\nkey_file = \"canary.key\"\n".to_owned(),
            "key_env" => "[[key]]\nkey_env = \"MY_KEY\"\n".to_owned(),
            _ => String::new(),
        };
        torn.sandbox.write(
            "tornsnap.toml",
            &format!("[api]\nbase_url = \"{url}\"\n{key}[track]\nfactions = [9]\n"),
        );
        for arguments in [
            &["all", "-vv"][..],
            &["all", "-vv", "--json"],
            &["all", "--plan", "-vv"],
        ] {
            let mut command = torn.fetching(arguments);
            match place {
                "env" => command.env("TORN_API_KEY", CANARY),
                _ => command.env("MY_KEY", CANARY),
            };

            let finished = loud(&mut command);

            clean(&torn.sandbox.path(""), &finished, place);
        }
        assert_eq!(torn.calls_with(CANARY), 1, "{place}");
    }
}

#[test]
fn a_configuration_that_is_wrong_never_shows_the_key_in_it() {
    for text in [
        format!("[[key]]\nkey = \"{CANARY}\"\nkeyy = 1\n"),
        format!("[[key]]\nkey = {CANARY}\n"),
        format!("[[key]]\nkey = \"{CANARY}\n"),
        format!("[[key]]\nkey = [\"{CANARY}\"]\n"),
        format!("[[key]]\n{CANARY} = \"alice\"\n"),
        format!("{CANARY} = 1\n"),
        format!("[{CANARY}]\n"),
        format!("{CANARY}\n"),
        format!("database = [\"{CANARY}\"]\n"),
        format!("[api]\nrequests_per_minute = \"{CANARY}\"\n"),
        format!("[track]\nwars = \"{CANARY}\"\n"),
        format!("[track]\nterritories = \"{CANARY}\"\n"),
        format!("[[key]]\nkey = \"{CANARY}\"\n[[key]]\nkey = \"{CANARY}\"\nkey_file = \"x\"\n"),
        format!("[api]\nbase_url = \"https://me:{CANARY}@example.org\"\n"),
        format!("[api]\nbase_url = \"https://example.org/?key={CANARY}\"\n"),
        format!("[[key]]\nname = \"a\"\nkey = \"{CANARY} {CANARY}\"\n"),
        format!("[[key]]\nkey_env = \"{CANARY}\"\n"),
        format!("[[key]]\nkey_file = \"{CANARY}\"\n"),
    ] {
        let torn = Torn::new();
        torn.sandbox.write("tornsnap.toml", &text);

        for arguments in [&["all", "-vv"][..], &["all", "--json"]] {
            let finished = loud(&mut torn.fetching(arguments));

            assert_ne!(finished.code(), 0, "{text}");
            clean(&torn.sandbox.path(""), &finished, &text);
        }
    }
}

#[test]
fn a_key_typed_where_none_belongs_is_not_kept() {
    let torn = Torn::new();
    for arguments in [
        vec!["fetch", "players", "--player", CANARY],
        vec!["init", "--non-interactive", "--key-env", CANARY],
        vec!["init", "--non-interactive", "--faction", CANARY],
    ] {
        let finished = torn.sandbox.run_at(NOW, &arguments);
        assert_ne!(finished.code(), 0);
        for entry in fs::read_dir(torn.sandbox.path(""))
            .unwrap()
            .map(Result::unwrap)
        {
            let name = entry.file_name();
            assert!(!name.to_string_lossy().contains(CANARY), "{name:?}");
        }
    }
}
