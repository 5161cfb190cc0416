//! Asks yes-or-no questions. `dialoguer` has such a dialog, too, but it ignores Ctrl-D.

use console::Key;

use crate::error::Result;
use crate::output::prompt::keyboard::{Keyboard, columns};
use crate::output::wrap::{text_width, wrap_indented};

/// The columns of ` [Y/n] `, and one for the cursor.
const CHOICES_WIDTH: usize = 8;

/// Asks a question. Enter without a choice means `default`.
pub(super) fn ask(keyboard: &Keyboard<'_>, question: &str, default: bool) -> Result<bool> {
    let width = columns().saturating_sub(CHOICES_WIDTH);
    let mut rows = wrap_indented(question, width, 0);
    if rows.last().is_some_and(|row| text_width(row) > width) {
        // The choices get a row of their own, because only the last row is drawn again.
        rows.push(String::new());
    }
    let last = rows.pop().unwrap_or_default();
    for row in rows {
        keyboard.print(&format!("{row}\n"));
    }
    let mut answer = default;
    let mut has_other_text = false;
    let draw = |rest: &str| {
        let gap = if last.is_empty() { "" } else { " " };
        keyboard.print(&format!("{last}{gap}{rest}"));
    };
    let choices = |answer: bool| if answer { "[Y/n] " } else { "[y/N] " };
    draw(choices(answer));
    loop {
        match keyboard.next().inspect_err(|_| keyboard.print("\n"))? {
            Key::Char('y' | 'Y') => answer = true,
            Key::Char('n' | 'N') => answer = false,
            Key::Enter => break,
            // The rest of "yes" or "no".
            Key::Char('e' | 'E' | 's' | 'S' | 'o' | 'O') => continue,
            // A text that was meant for another question. It may have more lines.
            Key::Char(_) => {
                has_other_text = true;
                continue;
            }
            _ => continue,
        }
        keyboard.clear_line();
        draw(choices(answer));
    }
    keyboard.clear_line();
    draw(if answer { "yes\n" } else { "no\n" });
    if has_other_text {
        keyboard.discard_rest()?;
    }
    Ok(answer)
}
