//! Lets the user choose from a list with the arrow keys.

use console::{Key, measure_text_width};

use crate::error::Result;
use crate::output::prompt::keyboard::Keyboard;
use crate::output::wrap::wrap;

/// A list on the screen. On drop it is removed, and the cursor is shown again.
struct Screen<'a, 'b> {
    keyboard: &'a Keyboard<'b>,
    rows: usize,
}

impl Screen<'_, '_> {
    /// Replaces the list.
    fn show(&mut self, lines: &[String]) {
        self.remove();
        let width = self.keyboard.width();
        for line in lines {
            self.keyboard.print(&format!("{line}\n"));
            self.rows += measure_text_width(line).saturating_sub(1) / width + 1;
        }
    }

    fn remove(&mut self) {
        if self.rows > 0 {
            self.keyboard
                .print(&format!("\u{1b}[{}A\r\u{1b}[J", self.rows));
        }
        self.rows = 0;
    }
}

impl Drop for Screen<'_, '_> {
    fn drop(&mut self) {
        self.remove();
        // Ignore the error: the terminal may be closed.
        let _ = self.keyboard.term.show_cursor();
    }
}

/// Shows the items, and returns the index of the chosen one.
pub(super) fn select(
    keyboard: &Keyboard<'_>,
    question: &str,
    items: &[String],
    default: usize,
) -> Result<usize> {
    let mut chosen = default;
    let mut screen = Screen { keyboard, rows: 0 };
    // Ignore the error: a visible cursor is no harm.
    let _ = keyboard.term.hide_cursor();
    loop {
        screen.show(&lines(keyboard, question, items, chosen));
        match keyboard.next()? {
            Key::ArrowDown | Key::Tab | Key::Char('j') => chosen = (chosen + 1) % items.len(),
            Key::ArrowUp | Key::BackTab | Key::Char('k') => {
                chosen = (chosen + items.len() - 1) % items.len();
            }
            Key::Home => chosen = 0,
            Key::End => chosen = items.len() - 1,
            Key::Char(digit @ '1'..='9') => {
                let index = digit as usize - '1' as usize;
                chosen = if index < items.len() { index } else { chosen };
            }
            Key::Enter => break,
            _ => {}
        }
    }
    drop(screen);
    for line in wrap(
        &format!("{question}: {}", items[chosen]),
        keyboard.width() - 1,
        2,
    ) {
        keyboard.print(&format!("{line}\n"));
    }
    Ok(chosen)
}

fn lines(keyboard: &Keyboard<'_>, question: &str, items: &[String], chosen: usize) -> Vec<String> {
    let width = keyboard.width() - 1;
    let mut lines = wrap(&format!("{question} (arrow keys, then Enter):"), width, 0);
    for (index, item) in items.iter().enumerate() {
        let mark = if index == chosen { "> " } else { "  " };
        lines.extend(wrap(&format!("{mark}{item}"), width, 2));
    }
    lines
}
