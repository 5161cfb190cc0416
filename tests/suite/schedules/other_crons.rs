//! Crons that answer in other words than Debian's: programs `crontab` in the PATH with the words and exit codes of each,
//! and the real one of BusyBox where it is installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{configure, configure_with_variable, configured, is_root};
use crate::support::programs::write_script;
use crate::support::schema::Schema;
use crate::support::{Finished, Sandbox};

/// A cron whose crontab is the file `spool` in the sandbox.
pub struct Cron {
    name: &'static str,
    /// The message of `crontab -l` if there is none; `USER` is the name of the user.
    absent: &'static str,
    code: u8,
    /// Whether `crontab -r` is known. dcron has `-d`.
    removes: bool,
}

pub const DEBIAN: Cron = Cron {
    name: "Debian",
    absent: "no crontab for USER",
    code: 1,
    removes: true,
};

const CRONS: [Cron; 6] = [
    DEBIAN,
    Cron {
        name: "macOS",
        absent: "crontab: no crontab for USER",
        code: 1,
        removes: true,
    },
    Cron {
        name: "systemd-cron",
        absent: "no crontab for USER",
        code: 2,
        removes: true,
    },
    Cron {
        name: "BusyBox",
        absent: "crontab: can't open 'USER': No such file or directory",
        code: 1,
        removes: true,
    },
    Cron {
        name: "toybox",
        absent: "crontab: /var/spool/cron/crontabs/USER: No such file or directory",
        code: 1,
        removes: true,
    },
    Cron {
        name: "dcron",
        absent: "crontab: no crontab for USER",
        code: 0,
        removes: false,
    },
];

impl Cron {
    pub fn install(&self, sandbox: &Sandbox) {
        let message = self.absent.replace("USER", "$(id -un)");
        let remove = if self.removes {
            "rm -f \"$spool\""
        } else {
            "echo 'crontab 4.5' ; exit 1"
        };
        program(
            sandbox,
            "crontab",
            &format!(
                "spool='{spool}'\n\
                 case \"$1\" in\n\
                 -l) if [ -e \"$spool\" ]; then cat \"$spool\"; else echo \"{message}\" >&2; exit {code}; fi ;;\n\
                 -r) {remove} ;;\n\
                 *) cp \"$1\" \"$spool\" ;;\n\
                 esac\n",
                spool = sandbox.path("spool").display(),
                code = self.code,
            ),
        );
    }
}

/// Writes a shell script into the first folder of the PATH.
pub fn program(sandbox: &Sandbox, name: &str, text: &str) {
    fs::create_dir_all(sandbox.path("bin")).unwrap();
    write_script(&sandbox.path(&format!("bin/{name}")), text);
}

/// Runs the program with the scripts of [`program`].
pub fn run(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    Finished(command(sandbox, arguments).output().unwrap())
}

pub fn command(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(arguments);
    let bin = sandbox.path("bin");
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    command
}

pub fn spool(sandbox: &Sandbox) -> Option<String> {
    fs::read_to_string(sandbox.path("spool")).ok()
}

#[test]
fn a_user_without_a_crontab_gets_one_whatever_the_cron_calls_that() {
    for cron in CRONS {
        let sandbox = configured();
        cron.install(&sandbox);

        run(&sandbox, &["schedule", "install", "--for", "cron"]).expect(0);
        let installed = spool(&sandbox).unwrap();
        assert!(installed.contains("fetch factions"), "{}", cron.name);
        let again = run(&sandbox, &["schedule", "install", "--for", "cron"]).expect(0);
        assert!(
            again.stderr().contains("already installed"),
            "{}",
            cron.name
        );

        run(&sandbox, &["schedule", "remove", "--for", "cron"]).expect(0);
        let left = spool(&sandbox).unwrap_or_default();
        assert_eq!(left, "", "{}", cron.name);
    }
}

#[test]
fn a_crontab_that_cannot_be_read_is_never_replaced() {
    for message in [
        "crontab: can't open '$(id -un)': Permission denied",
        "crontab: must be suid to work properly",
        "You ($(id -un)) are not allowed to use this program (crontab)",
        "/usr/bin/crontab.real: No such file or directory",
    ] {
        let sandbox = configured();
        let spool = sandbox.path("spool");
        program(
            &sandbox,
            "crontab",
            &format!(
                "case \"$1\" in\n-l) echo \"{message}\" >&2; exit 1 ;;\n*) echo \"$@\" >'{}' ;;\nesac\n",
                spool.display()
            ),
        );
        for action in ["install", "remove"] {
            let refused = run(&sandbox, &["schedule", action, "--for", "cron"]).expect(78);
            assert!(
                refused.stderr().contains("nothing was changed"),
                "{}",
                refused.stderr()
            );
            assert!(!spool.exists(), "{message}");
        }
    }
}

#[test]
fn the_crontab_of_busybox_is_installed_and_removed() {
    let has_applet = Command::new("busybox")
        .args(["crontab", "--help"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_applet {
        crate::support::skipped("there is no crontab of BusyBox");
        return;
    }
    if !is_root() {
        return;
    }
    let sandbox = configured();
    fs::create_dir(sandbox.path("crontabs")).unwrap();
    let folder = sandbox.path("crontabs");
    let busybox = Command::new("sh")
        .args(["-c", "command -v busybox"])
        .output();
    let busybox = String::from_utf8(busybox.unwrap().stdout).unwrap();
    program(
        &sandbox,
        "crontab",
        &format!(
            "exec {} crontab -c '{}' \"$@\"\n",
            busybox.trim(),
            folder.display()
        ),
    );
    let crontab = folder.join("root");

    run(&sandbox, &["schedule", "install", "--for", "cron"]).expect(0);
    assert!(
        fs::read_to_string(&crontab)
            .unwrap()
            .contains("fetch factions")
    );
    run(&sandbox, &["schedule", "remove", "--for", "cron"]).expect(0);
    assert!(!crontab.exists());
}

#[test]
fn jobs_are_removed_after_their_configuration_is_gone() {
    let sandbox = Sandbox::new();
    DEBIAN.install(&sandbox);
    let config = configure(&sandbox, "torn/tornsnap.toml", "");
    let config = config.to_str().unwrap();
    let install = || {
        run(
            &sandbox,
            &["schedule", "install", "--for", "cron", "--config", config],
        )
        .expect(0)
    };
    let remove = || {
        run(
            &sandbox,
            &[
                "schedule", "remove", "--for", "cron", "--json", "--config", config,
            ],
        )
    };

    // The file is wrong, the file is gone, the folder is gone, and the folder was a link that is gone.
    install();
    fs::write(config, "what = is this\n").unwrap();
    assert_eq!(remove().expect(0).json()["changed"], true);
    assert_eq!(spool(&sandbox), None);

    configure(&sandbox, "torn/tornsnap.toml", "");
    install();
    fs::remove_file(config).unwrap();
    assert_eq!(remove().expect(0).json()["changed"], true);
    assert_eq!(spool(&sandbox), None);

    fs::write(sandbox.path("spool"), "0 1 * * * true\n").unwrap();
    configure(&sandbox, "torn/tornsnap.toml", "");
    install();
    fs::remove_dir_all(sandbox.path("torn")).unwrap();
    let report = remove().expect(0).json();
    Schema::of("schedule-change").expect_valid(&report);
    assert_eq!(report["changed"], true);
    let copy = report["schedulers"][0]["crontab_before"].as_str().unwrap();
    assert!(
        fs::read_to_string(copy).unwrap().contains("fetch factions"),
        "{copy}"
    );
    assert_eq!(spool(&sandbox).unwrap(), "0 1 * * * true\n");
    fs::remove_file(sandbox.path("spool")).unwrap();

    configure(&sandbox, "disk/tornsnap.toml", "");
    std::os::unix::fs::symlink("disk", sandbox.path("torn")).unwrap();
    install();
    fs::remove_file(sandbox.path("torn")).unwrap();
    assert_eq!(remove().expect(0).json()["changed"], true);
    assert_eq!(spool(&sandbox), None);
}

#[test]
fn jobs_of_another_configuration_are_named_with_the_command_that_removes_them() {
    let sandbox = Sandbox::new();
    DEBIAN.install(&sandbox);
    let config = configure(&sandbox, "my torn/tornsnap.toml", "");
    let config = config.to_str().unwrap();
    run(
        &sandbox,
        &["schedule", "install", "--for", "cron", "--config", config],
    )
    .expect(0);
    let how = format!("tornsnap schedule remove --config '{config}'");

    let refused = run(&sandbox, &["schedule", "remove"]).expect(78).stderr();
    assert!(refused.contains(&how), "{refused}");
    let nothing = run(&sandbox, &["schedule", "remove", "--config", "other.toml"])
        .expect(0)
        .stderr();
    assert!(
        nothing.contains("no jobs for ") && nothing.contains(&how),
        "{nothing}"
    );
    let report = run(
        &sandbox,
        &["schedule", "remove", "--json", "--config", "other.toml"],
    )
    .json();
    Schema::of("schedule-change").expect_valid(&report);
    assert_eq!(report["other_jobs"][0]["config"], config);

    run(&sandbox, &["schedule", "remove", "--config", config]).expect(0);
    let refused = run(&sandbox, &["schedule", "remove"]).expect(78).stderr();
    assert!(refused.contains("no jobs are installed"), "{refused}");
}

#[test]
fn a_dry_run_warns_of_all_that_an_installation_warns_of() {
    let sandbox = configured();
    program(&sandbox, "systemctl", "exit 0\n");
    program(&sandbox, "loginctl", "echo no\n");
    DEBIAN.install(&sandbox);
    let warnings = |arguments: &[&str]| {
        let mut command = command(&sandbox, arguments);
        command.env("TORNSNAP_API_URL", "http://127.0.0.1:1");
        let stderr = Finished(command.output().unwrap()).expect(0).stderr();
        let lines = stderr.lines().filter(|line| line.starts_with("warn"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for scheduler in ["systemd", "cron"] {
        let install = ["schedule", "install", "--for", scheduler];
        let dry_run = warnings(&[&install[..], &["--dry-run"]].concat());

        assert_eq!(dry_run, warnings(&install), "{scheduler}");
        let text = dry_run.concat();
        assert!(text.contains("TORNSNAP_API_URL is set here"), "{text}");
        assert_eq!(
            text.contains("enable-linger"),
            scheduler == "systemd",
            "{text}"
        );
        // The second scheduler runs everything twice.
        assert_eq!(
            text.contains("schedule remove --for systemd"),
            scheduler == "cron",
            "{text}"
        );
    }
}

#[test]
fn a_dry_run_says_why_an_installation_would_fail() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nfactions = [9]\n");
    DEBIAN.install(&sandbox);

    let previewed = run(
        &sandbox,
        &["schedule", "install", "--for", "cron", "--dry-run"],
    )
    .expect(0);
    assert!(previewed.stdout().contains("fetch factions"));
    assert!(
        previewed
            .stderr()
            .contains("the installation would fail: could not install jobs that have a key"),
        "{}",
        previewed.stderr()
    );
    run(&sandbox, &["schedule", "install", "--for", "cron"]).expect(77);
    assert!(!Path::new(&sandbox.path("spool")).exists());
}

#[test]
fn a_key_variable_in_the_crontab_counts_only_with_a_value() {
    struct Case {
        crontab: &'static str,
        code: i32,
    }
    for case in [
        Case {
            crontab: "TORN_API_KEY=SomeKeyOfAlice01\n",
            code: 0,
        },
        Case {
            crontab: "ALICE_KEY = \"SomeKeyOfAlice01\"\n",
            code: 0,
        },
        Case {
            crontab: "TORN_API_KEY=\n",
            code: 77,
        },
        Case {
            crontab: "ALICE_KEY=\"\"\n",
            code: 77,
        },
        Case {
            crontab: "# TORN_API_KEY=SomeKeyOfAlice01\n",
            code: 77,
        },
    ] {
        let sandbox = Sandbox::new();
        configure_with_variable(&sandbox);
        DEBIAN.install(&sandbox);
        sandbox.write("spool", case.crontab);

        let finished = run(&sandbox, &["schedule", "install", "--for", "cron"]).expect(case.code);

        let stderr = finished.stderr();
        assert!(
            !stderr.contains("do not have the key"),
            "{}: {stderr}",
            case.crontab
        );
    }
}

#[test]
fn an_option_that_would_change_nothing_is_wrong_usage() {
    let sandbox = configured();
    DEBIAN.install(&sandbox);
    for (arguments, why) in [
        (
            &["install", "--for", "cron", "--when-logged-off"][..],
            "the jobs of cron run whether",
        ),
        (
            &["install", "--for", "systemd", "--when-logged-off"],
            "loginctl enable-linger",
        ),
        (
            &["show", "--for", "cron", "--when-logged-off"],
            "the jobs of cron run whether",
        ),
        (&["remove", "--when-logged-off"], "leave it out"),
        (
            &["show", "--dry-run"],
            "only `install` and `remove` change something",
        ),
    ] {
        let refused = run(&sandbox, &[&["schedule"], arguments].concat()).expect(2);
        assert!(
            refused.stderr().contains(why),
            "{arguments:?}: {}",
            refused.stderr()
        );
        assert_eq!(spool(&sandbox), None);
    }
    run(
        &sandbox,
        &["schedule", "show", "--for", "windows", "--when-logged-off"],
    )
    .expect(0);
}
