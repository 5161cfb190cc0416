//! The words that no message, log or report shows: each key of this process, and words in places where a user may have
//! written a key by mistake.
//!
//! The name of a file or of a `[[key]]` may be the key itself, and a message may contain any such name. So the places that
//! print remove these words, whatever the message is about.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

static WORDS: RwLock<BTreeSet<String>> = RwLock::new(BTreeSet::new());

/// Hides a word from now on.
pub(crate) fn hide(word: &str) {
    let mut words = WORDS.write().unwrap_or_else(PoisonError::into_inner);
    if !words.contains(word) {
        words.insert(word.to_owned());
    }
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
