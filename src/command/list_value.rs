//! One value of a comma-separated list on the command line.

use std::fmt::Display;
use std::str::FromStr;

/// Parses a value without the blanks around it, as in `1, 2`.
///
/// # Errors
///
/// The message of the value's own parser.
pub(crate) fn list_value<T>(text: &str) -> Result<T, String>
where
    T: FromStr<Err: Display>,
{
    text.trim().parse().map_err(|why: T::Err| why.to_string())
}
