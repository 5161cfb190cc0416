//! `tornsnap demo`: a hundred days with a simulated Torn, by the very code that asks the real one.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::command::fetch::{self, Scope, fetch};
use crate::command::init::write_private;
use crate::command::signal::Stop;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome, prune, summarize};
use crate::config::{Clock, FILE_NAME, Settings};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::display_path;
use crate::model::time::{DAY, HOUR, Month, iso};
use crate::output::terminal::{self, Verbosity};
use crate::sim::{self, Simulator};
use crate::store::Store;

/// First line of the demo's configuration: tells a folder that may be made anew from one that may not.
const MARK: &str = "# Made by `tornsnap demo`; made anew each time.";

/// Simulated seconds between two polls.
const POLL_EVERY: i64 = 8 * HOUR;

/// Simulated days between two lines of the story.
const CHAPTER: i64 = 10 * DAY;

/// Run the whole cycle against a simulated Torn: no key, no network
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Folder for the demo's database and configuration; made anew each time
    #[arg(long, value_name = "DIR", default_value = "tornsnap-demo")]
    pub(crate) output: PathBuf,
    /// Simulated days
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) days: u32,
    /// Seed of the simulated world
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Numbers of a stretch of the story.
#[derive(Clone, Copy, Default)]
struct Tally {
    polls: u64,
    calls: u64,
    changes: u64,
}

/// Lives through the days and tells where the database is.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let begun = Instant::now();
    let stop = Stop::listen()?;
    let say = |line: &str| {
        if context.verbosity > Verbosity::Quiet {
            terminal::say(line);
        }
    };
    let start = sim::DEFAULT_START;
    let simulator = Simulator::start(sim::Options {
        seed: args.seed,
        now: start,
        log_limit: 0,
        ..sim::Options::default()
    })
    .with_context(|| "start the simulated Torn".to_owned())?;
    let mut settings = prepare(&args.output, &simulator)?;
    Store::create(&settings.database)?;
    say(&format!(
        "a simulated Torn listens on {}; {} factions and their members are followed from {}",
        simulator.url(),
        settings.track.factions.len(),
        iso(start)
    ));

    let scope = Scope::everything(&settings);
    let alone = Waiting::up_to("demo", Duration::ZERO);
    let end = start + i64::from(args.days) * DAY;
    let (mut total, mut chapter) = (Tally::default(), Tally::default());
    let mut now = start;
    while now < end {
        simulator.set_time(now);
        settings.clock = Clock::Fixed(now);
        if now > start && Month::of(now - POLL_EVERY) != Month::of(now) {
            for line in end_of_month(context, &settings)? {
                say(&format!("{}: {line}", &iso(now)[..10]));
            }
        }
        let fetched = fetch(&settings, &scope, &alone, stop.clone(), false)?;
        if fetched.outcome.exit != Exit::Done {
            return Ok(fetched.outcome);
        }
        chapter.add(&fetched.report);
        now += POLL_EVERY;
        if (now - start) % CHAPTER == 0 || now >= end {
            say(&format!(
                "{}: {} polls, {} calls, {} changes recorded",
                &iso(now)[..10],
                chapter.polls,
                chapter.calls,
                chapter.changes
            ));
            total.merge(std::mem::take(&mut chapter));
        }
    }

    let seconds = begun.elapsed().as_secs_f64();
    if !context.json && context.verbosity > Verbosity::Quiet {
        terminal::data(&what_next(&settings))
            .with_context(|| "print what to try next".to_owned())?;
    }
    let report = json!({
        "database": display_path(&settings.database),
        "config": settings.config_file.as_deref().map(display_path),
        "days": args.days,
        "polls": total.polls,
        "requests": total.calls,
        "appended": total.changes,
        "seconds": seconds,
    });
    Ok(Outcome::done(
        format!(
            "{} days in {seconds:.1} s: {} polls, {} calls, {} changes recorded",
            args.days, total.polls, total.calls, total.changes
        ),
        report,
    ))
}

/// What the first of a month brings: the month that is over is summarized, after a backup, and old detail goes.
fn end_of_month(context: &Context, settings: &Settings) -> Result<Vec<String>> {
    let context = Context {
        settings: settings.clone(),
        overrides: context.overrides.clone(),
        verbosity: Verbosity::Quiet,
        json: false,
    };
    let summarized = summarize::run(
        &context,
        &summarize::Args {
            wait: Some(Duration::ZERO),
            ..summarize::Args::default()
        },
    )?;
    let pruned = prune::run(
        &context,
        &prune::Args {
            wait: Some(Duration::ZERO),
            ..prune::Args::default()
        },
    )?;
    Ok([summarized, pruned]
        .into_iter()
        .filter_map(|outcome| outcome.summary)
        .collect())
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

/// Makes the folder anew, with a configuration that follows the simulated factions.
fn prepare(folder: &Path, simulator: &Simulator) -> Result<Settings> {
    let file = folder.join(FILE_NAME);
    if folder.exists() {
        let ours = fs::read_to_string(&file).is_ok_and(|text| text.starts_with(MARK));
        let empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        if !ours && !empty {
            return Err(Error::new(format!("use the folder {}", folder.display()))
                .with_source("it has something in it that is not a demo's")
                .with_help("name another folder with --output")
                .with_exit(Exit::Config));
        }
        fs::remove_dir_all(folder).with_context(|| format!("empty {}", folder.display()))?;
    }
    let mut text = format!(
        "{MARK}\n\ndatabase = \"tornsnap.db\"\n\n[api]\nbase_url = \"{}\" # gone when the demo ends\n\
         requests_per_minute = 0\n",
        simulator.url()
    );
    for (name, key) in ["alice", "bob", "carol"].iter().zip(simulator.keys()) {
        let _ = write!(
            text,
            "\n[[key]]\nname = \"{name}\"\nkey = \"{}\" # opens nothing but the demo\n",
            key.secret
        );
    }
    let _ = write!(
        text,
        "\n[track]\nfactions = {:?}\nterritories = \"tracked\"\n",
        simulator.faction_ids()
    );
    write_private(&file, &text)?;
    // Nothing from outside may lead the demo's keys elsewhere, or other keys and rows into it.
    Settings::from_text_alone(&file, &text)
}

fn what_next(settings: &Settings) -> String {
    // As the reader can type it: the program may not be on the PATH yet.
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
