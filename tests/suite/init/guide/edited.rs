//! Texts that are edited before Enter, and what is then on the screen.

use super::{STEPS, Setting, answer};
use crate::support::screen::Screen;

const LEFT: &str = "\u{1b}[D";
const RIGHT: &str = "\u{1b}[C";
const HOME: &str = "\u{1b}[H";
const END: &str = "\u{1b}[F";
const DELETE: &str = "\u{1b}[3~";
const BACKSPACE: &str = "\u{7f}";

#[test]
fn a_text_is_edited_with_the_arrow_keys_and_home_end_and_delete() {
    let setting = Setting::new();
    // The question and the answer fill more than one row.
    let mut pty = setting.start(30);
    let (before, after) = STEPS.split_at(STEPS.len() - 2);
    answer(&mut pty, before);

    let long = "a-database-with-a-very-long-name";
    let typed =
        format!("Xb.d{LEFT}{LEFT}{LEFT}{BACKSPACE}{END}bb{LEFT}{DELETE}{HOME}{RIGHT}{LEFT}{long}");
    pty.answer(after[0].question, &typed);
    answer(&mut pty, &after[1..]);
    pty.expect_exit(0);

    let name = format!("{long}b.db");
    assert!(setting.sandbox.path(&name).exists(), "{}", pty.text());
}

/// The question about the database file: its last row at terminals of up to 43 columns.
fn label(setting: &Setting) -> String {
    format!("[{}]: ", setting.sandbox.path("tornsnap.db").display())
}

/// Answers that question with these keys. Returns what is on the screen behind it at the end.
fn shown_after(setting: &Setting, typed: &str, columns: u16) -> String {
    let mut pty = setting.start(columns);
    let (before, after) = STEPS.split_at(STEPS.len() - 2);
    answer(&mut pty, before);
    pty.answer(after[0].question, typed);
    answer(&mut pty, &after[1..]);
    pty.expect_exit(0);
    let screen = Screen::after(&pty.raw(), columns).left().concat();
    let (_, shown) = screen.split_once("tornsnap.db]:").unwrap();
    assert!(!shown.contains("tornsnap.db]:"), "asked once: {screen}");
    shown.trim_start().to_owned()
}

#[test]
fn a_text_over_two_rows_that_is_edited_in_the_first_stays_on_the_screen() {
    const TYPED: &str = "a-database-with-a-name-over-two-rows.db";
    const EDITED: &str = "my-a-database-with-a-name-over-two-rows.db";
    let setting = Setting::new();

    let shown = shown_after(&setting, &format!("{TYPED}{HOME}my-"), 40);

    assert!(shown.starts_with(EDITED), "{shown}");
    assert!(setting.sandbox.path(EDITED).exists());
}

#[test]
fn a_text_that_fills_a_row_exactly_is_edited_where_it_is() {
    let setting = Setting::new();
    let columns = 40;
    let rest = columns - label(&setting).len() % columns;
    let typed = "a".repeat(rest + columns);
    let edited = format!("bc{}", "a".repeat(rest + columns - 1));

    // The cursor goes to the end of the full row, and back.
    let keys = format!("{typed}{HOME}{DELETE}b{END}{HOME}{RIGHT}c");
    let shown = shown_after(&setting, &keys, 40);

    assert!(shown.starts_with(&edited), "{shown}");
    assert!(setting.sandbox.path(&edited).exists());
}

#[test]
fn wide_characters_that_do_not_fit_at_the_end_of_a_row_are_edited_where_they_are() {
    let setting = Setting::new();
    // The columns are odd, so a row of wide characters has an empty column at its end. The last one begins a row.
    let columns = 31;
    let rest = (columns - label(&setting).len() % columns) % columns;
    let typed = "\u{6f22}".repeat(rest / 2 + 3 * (columns / 2) + 1);
    let edited = format!("b{typed}");

    let shown = shown_after(&setting, &format!("{typed}{HOME}b"), 31);

    assert!(shown.starts_with(&edited), "{shown}");
    assert!(setting.sandbox.path(&edited).exists());
}
