//! Whether the installed jobs of a configuration still work. It changes nothing, and waits only a short time for a scheduler.

use std::path::Path;

use crate::command::schedule::backend::{Backend, Look, State};
use crate::command::schedule::entries::{self, Entries};
use crate::command::schedule::scheduler::Scheduler;
use crate::command::schedule::surroundings::settings_of_jobs;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::model::path::plain_absolute;
use crate::model::schedule::condition::{Condition, Fault};

/// Looks for the jobs of a configuration in all schedulers of this machine.
pub(in crate::command) fn inspect(settings: &Settings) -> Condition {
    let Some(config) = &settings.config_file else {
        return Condition::Absent;
    };
    let id = entries::id_of(&plain_absolute(config));
    let mut unknown = None;
    let mut places = Vec::new();
    let mut faults = Vec::new();
    for backend in Scheduler::backends() {
        let found = match backend.look(&id) {
            Ok(Look::Absent) => continue,
            Ok(Look::Damaged(error)) => vec![damage(backend.as_ref(), &error)],
            Ok(Look::Present { programs, config }) => {
                faults_of(backend.as_ref(), &id, &programs, config.as_deref())
            }
            Err(error) => {
                unknown.get_or_insert_with(|| error.one_line());
                continue;
            }
        };
        places.push(backend.place());
        faults.extend(found);
    }
    if places.is_empty() {
        return unknown.map_or(Condition::Absent, Condition::Unknown);
    }
    Condition::Installed {
        place: places.join(" and "),
        faults,
    }
}

fn damage(backend: &dyn Backend, error: &Error) -> Fault {
    let (place, name) = (backend.place(), backend.name());
    Fault {
        message: format!("{place} is damaged: {}", error.causes().join(": ")),
        help: error.help().map_or_else(
            || format!("run `tornsnap schedule show --for {name}`"),
            str::to_owned,
        ),
    }
}

/// The faults of the entries of one scheduler.
fn faults_of(
    backend: &dyn Backend,
    id: &str,
    programs: &[String],
    config: Option<&str>,
) -> Vec<Fault> {
    let place = backend.place();
    let mut faults: Vec<Fault> = missing_path(backend, programs, config)
        .into_iter()
        .collect();
    if let (Some(program), Some(config)) = (programs.first(), config)
        && faults.is_empty()
        && is_outdated(backend, program, config).unwrap_or(false)
    {
        faults.push(Fault {
            message: format!("the jobs in {place} do not match the configuration any more"),
            help: format!("run {} to bring them up to date", backend.install_command()),
        });
    }
    faults.extend(backend.why_idle(id));
    faults
}

/// A program or a configuration that was moved or removed. A folder that cannot be read is not gone.
fn missing_path(backend: &dyn Backend, programs: &[String], config: Option<&str>) -> Option<Fault> {
    let is_gone = |path: &&str| matches!(Path::new(path).try_exists(), Ok(false));
    let program = programs.iter().map(String::as_str).find(is_gone);
    let (path, kind) = match (program, config.filter(is_gone)) {
        (Some(program), _) => (program, "program"),
        (None, Some(config)) => (config, "configuration"),
        (None, None) => return None,
    };
    Some(Fault {
        message: format!(
            "the jobs in {} need the {kind} {path}, which is not there",
            backend.place()
        ),
        help: format!(
            "run {}, which writes the path of this {kind} into the jobs",
            backend.install_command()
        ),
    })
}

/// Whether other entries would be installed now. Another program that does the same is no reason, and neither is another
/// path to the same configuration.
fn is_outdated(backend: &dyn Backend, program: &str, config: &str) -> Result<bool> {
    let config = Path::new(config);
    let settings = settings_of_jobs(config)?;
    let entries = Entries::of_program(&settings, config, backend.appends_output(), program)?;
    Ok(backend.state(&entries)? == State::Outdated)
}

/// The faults of the entries in one scheduler, without those that its state tells.
pub(super) fn warnings(backend: &dyn Backend, id: &str) -> Vec<String> {
    let Ok(Look::Present { programs, config }) = backend.look(id) else {
        return Vec::new();
    };
    let missing = missing_path(backend, &programs, config.as_deref());
    let faults = missing.into_iter().chain(backend.why_idle(id));
    faults.map(|fault| fault.to_string()).collect()
}
