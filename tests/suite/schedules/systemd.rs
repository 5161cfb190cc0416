//! The units, checked by systemd-analyze and run by a real service manager of a user.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{
    AWKWARD, configure, configured, entries, has_program, is_root, move_to_awkward_folder,
    value_of, write_units,
};
use crate::support::programs::copy_program;
use crate::support::torn::Torn;
use crate::support::{Finished, Sandbox, rows, signal, skipped};

#[test]
fn systemd_finds_no_fault_in_the_units() {
    if !has_program("systemd-analyze") {
        return;
    }
    let sandbox = Sandbox::new();
    let name = format!("{AWKWARD}/tornsnap.toml");
    let schedule =
        "[schedule]\nwars = \"1m\"\nfactions = \"1m\"\nplayers = \"6h\"\nterritories = \"daily\"\n";
    configure(&sandbox, &name, schedule);
    let config = sandbox.path(&name);
    let shown = sandbox
        .run(&[
            "schedule",
            "show",
            "--for",
            "systemd",
            "--json",
            "--config",
            config.to_str().unwrap(),
        ])
        .expect(0);
    let files: Vec<PathBuf> = entries(&shown)
        .into_iter()
        .map(|(path, text)| {
            let name = PathBuf::from(path);
            let name = name.file_name().unwrap().to_str().unwrap();
            sandbox.write(&format!("units/{name}"), &text)
        })
        .collect();
    assert_eq!(files.len(), 12);

    let checked = Command::new("systemd-analyze")
        .args(["verify", "--user", "--man=no"])
        .args(&files)
        .env("XDG_RUNTIME_DIR", sandbox.path(""))
        .output()
        .unwrap();

    let message = String::from_utf8_lossy(&checked.stderr);
    let complaints: Vec<&str> = message
        .lines()
        .filter(|line| line.contains("tornsnap-"))
        .collect();
    assert!(
        checked.status.success() && complaints.is_empty(),
        "{message}"
    );
}

#[test]
fn the_timers_are_in_utc_and_start_when_show_says_so() {
    if !has_program("systemd-analyze") {
        return;
    }
    let sandbox = Sandbox::new();
    let schedule =
        "[schedule]\nwars = \"1m\"\nfactions = \"20m\"\nplayers = \"6h\"\nterritories = \"12h\"\n";
    configure(&sandbox, "tornsnap.toml", schedule);
    // systemd-analyze computes from the clock of this machine.
    let shown = || {
        sandbox
            .run_with_real_clock(&["schedule", "show", "--for", "systemd", "--json"])
            .expect(0)
    };
    write_units(&shown());
    let next_of = |calendar: &str| {
        let output = Command::new("systemd-analyze")
            .args(["calendar", calendar])
            .env("TZ", "Asia/Kathmandu")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let utc = value_of(&text, "(in UTC): ", "\n").unwrap_or_else(|| panic!("{text}"));
        let time = utc
            .trim()
            .split_once(' ')
            .unwrap()
            .1
            .trim_end_matches(" UTC");
        tornsnap::testing::model::parse_timestamp(time).unwrap()
    };
    for name in [
        "wars",
        "factions",
        "players",
        "territories",
        "backup",
        "health",
    ] {
        // A start may pass between the two questions.
        let agrees = (0..3).any(|_| {
            let finished = shown();
            let report = finished.json();
            let jobs = report["schedulers"][0]["jobs"].as_array().unwrap();
            let job = jobs.iter().find(|job| job["name"] == name).unwrap();
            let (_, timer) = entries(&finished)
                .into_iter()
                .find(|(path, _)| path.ends_with(&format!("-{name}.timer")))
                .unwrap();
            assert_eq!(value_of(&timer, "Persistent=", "\n"), Some("true"));
            next_of(value_of(&timer, "OnCalendar=", "\n").unwrap()) == job["next_run_at"]
        });
        assert!(agrees, "{name}");
    }
}

#[test]
fn without_a_service_manager_nothing_is_written() {
    let sandbox = configured();
    let refused = sandbox
        .run(&["schedule", "install", "--for", "systemd"])
        .expect(78)
        .stderr();
    assert!(
        refused.contains("could not reach systemd for this user"),
        "{refused}"
    );
    assert!(refused.contains("--for cron"), "{refused}");
    assert!(!fs::exists(sandbox.path(".config")).unwrap());
}

#[test]
fn units_whose_service_manager_cannot_be_reached_are_not_reported_as_removed() {
    let sandbox = configured();
    let preview = sandbox
        .run(&["schedule", "install", "--for", "systemd", "--dry-run"])
        .expect(0)
        .stdout();
    let unit = preview.lines().next().unwrap().trim_start_matches("# ");
    fs::create_dir_all(Path::new(unit).parent().unwrap()).unwrap();
    fs::write(unit, "[Service]\n").unwrap();

    let refused = sandbox.run(&["schedule", "remove"]).expect(78).stderr();

    assert!(
        refused.contains("could not reach systemd for this user"),
        "{refused}"
    );
    assert!(fs::exists(unit).unwrap());
}

/// A service manager for a user. systemd only starts if the machine seems to have been booted with it, so it gets a
/// folder in a mount namespace of its own that says so.
struct Manager {
    child: Child,
    runtime: Sandbox,
}

impl Manager {
    /// `None` where it does not start, which is usual in a container.
    fn start(home: &Sandbox) -> Option<Self> {
        if !is_root() || !has_program("unshare") || !fs::exists("/lib/systemd/systemd").unwrap() {
            return None;
        }
        let runtime = Sandbox::new();
        let script = "mount --make-rprivate / && mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && \
                      mkdir /run/systemd/system && exec /lib/systemd/systemd --user";
        let child = Command::new("unshare")
            .args(["-m", "sh", "-c", script])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", home.path(""))
            .env("XDG_RUNTIME_DIR", runtime.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let manager = Self { child, runtime };
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if manager.systemctl(home, &["show-environment"]).code() == 0 {
                return Some(manager);
            }
            thread::sleep(Duration::from_millis(100));
        }
        skipped("no service manager of a user starts here");
        None
    }

    fn systemctl(&self, home: &Sandbox, arguments: &[&str]) -> Finished {
        let output = Command::new("systemctl")
            .arg("--user")
            .args(arguments)
            .env("HOME", home.path(""))
            .env("XDG_RUNTIME_DIR", self.runtime.path(""))
            .output()
            .unwrap();
        Finished(output)
    }

    fn count_timers(&self, home: &Sandbox) -> usize {
        let listed = self.systemctl(home, &["list-timers", "--all", "--no-legend"]);
        listed.stdout().lines().count()
    }

    fn run(&self, sandbox: &Sandbox, program: &Path, arguments: &[&str]) -> Finished {
        let output = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", sandbox.path(""))
            .env("XDG_RUNTIME_DIR", self.runtime.path(""))
            .output()
            .unwrap();
        Finished(output)
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        signal(&self.child, "TERM");
        let end = Instant::now() + Duration::from_secs(5);
        while self.child.try_wait().unwrap().is_none() && Instant::now() < end {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs three of the jobs with this id to their ends.
fn start_jobs(manager: &Manager, home: &Sandbox, id: &str) {
    for job in ["factions", "backup", "health"] {
        let unit = format!("tornsnap-{id}-{job}.service");
        let started = manager.systemctl(home, &["start", &unit]);
        let status = manager.systemctl(home, &["status", "--no-pager", &unit]);
        assert_eq!(started.code(), 0, "{}{}", started.stderr(), status.stdout());
    }
}

fn copy_program_to_awkward_folder(sandbox: &Sandbox) -> PathBuf {
    fs::create_dir(sandbox.path("bin $x 5% y")).unwrap();
    let program = sandbox.path("bin $x 5% y/tornsnap");
    copy_program(&program);
    program
}

/// The jobs in this folder have fetched the factions and made a backup.
fn assert_jobs_ran(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("tornsnap.db")).unwrap();
    let runs = "SELECT count(*) FROM fetch_runs WHERE kind = 'factions' AND status = 'ok'";
    assert_eq!(rows(&database, runs), ["1"]);
    assert!(fs::exists(folder.join("backups")).unwrap());
}

#[test]
fn a_real_service_manager_runs_the_jobs_with_awkward_names() {
    let torn = Torn::new();
    let sandbox = &torn.sandbox;
    let Some(manager) = Manager::start(sandbox) else {
        return;
    };
    torn.simulator
        .set_date(tornsnap::testing::sim::DateHeader::Real);
    let config = move_to_awkward_folder(sandbox);
    let program = copy_program_to_awkward_folder(sandbox);
    let schedule = |action: &str, more: &[&str]| {
        let arguments = [
            &["schedule", action, "--config", config.to_str().unwrap()],
            more,
        ]
        .concat();
        manager.run(sandbox, &program, &arguments)
    };
    let units = sandbox.path(".config/systemd/user");

    let installed = schedule("install", &[]).expect(0).stderr();
    assert!(
        installed.contains("installed 5 jobs in systemd"),
        "{installed}"
    );
    assert!(installed.contains("loginctl enable-linger"), "{installed}");
    assert_eq!(manager.count_timers(sandbox), 5);
    assert!(
        schedule("install", &[])
            .expect(0)
            .stderr()
            .contains("already installed: 5 jobs")
    );
    let report = schedule("show", &["--json"]).expect(0).json();
    let shown = &report["schedulers"][0];
    assert_eq!(shown["scheduler"], "systemd");
    assert_eq!(shown["installed"], "yes");

    let id = shown["id"].as_str().unwrap();
    start_jobs(&manager, sandbox, id);
    assert_jobs_ran(config.parent().unwrap());

    // A job that is turned off goes away.
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}[schedule]\nwars = \"off\"\n")).unwrap();
    schedule("install", &[]).expect(0);
    assert_eq!(manager.count_timers(sandbox), 4);
    assert!(!fs::exists(units.join(format!("tornsnap-{id}-wars.service"))).unwrap());

    assert!(
        schedule("remove", &[])
            .expect(0)
            .stderr()
            .contains("removed the jobs from systemd")
    );
    assert_eq!(manager.count_timers(sandbox), 0);
    let rest: Vec<_> = fs::read_dir(&units).unwrap().collect();
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
fn an_installation_that_fails_leaves_nothing_behind() {
    let sandbox = configured();
    let Some(manager) = Manager::start(&sandbox) else {
        return;
    };
    // systemd makes a folder of this name for the timers that it enables.
    let blocker = sandbox.write(".config/systemd/user/timers.target.wants", "");
    let program = Path::new(env!("CARGO_BIN_EXE_tornsnap"));
    let config = sandbox.path("tornsnap.toml");
    let install = || {
        let arguments = ["schedule", "install", "--config", config.to_str().unwrap()];
        manager.run(&sandbox, program, &arguments)
    };

    let refused = install().expect(78).stderr();

    assert!(refused.contains("systemctl --user enable"), "{refused}");
    let rest: Vec<_> = fs::read_dir(blocker.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(rest, std::slice::from_ref(&blocker));
    assert_eq!(manager.count_timers(&sandbox), 0);

    fs::remove_file(blocker).unwrap();
    install().expect(0);
}
