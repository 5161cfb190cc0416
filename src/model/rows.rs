//! The rows of an export, as the store reads them and the output writes them.

/// A value with its SQLite storage class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    /// SQLite does not guarantee that the bytes are UTF-8.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// A row whose values are borrowed from the statement.
pub(crate) trait Row {
    /// The value of a column; the first is 0.
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
    /// A column of this name. The name decides whether it holds timestamps.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            is_time: has_time_name(&name),
            name,
        }
    }
}

/// Whether the schema uses this name for unix seconds: `recorded_at`, `paused_until`, `owned_since`. Names of columns with
/// other units end in the unit (`_at_ms`).
fn has_time_name(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "timestamp",
        "last_updated",
        "first_miss",
        "last_miss",
        "period_start",
        "period_end",
        "cutoff",
    ];
    NAMES.contains(&name)
        || ["at", "since", "until"].iter().any(|suffix| {
            name.strip_suffix(suffix)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_columns_are_recognized_by_their_names() {
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
