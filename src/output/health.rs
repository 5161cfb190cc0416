//! Prints the page of checks: a headline and a table on a terminal, otherwise the lines of monitoring plugins.

use std::io::{self, IsTerminal};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use crate::model::health::{Check, State, findings, headline, overall, status_line};
use crate::output::terminal;
use crate::output::width;

/// The width of the table when that of the terminal is unknown.
const DEFAULT_WIDTH: u16 = 80;

/// In a narrower table, the columns of state and id leave no room for the message.
const MIN_WIDTH: u16 = 50;

/// Prints the page on stdout: with `is_quiet` only the findings, and nothing if there are none.
///
/// `columns` is the width to use when that of the terminal is unknown.
///
/// # Errors
///
/// Fails when stdout cannot be written. A closed pipe is not an error.
#[expect(
    clippy::disallowed_methods,
    reason = "only asks whether stdout is a terminal"
)]
pub(crate) fn print(checks: &[Check], is_quiet: bool, columns: Option<u16>) -> io::Result<()> {
    if is_quiet && overall(checks) == State::Ok {
        return Ok(());
    }
    let shown: Vec<&Check> = if is_quiet {
        findings(checks)
    } else {
        checks.iter().collect()
    };
    if io::stdout().is_terminal() {
        terminal::print_line(&headline(checks))?;
        let width = width::width().or(columns).unwrap_or(DEFAULT_WIDTH);
        return terminal::print_line(&table(&shown, width.max(MIN_WIDTH)));
    }
    let first = status_line(checks);
    terminal::print_line(match first.split_once(" | ") {
        // The performance data includes checks that are OK.
        Some((state, _)) if is_quiet => state,
        _ => &first,
    })?;
    for check in shown {
        terminal::print_line(&format!(
            "{:8} {:22} {}",
            check.state, check.id, check.message
        ))?;
        if let Some(help) = &check.help {
            terminal::print_line(&format!("{:8} {:22} try: {help}", "", ""))?;
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
    // The numbers of rows in each table are for graphs only.
    for check in checks.iter().filter(|check| !check.id.starts_with("rows_")) {
        let finding = match &check.help {
            Some(help) => format!("{}\ntry: {help}", check.message),
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
