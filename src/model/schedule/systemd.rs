//! The units of a schedule for systemd: a service and a timer for each job.

use std::fmt::Write;

use crate::error::{Error, Exit, Result};
use crate::model::schedule::interval::HOUR_MINUTES;
use crate::model::schedule::job::{Job, JobName};
use crate::model::schedule::paths::Paths;

/// A unit file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unit {
    pub(crate) file_name: String,
    pub(crate) text: String,
}

/// The options that need no privileges. The options that hide parts of the file system need user namespaces, which some
/// distributions forbid, and the service would not start then.
const HARDENING: &str = "\
UMask=0077
NoNewPrivileges=true
LockPersonality=true
MemoryDenyWriteExecute=true
RestrictRealtime=true
RestrictSUIDSGID=true
SystemCallArchitectures=native
";

/// The beginning of the names of all units.
pub(crate) const PREFIX: &str = "tornsnap-";

/// The id in the name of a unit.
pub(crate) fn id_in(unit: &str) -> Option<&str> {
    Some(unit.strip_prefix(PREFIX)?.split_once('-')?.0)
}

/// The beginning of the names of all units of a schedule.
pub(crate) fn prefix(id: &str) -> String {
    format!("{PREFIX}{id}-")
}

/// The services and timers of all jobs.
///
/// # Errors
///
/// [`Exit::Config`] when systemd cannot start a program at this path.
pub(crate) fn units(jobs: &[Job], paths: &Paths) -> Result<Vec<Unit>> {
    let program = program_word(&paths.program)?;
    let prefix = prefix(&paths.id);
    Ok(jobs
        .iter()
        .flat_map(|job| {
            let name = format!("{prefix}{}", job.name.as_str());
            [
                Unit {
                    file_name: format!("{name}.service"),
                    text: service(job, &program, &paths.config),
                },
                Unit {
                    file_name: format!("{name}.timer"),
                    text: timer(job),
                },
            ]
        })
        .collect())
}

fn service(job: &Job, program: &str, config: &str) -> String {
    let mut text = unit_section(job);
    text.push_str("[Service]\nType=oneshot\n");
    if job.name.commands().len() > 1 {
        let chain = job.name.commands().join(" && tornsnap -q ");
        let _ = writeln!(text, "# The job is: tornsnap -q {chain}");
    }
    if !job.interval.is_up_to_an_hour() {
        text.push_str(
            "# It starts every hour, and does its job once in each interval from 00:00 UTC.\n",
        );
    }
    let _ = writeln!(
        text,
        "ExecStart={program} -q --config {} {}",
        word(config),
        job.command()
    );
    text.push_str(match job.name {
        JobName::Backup => "",
        JobName::Health => {
            "# These exit codes report the health (1 warning, 2 critical, 3 unknown), not a failure of the command.\n\
             SuccessExitStatus=1 2 3\n"
        }
        _ => {
            "# 75: another run has not finished, or Torn's API is down. The next run tries again.\n\
             SuccessExitStatus=75\n"
        }
    });
    if job.command().starts_with("schedule run") {
        text.push_str(
            "# The job passes SIGTERM on to the command that it runs. A second SIGTERM would end the command at once.\n\
             KillMode=mixed\n",
        );
    }
    text.push_str("Nice=10\n");
    text.push_str(match job.name {
        JobName::Backup => {
            "# Enough for a large database, and for the ten minutes that each command may wait for another run.\n\
             TimeoutStartSec=2h\n"
        }
        _ => "# Stops a run that hangs. A run that waits for the rate limit ends before this.\nTimeoutStartSec=1h\n",
    });
    text.push_str(HARDENING);
    text
}

fn timer(job: &Job) -> String {
    let mut text = unit_section(job);
    let _ = write!(
        text,
        "[Timer]\n\
         OnCalendar={}\n\
         # Starts a run that was missed while the machine was off.\n\
         Persistent=true\n\
         AccuracySec=1s\n\
         \n\
         [Install]\n\
         WantedBy=timers.target\n",
        calendar(job)
    );
    text
}

fn unit_section(job: &Job) -> String {
    format!(
        "[Unit]\nDescription=tornsnap: {}\n\n",
        job.name.description()
    )
}

/// The times of a job as systemd's calendar expression.
fn calendar(job: &Job) -> String {
    let Job {
        minute,
        second,
        interval,
        ..
    } = job;
    match interval.minutes() {
        step if step < HOUR_MINUTES => format!("*-*-* *:{minute:02}/{step}:{second:02} UTC"),
        // A longer interval starts every hour, too, so that a run that failed or was killed is tried again.
        _ => format!("*-*-* *:{minute:02}:{second:02} UTC"),
    }
}

/// Quotes an argument: `%` begins a specifier of systemd, `$` a variable.
fn word(text: &str) -> String {
    quoted(text).replace('$', "$$")
}

/// The path of the configuration in the text of a service: the inverse of [`word`].
pub(crate) fn config_in(service: &str) -> Option<String> {
    let mut rest = service.split_once(" --config \"")?.1.chars();
    let mut path = String::new();
    loop {
        match rest.next()? {
            '"' => return Some(path),
            // Each of these stands before the letter that is meant.
            '\\' | '%' | '$' => path.push(rest.next()?),
            letter => path.push(letter),
        }
    }
}

/// The path of the program in the text of a service: the inverse of [`program_word`].
pub(crate) fn program_in(service: &str) -> Option<String> {
    let rest = service.split_once("ExecStart=\"")?.1;
    Some(rest.split_once('"')?.0.replace("%%", "%"))
}

/// Quotes the path of the program, in which systemd replaces no variables.
fn program_word(path: &str) -> Result<String> {
    if path.contains(['"', '\'', '\\']) {
        return Err(Error::new("write the units of systemd")
            .with_source(format!(
                "the path of the program, {path}, contains a quote or a backslash"
            ))
            .with_help("move the program to another folder, such as ~/.local/bin")
            .with_exit(Exit::Config));
    }
    Ok(quoted(path))
}

fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('%', "%%");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::interval::Interval;

    #[test]
    fn the_calendar_is_in_utc() {
        let calendar = |interval, second| {
            calendar(&Job {
                name: JobName::Wars,
                interval: Interval::parse(interval).unwrap(),
                minute: 3,
                second,
            })
        };
        assert_eq!(calendar("1m", 10), "*-*-* *:03/1:10 UTC");
        assert_eq!(calendar("10m", 0), "*-*-* *:03/10:00 UTC");
        assert_eq!(calendar("1h", 0), "*-*-* *:03:00 UTC");
        assert_eq!(calendar("6h", 0), "*-*-* *:03:00 UTC");
        assert_eq!(calendar("daily", 0), "*-*-* *:03:00 UTC");
    }

    #[test]
    fn the_path_of_the_configuration_is_read_back() {
        for path in ["/a/t.toml", r#"/50%/$x "q" \ y/t.toml"#] {
            let line = format!("ExecStart=\"/p\" -q --config {} fetch wars\n", word(path));
            assert_eq!(config_in(&line).as_deref(), Some(path), "{line}");
        }
        assert_eq!(config_in("[Timer]\n"), None);
    }

    #[test]
    fn the_path_of_the_program_is_read_back() {
        for path in ["/usr/bin/tornsnap", "/50%/$x y/tornsnap"] {
            let word = program_word(path).unwrap();
            let text = format!("[Service]\nExecStart={word} -q --config \"/c\" fetch wars\n");
            assert_eq!(program_in(&text).as_deref(), Some(path), "{text}");
        }
        assert_eq!(program_in("[Timer]\n"), None);
    }

    #[test]
    fn an_argument_is_quoted_for_systemd() {
        assert_eq!(word("/a b"), "\"/a b\"");
        assert_eq!(word("/50%/$x"), "\"/50%%/$$x\"");
        assert_eq!(word(r#"/"\"#), r#""/\"\\""#);
    }
}
