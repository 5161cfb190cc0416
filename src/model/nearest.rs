//! Suggestions for misspelled names.

/// The distance between a known name and the typed one. The order of the fields is the order of their weight.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Distance {
    typing_errors: usize,
    /// Whether the names have only their beginning in common.
    is_beginning: bool,
    length: usize,
}

/// The known name that is most similar to `word`; `None` if none is similar enough.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = 1 + word.chars().count() / 3;
    nearest_within(word, known.into_iter().map(|name| (name, most)))
}

/// The same where each name has the highest number of typing errors with which it counts as similar.
pub(crate) fn nearest_within<'a>(
    word: &str,
    known: impl IntoIterator<Item = (&'a str, usize)>,
) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|(name, most)| (distance(&word, name), name, most))
        .filter(|(distance, _, most)| distance.typing_errors <= *most)
        .min()
        .map(|(_, name, _)| name)
}

/// The number of typing errors between two names. A plural in the place of a singular is none. If one is the beginning of
/// the other, or has only words of the other, they count as one error.
fn distance(word: &str, name: &str) -> Distance {
    let (typed, meant) = (singulars(word), singulars(name));
    let errors = strsim::damerau_levenshtein(word, name).min(strsim::damerau_levenshtein(
        &typed.join("_"),
        &meant.join("_"),
    ));
    let is_long = word.len() >= 3;
    let is_part = is_long && typed.iter().all(|part| meant.contains(part));
    let is_beginning = is_long && (name.starts_with(word) || word.starts_with(name));
    let most = if is_part || is_beginning { 1 } else { errors };
    Distance {
        typing_errors: errors.min(most),
        is_beginning: is_beginning && !is_part && errors > 1,
        length: name.len(),
    }
}

/// The words of a name, each in the singular.
fn singulars(name: &str) -> Vec<String> {
    let words = name.split('_');
    words
        .map(|word| match word.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => word.strip_suffix('s').unwrap_or(word).to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_name_is_found_and_an_unrelated_one_is_not() {
        const KNOWN: [&str; 9] = [
            "players",
            "player_latest",
            "player_gains",
            "player_stats_history",
            "factions",
            "faction_latest",
            "territories",
            "territory_latest",
            "war_latest",
        ];

        for (word, meant) in [
            ("player", Some("players")),
            ("playr_latest", Some("player_latest")),
            ("Player-Latest", Some("player_latest")),
            ("war_latets", Some("war_latest")),
            ("players_latest", Some("player_latest")),
            ("players_latst", Some("player_latest")),
            ("players_gains", Some("player_gains")),
            ("player_gain", Some("player_gains")),
            ("territories_latest", Some("territory_latest")),
            ("player_history", Some("player_stats_history")),
            ("players_all", Some("players")),
            ("faction_lat", Some("faction_latest")),
            ("gains", Some("player_gains")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, KNOWN), meant, "{word}");
        }
    }
}
