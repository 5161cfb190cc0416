//! A simulated Torn, served over HTTP on this machine, for `demo`, `simulate` and the tests.
//!
//! The world is a function of a seed and a time: any time can be requested, in any order, and the same request at the
//! same time gets the same answer. A test can pin entities ([`Simulator::edit`]) and inject faults
//! ([`Simulator::fault`]). The simulator uses no other layer, so that it cannot repeat their mistakes.

mod answer;
mod chaos;
mod fault;
mod keys;
mod serve;
mod world;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use answer::Links;
pub use chaos::{Chaos, InjectedFault};
pub use fault::{Fault, FaultKind};
pub use keys::{Access, Key, Selections};
pub use serve::DateHeader;
pub(crate) use serve::LoggedRequest;
pub use world::territory::Racket;
pub use world::wars::{RankedWar, Side, TerritoryWar};
pub use world::{Player, World};

use crate::sim::serve::{Shared, lock};
use crate::sim::world::WorldOptions;

/// The simulated time at the start by default: Monday, 2026-03-02 00:00 UTC.
pub const DEFAULT_START: i64 = 1_772_409_600;

/// The options of a simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of the generated world.
    pub seed: u64,
    /// The simulated time at the start: a unix timestamp.
    pub now: i64,
    /// The number of players in tracked factions or in no faction.
    pub players: u32,
    /// The number of tracked factions, which a user would follow. The world has some two dozen others as opponents.
    pub factions: u32,
    /// The number of tiles on the map, at most 4,107.
    pub tiles: u32,
    /// The number of hours, from Thursday 12:00 UTC on, over which the starts of a week's generated ranked wars are
    /// spread: 1 to 96. Each war starts on a full hour. With 1, all of them start in the same second.
    pub ranked_start_hours: u32,
    /// Whether the generated world stays as it is at `now`.
    pub frozen: bool,
    /// The rate limit per key owner in 60 seconds of real time. Torn's is 100.
    pub requests_per_minute: Option<u32>,
    /// The delay of each answer, in real time.
    pub latency: Duration,
    /// The accepted keys. When empty, the first three players have one each.
    pub keys: Vec<Key>,
    /// The maximal number of requests in the log. The oldest are dropped; with 0 there is no log.
    pub log_limit: usize,
    /// How often random faults occur; `None` for never.
    pub chaos: Option<Chaos>,
    /// The source of the time in the `Date` header.
    pub date: DateHeader,
    /// Whether an error about the key replaces only the affected selection. Otherwise it is the whole answer.
    pub selection_errors: bool,
    /// Where the links in lists lead.
    pub links: Links,
    /// Whether answers name the field `territoryownership`, as before 2026, instead of `territoryOwnership`.
    pub old_ownership_key: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            now: DEFAULT_START,
            players: 120,
            factions: 3,
            tiles: 4_107,
            ranked_start_hours: 48,
            frozen: false,
            requests_per_minute: None,
            latency: Duration::ZERO,
            keys: Vec::new(),
            log_limit: 100_000,
            chaos: None,
            date: DateHeader::default(),
            selection_errors: false,
            links: Links::default(),
            old_ownership_key: false,
        }
    }
}

impl Options {
    /// A world without generated entities, and one key with full access.
    pub fn empty() -> Self {
        Self {
            players: 0,
            factions: 0,
            tiles: 0,
            keys: vec![Key::new("EmptyWorldKey016", 1, Access::Full)],
            ..Self::default()
        }
    }
}

/// A running simulator. Dropping it closes the port and all connections.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    accept_thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts a simulator on a free port of 127.0.0.1.
    pub fn start(options: Options) -> io::Result<Self> {
        let world_options = WorldOptions {
            seed: options.seed,
            players: options.players.into(),
            factions: options.factions.into(),
            tiles: options.tiles.into(),
            ranked_start_hours: options.ranked_start_hours.clamp(1, 96).into(),
            frozen_at: options.frozen.then_some(options.now),
        };
        let world = World::new(&world_options);
        let keys = if options.keys.is_empty() {
            default_keys(&world)
        } else {
            options.keys
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            world: RwLock::new(world),
            time: AtomicI64::new(options.now),
            date: Mutex::new(options.date),
            date_offset: AtomicI64::new(0),
            faults: Mutex::new(Vec::new()),
            chaos: Mutex::new(options.chaos),
            injected_faults: Mutex::new(Vec::new()),
            numbered_requests: AtomicI64::new(0),
            log: Mutex::new(VecDeque::new()),
            keys: Mutex::new(keys),
            url: format!("http://{address}"),
            log_limit: options.log_limit,
            requests_per_minute: options.requests_per_minute,
            latency: options.latency,
            links: Mutex::new(options.links),
            selection_errors: AtomicBool::new(options.selection_errors),
            old_ownership_key: options.old_ownership_key,
            started: Instant::now(),
            recent_requests: Mutex::new(HashMap::new()),
            connections: Mutex::default(),
            closing: Condvar::new(),
        });
        let accept_thread = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || serve::accept(&shared, &listener))
        };
        Ok(Self {
            shared,
            address,
            accept_thread: Some(accept_thread),
        })
    }

    /// The address of the server. Paths work with and without `/v2` in front.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The simulated time: a unix timestamp.
    pub fn time(&self) -> i64 {
        self.shared.time.load(Ordering::SeqCst)
    }

    /// Sets the simulated time, to an earlier or a later one.
    pub fn set_time(&self, time: i64) {
        self.shared.time.store(time, Ordering::SeqCst);
    }

    /// Adds this many seconds to the time in the `Date` header.
    pub fn set_date_offset(&self, seconds: i64) {
        self.shared.date_offset.store(seconds, Ordering::SeqCst);
    }

    /// Sets the source of the time in the `Date` header.
    pub fn set_date(&self, date: DateHeader) {
        *lock(&self.shared.date) = date;
    }

    /// The ids of the generated players that a user would follow.
    pub fn player_ids(&self) -> Vec<i64> {
        self.read_world(World::resident_ids)
    }

    /// The ids of the generated factions that a user would follow.
    pub fn faction_ids(&self) -> Vec<i64> {
        self.read_world(World::tracked_ids)
    }

    /// The accepted keys.
    pub fn keys(&self) -> Vec<Key> {
        lock(&self.shared.keys).clone()
    }

    /// Replaces the accepted keys.
    pub fn set_keys(&self, keys: Vec<Key>) {
        *lock(&self.shared.keys) = keys;
    }

    /// Changes the world. An entity that is changed is pinned: it no longer changes with time.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self
            .shared
            .world
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        world.set_edit_time(self.time());
        change(&mut world)
    }

    /// Sets where the links in lists lead.
    pub fn set_links(&self, links: Links) {
        *lock(&self.shared.links) = links;
    }

    /// Sets [`Options::selection_errors`].
    pub fn set_selection_errors(&self, enabled: bool) {
        self.shared
            .selection_errors
            .store(enabled, Ordering::SeqCst);
    }

    /// Adds a fault. When several faults match a request, the one that was added first applies.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Removes all faults that were added with [`Simulator::fault`].
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Sets the random faults. A fault from [`Simulator::fault`] has priority.
    pub fn set_chaos(&self, chaos: Option<Chaos>) {
        *lock(&self.shared.chaos) = chaos;
    }

    /// The random faults so far, oldest first.
    pub fn injected_faults(&self) -> Vec<InjectedFault> {
        lock(&self.shared.injected_faults).clone()
    }

    /// The requests in the log, oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.shared.log).iter().cloned().collect()
    }

    /// Clears the log of requests.
    pub fn clear_requests(&self) {
        lock(&self.shared.log).clear();
    }

    fn read_world<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        read(
            &self
                .shared
                .world
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.close();
        // The thread blocks in `accept`. This connection wakes it. If it fails, the thread is not joined.
        if TcpStream::connect(self.address).is_ok()
            && let Some(accept_thread) = self.accept_thread.take()
        {
            // The panic hook has printed a panic of the thread already.
            let _panicked = accept_thread.join();
        }
    }
}

/// Three keys of the first three players: limited with faction access, limited, and public.
fn default_keys(world: &World) -> Vec<Key> {
    let secrets = [
        ("SimulatedKeyA001", Access::Limited),
        ("SimulatedKeyB002", Access::Limited),
        ("SimulatedKeyC003", Access::Public),
    ];
    let mut keys: Vec<Key> = secrets
        .into_iter()
        .zip(world.resident_ids())
        .map(|((secret, access), owner)| Key::new(secret, owner, access))
        .collect();
    if let Some(first) = keys.first_mut() {
        first.faction_access = true;
    }
    keys
}
