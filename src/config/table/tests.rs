//! Errors about the fields of a table.

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
        "line 2: players must be a list of numbers, such as [9001, 9002]",
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
        "line 2: unknown field `level` in [log], expected one of `file`, ",
    );
    expect_error(
        "[retention]\nkeep_month = 1",
        "line 2: unknown field `keep_month` in [retention] (did you mean `keep_months`?), expected one of",
    );
    expect_error(
        "\n\"a\\nb\" = 1",
        "line 2: unknown field `a\\nb` (did you mean `api`?), expected one of",
    );
}

#[test]
fn an_error_about_a_missing_or_unquoted_value_says_so() {
    expect_error(
        "[track]\nmembers = True",
        "line 2: write `true` in small letters",
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
    expect_error("[log]\nfile = \"a=b", "line 2: a text is not closed");
    expect_error("\"a=b\" = c", "line 1: the value is not in quotes");
    expect_error("a = 1\nb", "line 2: ");
    expect_error("a = 1\n[b", "line 2: ");
}
