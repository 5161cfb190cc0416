//! Replaces the crontab of this user, and looks at the result. Neither the success nor the failure of `crontab` says what
//! the crontab is afterwards: on a full disk it may hold the first half of the new lines.

use std::path::Path;

use crate::command::schedule::backend::Change;
use crate::command::schedule::crontab_copies::{keep_copy, remove_old_copies, temporary_file};
use crate::command::schedule::crontab_file::{CRONTAB, PLACE, read};
use crate::command::schedule::programs::run_to_success;
use crate::error::{Error, Exit, Result};
use crate::model::path::shell_word;
use crate::model::schedule::crontab;
use crate::model::size::count;

/// A change of the crontab.
pub(super) struct Replacement<'a> {
    pub(super) before: &'a [u8],
    pub(super) after: &'a [u8],
    /// The id of the block that changes.
    pub(super) id: &'a str,
    pub(super) config: &'a Path,
    pub(super) now: i64,
}

impl Replacement<'_> {
    /// Replaces the crontab, and keeps a copy of it as it was before.
    ///
    /// # Errors
    ///
    /// [`Exit::Io`] when a file for `crontab` cannot be written; [`Exit::Failure`] when `crontab` fails, or the crontab is another
    /// one than was written. Only the words of `crontab` say whether trying again helps. The message says what the crontab is then.
    pub(super) fn run(&self) -> Result<Change> {
        if self.before == self.after {
            return Ok(Change::default());
        }
        let copy = if self.before.is_empty() {
            None
        } else {
            Some(keep_copy(self.before, self.config, self.now)?)
        };
        let written = self.write(self.after);
        let found = read();
        let notes = match (&written, &found) {
            (Ok(()), Ok(found)) if found == self.after => Vec::new(),
            (Ok(()), Ok(found)) if crontab::holds(found, self.after, self.id) => vec![
                "the crontab has all lines that were written, and others; see `crontab -l`, because cron or another program \
                 has added them"
                    .to_owned(),
            ],
            _ => return Err(self.recover(written, found, copy.as_deref())),
        };
        if let Some(copy) = &copy {
            remove_old_copies(self.config, copy);
        }
        Ok(Change {
            is_changed: true,
            files: vec![CRONTAB.to_owned()],
            crontab_before: copy,
            notes,
        })
    }

    /// Installs a whole file. With a pipe, an interruption could install a part of it.
    fn write(&self, text: &[u8]) -> Result<()> {
        // dcron does not know `-r`, and takes an empty file instead.
        if text.is_empty() && run_to_success("crontab", &["-r"]).is_ok() {
            return Ok(());
        }
        let file = temporary_file(text, self.config)?;
        let path = file.path().to_string_lossy().into_owned();
        run_to_success("crontab", &[&path]).map(drop)
    }

    /// Puts the old crontab back if it was changed, and says what the crontab is now.
    fn recover(&self, written: Result<()>, found: Result<Vec<u8>>, copy: Option<&Path>) -> Error {
        let has_failed = written.is_err();
        // The help for a file of this program that could not be written. `crontab` has not been started then.
        let mut own_help = None;
        let why = match written {
            Err(error) => {
                own_help = error
                    .help()
                    .filter(|_| error.exit() == Exit::Io)
                    .map(str::to_owned);
                error.causes().join(": ")
            }
            Ok(()) => "`crontab` reported no error, and the crontab is not what was written to it"
                .to_owned(),
        };
        let now = match found {
            Ok(found) if found == self.before => Now::AsBefore,
            Err(error) => Now::Unknown(error.causes().join(": ")),
            // A part of what was written, or all of it.
            Ok(found) if self.after.starts_with(&found) => self.put_back(),
            // The write of another program would be lost. It has come after this one, because this one has succeeded.
            Ok(found) if !has_failed => Now::Foreign(count_lines(&found)),
            Ok(found) => {
                // Best effort: what nobody knows should not be lost either.
                let _ = keep_copy(&found, self.config, self.now);
                self.put_back()
            }
        };
        let error = Error::new(format!("change {PLACE}"))
            .with_source(format!("{why}; {}", now.describe(self.before)));
        match own_help {
            Some(help) if matches!(now, Now::AsBefore) => error.with_help(help).with_exit(Exit::Io),
            _ => error.with_help(now.help(copy)).with_exit(Exit::Failure),
        }
    }

    fn put_back(&self) -> Now {
        // The result counts, and not what `crontab` says of it.
        let _ = self.write(self.before);
        match read() {
            Ok(found) if found == self.before => Now::PutBack,
            Ok(found) => Now::Changed(count_lines(&found)),
            Err(error) => Now::Unknown(error.causes().join(": ")),
        }
    }
}

/// The crontab after a change that failed.
enum Now {
    AsBefore,
    PutBack,
    /// It has this number of lines.
    Changed(usize),
    /// Another program has written it. It has this number of lines.
    Foreign(usize),
    /// It cannot be read.
    Unknown(String),
}

impl Now {
    fn describe(&self, before: &[u8]) -> String {
        let had = count_lines(before);
        match self {
            Self::AsBefore => "the crontab is as it was before".to_owned(),
            Self::PutBack => {
                "the crontab was changed, and is as it was before again: it was put back".to_owned()
            }
            Self::Changed(has) => format!(
                "the crontab could not be put back: it had {} before, and has {has} now",
                count(had, "line")
            ),
            Self::Foreign(has) => format!(
                "it is neither as before nor as written, perhaps because another program has changed it at the same moment: \
                 it had {had} lines before, and has {has} now"
            ),
            Self::Unknown(why) => format!("the crontab cannot be read now: {why}"),
        }
    }

    fn help(&self, copy: Option<&Path>) -> String {
        let put_back = || match copy {
            Some(copy) => {
                let word = shell_word(copy);
                format!(
                    "{word} has the crontab as it was before: put it back with `crontab {word}`"
                )
            }
            None => "there was no crontab before: remove it with `crontab -r`".to_owned(),
        };
        match self {
            Self::AsBefore | Self::PutBack => {
                "see `crontab -l`, whether the disk or your quota is full, and whether cron.allow and cron.deny let you \
                 change the crontab, or ask the administrator; then run it again"
                    .to_owned()
            }
            Self::Changed(_) => format!("see `crontab -l`; {}", put_back()),
            Self::Unknown(_) => format!(
                "see whether `crontab -l` works for this user; {}",
                put_back()
            ),
            Self::Foreign(_) => {
                let copy = copy
                    .map(|copy| format!("; {} has the crontab as it was before", shell_word(copy)));
                format!(
                    "see `crontab -l`, and run it again{}",
                    copy.unwrap_or_default()
                )
            }
        }
    }
}

fn count_lines(text: &[u8]) -> usize {
    text.split_inclusive(|byte| *byte == b'\n').count()
}
