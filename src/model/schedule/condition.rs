//! Whether the installed jobs of a configuration still work.

use std::fmt;

/// The jobs of a configuration, as the schedulers of this machine tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Condition {
    /// No scheduler has jobs for the configuration. Something else may start the commands.
    Absent,
    /// A scheduler did not answer. The text says why.
    Unknown(String),
    Installed {
        /// The scheduler, for messages.
        place: String,
        /// The reasons for which the jobs do not work.
        faults: Vec<Fault>,
    },
}

/// A reason for which installed jobs do not work, and the remedy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) help: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.help)
    }
}

impl Condition {
    pub(crate) fn is_installed(&self) -> bool {
        matches!(self, Self::Installed { .. })
    }

    /// The reasons for which installed jobs do not work.
    pub(crate) fn faults(&self) -> &[Fault] {
        match self {
            Self::Installed { faults, .. } => faults,
            Self::Absent | Self::Unknown(_) => &[],
        }
    }

    /// Says whether jobs are installed, and where.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Absent => NO_JOBS.to_owned(),
            Self::Unknown(why) => format!("it is unknown whether jobs are installed: {why}"),
            Self::Installed { place, .. } => format!("the jobs are installed in {place}"),
        }
    }
}

/// Says that there are no jobs.
pub(crate) const NO_JOBS: &str =
    "no jobs are installed for this configuration; `tornsnap schedule install` installs them";
