//! The shapes in which Torn has been observed to write names, "none", reports, numbers and wars.

use serde_json::{Value, json};
use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{HOUR, NOW};

pub fn patch(pointer: &str, value: &Value) -> FaultKind {
    FaultKind::Patch(pointer.to_owned(), value.clone())
}

/// The values that mean "none" where a list or an object is expected.
fn nothing() -> [Value; 3] {
    [json!(null), json!([]), json!({})]
}

#[test]
fn null_an_empty_list_and_an_empty_object_all_mean_none() {
    for (path, pointer) in [
        ("/faction/9", "/wars"),
        ("/faction/9", "/wars/ranked"),
        ("/faction/9", "/wars/territory"),
        ("/faction/9/territory", "/territory"),
        ("/faction/9/rankedwars", "/rankedwars"),
        ("/faction/9/territorywars", "/territorywars"),
        ("/faction/rackets", "/rackets"),
        ("/faction/warfareranked", "/warfareranked"),
        ("/faction/warfareterritory", "/warfareterritory"),
    ] {
        for value in nothing() {
            for track in ["", "wars = \"all\"\nterritories = \"all\"\n"] {
                let torn = Torn::new();
                torn.follow(&format!(
                    "[track]\nfactions = [9]\nmembers = false\n{track}"
                ));
                torn.edit(|world| world.pin_tile("AAB").owner = Some(THEIRS));
                torn.simulator
                    .fault(Fault::always(patch(pointer, &json!(value))).path(path));

                torn.fetch(&["factions", "wars", "territories"]).expect(0);

                assert_eq!(
                    torn.value::<i64>("SELECT count(*) FROM rejected_payloads"),
                    0,
                    "{pointer} {value}"
                );
            }
        }
    }
}

#[test]
fn a_faction_without_members_or_tiles_has_none_in_every_spelling() {
    for value in nothing() {
        let torn = Torn::new();
        torn.follow("[track]\nfactions = [20]\n");
        torn.simulator
            .fault(Fault::always(patch("/members", &value)).path("/faction/20"));
        torn.simulator
            .fault(Fault::always(patch("/territory", &value)).path("/faction/20/territory"));

        torn.fetch(&["all"]).expect(0);

        assert_eq!(
            torn.rows("SELECT member_count FROM factions WHERE faction_id = 20"),
            ["0"]
        );
    }
}

#[test]
fn an_owner_list_of_the_wrong_type_makes_no_tile_unowned() {
    for value in [json!(null), json!({}), json!("none")] {
        let torn = Torn::new();
        torn.follow("[track]\nterritories = \"all\"\n");
        torn.edit(|world| world.pin_tile("AAB").owner = Some(THEIRS));
        torn.fetch(&["territories"]).expect(0);
        torn.simulator.fault(
            Fault::always(patch("/territoryOwnership", &value)).path("/faction/territoryownership"),
        );

        let finished = torn.fetch_at(NOW + 240, &["territories"]);

        assert!([3, 76].contains(&finished.code()), "{}", finished.stderr());
        assert_eq!(
            torn.rows("SELECT error FROM rejected_payloads"),
            ["territoryOwnership: it is no list"]
        );
        assert_eq!(torn.rows("SELECT faction_id FROM territories"), ["20"]);
    }
}

#[test]
fn a_report_may_be_a_list_of_one() {
    for (war_type, field) in [
        ("ranked", "rankedwarreport"),
        ("territory", "territorywarreport"),
    ] {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |_| {});
        torn.pin_territory_war(5, |_| {});
        torn.fetch(&["wars"]).expect(0);
        torn.pin_ranked_war(5, |war| {
            (war.end, war.winner, war.forfeit) = (Some(NOW + HOUR), Some(OURS), true);
            (war.in_wars, war.in_history, war.has_report) = (false, false, true);
        });
        torn.pin_territory_war(5, |war| {
            (war.end, war.result) = (Some(NOW + HOUR), Some("fail_assault".to_owned()));
            (war.in_wars, war.in_history, war.has_report) = (false, false, true);
        });
        torn.simulator.set_time(NOW + 2 * HOUR);
        let report = torn.look_up(&format!("/faction/5/{field}"))[field].clone();
        assert!(report.is_object(), "{report}");
        torn.simulator
            .fault(Fault::always(patch(&format!("/{field}"), &json!([report]))).path(field));

        torn.fetch(&["wars"]).expect(0);

        assert_eq!(
            torn.rows(&format!(
                "SELECT status, winner_faction_id FROM war_status_history
                 WHERE war_type = '{war_type}' ORDER BY id DESC LIMIT 1"
            )),
            ["completed|9"],
            "{field}"
        );
    }
}

#[test]
fn a_report_that_is_none_ends_no_war() {
    for value in nothing() {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |_| {});
        torn.fetch(&["wars"]).expect(0);
        torn.edit(|world| world.remove_ranked_war(5));
        torn.simulator.fault(
            Fault::always(FaultKind::Status(
                200,
                json!({ "rankedwarreport": value }).to_string(),
                "application/json".to_owned(),
                Vec::new(),
            ))
            .path("rankedwarreport"),
        );

        torn.fetch_at(NOW + HOUR, &["wars"]).expect(0);

        assert_eq!(
            torn.rows("SELECT status FROM war_status_history"),
            ["ongoing"],
            "{value}"
        );
    }
}

/// The selection `personalstats`, and what is read from it.
struct Networth {
    shape: Value,
    /// The networth.
    expected: &'static str,
    /// The time of the daily value; 0 if there is none.
    bucket: i64,
}

#[test]
fn networth_is_read_from_an_object_of_values_too() {
    for Networth {
        shape,
        expected,
        bucket,
    } in [
        Networth {
            shape: json!({ "networth": { "value": 7, "timestamp": NOW - 86_400 } }),
            expected: "7",
            bucket: NOW - 86_400,
        },
        Networth {
            shape: json!({ "networth": { "value": "-7", "timestamp": "86400" } }),
            expected: "-7",
            bucket: 86_400,
        },
        Networth {
            shape: json!({ "networth": -8 }),
            expected: "-8",
            bucket: 0,
        },
        Networth {
            shape: json!({ "networth": "9" }),
            expected: "9",
            bucket: 0,
        },
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [2]\n");
        torn.simulator
            .fault(Fault::always(patch("/personalstats", &shape)).path("/user/2"));

        torn.fetch(&["players"]).expect(0);

        assert_eq!(
            torn.rows("SELECT networth FROM player_stats_history"),
            [expected],
            "{shape}"
        );
        assert_eq!(
            torn.value::<i64>("SELECT coalesce(bucket_at, 0) FROM player_polls"),
            bucket,
            "{shape}"
        );
    }
}

/// The two fields for the number of a war.
struct Numbers {
    war_id: Value,
    id: Value,
    exit: i32,
    stored: Vec<&'static str>,
}

#[test]
fn a_war_may_carry_both_of_its_numbers() {
    for Numbers {
        war_id,
        id,
        exit,
        stored,
    } in [
        Numbers {
            war_id: json!(5),
            id: json!(5),
            exit: 0,
            stored: vec!["5"],
        },
        Numbers {
            war_id: json!("5"),
            id: json!(5),
            exit: 0,
            stored: vec!["5"],
        },
        Numbers {
            war_id: json!(5),
            id: json!(6),
            exit: 3,
            stored: vec![],
        },
    ] {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |_| {});
        torn.simulator.set_time(NOW);
        let mut war = torn.look_up("/faction/9?selections=wars")["wars"]["ranked"].clone();
        let fields = war.as_object_mut().unwrap();
        fields.insert("war_id".to_owned(), war_id.clone());
        fields.insert("id".to_owned(), id.clone());
        torn.simulator
            .fault(Fault::always(patch("/wars/ranked", &war)).query("wars"));

        torn.fetch(&["wars"]).expect(exit);

        assert_eq!(
            torn.rows("SELECT war_id FROM war_status_history"),
            stored,
            "{war_id} {id}"
        );
    }
}

/// The end of a territory war as its report tells it.
struct UnknownResult {
    result: Value,
    winner: Value,
    /// The stored status, reason and winner.
    expected: &'static str,
}

#[test]
fn an_unknown_result_keeps_the_winner_that_is_named() {
    for UnknownResult {
        result,
        winner,
        expected,
    } in [
        UnknownResult {
            result: json!("Won"),
            winner: json!(OURS),
            expected: "completed|Won|9",
        },
        UnknownResult {
            result: json!("Won"),
            winner: json!(THEIRS),
            expected: "completed|Won|20",
        },
        UnknownResult {
            result: json!("Won"),
            winner: json!(null),
            expected: "cancelled|Won|",
        },
        UnknownResult {
            result: json!("end_with_something"),
            winner: json!(null),
            expected: "cancelled|end_with_something|",
        },
        UnknownResult {
            result: json!("success_assault"),
            winner: json!(null),
            expected: "completed|success_assault|20",
        },
    ] {
        let torn = Torn::new();
        torn.pin_territory_war(6, |_| {});
        torn.fetch(&["wars"]).expect(0);
        torn.pin_territory_war(6, |war| {
            (war.end, war.result) = (Some(NOW + HOUR), Some("fail_assault".to_owned()));
            (war.in_wars, war.in_history, war.has_report) = (false, false, true);
        });
        torn.simulator.set_time(NOW + 2 * HOUR);
        let mut report =
            torn.look_up("/faction/6/territorywarreport")["territorywarreport"].clone();
        report["result"] = result.clone();
        report["winner"] = winner.clone();
        torn.simulator
            .fault(Fault::always(patch("/territorywarreport", &report)).path("territorywarreport"));

        torn.fetch(&["wars"]).expect(0);

        assert_eq!(
            torn.rows("SELECT status, end_reason, winner_faction_id FROM war_status_history ORDER BY id DESC LIMIT 1"),
            [expected],
            "{result} {winner}"
        );
    }
}

#[test]
fn an_item_that_is_listed_twice_counts_once() {
    for (path, pointer) in [
        ("/faction/9", "/members/0"),
        ("/faction/9", "/wars/territory/0"),
        ("/faction/9/territory", "/territory/0"),
    ] {
        let torn = Torn::new();
        torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
        torn.follow("[track]\nfactions = [9]\n");
        torn.pin_ranked_war(5, |_| {});
        torn.pin_territory_war(6, |_| {});
        torn.simulator
            .fault(Fault::always(FaultKind::Duplicate(pointer.to_owned())).path(path));

        torn.fetch(&["factions", "wars", "territories"]).expect(0);

        assert_eq!(
            torn.rows(
                "SELECT (SELECT count(*) FROM players), (SELECT count(*) FROM war_status_history),
                        (SELECT count(*) FROM territory_ownership_history), (SELECT sum(polls) FROM player_observations)"
            ),
            ["3|2|1|3"],
            "{pointer}"
        );
    }
}
