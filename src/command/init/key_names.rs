//! Names for typed keys and their files, made from the names of their owners.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use any_ascii::any_ascii;

use crate::config::check_private;
use crate::model::key::{ApiKey, looks_like_key};
use crate::model::regular_file::why_no_file;

/// Names that Windows reserves for devices, also with an ending.
const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The longest name, without a number at its end.
const LONGEST: usize = 40;

/// The name of a key and the file for it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct KeyName {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Whether the file is there and has this key already.
    pub(super) exists: bool,
}

/// The name for a key of this player, and its file in `folder`. No name in `taken` is used, and no file of another key.
pub(super) fn choose_name(
    owner: &str,
    key: &ApiKey,
    folder: &Path,
    taken: &BTreeSet<String>,
) -> KeyName {
    let base = base_name(owner);
    let mut number = 1;
    loop {
        let name = match number {
            1 => base.clone(),
            number => format!("{base}-{number}"),
        };
        number += 1;
        let path = folder.join(format!("{name}.key"));
        if taken.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
            continue;
        }
        // A file may be left from an `init` that was killed.
        let exists = has_key(&path, key);
        if exists || fs::symlink_metadata(&path).is_err() {
            return KeyName { name, path, exists };
        }
    }
}

fn has_key(path: &Path, key: &ApiKey) -> bool {
    why_no_file(path).is_none()
        && check_private(path).is_ok()
        && fs::read_to_string(path).is_ok_and(|text| ApiKey::new(&text).as_ref() == Ok(key))
}

/// The owner's name in lower case and in ASCII letters and digits, with `-` for everything else, such as the characters that a
/// terminal would obey.
fn base_name(owner: &str) -> String {
    let mut name = String::new();
    for character in any_ascii(owner).to_lowercase().chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(LONGEST);
    let name = name.trim_end_matches('-');
    match name {
        "" => "key".to_owned(),
        // The configuration refuses it.
        name if looks_like_key(name) => "key".to_owned(),
        name if RESERVED.contains(&name) => format!("{name}-key"),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> ApiKey {
        ApiKey::new(text).unwrap()
    }

    #[test]
    fn a_name_is_made_of_letters_digits_and_hyphens() {
        for (owner, name) in [
            ("Duke", "duke"),
            ("Nick \"Two\" Names", "nick-two-names"),
            ("\u{c9}lo\u{ef}se", "eloise"),
            ("M\u{fc}ller & S\u{f6}hne", "muller-sohne"),
            ("\u{418}\u{432}\u{430}\u{43d}", "ivan"),
            ("\u{1b}[31mRED\u{1b}[0m\u{7}", "31mred-0m"),
            ("../../etc/passwd", "etc-passwd"),
            ("CON", "con-key"),
            ("\u{e000}", "key"),
            ("-_-", "_"),
        ] {
            assert_eq!(base_name(owner), name, "{owner}");
        }
    }

    #[test]
    fn two_keys_of_one_owner_get_two_files_and_no_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let mut taken = BTreeSet::new();
        let (first, second) = (key("AAAAAAAAAAAAAAAA"), key("BBBBBBBBBBBBBBBB"));

        let chosen = choose_name("Duke", &first, folder.path(), &taken);
        assert_eq!((chosen.name.as_str(), chosen.exists), ("duke", false));
        taken.insert("DUKE".to_owned());
        let chosen = choose_name("Duke", &second, folder.path(), &taken);
        assert_eq!(chosen.name, "duke-2");

        fs::write(folder.path().join("duke-2.key"), "notes").unwrap();
        let chosen = choose_name("Duke", &second, folder.path(), &taken);
        assert_eq!(chosen.name, "duke-3");
    }

    #[test]
    fn a_file_that_has_the_key_already_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duke.key");
        fs::write(&path, "AAAAAAAAAAAAAAAA\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }

        let chosen = choose_name(
            "Duke",
            &key("AAAAAAAAAAAAAAAA"),
            folder.path(),
            &BTreeSet::new(),
        );

        assert_eq!((chosen.name.as_str(), chosen.exists), ("duke", true));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_name_makes_a_safe_file_name(owner in "\\PC{0,80}") {
            let name = base_name(&owner);
            prop_assert!(!name.is_empty() && name.len() <= LONGEST + 4, "{name}");
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{name}");
            prop_assert!(!RESERVED.contains(&name.as_str()), "{name}");
        }
    }
}
