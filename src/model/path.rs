//! Paths as text: nothing here looks at a disk.

use std::path::Path;

/// A path as text for people and reports. What is not UTF-8 in it becomes `�`: such a name cannot stand in JSON.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The folder that a file stands in; the working directory for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
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
