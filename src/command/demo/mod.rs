//! `tornsnap demo`: fetches from a simulated Torn for a hundred simulated days, with the same code as the real commands.

mod folder;
mod tour;

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::command::demo_config::SENTINEL;
use crate::command::fetch::{self, Scope, fetch};
use crate::command::init::write_private;
use crate::command::signal::{StopSignal, interrupted};
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome, backup, prune, summarize};
use crate::config::{Clock, FILE_NAME, Settings};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::digits::parse_in_range;
use crate::model::invocation::{Named, name_in_commands};
use crate::model::path::display_path;
use crate::model::size::count;
use crate::model::time::{DAY, HOUR, Month, iso};
use crate::model::watch::{Unit, Watch as _};
use crate::output::terminal::{self, Verbosity};
use crate::sim::{self, Simulator};
use crate::store::Store;

const DATABASE_NAME: &str = "tornsnap.db";

/// Simulated seconds between two polls.
const POLL_INTERVAL: i64 = 8 * HOUR;

const POLLS_A_DAY: i64 = DAY / POLL_INTERVAL;

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
    #[arg(long, default_value_t = 100, value_parser = |text: &str| parse_in_range(text, &(1..=1000_u32)))]
    pub(crate) days: u32,
    /// Seed of the simulated world
    #[arg(long, default_value_t = 1, value_parser = |text: &str| parse_in_range(text, &(0..=u64::MAX)))]
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
    /// The times of the first and of the last poll.
    start: i64,
    end: i64,
}

/// Removes an earlier demo, then simulates the days.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let started = Instant::now();
    let mut demo = Demo::start(context, args)?;
    let simulated = demo.simulate();
    // Record the files also after a failure, so that the next demo can remove them.
    let recorded = folder::record_files(&args.output);
    if let Some(exit) = demo.stop.received() {
        recorded?;
        return Err(demo.interruption(&args.output, exit));
    }
    let tally = match simulated? {
        Ok(tally) => tally,
        Err(incomplete) => return Ok(incomplete),
    };
    recorded?;
    let seconds = started.elapsed().as_secs_f64();
    let settings = &demo.settings;
    if !context.json && context.verbosity > Verbosity::Quiet {
        tour::print(context, settings)?;
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
        let end = context.settings.clock.now();
        let start = end - (i64::from(args.days) * POLLS_A_DAY - 1) * POLL_INTERVAL;
        let simulator = Simulator::start(sim::Options {
            seed: args.seed,
            now: start,
            log_limit: 0,
            ..sim::Options::default()
        })
        .with_context(|| "start the simulated Torn".to_owned())?;
        folder::remove_earlier_demo(&args.output)?;
        let settings = write_settings(&args.output, &simulator)?;
        name_in_commands(Named {
            config: settings.config_file.clone(),
            ..Named::default()
        });
        let demo = Self {
            context,
            simulator,
            settings,
            stop,
            start,
            end,
        };
        demo.say(&format!(
            "a simulated Torn listens on {}; {} factions and their members are followed from {}",
            demo.simulator.url(),
            demo.settings.track.factions.len(),
            iso(start)
        ));
        Ok(demo)
    }

    /// Creates the database and polls until the present. The inner error is the outcome of a fetch that did not succeed.
    fn simulate(&mut self) -> Result<std::result::Result<Tally, Outcome>> {
        Store::create(&self.settings.database)?;
        let scope = Scope::everything(&self.settings);
        let no_wait = LockWait::up_to("demo", Duration::ZERO);
        let progress = self.context.progress();
        let days = (self.end - self.start) / DAY + 1;
        progress.begin("simulating", Some((days.unsigned_abs(), Unit::Days)));
        let (mut total, mut recent) = (Tally::default(), Tally::default());
        let mut now = self.start;
        while now <= self.end {
            self.simulator.set_time(now);
            self.settings.clock = Clock::Fixed(now);
            if now > self.start && Month::of(now - POLL_INTERVAL) != Month::of(now) {
                self.end_month(now)?;
            }
            let fetched = fetch(&self.settings, &scope, &no_wait, self.stop.clone(), false)?;
            if fetched.outcome.exit != Exit::Done {
                return Ok(Err(fetched.outcome));
            }
            recent.add(&fetched.report);
            now += POLL_INTERVAL;
            let elapsed = now - self.start;
            progress.at((elapsed / DAY).unsigned_abs());
            if elapsed % PROGRESS_INTERVAL == 0 || now > self.end {
                self.say(&format!("{}: {recent}", format_day(now - POLL_INTERVAL)));
                total.merge(std::mem::take(&mut recent));
            }
        }
        self.finish()?;
        Ok(Ok(total))
    }

    fn end_month(&self, now: i64) -> Result<()> {
        for line in self.summarize_and_prune()? {
            self.say(&format!("{}: {line}", format_day(now)));
        }
        Ok(())
    }

    /// Runs the daily jobs for the last time, so that nothing is due at the end.
    fn finish(&self) -> Result<()> {
        let context = self.quiet_context();
        backup::create(&context, &LockWait::up_to("demo", Duration::ZERO))?;
        prune(&context).map(drop)
    }

    fn quiet_context(&self) -> Context {
        Context {
            settings: self.settings.clone(),
            overrides: self.context.overrides.clone(),
            verbosity: Verbosity::Quiet,
            json: false,
        }
    }

    fn interruption(&self, folder: &Path, exit: Exit) -> Error {
        interrupted(
            "finish the demo",
            &format!(
                "{} has the days up to {}, and the next demo replaces it",
                folder.display(),
                format_day(self.settings.clock.now())
            ),
            exit,
        )
    }

    /// Runs `summarize` and `prune` at the start of a month. Returns their summaries.
    fn summarize_and_prune(&self) -> Result<Vec<String>> {
        let context = self.quiet_context();
        let summarized = summarize::run(
            &context,
            &summarize::Args {
                wait: WaitArgs::NO_WAIT,
                ..summarize::Args::default()
            },
        )?;
        Ok([summarized, prune(&context)?]
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

fn prune(context: &Context) -> Result<Outcome> {
    prune::run(
        context,
        &prune::Args {
            wait: WaitArgs::NO_WAIT,
            ..prune::Args::default()
        },
    )
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
