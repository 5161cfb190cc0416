//! How Torn refuses: its error codes and the body that has one.

use serde_json::{Value, json};

/// Why Torn refuses, as its error codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::sim) enum ApiError {
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

    fn words(self) -> &'static str {
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

    /// The body that says so.
    pub(in crate::sim) fn body(self) -> Value {
        json!({"error": self.error()})
    }

    pub(super) fn error(self) -> Value {
        json!({"code": self.code(), "error": self.words()})
    }

    /// Whether another key could get the answer.
    pub(super) fn concerns_the_key(self) -> bool {
        matches!(self, Self::LowAccess | Self::NotYours)
    }
}

/// Torn's way to say no.
pub(in crate::sim) fn error_body(code: i64, words: &str) -> Value {
    json!({"error": {"code": code, "error": words}})
}
