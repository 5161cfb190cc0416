//! The progress bar on a terminal. It disappears while a line is printed.

use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// All bars of the process, so that lines can be printed between them.
fn bars() -> &'static MultiProgress {
    static BARS: OnceLock<MultiProgress> = OnceLock::new();
    BARS.get_or_init(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
}

/// Runs `print` while no bar is on the screen.
pub(crate) fn suspended<T>(print: impl FnOnce() -> T) -> T {
    bars().suspend(print)
}

/// A progress bar, which is cleared when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts a bar that counts to `total`; it is hidden unless `visible`.
    pub(crate) fn start(what: &str, total: u64, visible: bool) -> Self {
        if !visible {
            return Self {
                bar: ProgressBar::hidden(),
            };
        }
        let style =
            ProgressStyle::with_template("{msg:14} {bar:30} {human_pos}/{human_len}  {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = bars().add(
            ProgressBar::new(total)
                .with_style(style)
                .with_message(what.to_owned()),
        );
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar }
    }

    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    pub(crate) fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// Raises the total.
    pub(crate) fn more(&self, count: u64) {
        self.bar.inc_length(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
