//! Answers in parts: each selection, member, war, tile and racket is decoded on its own, and a missing field is
//! not the same as null where null means "none".

use serde_json::{Value, json};
use tornsnap::testing::sim::{Fault, FaultKind, Racket};

use crate::support::NOW;
use crate::support::torn::{OURS, THEIRS, Torn};

/// Everything that the tests here change: two players in our faction, two tiles of ours, one with a racket and under
/// assault, a ranked war, all as known at NOW.
fn known() -> Torn {
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

/// Fields whose null means "none": the call, the JSON pointer, and the error if the field is missing.
const MEANINGFUL: [(&str, &str, &str); 15] = [
    (
        "/user/2",
        "/profile/faction_id",
        "profile.faction_id: it is missing",
    ),
    ("/user/2", "/profile/name", "profile: missing field `name`"),
    ("/user/2", "/profile", "profile: it is missing"),
    ("/faction/9", "/basic", "basic: it is missing"),
    ("/faction/9", "/basic/name", "basic: missing field `name`"),
    ("/faction/9", "/members", "members: it is missing"),
    (
        "/faction/9",
        "/members/0/name",
        "members[0]: missing field `name`",
    ),
    ("/faction/9", "/wars/ranked", "wars.ranked: it is missing"),
    (
        "/faction/9",
        "/wars/territory",
        "wars.territory: it is missing",
    ),
    ("/faction/9", "/wars", "wars: it is missing"),
    (
        "/faction/9",
        "/wars/ranked/end",
        "wars.ranked.end: it is missing",
    ),
    (
        "/faction/9",
        "/wars/ranked/winner",
        "wars.ranked.winner: it is missing",
    ),
    (
        "/faction/9",
        "/wars/territory/0/end",
        "wars.territory[0].end: it is missing",
    ),
    (
        "/faction/9/territory",
        "/territory/0/racket",
        "territory[0].racket: it is missing",
    ),
    (
        "/faction/9/territory",
        "/territory",
        "territory: it is missing",
    ),
];

#[test]
fn a_field_whose_null_means_something_and_that_is_missing_rejects_its_part_and_changes_nothing() {
    for (path, pointer, error) in MEANINGFUL {
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

#[test]
fn an_owner_or_racket_of_a_sweep_that_is_missing_changes_nothing() {
    for (path, pointer, error) in [
        (
            "/faction/territoryownership",
            "/territoryOwnership/0/owned_by",
            "territoryOwnership[0].owned_by: it is missing",
        ),
        (
            "/faction/territoryownership",
            "/territoryOwnership",
            "territoryOwnership: it is missing",
        ),
        ("/faction/rackets", "/rackets", "rackets: it is missing"),
        (
            "/faction/warfareterritory",
            "/warfareterritory",
            "warfareterritory: it is missing",
        ),
        (
            "/faction/warfareterritory",
            "/warfareterritory/0/result",
            "warfareterritory[0].result: it is missing",
        ),
    ] {
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

/// Fields that are unknown if they are missing or null.
const UNKNOWN: [(&str, &str); 18] = [
    ("/user/2", "/profile/level"),
    ("/user/2", "/profile/rank"),
    ("/user/2", "/profile/life"),
    ("/user/2", "/profile/life/current"),
    ("/user/2", "/profile/life/maximum"),
    ("/user/2", "/personalstats"),
    ("/faction/9", "/basic/respect"),
    ("/faction/9", "/basic/best_chain"),
    ("/faction/9", "/basic/members"),
    ("/faction/9", "/basic/days_old"),
    ("/faction/9", "/basic/tag"),
    ("/faction/9", "/members/0/level"),
    ("/faction/9", "/wars/ranked/target"),
    ("/faction/9", "/wars/ranked/factions/0/score"),
    ("/faction/9", "/wars/ranked/factions/0/name"),
    ("/faction/9/territory", "/territory/0/sector"),
    ("/faction/9/territory", "/territory/0/coordinates"),
    ("/faction/9/territory", "/territory/0/racket/level"),
];

#[test]
fn a_field_that_is_only_not_known_may_be_missing_or_null_and_stays_as_last_known() {
    for (path, pointer) in UNKNOWN {
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

#[test]
fn unknown_values_of_a_new_player_are_null() {
    for (pointer, column) in [
        ("/profile/life", "life_maximum"),
        ("/profile/life/maximum", "life_maximum"),
        ("/profile/level", "level"),
        ("/profile/rank", "rank"),
        ("/profile/status", "status_state"),
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

#[test]
fn a_bad_selection_costs_itself_and_the_others_of_the_same_answer_are_saved() {
    for (pointer, value, saved) in [
        ("/profile/level", json!("x"), "99||77"),
        ("/battlestats/strength/value", json!(-1), "|44|77"),
        ("/battlestats", json!("x"), "|44|77"),
        ("/personalstats/0/value", json!([]), "99|44|"),
        ("/personalstats", json!(7), "99|44|"),
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [1]\n");
        torn.edit(|world| {
            let player = world.pin_player(1);
            (player.strength, player.level, player.networth) = (99, 44, 77);
        });
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(pointer.to_owned(), value.clone())).path("/user"),
        );

        torn.fetch(&["players"]).expect(3);

        assert_eq!(
            torn.rows("SELECT strength, level, networth FROM player_stats_history"),
            [saved],
            "{pointer} {value}"
        );
        assert_eq!(
            torn.rows("SELECT entities, failed FROM fetch_runs"),
            ["1|1"],
            "{pointer}"
        );
    }
}

#[test]
fn a_bad_item_costs_itself_and_the_others_of_the_same_list_are_saved() {
    let bad = |value: Value| FaultKind::Patch("/wars/territory/0/start".to_owned(), value);
    let torn = known();
    torn.pin_territory_war(7, |war| {
        war.tile = "AAC".to_owned();
        war.start = NOW - 60;
    });
    torn.pin_ranked_war(5, |war| war.factions[0].score = 8);
    torn.simulator
        .fault(Fault::always(bad(json!("soon"))).path("/faction/9"));

    torn.fetch_at(NOW + 240, &["all"]).expect(3);

    assert_eq!(
        torn.rows("SELECT war_id, attacking_score FROM war_status_history WHERE recorded_at > 1775044800 ORDER BY id"),
        ["5|8", "7|0"]
    );
    assert_eq!(
        torn.rows(
            "SELECT territory_id, war_status FROM territories WHERE faction_id = 9 ORDER BY 1"
        ),
        ["AAB|defending", "AAC|defending"]
    );

    torn.simulator.clear_faults();
    torn.edit(|world| world.pin_tile("AAC").racket = world.pin_tile("AAB").racket.clone());
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/territory/0/racket/name".to_owned(),
            json!(null),
        ))
        .path("/faction/9/territory"),
    );
    torn.fetch_at(NOW + 480, &["territories"]).expect(3);
    assert_eq!(
        torn.rows("SELECT territory_id, faction_id, racket_level FROM territories WHERE faction_id = 9 ORDER BY 1"),
        ["AAB|9|3", "AAC|9|3"]
    );
}

#[test]
fn a_bad_war_in_the_game_wide_list_keeps_no_other_from_being_looked_up() {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\nterritories = \"none\"\n");
    torn.pin_ranked_war(5, |_| {});
    torn.pin_ranked_war(6, |war| war.start = NOW - 60);
    torn.fetch(&["wars"]).expect(0);
    torn.pin_ranked_war(6, |war| {
        (war.end, war.winner) = (Some(NOW + 60), Some(OURS));
        (war.in_wars, war.in_history, war.has_report) = (false, false, true);
    });
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/warfareranked/0/start".to_owned(),
            json!("x"),
        ))
        .path("/faction/warfareranked"),
    );

    torn.fetch_at(NOW + 240, &["wars"]).expect(3);

    assert_eq!(
        torn.rows("SELECT war_id, status FROM war_status_history ORDER BY id"),
        ["5|ongoing", "6|ongoing", "6|completed"]
    );
}
