//! Jobs that are not installed as they are shown: no start is promised, and the advice is a command that can be typed.

use super::{configure, write_units};
use crate::support::{Finished, Sandbox};

const CONFIG: &str = "other/tornsnap.toml";

fn show(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let all = [&["schedule", "show", "--config", CONFIG], arguments].concat();
    sandbox.run(&all).expect(0)
}

/// The next starts in the report.
fn next_starts(finished: &Finished) -> Vec<Option<i64>> {
    let report = finished.json();
    let jobs = report["schedulers"][0]["jobs"].as_array().unwrap();
    jobs.iter().map(|job| job["next_run_at"].as_i64()).collect()
}

/// The command in the line about the installation.
fn advice(page: &Finished) -> String {
    let text = page.stdout();
    let line = text.lines().find(|line| line.contains("Installed in "));
    let parts: Vec<&str> = line.unwrap().split('`').collect();
    parts[1].to_owned()
}

#[test]
fn jobs_that_are_not_installed_have_no_next_start() {
    let sandbox = Sandbox::new();
    configure(&sandbox, CONFIG, "");

    for scheduler in ["systemd", "windows"] {
        let page = show(&sandbox, &["--for", scheduler]).stdout();
        let report = show(&sandbox, &["--for", scheduler, "--json"]);

        assert_eq!(page.matches("  not installed").count(), 6, "{page}");
        assert!(next_starts(&report).iter().all(Option::is_none));
    }
}

#[test]
fn the_advice_of_show_names_its_configuration_and_its_scheduler() {
    let sandbox = Sandbox::new();
    configure(&sandbox, CONFIG, "");
    for (arguments, command) in [
        (
            &["--for", "systemd"][..],
            "tornsnap schedule install --for systemd --config other/tornsnap.toml",
        ),
        (
            &["--for", "windows"],
            "tornsnap schedule install --for windows --config other/tornsnap.toml",
        ),
    ] {
        let printed = advice(&show(&sandbox, arguments));
        // A comment in XML has a blank between two hyphens.
        assert_eq!(printed.replace("- -", "--"), command);
    }
    write_units(&show(&sandbox, &["--for", "systemd", "--json"]));
    let installed = show(&sandbox, &["--for", "systemd", "--json"]);
    assert!(next_starts(&installed).iter().all(Option::is_some));
    configure(&sandbox, CONFIG, "[schedule]\nfactions = \"2m\"\n");

    let outdated = show(&sandbox, &["--for", "systemd"]);
    let report = show(&sandbox, &["--for", "systemd", "--json"]);

    assert_eq!(
        advice(&outdated),
        "tornsnap schedule install --for systemd --config other/tornsnap.toml"
    );
    assert!(next_starts(&report).iter().all(Option::is_none));
    assert_eq!(outdated.stdout().matches("  outdated").count(), 6);
    let health = sandbox.run(&["health", "--config", CONFIG]);
    let fault = "run `tornsnap schedule install --for systemd --config other/tornsnap.toml` to bring them up to date";
    assert!(health.stdout().contains(fault), "{}", health.stdout());
}
