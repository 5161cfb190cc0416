//! `tornsnap config show`: every setting with its value and its origin.

use std::path::{Path, is_separator};

use serde::Serialize;

use crate::command::{Context, Outcome};
use crate::config::{Clock, Field, FieldValue, Origin, Settings, proxy_for};
use crate::error::{Exit, Result};
use crate::model::path::{display_path, plain_absolute};
use crate::model::time::iso;
use crate::output::printable::printable;
use crate::output::terminal;

#[derive(Debug, Serialize)]
struct Report {
    /// `None` if there is no configuration file.
    config: Option<String>,
    settings: Vec<SettingReport>,
    keys: Vec<KeyReport>,
}

#[derive(Debug, Serialize)]
struct SettingReport {
    name: String,
    /// Null for a secret, and for a setting without a value.
    value: Value,
    /// Whether there is a value.
    is_set: bool,
    is_secret: bool,
    /// `default`, `file`, `environment` or `flag`.
    origin: &'static str,
    /// The line in the configuration file.
    line: Option<usize>,
    /// The environment variable or the flag.
    named_by: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value {
    None,
    Text(String),
    Number(i64),
    Boolean(bool),
    Numbers(Vec<i64>),
    Texts(Vec<String>),
}

#[derive(Debug, Serialize)]
struct KeyReport {
    name: String,
    /// The file, the environment variable, or `configuration`.
    place: String,
    is_usable: bool,
    /// Why it cannot be used.
    problem: Option<String>,
}

pub(super) fn run(context: &Context) -> Result<Outcome> {
    let settings = &context.settings;
    let report = Report {
        config: settings
            .config_file
            .as_deref()
            .map(|path| display_path(&plain_absolute(path))),
        settings: setting_reports(settings)?,
        keys: key_reports(settings),
    };
    if !context.json {
        print(&report)?;
    }
    Ok(Outcome::new(Exit::Done).with_report(report))
}

fn setting_reports(settings: &Settings) -> Result<Vec<SettingReport>> {
    let shown = settings.fields.iter().filter(|field| is_shown(field));
    let mut reports: Vec<SettingReport> = shown.map(SettingReport::from).collect();
    if let Some(proxy) = proxy_for(&settings.api.base_url)? {
        reports.push(environment_setting(
            "proxy",
            proxy.address(),
            proxy.variable(),
        ));
    }
    if let Clock::Fixed(now) = settings.clock {
        reports.push(environment_setting("clock", iso(now), "TORNSNAP_NOW"));
    }
    Ok(reports)
}

/// Whether a field is shown. A `[[key]]` has one of three fields, and its name is a part of their names.
fn is_shown(field: &Field) -> bool {
    !field.name.starts_with("key.")
        || (field.value != FieldValue::Unset && field.name != "key.name")
}

fn environment_setting(name: &str, value: String, variable: &str) -> SettingReport {
    SettingReport {
        name: name.to_owned(),
        value: Value::Text(value),
        is_set: true,
        is_secret: false,
        origin: "environment",
        line: None,
        named_by: Some(variable.to_owned()),
    }
}

impl From<&Field> for SettingReport {
    fn from(field: &Field) -> Self {
        let (origin, line, named_by) = match field.origin {
            Origin::Default => ("default", None, None),
            Origin::Line(line) => ("file", Some(line), None),
            Origin::Environment(name) => ("environment", None, Some(name.to_owned())),
            Origin::Flag(name) => ("flag", None, Some(name.to_owned())),
        };
        let value = match &field.value {
            FieldValue::Unset | FieldValue::Secret => Value::None,
            FieldValue::Text(text) => Value::Text(text.clone()),
            FieldValue::Path(path) => Value::Text(shown_path(path)),
            FieldValue::Number(number) => Value::Number(*number),
            FieldValue::Boolean(boolean) => Value::Boolean(*boolean),
            FieldValue::Numbers(numbers) => Value::Numbers(numbers.clone()),
            FieldValue::Texts(texts) => Value::Texts(texts.clone()),
        };
        Self {
            name: field.name.clone(),
            value,
            is_set: field.value != FieldValue::Unset,
            is_secret: field.value == FieldValue::Secret,
            origin,
            line,
            named_by,
        }
    }
}

/// The absolute path. The slash at the end of the name of a folder stays: an archive at a path without it is a file.
fn shown_path(path: &Path) -> String {
    let mut absolute = plain_absolute(path);
    if path.to_string_lossy().ends_with(is_separator) {
        absolute.push("");
    }
    display_path(&absolute)
}

fn key_reports(settings: &Settings) -> Vec<KeyReport> {
    let states = settings.key_states().into_iter();
    states
        .map(|key| KeyReport {
            name: key.name,
            place: key.place,
            is_usable: key.error.is_none(),
            problem: key.error.map(|error| error.causes().join(": ")),
        })
        .collect()
}

fn print(report: &Report) -> Result<()> {
    let mut lines = vec![match &report.config {
        Some(path) => format!("configuration: {path}"),
        None => "configuration: there is no file".to_owned(),
    }];
    let width = report
        .settings
        .iter()
        .map(|setting| setting.name.chars().count())
        .max();
    let width = width.unwrap_or_default();
    for setting in &report.settings {
        let origin = match (setting.line, &setting.named_by) {
            (Some(line), _) => format!("line {line}"),
            (_, Some(name)) => name.clone(),
            _ => setting.origin.to_owned(),
        };
        lines.push(format!(
            "{:width$}  {}  ({origin})",
            setting.name,
            shown_value(setting)
        ));
    }
    for key in &report.keys {
        if let Some(problem) = &key.problem {
            lines.push(format!("the key {:?} cannot be used: {problem}", key.name));
        }
    }
    for line in lines {
        terminal::print("the settings", &printable(&line))?;
    }
    Ok(())
}

/// A value as it is written in the configuration.
fn shown_value(setting: &SettingReport) -> String {
    match &setting.value {
        Value::None if setting.is_secret => "a secret, not shown".to_owned(),
        Value::None => "not set".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Numbers(numbers) => format!("{numbers:?}"),
        Value::Texts(texts) => format!("{texts:?}"),
    }
}
