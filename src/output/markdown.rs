//! A table in GitHub's Markdown.
//! <https://github.github.com/gfm/#tables-extension->

use crate::model::rows::Column;
use crate::model::unprintable::is_unprintable;
use crate::output::display::Cell;
use crate::output::sample::Sample;

/// Writes the table. The alignment of a column follows from the first rows.
#[derive(Debug)]
pub(super) struct Markdown {
    names: Vec<String>,
    /// `None` after the header was written.
    sample: Option<Sample>,
}

impl Markdown {
    pub(super) fn new(columns: &[Column]) -> Self {
        Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            sample: Some(Sample::default()),
        }
    }

    pub(super) fn row(&mut self, buffer: &mut Vec<u8>, cells: Vec<Cell>) {
        let Some(sample) = &mut self.sample else {
            return write_row(buffer, &cells);
        };
        sample.push(cells);
        if sample.is_full() {
            self.finish(buffer);
        }
    }

    /// Writes the header and the sample, if that was not done before.
    pub(super) fn finish(&mut self, buffer: &mut Vec<u8>) {
        let Some(sample) = self.sample.take() else {
            return;
        };
        write_line(buffer, self.names.iter().map(|name| escaped(name)));
        write_line(
            buffer,
            (0..self.names.len()).map(|column| {
                let rule = if sample.is_number(column) {
                    "---:"
                } else {
                    "---"
                };
                rule.to_owned()
            }),
        );
        for cells in &sample.rows {
            write_row(buffer, cells);
        }
    }
}

fn write_row(buffer: &mut Vec<u8>, cells: &[Cell]) {
    write_line(buffer, cells.iter().map(|cell| escaped(&cell.text)));
}

fn write_line(buffer: &mut Vec<u8>, cells: impl Iterator<Item = String>) {
    for cell in cells {
        buffer.extend_from_slice(b"| ");
        buffer.extend_from_slice(cell.as_bytes());
        if !cell.is_empty() {
            buffer.push(b' ');
        }
    }
    buffer.extend_from_slice(b"|\n");
}

/// A text that Markdown shows as it is, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' | '\r' => escaped.push_str("<br>"),
            '\t' => escaped.push(' '),
            // Between letters, as in `player_id`, an underscore is no mark-up.
            '_' if is_alphanumeric(before) && is_alphanumeric(rest.peek().copied()) => {
                escaped.push('_');
            }
            '\\' | '|' | '`' | '*' | '_' | '~' | '[' | ']' => escaped.extend(['\\', character]),
            other if is_unprintable(other) => escaped.push('\u{FFFD}'),
            other => escaped.push(other),
        }
        before = Some(character);
    }
    escaped
}

fn is_alphanumeric(character: Option<char>) -> bool {
    character.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_is_shown_as_it_is() {
        for (text, markdown) in [
            ("player_id", "player_id"),
            ("_x_", "\\_x\\_"),
            ("a|b\\c", "a\\|b\\\\c"),
            ("a\r\nb\nc\rd", "a<br>b<br>c<br>d"),
            ("<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"),
            ("*x* ~y~ `z` [a](b)", "\\*x\\* \\~y\\~ \\`z\\` \\[a\\](b)"),
            ("a\u{0}b", "a\u{FFFD}b"),
            ("a\u{202E}b\u{2066}", "a\u{FFFD}b\u{FFFD}"),
        ] {
            assert_eq!(escaped(text), markdown);
        }
    }
}
