//! Lists of several pages: each list is read completely, with no more pages than needed.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind, Links, Options};

use crate::support::torn::{OURS, Torn};
use crate::support::{DAY, NOW};

/// A list that Torn sends in pages.
struct List {
    path: &'static str,
    /// The kind that reads it.
    kind: &'static str,
}

const LISTS: &[List] = &[
    List {
        path: "/faction/warfareranked",
        kind: "wars",
    },
    List {
        path: "/faction/warfareterritory",
        kind: "wars",
    },
    List {
        path: "/faction/territoryownership",
        kind: "territories",
    },
    List {
        path: "/torn/territory",
        kind: "territories",
    },
];

#[test]
fn pages_in_a_cycle_are_left_after_a_few_calls() {
    for &List { path, kind } in LISTS {
        let torn = Torn::over(Options {
            now: NOW,
            players: 4,
            factions: 2,
            tiles: 600,
            ..Options::default()
        });
        torn.follow("[track]\nwars = \"all\"\nterritories = \"all\"\n");
        torn.edit(|world| {
            world.pin_ranked_wars(1..=150, |war| war.start = NOW - 60 * war.id);
            world.pin_territory_wars(1..=150, |war| war.start = NOW - 60 * war.id);
        });
        torn.simulator
            .fault(Fault::always(FaultKind::PageLoop).path(path));

        let finished = torn.fetch(&[kind]).expect(3);

        assert!(
            finished.stderr().contains("the pages go round in a circle"),
            "{path}: {}",
            finished.stderr()
        );
        let calls = torn
            .asked()
            .iter()
            .filter(|asked| asked.starts_with(path))
            .count();
        assert!(calls <= 4, "{path}: {calls} calls");
    }
}

#[test]
fn a_short_page_whose_links_lead_to_itself_is_the_whole_list() {
    for &List { path, kind } in LISTS {
        let torn = Torn::new();
        torn.follow("[track]\nwars = \"all\"\nterritories = \"all\"\n");
        torn.edit(|world| world.pin_tile("AAB").owner = Some(9));
        torn.pin_ranked_war(1, |_| {});
        torn.pin_territory_war(1, |_| {});
        torn.simulator
            .fault(Fault::always(FaultKind::PageLoop).path(path));

        torn.fetch(&[kind]).expect(0);
    }
}

#[test]
fn a_link_to_another_host_is_warned_of_and_not_followed() {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\n");
    torn.pin_ranked_war(1, |_| {});
    torn.simulator
        .fault(Fault::always(FaultKind::ForeignLink).path("/faction/warfareranked"));

    let finished = torn.fetch(&["wars"]).expect(0);

    assert!(
        finished.stderr().contains(
            "a link in /faction/warfareranked leads to another address; it was not followed"
        ),
        "{}",
        finished.stderr()
    );
    assert_eq!(
        torn.rows("SELECT war_type, war_id FROM war_status_history"),
        ["ranked|1"]
    );
}

#[test]
fn all_wars_are_read_page_by_page_up_to_the_old_ones() {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\n");
    for id in 1..=250 {
        torn.pin_ranked_war(id, |war| {
            war.start = NOW - id * 600;
            war.factions[0].faction_id = 1000 + id;
        });
    }
    torn.pin_ranked_war(900, |war| {
        war.start = NOW - 60 * DAY;
        (war.end, war.winner) = (Some(NOW - 58 * DAY), Some(OURS));
    });
    torn.pin_ranked_war(901, |war| {
        war.start = NOW - 20 * DAY;
        (war.end, war.winner) = (Some(NOW - 18 * DAY), Some(OURS));
    });

    torn.fetch(&["wars"]).expect(0);

    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM war_status_history WHERE status = 'ongoing'"),
        250
    );
    assert_eq!(
        torn.rows("SELECT war_id FROM war_status_history WHERE status = 'completed'"),
        ["901"]
    );
    let pages = torn
        .asked()
        .iter()
        .filter(|path| path.starts_with("/faction/warfareranked"))
        .count();
    assert_eq!(pages, 3);

    torn.fetch_at(NOW + 60, &["wars"]).expect(0);
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM war_status_history"),
        251
    );
}

#[test]
fn a_broken_second_page_saves_the_first_and_ends_no_war() {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\n");
    for id in 1..=150 {
        torn.pin_ranked_war(id, |war| war.start = NOW - id * 600);
    }
    torn.fetch(&["wars"]).expect(0);
    torn.pin_ranked_war(1, |war| war.factions[0].score = 5);
    torn.pin_ranked_war(150, |war| war.factions[0].score = 5);
    torn.simulator.fault(
        Fault::always(FaultKind::Html503)
            .path("/faction/warfareranked")
            .query("to="),
    );
    torn.simulator.clear_requests();

    torn.fetch_at(NOW + 60, &["wars"]).expect(3);

    assert_eq!(
        torn.rows("SELECT war_id FROM war_status_history WHERE attacking_score = 5"),
        ["1"]
    );
    assert!(
        !torn.asked().iter().any(|path| path.contains("report")),
        "{:?}",
        torn.asked()
    );
}

/// The number of requested pages of the list at this path.
fn pages(torn: &Torn, path: &str) -> usize {
    let asked = torn.asked();
    asked.iter().filter(|asked| asked.starts_with(path)).count()
}

/// A world with this many ongoing ranked wars and as many territory wars, which began ten minutes apart.
fn many_wars(count: i64, links: Links) -> Torn {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\nterritories = \"none\"\n");
    torn.simulator.set_links(links);
    torn.edit(|world| {
        world.pin_ranked_wars(1..=count, |war| {
            war.start = NOW - 600 * war.id;
            war.factions[0].faction_id = 1000 + war.id;
            war.factions[1].faction_id = 5000 + war.id;
        });
        world.pin_territory_wars(1..=count, |war| {
            war.start = NOW - 600 * war.id;
            war.tile = tile(war.id);
            war.aggressor.faction_id = 1000 + war.id;
            war.defender.faction_id = 5000 + war.id;
        });
    });
    torn
}

/// The id of a tile by number.
fn tile(number: i64) -> String {
    let letter = |number: i64| char::from(b'A' + u8::try_from(number % 26).unwrap());
    [letter(number / 676), letter(number / 26), letter(number)]
        .iter()
        .collect()
}

const COUNT_BY_TYPE: &str = "SELECT war_type, count(DISTINCT war_id), count(*) FROM war_status_history GROUP BY 1 ORDER BY 1";

#[test]
fn every_war_of_a_long_list_is_stored_whatever_its_links_say() {
    for links in [Links::Recorded, Links::Published, Links::None] {
        for count in [99, 100, 101, 150, 1000] {
            let torn = many_wars(count, links);

            torn.fetch(&["wars"]).expect(0);

            assert_eq!(
                torn.rows(COUNT_BY_TYPE),
                [
                    format!("ranked|{count}|{count}"),
                    format!("territory|{count}|{count}")
                ],
                "{links:?}"
            );
            let most = usize::try_from(count).unwrap() / 99 + 2;
            for path in ["/faction/warfareranked", "/faction/warfareterritory"] {
                assert!(pages(&torn, path) <= most, "{path}: {:?}", torn.asked());
            }
        }
    }
}

#[test]
fn links_to_another_host_do_not_shorten_a_long_list() {
    let torn = many_wars(150, Links::Recorded);
    torn.simulator.fault(Fault::always(FaultKind::ForeignLink));

    torn.fetch(&["wars"]).expect(0);

    assert_eq!(
        torn.rows(COUNT_BY_TYPE),
        ["ranked|150|150", "territory|150|150"]
    );
}

#[test]
fn the_history_of_a_faction_is_read_to_its_end_too() {
    for links in [Links::Recorded, Links::Published, Links::None] {
        let torn = Torn::new();
        torn.simulator.set_links(links);
        torn.edit(|world| {
            world.pin_ranked_wars(1..=150, |war| {
                (war.start, war.end) = (NOW - 7200 * war.id, Some(NOW - 7200 * war.id + 60));
                (war.factions[0].faction_id, war.factions[1].faction_id) = (OURS, 20);
                (war.winner, war.in_wars) = (Some(20), false);
            });
            world.pin_territory_wars(1..=150, |war| {
                (war.start, war.end) = (NOW - 7200 * war.id, Some(NOW - 7200 * war.id + 60));
                (war.aggressor.faction_id, war.defender.faction_id) = (OURS, 20);
                (war.result, war.in_wars) = (Some("fail_assault".to_owned()), false);
            });
        });

        torn.fetch(&["wars"]).expect(0);

        assert_eq!(
            torn.rows(COUNT_BY_TYPE),
            ["ranked|150|150", "territory|150|150"],
            "{links:?}"
        );
    }
}

/// The wars on a list, and the pages that a later poll reads at most.
struct Listed {
    going_on: i64,
    over: i64,
    expected: usize,
}

#[test]
fn a_later_poll_reads_only_the_pages_with_wars_that_go_on_and_one_more() {
    for Listed {
        going_on,
        over,
        expected,
    } in [
        Listed {
            going_on: 10,
            over: 500,
            expected: 2,
        },
        Listed {
            going_on: 150,
            over: 500,
            expected: 3,
        },
        Listed {
            going_on: 10,
            over: 80,
            expected: 1,
        },
        Listed {
            going_on: 0,
            over: 500,
            expected: 1,
        },
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nwars = \"all\"\nterritories = \"none\"\n");
        torn.edit(|world| {
            world.pin_ranked_wars(1..=going_on, |war| war.start = NOW - 600 * war.id);
            world.pin_ranked_wars(going_on + 1..=going_on + over, |war| {
                war.start = NOW - 600 * war.id;
                (war.end, war.winner) = (Some(war.start + 60), Some(OURS));
                war.in_wars = false;
            });
            for id in 1..=going_on + over {
                world.pin_ranked_war(id).factions[0].faction_id = OURS;
                world.pin_ranked_war(id).factions[1].faction_id = 1000 + id;
            }
        });
        torn.fetch(&["wars"]).expect(0);
        let all = usize::try_from(going_on + over).unwrap();
        assert_eq!(
            torn.value::<usize>("SELECT count(*) FROM war_status_history"),
            all
        );

        for poll in 1..=2 {
            torn.simulator.clear_requests();
            torn.fetch_at(NOW + 240 * poll, &["wars"]).expect(0);
            let asked = pages(&torn, "/faction/warfareranked");
            assert!(asked <= expected, "{going_on} of {all}: {:?}", torn.asked());
            assert_eq!(torn.calls(), asked + 1, "{:?}", torn.asked());
        }
    }
}

#[test]
fn a_list_that_grows_while_it_is_read_loses_none_of_the_others() {
    let torn = many_wars(250, Links::Recorded);
    torn.simulator.fault(
        Fault::always(FaultKind::Slow(std::time::Duration::from_millis(200)))
            .path("/faction/warfareranked"),
    );
    let child = torn.start(&["wars"]);
    for page in 0..3 {
        // The key was checked before the first page.
        torn.wait_for_requests(2 + page);
        torn.edit(|world| {
            let new = 1000 + 30 * i64::try_from(page).unwrap();
            world.pin_ranked_wars(new..new + 30, |war| {
                war.start = NOW;
                war.factions[0].faction_id = 1;
                war.factions[1].faction_id = 2;
            });
        });
    }

    crate::support::Finished(child.wait_with_output().unwrap()).expect(0);

    assert_eq!(
        torn.value::<i64>(
            "SELECT count(*) FROM war_status_history WHERE war_type = 'ranked' AND war_id <= 250"
        ),
        250
    );
}

#[test]
fn an_empty_page_is_the_end_of_a_list() {
    for (path, field) in [
        ("/faction/warfareranked", "warfareranked"),
        ("/faction/warfareterritory", "warfareterritory"),
    ] {
        let torn = many_wars(150, Links::Recorded);
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(format!("/{field}"), json!([])))
                .path(path)
                .query("to="),
        );

        torn.fetch(&["wars"]).expect(0);

        assert!(pages(&torn, path) <= 4, "{:?}", torn.asked());
    }
}

#[test]
fn wars_and_tiles_share_one_list_of_assaults() {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\nterritories = \"all\"\n");
    torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
    torn.pin_territory_war(1, |_| {});

    torn.fetch(&["all"]).expect(0);

    assert_eq!(pages(&torn, "/faction/warfareterritory"), 1);
    assert_eq!(
        torn.rows("SELECT war_status FROM territories"),
        ["under_attack"]
    );
}

#[test]
fn every_tile_under_assault_is_marked_however_long_the_list() {
    for kinds in [&["territories"][..], &["wars", "territories"]] {
        let torn = many_wars(250, Links::Recorded);
        torn.follow("[track]\nwars = \"all\"\nterritories = \"all\"\n");
        torn.edit(|world| {
            (1..=250).for_each(|id| world.pin_tile(&tile(id)).owner = Some(5000 + id));
            // An ongoing war that began before all others is listed after a page of wars that are over.
            world.pin_territory_wars(151..=249, |war| {
                (war.end, war.result) = (Some(NOW), Some("end_with_nap".to_owned()));
            });
        });

        torn.fetch(kinds).expect(0);

        assert_eq!(
            torn.rows("SELECT war_status, count(*) FROM territories GROUP BY 1 ORDER BY 1"),
            ["none|99", "under_attack|151"],
            "{kinds:?}"
        );
    }
}
