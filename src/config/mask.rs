//! Blots out what may be a secret in the words of an error.

/// Blots out words that look like a key, since a broken line may have one anywhere.
pub(super) fn mask_key_like(text: &str) -> String {
    text.split_inclusive(|character: char| !character.is_ascii_alphanumeric())
        .map(|word| {
            let bare = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
            if looks_like_key(bare) {
                word.replace(bare, "(redacted)")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// Blots out addresses: the parser shows the values that it refuses, and the address of a webhook may stand anywhere.
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

/// Whether a word may be a key: 16 letters and digits, not all of them small letters.
pub(super) fn looks_like_key(word: &str) -> bool {
    word.len() == 16
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && word
            .bytes()
            .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}
