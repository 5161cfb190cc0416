//! The old database that `restore` keeps, imported into the restored one.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::closed::database_of_factions;
use super::many_collectors::{check_sums, values};
use super::two_collectors::{Changes, Poll, any_changes, any_moment, any_polls, collect, polls_of};
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
    /// The polls of another collector, which was imported before the backup.
    other: Vec<Poll>,
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
        any_polls(2),
        any_changes(),
        any_moment(),
        restored_at,
        flags,
    )
        .prop_map(|(polls, changes, moment, restored_at, flags)| World {
            polls: polls_of(&polls, &[0]),
            other: polls_of(&polls, &[1])
                .into_iter()
                .filter(|poll| poll.at < moment.min(restored_at))
                .collect(),
            changes,
            backup_at: moment.min(restored_at),
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
    let mut all = [&world.polls[..], &world.other].concat();
    all.sort_by_key(|poll| (poll.at, poll.entity));
    for (name, polls) in [
        ("all.db", all),
        ("other.db", world.other.clone()),
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
    for name in ["old.db", "restored.db"] {
        import(sandbox, name, &["other.db", "--no-summarize"]);
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

/// Restores a backup of the middle of January, prunes that month, and imports the database that the restore has put aside.
///
/// `other`: rows of another collector, imported before the backup. `late`: rows that came after it. Both as `(7, moment, respect)`.
fn complete_january(sandbox: &Sandbox, other: &str, late: &str) -> [Value; 2] {
    let [_, january, ..] = EDGES;
    let half = january + 15 * 86400;
    database_of_factions(
        sandbox,
        "tornsnap.db",
        &format!("(7, {january}, 100), (7, {half}, 150)"),
    );
    database_of_factions(sandbox, "other.db", other);
    let merge = ["import", "other.db", "--no-backup", "--no-summarize"];
    sandbox.run_at(IN_APRIL, &merge).expect(0);
    sandbox.run_at(half, &["backup"]).expect(0);
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES {late}"
        ))
        .unwrap();
    summarize(sandbox, IN_APRIL, "tornsnap.db", &[]);
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
    summarize(sandbox, IN_APRIL, "tornsnap.db", &[]);
    prune(sandbox, IN_APRIL, "tornsnap.db", &[]).expect(0);
    assert_eq!(sandbox.rows(JANUARY), ["100|150|50|2"]);
    [(); 2].map(|()| import(sandbox, "tornsnap.db", &[&old]))
}

const JANUARY: &str =
    "SELECT respect_start, respect_end, respect_change, record_count FROM faction_summary";

#[test]
fn the_month_of_a_restored_backup_is_complete_after_an_import_of_the_old_database() {
    let half = EDGES[1] + 15 * 86400;
    let sandbox = Sandbox::new();

    let [first, again] = complete_january(
        &sandbox,
        &format!("(7, {half}, 150)"),
        &format!("(7, {half} + 1, 160), (7, {half} + 2, 170)"),
    );

    assert_eq!(sandbox.rows(JANUARY), ["100|170|70|4"]);
    assert_eq!(first["tables"]["faction_summary"]["taken"], 1);
    assert_eq!(again["tables"]["faction_summary"]["taken"], 0);
}

#[test]
fn the_month_of_a_restored_backup_is_completed_though_it_remembers_repeated_rows_of_another_collector()
 {
    let half = EDGES[1] + 15 * 86400;
    let sandbox = Sandbox::new();

    let [first, again] = complete_january(
        &sandbox,
        &format!("(7, {half} + 1, 150), (7, {half} + 2, 150)"),
        &format!("(7, {half} + 3, 170)"),
    );

    assert_eq!(sandbox.rows(JANUARY), ["100|170|70|3"]);
    assert_eq!(first["tables"]["faction_summary"]["taken"], 1);
    assert_eq!(again["tables"]["faction_summary"]["taken"], 0);
}
