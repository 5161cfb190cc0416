//! The words about a restore that was interrupted between the two renames.

use std::path::Path;

use crate::model::path::shell_word;

/// The cause, for a database that is not at its path.
pub(crate) const WAS_INTERRUPTED: &str =
    "a restore was interrupted while it moved the old database";

/// The remedy for the database at this path.
pub(crate) fn finish_restore(database: &Path) -> String {
    let database = shell_word(database);
    format!(
        "run the same restore again to finish it: `tornsnap restore latest --database {database}` restores the newest backup, and \
         `tornsnap restore FILE --database {database}` the one that you name"
    )
}
