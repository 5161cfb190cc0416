//! Breaks texts into lines at blanks.

use console::measure_text_width;

/// Breaks a text into lines of at most `width` columns. A longer word has a line of its own. The lines after the first of
/// each paragraph begin with `indent` blanks; blanks at the beginning of a paragraph are kept.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    text.split('\n')
        .flat_map(|paragraph| wrap_paragraph(paragraph, width, indent))
        .collect()
}

fn wrap_paragraph(text: &str, width: usize, indent: usize) -> Vec<String> {
    if measure_text_width(text) <= width {
        return vec![text.to_owned()];
    }
    let body = text.trim_start_matches(' ');
    let mut line = " ".repeat(text.len() - body.len());
    let mut lines = Vec::new();
    let mut has_word = false;
    for word in body.split(' ') {
        if has_word && measure_text_width(&line) + 1 + measure_text_width(word) > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            has_word = false;
        }
        if has_word {
            line.push(' ');
        }
        line.push_str(word);
        has_word = true;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three", 8, 2), ["one two", "  three"]);
        assert_eq!(wrap("  one two", 6, 2), ["  one", "  two"]);
        assert_eq!(
            wrap("a https://x.example b", 5, 0),
            ["a", "https://x.example", "b"]
        );
        assert_eq!(wrap("one\n\ntwo", 80, 0), ["one", "", "two"]);
        assert_eq!(wrap("", 80, 0), [""]);
        assert_eq!(
            wrap("\u{1f98a}\u{1f98a} x", 5, 0),
            ["\u{1f98a}\u{1f98a}", "x"]
        );
    }
}
