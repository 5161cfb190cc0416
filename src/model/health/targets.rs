//! The checks of single players, factions and tiles: successful runs may still miss the same ones every time.

use super::{Check, Metric, State};
use crate::model::kind::Kind;
use crate::model::size::{agree, count};
use crate::model::time::{DAY, HOUR, is_far_future, iso};

/// The most names in a message.
const MAX_NAMES: usize = 5;

/// One stale target in this many is normal: some players are new, were renamed or cannot be decoded.
const NORMAL_SHARE: usize = 20;

const WEEK: i64 = 7 * DAY;

/// A followed player, faction or tile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Target {
    /// The name in messages, for example "player 5 (Bob)".
    pub(crate) name: String,
    /// Whether `[track]` names the target; otherwise it is on a roster or a map.
    pub(crate) is_named: bool,
    /// Unix seconds of the last answer; `None` if there was none.
    pub(crate) answered_at: Option<i64>,
    /// Unix seconds of the first record, used when there was no answer.
    pub(crate) known_since: Option<i64>,
}

/// The last successful run of a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LastSuccess {
    /// Unix seconds.
    pub(crate) at: i64,
    /// Whether some of its targets failed.
    pub(crate) is_incomplete: bool,
}

/// Checks for stale targets, which Torn has not answered about for `hours`. `None` when there is no target.
///
/// The age of a target is measured at the last success, because the age of that success is a check of its own. If no
/// target failed in the last success, the stale targets were not requested: they are new, or the runs are restricted to
/// others. They are then stale after a week at the earliest.
///
/// A warning when `[track]` names a stale target, or when more than 5 % are stale. Critical when more than half have been
/// stale for twice the time.
pub(crate) fn targets(
    kind: Kind,
    targets: &[Target],
    last: LastSuccess,
    now: i64,
    hours: u32,
) -> Option<Check> {
    if targets.is_empty() {
        return None;
    }
    let limit = match i64::from(hours) * HOUR {
        hours if last.is_incomplete => hours,
        hours => hours.max(WEEK),
    };
    let unknown = targets
        .iter()
        .filter(|target| is_dated_ahead(target, now))
        .count();
    let ages: Vec<i64> = targets
        .iter()
        .map(|target| age_at_last_success(target, last, now))
        .collect();
    let stale_targets: Vec<&Target> = targets
        .iter()
        .zip(&ages)
        .filter(|(_, age)| **age >= limit)
        .map(|(target, _)| target)
        .collect();
    let named: Vec<&Target> = stale_targets
        .iter()
        .copied()
        .filter(|target| target.is_named)
        .collect();
    let allowed = if named.is_empty() {
        targets.len() / NORMAL_SHARE
    } else {
        0
    };
    let state = match ages.iter().filter(|age| **age >= 2 * limit).count() {
        stale_twice_as_long if 2 * stale_twice_as_long > targets.len() => State::Critical,
        _ if stale_targets.len() > allowed => State::Warning,
        _ => State::Ok,
    };
    let check = if state == State::Ok && unknown > 0 {
        report_unknown(kind, targets.len(), unknown)
    } else {
        report_stale(
            kind,
            targets.len(),
            &stale_targets,
            &named,
            state,
            limit,
            now,
        )
    };
    Some(check.with_metric(Metric::count(stale_targets.len()).warn_above(allowed)))
}

/// Whether the last answer about a target was recorded while the clock was ahead.
fn is_dated_ahead(target: &Target, now: i64) -> bool {
    target.answered_at.is_some_and(|at| is_far_future(at, now))
}

/// Warns of targets whose last answer was recorded while the clock was ahead.
fn report_unknown(kind: Kind, all: usize, unknown: usize) -> Check {
    let (target, targets) = nouns(kind);
    Check::finding(
        format!("targets_{kind}"),
        State::Warning,
        format!(
            "it is unknown when {unknown} of {all} {} {} last answered about, because the clock was ahead then",
            agree(all, target, targets),
            agree(unknown, "was", "were"),
        ),
        format!("run `tornsnap fetch {kind}`"),
    )
}

/// Seconds from the last answer about a target, or from its first record, to the last success. The age is 0 if the
/// answer was recorded while the clock was ahead, because it is unknown then.
fn age_at_last_success(target: &Target, last: LastSuccess, now: i64) -> i64 {
    if is_dated_ahead(target, now) {
        return 0;
    }
    let is_past = |at: &i64| !is_far_future(*at, now);
    let at = target
        .answered_at
        .filter(is_past)
        .or(target.known_since.filter(is_past));
    match at {
        Some(at) => now.min(last.at).saturating_sub(at),
        None if last.is_incomplete => i64::MAX,
        None => 0,
    }
}

fn report_stale(
    kind: Kind,
    all: usize,
    stale_targets: &[&Target],
    named: &[&Target],
    state: State,
    limit: i64,
    now: i64,
) -> Check {
    let id = format!("targets_{kind}");
    let (target, targets) = nouns(kind);
    if stale_targets.is_empty() {
        let message = match all {
            1 => format!("Torn answers about the {target}"),
            _ => format!("Torn answers about each of {all} {targets}"),
        };
        return Check::ok(id, message);
    }
    let message = format!(
        "{} of {all} {} {} last answered about more than {} ago ({})",
        stale_targets.len(),
        agree(all, target, targets),
        agree(stale_targets.len(), "was", "were"),
        format_limit(limit),
        examples(stale_targets, named, now)
    );
    if state == State::Ok {
        return Check::ok(id, message);
    }
    let help = format!("run `tornsnap -v fetch {kind}` and read its messages");
    let subjects = if named.len() > MAX_NAMES {
        Vec::new()
    } else {
        named.iter().map(|target| target.name.clone()).collect()
    };
    Check::finding(id, state, message, help).with_subjects(subjects)
}

/// A target of this kind, and several of them.
fn nouns(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Players => ("followed player", "followed players"),
        Kind::Factions => ("followed faction", "followed factions"),
        Kind::Wars => (
            "list of a followed faction's wars",
            "lists of a followed faction's wars",
        ),
        Kind::Territories => ("followed tile", "followed tiles"),
    }
}

/// The limit in hours, as the configuration has it, or `7 days` for [`WEEK`].
fn format_limit(limit: i64) -> String {
    if limit == WEEK {
        return "7 days".to_owned();
    }
    count(limit / HOUR, "hour")
}

/// Names the oldest target and those in `[track]`.
fn examples(stale_targets: &[&Target], named: &[&Target], now: i64) -> String {
    let answered = |target: &Target| target.answered_at.filter(|at| !is_far_future(*at, now));
    let mut text = String::new();
    if let Some(oldest) = stale_targets.iter().min_by_key(|target| answered(target)) {
        let when = answered(oldest).map_or_else(|| "never".to_owned(), iso);
        text = format!("oldest: {}, {when}", oldest.name);
    }
    if !named.is_empty() {
        let first: Vec<&str> = named
            .iter()
            .take(MAX_NAMES)
            .map(|target| target.name.as_str())
            .collect();
        let more = match named.len().saturating_sub(MAX_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text = format!("{text}; in [track]: {}{more}", first.join(", "));
    }
    text
}

/// Successive runs that each had failed targets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Incomplete {
    /// Unix seconds of the last run without failed targets, or of the first run.
    pub(crate) since: Option<i64>,
    /// The number of failed targets of the newest run.
    pub(crate) failed: i64,
    /// The first failure of the newest run.
    pub(crate) error: Option<String>,
}

/// The run that [`incomplete`] is about: the last one that saved anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LastSaving {
    /// No run has saved anything.
    Never,
    /// It is the last run of all.
    LastRun,
    /// The runs after it failed.
    BeforeFailures,
}

/// Warns when every run of the last three days had failed targets. The time is three times `hours` if that is longer.
pub(crate) fn incomplete(
    kind: Kind,
    incomplete: Option<&Incomplete>,
    last: LastSaving,
    now: i64,
    hours: u32,
) -> Check {
    let id = format!("partial_{kind}");
    let limit = (3 * i64::from(hours) * HOUR).max(3 * DAY);
    let metric = |seconds: i64| Metric::seconds(seconds).warn_above(limit);
    let run = match last {
        LastSaving::Never => {
            return Check::ok(id, format!("{kind}: no run has saved anything yet"))
                .with_metric(metric(0));
        }
        LastSaving::LastRun => "the last run",
        LastSaving::BeforeFailures => "the last run that saved anything",
    };
    let Some(incomplete) = incomplete else {
        return Check::ok(id, format!("{kind}: no target failed in {run}")).with_metric(metric(0));
    };
    let since = incomplete.since.filter(|at| !is_far_future(*at, now));
    let age = since.map_or(0, |at| now.saturating_sub(at).max(0));
    let why = incomplete.error.as_ref().map_or_else(String::new, |error| {
        format!("; the first failure of {run}: {error}")
    });
    let failed = match incomplete.failed {
        0 => format!("{run} was not complete"),
        number => format!("{} failed in {run}", count(number, "target")),
    };
    if age < limit {
        return Check::ok(id, format!("{kind}: {failed}")).with_metric(metric(age));
    }
    Check::finding(
        id,
        State::Warning,
        format!(
            "{kind}: {failed}, and no run since {} was without failures{why}",
            since.map_or_else(String::new, iso)
        ),
        format!("run `tornsnap -v fetch {kind}` and read what it says"),
    )
    .with_metric(metric(age))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z
    const FRESH: LastSuccess = LastSuccess {
        at: NOW - 600,
        is_incomplete: true,
    };

    fn make(number: usize, is_named: bool, answered_at: Option<i64>) -> Vec<Target> {
        (0..number)
            .map(|id| Target {
                name: format!("player {id}"),
                is_named,
                answered_at,
                known_since: None,
            })
            .collect()
    }

    #[test]
    fn a_few_stale_members_are_ok_and_one_of_track_is_a_warning() {
        let old = Some(NOW - 3 * DAY);
        let fresh = Some(NOW - 900);
        let state = |stale: Vec<Target>, well| {
            let all = [stale, make(well, false, fresh)].concat();
            targets(Kind::Players, &all, FRESH, NOW, 24).unwrap().state
        };
        let members = |number| make(number, false, old);
        let of_track = |number| make(number, true, old);

        assert_eq!(state(members(0), 116), State::Ok);
        assert_eq!(state(members(5), 95), State::Ok);
        assert_eq!(state(members(6), 94), State::Warning);
        assert_eq!(state(of_track(1), 115), State::Warning);
        assert_eq!(state(members(50), 50), State::Warning);
        assert_eq!(state(members(51), 50), State::Critical);
        assert_eq!(state(members(115), 1), State::Critical);
        assert_eq!(state(of_track(1), 0), State::Critical);
        assert_eq!(targets(Kind::Players, &[], FRESH, NOW, 24), None);
    }

    #[test]
    fn most_targets_stale_for_twice_the_time_are_critical_and_ages_end_at_the_last_success() {
        let state = |answered_at, last| {
            targets(Kind::Players, &make(9, false, answered_at), last, NOW, 24)
                .unwrap()
                .state
        };
        let last = |at, is_incomplete| LastSuccess { at, is_incomplete };

        assert_eq!(state(Some(NOW - 30 * HOUR), FRESH), State::Warning);
        assert_eq!(state(Some(NOW - 49 * HOUR), FRESH), State::Critical);
        assert_eq!(
            state(Some(NOW - 49 * HOUR), last(NOW - 48 * HOUR, true)),
            State::Ok,
            "nothing was fetched since"
        );
        let all_ok = last(NOW, false);
        assert_eq!(state(Some(NOW - 7 * DAY + 1), all_ok), State::Ok);
        assert_eq!(state(Some(NOW - 7 * DAY), all_ok), State::Warning);
        assert_eq!(state(Some(NOW - 14 * DAY), all_ok), State::Critical);
        assert_eq!(state(None, FRESH), State::Critical, "each run fails");
        assert_eq!(state(None, last(NOW, false)), State::Ok, "added just now");
        assert_eq!(
            state(Some(NOW + 2 * DAY), FRESH),
            State::Warning,
            "the time of the answer is unknown"
        );
        let mut joined = make(1, false, None);
        joined[0].known_since = Some(NOW - HOUR);
        let check = targets(Kind::Players, &joined, FRESH, NOW, 24).unwrap();
        assert_eq!(check.state, State::Ok, "followed for an hour");
    }

    #[test]
    fn the_oldest_target_is_named_with_its_timestamp() {
        let mut all = make(2, true, Some(NOW - 3 * DAY));
        all[1].answered_at = Some(NOW - 10 * DAY);
        all[1].name = "player 7 (Bob)".to_owned();
        all.extend(make(3, false, Some(NOW)));

        let check = targets(Kind::Players, &all, FRESH, NOW, 24).unwrap();

        assert_eq!(
            check.message,
            "2 of 5 followed players were last answered about more than 24 hours ago (oldest: player 7 (Bob), \
             2026-03-22T12:00:00Z; in [track]: player 0, player 7 (Bob))"
        );
    }

    #[test]
    fn runs_with_failed_targets_are_a_warning_after_three_days() {
        let state = |since, hours| {
            let runs = Incomplete {
                since,
                failed: 1,
                error: None,
            };
            incomplete(Kind::Wars, Some(&runs), LastSaving::LastRun, NOW, hours).state
        };

        assert_eq!(state(Some(NOW - 3 * DAY + 1), 24), State::Ok);
        assert_eq!(state(Some(NOW - 3 * DAY), 24), State::Warning);
        assert_eq!(state(Some(NOW - 3 * DAY), 1), State::Warning);
        assert_eq!(
            state(Some(NOW - 9 * DAY), 24 * 7),
            State::Ok,
            "a weekly fetch"
        );
        let none_failed = incomplete(Kind::Wars, None, LastSaving::LastRun, NOW, 24);
        assert_eq!(none_failed.state, State::Ok);
    }
}
