//! Faults of HTTP: statuses, bodies and connections.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::torn::Torn;
use crate::support::{Finished, NOW};

pub fn status(number: u16, headers: &[(&str, &str)]) -> FaultKind {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    FaultKind::Status(
        number,
        "<html>no</html>".to_owned(),
        "text/html".to_owned(),
        headers.collect(),
    )
}

/// An answer with this text, HTTP status 200 and the content type of JSON.
fn text(body: &str) -> FaultKind {
    FaultKind::Status(
        200,
        body.to_owned(),
        "application/json".to_owned(),
        Vec::new(),
    )
}

/// Fetches two factions, of which the first has the fault.
fn beside_a_healthy_one(kind: FaultKind) -> (Torn, Finished) {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\ntimeout_seconds = 1\n",
        "[track]\nfactions = [9, 20]\nterritories = \"none\"\n",
    );
    torn.simulator.fault(Fault::always(kind).path("/faction/9"));
    let finished = torn.fetch(&["factions"]);
    (torn, finished)
}

/// Faults that are over when the call is made again, and what the program says about each.
fn passing_faults() -> Vec<(FaultKind, &'static str)> {
    vec![
        (status(500, &[]), "HTTP status 500"),
        (status(502, &[]), "HTTP status 502"),
        (status(403, &[]), "HTTP status 403"),
        (status(408, &[]), "HTTP status 408"),
        (status(520, &[]), "HTTP status 520"),
        (FaultKind::Html503, "HTTP status 503"),
        (
            FaultKind::Broken,
            "the answer is not JSON (it ends in the middle)",
        ),
        (FaultKind::Empty, "the answer is not JSON (it is empty)"),
        (
            FaultKind::NotJson,
            "the answer is not JSON (see line 1, column 1)",
        ),
        (
            text("<!DOCTYPE html><html><body>Maintenance</body></html>"),
            "the answer is a web page and not JSON",
        ),
        (
            text("{} {}"),
            "the answer is not JSON (more text follows after its end)",
        ),
        (
            text(&"[".repeat(300)),
            "the answer is not JSON (too many lists and objects are inside each other)",
        ),
        (text("[1]"), "the answer is JSON, but no object"),
        (FaultKind::Cut, "no connection: "),
        (FaultKind::Reset, "no connection: "),
    ]
}

#[test]
fn a_passing_fault_is_tried_four_times_and_then_only_that_target_fails() {
    for (kind, words) in passing_faults() {
        let name = format!("{kind:?}");
        let (torn, finished) = beside_a_healthy_one(kind);

        let stderr = finished.expect(3).stderr();
        assert!(stderr.contains(words), "{name}: {stderr}");
        let tried = torn
            .asked()
            .iter()
            .filter(|path| path.starts_with("/faction/9?"))
            .count();
        assert_eq!(tried, 4, "{name}");
        assert_eq!(
            torn.rows("SELECT faction_id FROM faction_history"),
            ["20"],
            "{name}"
        );
        assert_eq!(
            torn.rows("SELECT status, entities, failed FROM fetch_runs"),
            ["partial|1|1"],
            "{name}"
        );
        assert_eq!(
            torn.value::<i64>("SELECT count(*) FROM rejected_payloads"),
            0,
            "{name}"
        );
    }
}

#[test]
fn a_fault_that_passes_leaves_no_trace() {
    for kind in [
        status(500, &[]),
        FaultKind::Html503,
        FaultKind::Broken,
        FaultKind::Empty,
        FaultKind::NotJson,
        FaultKind::Cut,
        FaultKind::Reset,
    ] {
        let torn = Torn::new();
        torn.simulator
            .fault(Fault::times(3, kind.clone()).path("/faction/9"));

        let finished = torn.fetch(&["factions"]).expect(0);

        assert_eq!(
            finished.stderr(),
            "fetched: factions 1 saved (1 changed); 5 calls\n",
            "{kind:?}"
        );
    }
}

#[test]
fn a_fault_of_ours_is_not_tried_again() {
    let faults = [
        (status(404, &[]), "HTTP status 404"),
        (status(400, &[]), "HTTP status 400"),
        (
            FaultKind::Redirect("http://127.0.0.1:9/elsewhere".to_owned()),
            "is a redirect (HTTP 302), which is not followed",
        ),
        (
            FaultKind::HugeBody(9 << 20),
            "the answer is larger than 8388608 bytes",
        ),
        (
            FaultKind::GzipBomb(200 << 20),
            "the answer is larger than 8388608 bytes",
        ),
    ];
    for (kind, words) in faults {
        let name = format!("{kind:?}").chars().take(60).collect::<String>();
        let (torn, finished) = beside_a_healthy_one(kind);

        let stderr = finished.expect(3).stderr();
        assert!(stderr.contains(words), "{name}: {stderr}");
        assert_eq!(torn.calls(), 2, "{name}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let address = format!("http://{}/v2/faction/9", elsewhere.local_addr().unwrap());
    let (_torn, finished) = beside_a_healthy_one(FaultKind::Redirect(address));

    finished.expect(3);

    assert!(elsewhere.accept().is_err(), "nobody came");
}

#[test]
fn a_silent_server_is_given_up_after_the_configured_timeout() {
    let start = Instant::now();
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\ntimeout_seconds = 1\n",
        "[track]\nfactions = [9, 20]\nterritories = \"none\"\n",
    );
    torn.simulator
        .fault(Fault::once(FaultKind::Hang(Duration::from_secs(60))).path("/faction/9"));

    torn.fetch(&["factions"]).expect(0);

    assert!(
        (1..8).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_refused_connection_is_reported_with_try_later() {
    let torn = Torn::new();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();

    let finished = Finished(
        torn.fetching(&["all"])
            .env("TORNSNAP_API_URL", format!("http://127.0.0.1:{port}"))
            .output()
            .unwrap(),
    )
    .expect(75);

    let stderr = finished.stderr();
    assert!(
        stderr.ends_with(&format!(
            "try: check the network, and that http://127.0.0.1:{port} can be reached\n"
        )),
        "{stderr}"
    );
    assert!(!stderr.contains("0 calls"), "{stderr}");
    assert_eq!(
        torn.rows("SELECT kind, status FROM fetch_runs"),
        ["factions|failed", "wars|failed", "players|failed"],
        "every kind that was wanted has failed"
    );
}

#[test]
fn when_torn_becomes_unreachable_the_run_does_not_wait_for_each_target() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1, 2, 3]\n");
    torn.simulator
        .fault(Fault::always(FaultKind::Reset).path("/user"));

    torn.fetch(&["players"]).expect(75);

    assert_eq!(
        torn.rows("SELECT status, failed FROM fetch_runs"),
        ["failed|3"]
    );
}

#[test]
fn a_429_with_retry_after_pauses_all_keys_and_the_run_continues() {
    let start = Instant::now();
    let torn = Torn::new();
    torn.simulator
        .fault(Fault::once(status(429, &[("Retry-After", "1")])).path("/faction"));

    torn.fetch(&["factions"]).expect(0);

    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(torn.calls(), 2);
}

#[test]
fn a_429_with_too_long_a_retry_after_ends_the_run_and_is_remembered() {
    for (asked, until) in [("3600", NOW + 3600), ("18446744073709551615", NOW + 86_400)] {
        let torn = Torn::new();
        torn.simulator
            .fault(Fault::once(status(429, &[("Retry-After", asked)])).path("/faction"));

        torn.fetch(&["factions"]).expect(75);
        let calls = torn.simulator.requests().len();
        torn.fetch_at(until - 100, &["factions"]).expect(75);
        assert_eq!(torn.simulator.requests().len(), calls, "{asked}");

        torn.fetch_at(until, &["factions"]).expect(0);
    }
}

#[test]
fn a_429_whose_retry_after_is_no_number_of_seconds_pauses_the_run_too() {
    for asked in ["Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-5", "0", ""] {
        let torn = Torn::new();
        torn.simulator
            .fault(Fault::once(status(429, &[("Retry-After", asked)])).path("/faction"));

        torn.fetch(&["factions"]).expect(0);

        assert_eq!(torn.calls(), 2, "{asked}");
    }
}

#[test]
fn a_slow_answer_is_still_an_answer() {
    let torn = Torn::new();
    torn.simulator
        .fault(Fault::once(FaultKind::Slow(Duration::from_millis(300))).path("/faction"));

    torn.fetch(&["factions"]).expect(0);
}

#[test]
fn an_answer_that_arrives_byte_by_byte_ends_at_the_timeout() {
    use std::io::{Read, Write};

    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{");
                while stream.write_all(b" ").is_ok() {
                    thread::sleep(Duration::from_millis(50));
                }
            });
        }
    });
    torn.configure(
        "requests_per_minute = 0\ntimeout_seconds = 1\n",
        "[track]\nfactions = [9]\nterritories = \"none\"\n",
    );
    let start = Instant::now();

    let finished = torn
        .fetching(&["factions"])
        .env("TORNSNAP_API_URL", url)
        .output()
        .unwrap();

    let finished = Finished(finished).expect(75);
    assert!(
        finished.stderr().contains("no answer within 1 seconds"),
        "{}",
        finished.stderr()
    );
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
}
