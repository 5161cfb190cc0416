//! Keys that `tornsnap init` is told not to use any more, and to use after all.

use std::fs;

use super::change::{WITH_A_DEAD_KEY, with_a_dead_key};
use super::{SECOND, Setting, WRONG};
use crate::support::CANARY;
use crate::support::pty::{DOWN, ENTER, Pty, UP};

/// Chooses the part of this number, which is counted from 0.
fn choose(pty: &mut Pty, part: usize) {
    pty.expect("> nothing");
    pty.send(&format!("{}{ENTER}", DOWN.repeat(part)));
}

const MORE_KEYS: usize = 1;
const FEWER_KEYS: usize = 2;

/// Chooses the part that is the last one while a key is dropped.
fn choose_used_again(pty: &mut Pty) {
    pty.expect("> nothing more");
    pty.send(&format!("{UP}{ENTER}"));
    pty.expect("Use again (Space marks, Enter ends):");
}

/// Types a key that replaces `duke`, and stops using it.
fn with_a_stopped_replacement(setting: &Setting) -> Pty {
    let mut pty = setting.start(80);
    choose(&mut pty, MORE_KEYS);
    pty.answer("API key", SECOND);
    pty.answer(
        "Use it instead of \"duke\", which cannot be used? [Y/n]",
        "",
    );
    pty.answer("Another key? [y/N]", "");
    choose(&mut pty, FEWER_KEYS);
    pty.expect("Stop using (Space marks, Enter ends):");
    pty.send(&format!("{DOWN} {ENTER}"));
    pty.expect("Stop using: the new key of Duke [1]");
    pty
}

#[test]
fn a_stopped_replacement_asks_whether_the_refused_key_goes_too() {
    let setting = with_a_dead_key();
    let mut pty = with_a_stopped_replacement(&setting);

    pty.answer("Stop using \"duke\" too, which cannot be used? [Y/n]", "");
    choose(&mut pty, 0);
    pty.expect("duke: no longer used");
    pty.answer("Write this? [Y/n]", "");
    pty.expect_exit(0);

    let expected = WITH_A_DEAD_KEY.replace(
        "[[key]] # his\nname = \"duke\"\nkey_file = \"duke.key\"\n\n",
        "",
    );
    assert_eq!(setting.config(), expected);
    assert!(!setting.sandbox.path("duke-2.key").exists());
}

#[test]
fn a_refused_key_stays_after_a_stopped_replacement_if_the_user_wants_it() {
    let setting = with_a_dead_key();
    let mut pty = with_a_stopped_replacement(&setting);

    pty.answer("Stop using \"duke\" too, which cannot be used? [Y/n]", "n");
    choose(&mut pty, 0);
    pty.expect_exit(0);

    assert_eq!(setting.config(), WITH_A_DEAD_KEY);
}

#[test]
fn stopped_keys_are_used_again_without_a_restart() {
    let setting = with_a_dead_key();
    let mut pty = setting.start(80);
    choose(&mut pty, FEWER_KEYS);
    pty.expect("Stop using (Space marks, Enter ends):");
    pty.send(&format!(" {DOWN} {ENTER}"));
    pty.expect("Stop using: alice, duke");

    choose_used_again(&mut pty);
    pty.send(&format!(" {DOWN} {ENTER}"));
    pty.expect("Use again: alice, duke");
    choose(&mut pty, 0);
    pty.expect_exit(0);

    assert_eq!(setting.config(), WITH_A_DEAD_KEY);
    assert!(!pty.text().contains("Write this?"), "{}", pty.text());
}

#[test]
fn a_stopped_key_that_is_typed_again_is_the_configured_one() {
    let setting = with_a_dead_key();
    let mut pty = setting.start(80);
    choose(&mut pty, FEWER_KEYS);
    pty.expect("Stop using (Space marks, Enter ends):");
    pty.send(&format!(" {ENTER}"));
    pty.expect("Stop using: alice");

    choose(&mut pty, MORE_KEYS);
    pty.answer("API key", CANARY);
    pty.expect("This key is used again: it is Duke's [1].");
    pty.answer("Another key? [y/N]", "");
    choose(&mut pty, 0);
    pty.expect_exit(0);

    assert_eq!(setting.config(), WITH_A_DEAD_KEY);
}

/// A configuration before and after its first key is dropped.
struct Case {
    name: &'static str,
    before: &'static str,
    after: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "an array of inline tables",
        before: "key = [ # ours\n  # first\n  { name = \"bob\", key_file = \"bob.key\" }, # his\n  # second\n\
                 \x20 { name = \"alice\", key_file = \"alice.key\" }, # mine\n]\n",
        after: "key = [ # ours\n  # first\n  # second\n  { name = \"alice\", key_file = \"alice.key\" }, # mine\n]\n",
    },
    Case {
        name: "tables",
        before: "# ours\n\n# first\n[[key]] # his\nname = \"bob\"\nkey_file = \"bob.key\" # there\n\n# second\n[[key]]\nname = \"alice\" # me\nkey_file = \"alice.key\"\n# the end\n",
        after: "# ours\n\n# first\n\n# second\n[[key]]\nname = \"alice\" # me\nkey_file = \"alice.key\"\n# the end\n",
    },
    Case {
        name: "the last table",
        before: "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n# until here\n\n# his\n[[key]]\nname = \"bob\"\n\
                 key_file = \"bob.key\"\n# the end",
        after: "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n# until here\n\n# his\n\n# the end",
    },
];

#[test]
fn the_comment_lines_around_a_stopped_key_stay() {
    for case in CASES {
        let setting = Setting::new();
        setting.sandbox.write("tornsnap.toml", case.before);
        setting.sandbox.write("alice.key", CANARY);
        setting.sandbox.write("bob.key", WRONG);
        let mut pty = setting.start(100);

        choose(&mut pty, FEWER_KEYS);
        pty.expect("Stop using (Space marks, Enter ends):");
        // A key that cannot be used comes behind the others.
        pty.send(&format!("{DOWN} {ENTER}"));
        pty.expect("Stop using: bob");
        choose(&mut pty, 0);
        pty.answer("Write this? [Y/n]", "");
        pty.expect_exit(0);

        let written = fs::read_to_string(setting.sandbox.path("tornsnap.toml")).unwrap();
        assert_eq!(written, case.after, "{}", case.name);
    }
}
