//! Compares the clock of this machine with Torn's.

use crate::command::torn::{Failure, RunEnd, TornClient, lock};
use crate::config::Clock;
use crate::error::Exit;
use crate::model::run::{ClockCheck, FailureCause};
use crate::model::time::{CLOCK_TOLERANCE, iso};

impl TornClient {
    /// Returns the comparison of this machine's clock with the answers since the last call of this function.
    pub(crate) fn take_clock_check(&self) -> ClockCheck {
        if let Some(real_time) = self.run_end().and_then(|end| end.real_time) {
            return ClockCheck::Differs(real_time);
        }
        lock(&self.agreed_at)
            .take()
            .map_or(ClockCheck::Unknown, ClockCheck::Agrees)
    }

    /// A time that both clocks have reached. The one of `TORNSNAP_NOW` is not compared with Torn's.
    pub(super) fn agreed_time(&self, date: i64, now: i64) -> i64 {
        match self.clock {
            Clock::System => date.min(now),
            Clock::Fixed(_) => now,
        }
    }

    /// Ends the run if this machine's clock differs from Torn's, so that history rows do not get wrong timestamps.
    pub(super) fn check_clock(&self, date: Option<i64>, now: i64) -> Result<(), Failure> {
        let Some(date) = date.filter(|_| matches!(self.clock, Clock::System)) else {
            return Ok(());
        };
        if (date - now).abs() <= CLOCK_TOLERANCE {
            return Ok(());
        }
        Err(self.end(RunEnd {
            exit: Exit::Config,
            reason: format!(
                "the clock of this machine says {}, and Torn says {}",
                iso(now),
                iso(date)
            ),
            help: "set the clock of this machine, then run it again; nothing was saved".to_owned(),
            cause: FailureCause::Clock,
            real_time: Some(date),
        }))
    }
}
