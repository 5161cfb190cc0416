//! Reads a line of text.

use console::Key;

use crate::error::Result;
use crate::output::prompt::keyboard::{Keyboard, columns};
use crate::output::wrap::{text_width, wrap_indented};

/// How a line is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LineStyle {
    Shown,
    /// Shown, and a line break inside a pasted text becomes a blank.
    Pasted,
    /// Not shown.
    Hidden,
}

/// Asks the terminal to mark a pasted text. Terminals without this mode ignore it.
const START_MARKING: &str = "\u{1b}[?2004h";
const STOP_MARKING: &str = "\u{1b}[?2004l";

const CTRL_U: char = '\u{15}';
const CTRL_W: char = '\u{17}';

/// A change of the line, or its end.
enum Edit {
    Add(char),
    RemoveLast,
    RemoveWord,
    RemoveAll,
    Finish,
    Nothing,
}

/// Shows `question`, and reads a line.
pub(super) fn read(keyboard: &Keyboard<'_>, question: &str, style: LineStyle) -> Result<String> {
    let mut rows = wrap_indented(question, columns().saturating_sub(1), 0);
    let label = format!("{} ", rows.pop().unwrap_or_default());
    for row in rows {
        keyboard.print(&format!("{row}\n"));
    }
    keyboard.print(&label);
    let marks_paste = style == LineStyle::Pasted && !console::is_dumb();
    if marks_paste {
        keyboard.print(START_MARKING);
    }
    let text = read_keys(keyboard, &label, style);
    if marks_paste {
        keyboard.print(STOP_MARKING);
    }
    keyboard.print("\n");
    let text = text?;
    if style == LineStyle::Hidden {
        // The second line of a pasted text would be the answer to the next question, and that question shows it.
        while Keyboard::has_more() {
            keyboard.next()?;
        }
    }
    Ok(text)
}

fn read_keys(keyboard: &Keyboard<'_>, label: &str, style: LineStyle) -> Result<String> {
    let mut text = String::new();
    let mut is_pasting = false;
    loop {
        let key = keyboard.next()?;
        if let Some(begins) = paste_mark(keyboard, &key)? {
            is_pasting = begins;
            continue;
        }
        let before = text.clone();
        match edit(&key, style, is_pasting) {
            Edit::Add(character) => text.push(character),
            Edit::RemoveLast => {
                text.pop();
            }
            Edit::RemoveWord => {
                let kept = text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                text.truncate(kept);
            }
            Edit::RemoveAll => text.clear(),
            Edit::Finish => return Ok(text),
            Edit::Nothing => {}
        }
        if style != LineStyle::Hidden {
            redraw(keyboard, label, &before, &text);
        }
    }
}

/// The change that a key makes.
fn edit(key: &Key, style: LineStyle, is_pasting: bool) -> Edit {
    match key {
        Key::Enter if style == LineStyle::Pasted && (is_pasting || Keyboard::has_more()) => {
            Edit::Add(' ')
        }
        Key::Enter => Edit::Finish,
        Key::Tab => Edit::Add(' '),
        Key::Backspace => Edit::RemoveLast,
        Key::Char(CTRL_U) => Edit::RemoveAll,
        Key::Char(CTRL_W) => Edit::RemoveWord,
        Key::Char(character) if !character.is_control() => Edit::Add(*character),
        _ => Edit::Nothing,
    }
}

/// Whether a pasted text begins (`ESC [ 200 ~`) or ends (`ESC [ 201 ~`) here; `None` for other keys.
fn paste_mark(keyboard: &Keyboard<'_>, key: &Key) -> Result<Option<bool>> {
    if !matches!(key, Key::UnknownEscSeq(characters) if characters == &['[', '2', '0']) {
        return Ok(None);
    }
    // `console` returns the first four characters of the mark as one key.
    let digit = keyboard.next()?;
    keyboard.next()?;
    Ok(Some(digit == Key::Char('0')))
}

/// Shows the changed text. Only what follows the unchanged beginning is written, unless something was removed.
fn redraw(keyboard: &Keyboard<'_>, label: &str, before: &str, text: &str) {
    if let Some(added) = text.strip_prefix(before) {
        keyboard.print(added);
        return;
    }
    let used = text_width(label) + text_width(before);
    // A row that is exactly full leaves the cursor in this row.
    let row = used.saturating_sub(1) / columns();
    let up = match row {
        0 => String::new(),
        rows => format!("\u{1b}[{rows}A"),
    };
    keyboard.print(&format!("{up}\r\u{1b}[J{label}{text}"));
}
