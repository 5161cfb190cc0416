//! Reads ids of players and factions from a text that a user typed or pasted.

use crate::model::digits::{is_digits, parse_digits};
use crate::model::id::{FactionId, PlayerId};
use crate::model::key::has_key_format;

/// An id in the text.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum PastedId {
    /// The text does not say whose id it is.
    Number(i64),
    /// The id in the address of a faction's page.
    Faction(FactionId),
    /// The id in the address of a player's page.
    Player(PlayerId),
}

/// The ids in a text, and why other words are none.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct PastedIds {
    /// Each id once, in the order of the text.
    pub(crate) ids: Vec<PastedId>,
    /// One message for each word that is no id.
    pub(crate) refused: Vec<String>,
}

/// Characters around an id that belong to the text, not to the id.
const AROUND: &[char] = &[
    '[', ']', '(', ')', '<', '>', '{', '}', '"', '\'', '`', '.', ':', '\u{feff}',
];

/// Reads the ids in a text. They are numbers or addresses of Torn's pages, with blanks, commas, semicolons or line breaks
/// between them.
pub(crate) fn parse_ids(text: &str) -> PastedIds {
    let mut parsed = PastedIds::default();
    let is_separator = |character: char| {
        character.is_whitespace() || character.is_control() || ",;|".contains(character)
    };
    for word in text.replace("&amp;", "&").split(is_separator) {
        let word = word.trim_matches(AROUND);
        if word.is_empty() {
            continue;
        }
        match parse_word(word) {
            Ok(id) if parsed.ids.contains(&id) => {}
            Ok(id) => parsed.ids.push(id),
            Err(why) => parsed.refused.push(why),
        }
    }
    parsed
}

/// Reads the id in the address of a faction's or a player's page; `None` if the text is no address.
pub(crate) fn parse_address(text: &str) -> Option<Result<PastedId, String>> {
    let text = text.replace("&amp;", "&");
    let word = text.trim().trim_matches(AROUND);
    is_address(word).then(|| id_in_address(word))
}

fn parse_word(word: &str) -> Result<PastedId, String> {
    if let Some(id) = number(word) {
        return Ok(PastedId::Number(id));
    }
    if is_address(word) {
        return id_in_address(word);
    }
    if is_digits(word) {
        return Err(format!("{word} is no id: ids are whole numbers from 1"));
    }
    if has_key_format(word) {
        return Err(
            "a word of 16 letters and digits looks like an API key and is not shown; it is no id"
                .to_owned(),
        );
    }
    Err(format!(
        "{:?} is neither an id nor an address of a faction's or a player's page",
        shorten(word)
    ))
}

fn number(text: &str) -> Option<i64> {
    parse_digits(text).filter(|id| *id >= 1)
}

fn is_address(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains("://")
        || word.contains(".php")
        || word.starts_with("www.")
        || word.contains("torn.com")
}

/// Reads an address such as `https://www.torn.com/factions.php?step=profile&ID=9001`.
fn id_in_address(address: &str) -> Result<PastedId, String> {
    let shown = shorten(address);
    let (host, rest) = split_host(address);
    if let Some(host) = host
        && host != "torn.com"
        && !host.ends_with(".torn.com")
    {
        return Err(format!("{shown} is not an address of torn.com"));
    }
    let page = rest.split(['?', '#']).next().unwrap_or_default();
    let page = page.trim_matches('/').to_ascii_lowercase();
    let query = rest
        .split('#')
        .next()
        .and_then(|before| before.split_once('?'))
        .map_or("", |(_, query)| query);
    let found = match page.as_str() {
        "factions.php" => {
            parameter(query, "ID").map(|id| FactionId::new(id).map(PastedId::Faction))
        }
        "profiles.php" => parameter(query, "XID").map(|id| PlayerId::new(id).map(PastedId::Player)),
        _ => None,
    };
    match found {
        Some(Ok(id)) => Ok(id),
        _ if page == "factions.php" => Err(format!(
            "{shown} has no faction id: your own faction's page has none in its address. Type the id, or open the \
             faction from a member's profile and copy that address"
        )),
        _ if page == "profiles.php" => Err(format!("{shown} has no player id (XID=…)")),
        _ => Err(format!(
            "{shown} is not the page of a faction (factions.php?step=profile&ID=…) or a player (profiles.php?XID=…)"
        )),
    }
}

/// Splits an address into the host, in lower case, and the rest. An address such as `factions.php?ID=1` has no host.
fn split_host(address: &str) -> (Option<String>, &str) {
    let (has_scheme, rest) = match address.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, address),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].to_ascii_lowercase();
    if has_scheme || host == "torn.com" || host.starts_with("www.") || host.ends_with(".torn.com") {
        return (Some(host), &rest[end..]);
    }
    (None, rest)
}

/// A whole number from 1 in a query. The name is compared without case.
fn parameter(query: &str, name: &str) -> Option<i64> {
    query.split('&').find_map(|part| {
        let (found, value) = part.split_once('=')?;
        found
            .eq_ignore_ascii_case(name)
            .then(|| number(value))
            .flatten()
    })
}

/// The beginning of a long word, for a message.
fn shorten(word: &str) -> String {
    const MOST: usize = 60;
    let word: String = word
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    if word.chars().count() <= MOST {
        return word;
    }
    let beginning: String = word.chars().take(MOST).collect();
    format!("{beginning}…")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn faction(id: i64) -> PastedId {
        PastedId::Faction(FactionId::new(id).unwrap())
    }

    fn player(id: i64) -> PastedId {
        PastedId::Player(PlayerId::new(id).unwrap())
    }

    #[test]
    fn ids_and_addresses_are_read_with_any_separator() {
        for (text, ids) in [
            ("", vec![]),
            (" ,; \r\n", vec![]),
            ("9001", vec![PastedId::Number(9001)]),
            (
                "9001 9102,7;8\r\n9001",
                vec![
                    PastedId::Number(9001),
                    PastedId::Number(9102),
                    PastedId::Number(7),
                    PastedId::Number(8),
                ],
            ),
            ("[9001]", vec![PastedId::Number(9001)]),
            ("\u{feff}\"9001\".", vec![PastedId::Number(9001)]),
            (
                "https://www.torn.com/factions.php?step=profile&ID=9001",
                vec![faction(9001)],
            ),
            (
                "https://www.torn.com/factions.php?step=profile&ID=9001#/tab=info",
                vec![faction(9001)],
            ),
            (
                "http://torn.com/factions.php?step=profile&amp;id=9001.",
                vec![faction(9001)],
            ),
            (
                "<https://www.torn.com/profiles.php?XID=2000001>",
                vec![player(2_000_001)],
            ),
            (
                "www.torn.com/profiles.php?xid=2000001#/",
                vec![player(2_000_001)],
            ),
            ("profiles.php?XID=2000001", vec![player(2_000_001)]),
            ("/factions.php?step=profile&ID=1", vec![faction(1)]),
        ] {
            let parsed = parse_ids(text);
            assert_eq!(parsed.ids, ids, "{text:?}");
            assert!(parsed.refused.is_empty(), "{text:?}: {:?}", parsed.refused);
        }
    }

    #[test]
    fn other_words_are_refused_with_the_reason() {
        for (text, why) in [
            (
                "https://www.torn.com/factions.php?step=your#/tab=controls",
                "your own faction's page has none",
            ),
            (
                "https://www.torn.com/factions.php?step=profile&ID=0",
                "has no faction id",
            ),
            ("https://www.torn.com/profiles.php", "has no player id"),
            (
                "https://www.torn.com/index.php",
                "is not the page of a faction",
            ),
            (
                "https://torn.com.evil.example/profiles.php?XID=1",
                "is not an address of torn.com",
            ),
            (
                "https://eviltorn.com/profiles.php?XID=1",
                "is not an address of torn.com",
            ),
            ("0", "ids are whole numbers from 1"),
            ("99999999999999999999", "ids are whole numbers from 1"),
            ("-5", "is neither an id nor an address"),
            ("1.5", "is neither an id nor an address"),
            ("Duke", "\"Duke\" is neither"),
            ("AbCdEfGh12345678", "looks like an API key and is not shown"),
        ] {
            let parsed = parse_ids(text);
            assert!(parsed.ids.is_empty(), "{text}: {:?}", parsed.ids);
            assert!(
                parsed.refused[0].contains(why),
                "{text}: {:?}",
                parsed.refused
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn ids_survive_any_notation_and_separator(
            ids in prop::collection::vec((1_i64..=i64::MAX, 0..5_usize, 0..6_usize), 0..12)
        ) {
            let mut text = String::new();
            let mut expected = Vec::new();
            for (id, notation, separator) in ids {
                let (written, read) = match notation {
                    0 => (id.to_string(), PastedId::Number(id)),
                    1 => (format!("[{id}]"), PastedId::Number(id)),
                    2 => (format!("https://www.torn.com/factions.php?step=profile&ID={id}"), faction(id)),
                    3 => (format!("https://www.torn.com/profiles.php?XID={id}#/"), player(id)),
                    _ => (format!("www.torn.com/profiles.php?a=b&XID={id}"), player(id)),
                };
                text.push_str(&written);
                text.push_str([" ", ",", "; ", "\n", "\r\n", "\t"][separator]);
                if !expected.contains(&read) {
                    expected.push(read);
                }
            }
            prop_assert_eq!(parse_ids(&text), PastedIds { ids: expected, refused: Vec::new() });
        }

        #[test]
        fn any_text_is_parsed_and_no_control_character_is_shown(text in ".{0,200}") {
            let parsed = parse_ids(&text);
            for why in parsed.refused {
                prop_assert!(!why.chars().any(char::is_control), "{:?}", why);
            }
        }
    }
}
