//! Followed ids that Torn does not know.

use super::{Check, State, Value, count};
use crate::model::time::{is_far_future, iso};

/// How many ids a message names.
const NAMED: usize = 5;

/// A followed id that Torn did not know when it was last asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MissingId {
    /// "player" or "faction".
    pub(crate) kind: String,
    pub(crate) id: i64,
    /// Its name, if it was ever known.
    pub(crate) name: Option<String>,
    /// The first miss, unix seconds.
    pub(crate) since: i64,
    /// The last miss, unix seconds.
    pub(crate) last_miss: i64,
    /// Whether `[track]` names the id itself; otherwise a roster does.
    pub(crate) is_named: bool,
}

/// Whether followed ids rest because Torn does not know them.
///
/// Between two tries such an id is not fetched, although every run ends well.
pub(crate) fn missing(ids: &[MissingId], now: i64) -> Check {
    // The next fetch asks about the others at once; the check of the clock tells of them.
    let resting: Vec<&MissingId> = ids
        .iter()
        .filter(|id| !is_far_future(id.last_miss, now))
        .collect();
    let value = Value {
        warning: Some(0),
        ..Value::plain(count(resting.len()), "")
    };
    if resting.is_empty() {
        return Check::ok("missing", "Torn knows every id that is followed").with(value);
    }
    let more = match resting.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named: Vec<String> = resting.iter().take(NAMED).map(|id| in_words(id)).collect();
    let remedy = if resting.iter().any(|id| id.is_named) {
        "look the id up on torn.com; if it is wrong or gone, remove it from [track] in the configuration"
    } else {
        "look the id up on torn.com; it is asked for again by itself as long as the roster lists it"
    };
    Check::bad(
        "missing",
        State::Warning,
        format!("Torn has not known {}{more}", named.join(", ")),
        remedy,
    )
    .with(value)
}

fn in_words(id: &MissingId) -> String {
    let name = id
        .name
        .as_ref()
        .map_or_else(String::new, |name| format!(" ({name})"));
    format!("{} {}{name} since {}", id.kind, id.id, iso(id.since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    fn id(number: i64, is_named: bool) -> MissingId {
        MissingId {
            kind: "player".to_owned(),
            id: number,
            name: None,
            since: NOW - 2 * DAY,
            last_miss: NOW - 60,
            is_named,
        }
    }

    #[test]
    fn ids_that_rest_are_named_with_the_day_since_when() {
        let check = missing(&[], NOW);
        assert_eq!((check.state, check.remedy), (State::Ok, None));

        let mut known = id(7, true);
        known.name = Some("Bob".to_owned());
        let check = missing(&[known], NOW);
        assert_eq!(check.state, State::Warning);
        assert_eq!(
            check.message,
            "Torn has not known player 7 (Bob) since 2026-03-30T12:00:00Z"
        );
        assert!(check.remedy.unwrap().contains("[track]"));
    }

    #[test]
    fn five_ids_are_named_and_the_others_counted() {
        let ids: Vec<MissingId> = (1..=7).map(|number| id(number, false)).collect();

        let check = missing(&ids, NOW);

        assert!(
            check.message.contains("player 5 since"),
            "{}",
            check.message
        );
        assert!(!check.message.contains("player 6"), "{}", check.message);
        assert!(check.message.ends_with(" and 2 more"), "{}", check.message);
        assert_eq!(check.value.map(|value| value.number), Some(7));
        assert!(!check.remedy.unwrap().contains("[track]"), "no id is in it");
    }

    #[test]
    fn a_miss_of_the_far_future_counts_as_none() {
        let mut wrong = id(7, true);
        wrong.last_miss = NOW + DAY + 1;

        assert_eq!(missing(&[wrong], NOW).state, State::Ok);
    }
}
