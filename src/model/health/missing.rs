//! The check of the followed ids that Torn does not know.

use super::{Check, Metric, State};
use crate::model::time::{is_far_future, iso};

/// How many ids a message names.
const MAX_EXAMPLES: usize = 5;

/// A followed id that was unknown to Torn when it was last fetched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MissingId {
    /// "player", "faction" or "tile".
    pub(crate) kind: String,
    pub(crate) id: String,
    /// The last known name.
    pub(crate) name: Option<String>,
    /// Unix seconds of the first miss.
    pub(crate) since: i64,
    /// Unix seconds of the last miss.
    pub(crate) last_miss: i64,
    /// Whether `[track]` names the id; otherwise a roster lists it.
    pub(crate) is_named: bool,
}

/// Warns about followed ids that Torn does not know.
///
/// `fetch` requests an unknown id less and less often, and the runs in between succeed without it.
pub(crate) fn missing(ids: &[MissingId], now: i64) -> Check {
    // A miss dated in the future does not delay the next fetch; the check of the clock reports it.
    let missing: Vec<&MissingId> = ids
        .iter()
        .filter(|id| !is_far_future(id.last_miss, now))
        .collect();
    let metric = Metric::count(missing.len()).warn_above(0);
    if missing.is_empty() {
        return Check::ok("missing", "Torn knows every id that is followed").with_metric(metric);
    }
    let more = match missing.len().saturating_sub(MAX_EXAMPLES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let examples: Vec<String> = missing
        .iter()
        .take(MAX_EXAMPLES)
        .map(|id| describe(id))
        .collect();
    let help = if missing.iter().any(|id| id.is_named) {
        "look the id up on torn.com; if it is wrong or gone, remove it from [track] in the configuration"
    } else {
        "look the id up on torn.com; it is fetched again from time to time while the roster lists it"
    };
    Check::finding(
        "missing",
        State::Warning,
        format!("Torn has not known {}{more}", examples.join(", ")),
        help,
    )
    .with_metric(metric)
}

fn describe(id: &MissingId) -> String {
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
            id: number.to_string(),
            name: None,
            since: NOW - 2 * DAY,
            last_miss: NOW - 60,
            is_named,
        }
    }

    #[test]
    fn an_unknown_id_is_named_with_its_first_miss() {
        let check = missing(&[], NOW);
        assert_eq!((check.state, check.help), (State::Ok, None));

        let mut known = id(7, true);
        known.name = Some("Bob".to_owned());
        let check = missing(&[known], NOW);
        assert_eq!(check.state, State::Warning);
        assert_eq!(
            check.message,
            "Torn has not known player 7 (Bob) since 2026-03-30T12:00:00Z"
        );
        assert!(check.help.unwrap().contains("[track]"));
    }

    #[test]
    fn the_message_names_five_ids_and_counts_the_others() {
        let ids: Vec<MissingId> = (1..=7).map(|number| id(number, false)).collect();

        let check = missing(&ids, NOW);

        assert!(
            check.message.contains("player 5 since"),
            "{}",
            check.message
        );
        assert!(!check.message.contains("player 6"), "{}", check.message);
        assert!(check.message.ends_with(" and 2 more"), "{}", check.message);
        assert_eq!(check.metric.map(|metric| metric.number), Some(7));
        assert!(!check.help.unwrap().contains("[track]"), "no id is in it");
    }

    #[test]
    fn a_miss_dated_in_the_future_is_ignored() {
        let mut wrong = id(7, true);
        wrong.last_miss = NOW + DAY + 1;

        assert_eq!(missing(&[wrong], NOW).state, State::Ok);
    }
}
