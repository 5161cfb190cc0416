//! The help: commands in groups, and the width and the colours of the terminal.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory, FromArgMatches, ValueEnum, ValueHint};

use crate::cli::{Cli, ColorWhen, negative};
use crate::config;
use crate::output::width;
use crate::output::wrap::wrap_indented;

/// The commands in the order of the help, in groups. A test holds the list against the commands.
const GROUPS: &[(&str, &[&str])] = &[
    ("To start", &["init", "demo", "schedule", "config"]),
    ("Each day", &["fetch", "health"]),
    ("Each month", &["summarize", "prune"]),
    ("To look at the data", &["export"]),
    ("Copies", &["backup", "restore", "import"]),
    ("For the shell", &["completions", "man"]),
];

/// Longer lines are hard to read.
const LONGEST_LINE: usize = 100;

/// In a narrower terminal, the longest usage does not fit beside its heading.
const NARROW: usize = 60;

/// A description narrower than this goes below the name of its command.
const NARROWEST_DESCRIPTION: usize = 30;

/// Parses the command line.
///
/// # Errors
///
/// Fails also to print the help or the version, as clap does.
pub(super) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut program = program(requested_color(arguments));
    let arguments = negative::join_values(&program, arguments);
    let matches = program.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut program))
}

/// The command line as clap parses it, with its help.
fn program(color: ColorWhen) -> Command {
    let width = width::help_width()
        .or_else(config::columns)
        .map_or(LONGEST_LINE, usize::from)
        .min(LONGEST_LINE);
    let program = Cli::command().term_width(width).color(match color {
        ColorWhen::Auto => clap::ColorChoice::Auto,
        ColorWhen::Always => clap::ColorChoice::Always,
        ColorWhen::Never => clap::ColorChoice::Never,
    });
    let commands = list_commands(&program, width);
    let heading = heading(&program, "Global options");
    // Clap does not wrap the usage, so it gets a line of its own where the terminal is narrow.
    let blank = if width < NARROW { '\n' } else { ' ' };
    let start = format!("{{about-with-newline}}\n{{usage-heading}}{blank}{{usage}}\n\n");
    negative::accept(program)
        .help_template(format!(
            "{start}{commands}{heading}\n{{options}}{{after-help}}"
        ))
        .mut_subcommands(|command| {
            command.help_template(format!("{start}{{all-args}}{{after-help}}"))
        })
}

/// The commands that users see, for completions and manual pages.
pub(super) fn documented() -> Command {
    let all = Cli::command();
    let in_groups = GROUPS
        .iter()
        .flat_map(|(_, names)| names.iter())
        .filter_map(|name| all.find_subcommand(name))
        .cloned();
    let visible: Vec<Command> = in_groups.collect();
    let about = all.get_about().cloned().unwrap_or_default();
    Command::new("tornsnap")
        .version(env!("CARGO_PKG_VERSION"))
        .about(about)
        .disable_help_subcommand(true)
        .subcommand_help_heading("COMMANDS")
        .args(all.get_arguments().cloned().map(with_hint))
        .subcommands(visible.into_iter().map(with_hints))
}

fn with_hints(command: Command) -> Command {
    command.mut_args(with_hint).mut_subcommands(with_hints)
}

/// Tells the shells whether the value of an option is a path. Without it, they offer files for numbers and names.
fn with_hint(option: Arg) -> Arg {
    if !option.get_action().takes_values() || !option.get_possible_values().is_empty() {
        return option;
    }
    let name = option.get_value_names().map(<[_]>::concat);
    let hint = match name.as_deref().unwrap_or_default() {
        "DIR" => ValueHint::DirPath,
        "FILE" | "FILE|latest" | "FILE|latest|all" | "PATH" => ValueHint::FilePath,
        _ => ValueHint::Other,
    };
    option.value_hint(hint)
}

fn heading(program: &Command, text: &str) -> String {
    let style = program.get_styles().get_header();
    format!("{style}{text}:{style:#}")
}

/// The groups with the name and the description of each command, wrapped to `width`.
fn list_commands(program: &Command, width: usize) -> String {
    let names = GROUPS.iter().flat_map(|(_, names)| names.iter());
    let column = names.map(|name| name.len()).max().unwrap_or_default() + 4;
    let style = program.get_styles().get_literal();
    let mut list = String::new();
    for (group, names) in GROUPS {
        let _ = writeln!(list, "{}", heading(program, group));
        let commands = names
            .iter()
            .filter_map(|name| program.find_subcommand(name));
        for command in commands {
            let about = command.get_about().map(ToString::to_string);
            let about = about.unwrap_or_default();
            let name = command.get_name();
            let _ = write!(list, "  {style}{name}{style:#}");
            if width < column + NARROWEST_DESCRIPTION {
                let _ = writeln!(list, "\n{}", wrap(&about, width, 6));
            } else {
                let text = wrap(&about, width, column);
                let _ = writeln!(list, "{}", &text[2 + name.len()..]);
            }
        }
        list.push('\n');
    }
    list
}

/// Wraps the text between words. Each line begins with `indent` blanks.
fn wrap(text: &str, width: usize, indent: usize) -> String {
    let lines = wrap_indented(&format!("{:indent$}{text}", ""), width, indent);
    lines.join("\n")
}

/// The value of `--color`, which has to be known before clap parses the command line, because clap's messages need it.
fn requested_color(arguments: &[OsString]) -> ColorWhen {
    let mut arguments = arguments
        .iter()
        .map(|argument| argument.to_string_lossy())
        .take_while(|argument| argument != "--");
    let mut color = ColorWhen::Auto;
    while let Some(argument) = arguments.next() {
        let value = match argument.strip_prefix("--color") {
            Some("") => arguments.next(),
            Some(value) => value.strip_prefix('=').map(|value| value.to_owned().into()),
            None => None,
        };
        if let Some(chosen) = value.and_then(|value| ColorWhen::from_str(&value, false).ok()) {
            color = chosen;
        }
    }
    color
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_command_that_is_not_hidden_is_in_one_group_of_the_help() {
        let program = Cli::command();
        let visible: BTreeSet<&str> = program
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
            .map(Command::get_name)
            .collect();
        let listed: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .collect();

        let unique: BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!(unique.len(), listed.len(), "a command is in two groups");
        assert_eq!(unique, visible, "correct GROUPS in src/cli/help.rs");
    }

    #[test]
    fn the_definitions_fit_together() {
        program(ColorWhen::Auto).debug_assert();
        documented().debug_assert();
    }

    #[test]
    fn the_last_color_counts_until_two_hyphens() {
        let color = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            format!("{:?}", requested_color(&words))
        };

        assert_eq!(color(&["tornsnap", "fetch"]), "Auto");
        assert_eq!(color(&["tornsnap", "--color", "never"]), "Never");
        assert_eq!(color(&["--color=never", "--color", "always"]), "Always");
        assert_eq!(color(&["--color=never", "--", "--color=always"]), "Never");
        assert_eq!(color(&["--color", "sometimes"]), "Auto");
        assert_eq!(color(&["--colors=never", "--color"]), "Auto");
    }
}
