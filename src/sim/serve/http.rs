//! The part of HTTP/1.1 that the simulator needs: reads request heads, writes responses, also broken ones.

use std::io::{self, BufRead, Read, Write};

use serde_json::Value;

/// The maximal length of a request line or a header, in bytes.
const MAX_LINE_BYTES: u64 = 16_384;

/// The content type of JSON.
pub(super) const JSON: &str = "application/json";

/// The request line and the headers that the simulator uses.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) authorization: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) body_bytes: u64,
    /// Whether the client wants the connection closed after the response.
    pub(super) close: bool,
}

pub(super) enum Reply {
    Complete {
        status: u16,
        content_type: String,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// The first half of this body with the `Content-Length` of all of it; then the connection closes.
    Truncated(Vec<u8>),
    /// JSON with a text of this many characters.
    Huge(usize),
    /// No response; the connection closes.
    Close,
}

impl Reply {
    pub(super) fn json(body: &Value) -> Self {
        Self::new(200, JSON, body.to_string().into_bytes())
    }

    pub(super) fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self::Complete {
            status,
            content_type: content_type.to_owned(),
            headers: Vec::new(),
            body,
        }
    }
}

/// The API key in the value of an `Authorization` header.
pub(super) fn parse_api_key(header: &str) -> Option<&str> {
    header
        .strip_prefix("ApiKey ")
        .map(str::trim)
        .filter(|secret| !secret.is_empty())
}

/// The percent-decoded parameters of a query.
pub(super) fn decode_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (percent_decode(name), percent_decode(value))
        })
        .collect()
}

fn percent_decode(text: &str) -> String {
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

/// Reads the head of the next request; `None` when the client has closed the connection.
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
    if reader.by_ref().take(MAX_LINE_BYTES).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end().to_owned()))
}

/// Sends a response; returns whether the connection stays open.
///
/// Everything but a huge body goes out in one write.
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
        Reply::Complete {
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
        Reply::Truncated(body) => {
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
