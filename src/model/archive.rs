//! Decides whether a file may be used as the archive of a database.

use crate::model::identity::{DatabaseId, Identity};

/// An archive that history rows were moved to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UsedArchive {
    /// The path to which the rows were moved. The file may be elsewhere now.
    pub(crate) path: String,
    pub(crate) id: DatabaseId,
}

/// The file at the path of an archive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ArchiveFile {
    Missing,
    /// A file of 0 bytes, as `touch` or an interrupted copy leaves it.
    Empty,
    /// A database of tornsnap with these ids.
    Database(Identity),
}

/// The description of an empty archive, without its name.
pub(crate) const IS_EMPTY: &str = "is empty: it has 0 bytes";

/// The description of an older copy of an archive, without its name.
pub(crate) const IS_OUTDATED: &str =
    "is an older copy of the archive: rows that were moved to the archive later are not in it";

/// A reason not to use a file as the archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ArchiveBlocker {
    /// It is a main database.
    NotAnArchive,
    /// It is the archive of another database.
    OfAnotherDatabase,
    /// Rows were moved to this path before, and the file no longer exists.
    Missing,
    /// Rows were moved to this path before, and the file is empty now.
    Emptied,
    /// Rows were moved to this path before, and a different archive is there now.
    Replaced,
    /// It is an older copy of the archive, which lacks rows that were moved to the archive later.
    Outdated,
}

impl ArchiveBlocker {
    pub(crate) fn reason(self) -> String {
        let reason = match self {
            Self::NotAnArchive => "it is a main database, not an archive",
            Self::OfAnotherDatabase => "it is the archive of another database",
            Self::Missing => {
                "history rows were moved to it before, and the file no longer exists: it was moved or deleted, \
                 or its disk is not mounted"
            }
            Self::Emptied => "history rows were moved to it before, and the file is empty now",
            Self::Outdated => return format!("it {IS_OUTDATED}"),
            Self::Replaced => {
                "history rows were moved to another archive at this place before: this one does not have them"
            }
        };
        reason.to_owned()
    }

    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::NotAnArchive | Self::OfAnotherDatabase => {
                "name another file with --archive; this one was not changed"
            }
            Self::Missing => {
                "mount the disk, name its present path with --archive, or add --new-archive to start a new one"
            }
            Self::Emptied => {
                "put a copy of the archive back, name its present path with --archive, or add --new-archive to start a new one"
            }
            Self::Outdated => {
                "put the newest copy in its place, or name its path with --archive; if it is lost, add --new-archive to go on \
                 with this one and to give those rows up"
            }
            Self::Replaced => {
                "put the other archive back, name its present path with --archive, or add --new-archive to use this one"
            }
        }
    }

    /// Whether `--new-archive` overrides it.
    pub(crate) fn can_be_overridden(self) -> bool {
        matches!(
            self,
            Self::Missing | Self::Emptied | Self::Replaced | Self::Outdated
        )
    }
}

/// Finds a reason not to use the file at `path` as the archive of the database `ours`.
///
/// `used`: the archives that rows were moved to, oldest first.
pub(crate) fn find_blocker(
    ours: &DatabaseId,
    found: &ArchiveFile,
    path: &str,
    used: &[UsedArchive],
) -> Option<ArchiveBlocker> {
    let last = used.iter().rfind(|used| used.path == path);
    let found = match found {
        ArchiveFile::Missing => return last.map(|_| ArchiveBlocker::Missing),
        ArchiveFile::Empty => return last.map(|_| ArchiveBlocker::Emptied),
        ArchiveFile::Database(found) => found,
    };
    match &found.archive_of {
        None => return Some(ArchiveBlocker::NotAnArchive),
        Some(other) if other != ours => return Some(ArchiveBlocker::OfAnotherDatabase),
        Some(_) => {}
    }
    // The user may have moved an archive, so it is recognized by its id.
    let is_known = used.iter().any(|used| used.id == found.id);
    (last.is_some() && !is_known).then_some(ArchiveBlocker::Replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: &str) -> DatabaseId {
        DatabaseId::new(digit.repeat(32))
    }

    fn archive(own: &str, of: Option<&str>) -> Identity {
        Identity {
            id: id(own),
            archive_of: of.map(id),
        }
    }

    fn file(found: Option<Identity>) -> ArchiveFile {
        found.map_or(ArchiveFile::Missing, ArchiveFile::Database)
    }

    #[test]
    fn only_an_archive_of_this_database_may_be_used() {
        let ours = id("a");
        let check = |found: Option<Identity>| find_blocker(&ours, &file(found), "/cold.db", &[]);

        assert_eq!(check(None), None);
        assert_eq!(check(Some(archive("1", Some("a")))), None);
        assert_eq!(
            check(Some(archive("1", Some("b")))),
            Some(ArchiveBlocker::OfAnotherDatabase)
        );
        assert_eq!(
            check(Some(archive("1", None))),
            Some(ArchiveBlocker::NotAnArchive)
        );
        assert_eq!(
            check(Some(archive("a", None))),
            Some(ArchiveBlocker::NotAnArchive)
        );
    }

    #[test]
    fn a_used_archive_that_is_missing_or_replaced_is_refused() {
        let ours = id("a");
        let used = [("/cold.db", "1"), ("/other.db", "2")].map(|(path, own)| UsedArchive {
            path: path.to_owned(),
            id: id(own),
        });
        let check = |path: &str, found: Option<&str>| {
            let found = found.map(|own| archive(own, Some("a")));
            find_blocker(&ours, &file(found), path, &used)
        };
        assert_eq!(
            find_blocker(&ours, &ArchiveFile::Empty, "/cold.db", &used),
            Some(ArchiveBlocker::Emptied)
        );

        assert_eq!(check("/cold.db", None), Some(ArchiveBlocker::Missing));
        assert_eq!(check("/new.db", None), None);
        assert_eq!(check("/cold.db", Some("1")), None);
        assert_eq!(check("/moved.db", Some("1")), None);
        assert_eq!(
            check("/cold.db", Some("2")),
            None,
            "the two archives were swapped"
        );
        assert_eq!(check("/cold.db", Some("3")), Some(ArchiveBlocker::Replaced));
        assert_eq!(check("/new.db", Some("3")), None);
    }
}
