//! Errors that Torn puts in the place of one selection.

use serde_json::json;
use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::CANARY;
use crate::support::torn::Torn;

/// An error that Torn puts in the place of one selection.
struct Inside {
    selection: &'static str,
    /// The error code.
    number: i64,
    exit: i32,
    /// The row of what is saved all the same.
    saved: &'static str,
}

const ERRORS_IN_A_PLAYER: &[Inside] = &[
    Inside {
        selection: "battlestats",
        number: 16,
        exit: 0,
        saved: "|11|1000",
    },
    Inside {
        selection: "battlestats",
        number: 7,
        exit: 0,
        saved: "|11|1000",
    },
    Inside {
        selection: "battlestats",
        number: 4,
        exit: 0,
        saved: "|11|1000",
    },
    Inside {
        selection: "battlestats",
        number: 27,
        exit: 3,
        saved: "|11|1000",
    },
    Inside {
        selection: "battlestats",
        number: 24,
        exit: 3,
        saved: "|11|1000",
    },
    Inside {
        selection: "battlestats",
        number: 17,
        exit: 3,
        saved: "|11|1000",
    },
    Inside {
        selection: "personalstats",
        number: 14,
        exit: 0,
        saved: "10|11|",
    },
    Inside {
        selection: "personalstats",
        number: 16,
        exit: 0,
        saved: "10|11|",
    },
    Inside {
        selection: "personalstats",
        number: 27,
        exit: 3,
        saved: "10|11|",
    },
    Inside {
        selection: "personalstats",
        number: 24,
        exit: 3,
        saved: "10|11|",
    },
    Inside {
        selection: "profile",
        number: 27,
        exit: 3,
        saved: "10||1000",
    },
    Inside {
        selection: "profile",
        number: 17,
        exit: 3,
        saved: "10||1000",
    },
];

#[test]
fn an_error_inside_an_answer_about_a_player_affects_only_that_selection() {
    for &Inside {
        selection,
        number,
        exit,
        saved,
    } in ERRORS_IN_A_PLAYER
    {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [1]\n");
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(
                format!("/{selection}"),
                json!({ "code": number, "error": "for a test" }),
            ))
            .query(selection),
        );

        torn.fetch(&["players"]).expect(exit);

        assert_eq!(
            torn.rows("SELECT strength, level, networth FROM player_stats_history"),
            [saved],
            "{selection} {number}: {:?}",
            torn.asked()
        );
        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM rejected_payloads"),
            0,
            "{selection} {number}: an error is no data"
        );
        assert_eq!(torn.rows("SELECT state FROM api_keys"), ["ok"]);
    }
}

const ERRORS_IN_A_FACTION: &[Inside] = &[
    Inside {
        selection: "wars",
        number: 27,
        exit: 3,
        saved: "1|3|0",
    },
    Inside {
        selection: "wars",
        number: 24,
        exit: 3,
        saved: "1|3|0",
    },
    Inside {
        selection: "members",
        number: 27,
        exit: 3,
        saved: "1|0|1",
    },
    Inside {
        selection: "basic",
        number: 27,
        exit: 3,
        saved: "0|3|1",
    },
];

#[test]
fn an_error_inside_an_answer_about_a_faction_affects_only_that_selection() {
    for &Inside {
        selection,
        number,
        exit,
        saved,
    } in ERRORS_IN_A_FACTION
    {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |_| {});
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(
                format!("/{selection}"),
                json!({ "code": number, "error": "for a test" }),
            ))
            .query(selection),
        );

        torn.fetch(&["factions", "wars"]).expect(exit);

        assert_eq!(
            torn.rows(
                "SELECT (SELECT count(*) FROM faction_history), (SELECT count(*) FROM players),
                        (SELECT count(*) FROM war_status_history)"
            ),
            [saved],
            "{selection} {number}"
        );
    }
}

#[test]
fn a_selection_that_another_key_may_read_is_asked_with_that_one() {
    let torn = Torn::with_two_keys();
    torn.follow("[track]\nplayers = [3]\n");
    torn.simulator.fault(
        Fault::always(FaultKind::Patch(
            "/personalstats".to_owned(),
            json!({ "code": 16, "error": "low" }),
        ))
        .query("personalstats")
        .key(CANARY),
    );

    torn.fetch(&["players"]).expect(0);

    assert_eq!(
        torn.rows("SELECT networth, data_source FROM player_stats_history"),
        ["3000|key2"]
    );
}

#[test]
fn a_list_that_two_kinds_need_is_named_in_one_warning() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\nterritories = \"tracked\"\n");
    torn.simulator
        .fault(Fault::always(crate::fetch::codes::code(7)).query("selections=wars"));

    let finished = torn.fetch(&["wars,territories"]);

    let stderr = finished.stderr();
    assert_ne!(finished.code(), 0, "{stderr} {:?}", torn.asked());
    let warnings = stderr.matches("warn  wars of faction 9: ").count();
    assert_eq!(warnings, 1, "{stderr}");
}
