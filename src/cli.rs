//! The command line: parses the flags, runs the command and reports how it ended.

mod help;
mod misplaced;
#[cfg(test)]
mod named_commands;
mod negative;
mod synonyms;
mod tips;
mod usage;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::command::health::HealthExit;
use crate::command::report::Report;
use crate::command::{self, Context, Outcome};
use crate::config::{self, Clock, Overrides, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::invocation::{Named, name_in_commands};
#[cfg(unix)]
use crate::output::stream;
use crate::output::terminal::Verbosity;
use crate::output::{log as output_log, terminal};

/// Keep the history of Torn City players, factions, wars and territories in one SQLite file
#[derive(Debug, Parser)]
#[command(
    name = "tornsnap",
    version,
    arg_required_else_help = true,
    after_help = "`tornsnap COMMAND --help` shows the options of a command, with examples."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// Configuration file [env: TORNSNAP_CONFIG] [default: ./tornsnap.toml, then the platform's configuration folder]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database file; overrides the configuration [env: TORNSNAP_DATABASE]
    #[arg(long, global = true, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Print what is being done; twice: also every call
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Print only errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Write one JSON report to stdout
    #[arg(long, global = true)]
    json: bool,
    /// Use colours; the variable NO_COLOR means never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorWhen,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Fetch(command::fetch::Args),
    Demo(command::demo::Args),
    Init(command::init::Args),
    Backup(command::backup::Args),
    Restore(command::restore::Args),
    Health(command::health::Args),
    Schedule(command::schedule::Args),
    Summarize(command::summarize::Args),
    Config(command::config::Args),
    Prune(command::prune::Args),
    #[command(hide = true)]
    Simulate(command::simulate::Args),
    Export(Box<command::export::Args>),
    Completions(command::completions::Args),
    Man(command::man::Args),
    Import(command::import::Args),
}

impl Command {
    fn name(&self) -> &'static str {
        match self {
            Self::Fetch(_) => "fetch",
            Self::Demo(_) => "demo",
            Self::Init(_) => "init",
            Self::Summarize(_) => "summarize",
            Self::Config(_) => "config",
            Self::Prune(_) => "prune",
            Self::Simulate(_) => "simulate",
            Self::Export(_) => "export",
            Self::Import(_) => "import",
            Self::Backup(_) => "backup",
            Self::Restore(_) => "restore",
            Self::Health(_) => "health",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Schedule(_) => "schedule",
        }
    }

    /// Whether the command can do nothing without the database.
    fn needs_database(&self) -> bool {
        match self {
            Self::Fetch(_)
            | Self::Summarize(_)
            | Self::Prune(_)
            | Self::Export(_)
            | Self::Import(_) => true,
            Self::Backup(args) => args.needs_database(),
            _ => false,
        }
    }

    fn run(&self, context: &Context) -> Result<Ended> {
        match self {
            Self::Demo(args) => command::demo::run(context, args),
            Self::Fetch(args) => command::fetch::run(context, args),
            Self::Init(args) => command::init::run(context, args),
            Self::Summarize(args) => command::summarize::run(context, args),
            Self::Config(args) => command::config::run(context, args),
            Self::Prune(args) => command::prune::run(context, args),
            Self::Simulate(args) => command::simulate::run(context, args),
            Self::Export(args) => command::export::run(context, args),
            Self::Import(args) => command::import::run(context, args),
            Self::Backup(args) => command::backup::run(context, args),
            Self::Restore(args) => command::restore::run(context, args),
            Self::Completions(args) => command::completions::run(context, args, help::documented()),
            Self::Man(args) => command::man::run(context, args, help::documented()),
            Self::Schedule(args) => command::schedule::run(context, args),
            Self::Health(args) => return Ok(Ended::Health(command::health::run(context, args))),
        }
        .map(Ended::Other)
    }
}

/// How a command ended. `health` has its own exit codes and prints its report itself.
enum Ended {
    Health(HealthExit),
    Other(Outcome),
}

/// Notes which standard streams are closed. Has to run before `main`, when the standard library replaces them.
#[cfg(unix)]
pub fn note_closed_streams() {
    stream::descriptor::note_closed();
}

/// Parses the command line, runs the command and reports how it ended.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    misplaced::hide(&arguments);
    let cli = match help::parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::print(error, &arguments).into(),
    };
    let command = cli.command.name();
    #[cfg(unix)]
    let started = command::let_large_writes_fail().and_then(|()| start(&cli));
    #[cfg(not(unix))]
    let started = start(&cli);
    let ended = started.and_then(|context| {
        let checked = if cli.command.needs_database() {
            command::config::check_configured(&context.settings)
        } else {
            Ok(())
        };
        checked
            .and_then(|()| cli.command.run(&context))
            .map_err(|error| command::lost_database::name_backup(error, &context.settings))
    });
    command::log::finish();
    match ended {
        Ok(Ended::Health(exit)) => exit.into(),
        Ok(Ended::Other(outcome)) => report_outcome(&cli.global, command, &outcome).into(),
        Err(error) if matches!(cli.command, Command::Health(_)) => {
            command::health::report_unusable_settings(&error, cli.global.json).into()
        }
        Err(error) => report_error(&cli.global, command, &error).into(),
    }
}

fn report_outcome(global: &Global, command: &'static str, outcome: &Outcome) -> Exit {
    if let Some(summary) = &outcome.summary {
        log::info!(target: terminal::FILE_ONLY, "{summary}");
        if !global.quiet {
            terminal::print_message(summary);
        }
    }
    if let Some(failure) = &outcome.failure {
        terminal::print_error(failure);
    }
    if global.json
        && let Some(report) = Report::of_outcome(command, outcome)
        && let Err(error) = terminal::report(&report)
        && outcome.failure.is_none()
    {
        terminal::print_error(&error);
        // Without the report, the exit code must not say success.
        if outcome.exit == Exit::Done {
            return error.exit();
        }
    }
    outcome.exit
}

fn report_error(global: &Global, command: &'static str, error: &Error) -> Exit {
    terminal::print_error(error);
    if global.json {
        // The failure was printed and is in the exit code, so a report that cannot be written needs no message.
        let _ = terminal::report(&Report::of_error(command, error));
    }
    error.exit()
}

/// Resolves the settings and starts the log.
fn start(cli: &Cli) -> Result<Context> {
    let overrides = Overrides {
        config: ignore_empty(cli.global.config.as_ref()),
        database: ignore_empty(cli.global.database.as_ref()),
    };
    let named = config::named(&overrides);
    name_in_commands(named.clone());
    command::log::stamp_if_job(overrides.config.as_deref());
    let verbosity = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Debug,
    };
    let settings = match &cli.command {
        Command::Init(args) => Settings::resolve_before_writing(&overrides, args.force)?,
        // The demo has its own settings and runs even if the configuration is broken.
        Command::Demo(args) => {
            args.refuse_settings(overrides.config.as_ref(), overrides.database.as_ref())?;
            Settings::defaults()
        }
        // These describe the program, which is the same whatever the configuration is.
        Command::Completions(_) | Command::Man(_) => Settings::defaults(),
        Command::Config(args) => args.settings(&overrides)?,
        Command::Schedule(args) => args.settings(&overrides)?,
        _ => Settings::resolve(&overrides)?,
    };
    if settings.names_same_database {
        name_in_commands(Named {
            database: None,
            ..named
        });
    }
    if let Err(error) = command::log::start(&settings, verbosity, color(cli.global.color)) {
        // Log lines in the database or in a key file would destroy it. These two commands help to correct the setting.
        if !matches!(cli.command, Command::Init(_) | Command::Config(_)) {
            return Err(error);
        }
        command::log::warn(&error);
    }
    if !matches!(cli.command, Command::Demo(_) | Command::Config(_)) {
        command::log::log_files(&settings);
    }
    if let Clock::Fixed(now) = settings.clock {
        log::warn!(
            "TORNSNAP_NOW is set: the clock stands at {}",
            crate::model::time::iso(now)
        );
    }
    Ok(Context {
        settings,
        overrides,
        verbosity,
        json: cli.global.json,
    })
}

/// The colors of the log.
fn color(when: ColorWhen) -> output_log::Color {
    match when {
        ColorWhen::Auto if config::no_color() => output_log::Color::Never,
        ColorWhen::Auto => output_log::Color::Auto,
        ColorWhen::Always => output_log::Color::Always,
        ColorWhen::Never => output_log::Color::Never,
    }
}

/// `None` for an empty or blank path, because schedulers may set a variable to an empty text.
fn ignore_empty(path: Option<&PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.to_string_lossy().trim().is_empty())
        .cloned()
}
