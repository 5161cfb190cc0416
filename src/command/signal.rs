//! Handles SIGINT, SIGTERM and SIGHUP. The first signal asks for a clean stop, the second one ends the process at once.
//!
//! SIGHUP says that the terminal was closed. A shell that ends sends it too, so it often comes twice, and it never ends
//! the process as a second signal.

use std::process;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::error::{Error, Exit, Result, WithContext};
use crate::store::interrupt;

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The signal handlers are installed once per process.
static STOP: OnceLock<StopSignal> = OnceLock::new();

/// Whether the process received a signal to stop.
#[derive(Clone, Debug)]
pub(crate) struct StopSignal {
    signal: Arc<AtomicUsize>,
    /// Whether the next SIGINT or SIGTERM ends the process.
    ends_process: Arc<AtomicBool>,
    /// Whether the next SIGHUP ends the process.
    hangup_ends_process: Arc<AtomicBool>,
}

/// While this value exists, a signal ends the process at once.
#[derive(Debug)]
pub(super) struct EndOnSignal(Option<StopSignal>);

impl Drop for EndOnSignal {
    fn drop(&mut self) {
        if let Some(stop) = &self.0
            && stop.received().is_none()
        {
            stop.set_ends_process(false);
        }
    }
}

/// While this value exists, a signal ends the process with a message.
#[derive(Debug)]
pub(super) struct EndWithMessage(
    #[expect(dead_code, reason = "the thread looks whether it is there")] Arc<()>,
);

/// The error for work that a signal has ended.
pub(super) fn interrupted(action: &str, kept: &str, exit: Exit) -> Error {
    Error::new(action)
        .with_source(format!("it was interrupted; {kept}"))
        .with_exit(exit)
}

/// Makes a write that exceeds the file size limit of the user (`ulimit -f`) fail, instead of ending the process without a
/// message. A program that this one starts gets the signal as usual.
///
/// # Errors
///
/// Fails when the system refuses the handler.
#[cfg(unix)]
pub(crate) fn let_large_writes_fail() -> Result<()> {
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())
        .map(drop)
        .with_context(|| "listen for signals".to_owned())
}

impl StopSignal {
    /// Installs the signal handlers, unless an earlier call did so.
    ///
    /// # Errors
    ///
    /// Fails when the system refuses a handler.
    pub(crate) fn listen() -> Result<Self> {
        if let Some(stop) = STOP.get() {
            return Ok(stop.clone());
        }
        let signal = Arc::new(AtomicUsize::new(0));
        let ends_process = Arc::new(AtomicBool::new(false));
        for (number, exit) in [(SIGINT, 2_usize), (SIGTERM, 15)] {
            // The order matters: the first signal must find `ends_process` unset.
            signal_hook::flag::register_conditional_default(number, Arc::clone(&ends_process))
                .and_then(|_| signal_hook::flag::register(number, Arc::clone(&ends_process)))
                .and_then(|_| signal_hook::flag::register_usize(number, Arc::clone(&signal), exit))
                .with_context(|| "listen for signals".to_owned())?;
        }
        let hangup_ends_process = Arc::new(AtomicBool::new(false));
        #[cfg(target_os = "linux")]
        if !hangup::is_ignored() {
            hangup::listen(&signal, &ends_process, &hangup_ends_process)
                .with_context(|| "listen for signals".to_owned())?;
        }
        Ok(STOP
            .get_or_init(|| Self {
                signal,
                ends_process,
                hangup_ends_process,
            })
            .clone())
    }

    fn set_ends_process(&self, ends: bool) {
        self.ends_process.store(ends, Ordering::Relaxed);
        self.hangup_ends_process.store(ends, Ordering::Relaxed);
    }

    /// Makes a signal end the process at once, for work that does not check for signals.
    ///
    /// # Errors
    ///
    /// Fails when a signal was received before.
    pub(super) fn end_on_signal() -> Result<EndOnSignal> {
        let stop = STOP.get().cloned();
        if let Some(stop) = &stop {
            stop.set_ends_process(true);
            if let Some(exit) = stop.received() {
                return Err(Error::new("continue")
                    .with_source("it was interrupted")
                    .with_help("run the same command again")
                    .with_exit(exit));
            }
        }
        Ok(EndOnSignal(stop))
    }

    /// Makes a signal end the process and its exit code, after `print` has said why. For work that
    /// may block in a system call, such as a write into a pipe that nobody reads.
    ///
    /// # Errors
    ///
    /// The errors are those of [`StopSignal::listen`].
    #[expect(
        clippy::disallowed_methods,
        reason = "the thread that would return an exit code is blocked"
    )]
    pub(super) fn end_with_message(
        print: impl FnOnce(Exit) + Send + 'static,
    ) -> Result<EndWithMessage> {
        let stop = Self::listen()?;
        let alive = Arc::new(());
        let work = Arc::downgrade(&alive);
        thread::spawn(move || {
            while work.strong_count() > 0 {
                if let Some(exit) = stop.received() {
                    print(exit);
                    process::exit(exit.code().into());
                }
                thread::sleep(POLL_INTERVAL);
            }
        });
        Ok(EndWithMessage(alive))
    }

    /// Runs work that a signal ends with an error. `action` completes "could not …", and `kept` says what was kept.
    ///
    /// # Errors
    ///
    /// After a signal, an error of the work is replaced by one that says so.
    pub(super) fn interruptible<T>(
        action: &str,
        kept: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let stop = Self::listen()?;
        let _scope = interrupt::allow(|| STOP.get().is_some_and(|stop| stop.received().is_some()));
        work().map_err(|error| match stop.received() {
            // An inner scope has said it already.
            Some(exit) if error.exit() != exit => {
                log::debug!("{}", error.one_line());
                interrupted(action, kept, exit)
            }
            _ => error,
        })
    }

    /// The exit code of the signal that was received, if any.
    pub(crate) fn received(&self) -> Option<Exit> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            15 => Some(Exit::Terminated),
            _ => Some(Exit::Interrupted),
        }
    }

    /// Sleeps for `time`, or until a signal arrives or `unless` returns true. Returns whether the whole time has passed.
    pub(crate) fn sleep(&self, time: Duration, unless: impl Fn() -> bool) -> bool {
        let end = Instant::now() + time;
        loop {
            if self.received().is_some() || unless() {
                return false;
            }
            let now = Instant::now();
            if now >= end {
                return true;
            }
            thread::sleep(POLL_INTERVAL.min(end - now));
        }
    }
}

/// Calls a function for each signal that asks to stop, for as long as this value exists. No signal ends the process.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    handle: signal_hook::iterator::Handle,
}

impl Signals {
    /// Installs the signal handlers.
    ///
    /// # Errors
    ///
    /// Fails when the system refuses a handler.
    #[cfg(unix)]
    pub(super) fn listen(received: impl Fn(i32) + Send + 'static) -> Result<Self> {
        let mut numbers = vec![SIGINT, SIGTERM];
        #[cfg(target_os = "linux")]
        if !hangup::is_ignored() {
            numbers.push(signal_hook::consts::SIGHUP);
        }
        let mut signals = signal_hook::iterator::Signals::new(numbers)
            .with_context(|| "listen for signals".to_owned())?;
        let handle = signals.handle();
        thread::spawn(move || signals.forever().for_each(received));
        Ok(Self { handle })
    }

    /// Installs the signal handlers, and looks whether one was called.
    ///
    /// # Errors
    ///
    /// Fails when the system refuses a handler.
    #[cfg(not(unix))]
    pub(super) fn listen(received: impl Fn(i32) + Send + 'static) -> Result<Self> {
        let stop = StopSignal::listen()?;
        thread::spawn(move || {
            while stop.sleep(Duration::from_secs(3600), || false) {}
            received(match stop.received() {
                Some(Exit::Terminated) => SIGTERM,
                _ => SIGINT,
            });
        });
        Ok(Self {})
    }
}

#[cfg(unix)]
impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// The exit code after a signal. That of SIGHUP is that of SIGTERM.
pub(super) fn exit_after(signal: i32) -> Exit {
    if signal == SIGINT {
        Exit::Interrupted
    } else {
        Exit::Terminated
    }
}

/// On Linux only, because no other system tells a program without `unsafe` whether a signal is ignored. There, SIGHUP
/// ends the process as usual.
#[cfg(target_os = "linux")]
mod hangup {
    use std::fs;
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize};

    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::flag;

    /// Whether SIGHUP was ignored when the program started. `nohup` does that, so that work goes on without a terminal.
    pub(super) fn is_ignored() -> bool {
        // https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
        fs::read_to_string("/proc/self/status").is_ok_and(|status| {
            status
                .lines()
                .find_map(|line| line.strip_prefix("SigIgn:"))
                .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
                .is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
        })
    }

    /// Makes SIGHUP ask for a clean stop, with the exit code of SIGTERM.
    pub(super) fn listen(
        signal: &Arc<AtomicUsize>,
        ends_process: &Arc<AtomicBool>,
        hangup_ends_process: &Arc<AtomicBool>,
    ) -> io::Result<()> {
        let exit = usize::try_from(SIGTERM).map_err(io::Error::other)?;
        flag::register_conditional_default(SIGHUP, Arc::clone(hangup_ends_process))?;
        flag::register(SIGHUP, Arc::clone(ends_process))?;
        flag::register_usize(SIGHUP, Arc::clone(signal), exit)?;
        Ok(())
    }
}
