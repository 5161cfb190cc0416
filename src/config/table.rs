//! Reads the fields of the tables in `tornsnap.toml`. An error names the line, the field and the expected value.

use std::collections::BTreeSet;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::config_text::ConfigText;
use crate::config::field::FieldValue;
use crate::config::mask::{mask_addresses, mask_key_like, mask_path};
use crate::config::path::resolve_path;
use crate::config::toml_words::LIST_OF_NUMBERS;
use crate::error::Result;
use crate::model::nearest::nearest;

/// A table whose fields are read one by one. At the end, [`Table::refuse_unknown_fields`] refuses all other fields.
pub(super) struct Table<'a> {
    config: &'a ConfigText<'a>,
    /// The name of the table with a dot, such as `api.`; empty for the table of the whole file.
    prefix: String,
    /// The fields that have not been read yet.
    fields: DeTable<'a>,
    /// The names of the fields that have been read, also of those that the file does not have.
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// The table of the whole file.
    pub(super) fn of_file(config: &'a ConfigText<'a>, fields: DeTable<'a>) -> Self {
        Self::new(config, String::new(), fields)
    }

    fn new(config: &'a ConfigText<'a>, prefix: String, fields: DeTable<'a>) -> Self {
        Self {
            config,
            prefix,
            fields,
            known: Vec::new(),
        }
    }

    /// Names this table of a list, such as `key.alice`, for the record of its fields.
    pub(super) fn set_name(&mut self, name: &str) {
        self.prefix = format!("{name}.");
    }

    fn take(&mut self, name: &'static str) -> Option<Spanned<DeValue<'a>>> {
        self.known.push(name);
        self.fields.remove(name)
    }

    /// Takes a field and records it for `config show`.
    fn take_value(&mut self, name: &'static str) -> Option<Spanned<DeValue<'a>>> {
        self.known.push(name);
        let found = self.fields.remove_entry(name);
        let position = found.as_ref().map(|(name, _)| name.span().start);
        self.config
            .add_field(format!("{}{name}", self.prefix), position);
        found.map(|(_, value)| value)
    }

    /// Records the value of a field.
    pub(super) fn record(&self, name: &str, value: FieldValue) {
        self.config
            .set_value(&format!("{}{name}", self.prefix), value);
    }

    /// Refuses the first field that the program does not know.
    pub(super) fn refuse_unknown_fields(self) -> Result<()> {
        let Some(unknown) = self.fields.keys().min_by_key(|name| name.span().start) else {
            return Ok(());
        };
        let name = mask_addresses(unknown.get_ref());
        self.config
            .set_unknown(Spanned::new(unknown.span(), unknown.get_ref().to_string()));
        let table = match self.prefix.split('.').next() {
            None | Some("") => String::new(),
            Some("key") => " in [[key]]".to_owned(),
            Some(table) => format!(" in [{table}]"),
        };
        let near = nearest(unknown.get_ref(), self.known.iter().copied());
        let hint = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
        Err(self.config.error_at(
            unknown.span(),
            format!(
                "unknown field `{}`{table}{hint}, expected {}",
                name.escape_debug(),
                list_choices(&self.known)
            ),
        ))
    }

    /// The table in a field, such as `[track]`. A missing table is empty.
    pub(super) fn table(&mut self, name: &'static str) -> Result<Self> {
        let config = self.config;
        let Some(value) = self.take(name) else {
            return Ok(Self::new(config, format!("{name}."), DeTable::new()));
        };
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(fields) => Ok(Self::new(config, format!("{name}."), fields)),
            DeValue::Array(_) if config.has_header(&span, &format!("[[{name}]]")) => {
                Err(config.error_at(span, format!("write [{name}], not [[{name}]]")))
            }
            _ => Err(config.wrong_type(span, name, "a table")),
        }
    }

    /// The tables in a list, such as `[[key]]`. The span of each is that of its header.
    pub(super) fn tables(&mut self, name: &'static str) -> Result<Vec<Spanned<Self>>> {
        let config = self.config;
        let Some(value) = self.take(name) else {
            return Ok(Vec::new());
        };
        let span = value.span();
        let entries = match value.into_inner() {
            DeValue::Array(entries) => entries,
            DeValue::Table(_) if config.has_header(&span, &format!("[{name}]")) => {
                return Err(config.error_at(span, format!("write [[{name}]], not [{name}]")));
            }
            _ => {
                let expected = format!("a list of tables, each with the heading [[{name}]]");
                return Err(config.wrong_type(span, name, &expected));
            }
        };
        entries
            .into_iter()
            .map(|entry| {
                let span = entry.span();
                match entry.into_inner() {
                    DeValue::Table(fields) => {
                        let table = Self::new(config, format!("{name}."), fields);
                        Ok(Spanned::new(span, table))
                    }
                    _ => Err(config.wrong_type(span, &format!("each entry of {name}"), "a table")),
                }
            })
            .collect()
    }

    pub(super) fn string(&mut self, name: &'static str) -> Result<Option<Spanned<String>>> {
        let text = self.secret_string(name)?;
        if let Some(text) = &text {
            // A key in the wrong field is still a secret.
            let shown = mask_key_like(&mask_addresses(text.get_ref()));
            self.record(name, FieldValue::Text(shown));
        }
        Ok(text)
    }

    /// A text whose value is not recorded.
    pub(super) fn secret_string(&mut self, name: &'static str) -> Result<Option<Spanned<String>>> {
        let value = self.take_value(name);
        if value.is_some() {
            self.record(name, FieldValue::Secret);
        }
        value
            .map(|value| self.config.string(&value, name))
            .transpose()
    }

    pub(super) fn path(&mut self, name: &'static str) -> Result<Option<PathBuf>> {
        let value = self.string(name)?;
        value.map(|value| self.resolve(name, &value)).transpose()
    }

    /// Resolves the path in a field that was read as text.
    pub(super) fn resolve(&self, name: &str, value: &Spanned<String>) -> Result<PathBuf> {
        let path = self.config.path(value)?;
        self.record(name, FieldValue::Path(mask_path(&path)));
        Ok(path)
    }

    pub(super) fn path_or(&mut self, name: &'static str, default: &str) -> Result<PathBuf> {
        if let Some(path) = self.path(name)? {
            return Ok(path);
        }
        let path = resolve_path(self.config.path, default)?;
        self.record(name, FieldValue::Path(path.clone()));
        Ok(path)
    }

    pub(super) fn boolean_or(&mut self, name: &'static str, default: bool) -> Result<bool> {
        let boolean = match self.take_value(name) {
            None => default,
            Some(value) => value
                .get_ref()
                .as_bool()
                .ok_or_else(|| self.config.wrong_type(value.span(), name, "true or false"))?,
        };
        self.record(name, FieldValue::Boolean(boolean));
        Ok(boolean)
    }

    /// A number from `low` to `high`.
    pub(super) fn number_or(
        &mut self,
        name: &'static str,
        low: i64,
        high: i64,
        default: u32,
    ) -> Result<u32> {
        self.number_in(name, low, high, default, &format!("from {low} to {high}"))
    }

    /// A number from `low` to `high`. `range` tells the user which numbers are right.
    pub(super) fn number_in(
        &mut self,
        name: &'static str,
        low: i64,
        high: i64,
        default: u32,
        range: &str,
    ) -> Result<u32> {
        let number = match self.take_value(name) {
            None => default,
            Some(value) => {
                let number = self.config.integer(&value, name)?;
                u32::try_from(number)
                    .ok()
                    .filter(|_| (low..=high).contains(&number))
                    .ok_or_else(|| {
                        self.config
                            .error_at(value.span(), format!("{name} = {number} is not {range}"))
                    })?
            }
        };
        self.record(name, FieldValue::Number(number.into()));
        Ok(number)
    }

    /// The value that belongs to the word in a field. Each choice is a word and its value. The first one is the default.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Result<Option<T>> {
        let Some(text) = self.string(name)? else {
            if let Some((default, _)) = choices.first() {
                self.record(name, FieldValue::Text((*default).to_owned()));
            }
            return Ok(None);
        };
        let choice = choices.iter().find(|(word, _)| word == text.get_ref());
        let value = choice.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let expected = list_choices(&words);
            self.config.wrong_type(text.span(), name, &expected)
        })?;
        Ok(Some(value))
    }

    /// A list of ids. A missing list is empty.
    pub(super) fn ids<T: Ord>(
        &mut self,
        name: &'static str,
        to_id: impl Fn(i64) -> Result<T>,
    ) -> Result<BTreeSet<T>> {
        let Some(value) = self.take_value(name) else {
            self.record(name, FieldValue::Numbers(Vec::new()));
            return Ok(BTreeSet::new());
        };
        let config = self.config;
        let DeValue::Array(entries) = value.get_ref() else {
            let expected = LIST_OF_NUMBERS;
            return Err(config.wrong_type(value.span(), name, expected));
        };
        let mut numbers = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for entry in entries {
            let number = config.integer(entry, &format!("each entry of {name}"))?;
            let id = to_id(number).map_err(|_| {
                let why = format!("{number} is not an id in {name}: ids are whole numbers from 1");
                config.error_at(entry.span(), why)
            })?;
            numbers.insert(number);
            ids.insert(id);
        }
        self.record(name, FieldValue::Numbers(numbers.into_iter().collect()));
        Ok(ids)
    }

    pub(super) fn word_or_list(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<Spanned<WordOrList>>> {
        let Some(value) = self.take_value(name) else {
            return Ok(None);
        };
        let refuse = |span| self.config.wrong_type(span, name, expected);
        let found = match value.get_ref() {
            DeValue::String(word) => WordOrList::Word(word.to_string()),
            DeValue::Array(entries) => WordOrList::List(
                entries
                    .iter()
                    .map(|entry| {
                        let text = entry.get_ref().as_str().map(str::to_owned);
                        text.ok_or_else(|| refuse(entry.span()))
                    })
                    .collect::<Result<_>>()?,
            ),
            _ => return Err(refuse(value.span())),
        };
        Ok(Some(Spanned::new(value.span(), found)))
    }
}

/// The value of a field that is either one word or a list of texts.
pub(super) enum WordOrList {
    Word(String),
    List(Vec<String>),
}

/// Lists names for an error message: "`a`", "`a` or `b`", "one of `a`, `b`, `c`".
fn list_choices(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [first, second] => format!("{first} or {second}"),
        [only] => only.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

#[cfg(test)]
mod tests;
