//! Where keys are kept, and reading them.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use crate::config::environment;
use crate::config::mask::looks_like_key;
use crate::config::secret::{SecretError, read_secret};
use crate::error::{Error, Exit, Result};
use crate::model::key::{ApiKey, NamedKey, unquoted};

impl<'de> Deserialize<'de> for ApiKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        // By way of a value: serde's own complaint about a wrong type would show the value.
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Self::new(&text)
                .map_err(|why| serde::de::Error::custom(format!("the key cannot be used: {why}"))),
            _ => Err(serde::de::Error::custom("a key stands in quotes")),
        }
    }
}

/// The configured keys: those that can be used, and those that cannot be had.
#[derive(Clone, Debug)]
pub struct LoadedKeys {
    /// The keys; there is at least one.
    pub keys: Vec<NamedKey>,
    /// The others.
    pub(crate) unreadable: Vec<UnreadableKey>,
}

/// A key that cannot be used: its file or variable is missing, empty, or holds something else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UnreadableKey {
    /// The key's name.
    pub(crate) name: String,
    /// Why, with the file or the variable.
    pub(crate) why: String,
}

impl LoadedKeys {
    /// Reads every key.
    pub(super) fn read(sources: &[KeySource]) -> Result<Self> {
        let (mut keys, mut unreadable, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for source in sources {
            match source.load() {
                Ok(key) => keys.push(key),
                Err(KeyFailure::Exposed(error)) => return Err(error),
                Err(KeyFailure::Unusable(error)) => {
                    unreadable.push(source.unreadable(&error));
                    errors.push(error);
                }
            }
        }
        if keys.is_empty() {
            return Err(none_left(errors, &unreadable));
        }
        Ok(Self { keys, unreadable })
    }

    /// The keys that can be used, after a warning about each of the others.
    pub(crate) fn warn(self) -> Vec<NamedKey> {
        for key in &self.unreadable {
            log::warn!("key {} is left out: {}", key.name, key.why);
        }
        self.keys
    }
}

/// The keys that cannot be had, and those that others can read.
pub(super) fn unreadable(sources: &[KeySource]) -> Vec<UnreadableKey> {
    let failures = sources
        .iter()
        .filter_map(|source| Some((source, source.load().err()?)));
    failures
        .map(|(source, problem)| match problem {
            KeyFailure::Unusable(error) => source.unreadable(&error),
            KeyFailure::Exposed(error) => UnreadableKey {
                name: source.name.clone(),
                why: error.one_line(),
            },
        })
        .collect()
}

fn none_left(mut errors: Vec<Error>, unreadable: &[UnreadableKey]) -> Error {
    if errors.len() == 1
        && let Some(error) = errors.pop()
    {
        return error;
    }
    let each: Vec<String> = unreadable
        .iter()
        .map(|key| format!("{:?}: {}", key.name, key.why))
        .collect();
    Error::new("use any of the keys")
        .with_source(each.join("; "))
        .with_help("put a key on the first line of each key file, or correct the configuration")
        .with_exit(Exit::NoKey)
}

/// Where one key is kept.
#[derive(Clone, Debug)]
pub(super) struct KeySource {
    pub(super) name: String,
    pub(super) place: KeyLocation,
}

/// Where the text of a key is.
#[derive(Clone, Debug)]
pub(super) enum KeyLocation {
    Here(std::result::Result<ApiKey, String>),
    File(PathBuf),
    Env(String),
}

/// Why a key cannot be used.
enum KeyFailure {
    /// Others can read its file: nothing is done before that is mended.
    Exposed(Error),
    /// It costs this key alone.
    Unusable(Error),
}

impl KeySource {
    /// The comma-separated list in `TORN_API_KEY`.
    pub(super) fn from_list(list: &str) -> Vec<Self> {
        // Quotes stand around the whole list, or around each key.
        let inside = unquoted(list);
        let list = if inside.contains(['"', '\'']) {
            list
        } else {
            inside
        };
        let keys: Vec<&str> = list
            .split(',')
            .filter(|key| !unquoted(key).is_empty())
            .collect();
        let name = |number: usize| match keys.len() {
            1 => "env".to_owned(),
            _ => format!("env{number}"),
        };
        (1..)
            .zip(&keys)
            .map(|(number, key)| Self {
                name: name(number),
                place: KeyLocation::Here(ApiKey::new(key)),
            })
            .collect()
    }

    /// Reads the key.
    fn load(&self) -> std::result::Result<NamedKey, KeyFailure> {
        let key = match &self.place {
            KeyLocation::Here(key) => key.clone().map_err(|why| {
                self.refuse(
                    format!("TORN_API_KEY: {why}"),
                    "correct the key in TORN_API_KEY",
                )
            })?,
            KeyLocation::File(path) => self.in_file(path)?,
            KeyLocation::Env(name) => self.in_variable(name)?,
        };
        Ok(NamedKey {
            name: self.name.clone(),
            key,
        })
    }

    fn in_file(&self, path: &std::path::Path) -> std::result::Result<ApiKey, KeyFailure> {
        let looks_like_one = path
            .file_name()
            .is_some_and(|name| looks_like_key(&name.to_string_lossy()));
        if looks_like_one && !path.exists() {
            return Err(self.refuse(
                "key_file does not name a file: it looks like the key itself".to_owned(),
                "write `key = …` for the key itself",
            ));
        }
        let text = read_secret(path).map_err(|problem| match problem {
            SecretError::Exposed(error) => KeyFailure::Exposed(error.with_exit(Exit::NoKey)),
            SecretError::Unreadable(why) => self.refuse(
                why,
                "put the key on the first line of that file as plain text, or correct key_file in the configuration",
            ),
        })?;
        ApiKey::new(&text).map_err(|why| {
            self.refuse(
                format!("{}: {why}", path.display()),
                "put the key, and nothing else, on the first line of that file",
            )
        })
    }

    fn in_variable(&self, name: &str) -> std::result::Result<ApiKey, KeyFailure> {
        let text = environment::variable(name).map_err(|error| {
            self.refuse(
                format!("{name}: {}", error.causes().join(": ")),
                &format!("correct {name}"),
            )
        })?;
        let Some(text) = text else {
            if looks_like_key(name) {
                return Err(self.refuse(
                    "key_env does not name a variable: it looks like the key itself".to_owned(),
                    "write `key = …` for the key itself, or the name of a variable that holds it",
                ));
            }
            return Err(self.refuse(
                format!("the environment variable {name} is not set"),
                &format!("set {name}, or correct key_env in the configuration"),
            ));
        };
        ApiKey::new(&text)
            .map_err(|why| self.refuse(format!("{name}: {why}"), &format!("correct {name}")))
    }

    fn refuse(&self, why: String, remedy: &str) -> KeyFailure {
        KeyFailure::Unusable(
            Error::new(format!("use the key {:?}", self.name))
                .with_source(why)
                .with_help(remedy)
                .with_exit(Exit::NoKey),
        )
    }

    fn unreadable(&self, error: &Error) -> UnreadableKey {
        UnreadableKey {
            name: self.name.clone(),
            why: error.causes().join(": "),
        }
    }
}
