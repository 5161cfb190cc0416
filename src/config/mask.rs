//! Replaces possible secrets in error messages.

use std::path::{Path, PathBuf};

pub(super) use crate::model::key::mask_key_like;
use crate::model::key::{has_key_format, hide_key_like};

/// Replaces URLs. The messages of the parser contain values, and any of them may be the URL of a webhook. Addresses of
/// torn.com stay, because people paste them in place of ids.
pub(super) fn mask_addresses(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        masked.push_str(&rest[..at]);
        rest = &rest[at + 3..];
        let end = rest
            .find(|character: char| {
                character.is_whitespace() || matches!(character, '"' | '\'' | '`')
            })
            .unwrap_or(rest.len());
        let address = &rest[..end];
        let shown = if is_page_of_torn(address) {
            address
        } else {
            "(redacted)"
        };
        masked.push_str("://");
        masked.push_str(shown);
        rest = &rest[end..];
    }
    masked + rest
}

/// Whether an address without its scheme is one of torn.com, without anything that may be a key.
fn is_page_of_torn(address: &str) -> bool {
    let host = address.split(['/', '?', '#']).next().unwrap_or_default();
    let mut words = address.split(|character: char| !character.is_ascii_alphanumeric());
    (host == "torn.com" || host.ends_with(".torn.com"))
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        && !address.to_ascii_lowercase().contains("key")
        && !words.any(has_key_format)
}

/// A path for messages, without a key that was written in place of the name of a file. Messages that show the path itself
/// hide such a key from then on; a name with an ending is none.
pub(super) fn mask_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let masked = mask_key_like(&name);
    if masked == name || path.exists() {
        return path.to_owned();
    }
    if !name.contains('.') {
        hide_key_like(&name);
    }
    path.with_file_name(masked)
}

/// The words in the names of fields whose values are secrets, or may be.
const SECRET_WORDS: [&str; 6] = ["key", "url", "webhook", "secret", "token", "password"];

/// The longest line that an error shows, in characters.
const LONGEST_LINE: usize = 120;

/// A line of the configuration for an error message, without what may be secret: the values of the fields for keys and
/// addresses, addresses anywhere, and words that look like a key. It is empty if nothing is left to show.
pub(super) fn mask_line(line: &str) -> String {
    let line = line.trim();
    let lower = line.to_ascii_lowercase();
    let name_end = line.find('=').unwrap_or(line.len());
    let is_secret = SECRET_WORDS.iter().any(|word| lower.contains(word))
        // A broken line, or one in the middle of a text: it may be a part of anything.
        || !line.starts_with(|first: char| first.is_ascii_alphabetic() || "[]#".contains(first));
    let shown = match is_secret {
        true if name_end == line.len() && !line.starts_with('[') => return String::new(),
        true if name_end < line.len() => format!("{} = (not shown)", line[..name_end].trim_end()),
        _ => line.to_owned(),
    };
    let masked = mask_key_like(&mask_addresses(&shown));
    let visible = masked.chars().filter(|character| !character.is_control());
    let short: String = visible.clone().take(LONGEST_LINE).collect();
    if visible.count() > LONGEST_LINE {
        return format!("{short}…");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_without_secrets() {
        for (line, shown) in [
            ("  keep_months = 0 # two ", "keep_months = 0 # two"),
            ("[api", "[api"),
            ("[[key]]", "[[key]]"),
            ("key = \"short\"", "key = (not shown)"),
            ("key_file = \"alice.key\"", "key_file = (not shown)"),
            ("ping_url = \"canary/1\"", "ping_url = (not shown)"),
            (
                "health = { ping_url = \"canary/1\" }",
                "health = (not shown)",
            ),
            (
                "format = \"https://canary/1\"",
                "format = \"https://(redacted)\"",
            ),
            (
                "factions = [\"https://www.torn.com/factions.php?step=profile&ID=9\"]",
                "factions = [\"https://www.torn.com/factions.php?step=profile&ID=9\"]",
            ),
            (
                "players = [\"https://torn.com/abcdefghijklmnop\"]",
                "players = [\"https://(redacted)\"]",
            ),
            (
                "players = [\"https://canary@www.torn.com/1\", \"https://nottorn.com/1\"]",
                "players = [\"https://(redacted)\", \"https://(redacted)\"]",
            ),
            ("name = \"AbCdEfGh12345678\"", "name = \"(redacted)\""),
            ("AbCdEfGh12345678 = \"alice\"", "(redacted) = \"alice\""),
            ("secret-part\"", ""),
            ("\"canary\" = 1", "\"canary\" = (not shown)"),
        ] {
            assert_eq!(mask_line(line), shown, "{line}");
        }
        assert_eq!(
            mask_line(&format!("a = {}", "x".repeat(500)))
                .chars()
                .count(),
            121
        );
    }
}
