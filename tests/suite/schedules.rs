//! `schedule`, and the examples in `scripts/`.

#[cfg(unix)]
pub mod cron;
#[cfg(unix)]
mod cron_daemon;
#[cfg(unix)]
mod crontab_changes;
#[cfg(unix)]
mod crontab_failures;
mod examples;
#[cfg(unix)]
mod job_log;
#[cfg(unix)]
mod marks;
#[cfg(target_os = "linux")]
mod not_installed;
#[cfg(unix)]
mod other_crons;
#[cfg(unix)]
mod own_lines;
#[cfg(unix)]
mod questions;
mod results;
mod retries;
mod settings;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod systemd;
mod windows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tornsnap::testing::store::backup::list_backups;

use crate::month_model;
use crate::support::{DAY, Finished, Sandbox, skipped};

/// A name that every scheduler and every shell has to be told about.
#[cfg(unix)]
const AWKWARD: &str = "J\u{fc}rgen & S\u{f6}hne (x86) $HOME 100% 50% 'q' \"d\" b\\n";

/// On most days no month is due, so the job must be quick and change nothing.
#[test]
fn the_daily_job_does_nothing_when_nothing_is_due() {
    let sandbox = Sandbox::new();
    drop(month_model::with_steady_history_at(&sandbox, "tornsnap.db"));
    let run_daily_job = |now: i64| {
        sandbox.run_at(now, &["-q", "backup"]).expect(0);
        for command in [&["-q", "summarize"][..], &["-q", "prune", "--allow-large"]] {
            let finished = sandbox.run_at(now, command).expect(0);
            assert_eq!(finished.stdout() + &finished.stderr(), "");
        }
    };
    let rows = || {
        ["player_stats_summary", "player_stats_history"]
            .map(|table| sandbox.rows(&format!("SELECT * FROM {table}")))
    };
    let backups = || list_backups(&sandbox.path("backups")).unwrap().len();
    run_daily_job(month_model::IN_APRIL);
    let (rows_before, backups_before) = (rows(), backups());

    let start = Instant::now();
    run_daily_job(month_model::IN_APRIL + DAY);

    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(rows() == rows_before);
    assert_eq!(
        backups(),
        backups_before + 1,
        "summarize makes a backup only when a month is due"
    );
}

/// A folder with a valid configuration, of a faction, and without a database.
fn configured() -> Sandbox {
    let sandbox = Sandbox::new();
    configure(&sandbox, "tornsnap.toml", "");
    sandbox
}

/// Writes a valid configuration of a faction, and `more`.
fn configure(sandbox: &Sandbox, name: &str, more: &str) -> PathBuf {
    let folder = Path::new(name).parent().unwrap();
    let key_file = folder.join("alice.key");
    sandbox.write(key_file.to_str().unwrap(), "SomeKeyOfAlice01\n");
    let text = "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n[track]\nfactions = [9]\n";
    sandbox.write(name, &format!("{text}{more}"))
}

/// Writes a valid configuration of a faction, whose key is in the variable `ALICE_KEY`.
#[cfg(unix)]
fn configure_with_variable(sandbox: &Sandbox) -> PathBuf {
    let text = "[[key]]\nkey_env = \"ALICE_KEY\"\n[track]\nfactions = [9]\n";
    sandbox.write("tornsnap.toml", text)
}

/// Copies the configuration into the folder `AWKWARD`, and moves the database there. Returns the path of the copy.
#[cfg(unix)]
fn move_to_awkward_folder(sandbox: &Sandbox) -> PathBuf {
    let text = fs::read_to_string(sandbox.path("tornsnap.toml")).unwrap();
    let config = sandbox.write(&format!("{AWKWARD}/tornsnap.toml"), &text);
    fs::rename(sandbox.database(), config.with_file_name("tornsnap.db")).unwrap();
    config
}

/// The texts of the entries by their file names, as `schedule show --json` reports them.
fn entries(finished: &Finished) -> Vec<(String, String)> {
    let report = finished.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    report["schedulers"][0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (text(&file["path"]), text(&file["text"])))
        .collect()
}

/// Writes the units that `schedule show --for systemd --json` has shown, as an installation does.
fn write_units(shown: &Finished) {
    for (path, text) in entries(shown) {
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Whether a program is there. Says so if the test is skipped without it.
pub fn has_program(name: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {name}")])
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        skipped(&format!("there is no program {name}"));
    }
    found
}

/// Whether the tests run as root. Says so if the test is skipped without.
#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let sandbox = Sandbox::new();
    let uid = fs::metadata(sandbox.path("")).unwrap().uid();
    if uid != 0 {
        skipped("only root can act as another user");
    }
    uid == 0
}

/// The value of a setting such as `Persistent` in a unit, or of an element in XML.
fn value_of<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = text.split(before).nth(1)?;
    rest.split(after).next()
}
