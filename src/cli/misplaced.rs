//! Hides what looks like a key among the arguments and in the variables for paths. A key in the wrong place is still a
//! secret, and messages repeat the arguments.

use std::ffi::OsString;
use std::path::Path;

use crate::config::system_path;
use crate::model::key::hide_key_like;

/// The options whose value may be a file that does not exist yet.
const NEW_FILES: [&str; 5] = ["--output", "-o", "--database", "--archive", "--lake"];

/// The options that name a key, so that even a file with that name may have the key as its name.
const KEYS: [&str; 2] = ["--key-file", "--key-env"];

/// Hides the words that look like a key, unless they name a file.
pub(super) fn hide(arguments: &[OsString]) {
    let mut option = String::new();
    for argument in arguments.iter().skip(1) {
        let text = argument.to_string_lossy();
        let value = match text.split_once('=') {
            Some((name, value)) if text.starts_with("--") => {
                name.clone_into(&mut option);
                value
            }
            _ if text.starts_with('-') => {
                text.as_ref().clone_into(&mut option);
                &text
            }
            _ => &text,
        };
        let is_file = match option.as_str() {
            option if KEYS.contains(&option) => false,
            // A key has no ending.
            option if NEW_FILES.contains(&option) => value.contains('.') || exists(value),
            _ => exists(value),
        };
        if !is_file {
            hide_key_like(value);
        }
    }
    for path in ["TORNSNAP_CONFIG", "TORNSNAP_DATABASE"].map(system_path) {
        if let Some(path) = path.filter(|path| !path.exists()) {
            hide_key_like(&path.to_string_lossy());
        }
    }
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}
