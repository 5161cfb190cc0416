//! API keys, their owners and what they may read.

use std::fmt;

use crate::model::hidden;
use crate::model::id::PlayerId;
use crate::model::time::is_compact_time;

/// The number of letters and digits in a key.
pub(crate) const KEY_LENGTH: usize = 16;

/// A Torn API key. `Debug` does not show it, and there is no `Display`.
#[derive(Clone, Eq, PartialEq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Accepts 16 ASCII letters and digits. Quotes, blanks and a byte order mark around them are removed. From then on,
    /// no message shows the key.
    ///
    /// # Errors
    ///
    /// The error says how the text differs from a key. It does not contain the text.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = unquoted(text);
        if has_key_format(text) {
            hidden::hide(text);
            return Ok(Self(text.to_owned()));
        }
        Err(describe_error(text))
    }

    /// The key. Use it only for the `Authorization` header and to compare keys.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether a text has the format of a key: 16 ASCII letters and digits.
pub(crate) fn has_key_format(text: &str) -> bool {
    text.len() == KEY_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Replaces words that look like a key. A broken line may contain a key anywhere.
pub(crate) fn mask_key_like(text: &str) -> String {
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

/// Whether a word may be a key: 16 ASCII letters and digits, not all of them lower-case letters. The time in the name of a
/// backup is none.
pub(crate) fn looks_like_key(word: &str) -> bool {
    has_key_format(word)
        && word
            .bytes()
            .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && !is_compact_time(word)
}

/// The words in a text that look like a key.
fn key_like_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| looks_like_key(word))
}

/// Hides the words in a text that look like a key from all messages.
pub(crate) fn hide_key_like(text: &str) {
    key_like_words(text).for_each(hidden::hide);
}

/// Whether a text contains a word that may be a key.
pub(crate) fn contains_key_like(text: &str) -> bool {
    key_like_words(text).next().is_some()
}

/// Removes the quotes, blanks and byte order mark that shells, editors and copying leave around a text.
pub fn unquoted(text: &str) -> &str {
    let is_blank = |character: char| character.is_whitespace() || character == '\u{feff}';
    let mut text = text.trim_matches(is_blank);
    for quote in ['"', '\''] {
        if let Some(inside) = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            text = inside.trim_matches(is_blank);
        }
    }
    text
}

/// Why a text is not a key. The message does not contain the text.
fn describe_error(text: &str) -> String {
    if text.is_empty() {
        return "it is empty".to_owned();
    }
    if text.contains('=') {
        return "it has a `=` in it: write the key alone, without `TORN_API_KEY=` before it"
            .to_owned();
    }
    if text.chars().any(char::is_whitespace) {
        return "it has blanks in it, and a Torn key is one word".to_owned();
    }
    if text.contains([',', ';']) {
        return "it has a comma or semicolon in it: several keys are separated by commas in TORN_API_KEY alone"
            .to_owned();
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return "it has other characters than letters and digits, and a Torn key has none"
            .to_owned();
    }
    format!(
        "it has {} letters and digits, and a Torn key has {KEY_LENGTH}",
        text.len()
    )
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

/// A key and its name, which history rows contain as `data_source`.
#[derive(Clone, Debug)]
pub struct NamedKey {
    pub(crate) name: String,
    /// The key.
    pub key: ApiKey,
}

/// The facts about a key, from `/key/info`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyFacts {
    /// The player that owns the key. Torn's rate limit is per owner.
    pub owner: PlayerId,
    /// Torn's name of the access level, such as "Limited Access".
    pub access: String,
    /// 1 is public, 2 minimal, 3 limited, 4 full, 0 custom.
    pub access_level: i64,
    /// The selections that the key may read.
    pub selections: Selections,
}

/// Selections by category; `None` if the response has no list.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selections {
    /// Of `/user`.
    pub user: Option<Vec<String>>,
    /// Of `/faction`.
    pub faction: Option<Vec<String>>,
    /// Of `/torn`.
    pub torn: Option<Vec<String>>,
}

impl Selections {
    pub(crate) fn of(&self, category: Category) -> Option<&[String]> {
        let list = match category {
            Category::User => &self.user,
            Category::Faction => &self.faction,
            Category::Torn => &self.torn,
        };
        list.as_deref()
    }
}

/// Torn's categories of selections.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Category {
    /// Players.
    User,
    /// Factions, wars and territories.
    Faction,
    /// Facts about the game.
    Torn,
}

impl Category {
    /// As the form for a custom key shows it.
    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Faction => "faction",
            Self::Torn => "torn",
        }
    }
}

/// Whether a key may read something.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Access {
    /// Torn lists it for this key, or gave no list.
    Listed,
    /// Torn does not list it, but the key has a fixed level: the list may be older than the selection.
    Unlisted,
    /// Torn does not list it, and the key is a custom key.
    Denied,
}

impl KeyFacts {
    /// Whether the key may read these selections.
    pub(crate) fn access_to(&self, category: Category, selections: &[&str]) -> Access {
        let is_listed = self.selections.of(category).is_none_or(|listed| {
            selections
                .iter()
                .all(|wanted| listed.iter().any(|listed| listed == wanted))
        });
        if is_listed {
            return Access::Listed;
        }
        match self.access_level {
            0 => Access::Denied,
            _ => Access::Unlisted,
        }
    }

    /// Tells the user what the key reads: `battle_stats` or `public`, and for a custom key what it cannot read.
    pub(crate) fn describe(&self, battle_stats: &str, public: &str) -> String {
        const NEEDED: [(Category, &str, &[&str]); 2] = [
            (Category::User, "players", &["profile"]),
            (Category::Faction, "factions", &["basic", "members"]),
        ];
        let mut parts: Vec<String> = NEEDED
            .into_iter()
            .filter(|(category, _, needed)| self.access_to(*category, needed) == Access::Denied)
            .map(|(category, what, needed)| {
                let listed = self.selections.of(category).unwrap_or_default();
                let missing: Vec<&str> = needed
                    .iter()
                    .filter(|needed| !listed.iter().any(|listed| listed == *needed))
                    .copied()
                    .collect();
                format!(
                    "it cannot read {what}, because it lacks {} of {}",
                    missing.join(" and "),
                    category.name()
                )
            })
            .collect();
        if self.reads_battle_stats() {
            parts.insert(0, battle_stats.to_owned());
        } else if parts.is_empty() {
            parts.push(public.to_owned());
        }
        parts.join("; ")
    }

    /// Whether the key may read its owner's battle stats.
    pub(crate) fn reads_battle_stats(&self) -> bool {
        may_read_battle_stats(self.access_level, self.selections.user.as_deref())
    }
}

/// Whether a key of this level, for which Torn lists these selections of `/user`, may read its owner's battle stats.
pub(crate) fn may_read_battle_stats(access_level: i64, listed: Option<&[String]>) -> bool {
    // Full and limited keys may read them even if the response has no list.
    access_level >= 3
        || listed.is_some_and(|listed| listed.iter().any(|selection| selection == "battlestats"))
}

/// Whether a key can be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyState {
    Ok,
    /// The key is not used before this timestamp (unix seconds).
    Paused(i64),
    /// Torn does not know the key. It is not used until the configuration has another key with this name.
    Dead,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_look_like_a_key_are_hidden() {
        hide_key_like("keys/HiddenHidden0001.key, plain words and thirteencharacters");
        hide_key_like("tornsnap-20261031T120000Z.db");

        let shown = hidden::without_hidden("HiddenHidden0001 and HiddenHidden0001.key");
        assert_eq!(shown, "(redacted) and (redacted).key");
        let backup = "could not read tornsnap-20261031T120000Z.db, keys/alice.key";
        assert_eq!(hidden::without_hidden(backup), backup);
    }

    #[test]
    fn blanks_quotes_and_a_byte_order_mark_around_a_key_are_removed() {
        for text in [
            "AbCdEfGh12345678",
            " \tAbCdEfGh12345678\r\n",
            "\u{feff}AbCdEfGh12345678",
            "\"AbCdEfGh12345678\"",
            "'AbCdEfGh12345678'",
            "\u{feff}\" AbCdEfGh12345678 \"\n",
        ] {
            let key = ApiKey::new(text).map(|key| key.expose().to_owned());
            assert_eq!(key.as_deref(), Ok("AbCdEfGh12345678"), "{text:?}");
        }
    }

    #[test]
    fn anything_but_sixteen_letters_and_digits_is_refused_without_showing_it() {
        for (text, why) in [
            ("", "it is empty"),
            ("\"\"", "it is empty"),
            (
                "AbCdEfGh1234567",
                "it has 15 letters and digits, and a Torn key has 16",
            ),
            ("AbCdEfGh123456789", "it has 17 letters"),
            ("TORN_API_KEY=AbCdEfGh12345678", "it has a `=` in it"),
            (
                "AbCdEfGh12345678;AbCdEfGh12345678",
                "it has a comma or semicolon",
            ),
            ("AbCdEfGh 12345678", "it has blanks"),
            ("AbCdEfGh-1234567", "it has other characters"),
            ("\"AbCdEfGh12345678", "it has other characters"),
            ("AbCdEfGh1234567é", "it has other characters"),
            ("AbCdEfGh1234567\u{0}", "it has other characters"),
        ] {
            let error = ApiKey::new(text).unwrap_err();
            assert!(error.starts_with(why), "{text:?}: {error}");
            assert!(!error.contains("AbCdEfGh"), "{error}");
        }
    }
}
