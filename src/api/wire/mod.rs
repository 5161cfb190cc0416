//! Torn's JSON, decoded and checked.
//!
//! The decoders accept every spelling of a value (numbers in strings, names as numbers, unknown fields and words) and
//! are strict about its meaning. They judge the parts of an answer one by one: a part that does not fit comes back as
//! a [`DecodeError`] that names its place in the JSON, and the other parts stay usable.

pub(crate) mod faction;
pub(crate) mod key;
pub(crate) mod scalar;
pub(crate) mod territory;
pub(crate) mod user;
pub(crate) mod war;

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A part of an answer that does not fit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct DecodeError {
    /// The place in the JSON, such as `members[3].level`.
    pub path: String,
    /// A description of the fault.
    pub(crate) reason: String,
}

impl DecodeError {
    /// Names a place and what is wrong there.
    pub(crate) fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: reason.into(),
        }
    }

    fn missing(path: impl Into<String>) -> Self {
        Self::new(path, "it is missing")
    }
}

/// A list, decoded item by item.
#[derive(Clone, Debug, PartialEq)]
pub struct Partitioned<T> {
    /// The items that fit.
    pub valid: Vec<T>,
    /// The items that do not fit.
    pub invalid: Vec<InvalidItem>,
}

impl<T> Default for Partitioned<T> {
    fn default() -> Self {
        Self {
            valid: Vec::new(),
            invalid: Vec::new(),
        }
    }
}

impl<T> Partitioned<T> {
    /// The number of items, whether they fit or not.
    pub(crate) fn len(&self) -> usize {
        self.valid.len() + self.invalid.len()
    }

    fn push(&mut self, item: &Value, decoded: Result<T, DecodeError>) {
        match decoded {
            Ok(valid) => self.valid.push(valid),
            Err(error) => self.invalid.push(InvalidItem {
                error,
                item: item.clone(),
            }),
        }
    }
}

/// An item of a list that does not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct InvalidItem {
    /// Where and why.
    pub error: DecodeError,
    /// The item as it came.
    pub item: Value,
}

/// Decodes a value whose place in the answer is `path`.
fn decode<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, DecodeError> {
    // Decoding with the path costs twice as much, so it is only done to explain a failure.
    T::deserialize(value).or_else(|_| {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let inner = error.path().to_string();
            let path = match inner.as_str() {
                "." => path.to_owned(),
                index if index.starts_with('[') => format!("{path}{index}"),
                field => format!("{path}.{field}"),
            };
            DecodeError::new(path, error.inner().to_string())
        })
    })
}

/// An object, and not the list that serde would accept in its place.
#[derive(Debug)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Decodes an object whose place in the answer is `path`.
fn decode_object<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, DecodeError> {
    decode::<Object<T>>(value, path).map(|object| object.0)
}

/// The value of a field that has to be there.
fn required<'a>(parent: &'a Value, field: &str, path: &str) -> Result<&'a Value, DecodeError> {
    parent
        .get(field)
        .ok_or_else(|| DecodeError::missing(join(path, field)))
}

/// Decodes an object that has to be there.
fn object<T: DeserializeOwned>(body: &Value, field: &str) -> Result<T, DecodeError> {
    decode_object(required(body, field, "")?, field)
}

/// The value of an optional object. PHP writes "none" as null, `[]` or `{}`.
fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !is_none(value))
}

/// Whether a value says "none" where a list or an optional object is expected.
fn is_none(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The items of a list. `None`, in any spelling, is an empty list; a missing list is an error.
fn items<'a>(parent: &'a Value, field: &str, path: &str) -> Result<&'a [Value], DecodeError> {
    match required(parent, field, path)? {
        Value::Array(items) => Ok(items),
        value if is_none(value) => Ok(&[]),
        _ => Err(DecodeError::new(join(path, field), "it is no list")),
    }
}

/// Decodes the list under `field` item by item, so that a bad item harms no other.
fn partition<T>(
    parent: &Value,
    field: &str,
    path: &str,
    decode_item: impl Fn(&Value, &str) -> Result<T, DecodeError>,
) -> Result<Partitioned<T>, DecodeError> {
    let list = join(path, field);
    let mut partitioned = Partitioned::default();
    for (index, item) in items(parent, field, path)?.iter().enumerate() {
        partitioned.push(item, decode_item(item, &format!("{list}[{index}]")));
    }
    Ok(partitioned)
}

fn join(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        path => format!("{path}.{field}"),
    }
}

/// Checks that a part is about what was asked for.
fn same_id(found: i64, asked: i64, path: &str, noun: &str) -> Result<(), DecodeError> {
    if found == asked {
        return Ok(());
    }
    Err(DecodeError::new(
        path,
        format!("it is about {noun} {found}, but {asked} was asked for"),
    ))
}
