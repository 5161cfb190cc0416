//! The checks of the backups.

use std::path::{Path, PathBuf};

use super::{Check, Metric, State, format_duration};
use crate::model::lost_rows::{LostRows, UnreadCopy};
use crate::model::path::{display_path, plain_absolute, shell_word, with_suffix};
use crate::model::time::{DAY, is_far_future};

/// The backups of one database that were found in the backup folder.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Backups {
    /// The newest verified backup: its timestamp and its file.
    pub(crate) newest: Option<(i64, PathBuf)>,
    /// The backup that is newer than `newest`, but was found damaged.
    pub(crate) damaged: Option<PathBuf>,
    /// Backups that a clock made while it was ahead. Their dates may have passed since.
    pub(crate) future: Vec<PathBuf>,
    /// The newest file that seems to be a backup of this database and cannot be used.
    pub(crate) unusable: Option<UnreadCopy>,
    /// The newest file by name, when no manifest can be read. It may belong to another database.
    pub(crate) unreadable: Option<PathBuf>,
    /// Whether the backup folder exists.
    pub(crate) has_folder: bool,
}

/// The last backup that was written to a folder, as the database recorded it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RecordedBackup {
    pub(crate) made_at: i64,
    pub(crate) file_name: String,
}

/// Checks the age of the newest verified backup.
///
/// `recorded` is the last backup that was written to `directory`; it tells a missing backup from an unmounted disk.
pub(crate) fn backup(
    found: &Backups,
    recorded: Option<&RecordedBackup>,
    directory: &Path,
    now: i64,
    days: u32,
) -> Check {
    let warning = i64::from(days) * DAY;
    let scheduler = "run `tornsnap backup`, and see whether the scheduler still starts it";
    let Some((made, file)) = &found.newest else {
        return no_backup(found, recorded, directory, now);
    };
    // Clocks may differ: a backup up to a day ahead counts as new.
    let age = (now - made).max(0);
    let metric = Metric::seconds(age).warn_above(warning);
    let damage = found.damaged.as_ref().map_or_else(String::new, |damaged| {
        format!(
            "; {} is newer, but was found damaged",
            display_path(damaged)
        )
    });
    let message = format!(
        "last verified backup {} ago: {}{damage}",
        format_duration(age),
        display_path(file)
    );
    if age >= warning {
        Check::finding("backup", State::Warning, message, scheduler).with_subjects(["old"])
    } else {
        Check::ok("backup", message)
    }
    .with_metric(metric)
}

/// The finding for a folder without a verified backup of this database.
fn no_backup(
    found: &Backups,
    recorded: Option<&RecordedBackup>,
    directory: &Path,
    now: i64,
) -> Check {
    let folder = display_path(directory);
    if let Some(file) = &found.unreadable {
        return unreadable_manifests(&folder, file);
    }
    let warning = |message, help: &str, subject| {
        Check::finding("backup", State::Warning, message, help).with_subjects([subject])
    };
    let damaged = found.damaged.as_deref().map(found_damaged);
    let unusable = found.unusable.as_ref();
    let import = then_import(unusable);
    // A file that may be of another database does not tell that the disk is mounted.
    let (ours, unknown) = match unusable {
        Some(copy) if copy.may_be_of_another() => (None, format!("; {}", copy.describe_unusable())),
        ours => (ours, String::new()),
    };
    let described = ours.map(|copy| (copy.describe_unusable(), "unusable"));
    if let Some((why, subject)) = damaged.or(described) {
        return warning(
            format!("there is no verified backup in {folder}: {why}"),
            &format!("run `tornsnap backup` to make a new one, and check the disk{import}"),
            subject,
        );
    }
    if let Some(file) = found.future.first() {
        // Another check names all of them and the remedy.
        return warning(
            format!(
                "there is no verified backup in {folder} that counts: {}",
                made_ahead(file, found.future.len())
            ),
            &format!("run `tornsnap backup` to make one with the right clock{import}"),
            "ahead",
        );
    }
    let Some(recorded) = recorded else {
        return warning(
            format!("there is no verified backup in {folder}{unknown}"),
            &format!(
                "run `tornsnap backup`, or wait for the next backup job if `tornsnap schedule show` has one{import}"
            ),
            "none",
        );
    };
    warning(
        format!(
            "there is no verified backup in {folder}: {}{unknown}",
            is_gone(recorded, found.has_folder, now)
        ),
        &format!(
            "check whether the disk of that folder is mounted; then run `tornsnap backup`{import}"
        ),
        "not mounted",
    )
}

/// The remedy for a copy that `import` reads, after another one.
fn then_import(copy: Option<&UnreadCopy>) -> String {
    copy.and_then(UnreadCopy::import)
        .map_or_else(String::new, |import| format!("; {import}"))
}

/// Says that the last backup which is known is not in the folder that it was written to.
fn is_gone(recorded: &RecordedBackup, has_folder: bool, now: i64) -> String {
    let reason = if has_folder {
        "is in it no longer"
    } else {
        "cannot be read: the folder is not there"
    };
    let ago = how_long_ago(recorded.made_at, now);
    format!("{}, written to it{ago}, {reason}", recorded.file_name)
}

/// Why a damaged backup is none, and the subject of the finding.
fn found_damaged(file: &Path) -> (String, &'static str) {
    let why = format!("{} was found damaged", display_path(file));
    (why, "damaged")
}

fn unreadable_manifests(folder: &str, file: &Path) -> Check {
    let file = display_path(file);
    Check::finding(
        "backup",
        State::Unknown,
        format!(
            "this user may not read the manifests in {folder}, so it is unknown which database {file} belongs to"
        ),
        "run `tornsnap health` as the user who makes the backups",
    )
    .with_subjects(["unreadable"])
}

/// How long ago a backup was made, after a blank; nothing if the clock was ahead then.
fn how_long_ago(made_at: i64, now: i64) -> String {
    if is_far_future(made_at, now) {
        String::new()
    } else {
        format!(" {} ago", format_duration(now - made_at))
    }
}

/// "a.db and 2 more: made by a clock that was ahead". `count` counts the first one, too.
fn made_ahead(first: &Path, count: usize) -> String {
    let more = match count - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{}{more}: made by a clock that was ahead",
        display_path(first)
    )
}

/// The number of backups up to which the command that removes them is printed.
const MOST_NAMED: usize = 4;

/// The command that removes these backups, after a colon; empty if they are many. Windows has no command that both of its shells
/// understand.
fn removal_command(backups: &[PathBuf]) -> String {
    if cfg!(windows) || backups.len() > MOST_NAMED {
        return String::new();
    }
    let words: Vec<String> = backups
        .iter()
        .flat_map(|backup| {
            let backup = plain_absolute(backup);
            [
                shell_word(&backup),
                shell_word(&with_suffix(&backup, ".json")),
            ]
        })
        .collect();
    format!(": `rm {}`", words.join(" "))
}

/// Warns about backups that a clock made while it was ahead: they never count as the newest, and rotation does not remove them.
///
/// `lost`: the rows that some of them may be the only ones to have.
pub(crate) fn future_backups(future: &[PathBuf], lost: Option<&LostRows>) -> Option<Check> {
    let is_needed = |path: &PathBuf| lost.is_some_and(|lost| lost.needs(path));
    let help = if future.iter().any(is_needed) {
        "keep them until the rows that were deleted too early are here again (see pruned_early)"
            .to_owned()
    } else {
        format!(
            "make a backup with the right clock, then remove those files and the .json beside each{}",
            removal_command(future)
        )
    };
    let first = future.first()?;
    let metric = Metric::count(future.len()).warn_above(0);
    Some(
        Check::finding(
            "backup_dates",
            State::Warning,
            format!(
                "{}, so never counted as the newest backup",
                made_ahead(first, future.len())
            ),
            help,
        )
        .with_subjects(future.iter().map(|path| display_path(path)))
        .with_metric(metric),
    )
}

/// Warns about history rows that a prune deleted while the clock was ahead, until they are here again.
pub(crate) fn pruned_early(lost: &LostRows) -> Check {
    Check::finding("pruned_early", State::Warning, lost.describe(), lost.help())
        .with_metric(Metric::count(usize::try_from(lost.rows).unwrap_or(usize::MAX)).warn_above(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    fn made(ago: i64) -> Backups {
        Backups {
            newest: Some((NOW - ago, PathBuf::from("backups/x.db"))),
            has_folder: true,
            ..Backups::default()
        }
    }

    #[test]
    fn an_old_backup_is_a_warning_and_a_missing_one_differs_from_a_missing_folder() {
        let folder = Path::new("backups");
        let check = |found: &Backups, recorded| backup(found, recorded, folder, NOW, 7);

        assert_eq!(check(&made(7 * DAY - 1), None).state, State::Ok);
        assert_eq!(check(&made(7 * DAY), None).state, State::Warning);
        let none = Backups::default();
        assert_eq!(
            check(&none, None).message,
            "there is no verified backup in backups"
        );
        let recorded = RecordedBackup {
            made_at: NOW - 7200,
            file_name: "x.db".to_owned(),
        };
        assert_eq!(
            check(&none, Some(&recorded)).message,
            "there is no verified backup in backups: x.db, written to it 2 hours ago, cannot be read: the folder is not \
             there"
        );
        assert!(
            check(&none, Some(&recorded))
                .help
                .unwrap()
                .contains("mounted")
        );
    }
}
