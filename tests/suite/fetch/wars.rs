//! Wars: their rows from the first list that shows them to their end.

use serde_json::{Value, json};
use tornsnap::testing::sim::{Fault, FaultKind};

use super::codes::code;
use crate::support::torn::{OURS, Torn};
use crate::support::{DAY, HOUR, NOW};

/// The rows of all wars in the order in which they were recorded.
pub fn told(torn: &Torn) -> Vec<String> {
    torn.rows(
        "SELECT war_type, war_id, status, end_reason, winner_faction_id, attacking_score, defending_score,
                required_score, started_at - 1775044800, ends_at - 1775044800
         FROM war_status_history ORDER BY id",
    )
}

#[test]
fn a_ranked_war_is_recorded_from_its_matching_to_its_winner() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |war| war.start = NOW + HOUR);
    torn.fetch(&["wars"]).expect(0);
    torn.fetch_at(NOW + HOUR, &["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| (war.factions[0].score, war.target) = (700, 990));
    torn.fetch_at(NOW + 2 * HOUR, &["wars"]).expect(0);
    torn.fetch_at(NOW + 2 * HOUR + 60, &["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| {
        war.factions[0].score = 1200;
        (war.end, war.winner) = (Some(NOW + 3 * HOUR), Some(OURS));
        war.has_report = true;
    });
    torn.fetch_at(NOW + 4 * HOUR, &["wars"]).expect(0);
    torn.fetch_at(NOW + 5 * HOUR, &["wars"]).expect(0);

    assert_eq!(
        told(&torn),
        [
            "ranked|5|scheduled|||0|0|1000|3600|",
            "ranked|5|ongoing|||0|0|1000|3600|",
            "ranked|5|ongoing|||700|0|990|3600|",
            "ranked|5|completed||9|1200|0|990|3600|10800",
        ]
    );
}

#[test]
fn each_change_of_the_target_of_a_war_adds_a_row() {
    let torn = Torn::new();
    for hour in 0..5 {
        torn.pin_ranked_war(5, |war| war.target = 1000 - 10 * (hour / 2));
        torn.fetch_at(NOW + hour * HOUR, &["wars"]).expect(0);
    }

    assert_eq!(
        torn.rows("SELECT required_score FROM war_status_history ORDER BY id"),
        ["1000", "990", "980"]
    );
}

#[test]
fn the_sides_of_a_war_keep_their_columns_when_a_list_reverses_them() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |war| {
        (war.factions[0].score, war.factions[1].score) = (7, 3);
    });
    torn.fetch(&["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| war.factions.reverse());
    torn.fetch_at(NOW + 60, &["wars"]).expect(0);
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM war_status_history"),
        1,
        "nothing has changed"
    );
    torn.pin_ranked_war(5, |war| war.factions[0].score = 4);
    torn.fetch_at(NOW + 120, &["wars"]).expect(0);

    assert_eq!(
        torn.rows(
            "SELECT attacking_faction_id, attacking_score, defending_faction_id, defending_score
             FROM war_status_history ORDER BY id"
        ),
        ["9|7|20|3", "9|7|20|4"]
    );
}

#[test]
fn ranked_and_territory_wars_may_share_a_number() {
    let torn = Torn::new();
    torn.pin_ranked_war(40_000, |war| war.factions[0].score = 1);
    torn.pin_territory_war(40_000, |war| war.aggressor.score = 2);
    torn.fetch(&["wars"]).expect(0);
    torn.pin_territory_war(40_000, |war| {
        (war.result, war.end) = (Some("fail_assault".to_owned()), Some(NOW + 30));
        (war.in_wars, war.has_report) = (false, true);
    });
    torn.fetch_at(NOW + 60, &["wars"]).expect(0);

    assert_eq!(
        told(&torn),
        [
            "ranked|40000|ongoing|||1|0|1000|0|",
            "territory|40000|ongoing|||2|0|100000|0|",
            "territory|40000|completed|fail_assault|9|2|0|100000|0|30",
        ]
    );
}

#[test]
fn a_war_that_is_on_no_list_keeps_its_state() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |_| {});
    torn.pin_territory_war(6, |_| {});
    torn.fetch(&["wars"]).expect(0);
    torn.edit(|world| {
        world.remove_ranked_war(5);
        world.remove_territory_war(6);
    });

    torn.fetch_at(NOW + DAY, &["wars"]).expect(0);

    assert_eq!(
        torn.rows("SELECT war_id, status FROM war_status_history"),
        ["5|ongoing", "6|ongoing"]
    );
}

#[test]
fn a_war_that_was_called_off_before_its_start_is_cancelled() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |war| war.start = NOW + DAY);
    torn.fetch(&["wars"]).expect(0);
    torn.edit(|world| world.remove_ranked_war(5));

    torn.fetch_at(NOW + HOUR, &["wars"]).expect(0);

    assert_eq!(
        told(&torn),
        [
            "ranked|5|scheduled|||0|0|1000|86400|",
            "ranked|5|cancelled|||0|0|1000|86400|"
        ]
    );
}

#[test]
fn a_war_that_may_have_begun_is_not_cancelled_while_a_list_may_still_show_it() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |war| war.start = NOW + HOUR);
    torn.fetch(&["wars"]).expect(0);
    torn.edit(|world| world.remove_ranked_war(5));

    torn.fetch_at(NOW + 2 * HOUR, &["wars"]).expect(0);
    torn.fetch_at(NOW + 6 * DAY, &["wars"]).expect(0);
    assert_eq!(told(&torn).len(), 1, "{:?}", told(&torn));

    torn.fetch_at(NOW + 8 * DAY, &["wars"]).expect(0);
    assert_eq!(told(&torn)[1], "ranked|5|cancelled|||0|0|1000|3600|");
}

#[test]
fn a_war_that_goes_on_by_its_report_is_not_cancelled() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |war| war.start = NOW + HOUR);
    torn.fetch(&["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| {
        war.factions[0].score = 7;
        (war.in_wars, war.in_history, war.has_report) = (false, false, true);
    });
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/rankedwarreport/end".to_owned(),
            json!(0),
        ))
        .path("/rankedwarreport"),
    );

    torn.fetch_at(NOW + 8 * DAY, &["wars"]).expect(0);

    assert_eq!(told(&torn)[1], "ranked|5|ongoing|||7|0|1000|3600|");
}

#[test]
fn a_failed_or_partial_lookup_ends_no_war() {
    let faults = [
        code(17),
        code(99),
        FaultKind::Html503,
        FaultKind::Empty,
        FaultKind::WrongId,
        FaultKind::Remove("/rankedwars".to_owned()),
        FaultKind::Patch("/rankedwars".to_owned(), json!([{ "id": 5 }])),
    ];
    for fault in faults {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |war| war.start = NOW + DAY);
        torn.fetch(&["wars"]).expect(0);
        if fault == FaultKind::WrongId {
            torn.pin_ranked_war(5, |war| {
                (war.end, war.winner) = (Some(NOW + DAY), Some(OURS));
                (war.in_wars, war.in_history, war.has_report) = (false, false, true);
            });
        } else {
            torn.edit(|world| world.remove_ranked_war(5));
        }
        torn.simulator
            .fault(Fault::always(fault.clone()).path("/faction/5/rankedwarreport"));
        torn.simulator
            .fault(Fault::always(fault.clone()).path("/rankedwars"));

        let code = torn.fetch_at(NOW + 2 * DAY, &["wars"]).code();

        assert_eq!(
            torn.rows("SELECT status FROM war_status_history"),
            ["scheduled"],
            "{fault:?}"
        );
        assert!([3, 75, 76].contains(&code), "{fault:?}: {code}");
    }
}

/// A list of wars that cannot be read whole.
struct PartialList {
    patch: Value,
    exit: i32,
    /// The reports that are requested.
    lost: Vec<&'static str>,
}

#[test]
fn a_list_that_could_not_be_read_whole_ends_no_war() {
    for PartialList { patch, exit, lost } in [
        // The other war is in no list any more, so its report is looked up.
        PartialList {
            patch: json!({ "ranked": { "war_id": "x" }, "territory": [] }),
            exit: 3,
            lost: vec!["/faction/6/territorywarreport"],
        },
        PartialList {
            patch: json!({ "ranked": null, "territory": "none" }),
            exit: 3,
            lost: vec!["/faction/5/rankedwarreport"],
        },
        PartialList {
            patch: json!("none"),
            exit: 76,
            lost: vec![],
        },
        PartialList {
            patch: json!([7]),
            exit: 76,
            lost: vec![],
        },
    ] {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |war| war.start = NOW + DAY);
        torn.pin_territory_war(6, |_| {});
        torn.fetch(&["wars"]).expect(0);
        torn.simulator.fault(
            Fault::always(FaultKind::Patch("/wars".to_owned(), patch.clone())).path("/faction/9"),
        );
        torn.edit(|world| {
            world.remove_ranked_war(5);
            world.remove_territory_war(6);
        });
        torn.simulator.clear_requests();

        torn.simulator.fault(Fault::always(code(17)).path("report"));

        torn.fetch_at(NOW + HOUR, &["wars"]).expect(exit);

        let mut asked = torn.asked();
        asked.retain(|path| path.contains("report"));
        asked.dedup();
        assert_eq!(asked, lost, "{patch}: nothing else is looked up");
        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM war_status_history"),
            2,
            "{patch}"
        );
    }
}

#[test]
fn an_opponent_is_known_by_name_and_a_placeholder_is_replaced() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\nplayers = [60]\n");
    torn.edit(|world| world.pin_player(60).faction_id = Some(777));
    torn.fetch(&["players"]).expect(0);
    assert_eq!(
        torn.rows("SELECT name FROM factions WHERE faction_id = 777"),
        ["Faction 777"]
    );
    torn.pin_ranked_war(5, |war| war.factions[1].faction_id = 777);

    torn.fetch(&["wars"]).expect(0);

    assert_eq!(
        torn.rows("SELECT name FROM factions WHERE faction_id = 777"),
        ["Gang 777"]
    );
    // A war list does not rename a faction whose name came from the faction's own answer.
    torn.fetch(&["factions"]).expect(0);
    torn.pin_ranked_war(5, |war| war.factions[0].score = 1);
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/wars/ranked/factions/0/name".to_owned(),
            json!("Impostor"),
        ))
        .path("/faction/9"),
    );
    torn.fetch(&["wars"]).expect(0);
    assert_eq!(
        torn.rows("SELECT name FROM factions WHERE faction_id = 9"),
        ["Real 9"]
    );
}

#[test]
fn an_unfinished_war_is_written_in_two_ways() {
    for end in [json!(0), json!(null)] {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |_| {});
        torn.simulator.fault(
            Fault::always(FaultKind::Patch("/wars/ranked/end".to_owned(), end)).path("/faction/9"),
        );

        torn.fetch(&["wars"]).expect(0);

        assert_eq!(told(&torn), ["ranked|5|ongoing|||0|0|1000|0|"]);
    }
}

#[test]
fn an_invalid_war_in_a_list_does_not_affect_the_others() {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\n");
    torn.pin_ranked_war(1, |_| {});
    torn.pin_ranked_war(2, |war| war.start -= 1);
    torn.simulator.fault(
        Fault::always(FaultKind::Remove("/warfareranked/0/factions/1".to_owned()))
            .path("/faction/warfareranked"),
    );

    torn.fetch(&["wars"]).expect(3);

    assert_eq!(torn.rows("SELECT war_id FROM war_status_history"), ["2"]);
    assert_eq!(
        torn.rows("SELECT error FROM rejected_payloads"),
        ["warfareranked[0].factions: two sides were expected"]
    );
}
