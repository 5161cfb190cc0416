//! A database file that has a second name, or loses its name while it is open.
#![cfg(unix)]

use std::fs;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tornsnap::testing::sim::{Fault, FaultKind};

use crate::health::check;
use crate::support::new_database::new_database;
use crate::support::torn::Torn;
use crate::support::{Finished, rows};

#[test]
fn a_database_with_a_second_name_is_refused_until_the_name_is_removed() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.sandbox.run(&["summarize"]).expect(0);
    let second = torn.sandbox.path("second.db");
    fs::hard_link(torn.sandbox.database(), &second).unwrap();
    let before = fs::read(torn.sandbox.database()).unwrap();

    for command in [
        &["fetch", "factions"][..],
        &["backup"],
        &["summarize"],
        &["prune"],
        &["prune", "--dry-run"],
        &["export", "players"],
        &["export", "players", "--database", "second.db"],
        &["config", "check"],
        &["init", "--non-interactive", "--player", "2"],
    ] {
        let finished = torn.sandbox.run(command);

        let said = finished.stdout() + &finished.stderr();
        assert!(said.contains("hard links"), "{command:?}: {said}");
        assert!(said.contains("find / -samefile"), "{command:?}: {said}");
        let kept = "if one of the names has a file beside it that ends in -wal, keep that one";
        assert!(said.contains(kept), "{command:?}: {said}");
        finished.expect(78);
    }
    let health = torn.sandbox.run(&["health", "--json"]).expect(2).json();
    let database = check(&health, "database").unwrap();
    assert!(database.to_string().contains("hard links"), "{database}");
    assert_eq!(fs::read(torn.sandbox.database()).unwrap(), before);

    fs::remove_file(second).unwrap();
    torn.fetch(&["factions"]).expect(0);
}

#[test]
fn a_fetch_whose_database_loses_its_name_does_not_say_that_rows_were_saved() {
    for is_replaced in [true, false] {
        let torn = Torn::new();
        let hang = FaultKind::Slow(Duration::from_secs(1));
        torn.simulator.fault(Fault::always(hang));
        let mut command = torn.fetching(&["factions"]);
        let fetch = thread::spawn(move || Finished(command.output().unwrap()));
        torn.wait_for_requests(1);

        if is_replaced {
            let copy = torn.sandbox.path("copy.db");
            new_database(&copy);
            let new = Connection::open(&copy).unwrap();
            new.execute_batch("INSERT INTO factions (faction_id, name) VALUES (77, 'Synced')")
                .unwrap();
            drop(new);
            fs::rename(copy, torn.sandbox.database()).unwrap();
        } else {
            fs::rename(torn.sandbox.database(), torn.sandbox.path("away.db")).unwrap();
        }

        let failed = fetch.join().unwrap().expect(75);
        let stderr = failed.stderr();
        let cause = "was moved, replaced or removed meanwhile";
        assert!(stderr.contains(cause), "{is_replaced}: {stderr}");
        assert!(!stderr.contains("fetched: "), "{is_replaced}: {stderr}");
        if is_replaced {
            // The WAL of the file that was there before is not read with the new one.
            let wal = torn.sandbox.path("tornsnap.db-wal");
            assert_eq!(fs::metadata(wal).map_or(0, |file| file.len()), 0);
            let new = torn.sandbox.sqlite();
            assert_eq!(rows(&new, "SELECT name FROM factions"), ["Synced"]);
            assert_eq!(rows(&new, "PRAGMA integrity_check"), ["ok"]);
        }
    }
}

#[test]
fn the_wal_of_a_replaced_database_is_named_if_a_reader_keeps_it() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    let reader = torn.sandbox.sqlite();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM factions")
        .unwrap();
    let hang = FaultKind::Slow(Duration::from_secs(1));
    torn.simulator.fault(Fault::always(hang));
    let mut command = torn.fetching(&["wars"]);
    let before = torn.simulator.requests().len();
    let fetch = thread::spawn(move || Finished(command.output().unwrap()));
    torn.wait_for_requests(before + 1);
    let copy = torn.sandbox.path("copy.db");
    new_database(&copy);
    fs::rename(copy, torn.sandbox.database()).unwrap();

    let stderr = fetch.join().unwrap().expect(75).stderr();

    let [wal, shm] = ["-wal", "-shm"].map(|end| {
        let database = fs::canonicalize(torn.sandbox.database()).unwrap();
        format!("{}{end}", database.display())
    });
    let advice = format!("`mv {wal} {wal}.old; mv {shm} {shm}.old`");
    assert!(stderr.contains(&advice), "{stderr}");
}
