//! `prune`, `config check` and `health` say the same of the configured archive, with a remedy for the configuration.

use std::fs;

use rusqlite::Connection;
use serde_json::Value;

use crate::health::check;
use crate::month_model::{EDGES, IN_APRIL, prune, summarize, with_steady_history};
use crate::support::{DAY, Finished, Sandbox, link, native};

/// When the rows of one more month may be moved.
const LATER: i64 = EDGES[4] + 40 * DAY;

/// A database with a configuration, whose old rows are in the archive `cold.db`, and which has more rows to move. An older
/// copy of the archive is `older.db`.
fn archived() -> Sandbox {
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
fn configured(sandbox: &Sandbox, now: i64, more: &[&str]) -> Finished {
    prune(sandbox, now, "a.db", &[&["--ignore-clock"], more].concat())
}

/// The message and the remedy of `config check` about the archive, and whether it is a problem.
fn checked(sandbox: &Sandbox) -> (String, bool) {
    let report = sandbox.run(&["config", "check", "--json"]).json();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|found| found["subject"] == "archive");
    let found = found.unwrap_or_else(|| panic!("{report}"));
    let text = |field: &str| found[field].as_str().unwrap_or_default();
    let said = format!("{} {}", text("message"), text("try"));
    (said, found["state"] == "problem")
}

fn health_check(sandbox: &Sandbox) -> Value {
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

const REFUSED: [Refused; 6] = [
    Refused {
        name: "gone",
        inflict: remove,
        said: "the file no longer exists",
        remedy: "mount the disk, set `archive` under [retention] to its present path, or run `tornsnap prune --new-archive`",
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
    for Refused {
        name,
        inflict,
        said,
        remedy,
    } in REFUSED
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
    }
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
    assert!(
        message.contains("a link to /nonexistent/arch.db"),
        "{found}"
    );

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
