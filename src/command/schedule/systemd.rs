//! systemd: a service and a timer for each job, as units of the user.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::command::schedule::backend::{
    Backend, Change, EntryFile, Installed, Look, Preview, State,
};
use crate::command::schedule::entries::Entries;
use crate::command::schedule::mark;
use crate::command::schedule::programs::{ask, message_of, run_to_success, user_name};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::display_path;
use crate::model::schedule::condition::Fault;
use crate::model::schedule::job::Job;
use crate::model::schedule::systemd::{PREFIX, Unit, config_in, id_in, prefix, program_in, units};
use crate::store::files::{remove_leftovers, write_atomically};

const SYSTEMCTL: &str = "systemctl";

/// The ending of the temporary name of a unit.
const TEMPORARY: &str = ".unit.partial";

pub(super) struct Systemd;

impl Backend for Systemd {
    fn name(&self) -> &'static str {
        "systemd"
    }

    fn place(&self) -> String {
        "systemd, as units of this user".to_owned()
    }

    fn is_available(&self) -> bool {
        manager_environment().is_ok()
    }

    fn sets_variable(&self, name: &str, _id: &str) -> bool {
        let environment = manager_environment().unwrap_or_default();
        environment
            .lines()
            .filter_map(|line| line.split_once('='))
            .any(|(variable, _)| variable == name)
    }

    /// The journal keeps the output.
    fn appends_output(&self) -> bool {
        false
    }

    fn files(&self, entries: &Entries) -> Result<Vec<EntryFile>> {
        let folder = unit_folder()?;
        Ok(units(&entries.jobs, &entries.paths)?
            .into_iter()
            .map(|unit| EntryFile {
                path: display_path(&folder.join(unit.file_name)),
                text: unit.text,
            })
            .collect())
    }

    fn preview(&self, entries: &Entries) -> Result<Preview> {
        let files = self.files(entries)?;
        let texts: Vec<String> = files
            .iter()
            .map(|file| format!("# {}\n{}", file.path, file.text))
            .collect();
        Ok(Preview {
            printed: texts.join("\n").into_bytes(),
            files: files.into_iter().map(|file| file.path).collect(),
            notes: Vec::new(),
        })
    }

    fn comment(&self, line: &str) -> String {
        format!("# {line}")
    }

    fn require(&self) -> Result<()> {
        require_manager()
    }

    fn notes(&self, _entries: &Entries) -> Vec<String> {
        linger_note().into_iter().collect()
    }

    fn installed(&self) -> Result<Vec<Installed>> {
        let mut found: Vec<Installed> = Vec::new();
        for (path, text) in units_with_prefix(&unit_folder()?, PREFIX)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(id) = id_in(&name) else { continue };
            let config = config_in(&text);
            match found.iter_mut().find(|installed| installed.id == id) {
                Some(installed) => installed.config = installed.config.take().or(config),
                None => found.push(Installed {
                    id: id.to_owned(),
                    config,
                }),
            }
        }
        Ok(found)
    }

    fn installed_files(&self, id: &str) -> Result<Vec<String>> {
        let units = installed_units(&unit_folder()?, id)?;
        Ok(units.keys().map(|path| display_path(path)).collect())
    }

    fn look(&self, id: &str) -> Result<Look> {
        let units = installed_units(&unit_folder()?, id)?;
        if units.is_empty() {
            return Ok(Look::Absent);
        }
        let mut programs: Vec<String> =
            units.values().filter_map(|text| program_in(text)).collect();
        programs.sort();
        programs.dedup();
        Ok(Look::Present {
            programs,
            config: units.values().find_map(|text| config_in(text)),
        })
    }

    /// A manager that does not answer is no reason: it cannot be reached from cron or with `su`.
    fn why_idle(&self, id: &str) -> Option<Fault> {
        let units = installed_units(&unit_folder().ok()?, id).ok()?;
        let timers: Vec<String> = units.keys().filter_map(|path| timer_name(path)).collect();
        let arguments = ["--user", "is-active"].into_iter();
        let question: Vec<&str> = arguments.chain(timers.iter().map(String::as_str)).collect();
        let output = ask(SYSTEMCTL, &question).ok()??;
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        let states: Vec<&str> = answer.lines().map(str::trim).collect();
        let mut idle = timers.iter().zip(&states);
        let (timer, state) = idle.find(|(_, state)| matches!(**state, "inactive" | "failed"))?;
        (states.len() == timers.len()).then(|| Fault {
            message: format!("the timer {timer} of systemd is {state}, so nothing starts its job"),
            help: format!("run {}, which starts the timers", self.install_command()),
        })
    }

    fn state(&self, entries: &Entries) -> Result<State> {
        let folder = unit_folder()?;
        let installed = installed_units(&folder, &entries.paths.id)?;
        let units = units(&entries.jobs, &entries.paths)?;
        Ok(state_of(&folder, &installed, &units))
    }

    fn install(&self, entries: &Entries, _now: i64) -> Result<Change> {
        let units = units(&entries.jobs, &entries.paths)?;
        require_manager()?;
        let folder = unit_folder()?;
        fs::create_dir_all(&folder)
            .with_context(|| format!("make the folder {}", folder.display()))?;
        let before = installed_units(&folder, &entries.paths.id)?;
        let change = Change {
            is_changed: match state_of(&folder, &before, &units) {
                State::Yes => false,
                State::No => !units.is_empty(),
                State::Outdated => true,
            },
            files: units
                .iter()
                .map(|unit| display_path(&folder.join(&unit.file_name)))
                .collect(),
            ..Change::default()
        };
        let replaced = replace_units(&folder, &before, &units);
        if let Err(error) = replaced.and_then(|()| self.require_active(&entries.paths.id)) {
            undo(&folder, &before, &units);
            // The disk is full, or the like: no status of systemd says so.
            if error.exit() == Exit::Io {
                return Err(error);
            }
            return Err(error
                .with_help("the units are as they were before; see `systemctl --user status`")
                .with_exit(Exit::Config));
        }
        Ok(change)
    }

    fn remove(&self, id: &str, config: &Path, _now: i64) -> Result<Change> {
        remove_leftovers(&unit_folder()?, TEMPORARY);
        let installed = installed_units(&unit_folder()?, id)?;
        if installed.is_empty() {
            return Ok(Change::default());
        }
        require_manager()?;
        let timers: Vec<String> = installed
            .keys()
            .filter_map(|path| timer_name(path))
            .collect();
        disable(&timers)?;
        // Best effort: this removes the times of the last runs, so that a later installation does not start every job.
        let _ = systemctl(&["clean", "--what=state"], &timers);
        for path in installed.keys() {
            fs::remove_file(path).with_context(|| format!("remove {}", path.display()))?;
        }
        systemctl(&["daemon-reload"], &[])?;
        mark::remove_files(config);
        Ok(Change {
            is_changed: true,
            files: installed.keys().map(|path| display_path(path)).collect(),
            ..Change::default()
        })
    }

    fn next_start(&self, job: &Job, entries: &Entries, now: i64) -> i64 {
        mark::next_start_of(job, entries, now, 0)
    }
}

impl Systemd {
    /// Fails if a timer is not active, although `systemctl` has reported no error.
    fn require_active(&self, id: &str) -> Result<()> {
        self.why_idle(id).map_or(Ok(()), |fault| {
            Err(Error::new("start the timers of systemd").with_source(fault.message))
        })
    }
}

/// The folder of the user's own units.
fn unit_folder() -> Result<PathBuf> {
    dirs::config_dir()
        .map(|folder| folder.join("systemd").join("user"))
        .ok_or_else(|| {
            Error::new("find the folder for the units of systemd")
                .with_source("the home folder of this user is not known")
                .with_help("set HOME")
                .with_exit(Exit::Config)
        })
}

/// The units of a schedule with their texts.
fn installed_units(folder: &Path, id: &str) -> Result<BTreeMap<PathBuf, String>> {
    units_with_prefix(folder, &prefix(id))
}

/// The units whose names begin so, with their texts.
fn units_with_prefix(folder: &Path, prefix: &str) -> Result<BTreeMap<PathBuf, String>> {
    let action = || format!("read the folder {}", folder.display());
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.with_context(action)?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.with_context(action)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_unit = has_extension(&path, "service") || has_extension(&path, "timer");
        if name.starts_with(prefix) && is_unit && path.is_file() {
            let text =
                fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            found.insert(path, text);
        }
    }
    Ok(found)
}

/// Compares the installed units with those of the settings.
fn state_of(folder: &Path, installed: &BTreeMap<PathBuf, String>, units: &[Unit]) -> State {
    if installed.is_empty() {
        return State::No;
    }
    let wanted = units
        .iter()
        .map(|unit| (folder.join(&unit.file_name), unit.text.clone()));
    if *installed == wanted.collect() {
        State::Yes
    } else {
        State::Outdated
    }
}

/// The name of a unit, if it is a timer.
fn timer_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    has_extension(path, "timer").then(|| name.to_owned())
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// Writes the units, removes those of jobs that are turned off now, and starts the timers.
fn replace_units(folder: &Path, before: &BTreeMap<PathBuf, String>, units: &[Unit]) -> Result<()> {
    let is_wanted = |path: &Path| {
        units
            .iter()
            .any(|unit| folder.join(&unit.file_name) == path)
    };
    let old: Vec<&PathBuf> = before.keys().filter(|path| !is_wanted(path)).collect();
    let old_timers: Vec<String> = old.iter().filter_map(|path| timer_name(path)).collect();
    disable(&old_timers)?;
    for path in old {
        fs::remove_file(path).with_context(|| format!("remove {}", path.display()))?;
    }
    for unit in units {
        write_unit(&folder.join(&unit.file_name), &unit.text)?;
    }
    systemctl(&["daemon-reload"], &[])?;
    let timers: Vec<String> = units
        .iter()
        .filter_map(|unit| timer_name(Path::new(&unit.file_name)))
        .collect();
    if timers.is_empty() {
        return Ok(());
    }
    systemctl(&["enable", "--now"], &timers)?;
    // A timer that was active keeps its old times until it starts again.
    systemctl(&["restart"], &timers)
}

/// Puts the units back as they were before an installation that failed.
fn undo(folder: &Path, before: &BTreeMap<PathBuf, String>, units: &[Unit]) {
    // Best effort: the first error is the one that is reported.
    for unit in units {
        let path = folder.join(&unit.file_name);
        if !before.contains_key(&path) {
            if let Some(timer) = timer_name(&path) {
                let _ = disable(&[timer]);
            }
            let _ = fs::remove_file(&path);
        }
    }
    for (path, text) in before {
        let _ = write_unit(path, text);
    }
    let timers: Vec<String> = before.keys().filter_map(|path| timer_name(path)).collect();
    let _ = systemctl(&["daemon-reload"], &[]);
    if !timers.is_empty() {
        let _ = systemctl(&["enable", "--now"], &timers);
    }
}

fn write_unit(path: &Path, text: &str) -> Result<()> {
    write_atomically(path, text, TEMPORARY, path)
}

fn disable(timers: &[String]) -> Result<()> {
    if timers.is_empty() {
        return Ok(());
    }
    systemctl(&["disable", "--now"], timers)
}

fn systemctl(arguments: &[&str], units: &[String]) -> Result<()> {
    let units = units.iter().map(String::as_str);
    let all: Vec<&str> = ["--user"]
        .into_iter()
        .chain(arguments.iter().copied())
        .chain(units)
        .collect();
    run_to_success(SYSTEMCTL, &all).map(drop)
}

/// The environment variables of the user's service manager. An error says why it does not answer.
fn manager_environment() -> std::result::Result<String, String> {
    match ask(SYSTEMCTL, &["--user", "show-environment"]) {
        Ok(Some(output)) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(Some(output)) => Err(message_of(&output)),
        Ok(None) => Err("there is no program systemctl".to_owned()),
        Err(error) => Err(error.one_line()),
    }
}

/// Fails unless the service manager of this user answers. Nothing was written before.
fn require_manager() -> Result<()> {
    manager_environment().map(drop).map_err(|why| {
        Error::new("reach systemd for this user")
            .with_source(why)
            .with_help(
                "log in as this user on the console or by ssh (`su` and `sudo` do not start its systemd) after \
                 `sudo loginctl enable-linger USER`, and run it again; or use `--for cron`",
            )
            .with_exit(Exit::Config)
    })
}

/// Says how to let the timers run while the user is logged off, unless they do.
fn linger_note() -> Option<String> {
    let user = user_name()?;
    let lingers = ask(
        "loginctl",
        &["show-user", &user, "--property=Linger", "--value"],
    )
    .ok()
    .flatten()
    .is_some_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "yes");
    (!lingers).then(|| {
        "the jobs run only while you are logged in; run `loginctl enable-linger` once to let them run always".to_owned()
    })
}
