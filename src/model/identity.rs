//! Which database a file is, whatever it is called and wherever it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The random id that a database gets when it is made; its backups have the same one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct DatabaseId(String);

impl DatabaseId {
    /// The id as the database stores it: 32 hexadecimal digits.
    pub fn new(id: String) -> Self {
        Self(id)
    }

    /// The 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ids that a database file carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// Its own.
    pub id: DatabaseId,
    /// The database whose old history rows it holds; `None` when it is not an archive.
    pub archive_of: Option<DatabaseId>,
}
