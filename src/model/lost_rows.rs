//! History rows that a prune deleted while the clock was ahead, and the backups and archives that have them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::history::History;
use crate::model::path::{display_path, shell_word};
use crate::model::size::{agree, count};
use crate::model::time::{Month, format_months};

/// The missing rows of one history in one month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct MissingRows {
    pub(crate) history: History,
    pub(crate) month: Month,
    pub(crate) rows: i64,
    /// Whether the rows may be imported, because `prune --future` has opened the month again.
    pub(crate) is_open: bool,
}

/// The recorded result of a search of a backup or an archive for missing rows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Searched {
    /// The number of missing rows in it.
    Found(i64),
    /// The reason why the file could not be read.
    Failed(String),
}

/// The results of all searches, by the SHA-256 of a backup, or by the id of an archive.
pub(crate) type SearchedCopies = BTreeMap<String, Searched>;

/// The kind of a file that may have missing rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CopyKind {
    Backup,
    Archive,
}

/// A backup in the backup folder, or an archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct CopyFile<'a> {
    pub(crate) path: &'a Path,
    pub(crate) kind: CopyKind,
    /// The SHA-256 of a backup, or the id of an archive.
    pub(crate) key: &'a str,
}

/// The missing rows of all months, and what is known about the files that may have them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct LostRows {
    /// The months of these rows, oldest first.
    pub(crate) months: Vec<Month>,
    /// Whether the rows may be imported, because `prune --future` has opened these months again.
    pub(crate) is_open: bool,
    pub(crate) rows: i64,
    /// The backups and archives with such rows, those with the most of them first.
    pub(crate) found: Vec<FoundRows>,
    pub(crate) unread: Vec<UnreadCopy>,
    /// Whether rows were ever moved to an archive.
    has_archives: bool,
}

/// The lost rows that a backup or an archive has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FoundRows {
    pub(crate) file: PathBuf,
    pub(crate) kind: CopyKind,
    pub(crate) rows: i64,
}

/// A backup or an archive that may have lost rows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UnreadCopy {
    pub(crate) file: PathBuf,
    pub(crate) kind: CopyKind,
    pub(crate) why: WhyUnread,
}

/// Why it is not known whether a copy has lost rows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum WhyUnread {
    NotSearched,
    /// A backup without a manifest. `import` takes it.
    NoManifest {
        /// Whether its id or its name tells that it is of this database.
        is_ours: bool,
    },
    /// The reason why it could not be read.
    Failed(String),
}

impl WhyUnread {
    /// The fault that the user has to correct; `None` if the copy is only not searched yet.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::NotSearched => None,
            Self::NoManifest { is_ours } => Some(why_without_manifest(*is_ours)),
            Self::Failed(why) => Some(why),
        }
    }
}

impl UnreadCopy {
    fn has_fault(&self) -> bool {
        self.why.reason().is_some()
    }

    pub(crate) fn describe_unusable(&self) -> String {
        let why = self.why.reason().unwrap_or_default();
        format!("{} cannot be used: {why}", display_path(&self.file))
    }

    /// Whether nothing tells of which database the copy is.
    pub(crate) fn may_be_of_another(&self) -> bool {
        self.why == WhyUnread::NoManifest { is_ours: false }
    }

    /// The command that takes a backup without a manifest; `None` for other copies.
    pub(crate) fn import(&self) -> Option<String> {
        matches!(self.why, WhyUnread::NoManifest { .. }).then(|| {
            format!(
                "`tornsnap import {}` takes a backup without a manifest",
                shell_word(&self.file)
            )
        })
    }
}

/// Why a backup without a manifest cannot be used. `is_known`: whether its id or its name tells of which database it is.
pub(crate) fn why_without_manifest(is_known: bool) -> &'static str {
    if is_known {
        "its manifest, the .json file beside it, is missing"
    } else {
        "its manifest, the .json file beside it, is missing; as it is compressed, its id is not known until it is unpacked"
    }
}

/// How to end the search without the rows.
const GIVE_UP: &str = "to give these rows up, run `tornsnap prune --future --accept-loss`";

impl LostRows {
    /// `None` if no rows are missing. `files`: the backups, the newest first, then the archives. `unusable`: the backups that no
    /// search can read.
    pub(crate) fn new<'a>(
        missing: &[MissingRows],
        searched: &SearchedCopies,
        files: impl IntoIterator<Item = CopyFile<'a>>,
        unusable: Vec<UnreadCopy>,
    ) -> Option<Self> {
        if missing.is_empty() {
            return None;
        }
        let mut lost = Self {
            months: missing.iter().map(|missing| missing.month).collect(),
            is_open: missing.iter().all(|missing| missing.is_open),
            rows: missing.iter().map(|missing| missing.rows).sum(),
            unread: unusable,
            ..Self::default()
        };
        lost.months.sort_unstable();
        lost.months.dedup();
        for file in files {
            // The results of an earlier search say nothing about the rows of months that are not open yet.
            let result = searched.get(file.key).filter(|_| lost.is_open);
            lost.has_archives |= file.kind == CopyKind::Archive;
            let unread = |why| UnreadCopy {
                file: file.path.to_owned(),
                kind: file.kind,
                why,
            };
            match result {
                Some(Searched::Found(0)) => {}
                Some(&Searched::Found(rows)) => lost.found.push(FoundRows {
                    file: file.path.to_owned(),
                    kind: file.kind,
                    rows,
                }),
                Some(Searched::Failed(why)) => {
                    lost.unread.push(unread(WhyUnread::Failed(why.clone())));
                }
                None => lost.unread.push(unread(WhyUnread::NotSearched)),
            }
        }
        // The sort is stable.
        lost.found
            .sort_by_key(|found| std::cmp::Reverse(found.rows));
        Some(lost)
    }

    /// Whether a backup has such rows, or may have them.
    pub(crate) fn may_be_in_a_backup(&self) -> bool {
        self.found
            .iter()
            .any(|found| found.kind != CopyKind::Archive)
            || self.has_unread_backup()
    }

    fn has_unread_backup(&self) -> bool {
        self.unread
            .iter()
            .any(|unread| unread.kind != CopyKind::Archive)
    }

    /// Whether this file has to stay: it has such rows, or one of the backups is not searched.
    pub(crate) fn needs(&self, file: &Path) -> bool {
        self.has_unread_backup() || self.found.iter().any(|found| found.file == file)
    }

    /// The number of rows, their months, and the file that has them.
    pub(crate) fn describe(&self) -> String {
        let rows = format!(
            "{} of {} {} deleted too early, by a prune while the clock was ahead",
            count(self.rows, "history row"),
            format_months(&self.months),
            agree(self.rows, "was", "were")
        );
        let found = match self.found.first() {
            Some(copy) if copy.rows >= self.rows => {
                return format!(
                    "{rows}; {} has {}",
                    display_path(&copy.file),
                    agree(self.rows, "it", "them")
                );
            }
            Some(copy) => Some(format!(
                "{} has {} of them",
                display_path(&copy.file),
                copy.rows
            )),
            None => None,
        };
        match (found, self.describe_unread()) {
            (Some(found), Some(unread)) => format!("{rows}; {found}; {unread}"),
            (Some(found), None) => format!("{rows}; {found}"),
            (None, Some(unread)) => format!("{rows}; {unread}"),
            (None, None) if self.has_archives => {
                format!(
                    "{rows}, and neither a backup in the backup folders nor an archive has them"
                )
            }
            (None, None) => format!("{rows}, and no backup in the backup folders has them"),
        }
    }

    fn describe_unread(&self) -> Option<String> {
        let first = self
            .unread
            .iter()
            .find(|copy| copy.has_fault())
            .or(self.unread.first())?;
        let more = match self.unread.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let file = display_path(&first.file);
        Some(match first.why.reason() {
            Some(why) => format!("{file}{more} could not be looked into: {why}"),
            None => format!("{file}{more} is not searched for them yet"),
        })
    }

    /// The commands that bring the rows back.
    pub(crate) fn help(&self) -> String {
        const SEARCH: &str =
            "keep all backups, and run `tornsnap prune --future`: it searches them for these rows";
        if !self.is_open {
            return SEARCH.to_owned();
        }
        let import = self.unread.iter().find_map(UnreadCopy::import);
        let import = import.map_or_else(String::new, |import| format!("{import}; "));
        match self.found.first() {
            Some(copy) => format!(
                "keep that file; run `tornsnap import {}`; {GIVE_UP}",
                shell_word(&copy.file)
            ),
            None if self.unread.iter().any(UnreadCopy::has_fault) => format!(
                "keep all backups; {import}correct the cause, and run `tornsnap prune --future`: it searches them again; \
                 {GIVE_UP}"
            ),
            None if !self.unread.is_empty() => SEARCH.to_owned(),
            None => format!(
                "look for a backup of these months in another place, and run `tornsnap import FILE` with it; {GIVE_UP}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> MissingRows {
        MissingRows {
            history: History::Players,
            month: "2026-10".parse().unwrap(),
            rows: 10,
            is_open: true,
        }
    }

    fn lost(missing: MissingRows, results: &[Option<Searched>]) -> LostRows {
        let names: Vec<String> = (0..results.len()).map(|index| index.to_string()).collect();
        let searched = names.iter().zip(results);
        let searched = searched.filter_map(|(name, result)| Some((name.clone(), result.clone()?)));
        let files = names.iter().map(|name| CopyFile {
            path: Path::new(name),
            kind: CopyKind::Backup,
            key: name,
        });
        LostRows::new(&[missing], &searched.collect(), files, Vec::new()).unwrap()
    }

    #[test]
    fn the_backup_with_the_most_rows_comes_first() {
        let found = [0, 4, 10].map(|rows| Some(Searched::Found(rows)));
        let lost = lost(missing(), &found);

        assert_eq!(lost.found.len(), 2);
        assert!(lost.describe().ends_with("; 2 has them"), "{lost:?}");
        assert!(lost.needs(Path::new("1")) && !lost.needs(Path::new("0")));
    }

    #[test]
    fn no_backup_may_go_while_one_is_unread() {
        let failed = Some(Searched::Failed("no space".to_owned()));
        for result in [failed, None] {
            let lost = lost(missing(), &[Some(Searched::Found(0)), result.clone()]);

            assert!(lost.may_be_in_a_backup() && lost.needs(Path::new("0")));
            assert!(lost.help().starts_with("keep all backups"), "{result:?}");
            assert!(!lost.describe().contains("no backup"), "{result:?}");
        }
        let none = lost(missing(), &[Some(Searched::Found(0))]);
        assert!(!none.may_be_in_a_backup());
    }

    #[test]
    fn results_do_not_count_for_months_that_are_still_closed() {
        let closed = MissingRows {
            is_open: false,
            ..missing()
        };
        let lost = lost(closed, &[Some(Searched::Found(0))]);

        assert!(lost.needs(Path::new("0")));
        assert!(lost.help().contains("run `tornsnap prune --future`"));
    }
}
