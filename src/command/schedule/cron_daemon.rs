//! Whether a cron runs, because a crontab without it starts nothing.

use std::fs;
use std::path::Path;

use crate::command::schedule::programs::ask;

/// The units under which systemd starts a cron on the common distributions.
const UNITS: [&str; 5] = [
    "cron.service",
    "crond.service",
    "cronie.service",
    "fcron.service",
    "cron.target",
];

/// The folder that exists while systemd is the first process of the machine.
const SYSTEMD: &str = "/run/systemd/system";

/// Whether a cron runs on this machine; `None` if that cannot be known.
pub(super) fn is_running() -> Option<bool> {
    // Elsewhere there is no such list of processes, and macOS starts cron only when it is needed.
    if !cfg!(target_os = "linux") {
        return None;
    }
    let processes = fs::read_dir("/proc").ok()?;
    let has_process = processes
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|id| fs::read(format!("/proc/{id}/stat")).ok())
        .any(|stat| is_cron(&String::from_utf8_lossy(&stat)));
    if has_process || is_started_by_systemd() {
        return Some(true);
    }
    // A system may hide the processes of other users (hidepid), and then the first process is hidden, too.
    fs::read("/proc/1/stat").ok().map(|_| false)
}

/// The remedy for a cron that does not run.
pub(super) fn remedy() -> &'static str {
    if Path::new(SYSTEMD).exists() {
        "start it with `sudo systemctl enable --now cron` (the name is crond on Fedora, cronie on Arch)"
    } else {
        "start it, for example with `sudo service cron start`, and let the machine start it when it boots"
    }
}

/// Whether the line `PID (NAME) STATE …` is that of a cron. Each implementation has "cron" in its name.
fn is_cron(stat: &str) -> bool {
    let Some((before, after)) = stat.rsplit_once(')') else {
        return false;
    };
    let name = before.split_once('(').map_or("", |(_, name)| name);
    let has_ended = after.trim_start().starts_with(['Z', 'X']);
    name.contains("cron") && name != "crontab" && !has_ended
}

/// systemd-cron has no process of its own: it makes timers of the crontabs.
fn is_started_by_systemd() -> bool {
    let question = || ask("systemctl", &[&["is-active"], &UNITS[..]].concat());
    Path::new(SYSTEMD).exists()
        && question()
            .ok()
            .flatten()
            .is_some_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cron_is_known_by_the_name_of_a_process_that_lives() {
        for name in ["cron", "crond", "fcron", "bcron-sched"] {
            assert!(is_cron(&format!("12 ({name}) S 1 12")), "{name}");
        }
        for stat in [
            "12 (cron) Z 1 12",
            "12 (crontab) S 1 12",
            "12 (sh) S 1 12",
            "12 (a) (b) S cron",
            "",
        ] {
            assert!(!is_cron(stat), "{stat}");
        }
    }
}
