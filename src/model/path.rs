//! Paths as text: nothing here looks at a disk but for the name of the working folder.

use std::path::{Component, Path, PathBuf};

/// A path as text for people and reports. What is not UTF-8 in it becomes `�`: such a name cannot stand in JSON.
pub(crate) fn display_path(path: &Path) -> String {
    path.display().to_string()
}

/// The folder that a file stands in; the working directory for a bare name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The path from the root, without `.` and `..`: one place has one such path. Links are left as they are, since one may
/// lead nowhere today.
pub(crate) fn plain_absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// A path as one word of a Unix shell.
#[cfg(unix)]
pub(crate) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if text.bytes().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// How many links are followed before they are taken for a circle, as Linux does it.
pub(crate) const LINKS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_place_has_one_path_however_it_is_spelled() {
        let plain = |path: &str| plain_absolute(Path::new(path));

        assert_eq!(plain("/a/b/../c/./d/"), Path::new("/a/c/d"));
        assert_eq!(plain("/../a"), Path::new("/a"));
    }
}
