//! Requests `ping_url` after each check, so that a monitoring service notices when no check runs.

use crate::api::webhook;
use crate::config::{self, Settings};
use crate::error::Result;
use crate::model::health::State;

/// Requests `ping_url`, or its address for a failure if something is critical. `None` if it is not configured.
pub(super) fn ping(settings: &Settings, state: State) -> Option<Result<()>> {
    let url = settings.health.ping_url.as_ref()?.expose();
    let url = match state {
        State::Critical => failure_url(url),
        _ => url.to_owned(),
    };
    Some(config::proxy_for(&url).and_then(|proxy| webhook::ping(&url, proxy.as_ref())))
}

/// The address that reports a failure. Uptime Kuma expects `status=down` in place of `status=up`; healthchecks.io expects
/// `/fail` at the end of the path.
///
/// <https://github.com/louislam/uptime-kuma/wiki/API-Documentation#push-endpoint> <https://healthchecks.io/docs/http_api/>
fn failure_url(url: &str) -> String {
    let (url, fragment) = match url.find('#') {
        Some(at) => url.split_at(at),
        None => (url, ""),
    };
    let Some((path, query)) = url.split_once('?') else {
        return format!("{}/fail{fragment}", url.trim_end_matches('/'));
    };
    if query.split('&').any(|part| part == "status=up") {
        let parts: Vec<&str> = query
            .split('&')
            .map(|part| match part {
                "status=up" => "status=down",
                "msg=OK" => "msg=critical",
                other => other,
            })
            .collect();
        return format!("{path}?{}{fragment}", parts.join("&"));
    }
    format!("{}/fail?{query}{fragment}", path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_for_a_failure_keeps_its_query() {
        for (url, expected) in [
            ("https://hc-ping.com/uuid", "https://hc-ping.com/uuid/fail"),
            ("https://hc-ping.com/uuid/", "https://hc-ping.com/uuid/fail"),
            (
                "https://hc-ping.com/uuid?create=1",
                "https://hc-ping.com/uuid/fail?create=1",
            ),
            (
                "https://kuma.example/api/push/T?status=up&msg=OK&ping=",
                "https://kuma.example/api/push/T?status=down&msg=critical&ping=",
            ),
            (
                "https://other.example/T?status=upright",
                "https://other.example/T/fail?status=upright",
            ),
            ("https://host/x?a=b/c?d", "https://host/x/fail?a=b/c?d"),
            ("https://host/x#part", "https://host/x/fail#part"),
        ] {
            assert_eq!(failure_url(url), expected, "{url}");
        }
    }
}
