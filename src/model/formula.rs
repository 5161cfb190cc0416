//! Decides which texts a spreadsheet could run as a formula.
//!
//! `export` puts a `'` before such a text, and `import` takes it away. Both ask here, so the text comes back as it was.

/// A formula begins with one of these characters. Some spreadsheets of East Asia accept the full-width ones, too.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
const STARTS: [&str; 11] = [
    "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
];

/// Whether a text needs a `'` before it.
///
/// A text that begins with `'=` needs one, too: without it, an import would take the `'` of the text away.
pub(crate) fn looks_like_formula(text: &[u8]) -> bool {
    let quotes = text.iter().take_while(|&&byte| byte == b'\'').count();
    STARTS
        .iter()
        .any(|start| text[quotes..].starts_with(start.as_bytes()))
}

/// The text without the `'` that [`looks_like_formula`] asked for.
pub(crate) fn without_guard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if looks_like_formula(rest.as_bytes()) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_the_guard_becomes_the_text_again() {
        for (text, is_formula) in [
            ("=1+1", true),
            ("-", true),
            ("\r\n", true),
            ("\u{FF1D}1", true),
            ("\u{FF0B}1", true),
            ("\u{FF0D}1", true),
            ("\u{FF20}x", true),
            ("'=1", true),
            ("''\u{FF1D}", true),
            ("", false),
            ("'", false),
            ("'twas", false),
            ("1-1", false),
            ("\u{FF1C}", false),
        ] {
            assert_eq!(looks_like_formula(text.as_bytes()), is_formula, "{text:?}");
            let exported = if is_formula {
                format!("'{text}")
            } else {
                text.to_owned()
            };
            assert_eq!(without_guard(&exported), text, "{text:?}");
        }
    }
}
