//! The database file is opened or refused, and never damaged.

use std::fs;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Command;
use std::thread;

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use crate::support::torn::Torn;
use crate::support::{Finished, Sandbox};
#[cfg(unix)]
use crate::support::{NOW, skipped};

/// A path at which there is no usable database of this program, and the error that it gives.
struct Unfit {
    path: PathBuf,
    code: i32,
    words: &'static str,
}

impl Unfit {
    /// A file that is no database, or none that this program may use.
    fn wrong(path: PathBuf, words: &'static str) -> Self {
        Self {
            path,
            code: 78,
            words,
        }
    }

    fn malformed(path: PathBuf) -> Self {
        Self {
            path,
            code: 79,
            words: "malformed",
        }
    }
}

/// Makes a database with the given name and SQL, without the help of the program.
fn made_with(sandbox: &Sandbox, name: &str, sql: &str) -> PathBuf {
    let path = sandbox.path(name);
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    path
}

/// Makes a database of the program and changes its bytes.
fn changed(sandbox: &Sandbox, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let path = sandbox.path(name);
    drop(Store::create(&path).unwrap());
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
    path
}

fn unfit(torn: &Torn) -> Vec<Unfit> {
    let sandbox = &torn.sandbox;
    drop(Store::create(&sandbox.path("newer.db")).unwrap());
    fs::create_dir(sandbox.path("folder.db")).unwrap();
    vec![
        Unfit::wrong(
            made_with(
                sandbox,
                "foreign.db",
                "CREATE TABLE players (id); INSERT INTO players VALUES (1);",
            ),
            "it belongs to another program",
        ),
        Unfit::wrong(
            made_with(
                sandbox,
                "named.db",
                "PRAGMA application_id = 42; CREATE TABLE t (x);",
            ),
            "it belongs to another program",
        ),
        Unfit::wrong(
            made_with(
                sandbox,
                "newer.db",
                "INSERT INTO schema_version (version, description) VALUES (99, 'future');
                 PRAGMA journal_mode = DELETE;",
            ),
            "a newer tornsnap wrote it (schema 99; this one knows 1)",
        ),
        Unfit::wrong(sandbox.write("empty.db", ""), "it is empty"),
        Unfit::wrong(
            sandbox.write("notes.txt", &"not a database\n".repeat(100)),
            "it is not an SQLite database",
        ),
        Unfit::wrong(
            sandbox.write("short.txt", "x"),
            "it is not an SQLite database",
        ),
        Unfit::wrong(sandbox.path("folder.db"), "it is a folder"),
        Unfit::wrong(sandbox.path("missing.db"), "there is no such file"),
        Unfit::wrong(sandbox.path("missing/folder.db"), "there is no such file"),
        Unfit::malformed(changed(sandbox, "truncated.db", |bytes| {
            bytes.truncate(bytes.len() / 3);
        })),
        Unfit::malformed(changed(sandbox, "scrambled.db", |bytes| {
            bytes[100..3000].fill(0x5a);
        })),
    ]
}

#[test]
fn a_foreign_or_broken_file_is_refused_and_left_unchanged() {
    let torn = Torn::new();
    for Unfit { path, code, words } in unfit(&torn) {
        let before = fs::read(&path).ok();
        for arguments in [&["factions"][..], &["all", "--plan"]] {
            let finished = Finished(
                torn.fetching(arguments)
                    .arg("--database")
                    .arg(&path)
                    .output()
                    .unwrap(),
            );

            let stderr = finished.expect(code).stderr();
            assert!(stderr.contains(words), "{}: {stderr}", path.display());
            assert!(
                stderr.contains("  try: ") && stderr.lines().count() == 3,
                "{}: {stderr}",
                path.display()
            );
            assert_eq!(fs::read(&path).ok(), before, "{}", path.display());
        }
    }
    assert!(torn.asked().is_empty());
}

#[test]
fn the_wal_of_another_program_or_a_newer_one_is_left_beside_its_database() {
    let torn = Torn::new();
    let beside = |path: &Path, tail: &str| PathBuf::from(format!("{}{tail}", path.display()));
    for newer in [false, true] {
        let source = torn.sandbox.path("source.db");
        let _ = fs::remove_file(&source);
        if newer {
            drop(Store::create(&source).unwrap());
        }
        let connection = Connection::open(&source).unwrap();
        let _: String = connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .unwrap();
        connection
            .execute_batch(if newer {
                "INSERT INTO schema_version (version, description) VALUES (99, 'future')"
            } else {
                "CREATE TABLE t (x); INSERT INTO t VALUES (1)"
            })
            .unwrap();
        // After a crash of the other program, its last rows are only in the WAL.
        let path = torn.sandbox.path("crashed.db");
        fs::copy(&source, &path).unwrap();
        fs::copy(beside(&source, "-wal"), beside(&path, "-wal")).unwrap();
        let before = (
            fs::read(&path).unwrap(),
            fs::read(beside(&path, "-wal")).unwrap(),
        );

        for arguments in [&["factions"][..], &["all", "--plan"]] {
            let run = torn
                .fetching(arguments)
                .arg("--database")
                .arg(&path)
                .output();
            Finished(run.unwrap()).expect(78);
        }

        let after = (
            fs::read(&path).unwrap(),
            fs::read(beside(&path, "-wal")).unwrap(),
        );
        assert!(before == after, "newer: {newer}");
        drop(connection);
    }
}

#[test]
fn init_refuses_the_same_files_and_leaves_them_unchanged() {
    let torn = Torn::new();
    for Unfit { path, code, words } in unfit(&torn) {
        if words == "there is no such file" || words == "it is empty" {
            continue;
        }
        let before = fs::read(&path).ok();
        let mut command = torn
            .sandbox
            .command(&["init", "--non-interactive", "--database"]);

        let finished = Finished(command.arg(&path).output().unwrap()).expect(code);

        assert!(
            finished.stderr().contains(words),
            "{}: {}",
            path.display(),
            finished.stderr()
        );
        assert_eq!(fs::read(&path).ok(), before, "{}", path.display());
    }
}

/// A folder that the user who runs the program may read, but not write. Root needs another user for that.
#[cfg(unix)]
struct ReadOnlyFolder {
    folder: PathBuf,
    is_root: bool,
}

#[cfg(unix)]
impl ReadOnlyFolder {
    /// `None` if this user can write everywhere and cannot become another one.
    fn prepare(torn: &Torn) -> Option<Self> {
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if is_root && Command::new("setpriv").arg("--version").output().is_err() {
            return None;
        }
        let prepared = Self {
            folder: torn.sandbox.path(""),
            is_root,
        };
        prepared.give_away("tornsnap.db", "444");
        prepared.give_away("tornsnap.toml", "600");
        prepared.give_away("", "555");
        Some(prepared)
    }

    /// Gives a file to the other user, and sets its mode.
    fn give_away(&self, name: &str, mode: &str) {
        let path = self.folder.join(name);
        if self.is_root {
            change("chown", "65534:65534", &path);
        }
        change("chmod", mode, &path);
    }

    /// Runs the program as the other user.
    fn run(&self, arguments: &[&str]) -> Finished {
        let program = env!("CARGO_BIN_EXE_tornsnap");
        let mut command = if self.is_root {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("TORNSNAP_NOW", NOW.to_string());
        Finished(command.output().unwrap())
    }
}

/// Runs `chown` or `chmod`.
#[cfg(unix)]
fn change(program: &str, to: &str, path: &Path) {
    Command::new(program).arg(to).arg(path).status().unwrap();
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_a_clear_error() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    let Some(read_only) = ReadOnlyFolder::prepare(&torn) else {
        skipped("root can write everywhere, and there is no setpriv to become somebody else");
        return;
    };

    let fetched = read_only.run(&["fetch", "factions"]);
    let made = read_only.run(&["init", "--non-interactive", "--database", "other.db"]);

    change("chmod", "700", &read_only.folder);
    let is_unreachable = fetched.stderr().contains("failed to execute")
        || fetched.code() == 126
        || fetched.code() == 127;
    if is_unreachable {
        skipped("another user cannot reach the program here");
        return;
    }
    for finished in [fetched, made] {
        let stderr = finished.expect(78).stderr();
        assert!(stderr.starts_with("tornsnap: could not "), "{stderr}");
        assert!(stderr.contains("  try: "), "{stderr}");
    }
    assert!(!read_only.folder.join("other.db").exists());
}

#[test]
fn eight_processes_open_and_write_one_database_at_once() {
    let torn = Torn::new();
    torn.edit(|world| (100..140).for_each(|id| world.pin_player(id).faction_id = Some(9)));
    torn.follow("[track]\nfactions = [9]\nplayers = [1]\nterritories = \"all\"\n");

    thread::scope(|scope| {
        let runs: Vec<_> = [
            "players",
            "factions",
            "wars",
            "territories",
            "players",
            "factions",
            "wars",
            "territories",
        ]
        .map(|kind| scope.spawn(|| torn.fetch(&[kind]).code()))
        .into_iter()
        .map(|run| run.join().unwrap())
        .collect();
        assert!(runs.iter().all(|code| [0, 75].contains(code)), "{runs:?}");
        assert!(
            runs.iter().filter(|code| **code == 0).count() >= 4,
            "{runs:?}"
        );
    });

    assert_eq!(torn.rows("PRAGMA integrity_check"), ["ok"]);
    assert_eq!(torn.rows("SELECT DISTINCT status FROM fetch_runs"), ["ok"]);
}

#[test]
fn each_connection_has_the_documented_pragmas() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());

    let pragma = |name: &str| sandbox.rows(&format!("PRAGMA {name}"));
    assert_eq!(pragma("journal_mode"), ["wal"]);
    assert_eq!(pragma("auto_vacuum"), ["2"]);
    assert_eq!(pragma("application_id"), [0x5453_4E50.to_string()]);
    assert_eq!(sandbox.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%'"), [""; 0]);
    let sqlite = sandbox.rows("SELECT sqlite_version()");
    let version: Vec<u32> = sqlite[0]
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert!(version.as_slice() >= &[3, 51, 3], "{version:?}");
}

#[test]
fn rows_that_a_run_reported_are_in_the_database_file_itself() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    // A power cut may lose the WAL, so the database file must have every row.
    let copy = torn.sandbox.path("copy.db");
    fs::copy(torn.sandbox.database(), &copy).unwrap();

    let kept: i64 = Connection::open(&copy)
        .unwrap()
        .query_row("SELECT count(*) FROM faction_history", [], |row| row.get(0))
        .unwrap();

    assert_eq!(kept, 1);
}

/// Runs the program in a shell, which sets limits and redirections.
#[cfg(target_os = "linux")]
fn in_shell(torn: &Torn, line: &str) -> Finished {
    let mut command = Command::new("sh");
    command
        .args(["-c", line, "sh", env!("CARGO_BIN_EXE_tornsnap")])
        .current_dir(torn.sandbox.path(""))
        .env("TORNSNAP_NOW", NOW.to_string())
        .env("TORNSNAP_FIRST_RETRY_MS", "1");
    Finished(command.output().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_is_exit_74_and_harms_nothing() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.edit(|world| {
        for id in 100..3000 {
            world.pin_player(id).faction_id = Some(9);
            world.pin_player(id).name = "long name ".repeat(20);
        }
    });

    // No file may grow beyond 600 blocks, which is little more than the empty database has.
    let full = in_shell(&torn, "ulimit -f 640; exec \"$1\" fetch factions").expect(74);

    let stderr = full.stderr();
    assert!(
        stderr.contains("tornsnap: could not ") && stderr.contains("  try: "),
        "{stderr}"
    );
    // SQLite does not tell the limit from a full disk.
    assert!(
        stderr.contains("or the file is as large as `ulimit -f` allows"),
        "{stderr}"
    );
    assert_eq!(torn.rows("PRAGMA integrity_check"), ["ok"]);
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM players"), 3);
    torn.fetch_at(NOW + 60, &["factions"]).expect(0);
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM players"), 2903);
}

#[cfg(target_os = "linux")]
#[test]
fn an_unwritable_stderr_does_not_stop_a_run() {
    for redirection in [
        "2>/dev/full",
        "2>&-",
        ">&- 2>&-",
        "</dev/null >/dev/full 2>/dev/full",
    ] {
        let torn = Torn::new();
        torn.fetch(&["factions"]).expect(0);
        for (arguments, code) in [
            ("fetch players -vv", 0),
            ("fetch factions --faction 404", 3),
        ] {
            let finished = in_shell(&torn, &format!("exec \"$1\" {arguments} {redirection}"));
            assert_eq!(finished.code(), code, "{arguments} {redirection}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_of_stdout_that_leaves_is_no_failure() {
    let torn = Torn::new();

    let finished = in_shell(
        &torn,
        "{ \"$1\" fetch all --json; echo \"exit $?\" >&2; } | true",
    );

    assert!(
        finished.stderr().contains("exit 0"),
        "{}",
        finished.stderr()
    );
}
