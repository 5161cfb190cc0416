//! Databases that cannot be used: what each command says about the backups that bring them back.

use std::fs;

use super::{BACKUP, ready};
use crate::support::new_database::new_database;
use crate::support::{Finished, Sandbox, native};

const COMMANDS: &[&[&str]] = &[
    &["health"],
    &["health", "--deep"],
    &["fetch", "players"],
    &["export", "players"],
    &["summarize"],
    &["prune"],
    &["backup"],
];

/// The damage to the file of a database.
struct Loss {
    what: &'static str,
    /// `None`: the file is removed.
    apply: Option<fn(&mut Vec<u8>)>,
    code: i32,
}

const LOSSES: &[Loss] = &[
    Loss {
        what: "the file is gone",
        apply: None,
        code: 78,
    },
    Loss {
        what: "all bytes are gone",
        apply: Some(Vec::clear),
        code: 78,
    },
    Loss {
        what: "the second half is gone",
        apply: Some(|bytes| bytes.truncate(bytes.len() / 2)),
        code: 79,
    },
    Loss {
        what: "the first bytes are overwritten",
        apply: Some(|bytes| bytes[..20].fill(b'x')),
        code: 78,
    },
];

/// A lost database, with a backup if `has_backup`.
fn lost(loss: &Loss, has_backup: bool) -> Sandbox {
    let sandbox = ready();
    if has_backup {
        sandbox.run(&["backup"]).expect(0);
    }
    let mut bytes = fs::read(sandbox.database()).unwrap();
    sandbox.remove_database("tornsnap.db");
    if let Some(apply) = loss.apply {
        apply(&mut bytes);
        fs::write(sandbox.database(), bytes).unwrap();
    }
    sandbox
}

/// The first advice about the database.
fn advice(finished: &Finished) -> String {
    let told = finished.stdout() + &finished.stderr();
    let found = told
        .lines()
        .find_map(|line| line.trim().strip_prefix("try: "));
    found
        .unwrap_or_else(|| panic!("no advice: {told}"))
        .to_owned()
}

#[test]
fn every_command_names_restore_latest_first_for_a_lost_database_with_a_backup() {
    for loss in LOSSES {
        let sandbox = lost(loss, true);
        for command in COMMANDS {
            let exit = if command[0] == "health" { 2 } else { loss.code };
            let advice = advice(&sandbox.run(command).expect(exit));

            let context = format!("{command:?}, {}: {advice}", loss.what);
            assert!(
                advice.starts_with("run `tornsnap restore latest`"),
                "{context}"
            );
            assert!(advice.contains(&native(BACKUP)), "{context}");
            assert!(!advice.contains("health --deep"), "{context}");
        }
        sandbox.run(&["restore", "latest"]).expect(0);
        sandbox.run(&["export", "players"]).expect(0);
    }
}

#[test]
fn without_a_backup_no_command_sends_the_user_to_the_latest_one_or_in_a_circle() {
    for loss in LOSSES {
        let sandbox = lost(loss, false);
        for command in COMMANDS {
            let advice = advice(&sandbox.run(command));

            let context = format!("{command:?}, {}: {advice}", loss.what);
            assert!(!advice.contains("restore latest"), "{context}");
            assert!(!advice.contains("health --deep"), "{context}");
        }
    }
}

#[test]
fn a_backup_of_the_configured_database_is_not_offered_for_another_file() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    sandbox.write("notes.txt", &"no database ".repeat(100));

    for name in ["notes.txt", "tornsnap-mistyped.db"] {
        let finished = sandbox
            .run(&["--database", name, "export", "players"])
            .expect(78);

        let stderr = finished.stderr();
        assert!(!stderr.contains("restore"), "{stderr}");
    }
}

#[test]
fn a_missing_backup_in_a_folder_without_a_configuration_points_to_that_of_the_configuration() {
    let advice = "change to the folder of your configuration";
    let empty = Sandbox::new();

    let elsewhere = empty.run(&["restore", "none.db"]).expect(78).stderr();
    let here = ready().run(&["restore", "none.db"]).expect(78).stderr();

    assert!(elsewhere.contains("there is no such file"), "{elsewhere}");
    assert!(elsewhere.contains(advice), "{elsewhere}");
    assert!(here.contains("`tornsnap backup --list`"), "{here}");
}

/// The command between backticks in an advice.
fn command_in(advice: &str) -> Vec<String> {
    let command = advice.split('`').nth(1).unwrap();
    let words = command.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words[0], "tornsnap", "{advice}");
    words[1..].to_vec()
}

#[test]
fn the_advice_for_a_new_database_in_the_place_of_a_lost_one_is_the_whole_command() {
    for (target, options) in [("tornsnap.db", &[][..]), ("copy.db", &["--to", "copy.db"])] {
        let sandbox = ready();
        sandbox.run(&["backup"]).expect(0);
        sandbox.remove_database("tornsnap.db");
        new_database(&sandbox.database());
        let latest = [&["restore", "latest"], options].concat();

        let advice = advice(&sandbox.run(&latest).expect(78));

        assert!(advice.contains(&native(BACKUP)), "{advice}");
        let command = command_in(&advice);
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        sandbox.run(&words).expect(0);
        let restored = rusqlite::Connection::open(sandbox.path(target)).unwrap();
        let players = crate::support::rows(&restored, "SELECT count(*) > 0 FROM players");
        assert_eq!(players, ["1"]);
    }
}

#[test]
fn the_advice_for_backups_of_other_databases_to_verify_is_the_whole_command() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    sandbox.remove_database("tornsnap.db");
    new_database(&sandbox.database());

    let advice = advice(&sandbox.run(&["backup", "--verify", "latest"]).expect(78));

    let command = command_in(&advice);
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    sandbox.run(&words).expect(0);
}
