//! Checks that the commands which texts of this program name can be typed.

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::cli::Cli;

/// This file has beginnings of commands.
const NO_TEXTS: &str = "invocation.rs";

/// Placeholders for words that are known only at run time, and an example of each word.
const EXAMPLES: [(&str, &str); 5] = [
    ("--for {name}", "--for cron"),
    ("{kind}", "all"),
    ("{command}", "backup"),
    ("COMMAND", "backup"),
    ("tornsnap help {}", "tornsnap help backup"),
];

#[test]
fn each_command_that_a_text_names_is_a_command_line_of_this_program() {
    let mut files = Vec::new();
    add_files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let mut total = 0;
    let mut refused = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for command in commands(&text) {
            total += 1;
            let line = as_typed(&command);
            if let Err(error) = Cli::command().try_get_matches_from(line.split_whitespace())
                && error.kind() != ErrorKind::DisplayHelp
            {
                refused.push(format!("{}: {command}: {error}", file.display()));
            }
        }
    }

    assert_eq!(refused, [""; 0]);
    assert!(total > 80, "{total}");
}

/// The commands in backticks in the literals of a source file.
fn commands(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| match line.strip_suffix('\\') {
            // The literal goes on with the first letter of the next line.
            Some(start) => start.trim_start().to_owned(),
            None => format!("{}\n", line.trim_start()),
        })
        .collect();
    code.match_indices("`tornsnap ")
        .filter_map(|(at, _)| {
            let command = code[at + 1..].split('`').next()?;
            (!command.contains('"')).then(|| command.to_owned())
        })
        .collect()
}

/// The command with an example in place of each placeholder.
fn as_typed(command: &str) -> String {
    let mut line = command.to_owned();
    for (placeholder, example) in EXAMPLES {
        line = line.replace(placeholder, example);
    }
    let mut typed = String::new();
    let mut rest = line.as_str();
    while let Some((before, placeholder)) = rest.split_once('{') {
        typed.push_str(before);
        typed.push('1');
        rest = placeholder.split_once('}').map_or("", |(_, after)| after);
    }
    typed + rest
}

fn add_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_files(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with(NO_TEXTS) {
            files.push(path);
        }
    }
}
