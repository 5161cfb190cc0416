//! Path operations that do not access the file system, apart from the name of the working directory.

use std::path::{Component, Path, PathBuf};

use crate::model::time::iso;

/// A path as text for messages and reports. Bytes that are not UTF-8 become `�`, because JSON cannot hold them.
pub(crate) fn display_path(path: &Path) -> String {
    path.display().to_string()
}

/// The folder of a file; the working directory for a bare name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The absolute path without `.` and `..`, so that two spellings of a path compare equal.
///
/// Links are not resolved, because a link may be broken at the moment (its disk is not mounted).
pub(crate) fn plain_absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for component in whole.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            component => plain.push(component),
        }
    }
    plain
}

/// Quotes a path, so that a Unix shell reads it as one word.
#[cfg(unix)]
pub(crate) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if text.bytes().all(is_plain) {
        return text;
    }
    shell_quoted(&text)
}

/// Quotes a path, so that `cmd` and PowerShell read it as one argument. A path of Windows has no quotation mark.
#[cfg(not(unix))]
pub(crate) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |character: char| character.is_alphanumeric() || r"\/:._-".contains(character);
    if text.chars().all(is_plain) {
        return text;
    }
    format!("\"{text}\"")
}

/// Puts a text into quotes, so that a Unix shell reads it as one word.
pub(crate) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The number of symbolic links in a row from which they count as a loop. Linux has the same limit.
pub(crate) const MAX_LINKS: usize = 40;

/// `path` with `suffix` appended to its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The names for a copy of a file, beside it: `<file>.<label>-20261031T120000Z`, then those with `-2`, `-3` and so on.
pub(crate) fn copy_names(file: &Path, label: &str, now: i64) -> impl Iterator<Item = PathBuf> {
    let time = iso(now).replace(['-', ':'], "");
    let first = with_suffix(file, &format!(".{label}-{time}"));
    let others = {
        let first = first.clone();
        (2_u32..).map(move |number| with_suffix(&first, &format!("-{number}")))
    };
    std::iter::once(first).chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_is_quoted_for_the_shell_of_the_system() {
        assert_eq!(shell_word(Path::new("torn-1/t.db")), "torn-1/t.db");
        let quoted = if cfg!(windows) {
            "\"C:/Jane Doe/t.db\""
        } else {
            "'C:/Jane Doe/t.db'"
        };
        assert_eq!(shell_word(Path::new("C:/Jane Doe/t.db")), quoted);
    }

    #[cfg(unix)]
    #[test]
    fn dots_are_removed_from_a_path() {
        let plain = |path: &str| plain_absolute(Path::new(path));

        assert_eq!(plain("/a/b/../c/./d/"), Path::new("/a/c/d"));
        assert_eq!(plain("/../a"), Path::new("/a"));
    }
}
