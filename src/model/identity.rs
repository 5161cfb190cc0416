//! The ids of a database, which do not depend on its file name or folder.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The random id that a new database gets. Its backups have the same id.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct DatabaseId(String);

impl DatabaseId {
    /// Takes the 32 hexadecimal digits that the database stores. They are not checked.
    pub(crate) fn new(id: String) -> Self {
        Self(id)
    }

    /// The id as the database stores it: 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits, for messages.
    pub(crate) fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for DatabaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ids in a database file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The id of the database itself.
    pub id: DatabaseId,
    /// The database whose old history rows it holds; `None` when it is not an archive.
    pub(crate) archive_of: Option<DatabaseId>,
}

/// The relation of one database file to a second one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Relation {
    /// Both files are the same database, or one is a copy of the other.
    Same,
    /// The first file is the archive of the second one.
    ArchiveOf,
    /// The second file is the archive of the first one.
    MainOf,
    /// The two files belong to different databases.
    Other,
}

impl Identity {
    pub(crate) fn relation_to(&self, other: &Self) -> Relation {
        if self.id == other.id {
            Relation::Same
        } else if self.archive_of.as_ref() == Some(&other.id) {
            Relation::ArchiveOf
        } else if other.archive_of.as_ref() == Some(&self.id) {
            Relation::MainOf
        } else {
            Relation::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relation_between_a_database_and_its_archive_is_found_from_both_sides() {
        let of = |id: &str, main: Option<&str>| Identity {
            id: DatabaseId::new(id.to_owned()),
            archive_of: main.map(|id| DatabaseId::new(id.to_owned())),
        };
        let (main, archive, other) = (of("m", None), of("a", Some("m")), of("o", None));

        assert_eq!(main.relation_to(&main), Relation::Same);
        assert_eq!(archive.relation_to(&main), Relation::ArchiveOf);
        assert_eq!(main.relation_to(&archive), Relation::MainOf);
        assert_eq!(archive.relation_to(&other), Relation::Other);
    }
}
