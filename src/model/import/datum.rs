//! A value of a foreign file.

use std::cmp::Ordering;

/// A value of a foreign file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl Datum {
    pub(crate) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The order of SQL: NULL, numbers, texts by their bytes.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let number = |value: &Self| match value {
            Self::Integer(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            Self::Null | Self::Text(_) => None,
        };
        let kind = |value: &Self| match value {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 1,
            Self::Text(_) => 2,
        };
        match (self, other) {
            (Self::Integer(one), Self::Integer(two)) => one.cmp(two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            _ => match (number(self), number(other)) {
                (Some(one), Some(two)) => one.total_cmp(&two),
                _ => kind(self).cmp(&kind(other)),
            },
        }
    }
}
