//! The watchdog: who is told when the findings change. Whatever goes wrong here never changes how `health` ends.

use serde::Serialize;

use crate::api::webhook;
use crate::command::health::report::{NotificationReport, Report};
use crate::command::health::{discord, ping::ping};
use crate::config::{self, SecretUrl, Settings, WebhookFormat};
use crate::error::{Error, Exit, Result};
use crate::model::health::{self, Check, Event, Notified, State};
use crate::store::health::Memory;

/// Tells the webhook if there is something to tell, and pings; says what became of it.
pub(super) fn tell(
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
        Ok(Some(url)) => tell_webhook(settings, &url, checks, report, now),
        Ok(None) => {
            if pinged.is_none() {
                log::error!(
                    "--notify has nobody to tell: set webhook_url_file or ping_url in [health]"
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

/// Sends what has changed since the last message, and remembers it; one process at a time.
fn tell_webhook(
    settings: &Settings,
    url: &SecretUrl,
    checks: &[Check],
    report: &Report,
    now: i64,
) -> (Option<Event>, Result<()>) {
    let memory = match Memory::alone(&settings.database) {
        Ok(memory) => memory,
        Err(error) => return (None, Err(error)),
    };
    let before = memory.told();
    let changes = health::changes_since(&before, checks, now);
    let sent = changes.event.map(|event| match settings.health.format {
        WebhookFormat::Discord => post(
            url,
            &discord::message(event, &settings.database, checks, &changes, now),
        ),
        WebhookFormat::Json => post(url, &report.to_message(event.as_str(), &changes)),
    });
    // A message that was not taken is sent again next time.
    if !matches!(sent, Some(Err(_))) && (sent.is_some() || changes.current != before.findings) {
        let told = Notified {
            findings: changes.current,
            at: if sent.is_some() { now } else { before.at },
        };
        if let Err(error) = memory.remember(&told) {
            log::error!("{}", error.one_line());
            log::warn!(
                "the next check will tell this again, because that it was told could not be noted"
            );
        }
    }
    (changes.event, sent.unwrap_or(Ok(())))
}

fn post(url: &SecretUrl, message: &impl Serialize) -> Result<()> {
    let proxy = config::proxy_for(url.expose())?;
    let message = serde_json::to_value(message).expect("every key of a message is a string");
    webhook::post(url.expose(), proxy.as_ref(), &message)
}

/// Sends a test message and pings, whatever the state; the memory of what was told stays as it is.
pub(super) fn test(settings: &Settings, now: i64) -> Vec<Check> {
    const TEXT: &str = "this is a test of `tornsnap health --test-notify`; nothing has happened";
    let webhook = settings.load_webhook().and_then(|url| {
        let Some(url) = url else { return Ok(None) };
        let sent = match settings.health.format {
            WebhookFormat::Discord => {
                post(&url, &discord::test_message(TEXT, &settings.database, now))
            }
            WebhookFormat::Json => {
                let mut message = Report::new(&[Check::ok("webhook", TEXT)]).of_run(settings, now);
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
        Err(error) => checks.push(failed("webhook", &error)),
    }
    match ping(settings, State::Ok) {
        Some(Ok(())) => checks.push(Check::ok("ping", "ping_url took the ping")),
        Some(Err(error)) => checks.push(failed("ping", &error)),
        None => {}
    }
    if checks.is_empty() {
        checks.push(Check::bad(
            "webhook",
            State::Unknown,
            "there is nobody to tell: [health] has neither webhook_url_file nor ping_url",
            "make a webhook (Discord: channel settings, Integrations), write its address into a file, and name that file \
             in webhook_url_file",
        ));
    }
    checks
}

fn failed(id: &str, error: &Error) -> Check {
    let remedy = match error.exit() {
        Exit::TryLater => "see whether the address is still right, then try again",
        _ => error.help().unwrap_or("run it again with -v"),
    };
    Check::bad(id, State::Critical, error.one_line(), remedy)
}
