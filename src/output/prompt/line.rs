//! Reads a line of text.

use console::Key;
use unicode_width::UnicodeWidthChar as _;

use crate::error::Result;
use crate::output::prompt::keyboard::{Keyboard, columns};
use crate::output::wrap::wrap_indented;

/// How a line is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LineStyle {
    /// Shown. A line break inside a pasted text is a part of the answer.
    Shown,
    /// Not shown.
    Hidden,
}

/// Asks the terminal to mark a pasted text. Terminals without this mode ignore it.
const START_MARKING: &str = "\u{1b}[?2004h";
const STOP_MARKING: &str = "\u{1b}[?2004l";

/// A line break inside a pasted text. It is shown as a blank.
pub(super) const LINE_BREAK: char = '\n';

const CTRL_U: char = '\u{15}';
const CTRL_W: char = '\u{17}';

/// A change of the line, or its end.
enum Edit {
    Add(char),
    RemoveLast,
    RemoveNext,
    RemoveWord,
    RemoveAll,
    MoveTo(usize),
    Finish,
    Nothing,
}

/// The text that is typed, and the place in it at which the next character goes.
#[derive(Clone, Default)]
struct Line {
    text: Vec<char>,
    cursor: usize,
}

impl Line {
    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Add(character) => {
                self.text.insert(self.cursor, *character);
                self.cursor += 1;
            }
            Edit::RemoveLast => self.remove_from(self.cursor.saturating_sub(1)),
            Edit::RemoveNext => {
                self.text.remove(self.cursor);
            }
            Edit::RemoveWord => {
                let before = &self.text[..self.cursor];
                let end = before
                    .iter()
                    .rposition(|found| !found.is_whitespace())
                    .unwrap_or(0);
                let blank = before[..end]
                    .iter()
                    .rposition(|found| found.is_whitespace());
                self.remove_from(blank.map_or(0, |at| at + 1));
            }
            Edit::RemoveAll => *self = Self::default(),
            Edit::MoveTo(place) => self.cursor = *place,
            // Otherwise, the next output would overwrite the rows after the cursor.
            Edit::Finish => self.cursor = self.text.len(),
            Edit::Nothing => {}
        }
    }

    /// Removes what is between this place and the cursor.
    fn remove_from(&mut self, start: usize) {
        self.text.drain(start..self.cursor);
        self.cursor = start;
    }

    fn before_cursor(&self) -> String {
        shown(&self.text[..self.cursor])
    }

    fn whole(&self) -> String {
        shown(&self.text)
    }
}

/// The text in one line.
fn shown(text: &[char]) -> String {
    let blank = |character: &char| match *character {
        LINE_BREAK => ' ',
        character => character,
    };
    text.iter().map(blank).collect()
}

/// Shows `question`, and reads a line.
pub(super) fn read(keyboard: &Keyboard<'_>, question: &str, style: LineStyle) -> Result<String> {
    let mut rows = wrap_indented(question, columns().saturating_sub(1), 0);
    let label = format!("{} ", rows.pop().unwrap_or_default());
    for row in rows {
        keyboard.print(&format!("{row}\n"));
    }
    keyboard.print(&label);
    let marks_paste = style == LineStyle::Shown && !console::is_dumb();
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
        keyboard.discard_rest()?;
    }
    Ok(text)
}

fn read_keys(keyboard: &Keyboard<'_>, label: &str, style: LineStyle) -> Result<String> {
    let mut line = Line::default();
    let mut is_pasting = false;
    loop {
        let key = keyboard.next()?;
        if let Some(begins) = paste_mark(keyboard, &key)? {
            is_pasting = begins;
            continue;
        }
        let before = line.clone();
        let edit = edit(&key, &line, style, is_pasting);
        let is_finished = matches!(edit, Edit::Finish);
        line.apply(&edit);
        if style != LineStyle::Hidden {
            redraw(keyboard, label, &before, &line);
        }
        if is_finished {
            return Ok(line.text.into_iter().collect());
        }
    }
}

/// The change that a key makes. A line that is not shown has no cursor to move.
fn edit(key: &Key, line: &Line, style: LineStyle, is_pasting: bool) -> Edit {
    let end = line.text.len();
    match key {
        Key::Enter if style == LineStyle::Shown && (is_pasting || Keyboard::has_more()) => {
            Edit::Add(LINE_BREAK)
        }
        Key::Enter => Edit::Finish,
        Key::Tab => Edit::Add(' '),
        Key::Backspace => Edit::RemoveLast,
        Key::Char(CTRL_U) => Edit::RemoveAll,
        Key::Char(CTRL_W) => Edit::RemoveWord,
        Key::Char(character) if !character.is_control() => Edit::Add(*character),
        _ if style == LineStyle::Hidden => Edit::Nothing,
        Key::ArrowLeft => Edit::MoveTo(line.cursor.saturating_sub(1)),
        Key::ArrowRight => Edit::MoveTo(end.min(line.cursor + 1)),
        Key::Home => Edit::MoveTo(0),
        Key::End => Edit::MoveTo(end),
        Key::Del if line.cursor < end => Edit::RemoveNext,
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

/// Shows the changed line. At its end, only what was added is written.
fn redraw(keyboard: &Keyboard<'_>, label: &str, before: &Line, line: &Line) {
    let is_at_end = |line: &Line| line.cursor == line.text.len();
    if let Some(added) = line.text.strip_prefix(&before.text[..])
        && is_at_end(before)
        && is_at_end(line)
    {
        keyboard.print(&shown(added));
        return;
    }
    let start = to_start(label, &before.before_cursor());
    let whole = line.whole();
    let mut drawn = format!("{start}\u{1b}[J{label}{whole}");
    if !is_at_end(line) {
        // Written again, the text before the cursor leaves the cursor behind it.
        let prefix = line.before_cursor();
        drawn.extend([&to_start(label, &whole), label, &prefix]);
    }
    keyboard.print(&drawn);
}

/// The control sequence that moves the cursor from behind this text to the start of the label before it.
fn to_start(label: &str, text: &str) -> String {
    match last_row(&format!("{label}{text}"), columns()) {
        0 => "\r".to_owned(),
        rows => format!("\u{1b}[{rows}A\r"),
    }
}

/// The row, counted from 0, in which a text leaves the cursor. A row that is exactly full leaves the cursor in it, and a wide
/// character for which one column is left goes to the next row.
fn last_row(text: &str, columns: usize) -> usize {
    let (mut row, mut used) = (0, 0);
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if used + width > columns {
            row += 1;
            used = 0;
        }
        used += width;
    }
    row
}
