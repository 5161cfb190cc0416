//! The keys of a run: what is known of them, what Torn says of them, and which ones are out.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::limits::OUT_FOR_THIS_RUN;
use super::{Attempt, Failure, RunEnd, TornClient, Turn, lock, seconds, whole_seconds};
use crate::api::error::ApiError;
use crate::api::pool::{KeyId, Need};
use crate::api::request::Request;
use crate::api::wire;
use crate::error::{Exit, Result};
use crate::model::key::{KeyFacts, KeyState, NamedKey};
use crate::model::time::{DAY, iso};
use crate::store::pauses::Scope;

/// How often Torn may call a key incorrect that it then knows, before the key is out for the run.
const MAX_CONFIRMATIONS: u32 = 2;

impl TornClient {
    /// Adds the keys of a run, as they are known or as Torn says now. Ends the run when none can be used.
    pub(crate) fn add_keys(&self, keys: &[NamedKey]) -> Result<()> {
        for key in keys {
            self.add_key(key)?;
        }
        if self.run_end().is_none() && !lock(&self.pool).has_usable() {
            self.end(self.no_key_left());
        }
        Ok(())
    }

    /// Adds a key of which nothing has to be known, and asks Torn about it.
    pub(crate) fn check_new_key(&self, key: &NamedKey) -> Result<KeyFacts, Failure> {
        let id = lock(&self.pool).add(key.clone());
        if let Some(facts) = lock(&self.store)
            .known_key(&key.name, &key.key)
            .map_err(|error| self.end(RunEnd::broken(&error)))?
            .and_then(|known| known.facts)
        {
            lock(&self.pool).set_facts(id, facts);
        }
        self.check(id, key)
    }

    /// Notes which keys were used and work.
    pub(crate) fn note_use(&self) -> Result<()> {
        let used = lock(&self.pool).well_used(Instant::now());
        lock(&self.store).mark_used(&used, self.clock.now())
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
                // No pause of a key lasts longer than a day: a later end is that of a clock that was ahead.
                KeyState::Paused(until) if (now + 1..=now + DAY).contains(&until) => {
                    if until > now.saturating_add(whole_seconds(OUT_FOR_THIS_RUN)) {
                        log::warn!(
                            "key {} rests until {}: {last_error}",
                            named.name,
                            iso(until)
                        );
                        lock(&self.pool).disable(id);
                        return Ok(());
                    }
                    lock(&self.pool).rest(id, Instant::now() + seconds(until - now));
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
            Err(Failure::Refused(_)) if !lock(&self.pool).is_usable(id) => {} // That was said already.
            Err(failure) => {
                log::warn!(
                    "key {} could not be checked: {}",
                    named.name,
                    failure.message()
                );
                if let Failure::Rejected(rejected) = failure {
                    lock(&self.store).save_rejected(&rejected, now)?;
                }
            }
        }
        Ok(())
    }

    /// Asks Torn whose a key is. When that fails for a passing reason, what was known before still counts.
    fn check(&self, id: KeyId, named: &NamedKey) -> Result<KeyFacts, Failure> {
        let request = Request::key_info();
        let reply = self.get(&request, Need::This(id))?;
        let facts = wire::key::facts(&reply.body).map_err(|error| {
            self.has_odd_key_info.store(true, Ordering::Relaxed);
            let entity = format!("key {}", named.name);
            Failure::rejected(&request, &entity, &error, reply.body.to_string())
        })?;
        self.note(|store| store.remember_key(&named.name, &named.key, &facts, reply.at))?;
        let before = lock(&self.pool).payer(id);
        self.set_facts(id, facts.clone())
            .map_err(|error| self.end(RunEnd::broken(&error)))?;
        let after = lock(&self.pool).payer(id);
        if before != after {
            self.note(|store| store.reassign_calls(before.number(), after.number()))?;
        }
        Ok(facts)
    }

    fn set_facts(&self, id: KeyId, facts: KeyFacts) -> Result<()> {
        let owner = facts.owner;
        let rests = lock(&self.store)
            .paused(Scope::Personalstats(owner), self.clock.now())?
            .is_some();
        let mut pool = lock(&self.pool);
        pool.set_facts(id, facts);
        if rests {
            let payer = pool.payer(id);
            let personalstats = Request::key_owner(true).endpoint.only("personalstats");
            pool.rest_from(payer, personalstats);
        }
        Ok(())
    }

    /// Torn calls a key incorrect. One such answer may be a slip: `/key/info` decides before the key is given up.
    pub(super) fn doubt(
        &self,
        turn: &Turn,
        request: &Request,
        error: &ApiError,
        attempt: &mut Attempt,
    ) -> Result<(), Failure> {
        if request.endpoint == Request::key_info().endpoint {
            self.disable_key(turn, KeyState::Dead, error)?;
            return Err(Failure::Refused(error.clone()));
        }
        if attempt.confirmed {
            return Err(Failure::Refused(error.clone())); // The key works, so it is the question.
        }
        let mut confirmations = lock(&self.confirmations);
        if !lock(&self.pool).is_usable(turn.id) {
            return Ok(()); // Another thread has found out.
        }
        let confirmation = confirmations.entry(turn.id).or_default();
        if confirmation.at.is_some_and(|at| turn.called_at < at) {
            attempt.confirmed = true; // Another thread has met the same slip.
            return Ok(());
        }
        confirmation.count += 1;
        if confirmation.count > MAX_CONFIRMATIONS {
            log::warn!("key {} is not used again in this run: {error}", turn.name);
            lock(&self.pool).disable(turn.id);
            return Ok(());
        }
        lock(&self.pool).suspend(turn.id, true);
        let confirmed = self.get(&Request::key_info(), Need::This(turn.id));
        lock(&self.pool).suspend(turn.id, false);
        if confirmed.is_ok() {
            confirmation.at = Some(Instant::now());
        }
        drop(confirmations);
        match confirmed {
            Ok(_) => {
                attempt.confirmed = true;
                Ok(())
            }
            Err(Failure::RunEnded) => Err(Failure::RunEnded),
            Err(_) if !lock(&self.pool).is_usable(turn.id) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// The key is of no use for so many seconds.
    pub(super) fn pause_key(
        &self,
        turn: &Turn,
        seconds: i64,
        error: &ApiError,
    ) -> Result<(), Failure> {
        let until = self.clock.now() + seconds;
        self.disable_key(turn, KeyState::Paused(until), error)
    }

    fn disable_key(&self, turn: &Turn, state: KeyState, error: &ApiError) -> Result<(), Failure> {
        if !lock(&self.pool).disable(turn.id) {
            return Ok(()); // One of several calls at once: it says nothing new.
        }
        log::warn!("key {} is not used any more: {error}", turn.name);
        self.note(|store| store.mark_key(&turn.name, &turn.key, state, &error.to_string()))
    }

    /// Why there is no key: none works, or none could be asked about.
    pub(super) fn no_key_left(&self) -> RunEnd {
        let unchecked = lock(&self.pool).unchecked();
        if unchecked.is_empty() {
            return RunEnd::new(
                Exit::NoKey,
                "none of the keys can be used",
                "run `tornsnap health` to see why; put new keys in place, or run `tornsnap init` to check the present ones again",
            );
        }
        if self.has_odd_key_info.load(Ordering::Relaxed) {
            return RunEnd::new(
                Exit::Protocol,
                format!(
                    "what Torn says about the keys {} is not understood",
                    unchecked.join(", ")
                ),
                "look at the table rejected_payloads; a newer tornsnap may understand it",
            );
        }
        RunEnd::new(
            Exit::TryLater,
            format!(
                "Torn could not be asked about the keys {}",
                unchecked.join(", ")
            ),
            format!(
                "check the network, and that {} can be reached",
                self.route()
            ),
        )
    }
}
