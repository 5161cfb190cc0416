//! The checks of the API keys, and of the pause that Torn asked this address to keep.

use super::{Check, Metric, State};
use crate::model::key_refusal::{BLOCK_HELP, KeyRefusal};
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
    /// Whether it may read its owner's battle stats; `None`: not known.
    pub(crate) reads_battle_stats: Option<bool>,
}

/// Critical when no key can be used because Torn refuses it or rejects its owner. A warning when it refuses some, or when keys
/// are paused for more than an hour.
pub(crate) fn keys(keys: &[KeyStatus], now: i64) -> Check {
    let dead: Vec<&KeyStatus> = keys.iter().filter(|key| key.is_dead).collect();
    let metric = Metric::count(dead.len())
        .warn_above(0)
        .critical_at_all_of(keys.len());
    no_usable_key(keys, now)
        .or_else(|| refused_keys(&dead, keys.len()))
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

/// The finding for keys that are all refused, or rest until their owners do something. Waiting does not help.
fn no_usable_key(keys: &[KeyStatus], now: i64) -> Option<Check> {
    let all: Vec<&KeyStatus> = keys.iter().collect();
    let is_resting = keys.iter().any(|key| !key.is_dead);
    let rests_until_cured =
        |key: &KeyStatus| is_paused_for(key, HOUR, now) && refusal(key).is_some();
    let has_none = is_resting && keys.iter().all(|key| key.is_dead || rests_until_cured(key));
    has_none.then(|| {
        let reasons: Vec<String> = all.iter().map(|key| describe_refusal(key)).collect();
        Check::finding(
            "keys",
            State::Critical,
            format!(
                "nothing is collected, because no key can be used: {}",
                reasons.join("; ")
            ),
            remedies(&all),
        )
        .with_subjects(subjects("unusable", &all))
    })
}

fn refusal(key: &KeyStatus) -> Option<KeyRefusal> {
    KeyRefusal::in_failure(key.last_error.as_deref()?)
}

/// The key's name, the reason and what Torn has said.
fn describe_refusal(key: &KeyStatus) -> String {
    let said = key.last_error.as_deref().unwrap_or("Torn refuses it");
    match refusal(key) {
        Some(refusal) => format!("key {}: {} ({said})", key.name, refusal.reason),
        None => format!("key {}: {said}", key.name),
    }
}

/// The remedy for each key, and the command that ends its rest.
fn remedies(keys: &[&KeyStatus]) -> String {
    let remedies: Vec<String> = keys
        .iter()
        .map(|key| {
            let remedy = refusal(key).map_or("replace the key", |refusal| refusal.remedy);
            format!("key {}: {remedy}", key.name)
        })
        .collect();
    let checks = match keys.len() {
        1 => "which checks the key again",
        _ => "which checks the keys again",
    };
    format!(
        "{}; then run `tornsnap init`, {checks}",
        remedies.join("; ")
    )
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
            remedies(&paused),
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
        .filter(|key| key.reads_battle_stats == Some(false))
        .collect();
    if !public.is_empty() {
        message = format!(
            "{message}; no battle stats with {}: Limited access is needed",
            join_names(&public)
        );
    }
    message
}

/// A pause that Torn asked this address to keep.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AddressPause {
    pub(crate) until: i64,
    pub(crate) reason: String,
    /// Whether Torn has blocked the address, and has not only counted too many calls in a minute.
    pub(crate) is_block: bool,
}

/// Warns while no calls may be made from this address.
pub(crate) fn address(paused: Option<&AddressPause>) -> Check {
    let Some(pause) = paused else {
        return Check::ok("address", "Torn answers this address");
    };
    let help = if pause.is_block {
        format!("wait; {BLOCK_HELP}")
    } else {
        "wait; if it happens again, lower requests_per_minute".to_owned()
    };
    Check::finding(
        "address",
        State::Warning,
        format!("no calls before {}: {}", iso(pause.until), pause.reason),
        help.as_str(),
    )
}

/// A configured key that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UnusableKeyFile {
    pub(crate) name: String,
    pub(crate) why: String,
    /// The help of the error.
    pub(crate) remedy: Option<String>,
}

/// A warning when some configured keys cannot be read, critical when none can.
pub(crate) fn key_files(
    configured: usize,
    unreadable: &[UnusableKeyFile],
    repeated: &[String],
) -> Check {
    let metric = Metric::count(unreadable.len())
        .warn_above(0)
        .critical_at_all_of(configured);
    if unreadable.is_empty() && !repeated.is_empty() {
        return Check::finding(
            "key_files",
            State::Warning,
            repeated.join("; "),
            "remove one of the two [[key]] tables, or give it a key of another player",
        )
        .with_subjects(repeated)
        .with_metric(metric);
    }
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
        .map(|key| format!("{}: {}", key.name, key.why))
        .collect();
    let mut remedies: Vec<&str> = unreadable
        .iter()
        .filter_map(|key| key.remedy.as_deref())
        .collect();
    remedies.dedup();
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
        remedies.join("; "),
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
            reads_battle_stats: Some(true),
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
            reads_battle_stats: Some(true),
        };

        let check = keys(&[key("alice", Some(DAY)), key("bob", None)], NOW);

        assert_eq!(check.state, State::Warning);
        assert_eq!(
            check.message,
            "1 of 2 keys rest for a day (alice): Torn answered error 18: paused"
        );
    }

    #[test]
    fn keys_that_all_rest_are_critical_with_a_reason_and_a_remedy_for_each() {
        let key = |name: &str, code: u16| KeyStatus {
            name: name.to_owned(),
            is_dead: code == 2,
            paused_until: (code != 2).then_some(NOW + DAY),
            last_error: Some(format!("Torn answered error {code}: x")),
            reads_battle_stats: Some(true),
        };

        for code in [1, 10, 13, 18] {
            let check = keys(&[key("k", code)], NOW);
            assert_eq!(check.state, State::Critical, "{code}");
        }
        let check = keys(&[key("k", 13), key("m", 2)], NOW);
        assert_eq!(check.state, State::Critical);
        assert_eq!(
            check.message,
            "nothing is collected, because no key can be used: key k: the key's owner has been offline for more than 7 \
             days (Torn answered error 13: x); key m: Torn does not know the key (Torn answered error 2: x)"
        );
        assert_eq!(
            check.help.as_deref(),
            Some(
                "key k: log in to Torn; key m: copy the key again from https://www.torn.com/preferences.php#tab=api; \
                 then run `tornsnap init`, which checks the keys again"
            )
        );
        assert_eq!(
            keys(&[key("k", 14)], NOW).state,
            State::Warning,
            "it ends by itself"
        );
    }

    #[test]
    fn keys_that_cannot_be_read_are_named_and_all_of_them_is_critical() {
        let missing = |name: &str| {
            let why = format!("{name}.key: there is no such file");
            UnusableKeyFile {
                name: name.to_owned(),
                why,
                remedy: Some("put the key on its first line".to_owned()),
            }
        };

        assert_eq!(key_files(0, &[], &[]).state, State::Ok);
        assert_eq!(key_files(2, &[], &[]).state, State::Ok);
        let some = key_files(3, &[missing("alice"), missing("bob")], &[]);
        assert_eq!(some.state, State::Warning);
        assert_eq!(
            some.message,
            "2 of 3 configured keys cannot be read: alice: alice.key: there is no such file; \
             bob: bob.key: there is no such file"
        );
        assert_eq!(
            key_files(1, &[missing("alice")], &[]).state,
            State::Critical
        );
    }
}
