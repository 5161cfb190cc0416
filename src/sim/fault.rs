//! Faults: what the simulated Torn does wrong on demand.

use std::time::Duration;

use serde_json::Value;

/// A way to answer wrongly.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// Torn's error body with HTTP 200.
    Code(i64, String),
    /// Torn's error body with another HTTP status.
    CodeWithStatus(i64, String, u16),
    /// Any status, body, content type and headers.
    Status(u16, String, String, Vec<(String, String)>),
    /// The page Cloudflare shows while Torn is away.
    Html503,
    /// JSON that stops in the middle, in a complete HTTP reply.
    Broken,
    /// The connection closes in the middle of the body.
    Cut,
    /// No body at all, with HTTP 200.
    Empty,
    /// A sentence instead of JSON, labelled as JSON.
    NotJson,
    /// Silence for so long, then the connection closes.
    Hang(Duration),
    /// The right answer, so much later.
    Slow(Duration),
    /// The connection closes without an answer.
    Reset,
    /// The right shape with somebody else's id.
    WrongId,
    /// A page that ignores where it should begin, with links that lead to itself.
    PageLoop,
    /// A page with links that lead to another host.
    ForeignLink,
    /// A redirect to this address.
    Redirect(String),
    /// Valid JSON of about so many bytes.
    HugeBody(usize),
    /// Valid JSON that inflates to about so many bytes.
    GzipBomb(usize),
    /// The right body with one value replaced (or added), by JSON pointer.
    Patch(String, Value),
    /// The right body with one value taken out, by JSON pointer.
    Remove(String),
    /// The right body with one item of a list twice in a row, by JSON pointer.
    Duplicate(String),
}

/// A fault, the requests it meets and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    kind: FaultKind,
    left: Option<u32>,
    spared: u32,
    path: String,
    query: String,
    key: Option<String>,
}

impl Fault {
    /// Meets the next request.
    pub fn once(kind: FaultKind) -> Self {
        Self::times(1, kind)
    }

    /// Meets the next `count` requests.
    pub fn times(count: u32, kind: FaultKind) -> Self {
        Self {
            left: Some(count),
            ..Self::always(kind)
        }
    }

    /// Meets every request from now on.
    pub fn always(kind: FaultKind) -> Self {
        Self {
            kind,
            left: None,
            spared: 0,
            path: String::new(),
            query: String::new(),
            key: None,
        }
    }

    /// Only requests whose path contains this; the path begins with `/`, without `/v2`.
    #[must_use]
    pub fn path(mut self, part: impl Into<String>) -> Self {
        self.path = part.into();
        self
    }

    /// Only requests whose query contains this, as it was sent.
    #[must_use]
    pub fn query(mut self, part: impl Into<String>) -> Self {
        self.query = part.into();
        self
    }

    /// Only requests with this key.
    #[must_use]
    pub fn key(mut self, secret: impl Into<String>) -> Self {
        self.key = Some(secret.into());
        self
    }

    /// Lets the first `count` requests that it would meet pass.
    #[must_use]
    pub fn after(mut self, count: u32) -> Self {
        self.spared = count;
        self
    }

    /// What to do to a request, if it is met; counts down.
    pub(in crate::sim) fn meet(
        &mut self,
        path: &str,
        query: &str,
        key: Option<&str>,
    ) -> Option<FaultKind> {
        let met = self.left != Some(0)
            && path.contains(&self.path)
            && query.contains(&self.query)
            && (self.key.is_none() || self.key.as_deref() == key);
        if !met {
            return None;
        }
        if self.spared > 0 {
            self.spared -= 1;
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(self.kind.clone())
    }
}

/// Puts a value where a JSON pointer points, adding the last step if it is missing.
pub(in crate::sim) fn patch(body: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
    } else if let Some((parent, name)) = pointer.rsplit_once('/')
        && let Some(parent) = body.pointer_mut(parent).and_then(Value::as_object_mut)
    {
        parent.insert(name.to_owned(), value);
    }
}

/// Takes out what a JSON pointer points at.
pub(in crate::sim) fn remove(body: &mut Value, pointer: &str) {
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

/// Repeats the item of a list that a JSON pointer points at.
pub(in crate::sim) fn duplicate(body: &mut Value, pointer: &str) {
    if let Some((parent, index)) = pointer.rsplit_once('/')
        && let Some(Value::Array(list)) = body.pointer_mut(parent)
        && let Ok(index) = index.parse::<usize>()
        && let Some(item) = list.get(index).cloned()
    {
        list.insert(index, item);
    }
}

/// Gives the one thing that a body is about another id.
pub(in crate::sim) fn change_id(body: &mut Value) {
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
