//! Sends a notification when the findings have changed. A failure here never changes the exit code of `health`.

use serde::Serialize;

use crate::api::webhook;
use crate::command::health::report::{NotificationReport, Report};
use crate::command::health::{discord, ping::ping};
use crate::config::{self, SecretUrl, Settings, WebhookFormat};
use crate::error::{Error, Exit, Result};
use crate::model::health::{self, Check, Event, LastNotification, State};
use crate::store::health::NotificationFile;

/// Sends the ping, and a message to the webhook if one is due.
pub(super) fn notify(
    settings: &Settings,
    checks: &[Check],
    report: &Report,
    now: i64,
) -> NotificationReport {
    let pinged = ping(settings, health::overall(checks)).map(|pinged| {
        if let Err(error) = &pinged {
            log::error!("{}", error.one_line());
        }
        pinged.is_ok()
    });
    let (event, sent) = match settings.load_webhook() {
        Ok(Some(url)) => notify_webhook(settings, &url, checks, report, now),
        Ok(None) => {
            if pinged.is_none() {
                log::warn!(
                    "--notify has no recipient: set webhook_url_file or ping_url in [health]"
                );
            }
            return NotificationReport {
                sent: false,
                pinged,
                event: None,
                error: None,
            };
        }
        Err(error) => (None, Err(error)),
    };
    if let Err(error) = &sent {
        log::error!("{}", error.one_line());
    }
    NotificationReport {
        sent: event.is_some() && sent.is_ok(),
        pinged,
        event: event.map(Event::as_str),
        error: (event.is_some() || sent.is_err())
            .then(|| sent.err().map(|error| error.one_line()).into()),
    }
}

/// Sends the changes since the last notification and records them; one process at a time.
fn notify_webhook(
    settings: &Settings,
    url: &SecretUrl,
    checks: &[Check],
    report: &Report,
    now: i64,
) -> (Option<Event>, Result<()>) {
    let file = match NotificationFile::lock(&settings.database) {
        Ok(file) => file,
        Err(error) => return (None, Err(error)),
    };
    let last = file.load();
    let changes = health::changes_since(&last, checks, now);
    let sent = changes.event.map(|event| match settings.health.format {
        WebhookFormat::Discord => post(
            url,
            &discord::message(event, &settings.database, checks, &changes, now),
        ),
        WebhookFormat::Json => post(url, &report.to_message(event.as_str(), &changes)),
    });
    // If the message was not accepted, keep the older findings in the file: then the next run sends it again.
    if !matches!(sent, Some(Err(_))) && (sent.is_some() || changes.current != last.findings) {
        let current = LastNotification {
            findings: changes.current,
            sent_at: if sent.is_some() { now } else { last.sent_at },
        };
        if let Err(error) = file.save(&current) {
            log::error!("{}", error.one_line());
            log::warn!("this notification could not be recorded, so the next check sends it again");
        }
    }
    (changes.event, sent.unwrap_or(Ok(())))
}

fn post(url: &SecretUrl, message: &impl Serialize) -> Result<()> {
    let proxy = config::proxy_for(url.expose())?;
    let message = serde_json::to_value(message).expect("every key of a message is a string");
    webhook::post(url.expose(), proxy.as_ref(), &message)
}

/// Sends a test message and a ping. The record of the last notification is not changed.
pub(super) fn send_test(settings: &Settings, now: i64) -> Vec<Check> {
    const TEXT: &str = "this is a test of `health --test-notify`; nothing has happened";
    let webhook = settings.load_webhook().and_then(|url| {
        let Some(url) = url else { return Ok(None) };
        let sent = match settings.health.format {
            WebhookFormat::Discord => {
                post(&url, &discord::test_message(TEXT, &settings.database, now))
            }
            WebhookFormat::Json => {
                let mut message =
                    Report::new(&[Check::ok("webhook", TEXT)]).with_settings(settings, now);
                TEXT.clone_into(&mut message.summary);
                message.event = Some("test");
                post(&url, &message)
            }
        };
        sent.map(Some)
    });
    let mut checks = Vec::new();
    match webhook {
        Ok(Some(())) => checks.push(Check::ok("webhook", "the webhook took the test message")),
        Ok(None) => {}
        Err(error) => checks.push(failed_delivery("webhook", &error)),
    }
    match ping(settings, State::Ok) {
        Some(Ok(())) => checks.push(Check::ok("ping", "ping_url took the ping")),
        Some(Err(error)) => checks.push(failed_delivery("ping", &error)),
        None => {}
    }
    if checks.is_empty() {
        checks.push(Check::finding(
            "webhook",
            State::Unknown,
            "there is no recipient: [health] has neither webhook_url_file nor ping_url",
            "make a webhook (Discord: channel settings, Integrations), write its address into a file, and name that file \
             in webhook_url_file",
        ));
    }
    checks
}

fn failed_delivery(id: &str, error: &Error) -> Check {
    let state = match error.exit() {
        // The same request may succeed later.
        Exit::TryLater => State::Warning,
        _ => State::Critical,
    };
    let help = error.help().unwrap_or("run it again with -v");
    Check::finding(id, state, error.one_line(), help)
}
