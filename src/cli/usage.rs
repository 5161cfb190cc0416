//! The messages of clap: the help and the version, and errors of the command line.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::CommandFactory;
use clap::error::{ContextKind, ErrorKind};

use crate::cli::tips::{self, name_of_command};
use crate::cli::{Cli, ignore_empty};
use crate::command::report::Report;
use crate::config::{self, Overrides};
use crate::error::Exit;
use crate::model::invocation::{name_in_commands, with_options};
use crate::model::key::mask_key_like;
use crate::output::width::message_width;
use crate::output::wrap::text_width;
use crate::output::{stream, terminal};

/// Prints a message of clap: help and version on stdout, a usage error on stderr or, with `--json`, as a report.
pub(super) fn print(error: clap::Error, arguments: &[OsString]) -> Exit {
    if !error.use_stderr() {
        return print_help(&error);
    }
    let words: Vec<String> = arguments
        .iter()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    name_in_commands(config::named(&Overrides {
        config: ignore_empty(value_of(&words, "--config").as_ref()),
        database: ignore_empty(value_of(&words, "--database").as_ref()),
    }));
    let program = Cli::command();
    let mut error = tips::corrected(error, &words, &program);
    if words.iter().any(|word| word == "--json") {
        report(&error, name_of_command(&words, &program));
    } else {
        // The list has the hidden commands, too; the help has the others.
        error.remove(ContextKind::ValidSubcommand);
        print_error(&error);
    }
    Exit::Usage
}

/// The value of an option in a command line that clap has rejected.
fn value_of(words: &[String], option: &str) -> Option<PathBuf> {
    let with_value = |(at, word): (usize, &String)| match word.split_once('=') {
        Some((name, value)) => (name == option).then(|| PathBuf::from(value)),
        None => words
            .get(at + 1)
            .filter(|_| word == option)
            .map(PathBuf::from),
    };
    words.iter().enumerate().find_map(with_value)
}

/// Prints a usage error. clap does not break its lines for the terminal, so one that is too wide is printed without styles.
fn print_error(error: &clap::Error) {
    let text = error.render().to_string();
    let is_too_wide = |width: u16| {
        let mut lines = text.lines();
        lines.any(|line| text_width(line) > usize::from(width))
    };
    let masked = mask_key_like(&text);
    if masked != text || with_options(&text) != text || message_width().is_some_and(is_too_wide) {
        // A key in the wrong place is still a secret. The message has no colours then.
        terminal::print_message(masked.trim_end());
    } else {
        // Nobody can be told that stderr cannot be written.
        let _ = error.print();
    }
}

#[expect(clippy::disallowed_methods, reason = "flushes what clap printed")]
fn print_help(message: &clap::Error) -> Exit {
    let what = match message.kind() {
        ErrorKind::DisplayVersion => "the version",
        _ => "the help",
    };
    let printed = stream::require_stdout().and_then(|()| message.print());
    match printed.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let error = terminal::write_error(what, error);
            terminal::print_error(&error);
            error.exit()
        }
        _ => Exit::Done,
    }
}

/// Prints the report on stdout, and its message in one line on stderr.
fn report(error: &clap::Error, command: Option<&str>) {
    let message = mask_key_like(&one_line(error));
    let help = match command {
        Some(command) => format!("tornsnap {command} --help"),
        None => "tornsnap --help".to_owned(),
    };
    terminal::print_message(&format!("tornsnap: {message} (try: {help})"));
    // The message was printed, so a report that cannot be written needs no second one.
    let _ = terminal::report(&Report::of_usage(command, &message, help));
}

/// The message of clap without its label, its usage and its line breaks.
fn one_line(error: &clap::Error) -> String {
    if matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        return "the command is missing".to_owned();
    }
    let text = error.render().to_string();
    let mut message = String::new();
    let lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty());
    for line in lines {
        if line.starts_with("tip: ") {
            message.push(';');
        }
        if !message.is_empty() {
            message.push(' ');
        }
        message.push_str(line.strip_prefix("error: ").unwrap_or(line));
    }
    message
}
