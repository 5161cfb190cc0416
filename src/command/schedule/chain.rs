//! `schedule run`: the commands of a job, once in each interval. The scheduler starts it every hour, so that a run that failed
//! or was killed is tried again.

use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::command::schedule::child::Children;
use crate::command::schedule::entries::interval;
use crate::command::schedule::mark::{MarkFile, StartedJob};
use crate::command::schedule::program;
use crate::command::schedule::report::ChainReport;
use crate::command::signal::interrupted;
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::schedule::interval::Interval;
use crate::model::schedule::job::{Job, JobName};
use crate::model::schedule::mark::Mark;

/// Runs the commands that have not succeeded in this interval as a scheduler would. Each prints and logs for itself.
///
/// # Errors
///
/// The exit code of the first command that fails; [`Exit::Config`] when the mark cannot be written.
pub(super) fn run(context: &Context, config: &Path, name: JobName) -> Result<Outcome> {
    let settings = &context.settings;
    let job = Job {
        name,
        // A job that was turned off after the installation still runs.
        interval: interval(&settings.schedule, name).unwrap_or(Interval::DAILY),
        minute: 0,
        second: 0,
    };
    let Some(mut file) = MarkFile::open(name, config, &settings.database)? else {
        return Ok(nothing("another run of this job has not finished"));
    };
    let now = settings.clock.now();
    let commands = name.commands();
    let finished = file.read().map_or(0, |mark| mark.finished(&job, now));
    if finished == commands.len() {
        return Ok(nothing("the job is done in this interval"));
    }
    let mut started = file.begin(Mark::new(&job, now, finished), now)?;
    let ended = run_commands(&mut started, config, &job, now, finished);
    let exit = match &ended {
        Ok(outcome) => outcome.exit,
        Err(error) => error.exit(),
    };
    let recorded = started.end(exit.code());
    ended.and_then(|outcome| recorded.map(|()| outcome))
}

/// Runs the commands after the first `finished` ones.
fn run_commands(
    started: &mut StartedJob,
    config: &Path,
    job: &Job,
    now: i64,
    finished: usize,
) -> Result<Outcome> {
    let (name, commands) = (job.name, job.name.commands());
    let program = program::find()?.path;
    let children = Children::new()?;
    let mut exit = Exit::Done;
    for (position, command) in commands.iter().enumerate().skip(finished) {
        let status = children
            .run(
                Command::new(&program)
                    .arg("-q")
                    .arg("--config")
                    .arg(config)
                    .args(command.split(' '))
                    .args(extra(command, position > finished)),
            )
            .with_context(|| format!("start `tornsnap {command}`"))?;
        let stopped_by = children.stopped_by();
        let status = match status {
            Some(status) if stopped_by.is_none() || is_finished(name, status) => status,
            _ => return Err(stopped(command, stopped_by)),
        };
        if is_refused_prune(command, status) {
            started.advance(Mark::new(job, now, commands.len()))?;
            return Err(failed(command, status, "in the next interval"));
        }
        if !is_finished(name, status) {
            return Err(failed(command, status, "within the hour"));
        }
        exit = exit_of(status.code());
        started.advance(Mark::new(job, now, position + 1))?;
    }
    let commands = &commands[finished..];
    let report = ChainReport { commands };
    let summary = Some(format!("done: {}", commands.join(", ")));
    Ok(Outcome {
        summary: summary.filter(|_| exit == Exit::Done),
        ..Outcome::new(exit).with_report(report)
    })
}

/// The backup that this run has just made is the one that `summarize` would take first. A second one of the same moment would
/// only rotate an older one away.
fn extra(command: &str, follows_backup: bool) -> Option<&'static str> {
    (command == "summarize" && follows_backup).then_some("--no-backup")
}

fn nothing(why: &str) -> Outcome {
    Outcome::done(
        format!("nothing to do: {why}"),
        ChainReport { commands: &[] },
    )
}

/// Whether a command need not run again in this interval. A fetch that has saved a part and a check that has findings have
/// done their work.
fn is_finished(name: JobName, status: ExitStatus) -> bool {
    match (name, status.code()) {
        (_, Some(0)) => true,
        (JobName::Health, Some(code)) => (1..=3).contains(&code),
        (JobName::Backup, _) | (_, None) => false,
        (_, Some(code)) => code == i32::from(Exit::Partial.code()),
    }
}

/// A refusal needs the user. To report it every hour would help nobody.
fn is_refused_prune(command: &str, status: ExitStatus) -> bool {
    command == "prune" && status.code() == Some(i32::from(Exit::Config.code()))
}

fn stopped(command: &str, signal: Option<Exit>) -> Error {
    interrupted(
        &format!("finish `tornsnap {command}`"),
        "the job goes on with it when it starts again within the hour",
        signal.unwrap_or(Exit::Terminated),
    )
}

fn failed(command: &str, status: ExitStatus, again: &str) -> Error {
    Error::new(format!("finish `tornsnap {command}`"))
        .with_source(format!(
            "it ended with {}, and the rest of the job was not run",
            ending(status)
        ))
        .with_help(format!("see its own message; the job tries again {again}"))
        .with_exit(exit_of(status.code()))
}

fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

/// The exit code of a command, as that of the job.
fn exit_of(code: Option<i32>) -> Exit {
    [
        Exit::Done,
        Exit::Usage,
        Exit::Partial,
        Exit::Io,
        Exit::TryLater,
        Exit::Protocol,
        Exit::NoKey,
        Exit::Config,
        Exit::Damaged,
        Exit::Interrupted,
        Exit::Terminated,
    ]
    .into_iter()
    .find(|exit| Some(i32::from(exit.code())) == code)
    .unwrap_or(Exit::Failure)
}
