//! The text of a configuration file, the errors that name its lines, and the types of its values.

use std::cell::{Cell, RefCell};
use std::num::IntErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use crate::config::field::{Field, FieldValue, Origin};
use crate::config::mask::{mask_key_like, mask_line};
use crate::config::path::{
    describe_control_character, describe_unexpanded, resolve_path, unprintable_in,
};
use crate::config::toml_words;
use crate::error::{Error, Exit, Result};

/// The path and the text of a configuration file, and the fields that were read from it.
pub(super) struct ConfigText<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    fields: RefCell<Vec<Field>>,
    /// The position of the newest error.
    error_at: Cell<Option<usize>>,
    /// The name and the position of a field that its table does not have.
    unknown: RefCell<Option<Spanned<String>>>,
}

impl<'a> ConfigText<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self {
            path,
            text,
            fields: RefCell::default(),
            error_at: Cell::default(),
            unknown: RefCell::default(),
        }
    }

    /// Records a field that the program looks for. `position` is where the file has it.
    pub(super) fn add_field(&self, name: String, position: Option<usize>) {
        let origin = position.map_or(Origin::Default, |position| {
            Origin::Line(self.line_of(position))
        });
        self.fields.borrow_mut().push(Field {
            name,
            value: FieldValue::Unset,
            origin,
        });
    }

    /// Records the value of a field after [`Self::add_field`].
    pub(super) fn set_value(&self, name: &str, value: FieldValue) {
        let mut fields = self.fields.borrow_mut();
        if let Some(field) = fields.iter_mut().rev().find(|field| field.name == name) {
            field.value = value;
        }
    }

    /// Takes the recorded fields, in the order in which they were read.
    pub(super) fn take_fields(&self) -> Vec<Field> {
        self.fields.take()
    }

    /// Records a field that its table does not have.
    pub(super) fn set_unknown(&self, field: Spanned<String>) {
        self.unknown.replace(Some(field));
    }

    /// Takes the field that its table does not have.
    pub(super) fn take_unknown(&self) -> Option<Spanned<String>> {
        self.unknown.take()
    }

    /// The position of the newest error, to find the field that caused it.
    pub(super) fn position_of_error(&self) -> Option<usize> {
        self.error_at.get()
    }

    /// The number of the line of a position. The first line is 1.
    pub(super) fn line_of(&self, position: usize) -> usize {
        let before = self.text.get(..position).unwrap_or_default();
        1 + before.matches('\n').count()
    }

    /// The error for the line of `span`. It shows the line without what may be secret.
    pub(super) fn error_at(&self, span: Range<usize>, why: impl AsRef<str>) -> Error {
        self.error_at.set(Some(span.start));
        let line = self.line_of(span.start);
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        let shown = match mask_line(text) {
            shown if shown.is_empty() => String::new(),
            shown => format!("; the line is: {shown}"),
        };
        Error::new(format!("use the configuration {}", self.path.display()))
            .with_source(format!("line {line}: {}{shown}", mask_key_like(why.as_ref())))
            .with_help(
                "correct that line, then run `tornsnap config check`; the configuration page in the repository, \
                 src/docs/configuration.md, lists every field with its default",
            )
            .with_exit(Exit::Config)
    }

    /// The error for text that is not TOML.
    pub(super) fn syntax_error(&self, error: &toml::de::Error) -> Error {
        let span = self.within_text(error.span().unwrap_or_default());
        let open = self.open_list_before(span.start).or_else(|| {
            let is_open = error.message().starts_with("unclosed array");
            open_list(self.text).filter(|_| is_open)
        });
        if let Some(open) = open {
            return self.error_at(open..open + 1, LIST_IS_OPEN);
        }
        let line = self.line_of(span.start);
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        if let Some(why) = toml_words::describe_foreign(text) {
            return self.error_at(span, why);
        }
        let value = self.value_before(span.start);
        if let Some(why) = toml_words::describe_mistyped(text, value, self.is_of_ids(line)) {
            return self.error_at(span, why);
        }
        if error.message().starts_with("duplicate key") {
            let before = match toml_words::earlier_line(self.text, line) {
                Some(before) => format!("line {before} has this name already"),
                None => "an earlier line has this name already".to_owned(),
            };
            let remedy = match text.trim_start() {
                heading if heading.starts_with("[key]") => {
                    "each key is a table under [[key]], in two brackets"
                }
                heading if heading.starts_with('[') => "put the fields of both under one heading",
                _ => "keep one of the two",
            };
            return self.error_at(span, format!("{before}; {remedy}"));
        }
        match value {
            Some(value) if value.is_empty() || value.starts_with('#') => {
                self.error_at(span, "a value is missing after the `=`")
            }
            Some(value) if is_unquoted_text(value) => self.error_at(
                span,
                "the value is not in quotes, and it is neither a number nor true or false",
            ),
            Some(value) if has_backslash_in_double_quotes(value) => {
                self.error_at(span, BACKSLASH_IN_QUOTES)
            }
            _ if error.message().starts_with("missing comma between array") => {
                self.error_at(span, COMMA_IS_MISSING)
            }
            _ if error.message().starts_with("string values must be quoted") => {
                let why = self.describe_unquoted(span.start);
                self.error_at(span, why)
            }
            Some(value) if !toml_words::knows(error.message()) => {
                self.error_at(span, toml_words::describe_rest(value))
            }
            _ => self.error_at(span, toml_words::plain(error.message())),
        }
    }

    /// The reason why the text at a position is no value: a word, a word behind a number, or an entry behind another.
    fn describe_unquoted(&self, position: usize) -> &'static str {
        let value = self.value_before(position);
        if let Some(value) = value.filter(|value| !value.starts_with('[')) {
            let is_number =
                value.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first));
            return if is_number {
                UNIT_IS_TOO_MUCH
            } else {
                toml_words::NO_VALUE
            };
        }
        let rest = self.text.get(position..).unwrap_or_default();
        if rest.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return TEXT_IS_UNQUOTED;
        }
        COMMA_IS_MISSING
    }

    /// Whether the line with this number has a field that takes a list of ids. `[schedule]` has fields of the same names.
    fn is_of_ids(&self, line: usize) -> bool {
        let lines: Vec<&str> = self.text.lines().take(line).map(str::trim).collect();
        let Some((field, before)) = lines.split_last() else {
            return false;
        };
        let name = field.split('=').next().unwrap_or_default().trim();
        let heading = before.iter().rfind(|line| line.starts_with('['));
        matches!(name, "players" | "factions")
            && heading.is_some_and(|heading| heading.starts_with("[track]"))
    }

    /// The position of a list that is not closed, if the line of a later position begins a new field or table. Within a list,
    /// no line does.
    fn open_list_before(&self, position: usize) -> Option<usize> {
        let before = self.text.get(..position)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[line_start..].lines().next()?.trim_start();
        let is_field = line
            .split_once('=')
            .is_some_and(|(name, _)| !name.contains(['"', '\'', '#', ',', '[', ']']));
        let is_table = line.starts_with('[') && line.trim_end().ends_with(']');
        if !is_field && !is_table {
            return None;
        }
        open_list(&self.text[..line_start])
    }

    /// A span that is not behind the last line. The parser finds only there that a text in three quotation marks is open.
    fn within_text(&self, span: Range<usize>) -> Range<usize> {
        let end = self.text.trim_end().len();
        let opening = ["\"\"\"", "'''"]
            .iter()
            .filter(|quotes| self.text.matches(**quotes).count() % 2 == 1)
            .filter_map(|quotes| self.text.rfind(quotes))
            .max();
        let is_behind = self.line_of(span.start) > self.text.lines().count();
        if span.start < end || opening.is_none() && !is_behind {
            return span;
        }
        let last = self.text[..end].char_indices().next_back();
        let start = opening.or(last.map(|(at, _)| at)).unwrap_or(0);
        start..start
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
        self.refuse_blank(value, "path")?;
        if let Some(why) = describe_control_character(value.get_ref()) {
            return Err(self.error_at(value.span(), why));
        }
        if let Some(why) = describe_unexpanded(Path::new(value.get_ref())) {
            return Err(self.error_at(value.span(), why));
        }
        resolve_path(self.path, value.get_ref())
    }

    /// Refuses a text without a letter. A missing field is what the user means by it.
    pub(super) fn refuse_blank(&self, value: &Spanned<String>, noun: &str) -> Result<()> {
        if value.get_ref().trim().is_empty() {
            let why = format!("the {noun} is empty; write one, or remove the line");
            return Err(self.error_at(value.span(), why));
        }
        Ok(())
    }

    /// Refuses characters that a terminal obeys instead of showing, because messages contain the text.
    pub(super) fn refuse_unprintable(&self, value: &Spanned<String>, noun: &str) -> Result<()> {
        match unprintable_in(value.get_ref().chars()) {
            None => Ok(()),
            Some(name) => {
                let why = format!("the {noun} contains {name}; remove it");
                Err(self.error_at(value.span(), why))
            }
        }
    }

    /// Whether the text at `span` is this table header, such as `[track]`.
    pub(super) fn has_header(&self, span: &Range<usize>, header: &str) -> bool {
        let text = self.text.get(span.start..).unwrap_or_default();
        text.starts_with(header)
    }
}

/// The position of the first `[` of a value that no `]` closes. Texts over several lines are not looked into.
fn open_list(text: &str) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let is_table = open.is_empty() && line.trim_start().starts_with('[');
        let mut quote = None;
        for (index, character) in line.char_indices().filter(|_| !is_table) {
            match (quote, character) {
                (Some(mark), _) if mark == character => quote = None,
                (None, '"' | '\'') => quote = Some(character),
                (None, '#') => break,
                (None, '[') => open.push(start + index),
                (None, ']') => drop(open.pop()),
                _ => {}
            }
        }
        start += line.len();
    }
    open.first().copied()
}

const LIST_IS_OPEN: &str =
    "the list that begins in this line is not closed with ], as in [9001, 9002]";

const UNIT_IS_TOO_MUCH: &str = "there is something behind the number; write the number alone, or a text in straight quotes, such \
                                as \"5m\", if the field takes a text";

const COMMA_IS_MISSING: &str = "a comma is missing in a list, or the list is not closed with ]";

const TEXT_IS_UNQUOTED: &str = "a word is not in quotes, and it is neither a number nor true or false; players and factions are \
                                listed by their ids, such as [1, 2]";

/// The error about a path of Windows in double quotes.
const BACKSLASH_IN_QUOTES: &str = "in double quotes, a backslash begins an escape such as \\n; write a Windows path in single \
                                   quotes ('C:\\Torn\\torn.db') or with / (\"C:/Torn/torn.db\")";

/// Whether a value is a text in double quotes that contains a backslash.
fn has_backslash_in_double_quotes(value: &str) -> bool {
    value.starts_with('"') && value.contains('\\')
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
