//! `tornsnap config check`: checks everything that a run would need, and changes nothing.

use std::path::Path;

use super::findings::{ASK_TORN, Findings};
use super::path::existing_file;
use super::{files, online, reason};
use crate::api::client::Client;
use crate::command::demo_config;
use crate::command::schedule::inspect;
use crate::command::{Context, Outcome};
use crate::config::{
    Settings, check_private, find_problems, look_for_file, proxy_for, read_text_of_any_mode,
};
use crate::error::{Error, Exit, Result};
use crate::model::key::KeyState;
use crate::model::kind::Kind;
use crate::model::path::{display_path, plain_absolute};
use crate::output::terminal::Verbosity;
use crate::store::Store;

pub(super) fn run(context: &Context, is_online: bool) -> Result<Outcome> {
    let mut findings = Findings::default();
    let (file, settings) = check_configuration(context, &mut findings);
    if let Some(settings) = &settings {
        check_settings(settings, is_online, &mut findings);
        if is_online && !findings.has_problems() {
            online::check(settings, &mut findings)?;
        }
    }
    if !context.json {
        findings.print(context.verbosity == Verbosity::Quiet)?;
    }
    let report = findings.report(file.clone(), is_online);
    let exit = findings.exit();
    let outcome = Outcome::new(exit).with_report(report);
    let name = file.unwrap_or_else(|| "there is none".to_owned());
    if exit == Exit::Done {
        return Ok(Outcome {
            summary: Some(format!(
                "the configuration is usable: {}",
                findings.describe()
            )),
            ..outcome
        });
    }
    Ok(Outcome {
        failure: Some(failure(
            &findings,
            &name,
            settings.as_ref().filter(|_| is_online),
        )),
        ..outcome
    })
}

/// The error for a check with problems. `online`: the settings, if Torn was to be asked.
fn failure(findings: &Findings, name: &str, online: Option<&Settings>) -> Error {
    let exit = findings.exit();
    let refusal = online.and_then(|settings| demo_config::refuse(settings, ASK_TORN).err());
    if let Some(refusal) = refusal.filter(|_| findings.problems() == 1) {
        return refusal;
    }
    if findings.are_all_passing() {
        return Error::new(format!("check all of the configuration ({name})"))
            .with_source(format!(
                "{}, and none of them is a mistake in the file",
                findings.describe()
            ))
            .with_help(
                "see the lines that begin with \"problem\", then run the same command again later",
            )
            .with_exit(exit);
    }
    Error::new(format!("accept the configuration ({name})"))
        .with_source(findings.describe())
        .with_help("correct each line that begins with \"problem\", then run `tornsnap config check` again")
        .with_exit(exit)
}

/// Checks the file itself. Returns its path and the settings, as far as they can be read.
fn check_configuration(
    context: &Context,
    findings: &mut Findings,
) -> (Option<String>, Option<Settings>) {
    let used = look_for_file(&context.overrides).and_then(|found| existing_file(&found).cloned());
    let used = match used {
        Ok(used) => used,
        Err(error) => {
            findings.problem("configuration", &error);
            return (None, None);
        }
    };
    let shown = display_path(&plain_absolute(&used.path));
    let before = findings.has_problems();
    let settings = read_configuration(&used.path, findings);
    if before == findings.has_problems() {
        let why = reason(used.why);
        findings.ok("configuration", format!("{shown}, because {why}"));
    }
    let settings = settings.map(|of_file| {
        let overridden = of_file.clone().with_overrides(&context.overrides);
        overridden.unwrap_or_else(|error| {
            findings.problem("settings", &error);
            of_file
        })
    });
    (Some(shown), settings)
}

/// Reads a file and reports every mistake in it.
fn read_configuration(path: &Path, findings: &mut Findings) -> Option<Settings> {
    if path.is_file()
        && let Err(error) = check_private(path)
    {
        findings.problem("configuration", &error.with_exit(Exit::Config));
    }
    let text = match read_text_of_any_mode(path) {
        Ok(text) => text,
        Err(error) => {
            findings.problem("configuration", &error);
            return None;
        }
    };
    let (problems, settings) = find_problems(path, &text);
    for problem in &problems {
        findings.mistake(problem);
    }
    if settings.is_none() {
        findings.warn(
            "the rest",
            "the keys, the folders and the database were not checked, because the file cannot be read",
            "correct the problems above first",
        );
    }
    settings
}

/// Checks what the settings name. A field that is wrong is left out: its default says nothing.
fn check_settings(settings: &Settings, is_online: bool, findings: &mut Findings) {
    if !findings.is_wrong("key") {
        check_keys(settings, findings);
        // Torn itself says it in a moment, and may accept the key now.
        if !is_online && !findings.is_wrong("database") {
            check_refused_keys(settings, findings);
        }
    }
    check_connection(settings, findings);
    match settings.load_webhook() {
        Ok(Some(_)) => findings.ok("webhook", "the address can be read"),
        Ok(None) => {}
        Err(error) => findings.problem_because("webhook", &error),
    }
    if !findings.is_wrong("track") {
        check_track(settings, findings);
    }
    files::check(settings, findings);
    if !findings.is_wrong("schedule") {
        check_jobs(settings, findings);
    }
}

/// Tells whether the jobs of this configuration are installed and work.
fn check_jobs(settings: &Settings, findings: &mut Findings) {
    if demo_config::is_of_demo(settings) {
        findings.ok("schedule", demo_config::NO_JOBS);
        return;
    }
    let condition = inspect(settings);
    if condition.faults().is_empty() {
        findings.ok("schedule", condition.describe());
    }
    for fault in condition.faults() {
        findings.warn("schedule", fault.message.as_str(), &fault.help);
    }
}

fn check_track(settings: &Settings, findings: &mut Findings) {
    let track = &settings.track;
    if Kind::ALL.into_iter().any(|kind| track.follows(kind)) {
        findings.ok("track", files::describe_track(track));
    } else {
        findings.warn(
            "track",
            "nothing is followed, so `fetch` has nothing to do",
            "add ids under [track], such as factions = [10741]",
        );
    }
}

fn check_keys(settings: &Settings, findings: &mut Findings) {
    let keys = settings.key_states();
    if keys.is_empty()
        && let Err(error) = settings.load_keys()
    {
        findings.problem_because("keys", &error);
    }
    if settings.keys_are_from_environment {
        findings.warn(
            "keys",
            "the keys come from TORN_API_KEY, and the [[key]] tables are not used",
            "set it for scheduled runs too, or unset it and use key files",
        );
    }
    for key in keys {
        let subject = format!("key {}", key.name);
        if let Some(repeated) = &key.repeated {
            findings.warn(&subject, repeated.message(), SAME_KEY);
            continue;
        }
        match key.error {
            None => findings.ok(subject, format!("{} has a key", key.place)),
            Some(error) => findings.problem_because(subject, &error),
        }
    }
}

const SAME_KEY: &str = "remove one of the two [[key]] tables, or give it a key of another player";

/// Tells of keys that Torn has refused in an earlier run. If it has refused all of them, no run can work.
fn check_refused_keys(settings: &Settings, findings: &mut Findings) {
    // Other checks report keys and a database that cannot be read.
    let (Ok(loaded), Ok(store)) = (
        settings.load_keys(),
        Store::open_without_trace(&settings.database),
    ) else {
        return;
    };
    let refused: Vec<(String, String)> = loaded
        .keys
        .iter()
        .filter_map(|key| {
            let known = store.known_key(&key.name, &key.key).ok()??;
            let why = known
                .last_error
                .unwrap_or_else(|| "no reason is recorded".to_owned());
            (known.state == KeyState::Dead).then(|| (key.name.clone(), why))
        })
        .collect();
    let has_others = refused.len() < loaded.keys.len();
    for (name, why) in refused {
        let subject = format!("key {name}");
        let message = format!("Torn has refused it in an earlier run: {why}");
        if has_others {
            findings.warn(subject, message, COPY_AGAIN);
        } else {
            let error = Error::new("use the key")
                .with_source(message)
                .with_help(COPY_AGAIN)
                .with_exit(Exit::NoKey);
            findings.problem_because(subject, &error);
        }
    }
}

const COPY_AGAIN: &str = "copy the key again from https://www.torn.com/preferences.php#tab=api, then run `tornsnap init`";

/// Checks the address and the proxy without a call.
fn check_connection(settings: &Settings, findings: &mut Findings) {
    let api = &settings.api;
    let client = settings
        .check_limit()
        .and_then(|()| proxy_for(&api.base_url))
        .and_then(|proxy| Client::new(&api.base_url, api.timeout, api.concurrency, proxy));
    match client {
        Ok(client) => findings.ok("api", client.route()),
        Err(error) => findings.problem("api", &error),
    }
}
