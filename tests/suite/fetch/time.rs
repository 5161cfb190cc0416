//! Time: rows have the time of their answer, a wrong clock records nothing, and no time goes backwards.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tornsnap::testing::sim::{DateHeader, Fault, FaultKind};

use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, Finished, HOUR, NOW};

/// The time of this machine.
fn real_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Every table that has data of Torn, with its number of rows.
fn data(torn: &Torn) -> Vec<String> {
    torn.rows(
        "SELECT (SELECT count(*) FROM players), (SELECT count(*) FROM factions), (SELECT count(*) FROM territories),
                (SELECT count(*) FROM player_stats_history), (SELECT count(*) FROM faction_history),
                (SELECT count(*) FROM war_status_history), (SELECT count(*) FROM territory_ownership_history),
                (SELECT count(*) FROM player_observations)",
    )
}

#[test]
fn a_clock_that_differs_from_torns_by_more_than_five_minutes_records_nothing() {
    for (offset, exit) in [
        (0, 0),
        (240, 0),
        (-240, 0),
        (360, 78),
        (-360, 78),
        (86_400, 78),
        (-4 * 366 * DAY, 78),
    ] {
        let torn = Torn::new();
        torn.follow(
            "[track]\nfactions = [9]\nplayers = [60]\nwars = \"all\"\nterritories = \"all\"\n",
        );
        torn.edit(|world| {
            world.pin_player(60).level = 3;
            world.pin_tile("AAB").owner = Some(THEIRS);
        });
        torn.pin_ranked_war(5, |_| {});
        torn.simulator.set_date_offset(offset);
        let mut command = torn.fetching_now(&["all"]);

        let finished = Finished(command.output().unwrap()).expect(exit);

        if exit == 0 {
            assert_ne!(data(&torn), ["0|0|0|0|0|0|0|0"], "{offset}");
            continue;
        }
        let stderr = finished.stderr();
        assert!(
            stderr.contains("because: the clock of this machine says 20")
                && stderr.contains("and Torn says 20")
                && stderr.contains("try: set the clock of this machine"),
            "{stderr}"
        );
        assert_eq!(data(&torn), ["0|0|0|0|0|0|0|0"], "{offset}");
        assert_eq!(torn.asked().len(), 1, "{offset}: {:?}", torn.asked());
        // Either clock may be the wrong one, so runs have the earlier time, which is not in the future.
        let real = real_time() + offset.min(0);
        assert_eq!(
            torn.rows(&format!(
                "SELECT DISTINCT status, abs(started_at - {real}) < 60, abs(finished_at - {real}) < 60 FROM fetch_runs"
            )),
            ["failed|1|1"],
            "{offset}"
        );
    }
}

#[test]
fn a_run_continues_without_a_date_of_torn_or_with_a_replaced_clock() {
    let torn = Torn::new();
    let mut command = torn.fetching_now(&["factions"]);
    torn.simulator.set_date(DateHeader::Absent);
    Finished(command.output().unwrap()).expect(0);

    let torn = Torn::new();
    torn.simulator.set_date_offset(-9 * DAY);
    torn.fetch(&["factions"]).expect(0);
}

#[test]
fn a_clock_that_goes_wrong_in_mid_run_keeps_what_was_recorded_before() {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\nconcurrency = 1\n",
        "[track]\nplayers = [1, 2, 3]\n",
    );
    torn.simulator
        .fault(Fault::always(FaultKind::Slow(Duration::from_millis(500))).path("/user"));
    let child = torn.fetching_now(&["players"]).spawn().unwrap();
    torn.wait_for_requests(3);
    torn.simulator.set_date_offset(3600);

    let finished = Finished(child.wait_with_output().unwrap());

    assert!([3, 78].contains(&finished.code()), "{}", finished.stderr());
    assert!(
        finished.stderr().contains("and Torn says"),
        "{}",
        finished.stderr()
    );
    let stored: i64 = torn.value("SELECT count(*) FROM player_stats_history");
    assert!(stored < 3, "{stored}");
    assert_eq!(
        torn.value::<i64>(&format!(
            "SELECT count(*) FROM player_stats_history WHERE abs(timestamp - {}) > 60",
            real_time()
        )),
        0
    );
}

/// A table whose rows have the time of an answer.
struct Timed {
    table: &'static str,
    /// The column with the time.
    time: &'static str,
    /// The column with the id.
    id: &'static str,
}

#[test]
fn rows_carry_the_time_of_their_answer() {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\nconcurrency = 1\n",
        "[track]\nplayers = [1, 2, 3]\nfactions = [9, 20]\nmembers = false\nterritories = \"none\"\n",
    );
    torn.simulator
        .fault(Fault::always(FaultKind::Slow(Duration::from_millis(1050))).path("/user"));
    torn.simulator
        .fault(Fault::always(FaultKind::Slow(Duration::from_millis(1050))).query("basic"));

    let mut command = torn.fetching_now(&["factions", "players"]);
    Finished(command.output().unwrap()).expect(0);

    for Timed { table, time, id } in [
        Timed {
            table: "player_stats_history",
            time: "timestamp",
            id: "player_id",
        },
        Timed {
            table: "faction_history",
            time: "timestamp",
            id: "faction_id",
        },
        Timed {
            table: "player_polls",
            time: "polled_at",
            id: "player_id",
        },
    ] {
        let kind = if table == "faction_history" {
            "factions"
        } else {
            "players"
        };
        assert_eq!(
            torn.rows(&format!(
                "SELECT count(*) - count(DISTINCT {time}), min({time}) > (SELECT started_at FROM fetch_runs WHERE kind = '{kind}'),
                        max({time}) <= (SELECT finished_at FROM fetch_runs WHERE kind = '{kind}') FROM {table} ORDER BY {id}"
            )),
            ["0|1|1"],
            "{table}"
        );
    }
}

#[test]
fn wars_and_tiles_carry_the_time_of_their_answer_too() {
    let torn = Torn::new();
    torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
    let now = real_time();
    torn.pin_ranked_war(5, |war| war.start = now - HOUR);
    for path in ["/faction/9/territory", "/faction/9"] {
        torn.simulator
            .fault(Fault::always(FaultKind::Slow(Duration::from_millis(1050))).path(path));
    }
    torn.follow("[track]\nfactions = [9]\nmembers = false\n");

    let mut command = torn.fetching_now(&["wars", "territories"]);
    Finished(command.output().unwrap()).expect(0);

    for (table, kind) in [
        ("war_status_history", "wars"),
        ("territory_ownership_history", "territories"),
    ] {
        assert_eq!(
            torn.rows(&format!(
                "SELECT recorded_at > run.started_at, recorded_at <= run.finished_at FROM {table}, fetch_runs AS run WHERE run.kind = '{kind}'"
            )),
            ["1|1"],
            "{table}"
        );
    }
}

#[test]
fn no_time_goes_backwards_when_two_kinds_run_at_once() {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\nconcurrency = 2\n",
        "[track]\nplayers = [1, 2, 3, 4, 5, 6]\nfactions = [9, 20]\nmembers = false\nterritories = \"none\"\n",
    );
    torn.edit(|world| (4..=6).for_each(|id| world.pin_player(id).faction_id = Some(OURS)));
    let mut command = torn.fetching_now(&["factions"]);
    Finished(command.output().unwrap()).expect(0);
    torn.simulator
        .fault(Fault::always(FaultKind::Slow(Duration::from_millis(900))).path("/user"));
    let updated = || {
        torn.rows("SELECT last_updated FROM players ORDER BY player_id")
            .into_iter()
            .map(|at| at.parse::<i64>().unwrap())
            .collect::<Vec<_>>()
    };

    let child = torn.fetching_now(&["players"]).spawn().unwrap();
    let mut before = updated();
    for round in 0..5 {
        torn.edit(|world| {
            let faction = [THEIRS, OURS][round % 2];
            (1..=6).for_each(|id| world.pin_player(id).faction_id = Some(faction));
        });
        let mut command = torn.fetching_now(&["factions"]);
        Finished(command.output().unwrap()).expect(0);
        thread::sleep(Duration::from_millis(500));
        let after = updated();
        assert!(
            after
                .iter()
                .zip(&before)
                .all(|(after, before)| after >= before),
            "{before:?} became {after:?}"
        );
        before = after;
    }
    Finished(child.wait_with_output().unwrap()).expect(0);

    assert!(
        updated()
            .iter()
            .zip(&before)
            .all(|(after, before)| after >= before)
    );
    assert_eq!(
        torn.rows(
            "SELECT a.id, b.id FROM faction_membership a JOIN faction_membership b
             ON a.player_id = b.player_id AND a.id < b.id
             WHERE a.left_at IS NULL OR b.first_seen_at < a.left_at OR a.left_at < a.first_seen_at"
        ),
        Vec::<String>::new(),
        "{:?}",
        torn.rows("SELECT * FROM faction_membership")
    );
}

/// A poll, and the daily value that Torn has at that time.
struct Bucket {
    now: i64,
    /// The day of the value, counted from today.
    day: i64,
    networth: i64,
}

const LATE_BUCKETS: &[Bucket] = &[
    Bucket {
        now: NOW,
        day: -1,
        networth: 200,
    },
    Bucket {
        now: NOW + DAY,
        day: -2,
        networth: 100,
    }, // Older than what is stored: not known this time.
    Bucket {
        now: NOW + DAY + HOUR,
        day: -1,
        networth: 200,
    }, // Still late.
    Bucket {
        now: NOW + DAY + 2 * HOUR,
        day: 0,
        networth: 300,
    }, // There at last.
    Bucket {
        now: NOW + 2 * DAY,
        day: -5,
        networth: 1,
    },
    Bucket {
        now: NOW + 2 * DAY + HOUR,
        day: 1,
        networth: 400,
    },
];

#[test]
fn an_older_daily_bucket_is_ignored() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [2]\n");
    let midnight = NOW - NOW % DAY;
    let bucket = |days: i64, networth: i64| {
        torn.simulator.clear_faults();
        torn.simulator.fault(
            Fault::always(FaultKind::Patch(
                "/personalstats/0".to_owned(),
                json!({ "name": "networth", "value": networth, "timestamp": midnight + days * DAY }),
            ))
            .query("personalstats"),
        );
    };
    let mut told = Vec::new();
    for &Bucket { now, day, networth } in LATE_BUCKETS {
        bucket(day, networth);
        torn.fetch_at(now, &["players"]).expect(0);
        told.push(torn.rows(
            "SELECT (SELECT networth FROM player_latest), (SELECT count(*) FROM player_stats_history),
                    (SELECT bucket_at FROM player_polls)",
        ));
    }

    let at = |days: i64| midnight + days * DAY;
    assert_eq!(
        told.concat(),
        [
            format!("200|1|{}", at(-1)),
            format!("200|1|{}", at(-1)),
            format!("200|1|{}", at(-1)),
            format!("300|2|{}", at(0)),
            format!("300|2|{}", at(0)),
            format!("400|3|{}", at(1)),
        ]
    );
}

/// A stored time, and the call that it must not prevent.
struct FarFuture {
    /// Sets the time.
    sql: &'static str,
    /// A part of the path of the call.
    asked: &'static str,
}

const FAR_FUTURE: &[FarFuture] = &[
    FarFuture {
        sql: "UPDATE player_polls SET bucket_asked_at = {ahead}, bucket_at = {ahead}",
        asked: "personalstats",
    },
    FarFuture {
        sql: "INSERT INTO missing_entities VALUES ('player', 2, 9, {ahead}, {ahead})",
        asked: "/user/2",
    },
    FarFuture {
        sql: "INSERT INTO missing_entities VALUES ('faction', 9, 9, {ahead}, {ahead})",
        asked: "/faction/9?selections=basic",
    },
    FarFuture {
        sql: "UPDATE faction_war_polls SET listed_at = {ahead}, history_read_at = {ahead}",
        asked: "/faction/9/rankedwars",
    },
    FarFuture {
        sql: "UPDATE refreshes SET refreshed_at = {ahead}",
        asked: "/torn/territory",
    },
    FarFuture {
        sql: "INSERT INTO api_pauses VALUES ('address', 0, 'block', {ahead}, 'x')",
        asked: "/faction/9?selections=basic",
    },
    FarFuture {
        sql: "UPDATE api_keys SET state = 'paused', paused_until = {ahead}",
        asked: "/faction/9?selections=basic",
    },
    FarFuture {
        sql: "UPDATE key_checks SET checked_at = {ahead}",
        asked: "/key/info",
    },
];

#[test]
fn a_stored_time_in_the_far_future_counts_as_never() {
    let years = 4 * 366 * DAY;
    for &FarFuture { sql, asked } in FAR_FUTURE {
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [2]\nfactions = [9]\nmembers = false\nterritories = \"all\"\n",
        );
        torn.edit(|world| world.pin_tile("AAB").owner = Some(OURS));
        torn.fetch(&["all"]).expect(0);
        let sql = sql.replace("{ahead}", &(NOW + years).to_string());
        torn.sandbox.sqlite().execute_batch(&sql).unwrap();
        torn.simulator.clear_requests();

        torn.fetch_at(NOW + 240, &["all"]).expect(0);

        assert!(
            torn.asked().iter().any(|path| path.contains(asked)),
            "{sql}: {:?}",
            torn.asked()
        );
    }
}

#[test]
fn members_are_asked_about_although_their_faction_was_seen_in_the_far_future() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.sandbox
        .sqlite()
        .execute_batch(&format!(
            "UPDATE factions SET last_updated = {}",
            NOW + 900 * DAY
        ))
        .unwrap();
    torn.simulator.clear_requests();

    torn.fetch_at(NOW + 240, &["players"]).expect(0);

    assert!(
        torn.asked()
            .iter()
            .any(|path| path.starts_with("/faction/9?")),
        "the roster is not known well enough: {:?}",
        torn.asked()
    );
}
