//! Names and messages of Torn never control a terminal and never begin a line of the log.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tornsnap::testing::sim::{Fault, FaultKind};

#[cfg(unix)]
use crate::support::pty;
use crate::support::torn::Torn;

const EVIL: &str = "\u{1b}[31mred\u{1b}]0;pwn\u{7}\r\nwarn  forged\u{9b}2J\u{202e}x";

fn is_safe(text: &str) -> bool {
    text.chars()
        .all(|character| character == '\n' || !character.is_control() && character != '\u{202e}')
}

#[test]
fn the_words_of_an_error_of_torn_are_harmless_on_stderr_and_in_the_log() {
    let torn = Torn::new();
    torn.follow(
        "[track]\nfactions = [9]\nplayers = [1]\nterritories = \"none\"\n[log]\nfile = \"t.log\"\n",
    );
    for code in [99, 2, 10, 16] {
        torn.simulator
            .fault(Fault::always(FaultKind::Code(code, EVIL.to_owned())));

        let finished = torn.fetch(&["all", "-vv"]);

        let told = finished.stderr();
        assert!(is_safe(&told), "{told:?}");
        assert!(!told.lines().any(|line| line.starts_with("warn  forged")));
        torn.simulator.clear_faults();
    }
    let log = fs::read_to_string(torn.sandbox.path("t.log")).unwrap();
    assert!(is_safe(&log), "{log:?}");
    assert!(log.lines().all(|line| line.starts_with("20")), "{log}");
}

/// A database with a player whose name is [`EVIL`].
#[cfg(unix)]
fn with_evil_name() -> Torn {
    let torn = Torn::new();
    torn.fetch(&["players", "--player", "1"]).expect(0);
    torn.sandbox
        .sqlite()
        .execute("UPDATE players SET name = ?1", [EVIL])
        .unwrap();
    torn
}

#[cfg(unix)]
#[test]
fn an_export_in_any_format_is_harmless_on_a_terminal_and_whole_in_a_pipe() {
    let torn = with_evil_name();
    for format in ["csv", "json", "jsonl", "table", "md"] {
        let export = ["export", "players", "--columns", "name", "-f", format];

        let mut command = torn.sandbox.command(&export);
        command.env("NO_COLOR", "1");
        let (code, shown) = pty::run(&command, 80);

        assert_eq!(code, 0, "{shown}");
        assert!(is_safe(&shown), "{format}: {shown:?}");
        assert!(shown.contains("forged"), "{format}: {shown}");
    }

    let export = ["export", "players", "--columns", "name"];
    let piped = torn.sandbox.run(&export).expect(0).stdout();
    assert_eq!(piped, format!("name\n\"{EVIL}\"\n"));
    torn.sandbox
        .run(&[&export[..], &["-o", "x.csv"]].concat())
        .expect(0);
    let file = fs::read_to_string(torn.sandbox.path("x.csv")).unwrap();
    assert_eq!(file, piped);
}

#[test]
fn half_of_a_surrogate_pair_in_one_name_costs_nothing_else() {
    let torn = Torn::new();
    let whole = torn
        .look_up("/faction/9?selections=basic,members")
        .to_string();
    let broken = whole.replacen("Player 2", "\\ud83d", 1);
    assert_ne!(broken, whole);
    torn.simulator.fault(
        Fault::always(FaultKind::Status(
            200,
            broken,
            "application/json".to_owned(),
            Vec::new(),
        ))
        .path("/faction/9")
        .query("members"),
    );

    torn.fetch(&["factions"]).expect(0);

    let names = torn.rows("SELECT name FROM players ORDER BY name");
    assert!(
        names.iter().any(|name| name.contains('\u{fffd}')),
        "{names:?}"
    );
    assert!(names.len() > 1, "{names:?}");
}

/// The answer about the members of faction 9, in which the name of a player has bytes that are not UTF-8.
fn members_with_latin_1(torn: &Torn) -> Vec<u8> {
    let whole = torn
        .look_up("/faction/9?selections=basic,members")
        .to_string();
    let (before, after) = whole.split_once("Player 2").unwrap();
    [before.as_bytes(), b"Caf\xe9", after.as_bytes()].concat()
}

fn answer_members_with(torn: &Torn, status: u16, headers: &[(&str, &str)], body: Vec<u8>) {
    let headers = headers
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    torn.simulator.clear_faults();
    torn.simulator.fault(
        Fault::always(FaultKind::Bytes(status, headers, body))
            .path("/faction/9")
            .query("members"),
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bytes_that_are_not_utf8_in_one_name_cost_nothing_else() {
    for is_gzip in [false, true] {
        let torn = Torn::new();
        let body = members_with_latin_1(&torn);
        if is_gzip {
            let headers = [("Content-Encoding", "gzip")];
            answer_members_with(&torn, 200, &headers, gzip(&body));
        } else {
            answer_members_with(&torn, 200, &[], body);
        }

        torn.fetch(&["factions"]).expect(0);

        let names = torn.rows("SELECT name FROM players ORDER BY name");
        assert!(names.contains(&"Caf\u{fffd}".to_owned()), "{names:?}");
        assert!(names.len() > 1, "gzip {is_gzip}: {names:?}");
    }
}

#[test]
fn an_answer_that_is_no_text_or_an_error_page_in_another_encoding_is_an_error() {
    let torn = Torn::new();
    let body = members_with_latin_1(&torn);
    // The server does not say that the body is compressed.
    answer_members_with(&torn, 200, &[], gzip(&body));
    let told = torn.fetch(&["factions"]).expect(75).stderr();
    assert!(told.contains("it is not UTF-8"), "{told}");

    answer_members_with(&torn, 503, &[], b"<h1>D\xe9sol\xe9</h1>".to_vec());
    let told = torn.fetch(&["factions"]).expect(75).stderr();
    assert!(told.contains("HTTP status 503"), "{told}");

    let mut large = body;
    large.extend(std::iter::repeat_n(b' ', 8 << 20));
    answer_members_with(&torn, 200, &[], large);
    let told = torn.fetch(&["factions"]).expect(1).stderr();
    assert!(told.contains("larger than"), "{told}");
}
