//! Formats sizes and numbers for people.

use std::fmt;

/// One megabyte, as disks and file managers use the word.
pub(crate) const MEGABYTE: u64 = 1_000_000;

/// Formats a size in a fitting unit: `1234567` becomes `1.2 MB`.
pub fn format_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    // Integer tenths, so that 999,950 bytes round to 1.0 MB and not to 1000.0 kB.
    let mut tenths = (u128::from(bytes) * 10 + 500) / 1000;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths = (tenths + 500) / 1000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A number with its noun: "1 row", "2 rows". The number may be formatted already, as by [`group_digits`].
pub(crate) fn count(number: impl fmt::Display, noun: &str) -> String {
    let ending = agree(&number, "", "s");
    format!("{number} {noun}{ending}")
}

/// The word that goes with the number: `one` with 1, otherwise `many`.
pub(crate) fn agree<'a>(number: impl fmt::Display, one: &'a str, many: &'a str) -> &'a str {
    if number.to_string() == "1" { one } else { many }
}

/// Groups the digits by three: `1234567` becomes `1,234,567`.
pub(crate) fn group_digits(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        assert_eq!(count(0, "row"), "0 rows");
        assert_eq!(count(1_u64, "history row"), "1 history row");
        assert_eq!(count(group_digits(1001), "key"), "1,001 keys");
        assert_eq!(agree(1, "is", "are"), "is");
        assert_eq!(agree(11, "is", "are"), "are");
    }

    #[test]
    fn sizes_are_shown_in_a_fitting_unit() {
        assert_eq!(format_bytes(0), "0 bytes");
        assert_eq!(format_bytes(999), "999 bytes");
        assert_eq!(format_bytes(1_000), "1.0 kB");
        assert_eq!(format_bytes(1_234_567), "1.2 MB");
        assert_eq!(format_bytes(999_950), "1.0 MB");
        assert_eq!(format_bytes(186_855_424), "186.9 MB");
        assert_eq!(format_bytes(5_000_000_000), "5.0 GB");
        assert_eq!(format_bytes(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(group_digits(0), "0");
        assert_eq!(group_digits(-1_234_567), "-1,234,567");
        assert_eq!(group_digits(100), "100");
        assert_eq!(group_digits(i64::MIN), "-9,223,372,036,854,775,808");
    }
}
