//! How long ago Torn answered about each followed thing: runs that end well may still miss the same ones each time.

use super::{Check, State, Value, count};
use crate::model::kind::Kind;
use crate::model::time::{DAY, HOUR, is_far_future, iso};

/// How many ids a message names.
const NAMED: usize = 5;

/// One share in this many is a few: players who are new, renamed or hard to read.
const A_FEW: usize = 20;

const WEEK: i64 = 7 * DAY;

/// A followed player, faction or tile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Target {
    /// Such as "player 5 (Bob)".
    pub(crate) name: String,
    /// Whether `[track]` names it; otherwise a roster or a map does.
    pub(crate) is_named: bool,
    /// When Torn last answered about it; `None`: never.
    pub(crate) answered_at: Option<i64>,
    /// When it was first heard of, which counts where Torn never answered.
    pub(crate) known_since: Option<i64>,
}

/// The last success of a kind, and whether it had failures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LastSuccess {
    /// When.
    pub(crate) at: i64,
    /// Whether some of its targets failed.
    pub(crate) is_incomplete: bool,
}

/// How many targets of a kind Torn has not answered about in time.
///
/// The time counts back from the last success, since how old that is, is the business of another check. Where the last
/// success had no failures, they were not asked about: they may be new, or runs are restricted to others. Then the time is
/// a week at least.
///
/// A warning when one of them is named in `[track]`, or when they are more than 5 % of all; critical when they are more
/// than half, and that for twice the time.
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
    let ages: Vec<i64> = targets
        .iter()
        .map(|target| unanswered_for(target, last, now))
        .collect();
    let silent: Vec<&Target> = targets
        .iter()
        .zip(&ages)
        .filter(|(_, age)| **age >= limit)
        .map(|(target, _)| target)
        .collect();
    let named: Vec<&Target> = silent
        .iter()
        .copied()
        .filter(|target| target.is_named)
        .collect();
    let few = if named.is_empty() {
        targets.len() / A_FEW
    } else {
        0
    };
    let state = match ages.iter().filter(|age| **age >= 2 * limit).count() {
        very_silent if 2 * very_silent > targets.len() => State::Critical,
        _ if silent.len() > few => State::Warning,
        _ => State::Ok,
    };
    let check = in_words(kind, targets.len(), &silent, &named, state, limit, now);
    Some(check.with(Value {
        warning: Some(count(few)),
        ..Value::plain(count(silent.len()), "")
    }))
}

/// Seconds from the last answer about a target, or from when it was first heard of, to the last success.
fn unanswered_for(target: &Target, last: LastSuccess, now: i64) -> i64 {
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

fn in_words(
    kind: Kind,
    all: usize,
    silent: &[&Target],
    named: &[&Target],
    state: State,
    limit: i64,
    now: i64,
) -> Check {
    let id = format!("targets_{kind}");
    let what = match kind {
        Kind::Players => "followed players",
        Kind::Factions => "followed factions",
        Kind::Wars => "lists of a followed faction's wars",
        Kind::Territories => "followed tiles",
    };
    if silent.is_empty() {
        return Check::ok(id, format!("Torn answers about each of {all} {what}"));
    }
    let message = format!(
        "{} of {all} {what} were last answered about more than {} ago ({})",
        silent.len(),
        in_hours(limit),
        examples(silent, named, now)
    );
    if state == State::Ok {
        return Check::ok(id, message);
    }
    let remedy = format!("run `tornsnap -v fetch {kind}` and read what it says of them");
    let subjects = if named.len() > NAMED {
        Vec::new()
    } else {
        named.iter().map(|target| target.name.clone()).collect()
    };
    Check::bad(id, state, message, remedy).about(subjects)
}

/// A limit in the unit of the configuration.
fn in_hours(limit: i64) -> String {
    if limit == WEEK {
        return "7 days".to_owned();
    }
    match limit / HOUR {
        1 => "1 hour".to_owned(),
        hours => format!("{hours} hours"),
    }
}

/// The oldest, and those of `[track]`.
fn examples(silent: &[&Target], named: &[&Target], now: i64) -> String {
    let answered = |target: &Target| target.answered_at.filter(|at| !is_far_future(*at, now));
    let mut text = String::new();
    if let Some(oldest) = silent.iter().min_by_key(|target| answered(target)) {
        let when = answered(oldest).map_or_else(|| "never".to_owned(), iso);
        text = format!("oldest: {}, {when}", oldest.name);
    }
    if !named.is_empty() {
        let first: Vec<&str> = named
            .iter()
            .take(NAMED)
            .map(|target| target.name.as_str())
            .collect();
        let more = match named.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text = format!("{text}; in [track]: {}{more}", first.join(", "));
    }
    text
}

/// Runs that each had failed targets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Incomplete {
    /// The last run without any, or else the first run.
    pub(crate) since: Option<i64>,
    /// Failed targets of the newest run.
    pub(crate) failed: i64,
    /// The newest failure.
    pub(crate) error: Option<String>,
}

/// Whether each run for days has had failed targets: a warning after three days, or three times `hours` where that is
/// longer.
pub(crate) fn incomplete(
    kind: Kind,
    incomplete: Option<&Incomplete>,
    now: i64,
    hours: u32,
) -> Check {
    let id = format!("partial_{kind}");
    let limit = (3 * i64::from(hours) * HOUR).max(3 * DAY);
    let value = |seconds: i64| Value {
        warning: Some(limit),
        ..Value::plain(seconds, "s")
    };
    let Some(incomplete) = incomplete else {
        return Check::ok(id, format!("{kind}: no target failed in the last run")).with(value(0));
    };
    let since = incomplete.since.filter(|at| !is_far_future(*at, now));
    let age = since.map_or(0, |at| now.saturating_sub(at).max(0));
    let why = incomplete.error.as_ref().map_or_else(String::new, |error| {
        format!("; the first failure of the last run: {error}")
    });
    let failed = match incomplete.failed {
        0 => "the last run was not complete".to_owned(),
        1 => "1 target failed in the last run".to_owned(),
        number => format!("{number} targets failed in the last run"),
    };
    if age < limit {
        return Check::ok(id, format!("{kind}: {failed}")).with(value(age));
    }
    Check::bad(
        id,
        State::Warning,
        format!(
            "{kind}: {failed}, and no run since {} was without failures{why}",
            since.map_or_else(String::new, iso)
        ),
        format!("run `tornsnap -v fetch {kind}` and read what it says"),
    )
    .with(value(age))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z
    const FRESH: LastSuccess = LastSuccess {
        at: NOW - 600,
        is_incomplete: true,
    };

    fn some(number: usize, is_named: bool, answered_at: Option<i64>) -> Vec<Target> {
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
    fn a_few_members_are_no_finding_and_one_of_track_is() {
        let old = Some(NOW - 3 * DAY);
        let fresh = Some(NOW - 900);
        for (stale, named, well, state) in [
            (0, 0, 116, State::Ok),
            (5, 0, 95, State::Ok),
            (6, 0, 94, State::Warning),
            (0, 1, 115, State::Warning),
            (50, 0, 50, State::Warning),
            (51, 0, 50, State::Critical),
            (115, 0, 1, State::Critical),
            (0, 1, 0, State::Critical),
        ] {
            let all = [
                some(stale, false, old),
                some(named, true, old),
                some(well, false, fresh),
            ]
            .concat();

            let check = targets(Kind::Players, &all, FRESH, NOW, 24).unwrap();

            assert_eq!(check.state, state, "{stale} {named} {well}");
        }
        assert_eq!(targets(Kind::Players, &[], FRESH, NOW, 24), None);
    }

    #[test]
    fn most_are_critical_after_twice_the_time_and_the_time_ends_with_the_last_success() {
        let state = |answered_at, last| {
            targets(Kind::Players, &some(9, false, answered_at), last, NOW, 24)
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
            State::Critical,
            "a moment of the future is none"
        );
        let mut joined = some(1, false, Some(NOW + 9 * DAY));
        joined[0].known_since = Some(NOW - HOUR);
        let check = targets(Kind::Players, &joined, FRESH, NOW, 24).unwrap();
        assert_eq!(check.state, State::Ok, "followed for an hour");
    }

    #[test]
    fn the_oldest_is_named_with_its_moment() {
        let mut all = some(2, true, Some(NOW - 3 * DAY));
        all[1].answered_at = Some(NOW - 10 * DAY);
        all[1].name = "player 7 (Bob)".to_owned();
        all.extend(some(3, false, Some(NOW)));

        let check = targets(Kind::Players, &all, FRESH, NOW, 24).unwrap();

        assert_eq!(
            check.message,
            "2 of 5 followed players were last answered about more than 24 hours ago (oldest: player 7 (Bob), \
             2026-03-22T12:00:00Z; in [track]: player 0, player 7 (Bob))"
        );
    }

    #[test]
    fn runs_with_failures_are_a_finding_after_three_days() {
        let state = |since, hours| {
            let runs = Incomplete {
                since,
                failed: 1,
                error: None,
            };
            incomplete(Kind::Wars, Some(&runs), NOW, hours).state
        };

        assert_eq!(state(Some(NOW - 3 * DAY + 1), 24), State::Ok);
        assert_eq!(state(Some(NOW - 3 * DAY), 24), State::Warning);
        assert_eq!(state(Some(NOW - 3 * DAY), 1), State::Warning);
        assert_eq!(
            state(Some(NOW - 9 * DAY), 24 * 7),
            State::Ok,
            "a weekly fetch"
        );
        assert_eq!(incomplete(Kind::Wars, None, NOW, 24).state, State::Ok);
    }
}
