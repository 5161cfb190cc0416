//! Tips in the usage errors of clap: what to write instead.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use crate::cli::synonyms;
use crate::model::nearest::nearest_within;
use crate::model::time::Month;

/// The error with the tips that help, and without those that do not.
pub(super) fn corrected(error: clap::Error, words: &[String], program: &Command) -> clap::Error {
    let error = with_tip(without_empty_tips(error), words, program);
    let error = with_similar_command(error, words, program);
    with_folder_of_all(without_key_option(error, program), words, program)
}

/// Removes the tip to write an unknown option as a value, because no command takes such values.
///
/// clap gives this tip and the one about another command under one [`ContextKind`], so only the text tells them apart. A test of
/// the command line notices other words.
fn without_empty_tips(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::StyledStrs(mut tips)) = error.remove(ContextKind::Suggested) {
        tips.retain(|tip| !tip.to_string().starts_with("to pass "));
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
    error
}

/// The tip for a command line: what to write in the place of a word that is wrong, and what a missing argument may be.
fn with_tip(mut error: clap::Error, words: &[String], program: &Command) -> clap::Error {
    let command = name_of_command(words, program).and_then(|name| program.find_subcommand(name));
    let tip = command.and_then(|command| match error.kind() {
        ErrorKind::MissingRequiredArgument => tip_for_missing(words, command),
        ErrorKind::UnknownArgument => {
            let word = word_in(&error, ContextKind::InvalidArg)?;
            month_tip(words, command, word)
                .or_else(|| list_tip(words, command, word))
                .or_else(|| page_tip(command, word, program))
                .or_else(|| output_tip(command, word))
                .or_else(|| option_tip(command, word))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if is_empty_entry(&error, words) => {
            Some("write a comma only between two values".to_owned())
        }
        ErrorKind::InvalidValue
            if word_in(&error, ContextKind::InvalidArg)?.contains("--format") =>
        {
            let format = synonyms::format_for(word_in(&error, ContextKind::InvalidValue)?)?;
            Some(format!("the format for it is {format}"))
        }
        // The value of an option is in its place, whatever is wrong with it.
        ErrorKind::InvalidValue if !is_about_option(&error) => {
            list_tip(words, command, word_in(&error, ContextKind::InvalidValue)?)
        }
        _ => None,
    });
    if let Some(tip) = tip {
        insert_tip(&mut error, tip);
    }
    error
}

/// The word that the error is about.
fn word_in(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(word) => Some(word),
        _ => None,
    }
}

/// Lists the values of the missing first argument, or names the command that lists them.
fn tip_for_missing(words: &[String], command: &Command) -> Option<String> {
    match command.get_name() {
        "export" if !words.iter().any(|word| word == "--all") => {
            return Some("`tornsnap export --list` shows the tables and views".to_owned());
        }
        "restore" => {
            return Some(
                "`tornsnap backup --list` shows the backups; `latest` is the newest".to_owned(),
            );
        }
        _ => {}
    }
    let argument = command
        .get_positionals()
        .find(|argument| argument.is_required_set())?;
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    if values.is_empty() {
        return None;
    }
    let name = argument.get_value_names()?.first()?;
    Some(format!("{name} is one of {}", values.join(", ")))
}

/// Names the help of a command to somebody who asks `man` for it.
fn page_tip(command: &Command, word: &str, program: &Command) -> Option<String> {
    let asked = program.find_subcommand(word)?;
    (command.get_name() == "man").then(|| {
        format!(
            "`tornsnap help {}` shows its help; `man --output DIR` writes the pages of all commands",
            asked.get_name()
        )
    })
}

/// Suggests `--output` for the path of a file or a folder.
fn output_tip(command: &Command, word: &str) -> Option<String> {
    let has_output = command
        .get_arguments()
        .any(|option| option.get_long() == Some("output"));
    let is_place = !word.starts_with('-') && word.contains(['/', '\\', '.']);
    (has_output && is_place).then(|| format!("to write to it, use --output {word}"))
}

/// Suggests the option that a word without dashes means.
fn option_tip(command: &Command, word: &str) -> Option<String> {
    let has = |name: &str| {
        let mut options = command.get_arguments();
        options.any(|option| option.get_long() == Some(name) && !option.is_hide_set())
    };
    if has("month") && word.parse::<Month>().is_ok() {
        return Some(format!("write a month as --month {word}"));
    }
    let value = if word == "verify" { " latest" } else { "" };
    has(word).then(|| format!("it is an option: write --{word}{value}"))
}

/// Suggests a command for a word that is none: one that does what the word means elsewhere, or one that is written almost so.
/// The suggestions of clap are less similar, and also hidden commands.
fn with_similar_command(
    mut error: clap::Error,
    words: &[String],
    program: &Command,
) -> clap::Error {
    error.remove(ContextKind::SuggestedSubcommand);
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let Some(unknown) = word_in(&error, ContextKind::InvalidSubcommand).map(str::to_owned) else {
        return error;
    };
    let before = words.iter().take_while(|word| **word != unknown);
    let parent = before.fold(program, |parent, word| {
        parent.find_subcommand(word).unwrap_or(parent)
    });
    let is_main = parent.get_name() == program.get_name();
    if let Some(command) = synonyms::for_later(&unknown).filter(|_| is_main) {
        let tip = format!("this version has no `{unknown}`; the nearest command is `{command}`");
        insert_tip(&mut error, tip);
    } else if let Some(command) = synonyms::command_for(parent.get_name(), &unknown) {
        insert_tip(&mut error, format!("the command for it is `{command}`"));
    } else if let Some(similar) = similar_command(&unknown, parent) {
        let names = ContextValue::Strings(vec![similar.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, names);
    }
    error
}

/// The command that a misspelled word means.
fn similar_command<'a>(unknown: &str, parent: &'a Command) -> Option<&'a str> {
    // A word that could as well mean something else must not lead to a command that deletes.
    const DELETES: &str = "prune";
    let most = if unknown.chars().count() < 5 { 1 } else { 2 };
    let visible = parent
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(Command::get_name);
    let known = visible
        .chain(["help"])
        .map(|name| (name, if name == DELETES { 1 } else { most }));
    nearest_within(unknown, known)
}

/// Names the file of a key to somebody who would write the key itself into the command line, where others can read it.
fn without_key_option(mut error: clap::Error, program: &Command) -> clap::Error {
    let is_key = error.kind() == ErrorKind::UnknownArgument
        && word_in(&error, ContextKind::InvalidArg) == Some("--key");
    let is_suggested = error.get(ContextKind::SuggestedArg).is_some();
    if let Some(init) = program
        .find_subcommand("init")
        .filter(|_| is_key && is_suggested)
    {
        error.remove(ContextKind::SuggestedArg);
        // The usage of clap has the option that it would have suggested.
        let usage = init.clone().bin_name("tornsnap init").render_usage();
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
        let tip = "--key-file FILE names a file with the key on its first line; a key never belongs in the command line";
        insert_tip(&mut error, tip.to_owned());
    }
    error
}

/// Says that `export --all` writes into a folder. For one dataset, the option takes a file.
fn with_folder_of_all(mut error: clap::Error, words: &[String], program: &Command) -> clap::Error {
    let is_all = name_of_command(words, program) == Some("export")
        && words.iter().any(|word| word == "--all");
    if error.kind() != ErrorKind::MissingRequiredArgument || !is_all {
        return error;
    }
    let of_folder = |text: &str| text.replace("--output <FILE>", "--output <DIR>");
    if let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) {
        let missing = missing.iter().map(|name| of_folder(name)).collect();
        error.insert(ContextKind::InvalidArg, ContextValue::Strings(missing));
    }
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let usage = StyledStr::from(of_folder(&usage.to_string()));
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    error
}

fn insert_tip(error: &mut clap::Error, tip: String) {
    let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
    error.insert(ContextKind::Suggested, tip);
}

/// Whether the error is about nothing beside a comma, as in `players,`.
fn is_empty_entry(error: &clap::Error, words: &[String]) -> bool {
    let has_empty_entry =
        |word: &String| word.contains(',') && word.split(',').any(|entry| entry.trim().is_empty());
    word_in(error, ContextKind::InvalidValue).is_some_and(|value| value.trim().is_empty())
        && words.iter().any(has_empty_entry)
}

/// Whether the error is about an option, and not about a word without one.
fn is_about_option(error: &clap::Error) -> bool {
    let named = error.get(ContextKind::InvalidArg);
    matches!(named, Some(ContextValue::String(name)) if name.starts_with('-'))
}

/// Translates the `--month` of other commands for `export`, which takes a range of times.
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

/// Suggests how to write several values of an option.
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

/// The command among the words of a command line.
pub(super) fn name_of_command<'a>(words: &[String], program: &'a Command) -> Option<&'a str> {
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

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
