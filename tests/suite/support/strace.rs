//! Commands under `strace`, which sees each system call and can kill the process at one of them (Linux only).

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether this machine has strace and lets it trace.
pub fn may_trace() -> bool {
    Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The same command under strace: same folder, same environment.
pub fn traced(command: &Command, options: &[&str], trace: &Path) -> Command {
    let mut traced = Command::new("strace");
    traced
        .args(options)
        .arg("-o")
        .arg(trace)
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(folder) = command.get_current_dir() {
        traced.current_dir(folder);
    }
    traced
}

/// How many system calls a trace has.
pub fn calls(trace: &Path) -> u32 {
    let text = fs::read_to_string(trace).unwrap();
    let calls = text.lines().filter(|line| line.contains('(')).count();
    u32::try_from(calls).unwrap()
}
