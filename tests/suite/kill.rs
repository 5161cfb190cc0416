//! The process killed at any moment of summarize, prune and prune --archive: nothing half done, nothing lost, and a
//! second run ends where an undisturbed one would have. `TORNSNAP_KILLS=300` for many.

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::month_model::{
    DAY, EDGES, EVERY_MONTH, FactionRow, History, IN_APRIL, PlayerRow, TileRow, detail, dump,
    summaries, template,
};
use crate::support::{Sandbox, rows};

const SUMMARIZE: &[&str] = &["summarize", "--no-backup", "--database", "a.db"];
const PRUNE: &[&str] = &[
    "prune",
    "--without-backup",
    "--allow-large",
    "--database",
    "a.db",
];
const ARCHIVE: &[&str] = &[
    "prune",
    "--without-backup",
    "--allow-large",
    "--database",
    "a.db",
    "--archive",
    "cold.db",
];

const FILES: [&str; 6] = [
    "a.db",
    "a.db-wal",
    "a.db-shm",
    "cold.db",
    "cold.db-wal",
    "cold.db-shm",
];

#[test]
fn summarize_can_be_killed_at_any_moment() {
    let bench = Bench::new(&[]);
    let expected = bench.undisturbed(SUMMARIZE);
    let by_month = |connection: &Connection, month: i64| -> Vec<String> {
        summaries(connection)
            .into_iter()
            .filter(|line| line.contains(&format!("|{month}|{}|", end_of(month))))
            .collect()
    };
    let whole = Connection::open(bench.sandbox.path("a.db")).unwrap();
    let months: Vec<Vec<String>> = EDGES[..4]
        .iter()
        .map(|month| by_month(&whole, *month))
        .collect();
    drop(whole);

    bench.kill_often(SUMMARIZE, &expected, |main, _| {
        for (month, whole) in EDGES.iter().zip(&months) {
            let found = by_month(main, *month);
            assert!(
                found.is_empty() || found == *whole,
                "half of the month {month}"
            );
        }
    });
}

#[test]
fn prune_can_be_killed_at_any_moment() {
    let bench = Bench::new(&[SUMMARIZE]);
    let expected = bench.undisturbed(PRUNE);
    let summarized = bench.start.summaries.clone();

    bench.kill_often(PRUNE, &expected, |main, _| {
        assert_eq!(summaries(main), summarized);
    });
}

#[test]
fn a_move_to_the_archive_can_be_killed_at_any_moment() {
    let bench = Bench::new(&[SUMMARIZE]);
    let expected = bench.undisturbed(ARCHIVE);
    let whole = bench.start.detail.clone();

    bench.kill_often(ARCHIVE, &expected, |main, cold| {
        let mut all = detail(main);
        all.extend(cold.map(detail).unwrap_or_default());
        all.sort();
        all.dedup();
        assert_eq!(all, whole, "every row is in one of the files");
    });
}

fn end_of(month: i64) -> i64 {
    EDGES[EDGES.iter().position(|edge| *edge == month).unwrap() + 1]
}

/// A database to start from again and again.
struct Bench {
    sandbox: Sandbox,
    bytes: Vec<u8>,
    start: Start,
}

struct Start {
    summaries: Vec<String>,
    detail: Vec<String>,
}

impl Bench {
    fn new(first: &[&[&str]]) -> Self {
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.path("a.db"), template(&sandbox)).unwrap();
        big_history().store(&mut Connection::open(sandbox.path("a.db")).unwrap());
        for command in first {
            sandbox.run_at(IN_APRIL, command).expect(0);
        }
        let connection = Connection::open(sandbox.path("a.db")).unwrap();
        let start = Start {
            summaries: summaries(&connection),
            detail: detail(&connection),
        };
        drop(connection);
        let bytes = std::fs::read(sandbox.path("a.db")).unwrap();
        Self {
            sandbox,
            bytes,
            start,
        }
    }

    fn reset(&self) {
        for name in FILES {
            let _ = std::fs::remove_file(self.sandbox.path(name));
        }
        std::fs::write(self.sandbox.path("a.db"), &self.bytes).unwrap();
    }

    /// How it ends when nobody disturbs it, and how long it takes.
    fn undisturbed(&self, command: &[&str]) -> (Vec<Vec<String>>, Duration) {
        self.reset();
        let started = Instant::now();
        self.sandbox.run_at(IN_APRIL, command).expect(0);
        (self.end_state(), started.elapsed())
    }

    fn end_state(&self) -> Vec<Vec<String>> {
        ["a.db", "cold.db"]
            .into_iter()
            .map(|name| self.sandbox.path(name))
            .filter(|path| path.exists())
            .map(|path| {
                let file = Connection::open(path).unwrap();
                // The archive has a random id, which the database notes.
                file.execute("UPDATE prune_runs SET archive_id = NULL", [])
                    .unwrap();
                let mut lines = dump(&file);
                // The archive notes when its own schema was made, by the machine's clock.
                lines.retain(|line| {
                    !line.starts_with("schema_version: ")
                        && !line.starts_with("database_identity: ")
                });
                lines
            })
            .collect()
    }

    fn kill_often(
        &self,
        command: &[&str],
        expected: &(Vec<Vec<String>>, Duration),
        check: impl Fn(&Connection, Option<&Connection>),
    ) {
        let kills: u32 = env::var("TORNSNAP_KILLS")
            .ok()
            .and_then(|kills| kills.parse().ok())
            .unwrap_or(5);
        let mut interrupted = 0;
        for kill in 0..kills {
            self.reset();
            // Spread over the run by the golden ratio: no two at the same place, and the same ones each time.
            let part = (f64::from(kill + 1) * 0.618_034).fract();
            let mut child = self
                .sandbox
                .command(command)
                .env("TORNSNAP_NOW", IN_APRIL.to_string())
                .spawn()
                .unwrap();
            thread::sleep(expected.1.mul_f64(part));
            child.kill().unwrap();
            interrupted += u32::from(!child.wait().unwrap().success());

            let main = Connection::open(self.sandbox.path("a.db")).unwrap();
            let cold = self.sandbox.path("cold.db");
            let cold = cold.exists().then(|| Connection::open(cold).unwrap());
            for file in [Some(&main), cold.as_ref()].into_iter().flatten() {
                assert_eq!(rows(file, "PRAGMA integrity_check"), ["ok"], "kill {kill}");
                assert_eq!(rows(file, "PRAGMA foreign_key_check"), Vec::<String>::new());
            }
            check(&main, cold.as_ref());
            drop((main, cold));

            self.sandbox.run_at(IN_APRIL, command).expect(0);
            assert!(self.end_state() == expected.0, "kill {kill} left a trace");
        }
        assert!(
            interrupted > 0 || kills < 5,
            "no kill met the process at work"
        );
    }
}

/// Enough that a run takes its time: 20 players and 50 tiles for four months.
fn big_history() -> History {
    let tiles: Vec<&'static str> = vec!["AAB", "AAC", "AAD", "AAE", "AAF", "AAG", "AAH", "AAI"];
    let mut history = History {
        players: (1..=20).map(|player| (player, EVERY_MONTH)).collect(),
        factions: (1..=5).map(|faction| (faction, EVERY_MONTH)).collect(),
        tiles: tiles.iter().map(|tile| (*tile, EVERY_MONTH)).collect(),
        ..History::default()
    };
    for (step, at) in (0..).zip((EDGES[0]..EDGES[4]).step_by(usize::try_from(DAY / 4).unwrap())) {
        for player in 1..=20 {
            let stat = (player < 4).then_some(1000 + step);
            history.player_rows.push(PlayerRow(
                step * 20 + player,
                player,
                at,
                [
                    stat,
                    stat,
                    stat,
                    stat,
                    stat,
                    Some(10),
                    Some(500),
                    (step % 4 == 0).then_some(step),
                ],
            ));
        }
        for faction in 1..=5 {
            history.faction_rows.push(FactionRow(
                step * 5 + faction,
                faction,
                at,
                [Some(step), Some(90), Some(7)],
            ));
        }
        for (index, tile) in (0..).zip(&tiles) {
            history.tile_rows.push(TileRow(
                step * 8 + index + 1,
                tile,
                at,
                Some(1 + (step + index) % 3),
            ));
        }
    }
    history
}
