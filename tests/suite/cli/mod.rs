//! The command line: help, usage errors, options for lists, completions and manual pages.

mod color;
mod examples;
mod help;
mod questions;
mod shells;
mod usage;

use crate::support::Sandbox;

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

/// What the command line prints on a terminal of this width; `None` without util-linux's `script`.
#[cfg(target_os = "linux")]
fn on_a_terminal(sandbox: &Sandbox, columns: u32, line: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_tornsnap");
    // `stty` leaves the number of rows at zero, as some terminals do.
    let line = format!(
        "stty cols {columns} && {}",
        line.replace("tornsnap", program)
    );
    let output = std::process::Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(sandbox.path(""))
        .env_remove("NO_COLOR")
        .env("TERM", "xterm-256color")
        .env("HOME", sandbox.path(""))
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8(output.stdout).unwrap().replace('\r', ""))
}
