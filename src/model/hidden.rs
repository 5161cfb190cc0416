//! The words that no message, log or report shows: each key of this process, and words in places where a user may have
//! written a key by mistake.
//!
//! The name of a file or of a `[[key]]` may be the key itself, and a message may contain any such name. So the places that
//! print remove these words, whatever the message is about.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use crate::model::key::looks_like_key;

static WORDS: RwLock<BTreeSet<String>> = RwLock::new(BTreeSet::new());

/// Hides a word from now on.
pub(crate) fn hide(word: &str) {
    let mut words = WORDS.write().unwrap_or_else(PoisonError::into_inner);
    if !words.contains(word) {
        words.insert(word.to_owned());
    }
}

/// Hides the words in a text that look like a key.
pub(crate) fn hide_key_like(text: &str) {
    text.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| looks_like_key(word))
        .for_each(hide);
}

/// The text with `(redacted)` in place of each hidden word.
pub(crate) fn without_hidden(text: &str) -> Cow<'_, str> {
    let words = WORDS.read().unwrap_or_else(PoisonError::into_inner);
    let mut shown = Cow::Borrowed(text);
    for word in words.iter() {
        if shown.contains(word.as_str()) {
            shown = Cow::Owned(shown.replace(word.as_str(), "(redacted)"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_look_like_a_key_are_hidden() {
        hide_key_like("keys/HiddenHidden0001.key, plain words and thirteencharacters");
        hide_key_like("tornsnap-20261031T120000Z.db");

        let shown = without_hidden("HiddenHidden0001 and HiddenHidden0001.key");
        assert_eq!(shown, "(redacted) and (redacted).key");
        let backup = "could not read tornsnap-20261031T120000Z.db, keys/alice.key";
        assert_eq!(without_hidden(backup), backup);
    }
}
