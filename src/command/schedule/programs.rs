//! Runs the programs of the schedulers.

use std::io::{ErrorKind, Read};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Exit, Result, WithContext};

/// How long a program may take to answer a question. `health` asks, and must not hang.
const TIME_TO_ANSWER: Duration = Duration::from_secs(10);

/// The pause between two looks whether a program has ended.
const POLL: Duration = Duration::from_millis(5);

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a program to its end, with English messages and without stdin. `None` if there is no such program.
pub(super) fn run(program: &str, arguments: &[&str]) -> Result<Option<Output>> {
    match command(program, arguments).output() {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::of_io(format!("run {program}"), error)),
    }
}

/// Runs a program that changes nothing, and ends it if it does not answer in time. `None` if there is no such program.
pub(super) fn ask(program: &str, arguments: &[&str]) -> Result<Option<Output>> {
    let action = || format!("run `{program} {}`", arguments.join(" "));
    let mut child = match command(program, arguments).spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::of_io(action(), error)),
    };
    let (stdout, stderr) = (read_all(child.stdout.take()), read_all(child.stderr.take()));
    let end = Instant::now() + TIME_TO_ANSWER;
    let late = || {
        Error::new(action()).with_source(format!(
            "it did not answer within {} seconds",
            TIME_TO_ANSWER.as_secs()
        ))
    };
    let status = loop {
        if let Some(status) = child.try_wait().with_context(action)? {
            break status;
        }
        if Instant::now() >= end {
            // Best effort: it may have ended just now.
            let _ = child.kill();
            let _ = child.wait();
            return Err(late());
        }
        thread::sleep(POLL);
    };
    // A process that it has started may keep the pipes open.
    let rest = |output: Receiver<Vec<u8>>| {
        let left = end.saturating_duration_since(Instant::now());
        output.recv_timeout(left.max(POLL)).map_err(|_| late())
    };
    Ok(Some(Output {
        status,
        stdout: rest(stdout)?,
        stderr: rest(stderr)?,
    }))
}

/// Reads a pipe to its end in a thread, so that the program never waits for a reader.
fn read_all(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // An unreadable pipe has no more bytes.
            let _ = pipe.read_to_end(&mut bytes);
        }
        // The reader may have given up.
        let _ = sender.send(bytes);
    });
    receiver
}

/// The name of the user who runs this program.
pub(super) fn user_name() -> Option<String> {
    let output = run("id", &["-un"]).ok().flatten()?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}

/// Runs a program that has to succeed.
pub(super) fn run_to_success(program: &str, arguments: &[&str]) -> Result<Output> {
    let shown = || format!("run `{program} {}`", arguments.join(" "));
    let output = run(program, arguments)?.ok_or_else(|| {
        Error::new(shown())
            .with_source("there is no such program")
            .with_exit(Exit::Config)
    })?;
    if output.status.success() {
        return Ok(output);
    }
    Err(Error::new(shown()).with_source(message_of(&output)))
}

/// The error output of a program that failed, on one line. If there is none, its standard output or its exit status.
pub(super) fn message_of(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = match text.trim() {
        "" => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        text => text.to_owned(),
    };
    match text.as_str() {
        "" => format!("it ended with {}", output.status),
        text => text.replace('\n', "; "),
    }
}
