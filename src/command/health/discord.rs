//! The message to the webhook as Discord shows it.

use std::path::Path;

use serde_json::{Value, json};

use crate::model::health::{self, Change, Changes, Check, Event, State};
use crate::model::time::iso;

/// What Discord takes of one text, in characters. <https://discord.com/developers/docs/resources/message#embed-object>
const TITLE: usize = 256;
const FIELD: usize = 1024;
const FIELDS: usize = 10;

/// One line, and a field for each finding: first those that changed, then those that stood before.
pub(super) fn message(
    event: Event,
    database: &Path,
    checks: &[Check],
    changes: &Changes,
    now: i64,
) -> Value {
    let state = health::overall(checks);
    let title = match event {
        Event::Worse | Event::Better => format!("tornsnap: {state}"),
        Event::Recovered => "tornsnap: all well again".to_owned(),
        Event::StillCritical => "tornsnap: still critical".to_owned(),
    };
    let mut bad = health::worst_first(checks);
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
            health::in_short(&worsened)
        }
        Event::Better if recovered().next().is_some() => format!(
            "well again: {}; still: {}",
            recovered().collect::<Vec<_>>().join(", "),
            health::in_short(checks)
        ),
        _ => health::in_short(checks),
    };
    let mut fields: Vec<Value> = bad
        .into_iter()
        .map(|check| field(check, changes.change_of(&check.id)))
        .collect();
    fields.extend(recovered().map(|id| {
        let message = checks
            .iter()
            .find(|check| check.id == id)
            .map_or("not checked any more", |check| check.message.as_str());
        json!({ "name": cut(&format!("well again: {id}"), TITLE), "value": cut(message, FIELD) })
    }));
    fields.truncate(FIELDS);
    document(&title, &headline, state, &fields, database, now)
}

/// A message that says only that messages arrive.
pub(super) fn test_message(text: &str, database: &Path, now: i64) -> Value {
    document("tornsnap: a test", text, State::Ok, &[], database, now)
}

fn field(check: &Check, change: Option<Change>) -> Value {
    let change = change.map_or_else(String::new, |change| format!(" ({})", change.as_str()));
    let remedy = check
        .remedy
        .as_ref()
        .map_or_else(String::new, |remedy| format!("\nTo do: {remedy}"));
    json!({
        "name": cut(&format!("{}: {}{change}", check.state, check.id), TITLE),
        "value": cut(&format!("{}{remedy}", check.message), FIELD),
    })
}

fn document(
    title: &str,
    headline: &str,
    state: State,
    fields: &[Value],
    database: &Path,
    now: i64,
) -> Value {
    let color = match state {
        State::Ok => 0x2E_CC71,
        State::Warning => 0xF1_C40F,
        State::Unknown => 0x95_A5A6,
        State::Critical => 0xE7_4C3C,
    };
    json!({
        "username": "tornsnap",
        "content": cut(&format!("**{title}**: {headline}"), FIELD),
        "embeds": [{
            "title": cut(title, TITLE),
            "color": color,
            "fields": fields,
            "footer": { "text": cut(&database.display().to_string(), FIELD) },
            "timestamp": iso(now),
        }],
        // Whatever a name or an error says, nobody is paged by it.
        "allowed_mentions": { "parse": [] },
    })
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::{Notified, changes_since};

    #[test]
    fn a_message_fits_into_what_discord_takes() {
        let long = "ü@everyone ".repeat(1000);
        let checks: Vec<Check> = (0..30)
            .map(|number| Check::bad(format!("c{number}"), State::Critical, &long, &long))
            .collect();

        let changes = changes_since(&Notified::default(), &checks, 0);
        let message = message(Event::Worse, Path::new(&long), &checks, &changes, 0);

        assert_eq!(message["allowed_mentions"]["parse"], json!([]));
        let embed = &message["embeds"][0];
        assert_eq!(embed["fields"].as_array().unwrap().len(), FIELDS);
        for field in embed["fields"].as_array().unwrap() {
            assert!(field["value"].as_str().unwrap().chars().count() <= FIELD);
        }
        assert!(message["content"].as_str().unwrap().chars().count() <= 2000);
    }
}
