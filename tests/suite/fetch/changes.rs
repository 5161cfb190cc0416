//! Changes: each value is compared with its last known one, and rows in the future are ignored.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, NOW};

/// A poll, and the level of the player at that time.
struct Poll {
    day: i64,
    hours: i64,
    level: i64,
}

#[test]
fn a_value_that_is_known_again_and_the_same_is_no_change() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [2]\n");
    torn.edit(|world| world.pin_player(2).networth = 1);
    // A run requests the networth once a day, and the level at each poll.
    for Poll { day, hours, level } in [
        Poll {
            day: 0,
            hours: 0,
            level: 10,
        },
        Poll {
            day: 0,
            hours: 4,
            level: 11,
        },
        Poll {
            day: 1,
            hours: 0,
            level: 11,
        },
        Poll {
            day: 1,
            hours: 4,
            level: 12,
        },
        Poll {
            day: 2,
            hours: 0,
            level: 12,
        },
    ] {
        torn.edit(|world| world.pin_player(2).level = level);
        torn.fetch_at(NOW + day * DAY + hours * 3600, &["players"])
            .expect(0);
    }

    assert_eq!(
        torn.rows("SELECT level, networth FROM player_stats_history ORDER BY id"),
        ["10|1", "11|", "12|"]
    );
}

#[test]
fn each_value_of_a_faction_is_compared_with_its_own_last_known_one() {
    let torn = Torn::new();
    torn.edit(|world| world.pin_faction(OURS).respect = 50);
    torn.fetch(&["factions"]).expect(0);
    for (poll, (unknown, respect)) in (1..).zip([
        ("/basic/respect", 50),
        ("/basic/members", 60),
        ("/basic/best_chain", 60),
    ]) {
        torn.edit(|world| world.pin_faction(OURS).respect = respect);
        torn.simulator.clear_faults();
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(unknown.to_owned(), json!(null))).path("/faction/9"),
        );
        torn.fetch_at(NOW + 240 * poll, &["factions"]).expect(0);
    }

    assert_eq!(
        torn.rows("SELECT respect, member_count, best_chain FROM faction_history ORDER BY id"),
        ["50|3|0", "60||0"]
    );
    assert_eq!(
        torn.rows("SELECT respect, member_count FROM factions WHERE faction_id = 9"),
        ["60|3"]
    );
}

#[test]
fn a_row_with_a_future_timestamp_turns_no_later_poll_into_a_change() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [2]\nfactions = [9]\nmembers = false\n");
    torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
    torn.pin_ranked_war(5, |_| {});
    torn.fetch(&["all"]).expect(0);
    let ahead = NOW + 900 * DAY;
    torn.sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level, life_maximum, networth) VALUES (2, {ahead}, 99, 9, 9);
             INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain) VALUES (9, {ahead}, 9, 9, 9);
             INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, status, recorded_at)
             VALUES (5, 'ranked', 9, 20, 'scheduled', {ahead});
             INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at) VALUES ('AAB', {THEIRS}, 'none', {ahead});"
        ))
        .unwrap();
    let count = || {
        torn.rows(
            "SELECT (SELECT count(*) FROM player_stats_history), (SELECT count(*) FROM faction_history),
                    (SELECT count(*) FROM war_status_history), (SELECT count(*) FROM territory_ownership_history)",
        )
    };
    let before = count();

    for poll in 1..=3 {
        torn.fetch_at(NOW + 240 * poll, &["all", "--ignore-clock"])
            .expect(0);
    }

    assert_eq!(count(), before);
}

/// A faction whose name becomes empty.
struct KnownName {
    /// Whether a name is stored.
    known: bool,
    /// The name afterwards.
    expected: &'static str,
}

#[test]
fn a_destroyed_faction_with_an_empty_name_keeps_the_name_it_had() {
    for KnownName { known, expected } in [
        KnownName {
            known: true,
            expected: "Real 9",
        },
        KnownName {
            known: false,
            expected: "Faction 9",
        },
    ] {
        let torn = Torn::new();
        if known {
            torn.fetch(&["factions"]).expect(0);
        }
        torn.simulator.fault(
            Fault::always(FaultKind::Patch("/basic/name".to_owned(), json!(""))).path("/faction/9"),
        );

        torn.fetch_at(NOW + 240, &["factions"]).expect(0);

        assert_eq!(
            torn.rows("SELECT name FROM factions WHERE faction_id = 9"),
            [expected]
        );
    }
}

#[test]
fn a_war_with_an_unknown_side_does_not_affect_the_others() {
    for nobody in [json!(0), json!(null), json!("")] {
        let torn = Torn::new();
        torn.follow("[track]\nwars = \"all\"\nterritories = \"none\"\n");
        torn.pin_ranked_war(5, |_| {});
        torn.pin_ranked_war(6, |war| war.start = NOW - 60);
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(
                "/warfareranked/0/factions/1/id".to_owned(),
                nobody.clone(),
            ))
            .path("/faction/warfareranked"),
        );

        torn.fetch(&["wars"]).expect(3);

        assert_eq!(
            torn.rows("SELECT war_id FROM war_status_history"),
            ["6"],
            "{nobody}"
        );
    }
}
