//! `tornsnap fetch`: fetches what the configuration follows and saves it.

mod concurrent;
mod factions;
mod outcome;
mod plan;
mod players;
mod report;
mod scope;
mod selections;
mod session;
mod sweep;
mod tally;
mod territories;
mod wars;

use std::time::Duration;

use clap::ValueEnum;

pub(crate) use plan::plan_poll;
pub(crate) use report::Report;
pub(crate) use scope::Scope;

use crate::command::clock::refuse_wrong_clock;
use crate::command::demo_config;
use crate::command::fetch::outcome::FetchOutcome;
use crate::command::fetch::session::Session;
use crate::command::list_value;
use crate::command::signal::StopSignal;
use crate::command::torn::TornClient;
use crate::command::wait::LockWait;
use crate::command::{Context, Outcome};
use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId};
use crate::model::key::NamedKey;
use crate::model::kind::Kind;
use crate::model::run::{ClockCheck, Counts, FailureCause, RunFailure, RunStatus};
use crate::model::time::parse_duration;
use crate::store::Store;
use crate::store::lock::Lock;

/// Fetch players, factions, wars and territories from Torn, and save what changed
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Fetch everything that the configuration follows:
    tornsnap fetch all

  Fetch as cron does, silent unless something fails:
    tornsnap -q fetch players factions

  Fetch two players, followed or not:
    tornsnap fetch players --player 1,2

  Show the calls and the time they take, and make none:
    tornsnap fetch all --plan")]
pub(crate) struct Args {
    /// What to fetch; several with blanks or commas between them
    #[arg(required = true, value_name = "KIND", value_delimiter = ',')]
    pub(crate) kinds: Vec<KindArg>,
    /// Only these players (ids, or addresses of their pages), followed or not; comma-separated, or the option again for each
    #[arg(long = "player", value_name = "ID", value_delimiter = ',', value_parser = list_value::id_or_address::<PlayerId>)]
    pub(crate) players: Vec<PlayerId>,
    /// Only these factions (for players: their members), followed or not; written as for --player
    #[arg(long = "faction", value_name = "ID", value_delimiter = ',', value_parser = list_value::id_or_address::<FactionId>)]
    pub(crate) factions: Vec<FactionId>,
    /// Show the calls that would be made, per key and minute, and make none
    #[arg(long, conflicts_with_all = ["ignore_clock", "wait"])]
    pub(crate) plan: bool,
    /// Save even if the clock is behind the newest saved time
    #[arg(long)]
    pub(crate) ignore_clock: bool,
    /// How long to wait for another run to finish, such as 30s, 10m or 1h; 0 does not wait [default: 0]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) wait: Option<Duration>,
}

/// A kind as an argument.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum KindArg {
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

impl KindArg {
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

/// Refuses `--player` if it applies to none of the kinds, or leaves one of them without targets.
fn check_flags(args: &Args) -> Result<()> {
    if args.players.is_empty() {
        return Ok(());
    }
    let kinds = args.kinds.iter().filter_map(|kind| kind.kind());
    let others: Vec<&str> = kinds
        .filter(|kind| *kind != Kind::Players)
        .map(Kind::as_str)
        .collect();
    let has_players = others.len() < args.kinds.len();
    if others.is_empty() || (has_players && !args.factions.is_empty()) {
        return Ok(());
    }
    let kinds = others.join(" and ");
    Err(Error::new(format!("fetch {kinds} with --player"))
        .with_source(format!("--player does not apply to {kinds}"))
        .with_help("fetch players with --player, and name factions with --faction")
        .with_exit(Exit::Usage))
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    check_flags(args)?;
    let scope = Scope::new(&context.settings, args);
    if args.plan {
        return plan::run(context, &scope);
    }
    demo_config::refuse(&context.settings, "fetch")?;
    let fetched = fetch(
        &context.settings,
        &scope,
        &LockWait::new(context, "fetch", args.wait.unwrap_or_default()),
        StopSignal::listen()?,
        context.shows_progress(),
    )?;
    Ok(fetched.outcome)
}

/// Fetches the kinds of `scope` one after the other. `demo` calls it too.
pub(crate) fn fetch(
    settings: &Settings,
    scope: &Scope,
    lock_wait: &LockWait,
    stop: StopSignal,
    shows_progress: bool,
) -> Result<FetchOutcome> {
    let store = open_to_record(settings, scope)?;
    let scope = &scope.with_unfinished_wars(&store)?;
    if !scope.kinds.iter().any(|kind| scope.track.follows(*kind)) {
        log::warn!(
            "nothing to fetch: add ids under [track] in the configuration, or name some with --player or --faction"
        );
    }
    // Close the database until the locks are taken, because a restore may replace the file meanwhile.
    drop(store);
    let (locks, busy) = take_locks(settings, scope, lock_wait)?;
    // Declared before the store, so that the lock of the last kind is released after the database is closed.
    let mut _held_lock = None;
    let mut store = open_to_record(settings, scope)?;
    let kinds: Vec<Kind> = locks.iter().map(|(kind, _)| *kind).collect();
    let connected = connect(settings, &stop, shows_progress);
    if let Err(error) = &connected
        // If another program has locked the database, this write would only wait for it again.
        && error.exit() != Exit::TryLater
    {
        record_failed_start(&mut store, settings, kinds.iter().copied(), error)?;
    }
    let (torn, keys) = connected?;
    if !scope.has_named_targets {
        store.end_tile_lists_of_others(&scope.own_factions)?;
    }
    let forecast = |store: &Store, kinds: &[Kind]| {
        let forecast = plan::forecast(settings, &keys, store, scope, kinds)?;
        torn.expect_calls(forecast.calls, forecast.of_owners);
        Ok(())
    };
    let mut session = Session::new(settings, scope, stop, &torn, &mut store, kinds, &forecast);
    let mut runs = Vec::new();
    for (kind, lock) in locks {
        // This releases the lock of the kind before, so that another run can fetch that kind.
        _held_lock = Some(lock);
        runs.push(session.run_kind(kind)?);
        // Only a signal skips the other kinds. If Torn ended the run early, each of them is recorded as a failed run,
        // because `health` counts failed runs.
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
    let (address, named_by) = (torn.base_url(), scope.named_by());
    Ok(outcome::conclude(
        &runs, end, signal, &busy, address, named_by,
    ))
}

/// Opens the database, and checks that observations with the present time may be added to it.
fn open_to_record(settings: &Settings, scope: &Scope) -> Result<Store> {
    let store = Store::open(&settings.database)?;
    store.refuse_archive()?;
    refuse_wrong_clock(settings, &store, scope.ignore_clock)?;
    Ok(store)
}

/// A Torn client with the configured keys, and these keys. A key that was not checked for a day is checked first.
fn connect(
    settings: &Settings,
    stop: &StopSignal,
    shows_progress: bool,
) -> Result<(TornClient, Vec<NamedKey>)> {
    let loaded = settings.load_keys()?;
    let mut store = Store::open(&settings.database)?;
    if !settings.keys_are_from_environment {
        // A key whose file cannot be read now keeps its stored state.
        let unreadable = loaded.unreadable.iter().map(|key| key.name.as_str());
        let readable = loaded.keys.iter().map(|key| key.name.as_str());
        let names: Vec<&str> = readable.chain(unreadable).collect();
        store.delete_other_keys(&names)?;
    }
    loaded.log_unreadable();
    let names: Vec<&str> = loaded.keys.iter().map(|key| key.name.as_str()).collect();
    log::info!("keys that can be read: {}", names.join(", "));
    let mut torn = TornClient::new(settings, stop.clone(), store)?;
    if shows_progress {
        torn.show_progress(settings.api.concurrency)?;
    }
    torn.add_keys(&loaded.keys)?;
    Ok((torn, loaded.keys))
}

/// The kinds of this invocation whose locks are held.
type KindLocks = Vec<(Kind, Lock)>;

/// Locks each kind. A kind that another run has locked is skipped.
///
/// # Errors
///
/// If other runs have locked all kinds.
fn take_locks(
    settings: &Settings,
    scope: &Scope,
    lock_wait: &LockWait,
) -> Result<(KindLocks, Vec<Error>)> {
    let mut locks = Vec::new();
    let mut busy = Vec::new();
    for kind in &scope.kinds {
        match lock_wait.take(&settings.database, kind.as_str()) {
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

/// Records a failed run of each kind, because `health` counts them.
fn record_failed_start(
    store: &mut Store,
    settings: &Settings,
    kinds: impl Iterator<Item = Kind>,
    error: &Error,
) -> Result<()> {
    let now = settings.clock.now();
    let failure = RunFailure {
        message: error.one_line(),
        cause: FailureCause::of_start(error.exit()),
    };
    for kind in kinds {
        let run = store.start_run(kind, now, settings.config_file.as_deref())?;
        store.finish_run(
            run,
            RunStatus::Failed,
            Counts::default(),
            Some(&failure),
            now,
            ClockCheck::Unknown,
        )?;
    }
    Ok(())
}
