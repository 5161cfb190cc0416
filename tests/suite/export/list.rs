//! `export --list`: groups, and lines as long as the terminal.

use crate::export::{datasets, export, hard};

/// The names that are listed under a heading.
fn group<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| !line.starts_with(heading));
    lines
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .collect()
}

#[test]
fn views_come_first_and_inner_tables_late() {
    let sandbox = hard();

    let text = export(&sandbox, &["--list"]).expect(0).stdout();
    let report = export(&sandbox, &["--list", "--json"]).expect(0).json();

    let headings: Vec<&str> = text.lines().filter(|line| line.ends_with(':')).collect();
    assert_eq!(
        headings,
        [
            "Views, for people:",
            "Present state and history:",
            "Monthly summaries:",
            "Inner tables, which tornsnap keeps for its own work:",
            "Other tables in this database:",
        ]
    );
    assert!(group(&text, "Views").contains(&"player_latest"));
    assert!(group(&text, "Views").contains(&"mine"));
    assert!(group(&text, "Present").contains(&"players"));
    assert!(group(&text, "Present").contains(&"war_status_history"));
    assert_eq!(group(&text, "Monthly").len(), 4);
    assert!(group(&text, "Inner").contains(&"api_keys"));
    assert_eq!(group(&text, "Other"), ["odd"]);
    let listed = report["datasets"].as_array().unwrap();
    assert_eq!(listed.len(), datasets(&sandbox).len());
    for (name, group) in [
        ("player_latest", "views"),
        ("faction_membership", "history"),
        ("war_summary", "summaries"),
        ("fetch_runs", "inner"),
        ("odd \"name", "other"),
    ] {
        let dataset = listed
            .iter()
            .find(|dataset| dataset["name"] == name)
            .unwrap();
        assert_eq!(dataset["group"], group, "{name}");
    }
}

#[test]
fn a_line_is_no_longer_than_the_terminal() {
    let sandbox = hard();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let question =
        "What did each player gain over the last 7 and 30 days, and in the running month?";

    for columns in [40, 60, 80, 120] {
        let output = sandbox
            .command(&["export", "--list"])
            .env("COLUMNS", columns.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        // A heading is one line.
        assert!(longest <= columns.max(52), "{columns}: {longest}\n{text}");
        assert!(one_line(&text).contains(question), "{text}");
    }
    let piped = export(&sandbox, &["--list"]).expect(0).stdout();
    assert!(
        piped.lines().all(|line| line.chars().count() <= 80),
        "{piped}"
    );
}
