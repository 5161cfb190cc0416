//! Everything that can go wrong on the way: statuses, bodies, connections.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tornsnap::sim::{Fault, Kind};

use crate::support::torn::Torn;
use crate::support::{Finished, NOW};

fn status(number: u16, headers: &[(&str, &str)]) -> Kind {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Kind::Status(
        number,
        "<html>no</html>".to_owned(),
        "text/html".to_owned(),
        headers.collect(),
    )
}

/// Two factions, of which the first meets the fault; returns how that ended.
fn beside_a_healthy_one(kind: Kind) -> (Torn, Finished) {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\ntimeout_seconds = 1\n",
        "[track]\nfactions = [9, 20]\nterritories = \"none\"\n",
    );
    torn.simulator.fault(Fault::always(kind).path("/faction/9"));
    let finished = torn.fetch(&["factions"]);
    (torn, finished)
}

#[test]
fn a_passing_fault_is_tried_four_times_and_then_only_that_target_fails() {
    let faults = [
        (status(500, &[]), "HTTP status 500"),
        (status(502, &[]), "HTTP status 502"),
        (status(403, &[]), "HTTP status 403"),
        (status(408, &[]), "HTTP status 408"),
        (status(520, &[]), "HTTP status 520"),
        (Kind::Html503, "HTTP status 503"),
        (Kind::Broken, "the answer is not JSON (EOF while parsing"),
        (Kind::Empty, "the answer is not JSON (it is empty)"),
        (Kind::NotJson, "the answer is not JSON (expected value"),
        (
            Kind::Status(
                200,
                "[1]".to_owned(),
                "application/json".to_owned(),
                Vec::new(),
            ),
            "it is no object",
        ),
        (Kind::Cut, "no connection: "),
        (Kind::Reset, "no connection: "),
    ];
    for (kind, words) in faults {
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
        Kind::Html503,
        Kind::Broken,
        Kind::Empty,
        Kind::NotJson,
        Kind::Cut,
        Kind::Reset,
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
            Kind::Redirect("http://127.0.0.1:9/elsewhere".to_owned()),
            "is a redirect (HTTP 302), which is not followed",
        ),
        (
            Kind::HugeBody(9 << 20),
            "the answer is larger than 8388608 bytes",
        ),
        (
            Kind::GzipBomb(200 << 20),
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
fn a_redirect_takes_no_key_anywhere() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let address = format!("http://{}/v2/faction/9", elsewhere.local_addr().unwrap());
    let (_torn, finished) = beside_a_healthy_one(Kind::Redirect(address));

    finished.expect(3);

    assert!(elsewhere.accept().is_err(), "nobody came");
}

#[test]
fn silence_is_waited_for_as_long_as_configured_and_not_longer() {
    let start = Instant::now();
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\ntimeout_seconds = 1\n",
        "[track]\nfactions = [9, 20]\nterritories = \"none\"\n",
    );
    torn.simulator
        .fault(Fault::once(Kind::Hang(Duration::from_secs(60))).path("/faction/9"));

    torn.fetch(&["factions"]).expect(0);

    assert!(
        (1..8).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn when_nobody_listens_it_says_so_and_to_try_later() {
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
fn when_torn_goes_away_in_mid_run_the_rest_is_not_waited_for_one_by_one() {
    let torn = Torn::new();
    torn.follow("[track]\nplayers = [1, 2, 3]\n");
    torn.simulator
        .fault(Fault::always(Kind::Reset).path("/user"));

    torn.fetch(&["players"]).expect(75);

    assert_eq!(
        torn.rows("SELECT status, failed FROM fetch_runs"),
        ["failed|3"]
    );
}

#[test]
fn a_429_with_retry_after_pauses_everybody_and_goes_on() {
    let start = Instant::now();
    let torn = Torn::new();
    torn.simulator
        .fault(Fault::once(status(429, &[("Retry-After", "1")])).path("/faction"));

    torn.fetch(&["factions"]).expect(0);

    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(torn.calls(), 2);
}

#[test]
fn a_429_that_asks_for_more_than_anybody_waits_ends_the_run_and_is_remembered() {
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
fn a_429_with_a_date_or_nonsense_is_waited_out_all_the_same() {
    for asked in ["Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-5", "0", ""] {
        let torn = Torn::new();
        torn.simulator
            .fault(Fault::once(status(429, &[("Retry-After", asked)])).path("/faction"));

        torn.fetch(&["factions"]).expect(0);

        assert_eq!(torn.calls(), 2, "{asked}");
    }
}

#[test]
fn a_body_that_does_not_fit_is_kept_with_its_place_and_harms_no_other() {
    let patches: [(&str, &str, Value, &str); 12] = [
        (
            "/user/2",
            "/profile/id",
            json!(77),
            "profile.id: it is about player 77, but 2 was asked for",
        ),
        (
            "/user/2",
            "/profile/level",
            json!(0),
            "profile.level: 0 is below 1",
        ),
        (
            "/user/2",
            "/profile/level",
            json!("twelve"),
            "profile.level: \"twelve\" is not a whole number",
        ),
        (
            "/user/2",
            "/profile/level",
            json!(1.5),
            "profile.level: 1.5 is not a whole number",
        ),
        (
            "/user/2",
            "/profile/name",
            json!(""),
            "profile.name: it is empty",
        ),
        (
            "/user/2",
            "/profile/name",
            json!(7),
            "profile.name: invalid type",
        ),
        (
            "/user/2",
            "/profile/life/maximum",
            json!(0),
            "profile.life.maximum: 0 is below 1",
        ),
        (
            "/user/2",
            "/profile/life/current",
            json!(-1),
            "profile.life.current: -1 is below 0",
        ),
        (
            "/user/2",
            "/profile/faction_id",
            json!(-4),
            "profile.faction_id: -4 is below 0",
        ),
        ("/user/2", "/profile", json!(null), "profile: invalid type"),
        (
            "/user/2",
            "/personalstats/0/value",
            json!("lots"),
            "personalstats[0].value: \"lots\" is not a whole number",
        ),
        (
            "/user/2",
            "/personalstats",
            json!("none"),
            "personalstats: it is neither a list nor an object",
        ),
    ];
    for (path, pointer, value, error) in patches {
        let torn = Torn::new();
        torn.follow("[track]\nplayers = [2, 3]\n");
        torn.simulator
            .fault(Fault::always(Kind::Patch(pointer.to_owned(), value.clone())).path(path));

        torn.fetch(&["players"]).expect(3);

        let kept = torn.rows("SELECT entity, endpoint, error FROM rejected_payloads");
        assert_eq!(kept.len(), 1, "{pointer} {value}");
        let place = "player 2|/user/2?selections=profile,personalstats&stat=networth|";
        assert!(
            kept[0].starts_with(&format!("{place}{error}")),
            "{pointer} {value}: {}",
            kept[0]
        );
        let body: String = torn.value("SELECT body FROM rejected_payloads");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body.pointer(pointer), Some(&value));
        assert_eq!(
            torn.rows("SELECT player_id FROM player_stats_history"),
            ["3"],
            "{pointer} {value}"
        );
    }
}

#[test]
fn a_missing_field_is_not_a_zero() {
    for (path, kind, pointer, error) in [
        (
            "/user/2",
            "players",
            "/profile/id",
            "profile: missing field `id`",
        ),
        (
            "/user/2",
            "players",
            "/profile/life",
            "profile: missing field `life`",
        ),
        ("/user/2", "players", "/profile", "profile: it is missing"),
        (
            "/faction/9",
            "factions",
            "/basic/respect",
            "basic: missing field `respect`",
        ),
        (
            "/faction/9",
            "factions",
            "/members",
            "members: it is missing",
        ),
        (
            "/faction/9",
            "factions",
            "/members/1/id",
            "members[1]: missing field `id`",
        ),
        ("/faction/9", "wars", "/wars", "wars: it is missing"),
    ] {
        let torn = Torn::new();
        torn.follow(
            "[track]\nplayers = [2]\nfactions = [9]\nmembers = false\nterritories = \"none\"\n",
        );
        torn.simulator
            .fault(Fault::always(Kind::Remove(pointer.to_owned())).path(path));

        torn.fetch(&[kind]).expect(76);

        assert_eq!(torn.rows("SELECT error FROM rejected_payloads"), [error]);
        let body: String = torn.value("SELECT body FROM rejected_payloads");
        assert!(
            body.starts_with('{'),
            "{pointer}: the body is kept: {body:?}"
        );
    }
}

#[test]
fn somebody_elses_id_is_never_stored() {
    let torn = Torn::new();
    torn.follow(
        "[track]\nplayers = [2]\nfactions = [20]\nmembers = false\nterritories = \"none\"\n",
    );
    torn.simulator
        .fault(Fault::always(Kind::WrongId).path("/user/2"));
    torn.simulator
        .fault(Fault::always(Kind::WrongId).path("/faction/20"));

    torn.fetch(&["factions", "players"]).expect(76);

    assert_eq!(
        torn.rows("SELECT entity, error FROM rejected_payloads ORDER BY entity"),
        [
            "faction 20|basic.id: it is about faction 21, but 20 was asked for",
            "player 2|profile.id: it is about player 3, but 2 was asked for"
        ]
    );
    assert_eq!(
        torn.value::<i64>(
            "SELECT (SELECT count(*) FROM players) + (SELECT count(*) FROM factions)"
        ),
        0
    );
}

#[test]
fn when_every_body_is_rejected_the_exit_code_says_so() {
    let torn = Torn::new();
    torn.simulator
        .fault(Fault::always(Kind::Remove("/basic/id".to_owned())).path("/faction"));

    let finished = torn.fetch(&["factions"]).expect(76);

    assert_eq!(
        finished.stderr(),
        "warn  faction 9: the answer does not fit: basic: missing field `id`\n\
         fetched: factions 0 saved (0 changed, 1 failed); 2 calls\n\
         tornsnap: could not fetch 1 of 1 targets\n  \
         because: faction 9: the answer does not fit: basic: missing field `id`\n  \
         try: look at the table rejected_payloads; a newer tornsnap may understand them\n"
    );
}

#[test]
fn a_huge_rejected_body_is_kept_in_part() {
    let torn = Torn::new();
    torn.simulator.fault(
        Fault::always(Kind::Patch(
            "/basic/name".to_owned(),
            json!("🦊".repeat(100_000)),
        ))
        .path("/faction"),
    );
    torn.simulator
        .fault(Fault::always(Kind::Remove("/basic/id".to_owned())).path("/faction"));
    let body = format!("{{\"basic\":{{\"name\":\"x{}\"}}}}", "🦊".repeat(100_000));
    torn.simulator.clear_faults();
    torn.simulator.fault(
        Fault::always(Kind::Status(
            200,
            body,
            "application/json".to_owned(),
            Vec::new(),
        ))
        .path("/faction"),
    );

    torn.fetch(&["factions"]).expect(76);

    let kept: i64 = torn.value("SELECT length(CAST(body AS BLOB)) FROM rejected_payloads");
    assert!((65_530..=65_536).contains(&kept), "{kept}");
}

#[test]
fn pages_that_go_round_are_left_after_a_few_calls() {
    for (path, kind) in [
        ("/faction/warfareranked", "wars"),
        ("/faction/warfareterritory", "wars"),
        ("/faction/territoryownership", "territories"),
        ("/torn/territory", "territories"),
    ] {
        let torn = Torn::new();
        torn.follow("[track]\nwars = \"all\"\nterritories = \"all\"\n");
        torn.edit(|world| world.tile("AAB").owner = Some(9));
        torn.ranked_war(1, |_| {});
        torn.territory_war(1, |_| {});
        torn.simulator
            .fault(Fault::always(Kind::PageLoop).path(path));

        let finished = torn.fetch(&[kind]).expect(3);

        assert!(
            finished.stderr().contains("the pages go round in a circle"),
            "{path}: {}",
            finished.stderr()
        );
        let calls = torn
            .asked()
            .iter()
            .filter(|asked| asked.starts_with(path))
            .count();
        assert!(calls <= 3, "{path}: {calls} calls");
    }
}

#[test]
fn a_link_to_another_host_is_not_followed_and_what_came_is_saved() {
    let torn = Torn::new();
    torn.follow("[track]\nwars = \"all\"\n");
    torn.ranked_war(1, |_| {});
    torn.simulator
        .fault(Fault::always(Kind::ForeignLink).path("/faction/warfareranked"));

    let finished = torn.fetch(&["wars"]).expect(3);

    assert!(
        finished
            .stderr()
            .contains("the link to the next page leads to another address; it was not followed"),
        "{}",
        finished.stderr()
    );
    assert_eq!(
        torn.rows("SELECT war_type, war_id FROM war_status_history"),
        ["ranked|1"]
    );
}

#[test]
fn a_slow_answer_is_still_an_answer() {
    let torn = Torn::new();
    torn.simulator
        .fault(Fault::once(Kind::Slow(Duration::from_millis(300))).path("/faction"));

    torn.fetch(&["factions"]).expect(0);
}

#[test]
fn bytes_that_drip_in_do_not_outlast_the_timeout() {
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
