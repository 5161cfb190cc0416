//! The message to the webhook in Discord's format.

use std::path::Path;

use serde::Serialize;

use crate::model::health::{self, Change, Changes, Check, Event, State};
use crate::model::time::iso;

/// Discord's limits for a title and a field, in characters, and the most fields that a message gets.
///
/// <https://discord.com/developers/docs/resources/message#embed-object>
const MAX_TITLE: usize = 256;
const MAX_FIELD: usize = 1024;
const MAX_FIELDS: usize = 10;

/// The JSON document of a webhook message.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    username: &'static str,
    content: String,
    embeds: [Embed; 1],
    allowed_mentions: AllowedMentions,
}

#[derive(Debug, Serialize)]
struct Embed {
    title: String,
    color: u32,
    fields: Vec<Field>,
    footer: Footer,
    /// ISO 8601.
    timestamp: String,
}

#[derive(Debug, Serialize)]
struct Field {
    name: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct Footer {
    text: String,
}

/// The list is always empty, so that no name or error in the text can mention anyone.
#[derive(Debug, Serialize)]
struct AllowedMentions {
    parse: [&'static str; 0],
}

/// The message: one line, and a field for each finding. Findings that changed come first.
pub(super) fn message(
    event: Event,
    database: &Path,
    checks: &[Check],
    changes: &Changes,
    now: i64,
) -> Message {
    let state = health::overall(checks);
    let title = match event {
        Event::Worse | Event::Better => format!("tornsnap: {state}"),
        Event::Recovered => "tornsnap: all well again".to_owned(),
        Event::StillCritical => "tornsnap: still critical".to_owned(),
    };
    let mut bad = health::findings(checks);
    bad.sort_by_key(|check| changes.change_of(&check.id).is_none());
    let recovered = || {
        changes
            .changed
            .iter()
            .filter(|(_, change)| *change == Change::Recovered)
            .map(|(id, _)| id.as_str())
    };
    let headline = match event {
        Event::Worse => {
            let worsened: Vec<Check> = bad
                .iter()
                .filter(|check| changes.change_of(&check.id).is_some())
                .map(|check| (*check).clone())
                .collect();
            health::summary(&worsened)
        }
        Event::Better if recovered().next().is_some() => format!(
            "well again: {}; still: {}",
            recovered().collect::<Vec<_>>().join(", "),
            health::summary(checks)
        ),
        _ => health::summary(checks),
    };
    let mut fields: Vec<Field> = bad
        .into_iter()
        .map(|check| field(check, changes.change_of(&check.id)))
        .collect();
    fields.extend(recovered().map(|id| {
        let message = checks
            .iter()
            .find(|check| check.id == id)
            .map_or("not checked any more", |check| check.message.as_str());
        Field {
            name: truncate(&format!("well again: {id}"), MAX_TITLE),
            value: truncate(message, MAX_FIELD),
        }
    }));
    fields.truncate(MAX_FIELDS);
    document(&title, &headline, state, fields, database, now)
}

/// The message of `--test-notify`.
pub(super) fn test_message(text: &str, database: &Path, now: i64) -> Message {
    document(
        "tornsnap: a test",
        text,
        State::Ok,
        Vec::new(),
        database,
        now,
    )
}

fn field(check: &Check, change: Option<Change>) -> Field {
    let change = change.map_or_else(String::new, |change| format!(" ({})", change.as_str()));
    let help = check
        .help
        .as_ref()
        .map_or_else(String::new, |help| format!("\nTo do: {help}"));
    Field {
        name: truncate(&format!("{}: {}{change}", check.state, check.id), MAX_TITLE),
        value: truncate(&format!("{}{help}", check.message), MAX_FIELD),
    }
}

fn document(
    title: &str,
    headline: &str,
    state: State,
    fields: Vec<Field>,
    database: &Path,
    now: i64,
) -> Message {
    let color = match state {
        State::Ok => 0x2E_CC71,
        State::Warning => 0xF1_C40F,
        State::Unknown => 0x95_A5A6,
        State::Critical => 0xE7_4C3C,
    };
    Message {
        username: "tornsnap",
        content: truncate(&format!("**{title}**: {headline}"), MAX_FIELD),
        embeds: [Embed {
            title: truncate(title, MAX_TITLE),
            color,
            fields,
            footer: Footer {
                text: truncate(&database.display().to_string(), MAX_FIELD),
            },
            timestamp: iso(now),
        }],
        allowed_mentions: AllowedMentions { parse: [] },
    }
}

fn truncate(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::{LastNotification, changes_since};

    #[test]
    fn a_long_message_is_cut_to_the_limits_of_discord() {
        let long = "ü@everyone ".repeat(1000);
        let checks: Vec<Check> = (0..30)
            .map(|number| Check::finding(format!("c{number}"), State::Critical, &long, &long))
            .collect();

        let changes = changes_since(&LastNotification::default(), &checks, 0);
        let message = message(Event::Worse, Path::new(&long), &checks, &changes, 0);
        let message = serde_json::to_value(message).unwrap();

        assert_eq!(message["allowed_mentions"]["parse"], serde_json::json!([]));
        let embed = &message["embeds"][0];
        assert_eq!(embed["fields"].as_array().unwrap().len(), MAX_FIELDS);
        for field in embed["fields"].as_array().unwrap() {
            assert!(field["value"].as_str().unwrap().chars().count() <= MAX_FIELD);
        }
        assert!(message["content"].as_str().unwrap().chars().count() <= 2000);
    }
}
