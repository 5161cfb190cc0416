//! Reports: the end of a war can be in its report, in the lists, or for a while in neither.

use tornsnap::testing::sim::{Fault, FaultKind};

use super::wars::told;
use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, HOUR, NOW};

#[test]
fn a_report_that_comes_late_still_tells_the_forfeit() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |_| {});
    torn.fetch(&["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| {
        (war.end, war.winner, war.forfeit) = (Some(NOW + HOUR), Some(OURS), true);
        (war.in_wars, war.in_history, war.has_report) = (false, true, false);
    });
    torn.fetch_at(NOW + 2 * HOUR, &["wars"]).expect(0);
    torn.fetch_at(NOW + 3 * HOUR, &["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| war.has_report = true);
    // It was asked for an hour after the first time, so the next time is two hours later.
    torn.fetch_at(NOW + 4 * HOUR, &["wars"]).expect(0);
    torn.fetch_at(NOW + 5 * HOUR, &["wars"]).expect(0);
    torn.simulator.clear_requests();
    torn.fetch_at(NOW + 6 * HOUR, &["wars"]).expect(0);

    assert_eq!(
        told(&torn)[1..],
        [
            "ranked|5|completed||9|0|0|1000|0|3600",
            "ranked|5|completed|forfeit|9|0|0|1000|0|3600"
        ]
    );
    assert_eq!(torn.calls(), 1, "nothing is waited for any more");
}

#[test]
fn a_list_that_is_older_than_the_report_does_not_reopen_the_war() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |_| {});
    torn.fetch(&["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| {
        (war.end, war.winner, war.forfeit) = (Some(NOW + HOUR), Some(OURS), true);
        (war.in_wars, war.has_report) = (true, true);
    });
    torn.fetch_at(NOW + HOUR + 60, &["wars"]).expect(0);
    torn.fetch_at(NOW + HOUR + 120, &["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| (war.end, war.winner) = (None, None));
    torn.fetch_at(NOW + HOUR + 180, &["wars"]).expect(0);

    assert_eq!(
        told(&torn)[1..],
        ["ranked|5|completed|forfeit|9|0|0|1000|0|3600"]
    );
}

#[test]
fn a_deleted_faction_does_not_hide_the_end_of_its_war() {
    for gone in [OURS, THEIRS] {
        let torn = Torn::new();
        torn.pin_territory_war(6, |_| {});
        torn.fetch(&["wars"]).expect(0);
        torn.pin_territory_war(6, |war| {
            (war.result, war.end) = (Some("end_with_destroy_attack".to_owned()), Some(NOW + HOUR));
            (war.in_wars, war.has_report, war.in_history) = (false, false, true);
        });
        torn.simulator.fault(
            Fault::always(FaultKind::Code(6, "Incorrect ID".to_owned()))
                .path(format!("/faction/{gone}/territorywars")),
        );

        torn.fetch_at(NOW + DAY, &["wars"]).expect(0);

        assert_eq!(
            told(&torn)[1],
            "territory|6|cancelled|end_with_destroy_attack||0|0|100000|0|3600"
        );
    }
}
