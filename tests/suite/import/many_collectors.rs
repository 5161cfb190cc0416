//! Several collectors of the same changes, some of them pruned, that are imported in any order and twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::Connection;

use super::import;
use super::two_collectors::{Changes, Poll, any_changes, any_polls, collect, polls_of};
use crate::month_model::{EDGES, IN_APRIL, for_any_history, prune, summaries, summarize, template};
use crate::support::{Sandbox, rows};

/// The collectors 0, 1 and 2, one that saw what they saw, and one that saw nothing.
pub const FILES: [&str; 5] = ["first.db", "second.db", "third.db", "all.db", "new.db"];
const ALL: usize = 3;
const NEW: usize = 4;

#[derive(Clone, Debug)]
pub struct World {
    polls: Vec<(usize, Poll)>,
    changes: Changes,
    /// How many months each collector keeps.
    kept: Vec<usize>,
    /// The collectors in the order in which they are imported. The first one is the database itself.
    pub order: Vec<usize>,
    /// Whether all of them are imported into a new database instead.
    is_new: bool,
    /// The order of the second round.
    pub again: Vec<usize>,
}

impl World {
    /// Puts the database that the others are imported into first.
    fn begin(&mut self) {
        if self.is_new {
            self.order.insert(0, NEW);
        }
    }

    /// As `begin`, and that database has all of its rows.
    pub fn begin_unpruned(&mut self) {
        self.begin();
        if let Some(kept) = self.kept.get_mut(self.order[0]) {
            *kept = 4;
        }
    }
}

fn month_of(poll: &Poll) -> usize {
    EDGES.iter().rposition(|edge| *edge <= poll.at).unwrap()
}

pub fn any_world() -> impl Strategy<Value = World> {
    let order = || Just(vec![0_usize, 1, 2]).prop_shuffle();
    (
        any_polls(3),
        any_changes(),
        vec((0..3_usize, 0..4_usize), 0..4),
        vec(1..5_usize, 3),
        order(),
        any::<bool>(),
        order(),
    )
        .prop_map(|(mut polls, changes, gaps, kept, order, is_new, again)| {
            // The months in which a collector did not run.
            polls.retain(|(by, poll)| !gaps.contains(&(*by, month_of(poll))));
            World {
                polls,
                changes,
                kept,
                order,
                is_new,
                again,
            }
        })
}

/// Writes the databases, summarized and pruned. `all.db` is not pruned.
pub fn write(sandbox: &Sandbox, template: &[u8], world: &World) {
    for (collector, name) in FILES.iter().enumerate() {
        let collectors = match collector {
            ALL => vec![0, 1, 2],
            NEW => Vec::new(),
            one => vec![one],
        };
        sandbox.remove_database(name);
        fs::write(sandbox.path(name), template).unwrap();
        let polls = polls_of(&world.polls, &collectors);
        collect(&sandbox.path(name), &polls, &world.changes);
        summarize(sandbox, IN_APRIL, name, &[]);
        if let Some(kept) = world.kept.get(collector).filter(|kept| **kept < 4) {
            let keep = ["--keep-months", &kept.to_string()];
            prune(sandbox, IN_APRIL, name, &keep).expect(0);
        }
    }
}

/// The first and last value of each summary, by entity, in the order of the months.
pub type Values = BTreeMap<String, Vec<(i64, String, String)>>;

pub fn values(connection: &Connection) -> Values {
    let mut values = Values::new();
    for line in rows(
        connection,
        "SELECT 'player ' || player_id, period_start, level_start, level_end FROM player_stats_summary
         UNION ALL
         SELECT 'faction ' || faction_id, period_start, respect_start, respect_end FROM faction_summary
         UNION ALL
         SELECT 'tile ' || territory_id, period_start, faction_id_start, faction_id_end
         FROM territory_ownership_summary
         ORDER BY 1, 2",
    ) {
        let cells: Vec<&str> = line.split('|').collect();
        let [entity, month, start, end] = cells[..] else {
            panic!("{line}");
        };
        values.entry(entity.to_owned()).or_default().push((
            month.parse().unwrap(),
            start.to_owned(),
            end.to_owned(),
        ));
    }
    values
}

/// Whether each month begins with the value that the one before ends with, and each change is the difference.
pub fn check_sums(connection: &Connection) -> Result<(), TestCaseError> {
    for (entity, months) in values(connection) {
        for pair in months.windows(2) {
            prop_assert_eq!(&pair[0].2, &pair[1].1, "{}: {:?}", entity, months);
        }
    }
    let wrong = rows(
        connection,
        "SELECT 'player', player_id, period_start FROM player_stats_summary
         WHERE level_change IS NOT level_end - level_start
         UNION ALL
         SELECT 'faction', faction_id, period_start FROM faction_summary
         WHERE respect_change IS NOT respect_end - respect_start
         UNION ALL
         SELECT 'tile', territory_id, period_start FROM territory_ownership_summary
         WHERE (ownership_changes = 0) AND faction_id_start IS NOT faction_id_end",
    );
    prop_assert_eq!(wrong, Vec::<String>::new());
    Ok(())
}

/// Imports the other collectors into the first one of the order, checks the sums after each step, and returns its name.
fn import_in_order(sandbox: &Sandbox, order: &[usize]) -> Result<&'static str, TestCaseError> {
    let (into, others) = order.split_first().unwrap();
    let name = FILES[*into];
    for other in others {
        let report = import(sandbox, name, &[FILES[*other]]);
        prop_assert_eq!(&report["late"], &serde_json::json!([]), "{:#}", report);
        check_sums(&Connection::open(sandbox.path(name)).unwrap())?;
    }
    Ok(name)
}

/// The summaries of the entities that only one collector has polled.
fn of_one_collector(lines: &[String], world: &World) -> Vec<String> {
    let mut collectors: BTreeMap<i64, BTreeSet<usize>> = BTreeMap::new();
    for (by, poll) in &world.polls {
        collectors.entry(poll.entity).or_default().insert(*by);
    }
    let is_of_one = |line: &&String| {
        let id = line.split('|').nth(1).unwrap();
        let entity = match id {
            "AAA" => 1,
            "AAB" => 2,
            "AAC" => 3,
            id => id.parse().unwrap(),
        };
        collectors.get(&entity).is_some_and(|by| by.len() == 1)
    };
    lines.iter().filter(is_of_one).cloned().collect()
}

/// Imports everything a second time, and checks that this changes nothing.
fn import_again(sandbox: &Sandbox, name: &str, again: &[usize]) -> Result<(), TestCaseError> {
    let found = Connection::open(sandbox.path(name)).unwrap();
    let before = summaries(&found);
    for other in again.iter().map(|other| FILES[*other]) {
        if other != name {
            import(sandbox, name, &[other]);
            prop_assert_eq!(summaries(&found), before.clone(), "{}", other);
        }
    }
    Ok(())
}

#[test]
fn months_add_up_whatever_was_pruned_and_imported_in_any_order() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(3, any_world(), |mut world| {
        world.begin();
        write(&sandbox, &template, &world);
        let expected = summaries(&Connection::open(sandbox.path(FILES[ALL])).unwrap());

        let name = import_in_order(&sandbox, &world.order)?;

        let found = summaries(&Connection::open(sandbox.path(name)).unwrap());
        prop_assert_eq!(
            of_one_collector(&found, &world),
            of_one_collector(&expected, &world)
        );
        import_again(&sandbox, name, &world.again)
    });
}

#[test]
fn one_collector_with_every_row_makes_all_summaries_right() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    let any_place = 0..4_usize;
    for_any_history(3, (any_world(), any_place), |(mut world, place)| {
        world.order.insert(place, ALL);
        world.begin_unpruned();
        world.again.push(ALL);
        write(&sandbox, &template, &world);
        let expected = values(&Connection::open(sandbox.path(FILES[ALL])).unwrap());

        let name = import_in_order(&sandbox, &world.order)?;

        let found = Connection::open(sandbox.path(name)).unwrap();
        prop_assert_eq!(values(&found), expected.clone());
        import_again(&sandbox, name, &world.again)?;
        summarize(&sandbox, IN_APRIL, name, &["--force"]);
        prop_assert_eq!(values(&found), expected);
        Ok(())
    });
}
