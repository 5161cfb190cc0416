//! Torn's errors and their JSON.

use serde_json::{Value, json};

/// An error of Torn's API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ApiError {
    EmptyKey,
    UnknownKey,
    WrongSelection,
    TooManyRequests,
    UnknownId,
    NotYours,
    LowAccess,
    UnknownStat,
    CategoryAndStat,
}

impl ApiError {
    fn code(self) -> i64 {
        match self {
            Self::EmptyKey => 1,
            Self::UnknownKey => 2,
            Self::WrongSelection => 4,
            Self::TooManyRequests => 5,
            Self::UnknownId => 6,
            Self::NotYours => 7,
            Self::LowAccess => 16,
            Self::UnknownStat => 25,
            Self::CategoryAndStat => 26,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::EmptyKey => "Key is empty",
            Self::UnknownKey => "Incorrect key",
            Self::WrongSelection => "Wrong fields",
            Self::TooManyRequests => "Too many requests",
            Self::UnknownId => "Incorrect ID",
            Self::NotYours => "Incorrect ID-entity relation",
            Self::LowAccess => "Access level of this key is not high enough",
            Self::UnknownStat => "Invalid stat requested",
            Self::CategoryAndStat => "Only category or stats can be requested",
        }
    }

    /// The body of an answer with this error and no selections.
    pub(crate) fn body(self) -> Value {
        error_body(self.code(), self.message())
    }

    /// The value that replaces one selection in an answer.
    pub(super) fn to_json(self) -> Value {
        json!({"code": self.code(), "error": self.message()})
    }

    /// Whether the same request with another key could succeed.
    pub(super) fn concerns_the_key(self) -> bool {
        matches!(self, Self::LowAccess | Self::NotYours)
    }
}

/// The body of an answer with an error and no selections.
pub(crate) fn error_body(code: i64, message: &str) -> Value {
    json!({"error": {"code": code, "error": message}})
}
