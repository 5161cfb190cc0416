//! Shows the calls and the waits of a fetch: in the progress bar, and in the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::limits::owner_id;
use super::pace::Pace;
use super::{AcquiredKey, TornClient, lock};
use crate::api::pool::{Wait, WaitCause};
use crate::config::Clock;
use crate::error::Result;
use crate::model::elapsed::format_elapsed;
use crate::model::size::count;
use crate::output::call_progress::CallProgress;

impl TornClient {
    /// Shows a progress bar from now on. `threads` is the number of calls that are made at the same time.
    pub(crate) fn show_progress(&mut self, threads: usize) -> Result<()> {
        let recorded = lock(&self.store).recorded_calls()?;
        let pace = Arc::new(Pace::new(self.limit, threads, recorded));
        self.pace = Some(Arc::clone(&pace));
        let estimate = move |calls| pace.estimate(calls, Clock::real_milliseconds());
        self.progress = CallProgress::start("checking the keys", Box::new(estimate));
        Ok(())
    }

    pub(crate) fn progress(&self) -> &CallProgress {
        &self.progress
    }

    /// Sets the calls that each owner is expected to make from now on; `None` if some of them are not known yet.
    pub(crate) fn expect_calls(&self, calls: u64, of_owners: Option<BTreeMap<i64, u64>>) {
        self.progress.expect(of_owners.is_some().then_some(calls));
        if let Some(pace) = &self.pace {
            pace.plan(of_owners.unwrap_or_default());
        }
    }

    /// Shows a call that has just ended. `count` is the number of calls so far.
    pub(super) fn show_call(&self, key: &AcquiredKey, count: u64) {
        self.progress.calls(count);
        if let Some(pace) = &self.pace {
            pace.record_call(
                owner_id(key.owner),
                key.called_at.elapsed(),
                Clock::real_milliseconds(),
            );
        }
    }

    /// Logs a wait for the rate limit, once for all threads. Pauses are logged when they begin.
    pub(super) fn log_wait(&self, wait: &Wait, now: Instant) {
        let remaining = wait.remaining(now);
        if wait.cause != WaitCause::RateLimit || remaining < Duration::from_secs(1) {
            return;
        }
        let mut logged_until = lock(&self.wait_logged_until);
        if logged_until.is_some_and(|until| now < until) {
            return;
        }
        *logged_until = Some(wait.until);
        log::log!(
            self.wait_level,
            "waiting {} for the limit of {} a minute for each key owner",
            format_elapsed(remaining),
            count(self.limit.unwrap_or_default(), "call")
        );
    }
}
