//! `tornsnap simulate` (hidden): runs the simulated Torn as a server, for benchmarks and experiments.

use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::command::signal::StopSignal;
use crate::command::{Context, Outcome, report};
use crate::error::{Exit, Result, WithContext};
use crate::model::digits::parse_in_range;
use crate::output::terminal;
use crate::sim::{Options, Simulator};

/// For developers: serve a simulated Torn API on this machine until interrupted
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Answer as Torn does, until Ctrl-C:
    tornsnap simulate --players 40

  Refuse more than 60 calls a minute of each key owner:
    tornsnap simulate --requests-per-minute 60")]
pub(crate) struct Args {
    /// Players in the simulated world
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = |text: &str| parse_in_range(text, &(0..=u32::MAX)))]
    pub(crate) players: u32,
    /// Factions in the simulated world
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = |text: &str| parse_in_range(text, &(0..=u32::MAX)))]
    pub(crate) factions: u32,
    /// Delay before each answer, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = |text: &str| parse_in_range(text, &(0..=u64::MAX)))]
    pub(crate) latency_ms: u64,
    /// Calls per minute that each key owner may make before the answer is error 5; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = |text: &str| parse_in_range(text, &(0..=u32::MAX)))]
    pub(crate) requests_per_minute: u32,
    /// Seed of the simulated world
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = |text: &str| parse_in_range(text, &(0..=u64::MAX)))]
    pub(crate) seed: u64,
}

#[derive(Debug, Serialize)]
struct Report {
    url: String,
    keys: Vec<KeyReport>,
}

#[derive(Debug, Serialize)]
struct KeyReport {
    key: String,
    owner_id: i64,
}

impl Report {
    fn new(simulator: &Simulator) -> Self {
        let keys = simulator.keys().into_iter().map(|key| KeyReport {
            key: key.secret,
            owner_id: key.owner,
        });
        Self {
            url: simulator.url().to_owned(),
            keys: keys.collect(),
        }
    }
}

/// Serves until a signal arrives.
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
    print_start(context, Report::new(&simulator))?;
    while stop.received().is_none() {
        simulator.set_time(context.settings.clock.now());
        thread::sleep(Duration::from_millis(100));
    }
    Ok(Outcome {
        summary: Some("stopped".to_owned()),
        ..Outcome::new(Exit::Done)
    })
}

/// Prints the address and the keys: the address alone on stdout, or with `--json` the report, which a program needs
/// while the server runs, not after its end.
fn print_start(context: &Context, report: Report) -> Result<()> {
    if context.json {
        let outcome = Outcome::new(Exit::Done).with_report(report);
        return report::Report::of_outcome("simulate", &outcome)
            .map_or(Ok(()), |report| terminal::report(&report));
    }
    terminal::print("the address", &report.url)?;
    for key in &report.keys {
        terminal::print_message(&format!("key {} of player {}", key.key, key.owner_id));
    }
    Ok(())
}
