//! The offer of the schedule. The jobs go into a real crontab, that of a system user who has none of his own.

use std::fs;
use std::process::Command;

use super::{STEPS, Setting, answer};
use crate::schedules::cron::{Crontab, UID, give_away, read, run, set};
use crate::schedules::has_program;
use crate::support::pty::{CTRL_C, DOWN, ENTER, Pty};
use crate::support::schema::Schema;
use crate::support::started_by;

const QUESTION: &str = "Install these jobs? [Y/n]";

const LAST: &str = "Write this? [Y/n]";

/// A folder of the user, whose crontab nobody else changes.
struct WithCron {
    _crontab: Crontab,
    setting: Setting,
}

impl WithCron {
    /// `None` where the tests cannot act as the user.
    fn new() -> Option<Self> {
        if !has_program("setpriv") {
            return None;
        }
        let crontab = Crontab::borrow()?;
        let setting = Setting::new();
        give_away(&setting.sandbox);
        Some(Self {
            _crontab: crontab,
            setting,
        })
    }

    /// `init` as the user; with `--json`, its report is in `report.json`.
    fn start(&self, script: &str) -> Pty {
        let mut setpriv = Command::new("setpriv");
        setpriv
            .args([&format!("--reuid={UID}"), &format!("--regid={UID}")])
            .args(["--clear-groups", "sh", "-c", script]);
        let mut init = self.setting.command(&[]);
        init.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        Pty::start(&started_by(setpriv, &init), 100)
    }

    /// Answers the questions up to that about the jobs.
    fn start_and_answer(&self) -> Pty {
        let mut pty = self.start(INIT);
        answer(&mut pty, &STEPS[..STEPS.len() - 1]);
        pty
    }

    /// Whether the jobs are installed, as `schedule show` says.
    fn installed(&self) -> String {
        let shown = run(
            &self.setting.sandbox,
            &["schedule", "show", "--for", "cron", "--json"],
        );
        let shown = shown.expect(0).json();
        shown["schedulers"][0]["installed"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

const INIT: &str = "exec \"$0\" \"$@\"";

#[test]
fn a_yes_installs_the_jobs_after_everything_is_written() {
    let Some(cron) = WithCron::new() else {
        return;
    };
    set(Some(b"0 1 * * * true\n"));
    let before = read();
    let mut pty = cron.start("exec \"$0\" \"$@\" --json >report.json");
    answer(&mut pty, &STEPS[..STEPS.len() - 1]);
    pty.expect("These jobs would be added to the crontab of this user:");
    pty.expect("every 4 minutes: fetch factions");
    pty.expect("every hour: check the health");
    pty.answer(QUESTION, "");
    pty.expect("jobs 6 in the crontab of this user");
    pty.expect(LAST);
    assert_eq!(read(), before);
    assert!(!cron.setting.sandbox.path("tornsnap.toml").exists());

    pty.send(ENTER);
    pty.expect_exit(0);

    let text = pty.text();
    assert!(
        text.contains("ready: tornsnap.db, and 6 jobs in the crontab of this user"),
        "{text}"
    );
    let report = fs::read_to_string(cron.setting.sandbox.path("report.json")).unwrap();
    let report = serde_json::from_str(&report).unwrap();
    Schema::of("init").expect_valid(&report);
    assert_eq!(report["schedule"]["scheduler"], "cron");
    assert_eq!(report["schedule"]["jobs"], 6);
    let copy = report["schedule"]["crontab_before"].as_str().unwrap();
    assert_eq!(fs::read(copy).ok(), before);
    assert_eq!(cron.installed(), "yes");
    let crontab = String::from_utf8(read().unwrap()).unwrap();
    assert!(crontab.starts_with("0 1 * * * true\n"), "{crontab}");
    let config = cron.setting.sandbox.path("tornsnap.toml");
    assert!(
        crontab.contains(&format!("--config '{}'", config.display())),
        "{crontab}"
    );
}

#[test]
fn without_a_yes_to_both_questions_no_job_is_installed() {
    let Some(cron) = WithCron::new() else {
        return;
    };
    for (jobs, last, code) in [("", CTRL_C, 130), ("y", "no\rno\r", 0)] {
        let mut pty = cron.start_and_answer();
        pty.answer(QUESTION, jobs);
        pty.expect(LAST);
        pty.send(last);
        pty.expect_exit(code);
        assert!(pty.text().contains("nothing was written"), "{}", pty.text());
        assert!(cron.setting.files().is_empty(), "{last:?}");
        assert_eq!(read(), None, "{last:?}");
    }
    let mut pty = cron.start_and_answer();
    pty.expect(QUESTION);
    pty.send(CTRL_C);
    pty.expect_exit(130);
    assert!(cron.setting.files().is_empty());

    let mut pty = cron.start_and_answer();
    pty.answer(QUESTION, "n");
    pty.expect("Later, `tornsnap schedule install` installs them.");
    pty.answer(LAST, "");
    pty.expect_exit(0);
    assert!(
        pty.text().contains("then tornsnap schedule install"),
        "{}",
        pty.text()
    );
    assert!(cron.setting.sandbox.database().exists());
    assert_eq!(read(), None);
}

#[test]
fn a_failed_installation_keeps_the_configuration_and_says_how_to_try_again() {
    let Some(cron) = WithCron::new() else {
        return;
    };
    let mut pty = cron.start_and_answer();
    pty.answer(QUESTION, "y");
    pty.expect(LAST);
    let unusable = b"SHELL=/usr/bin/fish\n0 1 * * * true\n";
    set(Some(unusable));
    pty.send(ENTER);
    pty.expect_exit(3);

    let text = pty.text();
    assert!(text.contains("it has SHELL=/usr/bin/fish"), "{text}");
    let remedy = "the configuration and the database are written; run `tornsnap schedule install`";
    assert!(text.contains(remedy), "{text}");
    assert_eq!(read().as_deref(), Some(&unusable[..]));
    assert!(cron.setting.config().contains("factions = [9, 20]"));
    assert!(cron.setting.sandbox.database().exists());

    set(None);
    run(&cron.setting.sandbox, &["schedule", "install"]).expect(0);
    assert_eq!(cron.installed(), "yes");
}

#[test]
fn an_existing_configuration_gets_the_offer_only_without_jobs() {
    let Some(cron) = WithCron::new() else {
        return;
    };
    let mut pty = cron.start_and_answer();
    pty.answer(QUESTION, "");
    pty.answer(LAST, "");
    pty.expect_exit(0);

    let mut pty = cron.start(INIT);
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(ENTER);
    pty.expect_exit(0);
    assert!(!pty.text().contains(QUESTION), "{}", pty.text());

    // Without tiles there is no job for them.
    let mut pty = cron.start(INIT);
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{}{ENTER}", DOWN.repeat(7)));
    pty.expect("Tiles to follow (arrow keys, then Enter):");
    pty.send(&format!("{DOWN}{DOWN}{ENTER}"));
    pty.expect("> nothing more");
    pty.send(ENTER);
    pty.expect("The jobs in the crontab of this user do not match the configuration any more.");
    pty.answer(LAST, "");
    pty.expect_exit(0);
    assert_eq!(cron.installed(), "outdated");

    run(&cron.setting.sandbox, &["schedule", "remove"]).expect(0);
    let before = cron.setting.config();
    let mut pty = cron.start(INIT);
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(ENTER);
    pty.answer(QUESTION, "");
    pty.expect_exit(0);
    assert_eq!(cron.installed(), "yes");
    assert_eq!(cron.setting.config(), before);
}

#[test]
fn without_questions_no_job_is_installed() {
    let Some(cron) = WithCron::new() else {
        return;
    };
    cron.setting
        .sandbox
        .write("alice.key", crate::support::CANARY);
    give_away(&cron.setting.sandbox);
    let mut pty =
        cron.start("exec \"$0\" \"$@\" --non-interactive --key-file alice.key --faction 9");
    pty.expect_exit(0);
    assert!(
        pty.text().contains("then tornsnap schedule install"),
        "{}",
        pty.text()
    );
    assert_eq!(read(), None);
}

#[test]
fn a_machine_without_a_scheduler_gets_no_question() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, STEPS);
    pty.expect_exit(0);
    let text = pty.text();
    assert!(
        text.contains("No jobs can be installed: could not find a scheduler on this machine"),
        "{text}"
    );
    assert!(
        text.contains("`tornsnap schedule install` installs them"),
        "{text}"
    );
    assert!(!text.contains(QUESTION), "{text}");
}
