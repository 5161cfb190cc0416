//! `prune --archive` moves no row to a damaged archive, and its remedy is about the archive.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use rusqlite::Connection;

use crate::health::check;
use crate::month_model::{
    EDGES, IN_APRIL, dump, history_rows, prune, summarize, with_steady_history,
};
use crate::support::{DAY, Finished, Sandbox, rows};

/// When the rows of one more month may be moved.
const LATER: i64 = EDGES[4] + 40 * DAY;

/// A database whose old rows are in the archive `cold.db`, and which has more rows to move.
fn archived() -> (Sandbox, Connection) {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    main.execute_batch(
        "INSERT INTO faction_membership (player_id, faction_id, first_seen_at) SELECT player_id, (SELECT min(faction_id) FROM factions), 100 + player_id FROM players",
    )
    .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    archive(&sandbox, IN_APRIL, &["--keep-months", "3"]).expect(0);
    summarize(&sandbox, LATER, "a.db", &[]);
    (sandbox, main)
}

fn archive(sandbox: &Sandbox, now: i64, more: &[&str]) -> Finished {
    let flags = [&["--archive", "cold.db", "--ignore-clock"], more].concat();
    prune(sandbox, now, "a.db", &flags)
}

/// Overwrites the first page of a table or an index.
fn damage_page_of(sandbox: &Sandbox, file: &str, object: &str, byte: u8) {
    let cold = Connection::open(sandbox.path(file)).unwrap();
    let place = |statement: &str| -> u64 {
        cold.query_row(statement, [], |row| row.get::<_, i64>(0))
            .unwrap()
            .try_into()
            .unwrap()
    };
    let size = place("PRAGMA page_size");
    let page = place(&format!(
        "SELECT rootpage FROM sqlite_schema WHERE name = '{object}'"
    ));
    drop(cold);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(sandbox.path(file))
        .unwrap();
    file.seek(SeekFrom::Start((page - 1) * size)).unwrap();
    file.write_all(&vec![byte; usize::try_from(size).unwrap()])
        .unwrap();
}

fn is_about_the_archive(finished: &Finished) {
    let said = finished.stderr();
    assert!(said.contains("cold.db"), "{said}");
    assert!(said.contains("put a copy of the archive back"), "{said}");
    assert!(!said.contains("restore latest"), "{said}");
}

#[test]
fn no_row_is_moved_to_an_archive_with_a_damaged_page() {
    for (object, byte) in [
        ("rejected_payloads", 0),
        ("rejected_payloads", 0xA5),
        ("player_stats_history", 0),
        ("idx_player_stats_timestamp", 0xA5),
        ("players", 0),
    ] {
        let (sandbox, main) = archived();
        damage_page_of(&sandbox, "cold.db", object, byte);
        let before = (dump(&main), fs::read(sandbox.path("cold.db")).unwrap());

        for more in [["--dry-run"].as_slice(), &[], &["--new-archive"]] {
            let refused = archive(&sandbox, LATER, more).expect(79);

            is_about_the_archive(&refused);
            let after = (dump(&main), fs::read(sandbox.path("cold.db")).unwrap());
            assert!(after == before, "{object} {byte} {more:?}");
        }
        // Without rows to move, the archive is not read as a whole.
        archive(&sandbox, LATER, &["--keep-months", "12", "--dry-run"]).expect(0);
    }
}

#[test]
fn damage_that_shows_during_the_move_leaves_each_row_in_one_file() {
    let (sandbox, main) = archived();
    // The entries of the index fit its definition no longer. Only a delete and an integrity_check find that.
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    cold.execute_batch(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, '(player_id, first_seen_at)', '(first_seen_at, player_id)')
         WHERE name = 'idx_faction_membership_player';",
    )
    .unwrap();
    drop(cold);
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    assert_eq!(rows(&cold, "PRAGMA quick_check"), ["ok"]);
    let moved = history_rows(&cold);
    drop(cold);
    let before = history_rows(&main);

    let refused = archive(&sandbox, LATER, &[]).expect(79);

    is_about_the_archive(&refused);
    assert_eq!(history_rows(&main), before);
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    assert_eq!(history_rows(&cold), moved);
}

#[test]
fn damage_of_the_database_during_the_move_is_not_told_of_the_archive() {
    let (sandbox, main) = archived();
    drop(main);
    damage_page_of(&sandbox, "a.db", "faction_membership", 0);

    let said = archive(&sandbox, LATER, &[]).expect(79).stderr();

    assert!(said.contains("copy memberships to the archive"), "{said}");
    assert!(said.contains("tornsnap restore latest"), "{said}");
    assert!(!said.contains("put a copy of the archive back"), "{said}");
}

/// A fault of an archive that the database has recorded.
struct Fault {
    name: &'static str,
    inflict: fn(&Sandbox),
    /// A part of what `prune` says.
    said: &'static str,
}

fn execute(sandbox: &Sandbox, statement: &str) {
    Connection::open(sandbox.path("cold.db"))
        .unwrap()
        .execute_batch(statement)
        .unwrap();
}

const FAULTS: [Fault; 9] = [
    Fault {
        name: "no schema version",
        inflict: |sandbox| execute(sandbox, "DELETE FROM schema_version"),
        said: "schema_version",
    },
    Fault {
        name: "a schema version of the wrong type",
        inflict: |sandbox| {
            execute(
                sandbox,
                "DROP TABLE schema_version; CREATE TABLE schema_version (version, applied_at, description);
                 INSERT INTO schema_version VALUES ('one', 1, 'x')",
            );
        },
        said: "schema_version",
    },
    Fault {
        name: "no table with the ids",
        inflict: |sandbox| execute(sandbox, "DROP TABLE database_identity"),
        said: "database_identity",
    },
    Fault {
        name: "no ids",
        inflict: |sandbox| execute(sandbox, "DELETE FROM database_identity"),
        said: "database_identity",
    },
    Fault {
        name: "no table of moved rows",
        inflict: |sandbox| execute(sandbox, "DROP TABLE archive_receipts"),
        said: "archive_receipts",
    },
    Fault {
        name: "no history table",
        inflict: |sandbox| execute(sandbox, "DROP TABLE war_status_history"),
        said: "war_status_history",
    },
    Fault {
        name: "garbage",
        inflict: |sandbox| fs::write(sandbox.path("cold.db"), vec![0xA5; 50_000]).unwrap(),
        said: "it is no SQLite database",
    },
    Fault {
        name: "a few bytes",
        inflict: |sandbox| fs::write(sandbox.path("cold.db"), "SQLite").unwrap(),
        said: "it is no SQLite database",
    },
    Fault {
        name: "a header of zeros",
        inflict: |sandbox| {
            let mut bytes = fs::read(sandbox.path("cold.db")).unwrap();
            bytes[..100].fill(0);
            fs::write(sandbox.path("cold.db"), bytes).unwrap();
        },
        said: "it is no SQLite database",
    },
];

#[test]
fn prune_health_and_config_check_find_the_same_faults_of_an_archive() {
    for Fault {
        name,
        inflict,
        said,
    } in FAULTS
    {
        let (sandbox, main) = archived();
        inflict(&sandbox);
        sandbox.write(
            "tornsnap.toml",
            "database = \"a.db\"\n[retention]\narchive = \"cold.db\"\n",
        );
        let before = (dump(&main), fs::read(sandbox.path("cold.db")).unwrap());

        for more in [["--dry-run"].as_slice(), &[], &["--new-archive"]] {
            let refused = archive(&sandbox, LATER, more).expect(79);

            is_about_the_archive(&refused);
            let message = refused.stderr();
            assert!(message.contains(said), "{name}: {message}");
            assert!(!message.contains("SELECT"), "{name}: {message}");
        }
        let report = sandbox.run_at(LATER, &["health", "--json"]).json();
        let found = check(&report, "archive").unwrap();
        assert_eq!(found["state"], "critical", "{name}: {found}");
        let checked = sandbox.run(&["config", "check", "--json"]).json();
        let problem = problem_of(&checked);
        assert!(problem.contains(said), "{name}: {problem}");
        assert!(
            (dump(&main), fs::read(sandbox.path("cold.db")).unwrap()) == before,
            "{name}"
        );
    }
}

/// The message and the remedy of `config check` about the archive.
fn problem_of(report: &serde_json::Value) -> String {
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|found| found["subject"] == "archive");
    let found = found.unwrap_or_else(|| panic!("{report}"));
    assert_eq!(found["state"], "problem", "{report}");
    format!("{} {}", found["message"], found["try"])
}

#[test]
fn a_file_that_never_was_an_archive_is_no_damage() {
    let (sandbox, _) = archived();
    fs::write(sandbox.path("other.db"), vec![0xA5; 50_000]).unwrap();

    let refused = prune(&sandbox, LATER, "a.db", &["--archive", "other.db"]).expect(78);

    let said = refused.stderr();
    assert!(said.contains("it is no SQLite database"), "{said}");
    assert!(said.contains("name another file with --archive"), "{said}");
}
