//! Writes a new configuration, or changes the fields that the flags name in an existing one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::command::init::answers::Answers;
use crate::command::init::fields::{absolute, relative, set_list, set_word, text_in};
use crate::command::init::key_tables::{change_keys, free_name, given_keys};
use crate::command::init::line_ends::with_ends_of;
use crate::command::init::private_file::write_private;
use crate::config::{Territories, Wars, check_private, read_text, toml_string};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::{MAX_LINKS, copy_names, folder_of, shell_word};
use crate::store::owner;

/// The settings that `init` does not ask for, as comments.
const OTHER_SETTINGS: &str = r##"
# The settings below are not set. To set one, remove the "# " before it and before the name of its table.

# [api]
# requests_per_minute = 60       # for each key owner; Torn allows 100

# [retention]
# keep_months = 2                # full months whose detail `prune` keeps
# archive = "archive.db"         # `prune` moves old detail there instead of deleting it

# [backup]
# directory = "backups"
# keep = 7                       # verified backups
# compress = false               # true: with zstd

# [health]
# max_age_hours = 24             # warn when the last good fetch is older
# webhook_url_file = "webhook"   # a file with the address of a Discord webhook, for `health --notify`
# ping_url = "https://hc-ping.com/your-id"

# [schedule]                     # the jobs of `tornsnap schedule install`; "off" leaves a job out
# wars = "10m"
# factions = "4m"
# players = "30m"
# territories = "1h"
# backup = "daily"               # backup, then summarize, then prune
# health = "hourly"
"##;

/// The log file, on systems whose scheduler keeps what the jobs print.
const LOG_AS_COMMENT: &str = "
# [log]
# file = \"tornsnap.log\"          # also log there; under cron, failed jobs are mailed then
";

/// The log file on Windows, whose Task Scheduler keeps nothing.
const LOG_ON_WINDOWS: &str = "
[log]
file = \"tornsnap.log\"            # the Task Scheduler keeps no output
";

/// The database of a configuration that does not name one.
const DEFAULT_DATABASE: &str = "tornsnap.db";

/// The configuration file before `init` changes it.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum ExistingFile {
    Missing,
    Text(String),
    /// The file is not a valid configuration, and `--force` allows `init` to replace it.
    Unreadable,
}

/// Reads the existing configuration. With `may_replace`, a file that is not a valid configuration is no error.
pub(super) fn read_existing(file: &Path, may_replace: bool) -> Result<ExistingFile> {
    match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ExistingFile::Missing),
        Ok(found) if may_replace && found.is_file() => {}
        _ => return read_text(file).map(ExistingFile::Text),
    }
    check_private(file).map_err(|error| error.with_exit(Exit::Config))?;
    Ok(match read_text(file) {
        Ok(text) if crate::config::Settings::from_text_alone(file, &text).is_ok() => {
            ExistingFile::Text(text)
        }
        _ => ExistingFile::Unreadable,
    })
}

/// Writes the configuration. Returns the path of the backup copy of the old file, if there was one.
pub(super) fn replace(
    file: &Path,
    text: &str,
    existing: &ExistingFile,
    now: i64,
) -> Result<Option<PathBuf>> {
    // The link is kept, and its target is replaced.
    let file = target_of(file)?;
    let backup = match existing {
        ExistingFile::Missing if !file.exists() => None,
        ExistingFile::Missing | ExistingFile::Text(_) => match read_text(&file)? {
            current if current == text => return Ok(None),
            current if matches!(existing, ExistingFile::Text(old) if *old == current) => {
                Some(back_up(&file, now)?)
            }
            _ => {
                return Err(
                    Error::new(format!("write the configuration {}", file.display()))
                        .with_source("another program has changed it since it was read")
                        .with_help("run it again")
                        .with_exit(Exit::TryLater),
                );
            }
        },
        ExistingFile::Unreadable => Some(back_up(&file, now)?),
    };
    write_private(&file, text)?;
    Ok(backup)
}

/// Refuses to replace a file that its owner has made read-only.
pub(super) fn refuse_read_only(file: &Path) -> Result<()> {
    let is_read_only = |found: fs::Metadata| found.permissions().readonly();
    if !fs::metadata(file).is_ok_and(is_read_only) {
        return Ok(());
    }
    let allow = if cfg!(unix) {
        format!("allow it with `chmod u+w {}`", shell_word(file))
    } else {
        "allow it to be written".to_owned()
    };
    Err(
        Error::new(format!("write the configuration {}", file.display()))
            .with_source("the file is read-only")
            .with_help(format!("{allow}, or name another file with --config"))
            .with_exit(Exit::Config),
    )
}

/// The file to write: the target of a link, which need not exist.
fn target_of(file: &Path) -> Result<PathBuf> {
    if let Ok(target) = fs::canonicalize(file) {
        return Ok(target);
    }
    let mut target = file.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => break,
        }
    }
    if target == file || folder_of(&target).is_dir() {
        return Ok(target);
    }
    Err(
        Error::new(format!("write the configuration {}", file.display()))
            .with_source(format!(
                "it is a link to {}, whose folder is not there",
                target.display()
            ))
            .with_help("mount its disk or make that folder, or remove the link")
            .with_exit(Exit::Config),
    )
}

/// Copies a file to `<file>.before-20261031T120000Z`.
fn back_up(file: &Path, now: i64) -> Result<PathBuf> {
    let action = || format!("keep a copy of {}", file.display());
    let copy = copy_names(file, "before", now)
        .find(|copy| !copy.exists())
        .expect("the names do not end");
    match fs::copy(file, &copy) {
        Ok(_) => {}
        // The file cannot be read, but a user who may write to the folder can rename it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // Ignore the error: if the copy was not created, there is nothing to remove.
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

pub(super) fn new_text(answers: &Answers, file: &Path) -> Result<String> {
    let mut text = String::from(
        "# src/docs/configuration.md in the repository of tornsnap lists every field with its default.\n# Relative paths are relative to this file.\n",
    );
    let database = match &answers.database {
        Some(path) => relative(path, file)?,
        None => DEFAULT_DATABASE.to_owned(),
    };
    let _ = writeln!(text, "\ndatabase = {}", toml_string(&database));
    let mut names = BTreeSet::new();
    for key in given_keys(answers, file)? {
        let name = free_name(&key.name, &names);
        names.insert(name.clone());
        if answers.dropped_keys.contains(&name) {
            continue;
        }
        let _ = writeln!(
            text,
            "\n[[key]]\nname = {}\n{} = {}",
            toml_string(&name),
            key.field,
            toml_string(&key.place)
        );
    }
    let list = |ids: Vec<String>| format!("[{}]", ids.join(", "));
    let factions = answers.factions.iter().flatten();
    let players = answers.players.iter().flatten();
    let _ = writeln!(
        text,
        "\n[track]\nplayers = {}\nfactions = {}\nmembers = true\nwars = {}\nterritories = {}",
        list(players.map(ToString::to_string).collect()),
        list(factions.map(ToString::to_string).collect()),
        toml_string(wars_word(answers.wars.unwrap_or_default())),
        match answers.territories.clone().unwrap_or_default() {
            Territories::These(tiles) => {
                list(
                    tiles
                        .iter()
                        .map(|tile| toml_string(tile.as_str()))
                        .collect(),
                )
            }
            which => toml_string(territories_word(&which)),
        },
    );
    if cfg!(windows) {
        text.push_str(LOG_ON_WINDOWS);
    }
    text.push_str(OTHER_SETTINGS);
    if !cfg!(windows) {
        text.push_str(LOG_AS_COMMENT);
    }
    Ok(text)
}

/// Applies the answers to the text. Returns the new text and the names of the changed fields. All other lines are kept.
///
/// # Errors
///
/// If the text is not TOML, `track` is not a table, or a list in it cannot be changed.
pub(super) fn changed_text(
    text: &str,
    answers: &Answers,
    file: &Path,
) -> Result<(String, Vec<&'static str>)> {
    let refuse = || {
        Error::new(format!("change the configuration {}", file.display()))
            .with_help("edit it by hand; the configuration page in the repository, src/docs/configuration.md, lists every field")
            .with_exit(Exit::Config)
    };
    let mut document: DocumentMut = text
        .replace("\r\n", "\n")
        .parse()
        .map_err(|_| refuse().with_source("it is not valid TOML"))?;
    // The comments of a file without any field would come after the new fields.
    let comments = document.is_empty().then(|| {
        let comments = std::mem::take(&mut document).to_string();
        match comments.trim_end() {
            "" => String::new(),
            comments => format!("{comments}\n\n"),
        }
    });
    let mut changed = Vec::new();
    if change_database(document.as_table_mut(), answers, file)? {
        changed.push("database");
    }
    if change_keys(&mut document, answers, file)? {
        changed.push("key");
    }
    if answers.changes_track() {
        let track = document
            .entry("track")
            .or_insert(Item::Table(Table::new()))
            .as_table_like_mut()
            .ok_or_else(|| refuse().with_source("track is not a table"))?;
        let fields = change_track(track, answers).map_err(|why| refuse().with_source(why))?;
        changed.extend(fields);
    }
    let new = comments.unwrap_or_default() + &document.to_string();
    Ok((with_ends_of(text, &new), changed))
}

/// Sets `database`, unless the file names that database already. Without the field, it is [`DEFAULT_DATABASE`].
fn change_database(table: &mut Table, answers: &Answers, file: &Path) -> Result<bool> {
    let Some(wanted) = &answers.database else {
        return Ok(false);
    };
    let present = text_in(table, "database").unwrap_or(DEFAULT_DATABASE);
    if absolute(&folder_of(file).join(present))? == *wanted {
        return Ok(false);
    }
    let wanted = relative(wanted, file)?;
    Ok(set_word(table, "database", &wanted))
}

/// Changes the fields in `[track]`. Returns the names of the fields whose values changed.
fn change_track(
    track: &mut dyn TableLike,
    answers: &Answers,
) -> std::result::Result<Vec<&'static str>, String> {
    let numbers = |ids: Vec<i64>| ids.into_iter().map(Value::from).collect();
    let mut changed = Vec::new();
    let mut note = |name: &'static str, is_changed: bool| {
        if is_changed {
            changed.push(name);
        }
    };
    if let Some(players) = &answers.players {
        let ids = numbers(players.iter().map(|id| id.get()).collect());
        note("players", set_list(track, "players", ids)?);
    }
    if let Some(factions) = &answers.factions {
        let ids = numbers(factions.iter().map(|id| id.get()).collect());
        note("factions", set_list(track, "factions", ids)?);
    }
    if let Some(wars) = answers.wars {
        note("wars", set_word(track, "wars", wars_word(wars)));
    }
    match &answers.territories {
        Some(Territories::These(tiles)) => {
            let tiles = tiles.iter().map(|tile| Value::from(tile.as_str()));
            let is_changed = set_list(track, "territories", tiles.collect())?;
            note("territories", is_changed);
        }
        Some(which) => {
            let is_changed = set_word(track, "territories", territories_word(which));
            note("territories", is_changed);
        }
        None => {}
    }
    Ok(changed)
}

pub(super) fn wars_word(wars: Wars) -> &'static str {
    match wars {
        Wars::All => "all",
        Wars::Tracked => "tracked",
    }
}

pub(super) fn territories_word(which: &Territories) -> &'static str {
    match which {
        Territories::All => "all",
        Territories::None => "none",
        Territories::Tracked | Territories::These(_) => "tracked",
    }
}
