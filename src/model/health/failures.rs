//! The checks of failed runs. Runs of several kinds that failed for one cause are one finding.

use super::{Check, Metric, State};
use crate::model::kind::Kind;
use crate::model::run::{FailureCause, RunFailure};

/// The runs of one kind that failed since its last success.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FailedRuns {
    pub(crate) kind: Kind,
    /// Their number.
    pub(crate) in_a_row: i64,
    /// Unix seconds; `None` without such a run.
    pub(crate) newest_at: Option<i64>,
    /// The failure of the newest one.
    pub(crate) failure: Option<RunFailure>,
}

impl FailedRuns {
    fn cause(&self) -> Option<FailureCause> {
        self.failure.as_ref()?.cause.filter(|_| self.in_a_row > 0)
    }

    /// The error of the newest run: ": no answer within 20 seconds". Empty if it is not known.
    fn error(&self) -> String {
        let failure = self.failure.as_ref();
        failure.map_or_else(String::new, |failure| format!(": {}", failure.message))
    }

    /// "the last 3 runs failed"
    fn describe(&self) -> String {
        match self.in_a_row {
            1 => "the last run failed".to_owned(),
            number => format!("the last {number} runs failed"),
        }
    }
}

fn id_of(kind: Kind) -> String {
    format!("failures_{kind}")
}

/// Checks the number of failed runs since the last success: one is a warning, more than `most` are critical.
pub(crate) fn failures(failed: &FailedRuns, most: u32) -> Check {
    let (kind, number) = (failed.kind, failed.in_a_row);
    let id = id_of(kind);
    let most = i64::from(most);
    let metric = Metric::count(number).warn_above(0).critical_above(most);
    if number == 0 {
        let message = format!("{kind}: no run failed since the last success");
        return Check::ok(id, message).with_metric(metric);
    }
    let state = if number > most {
        State::Critical
    } else {
        State::Warning
    };
    Check::finding(
        id,
        state,
        format!("{kind}: {}{}", failed.describe(), failed.error()),
        format!("run `tornsnap -v fetch {kind}` and read what it says"),
    )
    .with_metric(metric)
}

/// The check about a cause that several kinds share, if no other check is about it.
const JOINED: &str = "fetches";

/// The checks that are about this cause. One of them has a finding while it lasts, or none.
fn checks_of(cause: FailureCause) -> &'static [&'static str] {
    match cause {
        FailureCause::Torn => &["address"],
        FailureCause::Keys => &["keys", "key_files"],
        FailureCause::Clock => &["clock"],
        FailureCause::Stopped => &["killed_runs"],
        FailureCause::Network
        | FailureCause::Answers
        | FailureCause::Targets
        | FailureCause::Configuration
        | FailureCause::Storage => &[],
    }
}

/// Makes one finding of the failed runs that have one cause: that of the check which is about the cause, or a new one. The
/// checks of the kinds keep their numbers, and name that check. It need not be about the same thing (another key may be paused),
/// so it gets the newest error too.
pub(crate) fn join_failures(checks: &mut Vec<Check>, failed: &[FailedRuns]) {
    for cause in FailureCause::ALL
        .into_iter()
        .filter(|cause| cause.is_shared())
    {
        let runs: Vec<&FailedRuns> = failed
            .iter()
            .filter(|runs| runs.cause() == Some(cause))
            .collect();
        let finding_of = |id: &&str| {
            let is_finding = |check: &Check| check.id == **id && check.state != State::Ok;
            checks.iter().position(is_finding)
        };
        let other = checks_of(cause).iter().find_map(finding_of);
        if runs.is_empty() || (runs.len() == 1 && other.is_none()) {
            continue;
        }
        let about = other
            .map_or(JOINED, |other| checks[other].id.as_str())
            .to_owned();
        let state = refer(checks, &runs, &about);
        if let Some(other) = other {
            let check = &mut checks[other];
            check.state = check.state.max(state);
            let failed = format!(
                "; the last runs of {} failed{}",
                list(&runs),
                newest_error(&runs)
            );
            check.message.push_str(&failed);
        } else {
            let first = checks.iter().position(|check| check.id.starts_with("age_"));
            checks.insert(first.unwrap_or(0), joined(cause, &runs, state));
        }
    }
}

/// Makes the checks of these kinds refer to the check `about`, which has advice for all. Returns the most severe state that the
/// checks of their failed runs had.
fn refer(checks: &mut [Check], runs: &[&FailedRuns], about: &str) -> State {
    let mut state = State::Ok;
    for failed in runs {
        let id = id_of(failed.kind);
        for check in checks.iter_mut().filter(|check| check.id == id) {
            state = state.max(check.state);
            check.state = State::Ok;
            check.help = None;
            check.message = format!(
                "{}: {}; see the check {about}",
                failed.kind,
                failed.describe()
            );
        }
        let kind = failed.kind;
        let others = [
            format!("age_{kind}"),
            format!("partial_{kind}"),
            format!("targets_{kind}"),
        ];
        // They keep their states, but a fetch, which their advice is, fails as the last ones did.
        for check in checks.iter_mut() {
            if check.state != State::Ok && others.contains(&check.id) {
                check.help = Some(format!("see the check {about}"));
            }
        }
    }
    state
}

/// The kinds: "players, factions and wars".
fn list(runs: &[&FailedRuns]) -> String {
    let names: Vec<&str> = runs.iter().map(|failed| failed.kind.as_str()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// The error of the newest of these runs, as in [`FailedRuns::error`].
fn newest_error(runs: &[&FailedRuns]) -> String {
    let newest = runs.iter().max_by_key(|failed| failed.newest_at);
    newest.map_or_else(String::new, |failed| failed.error())
}

fn joined(cause: FailureCause, runs: &[&FailedRuns], state: State) -> Check {
    let names = runs.iter().map(|failed| failed.kind.as_str());
    let check = match cause {
        FailureCause::Network => "check the network of this machine; ",
        FailureCause::Torn => "wait, because the next runs try again; if that does not help, ",
        FailureCause::Storage => "check the disk of the database, and who may write to it; ",
        FailureCause::Keys
        | FailureCause::Answers
        | FailureCause::Targets
        | FailureCause::Configuration
        | FailureCause::Clock
        | FailureCause::Stopped => "",
    };
    Check::finding(
        JOINED,
        state,
        format!(
            "nothing new of {} is saved, because their last runs failed{}",
            list(runs),
            newest_error(runs)
        ),
        format!("{check}run `tornsnap -v fetch all` and read what it says"),
    )
    .with_subjects(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: Kind, in_a_row: i64, cause: Option<FailureCause>) -> FailedRuns {
        FailedRuns {
            kind,
            in_a_row,
            newest_at: Some(in_a_row),
            failure: Some(RunFailure {
                message: "down".to_owned(),
                cause,
            }),
        }
    }

    /// The findings about these failed runs, as id and state.
    fn findings(all: &[FailedRuns], others: &[Check]) -> Vec<(String, State)> {
        let mut checks: Vec<Check> = all.iter().map(|runs| failures(runs, 3)).collect();
        checks.extend_from_slice(others);
        join_failures(&mut checks, all);
        let findings = checks.iter().filter(|check| check.state != State::Ok);
        findings
            .map(|check| (check.id.clone(), check.state))
            .collect()
    }

    #[test]
    fn one_failed_run_is_a_warning_and_more_than_the_limit_are_critical() {
        let state = |in_a_row| failures(&failed(Kind::Wars, in_a_row, None), 3).state;

        assert_eq!(state(0), State::Ok);
        assert_eq!(state(1), State::Warning);
        assert_eq!(state(3), State::Warning);
        assert_eq!(state(4), State::Critical);
    }

    #[test]
    fn kinds_with_one_cause_are_one_finding_of_the_most_severe_state() {
        let network = Some(FailureCause::Network);
        let all = [
            failed(Kind::Players, 1, network),
            failed(Kind::Wars, 4, network),
            failed(Kind::Factions, 0, network),
        ];

        assert_eq!(
            findings(&all, &[]),
            [("fetches".to_owned(), State::Critical)]
        );
    }

    #[test]
    fn different_and_unknown_causes_and_those_of_a_kind_stay_apart() {
        for (first, second) in [
            (None, None),
            (Some(FailureCause::Network), Some(FailureCause::Torn)),
            (Some(FailureCause::Targets), Some(FailureCause::Targets)),
        ] {
            let all = [
                failed(Kind::Players, 1, first),
                failed(Kind::Wars, 1, second),
            ];

            assert_eq!(findings(&all, &[]).len(), 2, "{first:?}");
        }
    }

    #[test]
    fn a_finding_about_the_cause_itself_gets_the_consequence() {
        let all = [failed(Kind::Players, 4, Some(FailureCause::Keys))];
        let keys = Check::finding("keys", State::Warning, "alice is refused", "replace it");

        assert_eq!(
            findings(&all, &[keys]),
            [("keys".to_owned(), State::Critical)]
        );
        let well = Check::ok("keys", "all work");
        assert_eq!(
            findings(&all, &[well]),
            [("failures_players".to_owned(), State::Critical)]
        );
    }
}
