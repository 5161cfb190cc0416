//! Replaces possible secrets in error messages.

/// Replaces words that look like a key. A broken line may contain a key anywhere.
pub(super) fn mask_key_like(text: &str) -> String {
    text.split_inclusive(|character: char| !character.is_ascii_alphanumeric())
        .map(|word| {
            let alphanumeric =
                word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
            if looks_like_key(alphanumeric) {
                word.replace(alphanumeric, "(redacted)")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// Replaces URLs. The messages of the parser contain values, and any of them may be the URL of a webhook.
pub(super) fn mask_addresses(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        masked.push_str(&rest[..at]);
        masked.push_str("://(redacted)");
        rest = &rest[at + 3..];
        let end = rest
            .find(|character: char| {
                character.is_whitespace() || matches!(character, '"' | '\'' | '`')
            })
            .unwrap_or(rest.len());
        rest = &rest[end..];
    }
    masked + rest
}

/// Whether a word may be a key: 16 ASCII letters and digits, not all of them lower-case letters.
pub(super) fn looks_like_key(word: &str) -> bool {
    word.len() == 16
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && word
            .bytes()
            .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}
