//! Checks the keys of `init` with Torn.

use std::collections::BTreeSet;

use crate::api::error::{ApiError, RetryPolicy};
use crate::command::Outcome;
use crate::command::init::ids::NewIds;
use crate::command::init::report::Report;
use crate::command::lost_database::is_lost;
use crate::command::signal::StopSignal;
use crate::command::torn::{Failure, TornClient, with_address_of_torn};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::key::{KeyFacts, NamedKey};
use crate::model::key_refusal::{COPY_AGAIN, KeyRefusal, MORE_ACCESS};
use crate::model::size::count;
use crate::store::Store;

pub(super) struct CheckedKeys {
    /// The keys that Torn accepts.
    pub(super) keys: Vec<(NamedKey, KeyFacts)>,
    /// One error for each key that Torn refuses.
    refused: Vec<Error>,
    /// When Torn answered about the last key, in unix seconds.
    checked_at: i64,
    /// If there was no database yet: an in-memory one, in which the rate limiter has counted the calls.
    in_memory: Option<Store>,
}

/// Checks each key, then the ids, with Torn, with the retry policies of `fetch`. An existing database is opened, because the rate
/// limiter counts the calls in it. `before` are the settings of the old configuration, whose keys were in use.
///
/// # Errors
///
/// If Torn accepts no key, does not know one of the ids, or cannot be reached.
pub(super) fn check_keys(
    before: &Settings,
    settings: &Settings,
    ids: &NewIds,
    stop: StopSignal,
) -> Result<CheckedKeys> {
    let loaded = settings.load_keys()?;
    loaded.log_unreadable();
    // An empty file stays as it is until the keys are checked: a restore may be what the user needs.
    let is_new = is_lost(&settings.database);
    let store = if is_new {
        Store::in_memory()?
    } else {
        Store::create(&settings.database)?
    };
    let torn = TornClient::new(settings, stop, store)?
        .with_key_warnings_of(names_in_use(before, &loaded.keys))
        .with_shown_waits();
    let mut checked = CheckedKeys {
        keys: Vec::new(),
        refused: Vec::new(),
        checked_at: settings.clock.now(),
        in_memory: None,
    };
    for key in loaded.keys {
        match torn.check_new_key(&key) {
            Ok(facts) => checked.keys.push((key, facts)),
            Err(failure) => {
                let error = check_error(&format!("the key {:?}", key.name), &failure, &torn);
                if error.exit() != Exit::NoKey {
                    return Err(error);
                }
                checked.refused.push(with_place(error, &key.name, settings));
            }
        }
    }
    if checked.keys.is_empty() {
        return Err(checked.refused.swap_remove(0));
    }
    ids.check(&torn)?;
    checked.in_memory = is_new.then(|| torn.into_store());
    Ok(checked)
}

/// Says in the help where the key is read from. A name that looks like a key is hidden, and its place stays unsaid.
fn with_place(error: Error, name: &str, settings: &Settings) -> Error {
    let states = settings.key_states();
    let Some(state) = states.into_iter().find(|state| state.name == name) else {
        return error;
    };
    error.with_more_help(&format!("the key {name:?} is read from {}", state.place))
}

/// The names of the keys that the old configuration has too.
fn names_in_use(before: &Settings, keys: &[NamedKey]) -> BTreeSet<String> {
    // Keys that cannot be read were not in use.
    let old = before
        .load_keys()
        .map_or_else(|_| Vec::new(), |old| old.keys);
    keys.iter()
        .filter(|new| {
            old.iter()
                .any(|old| old.name == new.name && old.key == new.key)
        })
        .map(|key| key.name.clone())
        .collect()
}

impl CheckedKeys {
    /// The keys that were checked during the questions, and the store in which the rate limiter has counted the calls.
    pub(super) fn after_questions(
        keys: Vec<(NamedKey, KeyFacts)>,
        checked_at: i64,
        in_memory: Store,
    ) -> Self {
        Self {
            keys,
            refused: Vec::new(),
            checked_at,
            in_memory: Some(in_memory),
        }
    }

    /// Saves the facts about the keys in the database, and the calls that were counted before there was one.
    pub(super) fn save(&self, store: &mut Store) -> Result<()> {
        for (key, facts) in &self.keys {
            store.save_key_facts(&key.name, &key.key, facts, self.checked_at)?;
        }
        match &self.in_memory {
            Some(in_memory) => store.copy_calls_from(in_memory),
            None => Ok(()),
        }
    }

    /// The outcome of `init`. It is partial if Torn refused some of the keys.
    pub(super) fn outcome(mut self, summary: String, report: &Report) -> Outcome {
        if self.refused.is_empty() {
            return Outcome::done(summary, report);
        }
        let all = self.keys.len() + self.refused.len();
        let words: Vec<String> = self.refused.iter().map(Error::one_line).collect();
        let remedy = self.refused.swap_remove(0);
        let failure = Error::new(format!("use {} of {}", words.len(), count(all, "key")))
            .with_source(words.join("; "))
            .with_help(remedy.help().unwrap_or_default())
            .with_exit(Exit::Partial);
        Outcome {
            summary: Some(summary),
            failure: Some(failure),
            ..Outcome::new(Exit::Partial).with_report(report)
        }
    }
}

/// The error for a key that could not be checked, which the message calls `shown`. Its exit code is [`Exit::NoKey`] if Torn
/// refuses the key, and [`Exit::TryLater`] if another attempt may succeed.
pub(super) fn check_error(shown: &str, failure: &Failure, torn: &TornClient) -> Error {
    let action = format!("check {shown}");
    if let Some(end) = torn.run_end() {
        return end.into_error(action);
    }
    let error = Error::new(action);
    let message = failure.message();
    match failure {
        Failure::Refused(refusal) | Failure::NoAccess(Some(refusal)) => {
            refusal_error(error.with_source(message), refusal, torn)
        }
        Failure::Rejected(_) => error
            .with_source(message)
            .with_help("update tornsnap: Torn's answer is not understood")
            .with_exit(Exit::Protocol),
        Failure::RunEnded => error
            .with_source("it was interrupted")
            .with_help("run it again; nothing was written")
            .with_exit(torn.stop_exit()),
        _ => error
            .with_source(message)
            .with_help("wait ten minutes, then run it again; nothing was written")
            .with_exit(Exit::TryLater),
    }
}

fn refusal_error(error: Error, refusal: &ApiError, torn: &TornClient) -> Error {
    match (refusal.policy(), refusal) {
        (RetryPolicy::PauseKey(_), ApiError::Torn { code, .. }) => error
            .with_help(match KeyRefusal::of_code(*code) {
                Some(refusal) => format!("{}, then run it again", refusal.advice()),
                None => COPY_AGAIN.to_owned(),
            })
            .with_exit(Exit::NoKey),
        (RetryPolicy::NoAccess, _) => with_address_of_torn(
            error.with_help(MORE_ACCESS).with_exit(Exit::NoKey),
            torn.base_url(),
        ),
        (RetryPolicy::DisableKey | RetryPolicy::PauseKey(_), _) => {
            error.with_help(COPY_AGAIN).with_exit(Exit::NoKey)
        }
        // Torn has answered, so the network works.
        (_, ApiError::Torn { .. } | ApiError::Status { .. }) => error
            .with_help("wait ten minutes, then run it again; nothing was written")
            .with_exit(Exit::TryLater),
        _ => error
            .with_help(format!(
                "check the network, and that {} can be reached; then run it again",
                torn.route()
            ))
            .with_exit(Exit::TryLater),
    }
}
