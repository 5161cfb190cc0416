//! Faults that a test injects into the answers of the simulator.

use std::time::Duration;

use serde_json::Value;

/// A kind of fault.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// Torn's error body with this code and message, and HTTP status 200.
    Code(i64, String),
    /// Torn's error body with this code and message, and this HTTP status.
    CodeWithStatus(i64, String, u16),
    /// An answer with this status, body, content type and these headers.
    Status(u16, String, String, Vec<(String, String)>),
    /// An answer with this status, the content type of JSON, these headers, and a body that need not be UTF-8.
    Bytes(u16, Vec<(String, String)>, Vec<u8>),
    /// The page that Cloudflare shows when Torn is down.
    Html503,
    /// The first half of the JSON, in a complete HTTP response.
    Broken,
    /// The connection closes after half of the body.
    Cut,
    /// An empty body with HTTP status 200.
    Empty,
    /// A sentence instead of JSON, with the content type of JSON.
    NotJson,
    /// No answer; the connection closes after this time.
    Hang(Duration),
    /// The right answer after this time.
    Slow(Duration),
    /// The connection closes at once, without an answer.
    Reset,
    /// The right answer with the id of another player, faction or war.
    WrongId,
    /// The first page of a list, whichever page was requested, with links to the requested page.
    PageLoop,
    /// The right page with links to another host.
    ForeignLink,
    /// A redirect to this address.
    Redirect(String),
    /// Valid JSON of about this many bytes.
    HugeBody(usize),
    /// A gzip body that inflates to valid JSON of about this many bytes.
    GzipBomb(usize),
    /// The right answer with the value at this JSON pointer replaced or added.
    Patch(String, Value),
    /// The right answer without the value at this JSON pointer.
    Remove(String),
    /// The right answer with the list item at this JSON pointer twice in a row.
    Duplicate(String),
}

/// A fault, the requests that it affects, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    kind: FaultKind,
    /// How many more requests it affects; `None` for no limit.
    remaining: Option<u32>,
    /// How many matching requests it lets pass first.
    skipped: u32,
    path: String,
    query: String,
    key: Option<String>,
}

impl Fault {
    /// Affects the next request.
    pub fn once(kind: FaultKind) -> Self {
        Self::times(1, kind)
    }

    /// Affects the next `count` requests.
    pub fn times(count: u32, kind: FaultKind) -> Self {
        Self {
            remaining: Some(count),
            ..Self::always(kind)
        }
    }

    /// Affects every request.
    pub fn always(kind: FaultKind) -> Self {
        Self {
            kind,
            remaining: None,
            skipped: 0,
            path: String::new(),
            query: String::new(),
            key: None,
        }
    }

    /// Affects only requests whose path contains this text. The path begins with `/` and is without `/v2`.
    #[must_use]
    pub fn path(mut self, part: impl Into<String>) -> Self {
        self.path = part.into();
        self
    }

    /// Affects only requests whose query, as it was sent, contains this text.
    #[must_use]
    pub fn query(mut self, part: impl Into<String>) -> Self {
        self.query = part.into();
        self
    }

    /// Affects only requests with this key.
    #[must_use]
    pub fn key(mut self, secret: impl Into<String>) -> Self {
        self.key = Some(secret.into());
        self
    }

    /// Lets the first `count` matching requests pass.
    #[must_use]
    pub fn after(mut self, count: u32) -> Self {
        self.skipped = count;
        self
    }

    /// The kind of fault for a request, if this fault affects it. Each call with a matching request counts.
    pub(crate) fn apply_to(
        &mut self,
        path: &str,
        query: &str,
        key: Option<&str>,
    ) -> Option<FaultKind> {
        let matches = self.remaining != Some(0)
            && path.contains(&self.path)
            && query.contains(&self.query)
            && (self.key.is_none() || self.key.as_deref() == key);
        if !matches {
            return None;
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return None;
        }
        self.remaining = self.remaining.map(|remaining| remaining - 1);
        Some(self.kind.clone())
    }
}

/// Sets the value at a JSON pointer. Adds the field when its object exists without it.
pub(crate) fn patch(body: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
    } else if let Some((parent, name)) = pointer.rsplit_once('/')
        && let Some(parent) = body.pointer_mut(parent).and_then(Value::as_object_mut)
    {
        parent.insert(name.to_owned(), value);
    }
}

/// Removes the field or list item at a JSON pointer.
pub(crate) fn remove(body: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    match body.pointer_mut(parent) {
        Some(Value::Object(parent)) => {
            parent.remove(name);
        }
        Some(Value::Array(parent)) => {
            if let Ok(index) = name.parse::<usize>()
                && index < parent.len()
            {
                parent.remove(index);
            }
        }
        _ => {}
    }
}

/// Inserts a copy of the list item at a JSON pointer beside it.
pub(crate) fn duplicate(body: &mut Value, pointer: &str) {
    if let Some((parent, index)) = pointer.rsplit_once('/')
        && let Some(Value::Array(list)) = body.pointer_mut(parent)
        && let Ok(index) = index.parse::<usize>()
        && let Some(item) = list.get(index).cloned()
    {
        list.insert(index, item);
    }
}

/// Adds one to the id of the player, faction or war that the body describes.
pub(crate) fn change_id(body: &mut Value) {
    for subject in ["profile", "basic", "rankedwarreport", "territorywarreport"] {
        if let Some(id) = body
            .get_mut(subject)
            .and_then(|subject| subject.get_mut("id"))
            && let Some(other) = id.as_i64()
        {
            *id = Value::from(other + 1);
        }
    }
}
