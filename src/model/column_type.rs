//! Decides which type fits all values of a column.

use crate::model::rows::ColumnType;

/// The type in the definition of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Declared {
    Integer,
    Real,
    Text,
    Blob,
    /// None, as of an expression in a view, or one that no table of tornsnap has.
    Unknown,
}

impl Declared {
    pub(crate) fn parse(text: &str) -> Self {
        match text.to_ascii_uppercase().as_str() {
            "INTEGER" | "INT" => Self::Integer,
            "REAL" => Self::Real,
            "TEXT" => Self::Text,
            "BLOB" => Self::Blob,
            _ => Self::Unknown,
        }
    }
}

/// The types of the values that a column has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the types do not exclude each other"
)]
pub(crate) struct Seen {
    pub(crate) nulls: bool,
    pub(crate) integers: bool,
    pub(crate) reals: bool,
    pub(crate) texts: bool,
    pub(crate) blobs: bool,
    /// An integer that is not exact as a 64-bit float.
    pub(crate) large_integers: bool,
    /// An integer that is too large for a time in milliseconds.
    pub(crate) no_times: bool,
}

/// The type that fits all values; `None` if there is none. The declared type counts for columns without a value. Without one, they are
/// numbers: most expressions in views are, and the type then does not change when the first value is there.
pub(crate) fn decide(is_time: bool, declared: Declared, seen: Seen) -> Option<ColumnType> {
    let numbers = seen.integers || seen.reals;
    if seen.blobs {
        return (!numbers && !seen.texts).then_some(ColumnType::Blob);
    }
    if seen.texts || (seen.reals && seen.large_integers) {
        return Some(ColumnType::Text);
    }
    if seen.reals {
        return Some(ColumnType::Real);
    }
    let is_time = is_time && !seen.no_times;
    Some(match declared {
        Declared::Real if !seen.large_integers => ColumnType::Real,
        Declared::Text if !numbers => ColumnType::Text,
        Declared::Blob if !numbers => ColumnType::Blob,
        _ if is_time => ColumnType::Time,
        _ => ColumnType::Integer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEGERS: Seen = Seen {
        nulls: false,
        integers: true,
        reals: false,
        texts: false,
        blobs: false,
        large_integers: false,
        no_times: false,
    };

    #[test]
    fn the_type_fits_all_values() {
        let reals = Seen {
            reals: true,
            ..INTEGERS
        };
        let large = Seen {
            large_integers: true,
            ..reals
        };
        let texts = Seen {
            texts: true,
            ..INTEGERS
        };
        for (seen, wanted) in [
            (INTEGERS, ColumnType::Integer),
            (reals, ColumnType::Real),
            (large, ColumnType::Text),
            (texts, ColumnType::Text),
        ] {
            assert_eq!(
                decide(false, Declared::Unknown, seen),
                Some(wanted),
                "{seen:?}"
            );
        }
        let blobs = Seen {
            blobs: true,
            ..INTEGERS
        };
        assert_eq!(decide(false, Declared::Unknown, blobs), None);
    }

    #[test]
    fn a_column_with_the_name_of_a_time_holds_times_only_if_all_of_them_are_possible() {
        let too_late = Seen {
            no_times: true,
            ..INTEGERS
        };

        assert_eq!(
            decide(true, Declared::Integer, INTEGERS),
            Some(ColumnType::Time)
        );
        assert_eq!(
            decide(true, Declared::Integer, too_late),
            Some(ColumnType::Integer)
        );
    }

    #[test]
    fn a_column_without_a_value_has_its_declared_type() {
        let nothing = Seen::default();

        assert_eq!(
            decide(false, Declared::Real, nothing),
            Some(ColumnType::Real)
        );
        assert_eq!(
            decide(true, Declared::Unknown, nothing),
            Some(ColumnType::Time)
        );
        assert_eq!(
            decide(false, Declared::Unknown, nothing),
            Some(ColumnType::Integer)
        );
        assert_eq!(
            decide(false, Declared::Text, nothing),
            Some(ColumnType::Text)
        );
    }
}
