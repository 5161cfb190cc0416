//! The old database that `restore` keeps, imported into the restored one.

use std::fs;

use proptest::prelude::*;
use serde_json::json;

use super::many_collectors::{check_sums, values};
use super::two_collectors::{Changes, Poll, any_changes, any_moment, any_polls, collect};
use super::{import, open};
use crate::month_model::{EDGES, IN_APRIL, for_any_history, prune, summaries, summarize, template};
use crate::support::Sandbox;

/// The jobs that ran on the old database before the restore.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Old {
    Unsummarized,
    Summarized,
    Pruned,
}

#[derive(Clone, Debug)]
struct World {
    polls: Vec<Poll>,
    changes: Changes,
    backup_at: i64,
    /// In a month that no prune has closed.
    restored_at: i64,
    old: Old,
    /// Whether the restored database is summarized and pruned before the import.
    is_pruned_first: bool,
    has_archive: bool,
}

fn any_world() -> impl Strategy<Value = World> {
    let flags = any::<[bool; 4]>();
    let restored_at = EDGES[2]..EDGES[4];
    (
        any_polls(1),
        any_changes(),
        any_moment(),
        restored_at,
        flags,
    )
        .prop_map(|(polls, changes, backup_at, restored_at, flags)| World {
            polls: polls.into_iter().map(|(_, poll)| poll).collect(),
            changes,
            backup_at: backup_at.min(restored_at),
            restored_at,
            old: match flags {
                [_, true, ..] => Old::Pruned,
                [true, ..] => Old::Summarized,
                _ => Old::Unsummarized,
            },
            is_pruned_first: flags[2],
            has_archive: flags[3],
        })
}

/// Writes `all.db`, which was never restored, `old.db`, which ends at the restore, and `restored.db`.
fn write(sandbox: &Sandbox, template: &[u8], world: &World) {
    let is_old = |poll: &&Poll| poll.at < world.restored_at;
    let is_restored = |poll: &&Poll| poll.at < world.backup_at || poll.at >= world.restored_at;
    for (name, polls) in [
        ("all.db", world.polls.clone()),
        (
            "old.db",
            world.polls.iter().filter(is_old).cloned().collect(),
        ),
        (
            "restored.db",
            world.polls.iter().filter(is_restored).cloned().collect(),
        ),
    ] {
        sandbox.remove_database(name);
        fs::write(sandbox.path(name), template).unwrap();
        collect(&sandbox.path(name), &polls, &world.changes);
    }
    sandbox.remove_database("archive.db");
    summarize(sandbox, IN_APRIL, "all.db", &[]);
    if world.old != Old::Unsummarized {
        summarize(sandbox, world.restored_at, "old.db", &[]);
    }
    if world.old == Old::Pruned {
        prune_with(sandbox, "old.db", world);
    }
}

/// The jobs of one night.
fn prune_with(sandbox: &Sandbox, name: &str, world: &World) {
    summarize(sandbox, IN_APRIL, name, &[]);
    let archive: &[&str] = if world.has_archive {
        &["--archive", "archive.db"]
    } else {
        &[]
    };
    prune(sandbox, IN_APRIL, name, archive).expect(0);
}

#[test]
fn a_restored_database_with_the_rows_of_the_old_one_is_as_if_it_was_never_restored() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(5, any_world(), |world| {
        write(&sandbox, &template, &world);
        let expected = values(&open(&sandbox, "all.db"));
        if world.is_pruned_first {
            prune_with(&sandbox, "restored.db", &world);
        }

        let report = import(&sandbox, "restored.db", &["old.db"]);

        let found = open(&sandbox, "restored.db");
        prop_assert_eq!(values(&found), expected.clone());
        prop_assert_eq!(&report["late"], &json!([]));
        check_sums(&found)?;
        for is_pruned in [false, true] {
            if is_pruned {
                prune_with(&sandbox, "restored.db", &world);
            }
            let before = summaries(&found);
            import(&sandbox, "restored.db", &["old.db"]);
            prop_assert_eq!(summaries(&found), before);
        }
        prop_assert_eq!(values(&found), expected);
        Ok(())
    });
}

#[test]
fn the_month_of_a_restored_backup_is_complete_after_an_import_of_the_old_database() {
    let [_, january, ..] = EDGES;
    let half = january + 15 * 86400;
    let sandbox = Sandbox::new();
    super::closed::database_of_factions(
        &sandbox,
        "tornsnap.db",
        &format!("(7, {january}, 100), (7, {half}, 150)"),
    );
    sandbox.run_at(half, &["backup"]).expect(0);
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {half} + 1, 160), (7, {half} + 2, 170)"
        ))
        .unwrap();
    summarize(&sandbox, IN_APRIL, "tornsnap.db", &[]);
    sandbox
        .run_at(IN_APRIL, &["restore", "latest", "--yes"])
        .expect(0);
    let old = sandbox
        .names()
        .into_iter()
        .find(|name| {
            name.contains("before-restore") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .unwrap();
    summarize(&sandbox, IN_APRIL, "tornsnap.db", &[]);
    prune(&sandbox, IN_APRIL, "tornsnap.db", &[]).expect(0);
    let summary =
        "SELECT respect_start, respect_end, respect_change, record_count FROM faction_summary";
    assert_eq!(sandbox.rows(summary), ["100|150|50|2"]);

    let report = import(&sandbox, "tornsnap.db", &[&old]);
    let again = import(&sandbox, "tornsnap.db", &[&old]);

    assert_eq!(sandbox.rows(summary), ["100|170|70|4"]);
    assert_eq!(report["tables"]["faction_summary"]["taken"], 1);
    assert_eq!(again["tables"]["faction_summary"]["taken"], 0);
}
