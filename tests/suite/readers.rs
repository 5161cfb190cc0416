//! Readers beside writers: neither waits, and a reader needs no write permission.

#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

#[cfg(target_os = "linux")]
use crate::support::strace::{may_trace, traced};
use crate::support::torn::Torn;
#[cfg(unix)]
use crate::support::{CANARY, Finished, set_mode, skipped};
use crate::support::{NOW, fill};

/// Shorter than any wait for a lock, longer than each of these runs takes on a busy machine.
const SOON: Duration = Duration::from_secs(15);

/// A world of which all kinds are followed, with history rows of three months.
pub fn busy_torn(rows: u32) -> Torn {
    let torn = Torn::new();
    torn.edit(|world| (100..140).for_each(|id| world.pin_player(id).faction_id = Some(9)));
    torn.follow(
        "[track]\nfactions = [9]\nterritories = \"all\"\n[backup]\nbefore_summarize = false\n",
    );
    fill(&torn.sandbox.sqlite(), rows);
    torn
}

/// A connection with an open read transaction.
fn reader(torn: &Torn) -> Connection {
    let reader = torn.sandbox.sqlite();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM players")
        .unwrap();
    reader
}

/// The commands that write, in an order in which each has something to do.
const WRITERS: [&[&str]; 5] = [
    &["fetch", "all"],
    &["summarize"],
    &[
        "prune",
        "--keep-months",
        "1",
        "--without-backup",
        "--allow-large",
    ],
    &["prune", "--summaries-before", "2026-03", "--yes"],
    &["init", "--non-interactive", "--force"],
];

#[cfg(target_os = "linux")]
#[test]
fn saved_rows_are_synced_while_a_reader_is_open() {
    if !may_trace() {
        skipped("there is no strace that may trace");
        return;
    }
    let torn = busy_torn(20_000);
    let trace = torn.sandbox.path("trace");
    for arguments in WRITERS {
        // Its snapshot is already in the database file, so a checkpoint moves and syncs nothing for it.
        let sqlite = torn.sandbox.sqlite();
        let _: i64 = sqlite
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .unwrap();
        let reader = reader(&torn);
        let calls = ["-f", "-y", "-e", "trace=pwrite64,write,fsync,fdatasync"];
        let mut command = traced(&torn.sandbox.command(arguments), &calls, &trace);
        let begun = Instant::now();

        Finished(command.output().unwrap()).expect(0);

        let took = begun.elapsed();
        assert!(took < SOON, "{arguments:?} took {took:?}");
        drop(reader);
        let calls = fs::read_to_string(&trace).unwrap();
        let wal: Vec<&str> = calls
            .lines()
            .filter(|line| line.contains("tornsnap.db-wal>"))
            .collect();
        let last_write = wal.iter().rposition(|line| line.contains("write"));
        let last_sync = wal.iter().rposition(|line| line.contains("sync("));
        assert!(last_write.is_some(), "{arguments:?} wrote nothing");
        assert!(
            last_sync > last_write,
            "{arguments:?}: the WAL was not synced after its last write"
        );
    }
}

#[test]
fn an_open_reader_neither_delays_nor_fails_any_command() {
    let torn = busy_torn(20_000);
    let reader = reader(&torn);
    let begun = Instant::now();

    thread::scope(|scope| {
        for kind in ["players", "factions", "wars", "territories"] {
            let torn = &torn;
            scope.spawn(move || torn.fetch(&[kind]).expect(0));
        }
    });
    let fetched = begun.elapsed();
    for arguments in [WRITERS[1], WRITERS[2], &["backup"], &["export", "players"]] {
        let begun = Instant::now();
        torn.sandbox.run(arguments).expect(0);
        assert!(
            begun.elapsed() < SOON,
            "{arguments:?} took {:?}",
            begun.elapsed()
        );
    }

    assert!(fetched < SOON, "the fetches took {fetched:?}");
    let before: i64 = reader
        .query_row("SELECT count(*) FROM players", [], |row| row.get(0))
        .unwrap();
    assert_eq!(before, 10, "it sees one state all the time");
    assert_eq!(torn.rows("SELECT DISTINCT status FROM fetch_runs"), ["ok"]);
    drop(reader);
    torn.fetch_at(NOW + 60, &["factions"]).expect(0);
    assert!(!torn.sandbox.path("tornsnap.db-wal").exists());
}

/// The commands that only read.
#[cfg(unix)]
const READERS: [&[&str]; 8] = [
    &["export", "players"],
    &["export", "--list"],
    &["export", "player_latest", "--format", "json"],
    &["fetch", "all", "--plan"],
    &["summarize", "--dry-run"],
    &[
        "prune",
        "--dry-run",
        "--without-backup",
        "--allow-large",
        "--keep-unsummarized",
    ],
    &["prune", "--future", "--dry-run"],
    &["prune", "--summaries-before", "2026-03", "--dry-run"],
];

/// Every file of a folder with its bytes.
#[cfg(unix)]
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// A folder with a database that another user may read.
#[cfg(unix)]
struct SharedFolder {
    torn: Torn,
    folder: PathBuf,
}

#[cfg(unix)]
impl SharedFolder {
    /// `None` if this user cannot become another one.
    fn prepare() -> Option<Self> {
        let torn = busy_torn(2_000);
        torn.fetch(&["all"]).expect(0);
        let shared = Self {
            folder: torn.sandbox.path(""),
            torn,
        };
        // The configuration has a key, so the user who runs the program must own it.
        let chowned = Command::new("chown")
            .arg("65534:65534")
            .arg(shared.folder.join("tornsnap.toml"))
            .status();
        set_mode(&shared.folder, 0o755);
        set_mode(&shared.torn.sandbox.database(), 0o644);
        let is_possible = chowned.is_ok_and(|status| status.success())
            && shared
                .as_nobody(&["--version"])
                .is_ok_and(|finished| finished.code() == 0);
        is_possible.then_some(shared)
    }

    /// Runs the program as the other user.
    fn as_nobody(&self, arguments: &[&str]) -> io::Result<Finished> {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(env!("CARGO_BIN_EXE_tornsnap"))
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("TORNSNAP_NOW", NOW.to_string());
        command.output().map(Finished)
    }

    /// Checks that the other user can run all of [`READERS`], exports this name of a player, and changes no file.
    fn check_readers(&self, state: &str, player: &str) {
        let before = files(&self.folder);
        for arguments in READERS {
            let finished = self.as_nobody(arguments).unwrap();
            assert_eq!(
                finished.code(),
                0,
                "{state}, {arguments:?}: {}",
                finished.stderr()
            );
            assert!(!finished.stderr().contains(CANARY));
        }
        let players = self.as_nobody(READERS[0]).unwrap().stdout();
        assert!(players.contains(player), "{state}: {players}");
        let after = files(&self.folder);
        assert!(before == after, "{state}: a file changed");
    }

    /// Checks that the other user cannot export, and returns the error.
    fn check_refused(&self) -> String {
        self.as_nobody(READERS[0]).unwrap().expect(78).stderr()
    }

    /// A file beside the database, such as its WAL.
    fn beside(&self, tail: &str) -> PathBuf {
        self.torn.sandbox.path(&format!("tornsnap.db{tail}"))
    }

    /// Ends a writer and brings back the files that it had, as after a crash. Others may read them.
    fn kill(&self, writer: Connection) {
        let paths = ["", "-wal", "-shm"].map(|tail| self.beside(tail));
        let files = paths.map(|path| (fs::read(&path).unwrap(), path));
        drop(writer);
        for (bytes, path) in files {
            fs::write(&path, bytes).unwrap();
            set_mode(&path, 0o644);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_user_with_read_access_only_can_export_and_plan() {
    let Some(shared) = SharedFolder::prepare() else {
        skipped("becoming another user takes root, setpriv, and a program that others may run");
        return;
    };

    assert!(!shared.beside("-wal").exists());
    shared.check_readers("nobody has it open", "Player 1");
    // In a folder that both users may write to, SQLite could create files that the owner cannot use.
    set_mode(&shared.folder, 0o777);
    shared.check_readers(
        "nobody has it open, and the folder may be written",
        "Player 1",
    );
    set_mode(&shared.folder, 0o755);

    let writer = shared.torn.sandbox.sqlite();
    writer
        .execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE players SET name = 'In the WAL' WHERE player_id = 1")
        .unwrap();
    shared.check_readers("somebody has it open", "In the WAL");

    shared.kill(writer);
    shared.check_readers("a writer was killed", "In the WAL");

    fs::remove_file(shared.beside("-shm")).unwrap();
    set_mode(&shared.beside(""), 0o444);
    set_mode(&shared.beside("-wal"), 0o444);
    shared.check_readers("a WAL was copied along", "In the WAL");

    fs::write(shared.beside("-wal"), "").unwrap();
    shared.check_readers("an empty WAL is left", "Player 1");

    // Without the WAL, which may not be read, the file may lack saved rows.
    fs::write(shared.beside("-wal"), "x").unwrap();
    set_mode(&shared.beside("-wal"), 0o600);
    let refused = shared.check_refused();
    assert!(
        refused.contains("tornsnap.db") && refused.contains("try: "),
        "{refused}"
    );
    fs::remove_file(shared.beside("-wal")).unwrap();
    set_mode(&shared.beside(""), 0o600);
    shared.check_refused();
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_disk_can_be_read() {
    let torn = busy_torn(2_000);
    torn.fetch(&["all"]).expect(0);
    let mounted = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c"])
            .arg("mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && exec \"$@\"")
            .args(["sh", env!("CARGO_BIN_EXE_tornsnap")])
            .args(arguments)
            .current_dir(torn.sandbox.path(""))
            .env("TORNSNAP_NOW", NOW.to_string());
        command.output().map(Finished)
    };
    match mounted(&["--version"]) {
        Ok(finished) if finished.code() == 0 => {}
        _ => {
            skipped("mounting takes rights that this test has not");
            return;
        }
    }
    for arguments in READERS {
        mounted(arguments).unwrap().expect(0);
    }
    let written = mounted(&["fetch", "factions"]).unwrap();
    assert_eq!(written.code(), 78, "it is read-only: {}", written.stderr());
}

#[test]
fn a_view_of_the_user_that_does_not_work_hinders_no_export() {
    let torn = Torn::new();
    fill(&torn.sandbox.sqlite(), 100);
    torn.sandbox
        .sqlite()
        .execute_batch("CREATE VIEW stale AS SELECT shoe_size FROM players; CREATE VIEW mine AS SELECT name FROM players")
        .unwrap();

    let exported = torn.sandbox.run(&["export", "mine"]).expect(0);
    let listed = torn.sandbox.run(&["export", "--list"]).expect(0).stdout();
    torn.sandbox
        .run(&["export", "--all", "--output", "all"])
        .expect(0);
    torn.sandbox.run(&["export", "stale"]).expect(2);

    assert_eq!(exported.stdout().lines().count(), 11);
    assert!(
        exported
            .stderr()
            .contains("the view stale does not work: no such column: shoe_size"),
        "{}",
        exported.stderr()
    );
    assert!(
        listed.contains("mine") && !listed.contains("stale"),
        "{listed}"
    );
    assert!(torn.sandbox.path("all/mine.csv").exists());
}
