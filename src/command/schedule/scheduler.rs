//! The schedulers that there are, and the one that this machine has.

use clap::ValueEnum;

use crate::command::schedule::backend::Backend;
use crate::command::schedule::cron::Cron;
use crate::command::schedule::systemd::Systemd;
use crate::command::schedule::windows::Windows;
use crate::error::{Error, Exit};
use crate::model::schedule::windows::Logon;

/// A program that starts others at given times.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Scheduler {
    Cron,
    Systemd,
    Windows,
}

impl Scheduler {
    const ALL: [Self; 3] = [Self::Windows, Self::Systemd, Self::Cron];

    pub(super) fn backend(self, logon: Logon) -> Box<dyn Backend> {
        match self {
            Self::Cron => Box::new(Cron),
            Self::Systemd => Box::new(Systemd),
            Self::Windows => Box::new(Windows { logon }),
        }
    }

    /// The backends of all schedulers.
    pub(super) fn backends() -> impl Iterator<Item = Box<dyn Backend>> {
        let all = Self::ALL.into_iter();
        all.map(|scheduler| scheduler.backend(Logon::default()))
    }

    /// The scheduler that this machine has.
    pub(super) fn of_this_machine() -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scheduler| scheduler.backend(Logon::default()).is_available())
    }
}

pub(super) fn no_scheduler() -> Error {
    Error::new("find a scheduler on this machine")
        .with_source("there is no crontab command, and systemd does not answer for this user")
        .with_help(
            "install cron (`sudo apt-get install cron`), or log in so that `systemctl --user` works; \
             `tornsnap schedule show --for cron` prints the entries",
        )
        .with_exit(Exit::Config)
}
