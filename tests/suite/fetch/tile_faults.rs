//! Faults in answers about tiles: a tile that could not be read is neither lost nor unowned.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind, Options};

use super::codes::code;
use super::territories::{racket, three_tiles, told};
use crate::support::NOW;
use crate::support::torn::{OURS, Torn};

#[test]
fn a_tile_that_could_not_be_read_is_not_lost() {
    let torn = three_tiles("\"tracked\"");
    torn.fetch(&["territories"]).expect(0);
    for fault in [
        FaultKind::Remove("/territory/0/racket".to_owned()),
        FaultKind::Patch("/territory/0/sector".to_owned(), json!("north")),
        FaultKind::Patch("/territory/0/id".to_owned(), json!("nonsense")),
        FaultKind::Remove("/territory".to_owned()),
        code(17),
    ] {
        torn.simulator.clear_faults();
        torn.simulator
            .fault(Fault::always(fault.clone()).path("/faction/9/territory"));
        torn.simulator.clear_requests();

        let finished = torn.fetch_at(NOW + 60, &["territories"]);

        assert!(
            [3, 75, 76].contains(&finished.code()),
            "{fault:?}: {}",
            finished.stderr()
        );
        assert!(
            !torn.asked().iter().any(|path| path.contains("ownership")),
            "{fault:?}"
        );
        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM territories WHERE faction_id = 9"),
            2,
            "{fault:?}"
        );
    }
}

#[test]
fn a_sweep_that_breaks_off_saves_what_it_saw_and_takes_nothing_for_unowned() {
    let torn = Torn::over(Options {
        now: NOW,
        frozen: true,
        players: 4,
        factions: 2,
        ..Options::default()
    });
    torn.follow("[track]\nterritories = \"all\"\n");
    torn.fetch(&["territories"]).expect(0);
    let sweep = torn
        .asked()
        .iter()
        .filter(|path| path.contains("territoryownership"))
        .count();
    let facts = torn
        .asked()
        .iter()
        .filter(|path| path.starts_with("/torn/territory"))
        .count();
    assert_eq!((sweep, facts), (9, 17));
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM territories"), 4107);
    let owned: i64 = torn.value("SELECT count(*) FROM territories WHERE faction_id IS NOT NULL");

    torn.simulator.fault(
        Fault::always(FaultKind::Html503)
            .path("/faction/territoryownership")
            .query("offset=1000"),
    );
    torn.fetch_at(NOW + 60, &["territories"]).expect(3);

    assert_eq!(
        torn.rows("SELECT last_updated - 1775044800, count(*) FROM territories GROUP BY 1"),
        ["0|3107", "60|1000"]
    );
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM territories WHERE faction_id IS NOT NULL"),
        owned
    );
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM territory_ownership_history"),
        4107
    );
    assert_eq!(
        torn.rows("SELECT status, entities, failed FROM fetch_runs WHERE id = 2"),
        ["partial|1000|1"]
    );
}

#[test]
fn rackets_and_wars_that_could_not_be_read_keep_their_stored_state() {
    for path in ["/faction/rackets", "/faction/warfareterritory"] {
        for fault in [
            FaultKind::Html503,
            FaultKind::Remove("/rackets".to_owned()),
            FaultKind::Patch("/rackets/0/name".to_owned(), json!(null)),
            FaultKind::Remove("/warfareterritory".to_owned()),
            FaultKind::Patch("/warfareterritory/0".to_owned(), json!({ "id": 1 })),
        ] {
            if !matches!(&fault, FaultKind::Html503)
                && !format!("{fault:?}").contains(path.rsplit('/').next().unwrap())
            {
                continue;
            }
            let torn = three_tiles("\"all\"");
            torn.edit(|world| world.pin_tile("AAB").racket = Some(racket(3)));
            torn.pin_territory_war(1, |war| war.tile = "AAB".to_owned());
            torn.fetch(&["territories"]).expect(0);
            torn.simulator
                .fault(Fault::always(fault.clone()).path(path));

            torn.fetch_at(NOW + 60, &["territories"]).expect(3);

            assert_eq!(told(&torn).len(), 3, "{path} {fault:?}: {:?}", told(&torn));
            assert_eq!(
                torn.rows(
                    "SELECT racket_level, war_status FROM territories WHERE territory_id = 'AAB'"
                ),
                ["3|defending"],
                "{path} {fault:?}"
            );
        }
    }
}

#[test]
fn a_tile_without_an_owner_field_is_not_unowned() {
    let torn = three_tiles("\"all\"");
    torn.fetch(&["territories"]).expect(0);
    torn.simulator.fault(
        Fault::always(FaultKind::Remove(
            "/territoryOwnership/0/owned_by".to_owned(),
        ))
        .path("/faction/territoryownership"),
    );

    torn.fetch_at(NOW + 60, &["territories"]).expect(3);

    assert_eq!(
        torn.value::<i64>("SELECT faction_id FROM territories WHERE territory_id = 'AAB'"),
        OURS
    );
    assert_eq!(
        torn.rows("SELECT error FROM rejected_payloads"),
        ["territoryOwnership[0].owned_by: it is missing"]
    );
}

#[test]
fn a_tile_that_torn_does_not_know_fails_alone() {
    let torn = three_tiles("[\"AAB\", \"ZZZ\"]");

    let finished = torn.fetch(&["territories"]).expect(3);

    assert!(
        finished
            .stderr()
            .contains("tile ZZZ: Torn does not know it"),
        "{}",
        finished.stderr()
    );
    assert_eq!(
        torn.rows("SELECT territory_id FROM territory_ownership_history"),
        ["AAB"]
    );
}

#[test]
fn a_war_list_that_could_not_be_read_is_counted_and_leaves_tiles_as_they_were() {
    let torn = three_tiles("\"tracked\"");
    torn.pin_territory_war(1, |war| war.tile = "AAB".to_owned());
    torn.fetch(&["territories"]).expect(0);
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/wars/territory/0/start".to_owned(),
            serde_json::json!("soon"),
        ))
        .query("wars"),
    );

    torn.fetch_at(NOW + 60, &["territories"]).expect(3);

    assert_eq!(
        torn.rows("SELECT territory_id, war_status FROM territories ORDER BY 1"),
        ["AAB|defending", "AAC|none"]
    );
    assert_eq!(
        torn.rows("SELECT error FROM rejected_payloads"),
        ["wars.territory[0].start: \"soon\" is not a whole number"]
    );
}
