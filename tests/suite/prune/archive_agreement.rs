//! `prune`, `config check` and `health` say the same of the configured archive, with a remedy for the configuration.

use std::fs;

use rusqlite::Connection;
use serde_json::Value;

use crate::health::check;
use crate::month_model::{EDGES, IN_APRIL, prune, summarize, with_steady_history};
use crate::support::{DAY, Finished, Sandbox, link, native};

/// When the rows of one more month may be moved.
pub(super) const LATER: i64 = EDGES[4] + 40 * DAY;

/// A database with a configuration, whose old rows are in the archive `cold.db`, and which has more rows to move. An older
/// copy of the archive is `older.db`.
pub(super) fn archived() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    sandbox.write(
        "tornsnap.toml",
        "database = \"a.db\"\n[retention]\narchive = \"cold.db\"\n",
    );
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    configured(&sandbox, IN_APRIL, &["--keep-months", "3"]).expect(0);
    fs::copy(sandbox.path("cold.db"), sandbox.path("older.db")).unwrap();
    configured(&sandbox, IN_APRIL, &["--keep-months", "2"]).expect(0);
    summarize(&sandbox, LATER, "a.db", &[]);
    sandbox
}

/// Prunes to the archive of the configuration.
pub(super) fn configured(sandbox: &Sandbox, now: i64, more: &[&str]) -> Finished {
    prune(sandbox, now, "a.db", &[&["--ignore-clock"], more].concat())
}

/// The message and the remedy of `config check` about the archive, and whether it is a problem.
pub(super) fn checked(sandbox: &Sandbox) -> (String, bool) {
    let report = sandbox.run(&["config", "check", "--json"]).json();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|found| found["subject"] == "archive");
    let found = found.unwrap_or_else(|| panic!("{report}"));
    let text = |field: &str| found[field].as_str().unwrap_or_default();
    let said = format!("{} {}", text("message"), text("try"));
    (said, found["state"] == "problem")
}

pub(super) fn health_check(sandbox: &Sandbox) -> Value {
    let report = sandbox.run_at(LATER, &["health", "--json"]).json();
    check(&report, "archive").unwrap().clone()
}

/// A state of the archive that no prune accepts.
struct Refused {
    name: &'static str,
    inflict: fn(&Sandbox),
    /// A part of what `prune` and `config check` say.
    said: &'static str,
    /// A part of their remedy.
    remedy: &'static str,
}

fn remove(sandbox: &Sandbox) {
    sandbox.remove_database("cold.db");
}

#[cfg(unix)]
const HARD_LINKED: Refused = Refused {
    name: "a hard link",
    inflict: |sandbox| fs::hard_link(sandbox.path("cold.db"), sandbox.path("second name")).unwrap(),
    said: "its file has 2 names, which are hard links",
    remedy: "remove the other names",
};

const REFUSED: [Refused; 7] = [
    Refused {
        name: "gone",
        inflict: remove,
        said: "it no longer exists",
        remedy: "mount the disk, put a copy of the archive back, set `archive` under [retention] to its present path, or run `tornsnap prune --new-archive`",
    },
    Refused {
        name: "emptied",
        inflict: |sandbox| {
            remove(sandbox);
            fs::write(sandbox.path("cold.db"), "").unwrap();
        },
        said: "the file is empty now",
        remedy: "put a copy of the archive back",
    },
    Refused {
        name: "an older copy",
        inflict: |sandbox| {
            remove(sandbox);
            fs::copy(sandbox.path("older.db"), sandbox.path("cold.db")).unwrap();
        },
        said: "it is an older copy of the archive",
        remedy: "put the newest copy in its place",
    },
    Refused {
        name: "another database",
        inflict: |sandbox| {
            remove(sandbox);
            fs::copy(sandbox.path("template.db"), sandbox.path("cold.db")).unwrap();
        },
        said: "it is a main database, not an archive",
        remedy: "put the archive back",
    },
    Refused {
        name: "a database of another program",
        inflict: |sandbox| {
            remove(sandbox);
            let other = Connection::open(sandbox.path("cold.db")).unwrap();
            other.execute_batch("CREATE TABLE x (a)").unwrap();
        },
        said: "it is a database of another program",
        remedy: "put the archive back",
    },
    Refused {
        name: "an archive of a newer tornsnap",
        inflict: |sandbox| {
            let cold = Connection::open(sandbox.path("cold.db")).unwrap();
            cold.execute_batch(
                "INSERT INTO schema_version (version, applied_at, description) VALUES (99, 1, 'x')",
            )
            .unwrap();
        },
        said: "newer tornsnap",
        remedy: "update tornsnap",
    },
    Refused {
        name: "the database itself",
        inflict: |sandbox| {
            remove(sandbox);
            link(&sandbox.path("a.db"), &sandbox.path("cold.db"));
        },
        said: "it is the database itself",
        remedy: "name another file as `archive` under [retention]",
    },
];

#[test]
fn config_check_and_health_find_what_prune_refuses() {
    #[cfg(unix)]
    let hard_linked = [HARD_LINKED];
    #[cfg(not(unix))]
    let hard_linked = [];
    for Refused {
        name,
        inflict,
        said,
        remedy,
    } in REFUSED.into_iter().chain(hard_linked)
    {
        let sandbox = archived();
        assert!(!checked(&sandbox).1);
        assert_eq!(health_check(&sandbox)["state"], "ok");
        inflict(&sandbox);

        let refused = configured(&sandbox, LATER, &[]).expect(78).stderr();
        assert!(
            refused.contains(said) && refused.contains(remedy),
            "{name}: {refused}"
        );
        let (problem, is_problem) = checked(&sandbox);
        assert!(is_problem, "{name}: {problem}");
        assert!(
            problem.contains(said) && problem.contains(remedy),
            "{name}: {problem}"
        );
        let found = health_check(&sandbox);
        assert_eq!(found["state"], "critical", "{name}: {found}");
        let message = found["message"].as_str().unwrap();
        assert!(message.contains(said), "{name}: {message}");
        // `health` names the file with its folder.
        let whole = sandbox.path("cold.db").display().to_string();
        let help = found["try"].as_str().unwrap().replace(&whole, "cold.db");
        assert!(
            refused.contains(&format!("try: {help}\n")),
            "{name}: {refused} {help}"
        );
    }
}

/// A restore of the archive that ended after it had moved the old one, whose path is the text of the mark.
fn interrupt_restore(sandbox: &Sandbox) {
    let aside = sandbox.path("cold.db.before-restore-20280401T000000Z");
    fs::rename(sandbox.path("cold.db"), &aside).unwrap();
    fs::write(sandbox.path("cold.db.restoring"), aside.to_str().unwrap()).unwrap();
}

/// The first command in backticks after "try:".
fn printed_command(said: &str) -> Vec<String> {
    let remedy = said.split("try: ").nth(1).unwrap();
    let command = remedy.split('`').nth(1).unwrap();
    command.split(' ').skip(1).map(str::to_owned).collect()
}

#[test]
fn an_unfinished_restore_of_the_archive_is_named_and_its_remedy_finishes_it() {
    let sandbox = archived();
    sandbox
        .run_at(LATER, &["backup", "--database", "cold.db"])
        .expect(0);
    interrupt_restore(&sandbox);
    let said = "a restore was interrupted";

    for more in [["--dry-run"].as_slice(), &[], &["--new-archive"]] {
        let refused = configured(&sandbox, LATER, more).expect(78).stderr();

        assert!(refused.contains(said), "{refused}");
        assert!(!refused.contains("new-archive"), "{refused}");
    }
    assert!(!sandbox.path("cold.db").exists());
    let (problem, is_problem) = checked(&sandbox);
    assert!(is_problem && problem.contains(said), "{problem}");
    let found = health_check(&sandbox);
    assert_eq!(found["state"], "critical", "{found}");
    assert!(found["message"].as_str().unwrap().contains(said), "{found}");
    // Without rows to move, the daily prune goes on.
    configured(&sandbox, LATER, &["--keep-months", "12"]).expect(0);

    let remedy = format!("try: {}", found["try"].as_str().unwrap());
    let command = printed_command(&remedy);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    assert!(command.starts_with(&["restore", "latest"]), "{remedy}");
    sandbox.run_at(LATER, &command).expect(0);

    assert!(!sandbox.path("cold.db.restoring").exists());
    assert_eq!(health_check(&sandbox)["state"], "ok");
    configured(&sandbox, LATER, &[]).expect(0);
}

#[cfg(unix)]
#[test]
fn an_unfinished_restore_of_an_archive_behind_a_link_is_named_with_the_file() {
    let sandbox = archived();
    sandbox
        .run_at(LATER, &["backup", "--database", "cold.db"])
        .expect(0);
    fs::create_dir(sandbox.path("disk")).unwrap();
    interrupt_restore(&sandbox);
    fs::rename(
        sandbox.path("cold.db.restoring"),
        sandbox.path("disk/real.db.restoring"),
    )
    .unwrap();
    std::os::unix::fs::symlink("disk/real.db", sandbox.path("cold.db")).unwrap();

    let refused = configured(&sandbox, LATER, &["--new-archive"])
        .expect(78)
        .stderr();

    assert!(refused.contains("a restore was interrupted"), "{refused}");
    let command = printed_command(&refused);
    assert!(command[3].ends_with("/disk/real.db"), "{command:?}");
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    sandbox.run_at(LATER, &command).expect(0);
    configured(&sandbox, LATER, &[]).expect(0);
}

#[test]
fn a_moved_archive_is_named_until_the_configuration_has_its_place() {
    let sandbox = archived();
    fs::create_dir(sandbox.path("disk")).unwrap();
    fs::rename(sandbox.path("cold.db"), sandbox.path("disk/moved.db")).unwrap();
    let flags = ["--archive", "disk/moved.db", "--keep-months", "12"];
    configured(&sandbox, LATER, &flags).expect(0);
    let place = native(&sandbox.path("disk/moved.db").display().to_string());

    let refused = configured(&sandbox, LATER, &[]).expect(78).stderr();

    let cause = format!("the archive is {place} now");
    let remedy = format!("set `archive` under [retention] to {place}");
    assert!(refused.contains(&cause), "{refused}");
    assert!(refused.contains(&format!("try: {remedy}\n")), "{refused}");
    let (problem, _) = checked(&sandbox);
    assert!(
        problem.contains(&cause) && problem.contains(&remedy),
        "{problem}"
    );
    let found = health_check(&sandbox);
    assert_eq!(found["state"], "warning", "{found}");
    assert!(
        found["message"].as_str().unwrap().contains(&cause),
        "{found}"
    );
    assert_eq!(found["try"], remedy.as_str());
    // With the flag, the remedy is about the flag.
    let named = ["--archive", "cold.db"];
    let refused = configured(&sandbox, LATER, &named).expect(78).stderr();
    let remedy = format!("try: name {place} with --archive\n");
    assert!(refused.contains(&remedy), "{refused}");

    sandbox.write(
        "tornsnap.toml",
        "database = \"a.db\"\n[retention]\narchive = \"disk/moved.db\"\n",
    );
    configured(&sandbox, LATER, &[]).expect(0);
    assert_eq!(health_check(&sandbox)["state"], "ok");
    assert!(!checked(&sandbox).1);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_that_does_not_exist_is_named_with_its_target() {
    let sandbox = archived();
    remove(&sandbox);
    std::os::unix::fs::symlink("/nonexistent/arch.db", sandbox.path("cold.db")).unwrap();
    let said = "it is a link to a file that does not exist: /nonexistent/arch.db";

    for more in [["--dry-run"].as_slice(), &[], &["--new-archive"]] {
        let refused = configured(&sandbox, LATER, more).expect(78).stderr();

        assert!(refused.contains(said), "{refused}");
        assert!(refused.contains("remove the link"), "{refused}");
    }
    let (problem, is_problem) = checked(&sandbox);
    assert!(is_problem && problem.contains(said), "{problem}");
    let found = health_check(&sandbox);
    assert_eq!(found["state"], "critical");
    let message = found["message"].as_str().unwrap();
    assert!(message.contains(said), "{found}");

    fs::remove_file(sandbox.path("cold.db")).unwrap();
    configured(&sandbox, LATER, &["--new-archive"]).expect(0);
}

#[test]
fn a_new_archive_is_told_though_no_row_is_due() {
    let sandbox = archived();
    remove(&sandbox);
    let flags = ["--keep-months", "12", "--new-archive"];

    let began = configured(&sandbox, LATER, &flags).expect(0).stderr();
    let again = configured(&sandbox, LATER, &flags[..2]).expect(0).stderr();

    let note = "; a new archive is cold.db";
    assert!(began.contains("nothing to prune"), "{began}");
    assert!(began.contains(note), "{began}");
    assert!(!again.contains("a new archive"), "{again}");
}

#[test]
fn an_archive_that_goes_on_without_rows_is_told() {
    let sandbox = archived();
    remove(&sandbox);
    fs::rename(sandbox.path("older.db"), sandbox.path("cold.db")).unwrap();

    let flags = ["--keep-months", "12", "--new-archive"];
    let said = configured(&sandbox, LATER, &flags).expect(0).stderr();

    let note = "; the archive is cold.db, and rows that are not in it are given up";
    assert!(said.contains(note), "{said}");
    assert!(!checked(&sandbox).1);
}
