//! The page that `health` prints for monitoring agents, for mail from cron and on a terminal.

#[cfg(target_os = "linux")]
use super::FOLLOWED;
use super::well;
#[cfg(target_os = "linux")]
use crate::support::{Sandbox, pty};

#[test]
fn quiet_prints_only_what_is_not_well() {
    let sandbox = well();
    assert_eq!(sandbox.run(&["-q", "health"]).expect(0).stdout(), "");
    sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO api_keys (name, state) VALUES ('alice', 'dead'), ('bob', 'ok');
             INSERT INTO fetch_runs (id, kind, started_at, status) VALUES (-1, 'wars', 1775000000, 'killed')",
        )
        .unwrap();

    let page = sandbox.run(&["-q", "health"]).expect(1).stdout();

    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(
        lines[0],
        "TORNSNAP WARNING - 1 run was killed in the last 24 hours, the latest one of wars, begun 2026-03-31T23:33:20Z \
         (and 1 more)"
    );
    assert_eq!(lines.len(), 5, "{page}");
    for line in &lines[1..] {
        assert!(
            line.starts_with("warning ") || line.trim_start().starts_with("try: "),
            "{line}"
        );
    }
    let full = sandbox.run(&["health"]).expect(1).stdout();
    assert!(full.starts_with("TORNSNAP WARNING - "), "{full}");
    assert!(full.lines().next().unwrap().contains(" | age_"), "{full}");
}

/// The page on a terminal of this width.
#[cfg(target_os = "linux")]
fn on_a_terminal(sandbox: &Sandbox, columns: u16, arguments: &[&str]) -> String {
    let (_, text) = pty::run(&sandbox.command(arguments), columns);
    let page: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| {
            !line.contains("TORNSNAP_NOW is set") && line.trim() != "2026-04-01T12:00:00Z"
        })
        .collect();
    page.join("\n")
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_words_and_a_table_of_its_own_width() {
    let sandbox = well();
    sandbox.write(
        "tornsnap.toml",
        &format!("{FOLLOWED}[health]\nmin_free_mb = 1073741824\n"),
    );
    for columns in [60, 80, 110] {
        let page = on_a_terminal(&sandbox, columns, &["health"]);
        let lines: Vec<&str> = page.lines().collect();
        assert!(
            lines[0].starts_with("The state is critical: 1 of "),
            "{page}"
        );
        assert!(
            !page.contains("TORNSNAP") && !page.contains(" | "),
            "{page}"
        );
        let widest = lines.iter().map(|line| line.chars().count()).max();
        assert!(widest <= Some(usize::from(columns)), "{columns}: {page}");
        assert!(widest > Some(usize::from(columns) / 2), "{columns}: {page}");
        let first = lines
            .iter()
            .position(|line| line.trim_start().starts_with("CRITICAL"))
            .unwrap();
        assert!(first <= 3, "what is not well comes first: {page}");
        for word in ["quick_check", "summarized,", "configured"] {
            assert!(page.contains(word), "{word} is broken in two: {page}");
        }
    }
    let quiet = on_a_terminal(&sandbox, 80, &["-q", "health"]);
    assert!(
        quiet.contains("CRITICAL") && !quiet.contains("quick_check"),
        "{quiet}"
    );
    sandbox.write("tornsnap.toml", FOLLOWED);
    let page = on_a_terminal(&sandbox, 80, &["health"]);
    assert!(page.starts_with("All is well ("), "{page}");
    assert_eq!(on_a_terminal(&sandbox, 80, &["-q", "health"]), "");
}
