//! Gains after answers that tell only a part of the values: what was not told in a period has no gain in it.

use serde_json::Value;
use tornsnap::testing::sim::{Fault, FaultKind};

use super::codes::code;
use crate::support::torn::{OURS, Torn};
use crate::support::{DAY, NOW};

/// The gains of player 1 over 30 days.
fn gains(torn: &Torn) -> Vec<String> {
    torn.rows(
        "SELECT level_gain, strength_gain, total_stats_gain, networth_gain FROM player_gains
         WHERE player_id = 1 AND period = '30 days'",
    )
}

#[test]
fn battle_stats_without_an_answer_in_the_period_have_no_gain_although_the_profile_is_fetched() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1]\n");
    torn.fetch(&["players"]).expect(0);
    torn.simulator
        .fault(Fault::always(code(16)).query("battlestats"));

    torn.fetch_at(NOW + 29 * DAY, &["players"]).expect(0);
    assert_eq!(gains(&torn), ["0|0|0|0"]);
    torn.fetch_at(NOW + 40 * DAY, &["players"]).expect(0);
    assert_eq!(gains(&torn), ["0|||0"]);

    torn.simulator.clear_faults();
    torn.fetch_at(NOW + 41 * DAY, &["players"]).expect(0);
    assert_eq!(gains(&torn), ["0|0|0|0"]);
}

#[test]
fn a_networth_without_an_answer_in_the_period_has_no_gain() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1]\n");
    torn.fetch(&["players"]).expect(0);
    torn.simulator
        .fault(Fault::always(code(16)).query("personalstats"));

    torn.fetch_at(NOW + 40 * DAY, &["players"]).expect(0);

    assert_eq!(gains(&torn), ["0|0|0|"]);
}

#[test]
fn a_level_without_an_answer_in_the_period_has_no_gain_and_a_roster_tells_it() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1]\n");
    torn.fetch(&["players"]).expect(0);
    torn.simulator.fault(
        Fault::always(FaultKind::Patch("/profile/level".to_owned(), Value::Null)).path("/user"),
    );

    torn.fetch_at(NOW + 40 * DAY, &["players"]).expect(0);
    assert_eq!(gains(&torn), ["|0|0|0"]);

    torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n");
    torn.fetch_at(NOW + 40 * DAY + 60, &["factions"]).expect(0);
    assert_eq!(gains(&torn), ["0|0|0|0"]);
}

#[test]
fn a_faction_whose_roster_alone_was_told_in_the_period_has_no_gain() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    let gains = || {
        torn.rows(&format!(
            "SELECT respect_gain, member_count_gain, best_chain_gain FROM faction_gains
             WHERE faction_id = {OURS} AND period = '30 days'"
        ))
    };
    torn.simulator.fault(
        Fault::always(FaultKind::Patch("/basic/respect".to_owned(), Value::Null)).path("/faction"),
    );
    torn.fetch_at(NOW + 40 * DAY, &["factions"]).expect(0);
    assert_eq!(gains(), ["|0|0"]);

    torn.simulator.clear_faults();
    torn.simulator
        .fault(Fault::always(FaultKind::Patch("/basic".to_owned(), Value::Null)).path("/faction"));
    torn.fetch_at(NOW + 80 * DAY, &["factions"]).expect(3);
    assert_eq!(gains(), ["||"]);
}
