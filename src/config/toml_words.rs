//! Puts the messages of the TOML parser into plain words. They are written for programmers.

/// The form of a list of ids, in messages.
pub(super) const LIST_OF_NUMBERS: &str = "a list of numbers, such as [9001, 9002]";

/// The message about a text that is no value of TOML.
pub(super) const NO_VALUE: &str =
    "the value is neither a text in quotes nor a number, true, false or a list";

/// Describes the mistake in the text after an `=`. It may begin with a value.
pub(super) fn describe_rest(text: &str) -> &'static str {
    let begins_like_value = text.starts_with(|first: char| {
        first.is_ascii_digit() || first.is_alphabetic() || "\"'[{+-".contains(first)
    });
    if begins_like_value {
        "there is something behind the value; write the value alone"
    } else {
        NO_VALUE
    }
}

/// A message of the parser in plain words.
pub(super) fn plain(message: &str) -> &'static str {
    known(message).unwrap_or(
        "it is neither a field, written as `name = value`, nor a heading such as [track]",
    )
}

/// Whether there are words for a message of the parser.
pub(super) fn knows(message: &str) -> bool {
    known(message).is_some()
}

fn known(message: &str) -> Option<&'static str> {
    let first = message.lines().next().unwrap_or_default();
    let what = first.split(", expected").next().unwrap_or(first);
    let words = match what {
        "invalid basic string"
        | "invalid literal string"
        | "invalid string"
        | "missing opening quote" => {
            "a text is not closed with a quotation mark, or it has a character that no text may have"
        }
        "invalid multi-line basic string" | "invalid multi-line literal string" => {
            "a text in three quotation marks is not closed with three"
        }
        "missing escaped value" => "a text ends after a backslash",
        "unclosed table" | "unclosed array table" | "missing table open" | "invalid table" => {
            "the heading is not closed with ]"
        }
        "unclosed inline table" => "a { is not closed with }",
        "missing key for inline table element" | "invalid inline table element" => {
            "between { and }, each field is written as `name = value`"
        }
        "missing comma between key-value pairs" => "a comma is missing between { and }",
        "extra comma in inline table" | "extra comma in array" => "there is a comma too many",
        "cannot recurse further; max recursion depth met" => {
            "too many [ or { are inside each other"
        }
        "extra assignment between key-value pairs" | "extra `=`" | "unexpected `=` in array" => {
            "there is an = too many; write `name = value`"
        }
        "carriage return must be followed by newline" => {
            "there is a carriage return without a line feed; save the file with the usual line ends"
        }
        "invalid comment character" => "a comment has a control character",
        "invalid boolean" | "invalid value" | "missing value" => NO_VALUE,
        "invalid date-time" => "the date or time cannot be read",
        _ if is_about_number(what) => "the number cannot be read",
        _ if what.starts_with("cannot extend value of type") => {
            "the name before the dot has a value already, so it is no table"
        }
        _ => return None,
    };
    Some(words)
}

fn is_about_number(what: &str) -> bool {
    const WORDS: [&str; 6] = [
        "number",
        "mantissa",
        "fraction",
        "exponent",
        "float",
        "leading zero",
    ];
    what == "unexpected sign" || WORDS.iter().any(|word| what.contains(word))
}

/// The reason why a line is not TOML, if it is of another format or of another program.
pub(super) fn describe_foreign(line: &str) -> Option<&'static str> {
    let line = line.trim();
    let is_mark =
        |mark: &str| line.starts_with(mark) && !line[mark.len()..].starts_with(&mark[..1]);
    if ["<<<<<<<", "=======", ">>>>>>>"].into_iter().any(is_mark) {
        return Some(
            "it is the mark of a merge conflict; keep one of the two versions, without the marks",
        );
    }
    if line.starts_with('{') || line.starts_with('"') && line.contains("\":") {
        return Some(
            "it is JSON, and this file is TOML: write `name = value` under a heading such as [track]",
        );
    }
    let name_end = line.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let is_yaml = name_end > 0 && (line[name_end..].starts_with(": ") || &line[name_end..] == ":");
    is_yaml.then_some("it has a colon after the name: write `name = value`")
}

/// The mistake in a line that a text editor or another language has led to, with what to write. `value` is what follows
/// the `=`, if the mistake is behind one. `is_of_ids`: whether the field takes a list of ids.
pub(super) fn describe_mistyped(
    line: &str,
    value: Option<&str>,
    is_of_ids: bool,
) -> Option<String> {
    let code = before_comment(line);
    if let Some((wide, plain)) = find_letter(code, plain_form) {
        return Some(format!("{wide} is a wide character; write {plain}"));
    }
    if let Some((quote, name)) = find_letter(code, |letter| named(&CURLY_QUOTES, letter)) {
        return Some(format!("{quote} is a {name}; write straight quotes: \"…\""));
    }
    if let Some((letter, name)) = find_letter(code, |letter| named(&INVISIBLE, letter)) {
        return Some(format!(
            "it has an invisible character, a {name} (U+{:04X}); remove it, or write a space",
            u32::from(letter)
        ));
    }
    let value = before_comment(value?).trim();
    if is_of_ids {
        let is_list = value.is_empty() || value.starts_with(['[', '=']);
        return (!is_list).then(|| format!("the field must be {LIST_OF_NUMBERS}"));
    }
    if let Some(small) = ["true", "false"]
        .into_iter()
        .find(|word| value.eq_ignore_ascii_case(word) && value != *word)
    {
        return Some(format!("write `{small}` in small letters"));
    }
    let (whole, fraction) = value.split_once(',')?;
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_digits(whole) && is_digits(fraction)).then(|| {
        "a number has no comma in it; write a whole number, without a fraction and without separators".to_owned()
    })
}

/// Quotes that editors and keyboards put in place of the straight ones.
const CURLY_QUOTES: [(char, &str); 8] = [
    ('„', "low quote"),
    ('“', "curly quote"),
    ('”', "curly quote"),
    ('‚', "low quote"),
    ('‘', "curly quote"),
    ('’', "curly quote"),
    ('«', "angle quote"),
    ('»', "angle quote"),
];

/// Characters that look like a blank or like nothing, and that are no blank in TOML.
const INVISIBLE: [(char, &str); 9] = [
    ('\u{a0}', "no-break space"),
    ('\u{202f}', "narrow no-break space"),
    ('\u{2007}', "figure space"),
    ('\u{2009}', "thin space"),
    ('\u{3000}', "wide space"),
    ('\u{ad}', "soft hyphen"),
    ('\u{200b}', "zero-width space"),
    ('\u{2060}', "word joiner"),
    ('\u{feff}', "byte order mark"),
];

/// The name of a letter.
fn named(letters: &[(char, &'static str)], letter: char) -> Option<&'static str> {
    let found = letters.iter().find(|(known, _)| *known == letter)?;
    Some(found.1)
}

/// The ASCII character that a wide one of an East Asian keyboard stands for.
fn plain_form(letter: char) -> Option<char> {
    match letter {
        '、' => Some(','),
        '【' => Some('['),
        '】' => Some(']'),
        '！'..='～' => char::from_u32(u32::from(letter) - 0xfee0),
        _ => None,
    }
}

/// The first letter in a line, outside texts in straight quotes, for which there is something to say.
fn find_letter<T>(line: &str, say: impl Fn(char) -> Option<T>) -> Option<(char, T)> {
    let mut quote = None;
    for letter in line.chars() {
        match quote {
            Some(mark) if mark == letter => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None => {
                if let Some(said) = say(letter) {
                    return Some((letter, said));
                }
            }
        }
    }
    None
}

/// A line without the comment at its end.
fn before_comment(line: &str) -> &str {
    let mut quote = None;
    for (index, letter) in line.char_indices() {
        match (quote, letter) {
            (Some(mark), _) if mark == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '#') => return &line[..index],
            _ => {}
        }
    }
    line
}

/// The number of the line that gave a name before, for the name in line `number`; both from 1.
pub(super) fn earlier_line(text: &str, number: usize) -> Option<usize> {
    let lines: Vec<&str> = text.lines().take(number).map(str::trim).collect();
    let (last, before) = lines.split_last()?;
    let same = |line: &&str| name_of(line) == name_of(last);
    if last.starts_with('[') {
        return before.iter().position(same).map(|index| index + 1);
    }
    // A field is a second one only below the same heading.
    let heading = before
        .iter()
        .rposition(|line| line.starts_with('['))
        .map_or(0, |at| at + 1);
    let index = before[heading..].iter().position(same)?;
    Some(heading + index + 1)
}

/// The name of a field, or a heading without its comment.
fn name_of(line: &str) -> &str {
    let end = if line.starts_with('[') {
        line.rfind(']').map(|end| end + 1)
    } else {
        line.find('=')
    };
    line[..end.unwrap_or(line.len())].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_line_is_recognized_and_no_line_of_toml_is() {
        for (line, words) in [
            ("key: \"x\"", "a colon"),
            ("track:", "a colon"),
            ("{\"database\": 1}", "JSON"),
            ("\"database\": 1,", "JSON"),
            ("<<<<<<< HEAD", "merge conflict"),
            ("=======", "merge conflict"),
        ] {
            let why = describe_foreign(line).unwrap();
            assert!(why.contains(words), "{line}: {why}");
        }
        for line in [
            "",
            "[track]",
            "speed = 3",
            "file = \"a: b\"",
            "# note: x",
            "x",
            "========",
        ] {
            assert_eq!(describe_foreign(line), None, "{line}");
        }
    }

    #[test]
    fn the_earlier_line_of_a_name_is_found() {
        let text = "a = 1\n[x] # first\na = 2\nb = 3\n[y]\na = 4\na = 5\n[x]\n";
        assert_eq!(earlier_line(text, 7), Some(6));
        assert_eq!(earlier_line(text, 8), Some(2));
        assert_eq!(earlier_line(text, 3), None);
    }
}
