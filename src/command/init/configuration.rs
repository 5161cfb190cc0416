//! The text of the configuration: a new one, or the present one with only what was named changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

use crate::command::init::questions::{Answers, KeyPlace};
use crate::command::init::write_private;
use crate::config::{Territories, Wars, check_private, text_of, toml_string};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::time::iso;
use crate::store::owner;

/// The present configuration file.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Present {
    Nothing,
    Text(String),
    /// It cannot be read as a configuration, and may be replaced.
    Broken,
}

/// Reads the present configuration. A file that is no configuration is an error unless it may be replaced.
pub(super) fn present(file: &Path, may_replace: bool) -> Result<Present> {
    match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Present::Nothing),
        Ok(found) if may_replace && found.is_file() => {}
        _ => return text_of(file).map(Present::Text),
    }
    check_private(file).map_err(|error| error.with_exit(Exit::Config))?;
    Ok(match text_of(file) {
        Ok(text) if crate::config::Settings::from_text_alone(file, &text).is_ok() => {
            Present::Text(text)
        }
        _ => Present::Broken,
    })
}

/// Writes the configuration. What it replaces stays beside it under another name, which is returned.
pub(super) fn replace(
    file: &Path,
    text: &str,
    present: &Present,
    now: i64,
) -> Result<Option<PathBuf>> {
    // The file itself where the path is a link, so that the link stays one.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let kept = match present {
        Present::Nothing if !file.exists() => None,
        Present::Nothing | Present::Text(_) => match text_of(&file)? {
            there if there == text => return Ok(None),
            there if matches!(present, Present::Text(old) if *old == there) => {
                Some(keep(&file, now)?)
            }
            _ => {
                return Err(
                    Error::new(format!("write the configuration {}", file.display()))
                        .with_source("somebody else has written it meanwhile")
                        .with_help("run it again")
                        .with_exit(Exit::Config),
                );
            }
        },
        Present::Broken => Some(keep(&file, now)?),
    };
    write_private(&file, text)?;
    Ok(kept)
}

/// Copies a file to `….before-20261031T120000Z` beside it.
fn keep(file: &Path, now: i64) -> Result<PathBuf> {
    let action = || format!("keep a copy of {}", file.display());
    let stamp = iso(now).replace(['-', ':'], "");
    let mut copy = PathBuf::new();
    for number in 1.. {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".before-{stamp}"));
        if number > 1 {
            name.push(format!("-{number}"));
        }
        copy = file.with_file_name(name);
        if !copy.exists() {
            break;
        }
    }
    match fs::copy(file, &copy) {
        Ok(_) => {}
        // A file that only its owner can read can still be put aside by the owner of the folder.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // Nothing is there when the copy could not be begun.
            let _ = fs::remove_file(&copy);
            fs::rename(file, &copy).with_context(action)?;
            return Ok(copy);
        }
        Err(error) => return Err(error).with_context(action),
    }
    make_private(&copy).with_context(action)?;
    fs::File::options()
        .write(true)
        .open(&copy)
        .and_then(|opened| {
            owner::give_to_owner(&opened, &copy, file);
            opened.sync_all()
        })
        .with_context(action)?;
    Ok(copy)
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
fn make_private(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// The text of a new configuration.
pub(super) fn new_text(answers: &Answers, file: &Path) -> Result<String> {
    let mut text = String::from(
        "# tornsnap: every field with its default is in the README.\n# Relative paths are relative to this file.\n",
    );
    let database = match &answers.database {
        Some(path) => relative(path, file)?,
        None => "tornsnap.db".to_owned(),
    };
    let _ = writeln!(text, "\ndatabase = {}", toml_string(&database));
    let mut names = BTreeSet::new();
    for key in &answers.keys {
        let name = new_name(key, &names);
        let (field, place) = field_of(key, file)?;
        let _ = writeln!(
            text,
            "\n[[key]]\nname = {}\n{field} = {}",
            toml_string(&name),
            toml_string(&place)
        );
        names.insert(name);
    }
    let list = |ids: Vec<String>| format!("[{}]", ids.join(", "));
    let factions = answers.factions.iter().flatten();
    let players = answers.players.iter().flatten();
    let _ = writeln!(
        text,
        "\n[track]\nplayers = {}\nfactions = {}\nmembers = true\nwars = {}\nterritories = {}",
        list(players.map(ToString::to_string).collect()),
        list(factions.map(ToString::to_string).collect()),
        toml_string(word_of(answers.wars.unwrap_or_default())),
        match answers.territories.clone().unwrap_or_default() {
            Territories::These(tiles) => {
                list(
                    tiles
                        .iter()
                        .map(|tile| toml_string(tile.as_str()))
                        .collect(),
                )
            }
            which => toml_string(word_of_tiles(&which)),
        },
    );
    Ok(text)
}

/// The text with what was answered changed in it, and the names of the changed fields; every other line stays.
///
/// # Errors
///
/// When the text is no TOML, or has something else where a changed field belongs.
pub(super) fn changed_text(
    text: &str,
    answers: &Answers,
    file: &Path,
) -> Result<(String, Vec<&'static str>)> {
    let refuse = || {
        Error::new(format!("change the configuration {}", file.display()))
            .with_help("change it by hand: the README lists every field")
            .with_exit(Exit::Config)
    };
    let has_crlf = text.contains("\r\n");
    let mut document: DocumentMut = text
        .replace("\r\n", "\n")
        .parse()
        .map_err(|_| refuse().with_source("it is no TOML"))?;
    let mut changed = Vec::new();
    if change_keys(&mut document, answers, file)? {
        changed.push("key");
    }
    if answers.name_something_to_follow() {
        let track = document
            .entry("track")
            .or_insert(Item::Table(Table::new()))
            .as_table_like_mut()
            .ok_or_else(|| refuse().with_source("track is not a table in it"))?;
        changed.extend(change_track(track, answers));
    }
    let text = document.to_string();
    let text = if has_crlf {
        text.replace('\n', "\r\n")
    } else {
        text
    };
    Ok((text, changed))
}

/// Changes what is followed; the names of the fields that said something else before.
fn change_track(track: &mut dyn TableLike, answers: &Answers) -> Vec<&'static str> {
    let numbers = |ids: Vec<i64>| ids.into_iter().map(Value::from).collect();
    let mut changed = Vec::new();
    let mut note = |name: &'static str, is_changed: bool| {
        if is_changed {
            changed.push(name);
        }
    };
    if let Some(players) = &answers.players {
        let ids = numbers(players.iter().map(|id| id.get()).collect());
        note("players", set_list(track, "players", ids));
    }
    if let Some(factions) = &answers.factions {
        let ids = numbers(factions.iter().map(|id| id.get()).collect());
        note("factions", set_list(track, "factions", ids));
    }
    if let Some(wars) = answers.wars {
        note("wars", set_word(track, "wars", word_of(wars)));
    }
    match &answers.territories {
        Some(Territories::These(tiles)) => {
            let tiles = tiles.iter().map(|tile| Value::from(tile.as_str()));
            let is_changed = set_list(track, "territories", tiles.collect());
            note("territories", is_changed);
        }
        Some(which) => {
            let is_changed = set_word(track, "territories", word_of_tiles(which));
            note("territories", is_changed);
        }
        None => {}
    }
    changed
}

/// Makes a field a list of these values; those that are there already stay where they are, with their comments.
fn set_list(table: &mut dyn TableLike, name: &str, wanted: Vec<Value>) -> bool {
    let key = |value: &Value| {
        let number = value.as_integer().map(|number| number.to_string());
        number.or_else(|| value.as_str().map(str::to_owned))
    };
    let Some(array) = table.get_mut(name).and_then(Item::as_array_mut) else {
        set(table, name, Value::Array(wanted.into_iter().collect()));
        return true;
    };
    let before = array.len();
    array.retain(|value| wanted.iter().any(|wanted| key(wanted) == key(value)));
    let mut is_changed = array.len() != before;
    for value in wanted {
        if !array.iter().any(|present| key(present) == key(&value)) {
            array.push(value);
            is_changed = true;
        }
    }
    if is_changed && let Some(first) = array.get_mut(0) {
        // The first value has no blank before it that came from a place behind a comma.
        let is_blank = |prefix: &str| prefix.trim_matches(' ').is_empty();
        if first
            .decor()
            .prefix()
            .and_then(|raw| raw.as_str())
            .is_some_and(is_blank)
        {
            first.decor_mut().set_prefix("");
        }
    }
    is_changed
}

fn set_word(table: &mut dyn TableLike, name: &str, word: &str) -> bool {
    if table.get(name).and_then(Item::as_str) == Some(word) {
        return false;
    }
    set(table, name, Value::from(word));
    true
}

/// Sets a value; the comment behind the old one stays.
fn set(table: &mut dyn TableLike, name: &str, mut value: Value) {
    if let Some(old) = table.get_mut(name).and_then(Item::as_value_mut) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
    } else {
        table.insert(name, Item::Value(value));
    }
}

/// Adds the keys that are not there yet; a key of a known name gets its new place.
fn change_keys(document: &mut DocumentMut, answers: &Answers, file: &Path) -> Result<bool> {
    let mut is_changed = false;
    for key in &answers.keys {
        let (field, place) = field_of(key, file)?;
        let mut tables = key_tables(document);
        if tables
            .iter()
            .any(|table| text_in(*table, field) == Some(place.as_str()))
        {
            continue;
        }
        is_changed = true;
        let name = new_name(key, &BTreeSet::new());
        let named = tables
            .iter_mut()
            .find(|table| text_in(**table, "name") == Some(name.as_str()));
        if let Some(table) = named {
            for other in ["key", "key_env", "key_file"]
                .into_iter()
                .filter(|other| *other != field)
            {
                table.remove(other);
            }
            set(*table, field, Value::from(place));
        } else {
            add_key(document, &name, field, &place);
        }
    }
    Ok(is_changed)
}

fn text_in<'a>(table: &'a dyn TableLike, field: &str) -> Option<&'a str> {
    table.get(field).and_then(Item::as_str)
}

/// The tables of `[[key]]`, or of `key = [{…}]`.
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
    match document.get_mut("key") {
        Some(Item::Value(Value::Array(tables))) => {
            tables.push(table.into_inline_table());
        }
        Some(Item::ArrayOfTables(tables)) => {
            table.decor_mut().set_prefix("\n");
            tables.push(table);
        }
        _ => {
            table.decor_mut().set_prefix("\n");
            let mut tables = ArrayOfTables::new();
            tables.push(table);
            document.insert("key", Item::ArrayOfTables(tables));
        }
    }
}

/// The field of `[[key]]` that says where a key is, and its value.
fn field_of(key: &KeyPlace, file: &Path) -> Result<(&'static str, String)> {
    Ok(match key {
        KeyPlace::Env(variable) => ("key_env", variable.clone()),
        KeyPlace::File(path) => ("key_file", relative(path, file)?),
    })
}

/// A name for a key that no other key has.
fn new_name(key: &KeyPlace, taken: &BTreeSet<String>) -> String {
    let name = match key {
        KeyPlace::Env(variable) => variable.to_lowercase(),
        KeyPlace::File(path) => path.file_stem().map_or_else(
            || "key".to_owned(),
            |stem| stem.to_string_lossy().into_owned(),
        ),
    };
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

fn word_of(wars: Wars) -> &'static str {
    match wars {
        Wars::All => "all",
        Wars::Tracked => "tracked",
    }
}

fn word_of_tiles(which: &Territories) -> &'static str {
    match which {
        Territories::All => "all",
        Territories::None => "none",
        Territories::Tracked | Territories::These(_) => "tracked",
    }
}

/// A path as a file beside it would write it.
///
/// # Errors
///
/// When it is not UTF-8, as everything in TOML is.
fn relative(path: &Path, file: &Path) -> Result<String> {
    let folder = std::path::absolute(file)
        .ok()
        .and_then(|file| file.parent().map(Path::to_owned));
    let short = folder
        .as_deref()
        .and_then(|folder| path.strip_prefix(folder).ok());
    let short = short.unwrap_or(path);
    short.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(format!("write {} into the configuration", path.display()))
            .with_source("the path is not UTF-8, as a configuration has to be")
            .with_help(
                "rename it, or keep it in the folder of the configuration under a plain name",
            )
            .with_exit(Exit::Config)
    })
}
