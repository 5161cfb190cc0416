//! `summarize`, `prune` and `prune --archive` killed at write calls: the database stays intact, no row is lost, and a
//! second run ends where a run without a kill ends.
//!
//! Each test kills a few times; `TORNSNAP_KILLS=300` kills more often. `scripts/fault-injection` kills at every write.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::month_model::{
    EDGES, EVERY_MONTH, FactionRow, History, IN_APRIL, PlayerRow, TileRow, dump, history_rows,
    summaries, template, with_history,
};
use crate::prune::lake::rows_of_lake;
use crate::support::strace::{Call, calls, may_trace, traced};
use crate::support::{DAY, Finished, Sandbox, rows};

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

const LAKE: &[&str] = &[
    "prune",
    "--without-backup",
    "--allow-large",
    "--database",
    "a.db",
    "--archive",
    "lake/",
];

#[test]
fn summarize_can_be_killed_at_any_write() {
    let trial = Trial::new(&[]);
    let expected = trial.undisturbed(SUMMARIZE);
    let by_month = |connection: &Connection| -> Vec<Vec<String>> {
        let all = summaries(connection);
        let months = EDGES.windows(2).map(|month| {
            let period = format!("|{}|{}|", month[0], month[1]);
            let lines = all.iter().filter(|line| line.contains(&period));
            lines.cloned().collect()
        });
        months.collect()
    };
    let complete = by_month(&trial.open("a.db"));

    trial.kill_often(SUMMARIZE, &expected, |main, _| {
        for (number, (found, complete)) in by_month(main).iter().zip(&complete).enumerate() {
            assert!(
                found.is_empty() || found == complete,
                "half of month {number}"
            );
        }
    });
}

#[test]
fn prune_can_be_killed_at_any_write() {
    let trial = Trial::new(&[SUMMARIZE]);
    let expected = trial.undisturbed(PRUNE);
    let summarized = trial.start.summaries.clone();

    trial.kill_often(PRUNE, &expected, |main, _| {
        assert_eq!(summaries(main), summarized);
    });
}

#[test]
fn a_move_to_the_archive_can_be_killed_at_any_write() {
    let trial = Trial::new(&[SUMMARIZE]);
    let expected = trial.undisturbed(ARCHIVE);
    let before = trial.start.history.clone();

    trial.kill_often(ARCHIVE, &expected, |main, cold| {
        let mut all = history_rows(main);
        all.extend(cold.map(history_rows).unwrap_or_default());
        all.sort();
        all.dedup();
        assert_eq!(all, before, "every row is in one of the files");
    });
}

#[test]
fn a_move_to_a_lake_can_be_killed_at_any_write() {
    let trial = Trial::new(&[SUMMARIZE]);
    let expected = trial.undisturbed(LAKE);
    let before = trial.start.history.clone();
    let lake = trial.sandbox.path("lake");

    trial.kill_often(LAKE, &expected, |main, _| {
        let moved = rows_of_lake(&lake);
        let mut distinct = moved.clone();
        distinct.dedup();
        assert_eq!(distinct.len(), moved.len(), "a row is twice in the lake");
        let mut all = [moved, history_rows(main)].concat();
        all.sort();
        all.dedup();
        assert_eq!(all, before, "every row is in the lake or in the database");
    });
    assert_eq!(rows_of_lake(&lake), before);
}

/// The system calls that change a file.
const WRITES: &str = "pwrite64,fsync,fdatasync,ftruncate,rename,unlink";

/// A database, and the files of a run on it, which start from the same bytes each time.
struct Trial {
    sandbox: Sandbox,
    bytes: Vec<u8>,
    start: Start,
}

/// The contents before the run.
struct Start {
    summaries: Vec<String>,
    history: Vec<String>,
}

/// A run without a kill.
struct Undisturbed {
    contents: Vec<Vec<String>>,
    moments: Moments,
}

/// The moments at which a run can be killed.
enum Moments {
    /// At one of its calls that change a file. strace kills the process before the call does anything.
    Writes(Vec<Call>),
    /// At any time while it runs. Only strace can stop a process at a certain call, so other systems, and machines on
    /// which strace may not trace, need a clock: the place of the kill differs a little from run to run.
    Time(Duration),
}

impl Trial {
    /// A database with a long history, on which these commands ran already.
    fn new(first: &[&[&str]]) -> Self {
        let sandbox = Sandbox::new();
        let template = template(&sandbox);
        drop(with_history(&sandbox, &template, "a.db", &long_history()));
        for command in first {
            sandbox.run_at(IN_APRIL, command).expect(0);
        }
        let connection = Connection::open(sandbox.path("a.db")).unwrap();
        let start = Start {
            summaries: summaries(&connection),
            history: history_rows(&connection),
        };
        drop(connection);
        let bytes = fs::read(sandbox.path("a.db")).unwrap();
        Self {
            sandbox,
            bytes,
            start,
        }
    }

    fn open(&self, name: &str) -> Connection {
        Connection::open(self.sandbox.path(name)).unwrap()
    }

    fn reset(&self) {
        self.sandbox.remove_database("a.db");
        self.sandbox.remove_database("cold.db");
        let _ = fs::remove_dir_all(self.sandbox.path("lake"));
        fs::write(self.sandbox.path("a.db"), &self.bytes).unwrap();
    }

    /// The command at the time of the test.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(arguments);
        command.env("TORNSNAP_NOW", IN_APRIL.to_string());
        command
    }

    /// Runs the command without a kill, and finds the moments at which it can be killed.
    fn undisturbed(&self, arguments: &[&str]) -> Undisturbed {
        self.reset();
        let command = self.command(arguments);
        let moments = if may_trace() {
            let trace = self.sandbox.path("trace");
            let only_writes = format!("trace={WRITES}");
            let mut traced = traced(&command, &["-qq", "-e", &only_writes], &trace);
            Finished(traced.output().unwrap()).expect(0);
            Moments::Writes(calls(&trace))
        } else {
            let started = Instant::now();
            self.sandbox.run_at(IN_APRIL, arguments).expect(0);
            Moments::Time(started.elapsed())
        };
        Undisturbed {
            contents: self.contents(),
            moments,
        }
    }

    /// Every row of the database and of the archive that is the same in each run.
    fn contents(&self) -> Vec<Vec<String>> {
        ["a.db", "cold.db"]
            .into_iter()
            .filter(|name| self.sandbox.path(name).exists())
            .map(|name| {
                let file = self.open(name);
                // The archive has a random id, which the database records.
                file.execute(
                    "UPDATE prune_runs SET archive_id = 'cold' WHERE archive_id IS NOT NULL",
                    [],
                )
                .unwrap();
                let mut lines = dump(&file);
                // The archive records by the machine's clock when its schema was made, and each prune has a random receipt.
                lines.retain(|line| {
                    !line.starts_with("schema_version: ")
                        && !line.starts_with("database_identity: ")
                        && !line.starts_with("archive_receipts: ")
                });
                lines
            })
            .collect()
    }

    /// Kills the command after `part` millionths of the run; `false` when the command ended before.
    fn kill(&self, arguments: &[&str], moments: &Moments, part: u32) -> bool {
        let mut command = self.command(arguments);
        match moments {
            Moments::Writes(writes) => {
                let index = writes.len() * usize::try_from(part).unwrap() / 1_000_000;
                let Call { name, number } = &writes[index];
                let kill = format!("inject={name}:signal=KILL:when={number}");
                let only_writes = format!("trace={WRITES}");
                let trace = self.sandbox.path("trace");
                let options = ["-qq", "-e", &only_writes, "-e", &kill];
                !traced(&command, &options, &trace)
                    .status()
                    .unwrap()
                    .success()
            }
            Moments::Time(whole) => {
                let mut child = command.spawn().unwrap();
                thread::sleep(whole.mul_f64(f64::from(part) / 1e6));
                child.kill().unwrap();
                !child.wait().unwrap().success()
            }
        }
    }

    /// Kills the command several times, each time from the same start, and checks what each kill and a second run leave.
    fn kill_often(
        &self,
        arguments: &[&str],
        expected: &Undisturbed,
        check: impl Fn(&Connection, Option<&Connection>),
    ) {
        let kills: u32 = env::var("TORNSNAP_KILLS")
            .ok()
            .and_then(|kills| kills.parse().ok())
            .unwrap_or(5);
        let mut interrupted = 0;
        for kill in 0..kills {
            self.reset();
            // Multiples of the golden ratio are spread evenly over the run, however many there are.
            let part = u64::from(kill + 1) * 618_034 % 1_000_000;
            let part = u32::try_from(part).unwrap();
            let was_interrupted = self.kill(arguments, &expected.moments, part) || {
                // The steps of a prune depend on how long they take, so it may have fewer writes than the run that was counted.
                self.reset();
                self.kill(arguments, &expected.moments, part / 2)
            };
            interrupted += u32::from(was_interrupted);

            let main = self.open("a.db");
            let cold = self.sandbox.path("cold.db").exists();
            let cold = cold.then(|| self.open("cold.db"));
            for file in [Some(&main), cold.as_ref()].into_iter().flatten() {
                assert_eq!(rows(file, "PRAGMA integrity_check"), ["ok"], "kill {kill}");
                assert_eq!(rows(file, "PRAGMA foreign_key_check"), Vec::<String>::new());
            }
            check(&main, cold.as_ref());
            drop((main, cold));

            self.sandbox.run_at(IN_APRIL, arguments).expect(0);
            assert!(
                self.contents() == expected.contents,
                "kill {kill}: the second run ended with other rows"
            );
        }
        match &expected.moments {
            Moments::Writes(_) => assert_eq!(interrupted, kills, "each kill is at a write"),
            // A fast run may end before a kill, but not before each of five.
            Moments::Time(_) => assert!(interrupted > 0 || kills < 5, "each run ended before"),
        }
    }
}

/// A history with enough rows for many writes: 20 players and 8 tiles for four months.
fn long_history() -> History {
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
            let row = PlayerRow {
                id: step * 20 + player,
                player,
                at,
                level: Some(10),
                life_maximum: Some(500),
                networth: (step % 4 == 0).then_some(step),
                ..PlayerRow::default()
            };
            history.player_rows.push(row.with_battle_stats(stat, stat));
        }
        for faction in 1..=5 {
            history.faction_rows.push(FactionRow {
                id: step * 5 + faction,
                faction,
                at,
                respect: Some(step),
                member_count: Some(90),
                best_chain: Some(7),
            });
        }
        for (index, tile) in (0..).zip(&tiles) {
            history.tile_rows.push(TileRow {
                id: step * 8 + index + 1,
                tile,
                at,
                owner: Some(1 + (step + index) % 3),
            });
        }
    }
    history
}
