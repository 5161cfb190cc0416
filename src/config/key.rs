//! Where keys are kept, and reading them.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use crate::config::file::{looks_like_key, read_secret};
use crate::error::{Error, Exit, Result};
use crate::model::key::{ApiKey, NamedKey};

impl<'de> Deserialize<'de> for ApiKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        // By way of a value: serde's own complaint about a wrong type would show the value.
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Self::new(&text).map_err(serde::de::Error::custom),
            _ => Err(serde::de::Error::custom("a key stands in quotes")),
        }
    }
}

/// Where one key is kept.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) place: Place,
}

/// Where the text of a key is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Here(std::result::Result<ApiKey, String>),
    File(PathBuf),
    Env(String),
}

impl Source {
    /// The comma-separated list in `TORN_API_KEY`.
    pub(super) fn from_list(list: &str) -> Vec<Self> {
        let keys: Vec<&str> = list
            .split(',')
            .filter(|key| !key.trim().is_empty())
            .collect();
        let name = |number: usize| match keys.len() {
            1 => "env".to_owned(),
            _ => format!("env{number}"),
        };
        (1..)
            .zip(&keys)
            .map(|(number, key)| Self {
                name: name(number),
                place: Place::Here(ApiKey::new(key)),
            })
            .collect()
    }

    /// Reads the key.
    pub(super) fn load(&self, variable: impl Fn(&str) -> Option<String>) -> Result<NamedKey> {
        let refuse = |why: String, remedy: String| {
            Error::new(format!("use the key {:?}", self.name))
                .because(why)
                .try_this(remedy)
                .exits(Exit::NoKey)
        };
        let key = match &self.place {
            Place::Here(key) => key.clone().map_err(|why| {
                refuse(
                    why,
                    "correct the key in TORN_API_KEY or in the configuration".to_owned(),
                )
            })?,
            Place::File(path) => {
                if !path.exists()
                    && path
                        .file_name()
                        .is_some_and(|name| looks_like_key(&name.to_string_lossy()))
                {
                    return Err(refuse(
                        "key_file does not name a file: it looks like the key itself".to_owned(),
                        "write `key = …` for the key itself".to_owned(),
                    ));
                }
                let text = read_secret(path).map_err(|error| match error.remedy() {
                    Some(_) => error.exits(Exit::NoKey),
                    None => error.exits(Exit::NoKey).try_this(
                        "put the key on the first line of that file, or correct key_file in the configuration",
                    ),
                })?;
                ApiKey::new(&text).map_err(|why| {
                    refuse(
                        format!("{}: {why}", path.display()),
                        "put the key, and nothing else, on the first line of that file".to_owned(),
                    )
                })?
            }
            Place::Env(name) => {
                let text = variable(name).ok_or_else(|| {
                    if looks_like_key(name) {
                        return refuse(
                            "key_env does not name a variable: it looks like the key itself".to_owned(),
                            "write `key = …` for the key itself, or the name of a variable that holds it".to_owned(),
                        );
                    }
                    refuse(
                        format!("the environment variable {name} is not set"),
                        format!("set {name}, or correct key_env in the configuration"),
                    )
                })?;
                ApiKey::new(&text)
                    .map_err(|why| refuse(format!("{name}: {why}"), format!("correct {name}")))?
            }
        };
        Ok(NamedKey {
            name: self.name.clone(),
            key,
        })
    }
}
