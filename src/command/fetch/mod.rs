//! `tornsnap fetch`: ask Torn, keep the answers.

mod caller;
mod factions;
mod harvest;
mod plan;
mod players;
mod territories;
mod wars;

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::api::request::Request;
use crate::api::wire::Misfit;
pub use caller::{Caller, Ending, Failure};

use crate::command::fetch::caller::Reply;
use crate::command::signal::Stop;
use crate::command::{Context, Outcome};
use crate::config::{Record, Settings, Territories, Track, Wars};
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::kind::Kind;
use crate::model::run::{Counts, RunStatus};
use crate::model::war::War;
use crate::output::progress::Progress;
use crate::store::Store;
use crate::store::lock::Lock;
use crate::store::run::{Missing, Rejected, RunId};
use crate::store::save::{Batch, RosterChange, Sourced};

/// Ask Torn about what is followed, and keep the answers
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  tornsnap fetch all                  everything that the configuration follows
  tornsnap -q fetch players factions  as cron runs it: silent unless something fails
  tornsnap fetch players --player 1   just this player, followed or not
  tornsnap fetch all --plan           which calls would be made, without making any")]
pub struct Args {
    /// What to fetch
    #[arg(required = true, value_name = "KIND")]
    pub kinds: Vec<KindWord>,
    /// Only these players, followed or not
    #[arg(long = "player", value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub players: Vec<PlayerId>,
    /// Only these factions (for players: their members), followed or not
    #[arg(long = "faction", value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub factions: Vec<FactionId>,
    /// Show the calls that would be made, per key and minute, and make none
    #[arg(long)]
    pub plan: bool,
}

/// A kind as it is typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum KindWord {
    /// Players, and the members of followed factions
    Players,
    /// Factions and their rosters
    Factions,
    /// Ranked and territory wars
    Wars,
    /// Tiles, their owners and rackets
    Territories,
    /// All four
    All,
}

impl KindWord {
    fn kind(self) -> Option<Kind> {
        match self {
            Self::Players => Some(Kind::Players),
            Self::Factions => Some(Kind::Factions),
            Self::Wars => Some(Kind::Wars),
            Self::Territories => Some(Kind::Territories),
            Self::All => None,
        }
    }
}

/// What one invocation is about: the configuration, narrowed by the flags.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The kinds, in the order in which they are asked about.
    pub kinds: Vec<Kind>,
    /// What to follow, after `--player` and `--faction`.
    pub track: Track,
    /// Factions that count as ours (`defending`), whatever the flags say.
    pub ours: BTreeSet<FactionId>,
    /// Whether targets were named on the command line.
    pub named: bool,
}

impl Scope {
    /// All kinds, as the configuration has it.
    pub fn everything(settings: &Settings) -> Self {
        Self {
            kinds: Kind::ALL
                .into_iter()
                .filter(|kind| settings.track.follows(*kind))
                .collect(),
            track: settings.track.clone(),
            ours: settings.track.factions.clone(),
            named: false,
        }
    }

    fn new(settings: &Settings, args: &Args) -> Self {
        let named = !args.players.is_empty() || !args.factions.is_empty();
        let mut track = settings.track.clone();
        if named {
            track.players = args.players.iter().copied().collect();
            track.factions = args.factions.iter().copied().collect();
            track.members = true;
            track.wars = Wars::Tracked;
            track.territories = Territories::Tracked;
        }
        // `all` means all that is followed; a kind that was typed is asked about in any case.
        let wanted = |kind: Kind| {
            args.kinds.iter().any(|word| match word.kind() {
                Some(word) => word == kind,
                None => track.follows(kind),
            })
        };
        let kinds = Kind::ALL.into_iter().filter(|kind| wanted(*kind)).collect();
        Self {
            kinds,
            ours: settings.track.factions.clone(),
            track,
            named,
        }
    }
}

/// Fetches each kind in turn.
pub fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let scope = Scope::new(&context.settings, args);
    if args.plan {
        return plan::show(context, &scope);
    }
    fetch(
        &context.settings,
        &scope,
        Stop::listen()?,
        context.shows_progress(),
    )
}

/// The work of one invocation, as `demo` does it too.
pub fn fetch(
    settings: &Settings,
    scope: &Scope,
    stop: Stop,
    shows_progress: bool,
) -> Result<Outcome> {
    let mut store = Store::open(&settings.database)?;
    if !scope.kinds.iter().any(|kind| scope.track.follows(*kind)) {
        log::warn!(
            "nothing of that is followed: add ids under [track] in the configuration, or name some here"
        );
    }
    let (locks, busy) = take_locks(settings, scope)?;
    let mut runs = Vec::new();
    let caller = match Caller::new(settings, stop.clone()) {
        Ok(caller) => caller,
        Err(error) => {
            note_failed_start(
                &mut store,
                settings,
                locks.iter().map(|(kind, _)| *kind),
                &error,
            )?;
            return Err(error);
        }
    };
    let mut session = Session {
        settings,
        scope,
        stop,
        caller: &caller,
        store: &mut store,
        wars_seen: BTreeMap::new(),
        requests_noted: 0,
        shows_progress,
    };
    for (kind, _lock) in &locks {
        runs.push(session.run_kind(*kind)?);
        // A run that is over before its end fails for the kinds that are left, too: `health` counts those.
        if session.stop.asked().is_some() {
            break;
        }
    }
    let signal = session.stop.asked();
    caller.note_use()?;
    store.checkpoint()?;
    Ok(conclude(&runs, caller.ending(), signal, &busy))
}

/// What the kinds of one invocation share.
struct Session<'a> {
    settings: &'a Settings,
    scope: &'a Scope,
    stop: Stop,
    caller: &'a Caller,
    store: &'a mut Store,
    /// Wars that came with the factions, so that they need not be asked about again.
    wars_seen: BTreeMap<FactionId, WarsSeen>,
    /// Calls that stand in a run already; those about keys stand in the first one.
    requests_noted: u64,
    shows_progress: bool,
}

/// The wars that a faction's answer listed.
struct WarsSeen {
    wars: Vec<War>,
    /// Whether all of it could be read.
    is_complete: bool,
    source: String,
}

impl WarsSeen {
    /// The tiles that are fought over; `None`: part of the list could not be read.
    fn assaulted(&self) -> Option<BTreeSet<TerritoryId>> {
        let unfinished = self.wars.iter().filter(|war| !war.status.is_over());
        self.is_complete
            .then(|| unfinished.filter_map(|war| war.territory).collect())
    }
}

/// How one kind went.
struct KindRun {
    kind: Kind,
    status: RunStatus,
    counts: Counts,
    rejected: u64,
    passing: u64,
    missing: u64,
    error: Option<String>,
    run: RunId,
    started_at: i64,
    finished_at: i64,
    roster: Option<RosterChange>,
}

/// A run of one kind while it is under way.
struct Work {
    batch: Batch,
    counts: Counts,
    /// Answers that did not fit, of the failed ones.
    rejected: u64,
    /// Passing faults, of the failed ones.
    passing: u64,
    /// Ids that Torn does not know, of the failed ones.
    missing: u64,
    first_error: Option<String>,
    requests_before: u64,
    progress: Progress,
}

impl Session<'_> {
    fn run_kind(&mut self, kind: Kind) -> Result<KindRun> {
        let now = self.settings.clock.now();
        let run = self.store.start_run(kind, now)?;
        log::info!("fetching {kind}");
        let mut work = Work {
            batch: self.batch(run, now),
            counts: Counts::default(),
            rejected: 0,
            passing: 0,
            missing: 0,
            first_error: None,
            requests_before: self.requests_noted,
            progress: Progress::start(kind.as_str(), 0, self.shows_progress),
        };
        let mut roster = None;
        let done = match kind {
            _ if self.caller.is_over() => Ok(()),
            Kind::Factions => self
                .fetch_factions(&mut work)
                .map(|change| roster = Some(change)),
            Kind::Wars => self.fetch_wars(&mut work),
            Kind::Players => self.fetch_players(&mut work),
            Kind::Territories => self.fetch_territories(&mut work),
        };
        self.requests_noted = self.caller.requests();
        work.counts.requests = self.requests_noted - work.requests_before;
        let ending = self.caller.ending();
        let status = match &done {
            Err(_) if work.counts.entities == 0 => RunStatus::Failed,
            Err(_) => RunStatus::Partial,
            Ok(()) if self.stop.asked().is_some() => RunStatus::Interrupted,
            Ok(()) if work.counts.failed == 0 && ending.is_none() => RunStatus::Ok,
            Ok(()) if work.counts.entities > 0 => RunStatus::Partial,
            Ok(()) => RunStatus::Failed,
        };
        let error = done
            .as_ref()
            .err()
            .map(Error::on_one_line)
            .or(ending.map(|ending| ending.why))
            .or(work.first_error.take());
        let end = self.settings.clock.now();
        let noted = self
            .store
            .finish_run(run, status, work.counts, error.as_deref(), end);
        // The failure of the work itself says more than that of noting its end.
        done.and(noted)?;
        Ok(KindRun {
            kind,
            status,
            counts: work.counts,
            rejected: work.rejected,
            passing: work.passing,
            missing: work.missing,
            error,
            run,
            started_at: now,
            finished_at: end,
            roster,
        })
    }

    fn batch(&self, run: RunId, now: i64) -> Batch {
        Batch {
            run,
            now,
            every_poll: self.settings.record == Record::EveryPoll,
        }
    }

    /// Counts a target that could not be had, and keeps what can be learnt from it.
    fn fail(
        &mut self,
        work: &mut Work,
        target: &str,
        missing: Option<Missing>,
        failure: &Failure,
    ) -> Result<()> {
        let words = failure.in_words();
        match failure {
            Failure::RunOver => return Ok(()),
            Failure::Rejected(rejected) => {
                work.rejected += 1;
                self.store.save_rejected(rejected, work.batch.now)?;
            }
            Failure::Missing(_) => {
                work.missing += 1;
                if let Some(missing) = missing {
                    self.store.save_missing(missing, work.batch.now)?;
                }
            }
            Failure::Passing(_) => work.passing += 1,
            Failure::NoAccess(_) | Failure::Refused(_) => {}
        }
        log::warn!("{target}: {words}");
        work.counts.failed += 1;
        work.first_error
            .get_or_insert_with(|| format!("{target}: {words}"));
        Ok(())
    }

    /// Counts what in a list does not fit, item by item.
    fn fail_each(
        &mut self,
        work: &mut Work,
        request: &Request,
        target: &str,
        bad: Vec<(Misfit, String)>,
    ) -> Result<()> {
        for (misfit, body) in bad {
            let rejected = caller::rejected(request, target, &misfit, body);
            self.fail(work, target, None, &Failure::Rejected(Box::new(rejected)))?;
        }
        Ok(())
    }

    /// Saves a batch; where the database refuses the data of one item, that item fails and the others are saved.
    fn save_each<T: Clone>(
        &mut self,
        work: &mut Work,
        items: &[Sourced<T>],
        name: impl Fn(&T) -> String,
        mut save: impl FnMut(&mut Store, &Batch, &[Sourced<T>], &mut Counts) -> Result<()>,
    ) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        work.counts.requests = self.caller.requests() - work.requests_before;
        match save(self.store, &work.batch, items, &mut work.counts) {
            Err(error) if crate::store::save::is_about_the_data(&error) => {}
            saved => return saved,
        }
        for item in items {
            let Err(error) = save(
                self.store,
                &work.batch,
                std::slice::from_ref(item),
                &mut work.counts,
            ) else {
                continue;
            };
            if !crate::store::save::is_about_the_data(&error) {
                return Err(error);
            }
            let entity = name(&item.value);
            let failure = Failure::Rejected(Box::new(Rejected {
                endpoint: "-".to_owned(),
                entity: entity.clone(),
                error: error.on_one_line(),
                body: String::new(),
            }));
            self.fail(work, &entity, None, &failure)?;
        }
        Ok(())
    }
}

/// Reads an answer, or says where it does not fit.
fn understood<T>(
    reply: &Reply,
    request: &Request,
    entity: &str,
    read: impl FnOnce(&Value) -> std::result::Result<T, Misfit>,
) -> std::result::Result<T, Failure> {
    read(&reply.body).map_err(|misfit| {
        Failure::Rejected(Box::new(caller::rejected(
            request,
            entity,
            &misfit,
            reply.body.to_string(),
        )))
    })
}

/// The kinds of this invocation with their locks.
type KindLocks = Vec<(Kind, Lock)>;

/// Takes the lock of each kind; a kind that is busy is left out, unless all are.
fn take_locks(settings: &Settings, scope: &Scope) -> Result<(KindLocks, Vec<Error>)> {
    let mut locks = Vec::new();
    let mut busy = Vec::new();
    for kind in &scope.kinds {
        match Lock::take(&settings.database, kind.as_str()) {
            Ok(lock) => locks.push((*kind, lock)),
            Err(error) if error.exit() == Exit::TryLater => busy.push(error),
            Err(error) => return Err(error),
        }
    }
    match busy.pop() {
        Some(error) if locks.is_empty() => Err(error),
        Some(error) => {
            busy.push(error);
            Ok((locks, busy))
        }
        None => Ok((locks, busy)),
    }
}

/// How the invocation ends, from how its kinds went.
fn conclude(
    runs: &[KindRun],
    ending: Option<Ending>,
    signal: Option<Exit>,
    busy: &[Error],
) -> Outcome {
    let sum = |count: fn(&KindRun) -> u64| runs.iter().map(count).sum::<u64>();
    let (saved, failed) = (sum(|run| run.counts.entities), sum(|run| run.counts.failed));
    let exit = if let Some(exit) = signal {
        exit
    } else if failed == 0 && ending.is_none() && busy.is_empty() {
        Exit::Done
    } else if saved > 0 {
        Exit::Partial
    } else if let Some(ending) = &ending {
        ending.exit
    } else if failed > 0 && failed == sum(|run| run.rejected) {
        Exit::Protocol
    } else if failed > 0 && failed == sum(|run| run.passing) {
        Exit::TryLater
    } else {
        Exit::Partial
    };
    let first_error = runs.iter().find_map(|run| run.error.clone());
    let failure = match (exit, ending) {
        (Exit::Done, _) => None,
        (Exit::Interrupted | Exit::Terminated, _) => {
            Some(Error::new("finish the fetch").because("it was interrupted; what had arrived is saved"))
        }
        (_, Some(ending)) => {
            Some(Error::new(if saved > 0 { "fetch everything" } else { "fetch anything" })
                .because(ending.why)
                .try_this(ending.remedy))
        }
        (Exit::Partial, None) if failed == 0 => {
            Some(Error::new("fetch everything").because(
                busy.iter().map(Error::on_one_line).collect::<Vec<_>>().join("; "),
            ))
        }
        (exit, None) => Some(
            Error::new(format!("fetch {failed} of {} targets", saved + failed))
                .because(first_error.unwrap_or_else(|| "see the log".to_owned()))
                .try_this(match exit {
                    Exit::Protocol => "look at the table rejected_payloads; a newer tornsnap may understand them",
                    Exit::TryLater => "run it again later; a scheduler may just try again",
                    _ if failed == sum(|run| run.missing) => {
                        "check these ids; after three misses in a row they are asked about once a week"
                    }
                    _ => "the next run tries them again; -v says more, rejected_payloads has answers that did not fit",
                }),
        ),
    };
    let status = match exit {
        Exit::Done => "ok",
        Exit::Partial => "partial",
        Exit::Interrupted | Exit::Terminated => "interrupted",
        _ => "failed",
    };
    let report = json!({
        "command": "fetch",
        "status": status,
        "exit_code": exit.code(),
        "runs": runs.iter().map(KindRun::report).collect::<Vec<_>>(),
    });
    Outcome {
        exit,
        summary: Some(summary(runs)),
        report,
        failure: failure.map(|failure| failure.exits(exit)),
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
            } = run.counts;
            let failed = if failed > 0 {
                format!(", {failed} failed")
            } else {
                String::new()
            };
            format!("{} {entities} saved ({appended} changed{failed})", run.kind)
        })
        .collect();
    let requests: u64 = runs.iter().map(|run| run.counts.requests).sum();
    format!("fetched: {}; {requests} calls", kinds.join(", "))
}

impl KindRun {
    fn report(&self) -> Value {
        let mut report = json!({
            "kind": self.kind.as_str(),
            "run_id": self.run.get(),
            "status": self.status.as_str(),
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "requests": self.counts.requests,
            "entities": self.counts.entities,
            "appended": self.counts.appended,
            "unchanged": self.counts.unchanged,
            "failed": self.counts.failed,
            "error": self.error,
        });
        if let Some(change) = &self.roster {
            report["joined"] = change.joined.into();
            report["left"] = change.left.into();
        }
        report
    }
}

/// The followed factions, but for those that Torn does not know any more and that are not due for another try.
fn followed_factions(store: &Store, scope: &Scope, now: i64) -> Result<Vec<FactionId>> {
    let mut factions: Vec<FactionId> = scope.track.factions.iter().copied().collect();
    if !scope.named {
        let given_up = store.factions_given_up(now)?;
        factions.retain(|id| !given_up.contains(id));
    }
    Ok(factions)
}

/// A run that could not even begin is a failed run: `health` counts those.
fn note_failed_start(
    store: &mut Store,
    settings: &Settings,
    kinds: impl Iterator<Item = Kind>,
    error: &Error,
) -> Result<()> {
    let now = settings.clock.now();
    for kind in kinds {
        let run = store.start_run(kind, now)?;
        store.finish_run(
            run,
            RunStatus::Failed,
            Counts::default(),
            Some(&error.on_one_line()),
            now,
        )?;
    }
    Ok(())
}
