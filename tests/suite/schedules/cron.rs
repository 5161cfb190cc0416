//! The block in a real crontab, that of a system user who has none of his own.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{configure, configure_with_variable, has_program, is_root, move_to_awkward_folder};
use crate::support::programs::copy_program;
use crate::support::schema::Schema;
use crate::support::torn::Torn;
use crate::support::{DAY, Finished, NOW, Sandbox, files_with_extension, rows};

/// The user whose crontab the tests change: `games` of Debian.
const USER: &str = "games";
pub const UID: u32 = 5;

/// The number of no user. crontab refuses to work then.
const NOBODY: u32 = 54_321;

/// The crontab of the user, which is put back at the end. One test at a time has it.
pub struct Crontab {
    before: Option<Vec<u8>>,
    _lock: File,
}

impl Crontab {
    /// `None` where the tests cannot act as another user, or cron is missing.
    pub fn borrow() -> Option<Self> {
        if !is_root() || !has_program("crontab") {
            return None;
        }
        let users = fs::read_to_string("/etc/passwd").unwrap();
        if !users
            .lines()
            .any(|line| line.starts_with(&format!("{USER}:x:{UID}:")))
        {
            crate::support::skipped("there is no user games");
            return None;
        }
        let lock = File::create(std::env::temp_dir().join("tornsnap-test-crontab.lock")).unwrap();
        lock.lock().unwrap();
        let before = read();
        set(None);
        Some(Self {
            before,
            _lock: lock,
        })
    }
}

impl Drop for Crontab {
    fn drop(&mut self) {
        set(self.before.as_deref());
    }
}

/// The crontab; `None` if there is none.
pub fn read() -> Option<Vec<u8>> {
    let output = Command::new("crontab")
        .args(["-u", USER, "-l"])
        .output()
        .unwrap();
    output.status.success().then_some(output.stdout)
}

pub fn set(text: Option<&[u8]>) {
    let Some(text) = text else {
        let _ = Command::new("crontab")
            .args(["-u", USER, "-r"])
            .output()
            .unwrap();
        return;
    };
    let mut child = Command::new("crontab")
        .args(["-u", USER, "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    assert!(child.wait().unwrap().success());
}

/// Gives everything in a sandbox to the user.
pub fn give_away(sandbox: &Sandbox) {
    let mut paths = vec![sandbox.path("")];
    while let Some(path) = paths.pop() {
        chown(&path, Some(UID), Some(UID)).unwrap();
        if path.is_dir() {
            paths.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
}

/// Runs the program as the user.
pub fn run(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut command = sandbox.command(arguments);
    command.uid(UID).gid(UID);
    Finished(command.output().unwrap())
}

/// A sandbox of the user with a configuration.
fn configured(name: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    configure(&sandbox, name, "");
    give_away(&sandbox);
    let config = sandbox.path(name);
    (sandbox, config.to_str().unwrap().to_owned())
}

pub fn run_for(sandbox: &Sandbox, action: &str, config: &str) -> Finished {
    run(
        sandbox,
        &["schedule", action, "--for", "cron", "--config", config],
    )
}

#[test]
fn remove_gives_back_the_bytes_of_the_crontab() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let (sandbox, config) = configured("tornsnap.toml");
    for original in [
        None,
        Some(
            "# my jobs\nMAILTO=\"me@example.org\"\nPATH = /usr/bin\n\n5 4 * * sun  echo \"100\\%\"\n",
        ),
        Some("\n\n*/5 * * * * true\n\n\n"),
        Some("# caf\u{e9}\r\n0 1 * * * true\r\n"),
    ] {
        set(original.map(str::as_bytes));
        let before = read();

        run_for(&sandbox, "install", &config).expect(0);
        let installed = read().unwrap();
        assert!(installed.starts_with(before.as_deref().unwrap_or_default()));
        let json = [
            "schedule", "install", "--for", "cron", "--json", "--config", &config,
        ];
        let report = run(&sandbox, &json).expect(0).json();
        Schema::of("schedule-change").expect_valid(&report);
        assert_eq!(report["changed"], false);
        let again = run_for(&sandbox, "install", &config).expect(0).stderr();
        assert!(again.contains("already installed: 6 jobs"), "{again}");
        assert_eq!(
            read().unwrap(),
            installed,
            "a second installation changes nothing"
        );
        run_for(&sandbox, "remove", &config).expect(0);

        assert_eq!(read(), before, "{original:?}");
        let nothing = run_for(&sandbox, "remove", &config).expect(0).stderr();
        assert!(nothing.contains("no jobs for "), "{nothing}");
        assert_eq!(read(), before);
    }
}

#[test]
fn the_old_crontab_is_kept_beside_the_configuration() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let (sandbox, config) = configured("tornsnap.toml");
    let original = b"# \xff is no UTF-8\n0 1 * * * true\n";
    set(Some(original));

    let said = run_for(&sandbox, "install", &config).expect(0).stderr();

    let copy = PathBuf::from(format!("{config}.crontab-before-20260401T120000Z"));
    assert!(
        said.contains(&format!("the crontab as it was before: {}", copy.display())),
        "{said}"
    );
    assert_eq!(fs::read(&copy).unwrap(), original);
    let removed = run_for(&sandbox, "remove", &config).expect(0).stderr();
    let second = format!("{}-2", copy.display());
    assert!(removed.contains(&second), "{removed}");
    assert!(fs::exists(second).unwrap());
    assert_eq!(read().unwrap(), original);
    assert!(
        files_with_extension(&sandbox.path(""), "partial").is_empty(),
        "no temporary file is left"
    );
}

#[test]
fn two_configurations_live_side_by_side() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let sandbox = Sandbox::new();
    let first = configure(&sandbox, "one/tornsnap.toml", "");
    let second = configure(
        &sandbox,
        "two/tornsnap.toml",
        "[schedule]\nfactions = \"6m\"\n",
    );
    give_away(&sandbox);
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let has = |config: &str| {
        let text = String::from_utf8(read().unwrap_or_default()).unwrap();
        text.contains(&format!("--config '{config}'"))
    };

    run_for(&sandbox, "install", first).expect(0);
    run_for(&sandbox, "install", second).expect(0);
    assert!(has(first) && has(second));

    run_for(&sandbox, "remove", first).expect(0);
    assert!(!has(first) && has(second));
    run_for(&sandbox, "remove", second).expect(0);
    assert_eq!(read(), None, "there was no crontab before");
}

#[test]
fn a_changed_setting_replaces_the_block_where_it_is() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let (sandbox, config) = configured("tornsnap.toml");
    run_for(&sandbox, "install", &config).expect(0);
    let mut text = read().unwrap();
    text.extend_from_slice(b"0 1 * * * true\n");
    set(Some(&text));
    configure(
        &sandbox,
        "tornsnap.toml",
        "[schedule]\nwars = \"off\"\nfactions = \"20m\"\n",
    );
    give_away(&sandbox);
    let installed = || {
        let shown = run(
            &sandbox,
            &[
                "schedule", "show", "--for", "cron", "--json", "--config", &config,
            ],
        );
        shown.expect(0).json()["schedulers"][0]["installed"].clone()
    };
    assert_eq!(installed(), "outdated");

    run_for(&sandbox, "install", &config).expect(0);

    assert_eq!(installed(), "yes");
    let text = String::from_utf8(read().unwrap()).unwrap();
    assert!(
        text.contains("-59/20 * * * * ") && !text.contains("fetch wars"),
        "{text}"
    );
    assert!(text.ends_with("0 1 * * * true\n"), "{text}");
}

#[test]
fn a_broken_block_or_a_foreign_shell_is_refused() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let (sandbox, config) = configured("tornsnap.toml");
    run_for(&sandbox, "install", &config).expect(0);
    let text = String::from_utf8(read().unwrap()).unwrap();
    let end = text.find("# END").unwrap();
    set(Some(format!("# mine\n{}", &text[..end]).as_bytes()));
    let broken = read();

    for action in ["install", "remove"] {
        let refused = run_for(&sandbox, action, &config).expect(78).stderr();
        assert!(refused.contains("line 2: \"# BEGIN tornsnap "), "{refused}");
        assert_eq!(read(), broken);
    }
    let shown = run_for(&sandbox, "show", &config).expect(0).stdout();
    assert!(shown.contains("unknown"), "{shown}");

    set(Some(b"SHELL=/usr/bin/fish\n0 1 * * * true\n"));
    let refused = run_for(&sandbox, "install", &config).expect(78).stderr();
    assert!(refused.contains("SHELL=/usr/bin/fish"), "{refused}");
}

#[test]
fn a_crontab_that_cannot_be_read_stops_the_installation() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let (sandbox, config) = configured("tornsnap.toml");
    for name in ["", "tornsnap.toml", "alice.key"] {
        chown(sandbox.path(name), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    for action in ["install", "remove"] {
        let mut command =
            sandbox.command(&["schedule", action, "--for", "cron", "--config", &config]);
        command.uid(NOBODY).gid(NOBODY);
        let refused = Finished(command.output().unwrap()).expect(78).stderr();
        assert!(
            refused.contains("could not read the crontab of this user"),
            "{refused}"
        );
    }
}

#[test]
fn a_dry_run_prints_the_whole_crontab_and_changes_nothing() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let (sandbox, config) = configured("tornsnap.toml");
    set(Some(b"0 1 * * * true\n"));

    let preview = run(
        &sandbox,
        &[
            "schedule",
            "install",
            "--dry-run",
            "--for",
            "cron",
            "--config",
            &config,
        ],
    );

    let preview = preview.expect(0).stdout();
    assert_eq!(read().unwrap(), b"0 1 * * * true\n");
    run_for(&sandbox, "install", &config).expect(0);
    assert_eq!(read().unwrap(), preview.as_bytes());
}

#[test]
fn a_variable_that_the_crontab_sets_may_hold_the_key() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let sandbox = Sandbox::new();
    let config = configure_with_variable(&sandbox);
    give_away(&sandbox);
    let config = config.to_str().unwrap();

    run_for(&sandbox, "install", config).expect(77);
    set(Some(b"ALICE_KEY=SomeKeyOfAlice01\n"));
    run_for(&sandbox, "install", config).expect(0);
}

/// Runs the lines as cron does: `\%` is a `%`, and the shell gets the rest with almost no environment.
#[test]
fn the_lines_work_with_awkward_names() {
    if !has_program("crontab") {
        return;
    }
    let torn = Torn::new();
    let sandbox = &torn.sandbox;
    let config = move_to_awkward_folder(sandbox);
    let folder = config.parent().unwrap().to_owned();
    let program = folder.join("tornsnap");
    copy_program(&program);
    let shown = Command::new(&program)
        .args(["schedule", "show", "--for", "cron", "--config"])
        .arg(&config)
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let shown = Finished(shown).expect(0).stdout();
    let run = |command: &str, now: i64| {
        let line = shown
            .lines()
            .find(|line| !line.starts_with('#') && line.contains(command))
            .unwrap();
        let command = line.splitn(6, ' ').nth(5).unwrap().replace(r"\%", "%");
        assert!(command.len() <= 998, "{command}");
        let output = Command::new("/bin/sh")
            .args(["-c", &command])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", sandbox.path(""))
            .env("TORNSNAP_NOW", now.to_string())
            .current_dir("/")
            .output()
            .unwrap();
        let finished = Finished(output);
        let log = fs::read_to_string(folder.join("tornsnap-schedule.log")).unwrap_or_default();
        assert_eq!(finished.stdout() + &finished.stderr(), "", "{command}");
        (finished.code(), log)
    };

    let (code, log) = run("fetch factions", NOW);
    assert_eq!(code, 0, "{log}");
    let (code, log) = run("run backup", NOW);
    assert_eq!(code, 0, "{log}");
    let backups = || files_with_extension(&folder.join("backups"), "db").len();
    assert_eq!(backups(), 1);
    // The same UTC day: nothing is done.
    assert_eq!(run("run backup", NOW + 3600).0, 0);
    assert_eq!(backups(), 1);
    let mark = folder.join("tornsnap.toml.backup.last");
    let marked = fs::read_to_string(&mark).unwrap();
    assert_eq!(marked, format!("{}\n{NOW} 0\n", NOW / DAY));
    // A later day, after the machine was off for some days.
    assert_eq!(run("run backup", NOW + 3 * DAY).0, 0);
    assert_eq!(backups(), 2);
    let database = rusqlite::Connection::open(folder.join("tornsnap.db")).unwrap();
    let runs = "SELECT count(*) FROM fetch_runs WHERE status = 'ok'";
    assert_eq!(rows(&database, runs), ["1"]);
    assert!(Path::new(&folder).starts_with(sandbox.path("")));
}
