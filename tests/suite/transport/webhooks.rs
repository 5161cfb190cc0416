//! The message of `health --notify` to a webhook: proxy, certificate and secret address.

use std::ffi::OsStr;

use super::CLOSED_PORT;
use crate::support::Finished;
use crate::support::torn::Torn;
use crate::support::wire::{Certificate, Conduct, Proxy, TlsFront};

/// The output of `health --notify` about the message to a webhook at this address.
fn notification(torn: &Torn, address: &str, environment: &[(&str, &OsStr)]) -> serde_json::Value {
    let bom = "\u{feff}";
    torn.sandbox
        .write("webhook", &format!("{bom}\"{address}\"\r\n"));
    torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n[health]\nwebhook_url_file = \"webhook\"\n");
    let mut health = torn.sandbox.command(&["health", "--notify", "--json"]);
    health.envs(environment.iter().copied());
    Finished(health.output().unwrap()).json()["notification"].clone()
}

#[test]
fn a_webhook_uses_the_proxy_and_its_address_is_never_shown() {
    let torn = Torn::new();
    let front = TlsFront::before(&torn, Certificate::Good);
    let refusing = Proxy::start(Conduct::Answer(407));
    let proxy = format!("http://me:secret@127.0.0.1:{}", refusing.port);
    let here = format!("{}/SECRETPATH", torn.simulator.url());
    let no_tls = here.replace("http://", "https://");
    let secure = format!("{}/SECRETPATH", front.url());
    let away = "https://torn.test/SECRETPATH".to_owned();
    let gone = format!("http://{CLOSED_PORT}");
    for (address, proxy, expected) in [
        // The simulated Torn refuses POST, so it was reached without the proxy.
        (&here, &proxy, "it answered with HTTP status 405"),
        (
            &secure,
            &proxy,
            "its certificate is not trusted: this machine does not know who issued it",
        ),
        (&no_tls, &proxy, "no connection: "),
        (&away, &proxy, "(HTTPS_PROXY): HTTP status 407"),
        (
            &away,
            &gone,
            "no connection through the proxy http://127.0.0.1:1 (HTTPS_PROXY): ",
        ),
        (
            &away,
            &"socks5://me:secret@x".to_owned(),
            "could not use the proxy socks5://x (HTTPS_PROXY)",
        ),
    ] {
        let told = notification(&torn, address, &[("HTTPS_PROXY", OsStr::new(proxy))]);

        let error = told["error"].as_str().unwrap_or_default();
        assert!(error.contains(expected), "{address}: {told}");
        assert!(
            !error.contains("SECRET") && !error.contains("secret"),
            "{error}"
        );
    }
}
