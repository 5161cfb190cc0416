//! The page that `health` prints for monitoring agents, for mail from cron and on a terminal.

use super::{FOLLOWED, well};
use crate::support::{Sandbox, skipped};

#[test]
fn quiet_prints_only_what_is_not_well() {
    let sandbox = well();
    assert_eq!(sandbox.run(&["-q", "health"]).expect(0).stdout(), "");
    sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO api_keys (name, state) VALUES ('alice', 'dead'), ('bob', 'ok');
             INSERT INTO fetch_runs (kind, started_at, status) VALUES ('wars', 1775000000, 'killed')",
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

/// The page on a terminal of this width; `None` without util-linux's `script`.
#[cfg(target_os = "linux")]
fn on_a_terminal(sandbox: &Sandbox, columns: u32, arguments: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_tornsnap");
    // `stty` leaves the number of rows at zero, as some terminals do.
    let line = format!("stty cols {columns} && '{program}' {arguments}");
    let output = std::process::Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(sandbox.path(""))
        .env("TORNSNAP_NOW", crate::support::NOW.to_string())
        .env("HOME", sandbox.path(""))
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    let page: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.contains("TORNSNAP_NOW is set"))
        .collect();
    Some(page.join("\n"))
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
        let Some(page) = on_a_terminal(&sandbox, columns, "health") else {
            return skipped("there is no program `script`");
        };
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
        assert!(widest <= Some(columns as usize), "{columns}: {page}");
        assert!(widest > Some(columns as usize / 2), "{columns}: {page}");
        let first = lines
            .iter()
            .position(|line| line.trim_start().starts_with("CRITICAL"))
            .unwrap();
        assert!(first <= 3, "what is not well comes first: {page}");
        for word in ["quick_check", "summarized,", "configured"] {
            assert!(page.contains(word), "{word} is broken in two: {page}");
        }
    }
    let quiet = on_a_terminal(&sandbox, 80, "-q health").unwrap_or_default();
    assert!(
        quiet.contains("CRITICAL") && !quiet.contains("quick_check"),
        "{quiet}"
    );
    sandbox.write("tornsnap.toml", FOLLOWED);
    let page = on_a_terminal(&sandbox, 80, "health").unwrap_or_default();
    assert!(page.starts_with("All is well ("), "{page}");
    assert_eq!(
        on_a_terminal(&sandbox, 80, "-q health").unwrap_or_default(),
        ""
    );
}
