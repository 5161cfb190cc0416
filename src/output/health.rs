//! Prints the page of checks: a headline and a table on a terminal, otherwise the lines of monitoring plugins.

use std::io::{self, IsTerminal};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use crate::model::health::{Check, State, findings, headline, overall, status_line};
use crate::output::stamp;
use crate::output::terminal;
use crate::output::width;

/// The width of the table when that of the terminal is unknown.
const DEFAULT_WIDTH: u16 = 80;

/// In a narrower table, the columns of state and id leave no room for the message.
const MIN_WIDTH: u16 = 60;

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
        terminal::print_text(&headline(checks))?;
        let width = width::width().or(columns).unwrap_or(DEFAULT_WIDTH);
        return terminal::print_text(&if width < MIN_WIDTH {
            list(&shown)
        } else {
            table(&shown, width)
        });
    }
    let first = status_line(checks);
    let first = match first.split_once(" | ") {
        // The performance data includes checks that are OK.
        Some((state, _)) if is_quiet => state,
        _ => &first,
    };
    // A job appends the page to the same file as the messages.
    terminal::print_line(&(stamp::prefix() + first))?;
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
    for check in in_order(checks) {
        let finding = match &check.help {
            Some(help) => format!("{}\ntry: {help}", check.message),
            None => check.message.clone(),
        };
        table.add_row([word(check.state), check.id.clone(), finding]);
    }
    table.trim_fmt()
}

/// The page for a terminal that is too narrow for a table: two or three lines for each check.
fn list(checks: &[&Check]) -> String {
    let mut lines = Vec::new();
    for check in in_order(checks) {
        lines.push(format!("{} {}", word(check.state), check.id));
        lines.push(format!("  {}", check.message));
        lines.extend(check.help.iter().map(|help| format!("  try: {help}")));
    }
    lines.join("\n")
}

/// The checks as the page shows them: the most severe first. The numbers of rows in each table are for graphs only.
fn in_order<'a>(checks: &[&'a Check]) -> Vec<&'a Check> {
    let mut checks = checks.to_vec();
    checks.sort_by_key(|check| std::cmp::Reverse(check.state));
    checks.retain(|check| !check.id.starts_with("rows_"));
    checks
}

fn word(state: State) -> String {
    match state {
        State::Ok => "ok".to_owned(),
        other => other.as_str().to_uppercase(),
    }
}
