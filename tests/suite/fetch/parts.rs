//! Missing fields: a field whose null means "none" must be present, and any other missing field is unknown.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind, Racket};

use crate::support::NOW;
use crate::support::torn::{OURS, THEIRS, Torn};

/// A database with everything that the tests change: two players of our faction, a ranked war, and two tiles of ours, one
/// of them with a racket and under assault.
pub fn known() -> Torn {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1, 2]\nfactions = [9]\nmembers = false\n");
    torn.edit(|world| {
        let tile = world.pin_tile("AAB");
        (tile.owner, tile.sector) = (Some(OURS), 4);
        tile.racket = Some(Racket {
            name: "Forgery".to_owned(),
            level: 3,
            reward: "Money".to_owned(),
            quantity: 1,
            item: None,
            created_at: NOW,
            changed_at: NOW,
        });
        world.pin_tile("AAC").owner = Some(OURS);
        world.pin_tile("AAD").owner = Some(THEIRS);
    });
    torn.pin_ranked_war(5, |_| {});
    torn.pin_territory_war(6, |_| {}); // On tile AAB.
    torn.fetch(&["all"]).expect(0);
    torn
}

/// The rows of the state and the histories, without times.
fn facts(torn: &Torn) -> Vec<String> {
    let mut facts = torn.rows(
        "SELECT 'player', player_id, name, level, rank, faction_id, status_state, life_current, life_maximum, is_active FROM players
         UNION ALL SELECT 'faction', faction_id, name, tag, respect, best_chain, member_count, age, leader_id, is_active FROM factions
         UNION ALL SELECT 'tile', territory_id, sector, faction_id, racket_type, racket_level, war_status, size, slots, 0 FROM territories
         UNION ALL SELECT 'member', player_id, faction_id, first_seen_at, joined_at, left_at, 0, 0, 0, 0 FROM faction_membership",
    );
    facts.extend(torn.rows(
        "SELECT 'stats', player_id, strength, level, life_maximum, networth FROM player_stats_history
         UNION ALL SELECT 'group', faction_id, respect, member_count, best_chain, 0 FROM faction_history
         UNION ALL SELECT 'war', war_id, status, attacking_score, defending_score, winner_faction_id FROM war_status_history
         UNION ALL SELECT 'owner', territory_id, faction_id, racket_level, racket_type, war_status FROM territory_ownership_history",
    ));
    facts.sort();
    facts
}

/// A field that is removed from an answer.
struct Removed {
    /// The path of the call.
    path: &'static str,
    /// The place of the field.
    pointer: &'static str,
    error: &'static str,
}

/// Fields whose null means "none": the call, the JSON pointer, and the error if the field is missing.
const MEANINGFUL: &[Removed] = &[
    Removed {
        path: "/user/2",
        pointer: "/profile/faction_id",
        error: "profile.faction_id: it is missing",
    },
    Removed {
        path: "/user/2",
        pointer: "/profile/name",
        error: "profile: it has no field `name`",
    },
    Removed {
        path: "/user/2",
        pointer: "/profile",
        error: "profile: it is missing",
    },
    Removed {
        path: "/faction/9",
        pointer: "/basic",
        error: "basic: it is missing",
    },
    Removed {
        path: "/faction/9",
        pointer: "/basic/name",
        error: "basic: it has no field `name`",
    },
    Removed {
        path: "/faction/9",
        pointer: "/members",
        error: "members: it is missing",
    },
    Removed {
        path: "/faction/9",
        pointer: "/members/0/name",
        error: "members[0]: it has no field `name`",
    },
    Removed {
        path: "/faction/9",
        pointer: "/wars/ranked",
        error: "wars.ranked: it is missing",
    },
    Removed {
        path: "/faction/9",
        pointer: "/wars/territory",
        error: "wars.territory: it is missing",
    },
    Removed {
        path: "/faction/9",
        pointer: "/wars",
        error: "wars: it is missing",
    },
    Removed {
        path: "/faction/9",
        pointer: "/wars/ranked/end",
        error: "wars.ranked.end: it is missing",
    },
    Removed {
        path: "/faction/9",
        pointer: "/wars/ranked/winner",
        error: "wars.ranked.winner: it is missing",
    },
    Removed {
        path: "/faction/9",
        pointer: "/wars/territory/0/end",
        error: "wars.territory[0].end: it is missing",
    },
    Removed {
        path: "/faction/9/territory",
        pointer: "/territory/0/racket",
        error: "territory[0].racket: it is missing",
    },
    Removed {
        path: "/faction/9/territory",
        pointer: "/territory",
        error: "territory: it is missing",
    },
];

#[test]
fn a_field_whose_null_means_something_and_that_is_missing_rejects_its_part_and_changes_nothing() {
    for &Removed {
        path,
        pointer,
        error,
    } in MEANINGFUL
    {
        let torn = known();
        let before = facts(&torn);
        torn.simulator
            .fault(Fault::always(FaultKind::Remove(pointer.to_owned())).path(path));

        torn.fetch_at(NOW + 240, &["all"]).expect(3);

        assert_eq!(
            torn.rows("SELECT DISTINCT error FROM rejected_payloads"),
            [error],
            "{pointer}"
        );
        assert_eq!(facts(&torn), before, "{path} {pointer}");
    }
}

const REMOVED_FROM_SWEEPS: &[Removed] = &[
    Removed {
        path: "/faction/territoryownership",
        pointer: "/territoryOwnership/0/owned_by",
        error: "territoryOwnership[0].owned_by: it is missing",
    },
    Removed {
        path: "/faction/territoryownership",
        pointer: "/territoryOwnership",
        error: "territoryOwnership: it is missing",
    },
    Removed {
        path: "/faction/rackets",
        pointer: "/rackets",
        error: "rackets: it is missing",
    },
    Removed {
        path: "/faction/warfareterritory",
        pointer: "/warfareterritory",
        error: "warfareterritory: it is missing",
    },
    Removed {
        path: "/faction/warfareterritory",
        pointer: "/warfareterritory/0/result",
        error: "warfareterritory[0].result: it is missing",
    },
];

#[test]
fn an_owner_or_racket_of_a_sweep_that_is_missing_changes_nothing() {
    for &Removed {
        path,
        pointer,
        error,
    } in REMOVED_FROM_SWEEPS
    {
        let torn = known();
        torn.follow("[track]\nterritories = \"all\"\n");
        torn.fetch_at(NOW + 60, &["territories"]).expect(0);
        let before = facts(&torn);
        torn.simulator
            .fault(Fault::always(FaultKind::Remove(pointer.to_owned())).path(path));

        let finished = torn.fetch_at(NOW + 120, &["territories"]);

        assert!([3, 76].contains(&finished.code()), "{}", finished.stderr());
        assert_eq!(torn.rows("SELECT error FROM rejected_payloads"), [error]);
        assert_eq!(facts(&torn), before, "{path} {pointer}");
    }
}

struct Field {
    /// The path of the call.
    path: &'static str,
    pointer: &'static str,
}

/// Fields that are unknown if they are missing or null.
const UNKNOWN: &[Field] = &[
    Field {
        path: "/user/2",
        pointer: "/profile/level",
    },
    Field {
        path: "/user/2",
        pointer: "/profile/rank",
    },
    Field {
        path: "/user/2",
        pointer: "/profile/life",
    },
    Field {
        path: "/user/2",
        pointer: "/profile/life/current",
    },
    Field {
        path: "/user/2",
        pointer: "/profile/life/maximum",
    },
    Field {
        path: "/user/2",
        pointer: "/personalstats",
    },
    Field {
        path: "/faction/9",
        pointer: "/basic/respect",
    },
    Field {
        path: "/faction/9",
        pointer: "/basic/best_chain",
    },
    Field {
        path: "/faction/9",
        pointer: "/basic/members",
    },
    Field {
        path: "/faction/9",
        pointer: "/basic/days_old",
    },
    Field {
        path: "/faction/9",
        pointer: "/basic/tag",
    },
    Field {
        path: "/faction/9",
        pointer: "/members/0/level",
    },
    Field {
        path: "/faction/9",
        pointer: "/wars/ranked/target",
    },
    Field {
        path: "/faction/9",
        pointer: "/wars/ranked/factions/0/score",
    },
    Field {
        path: "/faction/9",
        pointer: "/wars/ranked/factions/0/name",
    },
    Field {
        path: "/faction/9/territory",
        pointer: "/territory/0/sector",
    },
    Field {
        path: "/faction/9/territory",
        pointer: "/territory/0/coordinates",
    },
    Field {
        path: "/faction/9/territory",
        pointer: "/territory/0/racket/level",
    },
];

#[test]
fn a_field_that_is_only_not_known_may_be_missing_or_null_and_stays_as_last_known() {
    for &Field { path, pointer } in UNKNOWN {
        for fault in [
            FaultKind::Remove(pointer.to_owned()),
            FaultKind::Patch(pointer.to_owned(), json!(null)),
        ] {
            let torn = known();
            let before = facts(&torn);
            torn.simulator
                .fault(Fault::always(fault.clone()).path(path));

            torn.fetch_at(NOW + 240, &["all"]).expect(0);

            assert_eq!(facts(&torn), before, "{fault:?}");
            assert_eq!(
                torn.value::<i64>("SELECT count(*) FROM rejected_payloads"),
                0,
                "{fault:?}"
            );
        }
    }
}

/// A field of a profile that Torn may leave out.
struct Optional {
    pointer: &'static str,
    /// The column of `players`.
    column: &'static str,
}

#[test]
fn unknown_values_of_a_new_player_are_null() {
    for Optional { pointer, column } in [
        Optional {
            pointer: "/profile/life",
            column: "life_maximum",
        },
        Optional {
            pointer: "/profile/life/maximum",
            column: "life_maximum",
        },
        Optional {
            pointer: "/profile/level",
            column: "level",
        },
        Optional {
            pointer: "/profile/rank",
            column: "rank",
        },
        Optional {
            pointer: "/profile/status",
            column: "status_state",
        },
    ] {
        for fault in [
            FaultKind::Remove(pointer.to_owned()),
            FaultKind::Patch(pointer.to_owned(), json!(null)),
        ] {
            let torn = Torn::new();
            torn.follow("[track]\nplayers = [2]\n");
            torn.simulator.fault(Fault::always(fault).path("/user/2"));

            torn.fetch(&["players"]).expect(0);

            assert_eq!(
                torn.rows(&format!("SELECT name, faction_id, {column} FROM players")),
                ["Player 2|9|"],
                "{pointer}"
            );
        }
    }
}

#[test]
fn an_unknown_status_is_null_instead_of_the_old_one() {
    for (path, pointer) in [
        ("/user/2", "/profile/status"),
        ("/faction/9", "/members/1/status"),
    ] {
        let torn = known();
        torn.simulator
            .fault(Fault::always(FaultKind::Remove(pointer.to_owned())).path(path));
        let kind = if path == "/user/2" {
            "players"
        } else {
            "factions"
        };

        torn.fetch_at(NOW + 240, &[kind]).expect(0);

        assert_eq!(
            torn.rows("SELECT name, status_state FROM players WHERE player_id = 2"),
            ["Player 2|"]
        );
    }
}
