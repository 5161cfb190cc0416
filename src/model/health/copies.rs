//! Whether there are copies: backups, and the archives that hold old history rows.

use std::path::{Path, PathBuf};

use super::{Check, State, Value, count, day, span};
use crate::model::path::display_path;
use crate::model::time::{DAY, is_far_future};

/// The backups of a database in its folder.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Backups {
    /// When the newest verified one was made, and the file.
    pub(crate) newest: Option<(i64, PathBuf)>,
    /// Backups that a clock which was ahead has dated.
    pub(crate) ahead: Vec<PathBuf>,
    /// The newest by its name, where no manifest may be read: nothing tells which database it is of.
    pub(crate) unreadable: Option<PathBuf>,
    /// Whether the folder is there.
    pub(crate) has_folder: bool,
}

/// A folder that backups were written to, as the database remembers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RecordedFolder {
    /// When the last one was written.
    pub(crate) last_backup_at: i64,
    /// Its name.
    pub(crate) last_file: String,
}

/// How old the last verified backup is. `recorded`: the last one that was written to the folder.
pub(crate) fn backup(
    found: &Backups,
    recorded: Option<&RecordedFolder>,
    directory: &Path,
    now: i64,
    days: u32,
) -> Check {
    let warning = i64::from(days) * DAY;
    let scheduler = "run `tornsnap backup`, and see whether the scheduler still starts it";
    let Some((made, file)) = &found.newest else {
        return no_backup(found, recorded, directory, now);
    };
    let age = (now - made).max(0); // Up to a day ahead is a matter of clocks that differ.
    let value = Value {
        warning: Some(warning),
        ..Value::plain(age, "s")
    };
    let message = format!(
        "last verified backup {} ago: {}",
        span(age),
        display_path(file)
    );
    if age >= warning {
        Check::bad("backup", State::Warning, message, scheduler).about(["old"])
    } else {
        Check::ok("backup", message)
    }
    .with(value)
}

/// The finding when no verified backup of this database is in its folder.
fn no_backup(
    found: &Backups,
    recorded: Option<&RecordedFolder>,
    directory: &Path,
    now: i64,
) -> Check {
    let folder = display_path(directory);
    if let Some(file) = &found.unreadable {
        return Check::bad(
            "backup",
            State::Unknown,
            format!(
                "this user may not read the manifests in {folder}, so nothing tells which database {} is of",
                display_path(file)
            ),
            "run `tornsnap health` as the user who makes the backups",
        )
        .about(["unreadable"]);
    }
    let Some(recorded) = recorded else {
        return Check::bad(
            "backup",
            State::Warning,
            format!("there is no verified backup in {folder}"),
            "run `tornsnap backup`, and have the scheduler run it daily",
        )
        .about(["none"]);
    };
    let when = if is_far_future(recorded.last_backup_at, now) {
        String::new()
    } else {
        format!(" {} ago", span(now - recorded.last_backup_at))
    };
    let there_is = if found.has_folder {
        "is in it no longer"
    } else {
        "cannot be read: the folder is not there"
    };
    Check::bad(
        "backup",
        State::Warning,
        format!(
            "there is no verified backup in {folder}: {}, written to it{when}, {there_is}",
            recorded.last_file
        ),
        "see whether the disk of that folder is mounted; then run `tornsnap backup`",
    )
    .about(["not mounted"])
}

/// Backups with a date of the future: they are never the newest, and no rotation removes them.
pub(crate) fn backups_ahead(ahead: &[PathBuf]) -> Option<Check> {
    let first = ahead.first()?;
    let more = match ahead.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let value = Value {
        warning: Some(0),
        ..Value::plain(count(ahead.len()), "")
    };
    Some(
        Check::bad(
            "backup_dates",
            State::Warning,
            format!(
                "a clock that was ahead has dated {}{more} more than a day into the future; it never counts as the newest backup",
                display_path(first)
            ),
            "make a backup with the right clock, then remove those files and the .json beside each",
        )
        .about(ahead.iter().map(|path| display_path(path)))
        .with(value),
    )
}

/// An archive, looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Archive {
    /// The file.
    pub(crate) path: PathBuf,
    /// It holds rows from before this moment.
    pub(crate) cutoff: i64,
    /// How it is.
    pub(crate) state: ArchiveState,
}

/// How an archive is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ArchiveState {
    /// There, and that of this database.
    Sound,
    /// There is no such file.
    Gone {
        /// Whether its folder is there.
        has_folder: bool,
    },
    /// Another file stands in its place.
    Replaced,
    /// It cannot be used, in words.
    Damaged(String),
    /// This user may not read it, in words.
    Forbidden(String),
    /// Another program holds it locked.
    Held,
}

/// The archives, the only home of the rows that were moved to them.
pub(crate) fn archives(archives: &[Archive]) -> Check {
    let value = |bad: usize| Value {
        critical: Some(0),
        ..Value::plain(count(bad), "")
    };
    let bad: Vec<&Archive> = archives
        .iter()
        .filter(|archive| archive.state != ArchiveState::Sound)
        .collect();
    if bad.is_empty() {
        let message = match archives {
            [] => "no history rows were moved to an archive".to_owned(),
            [only] => format!("the archive {} is there", display_path(&only.path)),
            [..] => format!("the {} archives are there", archives.len()),
        };
        return Check::ok("archive", message).with(value(0));
    }
    let state = bad
        .iter()
        .map(|archive| match archive.state {
            ArchiveState::Held | ArchiveState::Forbidden(_) => State::Unknown,
            _ => State::Critical,
        })
        .max()
        .unwrap_or_default();
    let messages: Vec<String> = bad
        .iter()
        .map(|archive| archive_in_words(archive))
        .collect();
    let is_unmounted = bad
        .iter()
        .any(|archive| matches!(archive.state, ArchiveState::Gone { has_folder: false }));
    let remedy = match state {
        State::Unknown => "see who has the file open, and who owns it",
        _ if is_unmounted => {
            "see whether its disk is mounted; else put the archive back from a copy of it"
        }
        _ => {
            "put the archive back from a copy of it; if it is gone for good, `tornsnap prune --archive FILE --new-archive` \
             with that very file begins another one in its place"
        }
    };
    Check::bad("archive", state, messages.join("; "), remedy)
        .about(bad.iter().map(|archive| display_path(&archive.path)))
        .with(value(bad.len()))
}

fn archive_in_words(archive: &Archive) -> String {
    let path = display_path(&archive.path);
    let home = format!(
        "it is the only home of the history rows from before {}",
        day(archive.cutoff)
    );
    match &archive.state {
        ArchiveState::Sound => format!("the archive {path} is there"),
        ArchiveState::Gone { has_folder: true } => {
            format!("the archive {path} is not there any more; {home}")
        }
        ArchiveState::Gone { has_folder: false } => {
            format!("the archive {path} cannot be found, and neither can its folder; {home}")
        }
        ArchiveState::Replaced => format!(
            "{path} is another file than the archive that `prune` wrote, or that of another database; {home}"
        ),
        ArchiveState::Damaged(why) => format!("the archive {path} cannot be used: {why}; {home}"),
        ArchiveState::Forbidden(why) => format!("the archive {path} may not be read: {why}"),
        ArchiveState::Held => format!("another program holds the archive {path} locked"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    fn made(ago: i64) -> Backups {
        Backups {
            newest: Some((NOW - ago, PathBuf::from("backups/x.db"))),
            ahead: Vec::new(),
            unreadable: None,
            has_folder: true,
        }
    }

    #[test]
    fn a_backup_gets_old_and_a_missing_one_is_told_apart_from_a_missing_disk() {
        let folder = Path::new("backups");
        let check = |found: &Backups, recorded| backup(found, recorded, folder, NOW, 7);

        assert_eq!(check(&made(7 * DAY - 1), None).state, State::Ok);
        assert_eq!(check(&made(7 * DAY), None).state, State::Warning);
        let none = Backups::default();
        assert_eq!(
            check(&none, None).message,
            "there is no verified backup in backups"
        );
        let recorded = RecordedFolder {
            last_backup_at: NOW - 7200,
            last_file: "x.db".to_owned(),
        };
        assert_eq!(
            check(&none, Some(&recorded)).message,
            "there is no verified backup in backups: x.db, written to it 2 hours ago, cannot be read: the folder is not \
             there"
        );
        assert!(
            check(&none, Some(&recorded))
                .remedy
                .unwrap()
                .contains("mounted")
        );
    }

    #[test]
    fn an_archive_that_is_gone_is_critical_and_one_that_is_held_unknown() {
        let archive = |state| {
            archives(&[Archive {
                path: PathBuf::from("a.db"),
                cutoff: 1_772_323_200,
                state,
            }])
        };

        assert_eq!(archives(&[]).state, State::Ok);
        assert_eq!(archive(ArchiveState::Sound).state, State::Ok);
        assert_eq!(archive(ArchiveState::Held).state, State::Unknown);
        assert_eq!(archive(ArchiveState::Replaced).state, State::Critical);
        let gone = archive(ArchiveState::Gone { has_folder: true });
        assert_eq!(gone.state, State::Critical);
        assert!(
            gone.message
                .contains("the only home of the history rows from before 2026-03-01"),
            "{}",
            gone.message
        );
    }
}
