//! Decodes and checks Torn's JSON.
//!
//! The decoders accept every encoding of a value that Torn uses: numbers in strings, names as numbers, unknown fields
//! and unknown enum values. They refuse missing fields, values out of range, and ids that were not requested. Each part
//! of a response is decoded on its own: an invalid part becomes a [`DecodeError`] with its path in the JSON, and the
//! valid parts are kept.

pub(crate) mod faction;
pub(crate) mod key;
pub(crate) mod scalar;
pub(crate) mod territory;
pub(crate) mod user;
pub(crate) mod war;
pub(crate) mod words;

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An error in one part of a response.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct DecodeError {
    /// The path in the JSON, such as `members[3].level`.
    pub path: String,
    pub(crate) reason: String,
}

impl DecodeError {
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

/// The result of decoding a list item by item.
#[derive(Clone, Debug, PartialEq)]
pub struct Partitioned<T> {
    /// The items that were decoded.
    pub valid: Vec<T>,
    /// The items that could not be decoded.
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

/// An item of a list that could not be decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct InvalidItem {
    /// The path of the item, and the reason.
    pub error: DecodeError,
    /// The item as received.
    pub item: Value,
}

/// Decodes the value at `path`.
fn decode<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, DecodeError> {
    // Tracking the path takes twice as long, so it is only done when decoding has failed.
    T::deserialize(value).or_else(|_| {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let inner = error.path().to_string();
            let path = match inner.as_str() {
                "." => path.to_owned(),
                index if index.starts_with('[') => format!("{path}{index}"),
                field => format!("{path}.{field}"),
            };
            DecodeError::new(path, words::plain(&error.inner().to_string()))
        })
    })
}

/// A struct that is decoded only from a JSON object. Serde alone also decodes a struct from a list.
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

/// Decodes the object at `path`.
fn decode_object<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, DecodeError> {
    decode::<Object<T>>(value, path).map(|object| object.0)
}

/// The value of a required field.
fn required<'a>(parent: &'a Value, field: &str, path: &str) -> Result<&'a Value, DecodeError> {
    parent
        .get(field)
        .ok_or_else(|| DecodeError::missing(join(path, field)))
}

/// Decodes a required field that holds an object.
fn decode_field<T: DeserializeOwned>(body: &Value, field: &str) -> Result<T, DecodeError> {
    decode_object(required(body, field, "")?, field)
}

/// The value, or `None` if it is empty. PHP encodes a missing object as null, `[]` or `{}`.
fn unless_empty(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !is_empty_value(value))
}

/// Whether a value is null, `[]` or `{}`.
fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The items of the list under `field`. Null and `{}` are empty lists; a missing field is an error.
fn list_items<'a>(parent: &'a Value, field: &str, path: &str) -> Result<&'a [Value], DecodeError> {
    match required(parent, field, path)? {
        Value::Array(items) => Ok(items),
        value if is_empty_value(value) => Ok(&[]),
        _ => Err(DecodeError::new(join(path, field), "it is no list")),
    }
}

/// Decodes the list under `field` item by item, so that an invalid item does not affect the others.
fn decode_list<T>(
    parent: &Value,
    field: &str,
    path: &str,
    decode_item: impl Fn(&Value, &str) -> Result<T, DecodeError>,
) -> Result<Partitioned<T>, DecodeError> {
    let list = join(path, field);
    let mut partitioned = Partitioned::default();
    for (index, item) in list_items(parent, field, path)?.iter().enumerate() {
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

/// Checks that a part of a response has the id that was requested.
fn check_id(found: i64, requested: i64, path: &str, noun: &str) -> Result<(), DecodeError> {
    if found == requested {
        return Ok(());
    }
    Err(DecodeError::new(
        path,
        format!("it is about {noun} {found}, but {requested} was asked for"),
    ))
}
