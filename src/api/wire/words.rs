//! Puts the messages of the JSON parser and of serde into plain words. They contain the names of types.

/// The longest text that a message shows, in characters.
const LONGEST: usize = 60;

/// Why a value could not be decoded. Our own reasons stay as they are.
pub(crate) fn plain(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("missing field `")
        && let Some((field, _)) = rest.split_once('`')
    {
        return format!("it has no field `{field}`");
    }
    let found = ["invalid type: ", "invalid value: "]
        .iter()
        .find_map(|start| message.strip_prefix(start));
    // The value may contain the word, so the last one counts.
    let Some((found, expected)) = found.and_then(|rest| rest.rsplit_once(", expected ")) else {
        return message.to_owned();
    };
    format!(
        "it is {}, not {}",
        kind_found(found),
        kind_expected(expected)
    )
}

fn kind_found(found: &str) -> String {
    for (start, noun) in [
        ("boolean `", ""),
        ("integer `", "the number "),
        ("floating point `", "the number "),
    ] {
        if let Some(value) = found.strip_prefix(start) {
            return format!("{noun}{}", value.trim_end_matches('`'));
        }
    }
    if let Some(text) = found.strip_prefix("string ") {
        return format!("the text {}", shortened(text));
    }
    match found {
        "map" => "an object",
        "sequence" => "a list",
        "unit value" | "null" => "null",
        other => other,
    }
    .to_owned()
}

fn kind_expected(expected: &str) -> &str {
    match expected {
        "a string" | "string" | "str" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "i64" | "u64" | "i32" | "u32" => "a whole number",
        "f64" => "a number",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}

/// The start of a long text.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

/// Describes a body that the parser refused. The text completes the sentence "the answer is …".
pub(crate) fn describe_body(body: &str, error: &serde_json::Error) -> String {
    if body.trim_start().starts_with('<') {
        return "a web page and not JSON".to_owned();
    }
    let message = error.to_string();
    let why = if error.is_eof() {
        "it ends in the middle".to_owned()
    } else if message.starts_with("recursion limit") {
        "too many lists and objects are inside each other".to_owned()
    } else if message.starts_with("trailing characters") {
        "more text follows after its end".to_owned()
    } else {
        format!("see line {}, column {}", error.line(), error.column())
    };
    format!("not JSON ({why})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_contains_the_words_of_the_parser() {
        for (message, words) in [
            (
                "invalid type: map, expected a text",
                "it is an object, not a text",
            ),
            (
                "invalid type: sequence, expected a number",
                "it is a list, not a number",
            ),
            (
                "invalid type: null, expected an object",
                "it is null, not an object",
            ),
            (
                "invalid type: boolean `true`, expected a text",
                "it is true, not a text",
            ),
            (
                "invalid type: integer `5`, expected a string",
                "it is the number 5, not a text",
            ),
            (
                "invalid type: floating point `1.5`, expected struct User",
                "it is the number 1.5, not an object",
            ),
            (
                "invalid type: string \"a, expected b\", expected a sequence",
                "it is the text \"a, expected b\", not a list",
            ),
            ("missing field `name`", "it has no field `name`"),
            ("-1 is below 0", "-1 is below 0"),
        ] {
            assert_eq!(plain(message), words);
        }
    }

    #[test]
    fn a_body_is_described() {
        for (body, words) in [
            ("<html>", "a web page and not JSON"),
            (" \n<!DOCTYPE html>", "a web page and not JSON"),
            ("{\"a\":", "not JSON (it ends in the middle)"),
            ("{} {}", "not JSON (more text follows after its end)"),
            ("Sorry", "not JSON (see line 1, column 1)"),
        ] {
            let error = serde_json::from_str::<serde_json::Value>(body).unwrap_err();
            assert_eq!(describe_body(body, &error), words);
        }
        let deep = "[".repeat(300);
        let error = serde_json::from_str::<serde_json::Value>(&deep).unwrap_err();
        assert_eq!(
            describe_body(&deep, &error),
            "not JSON (too many lists and objects are inside each other)"
        );
    }
}
