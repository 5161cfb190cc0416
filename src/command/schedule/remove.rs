//! `schedule remove`: takes the jobs of a configuration out of the schedulers, also when its file is gone.

use std::path::Path;

use crate::command::schedule::backend::{Backend, Change};
use crate::command::schedule::entries;
use crate::command::schedule::others::{Other, describe, others};
use crate::command::schedule::report::{ChangeReport, ChangesReport, OtherReport};
use crate::command::schedule::{Args, Scheduler, kept, user_lock};
use crate::command::{Context, Outcome};
use crate::config::look_for_file;
use crate::error::{Error, Exit, Result};
use crate::model::path::{display_path, plain_absolute};
use crate::model::schedule::windows::Logon;

/// Removes the jobs, and names those of other configurations if there were none.
///
/// # Errors
///
/// [`Exit::Config`] when no configuration is named and none is found. The message names the installed jobs.
pub(super) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let named = look_for_file(&context.overrides)?.used;
    let Some(named) = named else {
        return Err(no_configuration(&others(args.scheduler, &[])));
    };
    let config = plain_absolute(&named.path);
    let now = context.settings.clock.now();
    let mut reports = Vec::new();
    let mut places = Vec::new();
    let mut ids = vec![entries::id_of(&config)];
    for (backend, of_backend) in backends_to_remove_from(args.scheduler, &config) {
        for id in &of_backend {
            let change = if args.dry_run {
                let files = backend.installed_files(id)?;
                Change {
                    is_changed: !files.is_empty(),
                    files,
                    ..Change::default()
                }
            } else {
                let _lock = user_lock::take("schedule remove")?;
                backend.remove(id, &config, now)?
            };
            if change.is_changed {
                places.push(format!("{}{}", backend.place(), kept(&change)));
            }
            for note in &change.notes {
                log::warn!("{note}");
            }
            reports.push(ChangeReport::new(backend.as_ref(), id, &config, &change));
        }
        ids.extend(of_backend);
    }
    let verb = if args.dry_run {
        "would remove"
    } else {
        "removed"
    };
    let mut other_jobs = Vec::new();
    let summary = if places.is_empty() {
        for other in others(args.scheduler, &ids) {
            log::warn!("{}", describe(&other));
            other_jobs.push(OtherReport {
                scheduler: other.scheduler,
                id: other.jobs.id,
                config: other.jobs.config,
            });
        }
        format!("no jobs for {} were installed", display_path(&config))
    } else {
        format!("{verb} the jobs from {}", places.join(" and "))
    };
    let report = ChangesReport::new(reports, other_jobs, args.dry_run);
    Ok(Outcome::done(summary, report))
}

/// The ids of the schedules of this configuration. The id follows from the path of the file behind all links. If a link is
/// gone, only the entries themselves say to which configuration they belong.
fn ids_in(backend: &dyn Backend, config: &Path) -> Vec<String> {
    let mut ids = vec![entries::id_of(config)];
    let paths = [Some(config.to_owned()), std::fs::canonicalize(config).ok()];
    for installed in backend.installed().unwrap_or_default() {
        let is_named = paths
            .iter()
            .flatten()
            .any(|path| path.to_str() == installed.config.as_deref());
        if is_named && !ids.contains(&installed.id) {
            ids.push(installed.id);
        }
    }
    ids
}

/// The named scheduler, or all that this machine has, each with the ids of [`ids_in`]. `systemd --user` cannot be reached
/// under `su`, but its units can be read, so that the user is told of jobs that go on.
fn backends_to_remove_from(
    named: Option<Scheduler>,
    config: &Path,
) -> Vec<(Box<dyn Backend>, Vec<String>)> {
    let with_ids = |backend: Box<dyn Backend>| {
        let ids = ids_in(backend.as_ref(), config);
        (backend, ids)
    };
    match named {
        Some(scheduler) => vec![with_ids(scheduler.backend(Logon::default()))],
        None => Scheduler::backends()
            .map(with_ids)
            .filter(|(backend, ids)| {
                let has_entries = |id: &String| backend.has_entries(id).unwrap_or(false);
                backend.is_available() || ids.iter().any(has_entries)
            })
            .collect(),
    }
}

fn no_configuration(others: &[Other]) -> Error {
    let error =
        Error::new("find the configuration whose jobs are to be removed").with_exit(Exit::Config);
    let nothing_here = "there is no tornsnap.toml here, and none in the configuration folder";
    if others.is_empty() {
        return error
            .with_source(format!("{nothing_here}, and no jobs are installed"))
            .with_help("name it with --config; the file itself need not be there any more");
    }
    let installed: Vec<String> = others.iter().map(describe).collect();
    error
        .with_source(format!("{nothing_here}; {}", installed.join("; ")))
        .with_help("name the configuration with --config; its file need not be there any more")
}
