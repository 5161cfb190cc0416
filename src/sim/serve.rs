//! The HTTP side: sockets, requests and replies.
//!
//! It is written on `std::net` alone, because half of the faults are things that an HTTP library
//! is there to prevent: to hang, to stop in the middle, to close without a word.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::sim::answer::{Links, Question, Refusal, error_body};
use crate::sim::chaos::{Chaos, Spoilt};
use crate::sim::fault::{self, Fault, Kind};
use crate::sim::gzip;
use crate::sim::keys::Key;
use crate::sim::world::World;

/// The longest request line or header that is read.
const LONGEST_LINE: u64 = 16_384;
/// The window of the rate limit, in real time.
const WINDOW: Duration = Duration::from_secs(60);
const JSON: &str = "application/json";

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

/// Which time the `Date` header of an answer says.
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

/// What all connections share.
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

/// The head of one request.
struct Head {
    method: String,
    target: String,
    authorization: Option<String>,
    user_agent: Option<String>,
    body_bytes: u64,
    close: bool,
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

/// What to send back.
enum Reply {
    Whole {
        status: u16,
        content_type: String,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// The beginning of this body, as if it were the whole.
    Cut(Vec<u8>),
    /// A JSON string of so many characters.
    Huge(usize),
    /// Nothing, ever.
    Close,
}

impl Reply {
    fn json(body: &Value) -> Self {
        Self::of(200, JSON, body.to_string().into_bytes())
    }

    fn of(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self::Whole {
            status,
            content_type: content_type.to_owned(),
            headers: Vec::new(),
            body,
        }
    }
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
            // A client that goes away in the middle is its own affair.
            let _gone = shared.converse(&stream);
            let _gone = stream.shutdown(std::net::Shutdown::Both);
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
            let _closed = stream.shutdown(std::net::Shutdown::Both);
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

    /// The fault that chance has for this request, if any.
    fn draw_fault(&self, asked: &Asked<'_>, body: &Value) -> Option<Kind> {
        if asked.path.split('/').find(|part| !part.is_empty()) == Some("key") {
            return None;
        }
        let number = 1 + self.numbered.fetch_add(1, Ordering::SeqCst);
        let chaos = (*lock(&self.chaos)).filter(|chaos| chaos.strikes(number))?;
        let fault = chaos.fault(number, body);
        lock(&self.spoilt).push(Spoilt {
            number,
            path: asked.path.to_owned(),
            query: asked.query.to_owned(),
            fault: fault.clone(),
        });
        Some(fault)
    }

    /// Answers wrongly, in the way that a fault says.
    fn spoil(&self, asked: &Asked<'_>, kind: Kind, body: impl FnOnce() -> Value) -> Reply {
        match kind {
            Kind::Code(code, words) => Reply::json(&error_body(code, &words)),
            Kind::CodeWithStatus(code, words, status) => {
                let body = error_body(code, &words).to_string();
                Reply::of(status, JSON, body.into_bytes())
            }
            Kind::Status(status, body, content_type, headers) => Reply::Whole {
                status,
                content_type,
                headers,
                body: body.into_bytes(),
            },
            Kind::Html503 => Reply::of(
                503,
                "text/html; charset=UTF-8",
                b"<!DOCTYPE html><html><head><title>www.torn.com | 503: Service unavailable</title></head>\
                  <body><h1>Error 503</h1><p>Cloudflare Ray ID: 8a1b2c3d4e5f</p></body></html>"
                    .to_vec(),
            ),
            Kind::Broken => {
                let mut body = body().to_string().into_bytes();
                body.truncate(body.len() / 2);
                Reply::of(200, JSON, body)
            }
            Kind::Cut => Reply::Cut(body().to_string().into_bytes()),
            Kind::Empty => Reply::of(200, JSON, Vec::new()),
            Kind::NotJson => Reply::of(200, JSON, b"Backend error, API going crazy".to_vec()),
            Kind::Hang(time) => {
                self.wait(time);
                Reply::Close
            }
            Kind::Slow(time) => {
                self.wait(time);
                Reply::json(&body())
            }
            Kind::Reset => Reply::Close,
            Kind::WrongId => {
                let mut body = body();
                fault::change_id(&mut body);
                Reply::json(&body)
            }
            Kind::PageLoop => {
                let first: Vec<&str> = asked
                    .query
                    .split('&')
                    .filter(|part| !part.starts_with("offset=") && !part.starts_with("to="))
                    .collect();
                let mut body = self.body(&Asked {
                    query: &first.join("&"),
                    ..*asked
                });
                let here = format!("{}{}?{}", asked.base, asked.path, asked.query);
                link_on(&mut body, &here);
                Reply::json(&body)
            }
            Kind::ForeignLink => {
                let mut body = body();
                let page = format!("https://evil.example/v2{}?{}", asked.path, asked.query);
                link_on(&mut body, &page);
                Reply::json(&body)
            }
            Kind::Redirect(address) => Reply::Whole {
                status: 302,
                content_type: "text/html".to_owned(),
                headers: vec![("Location".to_owned(), address)],
                body: Vec::new(),
            },
            Kind::HugeBody(length) => Reply::Huge(length),
            Kind::GzipBomb(length) => Reply::Whole {
                status: 200,
                content_type: JSON.to_owned(),
                headers: vec![("Content-Encoding".to_owned(), "gzip".to_owned())],
                body: gzip::bomb(length),
            },
            Kind::Patch(pointer, value) => {
                let mut body = body();
                fault::patch(&mut body, &pointer, value);
                Reply::json(&body)
            }
            Kind::Remove(pointer) => {
                let mut body = body();
                fault::remove(&mut body, &pointer);
                Reply::json(&body)
            }
            Kind::Duplicate(pointer) => {
                let mut body = body();
                fault::duplicate(&mut body, &pointer);
                Reply::json(&body)
            }
        }
    }

    /// What an honest Torn answers, a refusal included.
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
        answer.map_or_else(Refusal::body, Value::Object)
    }

    /// The key that asks, unless it is unknown or its owner has asked too often.
    fn key_of(&self, head: &Head) -> Result<Key, Refusal> {
        let header = head.authorization.as_deref().ok_or(Refusal::EmptyKey)?;
        let secret = secret_of(header).ok_or(Refusal::UnknownKey)?;
        let known = lock(&self.keys)
            .iter()
            .find(|key| key.secret == secret)
            .cloned();
        let key = known.ok_or(Refusal::UnknownKey)?;
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
                return Err(Refusal::TooManyRequests);
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

/// Makes both links of a page lead to one address, so that it does not matter which one is followed.
fn link_on(body: &mut Value, address: &str) {
    for step in ["/_metadata", "/_metadata/links"] {
        if body.pointer(step).is_none() {
            fault::patch(body, step, Value::Object(serde_json::Map::new()));
        }
    }
    for link in ["/_metadata/links/next", "/_metadata/links/prev"] {
        fault::patch(body, link, Value::from(address));
    }
}

/// The key in an `Authorization` header.
fn secret_of(header: &str) -> Option<&str> {
    header
        .strip_prefix("ApiKey ")
        .map(str::trim)
        .filter(|secret| !secret.is_empty())
}

/// The parameters of a query, with `%2C` and the like undone.
fn decode_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8_lossy(&digits);
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads the head of the next request; `None` when the client is done.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
    let Some(line) = read_line(reader)? else {
        return Ok(None);
    };
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut head = Head {
        method: method.to_owned(),
        target: target.to_owned(),
        authorization: None,
        user_agent: None,
        body_bytes: 0,
        close: words.next() == Some("HTTP/1.0"),
    };
    while let Some(line) = read_line(reader)?.filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "authorization" => head.authorization = Some(value.to_owned()),
            "user-agent" => head.user_agent = Some(value.to_owned()),
            "content-length" => head.body_bytes = value.parse().unwrap_or(0),
            "connection" if value.eq_ignore_ascii_case("close") => head.close = true,
            _ => {}
        }
    }
    Ok(Some(head))
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.by_ref().take(LONGEST_LINE).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end().to_owned()))
}

/// Sends a reply in one piece; says whether the connection goes on.
fn send(writer: &mut impl Write, reply: Reply, date: Option<&str>) -> io::Result<bool> {
    let date = date.map_or_else(String::new, |date| format!("Date: {date}\r\n"));
    let head = |status: u16, content_type: &str, length: usize| {
        let reason = match status {
            200 => "OK",
            302 => "Found",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Status",
        };
        format!(
            "HTTP/1.1 {status} {reason}\r\n{date}Content-Type: {content_type}\r\nContent-Length: {length}\r\n"
        )
    };
    match reply {
        Reply::Whole {
            status,
            content_type,
            headers,
            body,
        } => {
            let mut bytes = head(status, &content_type, body.len()).into_bytes();
            for (name, value) in headers {
                write!(bytes, "{name}: {value}\r\n")?;
            }
            bytes.extend_from_slice(b"\r\n");
            bytes.extend(body);
            writer.write_all(&bytes)?;
            Ok(true)
        }
        Reply::Cut(body) => {
            let mut bytes = head(200, JSON, body.len()).into_bytes();
            bytes.extend_from_slice(b"\r\n");
            bytes.extend(body.iter().take(body.len() / 2));
            writer.write_all(&bytes)?;
            Ok(false)
        }
        Reply::Huge(length) => {
            let (before, after) = ("{\"pad\":\"", "\"}");
            let all = before.len() + length + after.len();
            write!(writer, "{}\r\n{before}", head(200, JSON, all))?;
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            io::copy(&mut io::repeat(b'x').take(length), writer)?;
            writer.write_all(after.as_bytes())?;
            Ok(true)
        }
        Reply::Close => Ok(false),
    }
}
