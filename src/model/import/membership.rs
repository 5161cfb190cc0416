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
pub(crate) enum Sighting {
    /// Outside this faction: in any other one, or in none.
    Outside {
        faction: i64,
    },
    InNone,
    In {
        faction: i64,
        joined_at: Option<i64>,
    },
}

/// The stays that these sightings tell. Each has its time. Their order does not matter, and neither does repetition.
///
/// A sighting that tells nothing new is passed over, as a poll would be.
pub(crate) fn stays_of(mut sightings: Vec<(i64, Sighting)>) -> Vec<Stay> {
    sightings.sort_unstable();
    let mut stays: Vec<Stay> = Vec::new();
    let first = sightings.first().map(|(at, _)| *at);
    for (at, sighting) in sightings {
        let current = open(&stays).map(|stay| stay.faction);
        match sighting {
            Sighting::Outside { faction } if current == Some(faction) => close(&mut stays, at),
            Sighting::Outside { .. } => {}
            Sighting::InNone => close(&mut stays, at),
            Sighting::In { faction, joined_at } if current == Some(faction) => {
                if let Some(stay) = stays.last_mut().filter(|stay| stay.first_seen_at == at) {
                    stay.joined_at = stay.joined_at.or(joined_at);
                }
            }
            Sighting::In { faction, joined_at } => {
                let was_elsewhere = !stays.is_empty() || first.is_some_and(|first| first < at);
                close(&mut stays, at);
                stays.push(Stay {
                    faction,
                    first_seen_at: at,
                    joined_at: joined_at.or(was_elsewhere.then_some(at)),
                    left_at: None,
                });
            }
        }
    }
    stays
}

fn open(stays: &[Stay]) -> Option<Stay> {
    stays.last().copied().filter(|stay| stay.left_at.is_none())
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

    fn seen(at: i64, faction: i64) -> (i64, Sighting) {
        let joined_at = None;
        (at, Sighting::In { faction, joined_at })
    }

    #[test]
    fn the_earlier_sight_of_the_same_stay_counts() {
        assert_eq!(stays_of(vec![seen(10, 7), seen(5, 7)]), [stay(7, 5, None)]);
    }

    #[test]
    fn a_time_without_a_faction_ends_a_stay_and_the_next_sight_begins_another() {
        let joined = Stay {
            joined_at: Some(20),
            ..stay(7, 20, None)
        };

        let stays = stays_of(vec![seen(20, 7), (10, Sighting::InNone), seen(5, 7)]);

        assert_eq!(stays, [stay(7, 5, Some(10)), joined]);
    }

    #[test]
    fn a_player_outside_another_faction_stays() {
        let outside = (10, Sighting::Outside { faction: 8 });

        assert_eq!(stays_of(vec![seen(5, 7), outside]), [stay(7, 5, None)]);
    }

    /// The sightings that stays tell, as an import records them.
    fn told_by(stays: &[Stay]) -> Vec<(i64, Sighting)> {
        let of = |stay: &Stay| {
            let (faction, joined_at) = (stay.faction, stay.joined_at);
            let seen = (stay.first_seen_at, Sighting::In { faction, joined_at });
            let left = stay.left_at.map(|at| (at, Sighting::Outside { faction }));
            [seen].into_iter().chain(left).collect::<Vec<_>>()
        };
        stays.iter().flat_map(of).collect()
    }

    fn any_sightings() -> impl Strategy<Value = Vec<(i64, Sighting)>> {
        let faction = || 1..4_i64;
        let sighting = prop_oneof![
            Just(Sighting::InNone),
            faction().prop_map(|faction| Sighting::Outside { faction }),
            faction().prop_map(|faction| Sighting::In {
                faction,
                joined_at: None
            }),
        ];
        let seen = (1..12_i64, sighting, any::<bool>()).prop_map(|(at, sighting, has_joined)| {
            match sighting {
                Sighting::In { faction, .. } => {
                    let joined_at = has_joined.then_some(at);
                    (at, Sighting::In { faction, joined_at })
                }
                other => (at, other),
            }
        });
        vec(seen, 0..10)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_the_stays_tell_changes_nothing_among_all_sightings(
            first in any_sightings(),
            second in any_sightings(),
        ) {
            let told = told_by(&stays_of(first.clone()));
            let all = [first.clone(), second.clone()].concat();
            let again = [told, second, first].concat();
            prop_assert_eq!(stays_of(again), stays_of(all));
        }
    }
}
