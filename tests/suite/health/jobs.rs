//! The installed jobs: a crontab of its own for each test, and a process that is named as cron.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{FOLLOWED, check, message_and_remedy, texts};
use crate::support::programs::{copy_program, write_script};
use crate::support::{Finished, NOW, Sandbox, skipped};
use tornsnap::testing::store::Store;

/// A configuration with a key and a database, and a `crontab` whose text is the file `spool`.
fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("alice.key", "SomeKeyOfAlice01\n");
    sandbox.write(
        "tornsnap.toml",
        &format!("[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n{FOLLOWED}"),
    );
    drop(Store::create(&sandbox.database()).unwrap());
    fs::create_dir_all(sandbox.path("bin")).unwrap();
    let spool = sandbox.path("spool");
    let script = format!(
        "case \"$1\" in\n-l) cat '{0}' 2>/dev/null || {{ echo 'no crontab for '$(id -un) >&2; exit 1; }} ;;\n\
         -r) rm -f '{0}' ;;\n*) cp \"$1\" '{0}' ;;\nesac\n",
        spool.display()
    );
    write_script(&sandbox.path("bin/crontab"), &script);
    copy_program(&sandbox.path("bin/tornsnap"));
    sandbox
}

/// Runs the program with the `crontab` of the sandbox.
fn run(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    Finished(command(sandbox, arguments).output().unwrap())
}

fn command(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(arguments);
    let bin = sandbox.path("bin");
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    command
}

/// Installs the jobs with the copy of the program.
fn install(sandbox: &Sandbox) {
    let install = command(sandbox, &["schedule", "install", "--for", "cron"]);
    let mut copy = Command::new(sandbox.path("bin/tornsnap"));
    copy.args(install.get_args())
        .current_dir(sandbox.path(""))
        .env_clear();
    for (name, value) in install.get_envs() {
        copy.env(name, value.unwrap());
    }
    Finished(copy.output().unwrap()).expect(0);
}

/// The check `schedule`: its state, message and remedy.
fn schedule_check(sandbox: &Sandbox) -> [String; 3] {
    let report = run(sandbox, &["health", "--json"]).json();
    super::assert_valid(&report);
    texts(&report, "schedule", ["state", "message", "try"])
}

/// One test at a time has a process that is named as cron.
static CRON: Mutex<()> = Mutex::new(());

struct RunningCron {
    process: Child,
    _turn: MutexGuard<'static, ()>,
}

fn turn() -> MutexGuard<'static, ()> {
    CRON.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RunningCron {
    fn start(sandbox: &Sandbox) -> Self {
        let turn = turn();
        let path = sandbox.path("crond");
        assert!(
            Command::new("cp")
                .args(["/bin/sleep", path.to_str().unwrap()])
                .status()
                .unwrap()
                .success()
        );
        let process = Command::new(path)
            .arg("100")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            process,
            _turn: turn,
        }
    }
}

impl Drop for RunningCron {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Whether this machine has a cron of its own.
fn has_cron() -> bool {
    fs::read_dir("/proc").unwrap().any(|entry| {
        let stat = fs::read_to_string(entry.unwrap().path().join("comm"));
        stat.is_ok_and(|name| name.contains("cron") && name.trim() != "crontab")
    })
}

#[test]
fn without_jobs_nothing_says_that_a_run_is_due() {
    let sandbox = machine();

    let [state, message, _] = schedule_check(&sandbox);

    assert_eq!(state, "ok");
    assert_eq!(
        message,
        "no jobs are installed for this configuration; `tornsnap schedule install` installs them"
    );
    let made_at: i64 = sandbox.value("SELECT min(applied_at) FROM schema_version");
    let (_, remedy) = message_and_remedy(&sandbox, made_at + 60, "age_factions");
    assert!(!remedy.contains("scheduled run"), "{remedy}");
    assert!(remedy.contains("`tornsnap schedule install`"), "{remedy}");
    let checked = run(&sandbox, &["config", "check"]);
    assert!(
        checked.stdout().contains("no jobs are installed"),
        "{}",
        checked.stdout()
    );
}

#[test]
fn installed_jobs_with_a_running_cron_are_well() {
    let sandbox = machine();
    let _cron = RunningCron::start(&sandbox);
    install(&sandbox);

    let [state, message, _] = schedule_check(&sandbox);

    assert_eq!(
        (state.as_str(), message.as_str()),
        ("ok", "the jobs are installed in the crontab of this user")
    );
    // The program of the tests has another path than the one in the jobs, which works as well.
    let shown = run(&sandbox, &["schedule", "show"]).expect(0);
    assert!(
        !shown.stderr().contains("cron is not running"),
        "{}",
        shown.stderr()
    );
    // Another path to the configuration names the same jobs.
    std::os::unix::fs::symlink("tornsnap.toml", sandbox.path("link.toml")).unwrap();
    let by_link = run(&sandbox, &["--config", "link.toml", "health", "--json"]).json();
    assert_eq!(
        check(&by_link, "schedule").unwrap()["state"],
        "ok",
        "{by_link:#}"
    );
    let config = fs::read_to_string(sandbox.path("tornsnap.toml")).unwrap();
    sandbox.write(
        "tornsnap.toml",
        &format!("{config}[schedule]\nfactions = \"10m\"\n"),
    );
    let [state, message, remedy] = schedule_check(&sandbox);
    assert_eq!(state, "warning");
    assert!(
        message.contains("do not match the configuration"),
        "{message}"
    );
    assert!(remedy.contains("tornsnap schedule install"), "{remedy}");
}

#[test]
fn a_cron_that_does_not_run_is_reported_wherever_jobs_are() {
    let sandbox = machine();
    let _turn = turn();
    if has_cron() {
        skipped("cron runs on this machine");
        return;
    }
    let installed = run(&sandbox, &["schedule", "install", "--for", "cron"]).expect(0);
    let says = |text: &str| assert!(text.contains("cron is not running"), "{text}");
    says(&installed.stderr());

    let [state, message, remedy] = schedule_check(&sandbox);
    assert_eq!(state, "warning");
    says(&message);
    assert!(remedy.contains("cron"), "{remedy}");
    says(
        &run(&sandbox, &["schedule", "show", "--for", "cron"])
            .expect(0)
            .stderr(),
    );
    let checked = run(&sandbox, &["config", "check"]).expect(0);
    says(&checked.stdout());
    assert!(checked.stdout().contains("warning"), "{}", checked.stdout());
}

#[test]
fn jobs_whose_program_is_gone_are_a_warning() {
    let sandbox = machine();
    let _cron = RunningCron::start(&sandbox);
    install(&sandbox);
    let gone = sandbox.real_folder().join("bin/tornsnap");
    fs::remove_file(&gone).unwrap();

    let [state, message, remedy] = schedule_check(&sandbox);

    assert_eq!(state, "warning");
    assert!(
        message.contains(&format!("{}, which is not there", gone.display())),
        "{message}"
    );
    assert!(remedy.contains("tornsnap schedule install"), "{remedy}");
    run(&sandbox, &["config", "check"])
        .expect(0)
        .stdout()
        .find("is not there")
        .unwrap();
    let shown = run(&sandbox, &["schedule", "show", "--for", "cron"]).expect(0);
    assert!(
        shown.stderr().contains("is not there"),
        "{}",
        shown.stderr()
    );
}

#[test]
fn a_block_without_its_end_is_a_warning_that_says_so() {
    let sandbox = machine();
    install(&sandbox);
    let text = fs::read_to_string(sandbox.path("spool")).unwrap();
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("# END"))
        .collect();
    fs::write(sandbox.path("spool"), without.join("\n") + "\n").unwrap();

    let [state, message, remedy] = schedule_check(&sandbox);

    assert_eq!(state, "warning");
    assert!(message.contains("has no END line"), "{message}");
    assert!(!message.contains("BEGIN and END lines"), "{message}");
    assert!(remedy.contains("crontab -e"), "{remedy}");
    let shown = run(&sandbox, &["schedule", "show", "--for", "cron"])
        .expect(0)
        .stdout();
    let line = shown
        .lines()
        .find(|line| line.contains("Installed in"))
        .unwrap()
        .to_owned();
    assert!(
        line.contains("unknown: line 1") && line.contains("has no END line"),
        "{line}"
    );
}

#[test]
fn a_scheduler_that_does_not_answer_does_not_block() {
    let sandbox = machine();
    write_script(&sandbox.path("bin/crontab"), "exec sleep 100\n");
    let start = Instant::now();

    let [state, message, _] = schedule_check(&sandbox);

    assert_eq!(state, "ok");
    assert!(message.contains("did not answer"), "{message}");
    assert!(
        start.elapsed() < Duration::from_secs(40),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_timer_that_is_not_active_is_a_warning_and_a_manager_that_does_not_answer_is_not() {
    let sandbox = machine();
    let id = {
        let shown = run(
            &sandbox,
            &["schedule", "show", "--for", "systemd", "--json"],
        )
        .expect(0)
        .json();
        for file in shown["schedulers"][0]["files"].as_array().unwrap() {
            let path = std::path::PathBuf::from(file["path"].as_str().unwrap());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, file["text"].as_str().unwrap()).unwrap();
        }
        shown["schedulers"][0]["id"].as_str().unwrap().to_owned()
    };
    write_script(
        &sandbox.path("bin/systemctl"),
        "echo 'Failed to connect to bus' >&2; exit 1\n",
    );
    let [state, message, _] = schedule_check(&sandbox);
    assert_eq!(
        (state.as_str(), message.as_str()),
        (
            "ok",
            "the jobs are installed in systemd, as units of this user"
        )
    );

    write_script(
        &sandbox.path("bin/systemctl"),
        "[ \"$2\" = is-active ] || exit 1\nshift 2\nfor unit; do case $unit in *factions*) echo inactive;; *) echo active;; esac; done; exit 3\n",
    );
    let [state, message, _] = schedule_check(&sandbox);
    assert_eq!(state, "warning");
    assert!(
        message.contains(&format!("tornsnap-{id}-factions.timer")),
        "{message}"
    );
    assert!(sandbox.run_at(NOW, &["health"]).code() != 0);
}
