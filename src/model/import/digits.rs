//! Whole numbers in texts that a program has written for people: `1,234,567`, `15.0`, `1e6`.

/// The whole number that a float stands for.
pub(crate) fn whole(number: f64) -> Option<i64> {
    // Up to 2^53 each whole number has a float of its own.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

/// The whole number that a text stands for, with commas between groups of three digits, a decimal part of zeros, or an
/// exponent. A comma anywhere else may be a decimal one, and a dot before three digits may separate thousands, so such a text
/// is no known number.
pub(crate) fn written_for_people(text: &str) -> Option<i64> {
    let (integer, fraction) = match text.split_once('.') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (text, None),
    };
    if integer.contains(',') {
        let is_whole = fraction.is_none_or(|zeros| zeros.bytes().all(|digit| digit == b'0'));
        return is_whole.then(|| without_commas(integer)).flatten();
    }
    if fraction.is_some_and(|fraction| may_be_thousands(integer, fraction)) {
        return None;
    }
    whole(text.parse().ok()?)
}

/// The number that groups of three digits stand for. Only the first group may be shorter. It does not begin with 0.
fn without_commas(text: &str) -> Option<i64> {
    let mut groups = unsigned(text).split(',');
    let first = groups.next()?;
    let is_first = is_digits(first) && first.len() <= 3 && !first.starts_with('0');
    let are_groups = groups.all(|group| is_digits(group) && group.len() == 3);
    (is_first && are_groups).then(|| text.replace(',', "").parse().ok())?
}

/// Whether `1.000` may be a thousand.
fn may_be_thousands(integer: &str, fraction: &str) -> bool {
    let group = unsigned(integer);
    fraction.len() == 3
        && is_digits(fraction)
        && is_digits(group)
        && group.len() <= 3
        && !group.starts_with('0')
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit())
}
