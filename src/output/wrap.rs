//! Measures texts in terminal columns, and breaks them into lines at blanks.

use unicode_width::UnicodeWidthStr;

/// The number of terminal columns that a text takes.
pub(crate) fn text_width(text: &str) -> usize {
    text.width()
}

/// The width of the longest word.
pub(super) fn longest_word(text: &str) -> usize {
    text.split(' ').map(text_width).max().unwrap_or(0)
}

/// Breaks a text into lines of at most `width` columns, at blanks only. A longer word is a line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<&str> {
    break_lines(text, width, width)
}

/// Breaks each paragraph of a text as [`wrap`] does. The first line of a paragraph keeps the blanks at its beginning, and
/// the others begin with `indent` blanks.
pub(crate) fn wrap_indented(text: &str, width: usize, indent: usize) -> Vec<String> {
    text.split('\n')
        .flat_map(|paragraph| wrap_paragraph(paragraph, width, indent))
        .collect()
}

fn wrap_paragraph(text: &str, width: usize, indent: usize) -> Vec<String> {
    let body = text.trim_start_matches(' ');
    let first = text.len() - body.len();
    let lines = break_lines(
        body,
        width.saturating_sub(first),
        width.saturating_sub(indent),
    );
    let indents = std::iter::once(first).chain(std::iter::repeat(indent));
    indents
        .zip(lines)
        .map(|(blanks, line)| format!("{:blanks$}{line}", ""))
        .collect()
}

/// Breaks a text into lines: the first one has `first` columns, the others have `room`.
fn break_lines(text: &str, first: usize, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut start, mut end, mut position) = (0, 0, 0);
    let mut used = 0;
    let mut free = first;
    for word in text.split(' ') {
        let width = text_width(word);
        let longer = if position == start {
            width
        } else {
            used + 1 + width
        };
        if end > start && longer > free {
            lines.push(text[start..end].trim_end());
            start = position;
            used = width;
            free = room;
        } else {
            used = longer;
        }
        end = position + word.len();
        position = end + 1;
    }
    lines.push(&text[start..]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_at_blanks_only() {
        assert_eq!(
            wrap("in a hospital for 3 hours", 10),
            ["in a", "hospital", "for 3", "hours"]
        );
        assert_eq!(wrap("short", 10), ["short"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(
            wrap("a incomprehensibilities b", 5),
            ["a", "incomprehensibilities", "b"]
        );
        assert_eq!(wrap("猫猫 猫猫", 5), ["猫猫", "猫猫"]);
        assert_eq!(wrap("a  b", 2), ["a", "b"]);
    }

    #[test]
    fn lines_break_at_blanks_and_long_words_stay_whole() {
        assert_eq!(wrap_indented("one two three", 8, 2), ["one two", "  three"]);
        assert_eq!(wrap_indented("  one two", 6, 2), ["  one", "  two"]);
        assert_eq!(
            wrap_indented("a https://x.example b", 5, 0),
            ["a", "https://x.example", "b"]
        );
        assert_eq!(wrap_indented("one\n\ntwo", 80, 0), ["one", "", "two"]);
        assert_eq!(wrap_indented("", 80, 0), [""]);
        assert_eq!(
            wrap_indented("\u{1f98a}\u{1f98a} x", 5, 0),
            ["\u{1f98a}\u{1f98a}", "x"]
        );
    }
}
