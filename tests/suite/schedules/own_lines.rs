//! The block in a crontab that the user has edited, and schedules without jobs.

use std::os::unix::fs::chown;

use super::cron::{Crontab, UID, give_away, run_for, set};
use super::other_crons::{DEBIAN, program, run, spool};
use super::{configure, configured, is_root};
use crate::support::Sandbox;

const ALL_OFF: &str = "[schedule]\nwars = \"off\"\nfactions = \"off\"\nplayers = \"off\"\nterritories = \"off\"\n\
                       backup = \"off\"\nhealth = \"off\"\n";

fn install(sandbox: &Sandbox) -> String {
    let finished = run(sandbox, &["schedule", "install", "--for", "cron"]);
    finished.expect(0).stderr()
}

fn installed(sandbox: &Sandbox) -> serde_json::Value {
    let shown = run(sandbox, &["schedule", "show", "--for", "cron", "--json"]);
    shown.expect(0).json()["schedulers"][0]["installed"].clone()
}

#[test]
fn an_indented_block_is_replaced_and_not_added_a_second_time() {
    let sandbox = configured();
    DEBIAN.install(&sandbox);
    install(&sandbox);
    let block = spool(&sandbox).unwrap();
    let indented = format!("   {}\n", block.trim_end().replace('\n', "\n   "));
    sandbox.write("spool", &format!("0 5 * * * mine\n{indented}"));
    assert_eq!(installed(&sandbox), "outdated");

    install(&sandbox);

    assert_eq!(spool(&sandbox).unwrap(), format!("0 5 * * * mine\n{block}"));
    assert_eq!(installed(&sandbox), "yes");
    sandbox.write("spool", &indented);
    run(&sandbox, &["schedule", "remove", "--for", "cron"]).expect(0);
    assert_eq!(spool(&sandbox), None);
}

#[test]
fn lines_of_the_user_in_the_block_stay_in_the_crontab() {
    let sandbox = configured();
    DEBIAN.install(&sandbox);
    install(&sandbox);
    let block = spool(&sandbox).unwrap();
    let own = "# mine\n0 6 * * * mine\n";
    let edited = block.replace("# END", &format!("{own}# END"));

    sandbox.write("spool", &edited);
    let preview = run(
        &sandbox,
        &["schedule", "install", "--for", "cron", "--dry-run"],
    )
    .expect(0);
    let said = install(&sandbox);
    assert_eq!(spool(&sandbox).unwrap(), format!("{own}{block}"));
    assert_eq!(preview.stdout(), format!("{own}{block}"));
    for said in [said, preview.stderr()] {
        assert!(
            said.contains("stay in the crontab outside of the block (2)"),
            "{said}"
        );
    }
    let again = install(&sandbox);
    assert!(!again.contains("outside of the block"), "{again}");

    sandbox.write("spool", &edited);
    let removed = run(&sandbox, &["schedule", "remove", "--for", "cron"]).expect(0);
    assert!(removed.stderr().contains("outside of the block (2)"));
    assert_eq!(spool(&sandbox).unwrap(), own);
}

#[test]
fn without_jobs_the_block_is_removed_and_none_is_made() {
    let sandbox = configured();
    DEBIAN.install(&sandbox);
    sandbox.write("spool", "0 5 * * * mine\n");
    install(&sandbox);
    configure(&sandbox, "tornsnap.toml", ALL_OFF);
    assert_eq!(installed(&sandbox), "outdated");

    let preview = run(
        &sandbox,
        &["schedule", "install", "--for", "cron", "--dry-run"],
    );
    assert_eq!(preview.expect(0).stdout(), "0 5 * * * mine\n");
    let said = install(&sandbox);
    assert!(
        said.contains("all jobs are off: removed the old ones"),
        "{said}"
    );
    assert_eq!(spool(&sandbox).unwrap(), "0 5 * * * mine\n");
    assert_eq!(installed(&sandbox), "no");
    let again = install(&sandbox);
    assert!(again.contains("there is nothing to install"), "{again}");
    assert_eq!(spool(&sandbox).unwrap(), "0 5 * * * mine\n");
}

#[test]
fn a_job_that_is_run_by_hand_takes_no_scheduler() {
    let sandbox = configured();
    let refused = sandbox.run(&["schedule", "run", "backup", "--for", "cron"]);
    let stderr = refused.expect(2).stderr();
    assert!(stderr.contains("could not use --for here"), "{stderr}");
}

#[test]
fn root_is_warned_of_jobs_for_the_configuration_of_another_user() {
    if !is_root() {
        return;
    }
    let sandbox = configured();
    DEBIAN.install(&sandbox);
    assert!(!install(&sandbox).contains("you are root"));
    let config = sandbox.path("tornsnap.toml");
    chown(&config, Some(UID), Some(UID)).unwrap();
    let config = config.to_str().unwrap();

    let said = install(&sandbox);

    let how = format!("sudo -u games tornsnap schedule install --config {config}");
    assert!(
        said.contains("run as root") && said.contains(&how),
        "{said}"
    );
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    give_away(&sandbox);
    set(None);
    let said = run_for(&sandbox, "install", config).expect(0).stderr();
    assert!(!said.contains("you are root"), "{said}");
}

#[test]
fn timers_that_do_not_become_active_are_a_failure() {
    let sandbox = configured();
    let units = sandbox.path(".config/systemd/user");
    program(
        &sandbox,
        "systemctl",
        "if [ \"$2\" = is-active ]; then shift 2; for unit; do echo inactive; done; exit 3; fi\nexit 0\n",
    );

    let refused = run(&sandbox, &["schedule", "install", "--for", "systemd"]);

    let stderr = refused.expect(78).stderr();
    assert!(
        stderr.contains("is inactive, so nothing starts its job"),
        "{stderr}"
    );
    let left = std::fs::read_dir(units).unwrap().count();
    assert_eq!(left, 0);
}
