//! Merges what two collectors know about the factions of one player.

/// A stay of the player in a faction, as in the table `faction_membership`. Times are unix seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Stay {
    pub(crate) faction: i64,
    pub(crate) first_seen_at: i64,
    /// `None`: before `first_seen_at`.
    pub(crate) joined_at: Option<i64>,
    /// `None`: still a member.
    pub(crate) left_at: Option<i64>,
}

/// An observation of a collector. At the same time, leaving comes first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Event {
    Left {
        faction: i64,
    },
    Seen {
        faction: i64,
        joined_at: Option<i64>,
    },
}

/// Merges the stays that two collectors recorded.
///
/// Both lists are read as events, in the order of their times. An event that tells nothing new is dropped, as a poll
/// would have been. `now_in` is the faction in the newest answer about the player, and `answered_at` its time.
pub(crate) fn merge(
    ours: &[Stay],
    theirs: &[Stay],
    now_in: Option<i64>,
    answered_at: i64,
) -> Vec<Stay> {
    let mut events: Vec<(i64, Event)> = ours.iter().chain(theirs).flat_map(events_of).collect();
    events.sort_unstable();
    let mut stays: Vec<Stay> = Vec::new();
    for &(at, event) in &events {
        apply(&mut stays, at, event);
    }
    let last_event = events.last().map_or(0, |(at, _)| *at);
    // An older answer, or none at all, knows nothing of what happened later.
    if answered_at == 0 || answered_at < last_event {
        return stays;
    }
    let current = open(&stays).map(|stay| stay.faction);
    match (current, now_in) {
        (Some(faction), None) => apply(&mut stays, answered_at, Event::Left { faction }),
        (current, Some(faction)) if current != Some(faction) => {
            let joined_at = None;
            apply(&mut stays, answered_at, Event::Seen { faction, joined_at });
        }
        _ => {}
    }
    stays
}

fn events_of(stay: &Stay) -> impl Iterator<Item = (i64, Event)> {
    let faction = stay.faction;
    let seen = Event::Seen {
        faction,
        joined_at: stay.joined_at,
    };
    let left = stay.left_at.map(|at| (at, Event::Left { faction }));
    [(stay.first_seen_at, seen)].into_iter().chain(left)
}

fn open(stays: &[Stay]) -> Option<Stay> {
    stays.last().copied().filter(|stay| stay.left_at.is_none())
}

fn apply(stays: &mut Vec<Stay>, at: i64, event: Event) {
    let current = open(stays);
    match event {
        Event::Left { faction } => {
            if current.is_some_and(|stay| stay.faction == faction) {
                close(stays, at);
            }
        }
        Event::Seen { faction, joined_at } => {
            if let Some(stay) = stays.last_mut().filter(|stay| stay.left_at.is_none())
                && stay.faction == faction
            {
                if stay.first_seen_at == at {
                    stay.joined_at = stay.joined_at.or(joined_at);
                }
                return;
            }
            let was_elsewhere = !stays.is_empty();
            close(stays, at);
            stays.push(Stay {
                faction,
                first_seen_at: at,
                joined_at: joined_at.or(was_elsewhere.then_some(at)),
                left_at: None,
            });
        }
    }
}

/// Ends the present stay. A stay that would end when it begins was not observed, so it is removed.
fn close(stays: &mut Vec<Stay>, at: i64) {
    match stays.last_mut() {
        Some(stay) if stay.left_at.is_none() && stay.first_seen_at >= at => {
            stays.pop();
        }
        Some(stay) if stay.left_at.is_none() => stay.left_at = Some(at),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn stay(faction: i64, first_seen_at: i64, left_at: Option<i64>) -> Stay {
        Stay {
            faction,
            first_seen_at,
            joined_at: None,
            left_at,
        }
    }

    #[test]
    fn the_earlier_sight_of_the_same_stay_counts() {
        let merged = merge(&[stay(7, 10, None)], &[stay(7, 5, None)], Some(7), 30);

        assert_eq!(merged, [stay(7, 5, None)]);
    }

    #[test]
    fn a_move_that_only_one_collector_saw_is_kept() {
        let theirs = [stay(7, 5, Some(20)), stay(8, 20, None)];

        let merged = merge(&[stay(7, 10, None)], &theirs, Some(8), 30);

        let joined = Stay {
            joined_at: Some(20),
            ..stay(8, 20, None)
        };
        assert_eq!(merged, [stay(7, 5, Some(20)), joined]);
    }

    #[test]
    fn the_newest_answer_decides_the_present_faction() {
        assert_eq!(
            merge(&[stay(7, 10, None)], &[], None, 30),
            [stay(7, 10, Some(30))]
        );
        let merged = merge(&[stay(7, 10, Some(20))], &[], Some(7), 30);
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[1].joined_at, Some(30));
    }

    /// A list that one collector may have recorded: each stay begins when or after the one before has ended.
    fn any_stays() -> impl Strategy<Value = Vec<Stay>> {
        vec((1..4_i64, 1..6_i64, 0..3_i64), 0..5).prop_map(|steps| {
            let mut at = 0;
            let mut stays: Vec<Stay> = Vec::new();
            for (faction, length, gap) in steps {
                at += gap;
                if stays
                    .last()
                    .is_some_and(|last| last.faction == faction && gap == 0)
                {
                    continue;
                }
                stays.push(Stay {
                    joined_at: (!stays.is_empty()).then_some(at),
                    ..stay(faction, at, Some(at + length))
                });
                at += length;
            }
            stays
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn merging_again_changes_nothing(
            ours in any_stays(),
            theirs in any_stays(),
            now_in in prop::option::of(1..4_i64),
            answered_at in 0..60_i64,
        ) {
            // The newest answer is not older than the stays here, which came from answers.
            let newest = ours.iter().map(|stay| stay.left_at.unwrap_or(stay.first_seen_at)).max();
            let answered_at = newest.map_or(answered_at, |newest| newest.max(answered_at));
            let once = merge(&ours, &theirs, now_in, answered_at);
            prop_assert_eq!(&merge(&once, &theirs, now_in, answered_at), &once);
        }

        #[test]
        fn the_newest_answer_decides_about_the_present_faction(
            ours in any_stays(),
            theirs in any_stays(),
            now_in in prop::option::of(1..4_i64),
        ) {
            let merged = merge(&ours, &theirs, now_in, 40);
            prop_assert_eq!(open(&merged).map(|stay| stay.faction), now_in);
        }

        #[test]
        fn without_an_answer_the_stays_of_the_other_collector_are_kept(theirs in any_stays()) {
            prop_assert_eq!(merge(&[], &theirs, None, 0), merge(&[], &theirs, Some(1), 0));
            let last = theirs.last().filter(|stay| stay.left_at.is_none());
            let merged = merge(&[], &theirs, None, 0);
            prop_assert_eq!(open(&merged).map(|stay| stay.faction), last.map(|stay| stay.faction));
        }
    }
}
