//! The stored rows after a run that receives a faulty response.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind};

use super::bodies;
use super::readers::AT;
use crate::support::torn::Torn;

/// The stored values that a faulty answer must not change.
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
#[derive(Clone)]
struct Case {
    /// The path of the call.
    path: &'static str,
    fault: FaultKind,
    /// The path that is rejected in the JSON; `None` if nothing is rejected.
    rejected: Option<&'static str>,
}

fn accepts(path: &'static str, fault: FaultKind) -> Case {
    Case {
        path,
        fault,
        rejected: None,
    }
}

fn rejects(path: &'static str, fault: FaultKind, json_path: &'static str) -> Case {
    Case {
        path,
        fault,
        rejected: Some(json_path),
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

/// Fetches once without a fault, then for each case with its fault and once more without it. Checks that the stored
/// values stay the same.
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
        let rejected_paths = torn.rows(&format!(
            "SELECT DISTINCT json_path FROM rejected_payloads WHERE max(recorded_at, last_seen_at) = {now}"
        ));
        let expected: Vec<&str> = rejected.into_iter().collect();
        assert_eq!(rejected_paths, expected, "{case}");
        assert_eq!(stored(&torn), before, "{case}");
        torn.fetch_at(now + 30, &["all"]).expect(0);
        assert_eq!(stored(&torn), before, "a run after {case}");
    }
}

/// Faults of the selection `profile`.
fn profile_cases() -> Vec<Case> {
    const PATH: &str = "/user/2";

    vec![
        rejects(PATH, remove("/profile/faction_id"), "profile.faction_id"),
        rejects(
            PATH,
            patch("/profile/faction_id", json!("none")),
            "profile.faction_id",
        ),
        rejects(
            PATH,
            patch("/profile/faction_id", json!([9])),
            "profile.faction_id",
        ),
        rejects(PATH, patch("/profile/level", json!(-3)), "profile.level"),
        rejects(
            PATH,
            patch("/profile/life", json!([900, 1000])),
            "profile.life",
        ),
        rejects(PATH, remove("/profile/name"), "profile"),
        rejects(
            PATH,
            patch("/profile", json!([2, "x", 3, "x", 9])),
            "profile",
        ),
    ]
}

/// Faults of the selection `members`.
fn roster_cases() -> Vec<Case> {
    const PATH: &str = "/faction/9";

    vec![
        rejects(PATH, patch("/members/0", json!([2, "x", 3])), "members[*]"),
        rejects(PATH, patch("/members/1", json!(null)), "members[*]"),
        rejects(PATH, remove("/members/0/name"), "members[*]"),
        rejects(PATH, patch("/members/0/id", json!("two")), "members[*].id"),
        rejects(
            PATH,
            patch("/members/0/status", json!("Okay")),
            "members[*].status",
        ),
        rejects(PATH, remove("/members"), "members"),
        accepts(PATH, patch("/members", json!([]))),
        accepts(PATH, remove("/members/1")),
        accepts(PATH, twice("/members/0")),
    ]
}

/// Faults of the selection `basic`.
fn basic_cases() -> Vec<Case> {
    const PATH: &str = "/faction/9";

    vec![
        accepts(PATH, remove("/basic/members")),
        accepts(PATH, remove("/basic/leader_id")),
        accepts(PATH, patch("/basic/respect", json!(null))),
        rejects(
            PATH,
            patch("/basic/respect", json!({ "total": 5 })),
            "basic.respect",
        ),
    ]
}

/// Faults of the selection `wars`.
fn faction_war_cases() -> Vec<Case> {
    const PATH: &str = "/faction/9";

    vec![
        rejects(PATH, remove("/wars/ranked"), "wars.ranked"),
        rejects(PATH, remove("/wars/ranked/end"), "wars.ranked.end"),
        rejects(PATH, remove("/wars/ranked/winner"), "wars.ranked.winner"),
        rejects(
            PATH,
            patch("/wars/ranked/winner", json!(77_777)),
            "wars.ranked.winner",
        ),
        rejects(PATH, patch("/wars/ranked", json!([1, 2, 3])), "wars.ranked"),
        rejects(PATH, remove("/wars/territory"), "wars.territory"),
        accepts(PATH, twice("/wars/territory/0")),
        rejects(
            PATH,
            patch("/wars/territory/0/factions/0", json!([20, "x", 5, true])),
            "wars.territory[*].factions[*]",
        ),
    ]
}

/// Faults of the tiles of a faction.
fn faction_tile_cases() -> Vec<Case> {
    const PATH: &str = "/faction/9/territory";

    vec![
        rejects(PATH, remove("/territory/0/racket"), "territory[*].racket"),
        rejects(
            PATH,
            patch("/territory/0/racket", json!(["Gun Shop", 2, "AAB"])),
            "territory[*].racket",
        ),
        rejects(
            PATH,
            patch("/territory/0/sector", json!("north")),
            "territory[*].sector",
        ),
        rejects(
            PATH,
            patch("/territory/0", json!(["AAB", 3, 4, 5, 6, 7])),
            "territory[*]",
        ),
        rejects(PATH, remove("/territory/0/id"), "territory[*]"),
        accepts(PATH, remove("/territory/0/coordinates")),
        accepts(PATH, twice("/territory/0")),
        rejects(PATH, remove("/territory"), "territory"),
    ]
}

/// Faults of the owners of all tiles.
fn ownership_cases() -> Vec<Case> {
    const PATH: &str = "/faction/territoryownership";

    vec![
        rejects(
            PATH,
            remove("/territoryOwnership/0/owned_by"),
            "territoryOwnership[*].owned_by",
        ),
        rejects(
            PATH,
            patch("/territoryOwnership/0", json!(["AAB", 20])),
            "territoryOwnership[*]",
        ),
        rejects(
            PATH,
            patch("/territoryOwnership", json!(null)),
            "territoryOwnership",
        ),
        rejects(
            PATH,
            patch("/territoryOwnership", json!({})),
            "territoryOwnership",
        ),
        rejects(PATH, remove("/territoryOwnership"), "territoryOwnership"),
        accepts(PATH, twice("/territoryOwnership/0")),
    ]
}

/// Faults of the list of all rackets.
fn racket_cases() -> Vec<Case> {
    const PATH: &str = "/faction/rackets";

    vec![
        rejects(PATH, remove("/rackets"), "rackets"),
        rejects(PATH, remove("/rackets/0/name"), "rackets[*]"),
        rejects(
            PATH,
            patch("/rackets/0", json!(["Gun Shop", 2, "AAB"])),
            "rackets[*]",
        ),
        rejects(
            PATH,
            patch("/rackets/0/territory", json!(5)),
            "rackets[*].territory",
        ),
        accepts(PATH, remove("/rackets/0/territory")),
        accepts(PATH, twice("/rackets/0")),
    ]
}

/// Faults of the list of all ranked wars.
fn ranked_war_cases() -> Vec<Case> {
    const PATH: &str = "/faction/warfareranked";

    vec![
        rejects(PATH, remove("/warfareranked/0/end"), "warfareranked[*].end"),
        rejects(
            PATH,
            remove("/warfareranked/0/factions"),
            "warfareranked[*].factions",
        ),
        rejects(
            PATH,
            patch("/warfareranked/0/winner", json!(77_777)),
            "warfareranked[*].winner",
        ),
        rejects(PATH, remove("/warfareranked"), "warfareranked"),
        accepts(PATH, twice("/warfareranked/0")),
    ]
}

/// Faults of the list of all territory wars.
fn territory_war_cases() -> Vec<Case> {
    const PATH: &str = "/faction/warfareterritory";

    vec![
        rejects(
            PATH,
            remove("/warfareterritory/0/result"),
            "warfareterritory[*].result",
        ),
        rejects(
            PATH,
            patch("/warfareterritory/0/result", json!(1)),
            "warfareterritory[*].result",
        ),
        rejects(
            PATH,
            patch("/warfareterritory/0/aggressor", json!([20, "x", 5, true])),
            "warfareterritory[*].aggressor",
        ),
        rejects(
            PATH,
            patch("/warfareterritory/0/territory", json!(null)),
            "warfareterritory[*].territory",
        ),
        rejects(PATH, remove("/warfareterritory"), "warfareterritory"),
    ]
}

#[test]
fn a_faulty_answer_about_followed_targets_loses_no_stored_fact() {
    each_costs_no_fact(
        "[track]\nplayers = [1, 2]\nfactions = [9]\nwars = \"tracked\"\nterritories = \"tracked\"\n",
        [
            profile_cases(),
            roster_cases(),
            basic_cases(),
            faction_war_cases(),
            faction_tile_cases(),
        ]
        .concat(),
    );
}

#[test]
fn a_faulty_answer_about_the_whole_game_loses_no_stored_fact() {
    each_costs_no_fact(
        "[track]\nfactions = [9]\nmembers = false\nwars = \"all\"\nterritories = \"all\"\n",
        [
            ownership_cases(),
            racket_cases(),
            ranked_war_cases(),
            territory_war_cases(),
        ]
        .concat(),
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
