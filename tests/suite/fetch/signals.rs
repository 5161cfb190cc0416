//! Runs that a signal, `kill -9` or another run ends.

use std::process::Child;
use std::time::{Duration, Instant};

use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::torn::Torn;
use crate::support::{Finished, NOW, signal};

const LONG: Duration = Duration::from_secs(30);

fn end(child: Child) -> Finished {
    Finished(child.wait_with_output().unwrap())
}

/// A run that has saved players 1 and 2 and waits for player 3.
fn stuck_at_the_third() -> (Torn, Child) {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\nconcurrency = 1\n",
        "[track]\nplayers = [1, 2, 3]\n",
    );
    torn.simulator
        .fault(Fault::once(FaultKind::Hang(LONG)).path("/user/3"));
    let child = torn.start(&["players"]);
    torn.wait_for_requests(4); // The key and three players.
    (torn, child)
}

#[test]
fn a_signal_ends_a_run_within_seconds_and_what_arrived_is_saved() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let (torn, child) = stuck_at_the_third();
        let start = Instant::now();

        signal(&child, name);
        let finished = end(child).expect(code);

        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
        assert_eq!(
            finished.stderr(),
            "fetched: players 2 saved (2 changed); 4 calls\n\
             tornsnap: could not finish the fetch\n  \
             because: it was interrupted; what had arrived is saved\n"
        );
        assert_eq!(
            torn.rows("SELECT status, entities, failed, finished_at FROM fetch_runs"),
            [format!("interrupted|2|0|{NOW}")]
        );
        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM player_stats_history"),
            2
        );
    }
}

#[test]
fn a_signal_ends_a_run_wherever_it_waits() {
    let places = [
        ("/key/info", "players"),
        ("/faction/9/territory", "territories"),
        ("/faction/territoryownership", "territories"),
        ("/torn/territory", "territories"),
        ("/faction/warfareranked", "wars"),
        ("/faction/40000/rankedwarreport", "wars"),
    ];
    for (path, kind) in places {
        let torn = Torn::new();
        torn.pin_ranked_war(40_000, |_| {});
        let tiles = if path == "/faction/9/territory" {
            "tracked"
        } else {
            "all"
        };
        let wars = if path.contains("warfare") {
            "all"
        } else {
            "tracked"
        };
        torn.follow(&format!(
            "[track]\nfactions = [9]\nwars = \"{wars}\"\nterritories = \"{tiles}\"\n"
        ));
        if path.contains("report") {
            torn.fetch(&["wars"]).expect(0);
            torn.edit(|world| world.remove_ranked_war(40_000));
            torn.simulator.clear_requests();
        }
        torn.simulator
            .fault(Fault::always(FaultKind::Hang(LONG)).path(path));
        let child = torn.start(&[kind]);
        let end_of_wait = Instant::now() + Duration::from_secs(10);
        while !torn.asked().iter().any(|asked| asked.starts_with(path)) {
            assert!(Instant::now() < end_of_wait, "{path}: {:?}", torn.asked());
            std::thread::sleep(Duration::from_millis(5));
        }
        let start = Instant::now();

        signal(&child, "TERM");
        end(child).expect(143);

        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{path}: {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn a_signal_ends_a_run_that_waits_for_a_pause_to_pass() {
    let torn = Torn::new();
    let pause = FaultKind::Status(
        429,
        String::new(),
        "text/html".to_owned(),
        vec![("Retry-After".to_owned(), "60".to_owned())],
    );
    torn.simulator.fault(Fault::once(pause).path("/faction"));
    let child = torn.start(&["factions"]);
    torn.wait_for_requests(2);
    std::thread::sleep(Duration::from_millis(100));
    let start = Instant::now();

    signal(&child, "INT");
    end(child).expect(130);

    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_second_signal_ends_a_run_that_waits_for_the_database() {
    let (torn, mut child) = stuck_at_the_third();
    let writer = torn.sandbox.sqlite();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();

    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(500));
    assert!(
        child.try_wait().unwrap().is_none(),
        "it did not wait for the writer"
    );
    let start = Instant::now();
    signal(&child, "TERM");
    let finished = end(child);

    // The shell reports a process that a signal has ended as 128 and its number.
    assert_eq!(finished.code(), -1, "{}", finished.stderr());
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    drop(writer);
    torn.fetch_at(NOW + 60, &["players"]).expect(0);
    assert_eq!(
        torn.rows("SELECT status FROM fetch_runs ORDER BY id"),
        ["killed", "ok"]
    );
}

#[test]
fn a_killed_run_leaves_what_it_saved_and_the_next_one_is_clean() {
    let (torn, mut child) = stuck_at_the_third();
    let end_of_wait = Instant::now() + Duration::from_secs(10);
    while torn.value::<i64>("SELECT count(*) FROM player_stats_history") < 2 {
        assert!(Instant::now() < end_of_wait);
        std::thread::sleep(Duration::from_millis(10));
    }

    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        torn.rows("SELECT status, finished_at FROM fetch_runs"),
        ["running|"]
    );
    torn.fetch_at(NOW + 60, &["players"]).expect(0);

    assert_eq!(
        torn.rows("SELECT status, entities, error FROM fetch_runs ORDER BY id"),
        ["killed|2|the process was killed", "ok|3|"]
    );
    assert_eq!(
        torn.rows("SELECT player_id, timestamp FROM player_stats_history ORDER BY id"),
        [
            format!("1|{NOW}"),
            format!("2|{NOW}"),
            format!("3|{}", NOW + 60)
        ]
    );
    assert_eq!(torn.rows("PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn of_two_runs_of_one_kind_only_one_makes_calls() {
    let (torn, child) = stuck_at_the_third();

    let second = torn.fetch(&["players"]).expect(75);

    assert_eq!(
        second.stderr(),
        format!(
            "tornsnap: could not start: another run of fetch players is at work (process {})\n  \
             because: tornsnap.db.players.lock is locked\n  \
             try: wait for it to end; a scheduler may just try again\n",
            child.id()
        )
    );
    assert_eq!(torn.calls(), 3);
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM fetch_runs"), 1);
    signal(&child, "TERM");
    end(child).expect(143);
    torn.fetch(&["players"]).expect(0);
}

#[test]
fn fetch_all_skips_a_busy_kind_and_says_so() {
    let (torn, child) = stuck_at_the_third();

    torn.follow("[track]\nplayers = [1]\nfactions = [9]\n");

    let all = torn.fetch(&["all"]).expect(3);

    assert!(
        all.stderr().contains("could not fetch everything\n  because: could not start: another run of fetch players is at work"),
        "{}",
        all.stderr()
    );
    assert!(
        all.stderr().contains("\n  try: wait for it to end"),
        "{}",
        all.stderr()
    );
    assert_eq!(
        torn.rows("SELECT kind FROM fetch_runs WHERE status = 'ok' ORDER BY kind"),
        ["factions", "territories", "wars"]
    );
    signal(&child, "KILL");
    end(child);
}
