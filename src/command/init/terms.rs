//! The table that Torn's API terms require wherever a user enters a key.

use crate::command::Context;
use crate::error::Result;
use crate::output::terminal::{self, Verbosity};
use crate::output::width;
use crate::output::wrap::wrap_indented;

const TITLE: &str = "How tornsnap uses your key and the data (asked for by Torn's API terms)";

/// A row of the table.
struct Term {
    name: &'static str,
    answer: &'static str,
}

const TERMS: &[Term] = &[
    Term {
        name: "Data storage",
        answer: "Only locally, persistent: in the database, backups and exports on this machine",
    },
    Term {
        name: "Data sharing",
        answer: "Nobody",
    },
    Term {
        name: "Purpose of use",
        answer: "Non-malicious statistical analysis",
    },
    Term {
        name: "Key storage",
        answer: "Stored locally, used only for automation, not shared",
    },
    Term {
        name: "Key access level",
        answer: "Public Only; Limited Access only for the battle stats of the key's own owner",
    },
];

/// The column in which the answers begin.
const ANSWER_COLUMN: usize = 21;

/// The width from which the answers stand beside the names.
const TWO_COLUMNS: usize = 45;

/// Prints the table, on stderr if stdout is for the JSON report.
pub(super) fn show(context: &Context) -> Result<()> {
    if context.verbosity == Verbosity::Quiet {
        return Ok(());
    }
    if context.json {
        terminal::print_message(&table(width::message_width()));
        return Ok(());
    }
    let what = "Torn's storage-and-use table";
    terminal::print_line(&table(width::width())).map_err(|error| terminal::write_error(what, error))
}

/// The table for a terminal with this number of columns. Lines break at blanks.
fn table(columns: Option<u16>) -> String {
    let width = columns.map_or(usize::MAX, usize::from);
    let mut lines = wrap_indented(TITLE, width, 0);
    lines.push(String::new());
    for Term { name, answer } in TERMS {
        if width >= TWO_COLUMNS {
            let row = format!("  {name:width$}{answer}", width = ANSWER_COLUMN - 2);
            lines.extend(wrap_indented(&row, width, ANSWER_COLUMN));
        } else {
            lines.push(format!("  {name}:"));
            lines.extend(wrap_indented(&format!("    {answer}"), width, 4));
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_too_long_and_no_word_is_broken() {
        let words: Vec<&str> = TERMS
            .iter()
            .flat_map(|term| term.name.split(' ').chain(term.answer.split(' ')))
            .collect();
        for columns in [30, 44, 45, 60, 80, 99, 100, 200] {
            let table = table(Some(columns));

            for line in table.lines() {
                assert!(
                    line.chars().count() <= columns.into(),
                    "{columns}: {line:?}"
                );
            }
            let shown: Vec<&str> = table
                .lines()
                .skip_while(|line| !line.is_empty())
                .flat_map(str::split_whitespace)
                .map(|word| match columns {
                    ..45 => word.strip_suffix(':').unwrap_or(word),
                    _ => word,
                })
                .collect();
            let expected: Vec<&str> = words
                .iter()
                .map(|word| match columns {
                    ..45 => word.strip_suffix(':').unwrap_or(word),
                    _ => word,
                })
                .collect();
            assert_eq!(shown, expected, "{columns}");
        }
    }
}
