//! Checks the keys that `init` is given.

use serde_json::Value;

use crate::api::error::{ApiError, Policy};
use crate::command::Outcome;
use crate::command::signal::Stop;
use crate::command::torn::{Failure, RunEnd, TornClient};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::key::{KeyFacts, NamedKey};
use crate::store::Store;

/// The remedy for a key that Torn does not know.
const COPY_AGAIN: &str = "copy the key again from https://www.torn.com/preferences.php#tab=api";

/// The keys after Torn was asked about them.
pub(super) struct CheckedKeys {
    /// The keys that work.
    pub(super) keys: Vec<(NamedKey, KeyFacts)>,
    /// The keys that Torn refuses, in words.
    refused: Vec<Error>,
    checked_at: i64,
    /// Calls made before there was a database to count them in.
    uncounted: Option<Store>,
}

/// Asks Torn about each key, by the rules of `fetch`. Nothing but the budget is written before all have answered.
///
/// # Errors
///
/// When no key works, or Torn cannot be asked.
pub(super) fn check_keys(settings: &Settings, stop: Stop) -> Result<CheckedKeys> {
    let keys = settings.load_keys()?.warn();
    let is_new = !settings.database.exists();
    let store = if is_new {
        Store::in_memory()?
    } else {
        Store::create(&settings.database)?
    };
    let torn = TornClient::new(settings, stop, store)?;
    let mut checked = CheckedKeys {
        keys: Vec::new(),
        refused: Vec::new(),
        checked_at: settings.clock.now(),
        uncounted: None,
    };
    for key in keys {
        match torn.check_new_key(&key) {
            Ok(facts) => checked.keys.push((key, facts)),
            Err(failure) => {
                let error = explain(&key.name, &failure, torn.run_end(), &torn);
                if error.exit() != Exit::NoKey {
                    return Err(error);
                }
                checked.refused.push(error);
            }
        }
    }
    if checked.keys.is_empty() {
        return Err(checked.refused.swap_remove(0));
    }
    checked.uncounted = is_new.then(|| torn.into_store());
    Ok(checked)
}

impl CheckedKeys {
    /// Notes what Torn said, in the database that may be new.
    pub(super) fn remember(&self, store: &mut Store) -> Result<()> {
        for (key, facts) in &self.keys {
            store.remember_key(&key.name, &key.key, facts, self.checked_at)?;
        }
        match &self.uncounted {
            Some(before) => store.adopt_calls(before),
            None => Ok(()),
        }
    }

    /// Done, or partly done when Torn refuses some of the keys.
    pub(super) fn outcome(mut self, summary: String, mut report: Value) -> Outcome {
        if self.refused.is_empty() {
            return Outcome::done(summary, report);
        }
        let all = self.keys.len() + self.refused.len();
        let words: Vec<String> = self.refused.iter().map(Error::on_one_line).collect();
        let remedy = self.refused.swap_remove(0);
        let failure = Error::new(format!("use {} of {all} keys", words.len()))
            .because(words.join("; "))
            .try_this(remedy.remedy().unwrap_or_default())
            .exits(Exit::Partial);
        report["status"] = "partial".into();
        report["exit_code"] = Exit::Partial.code().into();
        Outcome {
            exit: Exit::Partial,
            summary: Some(summary),
            report,
            failure: Some(failure),
        }
    }
}

/// Says why a key could not be checked, and what to do about it.
fn explain(name: &str, failure: &Failure, end: Option<RunEnd>, torn: &TornClient) -> Error {
    let error = Error::new(format!("check the key {name:?}"));
    if let Some(end) = end {
        return error.because(end.why).try_this(end.remedy).exits(end.exit);
    }
    let message = failure.message();
    match failure {
        Failure::Refused(refusal) | Failure::NoAccess(Some(refusal)) => {
            explain_refusal(error.because(message), refusal, torn)
        }
        Failure::Rejected(_) => error
            .because(message)
            .try_this("update tornsnap: Torn's answer is not understood")
            .exits(Exit::Protocol),
        Failure::RunEnded => error
            .because("it was interrupted")
            .try_this("run it again; nothing was written")
            .exits(Exit::Interrupted),
        _ => error
            .because(message)
            .try_this("wait ten minutes, then run it again; nothing was written")
            .exits(Exit::TryLater),
    }
}

fn explain_refusal(error: Error, refusal: &ApiError, torn: &TornClient) -> Error {
    match (refusal.policy(), refusal) {
        (Policy::PauseKey(_), ApiError::Torn { code, .. }) => error
            .try_this(match code {
                10 => "the key's owner is in federal jail: use a key of another player, or wait until the owner is out",
                13 => "the key's owner has been offline for more than 7 days: log in to Torn, then run it again",
                18 => "the key's owner has paused it: resume it at https://www.torn.com/preferences.php#tab=api",
                _ => COPY_AGAIN,
            })
            .exits(Exit::NoKey),
        (Policy::NoAccess, _) => error
            .try_this("make a key with more access at https://www.torn.com/preferences.php#tab=api; Public Only is enough")
            .exits(Exit::NoKey),
        (Policy::DisableKey | Policy::PauseKey(_), _) => error
            .try_this(COPY_AGAIN)
            .exits(Exit::NoKey),
        // Torn was reached, and has said why it will not answer.
        (_, ApiError::Torn { .. } | ApiError::Status { .. }) => error
            .try_this("wait ten minutes, then run it again; nothing was written")
            .exits(Exit::TryLater),
        _ => error
            .try_this(format!(
                "check the network, and that {} can be reached; then run it again",
                torn.route()
            ))
            .exits(Exit::TryLater),
    }
}
