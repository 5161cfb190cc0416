//! The checks of the API keys, and of the pause that Torn asked this address to keep.

use super::{Check, Metric, State};
use crate::model::size::count;
use crate::model::time::{HOUR, is_far_future, iso};

/// The recorded state of one key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct KeyStatus {
    /// The name in the configuration.
    pub(crate) name: String,
    /// Whether Torn refuses the key permanently.
    pub(crate) is_dead: bool,
    /// The key is not used before this timestamp.
    pub(crate) paused_until: Option<i64>,
    /// Torn's last error for this key.
    pub(crate) last_error: Option<String>,
    /// 1 public, 2 minimal, 3 limited, 4 full, 0 custom; `None`: not known.
    pub(crate) access_level: Option<i64>,
}

/// Critical when Torn refuses every key. A warning when it refuses some, or when keys are paused for more than an hour.
pub(crate) fn keys(keys: &[KeyStatus], now: i64) -> Check {
    let dead: Vec<&KeyStatus> = keys.iter().filter(|key| key.is_dead).collect();
    let metric = Metric::count(dead.len())
        .warn_above(0)
        .critical_at_all_of(keys.len());
    refused_keys(&dead, keys.len())
        .or_else(|| some_keys_paused(keys, now))
        .or_else(|| all_keys_paused(keys, now))
        .unwrap_or_else(|| Check::ok("keys", describe_usable_keys(keys, now)))
        .with_metric(metric)
}

/// Whether the key is paused for longer than `seconds` from now.
///
/// A pause that ends more than a day ahead is ignored, because only a wrong clock can have recorded it.
fn is_paused_for(key: &KeyStatus, seconds: i64, now: i64) -> bool {
    key.paused_until
        .is_some_and(|until| until > now + seconds && !is_far_future(until, now))
}

fn join_names(keys: &[&KeyStatus]) -> String {
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    names.join(", ")
}

fn subjects(what: &str, keys: &[&KeyStatus]) -> Vec<String> {
    keys.iter()
        .map(|key| format!("{what} {}", key.name))
        .collect()
}

fn refused_keys(dead: &[&KeyStatus], all: usize) -> Option<Check> {
    let why = dead
        .first()?
        .last_error
        .as_ref()
        .map_or_else(String::new, |error| format!(": {error}"));
    let names = join_names(dead);
    let (state, message) = if dead.len() == all {
        (
            State::Critical,
            format!("Torn refuses every key ({names}){why}"),
        )
    } else {
        (
            State::Warning,
            format!("Torn refuses {} of {all} keys ({names}){why}", dead.len()),
        )
    };
    let help = "make a new key at torn.com/preferences.php#tab=api and replace the old one with it";
    Some(Check::finding("keys", state, message, help).with_subjects(subjects("refused", dead)))
}

fn some_keys_paused(keys: &[KeyStatus], now: i64) -> Option<Check> {
    let paused: Vec<&KeyStatus> = keys
        .iter()
        .filter(|key| is_paused_for(key, HOUR, now) && key.last_error.is_some())
        .collect();
    let first = paused.first().filter(|_| paused.len() < keys.len())?;
    Some(
        Check::finding(
            "keys",
            State::Warning,
            format!(
                "{} of {} keys rest for a day ({}): {}",
                paused.len(),
                keys.len(),
                join_names(&paused),
                first.last_error.as_deref().unwrap_or_default()
            ),
            "ask the owner of that key whether it is paused, or replace the key",
        )
        .with_subjects(subjects("rests", &paused)),
    )
}

fn all_keys_paused(keys: &[KeyStatus], now: i64) -> Option<Check> {
    let until = keys.iter().filter_map(|key| key.paused_until).min()?;
    keys.iter()
        .all(|key| is_paused_for(key, HOUR, now))
        .then(|| {
            Check::finding(
                "keys",
                State::Warning,
                format!("all keys rest, the first until {}", iso(until)),
                "wait, or add a key of another player",
            )
        })
}

fn describe_usable_keys(keys: &[KeyStatus], now: i64) -> String {
    let mut message = match keys.len() {
        0 => "no key was used yet".to_owned(),
        number => format!("{}, in use", count(number, "key")),
    };
    let paused = keys.iter().filter(|key| is_paused_for(key, 0, now)).count();
    if paused > 0 {
        message = format!("{message}, {paused} of them paused");
    }
    let public: Vec<&KeyStatus> = keys
        .iter()
        .filter(|key| matches!(key.access_level, Some(1 | 2)))
        .collect();
    if !public.is_empty() {
        message = format!(
            "{message}; no battle stats with {}: Limited access is needed",
            join_names(&public)
        );
    }
    message
}

/// Warns while Torn blocks this address. `paused`: the end of the pause and its reason.
pub(crate) fn address(paused: Option<(i64, &str)>) -> Check {
    match paused {
        None => Check::ok("address", "Torn answers this address"),
        Some((until, reason)) => Check::finding(
            "address",
            State::Warning,
            format!("no calls before {}: {reason}", iso(until)),
            "wait; if it happens again, lower requests_per_minute",
        ),
    }
}

/// A warning when some configured keys cannot be read, critical when none can. `unreadable`: name and reason.
pub(crate) fn key_files(configured: usize, unreadable: &[(String, String)]) -> Check {
    let metric = Metric::count(unreadable.len())
        .warn_above(0)
        .critical_at_all_of(configured);
    if unreadable.is_empty() {
        let message = match configured {
            0 => "no key is configured".to_owned(),
            1 => "the configured key can be read".to_owned(),
            number => format!("the {number} configured keys can be read"),
        };
        return Check::ok("key_files", message).with_metric(metric);
    }
    let reasons: Vec<String> = unreadable
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    let state = if unreadable.len() < configured {
        State::Warning
    } else {
        State::Critical
    };
    Check::finding(
        "key_files",
        state,
        format!(
            "{} of {configured} configured keys cannot be read: {}",
            unreadable.len(),
            reasons.join("; ")
        ),
        "put the key on the first line of that file, readable for its owner alone, or remove the key from the configuration",
    )
    .with_metric(metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn the_state_depends_on_how_many_keys_are_usable() {
        let key = |name: &str, is_dead, pause: Option<i64>| KeyStatus {
            name: name.to_owned(),
            is_dead,
            paused_until: pause.map(|seconds| NOW + seconds),
            last_error: None,
            access_level: Some(3),
        };
        let state = |list: &[KeyStatus]| keys(list, NOW).state;

        assert_eq!(state(&[]), State::Ok);
        assert_eq!(state(&[key("a", false, None)]), State::Ok);
        assert_eq!(
            state(&[key("a", true, None), key("b", false, None)]),
            State::Warning
        );
        assert_eq!(state(&[key("a", true, None)]), State::Critical);
        assert_eq!(
            state(&[key("a", false, Some(60))]),
            State::Ok,
            "paused for a minute"
        );
        assert_eq!(state(&[key("a", false, Some(2 * HOUR))]), State::Warning);
        assert_eq!(
            state(&[key("a", false, Some(-60))]),
            State::Ok,
            "the pause is over"
        );
    }

    #[test]
    fn a_key_that_torn_refuses_for_a_day_is_named_with_the_reason() {
        let key = |name: &str, pause: Option<i64>| KeyStatus {
            name: name.to_owned(),
            is_dead: false,
            paused_until: pause.map(|seconds| NOW + seconds),
            last_error: pause.map(|_| "Torn answered error 18: paused".to_owned()),
            access_level: Some(3),
        };

        let check = keys(&[key("alice", Some(DAY)), key("bob", None)], NOW);

        assert_eq!(check.state, State::Warning);
        assert_eq!(
            check.message,
            "1 of 2 keys rest for a day (alice): Torn answered error 18: paused"
        );
    }

    #[test]
    fn keys_that_cannot_be_read_are_named_and_all_of_them_is_critical() {
        let missing = |name: &str| {
            let why = format!("{name}.key: there is no such file");
            (name.to_owned(), why)
        };

        assert_eq!(key_files(0, &[]).state, State::Ok);
        assert_eq!(key_files(2, &[]).state, State::Ok);
        let some = key_files(3, &[missing("alice"), missing("bob")]);
        assert_eq!(some.state, State::Warning);
        assert_eq!(
            some.message,
            "2 of 3 configured keys cannot be read: alice: alice.key: there is no such file; \
             bob: bob.key: there is no such file"
        );
        assert_eq!(key_files(1, &[missing("alice")]).state, State::Critical);
    }
}
