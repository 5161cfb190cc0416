//! `[log] file`: a log that cannot be written is a warning and does not stop a run.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::torn::Torn;
use crate::support::{CANARY, fill, mode, set_mode, signal, skipped};

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
    fifo.sandbox.make_fifo("t.log");
    let folder = with_log("logs", "");
    fs::create_dir(folder.sandbox.path("logs")).unwrap();
    let below_a_file = with_log("taken/t.log", "");
    below_a_file.sandbox.write("taken", "a file");
    vec![
        (fifo, "it is not a regular file"),
        (folder, "it is a folder"),
        (below_a_file, "a part of the path is a file"),
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
fn runs_at_the_same_time_rename_a_large_log_and_lose_no_line() {
    const RUNS: usize = 8;
    let torn = with_log("t.log", "");
    torn.follow("[track]\nplayers = [1]\n[log]\nfile = \"t.log\"\nmax_size_mb = 1\nkeep = 3\n");
    let filler = format!("{}\n", "x".repeat(99));
    torn.sandbox.write("t.log", &filler.repeat(9_999));

    let running: Vec<_> = (0..RUNS)
        .map(|number| {
            let output = format!("out{number}.csv");
            torn.sandbox
                .command(&["export", "players", "-vv", "-o", &output])
                .spawn()
                .unwrap()
        })
        .collect();
    for run in running {
        assert!(run.wait_with_output().unwrap().status.success());
    }

    let (log, old) = (
        fs::read_to_string(torn.sandbox.path("t.log")).unwrap(),
        fs::read_to_string(torn.sandbox.path("t.log.1")).unwrap(),
    );
    assert!(old.len() <= 1_000_000, "{}", old.len());
    assert_eq!(mode(&torn.sandbox.path("t.log")), 0o600);
    let lines: Vec<&str> = old.lines().chain(log.lines()).collect();
    let whole = |line: &&&str| **line == filler.trim_end() || line.starts_with("20");
    assert_eq!(lines.iter().filter(whole).count(), lines.len(), "{lines:?}");
    let fillers = lines.iter().filter(|line| line.starts_with("xxx")).count();
    assert_eq!(fillers, 9_999);
    // An export may take the temporary file of another one that has not locked it yet. The other one makes a new file.
    let names_output = |line: &&&str| line.contains(".csv") && !line.contains(".partial");
    let exported = lines.iter().filter(names_output).count();
    assert_eq!(exported, RUNS, "{log}");
}

#[test]
fn a_log_that_is_small_or_without_a_limit_is_not_renamed() {
    for (size, filler) in [("1", 100), ("0", 30_000)] {
        let torn = Torn::new();
        torn.follow(&format!(
            "[track]\nplayers = [1]\n[log]\nfile = \"t.log\"\nmax_size_mb = {size}\n"
        ));
        torn.sandbox
            .write("t.log", &format!("{}\n", "x".repeat(99)).repeat(filler));

        torn.sandbox
            .run(&["export", "players", "-o", "out.csv"])
            .expect(0);

        assert!(!torn.sandbox.path("t.log.1").exists(), "{size}");
    }
}

#[test]
fn a_log_in_a_read_only_folder_goes_on_growing() {
    let torn = Torn::new();
    if fs::metadata(torn.sandbox.path("")).unwrap().uid() == 0 {
        return skipped("root may write everywhere");
    }
    torn.follow("[track]\nplayers = [1]\n[log]\nfile = \"logs/t.log\"\nmax_size_mb = 1\n");
    fs::create_dir(torn.sandbox.path("logs")).unwrap();
    torn.sandbox.write("logs/t.log", &"x\n".repeat(500_000));
    set_mode(&torn.sandbox.path("logs"), 0o500);

    torn.sandbox
        .run(&["export", "players", "-o", "out.csv"])
        .expect(0);
    set_mode(&torn.sandbox.path("logs"), 0o700);

    let log = fs::read_to_string(torn.sandbox.path("logs/t.log")).unwrap();
    assert!(log.contains("out.csv"), "the line was lost");
}

#[test]
fn the_file_that_stdout_goes_to_gets_no_log_lines() {
    for name in ["out.csv", "/dev/stdout"] {
        let torn = with_log(name, "");
        torn.fetch(&["all"]).expect(0);
        let out = File::create(torn.sandbox.path("out.csv")).unwrap();

        let finished = torn
            .sandbox
            .command(&["export", "players", "-vv"])
            .stdout(out)
            .output()
            .unwrap();

        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(finished.status.success(), "{stderr}");
        assert!(stderr.contains("stdout goes to the same file"), "{stderr}");
        let data = fs::read_to_string(torn.sandbox.path("out.csv")).unwrap();
        assert!(data.starts_with("player_id,"), "{data}");
        assert!(!data.contains(" info "), "{data}");
    }
}

#[test]
fn slow_statements_are_logged_with_their_file_and_their_time() {
    let torn = Torn::new();
    let sandbox = &torn.sandbox;
    fill(&sandbox.sqlite(), 20_000);
    for (limit, is_logged) in [("1", true), ("0", false), ("3600000", false)] {
        let name = format!("log{limit}");
        torn.follow(&format!(
            "[track]\nplayers = [1]\n[log]\nfile = \"{name}\"\nslow_query_ms = {limit}\n"
        ));

        let finished = sandbox
            .run(&["summarize", "--force", "--no-backup", "-v"])
            .expect(0);

        let log = fs::read_to_string(sandbox.path(&name)).unwrap();
        let named = |text: &str| {
            text.lines().any(|line| {
                line.contains(" slow query: sql/summarize/")
                    && line.contains(".sql took ")
                    && line.ends_with(" ms")
            })
        };
        assert_eq!(named(&log), is_logged, "{limit}: {log}");
        assert_eq!(named(&finished.stderr()), is_logged, "{limit}");
        assert!(is_logged || !log.contains("slow query"), "{limit}: {log}");
        // Only with -v.
        let normal = sandbox
            .run(&["summarize", "--force", "--no-backup"])
            .expect(0);
        assert!(!normal.stderr().contains("slow query"));
    }
}

#[test]
fn a_statement_that_waits_for_another_program_is_slow() {
    let torn = with_log("t.log", "");
    torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n[log]\nfile = \"t.log\"\nslow_query_ms = 300\n");
    let other = torn.sandbox.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let running = torn.fetching(&["factions"]).spawn().unwrap();
    thread::sleep(Duration::from_millis(1500));
    other.execute_batch("ROLLBACK").unwrap();

    assert!(running.wait_with_output().unwrap().status.success());

    let log = fs::read_to_string(torn.sandbox.path("t.log")).unwrap();
    let slow = log.split("slow query: ").nth(1).expect(&log);
    let milliseconds: String = slow
        .split(" took ")
        .nth(1)
        .unwrap()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    assert!(milliseconds.parse::<u64>().unwrap() >= 300, "{log}");
}

#[test]
fn v_tells_the_steps_with_numbers_and_times_and_vv_each_call() {
    let torn = Torn::new();

    let steps = torn.fetch(&["factions", "-v"]).expect(0).stderr();

    for step in [
        "info  using the configuration tornsnap.toml and the database tornsnap.db\n",
        "info  keys that can be read: key1\n",
        "info  fetching factions\n",
        "info  factions: 1 saved, 1 of them with a change; 2 calls in ",
    ] {
        assert!(steps.contains(step), "{step:?}: {steps}");
    }
    assert!(!steps.contains("GET /"), "{steps}");
    let calls = torn.fetch(&["factions", "-vv"]).expect(0).stderr();
    let call = calls.lines().find(|line| line.contains("GET ")).unwrap();
    assert!(
        call.starts_with("debug GET /faction/9?selections=")
            && call.contains(" with key key1: status 200, ")
            && call.ends_with(" ms"),
        "{call}"
    );
    let backup = torn.sandbox.run(&["backup", "-v"]).expect(0).stderr();
    for step in [
        "info  copying tornsnap.db (",
        "passed quick_check, which took",
    ] {
        assert!(backup.contains(step), "{step:?}: {backup}");
    }
}

#[test]
fn v_says_when_it_waits_for_the_limit_of_calls() {
    let torn = Torn::new();
    torn.configure("requests_per_minute = 1\n", "[track]\nfactions = [9, 20]\n");
    let running = torn.fetching(&["factions", "-v"]).spawn().unwrap();
    torn.wait_for_requests(1);
    thread::sleep(Duration::from_secs(2));

    signal(&running, "INT");

    let finished = running.wait_with_output().unwrap();
    let stderr = String::from_utf8(finished.stderr).unwrap();
    let waits: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("info  waiting "))
        .collect();
    assert_eq!(waits.len(), 1, "{stderr}");
    assert!(
        waits[0].ends_with(" s for the limit of 1 call a minute for each key owner"),
        "{stderr}"
    );
}

#[test]
fn statements_are_counted_with_vv_and_never_shown() {
    let torn = Torn::new();

    let stderr = torn.fetch(&["factions", "-vv"]).expect(0).stderr();

    assert!(
        stderr
            .lines()
            .any(|line| line.starts_with("debug SQL sql/fetch: ")
                && line.contains("; the slowest: sql/fetch/")
                && line.ends_with(" ms")),
        "{stderr}"
    );
    for text in ["INSERT INTO", "VALUES", CANARY] {
        assert!(!stderr.contains(text), "{text}: {stderr}");
    }
    let normal = torn.fetch(&["factions", "-v"]).expect(0).stderr();
    assert!(!normal.contains("SQL "), "{normal}");
}

#[test]
fn the_folder_of_the_log_file_is_created() {
    let torn = with_log("logs/of/torn/t.log", "");

    torn.fetch(&["all", "-q"]).expect(0);

    let log = fs::read_to_string(torn.sandbox.path("logs/of/torn/t.log")).unwrap();
    assert!(log.contains("fetched: factions"), "{log}");
}

#[test]
fn a_slow_reader_does_not_make_a_statement_slow() {
    let sandbox = crate::support::Sandbox::new();
    sandbox.write("tornsnap.toml", "[log]\nslow_query_ms = 900\n");
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    // More than the pipe and the queue of the writer hold.
    fill(&sandbox.sqlite(), 100_000);
    let mut child = sandbox
        .command(&["export", "player_stats_history", "-v"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_secs(2));
    let mut rows = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut rows)
        .unwrap();

    let output = child.wait_with_output().unwrap();

    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(rows.len() > 2_000_000, "{}", rows.len());
    assert!(stderr.contains("exported 100"), "{stderr}");
    assert!(!stderr.contains("slow query"), "{stderr}");
}

/// Runs the line of a job as cron's shell does.
fn run_as_a_job(torn: &Torn, arguments: &[&str]) {
    let log = File::options()
        .create(true)
        .append(true)
        .open(torn.sandbox.path("tornsnap-schedule.log"))
        .unwrap();
    let mut command = torn.sandbox.command(arguments);
    command.stdout(log.try_clone().unwrap()).stderr(log);
    command.status().unwrap();
}

#[test]
fn the_log_of_the_cron_jobs_is_private_and_renamed_when_it_is_large() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n[log]\nmax_size_mb = 1\n");
    let path = |name: &str| torn.sandbox.path(name);
    let log = path("tornsnap-schedule.log");
    fs::write(&log, "x".repeat(900_000)).unwrap();
    set_mode(&log, 0o644);

    run_as_a_job(&torn, &["fetch", "factions"]);
    assert_eq!(mode(&log), 0o600);
    assert!(!path("tornsnap-schedule.log.1").exists());
    assert!(fs::read_to_string(&log).unwrap().contains("fetched: "));

    for round in 1..=4 {
        fs::write(&log, format!("{round}{}", "x".repeat(2_000_000))).unwrap();
        // A run whose stderr is elsewhere leaves it alone.
        torn.fetch(&["factions"]).expect(0);
        assert!(fs::metadata(&log).unwrap().len() > 1_000_000);
        run_as_a_job(&torn, &["fetch", "factions"]);
        assert!(!log.exists(), "the shell of the next job makes it again");
    }
    let first = |name: &str| fs::read_to_string(path(name)).unwrap()[..1].to_owned();
    assert_eq!(first("tornsnap-schedule.log.1"), "4");
    assert_eq!(first("tornsnap-schedule.log.2"), "3");
    assert!(!path("tornsnap-schedule.log.3").exists());
    let old = fs::read_to_string(path("tornsnap-schedule.log.1")).unwrap();
    assert!(old.ends_with('\n') && old.contains("fetched: "));
}
