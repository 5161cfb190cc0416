//! Limits the size of the steps and pauses between them, so that other processes can write.

use std::thread;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::store::Store;
use crate::store::wal;

/// How long a step may hold the write lock.
const HOLD: Duration = Duration::from_millis(80);

/// The minimum and the maximum number of rows of a step. The minimum still fits on a disk that is nearly full. The maximum
/// lets a big month finish in reasonable time.
const STEP_LIMITS: (i64, i64) = (500, 64_000);

/// Like [`STEP_LIMITS`], for steps with an archive. Their rows are sorted in memory before they are copied.
const ARCHIVE_STEP_LIMITS: (i64, i64) = (500, 32_000);

/// The number of rows of the first step. Later steps adapt to the speed of the disk.
const FIRST_STEP: i64 = 1_000;

/// Run a checkpoint when the WAL has more pages than this (16 MB).
const WAL_PAGES: i64 = 4_000;

/// Like [`WAL_PAGES`], while the disk is full.
const WAL_PAGES_ON_FULL_DISK: i64 = 100;

/// A process that waits for the write lock tries again after these times, in milliseconds, and then every 100 ms. It gets
/// the lock if one of these times falls into a pause. Source: `sqliteDefaultBusyCallback` in SQLite.
const RETRIES: [u64; 12] = [0, 1, 3, 8, 18, 33, 53, 78, 103, 128, 178, 228];

/// Decides how large the next step is, and when to pause.
#[derive(Debug)]
pub(super) struct Throttle {
    /// The number of rows (or pages) of the next step.
    pub(super) step_size: i64,
    limits: (i64, i64),
    /// Whether the disk is full. All later steps then have the minimum size.
    pub(super) is_disk_full: bool,
    /// How long a step may hold the write lock.
    hold: Duration,
    /// How long the write lock was held since the last pause, in total.
    held: Duration,
    /// The schema names of the databases that are written.
    schemas: &'static [&'static str],
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new(FIRST_STEP, STEP_LIMITS)
    }
}

impl Throttle {
    /// Starts with `first_step` and keeps later steps within `limits`.
    pub(super) fn new(first_step: i64, limits: (i64, i64)) -> Self {
        Self {
            step_size: first_step,
            limits,
            is_disk_full: false,
            hold: HOLD,
            held: Duration::ZERO,
            schemas: &["main"],
        }
    }

    #[must_use]
    pub(super) fn with_half_the_hold_time(self) -> Self {
        Self {
            hold: HOLD / 2,
            ..self
        }
    }

    /// For steps that also write to the archive.
    pub(super) fn with_archive() -> Self {
        Self {
            schemas: &["archive", "main"],
            ..Self::new(FIRST_STEP, ARCHIVE_STEP_LIMITS)
        }
    }

    pub(super) fn set_disk_full(&mut self) {
        self.is_disk_full = true;
        self.step_size = self.limits.0;
    }

    fn wal_pages(&self) -> i64 {
        if self.is_disk_full {
            WAL_PAGES_ON_FULL_DISK
        } else {
            WAL_PAGES
        }
    }

    /// Adapts the size of the next step to a step that held the write lock for `held`. Runs a checkpoint and pauses if
    /// necessary.
    pub(super) fn after_step(&mut self, store: &Store, held: Duration) -> Result<()> {
        self.adapt(held);
        self.held += held;
        // A checkpoint needs no write lock, so it counts as a pause.
        let unlocked_at = Instant::now();
        self.checkpoint(store, self.wal_pages())?;
        let pause = pause_after(self.held);
        let waited = unlocked_at.elapsed();
        if waited >= pause {
            self.held = Duration::ZERO;
        } else if self.held + held > self.hold * 3 / 2 {
            // A waiting process would have to wait too long if another step of this length came before the pause.
            thread::sleep(pause.saturating_sub(waited));
            self.held = Duration::ZERO;
        }
        Ok(())
    }

    /// Runs a checkpoint of each database whose WAL has more than `pages` pages.
    pub(super) fn checkpoint(&self, store: &Store, pages: i64) -> Result<()> {
        self.schemas
            .iter()
            .try_for_each(|schema| wal::checkpoint_beyond(store.connection(), schema, pages))
    }

    fn adapt(&mut self, held: Duration) {
        if held * 2 < self.hold && !self.is_disk_full {
            self.step_size = (self.step_size * 2).min(self.limits.1);
        } else if held > self.hold {
            self.step_size = (self.step_size / 2).max(self.limits.0);
        }
    }
}

/// The length of a pause in which every waiting process retries, after the lock was held for `held`.
fn pause_after(held: Duration) -> Duration {
    /// Allows for a process that wakes up late.
    const MARGIN: Duration = Duration::from_millis(5);
    let held = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
    let gap = RETRIES
        .windows(2)
        .take_while(|retries| retries[0] <= held)
        .map(|retries| retries[1] - retries[0])
        .max()
        .unwrap_or_default();
    let beyond = RETRIES.last().is_some_and(|last| *last <= held);
    Duration::from_millis(if beyond { 100 } else { gap }) + MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_size_adapts_to_the_disk_within_limits() {
        let mut throttle = Throttle::default();
        throttle.adapt(Duration::ZERO);
        assert_eq!(throttle.step_size, 2 * FIRST_STEP);
        for _ in 0..10 {
            throttle.adapt(Duration::ZERO);
        }
        assert_eq!(throttle.step_size, STEP_LIMITS.1);
        for _ in 0..10 {
            throttle.adapt(HOLD + Duration::from_millis(1));
        }
        assert_eq!(throttle.step_size, STEP_LIMITS.0);
        let mut throttle = Throttle::default();
        throttle.set_disk_full();
        throttle.adapt(Duration::ZERO);
        assert_eq!(throttle.step_size, STEP_LIMITS.0);
    }

    #[test]
    fn a_pause_is_longer_than_the_sleep_of_a_waiting_process() {
        let pause = |held| pause_after(Duration::from_millis(held)).as_millis();

        assert_eq!(pause(0), 6);
        assert_eq!(pause(80), 30);
        assert_eq!(pause(120), 30);
        assert_eq!(pause(130), 55);
        assert_eq!(pause(1000), 105);
    }
}
