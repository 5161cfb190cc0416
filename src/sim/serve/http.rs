//! HTTP as far as the simulator needs it: it reads the heads of requests and writes replies, also broken ones.

use std::io::{self, BufRead, Read, Write};

use serde_json::Value;

/// The longest request line or header that is read.
const LONGEST_LINE: u64 = 16_384;

pub(super) const JSON: &str = "application/json";

/// The head of one request.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) authorization: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) body_bytes: u64,
    pub(super) close: bool,
}

/// The response to send.
pub(super) enum Reply {
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
    /// Nothing; the connection closes.
    Close,
}

impl Reply {
    pub(super) fn json(body: &Value) -> Self {
        Self::of(200, JSON, body.to_string().into_bytes())
    }

    pub(super) fn of(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self::Whole {
            status,
            content_type: content_type.to_owned(),
            headers: Vec::new(),
            body,
        }
    }
}

/// The key in an `Authorization` header.
pub(super) fn secret_of(header: &str) -> Option<&str> {
    header
        .strip_prefix("ApiKey ")
        .map(str::trim)
        .filter(|secret| !secret.is_empty())
}

/// The parameters of a query, with `%2C` and the like undone.
pub(super) fn decode_query(query: &str) -> Vec<(String, String)> {
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
pub(super) fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
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
pub(super) fn send(writer: &mut impl Write, reply: Reply, date: Option<&str>) -> io::Result<bool> {
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
