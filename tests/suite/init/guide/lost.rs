//! Questions of `tornsnap init` where the database was lost.

use super::{STEPS, Setting, answer};

#[test]
fn before_a_new_database_is_written_the_backup_of_the_lost_one_is_shown() {
    let setting = Setting::new();
    let sandbox = &setting.sandbox;
    sandbox.run(&["demo", "--days", "1"]).expect(0);
    std::fs::rename(
        sandbox.path("tornsnap-demo/backups"),
        sandbox.path("backups"),
    )
    .unwrap();
    let mut pty = setting.start(200);

    answer(&mut pty, &STEPS[..STEPS.len() - 1]);
    pty.expect("Write this? [Y/n]");

    let text = pty.text();
    assert!(
        text.contains("answer no, and run `tornsnap restore latest`"),
        "{text}"
    );
    pty.send("n\r");
}
