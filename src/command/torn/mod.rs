//! The Torn client: picks a key, keeps to the rate limit, retries, and applies what Torn's errors ask for.
//!
//! `fetch` and `init` call Torn through it. What an error means is decided in [`crate::api::error`].

mod failure;
mod keys;
mod limits;
mod list;
mod policies;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) use failure::{Failure, RunEnd};
pub(crate) use list::{ListRead, Page, read_list};

use crate::api::client::Client;
use crate::api::error::{ApiError, SelectionError, take_selection_errors};
use crate::api::pool::{KeyId, KeyPool, Need, Payer, Pick};
use crate::api::request::{Endpoint, Request};
use crate::command::signal::Stop;
use crate::command::torn::policies::Next;
use crate::config::{self, Clock, Settings};
use crate::error::{Exit, Result};
use crate::model::id::PlayerId;
use crate::model::key::ApiKey;
use crate::model::time::{CLOCK_TOLERANCE, DAY, iso};
use crate::store::{Permit, Store};

/// Poll interval of the thread that watches for a signal.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The longest wait that Torn can ask for within a run. Beyond that the next run is the better moment.
const MAX_WAIT: Duration = Duration::from_secs(65);

/// Targets in a row that met passing faults through every retry: then Torn does not answer, and the run ends.
const MAX_FAULTS_IN_A_ROW: u32 = 6;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// The JSON object, without the selections that carry an error of their own.
    pub(crate) body: Value,
    /// The name of the key that brought it.
    pub(crate) source: String,
    /// When it came, unix seconds.
    pub(crate) at: i64,
    /// The selections that carry an error instead of data.
    pub(crate) errors: Vec<SelectionError>,
}

/// Calls Torn for several threads at once.
#[derive(Debug)]
pub(crate) struct TornClient {
    client: Client,
    pool: Mutex<KeyPool>,
    store: Mutex<Store>,
    end: Mutex<Option<RunEnd>>,
    closed: Mutex<HashSet<Endpoint>>,
    /// Keys that were called incorrect and then confirmed. Also lets one thread confirm at a time.
    confirmations: Mutex<HashMap<KeyId, Confirmation>>,
    stop: Stop,
    clock: Clock,
    limit: Option<u32>,
    timeout: Duration,
    first_retry: Duration,
    first_pause: Duration,
    /// Lets the watching thread go when this goes.
    _alive: Arc<()>,
    requests: AtomicU64,
    faults_in_a_row: AtomicU32,
    /// Whether an answer about a key did not fit.
    has_odd_key_info: AtomicBool,
}

/// A key that may make a call now.
struct Turn {
    id: KeyId,
    key: ApiKey,
    name: String,
    payer: Payer,
    permit: Option<Permit>,
    called_at: Instant,
}

/// How often a key was called incorrect and then confirmed, and when last.
#[derive(Clone, Copy, Debug, Default)]
struct Confirmation {
    count: u32,
    at: Option<Instant>,
}

/// The history of one call.
#[derive(Default)]
struct Attempt {
    tries: u32,
    /// Torn has called the key incorrect, and `/key/info` has said otherwise.
    confirmed: bool,
    /// Keys that were refused for want of access.
    excluded: Vec<KeyId>,
    refusal: Option<ApiError>,
    /// An answer of which some selection carries an error that another key or another try may cure.
    partial: Option<Reply>,
}

impl TornClient {
    /// A client without keys, which remembers pauses and calls in `store`.
    pub(crate) fn new(settings: &Settings, stop: Stop, store: Store) -> Result<Self> {
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
            closed: Mutex::default(),
            confirmations: Mutex::default(),
            stop,
            clock: settings.clock,
            limit: settings.api.requests_per_minute,
            timeout: settings.api.timeout,
            first_retry: settings.api.first_retry,
            first_pause: settings.api.first_pause,
            requests: AtomicU64::new(0),
            faults_in_a_row: AtomicU32::new(0),
            has_odd_key_info: AtomicBool::new(false),
        };
        torn.respect_pause_of_address()?;
        Ok(torn)
    }

    /// Calls made so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The time of answers and decisions, unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Why the run has ended early, if it has.
    pub(crate) fn run_end(&self) -> Option<RunEnd> {
        lock(&self.end).clone()
    }

    /// Whether no further call will be made.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.asked().is_some() || lock(&self.end).is_some()
    }

    /// Ends the run for everybody.
    fn end(&self, end: RunEnd) -> Failure {
        lock(&self.end).get_or_insert(end);
        Failure::RunEnded
    }

    /// The address that is asked.
    pub(crate) fn base_url(&self) -> &str {
        self.client.base_url()
    }

    /// The address that is asked, and the proxy on the way.
    pub(crate) fn route(&self) -> String {
        self.client.route()
    }

    /// Whether this player has a key here that reads battle stats.
    pub(crate) fn has_own_key(&self, player: PlayerId) -> bool {
        lock(&self.pool).has_own(player)
    }

    /// The store, once no more calls are made.
    pub(crate) fn into_store(self) -> Store {
        self.store
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call with a key that may, as often as it takes.
    pub(crate) fn get(&self, request: &Request, need: Need) -> Result<Reply, Failure> {
        let mut attempt = Attempt::default();
        loop {
            let turn = match self.acquire(request, need, &attempt) {
                Ok(turn) => turn,
                Err(failure) => return attempt.partial.ok_or(failure),
            };
            match self.call(request, &turn)? {
                Ok(reply) if reply.errors.is_empty() => return Ok(reply),
                Ok(reply) => match self.cure(&reply, request, need, &turn, &mut attempt) {
                    Ok(Next::TryAgain) => attempt.partial = Some(reply),
                    // The other selections are worth having, even when the run ends here.
                    Ok(Next::Accept) | Err(_) => return Ok(reply),
                },
                Err(error) => {
                    let applied = self.apply(&error, request, need, &turn, &mut attempt);
                    if let Err(failure) = applied {
                        return attempt.partial.ok_or(failure);
                    }
                }
            }
        }
    }

    /// Waits for a key that may make the call, and for room in its owner's budget.
    fn acquire(&self, request: &Request, need: Need, attempt: &Attempt) -> Result<Turn, Failure> {
        loop {
            if self.is_over() {
                return Err(Failure::RunEnded);
            }
            if let Some(error) = self.is_closed(request.endpoint) {
                return Err(Failure::Refused(error));
            }
            let pick =
                lock(&self.pool).pick(need, request.endpoint, &attempt.excluded, Instant::now());
            match pick {
                Pick::Key(id) => {
                    if let Some(turn) = self.turn(id)? {
                        return Ok(turn);
                    }
                }
                Pick::Wait { time, paused: true } if time > MAX_WAIT => {
                    return Err(self.refuse_to_wait(time, attempt.refusal.clone()));
                }
                Pick::Wait { time, .. } => self.wait(time),
                Pick::NoneForThis => {
                    return Err(Failure::NoAccess(attempt.refusal.clone()));
                }
                Pick::NoneAtAll => return Err(self.end(self.no_key_left())),
            }
        }
    }

    /// The key, if its owner's budget has room.
    fn turn(&self, id: KeyId) -> Result<Option<Turn>, Failure> {
        let (key, name, payer) = {
            let pool = lock(&self.pool);
            (
                pool.key(id).clone(),
                pool.name(id).to_owned(),
                pool.payer(id),
            )
        };
        let permit = match self.acquire_permit(payer)? {
            limits::Acquired::Permit(permit) => permit,
            limits::Acquired::NotYet => return Ok(None),
        };
        Ok(Some(Turn {
            id,
            key,
            name,
            payer,
            permit,
            called_at: Instant::now(),
        }))
    }

    fn call(&self, request: &Request, turn: &Turn) -> Result<Result<Reply, ApiError>, Failure> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        log::debug!("GET {} with key {}", request.target, turn.name);
        let answer = self.client.get(request, &turn.key);
        self.release(turn.permit)?;
        let at = self.clock.now();
        self.check_clock(answer.date, at)?;
        match answer.body {
            Ok(mut body) => {
                self.faults_in_a_row.store(0, Ordering::Relaxed);
                let errors = take_selection_errors(&mut body, request.endpoint);
                if errors.is_empty() {
                    lock(&self.pool).succeeded(turn.id);
                }
                Ok(Ok(Reply {
                    errors,
                    body,
                    source: turn.name.clone(),
                    at,
                }))
            }
            Err(_) if self.stop.asked().is_some() => Err(Failure::RunEnded),
            Err(error) => {
                log::debug!("GET {}: {error}", request.target);
                Ok(Err(error))
            }
        }
    }

    /// A wrong clock must not write history: Torn's answers tell the time as well.
    fn check_clock(&self, date: Option<i64>, now: i64) -> Result<(), Failure> {
        let Some(date) = date.filter(|_| matches!(self.clock, Clock::System)) else {
            return Ok(());
        };
        if (date - now).abs() <= CLOCK_TOLERANCE {
            return Ok(());
        }
        Err(self.end(RunEnd {
            exit: Exit::Config,
            why: format!(
                "the clock of this machine says {}, and Torn says {}",
                iso(now),
                iso(date)
            ),
            remedy: "set the clock of this machine, then run it again; nothing was saved"
                .to_owned(),
            real_time: Some(date),
        }))
    }

    /// Why nothing more is asked of this endpoint in this run, if so.
    fn is_closed(&self, endpoint: Endpoint) -> Option<ApiError> {
        lock(&self.closed)
            .iter()
            .any(|closed| endpoint.includes(*closed))
            .then(|| ApiError::Torn {
                code: 24,
                text: "closed temporarily; it was not asked again in this run".to_owned(),
            })
    }

    fn wait(&self, time: Duration) {
        self.stop.sleep(time, || lock(&self.end).is_some());
    }
}

/// Ends the calls under way as soon as somebody asks the process to stop, whichever thread waits for them.
fn watch(client: &Client, stop: &Stop) -> Arc<()> {
    let alive = Arc::new(());
    let torn = Arc::downgrade(&alive);
    let (client, stop) = (client.clone(), stop.clone());
    thread::spawn(move || {
        while torn.strong_count() > 0 {
            if stop.asked().is_some() {
                return client.shut_down();
            }
            thread::sleep(POLL_INTERVAL);
        }
    });
    alive
}

/// Locks even after another thread panicked: every change here is a single step, so the data are sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From 0 to 1; good enough to spread retries.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// At most a year, so that `Instant + Duration` cannot overflow.
fn seconds(count: i64) -> Duration {
    Duration::from_secs(count.clamp(0, 366 * DAY).unsigned_abs())
}

/// Rounded up: a pause that is written down is never shorter than the real one.
fn whole_seconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(i64::MAX)
}
