//! The Windows Task Scheduler: a task for each job, made by `schtasks`.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::command::schedule::backend::{
    Backend, Change, EntryFile, Installed, Look, Preview, State,
};
use crate::command::schedule::entries::Entries;
use crate::command::schedule::mark;
use crate::command::schedule::programs::{ask, run, run_to_success};
use crate::config::{system_path, system_variable};
use crate::error::{Error, Exit, Result};
use crate::model::schedule::condition::Fault;
use crate::model::schedule::job::{Job, JobName};
use crate::model::schedule::windows::{
    Logon, Task, config_in, ids_in_list, printed_again, task_name, tasks,
};

pub(super) struct Windows {
    pub(super) logon: Logon,
}

/// The logon for tasks that also run while the user is logged off.
pub(super) fn always() -> Logon {
    let user = system_variable("USERNAME").filter(|_| cfg!(windows));
    let domain = system_variable("USERDOMAIN");
    Logon::Always {
        user: user.map(|user| match domain {
            Some(domain) => format!("{domain}\\{user}"),
            None => user,
        }),
    }
}

impl Backend for Windows {
    fn name(&self) -> &'static str {
        "windows"
    }

    fn place(&self) -> String {
        "the Windows Task Scheduler".to_owned()
    }

    fn is_available(&self) -> bool {
        cfg!(windows)
    }

    fn install_command(&self) -> String {
        match self.logon {
            Logon::Interactive => "`tornsnap schedule install --for windows`",
            Logon::Always { .. } => "`tornsnap schedule install --for windows --when-logged-off`",
        }
        .to_owned()
    }

    /// Tasks have the variables of the user. A variable of one prompt only cannot be told apart.
    fn sets_variable(&self, _name: &str, _id: &str) -> bool {
        cfg!(windows)
    }

    /// That needs a shell, whose quotes and those of `conhost` do not go together.
    fn appends_output(&self) -> bool {
        false
    }

    fn files(&self, entries: &Entries) -> Result<Vec<EntryFile>> {
        let tasks = self.tasks(entries)?.into_iter();
        Ok(tasks
            .map(|task| EntryFile {
                path: task.file_name,
                text: task.xml,
            })
            .collect())
    }

    fn preview(&self, entries: &Entries) -> Result<Preview> {
        let files = self.files(entries)?;
        let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
        Ok(Preview {
            printed: texts.join("\n").into_bytes(),
            files: files.iter().map(|file| file.path.clone()).collect(),
            notes: Vec::new(),
        })
    }

    /// A comment in XML may not contain two hyphens in a row.
    fn comment(&self, line: &str) -> String {
        let mut text = line.to_owned();
        while text.contains("--") {
            text = text.replace("--", "- -");
        }
        format!("<!-- {text} -->")
    }

    fn require(&self) -> Result<()> {
        refuse_elsewhere()
    }

    fn notes(&self, entries: &Entries) -> Vec<String> {
        let mut notes = Vec::new();
        if self.logon == Logon::Interactive {
            notes.push(
                "the jobs run only while you are logged on; to run them always, install them in an elevated prompt with \
                 --when-logged-off"
                    .to_owned(),
            );
        }
        if !entries.has_log_file {
            notes.push(format!(
                "the Task Scheduler discards what the jobs print; set file under [log] in {}",
                entries.config.display()
            ));
        }
        notes
    }

    /// The list of `schtasks` does not have the arguments of a task, but its XML has.
    fn installed(&self) -> Result<Vec<Installed>> {
        if !cfg!(windows) {
            return Ok(Vec::new());
        }
        let listed = run_to_success(&schtasks(), &["/query", "/fo", "csv", "/nh"])?;
        let ids = ids_in_list(&String::from_utf8_lossy(&listed.stdout)).into_iter();
        Ok(ids
            .map(|id| Installed {
                config: config_of(&id),
                id,
            })
            .collect())
    }

    fn installed_files(&self, id: &str) -> Result<Vec<String>> {
        let jobs = installed_jobs(id)?.into_iter();
        Ok(jobs.map(|name| task_name(id, name)).collect())
    }

    /// One list of all tasks. The XML of each task would take another call.
    fn look(&self, id: &str) -> Result<Look> {
        if !cfg!(windows) {
            return Ok(Look::Absent);
        }
        let output = ask(&schtasks(), &["/query", "/fo", "csv", "/nh"])?;
        let list = output.map_or_else(Vec::new, |output| output.stdout);
        let ids = ids_in_list(&String::from_utf8_lossy(&list));
        Ok(if ids.iter().any(|found| found == id) {
            Look::Present {
                programs: Vec::new(),
                config: None,
            }
        } else {
            Look::Absent
        })
    }

    /// The Task Scheduler always runs.
    fn why_idle(&self, _id: &str) -> Option<Fault> {
        None
    }

    /// `schtasks` shows a task in another form than it was made from, so that only its existence can be checked.
    fn state(&self, entries: &Entries) -> Result<State> {
        if !cfg!(windows) {
            return Ok(State::No);
        }
        let installed = installed_jobs(&entries.paths.id)?;
        Ok(if installed.is_empty() {
            State::No
        } else if entries.jobs.iter().map(|job| job.name).eq(installed) {
            State::Yes
        } else {
            State::Outdated
        })
    }

    fn install(&self, entries: &Entries, _now: i64) -> Result<Change> {
        refuse_elsewhere()?;
        let tasks = self.tasks(entries)?;
        let mut former = FormerTasks::default();
        let has_deleted = write_all(entries, &tasks, &mut former)
            .map_err(|error| former.put_back(error, create, delete))?;
        Ok(Change {
            is_changed: has_deleted || !tasks.is_empty(),
            files: tasks.into_iter().map(|task| task.name).collect(),
            ..Change::default()
        })
    }

    fn remove(&self, id: &str, config: &Path, _now: i64) -> Result<Change> {
        refuse_elsewhere()?;
        let mut removed = Vec::new();
        for name in JobName::ALL {
            let task = task_name(id, name);
            if delete_if_there(&task)? {
                removed.push(task);
            }
        }
        mark::remove_files(config);
        Ok(Change {
            is_changed: !removed.is_empty(),
            files: removed,
            ..Change::default()
        })
    }

    fn next_start(&self, job: &Job, entries: &Entries, now: i64) -> i64 {
        mark::next_start_of(job, entries, now, 0)
    }
}

impl Windows {
    fn tasks(&self, entries: &Entries) -> Result<Vec<Task>> {
        tasks(&entries.jobs, &entries.paths, &self.logon)
    }
}

/// Writes the tasks, and deletes those of jobs that are off. Returns whether one was deleted.
fn write_all(entries: &Entries, tasks: &[Task], former: &mut FormerTasks) -> Result<bool> {
    for task in tasks {
        let before = former_xml(&task.name)?;
        create(&task.name, &task.xml)?;
        former.note(&task.name, before);
    }
    let mut has_deleted = false;
    for name in JobName::ALL {
        if !entries.jobs.iter().any(|job| job.name == name) {
            let task = task_name(&entries.paths.id, name);
            let before = former_xml(&task)?;
            if delete_if_there(&task)? {
                former.note(&task, before);
                has_deleted = true;
            }
        }
    }
    let is_missing = |task: &&Task| !exists(&task.name).unwrap_or(true);
    match tasks.iter().find(is_missing) {
        None => Ok(has_deleted),
        Some(missing) => Err(Error::new(format!("write the task {}", missing.name))
            .with_source("schtasks reported no error, and the task is not there")
            .with_help("see the folder tornsnap of the Task Scheduler")),
    }
}

/// A task before it was changed.
#[derive(Debug)]
enum Former {
    Absent,
    Xml(String),
    /// `schtasks` prints it in the code page of the terminal, which lacks letters that a path may have.
    Unreadable,
}

/// The changed tasks as they were before.
#[derive(Debug, Default)]
struct FormerTasks(Vec<(String, Former)>);

impl FormerTasks {
    fn note(&mut self, name: &str, before: Former) {
        self.0.push((name.to_owned(), before));
    }

    /// Puts the tasks back after a failure, and names in its error those for which that fails.
    fn put_back(
        self,
        error: Error,
        create: impl Fn(&str, &str) -> Result<()>,
        delete: impl Fn(&str) -> Result<()>,
    ) -> Error {
        let mut left = Vec::new();
        for (name, before) in self.0 {
            let is_back = match before {
                Former::Absent => delete(&name).is_ok(),
                Former::Xml(xml) => create(&name, &xml).is_ok(),
                Former::Unreadable => false,
            };
            if !is_back {
                left.push(name);
            }
        }
        if left.is_empty() {
            return error;
        }
        let help = error
            .help()
            .map_or_else(String::new, |help| format!("{help}; then "));
        error.with_help(format!(
            "{help}run `tornsnap schedule install` again, because these tasks could not be put back as they were before: {}",
            left.join(", ")
        ))
    }
}

fn refuse_elsewhere() -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    Err(Error::new("change the Windows Task Scheduler")
        .with_source("this is not Windows")
        .with_help("run it on the Windows machine; `tornsnap schedule show --for windows` prints the tasks")
        .with_exit(Exit::Config))
}

/// The path of `schtasks`. A program of that name in the current folder is not meant.
fn schtasks() -> String {
    let root = system_path("SystemRoot").unwrap_or_else(|| PathBuf::from(r"C:\Windows"));
    let path = root.join("System32").join("schtasks.exe");
    path.to_string_lossy().into_owned()
}

/// The jobs that have a task, in the order of [`JobName::ALL`].
fn installed_jobs(id: &str) -> Result<Vec<JobName>> {
    let mut installed = Vec::new();
    for name in JobName::ALL {
        if exists(&task_name(id, name))? {
            installed.push(name);
        }
    }
    Ok(installed)
}

/// The configuration that the tasks of a schedule name; `None` if it cannot be read for sure.
fn config_of(id: &str) -> Option<String> {
    JobName::ALL.into_iter().find_map(|name| {
        let task = task_name(id, name);
        let output = run(&schtasks(), &["/query", "/tn", &task, "/xml"]).ok()??;
        config_in(&String::from_utf8_lossy(&output.stdout))
    })
}

fn exists(task: &str) -> Result<bool> {
    let output = run(&schtasks(), &["/query", "/tn", task])?;
    Ok(output.is_some_and(|output| output.status.success()))
}

/// The task of this name as it is now.
fn former_xml(name: &str) -> Result<Former> {
    if !exists(name)? {
        return Ok(Former::Absent);
    }
    let output = run(&schtasks(), &["/query", "/tn", name, "/xml"])?;
    let printed = output.filter(|output| output.status.success());
    let xml = printed.and_then(|output| printed_again(&output.stdout));
    Ok(xml.map_or(Former::Unreadable, Former::Xml))
}

fn create(name: &str, xml: &str) -> Result<()> {
    let action = || format!("write the task {name}");
    let mut file = tempfile::Builder::new()
        .suffix(".xml")
        .tempfile()
        .map_err(|error| Error::of_temporary_folder(action(), error))?;
    file.write_all(xml.as_bytes())
        .map_err(|error| Error::of_temporary_folder(action(), error))?;
    // `schtasks` cannot read a file that is open for writing.
    let path = file.into_temp_path();
    let path = path.to_string_lossy();
    run_to_success(&schtasks(), &["/create", "/f", "/tn", name, "/xml", &path])
        .map(drop)
        .map_err(|error| {
            error
                .with_help("with --when-logged-off, open the prompt with \"Run as administrator\"")
                .with_exit(Exit::Config)
        })
}

fn delete(task: &str) -> Result<()> {
    run_to_success(&schtasks(), &["/delete", "/f", "/tn", task]).map(drop)
}

fn delete_if_there(task: &str) -> Result<bool> {
    if !exists(task)? {
        return Ok(false);
    }
    delete(task)?;
    if exists(task)? {
        return Err(Error::new(format!("delete the task {task}"))
            .with_source("schtasks reported no error, and the task is still there")
            .with_help("delete it in the folder tornsnap of the Task Scheduler"));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_failed_installation_puts_the_tasks_back_and_names_those_for_which_that_fails() {
        let done = RefCell::new(Vec::new());
        let mut former = FormerTasks::default();
        former.note("new", Former::Absent);
        former.note("replaced", Former::Xml("<old/>".to_owned()));
        former.note("locked", Former::Xml("<older/>".to_owned()));
        former.note("foreign", Former::Unreadable);
        let create = |name: &str, xml: &str| {
            done.borrow_mut().push(format!("{name} {xml}"));
            match name {
                "locked" => Err(Error::new("write the task")),
                _ => Ok(()),
            }
        };
        let delete = |name: &str| {
            done.borrow_mut().push(format!("delete {name}"));
            Ok(())
        };

        let error = Error::new("write the task c").with_help("open another prompt");
        let error = former.put_back(error, create, delete);

        let done = done.into_inner();
        assert_eq!(done, ["delete new", "replaced <old/>", "locked <older/>"]);
        let help = error.help().unwrap_or_default();
        assert!(help.starts_with("open another prompt; then run"), "{help}");
        assert!(
            help.ends_with("as they were before: locked, foreign"),
            "{help}"
        );
    }

    #[test]
    fn an_installation_whose_tasks_are_put_back_keeps_its_error() {
        let mut former = FormerTasks::default();
        former.note("replaced", Former::Xml("<old/>".to_owned()));
        let error = Error::new("write the task c").with_help("open another prompt");

        let error = former.put_back(error, |_, _| Ok(()), |_| Ok(()));

        assert_eq!(error.help(), Some("open another prompt"));
    }
}
