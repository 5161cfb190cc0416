//! The simulated Torn: its answers fit the published models, its world moves, and its faults do what they say.

mod chaos;
mod date;
mod faults;
mod http;
mod keys;
mod many_wars;
mod models;
mod paging;
mod pinned;
mod wars;
mod world;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tornsnap::testing::sim::{Options, Simulator};

/// An answer as it came over the socket.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A connection without an HTTP library, which would hide faults of an answer.
struct Wire(BufReader<TcpStream>);

impl Wire {
    fn open(simulator: &Simulator) -> Self {
        let address = simulator.url().strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, path: &str, headers: &str) {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: torn\r\nUser-Agent: suite\r\n{headers}\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
    }

    /// The next answer; `None` when the connection closes without one.
    fn receive(&mut self) -> Option<Answer> {
        let mut head = String::new();
        loop {
            let before = head.len();
            match self.0.read_line(&mut head) {
                Ok(0) | Err(_) => return None,
                Ok(_) if head[before..].trim().is_empty() => break,
                Ok(_) => {}
            }
        }
        let status = head.split(' ').nth(1)?.parse().unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))?
            .trim()
            .parse()
            .unwrap();
        let mut body = Vec::new();
        (&mut self.0).take(length).read_to_end(&mut body).unwrap();
        Some(Answer { status, head, body })
    }
}

fn start(options: Options) -> Simulator {
    Simulator::start(options).unwrap()
}

fn at(seed: u64, now: i64) -> Simulator {
    start(Options {
        seed,
        now,
        ..Options::default()
    })
}

fn ask_as(simulator: &Simulator, secret: &str, path: &str) -> Option<Answer> {
    let mut wire = Wire::open(simulator);
    wire.send(path, &format!("Authorization: ApiKey {secret}\r\n"));
    wire.receive()
}

/// The JSON that answers a request with the first key.
fn ask(simulator: &Simulator, path: &str) -> Value {
    let secret = &simulator.keys()[0].secret;
    ask_as(simulator, secret, path).unwrap().json()
}

fn code(body: &Value) -> Option<i64> {
    body.pointer("/error/code")?.as_i64()
}

#[track_caller]
fn assert_fits<T: DeserializeOwned>(path: &str, body: &Value) {
    if let Err(misfit) = serde_json::from_value::<T>(body.clone()) {
        panic!("{path}: {misfit}\n{body:#}");
    }
}

fn list<'a>(body: &'a Value, name: &str) -> &'a Vec<Value> {
    body[name]
        .as_array()
        .unwrap_or_else(|| panic!("no list {name} in {body}"))
}

/// The rows of all pages of a list. Follows the links to older rows in a list by time, and to the next page in a list by
/// offset.
fn all_pages(simulator: &Simulator, path: &str, name: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let body = ask(simulator, &path);
        items.extend(list(&body, name).iter().cloned());
        let link = if name.starts_with("warfare") {
            "prev"
        } else {
            "next"
        };
        let link = body["_metadata"]["links"][link].as_str();
        next = link.map(|link| link.strip_prefix(simulator.url()).unwrap().to_owned());
    }
    items
}
