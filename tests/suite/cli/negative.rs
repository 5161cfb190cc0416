//! A value that begins with a hyphen and a digit: the message is about the value, as for any other wrong value.

use super::{usage_error, visible_commands};
use crate::support::{Finished, Sandbox};

/// An option of a command that takes a value, as the help shows it.
struct ValueOption {
    command: String,
    flag: String,
    /// `ID` of `<ID>`.
    value: String,
}

impl ValueOption {
    /// Whether the value is a path or a text, which may begin with a hyphen.
    fn takes_any_text(&self) -> bool {
        ["FILE", "DIR", "PATH", "TEXT"]
            .iter()
            .any(|name| self.value.split('|').any(|value| value == *name))
    }
}

fn value_options(sandbox: &Sandbox) -> Vec<ValueOption> {
    let mut options = Vec::new();
    for command in visible_commands(sandbox) {
        let help = sandbox.run(&[&command, "-h"]).expect(0).stdout();
        for line in help.lines() {
            let Some((before, value)) = line.split_once(['<', '[']) else {
                continue;
            };
            let Some(flag) = before.split_whitespace().last() else {
                continue;
            };
            let is_start = before
                .split_whitespace()
                .all(|word| word.starts_with('-') && !word.contains('='));
            if is_start && flag.starts_with("--") && before.ends_with(' ') {
                let end = value.find(['>', ']']).unwrap();
                options.push(ValueOption {
                    command: command.clone(),
                    flag: flag.to_owned(),
                    value: value[..end].to_owned(),
                });
            }
        }
    }
    options
}

fn run(sandbox: &Sandbox, words: &[&str]) -> (i32, String) {
    let finished: Finished = sandbox.run(words);
    (finished.code(), finished.stderr())
}

#[test]
fn a_negative_value_is_named_as_any_other_wrong_value_of_its_option() {
    let sandbox = Sandbox::new();
    let options = value_options(&sandbox);
    assert!(options.len() > 30, "{}", options.len());
    let mut checked = 0;
    for option in options.iter().filter(|option| !option.takes_any_text()) {
        let (command, flag) = (option.command.as_str(), option.flag.as_str());
        for value in ["-1", "-1,2", "-5s", "-2026-01"] {
            let (code, told) = run(&sandbox, &[command, flag, value]);

            let joined = format!("{flag}={value}");
            let expected = run(&sandbox, &[command, &joined]);
            assert_eq!((code, told.as_str()), (expected.0, expected.1.as_str()));
            assert_ne!(code, 0, "{command} {flag} {value}");
            assert!(!told.contains("unexpected argument"), "{told}");
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

/// A command line with a wrong number, and the words that tell what is wrong with it.
struct Case {
    line: &'static str,
    message: &'static str,
}

const CASES: &[Case] = &[
    Case {
        line: "fetch factions --faction -1",
        message: "invalid value '-1' for '--faction <ID>'",
    },
    Case {
        line: "fetch factions --faction 9,-1",
        message: "invalid value '-1' for '--faction <ID>'",
    },
    Case {
        line: "fetch factions --faction -1,9",
        message: "invalid value '-1' for '--faction <ID>'",
    },
    Case {
        line: "export wars --war -1",
        message: "invalid value '-1' for '--war <ID>'",
    },
    Case {
        line: "init --non-interactive --faction 9 -1",
        message: "invalid value '-1' for '--faction <ID>...'",
    },
    Case {
        line: "backup --keep -1",
        message: "invalid value '-1' for '--keep <N>': write a number from 1 to",
    },
    Case {
        line: "prune --keep-months -1",
        message: "invalid value '-1' for '--keep-months <N>': write a number from 1 to",
    },
    Case {
        line: "summarize --wait -10m",
        message: "invalid value '-10m' for '--wait <DURATION>'",
    },
];

#[test]
fn a_negative_number_is_called_an_invalid_value() {
    let sandbox = Sandbox::new();
    for Case { line, message } in CASES {
        let told = usage_error(&sandbox, line);
        assert!(told.contains(message), "{line}: {told}");
    }
}

#[test]
fn a_flag_after_an_option_without_its_value_is_not_taken_as_the_value() {
    let sandbox = Sandbox::new();
    for line in [
        "backup --keep --json",
        "fetch all --faction -q",
        "export players --output -v",
    ] {
        let told = usage_error(&sandbox, line);
        assert!(told.contains("a value is required for"), "{line}: {told}");
    }
}
