//! `[log] file`: a log that cannot be written is a warning and does not stop a run.
#![cfg(unix)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::torn::Torn;

/// A simulated Torn, and a configuration with this log file.
fn with_log(file: &str, more: &str) -> Torn {
    let torn = Torn::new();
    torn.follow(&format!(
        "[track]\nfactions = [9]\nterritories = \"none\"\n{more}[log]\nfile = \"{file}\"\n"
    ));
    torn
}

/// Configurations whose log file cannot be opened, each with a part of the reason.
fn broken_logs() -> Vec<(Torn, &'static str)> {
    let fifo = with_log("t.log", "");
    let made = Command::new("mkfifo")
        .arg(fifo.sandbox.path("t.log"))
        .status();
    assert!(made.unwrap().success());
    let folder = with_log("logs", "");
    fs::create_dir(folder.sandbox.path("logs")).unwrap();
    let below_a_file = with_log("taken/t.log", "");
    below_a_file.sandbox.write("taken", "a file");
    vec![
        (fifo, "it is not a regular file"),
        (folder, "it is a folder"),
        (below_a_file, "Not a directory"),
        (with_log("/dev/full", ""), "it is not a regular file"),
        (with_log("/proc/none/t.log", ""), "No such file"),
    ]
}

#[test]
fn a_log_file_that_cannot_be_opened_is_a_warning() {
    for (torn, why) in broken_logs() {
        let started = Instant::now();
        for arguments in [
            &["fetch", "all"][..],
            &["backup"],
            &["summarize"],
            &["export", "players"],
            &["health"],
        ] {
            let finished = torn.sandbox.run(arguments);
            if arguments[0] != "health" {
                assert_eq!(finished.code(), 0, "{arguments:?}: {}", finished.stderr());
            }
            let told = finished.stderr();
            let warnings: Vec<&str> = told
                .lines()
                .filter(|line| line.starts_with("warn ") && line.contains(why))
                .collect();
            assert_eq!(warnings.len(), 1, "{arguments:?}: {told}");
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{why}");
        let quiet = torn.fetch(&["all", "-q"]).expect(0);
        assert_eq!(quiet.stderr(), "", "{why}");
    }
}

#[test]
fn the_watchdog_sends_its_message_without_a_log_file() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let torn = with_log(
        "taken/t.log",
        &format!("[health]\nping_url = \"http://{address}/ping\"\n"),
    );
    torn.sandbox.write("taken", "a file");

    let report = torn.sandbox.run(&["health", "--notify", "--json"]).json();

    assert_eq!(report["notification"]["pinged"], true, "{report}");
}

#[test]
fn the_folder_of_the_log_file_is_created() {
    let torn = with_log("logs/of/torn/t.log", "");

    torn.fetch(&["all", "-q"]).expect(0);

    let log = fs::read_to_string(torn.sandbox.path("logs/of/torn/t.log")).unwrap();
    assert!(log.contains("fetched: factions"), "{log}");
}
