//! Rows on their way out: the language between the store, which reads them, and the output, which writes them.

/// One value as SQLite keeps it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// Not known.
    Null,
    /// A whole number, exact.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text; SQLite does not promise that it is UTF-8.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
}

/// One row, whose values are read where they are.
pub(crate) trait Row {
    /// The value of a column, counted from 0.
    fn value(&self, column: usize) -> Value<'_>;
}

/// One column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    pub(crate) name: String,
    /// Whether its whole numbers are unix seconds.
    pub is_time: bool,
}

impl Column {
    /// A column, which is one of times if it is called like one.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            is_time: is_called_like_a_time(&name),
            name,
        }
    }
}

/// The schema's naming: `recorded_at`, `paused_until`, `owned_since`; what counts in other units says so (`_at_ms`).
fn is_called_like_a_time(name: &str) -> bool {
    const WORDS: [&str; 7] = [
        "timestamp",
        "last_updated",
        "first_miss",
        "last_miss",
        "period_start",
        "period_end",
        "cutoff",
    ];
    WORDS.contains(&name)
        || ["at", "since", "until"].iter().any(|last| {
            name.strip_suffix(last)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_their_names() {
        for name in [
            "timestamp",
            "recorded_at",
            "at",
            "owned_since",
            "until",
            "paused_until",
        ] {
            assert!(Column::new(name).is_time, "{name}");
        }
        for name in [
            "expires_at_ms",
            "stat",
            "held_seconds",
            "day",
            "month",
            "age_seconds",
        ] {
            assert!(!Column::new(name).is_time, "{name}");
        }
    }
}
