//! `tornsnap fetch`: asks Torn about what is followed, and keeps the answers.

mod concurrent;
mod factions;
mod outcome;
mod plan;
mod players;
mod report;
mod scope;
mod session;
mod sweep;
mod territories;
mod wars;

use std::time::Duration;

use clap::ValueEnum;

pub(crate) use report::Report;
pub(crate) use scope::Scope;

use crate::command::clock::refuse_wrong_clock;
use crate::command::fetch::outcome::Fetched;
use crate::command::fetch::session::Session;
use crate::command::signal::Stop;
use crate::command::torn::TornClient;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId};
use crate::model::kind::Kind;
use crate::model::run::{Counts, RunStatus};
use crate::model::time::parse_duration;
use crate::store::Store;
use crate::store::lock::Lock;

/// Ask Torn about what is followed, and keep the answers
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  tornsnap fetch all                  everything that the configuration follows
  tornsnap -q fetch players factions  as cron runs it: silent unless something fails
  tornsnap fetch players --player 1   just this player, followed or not
  tornsnap fetch all --plan           which calls would be made, without making any")]
pub(crate) struct Args {
    /// What to fetch
    #[arg(required = true, value_name = "KIND")]
    pub(crate) kinds: Vec<KindWord>,
    /// Only these players, followed or not
    #[arg(long = "player", value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub(crate) players: Vec<PlayerId>,
    /// Only these factions (for players: their members), followed or not
    #[arg(long = "faction", value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub(crate) factions: Vec<FactionId>,
    /// Show the calls that would be made, per key and minute, and make none
    #[arg(long)]
    pub(crate) plan: bool,
    /// Record although the clock is behind the newest record
    #[arg(long)]
    pub(crate) ignore_clock: bool,
    /// How long to wait for another run that is at work, such as 30s, 10m or 1h; 0: not at all [default: 0]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) wait: Option<Duration>,
}

/// A kind as it is typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum KindWord {
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

/// Fetches each kind in turn.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let scope = Scope::new(&context.settings, args);
    if args.plan {
        return plan::show(context, &scope);
    }
    let fetched = fetch(
        &context.settings,
        &scope,
        &Waiting::new(context, "fetch", Some(args.wait.unwrap_or_default())),
        Stop::listen()?,
        context.shows_progress(),
    )?;
    Ok(fetched.outcome)
}

/// The work of one invocation, as `demo` does it too.
pub(crate) fn fetch(
    settings: &Settings,
    scope: &Scope,
    waiting: &Waiting,
    stop: Stop,
    shows_progress: bool,
) -> Result<Fetched> {
    let mut store = Store::open(&settings.database)?;
    store.must_not_be_an_archive()?;
    let scope = &scope.with_open_ends(&store)?;
    refuse_wrong_clock(settings, &store, scope.ignore_clock)?;
    if !scope.kinds.iter().any(|kind| scope.track.follows(*kind)) {
        log::warn!(
            "nothing of that is followed: add ids under [track] in the configuration, or name some here"
        );
    }
    let (locks, busy) = if waiting.is_possible() {
        // While this run waits, a restore may put another file in the place of this one.
        drop(store);
        let taken = take_locks(settings, scope, waiting)?;
        store = Store::open(&settings.database)?;
        taken
    } else {
        take_locks(settings, scope, waiting)?
    };
    let torn = match connect(settings, &stop) {
        Ok(torn) => torn,
        Err(error) => {
            // Another program holds the database, and this write would wait for it once more.
            if error.exit() != Exit::TryLater {
                let kinds = locks.iter().map(|(kind, _)| *kind);
                note_failed_start(&mut store, settings, kinds, &error)?;
            }
            return Err(error);
        }
    };
    let mut session = Session::new(settings, scope, stop, &torn, &mut store, shows_progress);
    let mut runs = Vec::new();
    for (kind, lock) in locks {
        runs.push(session.run_kind(kind)?);
        drop(lock);
        // A run that ends early fails for the kinds that are left, too: `health` counts those.
        if session.is_stopped() {
            break;
        }
    }
    let signal = session.signal();
    let end = torn.run_end();
    if end.as_ref().is_none_or(|end| end.real_time.is_none()) {
        torn.record_key_use()?;
    }
    store.checkpoint()?;
    Ok(outcome::conclude(&runs, end, signal, &busy))
}

/// A Torn client with the configured keys. Those of which nothing was heard for a day are checked.
fn connect(settings: &Settings, stop: &Stop) -> Result<TornClient> {
    let loaded = settings.load_keys()?;
    let mut store = Store::open(&settings.database)?;
    if !settings.keys_are_from_environment {
        // A key whose file is missing for a while keeps what is known of it.
        let unreadable = loaded.unreadable.iter().map(|key| key.name.as_str());
        let readable = loaded.keys.iter().map(|key| key.name.as_str());
        let names: Vec<&str> = readable.chain(unreadable).collect();
        store.delete_other_keys(&names)?;
    }
    let keys = loaded.warn();
    let torn = TornClient::new(settings, stop.clone(), store)?;
    torn.add_keys(&keys)?;
    Ok(torn)
}

/// The kinds of this invocation with their locks.
type KindLocks = Vec<(Kind, Lock)>;

/// Takes the lock of each kind; a kind that is busy is left out, unless all are.
fn take_locks(
    settings: &Settings,
    scope: &Scope,
    waiting: &Waiting,
) -> Result<(KindLocks, Vec<Error>)> {
    let mut locks = Vec::new();
    let mut busy = Vec::new();
    for kind in &scope.kinds {
        match waiting.take(&settings.database, kind.as_str()) {
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
            Some(&error.one_line()),
            now,
            None,
        )?;
    }
    Ok(())
}
