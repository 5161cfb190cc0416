//! The HTTP side: sockets, requests and replies.
//!
//! It is written on `std::net` alone, because half of the faults are things that an HTTP library
//! is there to prevent: to hang, to stop in the middle, to close without a word.

mod http;
mod spoil;

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufReader, Read};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;

use self::http::{Head, Reply, decode_query, read_head, secret_of, send};
use super::answer::{ApiError, Links, Question};
use super::chaos::{Chaos, Spoilt};
use super::fault::Fault;
use super::keys::Key;
use super::world::World;

/// The window of the rate limit, in real time.
const WINDOW: Duration = Duration::from_secs(60);
/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path, without `/v2` and the query.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: String,
    /// The key in the `Authorization` header.
    pub key: Option<String>,
    /// Whether there was an `Authorization` header at all.
    pub authorization: bool,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// When it arrived, in real time since the simulator started.
    pub arrived: Duration,
    /// The simulated time at which it was answered.
    pub time: i64,
}

/// The time in the `Date` header of an answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DateHeader {
    /// The simulated time.
    #[default]
    Simulated,
    /// The time of this machine.
    Real,
    /// There is no such header.
    Absent,
}

/// State that all connections share.
pub(in crate::sim) struct Shared {
    pub(in crate::sim) world: RwLock<World>,
    pub(in crate::sim) time: AtomicI64,
    pub(in crate::sim) date: Mutex<DateHeader>,
    pub(in crate::sim) date_offset: AtomicI64,
    pub(in crate::sim) faults: Mutex<Vec<Fault>>,
    pub(in crate::sim) chaos: Mutex<Option<Chaos>>,
    pub(in crate::sim) spoilt: Mutex<Vec<Spoilt>>,
    /// How many requests chance could have met.
    pub(in crate::sim) numbered: AtomicI64,
    pub(in crate::sim) log: Mutex<VecDeque<Request>>,
    pub(in crate::sim) keys: Mutex<Vec<Key>>,
    pub(in crate::sim) url: String,
    pub(in crate::sim) log_limit: usize,
    pub(in crate::sim) requests_per_minute: Option<u32>,
    pub(in crate::sim) latency: Duration,
    pub(in crate::sim) old_ownership_key: bool,
    pub(in crate::sim) links: Mutex<Links>,
    pub(in crate::sim) refusals_inside: AtomicBool,
    pub(in crate::sim) started: Instant,
    pub(in crate::sim) recent: Mutex<HashMap<i64, VecDeque<Instant>>>,
    pub(in crate::sim) open: Mutex<Open>,
    pub(in crate::sim) closing: Condvar,
}

/// The connections that are open, and whether that is to end.
#[derive(Default)]
pub(in crate::sim) struct Open {
    streams: HashMap<u64, TcpStream>,
    next: u64,
    closing: bool,
}

/// One request, taken apart.
#[derive(Clone, Copy)]
struct Asked<'a> {
    base: &'a str,
    path: &'a str,
    query: &'a str,
    head: &'a Head,
    time: i64,
}

/// Takes a lock whatever became of its last holder: the data are plain values that are never half written.
pub(in crate::sim) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts connections until the simulator closes; each gets a thread, so that a slow one holds up nobody.
pub(in crate::sim) fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let number = {
            let mut open = lock(&shared.open);
            if open.closing {
                return;
            }
            let Ok(twin) = stream.try_clone() else {
                continue;
            };
            open.next += 1;
            let number = open.next;
            open.streams.insert(number, twin);
            number
        };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // The client may have closed the connection already.
            let _gone = shared.converse(&stream);
            let _gone = stream.shutdown(Shutdown::Both);
            lock(&shared.open).streams.remove(&number);
        });
    }
}

impl Shared {
    /// Closes every connection and wakes whoever waits.
    pub(in crate::sim) fn close(&self) {
        let mut open = lock(&self.open);
        open.closing = true;
        for stream in open.streams.values() {
            // It may be closed already.
            let _closed = stream.shutdown(Shutdown::Both);
        }
        self.closing.notify_all();
    }

    /// Waits, unless the simulator closes before.
    fn wait(&self, time: Duration) {
        if !time.is_zero() {
            let open = lock(&self.open);
            let waited = self
                .closing
                .wait_timeout_while(open, time, |open| !open.closing);
            drop(waited);
        }
    }

    fn converse(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let mut writer = stream;
        while let Some(head) = read_head(&mut reader)? {
            io::copy(&mut (&mut reader).take(head.body_bytes), &mut io::sink())?;
            let reply = self.reply(&head);
            self.wait(self.latency);
            if !send(&mut writer, reply, self.date().as_deref())? || head.close {
                break;
            }
        }
        Ok(())
    }

    /// The value of the `Date` header, if there is one.
    #[expect(
        clippy::disallowed_methods,
        reason = "a simulated server may have a real clock"
    )]
    fn date(&self) -> Option<String> {
        let now = match *lock(&self.date) {
            DateHeader::Simulated => self.time.load(Ordering::SeqCst),
            DateHeader::Real => Utc::now().timestamp(),
            DateHeader::Absent => return None,
        };
        let shown = now.saturating_add(self.date_offset.load(Ordering::SeqCst));
        let date = DateTime::from_timestamp(shown, 0)?;
        Some(date.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    fn reply(&self, head: &Head) -> Reply {
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        let (base, path) = match path.strip_prefix("/v2") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => ("/v2", rest),
            _ => ("", path),
        };
        let base = format!("{}{base}", self.url);
        let secret = head.authorization.as_deref().and_then(secret_of);
        let time = self.time.load(Ordering::SeqCst);
        self.note(|arrived| Request {
            path: path.to_owned(),
            query: query.to_owned(),
            key: secret.map(str::to_owned),
            authorization: head.authorization.is_some(),
            user_agent: head.user_agent.clone(),
            arrived,
            time,
        });
        if head.method != "GET" {
            return Reply::of(405, "text/plain", b"only GET".to_vec());
        }
        let kind = lock(&self.faults)
            .iter_mut()
            .find_map(|fault| fault.meet(path, query, secret));

        let asked = Asked {
            base: &base,
            path,
            query,
            head,
            time,
        };
        if let Some(kind) = kind {
            return self.spoil(&asked, kind, || self.body(&asked));
        }
        let body = self.body(&asked);
        match self.draw_fault(&asked, &body) {
            None => Reply::json(&body),
            Some(kind) => self.spoil(&asked, kind, || body),
        }
    }

    /// The body without a fault: the answer or a refusal.
    fn body(&self, asked: &Asked<'_>) -> Value {
        let answer = self.key_of(asked.head).and_then(|key| {
            let question = Question {
                base: asked.base,
                path: asked.path,
                query: decode_query(asked.query),
                key: &key,
                now: asked.time,
                links: *lock(&self.links),
                refusals_inside: self.refusals_inside.load(Ordering::SeqCst),
                old_ownership_key: self.old_ownership_key,
            };
            let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
            world.answer(&question)
        });
        answer.map_or_else(ApiError::body, Value::Object)
    }

    /// The key that asks, unless it is unknown or its owner has asked too often.
    fn key_of(&self, head: &Head) -> Result<Key, ApiError> {
        let header = head.authorization.as_deref().ok_or(ApiError::EmptyKey)?;
        let secret = secret_of(header).ok_or(ApiError::UnknownKey)?;
        let known = lock(&self.keys)
            .iter()
            .find(|key| key.secret == secret)
            .cloned();
        let key = known.ok_or(ApiError::UnknownKey)?;
        if let Some(limit) = self.requests_per_minute {
            let mut recent = lock(&self.recent);
            let recent = recent.entry(key.owner).or_default();
            while recent
                .front()
                .is_some_and(|asked| asked.elapsed() >= WINDOW)
            {
                recent.pop_front();
            }
            if recent.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                return Err(ApiError::TooManyRequests);
            }
            recent.push_back(Instant::now());
        }
        Ok(key)
    }

    fn note(&self, request: impl FnOnce(Duration) -> Request) {
        if self.log_limit == 0 {
            return;
        }
        let mut log = lock(&self.log);
        if log.len() == self.log_limit {
            log.pop_front();
        }
        log.push_back(request(self.started.elapsed()));
    }
}
