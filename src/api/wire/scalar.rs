//! Decodes numbers and texts in every encoding that Torn uses.

use std::fmt;
use std::num::{IntErrorKind, ParseIntError};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::api::wire::words::shortened;

/// A whole number: plain, in a string, or as a float without a fraction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Integer(pub(crate) i64);

/// A whole number from 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Count(pub(crate) i64);

/// A whole number from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Positive(pub(crate) i64);

/// A timestamp in unix seconds up to the year 9999, so that adding a duration cannot overflow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Timestamp(pub(crate) i64);

/// A number, which may have a fraction or be in a string.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Real(pub(crate) f64);

/// A text, with HTML entities decoded once. Torn may send it as a number (a name such as `1337`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Text(pub(crate) String);

/// A [`Text`] that Torn must send as a string.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StrictText(pub(crate) String);

/// A [`Text`] that is not empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NonEmptyText(pub(crate) String);

/// Larger floats do not represent every whole number, so they are refused.
const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53

/// The first float that an `i64` cannot hold.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0; // 2^63

struct WholeNumber;

impl Visitor<'_> for WholeNumber {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::custom(too_large(value)))
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and within 2^53, as was just checked"
    )]
    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        if value.fract() == 0.0 && value.abs() <= EXACT {
            return Ok(value as i64);
        }
        Err(E::custom(if value.fract() != 0.0 {
            format!("{value} is not a whole number")
        } else if value.abs() < TOO_LARGE {
            format!("{value} is a decimal number above {EXACT}, so its last digits are not known")
        } else if value > 0.0 {
            too_large(format_args!("{value:e}"))
        } else {
            too_small(format_args!("{value:e}"))
        }))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
        let number = value.trim();
        number.parse().map_err(|error: ParseIntError| {
            let shown = shortened(number);
            E::custom(match error.kind() {
                IntErrorKind::PosOverflow => too_large(shown),
                IntErrorKind::NegOverflow => too_small(shown),
                _ => format!("{:?} is not a whole number", shortened(value)),
            })
        })
    }
}

fn too_large(number: impl fmt::Display) -> String {
    format!("{number} is larger than {}", i64::MAX)
}

fn too_small(number: impl fmt::Display) -> String {
    format!("{number} is smaller than {}", i64::MIN)
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeNumber).map(Self)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(WholeNumber)? {
            number if number < 0 => Err(D::Error::custom(format!("{number} is below 0"))),
            number => Ok(Self(number)),
        }
    }
}

impl<'de> Deserialize<'de> for Positive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(WholeNumber)? {
            number if number < 1 => Err(D::Error::custom(format!("{number} is below 1"))),
            number => Ok(Self(number)),
        }
    }
}

/// The last second of the year 9999.
const MAX_TIMESTAMP: i64 = 253_402_300_799;

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(WholeNumber)? {
            moment if (0..=MAX_TIMESTAMP).contains(&moment) => Ok(Self(moment)),
            moment => Err(D::Error::custom(format!(
                "{moment} is not between the years 1970 and 9999"
            ))),
        }
    }
}

struct AnyNumber;

impl Visitor<'_> for AnyNumber {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    #[expect(clippy::cast_precision_loss, reason = "coordinates are small")]
    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "coordinates are small")]
    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<f64, E> {
        value
            .trim()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| E::custom(format!("{value:?} is not a number")))
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNumber).map(Self)
    }
}

struct AnyText;

impl Visitor<'_> for AnyText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(html_escape::decode_html_entities(value).into_owned())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyText).map(Self)
    }
}

impl<'de> Deserialize<'de> for StrictText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(html_escape::decode_html_entities(&text).into_owned()))
    }
}

impl<'de> Deserialize<'de> for NonEmptyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(AnyText)? {
            text if text.is_empty() => Err(D::Error::custom("it is empty")),
            text => Ok(Self(text)),
        }
    }
}

/// An id, or `None` if it is 0 or null.
pub(crate) fn id_or_none(number: Option<Integer>) -> Option<i64> {
    number.map(|Integer(id)| id).filter(|id| *id != 0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn integer(value: &Value) -> Option<i64> {
        Integer::deserialize(value).ok().map(|number| number.0)
    }

    #[test]
    fn whole_numbers_are_decoded_exactly_from_every_encoding() {
        assert_eq!(
            integer(&json!(9_007_199_254_740_993_i64)),
            Some(9_007_199_254_740_993)
        );
        assert_eq!(
            integer(&json!("9007199254740993")),
            Some(9_007_199_254_740_993)
        );
        assert_eq!(integer(&json!(-5)), Some(-5));
        assert_eq!(integer(&json!(12.0)), Some(12));
        for wrong in [
            json!(1.5),
            json!("x"),
            json!(null),
            json!([1]),
            json!(u64::MAX),
            json!(1e300),
            json!(true),
        ] {
            assert_eq!(integer(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_and_texts_out_of_range_are_refused() {
        assert!(Count::deserialize(&json!(0)).is_ok());
        assert!(Count::deserialize(&json!(-1)).is_err());
        assert!(Positive::deserialize(&json!(0)).is_err());
        assert!(NonEmptyText::deserialize(&json!("")).is_err());
    }

    #[test]
    fn entities_are_decoded_once_and_a_text_may_be_a_number() {
        let text = |value: Value| Text::deserialize(&value).ok().map(|text| text.0);

        for (sent, read) in [
            (json!("Bolt &amp; Nut&#039;s"), "Bolt & Nut's"),
            (json!("&lt;b&gt; &quot;x&quot; &#x27;"), "<b> \"x\" '"),
            (json!("&amp;amp;"), "&amp;"),
            (json!("AT&T & Co; &unknown;"), "AT&T & Co; &unknown;"),
            (json!(1337), "1337"),
            (json!(""), ""),
        ] {
            assert_eq!(text(sent.clone()).as_deref(), Some(read), "{sent}");
        }
        for wrong in [json!(null), json!([]), json!({}), json!(true)] {
            assert_eq!(text(wrong.clone()), None, "{wrong}");
        }
    }
}
