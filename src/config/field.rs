//! A setting with its value and its origin, for `config show`.

use std::path::PathBuf;

/// A setting. Its value contains no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Field {
    /// The table and the field, such as `api.concurrency` or `key.alice.key_file`.
    pub(crate) name: String,
    pub(crate) value: FieldValue,
    pub(crate) origin: Origin,
}

/// The value of a setting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FieldValue {
    /// There is no value, and no default.
    Unset,
    /// There is a value, which is not shown.
    Secret,
    Text(String),
    Path(PathBuf),
    Number(i64),
    Boolean(bool),
    Numbers(Vec<i64>),
    Texts(Vec<String>),
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    Default,
    /// The number of a line in the configuration file.
    Line(usize),
    /// The name of an environment variable.
    Environment(&'static str),
    /// The name of a flag.
    Flag(&'static str),
}
