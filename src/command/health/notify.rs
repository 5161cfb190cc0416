//! The watchdog: who is told when the state changes. Whatever goes wrong here never changes how `health` ends.

use std::path::Path;

use serde_json::{Value, json};

use crate::api::webhook;
use crate::config::{Settings, WebhookFormat};
use crate::error::Result;
use crate::model::health::{self, Check, Occasion, State, Told};
use crate::model::time::iso;
use crate::store::health as memory;

/// What Discord takes of one text, in characters. <https://discord.com/developers/docs/resources/message#embed-object>
const DISCORD_TITLE: usize = 256;
const DISCORD_FIELD: usize = 1024;
const DISCORD_FIELDS: usize = 10;

/// Tells the webhook if there is something to tell, and pings; says what became of it.
pub(super) fn tell(settings: &Settings, checks: &[Check], report: &Value, now: i64) -> Value {
    let state = health::overall(checks);
    let pinged = ping(settings, state);
    let url = match settings.load_webhook() {
        Ok(url) => url,
        Err(error) => {
            log::error!("{}", error.on_one_line());
            return json!({ "sent": false, "pinged": pinged, "error": error.on_one_line() });
        }
    };
    let Some(url) = url else {
        if settings.health.ping_url.is_none() {
            log::error!(
                "--notify has nobody to tell: set webhook_url_file or ping_url in [health]"
            );
        }
        return json!({ "sent": false, "pinged": pinged });
    };
    let told = memory::told(&settings.database);
    let Some(occasion) = health::occasion(told, state, now) else {
        return json!({ "sent": false, "pinged": pinged });
    };
    let message = match settings.health.format {
        WebhookFormat::Discord => discord(occasion, &settings.database, checks, now),
        WebhookFormat::Json => {
            let mut message = report.clone();
            message["event"] = json!(occasion.as_str());
            message
        }
    };
    let sent = settings
        .proxy_for(url.expose())
        .and_then(|proxy| webhook::post(url.expose(), proxy.as_ref(), &message));
    let remembered: Result<()> = match &sent {
        // What was not told is told next time.
        Err(_) => Ok(()),
        Ok(()) => memory::remember(&settings.database, Told { state, at: now }),
    };
    for problem in [&sent, &remembered]
        .into_iter()
        .filter_map(|done| done.as_ref().err())
    {
        log::error!("{}", problem.on_one_line());
    }
    if remembered.is_err() {
        log::warn!(
            "the next check will tell this again, because that it was told could not be noted"
        );
    }
    json!({
        "sent": sent.is_ok(),
        "event": occasion.as_str(),
        "pinged": pinged,
        "error": sent.err().map(|error| error.on_one_line()),
    })
}

/// Says that this program is alive, and at `/fail` that it is not well.
fn ping(settings: &Settings, state: State) -> Option<bool> {
    let url = settings.health.ping_url.as_ref()?;
    let url = match state {
        State::Critical => format!("{url}/fail"),
        _ => url.clone(),
    };
    let pinged = settings
        .proxy_for(&url)
        .and_then(|proxy| webhook::ping(&url, proxy.as_ref()));
    if let Err(error) = &pinged {
        log::error!("{}", error.on_one_line());
    }
    Some(pinged.is_ok())
}

/// A message as Discord shows it: one line, and a field for each thing that is not well.
fn discord(occasion: Occasion, database: &Path, checks: &[Check], now: i64) -> Value {
    let state = health::overall(checks);
    let title = match occasion {
        Occasion::Worse | Occasion::Better => format!("tornsnap: {state}"),
        Occasion::Recovered => "tornsnap: all well again".to_owned(),
        Occasion::StillCritical => "tornsnap: still critical".to_owned(),
    };
    let color = match state {
        State::Ok => 0x2E_CC71,
        State::Warning => 0xF1_C40F,
        State::Unknown => 0x95_A5A6,
        State::Critical => 0xE7_4C3C,
    };
    let fields: Vec<Value> = health::worst_first(checks)
        .into_iter()
        .take(DISCORD_FIELDS)
        .map(|check| {
            let remedy = check
                .remedy
                .as_ref()
                .map_or_else(String::new, |remedy| format!("\nTo do: {remedy}"));
            json!({
                "name": cut(&format!("{}: {}", check.state, check.id), DISCORD_TITLE),
                "value": cut(&format!("{}{remedy}", check.message), DISCORD_FIELD),
            })
        })
        .collect();
    json!({
        "username": "tornsnap",
        "content": cut(&format!("**{title}**: {}", health::in_short(checks)), DISCORD_FIELD),
        "embeds": [{
            "title": cut(&title, DISCORD_TITLE),
            "color": color,
            "fields": fields,
            "footer": { "text": cut(&database.display().to_string(), DISCORD_FIELD) },
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

    #[test]
    fn a_message_fits_into_what_discord_takes() {
        let long = "ü@everyone ".repeat(1000);
        let checks: Vec<Check> = (0..30)
            .map(|number| Check::bad(format!("c{number}"), State::Critical, &long, &long))
            .collect();

        let message = discord(Occasion::Worse, Path::new(&long), &checks, 0);

        assert_eq!(message["allowed_mentions"]["parse"], json!([]));
        let embed = &message["embeds"][0];
        assert_eq!(embed["fields"].as_array().unwrap().len(), DISCORD_FIELDS);
        for field in embed["fields"].as_array().unwrap() {
            assert!(field["value"].as_str().unwrap().chars().count() <= DISCORD_FIELD);
        }
        assert!(message["content"].as_str().unwrap().chars().count() <= 2000);
    }
}
