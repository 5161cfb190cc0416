//! The lines of a schedule in a crontab.
//!
//! cron uses local time, and not every cron reads `CRON_TZ`. So every line starts at minutes of the hour. A job with a longer
//! interval starts every hour, and `schedule run` compares the UTC time with the one in a file.

use std::fmt::Write;

use crate::error::{Error, Exit, Result};
use crate::model::path::shell_quoted;
use crate::model::schedule::interval::HOUR_MINUTES;
use crate::model::schedule::job::{Job, JobName};
use crate::model::schedule::paths::Paths;

/// The longest command that the cron of Debian accepts has 998 characters.
const MAX_COMMAND: usize = 998;

/// The comment above a line that starts more often than its job.
const EXPLANATION: &str = "\
# The next line starts every hour. It does its job once in each interval from
# 00:00 UTC, and again in the next hour if the job has failed or the machine was
# off. The file beside the configuration that ends in .last says what is done.
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
        if job.name.commands().len() > 1 {
            let chain = job.name.commands().join(" && tornsnap -q ");
            let _ = writeln!(text, "{CHAIN}{chain}");
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

/// The start of the comment with the commands of a chain.
const CHAIN: &str = "# The job is: tornsnap -q ";

/// Whether [`lines`] writes a line like this one, for whatever paths, intervals and minutes. A comment of an earlier version
/// that has changed since counts as one of the user, and stays.
pub(crate) fn is_own_line(line: &str) -> bool {
    if line.starts_with('#') {
        let is_heading = |name: JobName| {
            line.starts_with(&format!("# {}, ", name.as_str()))
                && line.ends_with(name.description())
        };
        return line.starts_with(CHAIN)
            || EXPLANATION.lines().any(|own| own == line)
            || JobName::ALL.into_iter().any(is_heading);
    }
    let Some((_, run)) = line.split_once(" -q --config ") else {
        return false;
    };
    JobName::ALL.into_iter().any(|name| {
        let chain = format!("schedule run {}", name.as_str());
        [name.commands()[0], &chain].into_iter().any(|command| {
            run.ends_with(&format!("' {command}")) || run.contains(&format!("' {command} >>'"))
        })
    })
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
    format!("{umask}{delay}{}", command_line(job, paths))
}

fn command_line(job: &Job, paths: &Paths) -> String {
    let run = format!(
        "{} -q --config {} {}",
        word(&paths.program),
        word(&paths.config),
        job.command()
    );
    match &paths.log {
        None => run,
        Some(log) => format!("{run} >>{} 2>&1", word(log)),
    }
}

/// Quotes a text for the shell, always, so that all lines look the same, and for cron, which replaces each `%` without a
/// backslash by a line break. The backslash is outside the quotes, so that the shell removes it if cron does not.
fn word(text: &str) -> String {
    shell_quoted(text).replace('%', r"'\%'")
}

/// The path of the configuration in the lines of a schedule: the inverse of [`word`].
pub(crate) fn config_in(lines: &str) -> Option<String> {
    Some(first_word(lines.split_once(" --config ")?.1))
}

/// The paths of the program in the lines of a schedule, each once.
pub(crate) fn programs_in(lines: &str) -> Vec<String> {
    let mut programs: Vec<String> = lines
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" -q --config ")?.0.split_once('\''))
        .map(|(_, program)| first_word(&format!("'{program}")))
        .collect();
    programs.sort();
    programs.dedup();
    programs
}

/// The word at the start of a text: the inverse of [`word`].
fn first_word(text: &str) -> String {
    let mut rest = text.chars();
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
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::interval::Interval;

    fn job(name: JobName, interval: &str, second: u32) -> Job {
        Job {
            name,
            interval: Interval::parse(interval).unwrap(),
            minute: 3,
            second,
        }
    }

    #[test]
    fn the_paths_of_the_program_and_of_the_configuration_are_read_back() {
        for path in ["/a/t.toml", "/50% of 'it' & $x \\ y/t.toml", "'", "%"] {
            let line = format!(
                "3 * * * * {} -q --config {} fetch wars\n",
                word("/p"),
                word(path)
            );
            assert_eq!(config_in(&line).as_deref(), Some(path), "{line}");
            let line = format!(
                "3 * * * * umask 077; sleep 10; {} -q --config {} fetch wars\n",
                word(path),
                word("/c")
            );
            assert_eq!(programs_in(&line), [path], "{line}");
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
    fn only_lines_that_this_program_writes_are_its_own() {
        for log in [None, Some("/50%/it's.log".to_owned())] {
            let paths = Paths {
                id: "x".to_owned(),
                program: "/t".to_owned(),
                config: "/50%".to_owned(),
                log,
            };
            let jobs = JobName::ALL.map(|name| [job(name, "4m", 10), job(name, "daily", 0)]);
            let text = lines(&jobs.concat(), &paths).unwrap();
            for line in text.lines() {
                assert!(is_own_line(line), "{line}");
            }
        }
        for line in [
            "# mine",
            "#3 * * * * '/t' -q --config '/c' fetch wars",
            "# wars, never",
            "MAILTO=me",
            "3 * * * * true",
            "3 * * * * '/t' -q --config '/c' export",
            "3 * * * * '/t' -q --config '/c' fetch wars --wait 1m",
        ] {
            assert!(!is_own_line(line), "{line}");
        }
    }

    #[test]
    fn paths_that_are_too_long_for_cron_are_refused() {
        let lines_with = |length: usize| {
            let paths = Paths {
                id: "x".to_owned(),
                program: format!("/{}/tornsnap", "p".repeat(length)),
                config: "/c".to_owned(),
                log: None,
            };
            lines(&[job(JobName::Backup, "daily", 0)], &paths)
        };
        assert_eq!(lines_with(1000).unwrap_err().exit(), Exit::Config);
        assert!(lines_with(900).is_ok());
    }
}
