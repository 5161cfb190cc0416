//! The progress bar: on a terminal, and never torn by other lines.

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

/// One bar; it goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar that counts to `total`, or none where nobody watches.
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

    /// One more is done.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    /// So many are done.
    pub(crate) fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// There is more to do than was thought.
    pub(crate) fn more(&self, count: u64) {
        self.bar.inc_length(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
