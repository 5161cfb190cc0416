//! Finds all mistakes in a configuration file, not only the first one.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::config::Settings;
use crate::config::config_text::ConfigText;
use crate::config::file::settings;
use crate::config::mask::{mask_addresses, mask_key_like};
use crate::error::Error;

/// A mistake in a configuration file.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The number of the line, if the mistake is in one.
    pub(crate) line: Option<usize>,
    /// The table and the field, such as `api.concurrency`, if the mistake is in one. The field of a `[[key]]` begins with
    /// `key.`.
    pub(crate) field: Option<String>,
    pub(crate) error: Error,
}

/// The most mistakes that are looked for. A file with more is probably no configuration at all.
const MOST_PROBLEMS: usize = 50;

/// The fields for the place of a key. A `[[key]]` has one of them.
const KEY_LOCATIONS: [&str; 3] = ["key", "key_file", "key_env"];

/// All mistakes in the text of the configuration file at `path`, in the order of their lines. The settings are those of the
/// other fields; `None` if the rest cannot be read.
pub(crate) fn find_problems(path: &Path, text: &str) -> (Vec<Problem>, Option<Settings>) {
    let mut problems: Vec<Problem> = Vec::new();
    let mut unread_from = None;
    let (table, syntax_errors) = DeTable::parse_recoverable(text);
    for error in &syntax_errors {
        let config = ConfigText::new(path, text);
        let shown = config.syntax_error(error);
        add(&mut problems, &config, None, shown);
        // If a bracket or a brace is not closed, the parser takes the rest of the file for what is in it.
        let message = error.message();
        if ["array", "inline table", "missing comma"]
            .iter()
            .any(|part| message.contains(part))
        {
            unread_from = problems.last().and_then(|problem| problem.line);
            break;
        }
    }
    let has_syntax_errors = !problems.is_empty();
    let mut table = table.into_inner();
    // The value of a field with such an error is an invention of the parser, without a position.
    for problem in &problems {
        if let Some(name) = problem.line.and_then(|line| start_of_line(text, line))
            && is_name(&table, name)
        {
            remove_at(&mut table, name);
        }
    }
    let mut rest = None;
    while problems.len() < MOST_PROBLEMS {
        let config = ConfigText::new(path, text);
        match settings(&config, table.clone()) {
            Ok(found) => {
                rest = Some(Settings {
                    config_file: Some(path.to_owned()),
                    ..found
                });
                break;
            }
            Err(error) => {
                // Without the field that is wrong, the next mistake shows.
                let field = config
                    .position_of_error()
                    .and_then(|position| remove_at(&mut table, position));
                let is_last = field.is_none();
                add(&mut problems, &config, field, error);
                if is_last {
                    break;
                }
            }
        }
    }
    if let Some(line) = unread_from {
        problems.retain(|problem| problem.line.is_some_and(|other| other <= line));
    }
    problems.sort_by_key(|problem| problem.line);
    (problems, rest.filter(|_| !has_syntax_errors))
}

/// The position of the first letter of a line; the first line is 1.
fn start_of_line(text: &str, line: usize) -> Option<usize> {
    let before: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let rest = text.get(before..)?;
    Some(before + rest.len() - rest.trim_start().len())
}

/// Whether a position is in the name of a field.
fn is_name(table: &DeTable<'_>, position: usize) -> bool {
    table.iter().any(|(name, value)| {
        contains(&name.span(), position)
            || match value.get_ref() {
                DeValue::Table(fields) => is_name(fields, position),
                DeValue::Array(entries) => entries.iter().any(|entry| match entry.get_ref() {
                    DeValue::Table(fields) => is_name(fields, position),
                    _ => false,
                }),
                _ => false,
            }
    })
}

/// Adds a problem, unless its line has one. The second is mostly a consequence of the first.
fn add(problems: &mut Vec<Problem>, config: &ConfigText<'_>, field: Option<String>, error: Error) {
    let line = config
        .position_of_error()
        .map(|position| config.line_of(position));
    if line.is_none() || problems.iter().all(|problem| problem.line != line) {
        // The name of an unknown field may be a key or an address in the wrong place.
        let field = field.map(|field| mask_key_like(&mask_addresses(&field)));
        problems.push(Problem { line, field, error });
    }
}

/// Removes the field, or the entry of a list, that has an error at a position. Returns its name.
fn remove_at(table: &mut DeTable<'_>, position: usize) -> Option<String> {
    let found = table
        .iter()
        .find(|(name, value)| contains(&name.span(), position) || holds(value, position));
    let (name, is_at_name) =
        found.map(|(name, _)| (name.get_ref().to_string(), contains(&name.span(), position)))?;
    if !is_at_name {
        let inner = match table.get_mut(name.as_str()).map(Spanned::get_mut) {
            Some(DeValue::Table(fields)) => {
                remove_at(fields, position).map(|field| format!("{name}.{field}"))
            }
            Some(DeValue::Array(entries)) => {
                remove_entry(entries, position).map(|field| format!("{name}{field}"))
            }
            _ => None,
        };
        if inner.is_some() {
            return inner;
        }
    }
    table.remove(name.as_str());
    Some(name)
}

/// Removes an entry of a list, or a field of a `[[key]]`. Returns the name of the field after a dot; it is empty for an entry.
fn remove_entry(entries: &mut DeArray<'_>, position: usize) -> Option<String> {
    let index = entries.iter().position(|entry| holds(entry, position))?;
    let entry = &mut entries.as_mut()[index];
    // The start of a table has the errors about the table as a whole.
    let is_about_whole = entry.span().start == position;
    let mut removed = String::new();
    if let DeValue::Table(fields) = entry.get_mut()
        && !is_about_whole
        && let Some(field) = remove_at(fields, position)
    {
        removed = format!(".{field}");
        if KEY_LOCATIONS.iter().any(|name| fields.contains_key(*name)) {
            return Some(removed);
        }
    }
    let others = std::mem::replace(entries, DeArray::new()).into_iter();
    *entries = others
        .enumerate()
        .filter(|(number, _)| *number != index)
        .map(|(_, entry)| entry)
        .collect();
    Some(removed)
}

fn contains(span: &Range<usize>, position: usize) -> bool {
    (span.start..span.end.max(span.start + 1)).contains(&position)
}

/// Whether a position is in a value. The span of a table is only that of its heading.
fn holds(value: &Spanned<DeValue<'_>>, position: usize) -> bool {
    contains(&value.span(), position)
        || match value.get_ref() {
            DeValue::Table(fields) => fields
                .iter()
                .any(|(name, value)| contains(&name.span(), position) || holds(value, position)),
            DeValue::Array(entries) => entries.iter().any(|entry| holds(entry, position)),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::parse;

    #[test]
    fn a_mistake_has_the_name_of_its_field() {
        let text =
            "[api]\nspeed = 3\n[track]\nplayers = [0]\n[[key]]\nkey = \"x\"\n[log]\nkeep = 0\n";

        let (problems, _) = find_problems(Path::new("tornsnap.toml"), text);

        let fields: Vec<&str> = problems
            .iter()
            .filter_map(|problem| problem.field.as_deref())
            .collect();
        assert_eq!(
            fields,
            ["api.speed", "track.players", "key.key", "log.keep"]
        );
    }

    /// Removes or replaces each character of a configuration in turn.
    #[test]
    fn a_damaged_file_has_problems_exactly_when_it_is_refused() {
        const SAMPLE: &str = "database = \"t.db\"\n[api]\nconcurrency = 4\n[[key]]\nname = \"a\"\nkey_env = \"A\"\n\
                              [[key]]\nkey = \"SomeKeyOfAlice01\"\n[track]\nfactions = [9, 5]\nterritories = [\"AAB\"]\n\
                              [log]\nfile = 'C:\\t.log'\n[health]\nping_url = \"https://x/y\"\n";
        let path = Path::new("tornsnap.toml");
        let mut refused = 0;
        for (at, removed) in SAMPLE.char_indices() {
            let rest = &SAMPLE[at + removed.len_utf8()..];
            for other in [
                "", "\"", "'", "[", "]", "=", "\n", "\\", "{", "x", "0", "ü", ",", ".",
            ] {
                let text = format!("{}{other}{rest}", &SAMPLE[..at]);

                let (problems, _) = find_problems(path, &text);

                let is_refused = parse(path, &text).is_err();
                assert_eq!(!problems.is_empty(), is_refused, "{text}");
                assert!(problems.len() < 12, "{text}: {problems:#?}");
                for problem in &problems {
                    let message = problem.error.one_line();
                    assert!(!message.contains("SomeKeyOfAlice01"), "{message}");
                }
                refused += usize::from(is_refused);
            }
        }
        assert!(refused > 1000, "{refused}");
    }

    fn lines_with_problems(text: &str) -> Vec<usize> {
        let (problems, settings) = find_problems(Path::new("tornsnap.toml"), text);
        assert!(!problems.is_empty() || settings.is_some());
        problems.iter().filter_map(|problem| problem.line).collect()
    }

    #[test]
    fn every_mistake_is_found_and_none_is_invented() {
        struct Case {
            text: &'static str,
            lines: &'static [usize],
        }
        for Case { text, lines } in [
            Case {
                text: "",
                lines: &[],
            },
            Case {
                text: "[api]\nspeed = 3\nconcurrency = 0\ntimeout_seconds = \"x\"\n[heath]\n",
                lines: &[2, 3, 4, 5],
            },
            Case {
                text: "[track]\nplayers = [0,\n\"a\",\n5]\nfactions = 3\n",
                lines: &[2, 3, 5],
            },
            Case {
                text: "[[key]]\nname = \"a\"\nkey = \"short\"\n[[key]]\nname = \"b\"\n[[key]]\nkey_env = \"B\"\nspeed = 1\n",
                lines: &[3, 4, 8],
            },
            Case {
                text: "[[track]]\nplayers = [1]\n[[track]]\n",
                lines: &[1],
            },
            Case {
                text: "track = { players = 1, members = 2 }\n",
                lines: &[1],
            },
            Case {
                text: "database = \"C:\\Torn\\x.db\"\n[api]\nspeed = 3\n",
                lines: &[1, 3],
            },
            Case {
                text: "[api\nconcurrency = 0\n[log]\nfile = 3\n",
                lines: &[1, 4],
            },
        ] {
            assert_eq!(lines_with_problems(text), lines, "{text}");
        }
    }
}
