//! One API request, and the types of its answer.

use serde_json::{Map, Value};

use crate::sim::answer::api_error::ApiError;
use crate::sim::keys::Key;

/// Where the links in lists by time lead. The rows of these lists come newest first.
///
/// In lists that are paged by `offset`, `next` always leads to the following page, except with [`Links::None`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Links {
    /// The links of recorded answers: `prev` leads to older rows, `next` to newer rows, and `next` is null on the newest page.
    #[default]
    Recorded,
    /// The other way round: `next` leads to older rows.
    Published,
    /// Every link is null.
    None,
}

#[derive(Clone, Debug)]
pub(crate) struct ApiRequest<'a> {
    /// The address up to the path, with `/v2` if the request has it.
    pub(crate) base: &'a str,
    /// The path without `/v2`.
    pub(crate) path: &'a str,
    /// The decoded query.
    pub(crate) query: Vec<(String, String)>,
    /// The key of the request.
    pub(crate) key: &'a Key,
    /// The simulated time: a unix timestamp.
    pub(crate) now: i64,
    /// Whether an error that concerns the key replaces one selection instead of the whole answer.
    pub(crate) selection_errors: bool,
    /// Where the links in lists lead.
    pub(crate) links: Links,
    /// Whether `territoryownership` answers with the field name that Torn used before 2026.
    pub(crate) old_ownership_key: bool,
}

/// The fields of an answer.
pub(super) type Body = Map<String, Value>;
/// An answer, or Torn's error.
pub(super) type Answer = Result<Body, ApiError>;

impl ApiRequest<'_> {
    /// The first value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(parameter, _)| parameter == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, if it is an integer.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.parameter(name)?.parse().ok()
    }

    /// The selections in the query, or `default` if it has none.
    pub(super) fn selections<'a>(&'a self, default: &'a str) -> Vec<&'a str> {
        self.parameter("selections")
            .filter(|selections| !selections.is_empty())
            .unwrap_or(default)
            .split(',')
            .collect()
    }
}

/// The fields of a JSON object; no fields for any other value.
pub(super) fn body(value: Value) -> Body {
    match value {
        Value::Object(body) => body,
        _ => Body::new(),
    }
}
