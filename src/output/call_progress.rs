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
pub(crate) struct CallProgress(Option<Arc<Shown>>);

/// Clears the bar when it is dropped. The thread that draws has no part of it, so that the bar is gone before the summary
/// is printed, also if that thread draws at this moment.
#[derive(Debug)]
struct Shown(Arc<Shared>);

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
    wait: Option<ShownWait>,
    /// Whether the bar was cleared.
    is_finished: bool,
}

#[derive(Debug)]
struct ShownWait {
    until: Instant,
    why: String,
    /// Whether it ends as soon as any call is made.
    is_for_budget: bool,
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
        let drawn = Arc::downgrade(&shared);
        thread::spawn(move || redraw(&drawn));
        Self(Some(Arc::new(Shown(shared))))
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

    /// Shows a pause or the time before another attempt, unless a longer wait is shown. `why` completes "waiting 41 s ".
    /// Other calls may go on meanwhile.
    pub(crate) fn wait(&self, until: Instant, why: impl FnOnce() -> String) {
        self.show_wait(until, false, why);
    }

    /// Shows a wait for the budget of calls, in the same way. [`CallProgress::resume`] ends it.
    pub(crate) fn wait_for_budget(&self, until: Instant, why: impl FnOnce() -> String) {
        self.show_wait(until, true, why);
    }

    fn show_wait(&self, until: Instant, is_for_budget: bool, why: impl FnOnce() -> String) {
        // A shorter one would end before it is drawn.
        if !self.is_visible() || until < Instant::now() + REDRAW_INTERVAL {
            return;
        }
        let why = why();
        self.change(|state| match &state.wait {
            Some(shown) if shown.until >= until => {}
            _ => {
                state.wait = Some(ShownWait {
                    until,
                    why,
                    is_for_budget,
                });
            }
        });
    }

    /// Ends the wait for the budget.
    pub(crate) fn resume(&self) {
        self.change(|state| {
            state.wait.take_if(|wait| wait.is_for_budget);
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        if let Some(shown) = &self.0 {
            change(&mut shown.0.state());
        }
    }
}

fn redraw(drawn: &Weak<Shared>) {
    while let Some(shared) = drawn.upgrade() {
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
        // Held to the end, so that nothing is drawn after the bar was cleared.
        let state = self.state();
        if state.is_finished {
            return;
        }
        let wait = state.wait.as_ref().and_then(|wait| {
            let left = wait.until.saturating_duration_since(Instant::now());
            let seconds = left.as_millis().div_ceil(1000);
            (seconds > 0).then(|| format!("waiting {seconds} s {}", wait.why))
        });
        let (calls, total) = (state.calls, state.total);
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
        self.bar
            .set_message(wait.unwrap_or_else(|| state.step.clone()));
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

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.state().is_finished = true;
        self.0.bar.finish_and_clear();
    }
}
