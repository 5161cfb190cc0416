//! A webhook and a ping service on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A server that records the requests it gets.
pub struct Listener {
    address: String,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    bodies: Vec<Value>,
    answer: Option<String>,
}

impl Listener {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let shared = Arc::clone(&heard);
        // The thread ends with the test process; nothing waits for it.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = hear(stream.unwrap(), &shared);
            }
        });
        Self { address, heard }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn answer(&self, status: &str) {
        self.heard.lock().unwrap().answer = Some(status.to_owned());
    }

    /// The requests, such as `GET /ping`.
    pub fn events(&self) -> Vec<String> {
        self.heard.lock().unwrap().lines.clone()
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.heard.lock().unwrap().bodies.clone()
    }

    pub fn titles(&self) -> Vec<String> {
        self.bodies()
            .iter()
            .map(|body| body["embeds"][0]["title"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn hear(mut stream: TcpStream, heard: &Mutex<Heard>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut heard = heard.lock().unwrap();
    let line = first.rsplit_once(' ').unwrap().0.to_owned();
    if line.starts_with("POST") {
        heard.bodies.push(serde_json::from_slice(&body).unwrap());
    }
    heard.lines.push(line);
    let status = heard.answer.as_deref().unwrap_or("204 No Content");
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}
