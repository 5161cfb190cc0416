//! The page of checks: the line of monitoring plugins and plain lines for programs, or words and a table for people.

use std::io::{self, IsTerminal};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use crate::model::health::{Check, State, first_line, in_words, overall, worst_first};
use crate::output::terminal;

/// The width of the table where nothing tells that of the terminal.
const WIDTH: u16 = 80;

/// Below this width a message would have no room beside the columns of state and id.
const NARROWEST: u16 = 50;

/// Prints the page on stdout. `is_quiet`: only what is not well, and nothing when all is. `columns`: the width for a terminal
/// that does not tell its own.
///
/// # Errors
///
/// Whatever writing met, but for a reader who has gone.
#[expect(
    clippy::disallowed_methods,
    reason = "only asks whether stdout is a terminal"
)]
pub(crate) fn print(checks: &[Check], is_quiet: bool, columns: Option<u16>) -> io::Result<()> {
    if is_quiet && overall(checks) == State::Ok {
        return Ok(());
    }
    let shown: Vec<&Check> = if is_quiet {
        worst_first(checks)
    } else {
        checks.iter().collect()
    };
    if io::stdout().is_terminal() {
        terminal::data(&in_words(checks))?;
        let width = terminal::width().or(columns).unwrap_or(WIDTH);
        return terminal::data(&table(&shown, width.max(NARROWEST)));
    }
    let first = first_line(checks);
    terminal::data(match first.split_once(" | ") {
        // The performance data has the numbers of what is well, too.
        Some((state, _)) if is_quiet => state,
        _ => &first,
    })?;
    for check in shown {
        terminal::data(&format!(
            "{:8} {:22} {}",
            check.state, check.id, check.message
        ))?;
        if let Some(remedy) = &check.remedy {
            terminal::data(&format!("{:8} {:22} try: {remedy}", "", ""))?;
        }
    }
    Ok(())
}

fn table(checks: &[&Check], width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(["state", "check", "finding"])
        .set_constraints([
            ColumnConstraint::ContentWidth,
            ColumnConstraint::ContentWidth,
        ]);
    let mut checks = checks.to_vec();
    checks.sort_by_key(|check| std::cmp::Reverse(check.state));
    // The table is for people to read; the rows of each table are for graphs.
    for check in checks.iter().filter(|check| !check.id.starts_with("rows_")) {
        let finding = match &check.remedy {
            Some(remedy) => format!("{}\ntry: {remedy}", check.message),
            None => check.message.clone(),
        };
        let state = match check.state {
            State::Ok => "ok".to_owned(),
            other => other.as_str().to_uppercase(),
        };
        table.add_row([state, check.id.clone(), finding]);
    }
    table.trim_fmt()
}
