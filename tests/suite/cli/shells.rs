//! `completions` and `man`, checked by the shells and the formatters that this machine has.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::visible_commands;
use crate::support::{Sandbox, skipped};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// The output of a program on a file; `None` if the machine does not have the program.
fn check(program: &str, arguments: &[&str], file: &Path) -> Option<Output> {
    let output = Command::new(program).args(arguments).arg(file).output();
    if output.is_err() {
        skipped(&format!("there is no program `{program}`"));
    }
    output.ok()
}

#[test]
fn completions_have_every_command_for_users() {
    let sandbox = Sandbox::new();
    // They work with any configuration.
    sandbox.write("tornsnap.toml", "no = \"such field\"\n");
    for shell in SHELLS {
        let script = sandbox.run(&["completions", shell]).expect(0).stdout();

        for command in visible_commands(&sandbox) {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        assert!(script.contains("keep-months"), "{shell}");
        let names = script.replace("simulated", "");
        assert!(!names.contains("simulate"), "{shell}: {script}");
        assert!(!script.contains('\u{1b}'), "{shell}");
    }
    let stderr = sandbox.run(&["completions", "tcsh"]).expect(2).stderr();
    assert!(
        SHELLS.iter().all(|shell| stderr.contains(shell)),
        "{stderr}"
    );
}

#[test]
fn each_shell_understands_its_completions() {
    let sandbox = Sandbox::new();
    for (shell, flag) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let script = sandbox.run(&["completions", shell]).expect(0).stdout();
        let file = sandbox.write(&format!("completions.{shell}"), &script);
        if let Some(output) = check(shell, &[flag], &file) {
            assert!(
                output.status.success() && output.stderr.is_empty(),
                "{output:?}"
            );
        }
    }
}

#[test]
fn bash_completes_commands_options_and_values() {
    let sandbox = Sandbox::new();
    let script = sandbox.run(&["completions", "bash"]).expect(0).stdout();
    let file = sandbox.write("completions.bash", &script);
    for (line, expected) in [
        ("tornsnap exp", "export"),
        ("tornsnap fetch --pla", "--player --plan"),
        ("tornsnap fetch terr", "territories"),
        ("tornsnap export player_l", "player_latest player_league"),
        ("tornsnap --color ne", "never"),
    ] {
        let code = format!(
            "source '{}'; COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _tornsnap tornsnap \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; \
             echo \"${{COMPREPLY[@]}}\"",
            file.display()
        );
        let Ok(output) = Command::new("bash").args(["-c", &code]).output() else {
            return skipped("there is no program `bash`");
        };
        let found = String::from_utf8(output.stdout).unwrap();
        let mut found: Vec<&str> = found.split_whitespace().collect();
        found.sort_unstable();
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "{line}");
    }
}

/// Runs the completions in a bash and returns the number of the words that it offers, and the first of them.
fn completed(sandbox: &Sandbox, words: &[&str]) -> Option<(usize, String)> {
    let script = sandbox.run(&["completions", "bash"]).expect(0).stdout();
    let file = sandbox.write("completions.bash", &script);
    // Outside of a real completion, compopt fails.
    let code = "compopt() { :; }; source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                _tornsnap tornsnap \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; \
                printf '%s %s' \"${#COMPREPLY[@]}\" \"${COMPREPLY[0]}\"";
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", code, "bash"])
        .arg(&file)
        .args(words)
        .current_dir(sandbox.path(""))
        .output();
    let Ok(output) = output else {
        skipped("there is no program `bash`");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let (number, first) = text.split_once(' ').unwrap();
    Some((number.parse().unwrap(), first.to_owned()))
}

#[test]
fn bash_completes_a_file_name_with_blanks_as_one_word() {
    let sandbox = Sandbox::new();
    sandbox.write("my file.csv", "");
    for line in [
        "export -o",
        "export --output",
        "prune --archive",
        "restore --to",
        "init --key-file",
        "--config",
        "fetch --database",
    ] {
        let mut words = vec!["tornsnap"];
        words.extend(line.split(' '));
        words.push("my");
        let Some(found) = completed(&sandbox, &words) else {
            return;
        };
        assert_eq!(found, (1, "my file.csv".to_owned()), "{line}");
    }
}

#[test]
fn bash_offers_no_files_for_an_option_that_takes_none() {
    let sandbox = Sandbox::new();
    sandbox.write("my file.csv", "");
    for line in [
        "export --delimiter",
        "export --since",
        "export --until",
        "export --columns",
        "export --player",
        "init --territories",
        "init --key-env",
        "backup --keep",
        "fetch --wait",
    ] {
        let mut words = vec!["tornsnap"];
        words.extend(line.split(' '));
        words.push("");
        let Some(found) = completed(&sandbox, &words) else {
            return;
        };
        assert_eq!(found, (1, String::new()), "{line}");
    }
}

#[test]
fn a_manual_page_has_the_values_of_options_in_its_synopsis() {
    let sandbox = Sandbox::new();
    sandbox.run(&["man", "--output", "pages"]).expect(0);
    let page = fs::read_to_string(sandbox.path("pages/tornsnap-export.1")).unwrap();
    let synopsis = page
        .lines()
        .find(|line| line.starts_with("\\fBtornsnap export"))
        .unwrap();
    for option in [
        "[\\fB\\-o\\fR|\\fB\\-\\-output\\fR \\fIFILE\\fR]",
        "[\\fB\\-\\-since\\fR \\fITIME\\fR]",
        "[\\fB\\-\\-list\\fR]",
    ] {
        assert!(synopsis.contains(option), "{option}: {synopsis}");
    }
}

#[test]
fn each_command_for_users_has_a_manual_page() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "no = \"such field\"\n");

    let finished = sandbox
        .run(&["man", "--output", "share/man/man1"])
        .expect(0);

    let mut names: Vec<String> = fs::read_dir(sandbox.path("share/man/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    let mut expected = vec!["tornsnap.1".to_owned()];
    for command in visible_commands(&sandbox) {
        expected.push(format!("tornsnap-{command}.1"));
    }
    for action in ["check", "path", "show"] {
        expected.push(format!("tornsnap-config-{action}.1"));
    }
    expected.sort_unstable();
    assert_eq!(names, expected);
    let number = names.len();
    let summary = format!(
        "wrote {number} manual pages to share/man/man1 (the folder share/man/man1 is new)\n"
    );
    assert_eq!(finished.stderr(), summary);
    for name in &names {
        let text = fs::read_to_string(sandbox.path(&format!("share/man/man1/{name}"))).unwrap();
        assert!(
            text.contains(".SH \"GLOBAL OPTIONS\"") || text.contains(".SH GLOBAL\\ OPTIONS"),
            "{text}"
        );
        let names = text.replace("simulated", "");
        assert!(!names.contains("simulate"), "{name}: {text}");
        // The examples of `config` are on its own page, not on those of its actions.
        let is_overview = name == "tornsnap.1" || name.starts_with("tornsnap-config-");
        assert!(
            is_overview || text.contains(".SH EXAMPLES"),
            "{name}: {text}"
        );
    }
    // Again, over the files that are there.
    sandbox
        .run(&["man", "--output", "share/man/man1"])
        .expect(0);
    let printed = sandbox.run(&["man"]).expect(0).stdout();
    let written = fs::read_to_string(sandbox.path("share/man/man1/tornsnap.1")).unwrap();
    assert_eq!(printed.trim_end(), written.trim_end());
}

#[test]
fn a_folder_for_the_pages_that_cannot_be_made_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");

    for folder in ["file/man1", "file"] {
        let stderr = sandbox
            .run(&["man", "--output", folder])
            .expect(78)
            .stderr();

        assert!(
            stderr.contains("could not make the folder file"),
            "{stderr}"
        );
        assert!(
            stderr.contains("  try: ") && !stderr.contains("os error"),
            "{stderr}"
        );
    }
}

#[test]
fn formatters_take_the_manual_pages_without_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.run(&["man", "--output", "man1"]).expect(0);
    for file in crate::support::files_with_extension(&sandbox.path("man1"), "1") {
        if let Some(output) = check("man", &["--warnings", "-E", "UTF-8", "-l"], &file) {
            // Small systems replace `man` by a program that only says so.
            let is_real = !String::from_utf8_lossy(&output.stdout).contains("minimized");
            assert!(
                !is_real || output.stderr.is_empty(),
                "{}: {output:?}",
                file.display()
            );
        }
        if let Some(output) = check("mandoc", &["-Tlint", "-Wwarning"], &file) {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.is_empty(), "{text}");
        }
    }
}

#[test]
fn completions_offer_no_hidden_value() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = sandbox.run(&["completions", shell]).expect(0).stdout();
        let offers_run = script.contains("show install remove run")
            || script.contains("run\\:")
            || script.contains("run\\t");
        assert!(!offers_run, "{shell}");
    }
}
