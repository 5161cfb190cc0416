//! Menus: the arrow keys move, Enter ends.

use console::{Key, truncate_str};

use crate::error::Result;
use crate::output::prompt::keyboard::{Keyboard, columns, rows};
use crate::output::wrap::wrap_indented;

const HIDE_CURSOR: &str = "\u{1b}[?25l";
const SHOW_CURSOR: &str = "\u{1b}[?25h";

/// The rows that a menu leaves free: for its question, and for the line about the items that are not shown.
const OTHER_ROWS: usize = 3;

/// A menu on the screen.
struct Menu<'a> {
    keyboard: &'a Keyboard<'a>,
    heading: String,
    items: &'a [String],
    /// Which items are marked; `None` if one is chosen.
    marked: Option<Vec<bool>>,
    /// The item that the cursor is at.
    position: usize,
    /// The number of rows that are on the screen now.
    drawn: usize,
}

/// Lets the user choose one of the items. Returns its index.
pub(super) fn select(
    keyboard: &Keyboard<'_>,
    question: &str,
    items: &[String],
    default: usize,
) -> Result<usize> {
    let mut menu = Menu {
        keyboard,
        heading: format!("{question} (arrow keys, then Enter):"),
        items,
        marked: None,
        position: default.min(items.len().saturating_sub(1)),
        drawn: 0,
    };
    menu.run()?;
    let chosen = items.get(menu.position).map_or("", String::as_str);
    menu.replace_by(&format!("{question}: {chosen}"));
    Ok(menu.position)
}

/// Lets the user mark some of the items. Returns their indexes.
pub(super) fn select_several(
    keyboard: &Keyboard<'_>,
    question: &str,
    items: &[String],
) -> Result<Vec<usize>> {
    let mut menu = Menu {
        keyboard,
        heading: format!("{question} (Space marks, Enter ends):"),
        items,
        marked: Some(vec![false; items.len()]),
        position: 0,
        drawn: 0,
    };
    menu.run()?;
    let marked = menu.marked.take().unwrap_or_default();
    let indexes: Vec<usize> = (0..items.len()).filter(|&index| marked[index]).collect();
    let names: Vec<&str> = indexes.iter().map(|&index| &*items[index]).collect();
    let shown = match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    menu.replace_by(&format!("{question}: {shown}"));
    Ok(indexes)
}

impl Menu<'_> {
    /// Draws the menu and reads keys until Enter.
    fn run(&mut self) -> Result<()> {
        self.keyboard.print(HIDE_CURSOR);
        let ended = self.read_keys();
        self.keyboard.print(SHOW_CURSOR);
        ended
    }

    fn read_keys(&mut self) -> Result<()> {
        loop {
            self.draw();
            let last = self.items.len().saturating_sub(1);
            match self.keyboard.next()? {
                Key::Enter => return Ok(()),
                Key::ArrowUp | Key::Char('k') => {
                    self.position = self.position.checked_sub(1).unwrap_or(last);
                }
                Key::ArrowDown | Key::Char('j') => {
                    self.position = if self.position >= last {
                        0
                    } else {
                        self.position + 1
                    };
                }
                Key::Home => self.position = 0,
                Key::End => self.position = last,
                Key::Char(' ') => match self.marked.as_mut() {
                    Some(marked) => {
                        if let Some(mark) = marked.get_mut(self.position) {
                            *mark = !*mark;
                        }
                    }
                    None => return Ok(()),
                },
                _ => {}
            }
        }
    }

    /// Draws the question and the items around the cursor, as many as the terminal has room for.
    fn draw(&mut self) {
        let width = columns().saturating_sub(1);
        let mut lines = wrap_indented(&self.heading, width, 0);
        let room = rows().saturating_sub(lines.len() + OTHER_ROWS).max(1);
        let count = self.items.len();
        let first = (self.position + 1).saturating_sub(room);
        let end = (first + room).min(count);
        for index in first..end {
            let pointer = if index == self.position { '>' } else { ' ' };
            let mark = match &self.marked {
                Some(marked) if marked[index] => "[x] ",
                Some(_) => "[ ] ",
                None => "",
            };
            let line = format!("{pointer} {mark}{}", self.items[index]);
            lines.push(truncate_str(&line, width, "…").into_owned());
        }
        if end - first < count {
            lines.push(format!("  ({} to {end} of {count})", first + 1));
        }
        self.replace_by(&lines.join("\n"));
        self.drawn = lines.len();
    }

    /// Prints a text in the place of the menu.
    fn replace_by(&mut self, text: &str) {
        if self.drawn > 0 {
            self.keyboard
                .print(&format!("\u{1b}[{}A\r\u{1b}[J", self.drawn));
        }
        self.drawn = 0;
        self.keyboard.print(&format!("{text}\n"));
    }
}
