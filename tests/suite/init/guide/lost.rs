//! Questions of `tornsnap init` where the database was lost.

use super::{STEPS, Setting, answer};
use crate::support::CANARY;
use crate::support::pty::ENTER;

const ADVICE: &str = "answer no, and run `tornsnap restore latest`";

/// A folder with a backup of `tornsnap.db`, which is not there.
fn with_a_backup() -> Setting {
    let setting = Setting::new();
    let sandbox = &setting.sandbox;
    sandbox.run(&["demo", "--days", "1"]).expect(0);
    std::fs::rename(
        sandbox.path("tornsnap-demo/backups"),
        sandbox.path("backups"),
    )
    .unwrap();
    setting
}

#[test]
fn before_a_new_database_is_written_the_backup_of_the_lost_one_is_shown() {
    let setting = with_a_backup();
    let mut pty = setting.start(200);

    answer(&mut pty, &STEPS[..STEPS.len() - 1]);
    pty.expect("Write this? [Y/n]");

    let text = pty.text();
    assert!(text.contains(ADVICE), "{text}");
    pty.send("n\r");
}

#[test]
fn an_unchanged_configuration_without_its_database_gets_no_new_one_unasked() {
    let setting = with_a_backup();
    let sandbox = &setting.sandbox;
    sandbox.write("alice.key", CANARY);
    sandbox.write(
        "tornsnap.toml",
        "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\n[track]\nfactions = [9]\n",
    );
    let before = setting.files();
    let mut pty = setting.start(200);

    pty.expect("tornsnap.db (it is missing)");
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(ENTER);
    pty.answer("Write this? [Y/n]", "no");
    pty.answer("Change something first? [Y/n]", "no");
    pty.expect_exit(0);

    let text = pty.text();
    assert!(text.contains(ADVICE), "{text}");
    assert_eq!(setting.files(), before);
}
