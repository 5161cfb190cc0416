//! The Torn client of `fetch` and `init`: chooses a key, obeys the rate limit, retries, and applies the policies for
//! errors. [`crate::api::error`] has the policy for each error.

mod clock;
mod failure;
mod keys;
mod limits;
mod list;
mod look_up;
mod pace;
mod policies;
mod progress;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) use failure::{Failure, RunEnd, with_address_of_torn};
pub(crate) use list::{ListRead, Page, read_list};

use crate::api::client::Client;
use crate::api::error::{ApiError, SelectionError, take_selection_errors};
use crate::api::pool::{KeyChoice, KeyId, KeyPool, KeyRequirement, RateLimitOwner};
use crate::api::request::{Endpoint, Request};
use crate::command::signal::StopSignal;
use crate::command::torn::pace::Pace;
use crate::command::torn::policies::NextStep;
use crate::config::{self, Clock, Settings};
use crate::error::{Exit, Result};
use crate::model::id::PlayerId;
use crate::model::key::ApiKey;
use crate::model::run::FailureCause;
use crate::output::call_progress::CallProgress;
use crate::store::{Permit, Store};

/// Poll interval of the thread that watches for a signal.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The longest pause that a call waits for. If the pause is longer, the target is left to the next run.
const MAX_WAIT: Duration = Duration::from_secs(65);

/// The run ends after this number of consecutive calls whose attempts all failed with transient errors.
const MAX_FAULTS_IN_A_ROW: u32 = 6;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Response {
    /// The JSON object, without the selections that have an error.
    pub(crate) body: Value,
    /// The name of the key that made the call.
    pub(crate) source: String,
    /// The time of the answer in unix seconds.
    pub(crate) at: i64,
    /// The errors of single selections.
    pub(crate) errors: Vec<SelectionError>,
}

/// A client for Torn's API that several threads share.
#[derive(Debug)]
pub(crate) struct TornClient {
    client: Client,
    pool: Mutex<KeyPool>,
    store: Mutex<Store>,
    end: Mutex<Option<RunEnd>>,
    /// When Torn last answered with its time, by the clock that agreed with it.
    agreed_at: Mutex<Option<i64>>,
    closed: Mutex<HashSet<Endpoint>>,
    /// When `/key/info` accepted a key after an "incorrect key" error. The lock of a key is held during that call, the lock of
    /// the map is not.
    confirmations: Mutex<HashMap<KeyId, Arc<Mutex<Option<Instant>>>>>,
    stop: StopSignal,
    clock: Clock,
    limit: Option<u32>,
    timeout: Duration,
    first_retry: Duration,
    first_pause: Duration,
    /// The watcher thread ends when this is dropped.
    _alive: Arc<()>,
    requests: AtomicU64,
    progress: CallProgress,
    /// The pace, which only the progress bar shows; `None` without one.
    pace: Option<Arc<Pace>>,
    faults_in_a_row: AtomicU32,
    /// The end of the wait that was logged last.
    wait_logged_until: Mutex<Option<Instant>>,
    /// Whether an answer of `/key/info` could not be decoded.
    has_rejected_key_info: AtomicBool,
    /// Why the first key that could not be checked was not.
    check_failure: Mutex<Option<FailureCause>>,
    /// The names of the keys of which a warning is logged when Torn refuses them; `None`: of all.
    warned_of: Option<BTreeSet<String>>,
    /// The level of messages about waits.
    wait_level: log::Level,
}

/// A key with the permit for one call.
struct AcquiredKey {
    id: KeyId,
    key: ApiKey,
    name: String,
    owner: RateLimitOwner,
    permit: Option<Permit>,
    called_at: Instant,
}

/// The state of one call over its attempts.
#[derive(Default)]
struct CallState {
    tries: u32,
    /// Keys without access. They are not tried again.
    excluded: Vec<KeyId>,
    refusal: Option<ApiError>,
    /// An answer that lacks some selections, which another key or attempt may return.
    partial: Option<Response>,
}

impl TornClient {
    /// Creates a client without keys. It saves pauses and calls in `store`.
    pub(crate) fn new(settings: &Settings, stop: StopSignal, store: Store) -> Result<Self> {
        settings.check_limit()?;
        let client = Client::new(
            &settings.api.base_url,
            settings.api.timeout,
            settings.api.concurrency,
            config::proxy_for(&settings.api.base_url)?,
        )?;
        let torn = Self {
            _alive: watch(&client, &stop),
            client,
            pool: Mutex::default(),
            store: Mutex::new(store),
            end: Mutex::default(),
            agreed_at: Mutex::default(),
            closed: Mutex::default(),
            confirmations: Mutex::default(),
            stop,
            clock: settings.clock,
            limit: settings.api.requests_per_minute,
            timeout: settings.api.timeout,
            first_retry: settings.api.first_retry,
            first_pause: settings.api.first_pause,
            requests: AtomicU64::new(0),
            progress: CallProgress::default(),
            pace: None,
            faults_in_a_row: AtomicU32::new(0),
            wait_logged_until: Mutex::default(),
            has_rejected_key_info: AtomicBool::new(false),
            check_failure: Mutex::default(),
            warned_of: None,
            wait_level: log::Level::Info,
        };
        torn.apply_saved_address_pause()?;
        Ok(torn)
    }

    /// Logs a warning only about these keys if Torn refuses them. The caller tells the user of the others.
    pub(crate) fn with_key_warnings_of(self, names: BTreeSet<String>) -> Self {
        Self {
            warned_of: Some(names),
            ..self
        }
    }

    /// Shows the user why a call waits, for commands without a progress bar.
    pub(crate) fn with_shown_waits(self) -> Self {
        Self {
            wait_level: log::Level::Warn,
            ..self
        }
    }

    /// The number of calls so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The current time in unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The reason why the run has ended early, if it has.
    pub(crate) fn run_end(&self) -> Option<RunEnd> {
        lock(&self.end).clone()
    }

    /// The exit code of a run that ended without a [`RunEnd`], because a signal stopped it.
    pub(crate) fn stop_exit(&self) -> Exit {
        self.stop.received().unwrap_or(Exit::Interrupted)
    }

    /// Whether no further call will be made.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.received().is_some() || lock(&self.end).is_some()
    }

    /// Ends the run for all threads. Only the first reason is kept.
    fn end(&self, end: RunEnd) -> Failure {
        lock(&self.end).get_or_insert(end);
        Failure::RunEnded
    }

    pub(crate) fn base_url(&self) -> &str {
        self.client.base_url()
    }

    /// The base URL and the proxy, for messages.
    pub(crate) fn route(&self) -> String {
        self.client.route()
    }

    /// Whether there is a key of this player with access to battle stats.
    pub(crate) fn has_own_key(&self, player: PlayerId) -> bool {
        lock(&self.pool).has_battle_stats_key(player)
    }

    /// Returns the store. No more calls can be made.
    pub(crate) fn into_store(self) -> Store {
        self.store
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call: acquires a key, retries, and applies the policies for errors.
    pub(crate) fn get(
        &self,
        request: &Request,
        requirement: KeyRequirement,
    ) -> Result<Response, Failure> {
        let mut state = CallState::default();
        loop {
            let key = match self.acquire(request, requirement, &state) {
                Ok(key) => key,
                Err(failure) => return state.partial.ok_or(failure),
            };
            match self.call(request, &key)? {
                Ok(response) if response.errors.is_empty() => return Ok(response),
                Ok(response) => {
                    match self.handle_selection_errors(
                        &response,
                        request,
                        requirement,
                        &key,
                        &mut state,
                    ) {
                        Ok(NextStep::TryAgain) => state.partial = Some(response),
                        // Return the other selections, even if the run ends now.
                        Ok(NextStep::Accept) | Err(_) => return Ok(response),
                    }
                }
                Err(error) => {
                    let applied = self.apply_policy(&error, request, requirement, &key, &mut state);
                    if let Err(failure) = applied {
                        return state.partial.ok_or(failure);
                    }
                }
            }
        }
    }

    /// Waits for a key with access and for a permit of its owner's rate limiter.
    fn acquire(
        &self,
        request: &Request,
        requirement: KeyRequirement,
        state: &CallState,
    ) -> Result<AcquiredKey, Failure> {
        loop {
            if self.is_over() {
                return Err(Failure::RunEnded);
            }
            if let Some(error) = self.is_closed(request.endpoint) {
                return Err(Failure::Refused(error));
            }
            let now = Instant::now();
            let choice =
                lock(&self.pool).choose_key(requirement, request.endpoint, &state.excluded, now);
            match choice {
                KeyChoice::Key(id) => {
                    if let Some(key) = self.key(id)? {
                        return Ok(key);
                    }
                }
                KeyChoice::Wait(wait) if wait.is_pause() && wait.remaining(now) > MAX_WAIT => {
                    return Err(self.pause_too_long(wait.remaining(now), state.refusal.clone()));
                }
                KeyChoice::Wait(wait) => {
                    self.log_wait(&wait, now);
                    if wait.is_pause() {
                        self.progress
                            .wait(wait.until, || "because Torn asked for a pause".to_owned());
                    }
                    self.wait(wait.remaining(now));
                }
                KeyChoice::NoneForEndpoint => {
                    return Err(Failure::NoAccess(state.refusal.clone()));
                }
                KeyChoice::NoneUsable => return Err(self.end(self.no_key_left())),
            }
        }
    }

    /// Returns the key if the rate limiter of its owner grants a permit.
    fn key(&self, id: KeyId) -> Result<Option<AcquiredKey>, Failure> {
        let (key, name, owner) = {
            let pool = lock(&self.pool);
            (
                pool.key(id).clone(),
                pool.name(id).to_owned(),
                pool.owner(id),
            )
        };
        let permit = match self.acquire_permit(owner)? {
            limits::PermitRequest::Granted(permit) => permit,
            limits::PermitRequest::MustWait => return Ok(None),
        };
        Ok(Some(AcquiredKey {
            id,
            key,
            name,
            owner,
            permit,
            called_at: Instant::now(),
        }))
    }

    fn call(
        &self,
        request: &Request,
        key: &AcquiredKey,
    ) -> Result<Result<Response, ApiError>, Failure> {
        let count = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let started = Instant::now();
        let result = self.client.get(request, &key.key);
        log_call(request, key, result.status, started.elapsed());
        self.release(key.permit)?;
        self.show_call(key, count);
        let at = self.clock.now();
        self.check_clock(result.date, at)?;
        match result.body {
            Ok(mut body) => {
                // A page of a proxy has a header `Date`, too, but is no answer of Torn.
                if let Some(date) = result.date {
                    *lock(&self.agreed_at) = Some(self.agreed_time(date, at));
                }
                self.faults_in_a_row.store(0, Ordering::Relaxed);
                let errors = take_selection_errors(&mut body, request.endpoint);
                if errors.is_empty() {
                    lock(&self.pool).record_success(key.id);
                }
                Ok(Ok(Response {
                    errors,
                    body,
                    source: key.name.clone(),
                    at,
                }))
            }
            Err(_) if self.stop.received().is_some() => Err(Failure::RunEnded),
            Err(error) => {
                log::debug!("GET {}: {error}", request.target);
                Ok(Err(error))
            }
        }
    }

    /// The error for an endpoint that Torn has closed during this run.
    fn is_closed(&self, endpoint: Endpoint) -> Option<ApiError> {
        lock(&self.closed)
            .iter()
            .any(|closed| endpoint.includes(*closed))
            .then(|| ApiError::Torn {
                code: 24,
                text: "closed temporarily; it is not called again in this run".to_owned(),
            })
    }

    fn wait(&self, time: Duration) {
        self.stop.sleep(time, || lock(&self.end).is_some());
    }
}

/// Logs a call without the key itself. A status of 200 may come with an error of Torn, which is logged on the next line.
fn log_call(request: &Request, key: &AcquiredKey, status: Option<u16>, time: Duration) {
    let status = status.map_or_else(
        || "no answer".to_owned(),
        |status| format!("status {status}"),
    );
    log::debug!(
        "GET {} with key {}: {status}, {} ms",
        request.target,
        key.name,
        time.as_millis()
    );
}

/// Starts a thread that aborts the calls in progress when a signal asks the process to stop.
fn watch(client: &Client, stop: &StopSignal) -> Arc<()> {
    let alive = Arc::new(());
    let torn = Arc::downgrade(&alive);
    let (client, stop) = (client.clone(), stop.clone());
    thread::spawn(move || {
        while torn.strong_count() > 0 {
            if stop.received().is_some() {
                return client.shut_down();
            }
            thread::sleep(POLL_INTERVAL);
        }
    });
    alive
}

/// Locks a mutex, even if it is poisoned: every change is a single step, so the data is consistent after a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A random number from 0 to 1, to spread retries. It is not for cryptography.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
