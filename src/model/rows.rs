//! Rows of a query. The store reads them, and the output writes them.

/// One value, with SQLite's storage classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    /// SQLite does not guarantee that text is valid UTF-8.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// One row. Its values are borrowed, so that none is copied.
pub(crate) trait Row {
    /// The value of a column. The first column is 0.
    fn value(&self, column: usize) -> Value<'_>;
}

/// A column of the result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    pub(crate) name: String,
    /// Whether its integers are unix seconds.
    pub is_time: bool,
}

impl Column {
    /// A column with this name. The name decides whether it contains timestamps.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            is_time: is_timestamp_name(&name),
            name,
        }
    }
}

/// Whether a column with this name contains unix seconds, as in `recorded_at`, `paused_until` and `owned_since`. The
/// schema adds the unit to the names of other times, as in `expires_at_ms`.
fn is_timestamp_name(name: &str) -> bool {
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
    fn columns_of_timestamps_are_recognized_by_their_names() {
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
