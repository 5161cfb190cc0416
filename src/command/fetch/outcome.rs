//! Derives the exit code, the error and the summary of an invocation from its runs.

use crate::command::Outcome;
use crate::command::fetch::report::{Report, RunReport};
use crate::command::fetch::tally::FinishedRun;
use crate::command::torn::{RunEnd, with_address_of_torn};
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
    no_access: u64,
    missing: u64,
    listed: u64,
    unlearned: u64,
}

impl Totals {
    fn of(runs: &[FinishedRun]) -> Self {
        let mut totals = Self::default();
        for FinishedRun { tally, .. } in runs {
            totals.saved += tally.answers;
            totals.failed += tally.counts.failed;
            totals.rejected += tally.rejected;
            totals.passing += tally.passing;
            totals.no_access += tally.no_access;
            totals.missing += tally.missing;
            totals.listed += tally.listed;
            totals.unlearned += tally.unlearned;
        }
        totals
    }
}

/// The source of the ids to fetch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NamedBy {
    Configuration,
    Flags,
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
    address: &str,
    named_by: NamedBy,
) -> FetchOutcome {
    let totals = Totals::of(runs);
    let end = end.or_else(|| unreached(runs));
    let exit =
        signal.unwrap_or_else(|| exit(totals, end.as_ref().map(|end| end.exit), !busy.is_empty()));
    let first_error = runs.iter().find_map(|run| run.first_failure.clone());
    let failure =
        failure(exit, totals, end, first_error, busy, named_by).map(|failure| {
            match totals.no_access {
                0 => failure,
                _ => with_address_of_torn(failure, address),
            }
        });
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

/// The end of an invocation about whose targets Torn gave no usable answer.
fn unreached(runs: &[FinishedRun]) -> Option<RunEnd> {
    runs.iter()
        .all(|run| run.tally.is_unreached())
        .then(|| runs.iter().find_map(|run| run.unreached.clone()))?
}

/// The exit code of an invocation without a signal. `end` is the exit code of an early end.
fn exit(totals: Totals, end: Option<Exit>, some_busy: bool) -> Exit {
    if totals.failed == 0 && end.is_none() && !some_busy {
        return Exit::Done;
    }
    if totals.saved > 0 {
        return Exit::Partial;
    }
    // Nothing is saved, so the code says whether the same call can save something later.
    let causes = totals.failed - totals.unlearned;
    match end {
        Some(exit) => exit,
        // The misses are recorded, and decide when these ids are requested again.
        None if totals.missing > 0 => Exit::Partial,
        None if some_busy || totals.passing > 0 => Exit::TryLater,
        None if causes == totals.rejected => Exit::Protocol,
        None if causes == totals.no_access => Exit::NoKey,
        None => Exit::Failure,
    }
}

/// The error to print, if there is one.
fn failure(
    exit: Exit,
    totals: Totals,
    end: Option<RunEnd>,
    first_error: Option<String>,
    busy: &[Error],
    named_by: NamedBy,
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
        (_, None) if totals.failed == 0 => {
            let help = busy
                .iter()
                .find_map(Error::help)
                .unwrap_or("run it again later");
            let busy: Vec<String> = busy.iter().map(Error::one_line).collect();
            Some(
                Error::new("fetch everything")
                    .with_source(busy.join("; "))
                    .with_help(help),
            )
        }
        (exit, None) => {
            let Totals { saved, failed, .. } = totals;
            Some(
                Error::new(format!(
                    "fetch {failed} of {}",
                    count(saved + failed, "target")
                ))
                .with_help(help(exit, totals, named_by))
                .with_source(first_error.unwrap_or_else(|| "see the log".to_owned())),
            )
        }
    }
}

/// The next step when no key has the access for a call. No later run can cure that.
const NO_ACCESS: &str = "use a key with access to them, for example one of a member of the faction, or a Custom key with this \
                         selection: make it at https://www.torn.com/preferences.php#tab=api, then run `tornsnap init`";

fn help(exit: Exit, totals: Totals, named_by: NamedBy) -> &'static str {
    match exit {
        Exit::Protocol => {
            "look at the table rejected_payloads; a newer tornsnap may understand them"
        }
        Exit::TryLater => "run it again later",
        Exit::NoKey => NO_ACCESS,
        _ if totals.failed == totals.missing && totals.failed == totals.listed => {
            "look these ids up on torn.com; they are requested again after an hour, after six hours, and then daily, while the \
             roster lists them"
        }
        _ if totals.failed == totals.missing => match named_by {
            NamedBy::Configuration => {
                "correct these ids under [track], or remove them there; until then they are requested again after an hour, \
                 after six hours, and then daily"
            }
            NamedBy::Flags => {
                "look these ids up on torn.com, and name the right ones with --player and --faction"
            }
        },
        Exit::Failure => "`tornsnap config check --online` asks Torn about each key and each id",
        _ if totals.failed == totals.no_access => NO_ACCESS,
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

    const NONE: Totals = Totals {
        saved: 0,
        failed: 0,
        missing: 0,
        listed: 0,
        unlearned: 0,
        rejected: 0,
        passing: 0,
        no_access: 0,
    };

    #[test]
    fn a_run_that_saved_nothing_ends_with_the_code_of_its_causes() {
        let code = |failed: u64, causes: Totals| exit(Totals { failed, ..causes }, None, false);
        let rejected = |rejected| Totals { rejected, ..NONE };
        let passing = |passing| Totals { passing, ..NONE };
        let no_access = |no_access| Totals { no_access, ..NONE };

        assert_eq!(code(2, rejected(2)), Exit::Protocol);
        assert_eq!(code(2, passing(2)), Exit::TryLater);
        assert_eq!(code(2, no_access(2)), Exit::NoKey);
        assert_eq!(code(1, NONE), Exit::Failure);
        let mixed = Totals {
            rejected: 1,
            ..passing(1)
        };
        assert_eq!(code(2, mixed), Exit::TryLater);
        let mixed = Totals {
            rejected: 1,
            ..no_access(1)
        };
        assert_eq!(code(2, mixed), Exit::Failure);
        // A miss is recorded, so something is saved.
        let mixed = Totals {
            missing: 1,
            ..rejected(1)
        };
        assert_eq!(code(2, mixed), Exit::Partial);
    }

    #[test]
    fn a_run_that_saved_something_is_partial_if_anything_else_failed() {
        let saved = Totals { saved: 5, ..NONE };
        let with_failure = Totals { failed: 1, ..saved };

        assert_eq!(exit(saved, None, false), Exit::Done);
        assert_eq!(exit(with_failure, None, false), Exit::Partial);
        assert_eq!(exit(saved, Some(Exit::TryLater), false), Exit::Partial);
        assert_eq!(exit(saved, None, true), Exit::Partial);
    }

    #[test]
    fn an_early_end_gives_its_code_and_a_lock_means_to_try_later() {
        let failed = Totals { failed: 1, ..NONE };

        assert_eq!(exit(NONE, None, false), Exit::Done);
        assert_eq!(exit(NONE, Some(Exit::NoKey), false), Exit::NoKey);
        assert_eq!(exit(NONE, Some(Exit::TryLater), false), Exit::TryLater);
        assert_eq!(exit(NONE, None, true), Exit::TryLater);
        assert_eq!(exit(failed, None, true), Exit::TryLater);
    }
}
