//! Changes fields of a TOML table, and leaves the comments beside them.

use std::path::Path;

use toml_edit::{Item, TableLike, Value};

use crate::command::init::lists;
use crate::error::{Error, Exit, Result};

/// Sets a field to a list of these values. Values that are already in the list keep their positions and comments.
pub(super) fn set_list(table: &mut dyn TableLike, name: &str, wanted: Vec<Value>) -> bool {
    let key = |value: &Value| {
        let number = value.as_integer().map(|number| number.to_string());
        number.or_else(|| value.as_str().map(str::to_owned))
    };
    let Some(array) = table.get_mut(name).and_then(Item::as_array_mut) else {
        set(table, name, Value::Array(wanted.into_iter().collect()));
        return true;
    };
    let wanted_keys: Vec<_> = wanted.iter().map(key).collect();
    let present_keys: Vec<_> = array.iter().map(key).collect();
    let is_changed = wanted_keys.iter().any(|key| !present_keys.contains(key))
        || present_keys.iter().any(|key| !wanted_keys.contains(key));
    if is_changed {
        lists::change(array, &wanted, |one, other| key(one) == key(other));
    }
    is_changed
}

pub(super) fn set_word(table: &mut dyn TableLike, name: &str, word: &str) -> bool {
    if table.get(name).and_then(Item::as_str) == Some(word) {
        return false;
    }
    set(table, name, Value::from(word));
    true
}

/// Sets a value. Keeps the comment after the old value.
pub(super) fn set(table: &mut dyn TableLike, name: &str, mut value: Value) {
    if let Some(old) = table.get_mut(name).and_then(Item::as_value_mut) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
    } else {
        table.insert(name, Item::Value(value));
    }
}

pub(super) fn text_in<'a>(table: &'a dyn TableLike, field: &str) -> Option<&'a str> {
    table.get(field).and_then(Item::as_str)
}

/// The path relative to the folder of `file` if it is inside that folder, else the whole path.
///
/// # Errors
///
/// If the path is not UTF-8, because TOML is UTF-8.
pub(super) fn relative(path: &Path, file: &Path) -> Result<String> {
    let folder = std::path::absolute(file)
        .ok()
        .and_then(|file| file.parent().map(Path::to_owned));
    let short = folder
        .as_deref()
        .and_then(|folder| path.strip_prefix(folder).ok());
    let short = short.unwrap_or(path);
    short.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(format!("write {} into the configuration", path.display()))
            .with_source("the path is not UTF-8, and a configuration must be")
            .with_help("rename it, or move it to the folder of the configuration")
            .with_exit(Exit::Config)
    })
}
