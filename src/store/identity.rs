//! Reads which database a file is.

use rusqlite::Connection;

use crate::error::Result;
use crate::model::identity::{DatabaseId, Identity};
use crate::store::{Failed, Store, sql};

/// The ids of an open database of ours.
pub(super) fn identity(connection: &Connection) -> Result<Identity> {
    connection
        .query_row(sql!("identity/read"), [], |row| {
            Ok(Identity {
                id: DatabaseId::new(row.get("database_id")?),
                archive_of: row
                    .get::<_, Option<String>>("archive_of")?
                    .map(DatabaseId::new),
            })
        })
        .failed("read the id of the database")
}

impl Store {
    /// The ids of this database.
    pub fn identity(&self) -> Result<Identity> {
        identity(self.connection())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_new_database_has_its_own_id() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name| Store::create(&folder.path().join(name)).unwrap();
        let (one, other) = (make("one.db"), make("other.db"));

        assert_ne!(one.identity().unwrap().id, other.identity().unwrap().id);
        assert_eq!(one.identity().unwrap(), one.identity().unwrap());
        assert_eq!(one.identity().unwrap().archive_of, None);
    }
}
