//! A simulated Torn, served over HTTP on this machine: for `demo`, the tests and the benchmarks.
//!
//! Its world is a pure function of a seed and a moment, so it can be asked about any day at once, and twice the same.
//! On top of that, a test can pin what it wants to be sure of ([`Simulator::edit`]), or let things go wrong
//! ([`Simulator::fault`]). It knows nothing about the rest of this program, so that it cannot share its errors.

mod answer;
mod chance;
mod chaos;
mod fault;
mod gzip;
mod keys;
mod serve;
mod territory;
mod tile_ids;
mod wars;
mod world;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use crate::sim::answer::Links;
pub use crate::sim::chaos::{Chaos, Spoilt};
pub use crate::sim::fault::{Fault, FaultKind};
pub use crate::sim::keys::{Access, Key, Selections};
pub use crate::sim::serve::DateHeader;
pub(crate) use crate::sim::serve::Request;
pub use crate::sim::territory::Racket;
pub use crate::sim::wars::{RankedWar, Side, TerritoryWar};
pub use crate::sim::world::{Player, World};

use crate::sim::serve::{Shared, lock};
use crate::sim::world::Extent;

/// 2026-03-02 00:00 UTC, a Monday.
pub const DEFAULT_START: i64 = 1_772_409_600;

/// How to start a simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// What makes one world different from another.
    pub seed: u64,
    /// The simulated time to begin with, in Unix seconds.
    pub now: i64,
    /// How many players belong to the factions to follow, or to none.
    pub players: u32,
    /// How many factions there are to follow; some two dozen others are added as their opponents.
    pub factions: u32,
    /// How many tiles the map has, at most 4,107.
    pub tiles: u32,
    /// The hours from Thursday 12:00 UTC among which the starts of a week's generated ranked wars are spread, 1 to 96.
    /// Each starts on a full hour; with 1, all of them start in one second.
    pub ranked_start_hours: u32,
    /// Whether the generated world stays as it is at `now` while time goes by.
    pub frozen: bool,
    /// How often the keys of one owner may ask in 60 real seconds; Torn allows 100.
    pub requests_per_minute: Option<u32>,
    /// How long each answer takes, in real time.
    pub latency: Duration,
    /// The keys that are accepted; with none, three are made for the first three players.
    pub keys: Vec<Key>,
    /// How many requests are remembered, the newest ones; 0 for none.
    pub log_limit: usize,
    /// Whether answers are spoilt at random.
    pub chaos: Option<Chaos>,
    /// The time in the `Date` header of an answer.
    pub date: DateHeader,
    /// Whether a selection that the key may not read is refused inside the answer, beside the selections that it may,
    /// and not by an answer that is nothing but the refusal.
    pub refusals_inside: bool,
    /// Where the links of lists lead.
    pub links: Links,
    /// Whether `territoryownership` answers under its old name instead of `territoryOwnership`.
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
            refusals_inside: false,
            links: Links::default(),
            old_ownership_key: false,
        }
    }
}

impl Options {
    /// A world with nothing in it but what [`Simulator::edit`] adds, and one key that may ask everything.
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

/// A running simulated Torn. Dropping it closes its port and all connections.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts to serve on a free port of 127.0.0.1.
    pub fn start(options: Options) -> io::Result<Self> {
        let extent = Extent {
            players: options.players.into(),
            factions: options.factions.into(),
            tiles: options.tiles.into(),
            ranked_start_hours: options.ranked_start_hours.clamp(1, 96).into(),
            frozen_at: options.frozen.then_some(options.now),
        };
        let world = World::new(options.seed, &extent);
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
            spoilt: Mutex::new(Vec::new()),
            numbered: AtomicI64::new(0),
            log: Mutex::new(VecDeque::new()),
            keys: Mutex::new(keys),
            url: format!("http://{address}"),
            log_limit: options.log_limit,
            requests_per_minute: options.requests_per_minute,
            latency: options.latency,
            links: Mutex::new(options.links),
            refusals_inside: AtomicBool::new(options.refusals_inside),
            old_ownership_key: options.old_ownership_key,
            started: Instant::now(),
            recent: Mutex::new(HashMap::new()),
            open: Mutex::default(),
            closing: Condvar::new(),
        });
        let accepting = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || serve::accept(&shared, &listener))
        };
        Ok(Self {
            shared,
            address,
            accepting: Some(accepting),
        })
    }

    /// Where it listens; paths work with and without `/v2` in front.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The simulated time.
    pub fn time(&self) -> i64 {
        self.shared.time.load(Ordering::SeqCst)
    }

    /// Goes to another simulated time, earlier or later.
    pub fn set_time(&self, time: i64) {
        self.shared.time.store(time, Ordering::SeqCst);
    }

    /// Makes the `Date` header wrong by so many seconds; a positive number makes it later than the time.
    pub fn set_date_offset(&self, seconds: i64) {
        self.shared.date_offset.store(seconds, Ordering::SeqCst);
    }

    /// Changes which time the `Date` header says.
    pub fn set_date(&self, date: DateHeader) {
        *lock(&self.shared.date) = date;
    }

    /// The ids of the generated players that a user would follow.
    pub fn player_ids(&self) -> Vec<i64> {
        self.read(World::resident_ids)
    }

    /// The ids of the generated factions that a user would follow.
    pub fn faction_ids(&self) -> Vec<i64> {
        self.read(World::tracked_ids)
    }

    /// The keys that are accepted.
    pub fn keys(&self) -> Vec<Key> {
        lock(&self.shared.keys).clone()
    }

    /// Accepts these keys from now on, and no others.
    pub fn set_keys(&self, keys: Vec<Key>) {
        *lock(&self.shared.keys) = keys;
    }

    /// Changes the world; what is touched is pinned and no longer changes by itself.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self
            .shared
            .world
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        world.edit_at(self.time());
        change(&mut world)
    }

    /// Makes the links of lists lead elsewhere from now on.
    pub fn set_links(&self, links: Links) {
        *lock(&self.shared.links) = links;
    }

    /// Refuses selections inside the answer from now on, or no longer.
    pub fn set_refusals_inside(&self, inside: bool) {
        self.shared.refusals_inside.store(inside, Ordering::SeqCst);
    }

    /// Makes something go wrong. The first fault that meets a request decides what becomes of it.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Lets everything go right again.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Spoils answers at random from now on, or no longer. A fault that was set on purpose goes first.
    pub fn set_chaos(&self, chaos: Option<Chaos>) {
        *lock(&self.shared.chaos) = chaos;
    }

    /// The answers that were spoilt at random so far, oldest first.
    pub fn spoilt(&self) -> Vec<Spoilt> {
        lock(&self.shared.spoilt).clone()
    }

    /// What was asked so far, oldest first, as far as it is remembered.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.log).iter().cloned().collect()
    }

    /// Forgets what was asked.
    pub fn clear_requests(&self) {
        lock(&self.shared.log).clear();
    }

    fn read<T>(&self, question: impl FnOnce(&World) -> T) -> T {
        question(
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
        // The thread waits for a connection; this one wakes it, and if it cannot, the thread is left to itself.
        if TcpStream::connect(self.address).is_ok()
            && let Some(accepting) = self.accepting.take()
        {
            // A panic there has been printed already.
            let _panicked = accepting.join();
        }
    }
}

/// Three keys of three owners: limited with faction access, limited, and public.
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
