//! Certificates, TLS handshakes and proxies, and the errors of wrong ones.

mod certificates;
mod handshakes;
mod proxies;
mod webhooks;

use std::ffi::OsStr;
use std::process::Command;

use crate::support::torn::Torn;
use crate::support::{CANARY, Finished};

/// An address on which no server listens.
const CLOSED_PORT: &str = "127.0.0.1:1";

/// The variables that can name a proxy.
const PROXIES: [&str; 6] = [
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "http_proxy",
    "HTTP_PROXY",
];

/// `tornsnap fetch factions`, with this API URL.
fn fetching(torn: &Torn, url: &str) -> Command {
    let mut command = torn.fetching(&["factions"]);
    command.env("TORNSNAP_API_URL", url);
    command
}

/// `tornsnap init` in a new folder, with this API URL.
fn initializing(torn: &Torn, url: &str) -> Command {
    let mut command = torn.sandbox.command(&[
        "init",
        "--non-interactive",
        "--config",
        "new/tornsnap.toml",
        "--faction",
        "9",
    ]);
    command
        .env("TORNSNAP_API_URL", url)
        .env("TORN_API_KEY", CANARY);
    command
}

/// Runs `fetch` and `init`, and returns the stderr of each.
#[track_caller]
fn fetch_and_init(
    torn: &Torn,
    url: &str,
    environment: &[(&str, &OsStr)],
    code: i32,
) -> Vec<String> {
    [fetching(torn, url), initializing(torn, url)]
        .into_iter()
        .map(|mut command| {
            command.envs(environment.iter().copied());
            let stderr = Finished(command.output().unwrap()).expect(code).stderr();
            assert!(!stderr.contains(CANARY), "{stderr}");
            assert!(!torn.sandbox.path("new/tornsnap.toml").exists());
            stderr
        })
        .collect()
}
