//! The progress bar on a terminal. It disappears while a line is printed.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{
    HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

use crate::model::watch::{Unit, Watch};
use crate::output::width::message_width;

/// In a narrower terminal the bar is left out, so that the line is not broken.
const WIDTH_OF_BAR: u16 = 60;

/// The time after which the speed of a step is known well enough for an estimate.
const ESTIMATE_AFTER: Duration = Duration::from_secs(1);

/// The template of a bar whose numbers are not known.
const ONLY_NAME: &str = "{wide_msg}";

pub(super) const REDRAW_INTERVAL: Duration = Duration::from_millis(250);

/// All bars of the process, so that lines can be printed between them.
fn bars() -> &'static MultiProgress {
    static BARS: OnceLock<MultiProgress> = OnceLock::new();
    BARS.get_or_init(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
}

/// Runs `print` while no bar is on the screen.
pub(crate) fn suspended<T>(print: impl FnOnce() -> T) -> T {
    bars().suspend(print)
}

/// Removes all bars from the screen for good, before the process ends.
pub(crate) fn hide() {
    // Ignore the error: the terminal may be closed.
    let _ = bars().clear();
    bars().set_draw_target(ProgressDrawTarget::hidden());
}

/// Adds a bar to the screen. It has no length yet and shows only `step`: the style of indicatif would show numbers without
/// a name.
pub(super) fn add_bar(step: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
        .with_style(style(ONLY_NAME))
        .with_message(step.to_owned());
    bars().add(bar)
}

pub(super) fn set_total(bar: &ProgressBar, total: Option<u64>) {
    match total {
        Some(total) => bar.set_length(total),
        None => bar.unset_length(),
    }
}

/// Whether the terminal is wide enough for a bar.
pub(super) fn has_room_for_bar() -> bool {
    message_width().is_none_or(|width| width >= WIDTH_OF_BAR)
}

/// A style of indicatif. `{left}` is the time that is left, once it is known.
pub(super) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key(
            "left",
            |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let is_known = state.pos() > 0
                    && state.len().is_some_and(|total| state.pos() < total)
                    && state.elapsed() >= ESTIMATE_AFTER;
                if is_known {
                    let _ = out.write_str(&format_left(state.eta()));
                }
            },
        )
}

/// The time that is left, after a comma.
pub(super) fn format_left(time: Duration) -> String {
    let mut text = String::new();
    let seconds = Duration::from_secs(time.as_secs().max(1));
    let _ = write!(text, ", {:#} left", HumanDuration(seconds));
    text
}

/// A progress bar, which is cleared when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar that is shown from the first step on; it is hidden unless `visible`.
    pub(crate) fn new(visible: bool) -> Self {
        let bar = if visible {
            add_bar("")
        } else {
            ProgressBar::hidden()
        };
        Self { bar }
    }

    /// Starts a bar that counts rows to `total`; it is hidden unless `visible`.
    pub(crate) fn start(what: &str, total: u64, visible: bool) -> Self {
        let progress = Self::new(visible);
        progress.begin(what, Some((total, Unit::Rows)));
        progress
    }

    pub(crate) fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// Changes the name of the step.
    pub(crate) fn name(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }
}

impl Watch for Progress {
    fn begin(&self, step: &str, total: Option<(u64, Unit)>) {
        if self.bar.is_hidden() {
            return;
        }
        let count = match total {
            Some((_, Unit::Bytes)) => "{decimal_bytes}/{decimal_total_bytes}{left}",
            Some((_, Unit::Rows)) => "{human_pos}/{human_len} rows{left}",
            Some((_, Unit::Days)) => "{human_pos}/{human_len} days{left}",
            None => "{elapsed}",
        };
        let template = match total {
            Some(_) if has_room_for_bar() => format!("{{msg}} {{wide_bar}} {count}"),
            _ => format!("{{wide_msg}} {count}"),
        };
        // Each of these may draw, so the numbers of the step before disappear first, and the style with the new ones comes
        // last.
        self.bar.set_style(style(ONLY_NAME));
        self.bar.set_message(step.to_owned());
        set_total(&self.bar, total.map(|(total, _)| total));
        self.bar.reset();
        self.bar.set_style(style(&template));
        self.bar.enable_steady_tick(REDRAW_INTERVAL);
    }

    fn advance(&self, amount: u64) {
        self.bar.inc(amount);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
