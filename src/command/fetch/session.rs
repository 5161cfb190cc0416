//! Runs the kinds of one invocation, one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::time::Instant;

use crate::api::error::ApiError;
use crate::api::request::Request;
use crate::api::wire::InvalidItem;
use crate::command::fetch::Scope;
use crate::command::fetch::scope::Targets;
use crate::command::fetch::tally::{FinishedRun, Tally};
use crate::command::fetch::wars::{AssaultedTiles, FactionWars};
use crate::command::signal::StopSignal;
use crate::command::torn::{Failure, RunEnd, TornClient};
use crate::config::{Record, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::elapsed::format_elapsed;
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::model::run::{Counts, FailureCause, RunFailure, RunStatus, TargetFailure};
use crate::model::size::count;
use crate::model::time::iso;
use crate::store::Store;
use crate::store::missing::Missing;
use crate::store::save::{Batch, Observation, RosterChange, is_data_error};

/// Tells the progress bar how many calls these kinds need.
pub(super) type Forecaster<'a> = dyn Fn(&Store, &[Kind]) -> Result<()> + 'a;

/// The state that the kinds of one invocation share.
pub(super) struct Session<'a> {
    pub(super) settings: &'a Settings,
    pub(super) scope: &'a Scope,
    pub(super) torn: &'a TornClient,
    pub(super) store: &'a mut Store,
    /// The current wars of factions. An answer about a faction can contain its wars, so one call is enough for both.
    pub(super) faction_wars: BTreeMap<FactionId, FactionWars>,
    /// Failures in the war lists of answers about factions. They are counted in the run of the wars.
    pub(super) war_failures: Vec<(FactionId, Failure)>,
    /// The tiles under assault in the whole game; `None` until their list has been read.
    pub(super) assaulted: Option<AssaultedTiles>,
    /// The failures that warnings have named.
    warned: BTreeSet<String>,
    stop: StopSignal,
    /// The number of calls that are counted in a finished run. Calls that check keys are counted in the first run.
    requests_recorded: u64,
    /// The kinds that have not ended.
    kinds_left: Vec<Kind>,
    /// The number of answers that each finished kind has saved.
    saved: Vec<(Kind, u64)>,
    forecast: &'a Forecaster<'a>,
    /// Why rosters could not be read, if the factions were fetched before and something failed.
    roster_failure: Option<RunFailure>,
}

/// A run of one kind that has not finished.
pub(super) struct ActiveRun {
    pub(super) kind: Kind,
    pub(super) batch: Batch,
    /// The start of the run, unix seconds. It decides what is due; rows carry the time of their answer.
    pub(super) now: i64,
    pub(super) tally: Tally,
    roster: Option<RosterChange>,
    first_failure: Option<TargetFailure>,
    /// The first error of a target about which Torn gave no usable answer.
    unanswered: Option<ApiError>,
    requests_before: u64,
    started: Instant,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        scope: &'a Scope,
        stop: StopSignal,
        torn: &'a TornClient,
        store: &'a mut Store,
        kinds: Vec<Kind>,
        forecast: &'a Forecaster<'a>,
    ) -> Self {
        Self {
            settings,
            scope,
            torn,
            store,
            faction_wars: BTreeMap::new(),
            war_failures: Vec::new(),
            assaulted: None,
            warned: BTreeSet::new(),
            stop,
            requests_recorded: 0,
            kinds_left: kinds,
            saved: Vec::new(),
            forecast,
            roster_failure: None,
        }
    }

    /// The exit code of the signal that was received, if any.
    pub(super) fn signal(&self) -> Option<Exit> {
        self.stop.received()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.signal().is_some()
    }

    /// Runs one kind, from the start to the end of its row in `fetch_runs`.
    pub(super) fn run_kind(&mut self, kind: Kind) -> Result<FinishedRun> {
        let mut run = self.start_run(kind)?;
        self.torn.progress().step(kind.as_str());
        let fetched = self.forecast().and_then(|()| self.fetch_kind(&mut run));
        self.kinds_left.retain(|left| *left != kind);
        self.finish_run(run, fetched)
    }

    /// Tells the progress bar how many calls are still to be made.
    pub(super) fn forecast(&self) -> Result<()> {
        if self.torn.progress().is_visible() {
            (self.forecast)(self.store, &self.kinds_left)?;
        }
        Ok(())
    }

    fn start_run(&mut self, kind: Kind) -> Result<ActiveRun> {
        let now = self.settings.clock.now();
        let id = self
            .store
            .start_run(kind, now, self.settings.config_file.as_deref())?;
        log::info!("fetching {kind}");
        Ok(ActiveRun {
            kind,
            batch: Batch {
                run: id,
                every_poll: self.settings.record == Record::EveryPoll,
            },
            now,
            tally: Tally::default(),
            roster: None,
            first_failure: None,
            unanswered: None,
            requests_before: self.requests_recorded,
            started: Instant::now(),
        })
    }

    fn fetch_kind(&mut self, run: &mut ActiveRun) -> Result<()> {
        if self.torn.is_over() {
            return Ok(());
        }
        match run.kind {
            Kind::Factions => {
                run.roster = Some(self.fetch_factions(run)?);
                Ok(())
            }
            Kind::Wars => self.fetch_wars(run),
            Kind::Players => self.fetch_players(run),
            Kind::Territories => self.fetch_territories(run),
        }
    }

    /// Records the end of a run.
    ///
    /// # Errors
    ///
    /// Returns the failure of the run itself, or else a failure to record its end.
    fn finish_run(&mut self, mut run: ActiveRun, fetched: Result<()>) -> Result<FinishedRun> {
        self.requests_recorded = self.torn.requests();
        run.tally.counts.requests = self.requests_recorded - run.requests_before;
        let end = self.torn.run_end();
        let clock = self.torn.take_clock_check();
        let status = self.status(&fetched, &run.tally, end.as_ref());
        let unreached = run.unreached(&self.torn.route());
        let first_failure = run.first_failure.as_ref().map(TargetFailure::text);
        let failure = fetched
            .as_ref()
            .err()
            .map(unsaved)
            .or(end.or(unreached.clone()).map(RunEnd::failure))
            .or(run.first_failure.take().map(|first| first.of_run(status)));
        if run.kind == Kind::Factions {
            self.roster_failure.clone_from(&failure);
        }
        run.log_end();
        let finished_at = self.settings.clock.now();
        let recorded = self.store.finish_run(
            run.batch.run,
            status,
            run.tally.counts,
            failure.as_ref(),
            finished_at,
            clock,
        );
        self.saved.push((run.kind, run.tally.counts.entities));
        fetched
            .and(recorded)
            .map_err(|error| self.with_saved(error))?;
        Ok(FinishedRun {
            kind: run.kind,
            status,
            tally: run.tally,
            error: failure.map(|failure| failure.message),
            first_failure,
            unreached,
            id: run.batch.run,
            started_at: run.now,
            finished_at,
            roster: run.roster,
        })
    }

    /// Adds to an error what was saved before it.
    fn with_saved(&self, error: Error) -> Error {
        let saved: Vec<String> = self
            .saved
            .iter()
            .filter(|(_, answers)| *answers > 0)
            .map(|(kind, answers)| format!("{answers} of {kind}"))
            .collect();
        let saved = match saved.as_slice() {
            [] => "nothing was saved before".to_owned(),
            _ => format!("saved before, and kept: {}", saved.join(", ")),
        };
        error.with_more_help(&saved)
    }

    fn status(&self, fetched: &Result<()>, tally: &Tally, end: Option<&RunEnd>) -> RunStatus {
        let ends_saving = end.is_some_and(|end| end.cause.ends_saving());
        match fetched {
            Ok(()) if self.is_stopped() => RunStatus::Interrupted,
            Ok(()) if tally.counts.failed == 0 && end.is_none() => RunStatus::Ok,
            Ok(()) if tally.answers > 0 && !ends_saving => RunStatus::Partial,
            _ => RunStatus::Failed,
        }
    }

    /// The followed factions to request. A run in which all of them are deferred fails, because it requests nothing.
    pub(super) fn factions_to_request(&mut self, run: &mut ActiveRun) -> Result<Vec<FactionId>> {
        let Targets { targets, deferred } = self.scope.followed_factions(self.store, run.now)?;
        run.leave_out("faction", &deferred, !targets.is_empty());
        Ok(targets)
    }

    /// Counts a failed target. Stores an answer that could not be decoded, and a miss of an id that Torn does not know.
    pub(super) fn record_failure(
        &mut self,
        run: &mut ActiveRun,
        target: &str,
        missing: Option<Missing>,
        failure: &Failure,
    ) -> Result<()> {
        if *failure == Failure::RunEnded {
            return Ok(());
        }
        let at = self.torn.now();
        if let Failure::Rejected(rejected) = failure {
            run.tally.rejected += 1;
            self.store.save_rejected(rejected, at)?;
        }
        if failure.is_missing() {
            run.tally.missing += 1;
            if let Some(missing) = missing {
                run.tally.listed += u64::from(self.scope.is_only_listed(missing));
                self.store.save_missing(missing, at)?;
            }
        }
        if failure.is_passing() || failure.is_daily_limit() {
            run.tally.passing += 1;
        }
        if let Some(error) = failure.unanswered() {
            run.tally.unanswered += 1;
            run.unanswered.get_or_insert_with(|| error.clone());
        }
        if failure.is_no_access() {
            run.tally.no_access += 1;
        }
        let failed = TargetFailure {
            target: target.to_owned(),
            message: failure.message(),
            cause: failure.cause(),
        };
        // Two kinds may need the same list.
        let text = failed.text();
        if self.warned.insert(text.clone()) {
            log::warn!("{text}");
        } else {
            log::info!("{text}");
        }
        run.count_failure(failed);
        Ok(())
    }

    /// Counts one failure for targets that are unknown because no roster could be read.
    pub(super) fn fail_unlearned(&self, run: &mut ActiveRun, targets: &str) {
        run.fail_unlearned(targets, self.roster_failure.as_ref());
    }

    /// Counts each item of a list that could not be decoded.
    pub(super) fn record_invalid(
        &mut self,
        run: &mut ActiveRun,
        request: &Request,
        target: &str,
        invalid: &[InvalidItem],
    ) -> Result<()> {
        for item in invalid {
            let failure = Failure::rejected_item(request, target, item);
            self.record_failure(run, target, None, &failure)?;
        }
        Ok(())
    }

    /// Saves a batch. If the database refuses the data of an item, the items are saved one by one, and only those that
    /// it refuses fail.
    pub(super) fn save_each<T>(
        &mut self,
        run: &mut ActiveRun,
        items: &[Observation<T>],
        name: impl Fn(&T) -> String,
        mut save: impl FnMut(&mut Store, &Batch, &[Observation<T>], &mut Counts) -> Result<()>,
    ) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        run.tally.counts.requests = self.torn.requests() - run.requests_before;
        let batch = run.batch;
        match save(self.store, &batch, items, &mut run.tally.counts) {
            Err(error) if is_data_error(&error) => {}
            saved => {
                saved?;
                run.tally.answers += items.len() as u64;
                return Ok(());
            }
        }
        for item in items {
            let one = std::slice::from_ref(item);
            let Err(error) = save(self.store, &batch, one, &mut run.tally.counts) else {
                run.tally.answers += 1;
                continue;
            };
            if !is_data_error(&error) {
                return Err(error);
            }
            let entity = name(&item.value);
            let failure = Failure::refused_by_database(&entity, &error);
            self.record_failure(run, &entity, None, &failure)?;
        }
        Ok(())
    }
}

impl ActiveRun {
    /// Logs the result of this kind in one sentence.
    fn log_end(&self) {
        let counts = self.tally.counts;
        let failed = match counts.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        log::info!(
            "{}: {} saved, {} of them with a change{failed}; {} in {}",
            self.kind,
            counts.entities,
            counts.entities.saturating_sub(counts.unchanged),
            count(counts.requests, "call"),
            format_elapsed(self.started.elapsed())
        );
    }

    /// Logs the targets that are deferred because Torn did not know their ids. If the run has no other target, it requests
    /// nothing, and each of them counts as failed.
    pub(super) fn leave_out<I: Display>(
        &mut self,
        noun: &str,
        deferred: &[(I, i64)],
        has_others: bool,
    ) {
        for (id, next_try) in deferred {
            let next_try = iso(*next_try);
            log::info!("{noun} {id}: Torn did not know this id; next request from {next_try} on");
        }
        if has_others || deferred.is_empty() {
            return;
        }
        let ids: Vec<String> = deferred.iter().map(|(id, _)| id.to_string()).collect();
        let (target, unknown, them) = match &ids[..] {
            [id] => (
                format!("{noun} {id}"),
                "Torn does not know this id",
                "it is",
            ),
            ids => (
                format!("{noun}s {}", ids.join(", ")),
                "Torn does not know these ids",
                "they are",
            ),
        };
        log::warn!("{target}: {unknown}; {them} requested less often now");
        self.tally.missing += deferred.len() as u64;
        // `count_failure` counts one of them.
        self.tally.counts.failed += deferred.len() as u64 - 1;
        self.count_failure(TargetFailure {
            target,
            message: unknown.to_owned(),
            cause: Some(FailureCause::Targets),
        });
    }

    /// Counts one failure for targets that are unknown, so that none of them can be requested. `cause`: why the rosters could
    /// not be read.
    fn fail_unlearned(&mut self, targets: &str, cause: Option<&RunFailure>) {
        const UNKNOWN: &str = "they are not known, because no roster could be read";
        log::warn!("{targets}: {UNKNOWN}");
        self.tally.unlearned += 1;
        self.count_failure(match cause {
            Some(RunFailure { message, cause }) => TargetFailure {
                target: format!("{targets}: {UNKNOWN}"),
                message: message.clone(),
                cause: *cause,
            },
            None => TargetFailure {
                target: targets.to_owned(),
                message: UNKNOWN.to_owned(),
                cause: None,
            },
        });
    }

    /// The end of a run about whose targets Torn gave no usable answer.
    fn unreached(&self, route: &str) -> Option<RunEnd> {
        let error = self.unanswered.as_ref()?;
        self.tally
            .is_unreached()
            .then(|| RunEnd::not_answering(error, route))
    }

    fn count_failure(&mut self, failure: TargetFailure) {
        self.tally.counts.failed += 1;
        self.first_failure.get_or_insert(failure);
    }
}

/// The failure of a run whose data could not be read from the database or saved in it.
fn unsaved(error: &Error) -> RunFailure {
    RunFailure {
        message: error.one_line(),
        cause: Some(FailureCause::Storage),
    }
}
