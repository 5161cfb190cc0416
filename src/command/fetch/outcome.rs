//! Derives the exit code, the error and the summary of an invocation from its runs.

use crate::command::Outcome;
use crate::command::fetch::report::{Report, RunReport};
use crate::command::fetch::session::FinishedRun;
use crate::command::torn::RunEnd;
use crate::error::{Error, Exit};
use crate::model::run::Counts;
use crate::model::size::count;

/// The totals over all kinds.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    saved: u64,
    failed: u64,
    rejected: u64,
    passing: u64,
    missing: u64,
}

impl Totals {
    fn of(runs: &[FinishedRun]) -> Self {
        let mut totals = Self::default();
        for FinishedRun { tally, .. } in runs {
            totals.saved += tally.answers;
            totals.failed += tally.counts.failed;
            totals.rejected += tally.rejected;
            totals.passing += tally.passing;
            totals.missing += tally.missing;
        }
        totals
    }
}

/// The end of an invocation. `demo` reads the fields of the report.
pub(crate) struct FetchOutcome {
    pub(crate) outcome: Outcome,
    pub(crate) report: Report,
}

/// Derives the end of an invocation from its runs.
pub(super) fn conclude(
    runs: &[FinishedRun],
    end: Option<RunEnd>,
    signal: Option<Exit>,
    busy: &[Error],
) -> FetchOutcome {
    let totals = Totals::of(runs);
    let exit =
        signal.unwrap_or_else(|| exit(totals, end.as_ref().map(|end| end.exit), !busy.is_empty()));
    let first_error = runs.iter().find_map(|run| run.error.clone());
    let failure = failure(exit, totals, end, first_error, busy);
    let report = Report {
        runs: runs.iter().map(RunReport::from).collect(),
    };
    let outcome = Outcome {
        summary: Some(summary(runs)),
        failure: failure.map(|failure| failure.with_exit(exit)),
        ..Outcome::new(exit).with_report(&report)
    };
    FetchOutcome { outcome, report }
}

/// The exit code of an invocation without a signal. `end` is the exit code of an early end.
fn exit(totals: Totals, end: Option<Exit>, some_busy: bool) -> Exit {
    if totals.failed == 0 && end.is_none() && !some_busy {
        return Exit::Done;
    }
    if totals.saved > 0 {
        return Exit::Partial;
    }
    match end {
        Some(exit) => exit,
        None if totals.failed > 0 && totals.failed == totals.rejected => Exit::Protocol,
        None if totals.failed > 0 && totals.failed == totals.passing => Exit::TryLater,
        None => Exit::Partial,
    }
}

/// The error to print, if there is one.
fn failure(
    exit: Exit,
    totals: Totals,
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
            let action = if totals.saved > 0 {
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
        (Exit::Partial, None) if totals.failed == 0 => {
            let busy: Vec<String> = busy.iter().map(Error::one_line).collect();
            Some(Error::new("fetch everything").with_source(busy.join("; ")))
        }
        (exit, None) => {
            let Totals { saved, failed, .. } = totals;
            Some(
                Error::new(format!(
                    "fetch {failed} of {}",
                    count(saved + failed, "target")
                ))
                .with_help(help(exit, totals, first_error.as_deref()))
                .with_source(first_error.unwrap_or_else(|| "see the log".to_owned())),
            )
        }
    }
}

fn help(exit: Exit, totals: Totals, first_error: Option<&str>) -> &'static str {
    match exit {
        Exit::Protocol => {
            "look at the table rejected_payloads; a newer tornsnap may understand them"
        }
        Exit::TryLater => "run it again later",
        _ if totals.failed == totals.missing => {
            "check these ids; they are requested again after an hour, after six hours, and then daily"
        }
        // Torn's code for a key without the access, which no later run can cure.
        _ if first_error.is_some_and(|error| error.contains("error 16:")) => {
            "no key has the access for this call (a key with Public Only has it; a Custom key needs this selection): make \
             one at https://www.torn.com/preferences.php#tab=api, then run `tornsnap init`"
        }
        _ if totals.rejected > 0 => {
            "the next run tries them again; the table rejected_payloads has the answers that could not be decoded"
        }
        _ => "the next run tries them again",
    }
}

fn summary(runs: &[FinishedRun]) -> String {
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
    format!("fetched: {}; {}", kinds.join(", "), count(requests, "call"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_follows_from_what_was_saved_and_what_failed() {
        let totals = |saved, failed, rejected, passing| Totals {
            saved,
            failed,
            rejected,
            passing,
            missing: 0,
        };
        let later = Some(Exit::TryLater);
        let table = [
            (totals(5, 0, 0, 0), None, false, Exit::Done),
            (totals(0, 0, 0, 0), None, false, Exit::Done),
            (totals(5, 1, 1, 0), None, false, Exit::Partial),
            (totals(0, 2, 2, 0), None, false, Exit::Protocol),
            (totals(0, 2, 0, 2), None, false, Exit::TryLater),
            (totals(0, 2, 1, 1), None, false, Exit::Partial),
            (totals(0, 0, 0, 0), later, false, Exit::TryLater),
            (totals(1, 0, 0, 0), later, false, Exit::Partial),
            (totals(0, 0, 0, 0), Some(Exit::NoKey), false, Exit::NoKey),
            (totals(1, 0, 0, 0), None, true, Exit::Partial),
        ];
        for (totals, end, busy, expected) in table {
            assert_eq!(
                exit(totals, end, busy),
                expected,
                "{totals:?} {end:?} {busy}"
            );
        }
    }
}
