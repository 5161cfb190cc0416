//! Calls through a proxy, and the variables that name one.

use std::ffi::OsStr;

use super::{CLOSED_PORT, PROXIES, fetch_and_init, fetching};
use crate::support::torn::Torn;
use crate::support::wire::{Certificate, Conduct, Proxy, TlsFront};
use crate::support::{CANARY, Finished};

#[test]
fn calls_go_through_the_proxy_with_its_password_and_the_key_stays_inside() {
    for name in PROXIES {
        let torn = Torn::new();
        let front = TlsFront::before(&torn, Certificate::Good);
        let proxy = Proxy::start(Conduct::ConnectTo(front.port));
        let address = format!("http://me:se%20cret@127.0.0.1:{}", proxy.port);

        let fetched = fetching(&torn, "https://torn.test")
            .env("SSL_CERT_FILE", front.authority(&torn))
            .env(name, address)
            .output();

        Finished(fetched.unwrap()).expect(0);
        let asked = proxy.asked();
        assert!(!asked.is_empty(), "{name}");
        for head in asked {
            assert!(
                head.starts_with("CONNECT torn.test:443 HTTP/1.1\r\n"),
                "{head}"
            );
            // "me:se cret"
            assert!(
                head.contains("Proxy-Authorization: Basic bWU6c2UgY3JldA==\r\n"),
                "{head}"
            );
            assert!(!head.contains(CANARY), "{head}");
        }
    }
}

#[test]
fn an_unreachable_proxy_is_a_transient_error_and_is_named_without_its_password() {
    let torn = Torn::new();
    let address = format!("http://me:secret@{CLOSED_PORT}");

    for stderr in fetch_and_init(
        &torn,
        "https://torn.test",
        &[("HTTPS_PROXY", OsStr::new(&address))],
        75,
    ) {
        assert!(
            stderr.contains("through the proxy http://127.0.0.1:1 (HTTPS_PROXY)"),
            "{stderr}"
        );
        assert!(!stderr.contains("secret"), "{stderr}");
    }
}

#[test]
fn a_proxy_that_refuses_ends_the_run_at_the_first_call() {
    for (status, remedy) in [
        (
            407,
            "put the user and password that the proxy wants into HTTPS_PROXY",
        ),
        (403, "ask who runs the proxy to let this program through"),
        (405, "correct HTTPS_PROXY"),
    ] {
        let torn = Torn::new();
        let proxy = Proxy::start(Conduct::Answer(status));
        let address = format!("http://me:secret@127.0.0.1:{}", proxy.port);

        for stderr in fetch_and_init(
            &torn,
            "https://torn.test",
            &[("HTTPS_PROXY", OsStr::new(&address))],
            78,
        ) {
            let expected = format!(
                "because: the proxy http://127.0.0.1:{} (HTTPS_PROXY) refuses the connection with HTTP status {status}",
                proxy.port
            );
            assert!(stderr.contains(&expected), "{stderr}");
            assert!(stderr.contains(remedy), "{stderr}");
            assert!(!stderr.contains("secret"), "{stderr}");
        }

        assert_eq!(proxy.asked().len(), 2, "neither of the two tried again");
    }
}

#[test]
fn a_fault_of_the_proxy_is_a_transient_error() {
    for conduct in [Conduct::Answer(502), Conduct::Answer(504), Conduct::HangUp] {
        let torn = Torn::new();
        let proxy = Proxy::start(conduct);
        let address = format!("http://127.0.0.1:{}", proxy.port);

        let fetched = fetching(&torn, "https://torn.test")
            .env("HTTPS_PROXY", address)
            .output();

        Finished(fetched.unwrap()).expect(75);
        assert!(proxy.asked().len() > 1, "{conduct:?} was not tried again");
    }
}

#[test]
fn a_proxy_that_is_not_supported_is_refused_by_the_commands_that_call_out_and_no_other() {
    for address in [
        "socks5://me:secret@127.0.0.1:1080",
        "socks4://127.0.0.1:1080",
        "htp://me:secret@127.0.0.1:3128",
        "http:/127.0.0.1:3128",
        "http://127.0.0.1:99999",
    ] {
        let torn = Torn::new();

        for stderr in fetch_and_init(
            &torn,
            "https://torn.test",
            &[("ALL_PROXY", OsStr::new(address))],
            78,
        ) {
            let shown = address.replace("me:secret@", "");
            assert!(
                stderr.contains(&format!("could not use the proxy {shown} (ALL_PROXY)")),
                "{stderr}"
            );
            assert!(stderr.contains("try: set ALL_PROXY to"), "{stderr}");
            assert!(!stderr.contains("secret"), "{stderr}");
        }
        for arguments in [
            &["export", "factions"][..],
            &["backup"],
            &["summarize"],
            &["fetch", "factions", "--plan"],
        ] {
            let mut command = torn.sandbox.command(arguments);
            let done = command.env("ALL_PROXY", address).output();
            Finished(done.unwrap()).expect(0);
        }
    }
}

#[test]
fn this_machine_and_the_hosts_of_no_proxy_are_called_directly() {
    let torn = Torn::new();
    let front = TlsFront::before(&torn, Certificate::Good);
    for address in ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "nonsense://"] {
        let mut local = torn.fetching(&["factions"]);
        Finished(
            local
                .envs(PROXIES.map(|name| (name, address)))
                .output()
                .unwrap(),
        )
        .expect(0);
        let mut secure = fetching(&torn, &front.url());
        secure.env("SSL_CERT_FILE", front.authority(&torn));
        Finished(
            secure
                .envs(PROXIES.map(|name| (name, address)))
                .output()
                .unwrap(),
        )
        .expect(0);
    }

    let proxy = Proxy::start(Conduct::Answer(403));
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let direct = fetching(&torn, "https://torn.test")
        .env("HTTPS_PROXY", address)
        .env("NO_PROXY", "example.com,.test")
        .output();
    // The host does not exist, but the proxy received no request.
    Finished(direct.unwrap()).expect(75);
    assert!(proxy.asked().is_empty());
}

#[cfg(unix)]
#[test]
fn a_proxy_variable_that_is_not_text_is_refused_by_name() {
    use std::os::unix::ffi::OsStrExt;

    let torn = Torn::new();
    for name in ["HTTPS_PROXY", "all_proxy", "NO_PROXY"] {
        let mut environment = vec![(name, OsStr::from_bytes(b"http://m\xfcller"))];
        if name == "NO_PROXY" {
            environment.push(("HTTP_PROXY", OsStr::new("http://127.0.0.1:1")));
        }
        for stderr in fetch_and_init(&torn, "https://torn.test", &environment, 78) {
            assert!(
                stderr.contains(&format!("could not use {name}\n")),
                "{stderr}"
            );
        }
    }
}

#[test]
fn the_demo_ignores_the_variables_of_proxies_and_paths() {
    let torn = Torn::new();
    torn.sandbox
        .write("tornsnap.toml", "this is no configuration\n");
    let elsewhere = torn.sandbox.path("elsewhere.db");
    let mut demo = torn
        .sandbox
        .command(&["demo", "--days", "2", "--output", "demo"]);
    demo.envs(PROXIES.map(|name| (name, "socks5://127.0.0.1:1")))
        .env("TORNSNAP_API_URL", "https://torn.test")
        .env("TORNSNAP_DATABASE", &elsewhere)
        .env("TORNSNAP_CONFIG", "nowhere.toml")
        .env("TORNSNAP_NOW", "nonsense")
        .env("TORNSNAP_FIRST_RETRY_MS", "nonsense")
        .env("TORN_API_KEY", CANARY);

    Finished(demo.output().unwrap()).expect(0);

    assert!(torn.sandbox.path("demo/tornsnap.db").exists());
    assert!(!elsewhere.exists());
    assert!(torn.asked().is_empty());
}
