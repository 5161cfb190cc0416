//! Collectors that follow different factions and players. Merged in any order, they know the memberships that one
//! collector with all of their polls knows.

use std::fs;

use super::open;
use crate::support::torn::Torn;
use crate::support::{DAY, NOW, rows};

/// The collectors, and one that makes all polls of them.
const FILES: [&str; 3] = ["first.db", "second.db", "third.db"];
const ALL: &str = "all.db";

/// Players 1 and 7 stay in faction 9, and player 6 in faction 20. Player 5 moves.
const MOVER: i64 = 5;

struct Collectors(Torn);

impl Collectors {
    /// Player 5 is in faction 9.
    fn new() -> Self {
        let torn = Torn::new();
        torn.edit(|world| {
            for (player, faction) in [(MOVER, 9), (6, 20), (7, 9)] {
                world.pin_player(player).faction_id = Some(faction);
            }
        });
        let collectors = Self(torn);
        for name in FILES.into_iter().chain([ALL]) {
            super::create(&collectors.0.sandbox, name);
        }
        collectors
    }

    fn moves_to(&self, faction: Option<i64>) {
        self.0
            .edit(|world| world.pin_player(MOVER).faction_id = faction);
    }

    /// A collector reads what these arguments name, and so does the one that makes all polls.
    fn poll(&self, day: i64, name: &str, what: [&str; 3]) {
        for database in [name, ALL] {
            let arguments = [&what[..], &["--database", database]].concat();
            self.0.fetch_at(NOW + day * DAY, &arguments).expect(0);
        }
    }

    fn roster(&self, day: i64, name: &str, faction: &str) {
        self.poll(day, name, ["factions", "--faction", faction]);
    }

    fn profile(&self, day: i64, name: &str) {
        self.poll(day, name, ["players", "--player", "5"]);
    }

    /// Imports these files one after the other, each into a copy of the first one.
    fn merge(&self, order: &[&str]) {
        let sandbox = &self.0.sandbox;
        super::create(sandbox, "merged.db");
        if let Some((first, others)) = order.split_first() {
            fs::copy(sandbox.path(first), sandbox.path("merged.db")).unwrap();
            for file in others {
                self.import(file);
            }
        }
    }

    fn import(&self, file: &str) {
        let arguments = ["import", file, "--database", "merged.db", "--no-backup"];
        self.0.sandbox.run_at(NOW + 60 * DAY, &arguments).expect(0);
    }

    /// The stays of player 5: the faction, the day of the first sight, the day of the join, and the last day.
    fn stays(&self, name: &str) -> Vec<String> {
        let query = format!(
            "SELECT faction_id, (first_seen_at - {NOW}) / {DAY}, (joined_at - {NOW}) / {DAY}, (left_at - {NOW}) / {DAY}
             FROM faction_membership WHERE player_id = {MOVER} ORDER BY first_seen_at"
        );
        rows(&open(&self.0.sandbox, name), &query)
    }

    /// Merges the files in all orders, each twice, and compares the result with one collector of all polls.
    fn expect(&self, files: &[&str], expected: &[&str]) {
        assert_eq!(self.stays(ALL), expected, "one collector");
        for order in orders(files) {
            self.merge(&order);
            assert_eq!(self.stays("merged.db"), expected, "{order:?}");
            for again in &order {
                if *again != order[0] {
                    self.import(again);
                    assert_eq!(
                        self.stays("merged.db"),
                        expected,
                        "{order:?}, {again} again"
                    );
                }
            }
            let state = format!("SELECT faction_id FROM players WHERE player_id = {MOVER}");
            let of = |name| rows(&open(&self.0.sandbox, name), &state);
            assert_eq!(of("merged.db"), of(ALL), "{order:?}");
        }
    }
}

/// All orders of these files.
fn orders<'a>(files: &[&'a str]) -> Vec<Vec<&'a str>> {
    if files.is_empty() {
        return vec![Vec::new()];
    }
    let with_first = |place: usize| {
        let mut rest = files.to_vec();
        let first = rest.remove(place);
        orders(&rest)
            .into_iter()
            .map(move |order| [vec![first], order].concat())
    };
    (0..files.len()).flat_map(with_first).collect()
}

#[test]
fn a_roster_without_a_player_whom_another_collector_saw_elsewhere_ends_no_stay() {
    let collectors = Collectors::new();
    let [nine, twenty, _] = FILES;
    collectors.roster(0, nine, "9");
    collectors.roster(0, twenty, "20");
    collectors.moves_to(Some(20));
    collectors.roster(2, twenty, "20");
    collectors.roster(3, nine, "9");
    collectors.roster(4, twenty, "20");
    collectors.roster(10, twenty, "20");

    collectors.expect(&[nine, twenty], &["9|0||2", "20|2|2|"]);
}

#[test]
fn a_profile_in_no_faction_ends_a_stay_that_another_collector_saw() {
    let collectors = Collectors::new();
    let [nine, twenty, profiles] = FILES;
    collectors.roster(0, nine, "9");
    collectors.profile(0, profiles);
    collectors.roster(1, twenty, "20");
    collectors.moves_to(Some(20));
    collectors.roster(2, twenty, "20");
    collectors.moves_to(None);
    collectors.profile(4, profiles);
    collectors.profile(5, profiles);
    collectors.roster(6, nine, "9");
    collectors.roster(7, twenty, "20");
    collectors.profile(8, profiles);

    collectors.expect(&FILES, &["9|0||2", "20|2|2|4"]);
}

#[test]
fn a_rejoin_after_a_time_in_no_faction_is_kept() {
    let collectors = Collectors::new();
    let [nine, twenty, profiles] = FILES;
    collectors.roster(0, nine, "9");
    collectors.roster(0, twenty, "20");
    collectors.moves_to(None);
    collectors.profile(3, profiles);
    collectors.roster(4, nine, "9");
    collectors.profile(6, profiles);
    collectors.moves_to(Some(9));
    collectors.roster(8, nine, "9");
    collectors.profile(9, profiles);

    collectors.expect(&FILES, &["9|0||3", "9|8|8|"]);
}

#[test]
fn a_collector_with_a_gap_does_not_end_the_stays_that_the_others_saw_in_it() {
    let collectors = Collectors::new();
    let [nine, twenty, profiles] = FILES;
    collectors.roster(0, nine, "9");
    collectors.roster(1, twenty, "20");
    collectors.moves_to(Some(20));
    collectors.roster(3, twenty, "20");
    collectors.profile(5, profiles);
    collectors.roster(20, nine, "9");
    collectors.roster(21, twenty, "20");
    collectors.moves_to(Some(9));
    collectors.profile(25, profiles);
    collectors.roster(30, nine, "9");
    collectors.roster(31, twenty, "20");

    collectors.expect(&FILES, &["9|0||3", "20|3|3|25", "9|25|25|"]);
}

#[test]
fn the_state_of_a_merged_database_tells_no_more_than_its_answers() {
    let collectors = Collectors::new();
    let [nine, twenty, profiles] = FILES;
    collectors.roster(0, nine, "9");
    collectors.roster(1, twenty, "20");
    collectors.moves_to(Some(20));
    collectors.roster(2, twenty, "20");
    collectors.moves_to(None);
    collectors.profile(3, profiles);
    collectors.roster(4, nine, "9");

    collectors.expect(&FILES, &["9|0||2", "20|2|2|3"]);
}
