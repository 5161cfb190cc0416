//! Checks the README and the pages in `src/docs` against the program: commands, flags, settings, codes, names, links and
//! queries.

mod configuration;
mod errors;
mod links;
mod markdown;
mod names;

use std::collections::BTreeSet;

use crate::cli::visible_commands;
use crate::support::Sandbox;
use markdown::{blocks, commands_in, page, pages, readme};

/// The page that documents each command.
const PAGES: [(&str, &str); 15] = [
    ("fetch", "fetch.md"),
    ("demo", "getting-started.md"),
    ("init", "getting-started.md"),
    ("simulate", "getting-started.md"),
    ("backup", "copies.md"),
    ("restore", "copies.md"),
    ("health", "health.md"),
    ("summarize", "month.md"),
    ("prune", "month.md"),
    ("config check", "configuration.md"),
    ("export", "export.md"),
    ("completions", "shell.md"),
    ("man", "shell.md"),
    ("schedule", "schedules.md"),
    ("import", "import.md"),
];

#[test]
fn every_command_is_in_the_readme_and_has_help_with_a_description() {
    let sandbox = Sandbox::new();
    let readme = readme();
    let commands = visible_commands(&sandbox);

    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands {
        assert!(
            readme.contains(&format!("tornsnap {command}"))
                || readme.contains(&format!("-- {command}")),
            "{command} is not in the README"
        );
        let help = sandbox.run(&[&command, "--help"]).expect(0).stdout();
        assert!(help.lines().next().unwrap().len() > 20, "{help}");
    }
}

#[test]
fn the_readme_is_short_and_has_the_quick_start() {
    let readme = readme();

    assert!(
        readme.lines().count() <= 200,
        "move something to a page in src/docs"
    );
    assert!(
        blocks(&readme, "sh").contains(&"cargo run --release -- demo\ncargo test".to_owned()),
        "the quick start is these two commands"
    );
}

#[test]
fn every_example_is_understood() {
    let sandbox = Sandbox::new();
    let mut seen = 0;

    for (path, text) in pages() {
        for command in commands_in(&text) {
            let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
            words.push("--help");
            let finished = sandbox.run(&words);
            assert_eq!(
                finished.code(),
                0,
                "{}: tornsnap {}\n{}",
                path.display(),
                command.join(" "),
                finished.stderr()
            );
            seen += 1;
        }
    }

    assert!(seen > 120, "only {seen} examples were found");
}

#[test]
fn every_flag_is_on_the_page_of_its_command() {
    let sandbox = Sandbox::new();
    let global = flags(&sandbox.run(&["--help"]).expect(0).stdout());
    let configuration = page("configuration.md");
    let mut missing = Vec::new();
    for flag in &global {
        if !configuration.contains(&format!("`{flag}")) {
            missing.push(format!("configuration.md: {flag}"));
        }
    }
    let documented: BTreeSet<String> = PAGES
        .iter()
        .filter_map(|(name, _)| name.split(' ').next())
        .map(str::to_owned)
        .collect();
    for command in visible_commands(&sandbox) {
        assert!(documented.contains(&command), "{command} has no page");
    }

    for (command, name) in PAGES {
        let text = page(name);
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = sandbox.run(&words).expect(0).stdout();
        let own: Vec<String> = flags(&help).difference(&global).cloned().collect();
        assert!(!own.is_empty() || command == "completions", "{help}");
        for flag in own {
            if !text.contains(&format!("`{flag}`")) && !text.contains(&format!("`{flag} ")) {
                missing.push(format!("{name}: {flag} of {command}"));
            }
        }
    }

    assert!(missing.is_empty(), "{missing:#?}");
}

/// The flags in a help text, short and long.
fn flags(help: &str) -> BTreeSet<String> {
    help.lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-') && !line.starts_with("- "))
        .flat_map(|line| line.split_whitespace().take(2))
        .filter(|word| word.starts_with('-'))
        .map(|word| word.trim_end_matches([',', '.']).to_owned())
        .collect()
}
