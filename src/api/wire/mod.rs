//! Torn's JSON field for field, and what it means to us.
//!
//! Tolerant of spelling (numbers in strings, integral floats, unknown fields and words), strict on meaning: what does
//! not fit comes back as a [`Misfit`] that names its place in the JSON.

pub mod faction;
pub mod key;
pub mod number;
pub mod page;
pub mod territory;
pub mod user;
pub mod war;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A body, or a part of one, that does not fit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Misfit {
    /// Where in the JSON, such as `members[3].level`.
    pub path: String,
    /// What is wrong there.
    pub why: String,
}

impl Misfit {
    /// Names a place and what is wrong there.
    pub fn at(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            why: why.into(),
        }
    }
}

/// Reads the part of a body that stands under `field`.
fn part<T: DeserializeOwned>(body: &Value, field: &str) -> Result<T, Misfit> {
    match body.get(field) {
        Some(value) => read(value, field),
        None => Err(Misfit::at(field, "it is missing")),
    }
}

/// Reads a value whose place in the body is `path`.
fn read<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, Misfit> {
    // The quick way first: the one that keeps track of its place costs twice as much.
    T::deserialize(value).or_else(|_| {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let inner = error.path().to_string();
            let path = match inner.as_str() {
                "." => path.to_owned(),
                index if index.starts_with('[') => format!("{path}{index}"),
                field => format!("{path}.{field}"),
            };
            Misfit::at(path, error.inner().to_string())
        })
    })
}

/// Reads the list under `field`: what fits and what does not, each on its own.
fn items<'a>(
    body: &'a Value,
    field: &str,
) -> Result<impl Iterator<Item = (String, &'a Value)>, Misfit> {
    let list = body
        .get(field)
        .ok_or_else(|| Misfit::at(field, "it is missing"))?
        .as_array()
        .ok_or_else(|| Misfit::at(field, "it is no list"))?;
    let field = field.to_owned();
    Ok(list
        .iter()
        .enumerate()
        .map(move |(index, item)| (format!("{field}[{index}]"), item)))
}

/// A list of which each item stands for itself.
#[derive(Debug)]
pub struct Sorted<T> {
    /// What fits.
    pub good: Vec<T>,
    /// What does not, with the item as it came.
    pub bad: Vec<(Misfit, String)>,
}

/// Reads the list under `field` item by item, so that a bad one harms no other.
fn sort<T>(
    body: &Value,
    field: &str,
    read_item: impl Fn(&Value, &str) -> Result<T, Misfit>,
) -> Result<Sorted<T>, Misfit> {
    let mut sorted = Sorted {
        good: Vec::new(),
        bad: Vec::new(),
    };
    for (path, item) in items(body, field)? {
        match read_item(item, &path) {
            Ok(good) => sorted.good.push(good),
            Err(misfit) => sorted.bad.push((misfit, item.to_string())),
        }
    }
    Ok(sorted)
}
