//! The `[[key]]` tables of a configuration: finds a name for each given key, and adds or changes its table.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::command::init::answers::{Answers, KeyPlace};
use crate::command::init::fields::{relative, rename, set, text_in};
use crate::command::init::{headers, lists};
use crate::config::default_key_name;
use crate::error::Result;
use crate::model::key::contains_key_like;
use crate::model::unprintable::is_unprintable;

/// The name of a key whose file or variable has no usable name.
const NAMELESS: &str = "key";

/// The fields of the `[[key]]` for a key from the flags or from the user's input.
pub(super) struct GivenKey {
    /// The name of the file or variable. Several given keys may have the same name.
    pub(super) name: String,
    /// Whether the file or variable has this name.
    is_from_place: bool,
    /// Whether the key was typed. Its name is that of a configured key only if it replaces that one.
    is_typed: bool,
    /// The field with the location.
    pub(super) field: &'static str,
    pub(super) place: String,
}

/// The keys of the answers. A location that is given twice is listed once.
pub(super) fn given_keys(answers: &Answers, file: &Path) -> Result<Vec<GivenKey>> {
    let mut keys: Vec<GivenKey> = Vec::new();
    for place in &answers.keys {
        let (name, field, place) = match place {
            KeyPlace::Env(variable) => (variable.clone(), "key_env", variable.clone()),
            KeyPlace::File(path) => {
                let stem = path.file_stem().unwrap_or(OsStr::new(NAMELESS));
                let place = relative(path, file)?;
                (stem.to_string_lossy().into_owned(), "key_file", place)
            }
        };
        // The name becomes a part of the history, so it must not be the key.
        let is_from_place =
            !contains_key_like(&name) && !name.trim().is_empty() && !name.contains(is_unprintable);
        let key = GivenKey {
            name: match field {
                _ if !is_from_place => NAMELESS.to_owned(),
                "key_env" => name.to_lowercase(),
                _ => name,
            },
            is_from_place,
            is_typed: false,
            field,
            place,
        };
        if !keys
            .iter()
            .any(|other| (other.field, &other.place) == (key.field, &key.place))
        {
            keys.push(key);
        }
    }
    for typed in &answers.typed_keys {
        keys.push(GivenKey {
            name: typed.name.clone(),
            is_from_place: true,
            is_typed: true,
            field: "key_file",
            place: relative(&typed.file, file)?,
        });
    }
    Ok(keys)
}

/// The name itself if it is not in `taken`, else the name with a number.
pub(super) fn free_name(name: &str, taken: &BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

/// Adds the given keys that are not configured yet.
///
/// If a key with the same name is configured, only its location is replaced, unless that location is given too. The user
/// then wants both keys, so the new one gets another name.
pub(super) fn change_keys(
    document: &mut DocumentMut,
    answers: &Answers,
    file: &Path,
) -> Result<bool> {
    let has_dropped = drop_keys(document, &answers.dropped_keys);
    let mut keys = given_keys(answers, file)?;
    let mut taken = BTreeSet::new();
    let mut given_names = BTreeSet::new();
    for (number, table) in (1..).zip(key_tables(document)) {
        let name = name_in(table, number);
        let is_this_key = |key: &GivenKey| text_in(table, key.field) == Some(key.place.as_str());
        if keys.iter().any(is_this_key) {
            keys.retain(|key| !is_this_key(key));
            given_names.insert(name.clone());
        }
        taken.insert(name);
    }
    let is_changed = has_dropped || !keys.is_empty();
    for key in keys {
        let same_name = (1..).zip(key_tables(document)).find(|(number, table)| {
            let has_name = match text_in(*table, "name") {
                Some(name) => name == key.name,
                None => key.is_typed && default_key_name(*number) == key.name,
            };
            key.is_from_place && has_name && !given_names.contains(&key.name)
        });
        let name = if let Some((_, table)) = same_name {
            replace_location(table, &key);
            key.name
        } else {
            let name = free_name(&key.name, &taken);
            add_key(document, &name, key.field, &key.place);
            name
        };
        taken.insert(name.clone());
        given_names.insert(name);
    }
    Ok(is_changed)
}

/// The name of the key with this number, as the settings have it.
fn name_in(table: &dyn TableLike, number: usize) -> String {
    text_in(table, "name").map_or_else(|| default_key_name(number), str::to_owned)
}

/// Removes the tables of these keys. A key without a name that comes after one of them gets the name that it has had.
fn drop_keys(document: &mut DocumentMut, names: &BTreeSet<String>) -> bool {
    if names.is_empty() {
        return false;
    }
    let mut stays = Vec::new();
    for (number, table) in (1..).zip(key_tables(document)) {
        let name = name_in(table, number);
        if !names.contains(&name) && text_in(table, "name").is_none() {
            set(table, "name", Value::from(name.as_str()));
        }
        stays.push(!names.contains(&name));
    }
    let has_dropped = stays.contains(&false);
    if let Some(Item::Value(Value::Array(tables))) = document.get_mut("key") {
        let mut stays = stays.into_iter();
        lists::retain(tables, |_| stays.next().unwrap_or(true));
    } else {
        for (index, _) in stays.iter().enumerate().rev().filter(|(_, stays)| !**stays) {
            headers::remove(document, "key", index);
        }
    }
    has_dropped
}

/// The new location takes the place of the old one, with the comments around it.
fn replace_location(table: &mut dyn TableLike, key: &GivenKey) {
    for other in ["key", "key_env", "key_file"] {
        if other != key.field {
            rename(table, other, key.field);
        }
    }
    set(table, key.field, Value::from(key.place.as_str()));
}

/// The tables of the keys, written as `[[key]]` or as `key = [{…}]`.
fn key_tables(document: &mut DocumentMut) -> Vec<&mut dyn TableLike> {
    match document.get_mut("key") {
        Some(Item::ArrayOfTables(tables)) => tables
            .iter_mut()
            .map(|table| table as &mut dyn TableLike)
            .collect(),
        Some(Item::Value(Value::Array(tables))) => tables
            .iter_mut()
            .filter_map(Value::as_inline_table_mut)
            .map(|table| table as &mut dyn TableLike)
            .collect(),
        _ => Vec::new(),
    }
}

fn add_key(document: &mut DocumentMut, name: &str, field: &str, place: &str) {
    let mut table = Table::new();
    table.insert("name", toml_edit::value(name));
    table.insert(field, toml_edit::value(place));
    if let Some(Item::Value(Value::Array(tables))) = document.get_mut("key") {
        lists::push(tables, Value::InlineTable(table.into_inline_table()));
    } else {
        headers::push(document, "key", table);
    }
}
