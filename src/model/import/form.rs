//! The form in which a value is wanted, and how to write it.

/// The form that a value does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    WholeNumber,
    Moment,
    /// A number with all its digits.
    Unrounded,
}

impl Form {
    /// Completes "the column …".
    pub(crate) fn flaw(self) -> &'static str {
        match self {
            Self::WholeNumber => "is not a whole number",
            Self::Moment => "is not a time",
            Self::Unrounded => "is a rounded number",
        }
    }

    /// How to write the value in a CSV file.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::WholeNumber => "write it without separators, such as 1000",
            Self::Moment => "write it as 2026-09-21 14:13, 2026-09-21T14:13:00Z or unix seconds",
            Self::Unrounded => {
                "format the column as a number without decimals, or as text, and save the file again"
            }
        }
    }
}

/// Whether a text is a number with an exponent, such as `1.79E+09` or `1,79E+09`. Spreadsheets write the digits that a narrow
/// column shows, and the others are lost.
pub(crate) fn is_rounded(text: &str) -> bool {
    let text = text.trim();
    text.contains(['e', 'E'])
        && text.contains(|letter: char| letter.is_ascii_digit())
        && text.replace(',', ".").parse::<f64>().is_ok()
}
