//! Faults that a test adds.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tornsnap::testing::sim::{DEFAULT_START, Fault, FaultKind, Simulator};

use super::{Answer, Wire, ask, ask_as, at, code};

#[test]
fn a_hanging_request_delays_neither_other_requests_nor_the_shutdown() {
    let simulator = at(1, DEFAULT_START);
    simulator.fault(Fault::always(FaultKind::Hang(Duration::from_secs(600))).path("/user/"));
    let mut hanging = Wire::open(&simulator);
    hanging.send(
        "/user/2000001/profile",
        "Authorization: ApiKey SimulatedKeyA001\r\n",
    );

    let other = ask(&simulator, "/faction/9001/basic");
    drop(simulator);

    assert_eq!(other["basic"]["id"], 9_001);
    assert!(hanging.receive().is_none());
}

#[test]
fn a_fault_affects_as_many_matching_requests_as_it_says() {
    let simulator = at(1, DEFAULT_START);
    simulator.fault(
        Fault::times(2, FaultKind::Code(9, "API disabled".to_owned()))
            .path("/torn/territory")
            .query("offset=2")
            .key("SimulatedKeyA001")
            .after(1),
    );
    let ask = |secret: &str, path: &str| code(&ask_as(&simulator, secret, path).unwrap().json());

    assert_eq!(ask("SimulatedKeyA001", "/key/info"), None);
    assert_eq!(ask("SimulatedKeyA001", "/torn/territory?offset=1"), None);
    assert_eq!(ask("SimulatedKeyB002", "/torn/territory?offset=2"), None);
    let answers = [(); 4].map(|()| ask("SimulatedKeyA001", "/torn/territory?offset=2"));
    assert_eq!(answers, [None, Some(9), Some(9), None]);
    simulator.fault(Fault::always(FaultKind::Code(
        17,
        "Backend error".to_owned(),
    )));
    assert_eq!(ask("SimulatedKeyB002", "/key/info"), Some(17));
    simulator.clear_faults();
    assert_eq!(ask("SimulatedKeyB002", "/key/info"), None);
}

const PROFILE: &str = "/v2/user/2000075/profile";

/// The answer to a request for a profile with this fault.
fn answer_with(simulator: &Simulator, kind: FaultKind) -> Option<Answer> {
    simulator.fault(Fault::once(kind));
    ask_as(simulator, "SimulatedKeyA001", PROFILE)
}

#[test]
fn faults_of_the_status_and_the_headers_change_them() {
    let simulator = at(1, DEFAULT_START);
    let answer_with = |kind: FaultKind| answer_with(&simulator, kind).unwrap();

    let answer = answer_with(FaultKind::CodeWithStatus(8, "IP block".to_owned(), 403));
    assert_eq!((answer.status, code(&answer.json())), (403, Some(8)));
    let headers = vec![("Retry-After".to_owned(), "7".to_owned())];
    let (body, content_type) = ("slow down".to_owned(), "text/plain".to_owned());
    let answer = answer_with(FaultKind::Status(429, body, content_type, headers));
    assert_eq!((answer.status, &answer.body[..]), (429, &b"slow down"[..]));
    assert!(answer.head.contains("Retry-After: 7\r\n"));
    let answer = answer_with(FaultKind::Html503);
    assert!(answer.status == 503 && answer.head.contains("text/html"));
    assert!(answer.body.starts_with(b"<!DOCTYPE html>"));
    let answer = answer_with(FaultKind::Redirect("https://evil.example/".to_owned()));
    assert_eq!(answer.status, 302);
    assert!(answer.head.contains("Location: https://evil.example/\r\n"));
}

#[test]
fn faults_of_the_connection_and_the_body_damage_or_delay_the_answer() {
    let simulator = at(1, DEFAULT_START);
    let right = ask(&simulator, PROFILE);
    let answer_with = |kind: FaultKind| answer_with(&simulator, kind);
    let is_json = |answer: &Answer| serde_json::from_slice::<Value>(&answer.body).is_ok();

    let answer = answer_with(FaultKind::Broken).unwrap();
    assert!(answer.body.len() > 100 && !is_json(&answer));
    let answer = answer_with(FaultKind::Cut).unwrap();
    let length = format!("Content-Length: {}\r\n", answer.body.len());
    assert!(!answer.head.contains(&length));
    assert!(answer_with(FaultKind::Empty).unwrap().body.is_empty());
    assert!(!is_json(&answer_with(FaultKind::NotJson).unwrap()));
    assert!(answer_with(FaultKind::Reset).is_none());
    let begun = Instant::now();
    assert!(answer_with(FaultKind::Hang(Duration::from_millis(30))).is_none());
    let late = answer_with(FaultKind::Slow(Duration::from_millis(30))).unwrap();
    assert_eq!(late.json(), right);
    assert!(begun.elapsed() >= Duration::from_millis(60));
    let huge = answer_with(FaultKind::HugeBody(3_000_000)).unwrap().json();
    assert_eq!(huge["pad"].as_str().unwrap().len(), 3_000_000);
    assert_eq!(ask(&simulator, PROFILE), right, "all faults are used up");
}

#[test]
fn faults_of_one_value_change_only_that_value() {
    let simulator = at(1, DEFAULT_START);
    let right = ask(&simulator, PROFILE);
    let change = |change: &dyn Fn(&mut Value)| {
        let mut body = right.clone();
        change(&mut body["profile"]);
        body
    };
    let pointer = |name: &str| format!("/profile/{name}");
    let without_id = |profile: &mut Value| {
        profile.as_object_mut().unwrap().remove("id");
    };
    for (kind, expected) in [
        (
            FaultKind::WrongId,
            change(&|profile| profile["id"] = json!(2_000_076)),
        ),
        (
            FaultKind::Patch(pointer("level"), json!(-4)),
            change(&|profile| profile["level"] = json!(-4)),
        ),
        (
            FaultKind::Patch(pointer("surprise"), json!([])),
            change(&|profile| profile["surprise"] = json!([])),
        ),
        (FaultKind::Remove(pointer("id")), change(&without_id)),
    ] {
        assert_ne!(expected, right);
        let answer = answer_with(&simulator, kind.clone()).unwrap().json();
        assert_eq!(answer, expected, "{kind:?}");
    }
    assert_eq!(ask(&simulator, PROFILE), right, "all faults are used up");
}

#[test]
fn faulty_pages_link_to_themselves_or_to_another_host() {
    let simulator = at(1, DEFAULT_START);
    simulator.fault(Fault::once(FaultKind::PageLoop));
    let circle = ask(&simulator, "/v2/torn/territory?limit=5&offset=10");
    simulator.fault(Fault::once(FaultKind::ForeignLink));
    let abroad = ask(&simulator, "/v2/torn/territory?limit=5&offset=10");

    assert_eq!(circle["territory"][0]["id"], "AAB");
    let here = format!("{}/v2/torn/territory?limit=5&offset=10", simulator.url());
    let foreign = "https://evil.example/v2/torn/territory?limit=5&offset=10";
    for link in ["next", "prev"] {
        assert_eq!(circle["_metadata"]["links"][link], here);
        assert_eq!(abroad["_metadata"]["links"][link], foreign);
    }
}

#[test]
fn a_small_gzip_body_inflates_to_huge_valid_json() {
    let simulator = at(1, DEFAULT_START);
    let max_bytes = 2_000_000 / 150;
    simulator.fault(Fault::times(2, FaultKind::GzipBomb(2_000_000)));

    let packed = ask_as(&simulator, "SimulatedKeyA001", "/key/info").unwrap();
    let mut answer = ureq::get(format!("{}/key/info", simulator.url()))
        .call()
        .unwrap();
    let body: Value = serde_json::from_reader(answer.body_mut().as_reader()).unwrap();

    assert!(packed.body.len() < max_bytes, "{}", packed.body.len());
    let pad = body["pad"].as_str().unwrap();
    assert!(pad.len() > 1_999_000 && pad.bytes().all(|byte| byte == b'x'));
}
