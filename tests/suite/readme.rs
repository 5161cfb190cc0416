//! Keeps the README true: every command is in it, its examples are understood, its configuration is the program's.

use std::fs;
use std::path::Path;

use crate::support::Sandbox;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The lines of all blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let text = readme();
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_command_is_in_the_readme_and_has_help_with_a_description() {
    let sandbox = Sandbox::new();
    let readme = readme();
    let help = sandbox.run(&["--help"]).expect(0).stdout();
    let commands: Vec<&str> = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   ")) // A description that goes on.
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();

    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands {
        assert!(
            readme.contains(&format!("tornsnap {command}"))
                || readme.contains(&format!("-- {command}")),
            "{command} is not in the README"
        );
        let help = sandbox.run(&[command, "--help"]).expect(0).stdout();
        assert!(help.lines().next().unwrap().len() > 20, "{help}");
    }
}

#[test]
fn every_example_of_the_readme_is_understood() {
    let sandbox = Sandbox::new();
    let mut seen = 0;

    for line in blocks("sh").iter().flat_map(|block| block.lines()) {
        let Some(rest) = line.strip_prefix("tornsnap ") else {
            continue;
        };
        let command = rest.split(['#', '|']).next().unwrap();
        let mut words: Vec<&str> = command
            .split_whitespace()
            .filter(|word| *word != "…")
            .collect();
        words.push("--help");
        sandbox.run(&words).expect(0);
        seen += 1;
    }

    assert!(seen > 30, "only {seen} examples were found");
}

#[test]
fn the_whole_configuration_of_the_readme_is_understood_and_holds_the_defaults() {
    let sandbox = Sandbox::new();
    let whole = blocks("toml")
        .into_iter()
        .find(|block| block.contains("[[key]]"))
        .unwrap();
    let uncommented: String = whole
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(field) if field.contains(" = ") => format!("{field}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    sandbox.write("alice.key", "SomeKeyOfAlice01\n");

    for text in [whole, uncommented.replace("hc-ping.com/…", "hc-ping.com/x")] {
        sandbox.write("tornsnap.toml", &text);
        // What is wrong first is that there is no database: the configuration itself is in order.
        let finished = sandbox.run(&["fetch", "all"]).expect(78);
        assert!(
            finished.stderr().contains("there is no such file"),
            "{}",
            finished.stderr()
        );
        fs::remove_file(sandbox.path("tornsnap.log")).unwrap_or_default();
    }
}
