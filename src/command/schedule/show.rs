//! `schedule show`: the entries, and when each job ran last and runs next.

use crate::command::demo_config::{NO_JOBS, is_of_demo};
use crate::command::schedule::backend::{Backend, EntryFile, State};
use crate::command::schedule::entries::Entries;
use crate::command::schedule::inspection;
use crate::command::schedule::mark::{self, last_start};
use crate::command::schedule::others;
use crate::command::schedule::report::{FileReport, JobReport, SchedulerReport, ShowReport};
use crate::command::schedule::surroundings;
use crate::command::{Context, Outcome};
use crate::config::Settings;
use crate::error::Result;
use crate::model::invocation::with_options;
use crate::model::path::display_path;
use crate::model::schedule::job::{Job, JobName};
use crate::model::time::iso;
use crate::output::terminal;
use crate::store::schedule::{LastRun, last_runs};

/// Prints the entries as the scheduler reads them. The rest of the page is in comments.
pub(super) fn run(context: &Context, backend: &dyn Backend) -> Result<Outcome> {
    let settings = &context.settings;
    let entries = Entries::of_context(context, backend.appends_output())?;
    let files = backend.files(&entries)?;
    let mut warnings = warnings_of(settings, backend, &entries)?;
    let (state, advice) = installation(settings, backend, &entries, &mut warnings);
    let installed = word(state);
    let is_installed = state == Some(State::Yes);
    let jobs = job_reports(settings, backend, &entries, is_installed, &mut warnings);
    for warning in &warnings {
        log::warn!("{warning}");
    }
    if !context.json {
        let mut lines = heading(backend, &entries, installed, &advice);
        lines.extend(table(&entries.jobs, &jobs, state));
        terminal::print_bytes(text_of(backend, &lines, &files).as_bytes())?;
    }
    Ok(Outcome::done(
        format!(
            "{} jobs for {}; installed: {installed}",
            jobs.len(),
            backend.place()
        ),
        ShowReport {
            schedulers: [SchedulerReport {
                scheduler: backend.name(),
                id: entries.paths.id.clone(),
                program: entries.paths.program.clone(),
                config: display_path(&entries.config),
                installed,
                jobs,
                files: files
                    .into_iter()
                    .map(|file| FileReport {
                        path: file.path,
                        text: Some(file.text),
                    })
                    .collect(),
                warnings,
            }],
        },
    ))
}

/// The warnings about the entries and what they need, each once.
fn warnings_of(
    settings: &Settings,
    backend: &dyn Backend,
    entries: &Entries,
) -> Result<Vec<String>> {
    let mut warnings = entries.warnings.clone();
    let jobs_settings = surroundings::settings_of_jobs(&entries.config)?;
    warnings.extend(surroundings::warnings(
        settings,
        &jobs_settings,
        backend,
        &entries.paths.id,
    ));
    warnings.extend(mark::warnings_of_no_file(&entries.jobs, &entries.config));
    warnings.extend(others::warnings_of_gone());
    if backend.require().is_ok() {
        warnings.extend(backend.notes(entries));
    }
    for warning in inspection::warnings(backend, &entries.paths.id) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    Ok(warnings)
}

/// The word that tells whether the jobs are installed. `None`: that cannot be known.
fn word(state: Option<State>) -> &'static str {
    match state {
        Some(State::Yes) => "yes",
        Some(State::No) => "no",
        Some(State::Outdated) => "outdated",
        None => "unknown",
    }
}

/// Whether the jobs are installed, and the next step as the end of a line. `None`: that cannot be known.
fn installation(
    settings: &Settings,
    backend: &dyn Backend,
    entries: &Entries,
    warnings: &mut Vec<String>,
) -> (Option<State>, String) {
    let state = match backend.state(entries) {
        Ok(state) => state,
        Err(error) => {
            let help = error.help_clause();
            warnings.push(error.one_line() + &help);
            return (None, format!(": {}{help}", error.causes().join(": ")));
        }
    };
    let next = match state {
        State::Yes => String::new(),
        State::No if entries.jobs.is_empty() => ": all jobs are off under [schedule]".to_owned(),
        State::No if is_of_demo(settings) => format!(": {NO_JOBS}"),
        State::No => format!(": run {}", backend.install_command()),
        State::Outdated => format!(": run {} to bring it up to date", backend.install_command()),
    };
    (Some(state), next)
}

/// The lines as comments, and then the entries.
fn text_of(backend: &dyn Backend, lines: &[String], files: &[EntryFile]) -> String {
    let mut text: String = lines
        .iter()
        .map(|line| backend.comment(line).trim_end().to_owned() + "\n")
        .collect();
    for file in files {
        text.push('\n');
        if files.len() > 1 {
            text.push_str(&backend.comment(&file.path));
            text.push('\n');
        }
        text.push_str(&file.text);
    }
    text
}

fn heading(backend: &dyn Backend, entries: &Entries, installed: &str, advice: &str) -> Vec<String> {
    vec![
        format!(
            "The schedule {} of {}",
            entries.paths.id,
            entries.config.display()
        ),
        format!(
            "Installed in {}: {installed}{}",
            backend.place(),
            with_options(advice)
        ),
        String::new(),
    ]
}

/// The jobs as lines of a table, which fit a terminal of 80 columns as comments of cron and systemd. Times are in UTC.
fn table(jobs: &[Job], reports: &[JobReport], state: Option<State>) -> Vec<String> {
    let header = format!(
        "{:11}  {:10}  {:19}  {:9}  {}",
        "job", "every", "last start (UTC)", "result", "next start (UTC)"
    );
    let rows = jobs.iter().zip(reports).map(|(job, report)| {
        let last = match (report.last_run_at, job.name) {
            (Some(at), _) => utc(at),
            (None, JobName::Health) => "not recorded".to_owned(),
            (None, _) => "never".to_owned(),
        };
        format!(
            "{:11}  {:10}  {last:19}  {:9}  {}",
            report.name,
            job.interval.period(),
            report.last_status.as_deref().unwrap_or_default(),
            match report.next_run_at {
                Some(at) => utc(at),
                None if state == Some(State::No) => "not installed".to_owned(),
                None => word(state).to_owned(),
            }
        )
    });
    [header].into_iter().chain(rows).collect()
}

/// A time for people: `2026-11-27 14:32:00`.
fn utc(at: i64) -> String {
    iso(at).replace('T', " ").trim_end_matches('Z').to_owned()
}

fn job_reports(
    settings: &Settings,
    backend: &dyn Backend,
    entries: &Entries,
    is_installed: bool,
    warnings: &mut Vec<String>,
) -> Vec<JobReport> {
    let now = settings.clock.now();
    let mut or_warn = |result: Result<()>| {
        if let Err(error) = result {
            warnings.push(error.one_line());
        }
    };
    let mut runs: Vec<LastRun> = Vec::new();
    if settings.database.exists() {
        or_warn(last_runs(&settings.database, now).map(|found| runs = found));
    }
    entries
        .jobs
        .iter()
        .map(|job| {
            let run = runs.iter().find(|run| {
                job.name
                    .kind()
                    .is_some_and(|kind| kind.as_str() == run.kind)
            });
            // A run by hand counts for a kind, because its runs are recorded, and not for another job.
            let start = last_start(job, entries, now).filter(|_| job.has_mark());
            JobReport {
                name: job.name.as_str(),
                interval_minutes: job.interval.minutes(),
                commands: job.name.commands(),
                last_run_at: start.map(|(at, _)| at).or(run.map(|run| run.started_at)),
                last_status: start
                    .map(|(_, result)| result.to_owned())
                    .or_else(|| run.map(|run| run.status.clone())),
                next_run_at: is_installed.then(|| backend.next_start(job, entries, now)),
            }
        })
        .collect()
}
