//! The tasks of a schedule for the Windows Task Scheduler, as XML.
//!
//! The text is pure ASCII and names no encoding: `schtasks` refuses UTF-8 with a name or a byte order mark.

use std::fmt::Write;

use crate::error::{Error, Exit, Result};
use crate::model::schedule::interval::HOUR_MINUTES;
use crate::model::schedule::job::{Job, JobName};
use crate::model::schedule::paths::Paths;

/// A task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Task {
    /// The name in the library of the Task Scheduler, with its folder.
    pub(crate) name: String,
    pub(crate) file_name: String,
    pub(crate) xml: String,
}

/// Whose session the tasks run in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Logon {
    /// Only while the user is logged on, without a console window.
    #[default]
    Interactive,
    /// Whether the user is logged on or not (S4U). Needs an elevated prompt once, and stores no password.
    Always {
        /// `COMPUTER\user`; `None` for the user who imports the task.
        user: Option<String>,
    },
}

/// The name of a task, with the folder for all tasks of this program.
pub(crate) fn task_name(id: &str, job: JobName) -> String {
    format!("tornsnap\\{id} {}", job.as_str())
}

/// The ids of the schedules in what `schtasks /query /fo csv /nh` prints.
pub(crate) fn ids_in_list(list: &str) -> Vec<String> {
    let mut ids: Vec<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("\"\\tornsnap\\")?.split_once(' '))
        .map(|(id, _)| id.to_owned())
        .collect();
    ids.dedup();
    ids
}

/// The path of the configuration in the XML of a task. `None` also for a path that is not ASCII, because `schtasks` prints it in
/// an unknown code page.
pub(crate) fn config_in(xml: &str) -> Option<String> {
    let text = xml.replace("&quot;", "\"").replace("&apos;", "'");
    let path = text.split_once(" --config \"")?.1.split_once('"')?.0;
    // `?` stands for a letter that the code page does not have.
    if !path.is_ascii() || path.contains('?') || path.contains("&#") {
        return None;
    }
    Some(path.replace("&amp;", "&"))
}

/// Rewrites the output of `schtasks /query /xml`, so that `schtasks /create /xml` reads it. `None` if letters may be lost: the
/// output is in an unknown code page, and `?` stands for a letter that the code page does not have.
pub(crate) fn printed_again(printed: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(printed).ok()?.trim_start();
    // It names UTF-16, which the printed bytes are not.
    let (_, task) = text.strip_prefix("<?xml")?.split_once("?>")?;
    if !task.is_ascii() || task.contains('?') {
        return None;
    }
    Some(format!("<?xml version=\"1.0\"?>{task}"))
}

/// The tasks of all jobs.
///
/// # Errors
///
/// [`Exit::Config`] for a path in which the Task Scheduler would replace a variable.
pub(crate) fn tasks(jobs: &[Job], paths: &Paths, logon: &Logon) -> Result<Vec<Task>> {
    for path in [&paths.program, &paths.config] {
        refuse_variable(path)?;
    }
    Ok(jobs
        .iter()
        .map(|job| Task {
            name: task_name(&paths.id, job.name),
            file_name: format!("tornsnap-{}-{}.xml", paths.id, job.name.as_str()),
            xml: task(job, paths, logon),
        })
        .collect())
}

fn refuse_variable(path: &str) -> Result<()> {
    let is_name = |part: &&str| {
        !part.is_empty()
            && part
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    let parts: Vec<&str> = path.split('%').collect();
    let inner = parts.len().saturating_sub(1);
    if parts[..inner].iter().skip(1).any(is_name) {
        return Err(Error::new(format!("put the path {path} into a task"))
            .with_source("the Task Scheduler replaces the name between two % by a variable")
            .with_help("rename that file or folder, and run it again")
            .with_exit(Exit::Config));
    }
    Ok(())
}

fn task(job: &Job, paths: &Paths, logon: &Logon) -> String {
    let (command, arguments) = action(job, paths, logon);
    format!(
        "<?xml version=\"1.0\"?>\n\
<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">
  <RegistrationInfo>
    <Description>tornsnap: {description}</Description>
  </RegistrationInfo>
  <Triggers>
{trigger}
  </Triggers>
  <Principals>
    <Principal id=\"Author\">
{principal}      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>{limit}</ExecutionTimeLimit>
  </Settings>
  <Actions Context=\"Author\">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
",
        description = escaped(job.name.description()),
        trigger = trigger(job),
        principal = principal(logon),
        limit = match job.name {
            JobName::Backup => "PT2H",
            _ => "PT1H",
        },
        command = escaped(&command),
        arguments = escaped(&arguments),
    )
}

/// The start in UTC, and the repetition. The order of the elements is that of the schema.
fn trigger(job: &Job) -> String {
    let start = format!("2026-01-01T00:{:02}:{:02}Z", job.minute, job.second);
    let minutes = job.interval.minutes();
    // A longer interval starts every hour, too, so that a run that failed or was killed is tried again.
    let interval = if minutes < HOUR_MINUTES {
        format!("PT{minutes}M")
    } else {
        "PT1H".to_owned()
    };
    format!(
        "    <TimeTrigger>
      <StartBoundary>{start}</StartBoundary>
      <Repetition><Interval>{interval}</Interval></Repetition>
    </TimeTrigger>"
    )
}

fn principal(logon: &Logon) -> String {
    match logon {
        Logon::Interactive => "      <LogonType>InteractiveToken</LogonType>\n".to_owned(),
        Logon::Always { user } => {
            let user = user.as_ref().map_or_else(String::new, |user| {
                format!("      <UserId>{}</UserId>\n", escaped(user))
            });
            user + "      <LogonType>S4U</LogonType>\n"
        }
    }
}

/// The program and the arguments of a job. Each argument is quoted in the usual way, which a shell would not understand:
/// `conhost` takes the line apart and puts it together again.
fn action(job: &Job, paths: &Paths, logon: &Logon) -> (String, String) {
    // A task goes on with its next action after a failure, so that one command has to run them all.
    let command = job.command();
    let arguments = format!("-q --config \"{}\" {command}", paths.config);
    match logon {
        Logon::Interactive => (
            r"%SystemRoot%\System32\conhost.exe".to_owned(),
            format!("--headless \"{}\" {arguments}", paths.program),
        ),
        // Without a session of a user there is no window.
        Logon::Always { .. } => (paths.program.clone(), arguments),
    }
}

/// Text for XML in ASCII.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            letter if letter.is_ascii() => escaped.push(letter),
            letter => {
                let _ = write!(escaped, "&#{};", u32::from(letter));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_task_is_read_again_unless_letters_may_be_lost() {
        let printed = |path: &str| {
            format!("\r\n<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task>{path}</Task>\r\n")
        };
        let again = |path: &str| printed_again(printed(path).as_bytes());

        let read = "<?xml version=\"1.0\"?>\r\n<Task>C:\\torn</Task>\r\n";
        assert_eq!(again("C:\\torn").as_deref(), Some(read));
        assert_eq!(again("C:\\J?rgen"), None);
        assert_eq!(again("C:\\J\u{fc}rgen"), None);
        assert_eq!(
            printed_again(b"<?xml version=\"1.0\"?><Task>\x81</Task>"),
            None
        );
        assert_eq!(printed_again(b"ERROR: Access is denied."), None);
    }

    #[test]
    fn the_ids_are_read_from_the_list_of_schtasks() {
        let list = "\"\\Microsoft\\x\",\"N/A\",\"Ready\"\r\n\"\\tornsnap\\a1b2c3d4 wars\",\"N/A\",\"Ready\"\r\n\
                    \"\\tornsnap\\a1b2c3d4 health\",\"27/11/2026 12:00:00\",\"Ready\"\r\n";
        assert_eq!(ids_in_list(list), ["a1b2c3d4"]);
    }

    #[test]
    fn the_path_of_the_configuration_is_read_back_if_it_is_plain() {
        let arguments = |path: &str| {
            let line = format!("\"C:\\t.exe\" -q --config \"{path}\" fetch wars");
            format!("<Arguments>{}</Arguments>", escaped(&line))
        };
        for path in [r"C:\Torn\tornsnap.toml", r"C:\A & B (x86)\t.toml"] {
            let xml = arguments(path);
            assert_eq!(config_in(&xml).as_deref(), Some(path));
            assert_eq!(
                config_in(&xml.replace('"', "&quot;")).as_deref(),
                Some(path)
            );
        }
        assert_eq!(config_in(&arguments("C:\\J\u{fc}rgen\\t.toml")), None);
        assert_eq!(config_in("<Task/>"), None);
    }

    #[test]
    fn text_in_xml_is_ascii() {
        assert_eq!(escaped("Jürgen & <x>"), "J&#252;rgen &amp; &lt;x&gt;");
    }

    #[test]
    fn only_a_name_between_two_percent_signs_is_refused() {
        assert!(refuse_variable(r"C:\100% & more\50%\x").is_ok());
        assert!(refuse_variable(r"C:\100%").is_ok());
        assert!(refuse_variable(r"C:\%TEMP%\x").is_err());
    }
}
