//! Suggestions for misspelled names.

/// The known name that is most similar to `word`; `None` if none is similar enough.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|name| (distance(&word, name), name.len(), name))
        .min()
        .filter(|&(distance, ..)| distance <= 1 + word.chars().count() / 3)
        .map(|(.., name)| name)
}

/// The number of typing errors between two names. If one is the beginning of the other, they count as one error.
fn distance(word: &str, name: &str) -> usize {
    if word.len() >= 3 && (name.starts_with(word) || word.starts_with(name)) {
        return 1;
    }
    strsim::damerau_levenshtein(word, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_name_is_found_and_an_unrelated_one_is_not() {
        const KNOWN: [&str; 4] = ["players", "player_latest", "factions", "war_latest"];

        for (word, meant) in [
            ("player", Some("players")),
            ("playr_latest", Some("player_latest")),
            ("Player-Latest", Some("player_latest")),
            ("war_latets", Some("war_latest")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, KNOWN), meant, "{word}");
        }
    }
}
