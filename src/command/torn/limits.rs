//! Permission to call: the budget of each key owner, and the pauses that Torn asks for.

use std::time::{Duration, Instant};

use super::{Attempt, Failure, MAX_WAIT, RunEnd, TornClient, Turn, lock, seconds, whole_seconds};
use crate::api::error::{ApiError, BLOCK_REST, CATEGORY_REST, owner_pause};
use crate::api::pool::Payer;
use crate::api::request::Endpoint;
use crate::config::Clock;
use crate::error::{Exit, Result};
use crate::model::key::{ApiKey, KeyState};
use crate::model::time::iso;
use crate::store::pauses::{Cause, Pause, Scope};
use crate::store::{Acquire, Permit, Store};

/// How long an owner pauses who is out for this run: longer than anybody waits, and no longer than a few minutes.
pub(super) const OUT_FOR_THIS_RUN: Duration = Duration::from_secs(120);

/// The longest pause of all calls that a server can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// Whether the owner's budget has room for a call.
pub(super) enum Acquired {
    /// It has; with a permit to release, where there is a limit at all.
    Permit(Option<Permit>),
    /// It has not; the pool knows until when.
    NotYet,
}

impl TornClient {
    /// Takes a call from the owner's budget.
    pub(super) fn acquire_permit(&self, payer: Payer) -> Result<Acquired, Failure> {
        let Some(limit) = self.limit else {
            return Ok(Acquired::Permit(None));
        };
        let longest = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX / 4);
        let allowance = lock(&self.store).try_acquire(
            payer.number(),
            limit,
            Clock::real_milliseconds(),
            longest,
        );
        match allowance.map_err(|error| self.end(RunEnd::broken(&error)))? {
            Acquire::Granted(permit) => Ok(Acquired::Permit(Some(permit))),
            Acquire::RetryAfter(milliseconds) => {
                let until = Instant::now() + Duration::from_millis(milliseconds.unsigned_abs());
                lock(&self.pool).hold(payer, until);
                Ok(Acquired::NotYet)
            }
        }
    }

    /// Notes that a call is over.
    pub(super) fn release(&self, permit: Option<Permit>) -> Result<(), Failure> {
        let Some(permit) = permit else {
            return Ok(());
        };
        self.note(|store| store.release(permit, Clock::real_milliseconds()))
    }

    /// A block or a pause of the address from an earlier run is still in force: no call is made before its end.
    pub(super) fn respect_pause_of_address(&self) -> Result<()> {
        let now = self.clock.now();
        let Some(pause) = lock(&self.store).paused(Scope::Address, now)? else {
            return Ok(());
        };
        let left = seconds(pause.until - now);
        if left > MAX_WAIT || pause.cause == Cause::Block {
            self.end(RunEnd::new(
                Exit::TryLater,
                format!(
                    "no calls are to be made before {}: {}",
                    iso(pause.until),
                    pause.reason
                ),
                "wait until then; a scheduler may just try again",
            ));
        } else {
            lock(&self.pool).pause_address(Instant::now(), left);
        }
        Ok(())
    }

    /// Torn wants the owner of this key to pause.
    pub(super) fn pause_owner(&self, turn: &Turn, error: &ApiError) -> Result<(), Failure> {
        let (keys, pause) = {
            let mut pool = lock(&self.pool);
            if pool.was_paused_after(Some(turn.payer), turn.called_at) {
                return Ok(()); // One of several calls at once: it says nothing new.
            }
            let count = pool.count_pause(Some(turn.payer));
            let pause = owner_pause(count, self.first_pause).unwrap_or(OUT_FOR_THIS_RUN);
            pool.pause_owner(turn.payer, Instant::now(), pause);
            let keys: Vec<(String, ApiKey)> = pool
                .usable_of(turn.payer)
                .map(|id| (pool.name(id).to_owned(), pool.key(id).clone()))
                .collect();
            (keys, pause)
        };
        let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
        log::info!(
            "keys {} pause for {} s: {error}",
            names.join(", "),
            pause.as_secs()
        );
        let until = self.clock.now().saturating_add(whole_seconds(pause));
        self.note(|store| {
            keys.iter().try_for_each(|(name, key)| {
                store.mark_key(name, key, KeyState::Paused(until), &error.to_string())
            })
        })
    }

    /// Torn, or what stands before it, wants this address to pause.
    pub(super) fn pause_address(
        &self,
        asked: Option<Duration>,
        called_at: Instant,
        error: &ApiError,
    ) -> Result<(), Failure> {
        let time = asked.map_or(self.first_pause * 2, |time| {
            time.clamp(Duration::from_secs(1), LONGEST_PAUSE)
        });
        let count = {
            let mut pool = lock(&self.pool);
            if pool.was_paused_after(None, called_at) && time <= MAX_WAIT {
                return Ok(()); // One of several calls at once: it says nothing new.
            }
            pool.pause_address(Instant::now(), time);
            pool.count_pause(None)
        };
        log::info!("all calls pause for {} s: {error}", time.as_secs());
        self.note_pause(Scope::Address, Cause::RateLimit, whole_seconds(time), error)?;
        // As many steps as for an owner, so that a server which never relents does not hold a run for ever.
        if time > MAX_WAIT || owner_pause(count, self.first_pause).is_none() {
            return Err(self.end(paused_too_long(time)));
        }
        Ok(())
    }

    /// The owner has read the daily share of a category: another owner's key may be asked. Only of personalstats is it
    /// known which questions count; they rest for a day.
    pub(super) fn rest_from_category(
        &self,
        turn: &Turn,
        endpoint: Endpoint,
        error: &ApiError,
        attempt: &mut Attempt,
    ) -> Result<(), Failure> {
        attempt.excluded.push(turn.id);
        attempt.refusal = Some(error.clone());
        if !endpoint.reads_personalstats() {
            return Ok(());
        }
        let payer = turn.payer;
        lock(&self.pool).rest_from(payer, endpoint.only("personalstats"));
        let Payer::Owner(owner) = payer else {
            return Ok(());
        };
        log::info!("the keys of player {owner} read no personalstats for a day: {error}");
        self.note_pause(
            Scope::Personalstats(owner),
            Cause::DailyLimit,
            CATEGORY_REST,
            error,
        )
    }

    /// Torn has blocked this address: no call before ten minutes have passed.
    pub(super) fn blocked(&self, error: &ApiError) -> Failure {
        let noted = self.note_pause(Scope::Address, Cause::Block, BLOCK_REST, error);
        if let Err(failure) = noted {
            return failure;
        }
        let until = iso(self.clock.now() + BLOCK_REST);
        self.end(RunEnd::new(
            Exit::TryLater,
            error.to_string(),
            format!("no call is made before {until}; look for another program that uses bad keys"),
        ))
    }

    /// All keys for a call are paused for longer than a run waits. If every key is, the run ends.
    pub(super) fn refuse_to_wait(&self, time: Duration, refusal: Option<ApiError>) -> Failure {
        let shortest = lock(&self.pool).shortest_wait(Instant::now());
        if shortest.is_some_and(|shortest| shortest > MAX_WAIT) {
            return self.end(paused_too_long(time));
        }
        Failure::NoAccess(refusal)
    }

    fn note_pause(
        &self,
        scope: Scope,
        cause: Cause,
        seconds: i64,
        error: &ApiError,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let pause = Pause {
            cause,
            until: now.saturating_add(seconds),
            reason: error.to_string(),
        };
        self.note(|store| store.pause(scope, &pause, now))
    }

    /// Writes to the store; a database that fails ends the run.
    pub(super) fn note(&self, write: impl FnOnce(&mut Store) -> Result<()>) -> Result<(), Failure> {
        write(&mut lock(&self.store)).map_err(|error| self.end(RunEnd::broken(&error)))
    }
}

fn paused_too_long(time: Duration) -> RunEnd {
    RunEnd::new(
        Exit::TryLater,
        format!("Torn wants no calls for {} s more", time.as_secs()),
        "run it again later; a lower requests_per_minute leaves more to other programs with your keys",
    )
}
