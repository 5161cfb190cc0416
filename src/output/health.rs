//! The page of checks: the line of monitoring plugins, then a table for people or plain lines for programs.

use std::io::{self, IsTerminal};

use comfy_table::{ContentArrangement, Table, presets};

use crate::model::health::{Check, State, first_line};
use crate::output::terminal;

/// Widest that the table gets where the terminal's width is not known.
const WIDTH: u16 = 110;

/// Prints the page on stdout.
///
/// # Errors
///
/// Whatever writing met, but for a reader who has gone.
pub fn print(checks: &[Check]) -> io::Result<()> {
    terminal::data(&first_line(checks))?;
    if io::stdout().is_terminal() {
        return terminal::data(&table(checks));
    }
    for check in checks {
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

fn table(checks: &[Check]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(["state", "check", "finding"]);
    // The table is for what people read; the rows of each table are for graphs.
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
    table.to_string()
}
