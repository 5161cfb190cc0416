//! Commands under `strace`, which sees each system call and can kill the process at one of them (Linux only).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::started_by;

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
    let mut strace = Command::new("strace");
    strace.args(options).arg("-o").arg(trace);
    started_by(strace, command)
}

/// One call of a trace: the name of the system call, and how many calls with this name there were up to it.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub number: u32,
}

/// The system calls of a trace in their order. strace counts `when=` of an injection for each name on its own.
pub fn calls(trace: &Path) -> Vec<Call> {
    let text = fs::read_to_string(trace).unwrap();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    text.lines()
        .filter_map(|line| line.split_once('('))
        .map(|(name, _)| {
            let count = counts.entry(name).or_default();
            *count += 1;
            Call {
                name: name.to_owned(),
                number: *count,
            }
        })
        .collect()
}
