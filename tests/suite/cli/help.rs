//! What `--help` and `-h` show.

use super::visible_commands;
use crate::support::Sandbox;

const GLOBAL_OPTIONS: [&str; 6] = [
    "--config",
    "--database",
    "--verbose",
    "--quiet",
    "--json",
    "--color",
];

fn help(sandbox: &Sandbox, command: &str, flag: &str) -> String {
    sandbox.run(&[command, flag]).expect(0).stdout()
}

#[test]
fn the_options_of_a_command_come_before_the_global_options() {
    let sandbox = Sandbox::new();
    let commands = visible_commands(&sandbox);
    assert!(commands.len() >= 11, "{commands:?}");

    for command in commands {
        for flag in ["-h", "--help"] {
            let text = help(&sandbox, &command, flag);
            let (own, global) = text.split_once("\nGlobal options:\n").unwrap();
            for option in GLOBAL_OPTIONS {
                assert!(!own.contains(&format!("{option} ")), "{command}: {own}");
                let is_used = command != "demo" || !["--config", "--database"].contains(&option);
                assert_eq!(global.contains(option), is_used, "{command}: {global}");
            }
        }
    }
}

#[test]
fn the_long_help_has_examples_and_the_short_one_has_none() {
    let sandbox = Sandbox::new();
    for command in visible_commands(&sandbox) {
        let long = help(&sandbox, &command, "--help");
        let short = help(&sandbox, &command, "-h");

        let examples = long.split_once("\nExamples:\n").unwrap().1;
        let number = examples.matches(&format!("    tornsnap {command}")).count()
            + examples
                .matches(&format!("    tornsnap -q {command}"))
                .count();
        assert!((2..=5).contains(&number), "{command}: {examples}");
        assert!(!short.contains("Examples:"), "{command}: {short}");
        assert!(short.lines().count() < long.lines().count(), "{command}");
    }
}

#[test]
fn the_command_for_developers_is_in_no_list_and_says_for_whom_it_is() {
    let sandbox = Sandbox::new();

    let program = sandbox.run(&["--help"]).stdout().replace("simulated", "");
    assert!(!program.contains("simulate"), "{program}");
    let own = sandbox.run(&["simulate", "--help"]).expect(0).stdout();
    assert!(own.starts_with("For developers: "), "{own}");
}

#[test]
fn the_demo_refuses_settings_that_it_would_not_use() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "no = \"such field\"\n");
    for (arguments, flag) in [
        (&["demo", "--config", "tornsnap.toml"][..], "--config"),
        (&["--config", "nope.toml", "demo"], "--config"),
        (&["demo", "--database", "mine.db"], "--database"),
        (&["--database", "mine.db", "demo"], "--database"),
    ] {
        let finished = sandbox.run(arguments).expect(2);

        let stderr = finished.stderr();
        assert!(
            stderr.contains(&format!("could not use {flag} with demo")),
            "{stderr}"
        );
        assert!(stderr.contains("--output"), "{stderr}");
        assert!(!sandbox.path("tornsnap-demo").exists());
    }
}

/// The help at each width has the words of the wide help, in the same order, in lines that fit.
#[cfg(target_os = "linux")]
#[test]
fn the_help_fits_narrow_terminals_without_breaking_words() {
    let sandbox = Sandbox::new();
    let mut lines = vec!["tornsnap --help".to_owned()];
    for command in visible_commands(&sandbox) {
        lines.push(format!("tornsnap {command} -h"));
        lines.push(format!("tornsnap {command} --help"));
    }
    for line in lines {
        let on_a_terminal =
            |columns| super::on_a_terminal(&sandbox, columns, &format!("NO_COLOR=1 {line}"));
        let wide = on_a_terminal(200);
        let words: Vec<&str> = wide.split_whitespace().collect();
        assert!(words.len() > 50, "{wide}");
        assert!(
            wide.lines().all(|line| line.chars().count() <= 100),
            "{wide}"
        );
        for columns in [40, 60, 80] {
            let text = on_a_terminal(columns);
            assert_eq!(
                text.split_whitespace().collect::<Vec<_>>(),
                words,
                "{line} at {columns}"
            );
            let limit = usize::from(columns);
            for row in text.lines() {
                let is_one_word = row.split_whitespace().count() == 1;
                assert!(
                    row.chars().count() <= limit || is_one_word,
                    "{columns}: {row}"
                );
            }
        }
    }
}
