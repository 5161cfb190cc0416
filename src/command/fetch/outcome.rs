//! How an invocation ends, from how its kinds went.

use crate::command::Outcome;
use crate::command::fetch::report::{Report, RunReport};
use crate::command::torn::RunEnd;
use crate::error::{Error, Exit};
use crate::model::kind::Kind;
use crate::model::run::{Counts, RunStatus};
use crate::store::run::RunId;
use crate::store::save::RosterChange;

/// The results of one kind in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// As noted in `fetch_runs`.
    pub(super) counts: Counts,
    /// Answers that told something, a list of no wars included.
    pub(super) answers: u64,
    /// Failures of answers that did not fit.
    pub(super) rejected: u64,
    /// Failures that may pass by themselves.
    pub(super) passing: u64,
    /// Failures of ids that Torn does not know.
    pub(super) missing: u64,
}

/// How one kind went.
pub(super) struct KindRun {
    pub(super) kind: Kind,
    pub(super) status: RunStatus,
    pub(super) tally: Tally,
    pub(super) error: Option<String>,
    pub(super) run: RunId,
    pub(super) started_at: i64,
    pub(super) finished_at: i64,
    pub(super) roster: Option<RosterChange>,
}

/// The sums over all kinds.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    saved: u64,
    failed: u64,
    rejected: u64,
    passing: u64,
    missing: u64,
}

/// The end of an invocation, and its report as fields.
pub(crate) struct Fetched {
    pub(crate) outcome: Outcome,
    pub(crate) report: Report,
}

/// Derives the end of an invocation from its runs.
pub(super) fn conclude(
    runs: &[KindRun],
    end: Option<RunEnd>,
    signal: Option<Exit>,
    busy: &[Error],
) -> Fetched {
    let sum = |count: fn(&Tally) -> u64| runs.iter().map(|run| count(&run.tally)).sum::<u64>();
    let sums = Sums {
        saved: sum(|tally| tally.answers),
        failed: sum(|tally| tally.counts.failed),
        rejected: sum(|tally| tally.rejected),
        passing: sum(|tally| tally.passing),
        missing: sum(|tally| tally.missing),
    };
    let exit =
        signal.unwrap_or_else(|| exit(sums, end.as_ref().map(|end| end.exit), !busy.is_empty()));
    let first_error = runs.iter().find_map(|run| run.error.clone());
    let failure = failure(exit, sums, end, first_error, busy);
    let report = Report {
        runs: runs.iter().map(RunReport::from).collect(),
    };
    let outcome = Outcome {
        summary: Some(summary(runs)),
        failure: failure.map(|failure| failure.with_exit(exit)),
        ..Outcome::new(exit).with_report(&report)
    };
    Fetched { outcome, report }
}

/// The exit code of an invocation that nobody interrupted.
fn exit(sums: Sums, end: Option<Exit>, some_busy: bool) -> Exit {
    if sums.failed == 0 && end.is_none() && !some_busy {
        return Exit::Done;
    }
    if sums.saved > 0 {
        return Exit::Partial;
    }
    match end {
        Some(exit) => exit,
        None if sums.failed > 0 && sums.failed == sums.rejected => Exit::Protocol,
        None if sums.failed > 0 && sums.failed == sums.passing => Exit::TryLater,
        None => Exit::Partial,
    }
}

/// The failure to tell, if there is one.
fn failure(
    exit: Exit,
    sums: Sums,
    end: Option<RunEnd>,
    first_error: Option<String>,
    busy: &[Error],
) -> Option<Error> {
    match (exit, end) {
        (Exit::Done, _) => None,
        (Exit::Interrupted | Exit::Terminated, _) => {
            let why = "it was interrupted; what had arrived is saved";
            Some(Error::new("finish the fetch").with_source(why))
        }
        (_, Some(end)) => {
            let action = if sums.saved > 0 {
                "fetch everything"
            } else {
                "fetch anything"
            };
            Some(
                Error::new(action)
                    .with_source(end.reason)
                    .with_help(end.help),
            )
        }
        (Exit::Partial, None) if sums.failed == 0 => {
            let busy: Vec<String> = busy.iter().map(Error::one_line).collect();
            Some(Error::new("fetch everything").with_source(busy.join("; ")))
        }
        (exit, None) => {
            let Sums { saved, failed, .. } = sums;
            Some(
                Error::new(format!("fetch {failed} of {} targets", saved + failed))
                    .with_source(first_error.unwrap_or_else(|| "see the log".to_owned()))
                    .with_help(remedy(exit, sums)),
            )
        }
    }
}

fn remedy(exit: Exit, sums: Sums) -> &'static str {
    match exit {
        Exit::Protocol => {
            "look at the table rejected_payloads; a newer tornsnap may understand them"
        }
        Exit::TryLater => "run it again later; a scheduler may just try again",
        _ if sums.failed == sums.missing => {
            "check these ids; Torn is asked about them again after an hour, six hours, and then daily"
        }
        _ if sums.rejected > 0 => {
            "the next run tries them again; the table rejected_payloads has the answers that did not fit"
        }
        _ => "the next run tries them again",
    }
}

fn summary(runs: &[KindRun]) -> String {
    let kinds: Vec<String> = runs
        .iter()
        .map(|run| {
            let Counts {
                entities,
                appended,
                failed,
                ..
            } = run.tally.counts;
            let failed = if failed > 0 {
                format!(", {failed} failed")
            } else {
                String::new()
            };
            format!("{} {entities} saved ({appended} changed{failed})", run.kind)
        })
        .collect();
    let requests: u64 = runs.iter().map(|run| run.tally.counts.requests).sum();
    format!("fetched: {}; {requests} calls", kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_follows_from_what_was_saved_and_what_failed() {
        let sums = |saved, failed, rejected, passing| Sums {
            saved,
            failed,
            rejected,
            passing,
            missing: 0,
        };
        let later = Some(Exit::TryLater);
        let table = [
            (sums(5, 0, 0, 0), None, false, Exit::Done),
            (sums(0, 0, 0, 0), None, false, Exit::Done),
            (sums(5, 1, 1, 0), None, false, Exit::Partial),
            (sums(0, 2, 2, 0), None, false, Exit::Protocol),
            (sums(0, 2, 0, 2), None, false, Exit::TryLater),
            (sums(0, 2, 1, 1), None, false, Exit::Partial),
            (sums(0, 0, 0, 0), later, false, Exit::TryLater),
            (sums(1, 0, 0, 0), later, false, Exit::Partial),
            (sums(0, 0, 0, 0), Some(Exit::NoKey), false, Exit::NoKey),
            (sums(1, 0, 0, 0), None, true, Exit::Partial),
        ];
        for (sums, end, busy, expected) in table {
            assert_eq!(exit(sums, end, busy), expected, "{sums:?} {end:?} {busy}");
        }
    }
}
