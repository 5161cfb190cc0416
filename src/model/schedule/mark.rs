//! The file that says how far a job with a long interval has come in the present interval, and how its last start ended.
//!
//! Schedulers forget a run that failed or was killed. So they start such a job every hour, and the job looks into this file
//! for what is left to do. Intervals are counted from 00:00 UTC.

use std::fmt;

use crate::model::run::{KILLED, RUNNING};
use crate::model::schedule::job::{Job, JobName};
use crate::model::time::{HOUR, is_far_future};

/// The first line of the file: `20419` if the job is done in that interval, `20419 1` if its first command is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Mark {
    /// The number of the interval.
    interval: i64,
    /// How many commands have succeeded; `None` for all.
    finished: Option<usize>,
}

impl Mark {
    /// `finished` of `all` commands have succeeded in the interval of this moment.
    pub(crate) fn new(job: &Job, now: i64, finished: usize) -> Self {
        let all = job.name.commands().len();
        Self {
            interval: interval_of(job, now),
            finished: (finished < all).then_some(finished),
        }
    }

    /// Reads the first line of the file; `None` for everything else, such as a file that a power cut has emptied.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.lines().next()?.split_ascii_whitespace();
        let interval = words.next()?.parse().ok()?;
        let finished = words.next().map(str::parse).transpose().ok()?;
        words
            .next()
            .is_none()
            .then_some(Self { interval, finished })
    }

    /// How many commands of the job have succeeded in the interval of this moment.
    pub(crate) fn finished(self, job: &Job, now: i64) -> usize {
        let all = job.name.commands().len();
        if self.interval == interval_of(job, now) {
            self.finished.map_or(all, |finished| finished.min(all))
        } else {
            0
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.finished {
            None => write!(f, "{}", self.interval),
            Some(finished) => write!(f, "{} {finished}", self.interval),
        }
    }
}

/// The last start at which the job had something to do. It is the second line of the file: `1775044800` while the job
/// runs, and after a kill, `1775044800 78` after its end with code 78. The job holds a lock on the file while it runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Start {
    /// Unix seconds.
    pub(crate) at: i64,
    /// The exit code; `None` if the job has not ended.
    pub(crate) code: Option<u8>,
}

impl Start {
    /// Reads the second line of the file. A time that is impossible at `now` says nothing.
    pub(crate) fn parse(text: &str, now: i64) -> Option<Self> {
        let mut words = text.lines().nth(1)?.split_ascii_whitespace();
        let at = words.next()?.parse().ok()?;
        if at < 0 || is_far_future(at, now) {
            return None;
        }
        let code = words.next().map(str::parse).transpose().ok()?;
        words.next().is_none().then_some(Self { at, code })
    }

    /// The result in one word. `is_running`: whether the job still runs; `None` if that cannot be known.
    pub(crate) fn result(self, name: JobName, is_running: Option<bool>) -> &'static str {
        match (self.code, name) {
            (None, _) => match is_running {
                Some(true) => RUNNING,
                Some(false) => KILLED,
                None => "started",
            },
            (Some(0), _) => "ok",
            (Some(1..=3), JobName::Health) => "findings",
            (Some(3), _) => "partial",
            (Some(129..), _) => "interrupted",
            (Some(_), _) => "failed",
        }
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            None => write!(f, "{}", self.at),
            Some(code) => write!(f, "{} {code}", self.at),
        }
    }
}

fn interval_of(job: &Job, now: i64) -> i64 {
    now.div_euclid(job.interval.seconds())
}

/// The name of the file, beside the configuration.
pub(crate) fn mark_file(name: JobName, config: &str) -> String {
    format!("{config}.{}.last", name.as_str())
}

/// The next start at which a job has something to do.
///
/// `utc_offset` is the offset in seconds of the clock whose minutes the scheduler uses.
pub(crate) fn next_start(job: &Job, now: i64, utc_offset: i64, mark: Option<Mark>) -> i64 {
    let step = job.interval.seconds().min(HOUR);
    let first = job.phase() - utc_offset;
    let passed = (now - first).rem_euclid(step);
    let next = now - passed + step;
    if job.interval.is_up_to_an_hour() {
        return next;
    }
    let all = job.name.commands().len();
    let is_due = |start: i64| mark.is_none_or(|mark| mark.finished(job, start) < all);
    (0..=24)
        .map(|hours| next + hours * HOUR)
        .find(|start| is_due(*start))
        .unwrap_or(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::interval::Interval;
    use crate::model::time::DAY;

    fn daily() -> Job {
        Job {
            name: JobName::Backup,
            interval: Interval::DAILY,
            minute: 3,
            second: 0,
        }
    }

    #[test]
    fn a_mark_is_read_back() {
        let job = daily();
        for finished in 0..=3 {
            let mark = Mark::new(&job, 20_000 * DAY, finished);
            assert_eq!(Mark::parse(&format!("{mark}\n")), Some(mark));
            assert_eq!(mark.finished(&job, 20_000 * DAY + 5), finished);
            assert_eq!(mark.finished(&job, 20_001 * DAY), 0);
        }
        for wrong in ["", "x", "20000 x", "20000 1 1", "20000 -1"] {
            assert_eq!(Mark::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_start_is_read_back_with_the_exit_code() {
        for code in [None, Some(0), Some(78)] {
            let start = Start { at: 7, code };
            let text = format!("20000 1\n{start}\n");
            assert_eq!(Start::parse(&text, 7), Some(start));
            assert!(Mark::parse(&text).is_some());
        }
        for wrong in [
            "",
            "20000\n",
            "20000\nx\n",
            "20000\n7 x\n",
            "20000\n7 0 0\n",
        ] {
            assert_eq!(Start::parse(wrong, 7), None, "{wrong}");
        }
    }

    #[test]
    fn a_job_with_a_long_interval_starts_again_in_the_next_interval_of_utc() {
        let daily = daily();
        let day = 20_000 * DAY;
        let next = |now, offset, mark: Option<&str>| {
            next_start(&daily, now, offset, mark.and_then(Mark::parse))
        };
        // Not yet today: at the next minute 3.
        assert_eq!(next(day + HOUR, 0, Some("19999")), day + HOUR + 180);
        // Done today: tomorrow.
        assert_eq!(next(day + HOUR, 0, Some("20000")), day + DAY + 180);
        // Failed today: in the next hour.
        assert_eq!(next(day + HOUR, 0, Some("20000 1")), day + HOUR + 180);
        assert_eq!(next(day + HOUR, 0, None), day + HOUR + 180);
        // Local time is half an hour ahead.
        assert_eq!(next(day, 1800, Some("20000")), day + DAY + 33 * 60);
    }
}
