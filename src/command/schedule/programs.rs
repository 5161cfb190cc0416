//! Runs the programs of the schedulers.

use std::io::{self, ErrorKind, Read};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Exit, Result, WithContext};

/// How long a program may take to answer a question. `health` asks, and must not hang.
const TIME_TO_ANSWER: Duration = Duration::from_secs(10);

/// The help for a program that failed for a reason which only its own words tell.
const RUN_IT_YOURSELF: &str = "run that command yourself to see why, then run this one again";

/// The pause between two looks whether a program has ended.
const POLL: Duration = Duration::from_millis(5);

/// The answers of [`ask`], each with its command line. Many parts of a command ask the same question, and a scheduler that does
/// not answer would cost each of them the whole time.
static ANSWERS: Mutex<Vec<(String, Answer)>> = Mutex::new(Vec::new());

/// The answer of a program.
#[derive(Clone, Debug)]
enum Answer {
    Output(Output),
    NoSuchProgram,
    Late,
}

fn answers() -> MutexGuard<'static, Vec<(String, Answer)>> {
    ANSWERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets the answers, because the state of a scheduler may be another one now.
pub(super) fn forget_answers() {
    answers().clear();
}

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

/// Runs a program that changes nothing, and ends it if it does not answer in time. `None` if there is no such program. The same
/// question has the same answer until [`forget_answers`].
pub(super) fn ask(program: &str, arguments: &[&str]) -> Result<Option<Output>> {
    let question = format!("{program} {}", arguments.join(" "));
    let action = || format!("run `{question}`");
    let known = answers()
        .iter()
        .find(|(known, _)| *known == question)
        .cloned();
    let answer = if let Some((_, answer)) = known {
        answer
    } else {
        let answer = ask_anew(program, arguments).with_context(action)?;
        answers().push((question.clone(), answer.clone()));
        answer
    };
    match answer {
        Answer::Output(output) => Ok(Some(output)),
        Answer::NoSuchProgram => Ok(None),
        Answer::Late => Err(Error::new(action())
            .with_source(format!(
                "it did not answer within {} seconds",
                TIME_TO_ANSWER.as_secs()
            ))
            .with_help(RUN_IT_YOURSELF)),
    }
}

fn ask_anew(program: &str, arguments: &[&str]) -> io::Result<Answer> {
    let mut child = match command(program, arguments).spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Answer::NoSuchProgram),
        Err(error) => return Err(error),
    };
    let (stdout, stderr) = (read_all(child.stdout.take()), read_all(child.stderr.take()));
    let end = Instant::now() + TIME_TO_ANSWER;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= end {
            // Best effort: it may have ended just now.
            let _ = child.kill();
            let _ = child.wait();
            return Ok(Answer::Late);
        }
        thread::sleep(POLL);
    };
    // A process that it has started may keep the pipes open.
    let rest = |output: Receiver<Vec<u8>>| {
        let left = end.saturating_duration_since(Instant::now());
        output.recv_timeout(left.max(POLL)).ok()
    };
    let (Some(stdout), Some(stderr)) = (rest(stdout), rest(stderr)) else {
        return Ok(Answer::Late);
    };
    Ok(Answer::Output(Output {
        status,
        stdout,
        stderr,
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
    let output = ask("id", &["-un"]).ok().flatten()?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}

/// Runs a program that has to succeed, and that may change the state of its scheduler.
pub(super) fn run_to_success(program: &str, arguments: &[&str]) -> Result<Output> {
    let shown = || format!("run `{program} {}`", arguments.join(" "));
    let output = run(program, arguments);
    // Also after a failure: it may have changed a part.
    forget_answers();
    let output = output?.ok_or_else(|| {
        Error::new(shown())
            .with_source("there is no such program")
            .with_help("install it, or choose another scheduler with --for")
            .with_exit(Exit::Config)
    })?;
    if output.status.success() {
        return Ok(output);
    }
    Err(Error::new(shown())
        .with_source(message_of(&output))
        .with_help(RUN_IT_YOURSELF))
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
