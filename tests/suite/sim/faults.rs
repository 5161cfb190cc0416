//! Faults that a test asks for.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tornsnap::testing::sim::{DEFAULT_START, Fault, FaultKind, Simulator};

use super::{Answer, Wire, ask, ask_as, at, code};

#[test]
fn a_hanging_request_holds_up_nobody_and_not_the_end() {
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
fn a_fault_meets_what_it_matches_as_often_as_it_says() {
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

/// The answer to a question about a profile that meets this fault.
fn meet(simulator: &Simulator, kind: FaultKind) -> Option<Answer> {
    simulator.fault(Fault::once(kind));
    ask_as(simulator, "SimulatedKeyA001", PROFILE)
}

#[test]
fn faults_of_the_status_and_the_head_do_what_they_say() {
    let simulator = at(1, DEFAULT_START);
    let meet = |kind: FaultKind| meet(&simulator, kind).unwrap();

    let answer = meet(FaultKind::CodeWithStatus(8, "IP block".to_owned(), 403));
    assert_eq!((answer.status, code(&answer.json())), (403, Some(8)));
    let headers = vec![("Retry-After".to_owned(), "7".to_owned())];
    let (body, content_type) = ("slow down".to_owned(), "text/plain".to_owned());
    let answer = meet(FaultKind::Status(429, body, content_type, headers));
    assert_eq!((answer.status, &answer.body[..]), (429, &b"slow down"[..]));
    assert!(answer.head.contains("Retry-After: 7\r\n"));
    let answer = meet(FaultKind::Html503);
    assert!(answer.status == 503 && answer.head.contains("text/html"));
    assert!(answer.body.starts_with(b"<!DOCTYPE html>"));
    let answer = meet(FaultKind::Redirect("https://evil.example/".to_owned()));
    assert_eq!(answer.status, 302);
    assert!(answer.head.contains("Location: https://evil.example/\r\n"));
}

#[test]
fn faults_of_the_connection_and_the_whole_body_do_what_they_say() {
    let simulator = at(1, DEFAULT_START);
    let right = ask(&simulator, PROFILE);
    let meet = |kind: FaultKind| meet(&simulator, kind);
    let is_json = |answer: &Answer| serde_json::from_slice::<Value>(&answer.body).is_ok();

    let answer = meet(FaultKind::Broken).unwrap();
    assert!(answer.body.len() > 100 && !is_json(&answer));
    let answer = meet(FaultKind::Cut).unwrap();
    let length = format!("Content-Length: {}\r\n", answer.body.len());
    assert!(!answer.head.contains(&length));
    assert!(meet(FaultKind::Empty).unwrap().body.is_empty());
    assert!(!is_json(&meet(FaultKind::NotJson).unwrap()));
    assert!(meet(FaultKind::Reset).is_none());
    let begun = Instant::now();
    assert!(meet(FaultKind::Hang(Duration::from_millis(30))).is_none());
    let late = meet(FaultKind::Slow(Duration::from_millis(30))).unwrap();
    assert_eq!(late.json(), right);
    assert!(begun.elapsed() >= Duration::from_millis(60));
    let huge = meet(FaultKind::HugeBody(3_000_000)).unwrap().json();
    assert_eq!(huge["pad"].as_str().unwrap().len(), 3_000_000);
    assert_eq!(ask(&simulator, PROFILE), right, "all faults are used up");
}

#[test]
fn faults_of_one_value_change_that_value_and_no_other() {
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
    for (kind, wrong) in [
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
        assert_ne!(wrong, right);
        let answer = meet(&simulator, kind.clone()).unwrap().json();
        assert_eq!(answer, wrong, "{kind:?}");
    }
    assert_eq!(ask(&simulator, PROFILE), right, "all faults are used up");
}

#[test]
fn faulty_pages_lead_in_circles_and_abroad() {
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
fn a_small_gzip_reply_inflates_to_a_huge_valid_one() {
    let simulator = at(1, DEFAULT_START);
    let raw = 2_000_000 / 150;
    simulator.fault(Fault::times(2, FaultKind::GzipBomb(2_000_000)));

    let packed = ask_as(&simulator, "SimulatedKeyA001", "/key/info").unwrap();
    let mut answer = ureq::get(format!("{}/key/info", simulator.url()))
        .call()
        .unwrap();
    let body: Value = serde_json::from_reader(answer.body_mut().as_reader()).unwrap();

    assert!(packed.body.len() < raw, "{}", packed.body.len());
    let pad = body["pad"].as_str().unwrap();
    assert!(pad.len() > 1_999_000 && pad.bytes().all(|byte| byte == b'x'));
}
