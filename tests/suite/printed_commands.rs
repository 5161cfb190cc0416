//! The commands that the program prints. A user types them as they are, and cron has other variables than a shell: so each
//! command names the configuration and the database of the run that printed it.

use std::fs;
use std::path::Path;

use crate::support::new_database::new_database;
use crate::support::{Finished, Sandbox, fill, native};
use rusqlite::Connection;

const OTHER: &str = "other.db";
const CONFIG: &str = "sub/other.toml";

/// A sandbox with a main database, and with another one that `sub/other.toml` does not name. Both have a backup.
fn two_databases() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    sandbox.write(CONFIG, "[track]\nplayers = [2]\n");
    for name in ["tornsnap.db", OTHER] {
        new_database(&sandbox.path(name));
        fill(&Connection::open(sandbox.path(name)).unwrap(), 10);
        sandbox.run(&["backup", "--database", name]).expect(0);
    }
    sandbox
}

/// The commands in backticks in the output of a run. The comments of a crontab are no messages.
fn commands_in(finished: &Finished) -> Vec<String> {
    let text = finished.stdout() + &finished.stderr();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    let commands = text.split('`').skip(1).step_by(2);
    commands
        .filter(|command| command.starts_with("tornsnap "))
        .map(str::to_owned)
        .collect()
}

/// Runs a printed command as a shell would.
fn type_in(sandbox: &Sandbox, command: &str) -> Finished {
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    sandbox.run(&words)
}

fn damage_by_cutting(database: &Path) {
    let bytes = fs::read(database).unwrap();
    fs::write(database, &bytes[..bytes.len() / 2]).unwrap();
}

fn break_off_restore(sandbox: &Sandbox) {
    let aside = sandbox.path("other.db.before-restore-20260401T120000Z");
    sandbox.write("other.db.restoring", aside.to_str().unwrap());
    fs::rename(sandbox.path(OTHER), aside).unwrap();
}

/// Makes the other database unusable.
type Lose = fn(&Sandbox);

/// The commands that use a database.
const COMMANDS: [&[&str]; 8] = [
    &["health"],
    &["--json", "health"],
    &["fetch", "players"],
    &["export", "players"],
    &["--json", "export", "players"],
    &["summarize"],
    &["prune"],
    &["backup"],
];

#[test]
fn each_command_about_another_database_names_it() {
    let losses: [(&str, Lose); 4] = [
        ("cut", |sandbox| damage_by_cutting(&sandbox.path(OTHER))),
        ("empty", |sandbox| drop(sandbox.write(OTHER, ""))),
        ("gone", |sandbox| sandbox.remove_database(OTHER)),
        ("interrupted restore", break_off_restore),
    ];
    for (loss, lose) in losses {
        let sandbox = two_databases();
        lose(&sandbox);
        for arguments in COMMANDS {
            for by_variable in [false, true] {
                let mut command = sandbox.command(arguments);
                if by_variable {
                    command.env("TORNSNAP_DATABASE", OTHER);
                } else {
                    command.args(["--database", OTHER]);
                }
                let finished = Finished(command.output().unwrap());

                let printed = commands_in(&finished);
                let what = format!("{loss}, {arguments:?}: {}", finished.stderr());
                assert!(!printed.is_empty(), "{what}");
                for command in printed {
                    let is_named = command.ends_with(" --database other.db");
                    let is_schedule = command.starts_with("tornsnap schedule ");
                    assert!(is_named || is_schedule, "{command}; {what}");
                }
            }
        }
    }
}

#[test]
fn each_command_about_another_configuration_names_it() {
    let sandbox = two_databases();
    for arguments in [
        &["health"][..],
        &["--json", "health"],
        &["fetch", "players"],
        &["export", "players"],
        &["restore"],
        &["restore", "newest"],
        &["config", "check"],
    ] {
        for by_variable in [false, true] {
            let mut command = sandbox.command(arguments);
            if by_variable {
                command.env("TORNSNAP_CONFIG", CONFIG);
            } else {
                command.args(["--config", CONFIG]);
            }
            let finished = Finished(command.output().unwrap());

            let printed = commands_in(&finished);
            for command in &printed {
                let is_named = command.ends_with(" --config sub/other.toml");
                assert!(is_named, "{arguments:?}: {command}");
            }
            assert!(!printed.is_empty(), "{arguments:?}: {}", finished.stderr());
        }
    }
}

#[test]
fn a_command_has_no_option_that_changes_nothing() {
    let sandbox = two_databases();
    sandbox.remove_database("tornsnap.db");
    for arguments in [
        &["export", "players"][..],
        &["export", "players", "--database", "tornsnap.db"],
        &["export", "players", "--config", "./tornsnap.toml"],
        &[
            "export",
            "players",
            "--config",
            "tornsnap.toml",
            "--database",
            "./tornsnap.db",
        ],
    ] {
        let failed = sandbox.run(arguments).expect(78);
        assert_eq!(
            commands_in(&failed),
            ["tornsnap restore latest", "tornsnap init"],
            "{arguments:?}"
        );
    }
}

#[test]
fn a_printed_command_that_is_typed_leaves_the_main_database_alone() {
    let sandbox = two_databases();
    let main = fs::read(sandbox.database()).unwrap();
    let players = sandbox
        .run(&["export", "players", "--database", OTHER])
        .expect(0);
    damage_by_cutting(&sandbox.path(OTHER));
    let failed = sandbox
        .run(&["export", "players", "--database", OTHER])
        .expect(79);
    let printed = commands_in(&failed);

    type_in(&sandbox, &printed[0]).expect(0);

    assert_eq!(fs::read(sandbox.database()).unwrap(), main);
    let restored = sandbox
        .run(&["export", "players", "--database", OTHER])
        .expect(0);
    assert_eq!(restored.stdout(), players.stdout());
}

#[test]
fn a_restore_without_a_backup_of_its_database_names_commands_for_that_database() {
    let sandbox = two_databases();
    sandbox.remove_database(OTHER);
    new_database(&sandbox.path(OTHER));
    let main = fs::read(sandbox.database()).unwrap();
    let failed = sandbox
        .run(&["restore", "latest", "--database", OTHER])
        .expect(78);
    let printed = commands_in(&failed);
    assert!(!printed.is_empty(), "{}", failed.stderr());

    for command in printed {
        type_in(&sandbox, &command).expect(0);

        assert_eq!(fs::read(sandbox.database()).unwrap(), main, "{command}");
    }
}

#[test]
fn a_command_after_a_restore_to_another_place_leaves_the_main_database_alone() {
    for global in [
        &[][..],
        &["--config", "tornsnap.toml"],
        &["--config", CONFIG],
    ] {
        let sandbox = two_databases();
        let backup = "backups/tornsnap-20260401T120000Z.db";
        let main = if global.contains(&CONFIG) {
            fs::copy(sandbox.database(), sandbox.path("sub/tornsnap.db")).unwrap();
            sandbox.path("sub/tornsnap.db")
        } else {
            sandbox.database()
        };
        let before = fs::read(&main).unwrap();
        let restore = |more: &[&str]| {
            sandbox.run(
                &[
                    &["restore", backup, "--to", OTHER, "--other-database"],
                    more,
                    global,
                ]
                .concat(),
            )
        };
        let restored = restore(&["--yes"]).expect(0);
        let manifest = format!("{backup}.json");
        fs::rename(sandbox.path(&manifest), sandbox.path("aside.json")).unwrap();
        let refused = restore(&[]).expect(78);

        let printed = [commands_in(&restored), commands_in(&refused)].concat();
        assert_eq!(printed.len(), 3, "{printed:?}");
        for command in printed {
            type_in(&sandbox, &command).expect(0);

            assert_eq!(fs::read(&main).unwrap(), before, "{command}");
        }
    }
}

#[test]
fn an_interrupted_restore_is_finished_by_the_command_that_is_printed() {
    let sandbox = two_databases();
    let main = fs::read(sandbox.database()).unwrap();
    break_off_restore(&sandbox);
    let refused = sandbox
        .run(&["export", "players", "--database", OTHER])
        .expect(78);
    let printed = commands_in(&refused);
    assert_eq!(
        printed,
        [
            "tornsnap restore latest --database other.db",
            "tornsnap restore FILE --database other.db"
        ]
    );

    type_in(&sandbox, &printed[0]).expect(0);

    assert!(!sandbox.path("other.db.restoring").exists());
    sandbox
        .run(&["export", "players", "--database", OTHER])
        .expect(0);
    assert_eq!(fs::read(sandbox.database()).unwrap(), main);
}

#[test]
fn the_page_at_the_end_of_a_demo_names_its_configuration() {
    let sandbox = Sandbox::new();
    let played = sandbox
        .run(&["demo", "--days", "2", "--output", "played"])
        .expect(0);

    let config = native("played/tornsnap.toml");
    let printed = commands_in(&played);
    assert!(!printed.is_empty());
    for command in printed {
        assert!(
            command.ends_with(&format!(" --config {config}")),
            "{command}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_name_with_a_blank_is_quoted_in_a_printed_command() {
    let sandbox = two_databases();
    sandbox.write("zwei Ü.db", "");
    let failed = sandbox
        .run(&["summarize", "--database", "zwei Ü.db"])
        .expect(78);

    assert_eq!(
        commands_in(&failed),
        [
            "tornsnap init --database 'zwei Ü.db'",
            "tornsnap restore FILE --database 'zwei Ü.db'"
        ]
    );
}
