//! Expands `~` in paths of the configuration and the environment, and refuses paths with unexpanded shell variables.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Exit, Result};
use crate::model::unprintable::is_unprintable;

/// Returns why a path is refused if it contains `~user` or a variable, which only a shell expands. Without this check the
/// program would create a folder of that name.
///
/// A path that begins with `./` is always accepted.
pub(super) fn describe_unexpanded(path: &Path) -> Option<String> {
    if path.starts_with(".") {
        return None;
    }
    let mut parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    let is_home_of_other_user = path.is_relative()
        && parts
            .clone()
            .next()
            .is_some_and(|first| first.starts_with('~') && first != "~");
    if is_home_of_other_user {
        return Some(format!(
            "{:?} names the home folder of another user, which is not looked up; write the whole path, ~/ for your \
             own home folder, or ./~ for a name that begins with ~",
            path.display().to_string()
        ));
    }
    let variable = parts.find(|part| is_variable(part))?;
    Some(format!(
        "{variable} is not replaced in a path; write the whole path, or ~/ for your home folder"
    ))
}

/// Returns why a path is refused if it has a control character. In most cases it is a path of Windows in double quotes, in
/// which TOML reads `\t` and `\n` as a tab and a line break.
pub(super) fn describe_control_character(path: &str) -> Option<String> {
    let name = unprintable_in(path.chars().filter(|character| character.is_control()))?;
    Some(format!(
        "the path contains {name}; write a Windows path in single quotes ('C:\\Torn\\torn.db') or with / (\"C:/Torn/torn.db\")"
    ))
}

/// Returns why a path from a flag cannot be written into the configuration.
pub(crate) fn describe_unusable(path: &str) -> Option<String> {
    if path.trim().is_empty() {
        return Some("the path is empty".to_owned());
    }
    unprintable_in(path.chars().filter(|character| character.is_control()))
        .map(|name| {
            format!("the path contains {name}, which a path in the configuration cannot have")
        })
        .or_else(|| describe_unexpanded(Path::new(path)))
}

/// Describes the first character that a terminal obeys instead of showing.
pub(super) fn unprintable_in(mut characters: impl Iterator<Item = char>) -> Option<String> {
    let character = characters.find(|character| is_unprintable(*character))?;
    Some(match character {
        '\t' => "a tab (written \\t)".to_owned(),
        '\n' => "a line break (written \\n)".to_owned(),
        '\r' => "a carriage return (written \\r)".to_owned(),
        '\u{8}' => "a backspace (written \\b)".to_owned(),
        '\u{c}' => "a form feed (written \\f)".to_owned(),
        '\u{1b}' => "an escape character (written \\e)".to_owned(),
        other => format!("the control character U+{:04X}", u32::from(other)),
    })
}

/// Whether a part of a path is a variable such as `$HOME`, `${HOME}` or `%USERPROFILE%`.
fn is_variable(part: &str) -> bool {
    let is_shell_variable = part.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || "_{".contains(first))
    });
    let is_windows_variable = part.len() > 2 && part.starts_with('%') && part.ends_with('%');
    is_shell_variable || is_windows_variable
}

/// Replaces a leading `~` by the home folder.
///
/// # Errors
///
/// [`Exit::Config`] when the home folder is not known, or when the path is refused by [`describe_unexpanded`].
pub(crate) fn expand_home(path: &Path) -> Result<PathBuf> {
    let refuse = |why: String, help: &str| {
        Err(Error::new(format!("use the path {}", path.display()))
            .with_source(why)
            .with_help(help)
            .with_exit(Exit::Config))
    };
    if let Some(why) = describe_unexpanded(path) {
        return refuse(why, "correct the path");
    }
    let Ok(rest) = path.strip_prefix("~") else {
        return Ok(path.to_owned());
    };
    match dirs::home_dir() {
        Some(home) => Ok(home.join(rest)),
        None => refuse(
            "the home folder of this user is not known".to_owned(),
            "write the whole path instead of ~, or set HOME",
        ),
    }
}

/// Resolves a path of the configuration `file`. A relative path is relative to the folder of that file.
///
/// # Errors
///
/// The errors are those of [`expand_home`].
pub(crate) fn resolve_path(file: &Path, path: &str) -> Result<PathBuf> {
    let path = expand_home(Path::new(path))?;
    Ok(match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.join(path),
        _ => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_with_unexpanded_shell_syntax_are_refused() {
        for (path, is_refused) in [
            ("~/bk", false),
            ("~", false),
            ("~bob/bk", true),
            ("~bob", true),
            ("./~bob", false),
            ("a/~b", false),
            ("/a/~b", false),
            ("$HOME/bk", true),
            ("${HOME}/bk", true),
            ("/home/$USER/bk", true),
            ("%USERPROFILE%/bk", true),
            ("./$HOME", false),
            ("a$b", false),
            ("C$", false),
            ("$", false),
            ("$1", false),
            ("100%", false),
            ("%%", false),
        ] {
            assert_eq!(
                describe_unexpanded(Path::new(path)).is_some(),
                is_refused,
                "{path}"
            );
        }
    }
}
