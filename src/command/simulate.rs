//! `tornsnap simulate` (hidden): runs the simulated Torn as a server, for benchmarks and experiments.

use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::command::signal::StopSignal;
use crate::command::{Context, Outcome};
use crate::error::{Result, WithContext};
use crate::output::terminal;
use crate::sim::{Options, Simulator};

/// Serve a simulated Torn API on this machine until interrupted
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Players in the simulated world
    #[arg(long, default_value_t = 120)]
    pub(crate) players: u32,
    /// Factions in the simulated world
    #[arg(long, default_value_t = 3)]
    pub(crate) factions: u32,
    /// Delay before each answer, in milliseconds
    #[arg(long, default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// Calls per minute that each key owner may make before the answer is error 5; 0: no limit
    #[arg(long, default_value_t = 0)]
    pub(crate) requests_per_minute: u32,
    /// Seed of the simulated world
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `simulate` adds no fields to the report.
#[derive(Debug, Serialize)]
struct Report {}

/// Serves until a signal arrives. The URL is the only line on stdout.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let stop = StopSignal::listen()?;
    let simulator = Simulator::start(Options {
        seed: args.seed,
        now: context.settings.clock.now(),
        players: args.players,
        factions: args.factions,
        latency: Duration::from_millis(args.latency_ms),
        requests_per_minute: (args.requests_per_minute > 0).then_some(args.requests_per_minute),
        log_limit: 0,
        ..Options::default()
    })
    .with_context(|| "start the simulated Torn".to_owned())?;
    terminal::print_line(simulator.url()).with_context(|| "print the address".to_owned())?;
    for key in simulator.keys() {
        terminal::print_message(&format!("key {} of player {}", key.secret, key.owner));
    }
    while stop.received().is_none() {
        simulator.set_time(context.settings.clock.now());
        thread::sleep(Duration::from_millis(100));
    }
    Ok(Outcome::done("stopped", Report {}))
}
