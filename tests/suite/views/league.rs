//! `territory_league` and `territory_changes`, compared with a count of what a simulated Torn has told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _};

use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, Dice, NOW, heavy};

/// A faction that is never followed.
const OTHERS: i64 = 31;

const TILES: [&str; 14] = [
    "AAB", "AAC", "AAD", "AAE", "AAF", "AAG", "AAH", "AAI", "AAJ", "AAK", "AAL", "AAM", "AAN",
    "AAO",
];

/// The tiles of a faction in one month.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
struct Count {
    start: i64,
    end: i64,
    gained: i64,
    lost: i64,
}

/// Counts the tiles of each month from the answers, without SQL and without the program's tables.
#[derive(Default)]
struct Naive {
    /// The known owner of each tile that was ever observed.
    owners: BTreeMap<usize, Option<i64>>,
    /// The factions whose list was read before.
    listed: BTreeSet<i64>,
    months: BTreeMap<String, Month>,
    /// Each change: time, tile, old owner if known, new owner.
    changes: Vec<String>,
}

#[derive(Default)]
struct Month {
    /// The owners at the start of the month of the tiles that were known then.
    carried: BTreeMap<usize, Option<i64>>,
    observed: BTreeSet<usize>,
    counts: BTreeMap<i64, Count>,
}

impl Naive {
    /// One fetch with these followed factions.
    fn fetch(&mut self, at: i64, truth: &[Option<i64>], followed: &[i64]) {
        let month = month_of(at);
        if !self.months.contains_key(&month) {
            let carried = self.owners.clone();
            self.months.insert(
                month.clone(),
                Month {
                    carried,
                    ..Month::default()
                },
            );
        }
        let before = self.owners.clone();
        let listed_before = self.listed.clone();
        for (tile, owner) in truth.iter().enumerate() {
            let is_listed = owner.is_some_and(|owner| followed.contains(&owner));
            let was_ours = before
                .get(&tile)
                .copied()
                .flatten()
                .is_some_and(|old| followed.contains(&old));
            if is_listed || was_ours {
                self.observe(at, tile, *owner, &listed_before);
            }
        }
        self.listed.extend(followed);
    }

    fn observe(&mut self, at: i64, tile: usize, owner: Option<i64>, listed: &BTreeSet<i64>) {
        let month = self.months.get_mut(&month_of(at)).unwrap();
        month.observed.insert(tile);
        let old = self.owners.insert(tile, owner);
        if old == Some(owner) {
            return;
        }
        if let Some(owner) = owner {
            let count = month.counts.entry(owner).or_default();
            if old.is_some() || listed.contains(&owner) {
                count.gained += 1;
            } else {
                count.start += 1; // held before for all that is known
            }
        }
        if let Some(Some(old)) = old {
            month.counts.entry(old).or_default().lost += 1;
        }
        if old.is_some() || owner.is_some_and(|owner| listed.contains(&owner)) {
            let text = |owner: Option<i64>| owner.map_or(String::new(), |owner| owner.to_string());
            let (old, new) = (text(old.flatten()), text(owner));
            self.changes
                .push(format!("{at}|{}|{old}|{new}", TILES[tile]));
        }
    }

    /// The counts of each month but the last, as rows.
    fn league(mut self) -> BTreeMap<(String, i64), Count> {
        let last = self.months.keys().next_back().unwrap().clone();
        let mut rows = BTreeMap::new();
        for (name, month) in &mut self.months {
            for tile in &month.observed {
                if let Some(Some(owner)) = month.carried.get(tile) {
                    month.counts.entry(*owner).or_default().start += 1;
                }
            }
            for (faction, count) in &mut month.counts {
                count.end = count.start + count.gained - count.lost;
                if *name != last {
                    rows.insert((name.clone(), *faction), *count);
                }
            }
        }
        rows
    }
}

fn month_of(at: i64) -> String {
    let at = DateTime::from_timestamp(at, 0).unwrap();
    format!("{:04}-{:02}", at.year(), at.month())
}

fn league(torn: &Torn) -> BTreeMap<(String, i64), Count> {
    torn.rows(
        "SELECT month, faction_id, tiles_start, tiles_end, gained, lost FROM territory_league",
    )
    .iter()
    .map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let number = |index: usize| cells[index].parse::<i64>().unwrap();
        let count = Count {
            start: number(2),
            end: number(3),
            gained: number(4),
            lost: number(5),
        };
        ((cells[0].to_owned(), number(1)), count)
    })
    .collect()
}

fn follow(torn: &Torn, factions: &[i64]) {
    torn.follow(&format!(
        "[track]\nfactions = {factions:?}\nterritories = \"tracked\"\nmembers = false\n"
    ));
}

/// A random index of a list with this length.
fn below(dice: &mut Dice, length: usize) -> usize {
    usize::try_from(dice.below(length as u64)).unwrap()
}

/// About 100 days, in which tiles change their owners at random and a second faction is followed from the 40th day on.
/// Returns the time of the last fetch.
fn a_random_history(torn: &Torn, seed: i64, naive: &mut Naive) -> i64 {
    let mut dice = Dice::new(seed.unsigned_abs());
    let mut truth = vec![None; TILES.len()];
    torn.edit(|world| {
        world.pin_faction(OTHERS);
    });
    let mut followed = vec![OURS];
    follow(torn, &followed);
    let mut at = NOW;
    for step in 0..40 {
        let changed = match step {
            0 => (0..TILES.len()).collect(),
            _ => (0..dice.below(5))
                .map(|_| below(&mut dice, TILES.len()))
                .collect::<Vec<_>>(),
        };
        for tile in changed {
            let owners = [Some(OURS), Some(OURS), Some(THEIRS), Some(OTHERS), None];
            truth[tile] = owners[below(&mut dice, owners.len())];
            torn.edit(|world| world.pin_tile(TILES[tile]).owner = truth[tile]);
        }
        if step == 16 {
            followed.push(THEIRS);
            follow(torn, &followed);
        }
        torn.fetch_at(at, &["territories"]).expect(0);
        naive.fetch(at, &truth, &followed);
        at += DAY * 5 / 2;
    }
    at
}

#[test]
fn the_league_of_tiles_equals_a_naive_count_before_and_after_a_prune() {
    for seed in 1..=heavy(20, 1) {
        let torn = Torn::new();
        let mut naive = Naive::default();
        let end = a_random_history(&torn, seed, &mut naive);
        torn.sandbox.run_at(end, &["summarize"]).expect(0);

        let changes = torn.rows(
            "SELECT at, territory_id, from_faction_id, to_faction_id FROM territory_changes ORDER BY at, territory_id",
        );
        let counted = league(&torn);
        let rows = torn.value::<i64>("SELECT count(*) FROM territory_ownership_history");

        let mut expected_changes = naive.changes.clone();
        expected_changes.sort();
        assert_eq!(changes, expected_changes, "seed {seed}");
        let expected = naive.league();
        assert_eq!(counted, expected, "seed {seed}");

        let later = end + 200 * DAY;
        torn.sandbox.run_at(later, &["summarize"]).expect(0);
        let prune = ["prune", "--without-backup", "--allow-large"];
        torn.sandbox.run_at(later, &prune).expect(0);
        let rows_left = torn.value::<i64>("SELECT count(*) FROM territory_ownership_history");
        assert!(rows_left < rows, "seed {seed}");
        let pruned = league(&torn);
        for ((month, faction), count) in &expected {
            let Some(left) = pruned.get(&(month.clone(), *faction)) else {
                // It held tiles neither at the start nor at the end of the month.
                assert_eq!(
                    (count.start, count.end),
                    (0, 0),
                    "seed {seed}: {month} {faction}"
                );
                continue;
            };
            let name = format!("seed {seed}: {month} {faction}: {count:?}, {left:?}");
            assert_eq!((left.start, left.end), (count.start, count.end), "{name}");
            assert_eq!(left.start + left.gained - left.lost, left.end, "{name}");
            assert!(left.gained >= 0 && left.lost >= 0, "{name}");
            assert!(left.gained <= count.gained, "{name}");
        }
    }
}
