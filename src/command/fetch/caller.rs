//! One call as the rest of `fetch` sees it: the right key, within the budget, tried again where that helps.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::api::client::Client;
use crate::api::keys::{Need, Pick, Pool, Slot};
use crate::api::refusal::{BLOCK_REST, CATEGORY_REST, Refusal, Verdict, owner_pause};
use crate::api::request::Request;
use crate::api::wire::{self, Misfit};
use crate::command::signal::Stop;
use crate::config::{Clock, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::id::PlayerId;
use crate::model::key::{ApiKey, KeyState, NamedKey};
use crate::model::time::{DAY, iso};
use crate::store::keys::{ADDRESS, personalstats_of};
use crate::store::run::Rejected;
use crate::store::{Allowance, Permit, Store};

/// How often the watching thread looks whether the process is to stop.
const GLANCE: Duration = Duration::from_millis(20);

/// The longest that a run waits because Torn asked it to; beyond that the next run is the better moment.
const PATIENCE: Duration = Duration::from_secs(65);

/// How long an owner pauses who is out for this run: longer than anybody waits, and no longer than a few minutes.
const OUT_FOR_THIS_RUN: Duration = Duration::from_secs(120);

/// The longest pause of all calls that a server can ask for; more than that is no sensible answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// Targets that find nobody at the other end before a run without any success gives up.
const DEAD_LINES: u32 = 6;

/// Why a target could not be had.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// No key here may read that.
    NoAccess(String),
    /// Torn knows no such id.
    Missing(String),
    /// Torn refused, in words.
    Refused(String),
    /// A fault that should have passed, but outlasted every retry.
    Passing(String),
    /// The answer did not fit.
    Rejected(Box<Rejected>),
    /// The run is over for everybody; see [`Caller::ending`].
    RunOver,
}

/// Why a run is over before its end.
#[derive(Clone, Debug)]
pub struct Ending {
    /// How the process ends when nothing was saved.
    pub exit: Exit,
    /// In words.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// An answer and the name of the key that brought it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The body.
    pub body: Value,
    /// The key's name.
    pub source: String,
}

/// Whether the owner's budget has room for a call.
enum Leave {
    /// Yes; with a permit to give back, where there is a limit at all.
    Granted(Option<Permit>),
    /// No; the pool knows until when.
    NotYet,
}

/// Calls Torn for several threads at once.
#[derive(Debug)]
pub struct Caller {
    client: Client,
    pool: Mutex<Pool>,
    ledger: Mutex<Store>,
    ending: Mutex<Option<Ending>>,
    stop: Stop,
    clock: Clock,
    limit: Option<u32>,
    timeout: Duration,
    first_retry: Duration,
    first_pause: Duration,
    /// Lets the watching thread go when this goes.
    _alive: Arc<()>,
    requests: AtomicU64,
    successes: AtomicU64,
    dead_lines: AtomicU32,
}

impl Caller {
    /// Prepares to call with the configured keys; each is asked about where that was not done within a day.
    ///
    /// # Errors
    ///
    /// When no key is there at all, or the database fails. A key that turns out to be unusable is only noted: see
    /// [`Caller::ending`].
    pub fn new(settings: &Settings, stop: Stop) -> Result<Self> {
        let loaded = settings.load_keys()?;
        let mut ledger = Store::open(&settings.database)?;
        if !settings.keys_are_from_environment {
            // A key whose file is missing for a while keeps what is known of it.
            let unreadable = loaded.unreadable.iter().map(|key| key.name.as_str());
            let names: Vec<&str> = loaded
                .keys
                .iter()
                .map(|key| key.name.as_str())
                .chain(unreadable)
                .collect();
            ledger.forget_other_keys(&names)?;
        }
        let keys = loaded.warn();
        let client = Client::new(
            &settings.api.base_url,
            settings.api.timeout,
            settings.api.concurrency,
            settings.proxy_for(&settings.api.base_url)?,
        )?;
        let caller = Self {
            _alive: watch(&client, &stop),
            client,
            pool: Mutex::default(),
            ledger: Mutex::new(ledger),
            ending: Mutex::default(),
            stop,
            clock: settings.clock,
            limit: settings.api.requests_per_minute,
            timeout: settings.api.timeout,
            first_retry: settings.api.first_retry,
            first_pause: settings.api.first_pause,
            requests: AtomicU64::new(0),
            successes: AtomicU64::new(0),
            dead_lines: AtomicU32::new(0),
        };
        caller.respect_pause_of_address()?;
        for key in keys {
            caller.enlist(&key)?;
        }
        if caller.ending().is_none() && !lock(&caller.pool).has_usable() {
            caller.end(caller.no_key_left());
        }
        Ok(caller)
    }

    /// Calls made so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Why the run is over, if it is.
    pub fn ending(&self) -> Option<Ending> {
        lock(&self.ending).clone()
    }

    /// Whether no further call will be made.
    pub fn is_over(&self) -> bool {
        self.stop.asked().is_some() || lock(&self.ending).is_some()
    }

    /// Ends the run for everybody.
    pub fn end(&self, ending: Ending) -> Failure {
        lock(&self.ending).get_or_insert(ending);
        Failure::RunOver
    }

    /// The address that is asked.
    pub fn base_url(&self) -> &str {
        self.client.base_url()
    }

    /// Whether this player has a key here that reads battle stats.
    pub fn has_own_key(&self, player: PlayerId) -> bool {
        lock(&self.pool).has_own(player)
    }

    /// Notes which keys were used and are well.
    pub fn note_use(&self) -> Result<()> {
        let used = lock(&self.pool).well_used(Instant::now());
        lock(&self.ledger).mark_used(&used, self.clock.now())
    }

    /// Makes a call with a key that will do, as often as it takes.
    pub fn call(&self, request: &Request, need: Need) -> Result<Reply, Failure> {
        let mut excluded = Vec::new();
        let mut why_excluded = String::new();
        let mut attempt = 0;
        loop {
            if self.is_over() {
                return Err(Failure::RunOver);
            }
            let pick =
                lock(&self.pool).pick(need, request.reads_personalstats, &excluded, Instant::now());
            let slot = match pick {
                Pick::Key(slot) => slot,
                // Whoever can ask for less, or with another key, should.
                Pick::Wait { time, paused: true }
                    if time > PATIENCE && (need != Need::Any || request.reads_personalstats) =>
                {
                    return Err(Failure::NoAccess("the keys for that rest".to_owned()));
                }
                Pick::Wait { time, paused: true } if time > PATIENCE && !excluded.is_empty() => {
                    return Err(Failure::NoAccess(why_excluded));
                }
                Pick::Wait { time, paused: true } if time > PATIENCE => {
                    return Err(self.end(paused_too_long(time)));
                }
                Pick::Wait { time, .. } => {
                    self.wait(time);
                    continue;
                }
                Pick::None if !excluded.is_empty() => return Err(Failure::NoAccess(why_excluded)),
                Pick::None if need != Need::Any || request.reads_personalstats => {
                    return Err(Failure::NoAccess("no key is left for that".to_owned()));
                }
                Pick::None => return Err(self.end(self.no_key_left())),
            };
            let (key, name, owner) = {
                let pool = lock(&self.pool);
                (
                    pool.key(slot).clone(),
                    pool.name(slot).to_owned(),
                    pool.owner(slot),
                )
            };
            let permit = match self.permit(owner)? {
                Leave::Granted(permit) => permit,
                Leave::NotYet => continue,
            };
            self.requests.fetch_add(1, Ordering::Relaxed);
            log::debug!("GET {} with key {name}", request.target);
            let called_at = Instant::now();
            let answer = self.client.get(request, &key).body;
            self.give_back(permit)?;
            let refusal = match answer {
                Ok(body) => {
                    self.successes.fetch_add(1, Ordering::Relaxed);
                    return Ok(Reply { body, source: name });
                }
                Err(_) if self.stop.asked().is_some() => return Err(Failure::RunOver),
                Err(refusal) => refusal,
            };
            log::debug!("GET {}: {refusal}", request.target);
            match refusal.verdict() {
                Verdict::Retry => {
                    attempt += 1;
                    match refusal.retry_delay(attempt, self.first_retry, random()) {
                        Some(delay) => self.wait(delay),
                        None => return Err(self.passing_fault(&refusal)),
                    }
                }
                Verdict::OwnerPaused => self.pause_owner(slot, called_at, &refusal)?,
                Verdict::AddressPaused(time) => self.pause_address(time, called_at, &refusal)?,
                Verdict::KeyDead => self.lose(slot, &key, &name, KeyState::Dead, &refusal)?,
                Verdict::KeyPaused(seconds) => {
                    let until = self.clock.now() + seconds;
                    self.lose(slot, &key, &name, KeyState::Paused(until), &refusal)?;
                }
                Verdict::NoAccess => {
                    excluded.push(slot);
                    why_excluded = refusal.to_string();
                }
                Verdict::CategoryUsedUp => {
                    self.rest_from_category(slot, &name, request, &refusal)?;
                }
                Verdict::Blocked => return Err(self.blocked(&refusal)),
                Verdict::Closed => return Err(self.end(closed(&refusal))),
                Verdict::Misconfigured => return Err(self.end(misconfigured(&refusal))),
                Verdict::NoSuchId => return Err(Failure::Missing(refusal.to_string())),
                Verdict::TargetFails => return Err(Failure::Refused(refusal.to_string())),
            }
        }
    }

    /// Adds a key to the pool: as it is known, or as Torn says now.
    fn enlist(&self, named: &NamedKey) -> Result<()> {
        let now = self.clock.now();
        let known = lock(&self.ledger).known_key(&named.name, &named.key)?;
        let slot = lock(&self.pool).add(named.clone());
        if let Some(known) = &known {
            match known.state {
                KeyState::Dead => {
                    log::warn!(
                        "key {} is not used: {}; replace it, or run `tornsnap init` to check it again",
                        named.name,
                        known.last_error.as_deref().unwrap_or("it is dead")
                    );
                    lock(&self.pool).drop_key(slot);
                    return Ok(());
                }
                KeyState::Paused(until)
                    if until > now.saturating_add(whole_seconds(OUT_FOR_THIS_RUN)) =>
                {
                    log::warn!(
                        "key {} rests until {}: {}",
                        named.name,
                        iso(until),
                        known.last_error.as_deref().unwrap_or_default()
                    );
                    lock(&self.pool).drop_key(slot);
                    return Ok(());
                }
                KeyState::Paused(_) | KeyState::Ok => {}
            }
            if let Some(facts) = &known.facts {
                lock(&self.pool).learn(slot, facts.clone());
            }
            if let KeyState::Paused(until) = known.state
                && until > now
            {
                lock(&self.pool).rest(slot, Instant::now() + seconds(until - now));
            }
            if lock(&self.ledger)
                .paused(&personalstats_of(&named.name), now)?
                .is_some()
            {
                lock(&self.pool).rest_from_personalstats(slot);
            }
        }
        let fresh = known.is_some_and(|known| {
            known.facts.is_some() && (known.checked_at..known.checked_at + DAY).contains(&now)
        });
        if fresh || self.is_over() {
            return Ok(());
        }
        self.check(slot, named)
    }

    /// Asks Torn whose a key is. Where that fails for a passing reason, what was known before still counts.
    fn check(&self, slot: Slot, named: &NamedKey) -> Result<()> {
        let reply = match self.call(&Request::key_info(), Need::This(slot)) {
            Ok(reply) => reply,
            Err(Failure::RunOver) => return Ok(()),
            Err(failure) => {
                log::warn!(
                    "key {} could not be checked: {}",
                    named.name,
                    failure.in_words()
                );
                return Ok(());
            }
        };
        match wire::key::facts(&reply.body) {
            Ok(facts) => {
                let now = self.clock.now();
                lock(&self.ledger).remember_key(&named.name, &named.key, &facts, now)?;
                let (before, owner) = {
                    let mut pool = lock(&self.pool);
                    let before = pool.owner(slot);
                    pool.learn(slot, facts);
                    (before, pool.owner(slot))
                };
                if before != owner {
                    lock(&self.ledger).move_calls(before, owner)?;
                }
            }
            Err(misfit) => {
                log::warn!(
                    "key {}: what Torn says of it was not understood: {misfit}",
                    named.name
                );
                let rejected = rejected(
                    &Request::key_info(),
                    &format!("key {}", named.name),
                    &misfit,
                    reply.body.to_string(),
                );
                lock(&self.ledger).save_rejected(&rejected, self.clock.now())?;
            }
        }
        Ok(())
    }

    /// A block or a general pause from an earlier run still holds: no call is made before it has passed.
    fn respect_pause_of_address(&self) -> Result<()> {
        let now = self.clock.now();
        let Some((until, reason)) = lock(&self.ledger).paused(ADDRESS, now)? else {
            return Ok(());
        };
        let left = seconds(until - now);
        if left > PATIENCE || reason.contains("error 8") {
            self.end(Ending {
                exit: Exit::TryLater,
                why: format!("no calls are to be made before {}: {reason}", iso(until)),
                remedy: "wait until then; a scheduler may just try again".to_owned(),
            });
        } else {
            lock(&self.pool).pause_everybody(Instant::now(), left);
        }
        Ok(())
    }

    /// Takes a call from the owner's budget.
    fn permit(&self, owner: i64) -> Result<Leave, Failure> {
        let Some(limit) = self.limit else {
            return Ok(Leave::Granted(None));
        };
        let longest = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX / 4);
        let allowance = lock(&self.ledger).allow(owner, limit, Clock::real_milliseconds(), longest);
        match allowance.map_err(|error| self.end(broken(&error)))? {
            Allowance::Granted(permit) => Ok(Leave::Granted(Some(permit))),
            Allowance::Wait(milliseconds) => {
                let until = Instant::now() + Duration::from_millis(milliseconds.unsigned_abs());
                lock(&self.pool).hold_owner(owner, until);
                Ok(Leave::NotYet)
            }
        }
    }

    fn give_back(&self, permit: Option<Permit>) -> Result<(), Failure> {
        let Some(permit) = permit else {
            return Ok(());
        };
        lock(&self.ledger)
            .returned(permit, Clock::real_milliseconds())
            .map_err(|error| self.end(broken(&error)))
    }

    fn wait(&self, time: Duration) {
        self.stop.sleep(time, || lock(&self.ending).is_some());
    }

    /// The key is of no use any more, or for a while: no further call with it.
    fn lose(
        &self,
        slot: Slot,
        key: &ApiKey,
        name: &str,
        state: KeyState,
        refusal: &Refusal,
    ) -> Result<(), Failure> {
        if !lock(&self.pool).drop_key(slot) {
            return Ok(()); // One of several calls at once: it says what is known already.
        }
        log::warn!("key {name} is not used any more: {refusal}");
        self.note(|ledger| ledger.mark_key(name, key, state, &refusal.to_string()))
    }

    /// Torn wants a rest from this key's owner.
    fn pause_owner(
        &self,
        slot: Slot,
        called_at: Instant,
        refusal: &Refusal,
    ) -> Result<(), Failure> {
        let (keys, pause) = {
            let mut pool = lock(&self.pool);
            let owner = pool.owner(slot);
            if pool.was_paused_after(owner, called_at) {
                return Ok(()); // One of several calls at once: it says what is known already.
            }
            let count = pool.count_pause(owner);
            // Past the last step the owner is out for this run: longer than anybody waits.
            let pause = owner_pause(count, self.first_pause).unwrap_or(OUT_FOR_THIS_RUN);
            pool.pause_owner(owner, Instant::now(), pause);
            // What rests or is dead already stays so.
            let keys: Vec<(String, ApiKey)> = pool
                .usable_of_owner(owner)
                .map(|slot| (pool.name(slot).to_owned(), pool.key(slot).clone()))
                .collect();
            (keys, pause)
        };
        let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
        log::info!(
            "keys {} pause for {} s: {refusal}",
            names.join(", "),
            pause.as_secs()
        );
        let until = self.clock.now().saturating_add(whole_seconds(pause));
        self.note(|ledger| {
            keys.iter().try_for_each(|(name, key)| {
                ledger.mark_key(name, key, KeyState::Paused(until), &refusal.to_string())
            })
        })
    }

    /// Torn, or what stands before it, wants a rest from this address.
    fn pause_address(
        &self,
        asked: Option<Duration>,
        called_at: Instant,
        refusal: &Refusal,
    ) -> Result<(), Failure> {
        let shortest = Duration::from_secs(1);
        let time = asked.map_or(self.first_pause * 2, |time| {
            time.clamp(shortest, LONGEST_PAUSE)
        });
        let count = {
            let mut pool = lock(&self.pool);
            if pool.was_everybody_paused_after(called_at) && time <= PATIENCE {
                return Ok(()); // One of several calls at once: it says what is known already.
            }
            pool.pause_everybody(Instant::now(), time);
            pool.count_pause(0)
        };
        log::info!("all calls pause for {} s: {refusal}", time.as_secs());
        let until = self.clock.now().saturating_add(whole_seconds(time));
        self.note(|ledger| ledger.pause(ADDRESS, until, &refusal.to_string()))?;
        // The same step as for an owner, so that a server which never relents does not hold a run for ever.
        if time > PATIENCE || owner_pause(count, self.first_pause).is_none() {
            return Err(self.end(paused_too_long(time)));
        }
        Ok(())
    }

    fn rest_from_category(
        &self,
        slot: Slot,
        name: &str,
        request: &Request,
        refusal: &Refusal,
    ) -> Result<(), Failure> {
        if !request.reads_personalstats {
            return Err(Failure::Refused(refusal.to_string()));
        }
        log::info!("key {name} reads no personalstats for a day: {refusal}");
        lock(&self.pool).rest_from_personalstats(slot);
        let until = self.clock.now() + CATEGORY_REST;
        self.note(|ledger| ledger.pause(&personalstats_of(name), until, &refusal.to_string()))
    }

    /// Torn has blocked this address: no call before ten minutes have passed.
    fn blocked(&self, refusal: &Refusal) -> Failure {
        let until = self.clock.now() + BLOCK_REST;
        if let Err(failure) = self.note(|ledger| ledger.pause(ADDRESS, until, &refusal.to_string()))
        {
            return failure;
        }
        self.end(Ending {
            exit: Exit::TryLater,
            why: refusal.to_string(),
            remedy: format!(
                "no call is made before {}; look for another program that uses bad keys",
                iso(until)
            ),
        })
    }

    /// A fault that outlasted every retry: the target fails, and a run that never reached anybody ends.
    fn passing_fault(&self, refusal: &Refusal) -> Failure {
        let nobody_there = matches!(refusal, Refusal::Unreachable(_) | Refusal::Timeout(_));
        if nobody_there
            && self.successes.load(Ordering::Relaxed) == 0
            && self.dead_lines.fetch_add(1, Ordering::Relaxed) + 1 >= DEAD_LINES
        {
            return self.end(Ending {
                exit: Exit::TryLater,
                why: refusal.to_string(),
                remedy: format!(
                    "check the network, and that {} can be reached",
                    self.client.route()
                ),
            });
        }
        Failure::Passing(refusal.to_string())
    }

    /// Writes to the ledger; a database that fails ends the run.
    fn note(&self, write: impl FnOnce(&mut Store) -> Result<()>) -> Result<(), Failure> {
        write(&mut lock(&self.ledger)).map_err(|error| self.end(broken(&error)))
    }

    /// Why there is no key: none works, or none could be asked about.
    fn no_key_left(&self) -> Ending {
        let pool = lock(&self.pool);
        let unchecked = pool.unchecked();
        if unchecked.is_empty() {
            return Ending {
                exit: Exit::NoKey,
                why: "none of the keys can be used".to_owned(),
                remedy: "run `tornsnap health` to see why, and put new keys in place".to_owned(),
            };
        }
        Ending {
            exit: Exit::TryLater,
            why: format!(
                "Torn could not be asked about the keys {}",
                unchecked.join(", ")
            ),
            remedy: format!(
                "check the network, and that {} can be reached",
                self.client.route()
            ),
        }
    }
}

impl Failure {
    /// For logs and `fetch_runs`.
    pub fn in_words(&self) -> String {
        match self {
            Self::NoAccess(why) | Self::Missing(why) | Self::Refused(why) | Self::Passing(why) => {
                why.clone()
            }
            Self::Rejected(rejected) => format!("the answer does not fit: {}", rejected.error),
            Self::RunOver => "the run ended before".to_owned(),
        }
    }
}

/// An answer that does not fit, to be kept.
pub fn rejected(request: &Request, entity: &str, misfit: &Misfit, body: String) -> Rejected {
    Rejected {
        endpoint: request.target.clone(),
        entity: entity.to_owned(),
        error: misfit.to_string(),
        body,
    }
}

fn closed(refusal: &Refusal) -> Ending {
    Ending {
        exit: Exit::TryLater,
        why: refusal.to_string(),
        remedy: "wait until Torn opens its API again; a scheduler may just try again".to_owned(),
    }
}

fn misconfigured(refusal: &Refusal) -> Ending {
    Ending {
        exit: Exit::Config,
        why: refusal.to_string(),
        remedy: refusal.remedy().unwrap_or_default(),
    }
}

fn paused_too_long(time: Duration) -> Ending {
    Ending {
        exit: Exit::TryLater,
        why: format!("Torn wants no calls for {} s more", time.as_secs()),
        remedy: "run it again later; a lower requests_per_minute leaves more to other programs with your keys".to_owned(),
    }
}

fn broken(error: &Error) -> Ending {
    Ending {
        exit: error.exit(),
        why: error.on_one_line(),
        remedy: error.remedy().unwrap_or("run `tornsnap health`").to_owned(),
    }
}

/// Ends the calls under way as soon as somebody asks the process to stop, whichever thread waits for them.
fn watch(client: &Client, stop: &Stop) -> Arc<()> {
    let alive = Arc::new(());
    let caller = Arc::downgrade(&alive);
    let (client, stop) = (client.clone(), stop.clone());
    thread::spawn(move || {
        while caller.strong_count() > 0 {
            if stop.asked().is_some() {
                return client.shut_down();
            }
            thread::sleep(GLANCE);
        }
    });
    alive
}

/// A lock that a panicking thread left behind still guards sound data: every change here is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From 0 to 1; good enough to spread retries.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// At most a year, since no later moment need be told apart and an `Instant` overflows some time.
fn seconds(count: i64) -> Duration {
    Duration::from_secs(count.clamp(0, 366 * DAY).unsigned_abs())
}

/// Rounded up: a pause that is written down is never shorter than the real one.
fn whole_seconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(i64::MAX)
}
