//! Texts with several lines that are pasted at a question: no line answers the next question.

use super::{STEPS, Setting, answer};
use crate::support::pty::{ENTER, Pty, UP};

/// The same two lines as terminals send them. The last one marks what is pasted.
const TILES: [&str; 4] = [
    "AAB\rAAC\r",
    "AAB\nAAC\r",
    "AAB\r\nAAC\r",
    "\u{1b}[200~AAB\r\nAAC\r\n\u{1b}[201~\r",
];

/// Answers the questions until the list of tiles.
fn start_and_choose_a_list(setting: &Setting) -> Pty {
    setting.simulator.edit(|world| {
        world.pin_tile("AAB");
        world.pin_tile("AAC");
    });
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..10]);
    pty.expect("Tiles to follow (arrow keys, then Enter):");
    pty.send(&format!("{UP}{ENTER}"));
    pty.expect("Tiles, such as AAB, AAC:");
    pty
}

#[test]
fn tiles_in_several_lines_are_one_list() {
    for pasted in TILES {
        let setting = Setting::new();
        let mut pty = start_and_choose_a_list(&setting);
        pty.send(pasted);
        answer(&mut pty, &STEPS[11..]);
        pty.expect_exit(0);

        let config = setting.config();
        let tiles = "territories = [\"AAB\", \"AAC\"]\n";
        assert!(config.contains(tiles), "{pasted:?}: {config}");
    }
}

#[test]
fn a_path_in_several_lines_is_asked_for_again() {
    for pasted in ["first\rsecond\r", "\u{1b}[200~first\nsecond\u{1b}[201~\r"] {
        let setting = Setting::new();
        let mut pty = setting.start(80);
        answer(&mut pty, &STEPS[..11]);
        for question in [
            "Configuration file, with key files beside it [",
            "Database file [",
        ] {
            pty.expect(question);
            pty.send(pasted);
            pty.expect("That has more than one line.");
            pty.answer(question, "");
        }
        pty.answer("Write this? [Y/n]", "");
        pty.expect_exit(0);

        let files = setting.files();
        assert!(files.contains_key("tornsnap.toml"), "{pasted:?}: {files:?}");
        for name in ["first", "second", "first second"] {
            assert!(!files.contains_key(name), "{pasted:?}: {name}");
        }
    }
}

#[test]
fn lines_that_are_pasted_at_a_yes_or_no_question_do_not_answer_the_next() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..1]);
    pty.expect("Another key? [y/N]");
    pty.send("20\rn\r9\r");
    // Its default is yes, and the second line would have answered it with no.
    answer(&mut pty, &STEPS[2..]);
    pty.expect_exit(0);

    let config = setting.config();
    assert!(config.contains("factions = [9, 20]"), "{config}");
}

#[test]
fn an_id_and_the_address_of_its_page_are_one() {
    let setting = Setting::new();
    let mut pty = setting.start(80);
    answer(&mut pty, &STEPS[..2]);
    pty.answer("Follow it? [Y/n]", "n");
    pty.answer(
        "(Enter for none):",
        "20 https://www.torn.com/factions.php?step=profile&ID=20",
    );
    pty.answer("Follow it? [Y/n]", "");
    pty.answer("(Enter for no more):", "");
    pty.answer(
        "(Enter for none):",
        "https://www.torn.com/profiles.php?XID=3 3",
    );
    pty.answer("Bob [3], level 1. Follow this player? [Y/n]", "");
    assert!(!pty.text().contains("Follow these"), "{}", pty.text());
}
