//! A command of a job as a process of its own. A signal to stop is passed on to it, and the job waits for its end.
//!
//! The process has a process group of its own, so that a signal reaches it once: a terminal and `timeout` send a signal to
//! the whole group, and the second signal ends a command at once.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::command::signal::{Signals, exit_after};
use crate::error::{Exit, Result};

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Runs one command after the other, until a signal arrives.
#[derive(Debug)]
pub(super) struct Children {
    state: Arc<Mutex<State>>,
    _signals: Signals,
}

#[derive(Debug, Default)]
struct State {
    /// The command that runs now. It is not waited for without the lock: else its id could be that of another process.
    child: Option<Child>,
    /// The first signal that was received.
    stopped_by: Option<i32>,
}

impl Children {
    /// # Errors
    ///
    /// Fails when the system refuses a handler.
    pub(super) fn new() -> Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let received = Arc::clone(&state);
        let signals = Signals::listen(move |signal| {
            let mut state = lock(&received);
            state.stopped_by.get_or_insert(signal);
            if let Some(child) = &state.child {
                pass_on(signal, child);
            }
        })?;
        Ok(Self {
            state,
            _signals: signals,
        })
    }

    /// Runs a command to its end; `None` if a signal arrived before.
    pub(super) fn run(&self, command: &mut Command) -> io::Result<Option<ExitStatus>> {
        // Nobody answers the questions of a job.
        command.stdin(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut state = lock(&self.state);
        if state.stopped_by.is_some() {
            return Ok(None);
        }
        state.child = Some(command.spawn()?);
        drop(state);
        loop {
            let mut state = lock(&self.state);
            let status = state.child.as_mut().map(Child::try_wait).transpose()?;
            if let Some(Some(status)) = status {
                state.child = None;
                return Ok(Some(status));
            }
            drop(state);
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// The exit code of the signal that was received, if any.
    pub(super) fn stopped_by(&self) -> Option<Exit> {
        lock(&self.state).stopped_by.map(exit_after)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
fn pass_on(signal: i32, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};

    let sent = Signal::from_named_raw(signal).map_or(Ok(()), |signal| {
        kill_process(Pid::from_child(child), signal)
    });
    if let Err(error) = sent {
        log::debug!("the signal {signal} was not passed on: {error}");
    }
}

/// On Windows, Ctrl-C reaches every process of the console.
#[cfg(not(unix))]
fn pass_on(_: i32, _: &Child) {}
