//! Rewrites the parser's messages about wrong types, which contain names of Rust types, in the terms of the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Describes an error of the parser. The description of a wrong type names the field and the expected type.
pub(super) fn describe(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', ", ");
    if message.starts_with("string values must be quoted") {
        return "a value is missing, or a text is not in quotes".to_owned();
    }
    let Some(expected) = expected(&message) else {
        return message;
    };
    let span = error.span().unwrap_or_default();
    let Some(field) = field_at(text, &span) else {
        return format!("the value must be {expected}");
    };
    let name = &field.name;
    let (table, list_of_tables) = (format!("[{name}]"), format!("[[{name}]]"));
    let header = text.get(span.start..).unwrap_or_default();
    if header.starts_with(&list_of_tables) {
        format!("write {table}, not {list_of_tables}")
    } else if header.starts_with(&table) {
        format!("write {list_of_tables}, not {table}")
    } else if field.is_entry {
        format!("each entry of {name} must be {expected}")
    } else {
        format!("{name} must be {expected}")
    }
}

/// A field whose value caused an error.
struct Field {
    name: String,
    /// Whether the error is about one entry of a list.
    is_entry: bool,
}

/// The type or the choices that the parser expected; `None` if the message is about something else.
fn expected(message: &str) -> Option<String> {
    if message == "wanted string or table" {
        return Some("text in quotes".to_owned());
    }
    let (problem, expected) = message.rsplit_once(", expected ")?;
    if problem.starts_with("unknown variant ") {
        return Some(expected.to_owned());
    }
    if !problem.starts_with("invalid type: ") {
        return None;
    }
    let expected = match expected {
        // The parser decodes a number beyond 64 bits as another type.
        "i64" if problem.ends_with("128") => "a smaller number",
        "i64" => "a whole number",
        "a boolean" => "true or false",
        "a string" => "text in quotes",
        "a sequence" => "a list",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    };
    Some(expected.to_owned())
}

/// The innermost field whose value contains the start of a span.
fn field_at(text: &str, span: &Range<usize>) -> Option<Field> {
    let document = DeTable::parse(text).ok()?;
    field_in_table(document.get_ref(), span)
}

fn field_in_table(table: &DeTable<'_>, span: &Range<usize>) -> Option<Field> {
    table.iter().find_map(|(name, value)| {
        field_in_value(value, span).or_else(|| {
            value.span().contains(&span.start).then(|| Field {
                name: name.get_ref().to_string(),
                is_entry: value.get_ref().is_array() && value.span() != *span,
            })
        })
    })
}

/// Searches the tables in a value. It ignores the span of the value, because the span of a table with a header contains
/// the header only.
fn field_in_value(value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<Field> {
    match value.get_ref() {
        DeValue::Table(table) => field_in_table(table, span),
        DeValue::Array(values) => values.iter().find_map(|value| field_in_value(value, span)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file::parse;

    #[test]
    fn an_error_about_a_type_names_the_field_and_what_is_expected() {
        for (text, expected) in [
            ("database = 3", "line 1: database must be text in quotes"),
            ("[log]\nfile = true", "line 2: file must be text in quotes"),
            (
                "[track]\nmembers = \"yes\"",
                "line 2: members must be true or false",
            ),
            ("[track]\nplayers = 3", "line 2: players must be a list"),
            (
                "[track]\nplayers = [1,\n\"a = b\"]",
                "line 3: each entry of players must be a whole number",
            ),
            ("[track]\nwars = 1", "line 2: wars must be text in quotes"),
            (
                "[track]\nwars = \"some\"",
                "line 2: wars must be `tracked` or `all`",
            ),
            (
                "[track]\nterritories = 1",
                "line 2: territories must be \"all\", \"tracked\", \"none\" or a list such as [\"AAB\", \"AAC\"]",
            ),
            ("track = 3", "line 1: track must be a table"),
            (
                "api = { timeout_seconds = 30, concurrency = \"x\" }",
                "line 1: concurrency must be a whole number",
            ),
            (
                "[api]\nconcurrency = 99999999999999999999",
                "line 2: concurrency must be a smaller number",
            ),
            (
                "[[key]]\nname = \"a\"\n[[key]]\nname = 3",
                "line 4: name must be text in quotes",
            ),
            ("[[key]]\nkey = 3", "line 2: key must be text in quotes"),
            ("[key]\nname = \"a\"", "line 1: write [[key]], not [key]"),
            (
                "[[track]]\nplayers = [1]",
                "line 1: write [track], not [[track]]",
            ),
            (
                "database = [1, 2]",
                "line 1: database must be text in quotes",
            ),
            ("[api]\nconcurrency =", "line 2: a value is missing"),
        ] {
            let error = parse(Path::new("tornsnap.toml"), text).unwrap_err();
            let message = error.causes().join(" ");
            assert!(message.starts_with(expected), "{text:?}: {message}");
        }
    }
}
