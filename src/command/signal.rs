//! SIGINT and SIGTERM: noted once, obeyed soon; a second one ends the process at once.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::error::{Error, Exit, Result, WithContext};

/// How often a wait looks up.
const GLANCE: Duration = Duration::from_millis(20);

/// The process listens once.
static STOP: OnceLock<Stop> = OnceLock::new();

/// Whether somebody asked the process to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    signal: Arc<AtomicUsize>,
    /// Whether the next signal ends the process.
    again: Arc<AtomicBool>,
}

/// While it lives, a signal ends the process at once.
#[derive(Debug)]
pub(super) struct AtOnce(Option<Stop>);

impl Drop for AtOnce {
    fn drop(&mut self) {
        if let Some(stop) = &self.0
            && stop.asked().is_none()
        {
            stop.again.store(false, Ordering::Relaxed);
        }
    }
}

impl Stop {
    /// Begins to listen; the process listens once, however often this is called.
    ///
    /// # Errors
    ///
    /// Fails when the system refuses.
    pub(crate) fn listen() -> Result<Self> {
        if let Some(stop) = STOP.get() {
            return Ok(stop.clone());
        }
        let signal = Arc::new(AtomicUsize::new(0));
        let again = Arc::new(AtomicBool::new(false));
        for (number, exit) in [(SIGINT, 2_usize), (SIGTERM, 15)] {
            // In this order: the first signal finds `again` still unset.
            signal_hook::flag::register_conditional_default(number, Arc::clone(&again))
                .and_then(|_| signal_hook::flag::register(number, Arc::clone(&again)))
                .and_then(|_| signal_hook::flag::register_usize(number, Arc::clone(&signal), exit))
                .with_context(|| "listen for signals".to_owned())?;
        }
        Ok(STOP.get_or_init(|| Self { signal, again }).clone())
    }

    /// For work that does not ask: a signal ends the process at once, although it had begun to listen.
    ///
    /// # Errors
    ///
    /// Fails when a signal has come already.
    pub(super) fn at_once() -> Result<AtOnce> {
        let stop = STOP.get().cloned();
        if let Some(stop) = &stop {
            stop.again.store(true, Ordering::Relaxed);
            if let Some(exit) = stop.asked() {
                return Err(Error::new("go on")
                    .with_source("it was told to stop")
                    .with_help("run the same command again")
                    .with_exit(exit));
            }
        }
        Ok(AtOnce(stop))
    }

    /// How the process should end, if somebody asked it to.
    pub(crate) fn asked(&self) -> Option<Exit> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            15 => Some(Exit::Terminated),
            _ => Some(Exit::Interrupted),
        }
    }

    /// Waits, unless somebody asks to stop or `unless` says so; returns whether the whole time has passed.
    pub(crate) fn sleep(&self, time: Duration, unless: impl Fn() -> bool) -> bool {
        let end = Instant::now() + time;
        loop {
            if self.asked().is_some() || unless() {
                return false;
            }
            let now = Instant::now();
            if now >= end {
                return true;
            }
            thread::sleep(GLANCE.min(end - now));
        }
    }
}
