//! Shared by all tests: a temporary folder, and the program run in it.

pub mod folders;
#[cfg(unix)]
pub mod large;
pub mod new_database;
pub mod parquet;
#[cfg(unix)]
pub mod programs;
#[cfg(unix)]
pub mod pty;
pub mod schema;
#[cfg(unix)]
pub mod screen;
pub mod strace;
pub mod torn;
pub mod wire;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Child;
use std::process::{Command, Output, Stdio};

use rusqlite::Connection;
use rusqlite::types::{FromSql, ValueRef};
use tempfile::TempDir;

/// Seconds in a minute.
pub const MINUTE: i64 = 60;

/// Seconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;

/// Seconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// The time in most tests, in unix seconds.
pub const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

/// A key that must never appear in any output.
pub const CANARY: &str = "CANARYcanary1234";

/// A temporary folder for one test.
pub struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        Self {
            folder: folders::temporary(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("tornsnap.db")
    }

    /// The path that the program finds by asking for its working folder.
    pub fn real_folder(&self) -> PathBuf {
        // On Windows, the resolved path has the prefix `\\?\`.
        if cfg!(windows) {
            return self.path("");
        }
        fs::canonicalize(self.path("")).unwrap()
    }

    /// Writes a file that only its owner can read.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        path
    }

    /// Makes a FIFO, and returns its path.
    #[cfg(unix)]
    pub fn make_fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success(), "{}", path.display());
        path
    }

    /// Removes a database with its WAL and its shared memory, if they exist.
    pub fn remove_database(&self, name: &str) {
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(self.path(&format!("{name}{end}")));
        }
    }

    /// The program under a limit for the size of its files, in the blocks of `ulimit -f`.
    #[cfg(unix)]
    pub fn limited(&self, blocks: u32, arguments: &[&str]) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh"]);
        started_by(shell, &self.command(arguments))
    }

    /// The program in this folder, without the caller's environment variables.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tornsnap"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(system_variables())
            .env("HOME", self.folder.path())
            .env("TORNSNAP_FIRST_RETRY_MS", "1")
            .env("TORNSNAP_FIRST_PAUSE_MS", "50")
            .env("TORNSNAP_NOW", NOW.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        Finished(self.command(arguments).output().unwrap())
    }

    /// Runs the program with the clock at another time.
    pub fn run_at(&self, now: i64, arguments: &[&str]) -> Finished {
        Finished(
            self.command(arguments)
                .env("TORNSNAP_NOW", now.to_string())
                .output()
                .unwrap(),
        )
    }

    /// Runs the program with the clock of this machine.
    pub fn run_with_real_clock(&self, arguments: &[&str]) -> Finished {
        let mut command = self.command(arguments);
        Finished(command.env_remove("TORNSNAP_NOW").output().unwrap())
    }

    /// The names in this folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A new connection to the database.
    pub fn sqlite(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    /// One value from the database.
    pub fn value<T: FromSql>(&self, sql: &str) -> T {
        self.sqlite().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// All rows of a query, each as its values joined by `|`; NULL is empty, as in the sqlite3 shell.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        rows(&self.sqlite(), sql)
    }
}

/// A command whose last arguments are another command, with the folder and the environment of that one.
pub fn started_by(mut starter: Command, command: &Command) -> Command {
    starter
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(folder) = command.get_current_dir() {
        starter.current_dir(folder);
    }
    starter
}

/// The variables without which Windows opens no socket and has no temporary folder.
fn system_variables() -> Vec<(&'static str, OsString)> {
    let names = if cfg!(windows) {
        &["SystemRoot", "TEMP", "TMP"][..]
    } else {
        &[]
    };
    let set = |name: &&'static str| Some((*name, std::env::var_os(name)?));
    names.iter().filter_map(set).collect()
}

/// All rows of a query, each as its values joined by `|`.
pub fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let mut found = Vec::new();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<String> = (0..columns)
            .map(|column| match row.get_ref(column).unwrap() {
                ValueRef::Null => String::new(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Blob(bytes) => format!("{bytes:?}"),
            })
            .collect();
        found.push(values.join("|"));
    }
    found
}

/// Sets the mode of a file.
pub fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// The mode of a file on Unix; elsewhere that of a private file.
pub fn mode(path: &Path) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }
    #[cfg(not(unix))]
    {
        assert!(path.exists());
        0o600
    }
}

/// A run of the program that has ended.
pub struct Finished(pub Output);

impl Finished {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    /// Stderr without the warning that the clock is replaced, which every run prints.
    pub fn stderr(&self) -> String {
        let text = String::from_utf8(self.0.stderr.clone()).unwrap();
        text.lines()
            .filter(|line| !line.contains("TORNSNAP_NOW is set"))
            .flat_map(|line| [line, "\n"])
            .collect()
    }

    /// Asserts the exit code, and shows the output if it differs.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code(),
            code,
            "\nstdout: {}\nstderr: {}",
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout())
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.stdout()))
    }
}

/// Puts ten players, a faction and `rows` rows of history into a database.
pub fn fill(connection: &Connection, rows: u32) {
    connection
        .execute_batch(&format!(
            "BEGIN;
             INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (7, 'Seven', {NOW} - 600, {NOW} - 600);
             INSERT INTO players (player_id, name, faction_id, created_at, last_updated)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
             SELECT i, 'Player ' || i, 7, {NOW} - 600, {NOW} - 600 FROM n;
             INSERT INTO player_stats_history (player_id, timestamp, strength, level, networth, data_source)
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {rows} - 1)
             SELECT 1 + i % 10, {NOW} - 240 * ({rows} - i), 1000 + i, 5, -i, 'alice' FROM n;
             COMMIT;"
        ))
        .unwrap();
}

/// Leaves the processor to the process that a test waits for.
pub fn pause() {
    std::thread::sleep(std::time::Duration::from_micros(200));
}

/// The number of rounds: `very_often` if TORNSNAP_HEAVY is set, otherwise `a_few_times`.
pub fn heavy(very_often: i64, a_few_times: i64) -> i64 {
    match std::env::var_os("TORNSNAP_HEAVY") {
        Some(_) => very_often,
        None => a_few_times,
    }
}

/// A pseudorandom generator with a fixed seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A number from 0 to `end - 1`.
    pub fn below(&mut self, end: u64) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % end.max(1)
    }
}

/// Changes a bit in the middle of a file.
pub fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// Makes a second name that leads to a file. On Unix a symbolic link, because no command uses a database with a hard link.
pub fn link(file: &Path, name: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(file, name).unwrap();
    #[cfg(not(unix))]
    fs::hard_link(file, name).unwrap();
}

/// Prints that a test is skipped, and why.
#[expect(
    clippy::print_stderr,
    reason = "a test that is skipped silently looks as if it had passed"
)]
pub fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Sends a signal such as `TERM`. Windows has none that one process sends to another.
#[cfg(unix)]
pub fn signal(child: &Child, name: &str) {
    signal_process(child.id(), name);
}

/// Uses the shell's built-in `kill`, because a small system may have no program `kill`.
#[cfg(unix)]
fn signal_process(id: u32, name: &str) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {id}")])
        .status();
    assert!(sent.unwrap().success());
}

/// A path with the separator that this system shows.
pub fn native(path: &str) -> String {
    path.replace('/', std::path::MAIN_SEPARATOR_STR)
}

/// The files in a folder with this extension, sorted by name.
pub fn files_with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}
