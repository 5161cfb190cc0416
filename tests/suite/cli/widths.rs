//! Messages and reports on narrow terminals: lines break at blanks, and in a pipe they stay whole.

use std::fs;
use std::process::Command;

use crate::support::pty::Pty;
use crate::support::torn::Torn;
use crate::support::{Finished, NOW};

const WIDTHS: [u16; 3] = [40, 60, 80];

/// Removes the styles of the log.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after
            .split_once(|end: char| end.is_ascii_alphabetic())
            .map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// Fails if a line is wider than the terminal, unless it is one word, which is never broken.
#[track_caller]
fn fits(text: &str, columns: u16, what: &str) {
    for row in text.lines() {
        let words = row.split_whitespace().filter(|word| *word != "#").count();
        assert!(
            row.chars().count() <= usize::from(columns) || words == 1,
            "{what} at {columns}: {row:?} in:\n{text}"
        );
    }
}

/// The words that a command writes into a pipe, without the marks of comments.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace()
        .filter(|word| *word != "#")
        .collect()
}

fn command(torn: &Torn, arguments: &[&str]) -> Command {
    let mut command = torn.sandbox.command(arguments);
    command.env("TORNSNAP_NOW", NOW.to_string());
    command
}

/// The text that a command leaves on a terminal of this width: without styles and without the frames of bars that were cleared.
fn on_a_terminal(torn: &Torn, arguments: &[&str], columns: u16) -> String {
    let mut pty = Pty::start(&command(torn, arguments), columns);
    pty.wait();
    let text = pty.raw().replace("\r\n", "\n");
    let lines = text.split('\n').map(|line| {
        let line = line.rsplit("\u{1b}[2K").next().unwrap_or_default();
        line.rsplit('\r').next().unwrap_or_default().to_owned()
    });
    plain(&lines.collect::<Vec<_>>().join("\n"))
}

fn followed() -> Torn {
    let torn = Torn::new();
    torn.follow(
        "[track]\nfactions = [9]\nterritories = \"none\"\n[backup]\ndirectory = \"copies\"\n",
    );
    torn.fetch(&["all"]).expect(0);
    torn
}

#[test]
fn reports_for_people_break_between_words_only() {
    let torn = followed();
    let sandbox = &torn.sandbox;
    sandbox.run(&["backup"]).expect(0);
    fs::write(sandbox.path("copies/tornsnap-20200101T000000Z.db"), "").unwrap();
    for arguments in [
        &["config", "show"][..],
        &["config", "check"],
        &["summarize", "--dry-run"],
        &["backup", "--list"],
        &["export", "--list"],
        &["fetch", "all", "--plan"],
        &["prune", "--dry-run"],
    ] {
        let piped = Finished(command(&torn, arguments).output().unwrap());
        let mut expected: Vec<String> = words(&piped.stdout())
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        expected.extend(
            words(&String::from_utf8_lossy(&piped.0.stderr))
                .iter()
                .map(|word| (*word).to_owned()),
        );
        expected.sort();
        for columns in WIDTHS {
            let text = on_a_terminal(&torn, arguments, columns);
            fits(&text, columns, &format!("{arguments:?}"));
            let mut shown: Vec<String> =
                words(&text).iter().map(|word| (*word).to_owned()).collect();
            shown.sort();
            assert_eq!(shown, expected, "{arguments:?} at {columns}");
        }
    }
}

#[test]
fn the_entries_of_a_schedule_stay_whole_because_they_are_copied() {
    let torn = followed();
    for scheduler in ["cron", "systemd", "windows"] {
        let arguments = ["schedule", "show", "--for", scheduler];
        let piped = Finished(command(&torn, &arguments).output().unwrap()).stdout();
        let shown = on_a_terminal(&torn, &arguments, 40);
        for line in piped.lines() {
            assert!(shown.contains(line), "{line}\n{shown}");
        }
    }
}

#[test]
fn summaries_warnings_and_errors_break_between_words_only() {
    let torn = followed();
    let log = torn.sandbox.path("t.log");
    for arguments in [
        &["fetch", "factions"][..],
        &["backup"],
        &["restore", "nothing-of-this-name.db"],
        &["export", "plyaers"],
        &["export", "players", "--columns", "nam"],
        &["export", "players", "--nonsense"],
        &["fetch"],
        &["man", "fetch"],
        &["--config", "gone.toml", "health"],
        &["summarize", "--month", "2030-01"],
        &["--config", "nowhere/tornsnap.toml", "backup"],
    ] {
        for columns in WIDTHS {
            let text = on_a_terminal(&torn, arguments, columns);
            assert!(!text.trim().is_empty(), "{arguments:?}");
            fits(&text, columns, &format!("{arguments:?}"));
        }
    }
    let piped = Finished(
        command(&torn, &["restore", "nothing-of-this-name.db"])
            .output()
            .unwrap(),
    )
    .expect(78);
    assert_eq!(piped.stderr().lines().count(), 3, "{}", piped.stderr());

    let path = torn.sandbox.path("tornsnap.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{config}\n[log]\nfile = \"t.log\"\n")).unwrap();
    let text = on_a_terminal(&torn, &["backup"], 40);
    assert!(text.lines().count() > 2, "{text}");
    let logged = fs::read_to_string(log).unwrap();
    let whole = logged
        .lines()
        .any(|line| line.contains("verified backup: ") && line.contains(" rows)"));
    assert!(whole, "{logged}");
}
