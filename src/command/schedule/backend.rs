//! The trait [`Backend`], which every scheduler implements.

use std::path::{Path, PathBuf};

use crate::command::schedule::entries::Entries;
use crate::error::{Error, Result};
use crate::model::schedule::condition::Fault;
use crate::model::schedule::job::Job;

/// A scheduler on this machine.
pub(super) trait Backend {
    /// The value of `--for`.
    fn name(&self) -> &'static str;

    /// Where the entries are, for messages.
    fn place(&self) -> String;

    /// Whether this machine has it, and it answers.
    fn is_available(&self) -> bool;

    /// The command that installs the jobs here, in backticks. It names the scheduler, because a machine may have several.
    fn install_command(&self) -> String {
        let name = self.name();
        format!("`tornsnap schedule install --for {name}`")
    }

    /// Whether a job of the schedule with this id has this environment variable.
    fn sets_variable(&self, name: &str, id: &str) -> bool;

    /// Whether the entries append the output of the commands to a file, if the program itself has no log file.
    fn appends_output(&self) -> bool;

    /// The entries, one text for each file.
    fn files(&self, entries: &Entries) -> Result<Vec<EntryFile>>;

    /// What `install` would write.
    fn preview(&self, entries: &Entries) -> Result<Preview>;

    /// A comment in the format of the entries.
    fn comment(&self, line: &str) -> String;

    /// Fails unless entries can be installed on this machine.
    fn require(&self) -> Result<()>;

    /// Notes for the user about these entries, installed or not.
    fn notes(&self, entries: &Entries) -> Vec<String>;

    /// The schedules of all configurations.
    fn installed(&self) -> Result<Vec<Installed>>;

    /// The names of the files of the schedule with this id, as [`Change::files`] has them.
    fn installed_files(&self, id: &str) -> Result<Vec<String>>;

    /// Whether there are entries of the schedule with this id.
    fn has_entries(&self, id: &str) -> Result<bool> {
        Ok(!self.installed_files(id)?.is_empty())
    }

    /// The entries of the schedule with this id as they are.
    fn look(&self, id: &str) -> Result<Look>;

    /// Why nothing starts the entries with this id; `None` also if that cannot be known.
    fn why_idle(&self, id: &str) -> Option<Fault>;

    /// Whether the entries are installed.
    fn state(&self, entries: &Entries) -> Result<State>;

    /// Adds the entries, or replaces older ones of the same id.
    fn install(&self, entries: &Entries, now: i64) -> Result<Change>;

    /// Removes the entries of this id.
    fn remove(&self, id: &str, config: &Path, now: i64) -> Result<Change>;

    /// The next start of a job after `now`, in unix seconds.
    fn next_start(&self, job: &Job, entries: &Entries, now: i64) -> i64;
}

/// A file of the schedule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct EntryFile {
    pub(super) path: String,
    pub(super) text: String,
}

/// The schedule of a configuration that is installed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Installed {
    pub(super) id: String,
    /// The configuration that its entries name; `None` if they cannot be read.
    pub(super) config: Option<String>,
}

/// What an installation would write.
pub(super) struct Preview {
    pub(super) printed: Vec<u8>,
    /// The names of the files.
    pub(super) files: Vec<String>,
    /// Messages for the user about the change.
    pub(super) notes: Vec<String>,
}

/// Whether the entries of a schedule are installed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Yes,
    No,
    /// The settings, the program or the configuration have changed since.
    Outdated,
}

/// The installed entries of a schedule.
pub(super) enum Look {
    Absent,
    /// The error says where.
    Damaged(Error),
    Present {
        /// The paths of the program, as far as they can be read.
        programs: Vec<String>,
        config: Option<String>,
    },
}

/// What an installation or removal has changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub(super) is_changed: bool,
    /// The files that were written or removed.
    pub(super) files: Vec<String>,
    /// The copy of the crontab as it was before.
    pub(super) crontab_before: Option<PathBuf>,
    /// What the user has to do or to know.
    pub(super) notes: Vec<String>,
}
