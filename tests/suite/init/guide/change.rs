//! The places of a new configuration, the last question, and an existing configuration.

use std::fs;

use super::{SECOND, STEPS, Setting, WRONG, answer};
use crate::support::CANARY;
use crate::support::pty::{CTRL_C, DOWN, ENTER, Pty, UP};

#[test]
fn the_places_are_checked_before_anything_is_written() {
    let setting = Setting::new();
    setting
        .sandbox
        .write("notes.txt", &"shopping list ".repeat(100));
    let mut pty = setting.start(100);
    answer(&mut pty, &STEPS[..11]);
    pty.answer(
        "Configuration file, with key files beside it [",
        "notes.txt",
    );
    pty.expect("notes.txt is there already");
    pty.answer(
        "Configuration file, with key files beside it [",
        "notes.txt/x.toml",
    );
    pty.expect("notes.txt is not a folder");
    pty.answer(
        "Configuration file, with key files beside it [",
        "new/torn/",
    );
    pty.answer("Database file [", "../../notes.txt");
    pty.expect("not an SQLite database");
    pty.answer("Database file [", ".");
    pty.expect("is a folder");
    pty.answer("Database file [", "data/torn.db");
    pty.answer("Write this? [Y/n]", "");
    pty.expect_exit(0);

    let config = fs::read_to_string(setting.sandbox.path("new/torn/tornsnap.toml")).unwrap();
    assert!(config.contains("database = \"data/torn.db\""), "{config}");
    assert!(setting.sandbox.path("new/torn/duke.key").exists());
    assert!(setting.sandbox.path("new/torn/data/torn.db").exists());
    assert!(pty.text().contains("--config "), "{}", pty.text());
}

#[test]
fn a_no_at_the_end_writes_nothing() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..STEPS.len() - 1]);
    pty.answer("Write this? [Y/n]", "no");
    pty.answer("Change something first? [Y/n]", "no");
    pty.expect_exit(0);
    assert!(
        pty.text().ends_with("nothing was written"),
        "{}",
        pty.text()
    );
    assert!(setting.files().is_empty());
}

#[test]
fn parts_of_an_existing_configuration_are_changed_and_the_rest_stays() {
    let setting = Setting::new();
    let before = "# ours\ndatabase = \"torn.db\" # fast disk\n\n[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\n\
                  [track]\nfactions = [9] # us\n\n[retention]\nkeep_months = 5\n";
    setting.sandbox.write("tornsnap.toml", before);
    setting.sandbox.write("alice.key", CANARY);
    let mut pty = setting.start(80);

    pty.expect("The key \"alice\" is Duke's [1], Limited Access");
    pty.expect("factions Iron Wolves [9]");
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{DOWN}{ENTER}"));
    pty.answer("API key", SECOND);
    pty.answer("Another key? [y/N]", "");
    pty.expect("> nothing more");
    pty.send(&format!("{UP}{UP}{ENTER}"));
    pty.expect("Wars to follow (arrow keys, then Enter):");
    pty.send(&format!("{DOWN}{ENTER}"));
    pty.expect("> nothing more");
    pty.send(ENTER);
    pty.answer("Write this? [Y/n]", "y");
    pty.expect_exit(0);

    let expected = before
        .replace(
            "key_file = \"alice.key\"\n",
            "key_file = \"alice.key\"\n\n[[key]]\nname = \"duke\"\nkey_file = \"duke.key\"\n",
        )
        .replace(
            "factions = [9] # us\n",
            "factions = [9] # us\nwars = \"all\"\n",
        );
    assert_eq!(setting.config(), expected);
    assert!(setting.sandbox.path("torn.db").exists());
    assert!(!setting.sandbox.database().exists());
}

#[test]
fn marked_factions_and_players_are_no_longer_followed() {
    let setting = Setting::new();
    let before = "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\n[track]\nfactions = [9, 20]\nplayers = [3]\n";
    setting.sandbox.write("tornsnap.toml", before);
    setting.sandbox.write("alice.key", CANARY);
    let mut pty = setting.start(60);

    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{}{ENTER}", DOWN.repeat(5)));
    pty.expect("Stop following (Space marks, Enter ends):");
    pty.send(&format!(" {DOWN}{DOWN} {ENTER}"));
    pty.expect("Stop following: Iron Wolves [9], player 3");
    pty.expect("> nothing more");
    pty.send(ENTER);
    pty.answer("Write this? [Y/n]", "");
    pty.expect_exit(0);

    let expected = before
        .replace("[9, 20]", "[20]")
        .replace("players = [3]", "players = []");
    assert_eq!(setting.config(), expected);
}

#[test]
fn names_in_questions_and_menus_cannot_control_the_terminal() {
    let setting = Setting::new();
    setting.simulator.edit(|world| {
        world.pin_faction(9).name = String::from("Iron\u{202E}Wolves\u{1b}[5m");
    });
    let mut pty = setting.start(100);
    answer(&mut pty, &STEPS[..2]);
    pty.answer(
        "You are in Iron\u{FFFD}Wolves\u{FFFD}[5m [9], 2 members. Follow it? [Y/n]",
        "",
    );
    answer(&mut pty, &STEPS[3..]);
    pty.expect_exit(0);
    assert!(!pty.raw().contains('\u{202E}'), "{:?}", pty.raw());
    assert!(!pty.raw().contains("\u{1b}[5m"), "{:?}", pty.raw());

    let mut pty = setting.start(100);
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{}{ENTER}", DOWN.repeat(5)));
    pty.expect("Stop following (Space marks, Enter ends):");
    pty.expect("Iron\u{FFFD}Wolves\u{FFFD}[5m [9]");
    pty.send(CTRL_C);
    pty.expect_exit(130);
    assert!(!pty.raw().contains('\u{202E}'), "{:?}", pty.raw());
}

#[test]
fn a_terminal_that_cannot_move_the_cursor_asks_for_numbers() {
    let setting = Setting::new();
    let before = "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\n[track]\nfactions = [9, 20]\nplayers = [3]\n";
    setting.sandbox.write("tornsnap.toml", before);
    setting.sandbox.write("alice.key", CANARY);
    let mut command = setting.command(&[]);
    command.env("TERM", "dumb");
    let mut pty = Pty::start(&command, 80);

    pty.answer("Number [1]:", "6");
    pty.answer("Numbers, such as 1, 3 (Enter for none):", "4");
    pty.expect("Type a number from 1 to 3.");
    pty.answer("Numbers, such as 1, 3 (Enter for none):", "1, 3");
    pty.answer("Number [1]:", "");
    pty.answer("Write this? [Y/n]", "yes");
    pty.expect_exit(0);

    assert!(setting.config().contains("factions = [20]\nplayers = []\n"));
    assert!(!pty.raw().contains('\u{1b}'), "{:?}", pty.raw());
}

#[test]
fn an_end_while_an_existing_configuration_is_changed_leaves_every_file_as_it_was() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, STEPS);
    pty.expect_exit(0);
    let before = setting.files();
    let mut pty = setting.start(80);
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{DOWN}{ENTER}"));
    pty.answer("API key", SECOND);
    pty.expect("Another key?");
    pty.send(CTRL_C);
    pty.expect_exit(130);
    assert_eq!(setting.files(), before);
}

#[test]
fn a_no_at_the_end_leads_to_the_parts_and_back_without_a_question_twice() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..STEPS.len() - 1]);
    pty.answer("Write this? [Y/n]", "no");
    pty.answer("Change something first? [Y/n]", "");
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{}{ENTER}", DOWN.repeat(5)));
    pty.expect("Stop following (Space marks, Enter ends):");
    pty.send(&format!(" {ENTER}"));
    pty.expect("> nothing more");
    pty.send(ENTER);
    pty.answer("Write this? [Y/n]", "");
    pty.expect_exit(0);

    let config = setting.config();
    assert!(config.contains("factions = [20]\n"), "{config}");
    assert!(config.contains("players = [3]\n"), "{config}");
    assert_eq!(config.matches("[[key]]").count(), 1, "{config}");
    assert!(setting.sandbox.path("duke.key").exists());
}

/// A configuration whose key `bob` is refused by Torn.
pub(super) const WITH_A_DEAD_KEY: &str = "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\n[[key]] # his\nname = \"duke\"\n\
                               key_file = \"duke.key\"\n\n[track]\nfactions = [9]\n";

pub(super) fn with_a_dead_key() -> Setting {
    let setting = Setting::new();
    setting.sandbox.write("tornsnap.toml", WITH_A_DEAD_KEY);
    setting.sandbox.write("alice.key", CANARY);
    setting.sandbox.write("duke.key", WRONG);
    setting
}

#[test]
fn a_new_key_takes_the_place_of_one_that_torn_refuses() {
    let setting = with_a_dead_key();
    let mut pty = setting.start(80);

    pty.expect("Torn does not accept duke");
    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{DOWN}{ENTER}"));
    pty.answer("API key", SECOND);
    pty.answer(
        "Use it instead of \"duke\", which cannot be used? [Y/n]",
        "",
    );
    pty.answer("Another key? [y/N]", "");
    pty.expect("> nothing more");
    pty.send(ENTER);
    pty.expect("duke: Duke's [1], Public Only, in duke-2.key instead of the one before");
    pty.answer("Write this? [Y/n]", "");
    pty.expect_exit(0);

    let expected = WITH_A_DEAD_KEY.replace("\"duke.key\"", "\"duke-2.key\"");
    assert_eq!(setting.config(), expected);
    let states = setting
        .sandbox
        .rows("SELECT name, state FROM api_keys ORDER BY name");
    assert_eq!(states, ["alice|ok", "duke|ok"]);
    let written = fs::read_to_string(setting.sandbox.path("duke-2.key")).unwrap();
    assert_eq!(written.trim(), SECOND);
}

#[test]
fn a_new_key_is_added_if_it_replaces_none_and_the_refused_one_is_shown() {
    let setting = with_a_dead_key();
    let mut pty = setting.start(80);

    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{DOWN}{ENTER}"));
    pty.answer("API key", SECOND);
    pty.answer("which cannot be used? [Y/n]", "n");
    pty.answer("Another key? [y/N]", "");
    pty.expect("> nothing more");
    pty.send(ENTER);
    pty.expect("duke: cannot be used");
    pty.answer("Write this? [Y/n]", "");
    pty.expect_exit(0);

    assert!(
        setting.config().contains("name = \"duke-2\""),
        "{}",
        setting.config()
    );
}

#[test]
fn keys_are_no_longer_used_and_one_must_stay() {
    let setting = with_a_dead_key();
    let mut pty = setting.start(80);

    pty.expect("Change (arrow keys, then Enter):");
    pty.send(&format!("{DOWN}{DOWN}{ENTER}"));
    pty.expect("Stop using (Space marks, Enter ends):");
    pty.send(&format!(" {DOWN} {ENTER}"));
    pty.expect("Stop using: alice, duke");
    pty.expect("> nothing more");
    pty.send(ENTER);
    pty.expect("No key can be used: add one first.");
    pty.expect("> nothing more");
    pty.send(&format!("{DOWN}{ENTER}"));
    pty.answer("API key", "");
    pty.expect("> nothing more");
    pty.send(&format!("{DOWN}{ENTER}"));
    pty.answer("API key", SECOND);
    pty.answer("Another key? [y/N]", "");
    pty.expect("> nothing more");
    pty.send(ENTER);
    pty.answer("Write this? [Y/n]", "");
    pty.expect_exit(0);

    let config = setting.config();
    assert!(!config.contains("alice"), "{config}");
    assert_eq!(config.matches("[[key]]").count(), 1, "{config}");
    assert!(config.contains("key_file = \"duke-2.key\""), "{config}");
}

#[test]
fn the_list_starts_on_the_keys_while_none_can_be_used() {
    let setting = Setting::new();
    let config = "[[key]]\nname = \"duke\"\nkey_file = \"duke.key\"\n\n[track]\nfactions = [9]\n";
    setting.sandbox.write("tornsnap.toml", config);
    setting.sandbox.write("duke.key", WRONG);
    let mut pty = setting.start(80);

    pty.expect("Torn does not accept duke");
    pty.expect("> add or replace a key");
    pty.send(ENTER);
    pty.answer("API key", SECOND);
    pty.answer("which cannot be used? [Y/n]", "");
    pty.answer("Another key? [y/N]", "");
    pty.expect("> nothing more");
}
