//! The `Date` header of the answers.

use std::io::{BufRead, BufReader};
use std::process::Child;

use chrono::{DateTime, Utc};
use tornsnap::testing::sim::{DEFAULT_START, DateHeader, Fault, FaultKind, Options, Simulator};

use super::{Wire, at, start};
use crate::support::Sandbox;

/// The time in the `Date` header of the next answer: a unix timestamp.
fn date(simulator: &Simulator) -> Option<i64> {
    let answer = super::ask_as(simulator, "SimulatedKeyA001", "/user/basic").unwrap();
    date_in(&answer.head)
}

fn date_in(head: &str) -> Option<i64> {
    let date = head.lines().find_map(|line| line.strip_prefix("Date: "))?;
    Some(DateTime::parse_from_rfc2822(date).unwrap().timestamp())
}

#[test]
fn the_date_header_has_the_simulated_time_plus_an_offset() {
    let simulator = at(1, DEFAULT_START);
    let answer = super::ask_as(&simulator, "SimulatedKeyA001", "/key/info").unwrap();
    assert!(
        answer
            .head
            .contains("\r\nDate: Mon, 02 Mar 2026 00:00:00 GMT\r\n"),
        "{}",
        answer.head
    );

    simulator.set_time(DEFAULT_START + 77);
    assert_eq!(date(&simulator), Some(DEFAULT_START + 77));
    for offset in [7_200, -86_400, 0] {
        simulator.set_date_offset(offset);
        assert_eq!(date(&simulator), Some(DEFAULT_START + 77 + offset));
    }
    for offset in [i64::MAX, i64::MIN] {
        simulator.set_date_offset(offset);
        assert_eq!(date(&simulator), None, "out of the range of dates");
    }
}

#[test]
fn the_date_header_can_have_the_real_time_or_be_absent() {
    let simulator = start(Options {
        date: DateHeader::Real,
        ..Options::default()
    });
    let ahead = date(&simulator).unwrap() - Utc::now().timestamp();
    assert!((-60..=1).contains(&ahead), "{ahead}");
    simulator.set_date_offset(600);
    let ahead = date(&simulator).unwrap() - Utc::now().timestamp();
    assert!((540..=601).contains(&ahead), "{ahead}");

    simulator.set_date(DateHeader::Absent);
    assert_eq!(date(&simulator), None);
    simulator.set_date(DateHeader::Simulated);
    assert_eq!(date(&simulator), Some(DEFAULT_START + 600));
}

#[test]
fn every_answer_has_a_date_header_whatever_its_fault() {
    let simulator = at(1, DEFAULT_START);
    let page = || FaultKind::Status(500, String::new(), "text/html".to_owned(), Vec::new());
    for kind in [
        FaultKind::Code(5, "Too many requests".to_owned()),
        page(),
        FaultKind::Html503,
        FaultKind::Cut,
        FaultKind::Empty,
        FaultKind::Redirect("https://evil.example/".to_owned()),
        FaultKind::HugeBody(10),
        FaultKind::GzipBomb(10),
    ] {
        simulator.fault(Fault::once(kind.clone()));
        assert_eq!(date(&simulator), Some(DEFAULT_START), "{kind:?}");
    }
    let mut wire = Wire::open(&simulator);
    wire.send("/user/basic", "");
    assert_eq!(date_in(&wire.receive().unwrap().head), Some(DEFAULT_START));
}

/// A running `tornsnap simulate`. Dropping it kills the process.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.0.kill();
        let _waited = self.0.wait();
    }
}

#[test]
fn the_simulate_command_sends_the_date_of_the_system_clock() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["simulate", "--players", "3"]);
    let mut server = Server(command.env_remove("TORNSNAP_NOW").spawn().unwrap());
    let mut url = String::new();
    let output = server.0.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut url).unwrap();

    let answer = ureq::get(format!("{}/key/info", url.trim()))
        .call()
        .unwrap();

    let date = answer.headers()["Date"].to_str().unwrap();
    let ahead = DateTime::parse_from_rfc2822(date).unwrap().timestamp() - Utc::now().timestamp();
    assert!((-60..=1).contains(&ahead), "{ahead}");
}
