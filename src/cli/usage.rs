//! The messages of clap: the help and the version, and errors of the command line.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory};

use crate::cli::Cli;
use crate::command::report::Report;
use crate::error::Exit;
use crate::model::key::mask_key_like;
use crate::model::time::Month;
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
    let program = Cli::command();
    let mut error = with_list_tip(without_empty_tips(error), &words, &program);
    remove_hidden_suggestions(&mut error, &program);
    if words.iter().any(|word| word == "--json") {
        report(&error, name_of_command(&words, &program));
    } else {
        // The list has the hidden commands, too; the help has the others.
        error.remove(ContextKind::ValidSubcommand);
        print_error(&error);
    }
    Exit::Usage
}

/// Removes hidden commands from the commands that clap suggests.
fn remove_hidden_suggestions(error: &mut clap::Error, program: &Command) {
    let Some(ContextValue::Strings(names)) = error.get(ContextKind::SuggestedSubcommand) else {
        return;
    };
    let is_hidden = |name: &String| {
        let command = program.find_subcommand(name);
        command.is_some_and(Command::is_hide_set)
    };
    let names: Vec<String> = names
        .iter()
        .filter(|name| !is_hidden(name))
        .cloned()
        .collect();
    error.remove(ContextKind::SuggestedSubcommand);
    if !names.is_empty() {
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(names),
        );
    }
}

/// Prints a usage error. clap does not break its lines for the terminal, so one that is too wide is printed without styles.
fn print_error(error: &clap::Error) {
    let text = error.render().to_string();
    let is_too_wide = |width: u16| {
        let mut lines = text.lines();
        lines.any(|line| text_width(line) > usize::from(width))
    };
    let masked = mask_key_like(&text);
    if masked != text || message_width().is_some_and(is_too_wide) {
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
    if let Err(error) = terminal::report(&Report::of_usage(command, &message, help)) {
        terminal::print_error(&error);
    }
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

/// The command among the words of a command line.
fn name_of_command<'a>(words: &[String], program: &'a Command) -> Option<&'a str> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(command) = program.find_subcommand(word) {
            return Some(command.get_name());
        }
        if takes_the_next_word(program, word) {
            words.next();
        }
    }
    None
}

/// Whether the word is a global option whose value is the next word.
fn takes_the_next_word(program: &Command, word: &str) -> bool {
    let long = word.strip_prefix("--");
    program.get_arguments().any(|option| {
        option.get_long() == long && long.is_some() && option.get_action().takes_values()
    })
}

/// Removes the tip to write an unknown option as a value, because no command takes such values.
fn without_empty_tips(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::StyledStrs(mut tips)) = error.remove(ContextKind::Suggested) {
        tips.retain(|tip| !tip.to_string().starts_with("to pass "));
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
    error
}

/// Adds how to write several values, when the error is about a word that follows the value of an option for lists; also how
/// to write a month, and where the names of the tables are.
fn with_list_tip(mut error: clap::Error, words: &[String], program: &Command) -> clap::Error {
    let kind = match error.kind() {
        ErrorKind::MissingRequiredArgument
            if name_of_command(words, program) == Some("export")
                && !words.iter().any(|word| word == "--all") =>
        {
            let tip = StyledStr::from("`tornsnap export --list` shows the tables and views");
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
            return error;
        }
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        // The value of an option is in its place, whatever is wrong with it.
        ErrorKind::InvalidValue if !is_about_option(&error) => ContextKind::InvalidValue,
        _ => return error,
    };
    let Some(ContextValue::String(word)) = error.get(kind) else {
        return error;
    };
    let command = name_of_command(words, program).and_then(|name| program.find_subcommand(name));
    let tip = command.and_then(|command| {
        month_tip(words, command, word).or_else(|| list_tip(words, command, word))
    });
    if let Some(tip) = tip {
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

/// Whether the error is about an option, and not about a word without one.
fn is_about_option(error: &clap::Error) -> bool {
    let named = error.get(ContextKind::InvalidArg);
    matches!(named, Some(ContextValue::String(name)) if name.starts_with('-'))
}

/// How to name a month to `export`, which takes a range of times instead of the `--month` of other commands.
fn month_tip(words: &[String], command: &Command, unknown: &str) -> Option<String> {
    if command.get_name() != "export" || !unknown.starts_with("--month") {
        return None;
    }
    let at = words.iter().position(|word| word.starts_with("--month"))?;
    let value = match words[at].split_once('=') {
        Some((_, value)) => Some(value),
        None => words.get(at + 1).map(String::as_str),
    };
    let month: Month = value.and_then(|text| text.parse().ok())?;
    Some(format!(
        "write a month as --since {month} --until {}",
        month.next()
    ))
}

fn list_tip(words: &[String], command: &Command, word: &str) -> Option<String> {
    if word.starts_with('-') {
        return None;
    }
    let end = words.iter().position(|other| other == word)?;
    let start = words[..end]
        .iter()
        .rposition(|other| other.starts_with('-'))?;
    let flag = &words[start];
    let long = flag.strip_prefix("--")?;
    let option = command
        .get_arguments()
        .find(|option| option.get_long() == Some(long) && is_list(option))?;
    let [first, second, ..] = &words[start + 1..=end] else {
        return None;
    };
    let repeated = format!("{flag} {first} {flag} {second}");
    let ways = match option.get_value_delimiter() {
        Some(delimiter) => format!("{flag} {first}{delimiter}{second} or {repeated}"),
        None => repeated,
    };
    Some(format!("{flag} takes one value at a time: write {ways}"))
}

fn is_list(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Append) && !option.is_positional()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_command_is_the_first_word_that_is_no_value_of_a_global_option() {
        let program = Cli::command();
        for (line, command) in [
            ("fetch --nonsense", Some("fetch")),
            ("-q --config backup export --nonsense", Some("export")),
            ("--config=backup export", Some("export")),
            ("--json featch", None),
            ("--database", None),
        ] {
            assert_eq!(name_of_command(&words(line), &program), command, "{line}");
        }
    }
}
