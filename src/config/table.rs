//! Reads the fields of the tables in `tornsnap.toml`. An error names the line, the field and the expected value.

use std::collections::BTreeSet;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::config_text::ConfigText;
use crate::config::mask::mask_addresses;
use crate::config::path::resolve_path;
use crate::error::Result;

/// A table whose fields are read one by one. At the end, [`Table::refuse_unknown_fields`] refuses all other fields.
pub(super) struct Table<'a> {
    config: &'a ConfigText<'a>,
    /// The fields that have not been read yet.
    fields: DeTable<'a>,
    /// The names of the fields that have been read, also of those that the file does not have.
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// Parses the table of the whole file.
    pub(super) fn parse(config: &'a ConfigText<'a>) -> Result<Self> {
        let fields = DeTable::parse(config.text).map_err(|error| config.syntax_error(&error))?;
        Ok(Self::new(config, fields.into_inner()))
    }

    fn new(config: &'a ConfigText<'a>, fields: DeTable<'a>) -> Self {
        Self {
            config,
            fields,
            known: Vec::new(),
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Spanned<DeValue<'a>>> {
        self.known.push(name);
        self.fields.remove(name)
    }

    /// Refuses the first field that the program does not know.
    pub(super) fn refuse_unknown_fields(self) -> Result<()> {
        let unknown = self.fields.keys().min_by_key(|name| name.span().start);
        let Some(unknown) = unknown else {
            return Ok(());
        };
        let name = mask_addresses(unknown.get_ref());
        Err(self.config.error_at(
            unknown.span(),
            format!(
                "unknown field `{}`, expected {}",
                name.escape_debug(),
                list_choices(&self.known)
            ),
        ))
    }

    /// The table in a field, such as `[track]`. A missing table is empty.
    pub(super) fn table(&mut self, name: &'static str) -> Result<Self> {
        let config = self.config;
        let Some(value) = self.take(name) else {
            return Ok(Self::new(config, DeTable::new()));
        };
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(fields) => Ok(Self::new(config, fields)),
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
                    DeValue::Table(fields) => Ok(Spanned::new(span, Self::new(config, fields))),
                    _ => Err(config.wrong_type(span, &format!("each entry of {name}"), "a table")),
                }
            })
            .collect()
    }

    pub(super) fn string(&mut self, name: &'static str) -> Result<Option<Spanned<String>>> {
        let value = self.take(name);
        value
            .map(|value| self.config.string(&value, name))
            .transpose()
    }

    pub(super) fn path(&mut self, name: &'static str) -> Result<Option<PathBuf>> {
        let value = self.string(name)?;
        value.map(|value| self.config.path(&value)).transpose()
    }

    pub(super) fn path_or(&mut self, name: &'static str, default: &str) -> Result<PathBuf> {
        match self.path(name)? {
            Some(path) => Ok(path),
            None => resolve_path(self.config.path, default),
        }
    }

    pub(super) fn boolean_or(&mut self, name: &'static str, default: bool) -> Result<bool> {
        match self.take(name) {
            None => Ok(default),
            Some(value) => value
                .get_ref()
                .as_bool()
                .ok_or_else(|| self.config.wrong_type(value.span(), name, "true or false")),
        }
    }

    /// A number from `low` to `high`.
    pub(super) fn number_or(
        &mut self,
        name: &'static str,
        low: i64,
        high: i64,
        default: u32,
    ) -> Result<u32> {
        let Some(value) = self.take(name) else {
            return Ok(default);
        };
        let number = self.config.integer(&value, name)?;
        u32::try_from(number)
            .ok()
            .filter(|_| (low..=high).contains(&number))
            .ok_or_else(|| {
                self.config.error_at(
                    value.span(),
                    format!("{name} = {number} is not from {low} to {high}"),
                )
            })
    }

    /// The value that belongs to the word in a field. Each choice is a word and its value.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Result<Option<T>> {
        let Some(text) = self.string(name)? else {
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
        let Some(value) = self.take(name) else {
            return Ok(BTreeSet::new());
        };
        let config = self.config;
        let DeValue::Array(entries) = value.get_ref() else {
            let expected = "a list of numbers, such as [10741]";
            return Err(config.wrong_type(value.span(), name, expected));
        };
        entries
            .iter()
            .map(|entry| {
                let number = config.integer(entry, &format!("each entry of {name}"))?;
                to_id(number).map_err(|_| {
                    let why = format!("{number} is not an id: ids are whole numbers from 1");
                    config.error_at(entry.span(), why)
                })
            })
            .collect()
    }

    pub(super) fn word_or_list(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<Spanned<WordOrList>>> {
        let Some(value) = self.take(name) else {
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
mod tests {
    use std::path::Path;

    use super::super::file::parse;

    /// Fails unless the error about a configuration begins with this text.
    fn expect_error(text: &str, expected: &str) {
        let error = parse(Path::new("tornsnap.toml"), text).unwrap_err();
        let message = error.causes().join(" ");
        assert!(message.starts_with(expected), "{text:?}: {message}");
    }

    #[test]
    fn an_error_about_a_type_names_the_field_and_what_is_expected() {
        expect_error("database = 3", "line 1: database must be text in quotes");
        expect_error("[log]\nfile = true", "line 2: file must be text in quotes");
        expect_error(
            "[track]\nmembers = \"yes\"",
            "line 2: members must be true or false",
        );
        expect_error(
            "[track]\nplayers = 3",
            "line 2: players must be a list of numbers, such as [10741]",
        );
        expect_error(
            "[track]\nplayers = [1,\n\"a = b\"]",
            "line 3: each entry of players must be a whole number",
        );
        expect_error("[track]\nwars = 1", "line 2: wars must be text in quotes");
        expect_error(
            "[track]\nwars = \"some\"",
            "line 2: wars must be `tracked` or `all`",
        );
        expect_error(
            "[track]\nterritories = 1",
            "line 2: territories must be \"tracked\", \"all\", \"none\" or a list such as [\"AAB\", \"AAC\"]",
        );
        expect_error(
            "[track]\nterritories = [\"AAB\",\n1]",
            "line 3: territories must be \"tracked\", \"all\", \"none\" or a list such as [\"AAB\", \"AAC\"]",
        );
        expect_error(
            "[[key]]\nkey_env = \"A\"\n[[key]]\nname = 3",
            "line 4: name must be text in quotes",
        );
        expect_error("[[key]]\nkey = 3", "line 2: key must be text in quotes");
        expect_error(
            "database = [1, 2]",
            "line 1: database must be text in quotes",
        );
    }

    #[test]
    fn an_error_about_a_number_says_which_numbers_fit() {
        expect_error(
            "api = { timeout_seconds = 30, concurrency = \"x\" }",
            "line 1: concurrency must be a whole number",
        );
        expect_error(
            "[api]\nconcurrency = 1.5",
            "line 2: concurrency must be a whole number",
        );
        expect_error(
            "[api]\nconcurrency = 0x",
            "line 2: concurrency must be a whole number",
        );
        expect_error(
            "[api]\nconcurrency = 99999999999999999999",
            "line 2: concurrency must be a smaller number",
        );
        expect_error(
            "[api]\nconcurrency = -99999999999999999999",
            "line 2: concurrency must be a larger number",
        );
    }

    #[test]
    fn an_error_about_a_table_names_its_heading_or_its_fields() {
        expect_error("track = 3", "line 1: track must be a table");
        expect_error("[key]\nname = \"a\"", "line 1: write [[key]], not [key]");
        expect_error(
            "key = 3",
            "line 1: key must be a list of tables, each with the heading [[key]]",
        );
        expect_error("key = [3]", "line 1: each entry of key must be a table");
        expect_error(
            "[[track]]\nplayers = [1]",
            "line 1: write [track], not [[track]]",
        );
        expect_error(
            "[log]\nlevel = 1",
            "line 2: unknown field `level`, expected `file`",
        );
        expect_error(
            "\n\"a\\nb\" = 1",
            "line 2: unknown field `a\\nb`, expected one of",
        );
    }

    #[test]
    fn an_error_about_a_missing_or_unquoted_value_says_so() {
        expect_error(
            "[track]\nmembers = True",
            "line 2: the value is not in quotes, and it is neither a number nor true or false",
        );
        expect_error("[api]\nconcurrency =", "line 2: a value is missing");
        expect_error(
            "[api]\nconcurrency = # four\n",
            "line 2: a value is missing",
        );
        expect_error("[log]\nfile = t.log", "line 2: the value is not in quotes");
        expect_error(
            "[log]\nfile = ~/t.log",
            "line 2: the value is not in quotes",
        );
        expect_error("[log]\nfile = /t.log", "line 2: the value is not in quotes");
        expect_error(
            "[health]\nping_url = https://x",
            "line 2: the value is not in quotes",
        );
        expect_error(
            "api = { base_url = x }",
            "line 1: the value is not in quotes",
        );
        expect_error("[backup]\ncompress = true false", "line 2: ");
        expect_error("[log]\nfile = \"a=b", "line 2: invalid basic string");
        expect_error("\"a=b\" = c", "line 1: the value is not in quotes");
        expect_error("a = 1\nb", "line 2: ");
        expect_error("a = 1\n[b", "line 2: ");
    }

    #[test]
    fn every_notation_of_a_toml_integer_is_read() {
        for number in ["+5", "5", "0x5", "0b101", "0o5"] {
            let text = format!("[api]\nconcurrency = {number}\n");
            let settings = parse(Path::new("tornsnap.toml"), &text).unwrap();
            assert_eq!(settings.api.concurrency, 5, "{number}");
        }
        let thousand = "[retention]\nkeep_months = 1_000\n";
        let settings = parse(Path::new("tornsnap.toml"), thousand).unwrap();
        assert_eq!(settings.retention.keep_months, 1000);
    }
}
