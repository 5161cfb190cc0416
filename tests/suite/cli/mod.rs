//! The command line: help, usage errors, options for lists, completions and manual pages.

mod color;
mod examples;
mod help;
mod negative;
mod new_folders;
mod pasted;
mod questions;
mod shells;
mod tips;
mod usage;
#[cfg(target_os = "linux")]
mod widths;

use crate::support::Sandbox;

/// The error of a wrong command line, whose words are separated by single spaces.
#[track_caller]
fn usage_error(sandbox: &Sandbox, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    sandbox.run(&words).expect(2).stderr()
}

/// The commands in the groups of the program's help.
pub fn visible_commands(sandbox: &Sandbox) -> Vec<String> {
    let help = sandbox.run(&["--help"]).expect(0).stdout();
    help.split("\n\n")
        .skip(2) // The description and the usage.
        .take_while(|group| !group.starts_with("Global options:"))
        .flat_map(str::lines)
        .filter(|line| line.starts_with("  ") && !line.starts_with("   ")) // No description that goes on.
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The output of the command line on a terminal of this width.
#[cfg(target_os = "linux")]
fn on_a_terminal(sandbox: &Sandbox, columns: u16, line: &str) -> String {
    let line = line.replace("tornsnap", env!("CARGO_BIN_EXE_tornsnap"));
    let mut command = std::process::Command::new("/bin/sh");
    command
        .args(["-c", &line])
        .current_dir(sandbox.path(""))
        .env("HOME", sandbox.path(""));
    crate::support::pty::run(&command, columns).1
}
