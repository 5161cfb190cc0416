//! The jobs of a schedule, and when each starts.

use crate::model::kind::Kind;
use crate::model::schedule::interval::{HOUR_MINUTES, Interval};
use crate::model::time::MINUTE;

/// The seconds between the starts of jobs that share a minute.
const DELAY_SECONDS: u32 = 10;

/// A job has the name of its setting in `[schedule]`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum JobName {
    Wars,
    Factions,
    Players,
    Territories,
    /// `backup`, `summarize` and `prune`, one after the other.
    Backup,
    Health,
}

impl JobName {
    pub(crate) const ALL: [Self; 6] = [
        Self::Wars,
        Self::Factions,
        Self::Players,
        Self::Territories,
        Self::Backup,
        Self::Health,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Wars => "wars",
            Self::Factions => "factions",
            Self::Players => "players",
            Self::Territories => "territories",
            Self::Backup => "backup",
            Self::Health => "health",
        }
    }

    /// One line for the comments and descriptions in the schedule.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Wars => "fetch wars",
            Self::Factions => "fetch factions",
            Self::Players => "fetch players and members",
            Self::Territories => "fetch territories",
            Self::Backup => "back up, summarize months that have ended, prune old history rows",
            Self::Health => "check the health, post changes to the webhook",
        }
    }

    /// The commands that run one after the other. A command runs only if the one before has succeeded.
    pub(crate) fn commands(self) -> &'static [&'static str] {
        match self {
            Self::Wars => &["fetch wars"],
            Self::Factions => &["fetch factions"],
            Self::Players => &["fetch players"],
            Self::Territories => &["fetch territories"],
            Self::Backup => &["backup", "summarize", "prune"],
            Self::Health => &["health --notify"],
        }
    }

    /// The kind that a fetch asks for.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            Self::Wars => Some(Kind::Wars),
            Self::Factions => Some(Kind::Factions),
            Self::Players => Some(Kind::Players),
            Self::Territories => Some(Kind::Territories),
            Self::Backup | Self::Health => None,
        }
    }
}

/// A job with its times. It starts at `minute` and `second` of the hour, and then in every interval.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Job {
    pub(crate) name: JobName,
    pub(crate) interval: Interval,
    /// The first minute of the hour at which it starts.
    pub(crate) minute: u32,
    /// Not 0 if another job starts in the same minute.
    pub(crate) second: u32,
}

impl Job {
    /// The seconds from the start of the UTC day to its first start in that day.
    pub(crate) fn phase(&self) -> i64 {
        i64::from(self.minute) * MINUTE + i64::from(self.second)
    }

    /// The command that a scheduler starts. `schedule run` runs several commands, and looks whether a job is due that starts
    /// more often than its interval says.
    pub(crate) fn command(&self) -> String {
        match self.name.commands() {
            [only] if !self.has_mark() => (*only).to_owned(),
            _ => format!("schedule run {}", self.name.as_str()),
        }
    }

    /// Whether a file says how far the job has come.
    pub(crate) fn has_mark(&self) -> bool {
        self.name.commands().len() > 1 || !self.interval.is_up_to_an_hour()
    }
}

/// Chooses the minutes of the jobs, so that no two start in the same second and as few as possible in the same minute.
///
/// No job starts at minute 0 if there is a choice, because many programs ask Torn then.
pub(crate) fn plan(wanted: &[(JobName, Interval)]) -> Vec<Job> {
    let mut sorted = wanted.to_vec();
    // Stable: the most frequent jobs choose first, since they have the fewest choices.
    sorted.sort_by_key(|(_, interval)| *interval);
    let mut taken = [Delays::default(); HOUR_MINUTES as usize];
    let mut jobs: Vec<Job> = Vec::new();
    for (name, interval) in sorted {
        let step = interval.minutes().min(HOUR_MINUTES);
        let minute = (0..step)
            .min_by_key(|first| cost(*first, step, &taken))
            .unwrap_or(0);
        let delay = starts(minute, step)
            .fold(Delays::default(), |all, at| all.and(taken[at]))
            .first_free();
        jobs.push(Job {
            name,
            interval,
            minute,
            second: DELAY_SECONDS * delay,
        });
        for at in starts(minute, step) {
            taken[at].take(delay);
        }
    }
    jobs.sort_by_key(|job| JobName::ALL.iter().position(|name| *name == job.name));
    jobs
}

/// The minutes of the hour at which a job starts.
fn starts(first: u32, step: u32) -> impl Iterator<Item = usize> {
    (first..HOUR_MINUTES)
        .step_by(step as usize)
        .map(|minute| minute as usize)
}

/// The delays, in units of [`DELAY_SECONDS`], that are taken in a minute: a bit for each.
#[derive(Clone, Copy, Debug, Default)]
struct Delays(u32);

impl Delays {
    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn first_free(self) -> u32 {
        self.0.trailing_ones()
    }

    fn take(&mut self, delay: u32) {
        self.0 |= 1 << delay;
    }

    fn count(self) -> u32 {
        self.0.count_ones()
    }
}

/// A higher number is a worse first minute.
fn cost(first: u32, step: u32, taken: &[Delays; HOUR_MINUTES as usize]) -> u32 {
    let hour = taken.len();
    starts(first, step)
        .map(|at| {
            let neighbours = taken[(at + 1) % hour].count() + taken[(at + hour - 1) % hour].count();
            1000 * taken[at].count() + 10 * neighbours + if at == 0 { 500 } else { 0 }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::model::schedule::mark::next_start;
    use crate::model::time::{DAY, HOUR};

    fn intervals() -> Vec<Interval> {
        (1..=1440).filter_map(Interval::of_minutes).collect()
    }

    /// The seconds of the UTC day at which a job starts.
    fn starts_of_day(job: &Job) -> Vec<i64> {
        let mut at = next_start(job, -1, 0, None);
        let mut found = Vec::new();
        while at < DAY {
            found.push(at);
            at = next_start(job, at, 0, None);
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_two_jobs_start_in_the_same_second(
            choices in proptest::collection::vec(0..18_usize, 6),
        ) {
            let intervals = intervals();
            let wanted: Vec<(JobName, Interval)> = JobName::ALL
                .into_iter()
                .zip(choices)
                .map(|(name, choice)| (name, intervals[choice % intervals.len()]))
                .collect();
            let jobs = plan(&wanted);
            let mut seen = BTreeSet::new();
            for job in &jobs {
                let starts = starts_of_day(job);
                prop_assert_eq!(i64::try_from(starts.len()), Ok(DAY / job.interval.seconds().min(HOUR)));
                for start in starts {
                    prop_assert!(seen.insert(start), "{:?}", jobs);
                }
            }
        }
    }

    #[test]
    fn jobs_with_room_have_minutes_of_their_own_and_avoid_the_full_hour() {
        let wanted: Vec<(JobName, Interval)> = ["10m", "4m", "30m", "1h", "daily", "hourly"]
            .iter()
            .zip(JobName::ALL)
            .map(|(interval, name)| (name, Interval::parse(interval).unwrap()))
            .collect();

        let jobs = plan(&wanted);

        assert!(
            jobs.iter().all(|job| job.second == 0 && job.minute != 0),
            "{jobs:?}"
        );
        assert_eq!(
            jobs.iter().map(|job| job.name).collect::<Vec<_>>(),
            JobName::ALL
        );
    }

    struct Case {
        job: Job,
        now: i64,
        next: i64,
    }

    #[test]
    fn the_next_start_is_after_now() {
        let job = |interval, minute| Job {
            name: JobName::Wars,
            interval: Interval::parse(interval).unwrap(),
            minute,
            second: 0,
        };
        let day = 20_000 * DAY;
        for case in [
            Case {
                job: job("4m", 1),
                now: day,
                next: day + 60,
            },
            Case {
                job: job("4m", 1),
                now: day + 60,
                next: day + 300,
            },
            Case {
                job: job("1h", 7),
                now: day + 7 * MINUTE - 1,
                next: day + 7 * MINUTE,
            },
            Case {
                job: job("6h", 7),
                now: day + HOUR,
                next: day + HOUR + 7 * MINUTE,
            },
            Case {
                job: job("daily", 7),
                now: day + HOUR,
                next: day + HOUR + 7 * MINUTE,
            },
        ] {
            let next = next_start(&case.job, case.now, 0, None);
            assert_eq!(next, case.next, "{:?}", case.job);
        }
    }
}
