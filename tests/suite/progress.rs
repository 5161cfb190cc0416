//! The progress bar: what it says, and that it leaves nothing behind, on terminals of different widths.
#![cfg(unix)]

use std::process::Command;
use std::time::Duration;

use tornsnap::testing::sim::{Access, Fault, FaultKind, Key};

use crate::support::large::large;
use crate::support::pty::Pty;
use crate::support::screen::Screen;
use crate::support::torn::Torn;
use crate::support::{CANARY, Sandbox};

/// Characters of the bar itself.
const BAR: [char; 2] = ['█', '░'];

const WIDTHS: [u16; 3] = [40, 60, 80];

/// A Torn with forty followed players, and this many calls a minute.
fn many_players(limit: u32) -> Torn {
    let torn = Torn::with_keys(&[Key::new(CANARY, 1, Access::Full)]);
    torn.edit(|world| {
        for id in 1..=40 {
            world.pin_player(id).name = format!("Player {id}");
        }
    });
    let ids: Vec<String> = (1..=40).map(|id| id.to_string()).collect();
    torn.configure(
        &format!("requests_per_minute = {limit}\nconcurrency = 1\n"),
        &format!("[track]\nplayers = [{}]\n", ids.join(", ")),
    );
    torn
}

/// Waits until a line that was shown contains the text.
#[track_caller]
fn wait_for_line(pty: &Pty, columns: u16, text: &str) {
    pty.wait_for(text, |pty| {
        let seen = Screen::after(&pty.raw(), columns).seen();
        seen.iter().any(|line| line.contains(text)).then_some(())
    });
}

/// Waits for the end. Returns the exit code, the lines that are left on the screen, and all lines that were shown.
#[track_caller]
fn end(mut pty: Pty, columns: u16) -> (u32, Vec<String>, Vec<String>) {
    let code = pty.wait();
    let screen = Screen::after(&pty.raw(), columns);
    (code, screen.left(), screen.seen())
}

/// Waits for the end of the command. Returns the same.
#[track_caller]
fn run(command: &Command, columns: u16) -> (u32, Vec<String>, Vec<String>) {
    end(Pty::start(command, columns), columns)
}

/// Fails if a bar, a wait or an estimate is left on the screen.
#[track_caller]
fn assert_no_bar(lines: &[String]) {
    for line in lines {
        let is_bar = line.contains(BAR)
            || line.contains("waiting")
            || line.ends_with(" left")
            || line.contains("/41");
        assert!(!is_bar, "{line:?} in {lines:#?}");
    }
}

/// A database whose backup takes a while. `summarize` makes one first.
fn with_many_rows() -> Sandbox {
    let sandbox = large(400_000);
    sandbox.write("tornsnap.toml", "database = \"tornsnap.db\"\n");
    sandbox
}

#[test]
fn a_fetch_says_what_it_waits_for_and_how_long_it_takes_at_any_width() {
    for columns in WIDTHS {
        let torn = many_players(5);
        let pty = Pty::start(&torn.fetching(&["players"]), columns);

        // 41 calls at five a minute take eight minutes. The first five are made at once.
        let wait = match columns {
            40 => " s for the bud",
            60 => " s for the budget of key1 (5 calls",
            _ => " s for the budget of key1 (5 calls a minute)",
        };
        wait_for_line(&pty, columns, wait);
        wait_for_line(&pty, columns, "5/41, 7m left");
        pty.signal("INT");
        let (code, left, seen) = end(pty, columns);

        assert_eq!(code, 130, "{left:#?}");
        assert_no_bar(&left);
        assert!(
            left.concat().contains("fetched: players 4 saved"),
            "{left:#?}"
        );
        assert!(
            !seen.iter().any(|line| line.contains("0s left")),
            "{seen:#?}"
        );
    }
}

#[test]
fn one_bar_counts_the_calls_of_all_kinds() {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 0\nconcurrency = 1\n",
        "[track]\nfactions = [9]\nterritories = \"none\"\n",
    );
    torn.fetch(&["all"]).expect(0);
    torn.simulator
        .fault(Fault::always(FaultKind::Slow(Duration::from_millis(400))));

    let (code, left, seen) = run(&torn.fetching(&["all"]), 80);

    assert_eq!(code, 0, "{left:#?}");
    assert_no_bar(&left);
    let totals: Vec<&str> = seen
        .iter()
        .filter_map(|line| line.split_once('/')?.1.split_once(" calls"))
        .map(|(total, _)| total)
        .collect();
    assert!(totals.len() > 2, "{seen:#?}");
    assert!(
        totals.iter().all(|total| *total == totals[0]),
        "the total is known from the start: {totals:?}"
    );
}

#[test]
fn the_time_before_another_attempt_is_shown_while_other_calls_go_on() {
    let torn = many_players(100);
    torn.configure(
        "requests_per_minute = 100\nconcurrency = 2\n",
        "[track]\nplayers = [1, 2, 3, 4, 5, 6, 7, 8]\n",
    );
    torn.fetch(&["players"]).expect(0);
    torn.simulator.fault(
        Fault::once(FaultKind::Status(
            502,
            "Bad Gateway".to_owned(),
            "text/html".to_owned(),
            Vec::new(),
        ))
        .path("/user/3"),
    );
    torn.simulator
        .fault(Fault::always(FaultKind::Slow(Duration::from_millis(400))));
    let mut command = torn.fetching(&["players"]);
    command.env("TORNSNAP_FIRST_RETRY_MS", "4000");

    let (code, left, seen) = run(&command, 80);

    assert_eq!(code, 0, "{left:#?}");
    assert_no_bar(&left);
    let waits = seen.iter().filter(|line| {
        line.contains("waiting ") && line.contains(" s to try again: ") && line.contains("502")
    });
    assert!(waits.count() > 1, "{seen:#?}");
}

#[test]
fn the_bar_is_gone_before_the_summary_is_printed() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n");
    torn.fetch(&["all"]).expect(0);
    for round in 0..15 {
        let mut pty = Pty::start(&torn.fetching(&["factions"]), 80);
        pty.expect_exit(0);
        let raw = pty.raw();
        let (_, after) = raw.split_once("fetched: ").unwrap();
        let after = after.split_once('\n').unwrap().1;
        assert_eq!(after, "", "{round}: {raw:?}");
    }
}

#[test]
fn lines_of_the_log_do_not_tear_the_bar() {
    let torn = Torn::new();
    torn.simulator
        .fault(Fault::always(FaultKind::Slow(Duration::from_millis(300))));
    let mut command = torn.fetching(&["players"]);
    command.arg("-vv");

    let (code, left, seen) = run(&command, 300);

    assert_eq!(code, 0, "{left:#?}");
    assert!(
        seen.iter().any(|line| line.starts_with("players ")),
        "{seen:#?}"
    );
    assert_no_bar(&left);
    for line in &left {
        assert!(
            ["info ", "debug", "warn ", "fetched: "]
                .iter()
                .any(|start| line.starts_with(start)),
            "{line:?} in {left:#?}"
        );
    }
}

#[test]
fn a_backup_and_a_restore_show_their_steps_in_bytes() {
    for columns in WIDTHS {
        let sandbox = with_many_rows();
        for arguments in [
            &["backup", "--compress"][..],
            &["restore", "latest", "--yes"],
        ] {
            let (code, left, seen) = run(&sandbox.command(arguments), columns);

            assert_eq!(code, 0, "{left:#?}");
            assert!(
                seen.iter().any(|line| line.contains("B/")),
                "{columns} columns, {arguments:?}: {seen:#?}"
            );
            assert!(
                !left
                    .iter()
                    .any(|line| line.contains("B/") || line.contains(BAR)),
                "{left:#?}"
            );
        }
    }
}

#[test]
fn nothing_is_shown_with_quiet_or_json_or_in_a_pipe() {
    let quiet: [&[&str]; 2] = [&["-q", "backup"], &["--json", "backup"]];
    for arguments in quiet {
        let sandbox = with_many_rows();
        let (code, left, seen) = run(&sandbox.command(arguments), 80);
        assert_eq!(code, 0, "{left:#?}");
        assert!(
            !seen
                .iter()
                .any(|line| line.contains("B/") || line.contains(BAR)),
            "{seen:#?}"
        );
    }
    let sandbox = with_many_rows();
    let piped = sandbox.run(&["backup"]).expect(0);
    assert!(
        piped.stderr().starts_with("verified backup: "),
        "{}",
        piped.stderr()
    );
    assert_eq!(piped.stderr().lines().count(), 1);
}

#[test]
fn the_demo_counts_its_days() {
    let sandbox = Sandbox::new();

    let (code, left, seen) = run(&sandbox.command(&["demo", "--days", "6"]), 80);

    assert_eq!(code, 0, "{left:#?}");
    assert!(
        seen.iter().any(|line| line.contains("/6 days")),
        "{seen:#?}"
    );
    assert!(
        !left.iter().any(|line| line.contains("/6 days")),
        "{left:#?}"
    );
}

#[test]
fn every_frame_says_what_is_counted() {
    let torn = Torn::new();
    torn.fetch(&["all"]).expect(0);
    let sandbox = with_many_rows();
    for command in [
        torn.fetching(&["all"]),
        sandbox.command(&["backup", "--compress"]),
        sandbox.command(&["backup", "--verify", "all"]),
        sandbox.command(&["restore", "latest", "--yes"]),
        sandbox.command(&["export", "player_stats_history", "--output", "rows.csv"]),
        sandbox.command(&["export", "--all", "--output", "all"]),
        sandbox.command(&["summarize"]),
    ] {
        let (code, _, seen) = run(&command, 150);

        assert_eq!(code, 0, "{seen:#?}");
        for frame in &seen {
            let has_numbers =
                frame.contains(BAR) || frame.contains('/') || frame.ends_with("calls");
            let has_name = frame.trim_start().starts_with(char::is_alphabetic);
            assert!(
                !has_numbers || has_name,
                "{command:?}: {frame:?} in {seen:#?}"
            );
        }
    }
}
