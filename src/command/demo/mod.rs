//! `tornsnap demo`: fetches from a simulated Torn for a hundred simulated days, with the same code as the real commands.

mod folder;

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::command::fetch::{self, Scope, fetch};
use crate::command::init::write_private;
use crate::command::signal::StopSignal;
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome, prune, summarize};
use crate::config::{Clock, FILE_NAME, Settings};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::display_path;
use crate::model::size::count;
use crate::model::time::{DAY, HOUR, Month, iso};
use crate::output::terminal::{self, Verbosity};
use crate::sim::{self, Simulator};
use crate::store::Store;

/// The start of the demo's configuration.
const SENTINEL: &str = "# Made by `tornsnap demo`";

const DATABASE_NAME: &str = "tornsnap.db";

/// Simulated seconds between two polls.
const POLL_INTERVAL: i64 = 8 * HOUR;

/// Simulated seconds between two progress lines.
const PROGRESS_INTERVAL: i64 = 10 * DAY;

/// Run all daily commands against a simulated Torn, without a key or a network
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Play a hundred days into the folder tornsnap-demo:
    tornsnap demo

  Play 35 days of another world into another folder:
    tornsnap demo --days 35 --seed 7 --output small-demo")]
pub(crate) struct Args {
    /// Folder for the database and the configuration; an earlier demo in it is deleted, unless it was changed
    #[arg(long, value_name = "DIR", default_value = "tornsnap-demo")]
    pub(crate) output: PathBuf,
    /// Number of simulated days
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) days: u32,
    /// Seed of the simulated world
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    // These two hide the global options of the same name, which have no use here.
    #[arg(long, hide = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(long, hide = true, value_name = "FILE")]
    database: Option<PathBuf>,
}

impl Args {
    /// Refuses the settings of real data, because somebody who names them expects the demo to use them.
    pub(crate) fn refuse_settings(
        &self,
        config: Option<&PathBuf>,
        database: Option<&PathBuf>,
    ) -> Result<()> {
        let flag = if self.config.is_some() || config.is_some() {
            "--config"
        } else if self.database.is_some() || database.is_some() {
            "--database"
        } else {
            return Ok(());
        };
        Err(Error::new(format!("use {flag} with demo"))
            .with_source("the demo writes a configuration and a database of its own")
            .with_help("leave it out, and name the folder for both with --output")
            .with_exit(Exit::Usage))
    }
}

#[derive(Debug, Serialize)]
struct Report {
    database: String,
    config: Option<String>,
    days: u32,
    polls: u64,
    requests: u64,
    appended: u64,
    /// How long the demo took.
    seconds: f64,
}

/// The numbers of polls, calls and recorded changes.
#[derive(Clone, Copy, Default)]
struct Tally {
    polls: u64,
    calls: u64,
    changes: u64,
}

struct Demo<'a> {
    context: &'a Context,
    simulator: Simulator,
    settings: Settings,
    stop: StopSignal,
}

/// Removes an earlier demo, then simulates the days.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let started = Instant::now();
    let mut demo = Demo::start(context, args)?;
    let simulated = demo.simulate(args.days);
    // Record the files also after a failure, so that the next demo can remove them.
    let recorded = folder::record_files(&args.output);
    let tally = match simulated? {
        Ok(tally) => tally,
        Err(incomplete) => return Ok(incomplete),
    };
    recorded?;
    let seconds = started.elapsed().as_secs_f64();
    let settings = &demo.settings;
    if !context.json && context.verbosity > Verbosity::Quiet {
        terminal::print_line(&next_steps(settings))
            .with_context(|| "print what to try next".to_owned())?;
    }
    Ok(Outcome::done(
        format!("{} in {seconds:.1} s: {tally}", count(args.days, "day")),
        Report {
            database: display_path(&settings.database),
            config: settings.config_file.as_deref().map(display_path),
            days: args.days,
            polls: tally.polls,
            requests: tally.calls,
            appended: tally.changes,
            seconds,
        },
    ))
}

impl<'a> Demo<'a> {
    /// Starts the simulated Torn and writes the configuration into a folder without an earlier demo.
    fn start(context: &'a Context, args: &Args) -> Result<Self> {
        let stop = StopSignal::listen()?;
        let simulator = Simulator::start(sim::Options {
            seed: args.seed,
            now: sim::DEFAULT_START,
            log_limit: 0,
            ..sim::Options::default()
        })
        .with_context(|| "start the simulated Torn".to_owned())?;
        folder::remove_earlier_demo(&args.output)?;
        let settings = write_settings(&args.output, &simulator)?;
        let demo = Self {
            context,
            simulator,
            settings,
            stop,
        };
        demo.say(&format!(
            "a simulated Torn listens on {}; {} factions and their members are followed from {}",
            demo.simulator.url(),
            demo.settings.track.factions.len(),
            iso(sim::DEFAULT_START)
        ));
        Ok(demo)
    }

    /// Creates the database and polls until the simulated days are over. The inner error is the outcome of a fetch that did not succeed.
    fn simulate(&mut self, days: u32) -> Result<std::result::Result<Tally, Outcome>> {
        Store::create(&self.settings.database)?;
        let scope = Scope::everything(&self.settings);
        let no_wait = LockWait::up_to("demo", Duration::ZERO);
        let start = sim::DEFAULT_START;
        let end = start + i64::from(days) * DAY;
        let (mut total, mut recent) = (Tally::default(), Tally::default());
        let mut now = start;
        while now < end {
            self.simulator.set_time(now);
            self.settings.clock = Clock::Fixed(now);
            if now > start && Month::of(now - POLL_INTERVAL) != Month::of(now) {
                for line in self.summarize_and_prune()? {
                    self.say(&format!("{}: {line}", format_day(now)));
                }
            }
            let fetched = fetch(&self.settings, &scope, &no_wait, self.stop.clone(), false)?;
            if fetched.outcome.exit != Exit::Done {
                return Ok(Err(fetched.outcome));
            }
            recent.add(&fetched.report);
            now += POLL_INTERVAL;
            if (now - start) % PROGRESS_INTERVAL == 0 || now >= end {
                self.say(&format!("{}: {recent}", format_day(now)));
                total.merge(std::mem::take(&mut recent));
            }
        }
        Ok(Ok(total))
    }

    /// Runs `summarize` and `prune` at the start of a month. Returns their summaries.
    fn summarize_and_prune(&self) -> Result<Vec<String>> {
        let context = Context {
            settings: self.settings.clone(),
            overrides: self.context.overrides.clone(),
            verbosity: Verbosity::Quiet,
            json: false,
        };
        let wait = WaitArgs::NO_WAIT;
        let summarized = summarize::run(
            &context,
            &summarize::Args {
                wait,
                ..summarize::Args::default()
            },
        )?;
        let pruned = prune::run(
            &context,
            &prune::Args {
                wait,
                ..prune::Args::default()
            },
        )?;
        Ok([summarized, pruned]
            .into_iter()
            .filter_map(|outcome| outcome.summary)
            .collect())
    }

    fn say(&self, line: &str) {
        if self.context.verbosity > Verbosity::Quiet {
            terminal::print_message(line);
        }
    }
}

/// The date of a timestamp, as `2026-11-21`.
fn format_day(timestamp: i64) -> String {
    iso(timestamp)[..10].to_owned()
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}, {} recorded",
            count(self.polls, "poll"),
            count(self.calls, "call"),
            count(self.changes, "change")
        )
    }
}

impl Tally {
    fn add(&mut self, report: &fetch::Report) {
        self.polls += 1;
        for run in &report.runs {
            self.calls += run.requests;
            self.changes += run.appended;
        }
    }

    fn merge(&mut self, other: Self) {
        self.polls += other.polls;
        self.calls += other.calls;
        self.changes += other.changes;
    }
}

/// Creates the folder and a configuration that follows the simulated factions.
fn write_settings(folder: &Path, simulator: &Simulator) -> Result<Settings> {
    let file = folder.join(FILE_NAME);
    let mut text = format!(
        "{SENTINEL}. If you change this file, the next demo does not replace this one.\n\ndatabase = \"{DATABASE_NAME}\"\n\n[api]\nbase_url = \"{}\" # exists only while the demo runs\n\
         requests_per_minute = 0\n",
        simulator.url()
    );
    for (name, key) in ["alice", "bob", "carol"].iter().zip(simulator.keys()) {
        let _ = write!(
            text,
            "\n[[key]]\nname = \"{name}\"\nkey = \"{}\" # works only in the demo\n",
            key.secret
        );
    }
    let _ = write!(
        text,
        "\n[track]\nfactions = {:?}\nterritories = \"tracked\"\n",
        simulator.faction_ids()
    );
    write_private(&file, &text)?;
    // Environment variables and flags do not apply: they could send the demo's keys to Torn, or use real keys here.
    Settings::from_text_alone(&file, &text)
}

fn next_steps(settings: &Settings) -> String {
    // The program may not be on the PATH, so the examples use the path of the executable.
    let program = std::env::current_exe().ok();
    let here = std::env::current_dir().ok();
    let program = program.as_deref().map_or_else(
        || "tornsnap".to_owned(),
        |path| {
            let short = here
                .as_deref()
                .and_then(|here| path.strip_prefix(here).ok());
            short.unwrap_or(path).display().to_string()
        },
    );
    let database = settings.database.display();
    let config = settings
        .config_file
        .as_deref()
        .unwrap_or(Path::new(FILE_NAME))
        .display();
    format!(
        "\nThe database is {database}. Try:\n\
         \n  {program} export player_league --columns month,name,total_stats_change,networth_change --database {database}\
         \n  {program} export war_latest --time iso --database {database}\
         \n  {program} backup --verify latest --config {config}\n"
    )
}
