//! Wars whose end no list of current wars shows: they ended between two polls, their factions are no longer followed, or
//! Torn no longer lists them.

use tornsnap::testing::sim::Fault;

use super::codes::code;
use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, HOUR, MINUTE, NOW};

/// The number of calls to this path.
fn asked_for(torn: &Torn, part: &str) -> usize {
    let asked = torn.asked();
    asked.iter().filter(|asked| asked.contains(part)).count()
}

/// A ranked war 5 and a territory war 6 that began and ended between two polls.
fn fight(torn: &Torn, start: i64, end: i64, forfeit: bool) {
    torn.pin_ranked_war(5, |war| {
        (war.start, war.end, war.winner) = (start, Some(end), Some(THEIRS));
        (war.factions[0].score, war.factions[1].score) = (100, 900);
        (war.forfeit, war.in_wars, war.has_report) = (forfeit, false, true);
    });
    torn.pin_territory_war(6, |war| {
        (war.start, war.end, war.result) = (start, Some(end), Some("success_assault".to_owned()));
        (war.in_wars, war.has_report) = (false, true);
    });
}

/// A poll some days after a war.
struct Late {
    days: i64,
    forfeit: bool,
    /// The expected `end_reason`.
    reason: &'static str,
}

#[test]
fn wars_that_began_and_ended_between_two_polls_are_recorded_as_they_ended() {
    for Late {
        days,
        forfeit,
        reason,
    } in [
        Late {
            days: 5,
            forfeit: false,
            reason: "",
        },
        Late {
            days: 5,
            forfeit: true,
            reason: "forfeit",
        },
        Late {
            days: 20,
            forfeit: false,
            reason: "",
        },
    ] {
        let torn = Torn::new();
        torn.fetch(&["wars"]).expect(0);
        fight(&torn, NOW + DAY, NOW + 2 * DAY, forfeit);

        torn.fetch_at(NOW + days * DAY, &["wars"]).expect(0);
        torn.fetch_at(NOW + days * DAY + HOUR, &["wars"]).expect(0);

        assert_eq!(
            torn.rows(
                "SELECT war_type, war_id, status, end_reason, winner_faction_id, attacking_score, defending_score,
                        started_at - 1775044800, ends_at - 1775044800 FROM war_status_history ORDER BY war_type"
            ),
            [
                format!("ranked|5|completed|{reason}|20|100|900|86400|172800"),
                "territory|6|completed|success_assault|20|0|0|86400|172800".to_owned()
            ]
        );
    }
}

#[test]
fn after_a_gap_of_months_every_war_in_the_history_is_recorded() {
    let torn = Torn::new();
    torn.fetch(&["wars"]).expect(0);
    fight(&torn, NOW + 10 * DAY, NOW + 11 * DAY, false);

    torn.fetch_at(NOW + 60 * DAY, &["wars"]).expect(0);

    assert_eq!(
        torn.rows("SELECT war_id, status FROM war_status_history ORDER BY war_id"),
        ["5|completed", "6|completed"]
    );
}

#[test]
fn an_end_in_a_history_is_recorded_after_any_earlier_lookup() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |_| {});
    torn.fetch(&["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| (war.in_wars, war.in_history) = (false, false));
    torn.fetch_at(NOW + HOUR, &["wars"]).expect(0);
    torn.pin_ranked_war(5, |war| {
        (war.end, war.winner) = (Some(NOW + HOUR), Some(OURS));
        war.in_history = true;
    });

    torn.fetch_at(NOW + 40 * DAY, &["wars"]).expect(0);

    assert_eq!(
        torn.rows("SELECT status, winner_faction_id, end_reason FROM war_status_history ORDER BY id DESC LIMIT 1"),
        ["completed|9|"]
    );
}

#[test]
fn the_first_run_brings_the_wars_of_the_last_month_and_no_older_ones() {
    let torn = Torn::new();
    fight(&torn, NOW - 30 * DAY, NOW - 29 * DAY, false);
    torn.pin_ranked_war(7, |war| {
        (war.start, war.end, war.winner) = (NOW - 40 * DAY, Some(NOW - 39 * DAY), Some(OURS));
        (war.in_wars, war.has_report) = (false, true);
    });

    torn.fetch(&["all"]).expect(0);

    assert_eq!(
        torn.rows("SELECT war_id, status FROM war_status_history ORDER BY war_id"),
        ["5|completed", "6|completed"]
    );
}

#[test]
fn histories_are_read_at_the_first_run_once_a_day_and_after_a_gap() {
    let torn = Torn::new();
    let mut read = Vec::new();
    for minutes in [0, 4, 60, 120, 181, 185, 240, 300, 24 * 60, 24 * 60 + 4] {
        torn.simulator.clear_requests();
        torn.fetch_at(NOW + minutes * MINUTE, &["wars"]).expect(0);
        match (
            asked_for(&torn, "/rankedwars"),
            asked_for(&torn, "/territorywars"),
        ) {
            (0, 0) => {}
            (1, 1) => read.push(minutes),
            other => panic!("{other:?}: {:?}", torn.asked()),
        }
    }
    // The polls at minute 181 and a day later follow a gap of more than an hour.
    assert_eq!(read, [0, 181, 24 * 60]);

    // The lists are read daily even without a gap.
    let torn = Torn::new();
    let mut read = Vec::new();
    for half_hours in 0..=97 {
        torn.simulator.clear_requests();
        torn.fetch_at(NOW + half_hours * 30 * MINUTE, &["wars"])
            .expect(0);
        if asked_for(&torn, "/rankedwars") > 0 {
            read.push(half_hours);
        }
    }
    assert_eq!(read, [0, 48, 96]);
}

#[test]
fn a_history_that_could_not_be_read_is_read_at_the_next_poll() {
    let torn = Torn::new();
    torn.fetch(&["wars"]).expect(0);
    fight(&torn, NOW + DAY, NOW + 2 * DAY, false);
    torn.simulator
        .fault(Fault::always(code(17)).path("/rankedwars"));
    torn.fetch_at(NOW + 5 * DAY, &["wars"]).expect(3);
    torn.simulator.clear_faults();

    torn.fetch_at(NOW + 5 * DAY + 4 * MINUTE, &["wars"])
        .expect(0);

    assert_eq!(
        torn.rows("SELECT war_id FROM war_status_history ORDER BY 1"),
        ["5", "6"]
    );
}

#[test]
fn an_unfinished_war_of_a_faction_that_is_followed_no_longer_is_ended_by_its_report() {
    for war_type in ["ranked", "territory"] {
        let torn = Torn::new();
        torn.edit(|world| world.pin_faction(30).respect = 1);
        match war_type {
            "ranked" => torn.pin_ranked_war(5, |_| {}),
            _ => torn.pin_territory_war(5, |_| {}),
        }
        torn.fetch(&["wars"]).expect(0);
        torn.follow("[track]\nfactions = [30]\nterritories = \"none\"\n");

        // The war goes on, so its report has no end.
        torn.fetch_at(NOW + HOUR, &["wars"]).expect(0);
        assert_eq!(
            torn.rows("SELECT status FROM war_status_history"),
            ["ongoing"]
        );

        match war_type {
            "ranked" => torn.pin_ranked_war(5, |war| {
                (war.end, war.winner) = (Some(NOW + 2 * HOUR), Some(THEIRS));
                (war.in_wars, war.has_report) = (false, true);
            }),
            _ => torn.pin_territory_war(5, |war| {
                (war.end, war.result) = (Some(NOW + 2 * HOUR), Some("success_assault".to_owned()));
                (war.in_wars, war.has_report) = (false, true);
            }),
        }
        torn.simulator.clear_requests();
        torn.fetch_at(NOW + 3 * HOUR, &["wars"]).expect(0);

        assert_eq!(
            torn.rows("SELECT status, winner_faction_id, ends_at - 1775044800 FROM war_status_history ORDER BY id DESC LIMIT 1"),
            ["completed|20|7200"],
            "{war_type}"
        );
        assert_eq!(asked_for(&torn, "report"), 1, "{:?}", torn.asked());
    }
}

#[test]
fn a_run_about_named_factions_asks_about_no_other_wars() {
    let torn = Torn::new();
    torn.edit(|world| world.pin_faction(30).respect = 1);
    torn.pin_ranked_war(5, |_| {});
    torn.fetch(&["wars"]).expect(0);
    torn.simulator.clear_requests();

    torn.fetch_at(NOW + HOUR, &["wars", "--faction", "30"])
        .expect(0);

    assert_eq!(asked_for(&torn, "report"), 0, "{:?}", torn.asked());
}

/// The times of the polls of 30 days, in seconds after the first: every ten minutes, then hourly, every six hours, daily.
fn polls_of_a_month() -> impl Iterator<Item = i64> {
    let often = (1..=12).map(|poll| poll * 10 * MINUTE);
    let hourly = (3..=12).map(|poll| poll * HOUR);
    let later = (3..=16).map(|poll| poll * 6 * HOUR);
    let daily = (5..=30).map(|poll| poll * DAY);
    often.chain(hourly).chain(later).chain(daily)
}

#[test]
fn a_war_that_torn_knows_nowhere_is_asked_about_ever_more_rarely_and_given_up_after_30_days() {
    let torn = Torn::new();
    torn.pin_ranked_war(5, |_| {});
    torn.pin_territory_war(6, |_| {});
    torn.fetch(&["wars"]).expect(0);
    torn.edit(|world| {
        world.remove_ranked_war(5);
        world.remove_territory_war(6);
    });
    let mut asked = Vec::new();
    for at in polls_of_a_month() {
        torn.simulator.clear_requests();
        torn.fetch_at(NOW + at, &["wars"]).expect(0);
        if asked_for(&torn, "/faction/5/rankedwarreport") > 0 {
            asked.push(at);
        }
    }

    let within = |from: i64, to: i64| asked.iter().filter(|at| (from..to).contains(*at)).count();
    assert_eq!(asked[0], 10 * MINUTE, "at once");
    assert!((3..=6).contains(&within(0, 2 * HOUR)), "{asked:?}");
    assert!((2..=5).contains(&within(2 * HOUR, DAY)), "{asked:?}");
    assert!(within(DAY, 4 * DAY) <= 4, "{asked:?}");
    assert!(within(5 * DAY, 30 * DAY) >= 24, "daily at least: {asked:?}");
    assert_eq!(
        torn.rows("SELECT status FROM war_status_history"),
        ["ongoing", "ongoing"]
    );

    torn.simulator.clear_requests();
    for day in 31..=33 {
        torn.fetch_at(NOW + day * DAY, &["wars"]).expect(0);
    }
    assert_eq!(
        asked_for(&torn, "/faction/5/rankedwarreport"),
        1,
        "a last time"
    );
    assert_eq!(
        torn.rows(
            "SELECT war_id, status, end_reason, winner_faction_id, (recorded_at - 1775044800) / 86400
             FROM war_status_history WHERE status <> 'ongoing' ORDER BY war_id"
        ),
        ["5|cancelled|unknown||31", "6|cancelled|unknown||31"]
    );

    // Torn may list the war after all.
    torn.pin_ranked_war(5, |war| {
        (war.end, war.winner) = (Some(NOW + DAY), Some(OURS));
        war.in_wars = true;
    });
    torn.fetch_at(NOW + 35 * DAY, &["wars"]).expect(0);
    assert_eq!(
        torn.rows("SELECT status, winner_faction_id FROM war_status_history WHERE war_id = 5 ORDER BY id DESC LIMIT 1"),
        ["completed|9"]
    );
}

#[test]
fn a_report_that_is_refused_for_good_fails_no_run() {
    for number in [6, 7, 4, 16, 21, 99] {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |_| {});
        torn.fetch(&["wars"]).expect(0);
        torn.edit(|world| world.remove_ranked_war(5));
        torn.simulator
            .fault(Fault::always(code(number)).path("/rankedwarreport"));

        for poll in 1..=2 {
            torn.fetch_at(NOW + poll * 4 * MINUTE, &["wars"]).expect(0);
        }

        assert_eq!(
            torn.rows("SELECT status FROM war_status_history"),
            ["ongoing"],
            "code {number}"
        );
    }
}

#[test]
fn an_empty_war_list_counts_as_an_answer() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9, 20]\nterritories = \"none\"\n");
    torn.fetch(&["wars"]).expect(0);
    torn.simulator
        .fault(Fault::always(code(17)).path("/faction/20"));

    torn.fetch_at(NOW + 4 * MINUTE, &["wars"]).expect(3);

    assert_eq!(
        torn.rows("SELECT status, failed FROM fetch_runs ORDER BY id DESC LIMIT 1"),
        ["partial|1"]
    );
}
