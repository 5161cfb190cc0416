//! How large the steps are, and how long a writer waits.

use std::thread;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::store::Store;
use crate::store::wal;

/// How long a step may hold the write lock, unless told otherwise.
const HOLD: Duration = Duration::from_millis(80);

/// What a step may do to the next ones: as few rows as a full disk can still take, as many as let a big month end.
const ROWS: (i64, i64) = (500, 64_000);

/// Rows of the first step; later ones follow the pace of the disk.
const FIRST_ROWS: i64 = 1_000;

/// Pages that wait in the WAL before they are moved into the database: 16 MB, or few where the disk is full.
const WAL_PAGES: i64 = 4_000;
const FRUGAL_WAL_PAGES: i64 = 100;

/// A process that waits for the write lock tries at these times after it began to wait, in milliseconds; later on every
/// 100. It gets the lock when one of them falls into a pause. SQLite: `sqliteDefaultBusyCallback`.
const TRIES: [u64; 12] = [0, 1, 3, 8, 18, 33, 53, 78, 103, 128, 178, 228];

/// Steps as large as the disk allows, with pauses in which other writers get their turn.
#[derive(Debug)]
pub(super) struct Pace {
    /// Rows (or pages) of the next step.
    pub(super) rows: i64,
    limits: (i64, i64),
    /// Whether steps stay small, however quick they are.
    pub(super) is_frugal: bool,
    /// How long a step may hold the write lock.
    hold: Duration,
    /// How long the write lock was held since the last pause.
    held: Duration,
    /// The databases that are written.
    schemas: &'static [&'static str],
}

impl Default for Pace {
    fn default() -> Self {
        Self::starting(FIRST_ROWS, ROWS)
    }
}

impl Pace {
    /// Begins with steps of `rows`, and never leaves the limits.
    pub(super) fn starting(rows: i64, limits: (i64, i64)) -> Self {
        Self {
            rows,
            limits,
            is_frugal: false,
            hold: HOLD,
            held: Duration::ZERO,
            schemas: &["main"],
        }
    }

    /// Steps in half the time.
    pub(super) fn short(self) -> Self {
        Self {
            hold: HOLD / 2,
            ..self
        }
    }

    /// Steps that write to the archive, too.
    pub(super) fn with_archive() -> Self {
        Self {
            schemas: &["archive", "main"],
            ..Self::default()
        }
    }

    /// Goes on in the smallest steps: the disk is full.
    pub(super) fn be_frugal(&mut self) {
        self.is_frugal = true;
        self.rows = self.limits.0;
    }

    /// Pages that may wait in the WAL.
    fn wal_pages(&self) -> i64 {
        if self.is_frugal {
            FRUGAL_WAL_PAGES
        } else {
            WAL_PAGES
        }
    }

    /// Learns from a step that held the write lock for so long, and lets others write.
    pub(super) fn follow(&mut self, store: &Store, held: Duration) -> Result<()> {
        self.learn(held);
        self.held += held;
        // Moving pages from the WAL into the database needs no write lock: others can write meanwhile.
        let free_since = Instant::now();
        self.checkpoint(store, self.wal_pages())?;
        let pause = pause_after(self.held);
        let waited = free_since.elapsed();
        if waited >= pause {
            self.held = Duration::ZERO;
        } else if self.held + held > self.hold * 3 / 2 {
            // Another step like this one would keep a waiting process too long.
            thread::sleep(pause.saturating_sub(waited));
            self.held = Duration::ZERO;
        }
        Ok(())
    }

    /// Moves pages from each WAL into its database when more than so many wait there.
    pub(super) fn checkpoint(&self, store: &Store, pages: i64) -> Result<()> {
        self.schemas
            .iter()
            .try_for_each(|schema| wal::checkpoint_beyond(store.connection(), schema, pages))
    }

    fn learn(&mut self, held: Duration) {
        if held * 2 < self.hold && !self.is_frugal {
            self.rows = (self.rows * 2).min(self.limits.1);
        } else if held > self.hold {
            self.rows = (self.rows / 2).max(self.limits.0);
        }
    }
}

/// How long a pause is that no waiting process misses, when the lock was held for so long before it.
fn pause_after(held: Duration) -> Duration {
    /// For a process that is late to wake up.
    const MARGIN: Duration = Duration::from_millis(5);
    let held = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
    let gap = TRIES
        .windows(2)
        .take_while(|tries| tries[0] <= held)
        .map(|tries| tries[1] - tries[0])
        .max()
        .unwrap_or_default();
    let beyond = TRIES.last().is_some_and(|last| *last <= held);
    Duration::from_millis(if beyond { 100 } else { gap }) + MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_disk() {
        let mut pace = Pace::default();
        pace.learn(Duration::ZERO);
        assert_eq!(pace.rows, 2 * FIRST_ROWS);
        for _ in 0..10 {
            pace.learn(Duration::ZERO);
        }
        assert_eq!(pace.rows, ROWS.1);
        for _ in 0..10 {
            pace.learn(HOLD + Duration::from_millis(1));
        }
        assert_eq!(pace.rows, ROWS.0);
        let mut frugal = Pace::default();
        frugal.be_frugal();
        frugal.learn(Duration::ZERO);
        assert_eq!(frugal.rows, ROWS.0);
    }

    #[test]
    fn a_pause_is_as_long_as_a_waiting_process_sleeps() {
        let pause = |held| pause_after(Duration::from_millis(held)).as_millis();

        assert_eq!(pause(0), 6);
        assert_eq!(pause(80), 30);
        assert_eq!(pause(120), 30);
        assert_eq!(pause(130), 55);
        assert_eq!(pause(1000), 105);
    }
}
