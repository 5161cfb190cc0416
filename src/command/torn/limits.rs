//! The rate limiter of each key owner, and the pauses that Torn asks for.

use std::time::{Duration, Instant};

use super::{AcquiredKey, CallState, Failure, MAX_WAIT, RunEnd, TornClient, lock};
use crate::api::error::{ApiError, BLOCK_PAUSE_SECONDS, CATEGORY_PAUSE_SECONDS, owner_pause};
use crate::api::pool::{PauseTarget, RateLimitOwner};
use crate::api::request::Endpoint;
use crate::config::Clock;
use crate::error::{Exit, Result};
use crate::model::key::{ApiKey, KeyState};
use crate::model::key_refusal::BLOCK_HELP;
use crate::model::run::FailureCause;
use crate::model::size::count;
use crate::model::time::{DAY, iso};
use crate::store::pauses::{Pause, PauseCause, PauseScope};
use crate::store::{Acquire, Permit, Store};

/// The pause of an owner who makes no more calls in this run. It is longer than [`MAX_WAIT`], so that no call of this run
/// waits for it, and usually ends before the next run.
pub(super) const PAUSE_FOR_REST_OF_RUN: Duration = Duration::from_secs(120);

/// The maximum pause of all calls. A longer `Retry-After` is shortened to this.
const MAX_ADDRESS_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// The answer of the rate limiter.
pub(super) enum PermitRequest {
    /// The call may be made. Without a limit there is no permit to release (`None`).
    Granted(Option<Permit>),
    /// The limit is reached. The key pool has the time at which to try again.
    MustWait,
}

impl TornClient {
    /// Asks the rate limiter for a permit.
    pub(super) fn acquire_permit(&self, owner: RateLimitOwner) -> Result<PermitRequest, Failure> {
        let Some(limit) = self.limit else {
            return Ok(PermitRequest::Granted(None));
        };
        let timeout = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX / 4);
        let acquired = lock(&self.store).try_acquire(
            owner_id(owner),
            limit,
            Clock::real_milliseconds(),
            timeout,
        );
        match acquired.map_err(|error| self.end(RunEnd::broken(&error)))? {
            Acquire::Granted(permit) => {
                self.progress.resume();
                Ok(PermitRequest::Granted(Some(permit)))
            }
            Acquire::RetryAfter(milliseconds) => {
                let until = Instant::now() + Duration::from_millis(milliseconds.unsigned_abs());
                lock(&self.pool).record_rate_limit_wait(owner, until);
                self.progress.wait_for_budget(until, || {
                    let keys = self.key_names(owner);
                    format!(
                        "for the budget of {keys} ({} a minute)",
                        count(limit, "call")
                    )
                });
                Ok(PermitRequest::MustWait)
            }
        }
    }

    /// The names of the keys of an owner.
    fn key_names(&self, owner: RateLimitOwner) -> String {
        let pool = lock(&self.pool);
        let names: Vec<&str> = pool.usable_keys_of(owner).map(|id| pool.name(id)).collect();
        names.join(", ")
    }

    /// Releases the permit of a finished call.
    pub(super) fn release(&self, permit: Option<Permit>) -> Result<(), Failure> {
        let Some(permit) = permit else {
            return Ok(());
        };
        self.write_store(|store| store.release(permit, Clock::real_milliseconds()))
    }

    /// Applies the pause of this IP address that an earlier run saved, if it has not ended yet.
    pub(super) fn apply_saved_address_pause(&self) -> Result<()> {
        let now = self.clock.now();
        let Some(pause) = lock(&self.store).active_pause(PauseScope::Address, now)? else {
            return Ok(());
        };
        let left = seconds(pause.until - now);
        if left > MAX_WAIT || pause.cause == PauseCause::Block {
            self.end(RunEnd::new(
                Exit::TryLater,
                FailureCause::Torn,
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

    /// Pauses the owner of this key, because Torn answered "too many requests".
    pub(super) fn pause_owner(&self, key: &AcquiredKey, error: &ApiError) -> Result<(), Failure> {
        let (keys, pause) = {
            let mut pool = lock(&self.pool);
            if pool.was_paused_after(PauseTarget::Owner(key.owner), key.called_at) {
                return Ok(()); // A concurrent call has already recorded this pause.
            }
            let count = pool.count_pause(PauseTarget::Owner(key.owner));
            let pause = owner_pause(count, self.first_pause).unwrap_or(PAUSE_FOR_REST_OF_RUN);
            pool.pause_owner(key.owner, Instant::now(), pause);
            let keys: Vec<(String, ApiKey)> = pool
                .usable_keys_of(key.owner)
                .map(|id| (pool.name(id).to_owned(), pool.key(id).clone()))
                .collect();
            (keys, pause)
        };
        let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
        self.progress.wait(Instant::now() + pause, || {
            format!("because Torn asked {} for a pause", names.join(", "))
        });
        log::log!(
            self.wait_level,
            "keys {} pause for {} s: {error}",
            names.join(", "),
            pause.as_secs()
        );
        let until = self.clock.now().saturating_add(whole_seconds(pause));
        self.write_store(|store| {
            keys.iter().try_for_each(|(name, key)| {
                store.set_key_state(name, key, KeyState::Paused(until), &error.to_string())
            })
        })
    }

    /// Pauses all calls, because Torn or Cloudflare answered HTTP 429.
    pub(super) fn pause_address(
        &self,
        asked: Option<Duration>,
        called_at: Instant,
        error: &ApiError,
    ) -> Result<(), Failure> {
        let time = asked.map_or(self.first_pause * 2, |time| {
            time.clamp(Duration::from_secs(1), MAX_ADDRESS_PAUSE)
        });
        let count = {
            let mut pool = lock(&self.pool);
            if pool.was_paused_after(PauseTarget::Address, called_at) && time <= MAX_WAIT {
                return Ok(()); // A concurrent call has already recorded this pause.
            }
            pool.pause_address(Instant::now(), time);
            pool.count_pause(PauseTarget::Address)
        };
        self.progress.wait(Instant::now() + time, || {
            "because Torn asked for a pause".to_owned()
        });
        log::log!(
            self.wait_level,
            "all calls pause for {} s: {error}",
            time.as_secs()
        );
        self.save_pause(
            PauseScope::Address,
            PauseCause::RateLimit,
            whole_seconds(time),
            error,
        )?;
        // The run ends after the same number of pauses as for an owner, in case the server keeps asking for pauses.
        if time > MAX_WAIT || owner_pause(count, self.first_pause).is_none() {
            return Err(self.end(end_of_paused_run(time)));
        }
        Ok(())
    }

    /// Handles the daily limit of a category: the next attempt uses a key of another owner.
    ///
    /// Only personalstats are known to have a daily limit. The owner's keys request no personalstats for a day.
    pub(super) fn pause_category(
        &self,
        key: &AcquiredKey,
        endpoint: Endpoint,
        error: &ApiError,
        state: &mut CallState,
    ) -> Result<(), Failure> {
        state.excluded.push(key.id);
        state.refusal = Some(error.clone());
        if !endpoint.reads_personalstats() {
            return Ok(());
        }
        let owner = key.owner;
        lock(&self.pool).record_daily_limit(owner, endpoint.only("personalstats"));
        let RateLimitOwner::Player(owner) = owner else {
            return Ok(());
        };
        log::info!("the keys of player {owner} request no personalstats for a day: {error}");
        self.save_pause(
            PauseScope::Personalstats(owner),
            PauseCause::DailyLimit,
            CATEGORY_PAUSE_SECONDS,
            error,
        )
    }

    /// Ends the run because Torn has blocked this IP address, and saves a pause of ten minutes.
    pub(super) fn end_blocked_run(&self, error: &ApiError) -> Failure {
        let saved = self.save_pause(
            PauseScope::Address,
            PauseCause::Block,
            BLOCK_PAUSE_SECONDS,
            error,
        );
        if let Err(failure) = saved {
            return failure;
        }
        let until = iso(self.clock.now() + BLOCK_PAUSE_SECONDS);
        self.end(RunEnd::new(
            Exit::TryLater,
            FailureCause::Torn,
            error.to_string(),
            format!("no call is made before {until}; {BLOCK_HELP}"),
        ))
    }

    /// Whether Torn has blocked this IP address for the next minutes.
    pub(crate) fn is_blocked(&self) -> bool {
        let now = self.clock.now();
        let pause = lock(&self.store).active_pause(PauseScope::Address, now);
        // The error of a broken database shows in the next call.
        matches!(pause, Ok(Some(pause)) if pause.cause == PauseCause::Block)
    }

    /// Handles a call for which all keys are paused for longer than [`MAX_WAIT`]. Ends the run if this applies to every
    /// usable key.
    pub(super) fn pause_too_long(&self, time: Duration, refusal: Option<ApiError>) -> Failure {
        let shortest = lock(&self.pool).shortest_wait(Instant::now());
        if shortest.is_some_and(|shortest| shortest > MAX_WAIT) {
            return self.end(end_of_paused_run(time));
        }
        Failure::NoAccess(refusal)
    }

    fn save_pause(
        &self,
        scope: PauseScope,
        cause: PauseCause,
        seconds: i64,
        error: &ApiError,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let pause = Pause {
            cause,
            until: now.saturating_add(seconds),
            reason: error.to_string(),
        };
        self.write_store(|store| store.save_pause(scope, &pause, now))
    }

    /// Writes to the database. An error ends the run.
    pub(super) fn write_store(
        &self,
        write: impl FnOnce(&mut Store) -> Result<()>,
    ) -> Result<(), Failure> {
        write(&mut lock(&self.store)).map_err(|error| self.end(RunEnd::broken(&error)))
    }
}

/// The `owner_id` in `api_requests`: the player id, or a negative number for an unchecked key.
pub(super) fn owner_id(owner: RateLimitOwner) -> i64 {
    match owner {
        RateLimitOwner::Player(player) => player.get(),
        RateLimitOwner::UncheckedKey(key) => {
            -1 - i64::try_from(key.index()).unwrap_or(i64::MAX - 1)
        }
    }
}

fn end_of_paused_run(time: Duration) -> RunEnd {
    RunEnd::new(
        Exit::TryLater,
        FailureCause::Torn,
        format!("Torn wants no calls for {} s more", time.as_secs()),
        "run it again later; a lower requests_per_minute leaves more to other programs with your keys",
    )
}

/// A duration of at most a year, so that `Instant + Duration` cannot overflow.
pub(super) fn seconds(count: i64) -> Duration {
    Duration::from_secs(count.clamp(0, 366 * DAY).unsigned_abs())
}

/// The seconds of a duration, rounded up, so that a saved pause is not shorter than the real one.
pub(super) fn whole_seconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(i64::MAX)
}
