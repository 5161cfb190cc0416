//! The HTTP server of the simulator.
//!
//! It uses `std::net` and no HTTP library, because a library would prevent many of the faults: hanging, stopping in the
//! middle of a body, closing the connection without an answer.

mod faulty;
mod http;

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufReader, Read};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::sim::answer::{ApiError, ApiRequest, Links};
use crate::sim::chaos::{Chaos, InjectedFault};
use crate::sim::fault::Fault;
use crate::sim::keys::Key;
use crate::sim::serve::http::{Head, Reply, decode_query, parse_api_key, read_head, send};
use crate::sim::world::World;

/// The window of the rate limit, in real time.
const RATE_WINDOW: Duration = Duration::from_secs(60);

/// One request in the log.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// The path, without `/v2` and the query.
    pub path: String,
    /// The query as it was sent, without the `?`.
    pub query: String,
    /// The API key in the `Authorization` header.
    pub key: Option<String>,
    /// Whether there was an `Authorization` header, with or without a key.
    pub authorization: bool,
    pub user_agent: Option<String>,
    /// The real time between the start of the simulator and the request.
    pub arrived: Duration,
    /// The simulated time of the request: a unix timestamp.
    pub time: i64,
}

/// The source of the time in the `Date` header of answers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DateHeader {
    /// The simulated time.
    #[default]
    Simulated,
    /// The clock of this machine.
    Real,
    /// Answers have no `Date` header.
    Absent,
}

/// The state that all connections share.
pub(crate) struct Shared {
    pub(crate) world: RwLock<World>,
    pub(crate) time: AtomicI64,
    pub(crate) date: Mutex<DateHeader>,
    pub(crate) date_offset: AtomicI64,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) chaos: Mutex<Option<Chaos>>,
    pub(crate) injected_faults: Mutex<Vec<InjectedFault>>,
    /// How many requests so far could get a random fault.
    pub(crate) numbered_requests: AtomicI64,
    pub(crate) log: Mutex<VecDeque<LoggedRequest>>,
    pub(crate) keys: Mutex<Vec<Key>>,
    pub(crate) url: String,
    pub(crate) log_limit: usize,
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) latency: Duration,
    pub(crate) old_ownership_key: bool,
    pub(crate) links: Mutex<Links>,
    pub(crate) selection_errors: AtomicBool,
    pub(crate) started: Instant,
    /// The times of the requests within the rate window, by player id of the key owner.
    pub(crate) recent_requests: Mutex<HashMap<i64, VecDeque<Instant>>>,
    pub(crate) connections: Mutex<Connections>,
    pub(crate) closing: Condvar,
}

#[derive(Default)]
pub(crate) struct Connections {
    streams: HashMap<u64, TcpStream>,
    last_id: u64,
    is_closing: bool,
}

/// The parts of one request.
#[derive(Clone, Copy)]
struct ParsedRequest<'a> {
    /// The address up to the path, with `/v2` if the request has it.
    base: &'a str,
    path: &'a str,
    query: &'a str,
    head: &'a Head,
    time: i64,
}

/// Locks a mutex and ignores poisoning: no holder leaves a value half written.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts connections until the simulator closes. Each has a thread of its own, so a slow one delays no other.
pub(crate) fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let id = {
            let mut connections = lock(&shared.connections);
            if connections.is_closing {
                return;
            }
            let Ok(handle) = stream.try_clone() else {
                continue;
            };
            connections.last_id += 1;
            let id = connections.last_id;
            connections.streams.insert(id, handle);
            id
        };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // The client may have closed the connection already.
            let _gone = shared.serve_connection(&stream);
            let _gone = stream.shutdown(Shutdown::Both);
            lock(&shared.connections).streams.remove(&id);
        });
    }
}

impl Shared {
    /// Closes every connection and ends every wait.
    pub(crate) fn close(&self) {
        let mut connections = lock(&self.connections);
        connections.is_closing = true;
        for stream in connections.streams.values() {
            // It may be closed already.
            let _closed = stream.shutdown(Shutdown::Both);
        }
        self.closing.notify_all();
    }

    /// Waits for this time, or until the simulator closes.
    fn wait(&self, time: Duration) {
        if !time.is_zero() {
            let connections = lock(&self.connections);
            let waited = self
                .closing
                .wait_timeout_while(connections, time, |connections| !connections.is_closing);
            drop(waited);
        }
    }

    fn serve_connection(&self, stream: &TcpStream) -> io::Result<()> {
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

    /// The value of the `Date` header; `None` for no header.
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
        let secret = head.authorization.as_deref().and_then(parse_api_key);
        let time = self.time.load(Ordering::SeqCst);
        self.log_request(|arrived| LoggedRequest {
            path: path.to_owned(),
            query: query.to_owned(),
            key: secret.map(str::to_owned),
            authorization: head.authorization.is_some(),
            user_agent: head.user_agent.clone(),
            arrived,
            time,
        });
        if head.method != "GET" {
            return Reply::new(405, "text/plain", b"only GET".to_vec());
        }
        let kind = lock(&self.faults)
            .iter_mut()
            .find_map(|fault| fault.apply_to(path, query, secret));

        let request = ParsedRequest {
            base: &base,
            path,
            query,
            head,
            time,
        };
        if let Some(kind) = kind {
            return self.faulty_reply(&request, kind, || self.body(&request));
        }
        let body = self.body(&request);
        match self.draw_fault(&request, &body) {
            None => Reply::json(&body),
            Some(kind) => self.faulty_reply(&request, kind, || body),
        }
    }

    /// The body without a fault: the answer, or Torn's error.
    fn body(&self, request: &ParsedRequest<'_>) -> Value {
        let answer = self.authenticate(request.head).and_then(|key| {
            let api_request = ApiRequest {
                base: request.base,
                path: request.path,
                query: decode_query(request.query),
                key: &key,
                now: request.time,
                links: *lock(&self.links),
                selection_errors: self.selection_errors.load(Ordering::SeqCst),
                old_ownership_key: self.old_ownership_key,
            };
            let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
            world.answer(&api_request)
        });
        answer.map_or_else(ApiError::body, Value::Object)
    }

    /// The key of a request. Fails when the key is unknown or its owner has reached the rate limit.
    fn authenticate(&self, head: &Head) -> Result<Key, ApiError> {
        let header = head.authorization.as_deref().ok_or(ApiError::EmptyKey)?;
        let secret = parse_api_key(header).ok_or(ApiError::UnknownKey)?;
        let known = lock(&self.keys)
            .iter()
            .find(|key| key.secret == secret)
            .cloned();
        let key = known.ok_or(ApiError::UnknownKey)?;
        if let Some(limit) = self.requests_per_minute {
            let mut recent = lock(&self.recent_requests);
            let recent = recent.entry(key.owner).or_default();
            while recent
                .front()
                .is_some_and(|arrived| arrived.elapsed() >= RATE_WINDOW)
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

    fn log_request(&self, request: impl FnOnce(Duration) -> LoggedRequest) {
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
