//! Factions: their rows, and players who join and leave.

use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::NOW;
use crate::support::torn::{OURS, THEIRS, Torn};

#[test]
fn a_player_who_leaves_has_no_faction_and_one_who_joins_has_it() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.edit(|world| {
        world.pin_player(2).faction_id = None;
        world.pin_player(4).faction_id = Some(OURS);
        world.pin_player(4).name = "Newcomer".to_owned();
    });

    let report = torn
        .fetch_at(NOW + 60, &["factions", "--json"])
        .expect(0)
        .json();

    assert_eq!(
        (&report["runs"][0]["joined"], &report["runs"][0]["left"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        torn.rows("SELECT player_id, name, faction_id FROM players ORDER BY 1"),
        [
            "1|Player 1|9",
            "2|Player 2|",
            "3|Player 3|9",
            "4|Newcomer|9"
        ]
    );
    assert_eq!(
        torn.rows("SELECT member_count FROM factions WHERE faction_id = 9"),
        ["3"]
    );
}

#[test]
fn a_truncated_roster_removes_no_member() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.edit(|world| world.pin_faction(OURS).shown_members = Some(1));

    let finished = torn.fetch_at(NOW + 60, &["factions"]).expect(0);

    assert!(
        finished
            .stderr()
            .contains("faction 9: 1 of 3 members could be read; nobody is taken to have left"),
        "{}",
        finished.stderr()
    );
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM players WHERE faction_id = 9"),
        3
    );

    torn.edit(|world| world.pin_faction(OURS).shown_members = Some(0));
    torn.fetch_at(NOW + 120, &["factions"]).expect(0);
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM players WHERE faction_id = 9"),
        3
    );
}

#[test]
fn a_player_who_moves_between_two_followed_factions_is_in_the_new_one() {
    for (from, to) in [(OURS, THEIRS), (THEIRS, OURS)] {
        let torn = Torn::new();
        torn.follow("[track]\nfactions = [9, 20]\nterritories = \"none\"\n");
        torn.edit(|world| world.pin_player(3).faction_id = Some(from));
        torn.fetch(&["factions"]).expect(0);
        torn.edit(|world| world.pin_player(3).faction_id = Some(to));

        torn.fetch_at(NOW + 60, &["factions"]).expect(0);

        assert_eq!(
            torn.value::<i64>("SELECT faction_id FROM players WHERE player_id = 3"),
            to
        );
    }
}

#[test]
fn a_renamed_faction_has_its_new_name_and_its_old_history() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.edit(|world| {
        world.pin_faction(OURS).name = "New Name".to_owned();
        world.pin_faction(OURS).tag = "NN".to_owned();
    });

    torn.fetch_at(NOW + 60, &["factions"]).expect(0);

    assert_eq!(
        torn.rows("SELECT name, tag, created_at, last_updated FROM factions WHERE faction_id = 9"),
        [format!("New Name|NN|{NOW}|{}", NOW + 60)]
    );
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM faction_history"),
        1,
        "a name is no tracked value"
    );
}

#[test]
fn each_tracked_value_appends_a_row() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.edit(|world| world.pin_faction(OURS).respect += 1);
    torn.fetch_at(NOW + 60, &["factions"]).expect(0);
    torn.edit(|world| world.pin_faction(OURS).best_chain += 1);
    torn.fetch_at(NOW + 120, &["factions"]).expect(0);
    torn.edit(|world| world.pin_player(3).faction_id = None);
    torn.fetch_at(NOW + 180, &["factions"]).expect(0);

    assert_eq!(
        torn.rows("SELECT respect, member_count, best_chain, timestamp - 1775044800 FROM faction_history ORDER BY id"),
        ["0|3|0|0", "1|3|0|60", "1|3|1|120", "1|2|1|180"]
    );
}

#[test]
fn one_call_brings_a_faction_its_roster_and_its_wars() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |_| {});

    torn.fetch(&["factions", "wars"]).expect(0);

    let mut asked = torn.asked();
    asked.sort();
    assert_eq!(
        asked,
        [
            // Past wars are asked about at the first run.
            "/faction/9/rankedwars?limit=100",
            "/faction/9/territorywars?limit=100&sort=DESC",
            "/faction/9?selections=basic,members,wars",
            "/key/info",
        ]
    );
    assert_eq!(torn.rows("SELECT war_id FROM war_status_history"), ["5"]);

    torn.simulator.clear_requests();
    torn.fetch_at(NOW + 240, &["factions", "wars"]).expect(0);
    assert_eq!(torn.asked(), ["/faction/9?selections=basic,members,wars"]);
}

#[test]
fn each_call_says_who_asks_and_carries_no_key_in_its_address() {
    let torn = Torn::with_two_keys();
    torn.follow("[track]\nfactions = [9]\nwars = \"all\"\nterritories = \"all\"\n");

    torn.fetch(&["all"]);

    let asked = torn.simulator.requests();
    assert!(asked.len() > 6);
    for request in asked {
        assert!(
            request.authorization && request.key.is_some(),
            "{request:?}"
        );
        assert_eq!(
            request.user_agent.as_deref(),
            Some(concat!("tornsnap/", env!("CARGO_PKG_VERSION")))
        );
        assert!(request.query.contains("comment=tornsnap"), "{request:?}");
        assert!(
            !request.query.contains("key=") && !request.path.contains("CANARY"),
            "{request:?}"
        );
    }
}

#[test]
fn a_bad_member_is_rejected_alone_and_no_member_is_removed() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.edit(|world| {
        world.pin_player(2).level = 77;
        world.pin_player(3).faction_id = None;
        world.pin_player(4).faction_id = Some(OURS);
        world.pin_faction(OURS).respect = 5;
    });
    torn.simulator.fault(
        Fault::always(FaultKind::Patch("/members/0/level".to_owned(), 0.into())).path("/faction/9"),
    );

    torn.fetch_at(NOW + 60, &["factions"]).expect(3);

    assert_eq!(
        torn.rows("SELECT endpoint, entity, json_path, error, times FROM rejected_payloads"),
        ["/faction/9|member 1 of faction 9|members[*].level|members[0].level: 0 is below 1|1"]
    );
    assert_eq!(
        torn.rows("SELECT player_id, level, faction_id FROM players ORDER BY 1"),
        ["1|11|9", "2|77|9", "3|13|9", "4|1|9"]
    );
    assert_eq!(
        torn.rows("SELECT respect FROM faction_history ORDER BY id"),
        ["0", "5"]
    );
    assert_eq!(
        torn.rows("SELECT entities, failed, status FROM fetch_runs WHERE id = 2"),
        ["1|1|partial"]
    );

    torn.simulator.clear_faults();
    torn.fetch_at(NOW + 120, &["factions"]).expect(0);
    assert_eq!(
        torn.rows("SELECT player_id FROM players WHERE faction_id = 9 ORDER BY 1"),
        ["1", "2", "4"]
    );
}
