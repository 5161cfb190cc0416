//! `--color`, `NO_COLOR` and `TERM=dumb` in the help and in usage errors.
#![cfg(target_os = "linux")]

use super::on_a_terminal;
use crate::support::Sandbox;

const ESCAPE: char = '\u{1b}';

/// A command line, and whether its output has colours or other styles.
struct Case {
    line: &'static str,
    on_terminal: bool,
    in_pipe: bool,
}

const CASES: &[Case] = &[
    Case {
        line: "tornsnap --help",
        on_terminal: true,
        in_pipe: false,
    },
    Case {
        line: "tornsnap featch",
        on_terminal: true,
        in_pipe: false,
    },
    Case {
        line: "tornsnap --color never init --help",
        on_terminal: false,
        in_pipe: false,
    },
    Case {
        line: "tornsnap init --help --color=never",
        on_terminal: false,
        in_pipe: false,
    },
    Case {
        line: "tornsnap --color never featch",
        on_terminal: false,
        in_pipe: false,
    },
    Case {
        line: "tornsnap --color never",
        on_terminal: false,
        in_pipe: false,
    },
    Case {
        line: "tornsnap --color always featch",
        on_terminal: true,
        in_pipe: true,
    },
    Case {
        line: "tornsnap --color always --help",
        on_terminal: true,
        in_pipe: true,
    },
    Case {
        line: "tornsnap fetch --color always -h",
        on_terminal: true,
        in_pipe: true,
    },
    Case {
        line: "NO_COLOR=1 tornsnap --help",
        on_terminal: false,
        in_pipe: false,
    },
    Case {
        line: "NO_COLOR=1 tornsnap featch",
        on_terminal: false,
        in_pipe: false,
    },
    Case {
        line: "NO_COLOR=1 tornsnap --color always --help",
        on_terminal: true,
        in_pipe: true,
    },
    Case {
        line: "TERM=dumb tornsnap --help",
        on_terminal: false,
        in_pipe: false,
    },
    Case {
        line: "tornsnap --json --color always featch",
        on_terminal: false,
        in_pipe: false,
    },
];

#[test]
fn colors_follow_the_flag_then_the_environment_then_the_terminal() {
    let sandbox = Sandbox::new();
    for case in CASES {
        let line = case.line;
        let text = on_a_terminal(&sandbox, 80, line);
        assert!(text.len() > 50, "{line}: {text}");
        assert_eq!(text.contains(ESCAPE), case.on_terminal, "{line}: {text}");
        let piped = on_a_terminal(&sandbox, 80, &format!("{line} 2>&1 | cat"));
        assert_eq!(piped.contains(ESCAPE), case.in_pipe, "{line}: {piped}");
    }
}
