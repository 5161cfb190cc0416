//! Adds and checks the keys of a run, and disables those that Torn refuses.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::limits::{PAUSE_FOR_REST_OF_RUN, owner_id};
use super::limits::{seconds, whole_seconds};
use super::{AcquiredKey, Failure, RunEnd, TornClient, lock};
use crate::api::error::ApiError;
use crate::api::pool::{KeyId, KeyRequirement};
use crate::api::request::Request;
use crate::api::wire;
use crate::error::{Exit, Result};
use crate::model::key::{KeyFacts, KeyState, NamedKey};
use crate::model::run::FailureCause;
use crate::model::size::agree;
use crate::model::time::{DAY, iso};
use crate::store::pauses::PauseScope;

impl TornClient {
    /// Adds the keys of a run. A key without facts from the last day is checked. Ends the run if no key can be used.
    pub(crate) fn add_keys(&self, keys: &[NamedKey]) -> Result<()> {
        for key in keys {
            self.add_key(key)?;
        }
        if self.run_end().is_none() && !lock(&self.pool).has_usable_key() {
            self.end(self.no_key_left());
        }
        Ok(())
    }

    /// Adds a key that may be new, checks it with Torn, and saves the facts about it.
    pub(crate) fn check_new_key(&self, key: &NamedKey) -> Result<KeyFacts, Failure> {
        let id = self.add_new_key(key)?;
        self.check(id, key)
    }

    /// Like [`TornClient::check_new_key`], and saves only the calls, what Torn asks for (a pause, or not to use a key), and that
    /// Torn accepts a key that it had refused.
    pub(crate) fn check_key_without_record(&self, key: &NamedKey) -> Result<KeyFacts, Failure> {
        let id = self.add_new_key(key)?;
        let known = lock(&self.store)
            .known_key(&key.name, &key.key)
            .map_err(|error| self.end(RunEnd::broken(&error)))?;
        if known.is_some_and(|known| known.state != KeyState::Ok) {
            return self.check(id, key);
        }
        let (facts, _) = self.ask_about(id, key)?;
        self.use_facts(id, &facts)?;
        Ok(facts)
    }

    fn add_new_key(&self, key: &NamedKey) -> Result<KeyId, Failure> {
        let id = lock(&self.pool).add(key.clone());
        if let Some(facts) = lock(&self.store)
            .known_key(&key.name, &key.key)
            .map_err(|error| self.end(RunEnd::broken(&error)))?
            .and_then(|known| known.facts)
        {
            lock(&self.pool).set_facts(id, facts);
        }
        Ok(id)
    }

    /// Saves which keys were used successfully.
    pub(crate) fn record_key_use(&self) -> Result<()> {
        let used = lock(&self.pool).used_key_names(Instant::now());
        lock(&self.store).record_key_use(&used, self.clock.now())
    }

    fn add_key(&self, named: &NamedKey) -> Result<()> {
        let now = self.clock.now();
        let known = lock(&self.store).known_key(&named.name, &named.key)?;
        let id = lock(&self.pool).add(named.clone());
        let mut is_fresh = false;
        if let Some(known) = known {
            let last_error = known.last_error.as_deref().unwrap_or("Torn refuses it");
            match known.state {
                KeyState::Dead => {
                    log::warn!(
                        "key {} is not used: {last_error}; replace it, or run `tornsnap init` to check it again",
                        named.name
                    );
                    lock(&self.pool).disable(id);
                    return Ok(());
                }
                // A pause of a key lasts at most a day. If it ends later, it was saved while the clock was ahead.
                KeyState::Paused(until) if (now + 1..=now + DAY).contains(&until) => {
                    if until > now.saturating_add(whole_seconds(PAUSE_FOR_REST_OF_RUN)) {
                        log::warn!(
                            "key {} is paused until {}: {last_error}",
                            named.name,
                            iso(until)
                        );
                        lock(&self.pool).disable(id);
                        return Ok(());
                    }
                    lock(&self.pool).pause_key(id, Instant::now(), seconds(until - now));
                }
                KeyState::Paused(_) | KeyState::Ok => {}
            }
            if let Some(facts) = known.facts {
                is_fresh = (known.checked_at..known.checked_at + DAY).contains(&now);
                self.set_facts(id, facts)?;
            }
        }
        if is_fresh || self.is_over() {
            return Ok(());
        }
        match self.check(id, named) {
            Ok(_) | Err(Failure::RunEnded) => {}
            Err(Failure::Refused(_)) if !lock(&self.pool).is_usable(id) => {} // It is already logged.
            Err(failure) => {
                log::warn!(
                    "key {} could not be checked: {}",
                    named.name,
                    failure.message()
                );
                if let Some(cause) = failure.cause() {
                    lock(&self.check_failure).get_or_insert(cause);
                }
                if let Failure::Rejected(rejected) = failure {
                    lock(&self.store).save_rejected(&rejected, now)?;
                }
            }
        }
        Ok(())
    }

    /// Calls `/key/info` and saves the facts. If that fails, the previous facts stay in use.
    fn check(&self, id: KeyId, named: &NamedKey) -> Result<KeyFacts, Failure> {
        let (facts, at) = self.ask_about(id, named)?;
        self.write_store(|store| store.save_key_facts(&named.name, &named.key, &facts, at))?;
        self.use_facts(id, &facts)?;
        Ok(facts)
    }

    /// Calls `/key/info`. Returns the facts and the time of the answer.
    fn ask_about(&self, id: KeyId, named: &NamedKey) -> Result<(KeyFacts, i64), Failure> {
        let request = Request::key_info();
        let response = self.get(&request, KeyRequirement::Only(id))?;
        let facts = wire::key::facts(&response.body).map_err(|error| {
            self.has_rejected_key_info.store(true, Ordering::Relaxed);
            let entity = format!("key {}", named.name);
            Failure::rejected(&request, &entity, &error, response.body.to_string())
        })?;
        Ok((facts, response.at))
    }

    /// Uses these facts in this run. The calls so far count for the owner of the key.
    fn use_facts(&self, id: KeyId, facts: &KeyFacts) -> Result<(), Failure> {
        let before = lock(&self.pool).owner(id);
        self.set_facts(id, facts.clone())
            .map_err(|error| self.end(RunEnd::broken(&error)))?;
        let after = lock(&self.pool).owner(id);
        if before != after {
            self.write_store(|store| store.reassign_calls(owner_id(before), owner_id(after)))?;
        }
        Ok(())
    }

    fn set_facts(&self, id: KeyId, facts: KeyFacts) -> Result<()> {
        let owner = facts.owner;
        let has_reached_limit = lock(&self.store)
            .active_pause(PauseScope::Personalstats(owner), self.clock.now())?
            .is_some();
        let mut pool = lock(&self.pool);
        pool.set_facts(id, facts);
        if has_reached_limit {
            let owner = pool.owner(id);
            let personalstats = Request::key_owner(true).endpoint.only("personalstats");
            pool.record_daily_limit(owner, personalstats);
        }
        Ok(())
    }

    /// Handles an "incorrect key" error. It may be wrong once, so `/key/info` decides whether the key is dead. A key that it
    /// accepts, and that is refused again in this run, rests for a day, because Torn bans addresses that go on.
    pub(super) fn confirm_key(
        &self,
        key: &AcquiredKey,
        request: &Request,
        error: &ApiError,
    ) -> Result<(), Failure> {
        if request.endpoint == Request::key_info().endpoint {
            self.disable_key(key, KeyState::Dead, error)?;
            return Err(Failure::Refused(error.clone()));
        }
        // One thread at a time checks a key. Other threads wait here only if they need the result of the same check. A
        // signal aborts the check, so this wait does not delay the end of the run.
        let accepted_at = Arc::clone(lock(&self.confirmations).entry(key.id).or_default());
        let mut accepted_at = lock(&accepted_at);
        if !lock(&self.pool).is_usable(key.id) {
            return Ok(()); // Another thread has disabled the key.
        }
        if let Some(at) = *accepted_at {
            if key.called_at < at {
                return Ok(()); // Another thread has checked the key since this call.
            }
            return self.pause_key(key, DAY, error);
        }
        lock(&self.pool).set_suspended(key.id, true);
        let checked = self.get(&Request::key_info(), KeyRequirement::Only(key.id));
        lock(&self.pool).set_suspended(key.id, false);
        if checked.is_ok() {
            *accepted_at = Some(Instant::now());
        }
        drop(accepted_at);
        match checked {
            Ok(_) => Ok(()),
            Err(Failure::RunEnded) => Err(Failure::RunEnded),
            Err(_) if !lock(&self.pool).is_usable(key.id) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Disables a key for this run, and saves a pause so that later runs do not use it either.
    pub(super) fn pause_key(
        &self,
        key: &AcquiredKey,
        seconds: i64,
        error: &ApiError,
    ) -> Result<(), Failure> {
        let until = self.clock.now() + seconds;
        self.disable_key(key, KeyState::Paused(until), error)
    }

    fn disable_key(
        &self,
        key: &AcquiredKey,
        state: KeyState,
        error: &ApiError,
    ) -> Result<(), Failure> {
        if !lock(&self.pool).disable(key.id) {
            return Ok(()); // A concurrent call has already disabled the key.
        }
        let is_warned_of = |names: &BTreeSet<String>| names.contains(&key.name);
        if self.warned_of.as_ref().is_none_or(is_warned_of) {
            log::warn!("key {} is not used any more: {error}", key.name);
        }
        self.write_store(|store| {
            store.set_key_state(&key.name, &key.key, state, &error.to_string())
        })
    }

    /// The end of a run without a usable key: Torn refuses all keys, or none could be checked.
    pub(super) fn no_key_left(&self) -> RunEnd {
        let unchecked = lock(&self.pool).unchecked_key_names();
        if unchecked.is_empty() {
            return RunEnd::new(
                Exit::NoKey,
                FailureCause::Keys,
                "none of the keys can be used",
                "run `tornsnap health` to see why; put new keys in place, or run `tornsnap init` to check the present ones again",
            );
        }
        if self.has_rejected_key_info.load(Ordering::Relaxed) {
            return RunEnd::new(
                Exit::Protocol,
                FailureCause::Answers,
                format!(
                    "Torn's answers about {} could not be decoded",
                    the_keys(&unchecked)
                ),
                "look at the table rejected_payloads; a newer tornsnap may decode them",
            );
        }
        RunEnd::new(
            Exit::TryLater,
            lock(&self.check_failure).unwrap_or(FailureCause::Network),
            format!("{} could not be checked with Torn", the_keys(&unchecked)),
            format!(
                "check the network, and that {} can be reached",
                self.route()
            ),
        )
    }
}

fn the_keys<T: AsRef<str>>(names: &[T]) -> String {
    let listed: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let noun = agree(names.len(), "key", "keys");
    format!("the {noun} {}", listed.join(", "))
}
