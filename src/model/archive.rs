//! Decides whether a file may be used as the archive of a database.

use std::path::{Path, PathBuf};

use crate::error::Exit;
use crate::model::identity::{DatabaseId, Identity};
use crate::model::path::shell_word;
use crate::model::unfinished_restore::{WAS_INTERRUPTED, finish_restore};

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
    /// A folder in which the database has no manifest.
    Folder {
        /// Whether it has Parquet files of the database.
        has_files: bool,
    },
    /// A symbolic link to this path, where no file is.
    DanglingLink(PathBuf),
    /// No file: a restore that was interrupted has moved it away from this path.
    RestoreUnfinished(PathBuf),
    /// A file of 0 bytes, as `touch` or an interrupted copy leaves it.
    Empty,
    /// A file that is no SQLite database, or one without tables.
    NoDatabase,
    /// A database of another program.
    OfAnotherProgram,
    /// A database of tornsnap with these ids.
    Database(Identity),
}

/// The source of the path of an archive. The remedies differ by it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NamedBy {
    /// `prune --archive`.
    Flag,
    /// `archive` under `[retention]`.
    Configuration,
    /// The database has recorded it, and no setting names it.
    Record,
}

impl NamedBy {
    /// The remedy that names another file.
    pub(crate) fn another(self) -> &'static str {
        match self {
            Self::Flag => "name another file with --archive",
            Self::Configuration => "name another file as `archive` under [retention]",
            Self::Record => "move it away, and put the archive back",
        }
    }

    /// The remedy that names the file at `place`.
    pub(crate) fn name(self, place: &str) -> String {
        match self {
            Self::Flag => format!("name {place} with --archive"),
            Self::Configuration => format!("set `archive` under [retention] to {place}"),
            Self::Record => format!("run `tornsnap prune --archive FILE` with {place} as FILE"),
        }
    }

    /// The remedy that names this file. In the configuration, it is a text of TOML.
    pub(crate) fn name_file(self, path: &Path) -> String {
        let word = shell_word(path);
        let text = path.display().to_string();
        match self {
            Self::Configuration if word != text => self.name(&format!("{text:?}")),
            _ => self.name(&word),
        }
    }

    /// The remedy that begins a new archive at this path.
    pub(crate) fn new_archive(self, path: &Path) -> String {
        match self {
            Self::Flag => "add --new-archive".to_owned(),
            Self::Configuration => "run `tornsnap prune --new-archive`".to_owned(),
            Self::Record => format!(
                "run `tornsnap prune --archive {} --new-archive`",
                shell_word(path)
            ),
        }
    }

    /// The remedy for a damaged archive at this path.
    pub(crate) fn damage_help(self, path: &Path) -> String {
        format!(
            "put a copy of the archive back; if there is none, move the file away, and {} to give its rows up and to begin a new \
             one at this path",
            self.new_archive(path)
        )
    }
}

/// The description of an empty archive, without its name.
pub(crate) const IS_EMPTY: &str = "is empty: it has 0 bytes";

/// The description of a file that is no database, without its name.
pub(crate) const IS_NO_DATABASE: &str = "is no SQLite database";

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
    /// It is a database of another program.
    OfAnotherProgram,
    /// It is no database, and no rows were moved to this path.
    NoDatabase,
    /// Rows were moved to this path before, and the file is no database now.
    Destroyed,
    /// It is a symbolic link to a file that does not exist.
    DanglingLink,
    /// A restore of it was interrupted, and has moved it away.
    RestoreUnfinished,
    /// No archive is at this path, and rows were moved to another archive before.
    Elsewhere,
    /// Rows were moved to this path before, and nothing is there any more.
    Missing,
    /// Rows were moved to this folder before, and the manifest of the database is gone.
    ManifestGone,
    /// Rows were moved to this folder before, and it has no file of the database now.
    FolderEmptied,
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
            Self::OfAnotherProgram => "it is a database of another program",
            Self::NoDatabase => return format!("it {IS_NO_DATABASE}"),
            Self::Destroyed => {
                return format!(
                    "history rows were moved to it before, and now it {IS_NO_DATABASE}"
                );
            }
            Self::DanglingLink => "it is a link to a file that does not exist",
            Self::RestoreUnfinished => WAS_INTERRUPTED,
            Self::Elsewhere => {
                "no archive is there, and history rows were moved to another archive before"
            }
            Self::Missing => {
                "history rows were moved to it before, and it no longer exists: it was moved or deleted, \
                 or its disk is not mounted"
            }
            Self::ManifestGone => {
                "history rows were moved to this folder before, and the manifest of the database is gone; its Parquet files are there"
            }
            Self::FolderEmptied => {
                "history rows were moved to this folder before, and it has no file of the database now: its disk may not be mounted"
            }
            Self::Emptied => "history rows were moved to it before, and the file is empty now",
            Self::Outdated => return format!("it {IS_OUTDATED}"),
            Self::Replaced => {
                "history rows were moved to another archive at this place before: this one does not have them"
            }
        };
        reason.to_owned()
    }

    /// `path`: where the archive is to be. `is_recorded`: whether rows were moved to this path before.
    pub(crate) fn help(self, by: NamedBy, path: &Path, is_recorded: bool) -> String {
        let present = by.name("its present path");
        let begin = by.new_archive(path);
        match self {
            Self::NotAnArchive | Self::OfAnotherDatabase | Self::OfAnotherProgram
                if is_recorded =>
            {
                format!(
                    "put the archive back that history rows were moved to before, or {present}; this file was not changed"
                )
            }
            Self::NotAnArchive
            | Self::OfAnotherDatabase
            | Self::OfAnotherProgram
            | Self::NoDatabase => format!("{}; this one was not changed", by.another()),
            Self::Destroyed => by.damage_help(path),
            Self::RestoreUnfinished => finish_restore(path),
            Self::DanglingLink => format!(
                "mount the disk that it leads to, or {present}; or remove the link, and {begin} to start a new one"
            ),
            Self::Elsewhere => format!(
                "put the archive there, {present}, or {begin} to start a new one and to give the rows up"
            ),
            Self::Missing => {
                format!(
                    "mount the disk, put a copy of the archive back, {present}, or {begin} to start a new one and to give the \
                     rows up"
                )
            }
            Self::ManifestGone => format!(
                "put a copy of the manifest back, or {begin} to make it again from the files; their rows stay"
            ),
            Self::FolderEmptied => format!(
                "mount the disk, put a copy of the folder back, {present}, or {begin} to start a new one and to give the rows up"
            ),
            Self::Emptied => format!(
                "put a copy of the archive back, {present}, or {begin} to start a new one and to give the rows up"
            ),
            Self::Outdated => format!(
                "put the newest copy in its place, or {}; if it is lost, {begin} to go on with this one and to give those \
                 rows up",
                by.name("its path")
            ),
            Self::Replaced => {
                format!("put the other archive back, {present}, or {begin} to use this one")
            }
        }
    }

    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::Destroyed => Exit::Damaged,
            _ => Exit::Config,
        }
    }

    /// Whether `--new-archive` overrides it.
    pub(crate) fn can_be_overridden(self) -> bool {
        matches!(
            self,
            Self::Elsewhere
                | Self::Missing
                | Self::ManifestGone
                | Self::FolderEmptied
                | Self::Emptied
                | Self::Replaced
                | Self::Outdated
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
        ArchiveFile::Missing | ArchiveFile::Folder { .. } | ArchiveFile::Empty
            if last.is_none() =>
        {
            return (!used.is_empty()).then_some(ArchiveBlocker::Elsewhere);
        }
        ArchiveFile::Missing => return Some(ArchiveBlocker::Missing),
        ArchiveFile::Folder { has_files: true } => return Some(ArchiveBlocker::ManifestGone),
        ArchiveFile::Folder { has_files: false } => return Some(ArchiveBlocker::FolderEmptied),
        ArchiveFile::DanglingLink(_) => return Some(ArchiveBlocker::DanglingLink),
        ArchiveFile::RestoreUnfinished(_) => return Some(ArchiveBlocker::RestoreUnfinished),
        ArchiveFile::Empty => return Some(ArchiveBlocker::Emptied),
        ArchiveFile::NoDatabase if last.is_some() => return Some(ArchiveBlocker::Destroyed),
        ArchiveFile::NoDatabase => return Some(ArchiveBlocker::NoDatabase),
        ArchiveFile::OfAnotherProgram => return Some(ArchiveBlocker::OfAnotherProgram),
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

/// The path where the archive that `path` had is recorded now, if it is another one.
///
/// `found`: the archive that is at `path`, if it is an older copy, which tells the id.
pub(crate) fn present_path<'a>(
    found: Option<&Identity>,
    path: &str,
    used: &'a [UsedArchive],
) -> Option<&'a UsedArchive> {
    let id = match found {
        Some(found) => &found.id,
        None => &used.iter().rfind(|used| used.path == path)?.id,
    };
    let newest = used.iter().rfind(|used| used.id == *id)?;
    (newest.path != path).then_some(newest)
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
        assert_eq!(check("/new.db", None), Some(ArchiveBlocker::Elsewhere));
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
