//! The check of the archives that hold old history rows.

use std::path::PathBuf;

use super::{Check, Metric, State, format_date};
use crate::model::path::display_path;

/// An archive and the result of its inspection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Archive {
    pub(crate) path: PathBuf,
    /// The archive holds history rows with a timestamp before this one.
    pub(crate) cutoff: i64,
    pub(crate) state: ArchiveState,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ArchiveState {
    Sound,
    /// It is gone, and the user has begun another archive in its place. `path` is that of the other one.
    GivenUp,
    /// `prune` would refuse the file at its path.
    Unusable {
        why: String,
        help: String,
    },
    /// This user may not read it, or another program has locked it, so it may be sound.
    Unreadable {
        why: String,
        help: String,
    },
}

impl ArchiveState {
    fn severity(&self) -> State {
        match self {
            Self::Sound | Self::GivenUp => State::Ok,
            Self::Unreadable { .. } => State::Unknown,
            Self::Unusable { .. } => State::Critical,
        }
    }

    fn help(&self) -> Option<&str> {
        match self {
            Self::Sound | Self::GivenUp => None,
            Self::Unusable { help, .. } | Self::Unreadable { help, .. } => Some(help),
        }
    }
}

/// Checks the archives: each holds the only copy of the rows that were moved to it.
pub(crate) fn archives(archives: &[Archive]) -> Check {
    let metric = |unsound: usize| Metric::count(unsound).critical_above(0);
    let (given_up, used): (Vec<&Archive>, Vec<&Archive>) = archives
        .iter()
        .partition(|archive| archive.state == ArchiveState::GivenUp);
    let unsound: Vec<&Archive> = used
        .iter()
        .copied()
        .filter(|archive| archive.state != ArchiveState::Sound)
        .collect();
    let state = unsound
        .iter()
        .map(|archive| archive.state.severity())
        .max()
        .unwrap_or_default();
    if state == State::Ok {
        return Check::ok("archive", describe_sound(&used, &given_up)).with_metric(metric(0));
    }
    let messages: Vec<String> = unsound
        .iter()
        .map(|archive| describe_archive(archive))
        .collect();
    Check::finding("archive", state, messages.join("; "), help(&unsound))
        .with_subjects(unsound.iter().map(|archive| display_path(&archive.path)))
        .with_metric(metric(unsound.len()))
}

/// The remedy of each archive; with its path if there are several.
fn help(unsound: &[&Archive]) -> String {
    let remedies = unsound.iter().filter_map(|archive| {
        let help = archive.state.help()?;
        Some(match unsound {
            [_] => help.to_owned(),
            _ => format!("for {}: {help}", display_path(&archive.path)),
        })
    });
    remedies.collect::<Vec<_>>().join("; ")
}

/// Warns that the next prune will refuse the configured archive, although each archive that has rows is there.
pub(crate) fn refused_archive(why: &str, help: &str) -> Check {
    Check::finding(
        "archive",
        State::Warning,
        format!("the next prune with rows to move will be refused: {why}"),
        help,
    )
    .with_subjects(["refused"])
    .with_metric(Metric::count(0).critical_above(0))
}

fn describe_sound(sound: &[&Archive], given_up: &[&Archive]) -> String {
    let there = match sound {
        [] if given_up.is_empty() => {
            Some("no archive has history rows of this database".to_owned())
        }
        [] => None,
        [only] => Some(format!(
            "the archive {} is there; it is not in the backups of the database",
            display_path(&only.path)
        )),
        [..] => Some(format!(
            "the {} archives are there; they are not in the backups of the database",
            sound.len()
        )),
    };
    let given_up = given_up.iter().map(|archive| describe_archive(archive));
    there
        .into_iter()
        .chain(given_up)
        .collect::<Vec<_>>()
        .join("; ")
}

fn describe_archive(archive: &Archive) -> String {
    let path = display_path(&archive.path);
    let before = format_date(archive.cutoff);
    match &archive.state {
        ArchiveState::Sound => format!("the archive {path} is there"),
        ArchiveState::GivenUp => format!(
            "the archive that had the only copy of the history rows from before {before} is not looked at: another one was \
             begun in its place, {path}"
        ),
        ArchiveState::Unusable { why, .. } => format!(
            "the archive {path} cannot be used: {why}; the archive holds the only copy of the history rows from before {before}"
        ),
        ArchiveState::Unreadable { why, .. } => {
            format!("the archive {path} cannot be read: {why}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(path: &str, state: ArchiveState) -> Archive {
        Archive {
            path: PathBuf::from(path),
            cutoff: 1_772_323_200,
            state,
        }
    }

    fn unusable(help: &str) -> ArchiveState {
        ArchiveState::Unusable {
            why: "it is gone".to_owned(),
            help: help.to_owned(),
        }
    }

    fn locked() -> ArchiveState {
        ArchiveState::Unreadable {
            why: "another program has locked it".to_owned(),
            help: "wait".to_owned(),
        }
    }

    #[test]
    fn an_unusable_archive_is_critical_and_a_locked_one_is_unknown() {
        let check = |state| archives(&[archive("a.db", state)]);

        assert_eq!(archives(&[]).state, State::Ok);
        assert_eq!(check(ArchiveState::Sound).state, State::Ok);
        assert_eq!(check(locked()).state, State::Unknown);
        let gone = check(unusable("mount the disk"));
        assert_eq!(gone.state, State::Critical);
        assert_eq!(gone.help.as_deref(), Some("mount the disk"));
        assert_eq!(
            gone.message,
            "the archive a.db cannot be used: it is gone; the archive holds the only copy of the history rows from before \
             2026-03-01"
        );
    }

    #[test]
    fn the_remedies_of_two_archives_have_their_paths() {
        let check = archives(&[
            archive("a.db", locked()),
            archive("b.db", ArchiveState::Sound),
            archive("c.db", unusable("mount the disk")),
        ]);

        assert_eq!(check.state, State::Critical);
        assert_eq!(
            check.help.as_deref(),
            Some("for a.db: wait; for c.db: mount the disk")
        );
    }
}
