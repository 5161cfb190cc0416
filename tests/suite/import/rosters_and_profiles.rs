//! Collectors that read rosters and profiles at random: a merge in any order has the memberships of one collector that saw
//! everything.

use proptest::collection::vec;
use proptest::prelude::*;

use super::collector::{Answer, save};
use super::{create, import, open};
use crate::month_model::for_any_history;
use crate::support::{DAY, Sandbox, rows};

/// 2026-01-01.
const START: i64 = 1_767_225_600;
const FILES: [&str; 3] = ["first.db", "second.db", "third.db"];
/// One collector of all answers, except rosters without player 1 whose reader had never seen the player in that faction.
const ALL: &str = "all.db";
/// One collector of all answers.
const EVERY_ROSTER: &str = "every-roster.db";

/// Player 1 moves. Player 10 × n is always in faction n, so no roster is empty.
const MOVER: i64 = 1;

#[derive(Clone, Debug)]
enum What {
    Profile,
    Roster(i64),
}

/// A collector asks one thing. Each poll has its own time.
#[derive(Clone, Debug)]
struct Poll {
    collector: usize,
    what: What,
}

#[derive(Clone, Debug)]
struct World {
    /// The faction of player 1 at each poll. The player is in each faction, and in none, for one time only: a collector that
    /// polls before and after an absence cannot tell it from a stay.
    factions: Vec<Option<i64>>,
    polls: Vec<Poll>,
    order: Vec<usize>,
    again: Vec<usize>,
}

fn any_world() -> impl Strategy<Value = World> {
    let faction = vec![None, Some(1), Some(2), Some(3), Some(4)];
    let stretches = (Just(faction).prop_shuffle(), vec(1..9_usize, 5));
    let factions = stretches.prop_map(|(factions, lengths)| -> Vec<Option<i64>> {
        let stretches = factions.into_iter().zip(lengths);
        stretches
            .flat_map(|(faction, length)| vec![faction; length])
            .collect()
    });
    let what = prop_oneof![
        2 => Just(What::Profile),
        5 => (1..5_i64).prop_map(What::Roster),
    ];
    let poll = (0..3_usize, what).prop_map(|(collector, what)| Poll { collector, what });
    let order = || Just(vec![0_usize, 1, 2]).prop_shuffle();
    (factions, vec(poll, 1..40), order(), order()).prop_map(|(factions, polls, order, again)| {
        World {
            factions,
            polls,
            order,
            again,
        }
    })
}

/// The answers to each poll: that of the collector, and that of `ALL`.
///
/// A collector that has never seen player 1 in a faction keeps no more about the rosters without the player than some of
/// their times. A fresh database does not import them.
fn answers(world: &World) -> Vec<(usize, i64, Answer, Answer)> {
    let mut seen: Vec<(usize, i64)> = Vec::new();
    let mut answers = Vec::new();
    for ((number, poll), faction) in (0..).zip(&world.polls).zip(&world.factions) {
        let at = START + number * DAY;
        if let Some(faction) = faction {
            let is_seen = match poll.what {
                What::Profile => true,
                What::Roster(of) => of == *faction,
            };
            if is_seen {
                seen.push((poll.collector, *faction));
            }
        }
        let (own, all) = match poll.what {
            What::Profile => {
                let answer = Answer::Profile(MOVER, *faction);
                (answer.clone(), answer)
            }
            What::Roster(of) => {
                let mut members = vec![10 * of];
                members.extend((*faction == Some(of)).then_some(MOVER));
                let all = if seen.contains(&(poll.collector, of)) {
                    Answer::Roster(of, members.clone())
                } else {
                    Answer::Profile(10 * of, Some(of))
                };
                (Answer::Roster(of, members), all)
            }
        };
        answers.push((poll.collector, at, own, all));
    }
    answers
}

fn collect(sandbox: &Sandbox, world: &World) {
    let answers = answers(world);
    for (collector, name) in FILES.iter().enumerate() {
        create(sandbox, name);
        let own = answers.iter().filter(|(by, ..)| *by == collector);
        let own: Vec<_> = own.map(|(_, at, own, _)| (*at, own.clone())).collect();
        save(sandbox, name, &own);
    }
    let (all, every): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .map(|(_, at, own, all)| ((at, all), (at, own)))
        .unzip();
    for (name, answers) in [(ALL, all), (EVERY_ROSTER, every)] {
        create(sandbox, name);
        save(sandbox, name, &answers);
    }
}

/// The memberships of player 1, and the present faction.
fn memberships(sandbox: &Sandbox, name: &str) -> Vec<String> {
    let query = format!(
        "SELECT player_id, faction_id, (first_seen_at - {START}) / {DAY}, (joined_at - {START}) / {DAY},
            (left_at - {START}) / {DAY}
         FROM faction_membership WHERE player_id = {MOVER}
         UNION ALL SELECT player_id, faction_id, 'now', NULL, NULL FROM players WHERE player_id = {MOVER}
         ORDER BY 1, 3"
    );
    rows(&open(sandbox, name), &query)
}

#[test]
fn a_merge_of_rosters_and_profiles_has_the_memberships_of_one_collector() {
    let sandbox = Sandbox::new();
    for_any_history(6, any_world(), |world| {
        collect(&sandbox, &world);
        let expected = memberships(&sandbox, ALL);
        create(&sandbox, "merged.db");
        for number in &world.order {
            import(&sandbox, "merged.db", &[FILES[*number]]);
        }
        prop_assert_eq!(memberships(&sandbox, "merged.db"), expected.clone());
        for number in &world.again {
            import(&sandbox, "merged.db", &[FILES[*number]]);
            prop_assert_eq!(
                memberships(&sandbox, "merged.db"),
                expected.clone(),
                "{} again",
                number
            );
        }
        if memberships(&sandbox, EVERY_ROSTER) == expected {
            let (into, others) = world.order.split_first().unwrap();
            for other in others {
                import(&sandbox, FILES[*into], &[FILES[*other]]);
            }
            prop_assert_eq!(memberships(&sandbox, FILES[*into]), expected);
        }
        Ok(())
    });
}
