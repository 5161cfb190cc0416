//! The stored rows after a run with a faulty answer.

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

/// A fault of an answer.
struct Case {
    /// The path of the call.
    path: &'static str,
    fault: FaultKind,
    /// The place that is rejected; `None` if nothing is.
    rejected: Option<&'static str>,
}

fn accepts(path: &'static str, fault: FaultKind) -> Case {
    Case {
        path,
        fault,
        rejected: None,
    }
}

fn rejects(path: &'static str, fault: FaultKind, place: &'static str) -> Case {
    Case {
        path,
        fault,
        rejected: Some(place),
    }
}

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

/// Fetches once without a fault, then with each fault, and once without a fault after each.
fn each_costs_no_fact(track: &str, cases: Vec<Case>) {
    let torn = bodies::world();
    torn.follow(track);
    torn.fetch(&["all"]).expect(0);
    let before = stored(&torn);
    assert!(before.len() > 15, "{before:#?}");

    for (number, case) in (1..).zip(cases) {
        let Case {
            path,
            fault,
            rejected,
        } = case;
        let case = format!("{path} {fault:?}");
        let now = AT + 60 * number;
        torn.simulator.fault(Fault::always(fault).path(path));
        let run = torn.fetch_at(now, &["all"]);
        torn.simulator.clear_faults();

        let exit = if rejected.is_some() { 3 } else { 0 };
        assert_eq!(run.code(), exit, "{case}: {}", run.stderr());
        let places = torn.rows(&format!(
            "SELECT DISTINCT json_path FROM rejected_payloads WHERE max(recorded_at, last_seen_at) = {now}"
        ));
        let expected: Vec<&str> = rejected.into_iter().collect();
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
            rejects(user, remove("/profile/faction_id"), "profile.faction_id"),
            rejects(
                user,
                patch("/profile/faction_id", json!("none")),
                "profile.faction_id",
            ),
            rejects(
                user,
                patch("/profile/faction_id", json!([9])),
                "profile.faction_id",
            ),
            rejects(user, patch("/profile/level", json!(-3)), "profile.level"),
            rejects(
                user,
                patch("/profile/life", json!([900, 1000])),
                "profile.life",
            ),
            rejects(user, remove("/profile/name"), "profile"),
            rejects(
                user,
                patch("/profile", json!([2, "x", 3, "x", 9])),
                "profile",
            ),
            rejects(
                faction,
                patch("/members/0", json!([2, "x", 3])),
                "members[*]",
            ),
            rejects(faction, patch("/members/1", json!(null)), "members[*]"),
            rejects(faction, remove("/members/0/name"), "members[*]"),
            rejects(
                faction,
                patch("/members/0/id", json!("two")),
                "members[*].id",
            ),
            rejects(
                faction,
                patch("/members/0/status", json!("Okay")),
                "members[*].status",
            ),
            rejects(faction, remove("/members"), "members"),
            accepts(faction, patch("/members", json!([]))),
            accepts(faction, remove("/members/1")),
            accepts(faction, twice("/members/0")),
            accepts(faction, remove("/basic/members")),
            accepts(faction, remove("/basic/leader_id")),
            accepts(faction, patch("/basic/respect", json!(null))),
            rejects(
                faction,
                patch("/basic/respect", json!({ "total": 5 })),
                "basic.respect",
            ),
            rejects(faction, remove("/wars/ranked"), "wars.ranked"),
            rejects(faction, remove("/wars/ranked/end"), "wars.ranked.end"),
            rejects(faction, remove("/wars/ranked/winner"), "wars.ranked.winner"),
            rejects(
                faction,
                patch("/wars/ranked/winner", json!(77_777)),
                "wars.ranked.winner",
            ),
            rejects(
                faction,
                patch("/wars/ranked", json!([1, 2, 3])),
                "wars.ranked",
            ),
            rejects(faction, remove("/wars/territory"), "wars.territory"),
            accepts(faction, twice("/wars/territory/0")),
            rejects(
                faction,
                patch("/wars/territory/0/factions/0", json!([20, "x", 5, true])),
                "wars.territory[*].factions[*]",
            ),
            rejects(tiles, remove("/territory/0/racket"), "territory[*].racket"),
            rejects(
                tiles,
                patch("/territory/0/racket", json!(["Gun Shop", 2, "AAB"])),
                "territory[*].racket",
            ),
            rejects(
                tiles,
                patch("/territory/0/sector", json!("north")),
                "territory[*].sector",
            ),
            rejects(
                tiles,
                patch("/territory/0", json!(["AAB", 3, 4, 5, 6, 7])),
                "territory[*]",
            ),
            rejects(tiles, remove("/territory/0/id"), "territory[*]"),
            accepts(tiles, remove("/territory/0/coordinates")),
            accepts(tiles, twice("/territory/0")),
            rejects(tiles, remove("/territory"), "territory"),
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
            rejects(
                owners,
                remove("/territoryOwnership/0/owned_by"),
                "territoryOwnership[*].owned_by",
            ),
            rejects(
                owners,
                patch("/territoryOwnership/0", json!(["AAB", 20])),
                "territoryOwnership[*]",
            ),
            rejects(
                owners,
                patch("/territoryOwnership", json!(null)),
                "territoryOwnership",
            ),
            rejects(
                owners,
                patch("/territoryOwnership", json!({})),
                "territoryOwnership",
            ),
            rejects(owners, remove("/territoryOwnership"), "territoryOwnership"),
            accepts(owners, twice("/territoryOwnership/0")),
            rejects(rackets, remove("/rackets"), "rackets"),
            rejects(rackets, remove("/rackets/0/name"), "rackets[*]"),
            rejects(
                rackets,
                patch("/rackets/0", json!(["Gun Shop", 2, "AAB"])),
                "rackets[*]",
            ),
            rejects(
                rackets,
                patch("/rackets/0/territory", json!(5)),
                "rackets[*].territory",
            ),
            accepts(rackets, remove("/rackets/0/territory")),
            accepts(rackets, twice("/rackets/0")),
            rejects(
                ranked,
                remove("/warfareranked/0/end"),
                "warfareranked[*].end",
            ),
            rejects(
                ranked,
                remove("/warfareranked/0/factions"),
                "warfareranked[*].factions",
            ),
            rejects(
                ranked,
                patch("/warfareranked/0/winner", json!(77_777)),
                "warfareranked[*].winner",
            ),
            rejects(ranked, remove("/warfareranked"), "warfareranked"),
            accepts(ranked, twice("/warfareranked/0")),
            rejects(
                territory,
                remove("/warfareterritory/0/result"),
                "warfareterritory[*].result",
            ),
            rejects(
                territory,
                patch("/warfareterritory/0/result", json!(1)),
                "warfareterritory[*].result",
            ),
            rejects(
                territory,
                patch("/warfareterritory/0/aggressor", json!([20, "x", 5, true])),
                "warfareterritory[*].aggressor",
            ),
            rejects(
                territory,
                patch("/warfareterritory/0/territory", json!(null)),
                "warfareterritory[*].territory",
            ),
            rejects(territory, remove("/warfareterritory"), "warfareterritory"),
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

    torn.edit(|world| world.pin_tile("AAD").owner = Some(9));
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
