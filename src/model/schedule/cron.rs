//! The lines of a schedule in a crontab.
//!
//! cron uses local time, and not every cron reads `CRON_TZ`. So every line starts at minutes of the hour, and a job with a
//! longer interval compares the UTC time with the one in a file. This also starts a missed job in the next hour.

use std::fmt::Write;

use crate::error::{Error, Exit, Result};
use crate::model::path::shell_quoted;
use crate::model::schedule::interval::HOUR_MINUTES;
use crate::model::schedule::job::{Job, JobName};
use crate::model::schedule::paths::Paths;
use crate::model::time::HOUR;

/// The longest command that the cron of Debian accepts has 998 characters.
const MAX_COMMAND: usize = 998;

/// The comment above a line that starts more often than its job.
const EXPLANATION: &str = "\
# The next line starts every hour, and does its job in the first hour of each interval (or in the first one in which the
# machine is on). Intervals begin at 00:00 UTC. The file .last has the number of the last one.
";

/// The comments and the lines of all jobs, without the markers of the block.
///
/// # Errors
///
/// [`Exit::Config`] when the paths are too long for a line.
pub(crate) fn lines(jobs: &[Job], paths: &Paths) -> Result<String> {
    let mut text = String::new();
    for job in jobs {
        let command = command(job, paths);
        if command.len() > MAX_COMMAND {
            return Err(Error::new("put the schedule into a crontab")
                .with_source(format!(
                    "the line of the job {} has {} characters, and cron accepts {MAX_COMMAND}",
                    job.name.as_str(),
                    command.len()
                ))
                .with_help("move the program and the configuration to folders with shorter names")
                .with_exit(Exit::Config));
        }
        if !job.interval.is_up_to_an_hour() {
            text.push_str(EXPLANATION);
        }
        let _ = writeln!(
            text,
            "# {}, {}: {}\n{} * * * * {command}",
            job.name.as_str(),
            job.interval,
            job.name.description(),
            minutes(job),
        );
    }
    Ok(text)
}

/// The first field of a line.
fn minutes(job: &Job) -> String {
    match job.interval.minutes() {
        1 => "*".to_owned(),
        step if step < HOUR_MINUTES => format!("{}-59/{step}", job.minute),
        _ => job.minute.to_string(),
    }
}

fn command(job: &Job, paths: &Paths) -> String {
    // The shell makes the log file. Nothing that a job makes is for other users.
    let umask = if paths.log.is_some() {
        "umask 077; "
    } else {
        ""
    };
    let delay = match job.second {
        0 => String::new(),
        seconds => format!("sleep {seconds}; "),
    };
    let run = if job.interval.is_up_to_an_hour() {
        command_chain(job, paths)
    } else {
        once_per_interval(job, paths)
    };
    format!("{umask}{delay}{run}")
}

fn command_chain(job: &Job, paths: &Paths) -> String {
    let run = format!(
        "{} -q --config {} ",
        word(&paths.program),
        word(&paths.config)
    );
    let commands: Vec<String> = job
        .name
        .commands()
        .iter()
        .map(|command| format!("{run}{command}"))
        .collect();
    let chain = commands.join(" && ");
    match &paths.log {
        None => chain,
        Some(log) if commands.len() == 1 => format!("{chain} >>{} 2>&1", word(log)),
        Some(log) => format!("{{ {chain}; }} >>{} 2>&1", word(log)),
    }
}

/// Runs the commands if they have not yet started in this interval of UTC time. The file has the number of the last
/// interval.
fn once_per_interval(job: &Job, paths: &Paths) -> String {
    format!(
        "n=$(($(date -u +\\%s)/{})); f={}; [ \"$(cat \"$f\" 2>/dev/null)\" = \"$n\" ] || {{ echo \"$n\" >\"$f\"; {}; }}",
        job.interval.seconds(),
        word(&mark_file(job.name, &paths.config)),
        command_chain(job, paths)
    )
}

/// The file with the number of the last interval in which a job with a long interval has started.
pub(crate) fn mark_file(name: JobName, config: &str) -> String {
    format!("{config}.{}.last", name.as_str())
}

/// Quotes a text for the shell, always, so that all lines look the same, and for cron, which replaces each `%` without a backslash by a line break. The backslash is
/// outside the quotes, so that the shell removes it if cron does not.
fn word(text: &str) -> String {
    shell_quoted(text).replace('%', r"'\%'")
}

/// The path of the configuration in the lines of a schedule: the inverse of [`word`].
pub(crate) fn config_in(lines: &str) -> Option<String> {
    let mut rest = lines.split_once(" --config ")?.1.chars();
    let mut path = String::new();
    let mut is_quoted = false;
    while let Some(letter) = rest.next() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => path.extend(rest.next()),
            ' ' | '\n' if !is_quoted => break,
            letter => path.push(letter),
        }
    }
    Some(path)
}

/// The next start of a job under cron.
///
/// `utc_offset` is the offset of local time in seconds. `mark` is the content of the mark file.
pub(crate) fn next_start(job: &Job, now: i64, utc_offset: i64, mark: Option<i64>) -> i64 {
    let step = job.interval.seconds().min(HOUR);
    let first = job.phase() - utc_offset;
    let passed = (now - first).rem_euclid(step);
    let next = now - passed + step;
    if job.interval.is_up_to_an_hour() {
        return next;
    }
    let interval = job.interval.seconds();
    (0..=24)
        .map(|hours| next + hours * HOUR)
        .find(|start| mark != Some(start.div_euclid(interval)))
        .unwrap_or(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::interval::Interval;
    use crate::model::time::DAY;

    fn job(name: JobName, interval: &str, second: u32) -> Job {
        Job {
            name,
            interval: Interval::parse(interval).unwrap(),
            minute: 3,
            second,
        }
    }

    #[test]
    fn the_path_of_the_configuration_is_read_back() {
        for path in ["/a/t.toml", "/50% of 'it' & $x \\ y/t.toml", "'", "%"] {
            let line = format!(
                "3 * * * * {} -q --config {} fetch wars\n",
                word("/p"),
                word(path)
            );
            assert_eq!(config_in(&line).as_deref(), Some(path), "{line}");
        }
        assert_eq!(config_in("# nothing\n"), None);
    }

    #[test]
    fn percent_signs_and_quotes_in_a_path_are_escaped() {
        assert_eq!(word("/a b"), "'/a b'");
        assert_eq!(word("/50%/x"), r"'/50'\%'/x'");
        assert_eq!(word("/it's"), r"'/it'\''s'");
    }

    #[test]
    fn the_minutes_are_a_list_that_every_cron_knows() {
        let minutes = |interval| minutes(&job(JobName::Wars, interval, 0));
        assert_eq!(minutes("1m"), "*");
        assert_eq!(minutes("4m"), "3-59/4");
        assert_eq!(minutes("1h"), "3");
        assert_eq!(minutes("6h"), "3");
    }

    #[test]
    fn a_job_with_a_long_interval_starts_again_in_the_next_interval_of_utc() {
        let daily = job(JobName::Backup, "daily", 0);
        let day = 20_000 * DAY;
        // Not yet today: at the next minute 3.
        assert_eq!(
            next_start(&daily, day + HOUR, 0, Some(19_999)),
            day + HOUR + 180
        );
        // Done today: tomorrow.
        assert_eq!(
            next_start(&daily, day + HOUR, 0, Some(20_000)),
            day + DAY + 180
        );
        assert_eq!(next_start(&daily, day + HOUR, 0, None), day + HOUR + 180);
        // Local time is half an hour ahead.
        assert_eq!(
            next_start(&daily, day, 1800, Some(20_000)),
            day + DAY + 33 * 60
        );
    }

    #[test]
    fn paths_that_are_too_long_for_cron_are_refused() {
        let paths = Paths {
            id: "x".to_owned(),
            program: format!("/{}/tornsnap", "p".repeat(300)),
            config: "/c".to_owned(),
            log: None,
        };
        let refused = lines(&[job(JobName::Backup, "daily", 0)], &paths).unwrap_err();
        assert_eq!(refused.exit(), Exit::Config);
        assert!(lines(&[job(JobName::Wars, "4m", 0)], &paths).is_ok());
    }
}
