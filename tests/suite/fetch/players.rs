//! Players: their rows, and how often `fetch` asks about them.

use serde_json::{Value, json};
use tornsnap::testing::sim::{Access, Fault, FaultKind, Key, Options};

use super::codes::code;
use crate::support::torn::{BOBS_KEY, OURS, THEIRS, Torn};
use crate::support::{CANARY, DAY, NOW};

/// The row counts of all histories.
fn history(torn: &Torn) -> Vec<String> {
    torn.rows(
        "SELECT (SELECT count(*) FROM player_stats_history), (SELECT count(*) FROM faction_history),
                (SELECT count(*) FROM war_status_history), (SELECT count(*) FROM territory_ownership_history)",
    )
}

#[test]
fn a_second_run_against_an_unchanged_world_appends_nothing() {
    let torn = Torn::over(Options {
        now: NOW,
        frozen: true,
        players: 24,
        factions: 2,
        tiles: 600,
        ..Options::default()
    });
    let factions = torn.simulator.faction_ids();
    torn.follow(&format!(
        "[track]\nfactions = {factions:?}\nwars = \"all\"\nterritories = \"all\"\n"
    ));
    torn.fetch(&["all"]).expect(0);
    let content = || {
        torn.rows(
            "SELECT player_id, name, level, faction_id, status_state, life_current, is_active, created_at FROM players
             UNION ALL SELECT faction_id, name, tag, respect, member_count, 0, is_active, created_at FROM factions
             UNION ALL SELECT territory_id, racket_type, racket_level, faction_id, war_status, sector, 0, created_at
             FROM territories",
        )
    };
    let before = (history(&torn), content());

    torn.fetch_at(NOW + 600, &["all"]).expect(0);

    assert_eq!((history(&torn), content()), before);
    assert_eq!(
        torn.rows("SELECT status, appended, failed FROM fetch_runs WHERE started_at > 1775044800"),
        ["ok|0|0"; 4]
    );
    let stale = torn.rows(&format!(
        "SELECT 'player ' || player_id FROM players WHERE faction_id IN ({0}, {1}) AND last_updated <> {2}
         UNION ALL SELECT 'faction ' || faction_id FROM factions WHERE faction_id IN ({0}, {1}) AND last_updated <> {2}
         UNION ALL SELECT territory_id FROM territories WHERE last_updated <> {2}",
        factions[0],
        factions[1],
        NOW + 600
    ));
    assert!(stale.is_empty(), "{stale:?}");
}

#[test]
fn every_poll_appends_when_that_is_configured() {
    let torn = Torn::new();
    torn.pin_ranked_war(1, |_| {});
    torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
    torn.follow("[track]\nfactions = [9]\n[history]\nrecord = \"every-poll\"\n");

    torn.fetch(&["all"]).expect(0);
    torn.fetch_at(NOW + 60, &["all"]).expect(0);

    assert_eq!(history(&torn), ["6|2|2|2"]);
}

#[test]
fn a_value_that_is_not_known_this_time_is_not_a_change() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1]\n");
    torn.fetch(&["players"]).expect(0);
    assert_eq!(
        torn.rows("SELECT strength, total_stats, networth, level, life_maximum, data_source FROM player_stats_history"),
        ["10|40|1000|11|100|key1"]
    );

    // Later that day neither the networth nor, with a refused selection, the battle stats come.
    torn.simulator
        .fault(Fault::always(code(16)).query("battlestats"));
    torn.fetch_at(NOW + 60, &["players"]).expect(0);
    assert_eq!(history(&torn), ["1|0|0|0"]);

    torn.edit(|world| world.pin_player(1).level = 12);
    torn.fetch_at(NOW + 120, &["players"]).expect(0);
    assert_eq!(
        torn.rows("SELECT strength, total_stats, networth, level FROM player_stats_history ORDER BY id DESC LIMIT 1"),
        ["|||12"]
    );

    // A value that is known again and has not changed appends no row.
    torn.simulator.clear_faults();
    torn.fetch_at(NOW + 180, &["players"]).expect(0);
    torn.fetch_at(NOW + 240, &["players"]).expect(0);
    assert_eq!(
        torn.rows("SELECT strength, networth, level FROM player_stats_history ORDER BY id"),
        ["10|1000|11", "||12"]
    );

    torn.edit(|world| world.pin_player(1).strength = 12);
    torn.fetch_at(NOW + 300, &["players"]).expect(0);
    assert_eq!(
        torn.rows("SELECT strength, level FROM player_stats_history ORDER BY id DESC LIMIT 1"),
        ["12|12"]
    );
}

#[test]
fn battle_stats_come_only_with_the_players_own_key() {
    let keys = [
        Key::new(CANARY, 1, Access::Public),
        Key::new(BOBS_KEY, 2, Access::Limited),
    ];
    let torn = Torn::with_keys(&keys);
    torn.edit(|world| {
        (1..=3).for_each(|id| world.pin_player(id).strength = 500 + id);
    });

    torn.fetch(&["factions", "players"]).expect(0);

    assert_eq!(
        torn.rows("SELECT player_id, strength FROM player_stats_history ORDER BY 1"),
        ["1|", "2|502", "3|"]
    );
    let private: Vec<_> = torn
        .simulator
        .requests()
        .into_iter()
        .filter(|asked| asked.query.contains("battlestats"))
        .collect();
    assert_eq!(private.len(), 1);
    assert_eq!(
        (private[0].path.as_str(), private[0].key.as_deref()),
        ("/user", Some(BOBS_KEY))
    );
    let source: String =
        torn.value("SELECT data_source FROM player_stats_history WHERE player_id = 2");
    assert_eq!(source, "key2");
}

#[test]
fn personalstats_are_read_once_a_day_however_often_a_run_comes() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [2]\n");
    let midnight = NOW - NOW % DAY;
    let mut asked = Vec::new();

    for day in 0..3 {
        for minute in [0, 5, 9, 10, 11, 60, 600, 1439] {
            torn.simulator.clear_requests();
            torn.edit(|world| world.pin_player(2).networth += 1);
            torn.fetch_at(midnight + day * DAY + minute * 60, &["players"])
                .expect(0);
            if torn
                .asked()
                .iter()
                .any(|path| path.contains("personalstats"))
            {
                asked.push((day, minute));
            }
        }
    }

    assert_eq!(asked, [(0, 0), (0, 10), (1, 10), (2, 10)]);
    assert_eq!(
        torn.value::<i64>("SELECT count(networth) FROM player_stats_history"),
        4
    );
}

/// The selection `personalstats`, and the networth that is read from it.
struct Shape {
    shape: Value,
    expected: String,
}

#[test]
fn networth_is_read_in_each_of_its_shapes() {
    let big = 9_007_199_254_740_993_i64;
    for Shape { shape, expected } in [
        Shape {
            shape: json!([{ "name": "networth", "value": big, "timestamp": NOW - DAY }]),
            expected: big.to_string(),
        },
        Shape {
            shape: json!([{ "name": "networth", "value": "-12", "timestamp": NOW - DAY }]),
            expected: "-12".to_owned(),
        },
        Shape {
            shape: json!([{ "name": "networth", "value": -5.0 }]),
            expected: "-5".to_owned(),
        },
        Shape {
            shape: json!([{ "name": "useractivity", "value": 9 }, { "name": "networth", "value": 7, "timestamp": 1 }]),
            expected: "7".to_owned(),
        },
        Shape {
            shape: json!({ "networth": { "total": big } }),
            expected: big.to_string(),
        },
        Shape {
            shape: json!({ "networth": { "total": "-1" } }),
            expected: "-1".to_owned(),
        },
        Shape {
            shape: json!([]),
            expected: String::new(),
        },
        Shape {
            shape: json!({}),
            expected: String::new(),
        },
        Shape {
            shape: json!({ "networth": null }),
            expected: String::new(),
        },
        Shape {
            shape: json!(null),
            expected: String::new(),
        },
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [2]\n");
        torn.simulator.fault(
            Fault::always(FaultKind::Patch("/personalstats".to_owned(), shape.clone()))
                .path("/user/2"),
        );

        torn.fetch(&["players"]).expect(0);

        assert_eq!(
            torn.rows("SELECT networth FROM player_stats_history"),
            [expected],
            "{shape}"
        );
    }
}

#[test]
fn numbers_keep_every_digit_and_may_be_negative() {
    let big = 9_007_199_254_740_993_i64;
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1, 2]\nfactions = [9]\nterritories = \"none\"\n");
    torn.edit(|world| {
        let owner = world.pin_player(1);
        (owner.strength, owner.networth) = (big, i64::MIN + 1);
        (owner.defense, owner.speed, owner.dexterity) = (big + 2, big + 4, i64::MAX - 4 * big);
        world.pin_player(2).networth = i64::MAX;
        world.pin_faction(9).respect = big;
    });

    torn.fetch(&["factions", "players"]).expect(0);

    assert_eq!(
        torn.rows(
            "SELECT strength, defense, networth FROM player_stats_history WHERE player_id = 1"
        ),
        [format!("{big}|{}|{}", big + 2, i64::MIN + 1)]
    );
    assert_eq!(
        torn.rows("SELECT networth FROM player_stats_history WHERE player_id = 2"),
        [i64::MAX.to_string()]
    );
    assert_eq!(
        torn.value::<i64>("SELECT respect FROM factions WHERE faction_id = 9"),
        big
    );
}

#[test]
fn numbers_as_text_integral_floats_and_extra_fields_are_accepted() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [2]\n");
    for (pointer, value) in [
        ("/profile/id", json!("2")),
        ("/profile/level", json!("15")),
        ("/profile/life/maximum", json!(750.0)),
        ("/profile/status/state", json!("Levitating")),
        ("/profile/something_new", json!({ "deep": [1, 2] })),
    ] {
        torn.simulator.clear_faults();
        torn.simulator
            .fault(Fault::always(FaultKind::Patch(pointer.to_owned(), value)).path("/user/2"));
        torn.fetch(&["players"]).expect(0);
    }

    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM player_stats_history WHERE level = 15"),
        1
    );
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM player_stats_history WHERE life_maximum = 750"),
        1
    );
    torn.simulator.clear_faults();
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/profile/status".to_owned(),
            json!({ "state": "Levitating", "description": null }),
        ))
        .path("/user/2"),
    );
    torn.fetch(&["players"]).expect(0);
    assert_eq!(
        torn.rows("SELECT status_state, status_description FROM players"),
        ["Levitating|"]
    );
}

#[test]
fn names_are_kept_as_they_are() {
    let names = [
        "Nick \"Two\" Names",
        "Comma, Inc",
        "🦊FoxTrot 👩‍👩‍👧",
        "<b>Bold</b>& AT&T &unknown;",
        "=SUM(A1:A9)",
        "O'Brien'; DROP TABLE players; --",
        "-1+1",
        "@cmd",
        "tab\tnew\nline",
        "  spaces  ",
        "\u{202e}right to left",
        "nul\u{0}inside",
        "%s %n {} \\ /",
    ];
    let torn = Torn::new();
    torn.edit(|world| {
        for (id, name) in (100..).zip(names) {
            world.pin_player(id).name = name.to_owned();
            world.pin_player(id).faction_id = Some(OURS);
            world.pin_player(id).status.description = name.to_owned();
        }
        world.pin_faction(OURS).name = "=Silk, \"Steel\" & <Sons> 🦊".to_owned();
    });

    torn.fetch(&["factions", "players"]).expect(0);

    for (id, name) in (100..).zip(names) {
        let kept: String = torn.value(&format!("SELECT name FROM players WHERE player_id = {id}"));
        assert_eq!(kept, name);
    }
    let faction: String = torn.value("SELECT name FROM factions WHERE faction_id = 9");
    assert_eq!(faction, "=Silk, \"Steel\" & <Sons> 🦊");
}

#[test]
fn a_player_without_a_faction_has_none_and_a_new_one_gets_a_row() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1, 2, 3]\n");
    torn.edit(|world| {
        world.pin_player(1).faction_id = None;
        world.pin_player(2).faction_id = Some(777);
    });
    torn.simulator.fault(
        Fault::always(FaultKind::Patch("/profile/faction_id".to_owned(), json!(0))).path("/user/3"),
    );

    torn.fetch(&["players"]).expect(0);

    assert_eq!(
        torn.rows("SELECT player_id, faction_id FROM players ORDER BY 1"),
        ["1|", "2|777", "3|"]
    );
    assert_eq!(
        torn.rows("SELECT faction_id, name, last_updated FROM factions"),
        ["777|Faction 777|0"]
    );

    torn.edit(|world| world.pin_player(2).faction_id = Some(THEIRS));
    torn.fetch_at(NOW + 60, &["players"]).expect(0);
    assert_eq!(
        torn.value::<i64>("SELECT faction_id FROM players WHERE player_id = 2"),
        THEIRS
    );
}

#[test]
fn players_are_requested_least_recently_polled_first() {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\nconcurrency = 1\n",
        "[track]\nplayers = [1, 2, 3]\n",
    );
    torn.fetch(&["players", "--player", "3"]).expect(0);
    torn.fetch_at(NOW + 60, &["players", "--player", "1"])
        .expect(0);
    torn.simulator.clear_requests();

    torn.fetch_at(NOW + 120, &["players"]).expect(0);

    let order: Vec<String> = torn
        .asked()
        .into_iter()
        .map(|path| path.split('?').next().unwrap().to_owned())
        .collect();
    assert_eq!(order, ["/user/2", "/user/3", "/user"]);
}

#[test]
fn flags_replace_the_ids_of_the_configuration() {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_player(50).faction_id = Some(THEIRS);
        world.pin_player(60).level = 3;
    });

    torn.fetch(&["players", "--player", "60"]).expect(0);
    assert_eq!(
        torn.rows("SELECT player_id FROM player_stats_history"),
        ["60"]
    );

    torn.fetch(&["players", "--faction", "20"]).expect(0);
    assert_eq!(
        torn.rows("SELECT player_id FROM player_stats_history ORDER BY 1"),
        ["50", "60"]
    );

    torn.simulator.clear_requests();
    torn.fetch(&["factions", "--faction", "20"]).expect(0);
    assert_eq!(torn.asked(), ["/faction/20?selections=basic,members"]);

    torn.fetch(&["players", "--player", "2,3"]).expect(0);
    torn.fetch(&["--player", "2", "--player", "3", "players"])
        .expect(0);
    for wrong in ["0", "-1", "x", "99999999999999999999"] {
        torn.fetch(&["players", "--player", wrong]).expect(2);
    }
}

#[test]
fn a_call_that_no_key_has_the_access_for_is_reported_with_that_access() {
    let torn = Torn::new();
    torn.simulator
        .fault(Fault::always(code(16)).path("/faction"));
    let said = torn.fetch(&["factions"]).stderr();
    assert!(
        said.contains("a Custom key with this selection") && said.contains("tornsnap init"),
        "{said}"
    );
    assert!(!said.contains("the next run tries them again"), "{said}");
}
