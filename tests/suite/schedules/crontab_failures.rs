//! Programs `crontab` that fail, each in its own way. The lines of the user are never lost, and the message says what the
//! crontab is afterwards.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::time::{Duration, Instant};

use super::configured;
use super::cron::{Crontab, UID, give_away};
use super::other_crons::{command, program, run, spool};
use crate::support::schema::Schema;
use crate::support::{Finished, Sandbox, files_with_extension};

/// The crontab of the user before.
const MINE: &str = "MAILTO=me\n0 5 * * * mine\n# a line\n# a line\n# a line\n";

/// Installs a program `crontab` whose writes do what `write` says: `$new` has the lines, `$spool` the crontab, and
/// `$writes` a line for each write before.
fn cron(sandbox: &Sandbox, write: &str) {
    program(
        sandbox,
        "crontab",
        &format!(
            "spool='{spool}'; writes='{spool}.writes'; new=\"$1\"\n\
             case \"$1\" in\n\
             -l) if [ -e \"$spool\" ]; then cat \"$spool\"; else echo \"no crontab for $(id -un)\" >&2; exit 1; fi ;;\n\
             -r) new=/dev/null; {write}\nrm -f \"$spool\" ;;\n\
             *) {write}\n ;;\n\
             esac\n",
            spool = sandbox.path("spool").display(),
        ),
    );
}

/// The whole file is written, and only then the failure is reported.
const WORKS: &str = "cp \"$new\" \"$spool\"";

fn schedule(sandbox: &Sandbox, action: &str) -> Finished {
    run(sandbox, &["schedule", action, "--for", "cron"])
}

fn json(sandbox: &Sandbox, action: &str, code: i32) -> serde_json::Value {
    let finished = run(sandbox, &["schedule", action, "--for", "cron", "--json"]);
    let report = finished.expect(code).json();
    Schema::of("error").expect_valid(&report);
    report
}

/// A way in which a write fails.
struct Fault {
    name: &'static str,
    write: &'static str,
    /// A part of the message.
    says: &'static str,
}

/// After each of these, the crontab is as it was before.
const FAULTS: [Fault; 7] = [
    Fault {
        name: "refuses the file",
        write: "echo 'bad minute' >&2; exit 1",
        says: "bad minute; the crontab is as it was before",
    },
    Fault {
        name: "writes a part once and fails",
        write: "if [ -e \"$writes\" ]; then cp \"$new\" \"$spool\"; exit 0; fi; echo >>\"$writes\"; \
                head -c 20 \"$new\" >\"$spool\"; echo 'disk full' >&2; exit 1",
        says: "disk full; the crontab was changed, and is as it was before again",
    },
    Fault {
        name: "writes a part once and reports success",
        write: "if [ -e \"$writes\" ]; then cp \"$new\" \"$spool\"; exit 0; fi; echo >>\"$writes\"; \
                head -c 20 \"$new\" >\"$spool\"; exit 0",
        says: "reported no error, and the crontab is not what was written to it; the crontab was changed, and is as it was \
               before again",
    },
    Fault {
        name: "writes all and fails",
        write: "cp \"$new\" \"$spool\"; echo 'cannot signal cron' >&2; exit 1",
        says: "cannot signal cron; the crontab was changed, and is as it was before again",
    },
    Fault {
        name: "writes other bytes once and fails",
        write: "if [ -e \"$writes\" ]; then cp \"$new\" \"$spool\"; exit 0; fi; echo >>\"$writes\"; \
                echo nonsense >\"$spool\"; exit 1",
        says: "the crontab was changed, and is as it was before again",
    },
    Fault {
        name: "empties the crontab once",
        write: "if [ -e \"$writes\" ]; then cp \"$new\" \"$spool\"; exit 0; fi; echo >>\"$writes\"; : >\"$spool\"; exit 0",
        says: "the crontab was changed, and is as it was before again",
    },
    Fault {
        name: "changes nothing and reports success",
        write: "exit 0",
        says: "reported no error, and the crontab is not what was written to it; the crontab is as it was before",
    },
];

#[test]
fn an_installation_that_fails_leaves_the_crontab_as_it_was() {
    for Fault { name, write, says } in FAULTS {
        let sandbox = configured();
        cron(&sandbox, write);
        sandbox.write("spool", MINE);

        let report = json(&sandbox, "install", 1);

        let because = report["error"]["because"].to_string();
        assert!(because.contains(says), "{name}: {because}");
        let try_this = report["error"]["try"].to_string();
        assert!(!try_this.contains("as it was before"), "{name}: {try_this}");
        assert_eq!(spool(&sandbox).as_deref(), Some(MINE), "{name}");

        let _ = fs::remove_file(sandbox.path("spool.writes"));
        let quiet = run(&sandbox, &["-q", "schedule", "install", "--for", "cron"]);
        let stderr = quiet.expect(1).stderr();
        assert!(
            stderr.contains("could not change the crontab"),
            "{name}: {stderr}"
        );
        assert_eq!(spool(&sandbox).as_deref(), Some(MINE), "{name}");
        assert!(files_with_extension(&sandbox.path(""), "partial").is_empty());
    }
}

/// `crontab FILE` with a file of the user would replace the whole crontab.
#[test]
fn the_advice_after_a_failed_write_names_no_command_that_changes_the_crontab() {
    for Fault { name, write, .. } in FAULTS {
        let sandbox = configured();
        cron(&sandbox, write);
        sandbox.write("spool", MINE);

        let report = json(&sandbox, "install", 1);

        let advice = report["error"]["try"].as_str().unwrap();
        let commands: Vec<&str> = advice.split('`').skip(1).step_by(2).collect();
        assert_eq!(commands, ["crontab -l"], "{name}: {advice}");
        assert!(!advice.contains("message of crontab"), "{name}: {advice}");
        assert!(advice.contains("cron.allow"), "{name}: {advice}");
    }
}

#[test]
fn a_removal_that_fails_leaves_the_crontab_as_it_was() {
    for original in [MINE, ""] {
        for Fault { name, write, says } in FAULTS {
            // An empty crontab cannot be cut, and has a second way to become empty.
            if original.is_empty() && write.contains("$writes") {
                continue;
            }
            let sandbox = configured();
            cron(&sandbox, WORKS);
            sandbox.write("spool", original);
            schedule(&sandbox, "install").expect(0);
            let installed = spool(&sandbox);
            cron(&sandbox, write);

            let report = json(&sandbox, "remove", 1);

            let because = report["error"]["because"].to_string();
            assert!(
                because.contains(says) || original.is_empty(),
                "{name}: {because}"
            );
            assert!(because.contains("as it was before"), "{name}: {because}");
            assert_eq!(spool(&sandbox), installed, "{name}");
        }
    }
}

#[test]
fn a_crontab_that_cannot_be_put_back_is_in_the_copy_that_the_message_names() {
    let always_cut = "head -c 20 \"$new\" >\"$spool\"; exit 1";
    let sandbox = configured();
    cron(&sandbox, always_cut);
    sandbox.write("spool", MINE);

    let report = json(&sandbox, "install", 1);

    let because = report["error"]["because"].to_string();
    assert!(
        because.contains("could not be put back: it had 5 lines before, and has 2 now"),
        "{because}"
    );
    let help = report["error"]["try"].as_str().unwrap();
    let copy = help
        .split("`crontab ")
        .nth(2)
        .unwrap()
        .trim_end_matches('`');
    assert!(copy.contains("tornsnap.toml.crontab-before-"), "{help}");
    assert_eq!(fs::read_to_string(copy).unwrap(), MINE);
    // The command of the message puts it back once crontab works again.
    cron(&sandbox, WORKS);
    let put_back = std::process::Command::new(sandbox.path("bin/crontab"))
        .arg(copy)
        .status();
    assert!(put_back.unwrap().success());
    assert_eq!(spool(&sandbox).as_deref(), Some(MINE));
}

#[test]
fn a_crontab_that_cannot_be_read_after_the_write_is_reported() {
    let sandbox = configured();
    cron(
        &sandbox,
        "cp \"$new\" \"$spool\"; mkdir \"$spool.d\"; mv \"$spool\" \"$spool.d\"; mkdir \"$spool\"",
    );
    sandbox.write("spool", MINE);

    let report = json(&sandbox, "install", 1);

    let text = report["error"].to_string();
    assert!(text.contains("the crontab cannot be read now"), "{text}");
    assert!(text.contains("tornsnap.toml.crontab-before-"), "{text}");
}

#[test]
fn a_crontab_that_another_program_has_written_meanwhile_is_not_overwritten() {
    let theirs = "0 6 * * * theirs\n";
    let sandbox = configured();
    cron(
        &sandbox,
        &format!(
            "cp \"$new\" \"$spool\"; printf '{}' >\"$spool\"",
            theirs.replace('\n', "\\n")
        ),
    );
    sandbox.write("spool", MINE);

    let report = json(&sandbox, "install", 1);

    let text = report["error"].to_string();
    assert!(text.contains("another program has changed it"), "{text}");
    assert_eq!(spool(&sandbox).as_deref(), Some(theirs));
}

#[test]
fn a_cron_that_adds_lines_and_strips_spaces_is_no_failure() {
    let sandbox = configured();
    cron(
        &sandbox,
        "{ echo '# header of cron'; sed 's/ *$//' \"$new\"; } >\"$spool.new\"; mv \"$spool.new\" \"$spool\"",
    );
    sandbox.write("spool", "0 5 * * * mine  \n");

    let said = schedule(&sandbox, "install").expect(0).stderr();
    assert!(said.contains("has added them"), "{said}");
    schedule(&sandbox, "remove").expect(0);
    let left = spool(&sandbox).unwrap();
    assert!(
        left.contains("0 5 * * * mine\n") && !left.contains("tornsnap"),
        "{left}"
    );
}

/// The write takes a moment, so that changes without a lock would lose each other.
const SLOW: &str = "cat \"$new\" >\"$spool.$$\"; sleep 0.1; mv \"$spool.$$\" \"$spool\"";

#[test]
fn changes_at_the_same_moment_lose_nothing() {
    let sandbox = configured();
    cron(&sandbox, SLOW);
    sandbox.write("spool", MINE);
    let configs: Vec<String> = (0..6)
        .map(|number| {
            let config = super::configure(&sandbox, &format!("{number}/tornsnap.toml"), "");
            config.to_str().unwrap().to_owned()
        })
        .collect();
    let at_once = |actions: &[(&str, &String)]| {
        let children: Vec<_> = actions
            .iter()
            .map(|(action, config)| {
                let arguments = ["schedule", action, "--for", "cron", "--config", config];
                command(&sandbox, &arguments).spawn().unwrap()
            })
            .collect();
        for child in children {
            Finished(child.wait_with_output().unwrap()).expect(0);
        }
    };
    let has = |config: &String| spool(&sandbox).unwrap().contains(&format!("'{config}'"));

    let install: Vec<_> = configs.iter().map(|config| ("install", config)).collect();
    at_once(&install[..3]);
    assert!(configs[..3].iter().all(has));

    let mut mixed = vec![];
    for number in 0..3 {
        mixed.push(("remove", &configs[number]));
        mixed.push(("install", &configs[number + 3]));
    }
    at_once(&mixed);
    assert!(configs[3..].iter().all(has));
    assert!(!configs[..3].iter().any(has));
    assert!(spool(&sandbox).unwrap().starts_with(MINE));
}

/// Starts the installation as another user, whose lock no other test needs at that moment.
fn start_as_other_user(sandbox: &Sandbox) -> Child {
    let mut command = command(sandbox, &["schedule", "install", "--for", "cron"]);
    command.uid(UID).gid(UID).spawn().unwrap()
}

#[test]
fn a_change_waits_a_short_time_for_another_one_and_names_it() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let sandbox = configured();
    cron(
        &sandbox,
        "echo >>\"$writes\"; while [ ! -e \"$spool.go\" ]; do sleep 0.1; done; cp \"$new\" \"$spool\"",
    );
    give_away(&sandbox);
    let first = start_as_other_user(&sandbox);
    let end = Instant::now() + Duration::from_secs(20);
    while !sandbox.path("spool.writes").exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
    }

    let refused = Finished(start_as_other_user(&sandbox).wait_with_output().unwrap());

    let stderr = refused.expect(75).stderr();
    let holder = format!(
        "another run of schedule install is at work (process {})",
        first.id()
    );
    assert!(stderr.contains(&holder), "{stderr}");
    sandbox.write("spool.go", "");
    Finished(first.wait_with_output().unwrap()).expect(0);
    Finished(start_as_other_user(&sandbox).wait_with_output().unwrap()).expect(0);
}

#[test]
fn a_dry_run_reports_the_change_that_follows_it() {
    let sandbox = configured();
    cron(&sandbox, WORKS);
    let report = |action: &str, dry_run: &[&str]| {
        let arguments = ["schedule", action, "--for", "cron", "--json"];
        let report = run(&sandbox, &[&arguments[..], dry_run].concat())
            .expect(0)
            .json();
        Schema::of("schedule-change").expect_valid(&report);
        let scheduler = &report["schedulers"][0];
        assert_eq!(scheduler["changed"], report["changed"], "{report:#}");
        (report["changed"].clone(), scheduler["files"].clone())
    };
    let crontab = serde_json::json!([{ "path": "crontab" }]);
    for (action, is_changed) in [
        ("remove", false),
        ("install", true),
        ("install", false),
        ("remove", true),
    ] {
        let preview = report(action, &["--dry-run"]);
        let done = report(action, &[]);

        assert_eq!(preview.0, is_changed, "{action}");
        assert_eq!(done.0, is_changed, "{action}");
        if is_changed {
            assert_eq!(preview.1, crontab, "{action}");
            assert_eq!(done.1, crontab, "{action}");
        }
    }
}

#[test]
fn the_remarks_and_the_table_of_show_fit_80_columns() {
    let sandbox = configured();
    cron(&sandbox, WORKS);

    let shown = schedule(&sandbox, "show").expect(0).stdout();

    let table = shown
        .lines()
        .filter(|line| line.ends_with("  not installed") || line.contains("(UTC)"));
    let remarks = shown
        .lines()
        .filter(|line| line.starts_with("# ") && line.contains(".last"));
    let rows: Vec<&str> = table.chain(remarks).collect();
    assert!(rows.len() > 7, "{shown}");
    for row in rows {
        assert!(row.chars().count() <= 80, "{row}");
    }
}
