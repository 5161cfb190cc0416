//! Describes why a line of a CSV file cannot be taken.

use crate::model::import::datum::Datum;
use crate::model::import::form::Form;
use crate::model::key::{has_key_format, mask_key_like};
use crate::store::import::records::WrongQuote;

/// Why a line cannot be taken.
pub(super) struct Flaw {
    /// With the value, for the error.
    pub(super) description: String,
    /// Without the value, for the counts of the report.
    pub(super) reason: String,
}

impl Flaw {
    pub(super) fn of_line(reason: &str) -> Self {
        Self {
            description: format!("it {reason}"),
            reason: format!("the line {reason}"),
        }
    }

    pub(super) fn of_cell(column: &str, cell: &Datum, flaw: &str) -> Self {
        let reason = format!("{column} {flaw}");
        let description = match cell {
            // A key may be in any column of a file whose columns are shifted.
            Datum::Text(text) if !has_key_format(text) => {
                // Masked before it is cut, because a part of a key is not recognized.
                let shown: String = mask_key_like(text).chars().take(40).map(readable).collect();
                format!("column {column}: {shown:?} {flaw}")
            }
            _ => format!("column {reason}"),
        };
        Self {
            description,
            reason,
        }
    }

    /// Describes a value that is written in another form, and says how to write it.
    pub(super) fn of_form(column: &str, cell: &Datum, form: Form) -> Self {
        let flaw = Self::of_cell(column, cell, form.flaw());
        Self {
            description: format!("{}: {}", flaw.description, form.advice()),
            ..flaw
        }
    }

    /// Describes wrong quotes. `line` is the first line of the record, and `names` are those of the columns.
    pub(super) fn of_quotes(wrong: WrongQuote, line: u64, names: &[String]) -> Self {
        let column = |cell: usize| names.get(cell).map_or("after the last", String::as_str);
        match wrong {
            WrongQuote::NeverClosed { .. } => Self::same("a quote (\") is opened and never closed"),
            WrongQuote::TextAfterQuote { cell, line: closed } if closed == line => {
                Self::same(&format!(
                    "column {}: text follows the quote (\") that closes it",
                    column(cell)
                ))
            }
            WrongQuote::TextAfterQuote { cell, line: closed } => {
                let reason = format!(
                    "column {}: a quote (\") is opened and not closed before the next one",
                    column(cell)
                );
                Self {
                    description: format!("{reason}, in line {closed}"),
                    reason,
                }
            }
            WrongQuote::QuoteInCell { cell } => Self::same(&format!(
                "column {}: a quote (\") is in it, and it does not begin with one",
                column(cell)
            )),
            WrongQuote::NotUtf8 => Self::of_line("is not UTF-8"),
        }
    }

    /// Describes lines that were read as one record, because a quote is missing or is one too many.
    pub(super) fn of_joined_lines(reason: &str, lines: u64) -> Self {
        Self {
            description: format!("{reason}; with its quotes it spans {lines} lines"),
            reason: reason.to_owned(),
        }
    }

    /// Describes values that are right by themselves, and contradict each other.
    pub(super) fn of_row(reason: &str) -> Self {
        Self::same(reason)
    }

    fn same(text: &str) -> Self {
        Self {
            description: text.to_owned(),
            reason: text.to_owned(),
        }
    }
}

/// A plain blank for each other one, such as the no-break space between the groups of a number, which would be shown as
/// `\u{a0}`. Line breaks and tabs stay.
fn readable(letter: char) -> char {
    if letter.is_whitespace() && !letter.is_control() {
        ' '
    } else {
        letter
    }
}
