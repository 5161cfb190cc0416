//! The checks of the fetches: ages, killed runs and gaps.

use std::path::PathBuf;

use super::{Check, Metric, State, format_duration};
use crate::model::kind::Kind;
use crate::model::path::display_path;
use crate::model::schedule::condition::NO_JOBS;
use crate::model::size::format_bytes;
use crate::model::time::{HOUR, iso};

/// The database before the first success of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// Unix seconds; `None` if that is not recorded.
    pub(crate) made_at: Option<i64>,
    /// Seconds between two scheduled runs of the kind.
    pub(crate) interval: i64,
    /// The number of runs that failed.
    pub(crate) attempts: i64,
    /// Whether a scheduler has jobs for the configuration.
    pub(crate) has_jobs: bool,
}

/// Judges a kind of which no fetch has succeeded: critical, except while its first scheduled run is not due yet.
///
/// Only the interval of the jobs is known here, and not the time of the next run.
pub(crate) fn not_fetched(kind: Kind, setup: Setup, now: i64) -> Check {
    let id = format!("age_{kind}");
    let age = setup.made_at.map(|made_at| now - made_at);
    let young = age.filter(|age| (0..setup.interval).contains(age) && setup.attempts == 0);
    match young {
        Some(age) => Check::finding(
            id,
            State::Warning,
            format!(
                "{kind}: no fetch has succeeded yet; the database was made {} ago",
                format_duration(age)
            ),
            if setup.has_jobs {
                format!(
                    "wait for the first scheduled run, which is due within {}, or run `tornsnap fetch {kind}`; \
                     `tornsnap schedule show` shows the jobs",
                    format_duration(setup.interval - age)
                )
            } else {
                format!("run `tornsnap fetch {kind}`; {NO_JOBS}")
            },
        ),
        None => Check::finding(
            id,
            State::Critical,
            format!("{kind}: no fetch has succeeded yet"),
            format!("run `tornsnap fetch {kind}` and read what it says"),
        ),
    }
}

/// Checks the time since the last successful fetch of a kind: a warning from `hours` on, critical from twice that.
pub(crate) fn age(kind: Kind, last: i64, now: i64, hours: u32) -> Check {
    let id = format!("age_{kind}");
    let warning = i64::from(hours) * HOUR;
    let age = (now - last).max(0);
    let metric = Metric::seconds(age)
        .warn_above(warning)
        .critical_above(2 * warning);
    let state = match age {
        _ if age >= 2 * warning => State::Critical,
        _ if age >= warning => State::Warning,
        _ => State::Ok,
    };
    let message = format!("{kind}: last fetched {} ago", format_duration(age));
    match state {
        State::Ok => Check::ok(id, message),
        _ => Check::finding(
            id,
            state,
            message,
            format!("run `tornsnap fetch {kind}`, and see whether the scheduler still starts it"),
        ),
    }
    .with_metric(metric)
}

/// Warns about runs that were killed in the last day, or that could not record their end.
///
/// `killed`: kind and start of each, the newest first. `free`: bytes on the disk of the database, if known.
pub(crate) fn killed(killed: &[(Kind, i64)], free: Option<u64>, reserve: u64) -> Check {
    let metric = Metric::count(killed.len()).warn_above(0);
    let disk = match free {
        Some(free) if free < reserve => format!(
            "; that disk has only {} left: free some space",
            format_bytes(free)
        ),
        Some(_) => "; it has enough free space now".to_owned(),
        None => String::new(),
    };
    match killed {
        [] => Check::ok("killed_runs", "no run was killed in the last 24 hours"),
        [(kind, at), ..] => Check::finding(
            "killed_runs",
            State::Warning,
            format!(
                "{} in the last 24 hours, the latest one of {kind}, begun {}",
                match killed.len() {
                    1 => "1 run was killed".to_owned(),
                    number => format!("{number} runs were killed"),
                },
                iso(*at)
            ),
            format!(
                "check whether the scheduler ends runs early, the memory ran out, the machine went down or the disk was full{disk}"
            ),
        ),
    }
    .with_metric(metric)
}

/// Mentions several configuration files that fetch into the database in turns; `None` if there is at most one.
///
/// It is no warning: they may follow different targets, and the database does not tell which file asked for which.
pub(crate) fn configurations(files: &[PathBuf]) -> Option<Check> {
    if files.len() < 2 {
        return None;
    }
    let files: Vec<String> = files.iter().map(|file| display_path(file)).collect();
    let message = format!(
        "{} configurations fetch into this database in turns, and a target that several of them follow is asked for by each: {}",
        files.len(),
        files.join(", ")
    );
    Some(Check::ok("configurations", message))
}

/// A time without a successful run of a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Gap {
    pub(crate) kind: Kind,
    /// Unix seconds of the success before the gap.
    pub(crate) from: i64,
    /// Unix seconds of the success after the gap.
    pub(crate) to: i64,
}

/// A time in which at least one kind had a gap. Overlapping gaps of several kinds have one cause, such as a machine that
/// was off.
struct Outage {
    kinds: Vec<Kind>,
    from: i64,
    to: i64,
}

fn outages(gaps: &[Gap]) -> Vec<Outage> {
    let mut gaps = gaps.to_vec();
    gaps.sort_by_key(|gap| gap.from);
    let mut outages: Vec<Outage> = Vec::new();
    for gap in gaps {
        match outages.last_mut().filter(|outage| gap.from < outage.to) {
            Some(outage) => {
                outage.to = outage.to.max(gap.to);
                if !outage.kinds.contains(&gap.kind) {
                    outage.kinds.push(gap.kind);
                }
            }
            None => outages.push(Outage {
                kinds: vec![gap.kind],
                from: gap.from,
                to: gap.to,
            }),
        }
    }
    outages
}

/// Warns about two or more gaps in the last seven days. Overlapping gaps of several kinds count as one.
///
/// A single gap needs no warning: [`age`] reported it while it lasted. Two gaps mean that the schedule is unreliable.
pub(crate) fn gaps(gaps: &[Gap]) -> Check {
    let outages = outages(gaps);
    let metric = Metric::count(outages.len()).warn_above(1);
    let longest = outages.iter().max_by_key(|outage| outage.to - outage.from);
    let longest = longest.map(|outage| {
        let kinds: Vec<&str> = Kind::ALL
            .into_iter()
            .filter(|kind| outage.kinds.contains(kind))
            .map(Kind::as_str)
            .collect();
        format!(
            "{} without {}, until {}",
            format_duration(outage.to - outage.from),
            kinds.join(", "),
            iso(outage.to)
        )
    });
    match (outages.len(), longest) {
        (1, Some(longest)) => Check::ok("gaps", format!("one gap in the last 7 days: {longest}")),
        (number, Some(longest)) => Check::finding(
            "gaps",
            State::Warning,
            format!("{number} gaps in the last 7 days, the longest {longest}"),
            "see whether the machine sleeps or the scheduler skips runs at those times",
        ),
        _ => Check::ok("gaps", "no gaps in the last 7 days"),
    }
    .with_metric(metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn an_old_success_is_a_warning_and_one_twice_as_old_is_critical() {
        let state = |seconds| age(Kind::Players, NOW - seconds, NOW, 24).state;

        assert_eq!(
            state(-60),
            State::Ok,
            "the check of the clock reports a clock that is behind"
        );
        assert_eq!(state(24 * HOUR - 1), State::Ok);
        assert_eq!(state(24 * HOUR), State::Warning);
        assert_eq!(state(48 * HOUR - 1), State::Warning);
        assert_eq!(state(48 * HOUR), State::Critical);
    }

    #[test]
    fn one_gap_is_ok_and_two_are_a_warning() {
        let gap = Gap {
            kind: Kind::Players,
            from: NOW - 2 * DAY,
            to: NOW - 3 * HOUR,
        };

        assert_eq!(gaps(&[]).state, State::Ok);
        assert_eq!(gaps(&[gap]).state, State::Ok);
        let earlier = Gap {
            kind: Kind::Players,
            from: NOW - 5 * DAY,
            to: NOW - 3 * DAY,
        };
        assert_eq!(gaps(&[gap, earlier]).state, State::Warning);
    }

    #[test]
    fn overlapping_gaps_of_several_kinds_are_one_gap() {
        let off = Kind::ALL.map(|kind| Gap {
            kind,
            from: NOW - 3 * DAY - HOUR,
            to: NOW - HOUR,
        });
        let longer = Gap {
            from: NOW - 4 * DAY,
            ..off[1]
        };

        let check = gaps(&[off[0], longer, off[2], off[3]]);

        assert_eq!(check.state, State::Ok);
        assert!(check.message.contains("one gap"), "{}", check.message);
        assert!(
            check
                .message
                .contains("without factions, wars, players, territories"),
            "{}",
            check.message
        );
    }

    #[test]
    fn a_kind_without_runs_is_only_a_warning_before_its_first_run_is_due() {
        let state = |made_at, attempts| {
            not_fetched(
                Kind::Players,
                Setup {
                    made_at,
                    interval: HOUR,
                    attempts,
                    has_jobs: true,
                },
                NOW,
            )
            .state
        };

        assert_eq!(state(Some(NOW - HOUR + 1), 0), State::Warning);
        assert_eq!(state(Some(NOW - HOUR), 0), State::Critical);
        assert_eq!(
            state(Some(NOW + 60), 0),
            State::Critical,
            "made with another clock"
        );
        assert_eq!(state(None, 0), State::Critical);
        assert_eq!(state(Some(NOW - 60), 1), State::Critical, "it was tried");
    }

    #[test]
    fn a_killed_run_names_a_full_disk_as_a_possible_cause() {
        let help = |free| killed(&[(Kind::Wars, NOW)], free, 1_000_000).help.unwrap();

        assert!(help(None).contains("the disk was full"));
        assert!(!help(Some(2_000_000)).contains("free some space"));
        assert!(help(Some(900_000)).contains("free some space"));
    }
}
