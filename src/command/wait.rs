//! `--wait`: waiting for the locks that other runs hold, and letting them go first.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::command::Context;
use crate::command::signal::Stop;
use crate::error::{Error, Result};
use crate::model::time::format_duration;
use crate::output::terminal::FILE_ONLY;
use crate::output::terminal::{self, Verbosity};
use crate::store::lock::{Holder, Lock, Patience};

/// How long a command waits unless it is told otherwise; `fetch` does not.
pub(super) const USUAL: Duration = Duration::from_secs(600);

/// How long a lock is tried before the wait is told: most are given back within that time.
const UNTOLD: Duration = Duration::from_millis(300);

/// How often a lock is tried.
const GLANCE: Duration = Duration::from_millis(50);

/// How much later than this process another one may begin that a scheduler has started in the same instant.
const GRACE: Duration = Duration::from_secs(1);

/// The time that one command may still wait, over all the locks that it takes.
#[derive(Debug)]
pub(crate) struct Waiting {
    command: &'static str,
    longest: Duration,
    left: Cell<Duration>,
    is_quiet: bool,
    /// The run that is waited for, since when, and whether that was told.
    waits_for: RefCell<Option<(Holder, Instant, bool)>>,
    began: Instant,
}

impl Waiting {
    /// For a command that waits as long as `--wait` says, or else [`USUAL`].
    pub(super) fn new(context: &Context, command: &'static str, longest: Option<Duration>) -> Self {
        Self {
            is_quiet: context.verbosity == Verbosity::Quiet,
            ..Self::up_to(command, longest.unwrap_or(USUAL))
        }
    }

    /// For a command that waits so long, and says so.
    pub(crate) fn up_to(command: &'static str, longest: Duration) -> Self {
        Self {
            command,
            longest,
            left: Cell::new(longest),
            is_quiet: false,
            waits_for: RefCell::new(None),
            began: Instant::now(),
        }
    }

    /// Whether it may wait at all.
    pub(super) fn is_possible(&self) -> bool {
        !self.longest.is_zero()
    }

    /// Takes a lock of the database, after the run that holds it.
    ///
    /// # Errors
    ///
    /// [`crate::error::Exit::TryLater`] when the time is over; otherwise as the signal says that ends the waiting.
    pub(super) fn take(&self, database: &Path, lock: &str) -> Result<Lock> {
        Lock::wait(database, lock, self)
    }

    /// Whether a run holds one of these locks, or takes one within a short grace.
    ///
    /// A scheduler that catches up after a night off starts all jobs at once, in any order.
    ///
    /// # Errors
    ///
    /// As the signal says that ends the waiting.
    pub(super) fn is_another_at_work(
        &self,
        database: &Path,
        locks: &[&str],
        is_patient: bool,
    ) -> Result<bool> {
        if !self.is_possible() {
            return Ok(false);
        }
        let is_held = || locks.iter().any(|lock| Lock::is_held(database, lock));
        if !is_patient {
            return Ok(is_held());
        }
        let stop = Stop::listen()?;
        let left = GRACE.saturating_sub(self.began.elapsed());
        stop.sleep(left, is_held);
        match stop.asked() {
            Some(exit) => Err(self
                .stopped("runs that were started together with it")
                .with_exit(exit)),
            None => Ok(is_held()),
        }
    }

    /// Waits until nobody holds any of these locks.
    ///
    /// # Errors
    ///
    /// As [`Waiting::take`].
    pub(super) fn until_free(&self, database: &Path, locks: &[&str]) -> Result<()> {
        while locks.iter().any(|lock| Lock::is_held(database, lock)) {
            for lock in locks {
                drop(self.take(database, lock)?);
            }
        }
        Ok(())
    }

    fn stopped(&self, whom: &str) -> Error {
        Error::new(format!("wait for {whom}"))
            .with_source(format!("{} was told to stop", self.command))
            .with_help("run the same command again")
    }

    /// Says once whom the command waits for.
    fn tell(&self, holder: &Holder) {
        let mut waits_for = self.waits_for.borrow_mut();
        match &mut *waits_for {
            Some((known, since, is_told)) if known == holder => {
                if !*is_told && since.elapsed() >= UNTOLD {
                    let line = format!(
                        "waiting for {holder}, up to {}",
                        format_duration(self.longest)
                    );
                    log::info!(target: FILE_ONLY, "{line}");
                    if !self.is_quiet {
                        terminal::say(&line);
                    }
                    *is_told = true;
                }
            }
            other => *other = Some((holder.clone(), Instant::now(), false)),
        }
    }
}

impl Patience for Waiting {
    fn command(&self, lock: &str) -> String {
        match self.command {
            // Each kind has a lock of its own.
            "fetch" => format!("fetch {lock}"),
            command => command.to_owned(),
        }
    }

    fn pause(&self, holder: &Holder) -> Result<bool> {
        let left = self.left.get();
        if left.is_zero() {
            return Ok(false);
        }
        self.tell(holder);
        let stop = Stop::listen()?;
        let now = Instant::now();
        stop.sleep(GLANCE.min(left), || false);
        self.left.set(left.saturating_sub(now.elapsed()));
        match stop.asked() {
            Some(exit) => Err(self.stopped(&holder.to_string()).with_exit(exit)),
            None => Ok(true),
        }
    }
}
