//! Tiles: their owners and rackets, and the answers about them.

use tornsnap::testing::sim::{Fault, FaultKind, Options, Racket};

use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, NOW};

/// Two tiles of ours and one of theirs, followed as `territories` says.
pub fn three_tiles(follow: &str) -> Torn {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_tile("AAB").owner = Some(OURS);
        world.pin_tile("AAC").owner = Some(OURS);
        world.pin_tile("AAD").owner = Some(THEIRS);
    });
    torn.follow(&format!(
        "[track]\nfactions = [9]\nterritories = {follow}\n"
    ));
    torn
}

pub fn racket(level: i64) -> Racket {
    Racket {
        name: "Counterfeit \"Designer\" Goods".to_owned(),
        level,
        reward: "Money".to_owned(),
        quantity: 1,
        item: None,
        created_at: NOW,
        changed_at: NOW,
    }
}

/// Each row of the history, in the order in which it was recorded.
pub fn told(torn: &Torn) -> Vec<String> {
    torn.rows(
        "SELECT territory_id, faction_id, racket_level, racket_type, war_status, recorded_at - 1775044800
         FROM territory_ownership_history ORDER BY recorded_at, territory_id",
    )
}

#[test]
fn tiles_of_followed_factions_come_in_one_call_with_all_their_facts() {
    let torn = three_tiles("\"tracked\"");
    torn.edit(|world| {
        let tile = world.pin_tile("AAB");
        (tile.sector, tile.x, tile.y) = (4, 12.5, -3.25);
        tile.racket = Some(racket(3));
    });

    torn.fetch(&["territories"]).expect(0);

    assert_eq!(
        torn.asked(),
        [
            "/key/info",
            "/faction/9?selections=wars",
            "/faction/9/territory"
        ]
    );
    assert_eq!(
        told(&torn),
        [
            "AAB|9|3|Counterfeit \"Designer\" Goods|none|0",
            "AAC|9|||none|0"
        ]
    );
    assert_eq!(
        torn.rows("SELECT sector, coordinate_x, coordinate_y FROM territory_ownership_history WHERE territory_id = 'AAB'"),
        ["4|12.5|-3.25"]
    );
    assert_eq!(
        torn.rows("SELECT racket_level, war_status FROM territories WHERE territory_id = 'AAB'"),
        ["3|none"]
    );
}

#[test]
fn a_tile_is_unowned_owned_again_and_its_racket_comes_and_goes() {
    let torn = three_tiles("\"all\"");
    torn.fetch(&["territories"]).expect(0);
    torn.edit(|world| {
        world.pin_tile("AAB").owner = None;
        world.pin_tile("AAC").racket = Some(racket(2));
    });
    torn.fetch_at(NOW + 60, &["territories"]).expect(0);
    torn.edit(|world| {
        world.pin_tile("AAB").owner = Some(THEIRS);
        world.pin_tile("AAC").racket = Some(racket(3));
    });
    torn.fetch_at(NOW + 120, &["territories"]).expect(0);
    torn.edit(|world| world.pin_tile("AAC").racket = None);
    torn.fetch_at(NOW + 180, &["territories"]).expect(0);
    torn.fetch_at(NOW + 240, &["territories"]).expect(0);

    let goods = "Counterfeit \"Designer\" Goods";
    assert_eq!(
        told(&torn),
        [
            "AAB|9|||none|0".to_owned(),
            "AAC|9|||none|0".to_owned(),
            "AAD|20|||none|0".to_owned(),
            "AAB||||none|60".to_owned(),
            format!("AAC|9|2|{goods}|none|60"),
            "AAB|20|||none|120".to_owned(),
            format!("AAC|9|3|{goods}|none|120"),
            "AAC|9|||none|180".to_owned(),
        ]
    );
    assert_eq!(
        torn.rows("SELECT territory_id, faction_id, racket_type, last_updated - 1775044800 FROM territories ORDER BY 1"),
        ["AAB|20||240", "AAC|9||240", "AAD|20||240"]
    );
}

#[test]
fn an_assaulted_tile_is_defending_if_it_is_ours_and_under_attack_otherwise() {
    for follow in ["\"all\"", "[\"AAB\", \"AAC\", \"AAD\"]"] {
        let torn = three_tiles(follow);
        torn.pin_territory_war(1, |war| war.tile = "AAB".to_owned());
        torn.pin_territory_war(2, |war| {
            war.tile = "AAD".to_owned();
            std::mem::swap(&mut war.aggressor, &mut war.defender);
        });
        torn.fetch(&["territories"]).expect(0);
        assert_eq!(
            torn.rows("SELECT territory_id, war_status FROM territories ORDER BY 1"),
            ["AAB|defending", "AAC|none", "AAD|under_attack"]
        );

        torn.pin_territory_war(1, |war| {
            (war.result, war.end) = (Some("fail_assault".to_owned()), Some(NOW + 30));
        });
        torn.fetch_at(NOW + 60, &["territories"]).expect(0);
        assert_eq!(
            torn.rows("SELECT war_status FROM territories ORDER BY territory_id"),
            ["none", "none", "under_attack"]
        );
    }
    let torn = three_tiles("\"tracked\"");
    torn.pin_territory_war(1, |war| war.tile = "AAB".to_owned());
    torn.fetch(&["wars", "territories"]).expect(0);
    assert_eq!(
        torn.rows("SELECT territory_id, war_status FROM territories ORDER BY 1"),
        ["AAB|defending", "AAC|none"]
    );
}

#[test]
fn when_a_followed_tile_is_lost_its_new_owner_is_found() {
    for (owner, shown) in [(Some(THEIRS), "20"), (None, "")] {
        let torn = three_tiles("\"tracked\"");
        torn.fetch(&["territories"]).expect(0);
        torn.edit(|world| world.pin_tile("AAB").owner = owner);

        torn.fetch_at(NOW + 60, &["territories"]).expect(0);

        assert_eq!(
            told(&torn),
            [
                "AAB|9|||none|0".to_owned(),
                "AAC|9|||none|0".to_owned(),
                format!("AAB|{shown}|||none|60")
            ]
        );
        torn.simulator.clear_requests();
        torn.fetch_at(NOW + 120, &["territories"]).expect(0);
        assert_eq!(torn.calls(), 2, "no sweep without a reason");
    }
}

#[test]
fn a_lost_tile_that_is_assaulted_costs_one_call_and_no_sweep() {
    let torn = three_tiles("\"tracked\"");
    torn.fetch(&["wars", "territories"]).expect(0);
    torn.edit(|world| {
        world.pin_faction(30);
        world.pin_tile("AAB").owner = Some(20);
    });
    torn.edit(|world| {
        let war = world.pin_territory_war(7);
        "AAB".clone_into(&mut war.tile);
        (war.aggressor.faction_id, war.defender.faction_id) = (30, 20);
    });
    torn.fetch_at(NOW + 240, &["wars", "territories"]).expect(0);
    assert_eq!(
        torn.rows("SELECT faction_id, war_status FROM territories WHERE territory_id = 'AAB'"),
        ["20|under_attack"]
    );

    torn.simulator.clear_requests();
    torn.fetch_at(NOW + 480, &["wars", "territories"]).expect(0);

    let swept = |path: &String| path.contains("territoryownership");
    assert!(!torn.asked().iter().any(swept), "{:?}", torn.asked());
}

#[test]
fn a_tile_that_goes_from_one_followed_faction_to_another_needs_no_sweep() {
    for (from, to) in [(OURS, THEIRS), (THEIRS, OURS)] {
        let torn = three_tiles("\"tracked\"");
        torn.follow("[track]\nfactions = [9, 20]\n");
        torn.edit(|world| world.pin_tile("AAB").owner = Some(from));
        torn.fetch(&["territories"]).expect(0);
        torn.edit(|world| world.pin_tile("AAB").owner = Some(to));
        torn.simulator.clear_requests();

        torn.fetch_at(NOW + 60, &["territories"]).expect(0);

        assert_eq!(
            torn.value::<i64>("SELECT faction_id FROM territories WHERE territory_id = 'AAB'"),
            to
        );
        assert_eq!(torn.calls(), 4, "{:?}", torn.asked());
    }
}

#[test]
fn ownership_is_read_under_both_of_its_names() {
    for old_ownership_key in [true, false] {
        let torn = Torn::over(Options {
            now: NOW,
            tiles: 600,
            players: 4,
            factions: 2,
            old_ownership_key,
            ..Options::default()
        });
        torn.follow("[track]\nterritories = \"all\"\n");

        torn.fetch(&["territories"]).expect(0);

        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM territory_ownership_history"),
            600
        );
    }
}

#[test]
fn facts_are_asked_for_once_a_month() {
    let torn = three_tiles("[\"AAB\"]");
    for (day, expected) in [(0, 1), (1, 1), (29, 1), (30, 2), (31, 2)] {
        torn.fetch_at(NOW + day * DAY, &["territories"]).expect(0);
        let asked = torn
            .asked()
            .iter()
            .filter(|path| path.starts_with("/torn/territory"))
            .count();
        assert_eq!(asked, expected, "day {day}");
    }
    assert_eq!(
        torn.rows("SELECT territory_id FROM territory_ownership_history"),
        ["AAB"]
    );
}

#[test]
fn rackets_in_the_published_shape_say_nothing_about_tiles_and_are_no_failure() {
    let torn = three_tiles("\"all\"");
    torn.edit(|world| world.pin_tile("AAB").racket = Some(racket(3)));
    torn.fetch(&["territories"]).expect(0);
    torn.simulator.fault(
        Fault::always(FaultKind::Remove("/rackets/0/territory".to_owned())).path("/rackets"),
    );

    torn.fetch_at(NOW + 60, &["territories"]).expect(0);

    assert_eq!(
        torn.rows("SELECT racket_level FROM territories WHERE territory_id = 'AAB'"),
        ["3"]
    );
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM rejected_payloads"),
        0
    );
}
