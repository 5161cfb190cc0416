//! The characters that a terminal obeys instead of showing.

/// Whether it is a control character, or a mark that changes the direction of the text.
pub(crate) fn is_unprintable(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
