//! The blanks, line breaks and comments between the values of a TOML file.

use toml_edit::RawString;

/// The text for the place behind `before`. A comment extends to the end of its line.
pub(super) fn after_comment(before: &str, text: String) -> String {
    if before.is_empty() || text.starts_with('\n') {
        text
    } else {
        format!("\n{text}")
    }
}

/// The text up to its last line break if there is a comment, else nothing.
pub(super) fn comment_lines(text: &str) -> &str {
    match text.rsplit_once('\n') {
        Some((lines, _)) if lines.contains('#') => lines,
        _ => "",
    }
}

/// The text for the place behind comment lines. Blanks become a new line, so that a value is not in the comment.
pub(super) fn behind_lines(lines: String, text: &str, indent: &str) -> String {
    if lines.is_empty() || text.contains('\n') {
        lines + text
    } else {
        format!("{lines}\n{indent}")
    }
}

pub(super) fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str)
        .unwrap_or_default()
        .to_owned()
}
