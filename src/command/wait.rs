//! `--wait`: waits for the locks that other runs hold, and lets other runs go first.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::command::Context;
use crate::command::signal::StopSignal;
use crate::error::{Error, Result};
use crate::model::time::{format_duration, parse_duration};
use crate::output::terminal::FILE_ONLY;
use crate::output::terminal::{self, Verbosity};
use crate::store::lock::{Lock, LockHolder, WaitPolicy};

/// The default of `--wait`, except for `fetch`, which does not wait.
const DEFAULT_WAIT: Duration = Duration::from_secs(600);

/// The flag `--wait` of the commands that wait by default.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub(crate) struct WaitArgs {
    /// How long to wait for another run to finish, such as 30s, 10m or 1h; 0 does not wait [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
}

impl WaitArgs {
    pub(super) const NO_WAIT: Self = Self {
        wait: Some(Duration::ZERO),
    };

    /// The longest wait: that of the flag, or [`DEFAULT_WAIT`].
    pub(super) fn longest(self) -> Duration {
        self.wait.unwrap_or(DEFAULT_WAIT)
    }
}

/// The delay until a message says that the command waits. Most locks are released within this time.
const MESSAGE_DELAY: Duration = Duration::from_millis(300);

const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// If a scheduler starts two commands at the same time, the other one may take its locks this much later.
const STARTUP_GRACE: Duration = Duration::from_secs(1);

/// The time that a command may still wait, for all its locks together.
#[derive(Debug)]
pub(crate) struct LockWait {
    command: &'static str,
    longest: Duration,
    left: Cell<Duration>,
    is_quiet: bool,
    /// The run that holds the lock, the start of the wait for it, and whether a message was shown.
    waits_for: RefCell<Option<(LockHolder, Instant, bool)>>,
    began: Instant,
}

impl LockWait {
    /// For a command that waits up to `longest`. With `--quiet`, it shows no message.
    pub(super) fn new(context: &Context, command: &'static str, longest: Duration) -> Self {
        Self {
            is_quiet: context.verbosity == Verbosity::Quiet,
            ..Self::up_to(command, longest)
        }
    }

    /// For a command that waits up to `longest`, and shows a message while it waits.
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

    fn is_possible(&self) -> bool {
        !self.longest.is_zero()
    }

    /// Takes a lock of the database, and waits for the run that holds it.
    ///
    /// # Errors
    ///
    /// [`crate::error::Exit::TryLater`] when the time is over. A signal ends the wait with its own exit code.
    pub(super) fn take(&self, database: &Path, lock: &str) -> Result<Lock> {
        Lock::wait(database, lock, self)
    }

    /// Whether a run holds one of these locks. With `may_start_soon`, waits up to [`STARTUP_GRACE`] for a run to do so.
    ///
    /// After the machine was off, a scheduler starts all missed jobs at once, in any order.
    ///
    /// # Errors
    ///
    /// A signal ends the wait with its own exit code.
    pub(super) fn is_another_at_work(
        &self,
        database: &Path,
        locks: &[&str],
        may_start_soon: bool,
    ) -> Result<bool> {
        if !self.is_possible() {
            return Ok(false);
        }
        let is_held = || locks.iter().any(|lock| Lock::is_held(database, lock));
        if !may_start_soon {
            return Ok(is_held());
        }
        let stop = StopSignal::listen()?;
        let left = STARTUP_GRACE.saturating_sub(self.began.elapsed());
        stop.sleep(left, is_held);
        match stop.received() {
            Some(exit) => Err(Self::stopped(
                "a backup or summarize that may start at the same time",
            )
            .with_exit(exit)),
            None => Ok(is_held()),
        }
    }

    /// Waits until all these locks are free.
    ///
    /// # Errors
    ///
    /// The errors are those of [`LockWait::take`].
    pub(super) fn until_free(&self, database: &Path, locks: &[&str]) -> Result<()> {
        while locks.iter().any(|lock| Lock::is_held(database, lock)) {
            for lock in locks {
                drop(self.take(database, lock)?);
            }
        }
        Ok(())
    }

    fn stopped(holder: &str) -> Error {
        Error::new(format!("wait for {holder}"))
            // Each command takes its locks before it changes anything.
            .with_source("it was interrupted; nothing was changed")
            .with_help("run the same command again")
    }

    /// Shows one message for each run that the command waits for, after [`MESSAGE_DELAY`].
    fn announce(&self, holder: &LockHolder) {
        let mut waits_for = self.waits_for.borrow_mut();
        match &mut *waits_for {
            Some((current, since, is_announced)) if current == holder => {
                if !*is_announced && since.elapsed() >= MESSAGE_DELAY {
                    let line = format!(
                        "waiting for {holder}, up to {}",
                        format_duration(self.longest)
                    );
                    log::info!(target: FILE_ONLY, "{line}");
                    if !self.is_quiet {
                        terminal::print_message(&line);
                    }
                    *is_announced = true;
                }
            }
            other => *other = Some((holder.clone(), Instant::now(), false)),
        }
    }
}

impl WaitPolicy for LockWait {
    fn command(&self, lock: &str) -> String {
        match self.command {
            // `fetch` has one lock for each kind.
            "fetch" => format!("fetch {lock}"),
            command => command.to_owned(),
        }
    }

    fn wait_for(&self, holder: &LockHolder) -> Result<bool> {
        let left = self.left.get();
        if left.is_zero() {
            return Ok(false);
        }
        self.announce(holder);
        let stop = StopSignal::listen()?;
        let now = Instant::now();
        stop.sleep(POLL_INTERVAL.min(left), || false);
        self.left.set(left.saturating_sub(now.elapsed()));
        match stop.received() {
            Some(exit) => Err(Self::stopped(&holder.to_string()).with_exit(exit)),
            None => Ok(true),
        }
    }
}
