//! The end of a war that is on no list any more: its report and the histories tell it.

use super::wars::told;
use crate::support::torn::{THEIRS, Torn};
use crate::support::{DAY, HOUR, NOW};

/// Where Torn tells the end of a war, and the row that follows from it.
struct LookedUp {
    report: bool,
    history: bool,
    forfeit: bool,
    expected: &'static str,
}

const LOOKED_UP: &[LookedUp] = &[
    LookedUp {
        report: true,
        history: true,
        forfeit: false,
        expected: "ranked|5|completed||20|100|900|1000|0|3600",
    },
    LookedUp {
        report: true,
        history: true,
        forfeit: true,
        expected: "ranked|5|completed|forfeit|20|100|900|1000|0|3600",
    },
    LookedUp {
        report: true,
        history: false,
        forfeit: false,
        expected: "ranked|5|completed||20|100|900|1000|0|3600",
    },
    LookedUp {
        report: false,
        history: true,
        forfeit: false,
        expected: "ranked|5|completed||20|100|900|1000|0|3600",
    },
];

#[test]
fn a_war_that_ended_between_two_polls_is_looked_up() {
    for &LookedUp {
        report,
        history,
        forfeit,
        expected,
    } in LOOKED_UP
    {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |_| {});
        torn.fetch(&["wars"]).expect(0);
        torn.pin_ranked_war(5, |war| {
            (war.end, war.winner, war.forfeit) = (Some(NOW + HOUR), Some(THEIRS), forfeit);
            (war.factions[0].score, war.factions[1].score) = (100, 900);
            (war.in_wars, war.has_report, war.in_history) = (false, report, history);
        });

        torn.fetch_at(NOW + DAY, &["wars"]).expect(0);

        assert_eq!(
            told(&torn)[1],
            expected,
            "report {report}, history {history}"
        );
        torn.simulator.clear_requests();
        torn.fetch_at(NOW + 4 * DAY, &["wars"]).expect(0);
        let looked_up = |path: &String| path.contains("report");
        assert!(
            !torn.asked().iter().any(looked_up),
            "a war that is over is looked up again: {:?}",
            torn.asked()
        );
    }
}

/// The result of a territory war, and what is stored.
struct Ending {
    result: &'static str,
    status: &'static str,
    winner: &'static str,
}

const ENDINGS: &[Ending] = &[
    Ending {
        result: "success_assault",
        status: "completed",
        winner: "20",
    },
    Ending {
        result: "fail_assault",
        status: "completed",
        winner: "9",
    },
    Ending {
        result: "end_with_nap",
        status: "cancelled",
        winner: "",
    },
    Ending {
        result: "end_with_peace_treaty",
        status: "cancelled",
        winner: "",
    },
    Ending {
        result: "end_with_destroy_attack",
        status: "cancelled",
        winner: "",
    },
    Ending {
        result: "end_with_destroy_defense",
        status: "cancelled",
        winner: "",
    },
    Ending {
        result: "end_with_something_new",
        status: "cancelled",
        winner: "",
    },
];

#[test]
fn each_territory_result_has_its_ending() {
    for &Ending {
        result,
        status,
        winner,
    } in ENDINGS
    {
        for (report, history) in [(true, true), (false, true), (true, false)] {
            let torn = Torn::new();
            torn.pin_territory_war(6, |_| {});
            torn.fetch(&["wars"]).expect(0);
            torn.pin_territory_war(6, |war| {
                (war.result, war.end) = (Some(result.to_owned()), Some(NOW + HOUR));
                (war.in_wars, war.has_report, war.in_history) = (false, report, history);
            });

            torn.fetch_at(NOW + DAY, &["wars"]).expect(0);

            assert_eq!(
                told(&torn)[1],
                format!("territory|6|{status}|{result}|{winner}|0|0|100000|0|3600"),
                "report {report}, history {history}"
            );
        }
    }
}
