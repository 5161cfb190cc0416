//! The same through the program: what a spoilt answer leaves in the database.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind};

use super::bodies;
use super::readers::AT;
use crate::support::torn::Torn;

/// The stored values that an odd answer must not change.
const STORED: &[&str] = &[
    "SELECT player_id, name, level, faction_id, status_state, life_maximum FROM players ORDER BY player_id",
    "SELECT faction_id, name, tag, leader_id, respect, member_count FROM factions ORDER BY faction_id",
    "SELECT territory_id, faction_id, sector, racket_type, racket_level, war_status FROM territories ORDER BY 1",
    "SELECT war_type, war_id, status, winner_faction_id, attacking_score, ends_at, max(id) FROM war_status_history
     GROUP BY war_type, war_id",
    "SELECT (SELECT count(*) FROM player_stats_history), (SELECT count(*) FROM faction_history),
            (SELECT count(*) FROM war_status_history), (SELECT count(*) FROM territory_ownership_history)",
    "SELECT player_id, faction_id, left_at FROM faction_membership ORDER BY id",
];

/// An answer, what is wrong with it, and the place that is rejected; `""`: nothing is.
type Case = (&'static str, FaultKind, &'static str);

fn stored(torn: &Torn) -> Vec<String> {
    STORED.iter().flat_map(|sql| torn.rows(sql)).collect()
}

fn remove(pointer: &str) -> FaultKind {
    FaultKind::Remove(pointer.to_owned())
}

fn patch(pointer: &str, value: serde_json::Value) -> FaultKind {
    FaultKind::Patch(pointer.to_owned(), value)
}

fn twice(pointer: &str) -> FaultKind {
    FaultKind::Duplicate(pointer.to_owned())
}

/// Fetches once as it is, then with each answer spoilt, and once more as it is after each.
fn each_costs_no_fact(track: &str, cases: Vec<Case>) {
    let torn = bodies::world();
    torn.follow(track);
    torn.fetch(&["all"]).expect(0);
    let before = stored(&torn);
    assert!(before.len() > 15, "{before:#?}");

    for (number, (path, kind, rejected)) in (1..).zip(cases) {
        let case = format!("{path} {kind:?}");
        let now = AT + 60 * number;
        torn.simulator.fault(Fault::always(kind).path(path));
        let run = torn.fetch_at(now, &["all"]);
        torn.simulator.clear_faults();

        let exit = if rejected.is_empty() { 0 } else { 3 };
        assert_eq!(run.code(), exit, "{case}: {}", run.stderr());
        let places = torn.rows(&format!(
            "SELECT DISTINCT json_path FROM rejected_payloads WHERE max(recorded_at, last_seen_at) = {now}"
        ));
        let expected: Vec<&str> = Some(rejected)
            .filter(|place| !place.is_empty())
            .into_iter()
            .collect();
        assert_eq!(places, expected, "{case}");
        assert_eq!(stored(&torn), before, "{case}");
        torn.fetch_at(now + 30, &["all"]).expect(0);
        assert_eq!(stored(&torn), before, "a run after {case}");
    }
}

#[test]
fn a_faulty_answer_about_followed_targets_loses_no_stored_fact() {
    let track = "[track]\nplayers = [1, 2]\nfactions = [9]\nwars = \"tracked\"\nterritories = \"tracked\"\n";
    let (user, faction, tiles) = ("/user/2", "/faction/9", "/faction/9/territory");

    each_costs_no_fact(
        track,
        vec![
            (user, remove("/profile/faction_id"), "profile.faction_id"),
            (
                user,
                patch("/profile/faction_id", json!("none")),
                "profile.faction_id",
            ),
            (
                user,
                patch("/profile/faction_id", json!([9])),
                "profile.faction_id",
            ),
            (user, patch("/profile/level", json!(-3)), "profile.level"),
            (
                user,
                patch("/profile/life", json!([900, 1000])),
                "profile.life",
            ),
            (user, remove("/profile/name"), "profile"),
            (
                user,
                patch("/profile", json!([2, "x", 3, "x", 9])),
                "profile",
            ),
            (
                faction,
                patch("/members/0", json!([2, "x", 3])),
                "members[*]",
            ),
            (faction, patch("/members/1", json!(null)), "members[*]"),
            (faction, remove("/members/0/name"), "members[*]"),
            (
                faction,
                patch("/members/0/id", json!("two")),
                "members[*].id",
            ),
            (
                faction,
                patch("/members/0/status", json!("Okay")),
                "members[*].status",
            ),
            (faction, remove("/members"), "members"),
            (faction, patch("/members", json!([])), ""),
            (faction, remove("/members/1"), ""),
            (faction, twice("/members/0"), ""),
            (faction, remove("/basic/members"), ""),
            (faction, remove("/basic/leader_id"), ""),
            (faction, patch("/basic/respect", json!(null)), ""),
            (
                faction,
                patch("/basic/respect", json!({ "total": 5 })),
                "basic.respect",
            ),
            (faction, remove("/wars/ranked"), "wars.ranked"),
            (faction, remove("/wars/ranked/end"), "wars.ranked.end"),
            (faction, remove("/wars/ranked/winner"), "wars.ranked.winner"),
            (
                faction,
                patch("/wars/ranked/winner", json!(77_777)),
                "wars.ranked.winner",
            ),
            (
                faction,
                patch("/wars/ranked", json!([1, 2, 3])),
                "wars.ranked",
            ),
            (faction, remove("/wars/territory"), "wars.territory"),
            (faction, twice("/wars/territory/0"), ""),
            (
                faction,
                patch("/wars/territory/0/factions/0", json!([20, "x", 5, true])),
                "wars.territory[*].factions[*]",
            ),
            (tiles, remove("/territory/0/racket"), "territory[*].racket"),
            (
                tiles,
                patch("/territory/0/racket", json!(["Gun Shop", 2, "AAB"])),
                "territory[*].racket",
            ),
            (
                tiles,
                patch("/territory/0/sector", json!("north")),
                "territory[*].sector",
            ),
            (
                tiles,
                patch("/territory/0", json!(["AAB", 3, 4, 5, 6, 7])),
                "territory[*]",
            ),
            (tiles, remove("/territory/0/id"), "territory[*]"),
            (tiles, remove("/territory/0/coordinates"), ""),
            (tiles, twice("/territory/0"), ""),
            (tiles, remove("/territory"), "territory"),
        ],
    );
}

#[test]
fn a_faulty_answer_about_the_whole_game_loses_no_stored_fact() {
    let track = "[track]\nfactions = [9]\nmembers = false\nwars = \"all\"\nterritories = \"all\"\n";
    let (owners, rackets) = ("/faction/territoryownership", "/faction/rackets");
    let (ranked, territory) = ("/faction/warfareranked", "/faction/warfareterritory");

    each_costs_no_fact(
        track,
        vec![
            (
                owners,
                remove("/territoryOwnership/0/owned_by"),
                "territoryOwnership[*].owned_by",
            ),
            (
                owners,
                patch("/territoryOwnership/0", json!(["AAB", 20])),
                "territoryOwnership[*]",
            ),
            (
                owners,
                patch("/territoryOwnership", json!(null)),
                "territoryOwnership",
            ),
            (
                owners,
                patch("/territoryOwnership", json!({})),
                "territoryOwnership",
            ),
            (owners, remove("/territoryOwnership"), "territoryOwnership"),
            (owners, twice("/territoryOwnership/0"), ""),
            (rackets, remove("/rackets"), "rackets"),
            (rackets, remove("/rackets/0/name"), "rackets[*]"),
            (
                rackets,
                patch("/rackets/0", json!(["Gun Shop", 2, "AAB"])),
                "rackets[*]",
            ),
            (
                rackets,
                patch("/rackets/0/territory", json!(5)),
                "rackets[*].territory",
            ),
            (rackets, remove("/rackets/0/territory"), ""),
            (rackets, twice("/rackets/0"), ""),
            (
                ranked,
                remove("/warfareranked/0/end"),
                "warfareranked[*].end",
            ),
            (
                ranked,
                remove("/warfareranked/0/factions"),
                "warfareranked[*].factions",
            ),
            (
                ranked,
                patch("/warfareranked/0/winner", json!(77_777)),
                "warfareranked[*].winner",
            ),
            (ranked, remove("/warfareranked"), "warfareranked"),
            (ranked, twice("/warfareranked/0"), ""),
            (
                territory,
                remove("/warfareterritory/0/result"),
                "warfareterritory[*].result",
            ),
            (
                territory,
                patch("/warfareterritory/0/result", json!(1)),
                "warfareterritory[*].result",
            ),
            (
                territory,
                patch("/warfareterritory/0/aggressor", json!([20, "x", 5, true])),
                "warfareterritory[*].aggressor",
            ),
            (
                territory,
                patch("/warfareterritory/0/territory", json!(null)),
                "warfareterritory[*].territory",
            ),
            (territory, remove("/warfareterritory"), "warfareterritory"),
        ],
    );
}

#[test]
fn a_tile_whose_racket_cannot_be_read_is_stored_with_its_owner() {
    let torn = bodies::world();
    torn.follow("[track]\nfactions = [9]\nmembers = false\nterritories = \"tracked\"\n");
    torn.fetch(&["territories"]).expect(0);
    let sql = "SELECT territory_id, faction_id, sector, racket_type FROM territories ORDER BY 1";
    let before = ["AAB|9|3|Gun Shop", "AAC|9|3|Gun Shop", "AAD|||"];
    assert_eq!(torn.rows(sql)[..2], before[..2]);

    torn.edit(|world| world.tile("AAD").owner = Some(9));
    for kind in [
        remove("/territory/2/racket"),
        patch("/territory/2/racket", json!({ "name": "" })),
    ] {
        torn.simulator.clear_faults();
        torn.simulator
            .fault(Fault::always(kind).path("/faction/9/territory"));
        torn.fetch_at(AT + 60, &["territories"]).expect(3);
        assert_eq!(torn.rows(sql), [before[0], before[1], "AAD|9|3|"]);
    }
}
