//! `schedule run`: the commands of the job `backup`, for a scheduler that cannot stop at the first failure.

use std::path::Path;
use std::process::Command;

use crate::command::Outcome;
use crate::command::schedule::program;
use crate::command::schedule::report::ChainReport;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::schedule::job::JobName;

/// Runs the commands as a scheduler would. Each prints and logs for itself.
pub(super) fn run(config: &Path) -> Result<Outcome> {
    let program = program::find()?.path;
    let commands = JobName::Backup.commands();
    for command in commands {
        let status = Command::new(&program)
            .arg("-q")
            .arg("--config")
            .arg(config)
            .arg(command)
            .status()
            .with_context(|| format!("start `tornsnap {command}`"))?;
        if !status.success() {
            return Err(Error::new(format!("finish `tornsnap {command}`"))
                .with_source(format!(
                    "it ended with {status}, so the commands after it were not run"
                ))
                .with_help("see its own message; the next start of the job tries again")
                .with_exit(exit_of(status.code())));
        }
    }
    Ok(Outcome::done(
        format!("done: {}", commands.join(", ")),
        ChainReport { commands },
    ))
}

/// The exit code of a command, as that of the job.
fn exit_of(code: Option<i32>) -> Exit {
    [
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
