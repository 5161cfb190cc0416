//! Exports to descriptors, pipes and devices, which are written as streams.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::{Command, Stdio};

use crate::export::{export, hard, long};
use crate::support::{Finished, NOW, Sandbox};

/// Runs a script of the shell in which `$TORNSNAP` is the program.
pub(super) fn shell(sandbox: &Sandbox, script: &str) -> Finished {
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(sandbox.path(""))
        .env("TORNSNAP", env!("CARGO_BIN_EXE_tornsnap"))
        .env("TORNSNAP_NOW", NOW.to_string())
        .env_remove("TORNSNAP_DATABASE")
        .env_remove("TORNSNAP_CONFIG")
        .stdin(Stdio::null())
        .output();
    Finished(output.unwrap())
}

pub(super) fn text(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.path(name)).unwrap()
}

#[test]
fn rows_are_written_at_the_current_position_of_a_descriptor() {
    let sandbox = hard();
    let rows = export(&sandbox, &["-q", "players"]).expect(0).stdout();
    let expected = format!("HEAD\n{rows}TAIL\n");
    symlink("/dev/stdout", sandbox.path("link")).unwrap();

    for (number, places) in [
        (1, &["-", "/dev/stdout", "/dev/fd/1", "./link"][..]),
        (2, &["/dev/stderr", "/dev/fd/2"]),
        (3, &["/dev/fd/3"]),
        #[cfg(target_os = "linux")]
        (1, &["/proc/self/fd/1", "/proc/thread-self/fd/1"]),
        #[cfg(target_os = "linux")]
        (12, &["/proc/self/fd/12", "/dev/fd/../fd/12"]),
    ] {
        for place in places {
            for redirection in [">", ">>"] {
                fs::write(sandbox.path("f"), "").unwrap();

                let script = format!(
                    "exec {number}{redirection}f; echo HEAD >&{number}; \
                     env -u TORNSNAP_NOW \"$TORNSNAP\" -q export players -o {place}; echo TAIL >&{number}"
                );
                // The shells of small systems have one-digit descriptors.
                let script = format!("exec bash -c '{script}'");
                shell(&sandbox, &script).expect(0);

                assert_eq!(text(&sandbox, "f"), expected, "{place} {redirection}");
            }
        }
    }
}

#[test]
fn a_descriptor_that_is_not_open_is_an_error() {
    let sandbox = hard();

    let finished = export(&sandbox, &["players", "-o", "/dev/fd/77"]).expect(78);

    assert_eq!(
        finished.stderr(),
        "tornsnap: could not write /dev/fd/77\n  because: descriptor 77 is not open\n  \
         try: open it in the shell, as in `77> FILE`, or name a file with --output\n"
    );
}

#[test]
fn rows_can_be_written_to_a_pipe_of_the_shell() {
    let sandbox = hard();

    shell(
        &sandbox,
        "exec bash -c '\"$TORNSNAP\" -q export players -o >(cat > f); wait $!'",
    )
    .expect(0);

    assert_eq!(
        text(&sandbox, "f"),
        export(&sandbox, &["-q", "players"]).stdout()
    );
}

#[test]
fn json_on_stdout_is_one_document_whatever_stdout_is_called() {
    let sandbox = hard();

    for place in ["-", "/dev/stdout", "/dev/fd/1"] {
        let rows = export(&sandbox, &["schema_version", "--json", "-o", place]).expect(0);
        assert_eq!(rows.json()[0]["version"], 1, "{place}");

        let refused = export(
            &sandbox,
            &["players", "--json", "--format", "csv", "-o", place],
        );
        assert_eq!(refused.expect(2).json()["exit_code"], 2, "{place}");
    }
}

#[test]
fn a_named_pipe_whose_reader_leaves_is_no_failure() {
    let sandbox = long(60_000);
    sandbox.make_fifo("fifo");
    for flag in ["-v", "-q", "--json"] {
        let child = sandbox
            .command(&["export", "player_stats_history", "-o", "fifo", flag])
            .spawn()
            .unwrap();

        let mut first = String::new();
        BufReader::new(File::open(sandbox.path("fifo")).unwrap())
            .read_line(&mut first)
            .unwrap();
        let finished = Finished(child.wait_with_output().unwrap()).expect(0);

        assert!(first.starts_with("id,player_id,"), "{first}");
        assert_eq!(
            finished.stderr().contains("the reader of fifo left"),
            flag != "-q",
            "{}",
            finished.stderr()
        );
        if flag == "--json" {
            let file = &finished.json()["files"][0];
            assert_eq!(file["complete"], false);
        }
    }
    let fifo = fs::symlink_metadata(sandbox.path("fifo")).unwrap();
    assert!(fifo.file_type().is_fifo());
}

#[test]
fn a_named_pipe_takes_all_rows() {
    let sandbox = long(60_000);
    sandbox.make_fifo("fifo");

    let finished = shell(
        &sandbox,
        "cat fifo > f & \"$TORNSNAP\" --json export player_stats_history -o fifo; wait",
    )
    .expect(0);

    assert_eq!(text(&sandbox, "f").lines().count(), 60_001);
    let file = &finished.json()["files"][0];
    assert_eq!(file["rows"], 60_000);
    assert_eq!(file["complete"], serde_json::Value::Null);
}

#[test]
fn a_signal_ends_an_export_that_waits_for_a_reader() {
    let sandbox = long(60_000);
    sandbox.make_fifo("fifo");
    // A pipe that is open for reading and writing does not block `open`, and has no other reader.
    let _idle = OpenOptions::new()
        .read(true)
        .write(true)
        .open(sandbox.path("fifo"))
        .unwrap();
    let mut child = sandbox
        .command(&["export", "player_stats_history", "-o", "fifo"])
        .spawn()
        .unwrap();

    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    crate::support::signal(&child, "INT");

    let began = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed().as_secs() < 10, "the signal was not obeyed");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(!child.wait().unwrap().success());
}

#[test]
fn devices_are_written_and_never_replaced() {
    let sandbox = hard();
    fs::create_dir(sandbox.path("all")).unwrap();
    symlink("/dev/null", sandbox.path("all/players.csv")).unwrap();

    export(&sandbox, &["players", "-o", "/dev/null"]).expect(0);
    export(&sandbox, &["--all", "-o", "all"]).expect(0);

    let null = fs::symlink_metadata("/dev/null").unwrap();
    assert!(null.file_type().is_char_device());
    let link = fs::symlink_metadata(sandbox.path("all/players.csv")).unwrap();
    assert!(link.is_symlink());
    assert!(sandbox.path("all/factions.csv").exists());
}

#[test]
fn a_socket_is_an_error_in_words() {
    let sandbox = hard();
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("s")).unwrap();

    let finished = export(&sandbox, &["players", "-o", "s"]).expect(78);

    assert_eq!(
        finished.stderr(),
        "tornsnap: could not write s\n  because: it is a socket, which cannot be opened as a file\n  \
         try: pipe stdout into a program that connects to it, or name a file with --output\n"
    );
}

/// Starts an export whose reader does not read, and waits until it is blocked.
fn start_blocked(sandbox: &Sandbox, arguments: &[&str]) -> std::process::Child {
    let mut command = sandbox.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    child
}

/// A database whose export is larger than the pipe and the queue of the writer.
fn larger_than_a_pipe() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    crate::support::fill(&sandbox.sqlite(), 60_000);
    sandbox
}

#[test]
fn an_interrupted_stream_ends_with_a_message_and_an_exit_code() {
    let sandbox = larger_than_a_pipe();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let child = start_blocked(&sandbox, &["-q", "export", "player_stats_history"]);
        crate::support::signal(&child, signal);

        let finished = Finished(child.wait_with_output().unwrap()).expect(code);

        let stderr = finished.stderr();
        assert!(
            stderr.contains("could not write player_stats_history to stdout")
                && stderr.contains("it was interrupted; what was written is not complete"),
            "{stderr}"
        );
    }
}

#[test]
fn an_interrupted_fifo_ends_with_a_message_whether_it_has_a_reader_or_not() {
    let sandbox = larger_than_a_pipe();
    sandbox.make_fifo("f");
    let arguments = ["export", "player_stats_history", "--json", "-o", "f"];
    // Without a reader, the program waits for one.
    let without_reader = start_blocked(&sandbox, &arguments);
    crate::support::signal(&without_reader, "INT");
    let finished = Finished(without_reader.wait_with_output().unwrap()).expect(130);
    assert_eq!(finished.json()["exit_code"], 130);
    assert!(
        finished.stderr().contains("it was interrupted"),
        "{}",
        finished.stderr()
    );

    let mut reader = Command::new("sh")
        .args(["-c", "exec 3<f; exec sleep 60"])
        .current_dir(sandbox.path(""))
        .spawn()
        .unwrap();
    let with_reader = start_blocked(&sandbox, &arguments);
    crate::support::signal(&with_reader, "INT");
    let finished = Finished(with_reader.wait_with_output().unwrap()).expect(130);
    reader.kill().unwrap();
    reader.wait().unwrap();
    assert_eq!(finished.json()["exit_code"], 130);
    assert!(
        finished.stderr().contains("could not write f"),
        "{}",
        finished.stderr()
    );
}
