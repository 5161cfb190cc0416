//! The bar of `fetch`: the calls of all kinds, and the reason for a wait.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::output::progress::{
    REDRAW_INTERVAL, add_bar, format_left, has_room_for_bar, set_total, style,
};

/// Estimates the time for a number of calls; `None` if it is not known.
pub(crate) type Estimate = dyn Fn(u64) -> Option<Duration> + Send + Sync;

/// A bar that counts calls. Clones show the same bar, which is cleared when the last of them is dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallProgress(Option<Arc<Shared>>);

struct Shared {
    bar: ProgressBar,
    estimate: Box<Estimate>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    step: String,
    calls: u64,
    /// All calls, those that were made included; `None` if they are not known.
    total: Option<u64>,
    wait: Option<(Instant, String)>,
}

impl CallProgress {
    /// Shows a bar, and redraws it while it exists.
    pub(crate) fn start(step: &str, estimate: Box<Estimate>) -> Self {
        let shared = Arc::new(Shared {
            bar: add_bar(step),
            estimate,
            state: Mutex::new(State {
                step: step.to_owned(),
                ..State::default()
            }),
        });
        let shown = Arc::downgrade(&shared);
        thread::spawn(move || redraw(&shown));
        Self(Some(shared))
    }

    pub(crate) fn is_visible(&self) -> bool {
        self.0.is_some()
    }

    /// Names what is being fetched.
    pub(crate) fn step(&self, what: &str) {
        self.change(|state| what.clone_into(&mut state.step));
    }

    pub(crate) fn calls(&self, count: u64) {
        self.change(|state| {
            state.calls = state.calls.max(count);
            state.total = state.total.map(|total| total.max(state.calls));
        });
    }

    /// Sets the number of calls that are still to be made; `None` if it is not known.
    pub(crate) fn expect(&self, remaining: Option<u64>) {
        self.change(|state| state.total = remaining.map(|remaining| state.calls + remaining));
    }

    /// Shows a wait, unless a longer one is shown. `why` completes "waiting 41 s ".
    pub(crate) fn wait(&self, until: Instant, why: impl FnOnce() -> String) {
        if self.is_visible() {
            let why = why();
            self.change(|state| match &state.wait {
                Some((shown, _)) if *shown >= until => {}
                _ => state.wait = Some((until, why)),
            });
        }
    }

    /// Ends the wait.
    pub(crate) fn resume(&self) {
        self.change(|state| state.wait = None);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        if let Some(shared) = &self.0 {
            change(&mut shared.state());
        }
    }
}

fn redraw(shown: &Weak<Shared>) {
    while let Some(shared) = shown.upgrade() {
        shared.draw();
        drop(shared);
        thread::sleep(REDRAW_INTERVAL);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self) {
        let state = self.state();
        let wait = state.wait.as_ref().and_then(|(until, why)| {
            let left = until.saturating_duration_since(Instant::now());
            (left >= Duration::from_secs(1)).then(|| format!("waiting {} s {why}", left.as_secs()))
        });
        let (step, calls, total) = (state.step.clone(), state.calls, state.total);
        drop(state);
        let left = total
            .and_then(|total| (self.estimate)(total.saturating_sub(calls)))
            .map(format_left)
            .unwrap_or_default();
        let template = match (total, &wait) {
            (None, _) => "{wide_msg} {human_pos} calls",
            (Some(_), None) if has_room_for_bar() => {
                "{msg} {wide_bar} {human_pos}/{human_len} calls{prefix}"
            }
            (Some(_), _) => "{wide_msg} {human_pos}/{human_len}{prefix}",
        };
        // Each of these may draw, so the style, which shows the other values, comes last.
        self.bar.set_message(wait.unwrap_or(step));
        set_total(&self.bar, total);
        self.bar.set_position(calls);
        self.bar.set_prefix(left);
        self.bar.set_style(style(template));
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
