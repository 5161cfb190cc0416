//! Reads the configured API keys from the configuration, from key files and from environment variables.

use std::path::PathBuf;

use crate::config::environment;
use crate::config::mask::{mask_key_like, mask_path};
use crate::config::secret::{SecretError, read_secret};
use crate::error::{Error, Exit, Result};
use crate::model::key::{ApiKey, NamedKey, looks_like_key, unquoted};
use crate::model::path::{display_path, plain_absolute};

/// The configured keys after an attempt to read each of them.
#[derive(Clone, Debug)]
pub struct LoadedKeys {
    /// The usable keys; at least one.
    pub keys: Vec<NamedKey>,
    pub(crate) unreadable: Vec<UnreadableKey>,
    pub(crate) repeated: Vec<RepeatedKey>,
}

/// A key that is configured under a second name. It is used under the first name alone, because Torn's answers, limits and
/// refusals are about the key itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RepeatedKey {
    pub(crate) name: String,
    /// The name of the same key before it.
    pub(crate) first: String,
}

impl RepeatedKey {
    /// Names both, without the key.
    pub(crate) fn message(&self) -> String {
        let (first, name) = (mask_key_like(&self.first), mask_key_like(&self.name));
        format!("{first} and {name} are the same key, which is used as {first} only")
    }
}

/// A key that cannot be used because its file or variable is missing, empty or does not contain a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UnreadableKey {
    pub(crate) name: String,
    /// The reason, which names the file or the variable.
    pub(crate) why: String,
    /// The help of the error.
    pub(crate) remedy: Option<String>,
}

impl LoadedKeys {
    /// Reads every key. Fails if no key is usable or if others can read a key file.
    pub(super) fn load(sources: &[KeySource]) -> Result<Self> {
        let (mut keys, mut unreadable, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        let mut repeated = Vec::new();
        for source in sources {
            match source.load() {
                Ok(key) => repeated.extend(note_key(&mut keys, key)),
                Err(KeyError::Exposed(error)) => return Err(error),
                Err(KeyError::Unreadable(error)) => {
                    unreadable.push(source.to_unreadable(&error));
                    errors.push(error);
                }
            }
        }
        if keys.is_empty() {
            return Err(no_usable_key(errors, &unreadable));
        }
        Ok(Self {
            keys,
            unreadable,
            repeated,
        })
    }

    /// Logs a warning about each key that cannot be used, and about each that has a second name.
    pub(crate) fn log_unreadable(&self) {
        for key in &self.unreadable {
            log::warn!("key {} is left out: {}", key.name, key.why);
        }
        for key in &self.repeated {
            log::warn!("{}", key.message());
        }
    }
}

/// Adds a key, unless it is there under an earlier name.
fn note_key(keys: &mut Vec<NamedKey>, key: NamedKey) -> Option<RepeatedKey> {
    let first = keys
        .iter()
        .find(|earlier| earlier.key.expose() == key.key.expose())
        .map(|earlier| earlier.name.clone());
    let Some(first) = first else {
        keys.push(key);
        return None;
    };
    Some(RepeatedKey {
        name: key.name,
        first,
    })
}

/// A configured key after an attempt to read it, without the key itself.
#[derive(Debug)]
pub(crate) struct KeyState {
    /// The name; hidden if it looks like a key.
    pub(crate) name: String,
    /// The file or the environment variable, or `configuration`.
    pub(crate) place: String,
    /// Why it cannot be used.
    pub(crate) error: Option<Error>,
    /// Set if an earlier name has the same key.
    pub(crate) repeated: Option<RepeatedKey>,
}

/// The state of each configured key.
pub(super) fn key_states(sources: &[KeySource], are_from_environment: bool) -> Vec<KeyState> {
    let mut keys: Vec<NamedKey> = Vec::new();
    let states = sources.iter().map(|source| {
        let (error, repeated) = match source.load() {
            Ok(key) => (None, note_key(&mut keys, key)),
            Err(KeyError::Exposed(error) | KeyError::Unreadable(error)) => (Some(error), None),
        };
        KeyState {
            name: mask_key_like(&source.name),
            place: match &source.location {
                KeyLocation::Inline(_) if are_from_environment => "TORN_API_KEY".to_owned(),
                KeyLocation::Inline(_) => "configuration".to_owned(),
                KeyLocation::File(path) => display_path(&plain_absolute(&mask_path(path))),
                KeyLocation::Env(name) => mask_key_like(name),
            },
            error,
            repeated,
        }
    });
    states.collect()
}

/// The keys that cannot be used, including those in files that others can read.
pub(super) fn unreadable_keys(sources: &[KeySource]) -> Vec<UnreadableKey> {
    let failures = sources
        .iter()
        .filter_map(|source| Some((source, source.load().err()?)));
    failures
        .map(|(source, failure)| match failure {
            KeyError::Unreadable(error) => source.to_unreadable(&error),
            KeyError::Exposed(error) => UnreadableKey {
                why: error.one_line(),
                ..source.to_unreadable(&error)
            },
        })
        .collect()
}

fn no_usable_key(mut errors: Vec<Error>, unreadable: &[UnreadableKey]) -> Error {
    if errors.len() == 1
        && let Some(error) = errors.pop()
    {
        return error;
    }
    let reasons: Vec<String> = unreadable
        .iter()
        .map(|key| format!("{:?}: {}", key.name, key.why))
        .collect();
    Error::new("use any of the keys")
        .with_source(reasons.join("; "))
        .with_help("put a key on the first line of each key file, or correct the configuration")
        .with_exit(Exit::NoKey)
}

/// A configured key that has not been read yet.
#[derive(Clone, Debug)]
pub(super) struct KeySource {
    pub(super) name: String,
    pub(super) location: KeyLocation,
}

#[derive(Clone, Debug)]
pub(super) enum KeyLocation {
    /// In the configuration or in `TORN_API_KEY`; an error says what is wrong with the text.
    Inline(std::result::Result<ApiKey, String>),
    File(PathBuf),
    /// In the environment variable of this name.
    Env(String),
}

/// Why a key cannot be used.
enum KeyError {
    /// Others can read its file. The run stops.
    Exposed(Error),
    /// Only this key is left out.
    Unreadable(Error),
}

impl KeySource {
    /// The environment variable that the key is read from.
    pub(super) fn variable(&self) -> Option<&str> {
        match &self.location {
            KeyLocation::Env(name) => Some(name),
            KeyLocation::Inline(_) | KeyLocation::File(_) => None,
        }
    }

    /// The file that the key is read from.
    pub(super) fn file(&self) -> Option<&std::path::Path> {
        match &self.location {
            KeyLocation::File(path) => Some(path),
            KeyLocation::Inline(_) | KeyLocation::Env(_) => None,
        }
    }

    /// Splits the comma-separated list in `TORN_API_KEY`.
    pub(super) fn from_list(list: &str) -> Vec<Self> {
        // The quotes are either around the whole list or around each key.
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
                location: KeyLocation::Inline(ApiKey::new(key)),
            })
            .collect()
    }

    fn load(&self) -> std::result::Result<NamedKey, KeyError> {
        let key = match &self.location {
            KeyLocation::Inline(key) => key.clone().map_err(|why| {
                self.unreadable(
                    format!("TORN_API_KEY: {why}"),
                    "correct the key in TORN_API_KEY",
                )
            })?,
            KeyLocation::File(path) => self.read_file(path)?,
            KeyLocation::Env(name) => self.read_variable(name)?,
        };
        Ok(NamedKey {
            name: self.name.clone(),
            key,
        })
    }

    fn read_file(&self, path: &std::path::Path) -> std::result::Result<ApiKey, KeyError> {
        if mask_path(path) != path {
            return Err(self.unreadable(
                "key_file does not name a file: it looks like the key itself".to_owned(),
                "write `key = …` for the key itself",
            ));
        }
        let text = read_secret(path).map_err(|error| match error {
            SecretError::Exposed(error) => KeyError::Exposed(error.with_exit(Exit::NoKey)),
            SecretError::Unreadable(why) => self.unreadable(
                why,
                "put the key on the first line of that file as plain text, or correct key_file in the configuration",
            ),
        })?;
        ApiKey::new(&text).map_err(|why| {
            self.unreadable(
                format!("{}: {why}", path.display()),
                "put the key, and nothing else, on the first line of that file",
            )
        })
    }

    fn read_variable(&self, name: &str) -> std::result::Result<ApiKey, KeyError> {
        let text = environment::variable(name).map_err(|error| {
            self.unreadable(
                format!("{name}: {}", error.causes().join(": ")),
                &format!("correct {name}"),
            )
        })?;
        let Some(text) = text else {
            if looks_like_key(name) {
                return Err(self.unreadable(
                    "key_env does not name a variable: it looks like the key itself".to_owned(),
                    "write `key = …` for the key itself, or the name of a variable that holds it",
                ));
            }
            return Err(self.unreadable(
                format!("the environment variable {name} is not set"),
                &format!("set {name}, or correct key_env in the configuration"),
            ));
        };
        ApiKey::new(&text)
            .map_err(|why| self.unreadable(format!("{name}: {why}"), &format!("correct {name}")))
    }

    fn unreadable(&self, why: String, remedy: &str) -> KeyError {
        KeyError::Unreadable(
            Error::new(format!("use the key {:?}", self.name))
                .with_source(why)
                .with_help(remedy)
                .with_exit(Exit::NoKey),
        )
    }

    fn to_unreadable(&self, error: &Error) -> UnreadableKey {
        UnreadableKey {
            name: self.name.clone(),
            why: error.causes().join(": "),
            remedy: error.help().map(str::to_owned),
        }
    }
}
