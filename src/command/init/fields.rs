//! Changes fields of a TOML table, and leaves the comments beside them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Key, TableLike, Value};

use crate::command::init::lists;
use crate::config::describe_unusable;
use crate::error::{Error, Exit, Result, WithContext};

/// Sets a field to a list of these values. Values that are already in the list keep their positions and comments.
/// Returns whether the list has changed.
///
/// # Errors
///
/// If the new text of the list, read again, has other values.
pub(super) fn set_list(
    table: &mut dyn TableLike,
    name: &str,
    wanted: Vec<Value>,
) -> std::result::Result<bool, String> {
    let Some(array) = table.get_mut(name).and_then(Item::as_array_mut) else {
        set(table, name, Value::Array(wanted.into_iter().collect()));
        return Ok(true);
    };
    let wanted_ids = ids(&wanted);
    if ids(array.iter()) == wanted_ids {
        return Ok(false);
    }
    lists::change(array, &wanted, |one, other| id(one) == id(other));
    if read_ids(&array.to_string()) != Some(wanted_ids) {
        return Err(format!(
            "the list {name} cannot be changed with the comments in it; nothing was written"
        ));
    }
    Ok(true)
}

/// The number or the text of a value.
fn id(value: &Value) -> Option<String> {
    let number = value.as_integer().map(|number| number.to_string());
    number.or_else(|| value.as_str().map(str::to_owned))
}

fn ids<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<Option<String>> {
    values.into_iter().map(id).collect()
}

/// The ids in the text of a list, or `None` if it is not a list.
fn read_ids(list: &str) -> Option<BTreeSet<Option<String>>> {
    let document: DocumentMut = format!("list = {list}").parse().ok()?;
    Some(ids(document.get("list")?.as_array()?))
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

/// Renames a field, if it is there and no field has the new name. It keeps its position and the comments around it.
pub(super) fn rename(table: &mut dyn TableLike, old: &str, new: &str) {
    if !table.contains_key(old) {
        return;
    }
    if table.contains_key(new) {
        table.remove(old);
        return;
    }
    let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    let mut fields = Vec::new();
    for name in names {
        let key = table.key(&name).cloned();
        fields.extend(key.zip(table.remove(&name)));
    }
    for (key, item) in fields {
        let decor = key.leaf_decor().clone();
        let key = if key.get() == old { Key::new(new) } else { key };
        table.entry_format(&key).or_insert(item);
        // An inline table does not take the decor from the key.
        if let Some(mut key) = table.key_mut(key.get()) {
            *key.leaf_decor_mut() = decor;
        }
    }
}

pub(super) fn text_in<'a>(table: &'a dyn TableLike, field: &str) -> Option<&'a str> {
    table.get(field).and_then(Item::as_str)
}

pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("find {}", path.display()))
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
    // In the configuration, a path that begins with `./` is read as it is.
    let is_misread = short.is_relative()
        && short
            .to_str()
            .is_some_and(|text| text.starts_with('~') || describe_unusable(text).is_some());
    let short = if is_misread && !short.as_os_str().is_empty() {
        Path::new(".").join(short)
    } else {
        short.to_owned()
    };
    short.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(format!("write {} into the configuration", path.display()))
            .with_source("the path is not UTF-8, and a configuration must be")
            .with_help("rename it, or move it to the folder of the configuration")
            .with_exit(Exit::Config)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_whose_values_are_in_a_comment_has_other_ids() {
        let wanted = Some(ids(&[Value::from(2), Value::from(3)]));
        assert_eq!(read_ids("[ # officers\n  2, 3,\n] # ours"), wanted);
        assert_eq!(read_ids("[\n  # officers 2, 3,\n]"), Some(BTreeSet::new()));
        assert_eq!(read_ids("[2, 3\n  # friend]"), None);
    }
}
