//! Whether a file may be used as the archive of a database: pure policy.

use crate::model::identity::{DatabaseId, Identity};

/// One archive that history rows were moved to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ArchiveMove {
    /// Where it was, as text.
    pub(crate) path: String,
    pub(crate) id: Option<DatabaseId>,
}

/// A reason not to use a file as the archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ArchiveBlocker {
    /// It is a database of its own.
    NotAnArchive,
    /// It is the archive of another database.
    OfAnother,
    /// Rows were moved to this path, and there is no file any more.
    Vanished,
    /// Rows were moved to this path, and there is another archive now.
    Replaced,
}

impl ArchiveBlocker {
    /// Why not, in words.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::NotAnArchive => "it is a database of its own, not an archive",
            Self::OfAnother => "it is the archive of another database",
            Self::Vanished => {
                "history rows were moved to it before, and there is no such file now: it was moved or deleted, or its \
                 disk is not mounted"
            }
            Self::Replaced => {
                "history rows were moved to another archive at this place before: this one does not have them"
            }
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::NotAnArchive | Self::OfAnother => {
                "name another file with --archive; this one was left as it is"
            }
            Self::Vanished => {
                "mount the disk or name the place where it is now with --archive, or add --new-archive to begin a new one"
            }
            Self::Replaced => {
                "put the other one back or name the place where it is now with --archive, or add --new-archive to go \
                 on with this one"
            }
        }
    }

    /// Whether `--new-archive` overrules it.
    pub(crate) fn can_be_overruled(self) -> bool {
        matches!(self, Self::Vanished | Self::Replaced)
    }
}

/// Looks for a reason not to use the file at `path`. `found`: its ids, if it exists. `moved`: the archives that rows
/// were moved to, oldest first.
pub(crate) fn blocker(
    ours: &DatabaseId,
    found: Option<&Identity>,
    path: &str,
    moved: &[ArchiveMove],
) -> Option<ArchiveBlocker> {
    let last = moved.iter().rfind(|moved| moved.path == path);
    let Some(found) = found else {
        return last.map(|_| ArchiveBlocker::Vanished);
    };
    match &found.archive_of {
        None => return Some(ArchiveBlocker::NotAnArchive),
        Some(other) if other != ours => return Some(ArchiveBlocker::OfAnother),
        Some(_) => {}
    }
    // An archive that rows were moved to may be anywhere now: it is known by its id.
    let is_known = moved
        .iter()
        .any(|moved| moved.id.as_ref() == Some(&found.id));
    (last.is_some_and(|last| last.id.is_some()) && !is_known).then_some(ArchiveBlocker::Replaced)
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

    #[test]
    fn only_an_archive_of_this_database_is_used() {
        let ours = id("a");
        let check = |found: Option<Identity>| blocker(&ours, found.as_ref(), "/cold.db", &[]);

        assert_eq!(check(None), None);
        assert_eq!(check(Some(archive("1", Some("a")))), None);
        assert_eq!(
            check(Some(archive("1", Some("b")))),
            Some(ArchiveBlocker::OfAnother)
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
    fn an_archive_that_has_rows_is_missed() {
        let ours = id("a");
        let moved = [("/cold.db", "1"), ("/other.db", "2")].map(|(path, own)| ArchiveMove {
            path: path.to_owned(),
            id: Some(id(own)),
        });
        let check = |path: &str, found: Option<&str>| {
            let found = found.map(|own| archive(own, Some("a")));
            blocker(&ours, found.as_ref(), path, &moved)
        };

        assert_eq!(check("/cold.db", None), Some(ArchiveBlocker::Vanished));
        assert_eq!(check("/new.db", None), None);
        assert_eq!(check("/cold.db", Some("1")), None);
        assert_eq!(check("/moved.db", Some("1")), None);
        assert_eq!(check("/cold.db", Some("2")), None, "they changed places");
        assert_eq!(check("/cold.db", Some("3")), Some(ArchiveBlocker::Replaced));
        assert_eq!(check("/new.db", Some("3")), None);
    }
}
