//! The kinds of one invocation, run one after the other.

use std::collections::BTreeMap;

use crate::api::request::Request;
use crate::api::wire::InvalidItem;
use crate::command::fetch::Scope;
use crate::command::fetch::outcome::{KindRun, Tally};
use crate::command::fetch::scope::FollowedFactions;
use crate::command::fetch::wars::{Assaulted, WarsSeen};
use crate::command::signal::Stop;
use crate::command::torn::{Failure, TornClient};
use crate::config::{Record, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::model::run::{Counts, RunStatus};
use crate::model::time::iso;
use crate::output::progress::Progress;
use crate::store::Store;
use crate::store::missing::Missing;
use crate::store::run::{Rejected, RunId};
use crate::store::save::{Batch, Sourced, is_about_the_data};

/// State that the kinds of one invocation share.
pub(super) struct Session<'a> {
    pub(super) settings: &'a Settings,
    pub(super) scope: &'a Scope,
    pub(super) torn: &'a TornClient,
    pub(super) store: &'a mut Store,
    /// Wars that came with the factions, so that they need not be asked about again.
    pub(super) wars_seen: BTreeMap<FactionId, WarsSeen>,
    /// Failures of the war lists that came with the factions. They count for the kind of wars.
    pub(super) war_failures: Vec<(FactionId, Failure)>,
    /// The tiles under assault in the whole game, once their list was read.
    pub(super) assaulted: Option<Assaulted>,
    stop: Stop,
    /// Calls that stand in a run already. Those about keys stand in the first one.
    requests_noted: u64,
    shows_progress: bool,
}

/// A run of one kind while it is under way.
pub(super) struct Work {
    pub(super) batch: Batch,
    /// The start of the run, unix seconds. Decisions about what is due go by it; rows carry the time of their answer.
    pub(super) now: i64,
    pub(super) tally: Tally,
    pub(super) progress: Progress,
    first_error: Option<String>,
    requests_before: u64,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        scope: &'a Scope,
        stop: Stop,
        torn: &'a TornClient,
        store: &'a mut Store,
        shows_progress: bool,
    ) -> Self {
        Self {
            settings,
            scope,
            torn,
            store,
            wars_seen: BTreeMap::new(),
            war_failures: Vec::new(),
            assaulted: None,
            stop,
            requests_noted: 0,
            shows_progress,
        }
    }

    /// How the process should end, if a signal asked it to.
    pub(super) fn signal(&self) -> Option<Exit> {
        self.stop.asked()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.signal().is_some()
    }

    /// Runs one kind from its first call to its row in `fetch_runs`.
    pub(super) fn run_kind(&mut self, kind: Kind) -> Result<KindRun> {
        let now = self.settings.clock.now();
        let run = self.store.start_run(kind, now)?;
        log::info!("fetching {kind}");
        let mut work = self.begin(kind, run, now);
        let mut roster = None;
        let done = match kind {
            _ if self.torn.is_over() => Ok(()),
            Kind::Factions => self
                .fetch_factions(&mut work)
                .map(|change| roster = Some(change)),
            Kind::Wars => self.fetch_wars(&mut work),
            Kind::Players => self.fetch_players(&mut work),
            Kind::Territories => self.fetch_territories(&mut work),
        };
        self.requests_noted = self.torn.requests();
        work.tally.counts.requests = self.requests_noted - work.requests_before;
        let end = self.torn.run_end();
        let real_time = end.as_ref().and_then(|end| end.real_time);
        let status = self.status(&done, &work.tally, end.is_some());
        let error = done
            .as_ref()
            .err()
            .map(Error::one_line)
            .or(end.map(|end| end.reason))
            .or(work.first_error.take());
        let finished_at = self.settings.clock.now();
        let noted = self.store.finish_run(
            run,
            status,
            work.tally.counts,
            error.as_deref(),
            finished_at,
            real_time,
        );
        // The failure of the work itself says more than that of noting its end.
        done.and(noted)?;
        Ok(KindRun {
            kind,
            status,
            tally: work.tally,
            error,
            run,
            started_at: now,
            finished_at,
            roster,
        })
    }

    fn begin(&self, kind: Kind, run: RunId, now: i64) -> Work {
        Work {
            batch: Batch {
                run,
                every_poll: self.settings.record == Record::EveryPoll,
            },
            now,
            tally: Tally::default(),
            progress: Progress::start(kind.as_str(), 0, self.shows_progress),
            first_error: None,
            requests_before: self.requests_noted,
        }
    }

    fn status(&self, done: &Result<()>, tally: &Tally, ended_early: bool) -> RunStatus {
        match done {
            Err(_) if tally.answers == 0 => RunStatus::Failed,
            Err(_) => RunStatus::Partial,
            Ok(()) if self.is_stopped() => RunStatus::Interrupted,
            Ok(()) if tally.counts.failed == 0 && !ended_early => RunStatus::Ok,
            Ok(()) if tally.answers > 0 => RunStatus::Partial,
            Ok(()) => RunStatus::Failed,
        }
    }

    /// The followed factions to ask about. If all of them rest, the run has failed: it asks about nothing.
    pub(super) fn followed(&mut self, work: &mut Work) -> Result<FollowedFactions> {
        let followed = self.scope.followed_factions(self.store, work.now)?;
        for (id, next_try) in &followed.resting {
            let next_try = iso(*next_try);
            log::info!("faction {id}: Torn did not know this id; asked again from {next_try}");
        }
        if followed.targets.is_empty() && !followed.resting.is_empty() {
            let ids: Vec<String> = followed
                .resting
                .iter()
                .map(|(id, _)| id.to_string())
                .collect();
            work.fail_as_all_rest(&format!("factions {}", ids.join(", ")));
        }
        Ok(followed)
    }

    /// Counts a target that could not be had, and keeps what can be learnt from it.
    pub(super) fn fail(
        &mut self,
        work: &mut Work,
        target: &str,
        missing: Option<Missing>,
        failure: &Failure,
    ) -> Result<()> {
        if *failure == Failure::RunEnded {
            return Ok(());
        }
        let at = self.torn.now();
        if let Failure::Rejected(rejected) = failure {
            work.tally.rejected += 1;
            self.store.save_rejected(rejected, at)?;
        }
        if failure.is_missing() {
            work.tally.missing += 1;
            if let Some(missing) = missing {
                self.store.save_missing(missing, at)?;
            }
        }
        if failure.is_passing() {
            work.tally.passing += 1;
        }
        let words = failure.message();
        log::warn!("{target}: {words}");
        work.count_failure(format!("{target}: {words}"));
        Ok(())
    }

    /// Counts the items of a list that do not fit, one by one.
    pub(super) fn fail_each(
        &mut self,
        work: &mut Work,
        request: &Request,
        target: &str,
        invalid: &[InvalidItem],
    ) -> Result<()> {
        for item in invalid {
            let failure = rejected_item(request, target, item);
            self.fail(work, target, None, &failure)?;
        }
        Ok(())
    }

    /// Saves a batch. When the database refuses the data of one item, that item fails and the others are saved.
    pub(super) fn save_each<T>(
        &mut self,
        work: &mut Work,
        items: &[Sourced<T>],
        name: impl Fn(&T) -> String,
        mut save: impl FnMut(&mut Store, &Batch, &[Sourced<T>], &mut Counts) -> Result<()>,
    ) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        work.tally.counts.requests = self.torn.requests() - work.requests_before;
        let batch = work.batch;
        match save(self.store, &batch, items, &mut work.tally.counts) {
            Err(error) if is_about_the_data(&error) => {}
            saved => {
                saved?;
                work.tally.answers += items.len() as u64;
                return Ok(());
            }
        }
        for item in items {
            let one = std::slice::from_ref(item);
            let Err(error) = save(self.store, &batch, one, &mut work.tally.counts) else {
                work.tally.answers += 1;
                continue;
            };
            if !is_about_the_data(&error) {
                return Err(error);
            }
            let entity = name(&item.value);
            let failure = Failure::Rejected(Box::new(Rejected {
                endpoint: "-".to_owned(),
                entity: entity.clone(),
                json_path: "-".to_owned(),
                error: error.one_line(),
                body: String::new(),
            }));
            self.fail(work, &entity, None, &failure)?;
        }
        Ok(())
    }
}

impl Work {
    /// Everything that is followed rests, so this run asks about nothing: that is a failure.
    pub(super) fn fail_as_all_rest(&mut self, what: &str) {
        log::warn!("{what}: Torn does not know these ids; they are asked about only now and then");
        self.tally.missing += 1;
        self.count_failure(format!("{what}: Torn does not know these ids"));
    }

    fn count_failure(&mut self, words: String) {
        self.tally.counts.failed += 1;
        self.first_error.get_or_insert(words);
    }
}

/// An item of a list that does not fit.
pub(super) fn rejected_item(request: &Request, entity: &str, item: &InvalidItem) -> Failure {
    Failure::rejected(request, entity, &item.error, item.item.to_string())
}
