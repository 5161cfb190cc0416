//! The text of a configuration file, the errors that name its lines, and the types of its values.

use std::num::IntErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use crate::config::mask::{mask_addresses, mask_key_like};
use crate::config::path::{describe_unexpanded, resolve_path};
use crate::error::{Error, Exit, Result};

/// The path and the text of a configuration file.
pub(super) struct ConfigText<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl ConfigText<'_> {
    /// The error for the line of `span`. It does not contain the line, which may contain a key.
    pub(super) fn error_at(&self, span: Range<usize>, why: impl AsRef<str>) -> Error {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        Error::new(format!("use the configuration {}", self.path.display()))
            .with_source(format!("line {line}: {}", mask_key_like(why.as_ref())))
            .with_help(
                "correct that line; the configuration page in the repository, src/docs/configuration.md, lists every \
                 field with its default",
            )
            .with_exit(Exit::Config)
    }

    /// The error for text that is not TOML.
    pub(super) fn syntax_error(&self, error: &toml::de::Error) -> Error {
        let span = error.span().unwrap_or_default();
        match self.value_before(span.start) {
            Some(value) if value.is_empty() || value.starts_with('#') => {
                self.error_at(span, "a value is missing after the `=`")
            }
            Some(value) if is_unquoted_text(value) => self.error_at(
                span,
                "the value is not in quotes, and it is neither a number nor true or false",
            ),
            _ => self.error_at(span, mask_addresses(&error.message().replace('\n', ", "))),
        }
    }

    /// The rest of the line after the last `=` that is before a position and not in quotes.
    fn value_before(&self, position: usize) -> Option<&str> {
        let before = self.text.get(..position)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[line_start..].lines().next()?;
        let mut is_in_quotes = false;
        let mut value = None;
        for (index, character) in before[line_start..].char_indices() {
            match character {
                '"' | '\'' => is_in_quotes = !is_in_quotes,
                '=' if !is_in_quotes => value = line.get(index + 1..),
                _ => {}
            }
        }
        value.map(str::trim)
    }

    pub(super) fn wrong_type(&self, span: Range<usize>, subject: &str, expected: &str) -> Error {
        self.error_at(span, format!("{subject} must be {expected}"))
    }

    pub(super) fn string(
        &self,
        value: &Spanned<DeValue<'_>>,
        subject: &str,
    ) -> Result<Spanned<String>> {
        match value.get_ref() {
            DeValue::String(text) => Ok(Spanned::new(value.span(), text.to_string())),
            _ => Err(self.wrong_type(value.span(), subject, "text in quotes")),
        }
    }

    pub(super) fn integer(&self, value: &Spanned<DeValue<'_>>, subject: &str) -> Result<i64> {
        let refuse = |expected| self.wrong_type(value.span(), subject, expected);
        let DeValue::Integer(number) = value.get_ref() else {
            return Err(refuse("a whole number"));
        };
        i64::from_str_radix(number.as_str(), number.radix()).map_err(|error| {
            refuse(match error.kind() {
                IntErrorKind::NegOverflow => "a larger number",
                IntErrorKind::PosOverflow => "a smaller number",
                _ => "a whole number",
            })
        })
    }

    /// The path in a field. A relative path is relative to the folder of the file.
    pub(super) fn path(&self, value: &Spanned<String>) -> Result<PathBuf> {
        if let Some(why) = describe_unexpanded(Path::new(value.get_ref())) {
            return Err(self.error_at(value.span(), why));
        }
        resolve_path(self.path, value.get_ref())
    }

    /// Whether the text at `span` is this table header, such as `[track]`.
    pub(super) fn has_header(&self, span: &Range<usize>, header: &str) -> bool {
        let text = self.text.get(span.start..).unwrap_or_default();
        text.starts_with(header)
    }
}

/// Whether a value begins like a text without quotes. The only words in TOML are those for booleans and floats.
fn is_unquoted_text(value: &str) -> bool {
    let word = value
        .split(|next: char| !next.is_alphanumeric())
        .next()
        .unwrap_or_default();
    value.starts_with(|first: char| first.is_alphabetic() || "/~.".contains(first))
        && !["true", "false", "inf", "nan"].contains(&word)
}
