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

/// Breaks a text into lines of at most `width` columns, at blanks only, and between backticks only where a line has no room for
/// all that they quote. A longer word is a line of its own.
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
    let (beginning, rest) = lines.split_first().unwrap_or((&body, &[]));
    // Blanks between columns are not the beginning of a line.
    let rest = rest.iter().map(|line| line.trim_start_matches(' '));
    std::iter::once(format!("{:first$}{beginning}", ""))
        .chain(rest.map(|line| format!("{:indent$}{line}", "")))
        .collect()
}

/// Breaks each line of a message that is wider than `width`. The rest of such a line is indented by two more blanks than its
/// beginning.
pub(crate) fn wrap_message(text: &str, width: usize) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            if text_width(line) <= width {
                return line.to_owned();
            }
            let blanks = line.len() - line.trim_start_matches(' ').len();
            // A deeply indented line of a column has its rest further left, where there is more room.
            let indent = if blanks < width / 2 { blanks + 2 } else { 2 };
            wrap_paragraph(line, width, indent).join("\n")
        })
        .collect();
    lines.join("\n")
}

/// The parts of a text that are not broken: its words. Words in backticks are one part if it has at most `room` columns, because
/// a command is copied as a whole.
fn unbroken_parts(text: &str, room: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(' ').unwrap_or(rest.len());
        let part = quoted_words(rest, end)
            .filter(|quoted| text_width(quoted) <= room)
            .unwrap_or(&rest[..end]);
        parts.push(part);
        match rest[part.len()..].strip_prefix(' ') {
            Some(after) => rest = after,
            None => return parts,
        }
    }
}

/// The beginning of a text up to the blank after the word in which a quotation ends, if its first word, which ends at `end`, begins
/// one in backticks.
fn quoted_words(text: &str, end: usize) -> Option<&str> {
    let begins = text[..end].matches('`').count() % 2 == 1;
    let closing = end + text[end..].find('`').filter(|_| begins)?;
    let end = text[closing..]
        .find(' ')
        .map_or(text.len(), |blank| closing + blank);
    Some(&text[..end])
}

/// Breaks a text into lines: the first one has `first` columns, the others have `room`.
fn break_lines(text: &str, first: usize, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut start, mut end, mut position) = (0, 0, 0);
    let mut used = 0;
    let mut free = first;
    for word in unbroken_parts(text, room) {
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
    fn a_command_in_backticks_that_fits_in_a_line_is_not_broken() {
        for (text, width, lines) in [
            (
                "run `tornsnap import a.db` or not",
                24,
                &["run", "`tornsnap import a.db`", "or not"][..],
            ),
            (
                "(`tornsnap init`, then `x`)",
                18,
                &["(`tornsnap init`,", "then `x`)"],
            ),
            (
                "run `tornsnap import a.db`",
                12,
                &["run", "`tornsnap", "import a.db`"],
            ),
            ("one ` sign alone", 8, &["one `", "sign", "alone"]),
            ("`a b` `c d`", 6, &["`a b`", "`c d`"]),
        ] {
            assert_eq!(wrap(text, width), lines, "{text}");
        }
        assert_eq!(
            wrap_message("  try: run `tornsnap import a.db`", 28),
            "  try: run\n    `tornsnap import a.db`"
        );
    }

    #[test]
    fn the_rest_of_a_long_line_is_indented() {
        assert_eq!(
            wrap_message("one two\nthree four", 8),
            "one two\nthree\n  four"
        );
        assert_eq!(wrap_message("  one two three", 9), "  one two\n    three");
        assert_eq!(
            wrap_message("name      value (why)", 9),
            "name\n  value\n  (why)"
        );
        assert_eq!(
            wrap_message("        far right", 10),
            "        far\n  right"
        );
        assert_eq!(wrap_message("", 10), "");
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
