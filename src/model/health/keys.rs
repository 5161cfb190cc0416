//! Whether Torn answers these keys and this address.

use super::{Check, State, Value, count};
use crate::model::time::{HOUR, is_far_future, iso};

/// One key, as the last run left it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct KeyFact {
    /// As in the configuration.
    pub(crate) name: String,
    /// Torn refuses it for good.
    pub(crate) is_dead: bool,
    /// Rests until then.
    pub(crate) paused_until: Option<i64>,
    /// Torn's last answer about the key.
    pub(crate) last_error: Option<String>,
    /// 1 public, 2 minimal, 3 limited, 4 full, 0 custom; `None`: not known.
    pub(crate) access_level: Option<i64>,
}

/// The keys: all dead is critical, some is a warning, and so is it when all rest for more than an hour.
pub(crate) fn keys(keys: &[KeyFact], now: i64) -> Check {
    let dead: Vec<&KeyFact> = keys.iter().filter(|key| key.is_dead).collect();
    let value = Value {
        warning: Some(0),
        critical: (!keys.is_empty()).then(|| count(keys.len()) - 1),
        ..Value::plain(count(dead.len()), "")
    };
    refused(&dead, keys.len())
        .or_else(|| some_rest_for_a_day(keys, now))
        .or_else(|| all_rest(keys, now))
        .unwrap_or_else(|| Check::ok("keys", in_use(keys, now)))
        .with(value)
}

/// Whether the key rests for longer than `seconds` from now. A pause of more than a day is none: a clock that was ahead
/// has written it.
fn rests(key: &KeyFact, seconds: i64, now: i64) -> bool {
    key.paused_until
        .is_some_and(|until| until > now + seconds && !is_far_future(until, now))
}

fn names(keys: &[&KeyFact]) -> String {
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    names.join(", ")
}

fn subjects(what: &str, keys: &[&KeyFact]) -> Vec<String> {
    keys.iter()
        .map(|key| format!("{what} {}", key.name))
        .collect()
}

fn refused(dead: &[&KeyFact], all: usize) -> Option<Check> {
    let why = dead
        .first()?
        .last_error
        .as_ref()
        .map_or_else(String::new, |error| format!(": {error}"));
    let named = names(dead);
    let (state, message) = if dead.len() == all {
        (
            State::Critical,
            format!("Torn refuses every key ({named}){why}"),
        )
    } else {
        (
            State::Warning,
            format!("Torn refuses {} of {all} keys ({named}){why}", dead.len()),
        )
    };
    let remedy =
        "make a new key at torn.com/preferences.php#tab=api and put it in the place of the old one";
    Some(Check::bad("keys", state, message, remedy).about(subjects("refused", dead)))
}

fn some_rest_for_a_day(keys: &[KeyFact], now: i64) -> Option<Check> {
    let resting: Vec<&KeyFact> = keys
        .iter()
        .filter(|key| rests(key, HOUR, now) && key.last_error.is_some())
        .collect();
    let first = resting.first().filter(|_| resting.len() < keys.len())?;
    Some(
        Check::bad(
            "keys",
            State::Warning,
            format!(
                "{} of {} keys rest for a day ({}): {}",
                resting.len(),
                keys.len(),
                names(&resting),
                first.last_error.as_deref().unwrap_or_default()
            ),
            "see with the owner of that key whether it is paused, or put another in its place",
        )
        .about(subjects("rests", &resting)),
    )
}

fn all_rest(keys: &[KeyFact], now: i64) -> Option<Check> {
    let until = keys.iter().filter_map(|key| key.paused_until).min()?;
    keys.iter().all(|key| rests(key, HOUR, now)).then(|| {
        Check::bad(
            "keys",
            State::Warning,
            format!("all keys rest, the first until {}", iso(until)),
            "wait, or add a key of another player",
        )
    })
}

fn in_use(keys: &[KeyFact], now: i64) -> String {
    let mut message = match keys.len() {
        0 => "no key was used yet".to_owned(),
        1 => "1 key, in use".to_owned(),
        number => format!("{number} keys, in use"),
    };
    let resting = keys.iter().filter(|key| rests(key, 0, now)).count();
    if resting > 0 {
        message = format!("{message}, {resting} of them resting for a while");
    }
    let public: Vec<&KeyFact> = keys
        .iter()
        .filter(|key| matches!(key.access_level, Some(1 | 2)))
        .collect();
    if !public.is_empty() {
        message = format!(
            "{message}; no battle stats with {}, for want of Limited access",
            names(&public)
        );
    }
    message
}

/// Whether Torn makes this address wait.
pub(crate) fn address(paused: Option<(i64, &str)>) -> Check {
    match paused {
        None => Check::ok("address", "Torn answers this address"),
        Some((until, reason)) => Check::bad(
            "address",
            State::Warning,
            format!("no calls before {}: {reason}", iso(until)),
            "wait; if it comes back, lower requests_per_minute",
        ),
    }
}

/// The configured keys that cannot be read, each with the reason: some is a warning, all is critical.
pub(crate) fn key_files(configured: usize, unreadable: &[(String, String)]) -> Check {
    let value = Value {
        warning: Some(0),
        critical: (configured > 0).then(|| count(configured) - 1),
        ..Value::plain(count(unreadable.len()), "")
    };
    if unreadable.is_empty() {
        let message = match configured {
            0 => "no key is configured".to_owned(),
            1 => "the configured key can be read".to_owned(),
            number => format!("the {number} configured keys can be read"),
        };
        return Check::ok("key_files", message).with(value);
    }
    let each: Vec<String> = unreadable
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    let state = if unreadable.len() < configured {
        State::Warning
    } else {
        State::Critical
    };
    Check::bad(
        "key_files",
        state,
        format!(
            "{} of {configured} configured keys cannot be read: {}",
            unreadable.len(),
            each.join("; ")
        ),
        "put the key on the first line of that file, readable for its owner alone, or remove the key from the configuration",
    )
    .with(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn keys_are_judged_by_how_many_are_left() {
        let key = |name: &str, is_dead, pause: Option<i64>| KeyFact {
            name: name.to_owned(),
            is_dead,
            paused_until: pause.map(|seconds| NOW + seconds),
            last_error: None,
            access_level: Some(3),
        };
        let state = |list: &[KeyFact]| keys(list, NOW).state;

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
            "a minute's rest"
        );
        assert_eq!(state(&[key("a", false, Some(2 * HOUR))]), State::Warning);
        assert_eq!(state(&[key("a", false, Some(-60))]), State::Ok, "over");
    }

    #[test]
    fn a_key_that_torn_refuses_for_a_day_is_named_with_the_reason() {
        let key = |name: &str, pause: Option<i64>| KeyFact {
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
        let gone = |name: &str| {
            let why = format!("{name}.key: there is no such file");
            (name.to_owned(), why)
        };

        assert_eq!(key_files(0, &[]).state, State::Ok);
        assert_eq!(key_files(2, &[]).state, State::Ok);
        let some = key_files(3, &[gone("alice"), gone("bob")]);
        assert_eq!(some.state, State::Warning);
        assert_eq!(
            some.message,
            "2 of 3 configured keys cannot be read: alice: alice.key: there is no such file; \
             bob: bob.key: there is no such file"
        );
        assert_eq!(key_files(1, &[gone("alice")]).state, State::Critical);
    }
}
