//! Values that begin with a hyphen and a digit, such as `-1`, `-1,2` and `-10m`.
//!
//! clap takes such a word for an unknown option. As the value of an option it is wrong in most cases, but then the message is
//! to be about the value. No option of this program is a digit.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

/// Lets each option of a command and of its subcommands take negative numbers.
pub(super) fn accept(command: Command) -> Command {
    command
        .mut_args(|option| {
            let is_accepted = takes_values(&option);
            option.allow_negative_numbers(is_accepted)
        })
        .mut_subcommands(accept)
}

/// Joins an option and a value that is no whole number: `--wait -10m` becomes `--wait=-10m`.
///
/// clap has a setting for such values, too, but with it `--wait --json` would have the value `--json`.
pub(super) fn join_values(program: &Command, arguments: &[OsString]) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::with_capacity(arguments.len());
    let mut is_option = true;
    for argument in arguments {
        match joined.last_mut() {
            Some(option) if is_option && is_negative(argument) && takes_next(program, option) => {
                option.push("=");
                option.push(argument);
            }
            _ => joined.push(argument.clone()),
        }
        is_option &= argument != "--";
    }
    joined
}

fn takes_values(option: &Arg) -> bool {
    !option.is_positional() && option.get_action().takes_values()
}

fn is_negative(word: &OsStr) -> bool {
    matches!(word.as_encoded_bytes(), [b'-', digit, ..] if digit.is_ascii_digit())
}

/// Whether the word is an option of some command that takes the next word as its value.
fn takes_next(command: &Command, word: &OsStr) -> bool {
    let Some(word) = word.to_str() else {
        return false;
    };
    let is_word = |option: &Arg| match word.strip_prefix("--") {
        Some(long) => option.get_long() == Some(long),
        None => option
            .get_short()
            .is_some_and(|short| word.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4]))),
    };
    command
        .get_arguments()
        .any(|option| takes_values(option) && is_word(option))
        || command
            .get_subcommands()
            .any(|subcommand| takes_next(subcommand, word.as_ref()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn only_the_value_of_an_option_is_joined_to_it() {
        for (line, joined) in [
            ("summarize --wait -10m", "summarize --wait=-10m"),
            ("export players -o -1.csv", "export players -o=-1.csv"),
            ("fetch --faction -1,2 all", "fetch --faction=-1,2 all"),
            ("backup --keep --json", "backup --keep --json"),
            ("backup --compress -1", "backup --compress -1"),
            ("restore -1", "restore -1"),
            ("restore -- --wait -1", "restore -- --wait -1"),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(
                join_values(&Cli::command(), &words).join(OsStr::new(" ")),
                joined
            );
        }
    }

    #[test]
    fn no_option_is_a_digit() {
        fn check(command: &Command) {
            for option in command.get_arguments() {
                let is_digit = option
                    .get_short()
                    .is_some_and(|short| short.is_ascii_digit());
                assert!(!is_digit, "{option}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
